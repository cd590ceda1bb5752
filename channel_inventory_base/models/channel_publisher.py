# SPDX-License-Identifier: AGPL-3.0-or-later
import time
import uuid
from dataclasses import dataclass, replace

from odoo import api, models
from odoo.tools import SQL

from .. import exceptions
from ..db.published import PUBLISHED
from ..db.transaction import (
    LOCK_ALLOCATE,
    LOCK_ATTEND_PUBLISH,
    LOCK_PUBLISH,
    fresh_reading,
    own_transaction,
    try_lock,
)
from ..lib.flight import foretell
from ..schemas import LevelEntry
from .channel_lane import UNANSWERED, UNANSWERED_FALL
from .channel_level import EXPECTED_REMOTE

RUN_SECONDS = 10
"""After so long, other channels' numbers have their turn."""
WINDOW = 1000
STALL_SECONDS = 10
OPEN = ("ready", "sending")
FALLS, ZEROS = "falls", "zeros"
"""The numbers of a batch, where it must not have all: none that rise, or those of 0
alone. A channel that is sent 0 can give nothing back, whatever it has sold."""

# An order of ``level``'s listing that has just come in and does not say yet which
# node it was taken from, or has said so after the last plan: until then it is held at a
# guess. Only for a while: if the rest never comes, compare-and-set protects the sale
# all the same.
UNPLACED_SALE = """EXISTS (
        SELECT FROM channel_order_line line
          JOIN channel_order sold ON sold.id = line.order_id
         WHERE line.listing_id = level.listing_id
           AND sold.channel_id = level.channel_id
           AND sold.state <> 'gone'
           AND sold.create_date > now() AT TIME ZONE 'UTC' - interval '30 seconds'
           AND (NOT sold.complete %s
                OR line.node_id IS NULL AND line.open_quantity > 0
                OR line.is_moved AND EXISTS (
                    SELECT FROM channel_change change
                     WHERE change.product_id = listing.product_id)))"""
# Where numbers overwrite none is refused: then it is enough to know what was deducted.
NOT_DEDUCTED = SQL("AND line.deducted IS NULL")


@dataclass(frozen=True)
class Candidate:
    """A pending level as the freezing statement saw it. Quantities in sold units."""

    level_id: int
    state: str
    target: int
    expected: int
    deducted: int
    force: bool
    since: object
    trace: str
    stock_ref: str
    node_ref: str
    shared: bool
    position: int
    queued_at: object

    def differs(self):
        return self.force or self.state == "unknown" or self.target != self.expected

    def sendable(self, blind=False):
        """:param blind: the channel's numbers cannot be read: what it has is known when
        it has been told"""
        return self.state in ("known", "rejected") or (
            blind and self.state == "unknown"
        )


class ChannelPublisher(models.AbstractModel):
    """Sends changed quantities in batches; one publisher per channel at a time.

    Each step is a transaction of its own: freeze (key, payload and lines become durable
    and leave the queue), mark as sending, call the channel with no transaction open,
    settle. A worker killed in between leaves a publication that the next run processes
    first: it is sent again with the same key and body, and so has one outcome.

    One that was certainly not carried out (the channel is throttled or down) stays:
    its levels are queued again, and the next batch takes its place (``again``), with
    the numbers of then. So an outage leaves one publication, however long it is.
    """

    _name = "channel.publisher"
    _description = "Channel Publisher"

    @api.model
    def _run(self, channel):
        """:return: True when the channel was asked, None when there was nothing to
        send, False when another publisher is at this channel"""
        can = channel._capabilities()
        if not can.push_levels:
            return None
        publisher = self._of(channel)
        return publisher._attend(channel, time.monotonic() + RUN_SECONDS)

    def _attend(self, channel, end):
        """Publish as long as there is something to: whoever queues numbers meanwhile
        needs no job (``db.jobs``).

        :param end: monotonic time after which other channels have their turn
        """
        asked = None
        while True:
            with try_lock(self.env, LOCK_ATTEND_PUBLISH, channel.id) as attending:
                if not attending:
                    # whoever does looks again after us
                    return asked
                answered, is_drained = self._publish_all(channel, end)
            if answered is False:
                return asked or False
            asked = answered or asked
            if not is_drained or not self._has_sendable(channel):
                return asked
            if time.monotonic() > end:
                channel._wake("_job_publish")
                return asked

    def _publish_all(self, channel, end):
        """:return: (see ``_run``; whether nothing was left that might be sent)"""
        can, asked = channel._capabilities(), None
        with try_lock(self.env, LOCK_PUBLISH, channel.id) as locked:
            if not locked:
                return False, False
            if not can.read_levels:
                self._queue_unknown(channel)
            for publication_id in self._left_open(channel):
                asked = self._resume(channel, publication_id) is not None or asked
            while publication_id := self._freeze_next(channel):
                asked = True
                if not self._send(channel, publication_id):
                    channel._wake("_job_publish", seconds=STALL_SECONDS)
                    return asked, False
                if time.monotonic() > end:
                    channel._wake("_job_publish")
                    return asked, False
            self._close_unsent(channel)
        return asked, True

    def _has_sendable(self, channel):
        """Whether something waits that the next batch would take."""
        with own_transaction(self.env) as env:
            publisher = env["channel.publisher"]
            own_channel = env["channel.channel"].browse(channel.id)
            if not own_channel._may_publish():
                return False
            can = own_channel._capabilities()
            condition = publisher._get_take_condition(own_channel, can, None, None)
            picked = publisher._picked_query(
                own_channel.id, 1, condition, can.overwrites
            )
            return bool(env.execute_query(picked))

    @api.model
    def _of(self, channel):
        """The publisher for channels of this kind: can they compare before they
        write?"""
        can = channel._capabilities()
        if can.snapshot:
            return self.env["channel.publisher.snapshot"]
        if can.overwrites:
            return self.env["channel.publisher.absolute"]
        return self.env["channel.publisher"]

    def _left_open(self, channel):
        """The publications left by a killed publisher. Levels frozen but never sent are
        queued again with their present targets.

        :return: ids of those that were being sent
        """
        with own_transaction(self.env) as env:
            publications = env["channel.publication"].search(
                [("channel_id", "=", channel.id), ("state", "in", OPEN)], order="id"
            )
            unsent = publications.filtered(lambda each: each.state == "ready")
            for publication in unsent.filtered(lambda each: not each.again):
                env[self._name]._queue_again(publication)
            return (publications - unsent).ids

    def _queue_again(self, publication, error=None, why="unsent"):
        """Its levels wait again, and the next batch takes its place."""
        self._queue_untold(publication)
        values = {"state": "ready", "again": why}
        publication.write({**values, "error": str(error)} if error else values)

    def _queue_untold(self, publication):
        """The channel was not told: the levels wait again."""
        self.env["channel.publication.outcome"]._queue_lines(publication.line_ids)

    def _close_unsent(self, channel):
        """There is nothing to send any more, and a publication that was not carried
        out: what it was to say is no longer so."""
        with own_transaction(self.env) as env:
            left = env["channel.publication"].search(
                [("channel_id", "=", channel.id), ("again", "!=", False)]
            )
            if left and not env["channel.publisher"]._has_queued(channel):
                left.write({"state": "void", "again": False})

    def _has_queued(self, channel):
        domain = [("channel_id", "=", channel.id)]
        # this run may have queued them, and others do all the time
        with fresh_reading(self.env) as env:
            return bool(env["channel.level.pending"].search_count(domain, limit=1))

    # --------------------------------------------------------------- blind
    # Of a channel whose numbers cannot be read nobody waits to be told what it shows.
    def _queue_unknown(self, channel):
        """Queue all numbers that the channel was never told. They are gathered first:
        see ``channel.observer._make_missing_now``."""
        with own_transaction(self.env) as env:
            env["channel.publisher"]._make_missing(channel)
            env.execute_query(
                SQL(
                    """
                    WITH untold AS (
                        SELECT array_agg(level.id) AS ids
                          FROM channel_level level
                          JOIN channel_level_remote remote ON remote.level_id = level.id
                          JOIN channel_listing listing ON listing.id = level.listing_id
                          JOIN channel_node node ON node.id = level.node_id
                         WHERE level.channel_id = %(channel)s
                           AND remote.state IN ('unknown', 'stale') AND %(published)s
                           AND NOT EXISTS (SELECT FROM channel_level_pending pending
                                            WHERE pending.level_id = level.id)
                           AND NOT EXISTS (SELECT FROM channel_publication_line line
                                             JOIN channel_publication publication
                                               ON publication.id = line.publication_id
                                            WHERE line.level_id = level.id
                                              AND publication.state
                                                  IN ('ready', 'sending', 'dead'))
                    )
                    INSERT INTO channel_level_pending
                           (level_id, channel_id, urgent, force, since, trace)
                    SELECT level.id, level.channel_id, true, true,
                           COALESCE(level.planned_at, now() AT TIME ZONE 'UTC'),
                           level.trace
                      FROM untold, unnest(ids) AS wanted (id)
                      JOIN channel_level level ON level.id = wanted.id
                    RETURNING level_id
                    """,
                    channel=channel.id,
                    published=PUBLISHED,
                )
            )

    def _note_untold(self, channel, taken):
        """Those that were planned after this run has begun are told as well: they get
        their rows now, of which the freezing statement has seen none."""
        if all(each.expected is not None for each in taken):
            return taken
        self._make_missing(channel)
        return [
            replace(each, expected=0, deducted=0) if each.expected is None else each
            for each in taken
        ]

    def _make_missing(self, channel):
        self.env["channel.observer"]._make_missing_now(channel)

    # -------------------------------------------------------------- freeze
    def _freeze_next(self, channel):
        self.env["channel.lane"]._insure(channel, channel._capabilities())
        return self._freeze(channel)

    def _freeze(self, channel, only=None):
        """Take a batch off the queue and make it a publication.

        :param only: ``FALLS`` or ``ZEROS``: leave all others where they are
        :return: its id; None when there is nothing to send
        """
        can = channel._capabilities()
        lanes = can.lanes
        while True:
            with own_transaction(self.env) as env:
                publisher = env["channel.publisher"]
                if can.applies:
                    env["channel.settler"]._lock(channel)
                own_channel = env["channel.channel"].browse(channel.id)
                if not own_channel._may_publish():
                    # paused meanwhile: what is queued stays queued
                    return None
                way = None
                if lanes:
                    way = env["channel.lane"]._choose(own_channel, lanes, only)
                taken = publisher._take_batch(own_channel, can, only, way)
                if not taken and not way:
                    return None
                blind = not can.read_levels
                if blind:
                    taken = publisher._note_untold(own_channel, taken)
                taken = publisher._settle_shares(taken)
                chosen = [
                    each for each in taken if each.sendable(blind) and each.differs()
                ]
                size = way.lane.size if way else can.batch_size
                if way and len(chosen) < own_channel.mass_quantity:
                    # too few of those that wait may go by it: no mass, and late there
                    size, lanes = 0, ()
                publisher._put_back(chosen[size:])
                if not size:
                    continue
                if chosen:
                    publication = publisher._make_publication(
                        own_channel, chosen[:size], way and way.lane
                    )
                    return publication.id

    def _take_batch(self, channel, can, only, way):
        """Off the queue: what may go by ``way``, and perhaps more."""
        lanes, mass = self.env["channel.lane"], channel.mass_quantity
        return self._take(
            channel.id,
            max(WINDOW, way.lane.size if way else can.batch_size),
            self._get_take_condition(channel, can, only, way),
            can.overwrites,
            # where a mass falls, what sells out first is the oldest task
            bool(can.lanes) and lanes._has_waiting(channel, True, mass),
            way.head if way else 0,
        )

    def _get_take_condition(self, channel, can, only, way):
        """Condition on ``level`` and ``listing`` for the numbers of the next batch."""
        condition = SQL("level.target <= %s", EXPECTED_REMOTE)
        if only == ZEROS:
            condition = SQL("level.target = 0")
        elif not only:
            condition = SQL(
                "(%s OR NOT (%s))",
                condition,
                SQL(" OR ").join(self._unplanned_conditions()),
            )
        condition = SQL("%s AND %s", condition, self._get_decided_condition())
        if way:
            return SQL(
                "%s AND %s", condition, way.get_condition(channel.scarce_quantity)
            )
        if can.lanes:
            # what a lane has taken is overtaken by a lower number only, or by the same
            # one where that falls
            return SQL(
                "%s AND (level.target < %s OR NOT EXISTS (%s) OR EXISTS (%s))",
                condition,
                EXPECTED_REMOTE,
                UNANSWERED,
                UNANSWERED_FALL,
            )
        return condition

    def _take(
        self, channel_id, limit, condition, overwrites=False, by_risk=False, head=0
    ):
        """Delete up to ``limit`` levels from the queue and look at them, at once.

        In the order of the queue, those that fall first; ``by_risk``: the lowest number
        first. ``head``: so many of the first ones stay there.

        A number waits while its listing has a sale of which the place is not known: it
        would be refused as stale. And it is not raised while a change of its product
        waits to be planned: an order that is stored counts even if no planner has got
        to it.
        """
        picked = self.env.execute_query(
            self._picked_query(channel_id, limit, condition, overwrites, by_risk, head)
        )
        if not picked:
            return []
        # as a list and not as a subquery: of a queue that is empty most of the time
        # PostgreSQL expects a row, and would run the subquery for each of them
        rows = self.env.execute_query(
            SQL(
                """
                WITH taken AS (
                    DELETE FROM channel_level_pending
                     WHERE level_id = ANY(%(picked)s)
                    RETURNING id, level_id, urgent, force, since, trace, queued_at
                ),
                queued AS MATERIALIZED (
                    SELECT level_id, min(id) AS position, bool_or(urgent) AS urgent,
                           bool_or(force) AS force, min(since) AS since,
                           min(queued_at) AS queued_at,
                           (array_agg(trace ORDER BY since)
                                FILTER (WHERE trace IS NOT NULL))[1] AS trace
                      FROM taken GROUP BY level_id
                )
                SELECT level.id, COALESCE(remote.state, 'unknown'), level.target,
                       %(expected)s, remote.base_qty + remote.base_deducted
                           - %(expected)s, queued.force, queued.since, queued.trace,
                       listing.stock_ref, node.external_id,
                       level.share_state IS NOT NULL, queued.position,
                       queued.queued_at
                  FROM queued
                  JOIN channel_level level ON level.id = queued.level_id
                  JOIN channel_listing listing ON listing.id = level.listing_id
                  JOIN channel_node node ON node.id = level.node_id
                  LEFT JOIN channel_level_remote remote ON remote.level_id = level.id
                 WHERE %(published)s
                 ORDER BY queued.urgent DESC, %(risk)s queued.position
                """,
                picked=sorted({level for [level] in picked}),
                expected=EXPECTED_REMOTE,
                published=PUBLISHED,
                risk=SQL("level.target,") if by_risk else SQL(),
            )
        )
        return [Candidate(*row) for row in rows]

    def _picked_query(
        self, channel_id, limit, condition, overwrites, by_risk=False, head=0
    ):
        """Query of the levels that ``_take`` takes off the queue."""
        return SQL(
            """
            SELECT pending.level_id
              FROM channel_level_pending pending
              JOIN channel_level level ON level.id = pending.level_id
              JOIN channel_listing listing ON listing.id = level.listing_id
              LEFT JOIN channel_level_remote remote ON remote.level_id = level.id
             WHERE pending.channel_id = %(channel)s
               AND %(condition)s
               AND NOT %(unplaced)s
             ORDER BY pending.urgent DESC, %(risk)s pending.id
             LIMIT %(limit)s OFFSET %(head)s
            """,
            channel=channel_id,
            condition=condition,
            unplaced=SQL(UNPLACED_SALE, NOT_DEDUCTED if overwrites else SQL()),
            limit=limit,
            risk=SQL("level.target,") if by_risk else SQL(),
            head=head,
        )

    def _get_decided_condition(self):
        """Condition on ``level`` and ``listing``: nobody has to decide first."""
        withheld = self._withheld_conditions()
        if not withheld:
            return SQL("true")
        return SQL("(level.target = 0 OR NOT (%s))", SQL(" OR ").join(withheld))

    def _withheld_conditions(self):
        """Hook: conditions on ``level`` and ``listing`` under which a person has to
        decide before anything but 0 is published. None here."""
        return []

    def _unplanned_conditions(self):
        """Conditions on ``level`` and ``listing``: a change of what the number stands
        on waits to be planned. Addons add what else a number stands on."""
        return [
            SQL(
                """EXISTS (
                    SELECT FROM channel_change change
                     WHERE change.product_id = listing.product_id
                        OR change.listing_id = listing.id
                        OR change.channel_id = level.channel_id)"""
            ),
            SQL(
                """EXISTS (
                    SELECT FROM channel_sweep sweep
                     WHERE sweep.channel_id = level.channel_id
                       AND sweep.product_id < listing.product_id)"""
            ),
        ]

    def _settle_shares(self, candidates):
        """Numbers that channels share exclusively, as they are now, until we commit.

        A plan that is under way may be lowering them: wait for it, and let the next
        one see what is frozen here (see ``channel_plan_exclusive``).
        """
        shared = [each.level_id for each in candidates if each.shared]
        if not shared:
            return candidates
        self.env.execute_query(
            SQL("SELECT pg_advisory_xact_lock_shared(%s, 0)", LOCK_ALLOCATE)
        )
        targets = dict(
            self.env.execute_query(
                SQL("SELECT id, target FROM channel_level WHERE id = ANY(%s)", shared)
            )
        )
        return [
            replace(each, target=targets.get(each.level_id, each.target))
            for each in candidates
        ]

    def _put_back(self, candidates):
        """Levels that did not fit into the batch keep their position in their class."""
        if not candidates:
            return
        self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_level_pending
                       (id, level_id, channel_id, urgent, force, since, trace,
                        queued_at)
                SELECT row.position, level.id, level.channel_id, row.urgent, row.force,
                       row.since::timestamp, row.trace, row.queued_at::timestamp
                  FROM (VALUES %s) AS row (position, level_id, urgent, force, since,
                                           trace, queued_at)
                  JOIN channel_level level ON level.id = row.level_id
                RETURNING id
                """,
                SQL(", ").join(
                    SQL(
                        "(%s, %s, %s, %s, %s, %s, %s)",
                        each.position,
                        each.level_id,
                        each.target < each.expected,
                        each.force,
                        each.since,
                        each.trace,
                        each.queued_at,
                    )
                    for each in candidates
                ),
            )
        )

    def _make_publication(self, channel, candidates, lane=None):
        awaited = self._find_awaited(channel, candidates)
        publication = self._take_again(channel, candidates, lane)
        if not publication:
            publication = self.env["channel.publication"].create(
                {
                    "channel_id": channel.id,
                    "key": str(uuid.uuid4()),
                    "trace": uuid.uuid4().hex,
                    "payload": "",
                    "lane": lane.name if lane else False,
                }
            )
        line_ids = self.env["channel.publication.line"]._insert(
            publication,
            [
                (each.level_id, each.target, each.expected, each.deducted)
                + (each.since, each.trace, each.queued_at)
                for each in candidates
            ],
        )
        entries = [
            LevelEntry(
                line_id,
                each.stock_ref,
                each.node_ref,
                each.target,
                each.expected,
                awaited.get(each.level_id),
            )
            for line_id, each in zip(line_ids, candidates, strict=True)
        ]
        publication.payload = channel._adapter()._prepare_push(
            channel, entries, publication.trace, **publication._get_lane_options()
        )
        return publication

    def _find_awaited(self, channel, candidates):
        """What the channel shows of each level once all that is on its way has been
        applied, if it shows the target (``lib.flight``).

        What a lane has answered for is applied as a rule. Where it is not, a number
        that is sent now may be applied before it as well: whether this one stays is
        seen when it is read back.

        :return: level id -> the target, None where it cannot be told
        """
        if not channel._capabilities().applies:
            return {}
        lines = self.env["channel.publication.line"]
        flights = lines._find_flights([each.level_id for each in candidates])
        return {
            each.level_id: foretell(
                flights.get(each.level_id, []), each.target, each.deducted
            )
            for each in candidates
        }

    def _take_again(self, channel, candidates, lane=None):
        """The publication whose place these take, empty. One that may have been carried
        out stays as it was sent, unless it is the same once more."""
        publication = self.env["channel.publication"].search(
            [
                ("channel_id", "=", channel.id),
                ("again", "!=", False),
                ("lane", "=", lane.name if lane else False),
            ],
            limit=1,
        )
        sent = {line.level_id.id: line.quantity for line in publication.line_ids}
        same = sent == {each.level_id: each.target for each in candidates}
        if publication.again == "lost" and not same:
            publication.write({"state": "void", "again": False})
            return publication.browse()
        publication.line_ids.unlink()
        # a new key all the same: a channel that is half down may know the old one
        publication.write({"again": False, "key": str(uuid.uuid4()), "noted": False})
        return publication

    # ---------------------------------------------------------------- send
    def _resume(self, channel, publication_id):
        """The outcome of a publication that was being sent is unknown: the same key and
        body once more have one outcome."""
        return self._send(channel, publication_id)

    def _send(self, channel, publication_id):
        """Send one publication, for the first time or again, and settle its answer.

        :return: False when it changed nothing: trying at once again would not either
        """
        with own_transaction(self.env) as env:
            publication = env["channel.publication"].browse(publication_id)
            # it may have been carried out by an attempt of which we know no answer
            lost = publication.state == "sending"
            publication.write(
                {
                    "state": "sending",
                    "attempts": publication.attempts + 1,
                    "sent_at": publication.sent_at or env["channel.hop"]._get_now(),
                }
            )
            payload, key = publication.payload, publication.key
            options = publication._get_lane_options()
        try:
            result = channel._adapter()._push_levels(channel, payload, key, **options)
        except exceptions.StaleKeyError as error:
            self._start_over(publication_id, error)
            return False
        except exceptions.RejectedError as error:
            if options:
                publication = self.env["channel.publication"].browse(publication_id)
                self.env["channel.lane"]._refuse(publication, error)
            else:
                self._mark_dead(publication_id, error)
        except exceptions.UncertainError:
            raise
        except (exceptions.ThrottledError, exceptions.UnavailableError) as error:
            if not lost:
                # certainly not carried out: do not send old numbers after the wait
                with own_transaction(self.env) as env:
                    publication = env["channel.publication"].browse(publication_id)
                    env[self._name]._queue_again(publication, error)
            lane = options.get("lane")
            if not lane:
                raise
            # the numbers that it would have taken go by the other requests
            seconds = getattr(error, "retry_after", None)
            self.env["channel.lane"]._rest(channel, lane, seconds)
        else:
            return self._settle(publication_id, result)
        return True

    def _start_over(self, publication_id, error):
        """The key is burnt and nothing was written under it: queue the levels anew."""
        with own_transaction(self.env) as env:
            publication = env["channel.publication"].browse(publication_id)
            publication.write({"state": "void", "error": str(error)})
            env[self._name]._queue_untold(publication)

    def _mark_dead(self, publication_id, error):
        """The channel refuses the request as a whole: a dead letter for a person."""
        with own_transaction(self.env) as env:
            publication = env["channel.publication"].browse(publication_id)
            publication.write({"state": "dead", "error": str(error)})
            # or the sweep would make a dead letter of them again and again
            outcome = env["channel.publication.outcome"]
            outcome._set_remote_state(publication.line_ids, "rejected")
            env["channel.exception"]._report(
                publication.channel_id,
                "publication",
                key=publication._get_cause_key(),
                record=publication,
                message=str(error),
                suggestion=self.env._(
                    "Open the publication, correct the cause and press Retry: the "
                    "quantities are recomputed."
                ),
            )

    # --------------------------------------------------------------- requeue
    @api.model
    def _requeue_missing(self):
        """Queue missed updates: every level to be published that is not queued.

        The queue is exact as long as every writer does its part; this makes a mistake
        of theirs a delay instead of a wrong number. And what was refused is tried
        again: nothing here changes when a location there is opened again.
        """
        self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_level_pending
                       (level_id, channel_id, urgent, force, since, trace)
                SELECT level.id, level.channel_id, level.target < %(expected)s,
                       remote.state = 'rejected',
                       COALESCE(level.planned_at, now() AT TIME ZONE 'UTC'), level.trace
                  FROM channel_level level
                  JOIN channel_level_remote remote ON remote.level_id = level.id
                  JOIN channel_listing listing ON listing.id = level.listing_id
                  JOIN channel_node node ON node.id = level.node_id
                 WHERE ((remote.state = 'known' AND level.target <> %(expected)s)
                        OR (remote.state = 'rejected' AND NOT EXISTS (
                            -- a request refused as a whole waits for a person
                            SELECT FROM channel_publication_line line
                              JOIN channel_publication publication
                                ON publication.id = line.publication_id
                             WHERE line.level_id = level.id
                               AND publication.state = 'dead')))
                   AND %(published)s
                   AND NOT EXISTS (SELECT FROM channel_level_pending pending
                                    WHERE pending.level_id = level.id)
                   AND NOT EXISTS (SELECT FROM channel_publication_line line
                                     JOIN channel_publication publication
                                       ON publication.id = line.publication_id
                                    WHERE line.level_id = level.id
                                      AND publication.state IN ('ready', 'sending'))
                RETURNING id
                """,
                expected=EXPECTED_REMOTE,
                published=PUBLISHED,
            )
        )

    # -------------------------------------------------------------- settle
    def _settle(self, publication_id, result):
        """Write down what the channel answered, line by line, in one transaction.

        :return: whether it came to anything for at least one line
        """
        with own_transaction(self.env) as env:
            publication = env["channel.publication"].browse(publication_id)
            if result.ticket:
                env["channel.lane"]._follow(publication, result)
                return True
            grouped = env["channel.publication.outcome"]._settle(publication, result)
            env["channel.audit"]._log_publication(publication, grouped)
        return bool(grouped.keys() - {"retry"})
