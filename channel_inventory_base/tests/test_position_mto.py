# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .common_position import PositionCase


@tagged("post_install", "-at_install")
class TestPositionMakeToOrder(PositionCase):
    """A delivery that waits for a receipt of its own takes nothing else."""

    def setUp(self):
        super().setUp()
        self.customers = self.place("customers")
        self.suppliers = self.place("suppliers")
        self.stock = self.warehouse.lot_stock_id

    def order(self, quantity=4, **values):
        """A delivery made to order, and its receipt."""
        delivery = self.move(
            self.stock,
            self.customers,
            quantity,
            confirm=False,
            procure_method="make_to_order",
            **values,
        )
        receipt = self.receipt(delivery, quantity)
        delivery._action_confirm(merge=False)
        return delivery, receipt

    def receipt(self, deliveries, quantity, **values):
        return self.move(
            self.suppliers,
            self.stock,
            quantity,
            move_dest_ids=[(6, 0, deliveries.ids)],
            **values,
        )

    def test_before_during_and_after_its_receipt(self):
        delivery, receipt = self.order(4)
        self.check(on_hand=10, allocated=0, in_transit=4, backorderable=0)
        self.move_done(receipt, 1)
        self.check(on_hand=11, allocated=1, in_transit=3, available=10)
        self.check(backorderable=0)
        rest = delivery.move_orig_ids - receipt
        self.move_done(rest)
        self.check(on_hand=14, allocated=4, in_transit=0, available=10)
        self.move_done(delivery)
        self.check(on_hand=10, allocated=0, available=10)

    def test_receipt_that_brings_more_leaves_the_rest_to_others(self):
        delivery = self.move(
            self.stock,
            self.customers,
            4,
            confirm=False,
            procure_method="make_to_order",
        )
        self.receipt(delivery, 10)
        delivery._action_confirm(merge=False)
        self.check(allocated=0, in_transit=10, dedicated=4, backorderable=6)

    def test_receipt_for_two_deliveries_is_not_counted_for_each(self):
        deliveries = self.env["stock.move"]
        for quantity in (4, 6):
            deliveries |= self.move(
                self.stock,
                self.customers,
                quantity,
                confirm=False,
                procure_method="make_to_order",
            )
        receipt = self.receipt(deliveries, 10)
        deliveries._action_confirm(merge=False)
        self.check(allocated=0, dedicated=10)
        self.move_done(receipt, 6)
        self.check(on_hand=16, allocated=6, available=10, dedicated=4)

    def test_delivery_whose_receipt_was_cancelled_takes_from_stock(self):
        delivery, receipt = self.order(4)
        receipt.propagate_cancel = False
        receipt._action_cancel()
        self.assertEqual(delivery.procure_method, "make_to_stock")
        self.check(allocated=4, available=6, in_transit=0)

    def test_receipt_in_two_steps_stays_spoken_for_in_the_input_zone(self):
        self.warehouse.reception_steps = "two_steps"
        delivery = self.move(
            self.stock,
            self.customers,
            4,
            confirm=False,
            procure_method="make_to_order",
        )
        receipt = self.move(
            self.suppliers,
            self.warehouse.wh_input_stock_loc_id,
            4,
            location_final_id=self.stock.id,
            move_dest_ids=[(6, 0, delivery.ids)],
            picking_type_id=self.warehouse.in_type_id.id,
            warehouse_id=self.warehouse.id,
        )
        delivery._action_confirm(merge=False)
        self.check(allocated=0, in_transit=4, backorderable=0)
        self.move_done(receipt)
        store = delivery.move_orig_ids.filtered(lambda move: move.state != "done")
        self.assertEqual(store.location_id, self.warehouse.wh_input_stock_loc_id)
        self.check(on_hand=10, allocated=0, in_transit=4, backorderable=0)
        self.move_done(store)
        self.check(on_hand=14, allocated=4, in_transit=0)

    def test_pull_chain_behind_the_delivery_counts_once(self):
        """Receipt -> pick -> ship, all open at once."""
        output = self.warehouse.wh_output_stock_loc_id
        ship = self.move(
            output,
            self.customers,
            4,
            confirm=False,
            procure_method="make_to_order",
        )
        pick = self.move(
            self.stock,
            output,
            4,
            confirm=False,
            procure_method="make_to_order",
            move_dest_ids=[(6, 0, ship.ids)],
        )
        receipt = self.receipt(pick, 4)
        (ship | pick)._action_confirm(merge=False)
        self.check(allocated=0, in_transit=4, dedicated=4)
        self.move_done(receipt)
        self.check(on_hand=14, allocated=4, available=10)
        self.move_done(pick)
        self.check(on_hand=14, allocated=4, available=10)
        self.move_done(ship)
        self.check(on_hand=10, allocated=0)

    def test_through_odoos_own_route_and_purchase(self):
        route = self.warehouse.mto_pull_id.route_id
        route.active = True
        buy = self.env.ref("purchase_stock.route_warehouse0_buy")
        self.product.route_ids = route | buy
        vendor = self.env["res.partner"].create({"name": "Vendor"})
        self.product.seller_ids = [(0, 0, {"partner_id": vendor.id, "price": 1})]
        order = self.sell(4)
        # the purchase is a draft: nothing will ever be taken from stock
        self.assertEqual(order.picking_ids.move_ids.procure_method, "make_to_order")
        self.check(allocated=0, available=10)
        purchase = self.env["purchase.order"].search([("partner_id", "=", vendor.id)])
        purchase.button_confirm()
        self.check(allocated=0, available=10, in_transit=4, backorderable=0)
        self.done(purchase.picking_ids)
        self.check(on_hand=14, allocated=4, available=10)
        self.done(order.picking_ids)
        self.check(on_hand=10, allocated=0)

    def test_link_made_by_sql_is_noticed(self):
        delivery = self.move(self.stock, self.customers, 4)
        receipt = self.move(self.suppliers, self.stock, 4)
        self.plan()
        self.assertEqual(self.level.target, 6)
        self.env.cr.execute(
            "INSERT INTO stock_move_move_rel (move_orig_id, move_dest_id) "
            "VALUES (%s, %s)",
            (receipt.id, delivery.id),
        )
        self.plan()
        self.assertEqual(self.level.target, 10)
