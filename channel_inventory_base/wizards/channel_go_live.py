# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models


class ChannelGoLive(models.TransientModel):
    """Final check before a channel goes live: the number of changes by kind."""

    _name = "channel.go.live"
    _description = "Take a Channel Live"
    _inherit = ["channel.guarded"]

    channel_id = fields.Many2one("channel.channel", required=True, readonly=True)
    level_count = fields.Integer(compute="_compute_counts")
    same_count = fields.Integer(compute="_compute_counts")
    up_count = fields.Integer(compute="_compute_counts")
    down_count = fields.Integer(compute="_compute_counts")
    zero_count = fields.Integer(compute="_compute_counts")
    unseen_count = fields.Integer(compute="_compute_counts")
    unmatched_count = fields.Integer(
        related="channel_id.unmatched_count", related_sudo=False
    )
    blocked_order_count = fields.Integer(
        related="channel_id.blocked_order_count", related_sudo=False
    )
    connection_state = fields.Selection(
        related="channel_id.connection_state", related_sudo=False
    )

    @api.depends("channel_id")
    def _compute_counts(self):
        for wizard in self:
            domain = [("channel_id", "=", wizard.channel_id.id)]
            counts = dict(
                self.env["channel.level.difference"]._read_group(
                    domain, ["direction"], ["__count"]
                )
            )
            wizard.level_count = self.env["channel.level"].search_count(domain)
            wizard.same_count = wizard.level_count - sum(counts.values())
            wizard.up_count = counts.get("up", 0)
            wizard.down_count = counts.get("down", 0)
            wizard.zero_count = counts.get("zero", 0)
            wizard.unseen_count = counts.get("unseen", 0)

    def action_confirm(self):
        self.channel_id.action_go_live()
        return {"type": "ir.actions.act_window_close"}

    def action_open_preview(self):
        return self.channel_id.action_open_preview()
