# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .test_follow import FollowCase


@tagged("post_install", "-at_install")
class TestStage(FollowCase):
    """``stage`` says what Odoo's documents say."""

    def stage(self):
        self.env.flush_all()
        self.env["channel.order.stage"]._refresh_moving()
        self.env.invalidate_all()
        return self.order.stage

    def test_confirmed_and_reserved(self):
        self.assertEqual(self.order.stage, "reserved")

    def test_confirmed_without_stock(self):
        self.change(500)
        self.assertEqual(self.stage(), "confirmed")
        self.env["stock.quant"]._update_available_quantity(
            self.lamp.product_id, self.warehouse.lot_stock_id, 500
        )
        self.sale_order.picking_ids.action_assign()
        self.assertEqual(self.stage(), "reserved")

    def test_each_step_of_three(self):
        self.warehouse.delivery_steps = "pick_pack_ship"
        data = self.data(2)
        self.order = self._import(
            data.__class__(**{**vars(data), "external_id": "8", "name": "#8"})
        )
        seen = [self.stage()]
        for _step in range(3):
            self.ship(self.env, self.order.sale_order_id)
            seen.append(self.stage())
        self.assertEqual(seen, ["reserved", "picked", "packed", "shipped"])

    def test_shipped_in_part_and_in_whole(self):
        self.ship(self.env, self.sale_order, 1)
        self.assertEqual(self.order.stage, "partly_shipped")
        self.ship(self.env, self.sale_order)
        self.assertEqual(self.order.stage, "shipped")

    def test_returned_in_part_and_in_whole(self):
        picking = self.ship(self.env, self.sale_order)
        self.take_back(self.env, picking, 1)
        self.assertEqual(self.order.stage, "partly_returned")
        self.take_back(self.env, picking, 1)
        self.assertEqual(self.order.stage, "returned")

    def test_refunded(self):
        self.ship(self.env, self.sale_order)
        self.change(2, shipped=2, open_quantity=0, payment="refunded")
        self.assertEqual(self.order.stage, "refunded")

    def test_cancelled_on_either_side(self):
        self.sale_order._action_cancel()
        self.assertEqual(self.order.stage, "cancelled")

    def test_cancelled_with_the_rest_shipped_is_shipped(self):
        self.ship(self.env, self.sale_order, 1)
        self.sale_order._action_cancel()
        self.assertEqual(self.stage(), "shipped")

    def test_order_that_is_no_sale_yet(self):
        data = self.data(1, payment="pending")
        data = data.__class__(**{**vars(data), "external_id": "9", "name": "#9"})
        order = self._capture(data)
        self.assertEqual(order.stage, "captured")
        order.env["channel.order.importer"]._import(order)
        self.assertEqual(order.stage, "quotation")

    # ------------------------------------------------------------- timeline
    def test_timeline_has_documents_and_notes_in_order(self):
        picking = self.ship(self.env, self.sale_order)
        self.env.flush_all()
        self.order.invalidate_recordset(["timeline_ids"])
        rows = self.order.timeline_ids
        found = {(row.res_model, row.res_id) for row in rows}
        self.assertIn(("sale.order", self.sale_order.id), found)
        self.assertIn(("stock.picking", picking.id), found)
        self.assertIn(("channel.order", self.order.id), found)
        self.assertEqual(rows.mapped("at"), sorted(rows.mapped("at"), reverse=True))
        self.assertEqual(len(rows), len(set(rows.ids)))
        self.assertEqual(rows[0].action_open_source()["res_model"], rows[0].res_model)
