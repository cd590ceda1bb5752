# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError


class ChannelDatabaseMove(models.TransientModel):
    """Confirms a database move: the channels work in this database from now on.

    For a database that was renamed, restored on another server or upgraded with
    PostgreSQL. The user confirms that the old one will never run again: channels are
    disabled in a copy to prevent that two databases sell the same stock.
    """

    _name = "channel.database.move"
    _description = "Database Move"
    _inherit = ["channel.guarded"]

    here = fields.Char(
        string="This Database", readonly=True, default=lambda self: self._get_here()
    )
    channel_ids = fields.Many2many(
        "channel.channel",
        string="Disabled Channels",
        readonly=True,
        default=lambda self: self._find_silent(),
        help="Channels connected in another database, disabled in this one.",
    )
    reason = fields.Char(help="What was moved, when, and by whose decision.")
    old_is_gone = fields.Boolean(string="The old database will never run again")

    @api.model
    def _get_here(self):
        self.env["channel.channel"]._require_role("manager")
        return self.env["channel.channel"]._database_name()

    @api.model
    def _find_silent(self):
        channels = self.env["channel.channel"].with_context(active_test=False)
        connected = channels.search([("connection_state", "!=", False)])
        return connected.filtered(lambda channel: channel._is_elsewhere())

    def action_confirm(self):
        self.ensure_one()
        self.env["channel.channel"]._require_role("manager")
        if not self.old_is_gone or not (self.reason or "").strip():
            raise UserError(
                self.env._(
                    "Enter what was moved, and confirm that the old database will "
                    "never run again: if both ran, both would sell."
                )
            )
        # not those of the form: which ones may have been changed since, or by hand
        silent = self._find_silent()
        silent._connect_here(self.reason.strip())
        return {"type": "ir.actions.act_window_close"}
