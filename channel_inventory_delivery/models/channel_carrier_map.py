# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models


class ChannelCarrierMap(models.Model):
    """A channel's name for a delivery method."""

    _name = "channel.carrier.map"
    _description = "Carrier's Name on a Channel"
    _inherit = ["channel.guarded"]
    _order = "channel_id, carrier_id"
    _rec_name = "name"
    _check_company_auto = True

    channel_id = fields.Many2one(
        "channel.channel", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    carrier_id = fields.Many2one(
        "delivery.carrier",
        string="Delivery Method",
        required=True,
        ondelete="cascade",
        check_company=True,
    )
    name = fields.Char(
        string="On the Channel",
        required=True,
        help="The channel's spelling, such as “UPS” or “DHL Express”: for a known name "
        "it shows a link to track the parcel.",
    )

    _carrier_uniq = models.UniqueIndex("(channel_id, carrier_id)")

    @api.model
    def _find_name(self, channel, carrier):
        """The carrier as the channel calls it; as we do where nobody has said."""
        found = self.search(
            [("channel_id", "=", channel.id), ("carrier_id", "=", carrier.id)]
        )
        return found.name or carrier.name or ""
