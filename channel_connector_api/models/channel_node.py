# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelNode(models.Model):
    _inherit = "channel.node"

    api_region = fields.Char(
        string="Region",
        help="Availability can be asked for by region: what all nodes of this name "
        "have together, each warehouse once.",
    )
