# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class StockLot(models.Model):
    _inherit = "stock.lot"

    def write(self, vals):
        if vals.keys() & {"removal_date", "expiration_date"}:
            self.env["channel.change"]._wake_planner()
        return super().write(vals)
