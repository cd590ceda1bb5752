# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class StockRule(models.Model):
    _inherit = "stock.rule"

    def _get_stock_move_values(
        self,
        product_id,
        product_qty,
        product_uom,
        location_dest_id,
        name,
        origin,
        company_id,
        values,
    ):
        """A piece of a kit keeps its line of the bill: Odoo takes the first line of
        the component, and a bill may have it twice."""
        result = super()._get_stock_move_values(
            product_id,
            product_qty,
            product_uom,
            location_dest_id,
            name,
            origin,
            company_id,
            values,
        )
        if values.get("channel_bom_line_id"):
            result["bom_line_id"] = values["channel_bom_line_id"]
        return result
