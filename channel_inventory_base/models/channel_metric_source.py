# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models
from odoo.tools import SQL

# Lines that were frozen before they noted it have the time of their publication.
FROZEN = SQL("COALESCE(line.frozen_at, publication.create_date)")


class ChannelMetricSource(models.AbstractModel):
    """What is counted by the hour, as queries over the rows that there are.

    A row of a source is something that happened: (channel_id, at, times, amount), with
    naive UTC and seconds or units. A row of a sample is how a channel stands now:
    (channel_id, times, amount). A gauge is one figure of the present, (channel_id,
    label, value), where the label is "" or what the figure is about.
    """

    _name = "channel.metric.source"
    _description = "Sources of Metrics"

    @api.model
    def _get_sources(self, since, until):
        """:return: {name of a metric: query of its rows from ``since`` on and before
        ``until``}; an addon adds its own"""
        span = {"since": since, "until": until}
        return {
            **self._get_hops(span),
            "published": self._published_query(span),
            "published_late": self._published_query(
                span,
                SQL(
                    "AND channel.freshness_target > 0 "
                    "AND done_at - since > make_interval(secs => "
                    "channel.freshness_target)"
                ),
            ),
            "stale": self._answered_query(span, "stale"),
            "rejected": self._answered_query(span, "rejected"),
            "publication_retry": SQL(
                """
                SELECT channel_id, acked_at, attempts - 1, NULL::float8
                  FROM channel_publication
                 WHERE acked_at >= %(since)s AND acked_at < %(until)s AND attempts > 1
                """,
                **span,
            ),
            "received_late": SQL(
                """
                SELECT event.channel_id, processed_at, 1,
                       EXTRACT(epoch FROM processed_at - received_at)::float8
                  FROM channel_inbox_event event
                  JOIN channel_channel channel ON channel.id = event.channel_id
                 WHERE processed_at >= %(since)s AND processed_at < %(until)s
                   AND channel.intake_target > 0
                   AND processed_at - received_at
                       > make_interval(secs => channel.intake_target)
                """,
                **span,
            ),
            "captured": SQL(
                """
                SELECT channel_id, create_date, 1, NULL::float8 FROM channel_order
                 WHERE create_date >= %(since)s AND create_date < %(until)s
                """,
                **span,
            ),
            "refused_webhook": SQL(
                """
                SELECT channel_id, hour, count, NULL::float8 FROM channel_refusal
                 WHERE hour >= %(since)s AND hour < %(until)s
                """,
                **span,
            ),
            "dead_letter": SQL(
                """
                SELECT channel_id, at, 1, NULL::float8 FROM channel_dead_letter
                 WHERE at >= %(since)s AND at < %(until)s
                """,
                **span,
            ),
            "exception": SQL(
                """
                SELECT channel_id, create_date, 1, NULL::float8 FROM channel_exception
                 WHERE create_date >= %(since)s AND create_date < %(until)s
                   AND channel_id IS NOT NULL
                """,
                **span,
            ),
        }

    def _get_hops(self, span):
        """How long each part of the way takes, coarser than ``channel.hop`` tells of a
        span of time that somebody looks at."""
        return {
            "hop_queued": self._hop_query(span, SQL("%s - line.since", FROZEN)),
            "hop_sent": self._hop_query(span, SQL("publication.sent_at - %s", FROZEN)),
            "hop_answered": self._hop_query(
                span, SQL("publication.acked_at - publication.sent_at")
            ),
            "hop_received": SQL(
                """
                SELECT channel_id, received_at, 1,
                       EXTRACT(epoch FROM received_at - occurred_at)::float8
                  FROM channel_inbox_event
                 WHERE received_at >= %(since)s AND received_at < %(until)s
                   AND occurred_at IS NOT NULL AND source IN ('webhook', 'stream')
                """,
                **span,
            ),
            "hop_processed": SQL(
                """
                SELECT channel_id, processed_at, 1,
                       EXTRACT(epoch FROM processed_at - received_at)::float8
                  FROM channel_inbox_event
                 WHERE processed_at >= %(since)s AND processed_at < %(until)s
                """,
                **span,
            ),
        }

    def _hop_query(self, span, duration):
        """A row is a quantity that its channel has acknowledged."""
        return SQL(
            """
            SELECT publication.channel_id, publication.acked_at, 1,
                   EXTRACT(epoch FROM %(duration)s)::float8
              FROM channel_publication publication
              JOIN channel_publication_line line
                ON line.publication_id = publication.id
             WHERE publication.acked_at >= %(since)s
               AND publication.acked_at < %(until)s
               AND line.result IN ('acked', 'accepted') AND line.since IS NOT NULL
            """,
            duration=duration,
            **span,
        )

    def _published_query(self, span, condition=None):
        """A row is a quantity that its channel shows, with the seconds since the commit
        of its cause. One that is applied later counts when it was seen."""
        return SQL(
            """
            SELECT shown.channel_id, done_at, 1,
                   EXTRACT(epoch FROM done_at - since)::float8
              FROM (SELECT publication.channel_id, publication.acked_at AS done_at,
                           line.since
                      FROM channel_publication publication
                      JOIN channel_publication_line line
                        ON line.publication_id = publication.id
                     WHERE publication.acked_at >= %(since)s
                       AND publication.acked_at < %(until)s
                       AND line.result = 'acked' AND line.applied_at IS NULL
                     UNION ALL
                    SELECT publication.channel_id, line.applied_at, line.since
                      FROM channel_publication_line line
                      JOIN channel_publication publication
                        ON publication.id = line.publication_id
                     WHERE line.applied_at >= %(since)s
                       AND line.applied_at < %(until)s
                       AND line.result = 'acked') shown
              JOIN channel_channel channel ON channel.id = shown.channel_id
             WHERE since IS NOT NULL %(condition)s
            """,
            condition=condition or SQL(),
            **span,
        )

    def _answered_query(self, span, result):
        """A row is a quantity that was answered so, with the units it was off by."""
        return SQL(
            """
            SELECT publication.channel_id, publication.acked_at, 1,
                   abs(line.quantity - line.base)::float8
              FROM channel_publication publication
              JOIN channel_publication_line line
                ON line.publication_id = publication.id
             WHERE publication.acked_at >= %(since)s
               AND publication.acked_at < %(until)s AND line.result = %(result)s
            """,
            result=result,
            **span,
        )

    # ------------------------------------------------------------- present
    @api.model
    def _get_samples(self):
        """:return: {name of a metric: query of how channels stand}; an addon adds its
        own"""
        freshness = self._freshness_query()
        return {
            "late_quantities": SQL(
                "SELECT channel_id, numbers, late FROM (%s) fresh", freshness
            ),
            "waiting": SQL(
                "SELECT channel_id, waiting, COALESCE(oldest_seconds, 0) "
                "FROM (%s) fresh",
                freshness,
            ),
        }

    @api.model
    def _freshness_query(self):
        """Are the quantities on the channels current? A row is a live channel: how many
        it has, how many of them are pending, how many are late (pending for longer than
        the channel's target, or not known), and the one that waits longest.

        A channel without a target has no late ones; nor has one whose documents go out
        at agreed times.
        """
        return SQL(
            """
            WITH waiting AS (
                SELECT channel_id, level_id, min(since) AS since FROM (
                    SELECT channel_id, level_id, since FROM channel_level_pending
                     UNION ALL
                    SELECT publication.channel_id, line.level_id, line.since
                      FROM channel_publication publication
                      JOIN channel_publication_line line
                        ON line.publication_id = publication.id
                     WHERE publication.state IN ('ready', 'sending')) queued
                 GROUP BY channel_id, level_id
            ),
            unknown AS (
                SELECT remote.channel_id, remote.level_id, level.planned_at AS since
                  FROM channel_level_remote remote
                  JOIN channel_level level ON level.id = remote.level_id
                 WHERE remote.state IN ('unknown', 'stale')
            ),
            counted AS (
                SELECT channel_id, count(*) AS numbers
                  FROM channel_level_remote GROUP BY channel_id
            ),
            behind AS (
                SELECT COALESCE(waiting.channel_id, unknown.channel_id) AS channel_id,
                       COALESCE(waiting.level_id, unknown.level_id) AS level_id,
                       LEAST(waiting.since, unknown.since) AS since,
                       waiting.level_id IS NOT NULL AS is_waiting
                  FROM waiting FULL JOIN unknown USING (level_id)
            ),
            judged AS (
                SELECT behind.*, channel.freshness_target > 0
                       AND COALESCE(channel.publish_minutes, 0) = 0
                       AND COALESCE(channel.publish_times, '') = ''
                       AND COALESCE(
                               behind.since < clock_timestamp() AT TIME ZONE 'UTC'
                               - make_interval(secs => channel.freshness_target),
                               true) AS is_late
                  FROM behind
                  JOIN channel_channel channel ON channel.id = behind.channel_id
            ),
            summed AS (
                SELECT channel_id, count(*) FILTER (WHERE is_waiting) AS waiting,
                       count(*) FILTER (WHERE is_late) AS late,
                       min(since) AS since,
                       (array_agg(level_id ORDER BY since, level_id))[1] AS level_id
                  FROM judged GROUP BY channel_id
            )
            SELECT channel.id AS channel_id,
                   GREATEST(COALESCE(numbers, 0), COALESCE(waiting, 0)) AS numbers,
                   COALESCE(waiting, 0) AS waiting, COALESCE(late, 0) AS late,
                   EXTRACT(epoch FROM clock_timestamp() AT TIME ZONE 'UTC'
                                      - summed.since)::float8 AS oldest_seconds,
                   summed.level_id AS oldest_level_id
              FROM channel_channel channel
              LEFT JOIN counted ON counted.channel_id = channel.id
              LEFT JOIN summed ON summed.channel_id = channel.id
             WHERE channel.active AND channel.state = 'live'
            """
        )

    @api.model
    def _get_gauges(self):
        """:return: {name of a gauge: query of its present values}; an addon adds its
        own. Together they are one scrape: each is one statement over all channels."""
        return {
            "pending_levels": self._fresh_gauge("waiting"),
            "oldest_pending_seconds": self._fresh_gauge("oldest_seconds"),
            "numbers": self._fresh_gauge("numbers"),
            "numbers_late": self._fresh_gauge("late"),
            "freshness_target_seconds": SQL(
                "SELECT id, '', freshness_target FROM channel_channel WHERE active"
            ),
            "freshness_goal_ratio": SQL(
                "SELECT id, '', service_goal / 100 FROM channel_channel WHERE active"
            ),
            "new_events": SQL(
                "SELECT channel_id, '', count(*) FROM channel_inbox_event "
                "WHERE state = 'new' GROUP BY channel_id"
            ),
            "oldest_event_seconds": SQL(
                "SELECT channel_id, '', %s FROM channel_inbox_event "
                "WHERE state = 'new' GROUP BY channel_id",
                _age("min(received_at)"),
            ),
            "last_poll_age_seconds": SQL(
                "SELECT channel_id, '', EXTRACT(epoch FROM clock_timestamp() "
                "- (value ->> 'completed_from')::timestamptz) "
                "FROM channel_shared_state "
                "WHERE key = 'poll' AND value ? 'completed_from'"
            ),
            # as many index scans as there are channels, whatever is kept
            "last_ack_age_seconds": SQL(
                "SELECT channel.id, '', %s FROM channel_channel channel "
                "CROSS JOIN LATERAL ("
                "SELECT max(acked_at) AS acked_at FROM channel_level_remote "
                "WHERE channel_id = channel.id) last "
                "WHERE channel.active AND last.acked_at IS NOT NULL",
                _age("last.acked_at"),
            ),
            "blocked_orders": SQL(
                "SELECT channel_id, '', count(*) FROM channel_order "
                "WHERE state = 'blocked' GROUP BY channel_id"
            ),
            "dead_letters": SQL(
                "SELECT channel_id, '', count(*) FROM channel_dead_letter "
                "GROUP BY channel_id"
            ),
            "exceptions_open": SQL(
                "SELECT channel_id, category, count(*) FROM channel_exception "
                "WHERE state = 'open' GROUP BY channel_id, category"
            ),
            "outage_seconds": SQL(
                "SELECT channel_id, '', %s FROM channel_outage GROUP BY channel_id",
                _age("min(since)"),
            ),
            "connected": SQL(
                "SELECT id, '', (connection_state = 'ok')::int FROM channel_channel "
                "WHERE active AND state <> 'draft'"
            ),
            "budget_left_ratio": SQL(
                """
                SELECT channel_id, '',
                       min(LEAST(1, ((value ->> 'level')::float8
                                     + GREATEST(0, EXTRACT(epoch FROM clock_timestamp())
                                                   - (value ->> 'at')::float8)
                                     * (value ->> 'rate')::float8)
                                    / NULLIF((value ->> 'maximum')::float8, 0)))
                  FROM channel_shared_state
                 WHERE channel_id IS NOT NULL
                   AND value ?& ARRAY['level', 'at', 'rate', 'maximum']
                 GROUP BY channel_id
                """
            ),
        }

    def _fresh_gauge(self, column):
        return SQL(
            "SELECT channel_id, '', COALESCE(%s, 0) FROM (%s) fresh",
            SQL.identifier(column),
            self._freshness_query(),
        )


def _age(moment):
    return SQL(
        "EXTRACT(epoch FROM clock_timestamp() AT TIME ZONE 'UTC' - %s)", SQL(moment)
    )
