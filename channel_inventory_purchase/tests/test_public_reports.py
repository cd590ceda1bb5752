# SPDX-License-Identifier: AGPL-3.0-or-later
"""What users of Odoo have reported of receipts and their dates: project and number."""

from odoo.tests import tagged

from .common_purchase import ReplenishCase


@tagged("post_install", "-at_install")
class TestPublicReports(ReplenishCase):
    """10 pieces on hand; a rule promises what comes within two weeks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_rule(cls.env, "backorder", 50, horizon_days=14)

    def shown(self):
        self.env["channel.change"]._set_trace("")
        self.env.flush_all()
        self.plan()
        return self.listing.level_ids.target

    def inbound(self):
        """:return: list of (units, days until they are due)"""
        self.env.flush_all()
        self.env["channel.inbound"].invalidate_model()
        found = self.env["channel.inbound"].search(
            [("product_id", "=", self.product.id)], order="due_date"
        )
        return [(each.quantity, (each.due_date - self.today()).days) for each in found]

    def receive_part(self, purchase, quantity):
        """:return: the receipt of the rest"""
        picking = purchase.picking_ids.filtered(
            lambda each: each.state not in ("done", "cancel")
        )
        picking.move_ids.write({"quantity": quantity, "picked": True})
        picking.with_context(cancel_backorder=False)._action_done()
        return purchase.picking_ids.filtered(
            lambda each: each.state not in ("done", "cancel")
        )

    def test_receipt_that_is_put_off_is_promised_for_its_new_day(self):
        """odoo/odoo#36584: people write the new day on the receipt, and the purchase
        order keeps the old one."""
        purchase = self.buy_in(10, 3)
        self.assertEqual(self.shown(), 20)
        purchase.picking_ids.scheduled_date = self.in_days(30)
        self.assertEqual(self.inbound(), [(10, 30)])
        self.assertEqual(self.shown(), 10)

    def test_goods_in_the_second_step_are_expected_once(self):
        """odoo/odoo#13652: of a receipt in two steps the first is done, and the goods
        are expected on another day, or twice."""
        self.warehouse.reception_steps = "two_steps"
        purchase = self.buy_in(10, 3)
        self.assertEqual(self.inbound(), [(10, 3)])
        self.assertEqual(self.shown(), 20)
        first = purchase.picking_ids.filtered(lambda each: each.state == "assigned")
        self.done(first)
        [(units, days)] = self.inbound()
        self.assertEqual(units, 10)
        self.assertLessEqual(days, 3)
        self.assertEqual(self.shown(), 20)
        second = first.move_ids.move_dest_ids.picking_id
        self.done(second)
        self.assertEqual((self.inbound(), self.shown()), ([], 20))

    def test_rest_that_is_cancelled_is_not_late(self):
        """odoo/odoo#268488: nothing is to come any more, and the order is late for
        ever."""
        purchase = self.buy_in(10, -2)
        rest = self.receive_part(purchase, 4)
        self.assertEqual([units for units, _days in self.inbound()], [6])
        rest.action_cancel()
        self.assertEqual((self.inbound(), self.shown()), ([], 14))
        self.rate(7)
        self.assertFalse(self.stockout().refill_date)

    def test_order_lowered_to_what_has_come(self):
        """odoo/odoo#76297: two parts have come, and the order is lowered to them."""
        purchase = self.buy_in(10, 3)
        self.receive_part(purchase, 2)
        self.receive_part(purchase, 3)
        self.assertEqual(self.inbound(), [(5, 3)])
        self.assertEqual(self.shown(), 20)
        purchase.order_line.product_qty = 5
        self.assertEqual((self.inbound(), self.shown()), ([], 15))
        purchase.order_line.product_qty = 7
        self.assertEqual(sum(units for units, _days in self.inbound()), 2)
        self.assertEqual(self.shown(), 17)
