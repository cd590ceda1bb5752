# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelChannel(models.Model):
    _inherit = "channel.channel"

    carrier_map_ids = fields.One2many("channel.carrier.map", "channel_id")
