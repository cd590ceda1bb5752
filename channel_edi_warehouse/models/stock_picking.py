# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models

from odoo.addons.channel_inventory_base.tools.inner import get_inner

TELLERS = ("channel.edi.shipping.orders", "channel.edi.receipt.notices")
"""Roles that tell a warehouse of transfers."""
TOLD_FIELDS = {"carrier_id", "partner_id"}
"""What a warehouse is told of a transfer, beside its goods."""


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def write(self, vals):
        names = vals.keys() & TOLD_FIELDS
        changing = self.filtered(
            lambda picking: any(picking[name].id != vals[name] for name in names)
        )
        result = super().write(vals)
        changing._note_edi_changed()
        changing._tell_edi_warehouse()
        return result

    def _action_done(self):
        """Goods that have left, or have come, without a word of the warehouse (booked
        by hand, or shipped by their channel) are not to leave again: where it was not
        told yet, it never is. It is told of the rest."""
        result = super()._action_done()
        if not get_inner(self, "edi_told"):
            done = self.filtered(lambda each: each.state == "done")
            for role in TELLERS:
                self.env[role]._drop_unsent(done)
            done.backorder_ids._tell_edi_warehouse()
        return result

    def _note_edi_changed(self):
        """The warehouse may have been told otherwise, and not by what it tells us."""
        if not get_inner(self, "edi_told"):
            open_ones = self.filtered(lambda each: each.state not in ("done", "cancel"))
            for role in TELLERS:
                self.env[role]._note_changed(open_ones)

    def _tell_edi_warehouse(self):
        """Have the warehouse's partner ship what is ready, and know what comes, unless
        it has told itself of these."""
        if not get_inner(self, "edi_told"):
            open_ones = self.filtered(lambda each: each.state == "assigned")
            for role in TELLERS:
                self.env[role]._offer(open_ones)
