# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelRefusal(models.Model):
    """Number of webhooks refused as forged, by channel and hour."""

    _name = "channel.refusal"
    _description = "Refused Webhooks"
    _inherit = ["channel.guarded"]
    _order = "hour desc"
    _log_access = False
    _rec_name = "hour"

    channel_id = fields.Many2one("channel.channel", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="channel_id.company_id")
    hour = fields.Datetime(required=True, readonly=True)
    count = fields.Integer(required=True, readonly=True, aggregator="sum")

    _hour_uniq = models.UniqueIndex("(channel_id, hour)")
