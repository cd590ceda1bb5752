# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models

from .channel_job_mixin import will_plan


class ChannelWakesPlanner(models.AbstractModel):
    """A change of these records starts planning immediately.

    Changes are recorded by triggers (see db.watches); without this mixin, planning
    would start with the next run of ``_cron_recover``.
    """

    _name = "channel.wakes.planner"
    _description = "Wakes the Planner"

    # whether a record changes anything when it comes, and when it goes
    _wakes_when_made = False
    _wakes_when_gone = False
    # the fields whose change does; None: any
    _waking_fields = None

    @api.model_create_multi
    def create(self, vals_list):
        if self._wakes_when_made:
            self._wake_planner()
        return super().create(vals_list)

    def write(self, vals):
        if self._waking_fields is None or not self._waking_fields.isdisjoint(vals):
            self._wake_planner()
        return super().write(vals)

    def unlink(self):
        if self._wakes_when_gone:
            self._wake_planner()
        return super().unlink()

    def _wake_planner(self):
        # an operation writes its moves dozens of times
        if not will_plan(self.env.cr):
            self.env["channel.change"]._wake_planner()
