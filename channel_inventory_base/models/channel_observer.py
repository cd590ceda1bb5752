# SPDX-License-Identifier: AGPL-3.0-or-later
import time
from datetime import datetime, timedelta

from odoo import api, models
from odoo.tools import SQL

from ..db.transaction import own_transaction
from ..schemas import LevelRef
from .channel_level import EXPECTED_REMOTE

RUN_SECONDS = 10
"""After so long, other channels' numbers have their turn."""


def _same(before, after):
    names = ("state", "expected", "base_sum")
    return after is not None and all(before[name] == after[name] for name in names)


class ChannelObserver(models.AbstractModel):
    """Reads unknown quantities from a channel without losing a sale.

    A quantity just read may include a sale whose order is not captured yet; using it as
    the base would let the next publication overwrite that sale. But while the channel
    only sells, "number shown + deductions we know" changes with each sale that we have
    NOT captured yet, and returns to its value when we capture it. So a sum is believed
    when two looks, further apart than the channel takes to show an order, agree on it
    and all orders were pulled in between. Everything else waits.
    """

    _name = "channel.observer"
    _description = "Channel Observer"

    @api.model
    def _run(self, channel):
        """:return: True when the channel was asked, None when there was nothing to"""
        if not channel._capabilities().read_levels:
            return None
        self._make_missing(channel)
        asked, waiting = None, False
        for ids in self._batches(channel, "_job_observe"):
            asked = True
            waiting = self._look(channel, ids) or waiting
        if waiting:
            # pull the orders of the time in between, then look again
            channel._pull_later()
        return asked

    def _make_missing(self, channel):
        with own_transaction(self.env) as env:
            env.execute_query(
                SQL(
                    """
                    INSERT INTO channel_level_remote
                           (level_id, channel_id, state, base_qty, base_deducted)
                    SELECT level.id, level.channel_id, 'unknown', 0, 0
                      FROM channel_level level
                     WHERE level.channel_id = %s AND NOT EXISTS (
                           SELECT FROM channel_level_remote remote
                            WHERE remote.level_id = level.id)
                    ON CONFLICT (level_id) DO NOTHING RETURNING id
                    """,
                    channel.id,
                )
            )

    def _batches(self, channel, job, states=("unknown", "stale")):
        """Ids of rows to look at, a request's worth at a time.

        When the time is up other channels have their turn, and ``job`` goes on there.
        """
        size = channel._capabilities().read_size
        last = channel._get_shared_state(job).get("last", 0)
        end = time.monotonic() + RUN_SECONDS
        while True:
            with own_transaction(self.env) as env:
                ids = (
                    env["channel.level.remote"]
                    .search(
                        [
                            ("channel_id", "=", channel.id),
                            ("state", "in", states),
                            ("id", ">", last),
                        ],
                        order="id",
                        limit=size,
                    )
                    .ids
                )
            if ids:
                last = ids[-1]
                yield ids
            if not ids or time.monotonic() > end:
                break
        self._remember_batch(channel, job, last if ids else 0)

    def _remember_batch(self, channel, job, last):
        """:param last: where to go on, 0 when this was the end"""
        if last or channel._get_shared_state(job):
            with channel._shared_state(job) as state:
                began, state["last"] = state.get("last"), last
            if last or began:
                # the rest, or those before the one that this round began with
                channel._wake(job)

    # ---------------------------------------------------------------- look
    def _look(self, channel, remote_ids):
        """Look at a batch once. :return: whether some of it needs another look"""
        before, shown = self._see(channel, remote_ids)
        with own_transaction(self.env) as env:
            observer = env["channel.observer"]
            return observer._judge(
                env["channel.channel"].browse(channel.id), before, shown
            )

    def _see(self, channel, remote_ids):
        """:return: (what we knew before, what is shown by item and node)"""
        before = self._facts(remote_ids)
        refs = [LevelRef(fact["stock_ref"], fact["node_ref"]) for fact in before]
        states = channel._adapter()._fetch_levels(channel, refs)
        return before, {
            (each.stock_ref, each.node_ref): each.available for each in states
        }

    def _facts(self, remote_ids):
        """The present facts of each row."""
        with own_transaction(self.env) as env:
            cr = env.cr
            cr.execute(
                SQL(
                    """
                    SELECT remote.id, remote.level_id, remote.state, remote.seen_sum,
                           remote.seen_at, %(expected)s AS expected,
                           remote.base_qty + remote.base_deducted AS base_sum,
                           listing.stock_ref, node.external_id AS node_ref,
                           clock_timestamp() AT TIME ZONE 'UTC' AS at
                      FROM channel_level_remote remote
                      JOIN channel_level level ON level.id = remote.level_id
                      JOIN channel_listing listing ON listing.id = level.listing_id
                      JOIN channel_node node ON node.id = level.node_id
                     WHERE remote.id = ANY(%(ids)s)
                       AND listing.state = 'mapped' AND listing.tracked
                       AND listing.uncounted IS NOT TRUE
                    """,
                    expected=EXPECTED_REMOTE,
                    ids=list(remote_ids),
                )
            )
            return cr.dictfetchall()

    # --------------------------------------------------------------- judge
    def _judge(self, channel, before, shown):
        after = {fact["id"]: fact for fact in self._facts([f["id"] for f in before])}
        pulled_from = self._pulled_from(channel)
        waiting = False
        for fact in before:
            ref = fact["stock_ref"], fact["node_ref"]
            now = after.get(fact["id"])
            if ref not in shown or now is None:
                continue
            if now["expected"] != fact["expected"]:
                # a sale was captured while we looked: whether it was in, nobody knows
                waiting = True
                continue
            deducted = fact["base_sum"] - fact["expected"]
            # a level that is not stocked there yet shows nothing, which sells as 0
            seen_sum = (shown[ref] or 0) + deducted
            fact["shown"] = shown[ref]
            waiting |= not self._conclude(
                channel, fact, seen_sum, deducted, pulled_from
            )
        return waiting

    def _conclude(self, channel, fact, seen_sum, deducted, pulled_from):
        """:return: whether the row is settled"""
        if fact["state"] == "stale" and seen_sum == fact["base_sum"]:
            # a captured sale explains the refusal: the base was right all along
            self._adopt(channel, fact, seen_sum, deducted)
            return True
        agreed = fact["seen_sum"] == seen_sum and fact["seen_at"]
        if not agreed:
            self._remember(fact, seen_sum)
            return False
        # an order of a sale before the first look is shown by then, and pulled
        shown_by = fact["seen_at"] + timedelta(seconds=channel.order_lag)
        if not pulled_from or pulled_from < shown_by:
            return False
        if fact["state"] == "stale":
            self._report_drift(channel, fact, seen_sum)
        self._adopt(channel, fact, seen_sum, deducted)
        return True

    def _pulled_from(self, channel):
        """Since when all orders are in: the start of the last complete pull, when
        nothing that it brought is unprocessed."""
        state = channel._get_shared_state("poll")
        if not state.get("completed_from") or channel._unprocessed_events():
            return None
        return datetime.fromisoformat(state["completed_from"]).replace(tzinfo=None)

    def _remember(self, fact, seen_sum):
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_level_remote SET seen_sum = %s, seen_at = %s
                 WHERE id = %s AND state IN ('unknown', 'stale') RETURNING id
                """,
                seen_sum,
                fact["at"],
                fact["id"],
            )
        )

    def _adopt(self, channel, fact, seen_sum, deducted):
        """From here on the base is known; what differs from the target is queued."""
        self.env.execute_query(
            SQL(
                """
                WITH adopted AS (
                    UPDATE channel_level_remote
                       SET state = 'known', base_qty = %(shown)s,
                           base_deducted = %(deducted)s, seen_sum = NULL, seen_at = NULL
                     WHERE id = %(id)s AND state IN ('unknown', 'stale')
                    RETURNING level_id, channel_id
                )
                INSERT INTO channel_level_pending
                       (level_id, channel_id, urgent, force, since)
                SELECT level_id, channel_id, false, false,
                       clock_timestamp() AT TIME ZONE 'UTC'
                  FROM adopted RETURNING id
                """,
                id=fact["id"],
                shown=seen_sum - deducted,
                deducted=deducted,
            )
        )
        self.env["channel.level"]._share_again([fact["level_id"]])
        channel._wake("_job_publish")

    def _report_drift(self, channel, fact, seen_sum):
        """The quantity was changed on the channel: report it, then correct it."""
        level = self.env["channel.level"].browse(fact["level_id"])
        message = self._get_drift_message(fact, level, seen_sum)
        self.env["channel.audit"]._log("drift", channel, record=level, message=message)
        self.env["channel.exception"]._report(
            channel,
            "drift",
            key=f"drift:{level.id}",
            record=level,
            message=message,
            suggestion=self.env._(
                "Odoo's quantity is being published again. Find out who edits stock on "
                "the channel; recount the shelf if the change was intended."
            ),
        )

    def _get_drift_message(self, fact, level, seen_sum):
        """A number that is none sells as 0, and is told from it."""
        if fact["shown"] is None:
            return self.env._(
                "%(level)s has no quantity any more, %(expected)s was expected: the "
                "channel no longer stocks it at this location.",
                level=level.display_name,
                expected=fact["expected"],
            )
        return self.env._(
            "%(level)s shows %(shown)s, %(expected)s was expected, and no order "
            "explains the difference: the quantity was changed on the channel.",
            level=level.display_name,
            shown=seen_sum - (fact["base_sum"] - fact["expected"]),
            expected=fact["expected"],
        )

    # ---------------------------------------------------------------- look
    # Finds quantities that were changed on the channel, where nothing moves in Odoo.
    #
    # A publication that meets another number than it expected finds that out by itself;
    # but a number that needs no publication would stay wrong for good. So now and then
    # all known numbers are read. One that differs is not put right here, since a sale
    # that we have not seen looks the same: it is doubted, which is what a refused
    # publication does too, and the observer finds out which of the two it is.
    @api.model
    def _look_around(self, channel):
        """Doubt what shows another number than it should as far as we know.

        :return: True when the channel was asked, None when there was nothing to
        """
        if not channel._capabilities().read_levels:
            return None
        doubted, asked = 0, None
        for ids in self._batches(channel, "_job_look", ("known",)):
            asked = True
            doubted += self._doubt(channel, ids)
        if doubted:
            channel._explain_soon()
        return asked

    def _doubt(self, channel, remote_ids):
        """:return: how many of a batch are doubted from now on"""
        before, shown = self._see(channel, remote_ids)
        after = {fact["id"]: fact for fact in self._facts(list(remote_ids))}
        differing = [
            fact["id"]
            for fact in before
            if (ref := (fact["stock_ref"], fact["node_ref"])) in shown
            and (shown[ref] or 0) != fact["expected"]
            # what moved while we looked is no reason to doubt anything
            and _same(fact, after.get(fact["id"]))
        ]
        if not differing:
            return 0
        with own_transaction(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    UPDATE channel_level_remote remote
                       SET state = 'stale', seen_sum = NULL, seen_at = NULL
                     WHERE id = ANY(%s) AND state = 'known' AND NOT EXISTS (
                           SELECT FROM channel_publication_line line
                             JOIN channel_publication publication
                               ON publication.id = line.publication_id
                            WHERE line.level_id = remote.level_id
                              AND publication.state IN ('ready', 'sending'))
                    RETURNING id
                    """,
                    differing,
                )
            )
        return len(rows)
