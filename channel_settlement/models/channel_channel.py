# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.channel_inventory_base.tools.rollout import Step

FETCH_HOURS = 6


class ChannelChannel(models.Model):
    """Settlements of a channel."""

    _inherit = "channel.channel"

    settlement_count = fields.Integer(
        compute="_compute_settlement_count", string="Settlements to Handle"
    )
    has_settlements = fields.Boolean(compute="_compute_settlement_count")

    def _compute_settlement_count(self):
        counts = self.env["channel.settlement"]._read_group(
            [("channel_id", "in", self.ids)], ["channel_id", "state"], ["__count"]
        )
        found = {}
        for channel, state, count in counts:
            number = count if state in ("new", "exceptions", "ready", "proposed") else 0
            found[channel] = found.get(channel, 0) + number
        for channel in self:
            channel.settlement_count = found.get(channel._origin, 0)
            channel.has_settlements = channel._origin in found

    def _get_rollout_steps(self):
        steps = super()._get_rollout_steps()
        if not (steps and self._capabilities().settlements):
            return steps
        posted = self.env["channel.settlement"].search_count(
            [("channel_id", "=", self.id), ("state", "=", "posted")]
        )
        return [
            *steps,
            Step(
                "settlements",
                self.env._("Settlement posted"),
                str(posted or ""),
                bool(posted) and not self.settlement_count,
                self.env._(
                    "%s settlements wait: decide on their lines, then approve them.",
                    self.settlement_count,
                )
                if self.settlement_count
                else self.env._(
                    "Wait for the first payout of the channel, or upload its file."
                ),
                action="action_open_settlements",
            ),
        ]

    # ------------------------------------------------------------- actions
    def action_open_settlements(self):
        return self._open_own("channel_settlement.channel_settlement_action")

    # ---------------------------------------------------------------- jobs
    def _job_payouts(self):
        """Ask the channel what it has paid out."""
        work = self.env["channel.settlement.reader"]._fetch
        self._guarded("_job_payouts", work, self._may_talk)

    def _job_settle(self):
        """Read, match, post and find in the bank; also what was uploaded for a channel
        that is not connected."""
        work = self.env["channel.settlement.reader"]._run
        self._work_off(work, lambda: self.active)

    @api.model
    def _get_job_priorities(self):
        # behind all that moves numbers and orders
        return super()._get_job_priorities() | {"_job_payouts": 29, "_job_settle": 29}

    @api.model
    def _recovery_steps(self):
        return (*super()._recovery_steps(), ("channel.settlement", "_follow"))

    @api.model
    def _wake_payouts_when_due(self):
        """Once in a few hours is enough: payouts are made once a day."""
        due = fields.Datetime.now() - timedelta(hours=FETCH_HOURS)

        def is_due(channel):
            asked = channel._get_shared_state("settlements").get("asked_at")
            return not asked or fields.Datetime.to_datetime(asked) < due

        self._wake_payouts(is_due)

    @api.model
    def _wake_payouts(self, is_due=lambda channel: True):
        """:return: the channels that are asked what they have paid out"""
        channels = self.search([("state", "!=", "draft")]).filtered(
            lambda channel: channel._capabilities().settlements and is_due(channel)
        )
        for channel in channels:
            channel._wake("_job_payouts")
        return channels

    @api.model
    def _cron_settlements(self):
        """Once a day: what should have happened by now."""
        self.env["channel.settlement.watch"]._look()
