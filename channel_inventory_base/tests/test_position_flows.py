# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.fields import Command
from odoo.tests import tagged

from .common_position import PositionCase


@tagged("post_install", "-at_install")
class TestPositionFlows(PositionCase):
    """What happens in a warehouse, each with what it makes of the position."""

    def setUp(self):
        super().setUp()
        self.customers = self.place("customers")
        self.suppliers = self.place("suppliers")
        self.stock = self.warehouse.lot_stock_id

    def give_back(self, order, quantity):
        """A return of what was delivered, not received yet."""
        picking = order.picking_ids.filtered(lambda p: p.state == "done")
        wizard = self.env["stock.return.picking"].create({"picking_id": picking.id})
        wizard.product_return_moves.quantity = quantity
        return self.env["stock.picking"].browse(
            wizard.action_create_returns()["res_id"]
        )

    def test_dropship_touches_no_position(self):
        move = self.move(self.suppliers, self.customers, 4)
        self.check(allocated=0, in_transit=0, available=10)
        self.move_done(move)
        self.check(on_hand=10, allocated=0, in_transit=0)

    def test_raw_material_is_allocated_and_finished_goods_are_in_transit(self):
        production = self.env["stock.location"].search(
            [
                ("usage", "=", "production"),
                ("company_id", "in", (False, self.env.company.id)),
            ],
            limit=1,
        )
        raw = self.move(self.stock, production, 4)
        finished = self.move(production, self.stock, 2)
        self.check(allocated=4, in_transit=2, available=6, backorderable=2)
        self.move_done(raw)
        self.move_done(finished)
        self.check(on_hand=8, allocated=0, in_transit=0)

    def test_return_is_in_transit_and_not_promised_before_it_is_here(self):
        order = self.sell(4)
        self.done(order.picking_ids)
        self.check(on_hand=6)
        returned = self.give_back(order, 3)
        self.check(on_hand=6, in_transit=3, dedicated=3, backorderable=0)
        self.rule("backorder", 50)
        self.plan()
        self.assertEqual(self.level.target, 6)
        self.done(returned)
        self.check(on_hand=9, in_transit=0, dedicated=0)

    def test_return_into_quarantine_is_damaged(self):
        order = self.sell(4)
        self.done(order.picking_ids)
        quarantine = self.env["stock.location"].create(
            {
                "name": "Quarantine",
                "location_id": self.stock.id,
                "own_stock_state": "damaged",
            }
        )
        returned = self.give_back(order, 3)
        returned.location_dest_id = quarantine
        returned.move_ids.location_dest_id = quarantine
        returned.move_ids.location_final_id = quarantine
        self.check(on_hand=6, in_transit=0)
        self.done(returned)
        self.check(on_hand=6, damaged=3)

    def test_return_to_the_vendor_is_allocated(self):
        self.move(self.stock, self.suppliers, 4)
        self.check(allocated=4, available=6)

    def test_backorder_stays_allocated(self):
        order = self.sell(14)
        self.check(allocated=14, available=-4)
        picking = order.picking_ids
        picking.move_ids.quantity = 10
        picking.move_ids.picked = True
        picking.with_context(
            skip_backorder=True, picking_ids_not_to_backorder=[]
        ).button_validate()
        self.check(on_hand=0, allocated=4, available=-4)
        left = order.picking_ids - picking
        self.assertEqual(left.backorder_id, picking)
        left.action_cancel()
        self.check(on_hand=0, allocated=0, available=0)

    def test_partial_reservation_counts_in_full(self):
        self.sell(8)
        order = self.sell(5)
        order.picking_ids.action_assign()
        self.assertEqual(order.picking_ids.move_ids.state, "partially_available")
        self.check(on_hand=10, allocated=13, available=-3)

    def test_move_to_quarantine_takes_from_what_is_sellable(self):
        quarantine = self.env["stock.location"].create(
            {
                "name": "Quarantine",
                "location_id": self.stock.id,
                "own_stock_state": "damaged",
            }
        )
        move = self.move(self.stock, quarantine, 4)
        self.check(allocated=4, available=6, damaged=0)
        self.move_done(move)
        self.check(on_hand=6, allocated=0, damaged=4)
        move = self.move(quarantine, self.customers, 4)
        self.check(allocated=0, available=6)

    def test_move_inside_of_sellable_stock_changes_nothing(self):
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.stock.id}
        )
        move = self.move(self.stock, shelf, 4)
        self.check(on_hand=10, allocated=0, in_transit=0)
        self.move_done(move)
        self.check(on_hand=10, allocated=0)

    def test_goods_that_leave_from_the_input_zone_are_not_promised(self):
        self.warehouse.reception_steps = "two_steps"
        zone = self.warehouse.wh_input_stock_loc_id
        self.add_stock(self.env, self.product, self.warehouse, 5, zone)
        self.check(on_hand=10, in_transit=5, backorderable=5)
        self.move(zone, self.customers, 4)
        self.check(on_hand=10, available=10, in_transit=5, backorderable=1)

    def test_cross_dock_by_pull_chain_takes_nothing_from_stock(self):
        self.warehouse.reception_steps = "two_steps"
        zone = self.warehouse.wh_input_stock_loc_id
        output = self.warehouse.wh_output_stock_loc_id
        self.add_stock(self.env, self.product, self.warehouse, 4, zone)
        ship = self.move(
            output,
            self.customers,
            4,
            confirm=False,
            procure_method="make_to_order",
        )
        cross = self.move(
            zone, output, 4, confirm=False, move_dest_ids=[(6, 0, ship.ids)]
        )
        (ship | cross)._action_confirm(merge=False)
        self.check(on_hand=10, available=10, in_transit=4, backorderable=0)
        self.move_done(cross)
        self.check(on_hand=14, available=10, in_transit=0)
        self.move_done(ship)
        self.check(on_hand=10, available=10)

    def test_scrap_and_adjustment(self):
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": self.product.id,
                "scrap_qty": 3,
                "location_id": self.stock.id,
            }
        )
        self.check(on_hand=10)
        scrap.do_scrap()
        self.check(on_hand=7, allocated=0)
        quant = self.product.stock_quant_ids.filtered(
            lambda quant: quant.location_id == self.stock
        )
        quant.with_context(inventory_mode=True).inventory_quantity = 12
        self.check(on_hand=7)
        quant.action_apply_inventory()
        self.check(on_hand=12)

    # -------------------------------------------------- several warehouses
    def test_transfer_in_one_step(self):
        other = self.make_warehouse(self.env, "CH2")
        move = self.move(self.stock, other.lot_stock_id, 4)
        self.check(allocated=4, in_transit=0)
        there = self.position_at(other)
        self.assertEqual((there.in_transit, there.backorderable), (4, 4))
        self.move_done(move)
        self.check(on_hand=6, allocated=0)
        self.assertEqual(self.position_at(other).on_hand, 4)

    def test_transfer_in_two_steps_through_transit(self):
        other = self.make_warehouse(self.env, "CH2")
        transit = self.env.company.internal_transit_location_id
        transit.active = True
        arrive = self.move(
            transit,
            other.lot_stock_id,
            4,
            confirm=False,
            procure_method="make_to_order",
        )
        leave = self.move(
            self.stock,
            transit,
            4,
            confirm=False,
            location_final_id=other.lot_stock_id.id,
            move_dest_ids=[(6, 0, arrive.ids)],
        )
        (leave | arrive)._action_confirm(merge=False)
        self.check(allocated=4, available=6, in_transit=0)
        self.assertEqual(self.position_at(other).in_transit, 4)
        self.move_done(leave)
        self.check(on_hand=6, allocated=0, in_transit=0)
        self.assertEqual(self.position_at(other).in_transit, 4)
        self.move_done(arrive)
        there = self.position_at(other)
        self.assertEqual((there.on_hand, there.in_transit), (4, 0))

    def test_resupply_by_odoos_own_route(self):
        other = self.make_warehouse(self.env, "CH2")
        other.resupply_wh_ids = self.warehouse
        self.product.route_ids = other.resupply_route_ids
        self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": self.product.id,
                "warehouse_id": other.id,
                "location_id": other.lot_stock_id.id,
                "product_min_qty": 4,
                "product_max_qty": 4,
                "trigger": "manual",
            }
        ).action_replenish()
        self.check(allocated=4, available=6, in_transit=0)
        self.assertEqual(self.position_at(other).in_transit, 4)
        out = self.env["stock.move"].search(
            [("product_id", "=", self.product.id), ("state", "!=", "done")]
        )
        first = out.filtered(lambda move: move.location_id == self.stock)
        self.move_done(first)
        self.check(on_hand=6, allocated=0)
        there = self.position_at(other)
        self.assertEqual((there.on_hand, there.in_transit), (0, 4))
        self.move_done((out - first).exists() or first.move_dest_ids)
        there = self.position_at(other)
        self.assertEqual((there.on_hand, there.in_transit), (4, 0))

    def test_each_company_has_its_own_position_of_a_shared_product(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.env.user.company_ids += company
        theirs = self.env["stock.warehouse"].search([("company_id", "=", company.id)])
        self.add_stock(self.env, self.product, theirs, 7)
        self.move(
            theirs.lot_stock_id,
            self.customers,
            3,
            company_id=company.id,
            picking_type_id=theirs.out_type_id.id,
        )
        self.check(on_hand=10, allocated=0)
        there = self.position_at(theirs)
        self.assertEqual(there.company_id, company)
        self.assertEqual((there.on_hand, there.allocated), (7, 3))

    # -------------------------------------------------------- consignment
    def consign(self, quantity, partner=None):
        partner = partner or self.env["res.partner"].create({"name": "Owner"})
        self.env["stock.quant"]._update_available_quantity(
            self.product, self.stock, quantity, owner_id=partner
        )
        return partner

    def test_owners_stock_is_sold_only_where_the_warehouse_says_so(self):
        self.consign(5)
        self.check(on_hand=10, consigned=5, available=10)
        self.plan()
        self.assertEqual(self.level.target, 10)
        self.warehouse.channel_consignment = "sold"
        self.check(on_hand=15, consigned=0)
        self.plan()
        self.assertEqual(self.level.target, 15)

    def test_our_own_name_on_stock_makes_it_nobody_elses(self):
        self.consign(5, self.env.company.partner_id)
        self.check(on_hand=15, consigned=0)

    def test_moves_of_an_owner_touch_only_the_owners_stock(self):
        owner = self.consign(5)
        self.move(self.stock, self.customers, 2, restrict_partner_id=owner.id)
        self.move(self.suppliers, self.stock, 3, restrict_partner_id=owner.id)
        self.check(allocated=0, in_transit=0, available=10)
        self.warehouse.channel_consignment = "sold"
        self.check(on_hand=15, allocated=2, in_transit=3)

    def test_owner_and_policy_set_by_sql_are_noticed(self):
        owner = self.env["res.partner"].create({"name": "Owner"})
        self.plan()
        self.env.cr.execute(
            "UPDATE stock_quant SET owner_id = %s WHERE product_id = %s "
            "AND location_id = %s",
            (owner.id, self.product.id, self.stock.id),
        )
        self.env.invalidate_all()
        self.plan()
        self.assertEqual(self.level.target, 0)
        self.env.cr.execute(
            "UPDATE stock_warehouse SET channel_consignment = 'sold' WHERE id = %s",
            (self.warehouse.id,),
        )
        self.env.invalidate_all()
        self.plan()
        self.assertEqual(self.level.target, 10)

    def test_chain_of_a_kit_component_in_many_orders_stays_exact(self):
        """Thirds of a shared receipt do not leave a crumb behind."""
        deliveries = self.env["stock.move"]
        for _number in range(3):
            deliveries |= self.move(
                self.stock,
                self.customers,
                1,
                confirm=False,
                procure_method="make_to_order",
            )
        receipt = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 3,
                "location_id": self.suppliers.id,
                "location_dest_id": self.stock.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "move_dest_ids": [Command.set(deliveries.ids)],
            }
        )
        receipt._action_confirm(merge=False)
        deliveries._action_confirm(merge=False)
        self.plan()
        self.assertEqual(self.level.target, 10)
        self.move_done(receipt, 1)
        self.plan()
        self.assertEqual(self.level.target, 10)
