# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models


class ChannelExceptionClose(models.TransientModel):
    """Closes exceptions with a note: the action taken, or why they are ignored."""

    _name = "channel.exception.close"
    _description = "Close Exceptions"
    _inherit = ["channel.guarded"]

    exception_ids = fields.Many2many(
        "channel.exception", required=True, readonly=True, string="Exceptions"
    )
    exception_count = fields.Integer(compute="_compute_standing")
    state = fields.Selection(
        [("resolved", "Resolved"), ("ignored", "Ignored")],
        required=True,
        readonly=True,
    )
    reason = fields.Char()
    standing = fields.Char(
        string="Not Over",
        compute="_compute_standing",
        help="Reasons not to resolve them.",
    )

    @api.depends("exception_ids")
    def _compute_standing(self):
        for wizard in self:
            wizard.exception_count = len(wizard.exception_ids)
            wizard.standing = wizard.exception_ids._find_standing()

    def action_confirm(self):
        self.exception_ids._check_open()
        self._settle()
        self.exception_ids._close(self.state, self.reason)
        return {"type": "ir.actions.act_window_close"}

    def _settle(self):
        """Hook: what is done about them before they are closed."""
