# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import random
from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common import ChannelCase


class ShortCase(ChannelCase):
    """10 of one product, live on a channel, and what takes them away."""

    def setUp(self):
        super().setUp()
        self.go_live(10)
        self.poll()
        self.channel.exception_user_id = self.env.user

    def take(self, name):
        self.capture(name)
        self.intake()
        self.plan()
        return self.order(name)

    def count(self, quantity, warehouse=None):
        """A person counts the shelf."""
        location = (warehouse or self.warehouse).lot_stock_id
        quants = self.env["stock.quant"].with_context(inventory_mode=True)
        quants._gather(self.product, location)
        quants.create(
            {
                "product_id": self.product.id,
                "location_id": location.id,
                "inventory_quantity": quantity,
            }
        ).action_apply_inventory()
        self.plan()

    def scrap(self, quantity):
        self.env["stock.scrap"].create(
            {
                "product_id": self.product.id,
                "scrap_qty": quantity,
                "location_id": self.warehouse.lot_stock_id.id,
            }
        ).action_validate()
        self.plan()

    def move(self, quantity, destination, reserve=True):
        """A transfer that is no channel's."""
        move = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": quantity,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": destination.id,
                "warehouse_id": self.warehouse.id,
                "picking_type_id": self.warehouse.out_type_id.id,
            }
        )
        move = move._action_confirm()
        if reserve:
            move._action_assign()
        self.plan()
        return move

    @property
    def customers(self):
        return self.env.ref("stock.stock_location_customers")

    @property
    def short(self):
        """The open exceptions about what is not there, or not any more on its way."""
        return self.env["channel.exception"].search(
            [
                ("channel_id", "=", self.channel.id),
                ("category", "in", ("oversold", "late_receipt")),
                ("state", "=", "open"),
            ]
        )

    def health(self):
        self.env.flush_all()
        self.channel.invalidate_recordset()
        return self.channel.health, self.channel.health_text


@tagged("post_install", "-at_install")
class TestShortage(ShortCase):
    def assertShort(self, order, missing):
        self.env.invalidate_all()
        self.assertEqual(order.line_ids.missing_quantity, missing)
        self.assertEqual(order.missing_quantity, missing)
        self.assertEqual(order in self.short.order_ids, missing > 0)
        found = order.search([("line_ids.missing_quantity", ">", 0)])
        self.assertEqual(order in found, missing > 0)

    def test_stock_counted_down_after_confirmation_leaves_the_order_short(self):
        order = self.take(self.fake.sell(7))
        self.assertShort(order, 0)
        self.count(3)
        self.assertShort(order, 4)
        self.assertIn("4 Units of [SKU-1] Product 1", self.short.message)
        self.assertIn(order.name, self.short.message)
        self.assertIn("no inbound", self.short.message)
        self.assertEqual(self.short.user_id, self.env.user)
        self.assertEqual(order.exception_count, 1)
        self.assertIn("4 Units", order.short_text)

    def test_shortage_closes_by_itself_when_the_goods_are_there(self):
        order = self.take(self.fake.sell(7))
        self.count(3)
        found = self.short
        self.count(5)
        self.assertShort(order, 2)
        self.assertEqual(self.short, found)
        self.count(8)
        self.assertShort(order, 0)
        self.assertEqual(found.state, "resolved")
        self.assertFalse(order.short_text)

    def test_scrap_leaves_the_order_short(self):
        order = self.take(self.fake.sell(8))
        self.scrap(5)
        self.assertShort(order, 3)

    def test_goods_moved_to_another_warehouse_leave_the_order_short(self):
        order = self.take(self.fake.sell(6))
        other = self.make_warehouse(self.env, "CH9")
        move = self.move(7, other.lot_stock_id, reserve=False)
        self.assertShort(order, 0)
        order.sale_order_id.picking_ids.do_unreserve()
        move._action_assign()
        move.picked = True
        move._action_done()
        self.plan()
        self.assertShort(order, 3)

    def test_another_delivery_that_takes_the_reservation_is_found_by_the_minute(self):
        order = self.take(self.fake.sell(6))
        move = self.move(8, self.customers, reserve=False)
        self.assertShort(order, 0)
        order.sale_order_id.picking_ids.do_unreserve()
        move._action_assign()
        self.env.flush_all()
        # nothing that counts has changed: no change is planned
        self.env["channel.shortage"]._look_around()
        self.assertShort(order, 4)

    def test_reserved_goods_that_are_gone_behind_odoos_back_are_missing(self):
        order = self.take(self.fake.sell(6))
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE stock_quant SET quantity = 4 "
            "WHERE product_id = %s AND location_id = %s",
            (self.product.id, self.warehouse.lot_stock_id.id),
        )
        self.env.invalidate_all()
        self.plan()
        self.assertEqual(order.sale_order_id.picking_ids.state, "assigned")
        self.assertShort(order, 2)

    def test_the_last_to_come_is_the_one_who_is_short(self):
        first = self.take(self.fake.sell(4))
        second = self.take(self.fake.sell(4))
        self.count(5)
        self.assertShort(first, 0)
        self.assertShort(second, 3)
        self.count(1)
        self.assertShort(first, 3)
        self.assertShort(second, 4)
        self.assertEqual(len(self.short), 1)
        self.assertEqual(self.short.order_ids, first | second)

    def test_order_that_is_cancelled_is_no_longer_short(self):
        order = self.take(self.fake.sell(7))
        self.count(3)
        self.fake.change(order.external_id, state="cancelled")
        self.take(order.external_id)
        self.assertShort(order, 0)
        self.assertFalse(self.short)

    def test_order_that_is_stopped_and_only_held_may_be_short(self):
        self.listing.product_id.default_code = "OTHER"
        order = self.take(self.fake.sell(7, total="1.00"))
        self.assertEqual(order.state, "blocked")
        self.count(2)
        self.assertShort(order, 5)

    def test_order_that_waits_for_stock_by_policy_is_nobodys_problem(self):
        self.channel.short_policy = "wait"
        order = self.take(self.fake.sell(7))
        order.sale_order_id._action_cancel()
        self.count(0)
        self.fake.levels["item-1", "node-1"] = 5
        order = self.take(self.fake.sell(5))
        self.assertEqual(order.state, "parked")
        self.env["channel.shortage"]._look_around()
        self.assertEqual(order.line_ids.missing_quantity, 5)
        self.assertFalse(self.short)
        self.assertNotIn("short", self.health()[1])

    def test_person_who_is_asked_about_short_stock_is_not_told_twice(self):
        self.channel.short_policy = "ask"
        self.env["stock.quant"]._update_available_quantity(
            self.product, self.warehouse.lot_stock_id, -8
        )
        order = self.take(self.fake.sell(5))
        self.env["channel.shortage"]._look_around()
        opened = self.env["channel.exception"].search(order._exception_domain())
        self.assertEqual(opened.mapped("category"), ["short_stock"])

    def test_units_that_a_backorder_rule_has_promised_are_not_short(self):
        self.rule("backorder", 20)
        self.receive(20)
        self.plan()
        order = self.take(self.fake.sell(7))
        self.count(3)
        self.assertShort(order, 0)
        self.env["stock.move"].search(
            [("product_id", "=", self.product.id), ("state", "=", "assigned")]
        ).filtered(lambda move: move.location_id.usage == "supplier")._action_cancel()
        self.plan()
        self.assertShort(order, 4)

    def receive(self, quantity, days=3, origin="PO0012"):
        """Goods on their way from a vendor."""
        move = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": quantity,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "origin": origin,
                "date": fields.Datetime.now() + timedelta(days=days),
            }
        )
        return move._action_confirm(merge=False)

    def test_shortage_says_when_its_stock_is_due(self):
        self.receive(3, days=2, origin="PO0012")
        self.receive(9, days=5, origin="PO0013")
        order = self.take(self.fake.sell(7))
        self.count(1)
        late = fields.Date.today() + timedelta(days=5)
        self.assertEqual(order.due_date, late)
        self.assertIn(f"expected {late} (PO0013)", order.short_text)
        self.assertIn("PO0013", self.short.message)

    def test_transfers_of_no_channel_that_want_too_much_are_told(self):
        self.move(14, self.customers, reserve=False)
        self.assertIn("4 Units", self.short.message)
        self.assertIn("by transfers without a channel", self.short.message)
        self.assertFalse(self.short.order_ids)
        self.count(14)
        self.assertFalse(self.short)

    def test_line_of_packs_is_short_of_stock_units(self):
        pack = self.make_listing(
            self.env, self.channel, self.product, number=2, pack_qty=4
        )
        self.fake.levels["item-2", "node-1"] = 2
        order = self.take(self.fake.sell(2, stock_ref="item-2"))
        self.assertEqual(order.line_ids.listing_id, pack)
        self.count(3)
        self.assertShort(order, 5)
        self.fake.messages = ("shipment",)
        with self.assertRaisesRegex(UserError, "cancel it there manually"):
            order.action_cancel_missing()
        self.fake.messages = ("shipment", "cancel")
        order.action_cancel_missing()
        [message] = order.notification_ids.filtered(lambda each: each.kind == "cancel")
        # five stock units are more than one pack of four
        self.assertEqual(json.loads(message.payload)["lines"][0]["quantity"], 2)

    def test_standing_shortage_cannot_be_resolved_but_ignored_until_it_is_over(self):
        order = self.take(self.fake.sell(7))
        self.count(3)
        found = self.short
        with self.assertRaisesRegex(UserError, "are still missing"):
            found._close("resolved", "I say so")
        found._close("ignored", "The supplier delivers on Friday")
        self.count(2)
        self.assertEqual(found.state, "ignored")
        self.assertFalse(self.short)
        self.assertEqual(self.health(), ("late", "Orders short of stock: 1"))
        self.count(9)
        self.assertEqual(found.state, "resolved")
        self.count(0)
        self.assertShort(order, 7)

    def test_channel_with_a_short_order_is_not_healthy(self):
        self.take(self.fake.sell(7))
        self.publish()
        self.assertEqual(self.health(), ("ok", "Healthy"))
        self.count(3)
        self.publish()
        self.assertEqual(self.health(), ("late", "Orders short of stock: 1"))
        self.count(8)
        self.publish()
        self.assertEqual(self.health(), ("ok", "Healthy"))

    def test_nothing_is_written_when_nothing_has_changed(self):
        self.take(self.fake.sell(7))
        self.count(3)
        before = self.short.count, self.short.write_date, self.short.last_seen
        self.env["channel.shortage"]._look_around()
        self.env["channel.shortage"]._look_around()
        self.env.invalidate_all()
        after = self.short.count, self.short.write_date, self.short.last_seen
        self.assertEqual(before, after)


@tagged("post_install", "-at_install")
class TestShortageAtRandom(ShortCase):
    """Whatever happens to the stock: what is short is told, what is not is not."""

    STEPS = 30

    def setUp(self):
        super().setUp()
        self.other = self.make_warehouse(self.env, "CH8")

    def test_every_short_order_has_its_exception_in_any_history(self):
        for seed in range(2):
            with self.subTest(seed=seed), self.passing():
                self.live(random.Random(seed))

    def live(self, dice):
        steps = (
            self.step_sell,
            self.step_sell,
            self.step_count,
            self.step_scrap,
            self.step_foreign,
            self.step_transfer,
            self.step_ship,
            self.step_cancel,
            self.step_unreserve,
        )
        was_short = 0
        for _step in range(self.STEPS):
            dice.choice(steps)(dice)
            self.plan()
            self.env["channel.shortage"]._look_around()
            was_short += bool(self.judge())
        self.assertTrue(was_short, "a history in which nothing is short proves nothing")
        self.count(1000)
        self.env["channel.shortage"]._look_around()
        self.assertFalse(self.judge())
        self.assertFalse(self.short)

    def judge(self):
        """:return: channel.shortage, all that there is"""
        self.env.flush_all()
        self.env.invalidate_all()
        rows = self.env["channel.shortage"].search(
            [("product_id", "=", self.product.id)]
        )
        lacking = max(0, -self.position.available)
        self.assertAlmostEqual(sum(rows.mapped("quantity")), lacking, 4)
        self.assertEqual(bool(self.short), lacking > 0)
        told = self.short.order_ids
        for order in self.orders():
            missing = sum(
                rows.filtered(lambda row, own=order: row.order_id == own).mapped(
                    "quantity"
                )
            )
            self.assertAlmostEqual(order.missing_quantity, missing, 4)
            self.assertEqual(order in told, missing > 0)
            self.assertLessEqual(missing, sum(order.line_ids.mapped("open_quantity")))
            if order.stage == "reserved" and not lacking:
                self.assertFalse(missing)
        if told:
            self.assertNotEqual(self.health()[0], "ok")
        return rows

    def orders(self):
        return self.env["channel.order"].search([("channel_id", "=", self.channel.id)])

    def pickings(self):
        return self.orders().sale_order_id.picking_ids.filtered(
            lambda picking: picking.state not in ("done", "cancel")
        )

    def step_sell(self, dice):
        units = dice.randint(1, 5)
        self.fake.levels["item-1", "node-1"] = units
        name = self.fake.sell(units)
        if dice.random() < 0.2:
            self.fake.change(name, total="1.00")
        self.capture(name)
        self.intake()

    def step_count(self, dice):
        self.count(dice.randint(0, 25))

    def step_scrap(self, dice):
        if self.position.on_hand >= 2:
            self.scrap(2)

    def step_foreign(self, dice):
        self.move(dice.randint(1, 4), self.customers, reserve=dice.random() < 0.5)

    def step_transfer(self, dice):
        move = self.move(dice.randint(1, 6), self.other.lot_stock_id)
        move.picked = True
        if move.quantity:
            move.with_context(cancel_backorder=True)._action_done()

    def step_ship(self, dice):
        ready = self.pickings().filtered(lambda each: each.state == "assigned")
        if ready:
            picking = dice.choice(ready)
            picking.move_ids.picked = True
            picking._action_done()

    def step_cancel(self, dice):
        opened = self.orders().filtered(
            lambda order: order.stage in ("captured", "confirmed", "reserved")
        )
        if opened:
            order = dice.choice(opened)
            self.fake.change(order.external_id, state="cancelled")
            self.capture(order.external_id)
            self.intake()

    def step_unreserve(self, dice):
        opened = self.pickings()
        if opened:
            dice.choice(opened).do_unreserve()
            dice.choice(opened).action_assign()
