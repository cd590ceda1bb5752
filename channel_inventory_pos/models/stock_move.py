# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models

from odoo.addons.channel_inventory_base.tools.inner import get_inner

from .channel_till_count import CORRECTION


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_done(self, *args, **kwargs):
        """A count is compared with what open tills have sold, whoever has counted."""
        done = super()._action_done(*args, **kwargs)
        if not get_inner(self, CORRECTION):
            counts = self.exists().filtered(
                lambda move: move.is_inventory and move.state == "done"
            )
            self.env["channel.till.count"]._note(counts)
        return done
