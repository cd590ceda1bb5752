# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models


class StockQuant(models.Model):
    _name = "stock.quant"
    _inherit = ["stock.quant", "channel.wakes.planner"]

    _wakes_when_made = True
    _wakes_when_gone = True
    _waking_fields = frozenset({"quantity", "location_id", "owner_id", "lot_id"})

    @api.model
    def _adjust_by(self, units, name):
        """Post inventory adjustments by what differs, and not to a count: goods may
        have moved since. A count of the same goods that somebody is entering stays as
        it is, which Odoo's own way of applying a count would clear.

        :param units: {quant: STOCK units that are there and not in Odoo; negative:
            that are in Odoo and not there}
        :param name: what the stock moves are called
        """
        vals = [
            quant.with_context(inventory_name=name)._prepare_adjustment_vals(more)
            for quant, more in units.items()
            if not quant.product_uom_id.is_zero(more)
        ]
        moves = self.env["stock.move"].create(vals)
        moves._action_done()
        moves._trigger_assign()

    def _prepare_adjustment_vals(self, more):
        """:param more: STOCK units, see ``_adjust_by``"""
        lost = self.product_id.with_company(self.company_id).property_stock_inventory
        if more > 0:
            return self._get_inventory_move_values(
                more, lost, self.location_id, package_dest_id=self.package_id
            )
        return self._get_inventory_move_values(
            -more, self.location_id, lost, package_id=self.package_id
        )
