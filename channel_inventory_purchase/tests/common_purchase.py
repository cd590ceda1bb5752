# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields

from odoo.addons.channel_inventory_base.tests.common_position import PositionCase


class ReplenishCase(PositionCase):
    """10 pieces on hand, a vendor who needs three days."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.warehouse.company_id
        cls.company.horizon_days = 0
        cls.vendor = cls.env["res.partner"].create({"name": "Vendor"})
        cls.seller = cls.add_seller(cls.product, 3)

    @classmethod
    def add_seller(cls, product, delay, vendor=None, **values):
        return cls.env["product.supplierinfo"].create(
            {
                "partner_id": (vendor or cls.vendor).id,
                "product_tmpl_id": product.product_tmpl_id.id,
                "delay": delay,
                "price": 4,
                **values,
            }
        )

    def in_days(self, days):
        """Noon (UTC) of that day: no test begins at midnight, but some end there."""
        day = fields.Datetime.now() + timedelta(days=days)
        return day.replace(hour=12, minute=0, second=0, microsecond=0)

    def today(self, days=0):
        return self.in_days(days).date()

    def buy_in(self, quantity, days, product=None, vendor=None, confirm=True):
        """A purchase order that is due in so many days."""
        product = product or self.product
        purchase = self.env["purchase.order"].create(
            {
                "partner_id": (vendor or self.vendor).id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "order_line": [
                    (
                        0,
                        0,
                        {
                            "product_id": product.id,
                            "product_qty": quantity,
                            "price_unit": 4,
                            "date_planned": self.in_days(days),
                        },
                    )
                ],
            }
        )
        if confirm:
            purchase.button_confirm()
        return purchase

    def postpone(self, purchase, days, user=None):
        """What the vendor's portal does."""
        line = purchase.order_line
        if user:
            line = line.with_user(user).sudo()
        line.order_id._update_date_planned_for_lines([(line, self.in_days(days))])

    def receive(self, purchase, late=0):
        """All of it, so many days after the day that was promised."""
        picking = purchase.picking_ids.filtered(lambda each: each.state != "done")
        self.done(picking)
        moves = picking.move_ids
        planned = purchase.order_line[:1].date_planned
        moves.write({"date": planned + timedelta(days=late)})
        return moves

    def hold(self, quantity, product=None, warehouse=None, **values):
        return self.env["channel.hold"].create(
            {
                "product_id": (product or self.product).id,
                "warehouse_id": (warehouse or self.warehouse).id,
                "stock_quantity": quantity,
                **values,
            }
        )

    def reorder(self, location=None, minimum=5, maximum=20, product=None, **values):
        """A reordering rule."""
        return self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": (product or self.product).id,
                "location_id": (location or self.warehouse.lot_stock_id).id,
                "product_min_qty": minimum,
                "product_max_qty": maximum,
                "trigger": "manual",
                **values,
            }
        )

    def follow(self):
        self.env.flush_all()
        self.env["stock.warehouse.orderpoint"]._follow_channels(self.product.ids)
        self.env.invalidate_all()

    def odoo_forecast(self, days, product=None):
        self.env.flush_all()
        product = (product or self.product).with_context(
            warehouse_id=self.warehouse.id, to_date=self.in_days(days)
        )
        product.invalidate_recordset()
        return product.virtual_available

    def rate(self, per_day, product=None, company=None):
        """What the product sells, as the nightly measure would have it."""
        return self.env["channel.sales.rate"].create(
            {
                "product_id": (product or self.product).id,
                "company_id": (company or self.company).id,
                "per_day": per_day,
                "measured_at": fields.Datetime.now(),
            }
        )

    def stockout(self, product=None, warehouse=None):
        product = product or self.product
        self.env.flush_all()
        self.env["channel.stockout"]._forecast(product.ids)
        self.env.invalidate_all()
        domain = [("product_id", "=", product.id)]
        if warehouse:
            domain.append(("warehouse_id", "=", warehouse.id))
        return self.env["channel.stockout"].search(domain)
