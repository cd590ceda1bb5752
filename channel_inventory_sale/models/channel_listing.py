# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models

from ..const import SHORT_POLICIES


class ChannelListing(models.Model):
    _inherit = "channel.listing"

    short_policy = fields.Selection(
        SHORT_POLICIES,
        string="Short Stock Policy",
        help="Policy for an order line that is not in stock. Empty: the product's "
        "policy, or the channel's.",
    )
