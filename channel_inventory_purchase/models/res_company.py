# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    channel_vendor_dates = fields.Boolean(
        string="Vendor's Date Moves the Receipt",
        help="A later date on a confirmed purchase order moves the receipt itself, and "
        "not its deadline alone: Odoo's forecast and replenishment follow it. An "
        "earlier date is proposed on the purchase order.",
    )
    channel_soon_days = fields.Integer(
        string="Stockouts Shown Ahead (Days)",
        default=7,
        help="A product is among the expected stockouts from so many days before the "
        "last day to order it.",
    )

    _channel_soon_days_not_negative = models.Constraint(
        "CHECK (channel_soon_days BETWEEN 0 AND 365)",
        "Expected stockouts are shown 0 to 365 days ahead.",
    )
