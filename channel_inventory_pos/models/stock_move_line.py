# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models

from odoo.addons.channel_inventory_base.tools.inner import inner

from .channel_till_count import CORRECTION


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    def action_revert_inventory(self):
        """A count that is taken back is no other count."""
        correcting = self.with_context(**inner(**{CORRECTION: True}))
        action = super(StockMoveLine, correcting).action_revert_inventory()
        self.env["channel.till.count"]._note_reverted(self.move_id)
        return action
