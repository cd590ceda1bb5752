# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL

from ..const import PENDING

# Pending updates that wait for a person are not late: they are in nobody's way.
OLDEST_PENDING = SQL(
    "SELECT min(since) FROM ("
    "SELECT pending.since FROM channel_level_pending pending "
    "WHERE pending.channel_id = channel.id AND NOT EXISTS ("
    "SELECT FROM channel_reconcile_difference difference "
    "WHERE difference.level_id = pending.level_id "
    "AND difference.state IN ('proposed', 'decided')) "
    "UNION ALL SELECT line.since FROM channel_publication publication "
    "JOIN channel_publication_line line ON line.publication_id = publication.id "
    "WHERE publication.channel_id = channel.id "
    "AND publication.state IN ('ready', 'sending') "
    "UNION ALL (SELECT since FROM channel_change ORDER BY id LIMIT 1)) waiting"
)


class ChannelChannel(models.Model):
    """Reconciliation of a channel: its job, and when runs begin."""

    _inherit = "channel.channel"

    reconcile_count = fields.Integer(
        compute="_compute_reconcile_count", string="Differences"
    )
    reconciled_at = fields.Datetime(
        compute="_compute_reconciled_at", string="Last Reconciled"
    )

    def _compute_reconcile_count(self):
        counts = dict(
            self.env["channel.reconcile.difference"]._read_group(
                [("channel_id", "in", self.ids), ("state", "in", PENDING)],
                ["channel_id"],
                ["__count"],
            )
        )
        for channel in self:
            channel.reconcile_count = counts.get(channel, 0)

    def _compute_reconciled_at(self):
        latest = dict(
            self.env["channel.reconcile.run"]._read_group(
                [
                    ("channel_id", "in", self.ids),
                    ("kind", "=", "levels"),
                    ("state", "=", "done"),
                ],
                ["channel_id"],
                ["finished_at:max"],
            )
        )
        for channel in self:
            channel.reconciled_at = latest.get(channel)

    @api.model
    def _get_health_queries(self):
        return super()._get_health_queries() | {"oldest_pending": OLDEST_PENDING}

    # ------------------------------------------------------------- actions
    def action_reconcile(self):
        """Compare all quantities now."""
        self._require_role("operator")
        for channel in self:
            channel._reconcile("hand")
        return self._notify_user(
            self.env._("Reconciling"),
            self.env._("The result is under Reconciliation, Runs in a few minutes."),
            "info",
        )

    def action_go_live(self):
        result = super().action_go_live()
        self._reconcile_later("live")
        return result

    def action_open_reconcile_differences(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_reconciliation.channel_reconcile_difference_action"
        )
        context = {"search_default_channel_id": self.id, "search_default_pending": 1}
        return dict(action, context=context)

    def _set_connection(self, state, message):
        """Credentials that are right again, or others: it may be another account."""
        again = self.filtered(
            lambda each: (
                each.state != "draft"
                and each.connection_state in ("auth_failed", "misconfigured")
            )
        )
        result = super()._set_connection(state, message)
        if state == "ok":
            again._reconcile_later("connect")
        return result

    # ---------------------------------------------------------------- jobs
    def _reconcile(self, trigger):
        """Begin a run of the quantities, where they can be read."""
        self.ensure_one()
        if not self._capabilities().read_levels:
            return
        self.env["channel.reconcile.run"]._begin("levels", trigger, channel=self)
        self._wake("_job_reconcile")

    def _reconcile_later(self, trigger):
        for channel in self:
            channel._reconcile(trigger)

    def _job_reconcile(self):
        """Compare what the channel shows with what it should show; also of a paused
        channel, to which nothing is published."""
        work = self.env["channel.reconciler"]._run
        self._guarded("_job_reconcile", work, self._may_talk)

    @api.model
    def _get_job_priorities(self):
        # behind all that moves numbers and orders
        return super()._get_job_priorities() | {"_job_reconcile": 27}

    def _wake_all_jobs(self):
        """A run whose job was lost goes on."""
        result = super()._wake_all_jobs()
        running = self.env["channel.reconcile.run"].search(
            [
                ("channel_id", "in", self.ids),
                ("kind", "=", "levels"),
                ("state", "=", "running"),
            ]
        )
        running.channel_id._wake("_job_reconcile")
        return result

    @api.model
    def _recovery_steps(self):
        return (
            *super()._recovery_steps(),
            ("channel.reconcile.difference", "_watch_pending"),
            ("channel.below.zero", "_look_around"),
        )

    @api.model
    def _cron_reconcile(self):
        """Every night: all quantities of all channels, and our own figures."""
        started = self.search([("state", "!=", "draft")])
        for channel in started:
            channel._reconcile("schedule")
        for company in started.company_id:
            self.env["channel.invariant"]._run(company)
