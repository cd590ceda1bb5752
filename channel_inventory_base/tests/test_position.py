# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import Form, tagged

from .common_position import PositionCase


@tagged("post_install", "-at_install")
class TestPosition(PositionCase):
    """10 pieces on hand; what each operation makes of the position."""

    def test_demand_counts_once_at_every_step_of_every_delivery(self):
        for steps in ("ship_only", "pick_ship", "pick_pack_ship"):
            with self.subTest(steps):
                self.warehouse.delivery_steps = steps
                before = self.position.on_hand
                order = self.sell(5)
                self.check(on_hand=before, allocated=5)
                for _step in range(3):
                    picking = order.picking_ids.filtered(lambda p: p.state != "done")
                    if not picking:
                        break
                    self.done(picking)
                    left = order.order_line.qty_delivered
                    self.check(on_hand=before - left, allocated=5 - left)
                self.check(on_hand=before - 5, allocated=0)
                self.add_stock(self.env, self.product, self.warehouse, 5)

    def test_partial_pick_with_backorder_counts_once(self):
        self.warehouse.delivery_steps = "pick_pack_ship"
        order = self.sell(5)
        self.done(order.picking_ids, 3)
        self.check(on_hand=10, allocated=5)
        pack = order.picking_ids.filtered(
            lambda picking: picking.picking_type_id == self.warehouse.pack_type_id
        )
        self.done(pack)
        self.check(on_hand=10, allocated=5)

    def test_demand_without_reservation_counts(self):
        self.warehouse.out_type_id.reservation_method = "manual"
        self.sell(4)
        self.assertFalse(self.product.stock_quant_ids.filtered("reserved_quantity"))
        self.check(allocated=4, available=6)

    def test_shortage_is_negative(self):
        self.sell(25)
        self.check(on_hand=10, allocated=25, available=-15)

    def test_quotation_does_not_allocate(self):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.env.ref("base.partner_admin").id,
                "warehouse_id": self.warehouse.id,
                "order_line": [
                    (0, 0, {"product_id": self.product.id, "product_uom_qty": 4})
                ],
            }
        )
        self.check(allocated=0)
        order.action_confirm()
        order.with_context(disable_cancel_warning=True).action_cancel()
        self.check(allocated=0, available=10)

    def test_receipt_is_in_transit_until_it_can_be_sold(self):
        self.warehouse.reception_steps = "three_steps"
        purchase = self.buy(7)
        self.check(on_hand=10, in_transit=7)
        for _step in range(3):
            self.check(on_hand=10, in_transit=7, available=10)
            picking = self.env["stock.picking"].search(
                [
                    ("move_ids.product_id", "=", self.product.id),
                    ("state", "not in", ("done", "cancel")),
                ]
            )
            self.done(picking)
        self.assertEqual(purchase.order_line.qty_received, 7)
        self.check(on_hand=17, in_transit=0)

    def test_one_step_receipts_leave_the_input_zone_sellable(self):
        self.warehouse.reception_steps = "one_step"
        self.assertEqual(self.warehouse.lot_stock_id.stock_state, "sellable")
        self.done(self.buy(7).picking_ids)
        self.check(on_hand=17, in_transit=0)

    def test_backorderable_is_inbound_that_no_shortage_needs(self):
        self.sell(14)
        self.buy(6)
        self.check(available=-4, in_transit=6, backorderable=2)

    def test_damaged_location_and_its_children_are_not_sellable(self):
        quarantine = self.env["stock.location"].create(
            {
                "name": "Quarantine",
                "location_id": self.warehouse.lot_stock_id.id,
                "own_stock_state": "damaged",
            }
        )
        shelf = quarantine.copy(
            {"name": "Shelf", "location_id": quarantine.id, "own_stock_state": False}
        )
        self.add_stock(self.env, self.product, self.warehouse, 4, shelf)
        self.check(on_hand=10, damaged=4)
        quarantine.own_stock_state = "sellable"
        self.check(on_hand=14, damaged=0)

    def test_flagging_a_location_replans_what_lies_in_it(self):
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.warehouse.lot_stock_id.id}
        )
        self.add_stock(self.env, self.product, self.warehouse, 4, shelf)
        self.plan()
        self.assertEqual(self.level.target, 14)
        with Form(shelf) as form:
            form.own_stock_state = "damaged"
        self.plan()
        self.assertEqual(self.level.target, 10)

    def test_transfer_between_warehouses_leaves_one_and_reaches_the_other(self):
        other = self.make_warehouse(self.env, "CH2")
        move = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 4,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": other.lot_stock_id.id,
                "picking_type_id": self.warehouse.int_type_id.id,
            }
        )
        move._action_confirm()
        self.check(allocated=4, available=6)
        there = self.env["channel.position"].search(
            [("product_id", "=", self.product.id), ("warehouse_id", "=", other.id)]
        )
        self.assertEqual((there.in_transit, there.available), (4, 0))

    def test_chain_made_by_pull_rules_counts_once(self):
        """Two linked moves exist at once: to the output zone, then to the customer."""
        output = self.warehouse.wh_output_stock_loc_id
        customers = self.env.ref("stock.stock_location_customers")
        ship = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 4,
                "location_id": output.id,
                "location_dest_id": customers.id,
                "procure_method": "make_to_order",
                "picking_type_id": self.warehouse.out_type_id.id,
            }
        )
        pick = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 4,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": output.id,
                "location_final_id": customers.id,
                "move_dest_ids": [(6, 0, ship.ids)],
                "picking_type_id": self.warehouse.pick_type_id.id,
            }
        )
        (ship | pick)._action_confirm(merge=False)
        self.check(allocated=4, available=6)

    def test_expired_hold_no_longer_counts(self):
        hold = self.env["channel.hold"].create(
            {
                "company_id": self.env.company.id,
                "product_id": self.product.id,
                "warehouse_id": self.warehouse.id,
                "stock_quantity": 4,
                "expires_at": "2099-01-01",
            }
        )
        self.check(held=4)
        hold.expires_at = "2000-01-01"
        self.check(held=0)
        self.env["channel.hold"]._expire()
        self.assertEqual(hold.state, "released")

    def test_our_available_agrees_with_odoos_forecast_of_what_is_unreserved(self):
        """In the plain case our figure is Odoo's own free quantity."""
        self.sell(4)
        free = self.product.with_context(warehouse_id=self.warehouse.id).free_qty
        self.assertEqual(self.position.available, free)

    def test_adjusting_by_units_leaves_a_count_alone_that_is_being_entered(self):
        quants = self.env["stock.quant"]
        quant = quants.search(
            [
                ("product_id", "=", self.product.id),
                ("location_id", "=", self.warehouse.lot_stock_id.id),
            ]
        )
        quant.with_context(inventory_mode=True).inventory_quantity = 7
        quants._adjust_by({quant: -2}, "Lost")
        self.check(on_hand=8, available=8)
        self.assertTrue(quant.inventory_quantity_set)
        self.assertEqual(quant.inventory_quantity, 7)
        quants._adjust_by({quant: 3}, "Found")
        self.check(on_hand=11, available=11)
        moves = self.env["stock.move"].search(
            [("product_id", "=", self.product.id), ("is_inventory", "=", True)]
        )
        self.assertEqual(sorted(moves.mapped("inventory_name"))[-2:], ["Found", "Lost"])
        quants._adjust_by({quant: 0}, "Nothing")
        self.check(on_hand=11, available=11)
