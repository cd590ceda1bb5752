# SPDX-License-Identifier: AGPL-3.0-or-later
import time

from babel.dates import format_datetime

from odoo import api, fields, models
from odoo.tools import SQL, get_lang

from ..db.transaction import own_transaction

STATE = "metrics"
"""Key of the shared state that says up to which hour metrics are rolled up."""
CHUNK_HOURS = 24
AGAIN_HOURS = 2
"""So many hours are counted once more: what was committed late is in its hour then."""
FIRST_DAYS = 30
"""The first roll-up reaches so far back."""
RUN_SECONDS = 60
HOUR_FORMAT = "dd MMM yyyy HH:00"


class ChannelMetric(models.Model):
    """What a channel did in one hour: how often, and how long it took.

    How it works: each hour, one statement a metric counts the rows that there are
    (``channel.metric.source``) by channel and hour. Hours are those of UTC, so no day
    has 23 or 25 of them. What was missed is made up for, a day at a time; a roll-up
    that runs again writes the same. Rows that retention has deleted since stay counted:
    a metric never gets fewer. States, such as how many quantities are late, are noted
    when the hour is over; where nothing ran they are missing.

    How to use: an addon adds its own to ``_get_sources`` or ``_get_samples``, and a
    label to ``name``.
    """

    _name = "channel.metric"
    _description = "Hourly Metric"
    _inherit = ["channel.guarded"]
    _order = "hour desc, name, channel_id"
    _rec_name = "name"
    _log_access = False

    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    hour = fields.Datetime(required=True, readonly=True)
    name = fields.Selection(
        [
            ("published", "Quantity published"),
            ("published_late", "Quantity published late"),
            ("hop_queued", "Change to request"),
            ("hop_sent", "Request waits to be sent"),
            ("hop_answered", "Channel's answer"),
            ("hop_received", "Sale to message"),
            ("hop_processed", "Message to order"),
            ("stale", "Unseen sale not overwritten"),
            ("rejected", "Quantity rejected"),
            ("publication_retry", "Request repeated"),
            ("received_late", "Message processed late"),
            ("captured", "Order captured"),
            ("refused_webhook", "Webhook refused"),
            ("dead_letter", "Dead letter"),
            ("exception", "Exception opened"),
            ("late_quantities", "Quantities not current"),
            ("waiting", "Quantities pending"),
        ],
        required=True,
        readonly=True,
    )
    count = fields.Integer(required=True, readonly=True, aggregator="sum")
    sum = fields.Float(
        string="Total",
        required=True,
        readonly=True,
        aggregator="sum",
        help="Seconds, where the metric is a duration; else units.",
    )
    p50 = fields.Float(string="Median", readonly=True, aggregator="avg")
    p95 = fields.Float(string="95 of 100", readonly=True, aggregator="max")
    max = fields.Float(string="Longest", readonly=True, aggregator="max")

    _hour_uniq = models.UniqueIndex("(name, hour, channel_id)")
    _hour_idx = models.Index("(hour)")

    # ------------------------------------------------------------- roll-up
    @api.model
    def _cron_roll_up(self):
        """Roll up all hours that are over, oldest first."""
        end = time.monotonic() + RUN_SECONDS
        while self._roll_up_next() and time.monotonic() < end:
            pass

    def _roll_up_next(self):
        """Roll up the next hours, at most a day of them, in a transaction of its own.

        Of two workers the second waits for the first, and finds nothing left to do.

        :return: whether there were any
        """
        with own_transaction(self.env) as env:
            return env["channel.metric"]._roll_up_chunk()

    def _roll_up_chunk(self):
        state = self.env["channel.shared.state"]._lock_scoped(STATE)
        [[now, since]] = self.env.execute_query(
            SQL(
                """
                SELECT hour, COALESCE(%s::timestamp, hour - make_interval(days => %s))
                  FROM (SELECT date_trunc('hour', clock_timestamp() AT TIME ZONE 'UTC')
                            AS hour) present
                """,
                state.value.get("until"),
                FIRST_DAYS,
            )
        )
        if since >= now:
            return False
        until = min(now, fields.Datetime.add(since, hours=CHUNK_HOURS))
        self._count_hours(fields.Datetime.subtract(since, hours=AGAIN_HOURS), until)
        if until == now:
            self._note_states(fields.Datetime.subtract(now, hours=1))
        state.value["until"] = until.isoformat()
        state._save()
        return True

    def _count_hours(self, since, until):
        """Count what happened from ``since`` on and before ``until``, naive UTC."""
        self.env.flush_all()
        sources = self.env["channel.metric.source"]._get_sources(since, until)
        for name, source in sources.items():
            self.env.execute_query(self._count_query(name, source))
        self.invalidate_model()

    def _count_query(self, name, source):
        """A row of ``source`` is (channel_id, at, times, amount)."""
        return SQL(
            """
            INSERT INTO channel_metric AS old
                   (name, channel_id, company_id, hour, count, sum, p50, p95, max)
            SELECT %(name)s, channel.id, channel.company_id,
                   date_trunc('hour', fact.at), sum(fact.times),
                   COALESCE(sum(fact.amount), 0),
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY fact.amount),
                   percentile_cont(0.95) WITHIN GROUP (ORDER BY fact.amount),
                   max(fact.amount)
              FROM (%(source)s) AS fact (channel_id, at, times, amount)
              JOIN channel_channel channel ON channel.id = fact.channel_id
             GROUP BY channel.id, date_trunc('hour', fact.at)
            HAVING sum(fact.times) > 0
            ON CONFLICT (name, hour, channel_id) DO UPDATE
               SET count = EXCLUDED.count, sum = EXCLUDED.sum, p50 = EXCLUDED.p50,
                   p95 = EXCLUDED.p95, max = EXCLUDED.max
             WHERE EXCLUDED.count >= old.count
               AND (old.count, old.sum, old.p50, old.p95, old.max)
                   IS DISTINCT FROM (EXCLUDED.count, EXCLUDED.sum, EXCLUDED.p50,
                                     EXCLUDED.p95, EXCLUDED.max)
            RETURNING id
            """,
            name=name,
            source=source,
        )

    def _note_states(self, hour):
        """Note how things stand now, as of the end of ``hour``."""
        samples = self.env["channel.metric.source"]._get_samples()
        for name, sample in samples.items():
            self.env.execute_query(
                SQL(
                    """
                    INSERT INTO channel_metric
                           (name, channel_id, company_id, hour, count, sum)
                    SELECT %s, channel.id, channel.company_id, %s, times, amount
                      FROM (%s) AS fact (channel_id, times, amount)
                      JOIN channel_channel channel ON channel.id = fact.channel_id
                     WHERE times > 0
                        ON CONFLICT (name, hour, channel_id) DO NOTHING
                    RETURNING id
                    """,
                    name,
                    hour,
                    sample,
                )
            )

    # --------------------------------------------------------------- read
    @api.model
    def _web_read_group_groupby_formatter(self, groupby_spec, values):
        """Label each hour so that no other is called the same. Odoo's label has a clock
        of twelve hours without its half of the day, and no year: to a graph 05:00 and
        17:00 are one point, and the second covers the first."""
        label = super()._web_read_group_groupby_formatter(groupby_spec, values)
        if not groupby_spec.endswith(":hour"):
            return label
        locale = get_lang(self.env).code

        def label_hour(value):
            group, domain = label(value)
            if value:
                # it is in the zone of the reader already
                group = group[0], format_datetime(value, HOUR_FORMAT, locale=locale)
            return group, domain

        return label_hour

    @api.model
    def _get_totals(self, names):
        """How often since the first day, the present minute included. Never falls: what
        is rolled up is counted there, what is not by the rows themselves.

        :return: {name: {channel id: (count, sum)}}
        """
        totals = {name: {} for name in names}
        [[since, until]] = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE((
                           SELECT (value ->> 'until')::timestamp
                             FROM channel_shared_state
                            WHERE channel_id IS NULL AND key = %s),
                           date_trunc('hour', clock_timestamp() AT TIME ZONE 'UTC')),
                       clock_timestamp() AT TIME ZONE 'UTC' + interval '1 day'
                """,
                STATE,
            )
        )
        sources = self.env["channel.metric.source"]._get_sources(since, until)
        rolled = SQL(
            "SELECT name, channel_id, count, sum FROM channel_metric "
            "WHERE name = ANY(%s) AND hour < %s",
            list(names),
            since,
        )
        live = [
            SQL(
                "SELECT %s, channel_id, times, amount "
                "FROM (%s) AS fact (channel_id, at, times, amount)",
                name,
                source,
            )
            for name, source in sources.items()
            if name in totals
        ]
        rows = self.env.execute_query(
            SQL(
                "SELECT name, channel_id, sum(count), COALESCE(sum(sum), 0) "
                "FROM (%s) AS each (name, channel_id, count, sum) "
                "GROUP BY name, channel_id",
                SQL(" UNION ALL ").join([rolled, *live]),
            )
        )
        for name, channel_id, count, total in rows:
            totals[name][channel_id] = count, total
        return totals
