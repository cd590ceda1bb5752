# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .common_purchase import ReplenishCase


@tagged("post_install", "-at_install")
class TestCutPurchase(ReplenishCase):
    """A purchase that is cut, of which Odoo makes a return in the place of a smaller
    receipt (odoo/odoo#262969, odoo/odoo#202132, ingadhoc/purchase#350)."""

    def cut(self, purchase, quantity):
        """As when the price has changed meanwhile: the receipt stays as it is."""
        line = purchase.order_line
        line.move_ids.filtered(lambda move: move.state != "done").price_unit = 3
        line.product_qty = quantity
        found = line.move_ids.filtered(
            lambda move: move.location_dest_id.usage == "supplier"
        )
        self.assertTrue(found, "Odoo has made the receipt smaller: nothing to test")
        return found

    def receive(self, purchase, quantity):
        picking = purchase.picking_ids.filtered(
            lambda each: (
                each.picking_type_code == "incoming"
                and each.state not in ("done", "cancel")
            )
        )
        picking.move_ids.quantity = quantity
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True).button_validate()

    def test_return_of_what_never_came_takes_nothing(self):
        purchase = self.buy_in(10, 3)
        self.check(on_hand=10, in_transit=10, available=10)
        back = self.cut(purchase, 4)
        self.assertEqual(back.product_qty, 6)
        self.check(allocated=0, available=10, in_transit=4, backorderable=4)

    def test_it_is_not_reserved_either(self):
        back = self.cut(self.buy_in(10, 3), 4)
        self.assertEqual((back.state, back.quantity), ("confirmed", 0))
        back._action_assign()
        self.assertEqual(back.quantity, 0)
        order = self.sell(10)
        self.assertEqual(order.picking_ids.move_ids.quantity, 10)
        self.check(allocated=10, available=0)

    def test_it_goes_back_when_all_has_come(self):
        purchase = self.buy_in(10, 3)
        back = self.cut(purchase, 4)
        self.receive(purchase, 10)
        self.check(on_hand=20, allocated=6, available=14, in_transit=0)
        back._action_assign()
        self.assertEqual(back.quantity, 6)
        self.move_done(back)
        self.check(on_hand=14, allocated=0, available=14)

    def test_what_has_come_beyond_what_is_ordered_goes_back(self):
        purchase = self.buy_in(10, 3)
        self.cut(purchase, 4)
        self.receive(purchase, 7)
        # 3 of the 10 are to come: they would go back as well
        self.check(on_hand=17, allocated=3, available=14, in_transit=0)

    def test_return_of_goods_that_came_is_allocated(self):
        purchase = self.buy_in(10, 3)
        self.done(purchase.picking_ids)
        wizard = self.env["stock.return.picking"].create(
            {"picking_id": purchase.picking_ids.id}
        )
        wizard.product_return_moves.quantity = 2
        wizard.action_create_returns()
        self.check(on_hand=20, allocated=2, available=18)

    def test_purchase_of_less_than_nothing_is_a_return(self):
        """odoo/odoo#187946, #265704: goods are sent back by a line below zero."""
        purchase = self.buy_in(-4, 3)
        self.assertTrue(purchase.picking_ids)
        self.check(on_hand=10, allocated=4, available=6)

    def test_delivery_that_was_cut_stays_allocated_until_somebody_mends_it(self):
        """OCA/sale-workflow#2154: a return from the customer in the place of a smaller
        delivery. The goods are reserved for that delivery: nobody else gets them."""
        order = self.sell(6)
        delivery = order.picking_ids.move_ids
        back = self.move(self.place("customers"), self.warehouse.lot_stock_id, 2)
        back.sale_line_id = delivery.sale_line_id
        self.check(allocated=6, available=4, in_transit=2, backorderable=0)
