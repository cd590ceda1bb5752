# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import logging
import time
from datetime import datetime, timedelta, timezone

from odoo import api, models
from odoo.tools import SQL

from .. import exceptions
from ..db.transaction import (
    LOCK_POLL,
    own_transaction,
    retry_on_conflict,
    try_lock,
)
from .channel_order import FETCH_WANTED

_logger = logging.getLogger(__name__)

RUN_SECONDS = 10
"""After so long, other channels' orders have their turn."""
MORE = "more"
ANNOUNCED_SECONDS = 90
"""By then the webhook of an order has arrived, or was lost."""
UNANNOUNCED = 20
"""Number of orders from which the state of the webhooks is judged."""
REPEATED_PAGES = 2
"""Pages in a row with nothing new: where many orders changed in one second, one is."""
BATCH = 10
"""Events captured at once: the last one is held half a second later, not more."""
POLL_SECONDS = 20
"""After so long, other channels' pulls have their turn; this one goes on later."""
ASKED_BATCHES = 5
"""Batches of open orders asked for after a poll: the others have their turn next."""
LAG = (exceptions.ThrottledError, exceptions.UnavailableError)
"""Errors under which orders come in later, and nothing is wrong with them."""
ANNOUNCED_HOURS = 6
"""An order that is not payable yet is asked for again after so long."""
ANNOUNCED_BATCH = 50
LOCK_PATIENCE = 30
"""Milliseconds to wait for an order locked by another worker, while capturing."""


# Orders that have taken something off the channel's numbers, and nobody knows what.
UNPLACED = SQL(
    """NOT EXISTS (
        SELECT FROM channel_order_line line
         WHERE line.order_id = channel_order.id AND line.deducted IS NOT NULL)
       AND fulfilled_by_channel IS NOT TRUE"""
)


class ChannelIntake(models.AbstractModel):
    """Processes stored events: holds first, sale orders (of their addon) second.

    Events are drained one by one in transactions of their own, by as many workers as
    there are: each skips rows that another has locked. Capture (parse, hold, deduct)
    always goes before import (sale order), so a backlog of orders never keeps a new
    sale from being held. Neither asks the channel, so no outage delays them: pulling
    and fetching, which do, only store events.
    """

    _name = "channel.intake"
    _description = "Channel Intake"

    # ---------------------------------------------------------------- poll
    @api.model
    def _poll(self, channel):
        """Pull all orders changed since the last pull, less an overlap.

        :return: True when all are in; ``MORE`` when the time is up and the rest is
            for the next pull, which goes on there; False when another worker is pulling
        """
        if not channel._capabilities().orders:
            return None
        try:
            return self._pull(channel)
        except LAG as error:
            self._fall_behind(channel, "poll", error)
            raise

    def _fall_behind(self, channel, source, error):
        """Orders are on the channel that cannot be had just now: the health tells it.

        :param source: the shared state that remembers it, until they are in again
        """
        with channel._shared_state(source) as state:
            behind = state.setdefault("behind", {})
            behind.setdefault("since", self._database_time().isoformat())
            behind["why"] = str(error)[:500]

    def _pull(self, channel):
        with try_lock(self.env, LOCK_POLL, channel.id) as locked:
            if not locked:
                return False
            started = self._database_time()
            with channel._shared_state("poll") as state:
                state["started_at"] = started.isoformat()
                again = state.get("again_from")
                since = self._parse_time(state.get("watermark")) or self._first_since()
                since = min(since, self._parse_time(again) or since)
                # where the last one ran out of time; not tried twice if it is in vain
                since, cursor = self._resume_at(state.pop("resume", None), since)
            self._miss_webhooks(channel)
            try:
                is_done = self._pull_pages(channel, since, cursor, started, again)
            except LAG:
                self._keep_place(channel, since, cursor, again)
                raise
            if not is_done:
                channel._wake("_job_poll")
                return MORE
            self._ask_for_open(channel)
            self._ask_for_announced(channel)
        channel._wake("_job_intake", "_job_observe")
        return True

    def _pull_from(self, channel, moment):
        """Have the next pull reach back to ``moment`` (naive UTC), once.

        Not by the watermark, which a pull that is under way moves forward.
        """
        moment = moment.replace(tzinfo=timezone.utc)
        with channel._shared_state("poll") as state:
            known = self._parse_time(state.get("again_from"))
            state["again_from"] = min(moment, known or moment).isoformat()
            state.pop("resume", None)
        channel._wake("_job_poll")

    def _resume_at(self, resume, since):
        """:return: (since, cursor) of the pull that goes on, or a new one's"""
        if not resume:
            return since, ""
        return self._parse_time(resume["since"]), resume["cursor"]

    def _pull_pages(self, channel, since, cursor, started, again):
        """Store part by part, and remember how far we have got by the channel's time:
        a pull that breaks off goes on there, not at the beginning. Where the parts come
        in no order of time, that is known at the end, and the place is remembered.

        :return: whether all are in
        """
        end = time.monotonic() + POLL_SECONDS
        unsorted, known = channel._capabilities().unsorted, []
        for events, times, rest in self._iter_parts(channel, since, cursor):
            self._store_pulled(channel, events)
            known = _newest([*known, *times]) if unsorted else times
            if known and not (unsorted and rest):
                # one order of tomorrow must not hide those of today
                newest = min([*known, started])
                again = self._remember_progress(channel, newest, again)
            is_late = time.monotonic() > end
            if rest is not None and (is_late or unsorted):
                self._remember_place(channel, since, rest, again)
                if is_late:
                    return False
        with channel._shared_state("poll") as state:
            state["completed_from"] = started.isoformat()
            state.pop("behind", None)
            state.pop("resume", None)
            if state.get("again_from") == again:
                state.pop("again_from", None)
        return True

    def _remember_place(self, channel, since, cursor, again):
        """The next pull goes on there, unless it is to reach back by then."""
        with channel._shared_state("poll") as state:
            if state.get("again_from") == again:
                state["resume"] = {"since": since.isoformat(), "cursor": cursor}

    def _keep_place(self, channel, since, cursor, again):
        """A pull could not even begin where it was to go on: the next one does."""
        resume = channel._get_shared_state("poll").get("resume")
        if cursor and not resume and channel._capabilities().unsorted:
            self._remember_place(channel, since, cursor, again)

    def _store_pulled(self, channel, events):
        with own_transaction(self.env) as env:
            new = env["channel.inbox.event"]._store(channel, events, "poll")
        if new and channel._capabilities().webhooks:
            moments = {
                each.ref: each.occurred_at.isoformat()
                for each in events[-UNANNOUNCED:]
                if each.occurred_at
            }
            with channel._shared_state("announced") as state:
                # what no webhook has told of, until a later pull has looked again
                state["waiting"] = state.get("waiting") or {
                    "since": self._database_time().isoformat(),
                    "moments": moments,
                }

    def _miss_webhooks(self, channel):
        """Whether deliveries are missing: orders that a pull has found, and that no
        webhook has told of a good while later. Then have the webhooks looked at."""
        waiting = channel._get_shared_state("announced").get("waiting")
        if not waiting:
            return
        age = self._database_time() - self._parse_time(waiting["since"])
        if age < timedelta(seconds=ANNOUNCED_SECONDS):
            return
        with channel._shared_state("announced") as state:
            state.pop("waiting", None)
        if not self._is_announced(channel, waiting["moments"]):
            channel._wake("_job_webhooks")

    def _is_announced(self, channel, moments):
        """Whether a webhook has told of one of these orders since then.

        :param moments: order -> when it changed, ISO 8601
        """
        with own_transaction(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    SELECT 1 FROM channel_inbox_event event
                      JOIN channel_order sold ON sold.id = event.order_id
                     WHERE sold.channel_id = %s AND event.source = 'webhook'
                       AND event.occurred_at >=
                           (%s::jsonb ->> sold.external_id)::timestamptz
                           AT TIME ZONE 'UTC'
                       AND sold.external_id = ANY(%s)
                     LIMIT 1
                    """,
                    channel.id,
                    json.dumps(moments),
                    list(moments),
                )
            )
        return bool(rows)

    def _remember_progress(self, channel, newest, again):
        """:param newest: everything that changed up to then is stored
        :param again: from when on this pull was to reach back, as far as it has not yet
        :return: ``again``, moved on
        """
        if not newest:
            return again
        with channel._shared_state("poll") as state:
            known = self._parse_time(state.get("watermark"))
            state["watermark"] = max(newest, known or newest).isoformat()
            if again and state.get("again_from") == again:
                again = max(again, newest.isoformat())
                state["again_from"] = again
        return again

    def _iter_parts(self, channel, since, cursor):
        """:return: iterator of (events, times of what is known after they are stored,
        cursor to go on with after them, None at the end)"""
        since -= timedelta(seconds=channel.poll_overlap)
        if channel._capabilities().lists_orders:
            yield from self._iter_listed(channel, since, cursor)
            return
        fetch = channel._adapter()._fetch_orders
        pages = self._iter_pages(fetch, channel, since, cursor, "events")
        for page, _own in pages:
            times = _newest(each.occurred_at for each in page.events)
            yield page.events, times, page.cursor or None

    def _iter_listed(self, channel, since, cursor):
        """Only orders of which we do not have the version that the list names."""
        size = channel._capabilities().fetch_size
        fetch = channel._adapter()._list_orders
        pages = self._iter_pages(fetch, channel, since, cursor, "heads")
        for page, own_cursor in pages:
            wanted = set(self._unknown(channel, page.heads))
            part = []
            for head in page.heads:
                if head.key in wanted:
                    part.append(head)
                if len(part) == size:
                    events = self._read(channel, part)
                    yield events, _newest([head.version]), own_cursor
                    part = []
            events = self._read(channel, part) if part else ()
            times = _newest(head.version for head in page.heads)
            yield events, times, page.cursor or None

    def _iter_pages(self, fetch, channel, since, cursor, items):
        """:param items: the field of a page that has them
        :return: iterator of (page, the cursor that gave it)"""
        seen, repeated = set(), 0
        while True:
            page = fetch(channel, since, cursor)
            keys = {each.key for each in getattr(page, items)}
            repeated = repeated + 1 if keys and keys <= seen else 0
            if repeated > REPEATED_PAGES:
                raise exceptions.UnavailableError(
                    self.env._("The channel keeps returning the same orders."),
                    code="REPEATED",
                )
            seen |= keys
            yield page, cursor
            cursor = page.cursor
            if not cursor:
                return

    def _read(self, channel, heads):
        """The whole orders, in the order of ``heads``: the first is served first,
        however the channel sorts what it is asked for by id. With a note of when they
        were asked for."""
        refs = [head.ref for head in heads]
        with own_transaction(self.env) as env:
            env["channel.order.lookup"]._note_looked(channel, refs)
        events = channel._adapter()._read_orders(channel, refs)
        places = {ref: place for place, ref in enumerate(refs)}
        return sorted(events, key=lambda event: places.get(event.ref, len(places)))

    def _unknown(self, channel, heads):
        """Keys of those whose version we neither have, nor wait for, nor could read.

        Channels count in seconds, by clocks of their own: what we looked at within the
        second of its version may have changed again in it.
        """
        if not heads:
            return []
        with own_transaction(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    SELECT head.key
                      FROM (VALUES %(heads)s) AS head (key, ref, version)
                      LEFT JOIN channel_order known
                             ON known.channel_id = %(channel)s
                            AND known.external_id = head.ref
                     WHERE NOT COALESCE(
                               known.complete AND known.version = head.version
                               AND known.state <> 'gone'
                               AND known.looked_at > known.version
                                   + make_interval(secs => 2 + %(lag)s), false)
                       AND NOT COALESCE(
                               known.wanted_version >= head.version
                               AND known.wanted_version > known.version
                               AND known.state <> 'gone', false)
                       AND NOT EXISTS (
                           SELECT FROM channel_inbox_event event
                            WHERE event.channel_id = %(channel)s
                              AND event.state IN ('new', 'dead')
                              AND event.ref = head.ref
                              AND event.occurred_at = head.version)
                    """,
                    heads=SQL(", ").join(
                        SQL(
                            "(%s, %s, %s::timestamptz AT TIME ZONE 'UTC')",
                            head.key,
                            head.ref,
                            head.version,
                        )
                        for head in heads
                    ),
                    channel=channel.id,
                    lag=channel.with_env(env)._get_clock_lag(),
                )
            )
        return [key for (key,) in rows]

    @api.model
    def _first_since(self):
        """The first pull of a channel reaches back as far as open orders usually do."""
        return self._database_time() - timedelta(days=60)

    def _database_time(self):
        """Now in UTC, aware, by the database's clock, not that of the transaction."""
        [[now]] = self.env.execute_query(
            SQL("SELECT clock_timestamp() AT TIME ZONE 'UTC'")
        )
        return now.replace(tzinfo=timezone.utc)

    @api.model
    def _parse_time(self, text):
        return datetime.fromisoformat(text) if text else None

    # --------------------------------------------------------------- drain
    @api.model
    def _run(self, channel):
        end = time.monotonic() + RUN_SECONDS
        busy, alone, more = set(), set(), True
        while more and time.monotonic() < end:
            busy = set()
            while time.monotonic() < end and self._capture_next(None, channel, busy):
                pass
            more = self._import_next(channel, alone)
        if more or busy:
            channel._wake("_job_intake", seconds=0 if more else 1)
        self._wake_for_wanted(channel)

    @api.model
    def _fetch(self, channel):
        """Ask for the orders of which we know less than there is to know.

        :return: whether the channel was asked
        """
        if not channel._capabilities().fetch:
            return None
        end, asked = time.monotonic() + RUN_SECONDS, None
        while self._fetch_next(channel):
            asked = True
            # its demand may be another one than we hold
            self._capture_next(channel)
            if time.monotonic() > end:
                break
        self._wake_for_wanted(channel)
        return asked

    def _wake_for_wanted(self, channel):
        """Come back when the next order is due to be fetched."""
        if not channel._capabilities().fetch:
            return
        with own_transaction(self.env) as env:
            [[seconds]] = env.execute_query(
                SQL(
                    """
                    SELECT EXTRACT(epoch FROM min(COALESCE(fetch_after, create_date))
                                   - clock_timestamp() AT TIME ZONE 'UTC')::float
                      FROM channel_order WHERE channel_id = %s AND %s
                    """,
                    channel.id,
                    FETCH_WANTED,
                )
            )
        if seconds is not None:
            channel._wake("_job_fetch", seconds=max(seconds, 0))

    def _capture_next(self, channel=None, importer=None, busy=None):
        """:param channel: None: of all that take orders
        :param importer: the channel whose orders the caller imports next
        :param busy: set of ids: events that are left alone; those of orders that
            somebody else is at are added
        :return: whether there was an event to capture"""
        busy = set() if busy is None else busy
        # two workers may want the same two orders, each the other one first
        return retry_on_conflict(lambda: self._capture_batch(channel, importer, busy))

    def _capture_batch(self, channel, importer, busy):
        """A few events in one transaction: half of what each costs is to begin."""
        with own_transaction(self.env) as env:
            events = env["channel.inbox.event"]._lock_next(channel, BATCH, busy)
            # who waits for an order cannot hold the others
            env.cr.execute(SQL("SET LOCAL lock_timeout = %s", LOCK_PATIENCE))
            for event in events._by_order():
                if not event._process():
                    busy.add(event.id)
            # their own workers may have looked before this is committed
            others = events.channel_id - (importer or events.channel_id.browse())
            others._wake("_job_intake")
        return bool(events)

    def _import_next(self, channel, alone):
        """Hook: make the sale orders of some captured orders.

        :param alone: set of ids: orders to be imported by themselves; added to
        :return: whether there was one; captures then go first again
        """
        return False

    def _fetch_next(self, channel, unplaced=False):
        """Fetch one order of which we know only that it exists or has changed.

        :param unplaced: only such of which nobody knows what the channel has deducted
        """
        if not channel._capabilities().fetch:
            return False
        order_id, external_id, asked = self._next_fetch(channel, unplaced)
        if not order_id:
            return False
        event, refusal, is_gone = None, None, False
        try:
            event = channel._adapter()._fetch_order(channel, external_id)
            if not event:
                is_gone = self._is_gone(channel, order_id, external_id)
        except (exceptions.RejectedError, exceptions.MalformedDataError) as error:
            # of this one order: the others are fetched and imported all the same
            refusal = error
        with own_transaction(self.env) as env:
            own_order = env["channel.order"].browse(order_id)
            lookup = env["channel.order.lookup"]
            if refusal:
                lookup._on_refused(own_order, refusal, asked)
            elif not event:
                lookup._on_not_shown(own_order, is_gone, asked)
            else:
                lookup._set_clock_right(own_order, event)
                if not env["channel.inbox.event"]._store(channel, [event], "fetch"):
                    lookup._on_nothing_new(own_order, event, asked)
        return True

    def _is_gone(self, channel, order_id, external_id):
        """Whether an order that the channel does not show is deleted there."""
        # not in the job's transaction, which may be older than the order
        with own_transaction(self.env) as env:
            order = env["channel.order"].browse(order_id)
            placed_at = order.placed_at or order.create_date
        return channel._adapter()._is_gone(
            channel, external_id, placed_at.replace(tzinfo=timezone.utc)
        )

    # ---------------------------------------------------------------- missing
    def _ask_for_open(self, channel):
        """Orders that are open here and that the channel has no more, some of them at a
        time: a deletion is not always told.

        What it does not show is fetched, and what that comes to decides.
        """
        size = channel._capabilities().find_missing
        for _batch in range(ASKED_BATCHES if size else 0):
            asked = self._next_asked(channel, size)
            if not asked:
                return
            missing = channel._adapter()._find_missing(channel, list(asked))
            with own_transaction(self.env) as env:
                orders = env["channel.order"].browse(asked.values())
                orders.write({"shown_at": self._database_time().replace(tzinfo=None)})
                for ref in missing:
                    env["channel.order"].browse(asked[ref])._want_fetch()

    def _ask_for_announced(self, channel):
        """Have orders fetched that were announced hours ago, some of them at a time:
        that one was paid, or never will be, is not always told."""
        with own_transaction(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    SELECT id FROM channel_order
                     WHERE channel_id = %s AND state = 'announced' AND complete
                       AND wanted_version <= version
                       AND GREATEST(looked_at, create_date)
                           < now() AT TIME ZONE 'UTC' - make_interval(hours => %s)
                     ORDER BY GREATEST(looked_at, create_date) LIMIT %s
                       FOR UPDATE SKIP LOCKED
                    """,
                    channel.id,
                    ANNOUNCED_HOURS,
                    ANNOUNCED_BATCH,
                )
            )
            for (order_id,) in rows:
                env["channel.order"].browse(order_id)._want_fetch()

    def _next_asked(self, channel, size):
        """:return: the channel's id -> id of open orders not asked for in a while"""
        # not in the job's transaction, in which none has been asked for
        with own_transaction(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    SELECT external_id, id FROM channel_order
                     WHERE channel_id = %s AND %s
                       AND COALESCE(shown_at, create_date)
                           < now() AT TIME ZONE 'UTC' - interval '1 hour'
                     ORDER BY COALESCE(shown_at, create_date) LIMIT %s
                    """,
                    channel.id,
                    self._is_open(),
                    size,
                )
            )
        return dict(rows)

    def _is_open(self):
        """Hook: condition of orders that the channel should still have."""
        return SQL(
            "state IN ('announced', 'captured', 'blocked', 'parked', 'imported')"
        )

    def _next_fetch(self, channel, unplaced=False):
        """The oldest order to fetch, postponed in the same statement: two workers never
        fetch one version, and no worker fetches in a tight loop an order that the
        channel, which may lag behind its own webhook, does not show yet. News of the
        order (``channel.order._want``) end the wait.

        :return: id, external id and wanted version, or all None
        """
        wanted = UNPLACED if unplaced else SQL("true")
        with own_transaction(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    UPDATE channel_order
                       SET fetch_after = now() AT TIME ZONE 'UTC' + interval '10 s',
                           looked_at = clock_timestamp() AT TIME ZONE 'UTC'
                     WHERE id = (
                            SELECT id FROM channel_order
                             WHERE channel_id = %s AND %s AND %s
                               AND COALESCE(fetch_after, '-infinity')
                                   < now() AT TIME ZONE 'UTC'
                             ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
                 RETURNING id, external_id, wanted_version
                    """,
                    channel.id,
                    FETCH_WANTED,
                    wanted,
                )
            )
        return rows[0] if rows else (None, None, None)


def _newest(moments):
    """The latest of those that are known, as a list of one or none."""
    known = [moment for moment in moments if moment]
    return [max(known)] if known else []
