# SPDX-License-Identifier: AGPL-3.0-or-later
"""What users of other systems have reported of tills: project and number."""

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .common_pos import TillCase


@tagged("post_install", "-at_install")
class TestPublicReports(TillCase):
    """10 pieces on hand, and a till that books when its session closes."""

    def close(self):
        self.session.action_pos_session_closing_control()
        self.assertEqual(self.session.state, "closed")

    def stock(self):
        """:return: (on hand, available)"""
        position = self.position_at(self.warehouse)
        return position.on_hand, position.available

    # ------------------------------------------------------------- refunds
    def test_refund_shows_one_more_and_not_two(self):
        """OCA/pos#1039: one piece comes back, and two more are shown."""
        sold = self.ring((self.product, 3))
        self.ring((self.product, -1, sold.lines))
        self.assertEqual(self.stock(), (10, 8))
        self.close()
        self.assertEqual(self.stock(), (8, 8))

    def test_exchange_in_one_order(self):
        """odoo/odoo#13699, #64724: one piece comes back and another one leaves by the
        same order; what was booked was neither."""
        sold = self.ring((self.product, 3))
        self.close()
        self.session = self.open_session(self.till)
        self.ring((self.product, -1, sold.lines), (self.product, 2))
        # what comes back of an older sale counts when it is booked
        self.assertEqual(self.stock(), (7, 5))
        self.close()
        self.assertEqual(self.stock(), (6, 6))

    def test_refund_by_lot_is_booked_or_told(self):
        """odoo/odoo#223888, #33512: the transfer of a refund by lot stays open, with
        its goods on the shelf."""
        tracked = self.make_product(self.env, 5, tracking="lot")
        lot = self.env["stock.lot"].create({"name": "L1", "product_id": tracked.id})
        self.env["stock.quant"]._update_available_quantity(
            tracked, self.warehouse.lot_stock_id, 4, lot_id=lot
        )
        sold = self.ring_lot(tracked, 3)
        self.close()
        self.session = self.open_session(self.till)
        self.ring_lot(tracked, -2, sold.lines)
        self.close()
        self.env["channel.till.watch"]._look()
        position = self.position_at(self.warehouse, tracked)
        back = 0 if self.exceptions("till_transfer") else 2
        self.assertEqual(position.on_hand, 1 + back)
        self.assertEqual(position.available, 1 + back)

    def ring_lot(self, product, quantity, refunded=None):
        lots = {"pack_lot_ids": [Command.create({"lot_name": "L1"})]}
        return self.ring((product, quantity, refunded, lots))


@tagged("post_install", "-at_install")
class TestSettledReports(TillCase):
    """Sale orders that are paid for, and taken away, at a till."""

    def setUp(self):
        super().setUp()
        if "sale_order_line_id" not in self.env["pos.order.line"]._fields:
            self.skipTest("needs sale orders at tills")

    def settle(self, order, quantity, *others, **values):
        """:param others: (product, quantity) that are bought beside it"""
        link = {
            "sale_order_origin_id": order.id,
            "sale_order_line_id": order.order_line.id,
        }
        return self.ring((self.product, quantity, None, link), *others, **values)

    def quote(self, quantity):
        return self.env["sale.order"].create(
            {
                "partner_id": self.env.ref("base.partner_admin").id,
                "warehouse_id": self.warehouse.id,
                "order_line": [
                    Command.create(
                        {"product_id": self.product.id, "product_uom_qty": quantity}
                    )
                ],
            }
        )

    def figures(self):
        """:return: (on hand, allocated, held, available)"""
        place = self.position_at(self.warehouse)
        return place.on_hand, place.allocated, place.held, place.available

    def test_settled_order_takes_its_goods_once(self):
        """odoo/odoo#130988, #109515: of two steps of its delivery one stayed, and had
        its goods reserved for ever."""
        for steps in ("ship_only", "pick_ship", "pick_pack_ship"):
            with self.subTest(steps):
                self.warehouse.delivery_steps = steps
                before = self.position_at(self.warehouse).available
                order = self.sell(2)
                self.assertEqual(self.position_at(self.warehouse).available, before - 2)
                self.settle(order, 2)
                self.assertEqual(self.figures()[1:], (0, 10 - before + 2, before - 2))
        self.session.action_pos_session_closing_control()
        self.assertEqual(self.figures(), (4, 0, 0, 4))

    def test_quotation_settled_to_be_shipped_later_leaves_once(self):
        """odoo/odoo#197031: the delivery of the quotation stays beside that of the
        till."""
        self.till.write({"ship_later": True, "warehouse_id": self.warehouse.id})
        order = self.quote(3)
        partner = order.partner_id.id
        self.settle(
            order,
            3,
            shipping_date=fields.Date.to_string(fields.Date.today()),
            partner_id=partner,
        )
        self.assertEqual(order.state, "sale")
        self.assertEqual(self.figures(), (10, 3, 0, 7))

    def test_order_that_is_parked_at_the_till_is_held_once(self):
        """The same goods are in its delivery: a till that holds its open orders held
        them once more (odoo/odoo#130988, while it is not paid yet)."""
        self.till.channel_draft_policy = "all"
        order = self.sell(3)
        self.settle(order, 3, state="draft")
        self.assertEqual(self.figures(), (10, 3, 0, 7))

    def test_what_is_bought_beside_a_parked_order_is_held(self):
        self.till.channel_draft_policy = "all"
        other = self.make_product(self.env, 2, 10, self.warehouse)
        order = self.sell(3)
        self.settle(order, 3, (other, 4), state="draft")
        self.assertEqual(self.position_at(self.warehouse, other).held, 4)

    def test_quotation_that_is_parked_and_paid_is_held_from_then(self):
        self.till.channel_draft_policy = "all"
        order = self.quote(3)
        parked = self.settle(order, 3, state="draft")
        self.assertFalse(parked.channel_held_until)
        parked.write({"state": "paid"})
        self.assertEqual(self.figures()[1:], (0, 3, 7))
