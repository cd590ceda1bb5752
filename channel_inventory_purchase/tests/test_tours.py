# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.channel_inventory_base.tests.common import ChannelSetup


@tagged("post_install", "-at_install")
class TestToursPurchase(ChannelSetup, HttpCase):
    """Replenishment, with the rights of a buyer who looks after channels."""

    def test_buyer_replenishes_what_will_be_sold_out(self):
        channel = self.make_channel(self.env, name="Tour Channel")
        warehouse = channel.node_ids.warehouse_ids
        product = self.make_product(self.env, 77, 10, warehouse, name="Tour Lamp")
        vendor = self.env["res.partner"].create({"name": "Tour Vendor"})
        self.env["product.supplierinfo"].create(
            {
                "partner_id": vendor.id,
                "product_tmpl_id": product.product_tmpl_id.id,
                "delay": 6,
                "price": 4,
            }
        )
        self.env["channel.sales.rate"].create(
            {
                "product_id": product.id,
                "company_id": warehouse.company_id.id,
                "per_day": 2,
                "measured_at": fields.Datetime.now(),
            }
        )
        self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": product.id,
                "location_id": warehouse.lot_stock_id.id,
                "product_min_qty": 5,
                "product_max_qty": 20,
                "trigger": "manual",
            }
        )
        self.env["channel.hold"].create(
            {
                "product_id": product.id,
                "warehouse_id": warehouse.id,
                "stock_quantity": 8,
            }
        )
        self.env.flush_all()
        self.env["stock.warehouse.orderpoint"]._follow_channels(product.ids)
        self.env["channel.stockout"]._forecast(product.ids)
        new_test_user(
            self.env,
            "tour_buyer",
            password="tour_buyer",
            groups="channel_inventory_base.group_channel_user,"
            "stock.group_stock_manager,purchase.group_purchase_user",
        )
        self.start_tour(
            "/odoo/channel-stockouts",
            "channel_purchase_replenish",
            login="tour_buyer",
        )
        line = self.env["purchase.order.line"].search([("product_id", "=", product.id)])
        self.assertEqual((line.product_qty, line.partner_id), (18, vendor))

    def test_buyer_accepts_an_earlier_date(self):
        channel = self.make_channel(self.env, name="Tour Channel")
        warehouse = channel.node_ids.warehouse_ids
        product = self.make_product(self.env, 78, name="Tour Desk")
        now = fields.Datetime.now().replace(hour=12)
        purchase = self.env["purchase.order"].create(
            {
                "partner_id": self.env["res.partner"].create({"name": "Tour"}).id,
                "picking_type_id": warehouse.in_type_id.id,
                "order_line": [
                    (
                        0,
                        0,
                        {
                            "product_id": product.id,
                            "product_qty": 5,
                            "price_unit": 1,
                            "date_planned": now + timedelta(days=9),
                        },
                    )
                ],
            }
        )
        purchase.button_confirm()
        line = purchase.order_line
        purchase._update_date_planned_for_lines([(line, now + timedelta(days=4))])
        new_test_user(
            self.env,
            "tour_buyer",
            password="tour_buyer",
            groups="stock.group_stock_user,purchase.group_purchase_user",
        )
        self.start_tour(
            f"/odoo/action-purchase.purchase_rfq/{purchase.id}",
            "channel_purchase_earlier",
            login="tour_buyer",
        )
        self.assertEqual(line.move_ids.date, line.date_planned)
