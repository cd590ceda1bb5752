# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models

STOCK_STATES = [
    ("sellable", "Sellable"),
    ("receiving", "Receiving"),
    ("quality", "Quality control"),
    ("damaged", "Damaged or quarantined"),
]


class StockLocation(models.Model):
    _name = "stock.location"
    _inherit = ["stock.location", "channel.guarded", "channel.wakes.planner"]

    _waking_fields = frozenset({"own_stock_state", "location_id", "usage"})

    own_stock_state = fields.Selection(
        STOCK_STATES,
        string="Set Stock State",
        help="Whether channels may sell the stock of this location. Empty: as its "
        "parent; a warehouse's input and quality control zones are not sellable by "
        "default.",
    )
    stock_state = fields.Selection(
        STOCK_STATES,
        compute="_compute_stock_state",
        store=True,
        recursive=True,
        help="Sellable stock counts as on hand, stock being received or checked as in "
        "transit, damaged stock as damaged.",
    )
    input_warehouse_ids = fields.One2many("stock.warehouse", "wh_input_stock_loc_id")
    quality_warehouse_ids = fields.One2many("stock.warehouse", "wh_qc_stock_loc_id")

    @api.depends(
        "own_stock_state",
        "location_id.stock_state",
        "input_warehouse_ids.wh_input_stock_loc_id",
        "input_warehouse_ids.lot_stock_id",
        "quality_warehouse_ids.wh_qc_stock_loc_id",
        "quality_warehouse_ids.lot_stock_id",
    )
    def _compute_stock_state(self):
        for location in self:
            location.stock_state = (
                location.own_stock_state
                or location._zone_stock_state()
                or location.location_id.stock_state
                or "sellable"
            )

    def _zone_stock_state(self):
        """The stock state of a warehouse's input or quality control zone."""
        if self.input_warehouse_ids.filtered(lambda w: w.lot_stock_id != self):
            return "receiving"
        if self.quality_warehouse_ids.filtered(lambda w: w.lot_stock_id != self):
            return "quality"
        return False
