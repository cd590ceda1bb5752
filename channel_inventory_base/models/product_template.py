from odoo import fields, models

from ..const import SHORT_POLICIES


class ProductTemplate(models.Model):
    _name = "product.template"
    _inherit = ["product.template", "channel.wakes.planner"]

    _waking_fields = frozenset({"categ_id"})

    channel_level_count = fields.Integer(compute="_compute_channel_level_count")
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

    def _compute_channel_level_count(self):
        for template in self:
            template.channel_level_count = sum(
                template.product_variant_ids.mapped("channel_level_count")
            )

    def action_channel_levels(self):
        return self.product_variant_ids.action_channel_levels()

    def action_channel_positions(self):
        return self.product_variant_ids.action_channel_positions()
