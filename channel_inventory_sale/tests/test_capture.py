# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.exceptions import MalformedDataError
from odoo.addons.channel_inventory_base.schemas import InboundEvent
from odoo.addons.channel_inventory_base.tests.common import ChannelCase


@tagged("post_install", "-at_install")
class TestCapture(ChannelCase):
    def setUp(self):
        super().setUp()
        self.go_live(shown=10)

    def held(self):
        return self.position.held

    def test_captured_order_holds_stock_before_it_is_sold_here(self):
        order = self.capture(self.fake.sell(3))
        self.assertEqual(order.state, "captured")
        self.assertEqual(self.held(), 3)
        self.assertEqual(self.position.available, 7)

    def test_captured_order_lowers_what_the_channel_is_expected_to_show(self):
        self.capture(self.fake.sell(3))
        self.assertEqual(self.level.expected_remote, 7)

    def test_order_moves_from_hold_to_reservation_without_raising_stock(self):
        name = self.fake.sell(3)
        self.capture(name)
        self.intake()
        order = self.order(name)
        self.assertEqual(order.state, "imported", order.mapped("message_ids.body"))
        self.assertEqual(order.sale_order_id.state, "sale")
        self.assertEqual(self.held(), 0)
        self.assertEqual(self.position.allocated, 3)
        self.assertEqual(self.position.available, 7)

    def test_failed_import_never_raises_sellable_stock(self):
        name = self.fake.sell(3, currency="XXX")
        self.capture(name)
        self.intake()
        order = self.order(name)
        self.assertEqual(order.state, "blocked")
        self.assertFalse(order.sale_order_id)
        self.assertEqual(self.held(), 3)

    def test_crash_of_an_import_leaves_the_hold_and_the_others(self):
        importer = self.env.registry["channel.order.importer"]
        self.patch(importer, "_import", lambda self, order: 1 / 0)
        name = self.fake.sell(3)
        self.capture(name)
        with self.assertLogs("odoo.addons.channel_inventory_sale", "ERROR"):
            self.intake()
        self.assertEqual(self.order(name).state, "blocked")
        self.assertEqual(self.held(), 3)

    def test_doubled_event_is_one_order_and_one_hold(self):
        name = self.fake.sell(3)
        for suffix in ("", "", "again"):
            event = self.fake.event(name, suffix)
            self.env["channel.inbox.event"]._store(self.channel, [event], "webhook")
        self.intake()
        self.assertEqual(len(self.order(name)), 1)
        self.assertEqual(len(self.order(name).sale_order_id), 1)
        self.assertEqual(self.position.available, 7)
        self.assertEqual(self.level.expected_remote, 7)

    def test_older_state_never_overwrites_a_newer_one(self):
        name = self.fake.sell(3)
        old = self.fake.event(name)
        self.fake.change(name, payment="voided", state="cancelled")
        self.capture(name)
        self.assertEqual(self.order(name).state, "cancelled")
        self.env["channel.inbox.event"]._store(self.channel, [old], "webhook")
        self.intake()
        self.assertEqual(self.order(name).state, "cancelled")
        self.assertEqual(self.held(), 0)

    def test_second_change_within_one_second_is_seen(self):
        name = self.fake.sell(3, payment="pending")
        self.capture(name)
        self.fake.orders[name]["payment"] = "paid"
        event = self.fake.event(name, "-2")
        self.env["channel.inbox.event"]._store(self.channel, [event], "poll")
        self.intake()
        self.assertEqual(self.order(name).payment, "paid")

    def test_cancelled_order_gives_its_stock_back(self):
        name = self.fake.sell(3)
        self.capture(name)
        self.intake()
        line = dict(
            self.fake.orders[name]["lines"][0],
            quantity=0,
            open_quantity=0,
            deductions=[],
        )
        self.fake.levels["item-1", "node-1"] += 3
        self.fake.change(name, state="cancelled", lines=[line])
        self.capture(name)
        self.intake()
        self.assertEqual(self.order(name).state, "cancelled")
        self.assertEqual(self.order(name).sale_order_id.state, "cancel")
        self.assertEqual(self.position.available, 10)
        self.assertEqual(self.level.expected_remote, 10)

    def test_demand_of_an_unknown_sku_is_known_and_held_once_it_is_matched(self):
        self.fake.levels["item-9", "node-1"] = 5
        name = self.fake.sell(2, "item-9", line={"sku": "OTHER-1"})
        self.capture(name)
        self.intake()
        order = self.order(name)
        self.assertEqual(order.state, "blocked")
        exception = self.env["channel.exception"].search(
            [("order_ids", "in", order.ids)]
        )
        self.assertEqual(exception.category, "unknown_sku")
        listing = order.line_ids.listing_id
        self.assertEqual(listing.state, "unmapped")
        listing.write({"product_id": self.product.id, "state": "mapped"})
        self.assertEqual(self.held(), 2)
        self.intake()
        self.assertEqual(order.state, "imported")
        self.assertEqual(exception.state, "resolved")

    def test_other_lines_of_an_order_with_an_unknown_sku_are_held(self):
        name = self.fake.sell(3)
        lines = self.fake.orders[name]["lines"]
        lines.append(
            dict(
                lines[0],
                external_id="2",
                listing_ref="variant-9",
                sku="",
                deductions=[],
            )
        )
        self.capture(name)
        self.assertEqual(self.held(), 3)

    def test_event_that_cannot_be_read_is_kept_and_the_next_goes_on(self):
        bad = InboundEvent("bad", "order", "order", '{"external_id": 7}')
        name = self.fake.sell(1)
        self.env["channel.inbox.event"]._store(
            self.channel, [bad, self.fake.event(name)], "webhook"
        )
        self.intake()
        event = self.env["channel.inbox.event"].search([("key", "=", "bad")])
        self.assertEqual(event.state, "dead")
        self.assertEqual(event.body, bad.body)
        self.assertEqual(self.order(name).state, "imported")
        self.assertEqual(self.channel.dead_letter_count, 1)

    def test_absurd_quantities_are_refused(self):
        for quantity in (-1, 10**12, 2.5, True, "3"):
            name = self.fake.sell(1)
            self.fake.orders[name]["lines"][0]["quantity"] = quantity
            with self.assertRaises(MalformedDataError):
                self.fake._parse_order(self.channel, self.fake.event(name).body)

    def test_order_of_which_only_the_demand_is_known_is_held_and_fetched(self):
        name = self.fake.sell(3)
        short = dict(self.fake.orders[name], complete=False)
        full, self.fake.orders[name] = self.fake.orders[name], short
        self.capture(name)
        self.assertEqual(self.held(), 3)
        self.assertFalse(self.order(name).complete)
        self.fake.orders[name] = full
        event = self.fake.event
        self.fake.event = lambda ref, suffix="full": event(ref, suffix)
        self.intake()
        self.assertTrue(self.order(name).complete)
        self.assertEqual(self.order(name).state, "imported")

    def test_pending_payment_holds_and_waits(self):
        name = self.fake.sell(3, payment="pending")
        self.capture(name)
        self.intake()
        self.assertNotEqual(self.order(name).sale_order_id.state, "sale")
        self.assertEqual(self.held(), 3)
        self.fake.change(name, payment="paid")
        self.capture(name)
        self.intake()
        self.assertEqual(self.order(name).sale_order_id.state, "sale")
        self.assertEqual(self.held(), 0)
        self.assertEqual(self.position.available, 7)

    def test_order_shipped_before_we_knew_it_is_not_shipped_again(self):
        name = self.fake.sell(3, line={"open_quantity": 0})
        self.capture(name)
        self.intake()
        sale_order = self.order(name).sale_order_id
        self.assertEqual(sale_order.picking_ids.mapped("state"), ["done"])
        self.assertEqual(self.held(), 0)
        self.assertEqual(self.position.on_hand, 7)

    def test_pull_reaches_back_over_the_last_order_seen(self):
        self.poll()
        late = self.fake.sell(1)
        newer = self.fake.sell(1)
        hidden = self.fake.orders.pop(late)
        self.poll()
        self.intake()
        self.assertTrue(self.order(newer))
        self.fake.orders[late] = hidden
        self.poll()
        self.intake()
        self.assertTrue(self.order(late))

    def test_trace_joins_order_hold_and_publication(self):
        name = self.fake.sell(1)
        self.rule("fixed", 1)
        self.capture(name)
        self.plan()
        self.publish()
        order = self.order(name)
        audit = self.env["channel.audit"].search([("trace", "=", order.trace)])
        self.assertIn("order", audit.mapped("kind"))
        self.assertIn("publication", audit.mapped("kind"))
