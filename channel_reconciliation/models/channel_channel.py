# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..const import ALL_DAYS, PENDING, RECENT_DAYS, WEEKDAY
from .channel_count_booker import WAIT_SECONDS

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
    reconcile_late_count = fields.Integer(
        compute="_compute_reconcile_days",
        string="Days That Differ",
        help="Days of which the orders are not the same there and here",
    )
    reconcile_found_count = fields.Integer(
        compute="_compute_reconcile_days",
        string="Orders Found",
        help="Orders that neither webhooks nor polls had brought",
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

    def _compute_reconcile_days(self):
        days = self.env["channel.reconcile.day"]
        late = dict(
            days._read_group(
                [
                    ("channel_id", "in", self.ids),
                    ("state", "in", ("differs", "refused")),
                ],
                ["channel_id"],
                ["__count"],
            )
        )
        found = dict(
            days._read_group(
                [("channel_id", "in", self.ids)], ["channel_id"], ["found:sum"]
            )
        )
        for channel in self:
            channel.reconcile_late_count = late.get(channel, 0)
            channel.reconcile_found_count = found.get(channel, 0)

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
            channel._reconcile_orders("hand")
        return self._notify_user(
            self.env._("Reconciling"),
            self.env._("The result is under Reconciliation, Runs in a few minutes."),
            "info",
        )

    def action_go_live(self):
        result = super().action_go_live()
        self._reconcile_later("live")
        return result

    def action_open_reconcile_days(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_reconciliation.channel_reconcile_day_action"
        )
        return dict(action, domain=[("channel_id", "=", self.id)])

    def action_open_reconcile_differences(self):
        return self._open_own(
            "channel_reconciliation.channel_reconcile_difference_action",
            search_default_pending=1,
        )

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

    def _reconcile_orders(self, trigger, days=RECENT_DAYS, by_ids=False):
        """Begin a run of the orders of so many days, where they can be listed.

        :param by_ids: compare each order, not only how many there are
        """
        self.ensure_one()
        if not self._capabilities().order_refs:
            return
        today = fields.Datetime.now().date()
        first = today - timedelta(days=days)
        if self.connected_at:
            # what was older when it was connected, was never to come in
            history = self.connected_at.date() - timedelta(days=ALL_DAYS)
            first = max(first, history)
        self.env["channel.reconcile.run"]._begin(
            "orders",
            trigger,
            channel=self,
            day_from=first,
            day_until=today,
            by_ids=by_ids,
        )
        self._wake("_job_reconcile")

    def _job_reconcile(self):
        """Compare what the channel shows and has sold with what is here; also of a
        paused channel, to which nothing is published."""
        self._guarded("_job_reconcile", self._work_at_runs, self._may_talk)

    def _work_at_runs(self, channel):
        """:return: see ``_guarded``"""
        done = [self.env[model]._run(channel) for model in channel._get_run_roles()]
        return True if True in done else False if False in done else None

    @api.model
    def _get_run_roles(self):
        """:return: models whose ``_run(channel)`` goes on with a channel's runs"""
        # what was decided first: it waits for no reading
        return ["channel.selling.stop", "channel.reconciler", "channel.completeness"]

    @api.model
    def _job_book_counts(self):
        """Adjust Odoo's stock to what people have accepted of counts, of all companies;
        a warehouse need not belong to any channel."""
        booker = self.env["channel.count.booker"]
        if booker._run():
            booker._wake(WAIT_SECONDS)

    @api.model
    def _get_job_priorities(self):
        # behind all that moves numbers and orders
        return super()._get_job_priorities() | {
            "_job_reconcile": 27,
            "_job_book_counts": 28,
        }

    def _wake_all_jobs(self):
        """A run whose job was lost goes on."""
        result = super()._wake_all_jobs()
        running = self.env["channel.reconcile.run"].search(
            [
                ("channel_id", "in", self.ids),
                ("state", "=", "running"),
            ]
        )
        running.channel_id._wake("_job_reconcile")
        ready = self.env["channel.selling.stop"].search(
            [("channel_id", "in", self.ids), ("state", "=", "ready")]
        )
        ready.channel_id._wake("_job_reconcile")
        return result

    @api.model
    def _recovery_steps(self):
        return (
            *super()._recovery_steps(),
            ("channel.reconcile.watcher", "_watch_pending"),
            ("channel.below.zero", "_look_around"),
        )

    @api.model
    def _cron_reconcile(self):
        """Every night: all quantities of all channels, their recent orders, and our own
        figures; once a week all orders, one by one."""
        started = self.search([("state", "!=", "draft")])
        weekly = fields.Datetime.now().weekday() == WEEKDAY
        for channel in started:
            channel._reconcile("schedule")
            days = ALL_DAYS if weekly else RECENT_DAYS
            channel._reconcile_orders("schedule", days, by_ids=weekly)
        for company in started.company_id:
            self.env["channel.invariant"]._run(company)
