# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ProductTemplate(models.Model):
    _name = "product.template"
    _inherit = ["product.template", "channel.wakes.planner"]

    _waking_fields = frozenset({"categ_id"})

    channel_level_count = fields.Integer(compute="_compute_channel_level_count")

    def _compute_channel_level_count(self):
        for template in self:
            template.channel_level_count = sum(
                template.product_variant_ids.mapped("channel_level_count")
            )

    def action_channel_levels(self):
        return self.product_variant_ids.action_channel_levels()

    def action_channel_positions(self):
        return self.product_variant_ids.action_channel_positions()
