# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common_purchase import ReplenishCase


@tagged("post_install", "-at_install")
class TestVendorDates(ReplenishCase):
    """Goods come when their vendor says, and each new word of it is kept."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.channel_vendor_dates = True

    def days(self, purchase):
        """(planned, deadline) of the receipt, in days from now."""
        [move] = purchase.order_line.move_ids
        today = self.today()
        return (
            (move.date.date() - today).days,
            (move.date_deadline.date() - today).days,
        )

    def trail(self, purchase):
        return self.env["channel.audit"].search(
            [("res_model", "=", "purchase.order"), ("res_id", "=", purchase.id)],
            order="id",
        )

    def shown(self):
        self.env["channel.change"]._set_trace("")
        self.env.flush_all()
        self.plan()
        return self.listing.level_ids.target

    # ---------------------------------------------------------------- later
    def test_later_date_ends_the_promise_and_moves_odoos_forecast(self):
        self.make_rule(self.env, "backorder", 50, horizon_days=14)
        purchase = self.buy_in(10, 3)
        self.assertEqual(self.shown(), 20)
        self.assertEqual(self.odoo_forecast(7), 20)
        self.postpone(purchase, 30)
        self.assertEqual(self.shown(), 10)
        self.assertEqual(self.days(purchase), (30, 30))
        self.assertEqual(self.odoo_forecast(7), 10)

    def test_without_the_option_odoos_forecast_stays(self):
        self.company.channel_vendor_dates = False
        self.make_rule(self.env, "backorder", 50, horizon_days=14)
        purchase = self.buy_in(10, 3)
        self.assertEqual(self.shown(), 20)
        self.postpone(purchase, 30)
        self.assertEqual(self.shown(), 10)
        self.assertEqual(self.days(purchase), (3, 30))
        self.assertEqual(self.odoo_forecast(7), 20)

    def test_reordering_rule_asks_for_what_comes_too_late(self):
        rule = self.reorder(minimum=15, maximum=15)
        purchase = self.buy_in(10, 2)
        rule.invalidate_recordset()
        self.assertEqual(rule.qty_forecast, 20)
        self.postpone(purchase, 30)
        self.env.invalidate_all()
        self.assertEqual(rule.qty_forecast, 10)
        # in time for the next weeks, and too much afterwards: Odoo says so beside it
        # (as users of OCA's stock_orderpoint_no_horizon found)
        rule._compute_qty_to_order_computed()
        self.assertEqual(rule.qty_to_order, 5)
        self.assertTrue(rule.unwanted_replenish)

    def test_line_edited_by_a_person_moves_its_receipt_alone(self):
        purchase = self.buy_in(10, 3)
        purchase.write(
            {
                "order_line": [
                    (
                        0,
                        0,
                        {
                            "product_id": self.product.id,
                            "product_qty": 5,
                            "price_unit": 4,
                            "date_planned": self.in_days(4),
                        },
                    )
                ]
            }
        )
        first, second = purchase.order_line
        first.date_planned = self.in_days(20)
        self.assertEqual(first.move_ids.date.date(), self.today(20))
        self.assertEqual(second.move_ids.date.date(), self.today(4))

    def test_quantity_that_resets_the_lines_date_moves_no_receipt(self):
        """Odoo's issue 17234: another quantity puts the vendor's lead time back."""
        purchase = self.buy_in(10, 20)
        purchase.order_line.product_qty = 12
        receipts = purchase.order_line.move_ids
        self.assertEqual(purchase.order_line.date_planned.date(), self.today(3))
        first = receipts.filtered(lambda move: move.product_qty == 10)
        self.assertEqual(first.date.date(), self.today(20))
        self.assertEqual(sum(receipts.mapped("product_qty")), 12)

    def test_backorder_of_a_part_that_came_is_moved_and_the_rest_is_history(self):
        purchase = self.buy_in(10, 3)
        picking = purchase.picking_ids
        picking.move_ids.quantity = 4
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True).button_validate()
        done = purchase.order_line.move_ids.filtered(lambda each: each.state == "done")
        came = done.date
        self.postpone(purchase, 30)
        rest = purchase.order_line.move_ids - done
        self.assertEqual(done.date, came)
        self.assertEqual((rest.product_qty, rest.date.date()), (6, self.today(30)))

    def test_draft_is_no_promise(self):
        purchase = self.buy_in(10, 3, confirm=False)
        purchase.order_line.date_planned = self.in_days(30)
        self.assertFalse(self.trail(purchase))

    def test_return_to_the_vendor_is_not_moved(self):
        purchase = self.buy_in(10, 3)
        self.done(purchase.picking_ids)
        wizard = self.env["stock.return.picking"].create(
            {"picking_id": purchase.picking_ids.id}
        )
        wizard.product_return_moves.quantity = 2
        back = self.env["stock.picking"].browse(
            wizard.action_create_returns()["res_id"]
        )
        planned = back.move_ids.date
        self.postpone(purchase, 30)
        self.assertEqual(back.move_ids.date, planned)

    # -------------------------------------------------------------- earlier
    def test_earlier_date_is_proposed_until_somebody_accepts(self):
        self.company.channel_vendor_dates = False
        purchase = self.buy_in(10, 3)
        self.postpone(purchase, 30)
        self.postpone(purchase, 1)
        self.assertEqual(self.days(purchase), (3, 1))
        self.assertIn(self.product.display_name, purchase.channel_earlier_text)
        self.assertEqual(self.odoo_forecast(2), 10)
        purchase.action_accept_earlier_dates()
        self.assertEqual(self.days(purchase), (1, 1))
        self.assertFalse(purchase.channel_earlier_text)
        self.assertEqual(self.odoo_forecast(2), 20)

    def test_earlier_date_moves_nothing_by_itself(self):
        purchase = self.buy_in(10, 3)
        self.postpone(purchase, 30)
        self.postpone(purchase, 1)
        self.assertEqual(self.days(purchase), (30, 1))
        self.assertEqual(self.promised_on(), self.today(30))
        purchase.action_accept_earlier_dates()
        self.assertEqual(self.promised_on(), self.today(1))

    def promised_on(self):
        self.env.flush_all()
        self.env["channel.inbound"].invalidate_model()
        return (
            self.env["channel.inbound"]
            .search([("product_id", "=", self.product.id)])
            .due_date
        )

    def test_proposal_that_was_declined_comes_back_with_another_date(self):
        purchase = self.buy_in(10, 10)
        self.postpone(purchase, 5)
        self.assertTrue(purchase.channel_earlier_text)
        purchase.action_keep_dates()
        self.assertFalse(purchase.channel_earlier_text)
        self.assertEqual(self.days(purchase), (10, 5))
        self.postpone(purchase, 4)
        self.assertTrue(purchase.channel_earlier_text)

    def test_another_hour_of_the_same_day_is_no_news(self):
        purchase = self.buy_in(10, 3)
        before = self.trail(purchase)
        purchase.order_line.date_planned = self.in_days(3).replace(hour=8)
        self.assertFalse(purchase.channel_earlier_text)
        self.assertEqual(self.trail(purchase), before)

    def test_buyer_accepts_and_others_do_not(self):
        purchase = self.buy_in(10, 10)
        self.postpone(purchase, 5)
        buyer = new_test_user(self.env, "buyer", groups="purchase.group_purchase_user")
        seller = new_test_user(
            self.env, "seller", groups="sales_team.group_sale_salesman"
        )
        with self.assertRaises(AccessError):
            purchase.with_user(seller).action_accept_earlier_dates()
        with self.assertRaises(AccessError):
            purchase.with_user(seller).action_keep_dates()
        with self.assertRaises(AccessError):
            purchase.with_user(buyer).order_line.channel_kept_date = self.in_days(1)
        purchase.with_user(buyer).action_accept_earlier_dates()
        self.assertEqual(self.days(purchase), (5, 5))

    # ---------------------------------------------------------------- trail
    def test_each_date_is_kept_once_with_who_gave_it(self):
        purchase = self.buy_in(10, 3)
        portal = new_test_user(self.env, "vendor", groups="base.group_portal")
        self.postpone(purchase, 30, user=portal)
        [row] = self.trail(purchase)
        self.assertEqual(
            row.data,
            {
                "move": purchase.order_line.move_ids.id,
                "source": "portal",
                "promised": [str(self.today(3)), str(self.today(30))],
                "expected": [str(self.today(3)), str(self.today(30))],
            },
        )
        self.assertEqual(row.user_id, portal)
        self.assertEqual(row.company_id, self.company)
        person = new_test_user(self.env, "buyer", groups="purchase.group_purchase_user")
        purchase.with_user(person).order_line.date_planned = self.in_days(31)
        self.assertEqual(self.trail(purchase)[1:].data["source"], "person")

    def test_same_date_given_twice_is_kept_once(self):
        purchase = self.buy_in(10, 3)
        self.postpone(purchase, 30)
        self.postpone(purchase, 30)
        self.assertEqual(len(self.trail(purchase)), 1)

    def test_accepted_date_is_kept(self):
        purchase = self.buy_in(10, 10)
        self.postpone(purchase, 5)
        purchase.action_accept_earlier_dates()
        self.assertEqual(
            [row.data["source"] for row in self.trail(purchase)],
            ["system" if self.env.user._is_superuser() else "person", "accepted"],
        )

    def test_lines_of_documents_are_dated_by_them(self):
        line = self.env["purchase.order.line"]
        if "edi_number" not in line._fields:
            self.skipTest("no electronic documents with suppliers")
        purchase = self.buy_in(10, 3)
        purchase.order_line.sudo().edi_number = "1"
        self.postpone(purchase, 30)
        self.assertEqual(self.days(purchase), (30, 30))
        self.postpone(purchase, 1)
        # as documents have it: no proposal
        self.assertEqual(self.days(purchase), (1, 1))
        self.assertFalse(purchase.channel_earlier_text)
