# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class StockQuant(models.Model):
    _name = "stock.quant"
    _inherit = ["stock.quant", "channel.wakes.planner"]

    _wakes_when_made = True
    _wakes_when_gone = True
    _waking_fields = frozenset({"quantity", "location_id", "owner_id", "lot_id"})
