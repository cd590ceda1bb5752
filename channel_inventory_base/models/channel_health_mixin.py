# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timezone

from odoo import api, fields, models
from odoo.tools import SQL

from ..db.published import PUBLISHED
from ..tools.duration import format_duration
from .channel_order import FETCH_WANTED

# Seconds after which waiting work is worth a look, and an alarm.
LATE, STUCK = 60, 600
# Until all of a large catalogue has been read once.
UNSENT = 3600


class ChannelHealthMixin(models.AbstractModel):
    """Health of a channel: pending work, its age, and the last contact."""

    _name = "channel.health.mixin"
    _description = "Health of a Channel"

    health = fields.Selection(
        [
            ("ok", "Healthy"),
            ("late", "Delayed"),
            ("bad", "Needs attention"),
            ("off", "Not live"),
        ],
        compute="_compute_health",
    )
    health_text = fields.Char(compute="_compute_health")
    guarantee = fields.Char(compute="_compute_guarantee")
    notice = fields.Char(
        compute="_compute_notice", help="What the settings of this account cost"
    )
    pending_count = fields.Integer(compute="_compute_health", string="Pending Updates")
    oldest_pending = fields.Datetime(compute="_compute_health")
    new_event_count = fields.Integer(compute="_compute_health", string="Pending Events")
    oldest_event = fields.Datetime(compute="_compute_health")
    last_ack = fields.Datetime(compute="_compute_health", string="Last Acknowledged")
    last_poll = fields.Datetime(compute="_compute_health", string="Last Order Pull")
    orders_behind_since = fields.Datetime(
        compute="_compute_health", help="Since when orders cannot be pulled in time"
    )
    orders_behind = fields.Char(
        compute="_compute_health", help="Why orders cannot be pulled in time"
    )
    last_error = fields.Char(
        compute="_compute_health", help="Why the channel is not responding"
    )
    failing_since = fields.Datetime(compute="_compute_health")
    dead_letter_count = fields.Integer(compute="_compute_health", string="Dead Letters")
    exception_count = fields.Integer(
        compute="_compute_health", string="Open Exceptions"
    )
    unsent_since = fields.Datetime(
        compute="_compute_health",
        help="Since when a quantity waits to be known on the channel, and nothing is "
        "sent for it.",
    )
    unsettled_count = fields.Integer(
        compute="_compute_health",
        help="Levels whose quantity on the channel is unknown.",
    )
    forged_count = fields.Integer(
        compute="_compute_health", string="Refused Webhooks (24 h)"
    )
    blocked_order_count = fields.Integer(compute="_compute_health")
    listing_count = fields.Integer(compute="_compute_counts")
    unmatched_count = fields.Integer(compute="_compute_counts")
    level_count = fields.Integer(compute="_compute_counts")
    order_count = fields.Integer(compute="_compute_counts")

    def _compute_health(self):
        facts, names = self._health_facts(), self._get_health_queries()
        for channel in self:
            values = facts.get(channel.id) or dict.fromkeys(names, False)
            channel.update({name: values[name] for name in names if name != "now"})
            channel.health, channel.health_text = channel._judge_health(values)

    @api.depends("channel_type")
    def _compute_guarantee(self):
        """Which of the two guarantees of a published number holds for this account."""
        for channel in self:
            capabilities = channel._capabilities()
            if not capabilities.push_levels:
                channel.guarantee = False
            elif capabilities.compare_and_set:
                channel.guarantee = self.env._(
                    "Quantities are compared before they are written: a sale unknown "
                    "to Odoo is never overwritten."
                )
            else:
                channel.guarantee = self.env._(
                    "The channel cannot compare before it writes: a sale during a push "
                    "may be overwritten for some seconds, and is corrected as soon as "
                    "its order is captured. Give fast movers a buffer."
                )

    @api.depends("channel_type")
    def _compute_notice(self):
        for channel in self:
            words = channel._adapter()._get_notices(channel)
            channel.notice = " ".join(words) or False

    @api.model
    def _get_health_queries(self):
        """:return: {field: scalar query on ``channel``}; addons add theirs"""
        return HEALTH_FACTS

    def _health_facts(self):
        """:return: channel id -> facts, all in one statement"""
        columns = SQL(", ").join(
            SQL("(%s) AS %s", query, SQL.identifier(name))
            for name, query in self._get_health_queries().items()
        )
        self.env.flush_all()
        cr = self.env.cr
        cr.execute(
            SQL(
                "SELECT channel.id, %s FROM channel_channel channel "
                "WHERE channel.id = ANY(%s)",
                columns,
                list(self.ids),
            )
        )
        return {row["id"]: row for row in cr.dictfetchall()}

    def _judge_health(self, facts):
        """:return: (health, words): the worst thing first"""
        if self._is_elsewhere():
            return "bad", self.env._("Connected in another database")
        if self.connection_state in ("auth_failed", "misconfigured"):
            label = dict(
                self._fields["connection_state"]._description_selection(self.env)
            )
            return "bad", label[self.connection_state]
        if self.state == "draft":
            return "off", self.env._("Being set up")
        return (
            self._judge_work(facts)
            or self._judge_orders(facts)
            or self._judge_secret()
            or self._judge_people()
            or self._judge_state()
        )

    def _judge_work(self, facts):
        """Judge overdue work and its cause."""
        now = facts["now"]
        waiting = self._waiting_seconds(now)
        out = (now - self.failing_since).total_seconds() if self.failing_since else 0
        if out > LATE:
            return (
                "bad" if max(out, waiting) > STUCK else "late",
                self._get_outage_message(out),
            )
        if waiting > STUCK:
            return "bad", self._get_stall_message(waiting)
        if self.dead_letter_count:
            return "bad", self.env._("Dead letters: %s", self.dead_letter_count)
        if unsent := self._find_unsent(facts):
            return "bad", unsent[0]
        if waiting > LATE:
            return "late", self.env._(
                "Delayed: oldest task pending for %s",
                format_duration(self.env, waiting),
            )
        return None

    def _get_outage_message(self, seconds):
        return self.env._(
            "No response for %(time)s, %(count)s quantities pending: %(why)s",
            time=format_duration(self.env, seconds),
            count=self.pending_count,
            why=self.last_error,
        )

    def _get_stall_message(self, seconds):
        if self.orders_behind_since:
            return self.env._(
                "Increases wait for orders that are %(time)s behind: %(why)s",
                time=format_duration(self.env, seconds),
                why=self.orders_behind,
            )
        return self.env._(
            "Stalled: oldest task pending for %s", format_duration(self.env, seconds)
        )

    def _judge_orders(self, facts):
        """Orders are pulled whatever webhooks say; three times too late is a fault."""
        if not self.is_connectable or not self._capabilities().orders:
            return None
        if not self.last_poll:
            return "late", self.env._("Orders were never pulled")
        late = (facts["now"] - self.last_poll).total_seconds()
        if late > 3 * 60 * self.poll_minutes:
            return "bad", self.env._(
                "Orders not pulled for %s", format_duration(self.env, late)
            )
        since = self.orders_behind_since
        behind = (facts["now"] - since).total_seconds() if since else 0
        if behind > LATE:
            return "late", self.env._(
                "Orders %(time)s behind: %(why)s",
                time=format_duration(self.env, behind),
                why=self.orders_behind,
            )
        return None

    def _judge_people(self):
        """Judge the work that waits for an operator."""
        if self.blocked_order_count:
            return "late", self.env._("Orders blocked: %s", self.blocked_order_count)
        if self.exception_count:
            return "late", self.env._("Open exceptions: %s", self.exception_count)
        return None

    def _judge_state(self):
        if self.state == "paused":
            return "off", self.env._("Paused: nothing is published")
        return "ok", self.env._("Healthy")

    def _waiting_seconds(self, now):
        """Age of the oldest work that should be done by now."""
        since = self._get_oldest_work()
        if self.state == "live" and self.oldest_pending:
            since.append(self._get_due(self.oldest_pending))
        oldest = min((moment for moment in since if moment), default=None)
        return (now - oldest).total_seconds() if oldest and now else 0

    def _get_due(self, moment):
        """When what is to be published since ``moment`` is due: where documents go at
        agreed times, nothing is late before.

        :param moment: naive UTC
        """
        if not self.is_snapshot:
            return moment
        due = self._get_publish_due(moment.replace(tzinfo=timezone.utc))
        return due.replace(tzinfo=None)

    def _get_oldest_work(self):
        """:return: list of moments since when work waits, apart from publishing"""
        return [self.oldest_event]

    def _compute_counts(self):
        counts = {
            "listing_count": ("channel.listing", []),
            "unmatched_count": (
                "channel.listing",
                [("state", "in", ("unmapped", "review"))],
            ),
            "level_count": ("channel.level", []),
            "order_count": ("channel.order", []),
        }
        for field, (model, domain) in counts.items():
            groups = dict(
                self.env[model]._read_group(
                    [("channel_id", "in", self.ids), *domain],
                    ["channel_id"],
                    ["__count"],
                )
            )
            for channel in self:
                channel[field] = groups.get(channel, 0)

    def _unprocessed_events(self):
        """How much has come in and is not captured: events, and orders to fetch."""
        [[count]] = self.env.execute_query(
            SQL(
                """
                SELECT (SELECT count(*) FROM channel_inbox_event
                         WHERE channel_id = %(id)s AND state = 'new')
                     + (SELECT count(*) FROM channel_order
                         WHERE channel_id = %(id)s AND %(wanted)s)
                """,
                id=self.id,
                wanted=FETCH_WANTED if self._capabilities().fetch else SQL("false"),
            )
        )
        return count

    @api.model
    def _count_refused_webhook(self, channel_id):
        """Count a refused delivery: one row an hour, whatever is thrown at us."""
        self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_refusal (channel_id, hour, count)
                VALUES (%s, date_trunc('hour', now() AT TIME ZONE 'UTC'), 1)
                ON CONFLICT (channel_id, hour)
                DO UPDATE SET count = channel_refusal.count + 1
                RETURNING id
                """,
                channel_id,
            )
        )

    @api.model
    def _measure_latency(self):
        """How long publishing takes, for risk buffers: of the last day, 95 of 100.

        Written only when it has changed by a fifth, since each change plans the whole
        channel anew; a channel with fewer than 20 numbers a day keeps what it had.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT publication.channel_id, percentile_cont(0.95) WITHIN GROUP (
                           ORDER BY extract(epoch FROM
                               COALESCE(line.applied_at, acked_at) - line.since))
                  FROM channel_publication publication
                  JOIN channel_publication_line line
                    ON line.publication_id = publication.id
                 WHERE publication.acked_at > now() AT TIME ZONE 'UTC'
                                              - interval '1 day'
                   AND line.result = 'acked' AND line.since IS NOT NULL
                 GROUP BY publication.channel_id HAVING count(*) >= 20
                """
            )
        )
        for channel_id, seconds in rows:
            channel = self.browse(channel_id)
            seconds += channel._get_unseen_seconds()
            if abs(seconds - channel.publish_latency) > channel.publish_latency / 5:
                channel.publish_latency = seconds

    def _get_unseen_seconds(self):
        """Hook: how long sales elsewhere stay unknown to Odoo itself, on an average of
        all that is sold."""
        self.ensure_one()
        return 0.0

    def _watch_health(self):
        """Raise an exception for what stands still, and close it when it moves."""
        all_facts = self._health_facts()
        for channel in self:
            facts = all_facts[channel.id]
            channel._watch("stuck", channel._find_stall(facts))
            channel._watch("poll", channel._find_late_poll(facts))
            channel._watch("unsent", channel._find_unsent(facts))
            channel._watch_secret()
            channel._watch_api_versions()

    def _watch(self, key, found):
        """:param found: (message, suggestion), None when all is well"""
        if not found:
            self.env["channel.exception"]._resolve_keys(self, [key])
            return
        message, suggestion = found
        self.env["channel.exception"]._report(
            self,
            "health",
            key=key,
            record=self,
            message=f"{self.name}: {message}",
            suggestion=suggestion,
        )

    def _find_stall(self, facts):
        now = facts["now"]
        waiting = self._waiting_seconds(now)
        out = (now - self.failing_since).total_seconds() if self.failing_since else 0
        if max(waiting, out) <= STUCK:
            return None
        if out:
            return self._get_outage_message(out), self.env._(
                "Check the store and its connection, then press Test Connection. "
                "Nothing is lost: publishing resumes automatically when the store "
                "responds."
            )
        return self._get_stall_message(waiting), self.env._(
            "Check that the job runner is up, and the channel's last errors. Nothing "
            "is lost."
        )

    def _find_late_poll(self, facts):
        if not self._may_talk():
            return None
        judged = self._judge_orders(facts)
        if not judged or judged[0] != "bad":
            return None
        return judged[1], self.env._(
            "Check that the store responds (Test Connection) and that the job runner "
            "is up. Orders without a webhook are missing until then."
        )

    def _find_unsent(self, facts):
        """Quantities that cannot be sent are in no queue that would grow old."""
        if self.state != "live" or not facts["unsent_since"]:
            return None
        since = self._get_due(facts["unsent_since"])
        seconds = (facts["now"] - since).total_seconds()
        if seconds <= UNSENT:
            return None
        return self._get_unsent_message(seconds), self.env._(
            "Open Quantities to Publish: they wait until the channel's own quantities "
            "are known. Check that it can be read (Test Connection) and that the job "
            "runner is up."
        )

    def _get_unsent_message(self, seconds):
        return self.env._(
            "Unknown on the channel and not sent for %(time)s: %(count)s quantities",
            time=format_duration(self.env, seconds),
            count=self.unsettled_count,
        )


# Each a scalar query on ``channel``; all of them stand on partial indexes.
HEALTH_FACTS = {
    "now": SQL("now() AT TIME ZONE 'UTC'"),
    # what is on its way waits as much as what is queued; each level once
    "pending_count": SQL(
        "SELECT count(*) FROM ("
        "SELECT level_id FROM channel_level_pending WHERE channel_id = channel.id "
        "UNION SELECT line.level_id FROM channel_publication publication "
        "JOIN channel_publication_line line ON line.publication_id = publication.id "
        "WHERE publication.channel_id = channel.id "
        "AND publication.state IN ('ready', 'sending')) waiting"
    ),
    "oldest_pending": SQL(
        "SELECT min(since) FROM ("
        "SELECT since FROM channel_level_pending WHERE channel_id = channel.id "
        "UNION ALL SELECT line.since FROM channel_publication publication "
        "JOIN channel_publication_line line ON line.publication_id = publication.id "
        "WHERE publication.channel_id = channel.id "
        "AND publication.state IN ('ready', 'sending') "
        "UNION ALL (SELECT since FROM channel_change ORDER BY id LIMIT 1)) waiting"
    ),
    "new_event_count": SQL(
        "SELECT count(*) FROM channel_inbox_event "
        "WHERE channel_id = channel.id AND state = 'new'"
    ),
    "oldest_event": SQL(
        "SELECT min(received_at) FROM channel_inbox_event "
        "WHERE channel_id = channel.id AND state = 'new'"
    ),
    "last_ack": SQL(
        "SELECT max(acked_at) FROM channel_publication WHERE channel_id = channel.id"
    ),
    "last_poll": SQL(
        "SELECT max((value ->> 'completed_from')::timestamptz AT TIME ZONE 'UTC') "
        "FROM channel_shared_state WHERE channel_id = channel.id AND key = 'poll'"
    ),
    "orders_behind_since": SQL(
        "SELECT min((value -> 'behind' ->> 'since')::timestamptz AT TIME ZONE 'UTC') "
        "FROM channel_shared_state "
        "WHERE channel_id = channel.id AND key IN ('poll', 'stream')"
    ),
    "orders_behind": SQL(
        "SELECT min(value -> 'behind' ->> 'why') FROM channel_shared_state "
        "WHERE channel_id = channel.id AND key IN ('poll', 'stream')"
    ),
    "last_error": SQL(
        "SELECT message FROM channel_outage WHERE channel_id = channel.id "
        "ORDER BY tried_at DESC LIMIT 1"
    ),
    "failing_since": SQL(
        "SELECT min(since) FROM channel_outage WHERE channel_id = channel.id"
    ),
    "dead_letter_count": SQL(
        "SELECT count(*) FROM channel_dead_letter WHERE channel_id = channel.id"
    ),
    "exception_count": SQL(
        "SELECT count(*) FROM channel_exception "
        "WHERE channel_id = channel.id AND state = 'open'"
    ),
    "unsettled_count": SQL(
        "SELECT count(*) FROM channel_level_remote "
        "WHERE channel_id = channel.id AND state IN ('unknown', 'stale')"
    ),
    # of those that wait to be known, since when the one has that waits longest: the
    # target stands, and nothing was sent or seen. Of a hundred that are planned longest
    "unsent_since": SQL(
        "SELECT min(since) FROM ("
        "SELECT GREATEST(planned_at, remote.acked_at, remote.seen_at, ("
        "SELECT max(publication.sent_at) FROM channel_publication_line line "
        "JOIN channel_publication publication ON publication.id = publication_id "
        "WHERE line.level_id = level.id)) AS since "
        "FROM channel_level_remote remote "
        "JOIN channel_level level ON level.id = remote.level_id "
        "JOIN channel_listing listing ON listing.id = level.listing_id "
        "JOIN channel_node node ON node.id = level.node_id "
        "WHERE channel.state = 'live' AND remote.channel_id = channel.id "
        "AND remote.state IN ('unknown', 'stale') AND %s "
        "AND planned_at IS NOT NULL "
        "ORDER BY planned_at LIMIT 100) waiting",
        PUBLISHED,
    ),
    "forged_count": SQL(
        "SELECT COALESCE(sum(count), 0)::int FROM channel_refusal "
        "WHERE channel_id = channel.id "
        "AND hour > now() AT TIME ZONE 'UTC' - interval '1 day'"
    ),
    "blocked_order_count": SQL(
        "SELECT count(*) FROM channel_order "
        "WHERE channel_id = channel.id AND state = 'blocked'"
    ),
}
