# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class PosConfig(models.Model):
    _inherit = "pos.config"

    channel_draft_policy = fields.Selection(
        [
            ("none", "Nothing before it is paid"),
            ("sent", "Orders sent to preparation"),
            ("all", "All open orders"),
        ],
        string="Hold from Channels",
        default="none",
        required=True,
        help="Which open orders of this point of sale hold their stock, so that no "
        "channel sells it meanwhile. Paid orders always do.",
    )
    channel_draft_minutes = fields.Integer(
        string="Hold Open Orders for (Minutes)",
        default=60,
        help="From the last change of the order.",
    )
    channel_late_minutes = fields.Integer(
        string="Report Late Orders after (Minutes)",
        default=10,
        help="An order that arrives so much later than it was made shows that the "
        "point of sale was offline: channels could sell the same units meanwhile. "
        "0: never.",
    )

    _channel_minutes = models.Constraint(
        "CHECK (channel_draft_minutes > 0 AND channel_late_minutes >= 0)",
        "Open orders are held for a minute at least.",
    )
