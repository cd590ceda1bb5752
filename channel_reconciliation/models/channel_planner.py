# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models

LOOKED_AT = 2000
"""Products that are looked at right behind a plan; the rest within the minute."""


class ChannelPlanner(models.AbstractModel):
    """Positions below zero are found right behind the plan, and after shortages."""

    _inherit = "channel.planner"

    def _look_behind(self, moved):
        result = super()._look_behind(moved)
        if len(moved) <= LOOKED_AT:
            self.env["channel.below.zero"]._look(moved)
        return result
