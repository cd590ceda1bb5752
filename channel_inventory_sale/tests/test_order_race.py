# SPDX-License-Identifier: AGPL-3.0-or-later
import threading
import time
from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.db.jobs import WAITING, jobs_in
from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase

from .common_order import BERLIN, order_data, order_line


def capture_two(env, channel, customer_of, names=("1", "2")):
    """Orders of one unit each. :return: their ids"""
    return [
        env["channel.order"]
        ._capture(
            channel,
            order_data(
                order_line("variant-1", 1, "10.00", node="node-1"),
                total="10.00",
                external_id=name,
                name=f"#{name}",
                customer=customer_of(name),
                shipping=BERLIN,
            ),
            name,
        )
        .id
        for name in names
    ]


@tagged("post_install", "-at_install")
class TestOrderRace(CommittedCase):
    """Two orders of one customer at the same moment, each in its own transaction."""

    def setUp(self):
        super().setUp()
        customer = schemas.CustomerData(external_id="C-1", name="Erika Muster")
        with self.commit() as env:
            self.order_ids = capture_two(env, self.channel(env), lambda _name: customer)

    def _import(self, env, order_id):
        order = env["channel.order"].browse(order_id)
        order.env["channel.order.importer"]._import(order)
        return order

    def test_new_customer_is_one_contact(self):
        first, second = self.order_ids
        with self.assertRaises(SerializationFailure), self.commit() as late:
            late["channel.order"].browse(second).read(["name"])
            with self.commit() as env:
                self._import(env, first)
            self._import(late, second)
        with self.commit() as env:
            again = self._import(env, second)
            self.assertEqual(again.state, "imported")
            orders = env["channel.order"].browse(self.order_ids)
            self.assertEqual(len(orders.sale_order_id.partner_id), 1)
            self.assertEqual(len(orders.sale_order_id.partner_shipping_id), 1)

    def test_order_that_is_newer_than_the_job_and_not_shown_is_looked_at(self):
        """A publisher that catches up captures and fetches in one job, whose own
        transaction is older than the order: it died of that, with all its numbers."""
        with self.commit() as env:
            # a job has read something before
            env["channel.change"].search_count([])
            with self.commit() as other:
                channel = self.channel(other)
                [first, _second] = capture_two(
                    other,
                    channel,
                    lambda name: schemas.CustomerData(external_id=name, name="Ann"),
                    names=("8", "9"),
                )
                other["channel.order"].browse(first)._want_fetch()
            self.assertTrue(env["channel.intake"]._fetch_next(self.channel(env)))
        with self.commit() as env:
            order = env["channel.order"].browse(first)
            self.assertGreater(order.looked_at, order.create_date)

    def test_new_address_is_added_once(self):
        moved = schemas.AddressData(name="Erika", street="New 1", country_code="DE")
        with self.commit() as env:
            self._import(env, self.order_ids[0])
            moving = [
                env["channel.order"]
                ._capture(
                    self.channel(env),
                    order_data(
                        order_line("variant-1", 1, "10.00", node="node-1"),
                        total="10.00",
                        external_id=name,
                        name=f"#{name}",
                        customer=schemas.CustomerData(external_id="C-1"),
                        billing=BERLIN,
                        shipping=moved,
                    ),
                    name,
                )
                .id
                for name in ("3", "4")
            ]
        with self.assertRaises(SerializationFailure), self.commit() as late:
            late["channel.order"].browse(moving[1]).read(["name"])
            with self.commit() as env:
                self._import(env, moving[0])
            self._import(late, moving[1])
        with self.commit() as env:
            self._import(env, moving[1])
            orders = env["channel.order"].browse(moving)
            self.assertEqual(len(orders.sale_order_id.partner_shipping_id), 1)
            self.assertEqual(orders.sale_order_id.partner_shipping_id.street, "New 1")


@tagged("post_install", "-at_install")
class TestAccountRace(CommittedCase):
    """Two accounts of one e-mail address that find the same contact at one moment."""

    def setUp(self):
        super().setUp()
        email = "shared@example.com"
        with self.commit() as env:
            env["res.partner"].create({"name": "Shared", "email": email})
            self.order_ids = capture_two(
                env,
                self.channel(env),
                lambda name: schemas.CustomerData(f"C-{name}", name, email),
            )

    def test_only_one_of_them_takes_it(self):
        first, second = self.order_ids
        with self.assertRaises(SerializationFailure), self.commit() as late:
            late["channel.order"].browse(second).read(["name"])
            with self.commit() as env:
                env["channel.order.importer"]._import(
                    env["channel.order"].browse(first)
                )
            late["channel.order.importer"]._import(late["channel.order"].browse(second))
        with self.commit() as env:
            env["channel.order.importer"]._import(env["channel.order"].browse(second))
            orders = env["channel.order"].browse(self.order_ids)
            self.assertEqual(orders.mapped("state"), ["imported"] * 2)
            self.assertEqual(len(orders.sale_order_id.partner_id), 2)


@tagged("post_install", "-at_install")
class TestMappingRace(CommittedCase):
    """A listing is matched while an order of it is being captured."""

    def test_line_that_the_match_could_not_see_is_sold_as_that(self):
        with self.commit() as env:
            known = env["channel.listing"].search(
                [("channel_id", "=", self.channel(env).id)], limit=1
            )
            product = known.product_id
            listing_id = self.make_listing(
                env, self.channel(env), product, 9, state="unmapped", product_id=False
            ).id
        with self.commit() as capturing:
            order_id = (
                capturing["channel.order"]
                ._capture(
                    self.channel(capturing),
                    order_data(
                        order_line("variant-9", 2, "10.00", node="node-1"),
                        total="20.00",
                        external_id="9",
                        name="#9",
                        customer=schemas.CustomerData(name="Ann", email="ann@a.test"),
                        shipping=BERLIN,
                    ),
                    "9",
                )
                .id
            )
            capturing.flush_all()
            with self.commit() as env:
                env["channel.listing"].browse(listing_id).write(
                    {"product_id": product.id, "pack_qty": 3, "state": "mapped"}
                )
        with self.commit() as env:
            order = env["channel.order"].browse(order_id)
            self.assertFalse(order.line_ids.sold_as)
            order.env["channel.order.importer"]._import(order)
            self.assertEqual(order.state, "imported")
            self.assertEqual(order.line_ids.stock_factor, 3)
            self.assertEqual(order.line_ids.product_id.id, product.id)


@tagged("post_install", "-at_install")
class TestFetchRace(CommittedCase):
    """Two workers at an order of which only the demand is known so far."""

    def setUp(self):
        super().setUp()
        self.go_live(10)
        self.name = self.fake.sell(1)
        self.full = self.fake.orders[self.name]
        self.fake.orders[self.name] = dict(self.full, complete=False)
        self.store(self.fake.event(self.name))
        self.fake.orders[self.name] = dict(
            self.full, version=self.fake.tick().isoformat()
        )

    def _order(self, env):
        domain = [("channel_id", "=", self.channel_id), ("external_id", "=", self.name)]
        return env["channel.order"].search(domain)

    def _fetch(self):
        with self.commit() as env:
            env["channel.intake"]._fetch_next(self.channel(env))

    def _capture(self):
        with self.commit() as env:
            env["channel.intake"]._capture_next(self.channel(env))

    def _fetched_when(self, done):
        """``done()`` is called after the channel has answered a fetch."""
        fetch = type(self.fake)._fetch_order

        def fetch_then(channel, external_id):
            event = fetch(self.fake, channel, external_id)
            done(event)
            return event

        patcher = patch.object(self.fake, "_fetch_order", fetch_then)
        self.startPatcher(patcher)

    def assertState(self, state):
        with self.commit() as env:
            self.assertEqual(self._order(env).state, state)

    def test_what_another_worker_reads_right_now_stops_nothing(self):
        """A pull has stored the whole order, and a worker is reading it, when the
        fetch finds that there is nothing new."""
        self._capture()
        is_read = threading.Event()

        def read():
            with self.commit() as other:
                channel = self.channel(other)
                event = other["channel.inbox.event"]._lock_next(channel)
                data = channel._adapter()._parse_order(channel, event.body)
                other["channel.order"]._capture(channel, data, event.trace)
                # the order is written; that the event is done is not, yet
                other.flush_all()
                is_read.set()
                time.sleep(0.5)
                event._process()

        reading = threading.Thread(target=read)

        def read_meanwhile(event):
            self.store(event)
            reading.start()
            self.assertTrue(is_read.wait(10))

        self._fetched_when(read_meanwhile)
        self._fetch()
        reading.join()
        self.assertState("captured")
        self.intake()
        self.assertState("imported")

    def test_what_waits_to_be_read_stops_nothing(self):
        self._capture()
        self._fetched_when(self.store)
        self._fetch()
        self.assertState("captured")
        self.intake()
        self.assertState("imported")

    def test_a_wish_that_came_up_while_the_channel_answered_stays(self):
        """What was fetched is known, but something newer has been heard of since."""
        self.intake()
        newer = fields.Datetime.now() + timedelta(days=1)

        def hear(_event):
            with self.commit() as other:
                self._order(other)._want(newer)

        self._fetched_when(hear)
        with self.commit() as env:
            self._order(env)._want_fetch()
        self._fetch()
        with self.commit() as env:
            self.assertEqual(self._order(env).wanted_version, newer)

    def test_two_workers_do_not_ask_for_one_order(self):
        self._capture()
        with self.commit() as one, self.commit() as two:
            found = [
                env["channel.intake"]._next_fetch(self.channel(env))[1]
                for env in (one, two)
            ]
        self.assertEqual(found, [self.name, None])


@tagged("post_install", "-at_install")
class TestOtherChannel(CommittedCase):
    """Many orders of one channel, one of another: there may be one worker for both."""

    def setUp(self):
        super().setUp()
        self.go_live(10)
        with self.commit() as env:
            self.other_id = self.make_channel(env, code=f"O{next(self.numbers)}").id
            event = self.fake.event(self.fake.sell(1))
            other = env["channel.channel"].browse(self.other_id)
            env["channel.inbox.event"]._store(other, [event], "webhook")
            # the job that was to take it in has been here already
            env.cr.execute("DELETE FROM queue_job")

    def test_no_hold_waits_for_sale_orders_of_another_channel(self):
        self.intake()
        with self.commit() as env:
            order = env["channel.order"].search([("channel_id", "=", self.other_id)])
            self.assertEqual(order.state, "captured")
            waiting = jobs_in(
                env.cr, [f"channel_inventory:_job_intake:{self.other_id}"], WAITING
            )
            self.assertTrue(waiting)

    def test_what_is_no_longer_taken_in_waits(self):
        with self.commit() as env:
            env["channel.channel"].browse(self.other_id).state = "draft"
        self.intake()
        with self.commit() as env:
            orders = env["channel.order"].search([("channel_id", "=", self.other_id)])
            self.assertFalse(orders)


@tagged("post_install", "-at_install")
class TestBusyOrder(CommittedCase):
    """Somebody is at an order of which a newer version has come in."""

    def setUp(self):
        super().setUp()
        self.go_live(10)
        self.name = self.fake.sell(1)
        self.store(self.fake.event(self.name))
        self.intake()
        self.fake.orders[self.name] = dict(
            self.fake.orders[self.name], version=self.fake.tick().isoformat()
        )
        self.store(self.fake.event(self.name))
        self.sold = self.fake.sell(2)
        self.store(self.fake.event(self.sold))

    def _states(self):
        with self.commit() as env:
            domain = [("channel_id", "=", self.channel_id)]
            events = env["channel.inbox.event"].search(domain, order="id")
            orders = env["channel.order"].search(domain, order="id")
            return events.mapped("state"), orders.mapped("external_id")

    def test_other_sales_are_held_and_it_is_read_later(self):
        with self.commit() as other:
            order = other["channel.order"].search([("external_id", "=", self.name)])
            order._lock()
            began = time.monotonic()
            self.intake()
            # nobody waited for who is at it
            self.assertLess(time.monotonic() - began, 5)
            self.assertEqual(
                self._states(), (["done", "new", "done"], [self.name, self.sold])
            )
            with self.commit() as env:
                key = f"channel_inventory:_job_intake:{self.channel_id}:later"
                self.assertTrue(jobs_in(env.cr, [key], WAITING))
        self.intake()
        self.assertEqual(self._states()[0], ["done"] * 3)

    def test_an_order_that_is_being_stored_is_not_waited_for(self):
        """Two workers have one version each of an order that nobody knew."""
        name = self.fake.sell(1)
        first = self.fake.event(name)
        self.fake.orders[name] = dict(
            self.fake.orders[name], version=self.fake.tick().isoformat()
        )
        second = self.fake.event(name)
        self.intake()
        self.store(first)
        with self.commit() as other:
            events = other["channel.inbox.event"]
            self.assertTrue(events._lock_next(self.channel(other))._process())
            other.flush_all()
            self.store(second)
            self.intake()
            self.assertEqual(self._states()[0][3:], ["new", "new"])
        self.intake()
        states, orders = self._states()
        self.assertEqual(states[3:], ["done", "done"])
        self.assertEqual(orders.count(name), 1)

    def test_a_number_that_such_a_sale_may_explain_asks_for_no_pull(self):
        """A pull would only bring once more what waits to be read."""
        keys = {
            name: f"channel_inventory:{name}:{self.channel_id}"
            for name in ("_job_poll", "_job_observe")
        }
        for wait, woken in ((True, set()), (False, set(keys.values()))):
            with self.subTest(waits=wait), self.commit() as env:
                env.cr.execute("DELETE FROM queue_job")
                self.channel(env)._explain_soon()
            with self.commit() as env:
                self.assertEqual(jobs_in(env.cr, keys.values(), WAITING), woken)
                later = jobs_in(env.cr, [f"{keys['_job_poll']}:later"], WAITING)
                self.assertEqual(bool(later), wait)
            self.intake()

    def test_who_came_first_is_served_first_by_what_is_newest_of_him(self):
        """Events of one batch: two of an order, and one of an order between them."""
        self.intake()
        first = self.fake.sell(1)
        self.store(self.fake.event(first))
        second = self.fake.sell(1)
        self.store(self.fake.event(second))
        self.fake.orders[first] = dict(
            self.fake.orders[first], version=self.fake.tick().isoformat()
        )
        self.store(self.fake.event(first))
        with self.commit() as env:
            events = env["channel.inbox.event"]._lock_next(self.channel(env), 10)
            old, other, new = events.sorted("id")
            self.assertEqual(events._by_order().ids, [new.id, old.id, other.id])
        self.intake()
        self.assertEqual(self._states()[1][2:], [first, second])
