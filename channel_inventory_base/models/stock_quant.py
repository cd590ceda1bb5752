from odoo import models


class StockQuant(models.Model):
    _name = "stock.quant"
    _inherit = ["stock.quant", "channel.wakes.planner"]

    _waking_fields = frozenset({"quantity", "location_id", "owner_id", "lot_id"})
