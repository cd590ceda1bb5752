# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models

from odoo.addons.channel_inventory_base.tools.inner import get_inner

from .stock_picking import TELLERS


class StockMove(models.Model):
    _inherit = "stock.move"

    @api.model_create_multi
    def create(self, vals_list):
        moves = super().create(vals_list)
        moves._note_edi_changed()
        return moves

    def write(self, vals):
        changing = self.browse()
        if "product_uom_qty" in vals:
            changing = self.filtered(
                lambda move: move.product_uom_qty != vals["product_uom_qty"]
            )
        result = super().write(vals)
        changing._note_edi_changed()
        return result

    def _action_assign(self, force_qty=False):
        result = super()._action_assign(force_qty=force_qty)
        self.picking_id._tell_edi_warehouse()
        return result

    def _action_cancel(self):
        going = self.filtered(lambda move: move.state not in ("done", "cancel"))
        result = super()._action_cancel()
        if going.picking_id and not get_inner(self, "edi_told"):
            for picking in going.picking_id:
                if picking.state == "cancel":
                    for role in TELLERS:
                        self.env[role]._withdraw(picking)
                else:
                    picking._note_edi_changed()
        return result

    def _note_edi_changed(self):
        moves = self.filtered(lambda move: move.state not in ("done", "cancel"))
        moves.picking_id._note_edi_changed()
