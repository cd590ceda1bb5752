# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models

from ..const import PENDING


class ChannelListing(models.Model):
    _inherit = "channel.listing"

    reconcile_count = fields.Integer(
        compute="_compute_reconcile_count", string="Differences"
    )

    def _compute_reconcile_count(self):
        counts = dict(
            self.env["channel.reconcile.difference"]._read_group(
                [("listing_id", "in", self.ids), ("state", "in", PENDING)],
                ["listing_id"],
                ["__count"],
            )
        )
        for listing in self:
            listing.reconcile_count = counts.get(listing, 0)
