from odoo import fields, models


class ChannelPosition(models.Model):
    _inherit = "channel.position"

    uom_id = fields.Many2one(related="product_id.uom_id")

    def action_show_levels(self):
        """The numbers that this position goes into."""
        self.ensure_one()
        action = self.product_id.action_channel_levels()
        return dict(
            action,
            domain=[
                ("listing_id.product_id", "=", self.product_id.id),
                ("node_id.warehouse_ids", "in", self.warehouse_id.ids),
            ],
        )

    def action_show_holds(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_base.channel_hold_action"
        )
        return dict(
            action,
            domain=[
                ("product_id", "=", self.product_id.id),
                ("warehouse_id", "=", self.warehouse_id.id),
                ("state", "=", "active"),
            ],
            context={},
        )
