# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models


class ChannelLevel(models.Model):
    _inherit = "channel.level"

    @api.model
    def _render_why(self, inputs):
        """The names of the components, as the reader knows them."""
        inputs = dict(inputs or {})
        warehouses = inputs.get("warehouses") or []
        ids = {
            part["id"] for each in warehouses for part in each.get("components") or []
        }
        if ids:
            products = self.env["product.product"].browse(ids).exists()
            names = {product.id: product.display_name for product in products}
            inputs["warehouses"] = [
                dict(
                    each,
                    components=[
                        dict(part, name=names.get(part["id"], ""))
                        for part in each.get("components") or []
                    ],
                )
                for each in warehouses
            ]
        return super()._render_why(inputs)
