# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .common import KitCase


@tagged("post_install", "-at_install")
class TestKitRoute(KitCase):
    """A kit of 2 + 1 components is where all of its components are.

    Here are 10 and 6 of them; in the second warehouse 9 and 2.
    """

    def setUp(self):
        super().setUp()
        self.bundle = self.kit(10, (self.product, 2), (self.part, 1))
        self.second = self.make_warehouse(self.env, "CHK2")
        self.add_stock(self.env, self.product, self.second, 9)
        self.add_stock(self.env, self.part, self.second, 2)
        self.node.warehouse_ids |= self.second
        # our first house is the preferred one, whatever else the database has
        self.warehouse.sequence = 1
        self.second.sequence = 2
        self.plan()
        self.fake.levels["item-10", "node-1"] = 7

    def sell(self, quantity, item=10, **values):
        name = self.fake.sell(
            quantity,
            f"item-{item}",
            line={"sku": f"SKU-{item}", "listing_ref": f"variant-{item}"},
            **values,
        )
        self.capture(name)
        return self.order(name)

    def placed(self, order):
        return {
            hold.warehouse_id: hold.quantity
            for hold in order.line_ids.hold_ids
            if hold.state == "active"
        }

    def take(self, product, warehouse, quantity):
        self.add_stock(self.env, product, warehouse, -quantity)
        self.env.flush_all()

    def test_kit_is_held_where_its_components_are(self):
        self.take(self.part, self.warehouse, 5)
        order = self.sell(2)
        self.assertEqual(self.placed(order), {self.second: 2}, order.route_why)

    def test_kits_are_split_by_what_each_place_can_make(self):
        self.take(self.part, self.warehouse, 3)
        order = self.sell(5)
        self.assertEqual(self.placed(order), {self.warehouse: 3, self.second: 2})

    def test_component_that_another_order_holds_is_not_there(self):
        self.fake.levels["item-1", "node-1"] = 19
        older = self.sell(5, item=1, payment="pending")
        self.assertEqual(self.placed(older), {self.warehouse: 5})
        order = self.sell(3)
        self.assertNotIn("units not in stock", order.route_why)
        self.assertEqual(self.placed(order), {self.warehouse: 2, self.second: 1})

    def test_own_hold_of_a_kit_is_not_counted_against_it(self):
        order = self.sell(5, payment="pending")
        self.assertEqual(self.placed(order), {self.warehouse: 5})
        self.assertFalse(order.env["channel.allocator"]._get_short(order))

    def test_kit_whose_components_are_gone_follows_the_policy(self):
        self.channel.short_policy = "wait"
        order = self.sell(6)
        self.take(self.part, self.warehouse, 4)
        self.take(self.part, self.second, 2)
        self.intake()
        order = self.order(order.external_id)
        self.assertEqual(order.state, "parked")
        self.assertIn("4 of", order.parked_why)
        order.parked_until = "2020-01-01 00:00:00"
        self.intake()
        self.assertEqual(order.state, "parked", "nothing has come")
        self.add_stock(self.env, self.part, self.warehouse, 9)
        self.add_stock(self.env, self.product, self.warehouse, 9)
        self.intake()
        self.assertEqual(order.state, "imported")
        self.assertEqual(order.sale_order_id.state, "sale")

    def test_confirmed_kit_moves_with_all_of_its_components(self):
        order = self.sell(2)
        self.intake()
        order = self.order(order.external_id)
        self.assertEqual(
            order.sale_order_id.picking_ids.move_ids.mapped("state"), ["assigned"] * 2
        )
        quant = self.env["stock.quant"]._gather(self.part, self.warehouse.lot_stock_id)
        quant.with_context(inventory_mode=True).inventory_quantity = 0
        quant.action_apply_inventory()
        order.action_reroute()
        moves = order.sale_order_id.picking_ids.move_ids.filtered(
            lambda move: move.state != "cancel"
        )
        self.assertEqual(moves.location_id.warehouse_id, self.second)
        self.assertEqual(set(moves.mapped("state")), {"assigned"})
        self.assertEqual(
            {move.product_id: move.product_uom_qty for move in moves},
            {self.product: 4, self.part: 2},
        )
