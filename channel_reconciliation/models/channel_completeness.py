# SPDX-License-Identifier: AGPL-3.0-or-later
import time
from datetime import datetime, timedelta, timezone

from odoo import api, models

from odoo.addons.channel_inventory_base.db.transaction import (
    LOCK_RECONCILE,
    own_transaction,
    try_lock,
)

from ..const import ORDER_KINDS
from ..db import order_refs
from ..db.run import edited_run, now
from ..tools.believe import is_list_believable

RUN_SECONDS = 50
"""After so long, other channels' runs have their turn."""
GRACE_MINUTES = 10
"""What was placed or changed so recently may be on its way."""
STUCK_HOURS = 24
"""A run that has got no further for so long has failed."""
WAIT_HOURS = 1
"""An order that was found and is not here by then is a person's."""
SETTLED_AT_ONCE = 1000


class ChannelCompleteness(models.AbstractModel):
    """Whether every order of a channel has come in, day by day (UTC).

    How it works: the orders of a day are counted there and here, which is one request
    for a day without a difference. Where the counts differ, where the channel does not
    count, and once a week all days, the ids of that day are listed: what is missing
    here is fetched and stored as any pulled order is; what is here and not there, or
    newer there, is wanted again, and what the channel then tells decides. Nothing is
    concluded from a list alone.

    A day is committed before the next one begins, and of a list each page with where to
    go on: a worker that dies leaves a run that the next one goes on with.
    """

    _name = "channel.completeness"
    _description = "Order Completeness"

    @api.model
    def _run(self, channel):
        """Go on with the run of a channel's orders.

        :return: True when the channel was asked, None when there was nothing to do,
            False when another worker is at it
        """
        with try_lock(self.env, LOCK_RECONCILE, channel.id) as locked:
            if not locked:
                return False
            run_id = self._find_running(channel)
            return self._go_on(channel, run_id) if run_id else None

    def _find_running(self, channel):
        with own_transaction(self.env) as env:
            domain = [
                ("channel_id", "=", channel.id),
                ("state", "=", "running"),
                ("kind", "=", "orders"),
            ]
            return env["channel.reconcile.run"].search(domain, limit=1).id

    def _go_on(self, channel, run_id):
        end, asked = time.monotonic() + RUN_SECONDS, None
        self._give_up_if_stuck(run_id)
        while time.monotonic() < end:
            with edited_run(self.env, run_id) as run:
                step = run.state == "running" and (run.step or "count")
            if not step:
                return asked
            asked = getattr(self, f"_step_{step}")(channel, run_id, end) or asked
        channel._wake("_job_reconcile")
        return asked

    def _give_up_if_stuck(self, run_id):
        """A list that cannot be had for a day must not keep out later runs."""
        with edited_run(self.env, run_id) as run:
            if now(run.env) - run.write_date > timedelta(hours=STUCK_HOURS):
                words = self.env._("The orders of %s could not be listed.", run.day)
                run._end("failed", words)
                run.env["channel.exception"]._report(
                    run.channel_id,
                    "reconcile",
                    key="orders",
                    record=run,
                    message=f"{run.channel_id.name}: {words}",
                    suggestion=self.env._(
                        "Test the connection and its permissions; then press "
                        "Reconcile on the channel. It ends with the next run."
                    ),
                )

    # --------------------------------------------------------------- steps
    # Each is a part of a run that is durable when it is done. It returns whether the
    # channel was asked.
    def _step_note(self, channel, run_id, end):
        with edited_run(self.env, run_id) as run:
            run.write({"noted_at": now(run.env), "day": run.day_from, "step": "count"})
            run.env.cr.execute(order_refs.forget(run_id))

    def _step_count(self, channel, run_id, end):
        with edited_run(self.env, run_id) as run:
            since, until = self._get_bounds(run)
            by_ids = run.by_ids
        can = channel._capabilities()
        there = None
        if can.order_counts and not by_ids and since < until:
            there = channel._adapter()._count_orders(channel, *_aware(since, until))
        with edited_run(self.env, run_id) as run:
            if since >= until:
                self._next_day(run)
                return None
            here = self._count_here(run, since, until)
            day = run.env["channel.reconcile.day"]._note(
                run, count_there=there or 0, count_here=here, by_ids=there is None
            )
            if there == here:
                day.write(_differing("equal"))
                self._add_counts(run, {"equal": here})
                self._next_day(run)
            else:
                run.env.cr.execute(order_refs.forget(run_id))
                run.write({"step": "list", "cursor": False, "read_count": 0})
        return True

    def _step_list(self, channel, run_id, end):
        with edited_run(self.env, run_id) as run:
            since, until = self._get_bounds(run)
            cursor = run.cursor or ""
        pages = channel._adapter()._iter_order_refs(
            channel, *_aware(since, until), cursor
        )
        for page in pages:
            self._stage(run_id, page)
            if not page.cursor or time.monotonic() > end:
                break
        return True

    def _stage(self, run_id, page):
        """Keep what was listed, and where to go on after it, together."""
        rows = [
            (each.ref, _naive(each.placed_at), _naive(each.version), each.cancelled)
            for each in page.refs
        ]
        with edited_run(self.env, run_id) as run:
            if rows:
                run.env.cr.execute(order_refs.stage(run_id, rows))
            [[staged]] = run.env.execute_query(order_refs.count_staged(run_id))
            lost = staged < run.read_count
            run.write(
                {
                    "read_count": staged,
                    "cursor": page.cursor,
                    # lost in a crash of the database: this day anew
                    "step": "count" if lost else "list" if page.cursor else "sort",
                }
            )

    def _step_sort(self, channel, run_id, end):
        """Record what differs, and have known orders asked for; in one transaction."""
        with edited_run(self.env, run_id) as run:
            [[staged]] = run.env.execute_query(order_refs.count_staged(run_id))
            if staged != run.read_count:
                run.step = "count"
                return
            run.env["channel.completeness"]._sort(run, staged)

    def _step_fetch(self, channel, run_id, end):
        """Fetch what is missing, a request's worth at a time."""
        can = channel._capabilities()
        size = can.fetch_size if can.lists_orders else 1
        with own_transaction(self.env) as env:
            refs = [ref for (ref,) in env.execute_query(_take(run_id, size))]
        events = self._fetch(channel, refs) if refs else []
        with edited_run(self.env, run_id) as run:
            if not refs:
                self._next_day(run)
                return None
            run.env["channel.inbox.event"]._store(channel, events, "reconcile")
            run.env.cr.execute(order_refs.note_asked(run_id, refs))
        return True

    def _fetch(self, channel, refs):
        """:return: list of schemas.InboundEvent, without orders that are not shown"""
        adapter = channel._adapter()
        if channel._capabilities().lists_orders:
            return adapter._read_orders(channel, refs)
        found = [adapter._fetch_order(channel, ref) for ref in refs]
        return [event for event in found if event]

    # ----------------------------------------------------------------- day
    def _get_bounds(self, run):
        """:return: (since, until) of the day of a run, naive UTC: as much of it as has
        passed a while ago"""
        since = datetime.combine(run.day, datetime.min.time())
        late = now(run.env) - timedelta(minutes=GRACE_MINUTES)
        return since, min(since + timedelta(days=1), late.replace(microsecond=0))

    def _count_here(self, run, since, until):
        query = order_refs.count_here(run.channel_id.id, since, until)
        [[count]] = run.env.execute_query(query)
        return count

    def _next_day(self, run):
        run.env.cr.execute(order_refs.forget(run.id))
        if run.day < run.day_until:
            values = {"step": "count", "cursor": False, "read_count": 0}
            run.write({**values, "day": run.day + timedelta(days=1)})
            return
        run.read_until = now(run.env)
        run._end("done")
        refused = run.env["channel.reconcile.day"].search_count(
            [("channel_id", "=", run.channel_id.id), ("state", "=", "refused")], limit=1
        )
        if not refused:
            run.env["channel.exception"]._resolve_keys(run.channel_id, ["orders"])

    def _add_counts(self, run, more):
        counts = dict(run.counts or {})
        for kind, count in more.items():
            counts[kind] = counts.get(kind, 0) + count
        run.counts = counts
        run.expected_count = sum(counts.values())

    # ---------------------------------------------------------------- sort
    @api.model
    def _sort(self, run, listed):
        """:param listed: orders of the day that the channel has listed"""
        since, until = self._get_bounds(run)
        channel, execute = run.channel_id, self.env.cr.execute
        execute(order_refs.mark_missing(run.id, channel.id))
        settled = now(self.env) - timedelta(minutes=GRACE_MINUTES)
        rows = self.env.execute_query(
            order_refs.find(run.id, channel.id, since, until, settled)
        )
        here = self._count_here(run, since, until)
        day = self.env["channel.reconcile.day"]._note(run, by_ids=True)
        counts = {kind: 0 for kind in ORDER_KINDS}
        for kind, *_rest in rows:
            counts[kind] += 1
        state = "differs" if rows else "equal"
        if not is_list_believable(listed, day.count_there, here, counts["order_gone"]):
            state = "refused"
            rows = [row for row in rows if row[0] != "order_gone"]
            self._refuse(run, listed, here, counts["order_gone"])
        self._record(run, rows)
        self._note_day(day, run, listed, here, counts, state)
        self._add_counts(
            run, {"equal": listed - counts["order_missing"], **_positive(counts)}
        )
        run.step = "fetch"

    def _note_day(self, day, run, listed, here, counts, state):
        late = self.env["channel.reconcile.difference"].search(
            [("run_id", "=", run.id), ("day", "=", run.day)]
        )
        day.write(
            {
                **_differing(state, counts),
                "count_there": max(listed, day.count_there),
                "count_here": here,
                "found": day.found + counts["order_missing"],
                "late_hours": max([day.late_hours, *late.mapped("late_hours")]),
            }
        )

    def _record(self, run, rows):
        recorder = self.env["channel.reconcile.recorder"]
        orders = self.env["channel.order"]
        moment = now(self.env)
        for kind, ref, order_id, name, placed_at, version in rows:
            order = orders.browse(order_id or [])
            missing = kind == "order_missing"
            hours = (moment - placed_at).total_seconds() / 3600
            recorder._record(
                {
                    "run_id": run.id,
                    "trace": run.trace,
                    "company_id": run.company_id.id,
                    "channel_id": run.channel_id.id,
                    "kind": kind,
                    "state": "checking",
                    "stock_ref": ref,
                    "sku": name or ref.rpartition("/")[2],
                    "day": run.day,
                    "changed_at": version,
                    "late_hours": hours if missing else 0,
                    "res_model": "channel.order",
                    "res_id": order.id,
                }
            )
            if kind == "order_gone" or (missing and order):
                order._want_fetch()
            elif order:
                order._want(version)

    def _refuse(self, run, listed, here, gone):
        channel = run.channel_id
        self.env["channel.exception"]._report(
            channel,
            "reconcile",
            key="orders",
            record=run,
            message=self.env._(
                "%(channel)s lists %(listed)s orders of %(day)s, and %(here)s are "
                "here: %(gone)s would be deleted there, which is not believable.",
                channel=channel.name,
                listed=listed,
                day=run.day,
                here=here,
                gone=gone,
            ),
            suggestion=self.env._(
                "No order was ended because of it. Check that the connection may read "
                "all orders, and the orders of that day on the channel; then press "
                "Reconcile on the channel. Orders that were deleted there are found "
                "one by one as long as they are open."
            ),
        )

    # -------------------------------------------------------------- minute
    @api.model
    def _follow(self):
        """Once a minute: what became of orders that differed."""
        # sudo: differences of all companies
        pending = (
            self.env["channel.reconcile.difference"]
            .sudo()
            .search(
                [("kind", "in", ORDER_KINDS), ("state", "in", ("checking", "open"))],
                order="id",
                limit=SETTLED_AT_ONCE,
            )
        )
        found = self._find_orders(pending)
        late = now(self.env) - timedelta(hours=WAIT_HOURS)
        for difference in pending:
            order = found.get((difference.channel_id.id, difference.stock_ref))
            state = self._get_outcome(difference, order)
            if state == "open":
                # it is blocked, and its own exception says why
                difference.state = state
            elif state:
                difference.res_id = order.id
                difference._settle(state)
            elif difference.state == "checking" and difference.first_seen < late:
                difference.state = "open"
                self._tell(difference)

    def _find_orders(self, differences):
        # sudo: orders of all companies
        orders = (
            self.env["channel.order"]
            .sudo()
            .search(
                [
                    ("channel_id", "in", differences.channel_id.ids),
                    ("external_id", "in", differences.mapped("stock_ref")),
                ]
            )
        )
        return {(each.channel_id.id, each.external_id): each for each in orders}

    def _get_outcome(self, difference, order):
        """:return: how a difference has ended, None where it has not"""
        if not order:
            return None
        is_gone = order.state == "gone"
        if difference.kind == "order_missing":
            return None if is_gone else "repaired"
        if difference.kind == "order_gone":
            if is_gone:
                return "repaired"
            asked = order.looked_at and order.looked_at > difference.last_seen
            waiting = order.wanted_version and order.wanted_version > order.version
            if not asked or waiting:
                return None
            return "open" if order.state == "blocked" else "explained"
        version = difference.changed_at
        return "repaired" if is_gone or order.version >= version else None

    def _tell(self, difference):
        names = dict(difference._fields["kind"]._description_selection(difference.env))
        difference._report(
            "reconcile",
            self.env._(
                "%(channel)s, order %(order)s of %(day)s: %(what)s, and asking for it "
                "has not put it right.",
                channel=difference.channel_id.name,
                order=difference.sku,
                day=difference.day,
                what=names[difference.kind].lower(),
            ),
            self.env._(
                "Look at the order on the channel, and for it among the dead letters "
                "and blocked orders: correct it there. It closes when the order is "
                "here as it is there; otherwise close the difference."
            ),
        )


def _take(run_id, size):
    return order_refs.take_missing(run_id, size)


def _aware(*moments):
    return [moment.replace(tzinfo=timezone.utc) for moment in moments]


def _naive(moment):
    return moment and moment.astimezone(timezone.utc).replace(tzinfo=None)


def _positive(counts):
    return {kind: count for kind, count in counts.items() if count}


def _differing(state, counts=None):
    counts = counts or {}
    values = {kind.partition("_")[2]: counts.get(kind, 0) for kind in ORDER_KINDS}
    return {**values, "state": state, "differing": sum(values.values())}
