# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _get_counted(self, company):
        """Of a kit its components, as the planner has taken it apart."""
        if not self.is_kits:
            return super()._get_counted(company)
        parts = self.env["channel.kit.component"].search(
            [
                ("product_id", "=", self.id),
                ("company_id", "=", company.id),
                ("component_id", "!=", False),
            ]
        )
        return {part.component_id.id: part.quantity for part in parts}

    def action_channel_positions(self):
        """A kit is where its components are."""
        parts = self.env["channel.kit.component"].search(
            [("product_id", "in", self.ids), ("component_id", "!=", False)]
        )
        return super(
            ProductProduct, self | parts.component_id
        ).action_channel_positions()

    def action_channel_kit_components(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_mrp.channel_kit_component_action"
        )
        return dict(action, domain=[("product_id", "in", self.ids)], context={})


class ProductTemplate(models.Model):
    _inherit = "product.template"

    def action_channel_kit_components(self):
        return self.product_variant_ids.action_channel_kit_components()
