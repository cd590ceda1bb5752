# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models
from odoo.tools import SQL

STRAIGHT, AGAIN = "straight", "again"
FIELDS = ("way", "hop", "waited", "count", "p50", "p95", "longest", "total")


class ChannelHop(models.AbstractModel):
    """Where the time goes: how long numbers and orders take from one step to the next.

    Derived from the times that the steps leave behind anyway; nothing is written for
    it but these. All of them are times of the database's clock, except what a channel
    says of its own (``occurred``), which counts in whole seconds of its clock.

    A number: *committed* (its cause), *planned* (computed and queued), *frozen* (taken
    into a publication), *sent* (handed to the network), *answered*, and *settled* where
    the channel applies it later than it answers. A number that went again, after it was
    refused as stale or a request had failed, is apart from those that went straight:
    what it lost is in its first hop.

    An order: *occurred* on the channel, *stored* as an event, *held* (captured, its
    stock held), and *fetched* where the event did not say all. By the event's source.
    """

    _name = "channel.hop"
    _description = "Seconds by Hop"

    @api.model
    @api.readonly
    def read_hops(self, begin, end):
        """Hops of what began within a span of time, for the companies of the user.

        :param begin: naive UTC datetime or its text
        :param end: the same
        :return: list of dicts with ``FIELDS``: the way (``number`` or ``order``), the
            hop, what was waited for, how many, and seconds: median, of 95 in 100, the
            longest, all together
        """
        for name in ("channel.publication", "channel.inbox.event"):
            self.env[name].check_access("read")
        self.env.flush_all()
        rows = []
        for way, query in self._get_hop_queries(begin, end).items():
            rows += [
                dict(zip(FIELDS, (way, *row), strict=True))
                for row in self.env.execute_query(self._summary_query(query))
            ]
        return rows

    @api.model
    def _get_now(self):
        """Now, naive UTC, by the database's clock and with fractions of a second."""
        return self.env["channel.intake"]._database_time().replace(tzinfo=None)

    def _get_hop_queries(self, begin, end):
        """:return: {way: query of (position, hop, waited, begun, ended)}; addons add
        hops to a way, and ways"""
        return {
            "number": self._numbers_query(begin, end),
            "order": SQL(" UNION ALL ").join(self._get_order_queries(begin, end)),
        }

    def _get_order_queries(self, begin, end):
        return [self._events_query(begin, end), self._fetches_query(begin, end)]

    def _summary_query(self, query):
        return SQL(
            """
            WITH hop AS (
                SELECT position, hop, waited,
                       EXTRACT(epoch FROM ended - begun)::float AS seconds
                  FROM (%s) AS way (position, hop, waited, begun, ended)
                 WHERE begun IS NOT NULL AND ended IS NOT NULL
            )
            SELECT hop, waited, count(*),
                   round(percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)::numeric,
                         3)::float,
                   round(percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds)::numeric,
                         3)::float,
                   round(max(seconds)::numeric, 3)::float,
                   round(sum(seconds)::numeric, 1)::float
              FROM hop GROUP BY position, hop, waited ORDER BY position, hop, waited
            """,
            query,
        )

    def _numbers_query(self, begin, end):
        return SQL(
            """
            SELECT step.*
              FROM (
                SELECT line.since, line.queued_at, line.frozen_at, line.applied_at,
                       publication.sent_at, publication.acked_at,
                       CASE WHEN publication.attempts > 1 OR EXISTS (
                                SELECT FROM channel_publication_line earlier
                                 WHERE earlier.level_id = line.level_id
                                   AND earlier.since = line.since
                                   AND earlier.id < line.id)
                            THEN %(again)s ELSE %(straight)s END AS waited
                  FROM channel_publication_line line
                  JOIN channel_publication publication
                    ON publication.id = line.publication_id
                 -- answered after it was caused, and for this there is an index
                 WHERE publication.acked_at >= %(begin)s
                   AND line.since >= %(begin)s AND line.since < %(end)s
                   AND line.result IN ('acked', 'accepted')
                   AND publication.company_id = ANY(%(companies)s)
              ) line, LATERAL (VALUES
                (1, 'planned', line.waited, line.since, line.queued_at),
                (2, 'frozen', line.waited, line.queued_at, line.frozen_at),
                (3, 'sent', line.waited, line.frozen_at, line.sent_at),
                (4, 'answered', line.waited, line.sent_at, line.acked_at),
                (5, 'settled', line.waited, line.acked_at, line.applied_at),
                (6, 'in all', line.waited, line.since,
                 COALESCE(line.applied_at, line.acked_at))
              ) AS step (position, hop, waited, begun, ended)
            """,
            again=AGAIN,
            straight=STRAIGHT,
            begin=begin,
            end=end,
            companies=self.env.companies.ids,
        )

    def _events_query(self, begin, end):
        """An event in which an order was held: the first of the order."""
        return SQL(
            """
            SELECT step.*
              FROM (
                SELECT DISTINCT ON (event.order_id) event.source::text,
                       event.occurred_at, event.received_at, event.processed_at
                  FROM channel_inbox_event event
                 WHERE event.received_at >= %(begin)s AND event.received_at < %(end)s
                   AND event.order_id IS NOT NULL AND event.state = 'done'
                   AND event.company_id = ANY(%(companies)s)
                 ORDER BY event.order_id, event.id
              ) event, LATERAL (VALUES
                (1, 'stored', event.source, event.occurred_at, event.received_at),
                (2, 'held', event.source, event.received_at, event.processed_at)
              ) AS step (position, hop, waited, begun, ended)
            """,
            begin=begin,
            end=end,
            companies=self.env.companies.ids,
        )

    def _fetches_query(self, begin, end):
        """From what told of an order to the answer that told all of it."""
        return SQL(
            """
            SELECT 3, 'fetched', told.source::text, told.received_at,
                   fetched.received_at
              FROM channel_inbox_event fetched
              JOIN LATERAL (
                SELECT source, received_at FROM channel_inbox_event told
                 WHERE told.order_id = fetched.order_id AND told.id < fetched.id
                   AND told.source <> 'fetch'
                 ORDER BY told.id DESC LIMIT 1) told ON true
             WHERE fetched.source = 'fetch'
               AND fetched.received_at >= %(begin)s AND fetched.received_at < %(end)s
               AND fetched.company_id = ANY(%(companies)s)
            """,
            begin=begin,
            end=end,
            companies=self.env.companies.ids,
        )
