# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelHold(models.Model):
    """Holds that another system has taken end by its word, or by their time."""

    _inherit = "channel.hold"

    cause = fields.Selection(
        selection_add=[("api", "API hold")], ondelete={"api": "set default"}
    )
    api_hold_id = fields.Many2one(
        "channel.api.hold",
        string="API Hold",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
    )
