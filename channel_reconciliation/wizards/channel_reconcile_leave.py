# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError


class ChannelReconcileLeave(models.TransientModel):
    """Leave the channel's quantities as they are until a date, by frozen quantities
    under change control."""

    _name = "channel.reconcile.leave"
    _description = "Leave Theirs Until"
    _inherit = ["channel.guarded"]

    difference_ids = fields.Many2many("channel.reconcile.difference", required=True)
    until = fields.Datetime(
        required=True, default=lambda self: fields.Datetime.now() + timedelta(days=1)
    )
    reason = fields.Char(required=True)

    def action_confirm(self):
        self.ensure_one()
        self.difference_ids._require_role("operator")
        if self.until <= fields.Datetime.now():
            raise UserError(self.env._("Choose a time in the future."))
        self.difference_ids._lock()
        for difference in self.difference_ids:
            difference._leave_until(self.until, self.reason)
        return {"type": "ir.actions.act_window_close"}
