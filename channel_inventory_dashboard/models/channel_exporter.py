# SPDX-License-Identifier: AGPL-3.0-or-later
import time

from odoo import api, models
from odoo.tools import SQL

from ..lib import families

TIMEOUT_MS = 2000
"""A statement that takes longer is given up: monitoring must not be a load."""


class ChannelExporter(models.AbstractModel):
    """What Prometheus is told, read from the database when it asks.

    Each process of Odoo would count for itself alone, and start from 0 each time that
    it is recycled: nothing is counted in memory.
    """

    _name = "channel.exporter"
    _description = "Metrics for Prometheus"

    @api.model
    def _write_page(self):
        """:return: bytes; all of it is of one moment"""
        began = time.monotonic()
        channels = self.env.execute_query(
            SQL("SELECT id, channel_type, name FROM channel_channel WHERE active")
        )
        page = families.Page({row[0]: row[1] or "" for row in channels})
        page.add_names({row[0]: row[2] for row in channels})
        for name, rows in self._read_gauges().items():
            page.add_gauge(name, rows)
        totals = self.env["channel.metric"]._get_totals(families.counted())
        page.add_counters(totals)
        page.add_latency(totals, self._read_quantiles())
        page.add_jobs(self._read_jobs())
        page.add_seconds(time.monotonic() - began)
        return page.render()

    def _read_gauges(self):
        """One statement for those that are read alike.

        :return: {name: [(channel id, label, value)]}
        """
        queries = self.env["channel.metric.source"]._get_gauges()
        found = {name: [] for name in queries if name in families.GAUGES}
        rows = self.env.execute_query(
            SQL(" UNION ALL ").join(
                SQL(
                    "SELECT %s, channel_id, label::text, value::float8 "
                    "FROM (%s) AS gauge (channel_id, label, value)",
                    name,
                    queries[name],
                )
                for name in found
            )
        )
        for name, channel_id, label, value in rows:
            found[name].append((channel_id, label, value))
        return found

    def _read_quantiles(self):
        """:return: {channel id: (p50, p95, p99)} of the last hour, in seconds"""
        [[since, until]] = self.env.execute_query(
            SQL(
                "SELECT moment - interval '1 hour', moment + interval '1 day' "
                "FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS moment) now"
            )
        )
        sources = self.env["channel.metric.source"]._get_sources(since, until)
        rows = self.env.execute_query(
            SQL(
                "SELECT channel_id, percentile_cont(ARRAY[0.5, 0.95, 0.99]) "
                "WITHIN GROUP (ORDER BY amount) "
                "FROM (%s) AS fact (channel_id, at, times, amount) GROUP BY channel_id",
                sources["published"],
            )
        )
        return dict(rows)

    def _read_jobs(self):
        """Those that are not over; of failed ones all that are kept."""
        return self.env.execute_query(
            SQL(
                "SELECT state, COALESCE(channel, ''), count(*) FROM queue_job "
                "WHERE state NOT IN ('done', 'cancelled') GROUP BY 1, 2"
            )
        )
