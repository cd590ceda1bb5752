import logging
import time
from datetime import datetime, timedelta, timezone

from odoo import api, models
from odoo.tools import SQL

from .. import exceptions
from ..db.transaction import (
    CONFLICTS,
    LOCK_POLL,
    own_transaction,
    retry_on_conflict,
    try_lock,
)
from .channel_order import FETCH_WANTED

_logger = logging.getLogger(__name__)

RUN_SECONDS = 10
"""After so long, other channels' orders have their turn."""
REPEATED_PAGES = 2
"""Pages in a row with nothing new: where many orders changed in one second, one is."""
BATCH = 10
"""Events captured at once: the last one is held half a second later, not more."""
LOCK_PATIENCE = 30
"""Milliseconds to wait for an order that somebody else is at, while capturing."""


class ChannelIntake(models.AbstractModel):
    """Takes stored events in: holds first, sale orders second.

    Events are drained one by one in transactions of their own, by as many workers as
    there are: each skips rows that another has locked. Capture (parse, hold, deduct)
    always goes before import (sale order), so a backlog of orders never keeps a new
    sale from being held.
    """

    _name = "channel.intake"
    _description = "Channel Intake"

    # ---------------------------------------------------------------- poll
    @api.model
    def _poll(self, channel):
        """Pull all orders changed since the last pull, less an overlap.

        :return: False when another worker is pulling
        """
        if not channel._capabilities().orders:
            return None
        with try_lock(self.env, LOCK_POLL, channel.id) as locked:
            if not locked:
                return False
            started = self._database_time()
            with channel._shared_state("poll") as state:
                state["started_at"] = started.isoformat()
                again = state.get("again_from")
                since = self._parse_time(state.get("watermark")) or self._first_since()
                since = min(since, self._parse_time(again) or since)
            self._pull_pages(channel, since, started)
            with channel._shared_state("poll") as state:
                state["completed_from"] = started.isoformat()
                if state.get("again_from") == again:
                    state.pop("again_from", None)
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
        channel._wake("_job_poll")

    def _pull_pages(self, channel, since, started):
        """Store page by page, and remember how far we have got by the channel's time:
        a pull that breaks off goes on there, not at the beginning."""
        overlap = timedelta(seconds=channel.poll_overlap)
        cursor, seen, repeated = "", set(), 0
        while True:
            page = channel._adapter()._fetch_orders(channel, since - overlap, cursor)
            keys = {event.key for event in page.events}
            repeated = repeated + 1 if keys and keys <= seen else 0
            if repeated > REPEATED_PAGES:
                raise exceptions.UnavailableError(
                    self.env._("The channel gives the same orders again and again.")
                )
            seen |= keys
            with own_transaction(self.env) as env:
                env["channel.inbox.event"]._store(channel, page.events, "poll")
            times = [event.occurred_at for event in page.events if event.occurred_at]
            if times:
                with channel._shared_state("poll") as state:
                    known = self._parse_time(state.get("watermark"))
                    newest = max([*times, *([known] if known else [])])
                    # one order of tomorrow must not hide those of today
                    newest = min(newest, started)
                    state["watermark"] = newest.isoformat()
            cursor = page.cursor
            if not cursor:
                return

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
        with own_transaction(self.env) as env:
            env["channel.order"]._release_parked(channel)
        self.env["channel.order"]._reroute_due(channel)
        while time.monotonic() < end:
            busy = set()
            while time.monotonic() < end and self._capture_next(None, channel, busy):
                pass
            if channel._may_talk() and self._fetch_next(channel):
                continue
            if not self._import_next(channel):
                if busy:
                    channel._wake("_job_intake", seconds=1)
                return
        channel._wake("_job_intake")

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

    def _fetch_next(self, channel):
        """Fetch one order of which we know only that it exists or has changed."""
        order_id, external_id, asked = self._next_fetch(channel)
        if not order_id:
            return False
        event, refusal = None, None
        try:
            event = channel._adapter()._fetch_order(channel, external_id)
        except (exceptions.RejectedError, exceptions.MalformedDataError) as error:
            # of this one order: the others are fetched and imported all the same
            refusal = error
        with own_transaction(self.env) as env:
            own_order = env["channel.order"].browse(order_id)
            if refusal:
                own_order._on_fetch_refused(refusal, asked)
            elif not event:
                own_order._on_gone()
            elif not env["channel.inbox.event"]._store(channel, [event], "fetch"):
                own_order._on_nothing_new(event, asked)
        return True

    def _next_fetch(self, channel):
        """The oldest order to fetch, postponed in the same breath: two workers do not
        ask for one order, and nobody asks in a tight loop for one that the channel,
        which may lag behind its own webhook, does not show yet.

        :return: id, external id and wanted version, or all None
        """
        with own_transaction(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    UPDATE channel_order
                       SET fetch_after = now() AT TIME ZONE 'UTC' + interval '10 s'
                     WHERE id = (
                            SELECT id FROM channel_order
                             WHERE channel_id = %s AND %s
                               AND COALESCE(fetch_after, '-infinity')
                                   < now() AT TIME ZONE 'UTC'
                             ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
                 RETURNING id, external_id, wanted_version
                    """,
                    channel.id,
                    FETCH_WANTED,
                )
            )
        return rows[0] if rows else (None, None, None)

    def _import_next(self, channel):
        """Import one order. What goes wrong in it stays with it."""
        order = self._next_order(channel, SQL("state = 'captured' AND complete"))
        if not order:
            return False
        try:
            retry_on_conflict(lambda: self._import_order(order.id))
        except exceptions.ChannelError as error:
            self._block(order.id, "malformed", str(error))
        except CONFLICTS:
            # a conflict between transactions says nothing about the order
            raise
        except Exception as error:  # pylint: disable=broad-except
            # whatever an addon raises while a sale order is made: this order waits
            # for a person, the others go on
            _logger.exception("order %s could not be imported", order.id)
            self._block(order.id, "import", str(error))
        return True

    def _import_order(self, order_id):
        # REPEATABLE READ: Odoo's reservation code relies on it
        with own_transaction(self.env, read_committed=False) as env:
            order = env["channel.order"].browse(order_id)
            if order._lock_for_import():
                env["channel.change"]._set_trace(order.trace)
                order._follow()

    def _block(self, order_id, category, message):
        with own_transaction(self.env) as env:
            env["channel.order"].browse(order_id)._block(category, message)

    def _next_order(self, channel, condition):
        """The oldest order that meets ``condition`` and that nobody works on."""
        with own_transaction(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    SELECT id FROM channel_order
                     WHERE channel_id = %s AND %s
                     ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
                    """,
                    channel.id,
                    condition,
                )
            )
        return self.env["channel.order"].browse(rows[0][0]) if rows else None
