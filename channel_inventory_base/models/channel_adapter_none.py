from odoo import models


class ChannelAdapterNone(models.AbstractModel):
    """A channel without a connector: its numbers are planned and shown, never sent."""

    _name = "channel.adapter.none"
    _inherit = "channel.adapter"
    _description = "Channel Adapter: Not Connected"
