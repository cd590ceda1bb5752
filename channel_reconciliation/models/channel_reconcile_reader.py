# SPDX-License-Identifier: AGPL-3.0-or-later
import time
from datetime import timezone

from odoo import api, models

from odoo.addons.channel_inventory_base.db.transaction import own_transaction
from odoo.addons.channel_inventory_base.schemas import LevelRef

from ..db import staging

AT_ONCE, STAGE_SECONDS = 2000, 2
"""So many numbers, or what came in so long, are kept in one transaction."""


class ChannelReconcileReader(models.AbstractModel):
    """Reads the numbers of a channel for a run, and keeps them together with where to
    go on after them. A worker that dies has a few requests repeated."""

    _name = "channel.reconcile.reader"
    _description = "Read Quantities"

    @api.model
    def _read_all(self, channel, run_id, cursor, noted_at, end):
        """Read all numbers there are.

        :param cursor: where to go on, "" at the beginning
        :param noted_at: when what is expected was noted, naive UTC
        :param end: of ``time.monotonic``: after that others have their turn
        :return: whether all was read
        """
        since = noted_at.replace(tzinfo=timezone.utc)
        pages = channel._adapter()._iter_levels(channel, since, cursor)
        for levels, position in self._gather(pages):
            self._stage(channel, run_id, levels, position)
            if position and time.monotonic() > end:
                return False
        return True

    def _gather(self, pages):
        """Pages put together, as many as are worth a transaction. What a channel has
        told before it fails comes before its failure.

        Yields (levels, cursor).
        """
        pages, levels, cursor, began = iter(pages), [], None, time.monotonic()
        while True:
            try:
                page = next(pages, None)
            except Exception:
                if levels or cursor:
                    yield levels, cursor
                raise
            if page is None:
                break
            levels.extend(page.levels)
            cursor = page.cursor or cursor
            if len(levels) >= AT_ONCE or time.monotonic() - began > STAGE_SECONDS:
                yield levels, cursor
                levels, cursor, began = [], None, time.monotonic()
        if levels or cursor:
            yield levels, cursor

    @api.model
    def _read_by_name(self, channel, run_id, number, cursor, end):
        """Read the levels of the round, a request's worth at a time.

        :param cursor: id of the last level that was read, "" at the beginning
        :return: whether all were read
        """
        after = int(cursor or 0)
        size = channel._capabilities().read_size
        adapter = channel._adapter()
        while True:
            with own_transaction(self.env) as env:
                rows = env.execute_query(staging.find_due(run_id, number, after, size))
            if not rows:
                return True
            refs = [LevelRef(*row[1:]) for row in rows]
            states, after = adapter._fetch_levels(channel, refs), rows[-1][0]
            self._stage(channel, run_id, states, str(after))
            if time.monotonic() > end:
                return False

    def _stage(self, channel, run_id, levels, cursor=None):
        """Keep what was read, and where to go on after it, together. Often: the run's
        record need not be known for that."""
        with own_transaction(self.env) as env:
            if levels:
                lead = channel._get_clock_lead()
                rows = [self._prepare_seen(channel, lead, each) for each in levels]
                env.cr.execute(staging.see(run_id, rows))
            env.cr.execute(staging.advance(run_id, len(levels), cursor))

    def _prepare_seen(self, channel, lead, level):
        updated_at = getattr(level, "updated_at", None)
        return (
            level.stock_ref,
            level.node_ref,
            level.available,
            getattr(level, "committed", None),
            channel._get_our_time(updated_at, lead) if updated_at else None,
            getattr(level, "sells_below_zero", None),
            getattr(level, "tracked", True),
            getattr(level, "sku", "") or None,
        )
