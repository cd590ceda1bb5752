# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models

from ..const import SHORT_POLICIES


class ProductTemplate(models.Model):
    _inherit = "product.template"

    channel_short_policy = fields.Selection(
        SHORT_POLICIES,
        string="Short Stock Policy",
        help="Policy for a channel's order line when this is not in stock. Empty: the "
        "channel's policy.",
    )
    channel_substitute_ids = fields.Many2many(
        "product.product",
        "product_template_channel_substitute_rel",
        string="Substitutes",
        help="Products that may be shipped instead, in this order, in the same unit.",
    )

    def write(self, vals):
        result = super().write(vals)
        if "taxes_id" in vals:
            taxer = self.env["channel.order.taxer"]
            taxer._retry_for_products(self.product_variant_ids)
        return result
