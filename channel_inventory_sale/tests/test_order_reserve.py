# SPDX-License-Identifier: AGPL-3.0-or-later
from functools import partial

from odoo.tests import tagged

from .common_order import OrderCase, tax


@tagged("post_install", "-at_install")
class TestOrderReserve(OrderCase):
    def test_holds_end_with_the_transaction_that_reserves(self):
        order = self._capture(self._simple())
        self.assertEqual(order.line_ids.hold_ids.mapped("state"), ["active"])
        order.env["channel.order.importer"]._import(order)
        self.assertEqual(order.line_ids.hold_ids.mapped("state"), ["released"])
        self.assertEqual(self._position().allocated, 2)
        self.assertEqual(self._position().held, 0)

    def test_short_stock_is_confirmed_and_waits(self):
        line = self._line(self.lamp, 150, "10.00", tax(10, "150.00"))
        order = self._import(self._data(line, total="1650.00", total_tax="150.00"))
        self.assertImported(order, "1650.00", "150.00")
        move = order.sale_order_id.picking_ids.move_ids
        self.assertEqual((move.state, move.quantity), ("partially_available", 100))

    def test_reserved_at_once_whatever_the_operation_type_waits_for(self):
        self.warehouse.out_type_id.reservation_method = "manual"
        order = self._import(self._simple())
        self.assertEqual(order.sale_order_id.picking_ids.move_ids.state, "assigned")

    def test_three_step_delivery_reserves_the_first_step(self):
        self.warehouse.delivery_steps = "pick_pack_ship"
        self.warehouse.pick_type_id.reservation_method = "manual"
        order = self._import(self._simple())
        move = order.sale_order_id.picking_ids.move_ids
        self.assertEqual((move.state, move.quantity), ("assigned", 2))
        self.assertEqual(self._position().allocated, 2)

    # --------------------------------------------------------------- warehouses
    def test_each_line_is_reserved_where_it_was_held(self):
        other = self._warehouse("CH2")
        self._node("second", other)
        self.env["stock.quant"]._update_available_quantity(
            self.mug.product_id, other.lot_stock_id, 5
        )
        order = self._import(
            self._data(
                self._line(self.lamp, 1, "10.00"),
                self._line(self.mug, 2, "5.00", node="second"),
                total="20.00",
            )
        )
        sale_order = self.assertImported(order, "20.00")
        moves = {
            move.product_id: (move.location_id.warehouse_id, move.state)
            for move in sale_order.picking_ids.move_ids
        }
        self.assertEqual(moves[self.lamp.product_id], (self.warehouse, "assigned"))
        self.assertEqual(moves[self.mug.product_id], (other, "assigned"))
        self.assertEqual(len(sale_order.picking_ids), 2)

    def test_warehouse_of_a_line_survives_a_change_of_the_order(self):
        other = self._warehouse("CH2")
        self._node("second", other)
        order = self._import(
            self._data(
                self._line(self.lamp, 1, "10.00", node="second"),
                total="10.00",
                payment="pending",
            )
        )
        order.sale_order_id.warehouse_id = self.warehouse
        self.assertEqual(order.sale_order_id.order_line.warehouse_id, other)

    # -------------------------------------------------------------------- scale
    def test_import_needs_hardly_more_queries_than_the_sale_order_itself(self):
        # with the second of its kind, caches are as warm as in daily work
        for _each in range(2):
            order = self._capture(self._simple())
            self.env.flush_all()
            self.env.invalidate_all()
            importer = self.env["channel.order.importer"]
            imported = self._count_queries(partial(importer._import, order))
        sale_order = order.sale_order_id.copy()
        self.env.flush_all()
        self.env.invalidate_all()
        confirmed = self._count_queries(sale_order.action_confirm)
        self.assertLess(imported - confirmed, 70)

    def _count_queries(self, function):
        before = self.env.cr.sql_log_count
        function()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_thousand_lines_are_one_exact_order(self):
        lines = [
            self._line(self.lamp, 1, "1.03", tax("10", "0.10"), ref=str(number))
            for number in range(1000)
        ]
        order = self._import(self._data(*lines, total="1130.00", total_tax="100.00"))
        sale_order = self.assertImported(order, "1130.00", "100.00")
        self.assertEqual(sum(sale_order.order_line.mapped("product_uom_qty")), 1000)
