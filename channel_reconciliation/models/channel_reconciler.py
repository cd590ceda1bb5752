# SPDX-License-Identifier: AGPL-3.0-or-later
import time
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.transaction import (
    LOCK_RECONCILE,
    own_transaction,
    try_lock,
)

from ..const import CONCLUDED, EXPLAINED, ROUNDS
from ..db import staging
from ..db.run import edited_run, now
from ..tools.believe import Reading

RUN_SECONDS = 50
"""After so long, other channels' runs have their turn."""
PULL_MINUTES = 60
"""So long a run waits for orders."""
WAIT_SECONDS = 20
OLD_HOURS = 6
"""What was noted so long ago is noted anew."""
MESSAGES = 5
"""So many items a message names."""


class ChannelReconciler(models.AbstractModel):
    """Compares all numbers of a channel with what they should be.

    How it works: what is expected is noted in one statement; then all numbers are read,
    page by page; then the orders of that time are pulled; then what is expected now is
    compared with what was noted and read, in one statement. A number that moved
    meanwhile is read again alone. So a run of minutes on a selling shop finds no
    difference where there is none.

    It writes no numbers: what differs is doubted, which is what a refused publication
    does too, and the observer finds out whether a person or a sale did it. That is
    classified here (``_conclude``), and what may be done is the policy's to say.

    A reading that is not believable is refused as a whole (``tools.believe``).
    """

    _name = "channel.reconciler"
    _description = "Channel Reconciler"

    # ----------------------------------------------------------------- run
    @api.model
    def _run(self, channel):
        """Go on with the run of a channel.

        :return: True when the channel was asked, None when there was nothing to do,
            False when another worker is at it
        """
        with try_lock(self.env, LOCK_RECONCILE, channel.id) as locked:
            if not locked:
                return False
            run_id = self._find_running(channel)
            if not run_id:
                return None
            return self._go_on(channel, run_id)

    def _find_running(self, channel):
        with own_transaction(self.env) as env:
            runs = env["channel.reconcile.run"]
            domain = [
                ("channel_id", "=", channel.id),
                ("state", "=", "running"),
                ("kind", "=", "levels"),
            ]
            return runs.search(domain, order="id", limit=1).id

    def _go_on(self, channel, run_id):
        end, asked = time.monotonic() + RUN_SECONDS, None
        if not channel._capabilities().read_levels:
            with self._editing(run_id) as run:
                run._end("failed", self.env._("The channel's numbers cannot be read."))
            return None
        self._begin_again_if_lost(run_id)
        while time.monotonic() < end:
            step = self._get_step(run_id)
            if not step:
                return asked
            asked = step in ("note", "read") or asked
            if not getattr(self, f"_step_{step}")(channel, run_id, end):
                return asked
        channel._wake("_job_reconcile")
        return asked

    def _editing(self, run_id):
        return edited_run(self.env, run_id)

    def _get_step(self, run_id):
        with self._editing(run_id) as run:
            return run.state == "running" and run.step

    def _begin_again_if_lost(self, run_id):
        """After a crash of the database what was staged is gone; after an outage of
        hours it is of another time."""
        with self._editing(run_id) as run:
            if run.step == "note" or not run.expected_count:
                return
            [[noted]] = run.env.execute_query(
                SQL(
                    "SELECT count(*) FROM channel_reconcile_noted WHERE run_id = %s",
                    run.id,
                )
            )
            old = now(run.env) - run.noted_at > timedelta(hours=OLD_HOURS)
            if old or noted != run.expected_count:
                run.write({"step": "note", "cursor": False, "round": 1})

    # --------------------------------------------------------------- steps
    # Each is a part of a run that is durable when it is done. It returns whether the
    # next one may follow at once.
    def _step_note(self, channel, run_id, end):
        with self._editing(run_id) as run:
            env = run.env
            for statement in [*staging.make_room(), *staging.empty(run_id)]:
                env.cr.execute(statement)
            awaited = env["channel.observer"]._awaited()
            env.cr.execute(staging.note(run_id, channel.id, awaited))
            noted = env.cr.rowcount
            env["channel.commitment"]._note(run)
            run.write(
                {
                    "expected_count": noted,
                    "step": "read",
                    "round": 1,
                    "cursor": False,
                    "read_count": 0,
                    "noted_at": now(env),
                }
            )
        return True

    def _step_read(self, channel, run_id, end):
        with self._editing(run_id) as run:
            whole = run.round == 1 and run._is_whole()
            cursor, noted_at, number = run.cursor or "", run.noted_at, run.round
        reader = self.env["channel.reconcile.reader"]
        if whole:
            done = reader._read_all(channel, run_id, cursor, noted_at, end)
        else:
            done = reader._read_by_name(channel, run_id, number, cursor, end)
        if not done:
            channel._wake("_job_reconcile")
            return False
        with self._editing(run_id) as run:
            # PostgreSQL knows nothing of rows that have just come, and would join them
            # one by one
            for statement in [*staging.analyze(), staging.keep_last(run_id)]:
                run.env.cr.execute(statement)
            run.write({"step": "pull", "read_until": now(run.env)})
        return True

    def _step_pull(self, channel, run_id, end):
        """Wait until the orders of the time of the reading are in."""
        with self._editing(run_id) as run:
            read_until = run.read_until
            late = now(run.env) - read_until > timedelta(minutes=PULL_MINUTES)
        if channel._capabilities().orders:
            shown_by = read_until + timedelta(seconds=channel.order_lag)
            with own_transaction(self.env) as env:
                own_channel = env["channel.channel"].browse(channel.id)
                pulled_from = env["channel.observer"]._pulled_from(own_channel)
            if not pulled_from or pulled_from < shown_by:
                if late:
                    self._fail_for_orders(run_id)
                    return False
                channel._pull_later()
                channel._wake(
                    "_job_reconcile", seconds=channel.order_lag + WAIT_SECONDS
                )
                return False
        with self._editing(run_id) as run:
            run.step = "compare"
        return True

    def _fail_for_orders(self, run_id):
        with self._editing(run_id) as run:
            words = self.env._(
                "The orders of that time could not be pulled: nothing was concluded."
            )
            run._end("failed", words)

    def _step_compare(self, channel, run_id, end):
        with self._editing(run_id) as run:
            again = run.env["channel.reconciler"]._judge(run)
        if again:
            # those that moved, alone
            return True
        return False

    # --------------------------------------------------------------- judge
    @api.model
    def _judge(self, run):
        """Compare, and record what differs; in one transaction, which also ends the
        run: a worker that dies has judged all of it or nothing.

        :return: whether some levels are to be read again
        """
        channel = run.channel_id
        execute = self.env.cr.execute
        for statement in [*staging.make_room(), *staging.empty(run.id, ["found"])]:
            execute(statement)
        whole, awaited = run._is_whole(), self.env["channel.observer"]._awaited()
        [facts] = self.env.execute_query(
            staging.compare(
                run.id,
                channel.id,
                run.round,
                whole and run.round == 1,
                channel._capabilities().overwrites,
                channel.order_lag,
                awaited,
            )
        )
        if whole and run.round == 1:
            execute(staging.find_others(run.id, channel.id))
        if run.round == 1:
            reading = Reading(*facts)
            run.coverage = reading.coverage
            if fault := reading.find_fault():
                self._refuse(channel, fault, reading, run)
                return False
            if whole:
                self.env["channel.commitment"]._compare(run)
        self._count(run)
        self._record_found(run)
        if run.round < ROUNDS and self._has_due(run):
            execute(staging.note_again(run.id, channel.id, run.round + 1, awaited))
            run.write({"step": "read", "round": run.round + 1, "cursor": False})
            return True
        self._finish(run)
        return False

    def _has_due(self, run):
        return bool(self.env.execute_query(staging.has_round(run.id, run.round + 1)))

    def _count(self, run):
        """Add up the classes; what is moving is counted when it is no more read."""
        counts = dict(run.counts or {})
        counts.pop("moving", None)
        found = dict(
            self.env.execute_query(
                SQL(
                    "SELECT kind, count(*) FROM channel_reconcile_found "
                    "WHERE run_id = %s GROUP BY kind",
                    run.id,
                )
            )
        )
        for kind, count in found.items():
            counts[kind] = counts.get(kind, 0) + count
        others = ("unmapped", "foreign_place", "sells_below_zero", "untracked")
        differing = sum(
            count for kind, count in counts.items() if kind not in ("equal", *others)
        )
        counts["equal"] = max(run.expected_count - differing, 0)
        run.counts = counts

    def _finish(self, run):
        recorder = self.env["channel.reconcile.recorder"]
        recorder._close_unseen(run)
        recorder._end_again(run)
        for statement in staging.empty(run.id):
            self.env.cr.execute(statement)
        self.env["channel.exception"]._resolve_keys(run.channel_id, ["reading"])
        run._end("done")
        self._report_below_zero(run)
        if (run.counts or {}).get("gone"):
            run.channel_id._wake("_job_fetch_listings")

    # -------------------------------------------------------------- refuse
    @api.model
    def _refuse(self, channel, fault, reading, run=None):
        """A reading is not believable: nothing of it is used, and a person is told."""
        words = self._get_fault_message(fault, reading)
        if run:
            for statement in staging.empty(run.id):
                self.env.cr.execute(statement)
            run._end("refused", words)
        with own_transaction(self.env) as env:
            env["channel.exception"]._report(
                env["channel.channel"].browse(channel.id),
                "reconcile",
                key="reading",
                message=self.env._(
                    "What was read of %(channel)s is not believable: %(why)s",
                    channel=channel.name,
                    why=words,
                ),
                suggestion=self.env._(
                    "Nothing was changed because of it. Check the permissions of the "
                    "connection, its locations, and the stock shown on the channel; "
                    "then reconcile again. If the channel is right to show that, "
                    "publish the quantities of its levels again."
                ),
            )

    def _get_fault_message(self, fault, reading):
        values = {
            "count": reading.differing,
            "total": reading.total,
            "nothing": reading.nothing,
            "read": reading.read,
            "percent": f"{100 * reading.coverage:.0f}",
            "shown": reading.shown,
            "expected": reading.expected,
        }
        if fault == "coverage":
            return self.env._("Coverage %(percent)s %%", **values)
        if fault == "nothing":
            return self.env._(
                "%(nothing)s of %(read)s quantities are missing or 0.", **values
            )
        if fault == "jump":
            return self.env._(
                "All quantities together are %(shown)s units instead of %(expected)s.",
                **values,
            )
        return self.env._("%(count)s of %(total)s quantities differ.", **values)

    # -------------------------------------------------------------- record
    def _record_found(self, run):
        """Doubt what the observer has to look at; tell of the rest by policy."""
        rows = self._read_found(run)
        recorder = self.env["channel.reconcile.recorder"]
        terms = self.env["channel.reconcile.policy"]._get_terms(run.channel_id)
        doubted = self._doubt(run, rows)
        self._warm(run.channel_id, rows)
        found = []
        for row in rows:
            kind = row["kind"]
            if kind in EXPLAINED:
                continue
            values = self._prepare_vals(run.channel_id, row, run)
            if kind in CONCLUDED:
                if row["remote_id"] in doubted:
                    found.append({**values, "state": "checking"})
            elif kind == "unknown":
                found.append({**values, "state": "watched"})
            elif self._choose(terms, values)[0] != "ignore":
                found.append({**values, "state": "open"})
        recorded = recorder._record_all(found)
        recorder._open_when_lasting(
            recorded.filtered(lambda each: each.kind == "unknown")
        )

    def _warm(self, channel, rows):
        """Read what all rows need, at once."""
        listings = {row["listing_id"] for row in rows} - {None}
        products = {row["product_id"] for row in rows} - {None}
        self.env["channel.listing"].browse(listings).mapped("stock_factor")
        products = self.env["product.product"].browse(products)
        products.with_company(channel.company_id).mapped("standard_price")

    def _choose(self, terms, values):
        """:return: (answer of the policy, its terms)"""
        browse = {
            name: self.env[model].browse(values.get(f"{name}_id") or [])
            for name, model in (
                ("listing", "channel.listing"),
                ("node", "channel.node"),
                ("product", "product.product"),
            )
        }
        return self.env["channel.reconcile.policy"]._choose(
            terms, values["kind"], **browse
        )

    def _read_found(self, run):
        cr = self.env.cr
        cr.execute(
            SQL(
                "SELECT * FROM channel_reconcile_found WHERE run_id = %s "
                "AND kind <> ALL(%s) ORDER BY kind, stock_ref, node_ref",
                run.id,
                list(EXPLAINED),
            )
        )
        return cr.dictfetchall()

    def _doubt(self, run, rows):
        """:return: ids of remote states that the observer looks at from now on"""
        wanted = [row["remote_id"] for row in rows if row["kind"] in CONCLUDED]
        if not wanted:
            return set()
        observer = self.env["channel.observer"]
        if observer._make_stale(wanted):
            run.channel_id._explain_soon()
        stale = self.env.execute_query(
            SQL(
                "SELECT id FROM channel_level_remote WHERE id = ANY(%s) "
                "AND state = 'stale'",
                wanted,
            )
        )
        return {remote_id for (remote_id,) in stale}

    def _prepare_vals(self, channel, row, run=None):
        """:param row: a row of ``channel_reconcile_found``"""
        level = self.env["channel.level"].browse(row["level_id"] or [])
        compared = row["expected"] is not None
        units = (row["shown"] or 0) - row["expected"] if compared else row["shown"] or 0
        listing = self.env["channel.listing"].browse(row["listing_id"] or [])
        values = {
            "company_id": channel.company_id.id,
            "channel_id": channel.id,
            "kind": row["kind"],
            "level_id": level.id,
            "listing_id": row["listing_id"],
            "node_id": row["node_id"],
            "product_id": row["product_id"],
            "stock_ref": row["stock_ref"],
            "node_ref": row["node_ref"] or False,
            "sku": row["sku"],
            "shown": row["shown"] or 0,
            "expected": row["expected"] or 0,
            "target": row["target"] or 0,
            "units": units,
            "value": self._get_cost(channel, listing, row["product_id"], units),
            "changed_at": row["updated_at"],
        }
        if run:
            values.update(run_id=run.id, trace=run.trace)
        return values

    def _get_cost(self, channel, listing, product_id, units):
        """Cost of so many sold units, not negative."""
        product = self.env["product.product"].browse(product_id or [])
        product = product.with_company(channel.company_id)
        return abs(units) * (listing.stock_factor or 1) * product.standard_price

    def _report_below_zero(self, run):
        """One exception for all that the channel goes on selling at 0: publishing 0
        does not help there."""
        selling = self.env["channel.reconcile.difference"].search(
            [
                ("channel_id", "=", run.channel_id.id),
                ("kind", "=", "sells_below_zero"),
                ("state", "=", "open"),
            ]
        )
        exceptions = self.env["channel.exception"]
        if not selling:
            if run._is_whole():
                exceptions._resolve_keys(run.channel_id, ["sells_below_zero"])
            return
        names = ", ".join(each.sku or each.stock_ref for each in selling[:MESSAGES])
        exceptions._report(
            run.channel_id,
            "sells_below_zero",
            key="sells_below_zero",
            record=run,
            message=self.env._(
                "%(channel)s goes on selling %(count)s items when there is none, and "
                "no backorder rule promises that: %(names)s",
                channel=run.channel_id.name,
                count=len(selling),
                names=names,
            ),
            suggestion=self.env._(
                "A quantity of 0 does not stop these sales. Under Reconciliation, "
                "Differences, press Stop Selling at 0; or switch it off on the "
                "channel, or make a backorder rule."
            ),
        )

    # ------------------------------------------------------------ conclude
    @api.model
    def _conclude(self, channel, fact, seen_sum):
        """The observer has found that a number was changed, and no order explains it:
        classify and record it, and do what the policy says.

        :return: whether a person was told of it, or it is tolerated; otherwise the
            observer reports it, and ours is published
        """
        difference = self._find_checked(channel, fact)
        if not difference:
            return False
        terms = self.env["channel.reconcile.policy"]._get_terms(channel)
        answer, chosen = self._choose(
            terms,
            {
                "kind": difference.kind,
                "listing_id": difference.listing_id.id,
                "node_id": difference.node_id.id,
                "product_id": difference.product_id.id,
            },
        )
        tolerated = difference.kind != "wrong_unit" and self.env[
            "channel.reconcile.policy"
        ]._is_tolerated(
            chosen, abs(difference.units), difference.expected, difference.value
        )
        if tolerated or answer == "repair":
            difference.write({"within_tolerance": tolerated, "decision": "publish"})
            difference._settle("repaired")
            self.env["channel.reconcile.recorder"]._report_again(difference)
            level = difference.level_id
            self.env["channel.level.pending"]._add(level, trace=difference.trace)
            return tolerated or not difference._is_edited()
        difference._propose(chosen["answer_hours"] if chosen else 24)
        if difference.kind == "wrong_unit":
            self._review_mapping(difference)
        return True

    def _find_checked(self, channel, fact):
        """The difference that a run has recorded of it; of one that the observer has
        found by itself, a new one."""
        differences = self.env["channel.reconcile.difference"]
        level = self.env["channel.level"].browse(fact["level_id"])
        checking = differences.search(
            [
                ("level_id", "=", level.id),
                ("state", "in", ("checking", "proposed", "decided")),
                ("kind", "in", CONCLUDED),
            ],
            limit=1,
        )
        row = {
            "kind": checking.kind or self._classify(level, fact),
            "level_id": level.id,
            "listing_id": level.listing_id.id,
            "node_id": level.node_id.id,
            "product_id": level.listing_id.product_id.id,
            "stock_ref": fact["stock_ref"],
            "node_ref": fact["node_ref"],
            "sku": level.listing_id.sku,
            "shown": fact["shown"],
            "expected": fact["expected"],
            "target": level.target,
            "updated_at": None,
        }
        values = self._prepare_vals(channel, row)
        values.pop("changed_at")
        if checking:
            checking.write(values)
            return checking
        return self.env["channel.reconcile.recorder"]._record(
            {**values, "state": "checking", "trace": f"level:{level.id}"}
        )

    def _classify(self, level, fact):
        """The class of what no run has judged: found at a refused publication."""
        factor, expected = level.listing_id.stock_factor, fact["expected"]
        shown = fact["shown"]
        if shown is None and level.target:
            return "not_stocked"
        if factor > 1 and shown and expected > 0:
            if shown == expected * factor or shown * factor == expected:
                return "wrong_unit"
        return "edited"

    def _review_mapping(self, difference):
        """The pack of the listing has to be looked at; its mapping stays as it is,
        since orders go by it."""
        difference.note = self.env._(
            "One unit there may be %(factor)g here, or the other way round.",
            factor=difference.listing_id.stock_factor,
        )

    @api.model
    def _explain(self, channel, fact):
        """The channel's own sales explain what was doubted."""
        checking = self.env["channel.reconcile.difference"].search(
            [
                ("level_id", "=", fact["level_id"]),
                ("state", "=", "checking"),
            ]
        )
        checking.write({"kind": "unseen_sale"})
        checking._settle("explained")
