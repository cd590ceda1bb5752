# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.channel_inventory_sale.tests.test_shortage import ShortCase

from .common_purchase import ReplenishCase


@tagged("post_install", "-at_install")
class TestLateReceipts(ReplenishCase, ShortCase):
    """What is promised against a receipt that slips or dies is told, with its orders,
    once, until it is right again."""

    def setUp(self):
        super().setUp()
        self.make_rule(self.env, "backorder", 50, horizon_days=20)
        self.purchase = self.buy_in(10, 5)
        self.plan()
        self.assertEqual(self.listing.level_ids.target, 20)
        self.fake.levels["item-1", "node-1"] = 20

    # of a channel, where the case of positions has one of a salesperson
    def sell(self, quantity):
        return self.take(self.fake.sell(quantity))

    @property
    def promises(self):
        self.env.invalidate_all()
        return self.env["channel.inbound.promise"].search(
            [("product_id", "=", self.product.id)]
        )

    @property
    def short(self):
        return super().short.filtered(lambda each: each.category == "oversold")

    @property
    def late(self):
        self.env.invalidate_all()
        return self.env["channel.exception"].search(
            [
                ("channel_id", "=", self.channel.id),
                ("category", "=", "late_receipt"),
                ("state", "=", "open"),
            ]
        )

    def look_around(self):
        self.env.flush_all()
        self.env["channel.shortage"]._look_around()
        self.env.invalidate_all()

    def assertPromise(self, row, units, promised, expected):
        self.assertEqual(
            (row.quantity, row.promised_date, row.due_date),
            (units, self.today(promised), self.today(expected)),
        )

    def test_promise_remembers_its_receipt(self):
        order = self.sell(14)
        row = self.promises
        self.assertPromise(row, 4, 5, 5)
        self.assertEqual(row.order_id, order)
        self.assertEqual(row.promised_document, self.purchase.name)
        self.assertFalse(self.late)
        self.assertFalse(self.short)

    def test_receipt_that_dies_is_told_with_its_orders_once(self):
        order = self.sell(14)
        self.purchase.button_cancel()
        self.plan()
        exception = self.late
        self.assertEqual(len(exception), 1)
        self.assertEqual(exception.order_ids, order)
        self.assertIn("4 Units of [SKU-1] Product 1", exception.message)
        self.assertIn(self.purchase.name, exception.message)
        self.assertIn(order.name, exception.message)
        self.assertIn("not expected any more", exception.message)
        # and nowhere else
        self.assertFalse(self.short)
        self.look_around()
        self.plan()
        self.assertEqual((self.late, exception.count), (exception, 1))

    def test_receipt_that_slips_is_told_with_its_new_day(self):
        self.sell(14)
        self.postpone(self.purchase, 12)
        self.plan()
        self.assertPromise(self.promises, 4, 5, 12)
        self.assertIn("are now expected on", self.late.message)
        exception = self.late
        self.postpone(self.purchase, 15)
        self.plan()
        self.assertEqual((self.late, exception.count), (exception, 1))
        self.postpone(self.purchase, 4)
        self.purchase.action_accept_earlier_dates()
        self.plan()
        self.assertFalse(self.late)
        self.assertEqual(exception.state, "resolved")

    def test_orders_served_from_stock_are_not_told(self):
        first = self.sell(10)
        second = self.sell(3)
        self.purchase.button_cancel()
        self.plan()
        self.assertEqual(self.late.order_ids, second)
        self.assertNotIn(first, self.late.order_ids)

    def test_another_receipt_that_is_in_time_covers_it(self):
        self.sell(14)
        self.buy_in(10, 5)
        self.purchase.button_cancel()
        self.plan()
        self.assertFalse(self.late)
        self.assertPromise(self.promises, 4, 5, 5)

    def test_part_of_a_receipt_is_cut(self):
        """Odoo leaves the receipt as it is and makes a return of what was cut."""
        self.sell(14)
        self.purchase.order_line.product_qty = 3
        self.plan()
        self.assertEqual(self.promises.late_quantity, 1)
        self.assertIn("1 Units", self.late.message)

    def test_receipt_that_does_not_come_on_its_day(self):
        self.sell(14)
        self.env.cr.execute(
            "UPDATE channel_inbound_promise SET promised_date = %s",
            [fields.Date.today() - timedelta(days=1)],
        )
        moves = self.purchase.order_line.move_ids
        yesterday = self.in_days(-1)
        moves.write({"date": yesterday, "date_deadline": yesterday})
        self.look_around()
        self.assertPromise(self.promises, 4, -1, 0)
        self.assertEqual(len(self.late), 1)

    def test_goods_that_come_end_it(self):
        self.sell(14)
        self.postpone(self.purchase, 12)
        self.plan()
        exception = self.late
        picking = self.purchase.picking_ids
        picking.move_ids.quantity = 10
        picking.move_ids.picked = True
        picking.button_validate()
        self.plan()
        self.assertFalse(self.promises)
        self.assertEqual(exception.state, "resolved")

    def test_order_that_is_cancelled_ends_it(self):
        order = self.sell(14)
        self.purchase.button_cancel()
        self.plan()
        exception = self.late
        order.sale_order_id._action_cancel()
        self.plan()
        self.assertFalse(self.promises)
        self.assertEqual(exception.state, "resolved")

    def test_who_resolves_it_has_agreed_to_the_new_day(self):
        self.sell(14)
        self.postpone(self.purchase, 12)
        self.plan()
        self.late._close("resolved", "The customer waits.")
        self.look_around()
        self.assertFalse(self.late)
        self.assertPromise(self.promises, 4, 12, 12)
        self.postpone(self.purchase, 14)
        self.plan()
        self.assertEqual(len(self.late), 1)

    def test_who_resolves_what_nothing_covers_is_not_asked_again(self):
        self.sell(14)
        self.purchase.button_cancel()
        self.plan()
        self.late._close("resolved", "Bought next door.")
        self.look_around()
        self.assertFalse(self.late | self.short)
        self.buy_in(10, 8)
        self.plan()
        self.assertFalse(self.late)
        self.assertEqual(self.promises.promised_date, self.today(8))

    def test_ignored_stays_ignored(self):
        self.sell(14)
        self.purchase.button_cancel()
        self.plan()
        exception = self.late
        exception._close("ignored", "We know.")
        self.look_around()
        self.assertFalse(self.late)
        self.buy_in(10, 4)
        self.plan()
        self.assertEqual(exception.state, "resolved")

    def test_shortage_that_nobody_has_promised_stays_a_shortage(self):
        order = self.sell(8)
        self.count(3)
        # five of eight are not there, and no receipt had been sold
        self.purchase.button_cancel()
        self.env["channel.rule"].search([("kind", "=", "backorder")]).action_retire()
        self.plan()
        self.assertTrue(self.short or self.late)
        self.assertIn(order, (self.short | self.late).order_ids)

    def test_purchase_for_one_order_alone_is_cancelled(self):
        """OCA's issue 794: the salesperson was never told."""
        route = self.env.ref("stock.route_warehouse0_mto")
        route.active = True
        self.product.route_ids = route | self.warehouse.buy_pull_id.route_id
        order = self.sell(4)
        line = self.env["purchase.order.line"].search(
            [("product_id", "=", self.product.id)]
        )
        own = line.order_id - self.purchase
        self.assertTrue(own)
        own.button_confirm()
        self.plan()
        self.assertFalse(self.short | self.late)
        self.count(0)
        own.button_cancel()
        self.purchase.button_cancel()
        self.plan()
        self.assertEqual((self.short | self.late).order_ids, order)

    def test_receipt_split_in_two_days(self):
        self.sell(16)
        line = self.purchase.order_line
        line.product_qty = 4
        self.buy_in(6, 9)
        self.plan()
        row = self.promises
        self.assertPromise(row, 6, 5, 9)
        self.assertEqual(row.late_quantity, 2)
        self.assertIn("2 Units", self.late.message)

    def test_last_order_waits_longest(self):
        first, second = self.sell(13), self.sell(4)
        self.purchase.order_line.product_qty = 3
        self.buy_in(7, 9)
        self.plan()
        self.assertEqual(self.late.order_ids, second)
        by_order = {row.order_id: row.due_date for row in self.promises}
        self.assertEqual(by_order, {first: self.today(5), second: self.today(9)})
