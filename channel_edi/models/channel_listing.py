# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models
from odoo.exceptions import AccessError


class ChannelListing(models.Model):
    """Of a trading partner: an item in a unit, as its documents name them."""

    _inherit = "channel.listing"

    @api.model
    def _check_made_by_people(self, vals):
        channel = self.env["channel.channel"].browse(vals.get("channel_id"))
        if channel and channel._is_edi():
            raise AccessError(
                self.env._(
                    "Listings of %s are made by its orders, and by Add Products on its "
                    "agreement.",
                    channel.name,
                )
            )
        return super()._check_made_by_people(vals)
