from odoo import api, models

from .channel_job_mixin import will_plan


class ChannelWakesPlanner(models.AbstractModel):
    """A change of these records starts planning immediately.

    Changes are recorded by triggers (see db.watches); without this mixin, planning
    would start with the next run of ``_cron_recover``.
    """

    _name = "channel.wakes.planner"
    _description = "Wakes the Planner"

    # whether records that come and go change anything
    _wakes_as_such = True
    # the fields whose change does; None: any
    _waking_fields = None

    @api.model_create_multi
    def create(self, vals_list):
        if self._wakes_as_such:
            self._wake_planner()
        return super().create(vals_list)

    def write(self, vals):
        if self._waking_fields is None or not self._waking_fields.isdisjoint(vals):
            self._wake_planner()
        return super().write(vals)

    def unlink(self):
        if self._wakes_as_such:
            self._wake_planner()
        return super().unlink()

    def _wake_planner(self):
        # an operation writes its moves dozens of times
        if not will_plan(self.env.cr):
            self.env["channel.change"]._wake_planner()
