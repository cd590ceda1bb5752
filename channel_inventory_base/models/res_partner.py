# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ResPartner(models.Model):
    """Vendors whose reported stock is promised."""

    _inherit = "res.partner"

    channel_fresh_days = fields.Integer(
        string="Stock Reports Valid for (Days)",
        help="Reported stock of this vendor that is older is not promised. 0 for no "
        "limit.",
    )

    _channel_fresh_days = models.Constraint(
        "CHECK (channel_fresh_days BETWEEN 0 AND 3650)",
        "Stock reports are valid for 0 to 3650 days.",
    )

    def write(self, vals):
        result = super().write(vals)
        if "channel_fresh_days" in vals:
            # sudo: what is promised follows the setting, no matter which user sets it
            self.env["channel.supplier.stock"].sudo()._age()
        return result
