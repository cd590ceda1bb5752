# SPDX-License-Identifier: AGPL-3.0-or-later
import math
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from odoo import api, models
from odoo.tools import SQL

from ..db.flying import FLYING_LINE
from ..db.transaction import own_transaction
from ..schemas import LevelRef
from .channel_level import EXPECTED_REMOTE

RUN_SECONDS = 10
"""After so long, other channels' numbers have their turn."""
LOOK_SECONDS = 6 * 3600
"""Within this time all numbers are looked at, where the channel has a read budget."""
SLICE_SECONDS = 60
"""From one part of them to the next."""


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
        can, asked, waiting = channel._capabilities(), None, False
        if can.applies:
            asked = self.env["channel.settler"]._run(channel)
        if can.lanes:
            asked = self.env["channel.lane"]._run(channel) or asked
        if not can.read_levels:
            return asked
        self._make_missing(channel)
        for ids in self._batches(channel, "_job_observe"):
            asked = True
            waiting = self._look(channel, ids) or waiting
        if waiting:
            # pull the orders of the time in between, then look again
            channel._pull_later()
        return asked

    def _make_missing(self, channel):
        with own_transaction(self.env) as env:
            env["channel.observer"]._make_missing_now(channel)

    def _make_missing_now(self, channel):
        """A row for each level of which nothing is known yet.

        They are gathered before the first one is written: of an empty table PostgreSQL
        expects to read it again for each level, and would read what it writes.
        """
        self.env.execute_query(
            SQL(
                """
                WITH missing AS (
                    SELECT array_agg(level.id) AS ids FROM channel_level level
                     WHERE level.channel_id = %(channel)s AND NOT EXISTS (
                           SELECT FROM channel_level_remote remote
                            WHERE remote.level_id = level.id)
                )
                INSERT INTO channel_level_remote
                       (level_id, channel_id, state, base_qty, base_deducted)
                SELECT unnest(ids), %(channel)s, 'unknown', 0, 0 FROM missing
                ON CONFLICT (level_id) DO NOTHING RETURNING id
                """,
                channel=channel.id,
            )
        )

    def _batches(self, channel, job, states=("unknown", "stale"), limit=None):
        """Ids of rows to look at, a request's worth at a time.

        When the time is up, or so many were looked at (``limit``), other channels have
        their turn, and ``job`` goes on there.
        """
        size = channel._capabilities().read_size
        left = limit or float("inf")
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
                        limit=min(size, left),
                    )
                    .ids
                )
            if ids:
                last, left = ids[-1], left - len(ids)
                yield ids
            if not ids or left <= 0 or time.monotonic() > end:
                break
        if limit:
            self._remember_slice(channel, job, last if ids else 0)
        else:
            self._remember_batch(channel, job, last if ids else 0)

    def _remember_slice(self, channel, job, last):
        """:param last: where to go on in a minute, 0 when the round is at its end"""
        with channel._shared_state(job) as state:
            state["last"] = last
        if last:
            channel._wake(job, seconds=SLICE_SECONDS)

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
        if any(each.as_of for each in states):
            states = self._without_outdated(channel, before, states)
        shown = {(each.stock_ref, each.node_ref): each.available for each in states}
        if not self._is_believable(channel, before, shown):
            return before, {}
        return before, shown

    @api.model
    def _is_believable(self, channel, facts, shown):
        """Hook: whether a reading is one to conclude from. Of one that is not, nothing
        is, and who finds that out tells a person.

        :param facts: list of dicts with stock_ref, node_ref and ``expected``
        :param shown: {(stock_ref, node_ref): number or None}, what was read of them
        """
        return True

    def _without_outdated(self, channel, facts, states):
        """Numbers of an earlier time say nothing about levels that have changed since,
        nor more about those that they were looked at for already.

        The others are as if they had been looked at then (``at``).
        """
        known = {(fact["stock_ref"], fact["node_ref"]): fact for fact in facts}
        changed = self._changed({fact["level_id"] for fact in facts})
        lead = channel._get_clock_lead()
        current = []
        for state in states:
            fact = known.get((state.stock_ref, state.node_ref))
            if fact and state.as_of:
                at = channel._get_our_time(state.as_of, lead)
                since = changed.get(fact["level_id"]), fact.get("seen_at")
                if any(moment and at <= moment for moment in since):
                    continue
                fact["at"] = at
            current.append(state)
        return current

    def _changed(self, level_ids):
        """:return: level id -> when we or the channel's known sales last changed it"""
        with own_transaction(self.env) as env:
            return dict(
                env.execute_query(
                    SQL(
                        """
                        SELECT level.id, GREATEST(
                               (SELECT max(GREATEST(publication.sent_at,
                                        publication.acked_at, line.applied_at))
                                  FROM channel_publication_line line
                                  JOIN channel_publication publication
                                    ON publication.id = line.publication_id
                                 WHERE line.level_id = level.id),
                               (SELECT max(deduction.created_at)
                                  FROM channel_deduction deduction
                                 WHERE deduction.listing_id = level.listing_id
                                   AND deduction.node_id = level.node_id))
                          FROM channel_level level WHERE level.id = ANY(%s)
                        """,
                        list(level_ids),
                    )
                )
            )

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
                           (%(awaited)s) AS awaited,
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
                    awaited=self._awaited(),
                    ids=list(remote_ids),
                )
            )
            return cr.dictfetchall()

    def _awaited(self):
        """Condition on ``level``: something has become of one of its orders that may
        have changed the number, and the order, as it is known here, does not say so
        yet."""
        return SQL("level.listing_id IN (%s)", SQL(" UNION ").join(self._awaiting()))

    def _awaiting(self):
        """Queries of the listings of such orders. Addons add those of orders of which
        they have told the channel something."""
        return [
            SQL(
                """
                SELECT line.listing_id
                  FROM channel_order sold
                  JOIN channel_order_line line ON line.order_id = sold.id
                 WHERE sold.wanted_version > sold.version
                   AND sold.state NOT IN ('blocked', 'gone')
                   -- what cannot be had for so long explains nothing any more
                   AND sold.wanted_version > now() AT TIME ZONE 'UTC'
                                             - interval '1 hour'
                """
            )
        ]

    # --------------------------------------------------------------- judge
    def _judge(self, channel, before, shown):
        after = {fact["id"]: fact for fact in self._facts([f["id"] for f in before])}
        pulled_from = self._pulled_from(channel)
        waiting, seen, adopted = False, [], []
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
            if self._is_settled(channel, fact, seen_sum, pulled_from):
                adopted.append((fact["id"], seen_sum - deducted, deducted))
                continue
            waiting = True
            if not self._is_agreed(fact, seen_sum):
                seen.append((fact["id"], seen_sum, fact["at"]))
        self._remember(seen)
        self._adopt(channel, adopted)
        return waiting

    @staticmethod
    def _is_agreed(fact, seen_sum):
        """Whether the look before has shown the same."""
        return bool(fact["seen_at"]) and fact["seen_sum"] == seen_sum

    def _is_settled(self, channel, fact, seen_sum, pulled_from):
        """Whether what was seen may be taken as the base."""
        if fact["state"] == "stale" and seen_sum == fact["base_sum"]:
            # a captured sale explains the refusal: the base was right all along
            self._on_explained(channel, fact)
            return True
        if fact["awaited"] or not self._is_agreed(fact, seen_sum):
            return False
        # an order of a sale before the first look is shown by then, and pulled
        shown_by = fact["seen_at"] + timedelta(seconds=channel.order_lag)
        if not pulled_from or pulled_from < shown_by:
            return False
        if fact["state"] == "stale" and not self._is_by_hand(fact):
            self._on_difference(channel, fact, seen_sum)
        return True

    def _is_by_hand(self, fact):
        """Whether a person has told the channel this number while its API was down."""
        return self.env["channel.hand.upload.line"]._explain(
            fact["level_id"],
            fact["shown"] or 0,
            fact["base_sum"] - fact["expected"],
        )

    def _on_difference(self, channel, fact, seen_sum):
        """A number was changed on the channel: two looks agree on another one than was
        expected, and no order explains it. Right after this it is taken as the base,
        and what differs from the target is queued; an addon may keep that back
        (``channel.publisher._withheld_conditions``).

        :param fact: what was known at the second look; ``shown``: what was read
        :param seen_sum: the number shown plus the deductions known then
        """
        self._report_drift(channel, fact, seen_sum)

    def _on_explained(self, channel, fact):
        """A number was doubted, and the channel's own sales explain it."""
        level = self.env["channel.level"].browse(fact["level_id"])
        self.env["channel.audit"]._log(
            "drift",
            channel,
            record=level,
            message=self.env._(
                "%(level)s shows %(shown)s, as expected: orders that came in since "
                "explain why it looked different.",
                level=level.display_name,
                shown=fact["shown"] or 0,
            ),
        )

    def _pulled_from(self, channel):
        """Since when all orders are in: the start of the last complete pull, when
        nothing that it brought is unprocessed."""
        state = channel._get_shared_state("poll")
        if not state.get("completed_from") or channel._unprocessed_events():
            return None
        return datetime.fromisoformat(state["completed_from"]).replace(tzinfo=None)

    def _remember(self, rows):
        """
        :param rows: list of (id, the number shown plus deductions, time of the look)
        """
        if not rows:
            return
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_level_remote remote
                   SET seen_sum = row.seen_sum, seen_at = row.seen_at
                  FROM (VALUES %s) AS row (id, seen_sum, seen_at)
                 WHERE remote.id = row.id AND remote.state IN ('unknown', 'stale')
                RETURNING remote.id
                """,
                SQL(", ").join(SQL("(%s, %s, %s::timestamp)", *row) for row in rows),
            )
        )

    def _adopt(self, channel, rows):
        """From here on these bases are known; what differs from the target is queued,
        what falls before what rises.

        :param rows: list of (id, number shown, deductions known)
        """
        if not rows:
            return
        adopted = self.env.execute_query(
            SQL(
                """
                WITH adopted AS (
                    UPDATE channel_level_remote remote
                       SET state = 'known', base_qty = row.shown,
                           base_deducted = row.deducted, seen_sum = NULL,
                           seen_at = NULL
                      FROM (VALUES %s) AS row (id, shown, deducted)
                     WHERE remote.id = row.id AND remote.state IN ('unknown', 'stale')
                    RETURNING remote.level_id, remote.channel_id, remote.base_qty
                )
                INSERT INTO channel_level_pending
                       (level_id, channel_id, urgent, force, since)
                SELECT level.id, adopted.channel_id, level.target < adopted.base_qty,
                       false, clock_timestamp() AT TIME ZONE 'UTC'
                  FROM adopted JOIN channel_level level ON level.id = adopted.level_id
                RETURNING level_id
                """,
                SQL(", ").join(SQL("(%s, %s, %s)", *row) for row in rows),
            )
        )
        level_ids = [level_id for (level_id,) in adopted]
        self.env["channel.level"]._share_again(level_ids)
        self.env["channel.hand.upload.line"]._settle(level_ids)
        channel.with_env(self.env)._wake("_job_publish")

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
        limit = self._get_slice(channel)
        for ids in self._batches(channel, "_job_look", ("known",), limit):
            asked = True
            doubted += self._doubt(channel, ids)
        if doubted:
            channel._explain_soon()
        return asked

    def _get_slice(self, channel):
        """How many numbers are looked at in one run, so that all of them are within
        ``LOOK_SECONDS``, and none faster than the channel's budget; None: all."""
        budget = channel._capabilities().read_budget
        if not budget:
            return None
        known = [("channel_id", "=", channel.id), ("state", "=", "known")]
        count = self.env["channel.level.remote"].search_count(known)
        share = math.ceil(count * SLICE_SECONDS / LOOK_SECONDS)
        # at least a request's worth: few numbers are looked at in one run
        share = max(share, channel._capabilities().read_size)
        return max(1, min(share, int(budget * SLICE_SECONDS)))

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
            return env["channel.observer"]._make_stale(differing)

    def _make_stale(self, remote_ids):
        """:return: how many of these are doubted: none that is on its way"""
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE channel_level_remote remote
                   SET state = 'stale', seen_sum = NULL, seen_at = NULL
                 WHERE id = ANY(%s) AND state = 'known' AND NOT EXISTS (
                       SELECT FROM channel_publication_line line
                         JOIN channel_publication publication
                           ON publication.id = line.publication_id
                        WHERE line.level_id = remote.level_id
                          AND %s)
                RETURNING id
                """,
                remote_ids,
                FLYING_LINE,
            )
        )
        return len(rows)

    # ---------------------------------------------------------------- hear
    def _hear(self, channel, states, moment):
        """The channel tells of numbers by itself: what was accepted is applied, what is
        as expected is well, and one that is higher is doubted.

        One that is lower is not: a sale does that, and its order is about to come in. A
        doubted number is not published, not even 0. Where no order comes, the next look
        at all numbers finds it.

        :param states: list of schemas.LevelState
        :param moment: when it told so, naive UTC by its clock, None where it does not
        """
        shown = {(each.stock_ref, each.node_ref): each for each in states}
        remote_ids = self._find_remotes(channel, list(shown))
        facts = self._facts(remote_ids)
        told = moment.replace(tzinfo=timezone.utc) if moment else None
        current = self._without_outdated(
            channel, facts, [replace(each, as_of=each.as_of or told) for each in states]
        )
        self.env["channel.settler"]._hear(channel, current)
        expected = {(f["stock_ref"], f["node_ref"]): f for f in facts}
        odd = [
            fact["id"]
            for each in current
            if (fact := expected.get((each.stock_ref, each.node_ref)))
            and (each.available or 0) > fact["expected"]
        ]
        if odd and self._make_stale(odd):
            channel._explain_soon()

    def _find_remotes(self, channel, refs):
        """:param refs: list of (stock ref, node ref)"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT remote.id
                  FROM (VALUES %s) AS told (stock_ref, node_ref)
                  JOIN channel_listing listing ON listing.stock_ref = told.stock_ref
                   AND listing.channel_id = %s
                  JOIN channel_node node ON node.external_id = told.node_ref
                   AND node.channel_id = listing.channel_id
                  JOIN channel_level level ON level.listing_id = listing.id
                   AND level.node_id = node.id
                  JOIN channel_level_remote remote ON remote.level_id = level.id
                """,
                SQL(", ").join(SQL("(%s, %s)", *ref) for ref in refs),
                channel.id,
            )
        )
        return [remote_id for (remote_id,) in rows]
