from odoo import fields, models


class ChannelHold(models.Model):
    _inherit = "channel.hold"

    company_id = fields.Many2one(default=lambda self: self.env.company)
