# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models

from ..tools.inner import inner


class StockRule(models.Model):
    """The next step of a delivery is known to the warehouse as the first one is."""

    _inherit = "stock.rule"

    def _push_prepare_move_copy_values(self, move_to_copy, new_date):
        vals = super()._push_prepare_move_copy_values(move_to_copy, new_date)
        if move_to_copy.channel_known_at:
            vals.update(inner(channel_known_at=move_to_copy.channel_known_at))
        return vals
