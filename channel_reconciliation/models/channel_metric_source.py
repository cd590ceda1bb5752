# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL

from ..const import ORDER_KINDS, PENDING


class ChannelMetricSource(models.AbstractModel):
    _inherit = "channel.metric.source"

    def _get_sources(self, since, until):
        missing = SQL("kind = 'order_missing'")
        levels = SQL("kind <> ALL(%s)", list(ORDER_KINDS))
        return {
            **super()._get_sources(since, until),
            "difference": self._first_seen_query(
                since, until, levels, SQL("abs(units)::float8")
            ),
            "order_found": self._first_seen_query(
                since, until, missing, SQL("late_hours * 3600")
            ),
        }

    def _first_seen_query(self, since, until, condition, amount):
        """A row is a difference, in the hour in which it was first seen."""
        return SQL(
            """
            SELECT channel_id, first_seen, 1, %s FROM channel_reconcile_difference
             WHERE first_seen >= %s AND first_seen < %s AND %s
               AND channel_id IS NOT NULL
            """,
            amount,
            since,
            until,
            condition,
        )

    def _get_samples(self):
        return {
            **super()._get_samples(),
            "drift": SQL(
                """
                SELECT channel_id, count(*), COALESCE(sum(abs(units)), 0)
                  FROM channel_reconcile_difference
                 WHERE state = ANY(%s) AND kind <> ALL(%s) AND channel_id IS NOT NULL
                 GROUP BY channel_id
                """,
                list(PENDING),
                list(ORDER_KINDS),
            ),
        }

    def _get_gauges(self):
        levels = SQL(
            "state = ANY(%s) AND channel_id IS NOT NULL AND kind <> ALL(%s)",
            list(PENDING),
            list(ORDER_KINDS),
        )
        return {
            **super()._get_gauges(),
            "drift_units": SQL(
                "SELECT channel_id, '', COALESCE(sum(abs(units)), 0) "
                "FROM channel_reconcile_difference WHERE %s GROUP BY channel_id",
                levels,
            ),
            "last_reconciliation_timestamp_seconds": SQL(
                "SELECT channel_id, kind, "
                "EXTRACT(epoch FROM max(finished_at) AT TIME ZONE 'UTC') "
                "FROM channel_reconcile_run "
                "WHERE state = 'done' AND channel_id IS NOT NULL "
                "GROUP BY channel_id, kind"
            ),
        }
