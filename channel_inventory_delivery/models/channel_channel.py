from odoo import fields, models


class ChannelChannel(models.Model):
    _inherit = "channel.channel"

    carrier_map_ids = fields.One2many("channel.carrier.map", "channel_id")
