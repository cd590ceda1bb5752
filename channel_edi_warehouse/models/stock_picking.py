# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models

from odoo.addons.channel_inventory_base.tools.inner import get_inner


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"carrier_id", "partner_id"}:
            self._tell_edi_warehouse()
        return result

    def _tell_edi_warehouse(self):
        """Have the warehouse's partner ship what is ready, unless it has told itself
        of these."""
        if not get_inner(self, "edi_told"):
            open_ones = self.filtered(lambda each: each.state == "assigned")
            self.env["channel.edi.shipping.orders"]._offer(open_ones)
