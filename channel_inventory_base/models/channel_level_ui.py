from odoo import fields, models


class ChannelLevel(models.Model):
    _inherit = "channel.level"

    categ_id = fields.Many2one(related="listing_id.product_id.categ_id")
    uom_id = fields.Many2one(
        related="listing_id.product_id.uom_id", string="Stock Unit"
    )
    stock_factor = fields.Float(related="listing_id.stock_factor", aggregator=None)
    publication_line_ids = fields.One2many("channel.publication.line", "level_id")

    def action_show_positions(self):
        """The positions behind the number: this product in the node's warehouses."""
        self.ensure_one()
        action = self.product_id.action_channel_positions()
        warehouses = self.node_id.warehouse_ids
        return dict(
            action,
            domain=[
                ("product_id", "=", self.product_id.id),
                ("warehouse_id", "in", warehouses.ids),
            ],
        )
