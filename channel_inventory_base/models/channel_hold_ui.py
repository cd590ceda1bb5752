from odoo import api, fields, models


class ChannelHold(models.Model):
    _inherit = "channel.hold"

    company_id = fields.Many2one(default=lambda self: self.env.company)

    @api.depends("product_id", "stock_quantity")
    def _compute_display_name(self):
        """A hold that a person is about to make has nothing to be named after."""
        result = super()._compute_display_name()
        for hold in self.filtered(lambda each: not each._origin):
            hold.display_name = self.env._("New hold")
        return result
