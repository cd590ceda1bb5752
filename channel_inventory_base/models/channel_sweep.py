# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import dataclass
from datetime import datetime

from odoo import api, fields, models
from odoo.tools import SQL

from ..db.scope import Scope

MAX_ID = 2**31 - 1


@dataclass(frozen=True)
class Slice:
    """Products ``first`` to ``last`` of some channels, to be planned together."""

    channels: list  # those that are swept, and those that share with them
    first: int
    last: int
    since: datetime
    trace: str | None

    def scope(self):
        products = SQL("BETWEEN %s AND %s", self.first, self.last)
        if self.first == 1 and self.last == MAX_ID:
            products = SQL("IS NOT NULL")  # all: nothing to compare
        return Scope(
            SQL(
                "listing.channel_id = ANY(%s) AND listing.product_id %s",
                self.channels,
                products,
            ),
            products,
        )

    def changed(self):
        """Query of (listing_id, since, trace): all of ``differing`` for one cause."""
        return SQL(
            "SELECT DISTINCT listing_id, %s::timestamp AS since, %s::varchar AS trace "
            "FROM differing",
            self.since,
            self.trace,
        )


class ChannelSweep(models.Model):
    """A full replan of a channel, and its progress.

    Written by the planner only. Products up to ``product_id`` are done; the quantities
    of the rest must not be raised yet (``channel.publisher`` looks here).
    """

    _name = "channel.sweep"
    _description = "Channel Replanning"
    _inherit = ["channel.guarded"]
    _rec_name = "channel_id"
    _log_access = False

    channel_id = fields.Many2one("channel.channel", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="channel_id.company_id")
    product_id = fields.Integer(
        required=True, aggregator=None, string="Planned up to Product (id)"
    )
    since = fields.Datetime(required=True, help="Commit time of the cause")
    trace = fields.Char()

    _channel_uniq = models.UniqueIndex("(channel_id)")

    @api.model
    def _is_due(self):
        """Whether a sweep is under way."""
        return bool(self.search_count([], limit=1))

    @api.model
    def _next_slice(self, size):
        """Take the next products of the sweeps that have got least far.

        Sweeps at the same product go on together: a position is computed once for
        all their channels.

        :param size: about how many listings
        :return: a Slice; None when no sweep is under way
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT array_agg(channel_id), product_id, min(since), max(trace)
                  FROM channel_sweep GROUP BY product_id ORDER BY product_id LIMIT 1
                """
            )
        )
        if not rows:
            return None
        [(channels, done, since, trace)] = rows
        planned = self._with_sharers(channels)
        last = self._last_product(planned, done, size)
        self._advance(channels, last)
        return Slice(planned, done + 1, last or MAX_ID, since, trace)

    def _with_sharers(self, channels):
        """``channels`` and all that share stock exclusively with them, or with those:
        a share is a part of the whole, whoever's sweep it is."""
        rows = self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE sharing (channel_id) AS (
                    SELECT unnest(%s::int[])
                    UNION
                    SELECT other.channel_id
                      FROM sharing
                      JOIN channel_allocation_version_member member
                     USING (channel_id)
                      JOIN channel_allocation_version allocation
                        ON allocation.id = member.version_id
                       AND allocation.state = 'active'
                      JOIN channel_allocation_version_member other
                        ON other.version_id = allocation.id
                )
                SELECT channel_id FROM sharing ORDER BY channel_id
                """,
                channels,
            )
        )
        return [row[0] for row in rows]

    def _last_product(self, channels, done, size):
        """The product that fills the slice; None when what is left fits into it."""
        if not done and self._fits(size):
            return None
        rows = self.env.execute_query(
            SQL(
                """
                SELECT product_id FROM channel_listing
                 WHERE state = 'mapped' AND channel_id = ANY(%s) AND product_id > %s
                 ORDER BY product_id OFFSET %s LIMIT 1
                """,
                channels,
                done,
                size - 1,
            )
        )
        return rows[0][0] if rows else None

    def _fits(self, size):
        """Whether PostgreSQL believes that there are no more listings than that: then
        nobody counts them."""
        [[believed]] = self.env.execute_query(
            SQL(
                "SELECT reltuples FROM pg_class WHERE oid = 'channel_listing'::regclass"
            )
        )
        return 0 < believed <= size

    def _advance(self, channels, last):
        self.env.execute_query(
            SQL(
                "UPDATE channel_sweep SET product_id = %s WHERE channel_id = ANY(%s) "
                "RETURNING id",
                last,
                channels,
            )
            if last
            else SQL(
                "DELETE FROM channel_sweep WHERE channel_id = ANY(%s) RETURNING id",
                channels,
            )
        )
