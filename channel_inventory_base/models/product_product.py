# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ProductProduct(models.Model):
    _inherit = "product.product"

    channel_listing_ids = fields.One2many("channel.listing", "product_id")
    channel_level_count = fields.Integer(compute="_compute_channel_level_count")

    # listings are matched by what people typed, whatever its case and blanks
    _channel_plain_sku_idx = models.Index(
        r"(lower(regexp_replace(default_code, '\s', '', 'g')))"
    )

    def _compute_channel_level_count(self):
        for product in self:
            product.channel_level_count = self.env["channel.level"].search_count(
                [("listing_id.product_id", "=", product.id)]
            )

    def _get_counted(self, company):
        """The products that positions count for it: none for services; itself if it is
        stocked. Kits have no stock of their own: their addon overrides this with the
        components.

        :return: {product id: stock units of it in one stock unit of this one}
        """
        is_kit = "is_kits" in self._fields and self.is_kits
        return {self.id: 1.0} if self.is_storable and not is_kit else {}

    def action_channel_levels(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_base.channel_level_action"
        )
        return dict(
            action, domain=[("listing_id.product_id", "in", self.ids)], context={}
        )

    def action_channel_positions(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_base.channel_position_action"
        )
        return dict(action, domain=[("product_id", "in", self.ids)], context={})
