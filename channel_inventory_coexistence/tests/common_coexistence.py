# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields

from odoo.addons.channel_inventory_base.tests.common_position import PositionCase


class CoexistenceCase(PositionCase):
    """Odoo's quants say 10. The legacy ERP may report."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse.write(
            {"channel_fresh_minutes": 6000, "channel_silent_minutes": 60000}
        )

    def ago(self, minutes):
        return fields.Datetime.now() - timedelta(minutes=minutes)

    def report(self, minutes=5, **row):
        return self.env["channel.external.stock"]._report(
            self.warehouse, [{"product": "SKU-1", **row}], self.ago(minutes), "ERP"
        )

    def count_externally(self, minutes=5, **row):
        self.warehouse.channel_authority = "external"
        return self.report(minutes, **row)

    def cut_over(self, authority, **values):
        return self.env["channel.cut.over"].create(
            {"warehouse_id": self.warehouse.id, "authority": authority, **values}
        )

    def quantity(self, product=None):
        """What Odoo's quants say is in the warehouse."""
        quants = self.env["stock.quant"].search(
            [
                ("product_id", "=", (product or self.product).id),
                ("location_id", "child_of", self.warehouse.view_location_id.id),
                ("location_id.usage", "=", "internal"),
            ]
        )
        return sum(quants.mapped("quantity"))

    def told(self, key):
        return self.env["channel.exception"].search(
            [("key", "=", key), ("state", "=", "open")]
        )
