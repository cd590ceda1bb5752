# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class ResCurrency(models.Model):
    _inherit = "res.currency"

    def write(self, vals):
        result = super().write(vals)
        if vals.get("active"):
            channels = (
                # sudo: a user who activates a currency need not see channels
                self.env["channel.channel"].sudo().search([("active", "=", True)])
            )
            self.env["channel.order"]._retry_blocked(channels, ("currency",))
        return result
