# SPDX-License-Identifier: AGPL-3.0-or-later
import uuid

from odoo import fields
from odoo.tests import tagged

from .common_quote import QuoteCase


@tagged("post_install", "-at_install")
class TestPromiseTill(QuoteCase):
    """A quotation that is settled at a till: its goods are gone, and paid for."""

    def setUp(self):
        super().setUp()
        if "pos_order_line_ids" not in self.env["sale.order.line"]._fields:
            self.skipTest("needs quotations at tills")
        self.company.channel_confirm_policy = "refuse"
        self.env["stock.warehouse"]._create_missing_pos_picking_types()
        bank = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", self.company.id)], limit=1
        )
        card = self.env["pos.payment.method"].create(
            {"name": "Card", "journal_id": bank.id}
        )
        self.till = self.env["pos.config"].create(
            {
                "name": "Till",
                "picking_type_id": self.warehouse.pos_type_id.id,
                "payment_method_ids": [(6, 0, card.ids)],
            }
        )
        self.till.open_ui()
        self.till.current_session_id.set_opening_control(0, None)
        self.cashier = self.make_salesperson(
            self.env,
            "cashier",
            # Odoo settles quotations for who may see them
            "point_of_sale.group_pos_user,sales_team.group_sale_salesman_all_leads",
        )

    def settle(self, order, quantity):
        line = {
            "price_unit": 10,
            "product_id": self.product.id,
            "price_subtotal": 10 * quantity,
            "price_subtotal_incl": 10 * quantity,
            "qty": quantity,
            "discount": 0,
            "tax_ids": [(6, 0, [])],
            "pack_lot_ids": [],
            "uuid": str(uuid.uuid4()),
            "sale_order_origin_id": order.id,
            "sale_order_line_id": order.order_line.id,
        }
        now = fields.Datetime.to_string(self.now())
        session = self.till.current_session_id
        payment = {
            "amount": 10 * quantity,
            "name": now,
            "payment_method_id": self.till.payment_method_ids.id,
        }
        self.env["pos.order"].with_user(self.cashier).sync_from_ui(
            [
                {
                    "amount_paid": 10 * quantity,
                    "amount_return": 0,
                    "amount_tax": 0,
                    "amount_total": 10 * quantity,
                    "company_id": self.company.id,
                    "date_order": now,
                    "fiscal_position_id": False,
                    "pricelist_id": False,
                    "lines": [(0, 0, line)],
                    "name": "Order",
                    "partner_id": False,
                    "session_id": session.id,
                    "payment_ids": [(0, 0, payment)],
                    "user_id": self.cashier.id,
                    "uuid": str(uuid.uuid4()),
                    "to_invoice": False,
                    "state": "paid",
                }
            ]
        )

    def test_settled_quotation_is_confirmed_and_takes_its_goods_once(self):
        self.till.company_id.point_of_sale_update_stock_quantities = "real"
        order = self.held_quote(10)
        self.settle(order, 10)
        self.assertEqual(order.state, "sale")
        self.assertFalse(self.holds(order))
        self.assertFalse(self.exceptions())

    def test_rest_that_is_not_there_refuses_no_sale_of_a_till(self):
        """Three of the eight are gone; the five that are left were sold on the web."""
        order = self.quote(8)
        self.web_order(7)
        self.settle(order, 3)
        self.assertEqual(order.state, "sale")
        [found] = self.exceptions()
        self.assertIn("5 wanted, 0 there", found.message)
