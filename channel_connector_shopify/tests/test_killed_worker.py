from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase
from odoo.addons.channel_inventory_base.tests.common_killed import run_until_killed
from odoo.addons.channel_inventory_base.tests.common_messages import Sold

from .shop import PLACES, ConnectedShop


@tagged("post_install", "-at_install")
class TestKilledWorker(Sold, ConnectedShop, CommittedCase):
    """A worker dies by SIGKILL between any two steps; the next one ends the work."""

    use_fake = False

    @classmethod
    def setUpClass(cls):
        cls.open_shop()
        super().setUpClass()

    def setUp(self):
        self.shop.reset()
        super().setUp()
        with self.commit() as env:
            item = self.shop.store.find_variant("SKU-1").item
            env["channel.listing"].browse(self.listing_id).write(
                {
                    "external_id": self.shop.store.find_variant("SKU-1").gid,
                    "stock_ref": item.gid,
                }
            )
            place = self.shop.store.find_location(PLACES[0])
            self.channel(env).node_ids.write({"external_id": place.gid})
        self.plan()
        with self.commit() as env:
            self.make_known(env, self.level(env), 10)
            env["channel.level.pending"]._add(self.level(env))

    def kill(self, model, method, work):
        run_until_killed(
            self, self.registry, model, method, lambda env: work(env, self.channel(env))
        )

    def shown(self):
        return self.shop.level("SKU-1", PLACES[0])["available"]

    def die_publishing(self, model, method):
        self.kill(
            model, method, lambda env, channel: env["channel.publisher"]._run(channel)
        )

    def assert_published(self, changes=1):
        self.publish()
        self.assertEqual(self.shown(), 50)
        self.assertEqual(len(self.history()), changes)
        with self.commit() as env:
            self.assertTrue(self.level(env).in_sync)
            open_states = ("ready", "sending")
            self.assertFalse(
                env["channel.publication"].search_count([("state", "in", open_states)])
            )

    def history(self):
        """What the store's own inventory history says of changes by publications."""
        return [
            each
            for each in self.shop.store.history
            if each["name"] == "available" and each["referenceDocumentUri"]
        ]

    def test_killed_before_the_batch_is_frozen(self):
        self.die_publishing("channel.publisher", "_make_publication")
        self.assert_published()

    def test_killed_between_freeze_and_send(self):
        self.die_publishing("channel.publisher", "_send")
        self.assert_published()

    def test_killed_when_marked_as_sending_and_not_sent(self):
        self.die_publishing("channel.adapter.shopify", "_push_levels")
        self.assert_published()

    def test_killed_between_answer_and_acknowledgement(self):
        """The store has carried it out: the same key asks for the same answer."""
        self.die_publishing("channel.publisher", "_settle")
        self.assertEqual(self.shown(), 50)
        self.assert_published()

    def test_killed_while_the_answer_is_written_down(self):
        self.die_publishing("channel.audit", "_log_publication")
        self.assert_published()

    def test_sale_while_the_worker_is_dead_is_not_overwritten(self):
        self.die_publishing("channel.publisher", "_settle")
        self.shop.checkout({"SKU-1": 2})
        self.publish()
        self.assertEqual(self.shown(), 48)
        for step in (self.poll, self.intake, self.observe, self.plan, self.publish):
            step()
        self.assertEqual(self.shown(), 48)
        with self.commit() as env:
            self.assertTrue(self.level(env).in_sync)

    # ------------------------------------------------------------- inbound
    def die_taking_in(self, model, method):
        self.shop.checkout({"SKU-1": 2})
        self.poll()
        self.kill(
            model, method, lambda env, channel: env["channel.intake"]._run(channel)
        )

    def assert_taken_in(self):
        self.intake()
        self.plan()
        with self.commit() as env:
            order = env["channel.order"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual(len(order), 1)
            self.assertEqual(order.state, "imported")
            sales = env["sale.order"].search([("channel_order_id", "=", order.id)])
            self.assertEqual(sales.mapped("state"), ["sale"])
            self.assertEqual(self.level(env).target, 48)
            self.assertEqual(self.level(env).expected_remote, 8)
            active = [("order_id", "=", order.id), ("state", "=", "active")]
            self.assertFalse(env["channel.hold"].search_count(active))

    def test_killed_while_pulling_orders(self):
        self.shop.checkout({"SKU-1": 2})
        self.kill(
            "channel.inbox.event",
            "_store",
            lambda env, channel: env["channel.intake"]._poll(channel),
        )
        self.poll()
        self.assert_taken_in()

    def test_killed_while_an_event_is_captured(self):
        self.die_taking_in("channel.order.line", "_hold")
        self.assert_taken_in()

    def test_killed_between_capture_and_import(self):
        self.die_taking_in("channel.intake", "_import_next")
        self.assert_taken_in()

    def test_killed_after_the_sale_order_is_made_and_before_it_is_committed(self):
        self.die_taking_in("channel.order", "_release_holds")
        self.assert_taken_in()

    # ------------------------------------------------------------------ back
    def shipped(self):
        """An order of the store, its delivery validated in two parcels."""
        order = self.shop.checkout({"SKU-1": 3})
        self.poll()
        self.intake()
        with self.commit() as env:
            found = self.find_order(env, order.gid)
            self.ship(env, found.sale_order_id, 1, 2)
        return order

    def die_telling(self, model, method):
        order = self.shipped()
        self.kill(
            model, method, lambda env, channel: env["channel.messenger"]._run(channel)
        )
        return order

    def assert_told(self, order, kind="shipment"):
        """What the next worker does, once a lost request would have arrived."""
        with self.commit() as env:
            messages = env["channel.message"].search(
                [("channel_id", "=", self.channel_id)]
            )
            messages.write({"retry_at": False})
        with self.commit() as env:
            env["channel.messenger"]._run(self.channel(env))
        units = [sum(n for _i, _l, n in each.lines) for each in order.fulfillments]
        self.assertEqual(units, [1, 2])
        with self.commit() as env:
            messages = messages.with_env(env).sorted("id")
            self.assertEqual(set(messages.mapped("state")), {"done"})
            self.assertEqual(
                messages.mapped("ref"), [each.gid for each in order.fulfillments]
            )

    def test_killed_between_delivery_and_telling(self):
        self.assert_told(self.shipped())

    def test_killed_when_a_parcel_is_marked_and_not_sent(self):
        self.assert_told(self.die_telling("channel.adapter.shopify", "_send_shipment"))

    def test_killed_between_the_stores_answer_and_ours(self):
        order = self.die_telling("channel.messenger", "_settle")
        self.assertEqual(len(order.fulfillments), 1)
        self.assert_told(order)

    def test_killed_while_the_outcome_is_written_down(self):
        self.assert_told(self.die_telling("channel.messenger", "_settle_done"))
