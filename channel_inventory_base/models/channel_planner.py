# SPDX-License-Identifier: AGPL-3.0-or-later
import time
from itertools import islice

from odoo import api, models
from odoo.tools import SQL

from ..db.jobs import capacity
from ..db.scope import Scope
from ..db.transaction import (
    LOCK_ALLOCATE,
    LOCK_ATTEND_PLAN,
    LOCK_ATTEND_PUBLISH,
    LOCK_HAND_OVER,
    LOCK_PLAN,
    LOCK_PUBLISH,
    is_locked,
    own_transaction,
    try_lock,
)

QUEUE = "root.channel.plan"
LOOKED_AT = 100
"""So many of the listings that were planned tell which channels have changed."""
RUN_SECONDS = 5
"""After so long another job goes on: one keeps old rows from being cleaned up."""
PAUSE_SECONDS = 0.05, 0.5
"""At least and at most, between two plans of a busy moment."""
BATCH = 5000
LISTINGS = 20_000
SLICE = 500_000


class ChannelPlanner(models.AbstractModel):
    """Turns changes into level targets, thousands in one statement.

    One planner runs at a time. It takes a batch of the change outbox and plans it in
    one transaction: a change that commits meanwhile has its own row, which stays for
    the next batch. What is read is never older than what was taken, because at READ
    COMMITTED each statement sees all that was committed before it began.

    A change of a whole channel becomes a sweep, which is planned in slices of products,
    one whenever no smaller change waits: a new rule for a million listings delays
    nobody's stock.

    The statement: ``channel_plan_query`` and what it names.
    """

    _name = "channel.planner"
    _description = "Channel Planner"
    _inherit = [
        "channel.plan.explain",
        "channel.plan.exclusive",
        "channel.plan.claims",
        "channel.plan.steps",
        "channel.plan.partial",
        "channel.plan.rules",
        "channel.plan.items",
        "channel.plan.query",
    ]

    @api.model
    def _attend(self):
        """Plan, and publish in the same job what is free to be published.

        A job takes longer to begin than a plan to be made; so one channel that the plan
        has changed is published by this job, the others by jobs of their own. Planning
        is over by then, and its lock let go: should that channel not answer, the next
        job plans. One job at a time does so, and none where the queue takes one job
        only, or channels that hang would take all jobs that plan.

        What can wait is done last, while another job plans what comes up meanwhile.

        :return: False if another planner holds the lock
        """
        moved = set()
        try:
            with try_lock(self.env, LOCK_HAND_OVER) as is_free:
                chosen = set()
                may_publish = is_free and capacity(QUEUE) > 1
                done = self._plan_while_busy(moved, chosen if may_publish else None)
                for channel in self.env["channel.channel"].browse(chosen):
                    channel._job_publish()
        finally:
            # a channel that cannot be published hides nothing that is short
            self._look_behind(moved)
        return done

    def _plan_while_busy(self, moved, chosen=None):
        """Plan as long as changes come in, for a few seconds: in a busy moment one job
        is worth many. Whoever changes stock meanwhile needs no job (``db.jobs``).

        Each plan gathers what came up while the one before it was made, and for as long
        again: planning takes no more than half of the time of a processor.

        :param moved, chosen: see ``_run``
        :return: False if another planner holds the lock
        """
        end, pause = time.monotonic() + RUN_SECONDS, 0
        while True:
            with try_lock(self.env, LOCK_ATTEND_PLAN) as attending:
                if not attending:
                    # whoever does looks again after us
                    return True
                time.sleep(pause)
                began = time.monotonic()
                # what the first plan has changed does not wait for the others
                if not self._run(None if pause else chosen, moved):
                    return False
                took = time.monotonic() - began
            if not self._has_changes():
                return True
            self._release(chosen)
            if time.monotonic() > end:
                self.env["channel.change"]._wake_planner()
                return True
            least, most = PAUSE_SECONDS
            pause = max(least, min(took, most))

    def _release(self, chosen):
        """This job goes on planning: others publish."""
        if chosen:
            with own_transaction(self.env) as env:
                env["channel.channel"].browse(chosen)._wake("_job_publish")
            chosen.clear()

    def _has_changes(self):
        # not in the job's transaction, which shows what was there when it began
        with own_transaction(self.env) as env:
            query = SQL("SELECT EXISTS (SELECT FROM channel_change)")
            [[found]] = env.execute_query(query)
        return found

    @api.model
    def _run(self, chosen=None, moved=None):
        """Plan until nothing is left to plan.

        :param chosen: set of ids of channels that are not woken, because the caller
            publishes them; an empty one gets the id of one that has something to be
            published; None: all are woken
        :param moved: set that gets the ids of the products whose quantities may have
            changed, where the caller looks behind; None: it is done here
        :return: False if another planner holds the lock
        """
        behind, caused = set() if moved is None else moved, set()
        is_chosen_here = chosen is not None and not chosen
        with try_lock(self.env, LOCK_PLAN) as locked:
            if not locked:
                return False
            more = True
            while more:
                taken, sweeping, products, reasons = self._plan_batch(chosen)
                behind.update(products)
                caused |= reasons
                # what has come up since has a wake-up of its own
                more = taken >= BATCH or (sweeping and self._plan_slice())
                if more and is_chosen_here:
                    # what the first batch has changed does not wait for the others
                    self._release(chosen)
                    chosen = None
        with own_transaction(self.env) as env:
            env["channel.audit"]._log_moves(caused)
        if moved is None:
            self._look_behind(behind)
        return True

    def _look_behind(self, moved):
        """Hook: work that can wait until the quantities are queued, and that the
        recovery does where it was not done.

        :param moved: ids of the products whose quantities may have changed
        """

    @api.model
    def _plan_batch(self, chosen=None):
        """
        :param chosen: see ``_run``
        :return: how many rows were taken off the outbox; whether a sweep is due; ids
        of the products that were named; set of (listing id, trace) that were planned"""
        with own_transaction(self.env) as env:
            planner = env["channel.planner"]
            planner._prepare()
            planner._start_sweeps()
            changes = planner._take_changes()
            planner._promise_inbound(changes)
            caused = planner._plan_changes(changes) if changes else set()
            # without a change, too: whoever woke both has left the publishers to it
            planner._wake_publishers(chosen, caused)
            sweeping = env["channel.sweep"]._is_due()
        taken = sum(count for *_change, count in changes)
        products = {product for product, *_rest in changes if product}
        return taken, sweeping, products, caused

    @api.model
    def _plan_slice(self):
        """Plan the next slice of the sweeps that are due.

        :return: whether there was one
        """
        with own_transaction(self.env) as env:
            planner = env["channel.planner"]
            planner._prepare()
            part = env["channel.sweep"]._next_slice(SLICE)
            if part:
                planner._plan_slice_of(part)
                planner._wake_publishers()
        return bool(part)

    def _prepare(self):
        """Bring up to date, and lock, the data needed for planning."""
        self._tune()
        if self._is_exclusive():
            # a publisher freezes a shared number before this plan or after it
            self.env.execute_query(
                SQL("SELECT pg_advisory_xact_lock(%s, 0)", LOCK_ALLOCATE)
            )

    def _tune(self):
        """Settings of a transaction that runs the plan statement."""
        settings = {
            # compiling the statement would take ten times as long as running it
            "jit": "off",
            # sorts and hashes of a slice stay in memory, and that is bounded
            "work_mem": "64MB",
            # what it reads has been read before, and lies in memory
            "random_page_cost": "1.1",
            # PostgreSQL cannot know how few sets of rules there are, and would sort
            "enable_mergejoin": "off",
        }
        self.env.execute_query(
            SQL(
                "SELECT %s",
                SQL(", ").join(
                    SQL("set_config(%s, %s, true)", name, value)
                    for name, value in settings.items()
                ),
            )
        )

    # -------------------------------------------------------------- outbox
    def _start_sweeps(self):
        """A change of a whole channel begins its sweep, or begins it anew."""
        self.env.execute_query(
            SQL(
                """
                WITH wide AS (
                    DELETE FROM channel_change WHERE channel_id IS NOT NULL
                    RETURNING channel_id, since, trace
                )
                INSERT INTO channel_sweep AS sweep
                       (channel_id, since, trace, product_id)
                SELECT channel_id, min(since), max(trace), 0
                  FROM wide GROUP BY channel_id
                ON CONFLICT (channel_id) DO UPDATE
                   SET since = LEAST(sweep.since, EXCLUDED.since), product_id = 0,
                       trace = EXCLUDED.trace
                RETURNING id
                """
            )
        )

    def _take_changes(self):
        """Take the oldest off the outbox, and with them all of the same products: each
        is planned once, whatever number of rows has named it.

        :return: rows (product, listing, since, trace, how many were taken)
        """
        oldest = self.env.execute_query(
            SQL(
                "SELECT id, product_id FROM channel_change WHERE channel_id IS NULL "
                "ORDER BY id LIMIT %s",
                BATCH,
            )
        )
        if not oldest:
            return []
        # as lists and not as a subquery: of an outbox that is empty most of the time
        # PostgreSQL expects a row, and would run the subquery for each of them
        return self.env.execute_query(
            SQL(
                """
                WITH taken AS (
                    DELETE FROM channel_change
                     WHERE id = ANY(%s) OR product_id = ANY(%s)
                    RETURNING id, product_id, listing_id, since, trace
                )
                SELECT product_id, listing_id, min(since), %s, count(*)
                  FROM taken GROUP BY product_id, listing_id
                """,
                [change for change, _product in oldest],
                sorted({product for _change, product in oldest if product}),
                first_trace("id"),
            )
        )

    def _promise_inbound(self, changes):
        """Holds that give way do so; then orders that are shipped later get what comes
        in first, or stock."""
        products = sorted({product for product, *_rest in changes if product})
        self.env["channel.hold"]._give_way(products)
        self.env["channel.hold"]._promise_inbound(products)

    def _plan_changes(self, changes):
        """Plan the listings that ``changes`` touch, in statements of bounded size.

        :return: set of (listing id, trace)
        """
        touched = self._touched_listings(changes)
        exclusive = self._is_exclusive()
        for start in range(0, len(touched), LISTINGS):
            rows = touched[start : start + LISTINGS]
            listings, products, since, traces = (
                list(each) for each in zip(*rows, strict=True)
            )
            changed = SQL(
                "SELECT * FROM unnest(%s::int[], %s::timestamp[], %s::varchar[]) "
                "AS row (listing_id, since, trace)",
                listings,
                since,
                traces,
            )
            scope = self._scope_of(listings, products, exclusive)
            self._plan_listings(scope, changed)
        return {(listing, trace) for listing, _product, _since, trace in touched}

    def _scope_of(self, listings, products, exclusive, source=None):
        """:param products: what ``listings`` are of
        :param exclusive: whether numbers are shared exclusively: then all listings of
            these products are computed, and of those that hang together with them, for
            a share is a part of the whole
        :param source: query of the rule versions that count; those in effect by default
        """
        if exclusive:
            return self._scope_of_products(self._sharing_products(products, source))
        # lists, so that PostgreSQL knows how many there are
        return Scope(
            SQL("listing.id = ANY(%s::int[])", listings),
            SQL("= ANY(%s::int[])", sorted(set(products))),
            named=True,
        )

    def _plan_listings(self, scope, changed):
        """Run the plan statement; new levels are looked at by the observer."""
        grown = self.env.execute_query(self._plan_query(scope, changed))
        channels = self.env["channel.channel"].browse(row[0] for row in grown)
        # what they show is not known until somebody has looked
        channels._wake("_job_observe")

    def _touched_listings(self, changes):
        """:return: rows (listing, product, since of its first change, a trace)

        Ordered by product: listings that share stock are planned in one statement.
        """
        products, listings, since, traces, _counts = (
            list(each) for each in zip(*changes, strict=True)
        )
        return self.env.execute_query(
            SQL(
                """
                WITH change AS (
                    SELECT * FROM unnest(%(products)s::int[], %(listings)s::int[],
                                         %(since)s::timestamp[], %(traces)s::varchar[])
                           AS row (product_id, listing_id, since, trace)
                ),
                moved AS (%(moved)s)
                SELECT listing_id, listing.product_id, min(since), %(trace)s FROM (
                    SELECT listing_id, since, trace FROM change
                     WHERE listing_id IS NOT NULL
                    UNION ALL
                    SELECT listing.id, moved.since, moved.trace
                      FROM moved JOIN channel_listing listing
                        ON listing.product_id = moved.product_id
                       AND listing.state = 'mapped'
                ) touched
                  JOIN channel_listing listing ON listing.id = touched.listing_id
                 WHERE listing.product_id IS NOT NULL
                 GROUP BY listing_id, listing.product_id
                 ORDER BY listing.product_id, listing_id
                """,
                products=products,
                listings=listings,
                since=since,
                traces=traces,
                trace=first_trace("since"),
                moved=self._moved_query(),
            )
        )

    def _moved_query(self):
        """Query of (product_id, since, trace): products all of whose listings are
        planned because of a row of ``change``. Addons add products that depend on
        others."""
        if self._is_exclusive():
            # what one listing may show depends on all that share its stock
            return SQL(
                """
                SELECT COALESCE(change.product_id, listing.product_id) AS product_id,
                       change.since, change.trace
                  FROM change
                  LEFT JOIN channel_listing listing ON listing.id = change.listing_id
                """
            )
        return SQL(
            "SELECT product_id, since, trace FROM change WHERE product_id IS NOT NULL"
        )

    def _wake_publishers(self, chosen=None, caused=()):
        """Wake the publishers of all channels with queued levels: levels delayed by an
        unplanned change may be sent now, whether their own target has changed or
        not.

        :param chosen: see ``_run``
        :param caused: set of (listing id, trace) that were planned
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT channel.id FROM channel_channel channel
                 WHERE channel.state = 'live' AND channel.active
                   AND EXISTS (SELECT FROM channel_level_pending pending
                                WHERE pending.channel_id = channel.id)
                """
            )
        )
        channels = self.env["channel.channel"].browse(row[0] for row in rows)
        if chosen is not None:
            if not chosen:
                chosen.update(self._choose_free(channels, caused).ids)
            channels = channels.browse(set(channels.ids) - chosen)
        channels._wake("_job_publish")

    def _choose_free(self, channels, caused):
        """:return: the first one whose numbers the plan has changed, that answers, and
        that nobody publishes just now"""
        planned = [listing_id for listing_id, _trace in islice(caused, LOOKED_AT)]
        channels &= self.env["channel.listing"].browse(planned).channel_id
        failing = self.env["channel.outage"]._failing(channels.ids)
        for channel in channels.filtered(lambda each: each.id not in failing):
            if not any(
                is_locked(self.env.cr, lock_class, channel.id)
                for lock_class in (LOCK_ATTEND_PUBLISH, LOCK_PUBLISH)
            ):
                return channel
        return channels.browse()

    # --------------------------------------------------------------- sweep
    @api.model
    def _cron_sweep_all(self):
        """Once a day everything is replanned: what time alone has changed (dated
        inbound comes within a horizon), and what a trigger may have missed."""
        self.env.execute_query(
            SQL(
                "INSERT INTO channel_change (channel_id) "
                "SELECT id FROM channel_channel WHERE active RETURNING id"
            )
        )
        self.env["channel.change"]._wake_planner()


def first_trace(order):
    """The first trace of the aggregated rows: ``since`` is its time."""
    return SQL(
        "(array_agg(trace ORDER BY %s) FILTER (WHERE trace IS NOT NULL))[1]",
        SQL.identifier(order),
    )
