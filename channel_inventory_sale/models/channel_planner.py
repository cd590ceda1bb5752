# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models

LOOKED_AT = 500
"""Products whose shortages are looked at right behind a plan."""


class ChannelPlanner(models.AbstractModel):
    """Shortages are found right behind the plan.

    For very many products, the recovery checks those with demand.
    """

    _inherit = "channel.planner"

    def _look_behind(self, moved):
        result = super()._look_behind(moved)
        if len(moved) <= LOOKED_AT:
            self.env["channel.shortage"]._look(moved)
        return result
