# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.channel_inventory_base.tools.actions import open_form

from ..models.channel_api_key import SCOPES

TOKEN = "channel_api_token"


class ChannelApiKeyNew(models.TransientModel):
    """Makes a key, or the one that follows another, and shows it once.

    What is shown is in no column: it travels in the context of the form that shows it.
    """

    _name = "channel.api.key.new"
    _description = "New API Key"
    _inherit = ["channel.guarded"]

    channel_id = fields.Many2one("channel.channel", required=True, readonly=True)
    replaces_id = fields.Many2one("channel.api.key", readonly=True)
    name = fields.Char(required=True, default=lambda self: self.env._("API key"))
    days = fields.Integer(string="Valid for (days)", default=365, required=True)
    overlap_hours = fields.Integer(
        string="Overlap (hours)",
        default=48,
        required=True,
        help="The former key stays valid for this time: change over within it.",
    )
    may_read = fields.Boolean(string="Availability", default=True)
    may_explain = fields.Boolean(string="Explanations")
    may_order = fields.Boolean(string="Orders")
    may_hold = fields.Boolean(string="Holds")
    rate = fields.Integer(string="Requests a Second", default=50, required=True)
    token = fields.Char(compute="_compute_token")

    @api.depends_context(TOKEN)
    def _compute_token(self):
        for wizard in self:
            wizard.token = self.env.context.get(TOKEN, False)

    # ------------------------------------------------------------- actions
    def action_make(self):
        self.ensure_one()
        self._require_manager(self.channel_id)
        if self.replaces_id and self.replaces_id.channel_id != self.channel_id:
            raise UserError(self.env._("This key is of another channel."))
        if not 0 <= self.overlap_hours <= 24 * 90:
            raise UserError(self.env._("The overlap is 0 hours to 90 days."))
        names = ("name", "rate", *SCOPES.values())
        key, text = self.env["channel.api.key"]._make(
            self.channel_id, {name: self[name] for name in names}, self.days
        )
        if self.replaces_id:
            # sudo: when a key ends is the buttons' to write; who asks was checked
            self.replaces_id.sudo()._end_after(self.overlap_hours, key)
        return self._show(self.env._("The New Key"), text)

    # ------------------------------------------------------------ business
    @api.model
    def _open_for(self, channel, replaces=None):
        self._require_manager(channel)
        values = {"channel_id": channel.id}
        if replaces:
            values["replaces_id"] = replaces.id
            values.update({name: replaces[name] for name in SCOPES.values()})
            values.update(name=replaces.name, rate=replaces.rate)
        wizard = self.create(values)
        return open_form(
            self._name, wizard.id, name=self.env._("New Key"), target="new"
        )

    @api.model
    def _open_secret(self, subscription, text):
        """Show a webhook's secret, as a key is shown."""
        self._require_manager(subscription.channel_id)
        wizard = self.create(
            {"channel_id": subscription.channel_id.id, "name": subscription.name}
        )
        return wizard._show(self.env._("The New Secret"), text)

    def _show(self, title, text):
        action = open_form(self._name, self.id, name=title, target="new")
        return dict(action, context={TOKEN: text})

    def _require_manager(self, channel):
        channel._require_role("manager")
