# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import dataclass
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from .. import exceptions
from ..db.transaction import fresh_reading, own_transaction
from ..schemas import Lane, LevelRef
from .channel_level import DEDUCTED, EXPECTED_REMOTE
from .channel_outage import NOW
from .channel_settler import NEWER

WATCH_SECONDS = 300
"""From one look at overtaken numbers to the next."""
PATIENCE_HOURS = 24
"""After so long nobody waits for an answer any more."""
HEAD = 3
"""Of a mass that falls, so many times a mass change go by the other requests alone."""
INSURE_SECONDS = 1200
"""So long a lane may take for numbers that fall, before they go by the others, too."""
REST_SECONDS = 300
"""So long a lane is left alone that did not take numbers, where it does not say."""
REFUSED_SECONDS = 3600
"""The same after it has refused a batch as a whole."""

# Numbers of ``level`` that a lane has taken and not answered for.
UNANSWERED = SQL(
    """
    SELECT FROM channel_publication_line line
      JOIN channel_publication publication ON publication.id = line.publication_id
     WHERE line.level_id = level.id AND line.result = 'accepted'
       AND line.due_at IS NULL AND publication.state = 'accepted'
       AND publication.ticket IS NOT NULL AND publication.is_stuck IS NOT TRUE
    """
)

# Of these the numbers that fall and that no later one has followed.
UNANSWERED_FALL = SQL(
    """
    SELECT FROM channel_publication_line line
      JOIN channel_publication publication ON publication.id = line.publication_id
     WHERE line.level_id = level.id AND line.result = 'accepted'
       AND line.due_at IS NULL AND publication.state = 'accepted'
       AND publication.ticket IS NOT NULL AND publication.is_stuck IS NOT TRUE
       AND line.quantity < line.base
       AND NOT EXISTS (SELECT FROM channel_publication_line later
                        WHERE later.level_id = line.level_id AND later.id > line.id)
    """
)

# A number that was sent to the same level after ``line``'s, whatever became of it.
LATER = SQL(
    """
    SELECT FROM channel_publication_line later
     WHERE later.level_id = line.level_id AND later.id > line.id
    """
)


@dataclass(frozen=True)
class Way:
    """How the next batch goes: by a lane, with numbers that rise or that fall.

    ``head``: of those that fall, the ones that sell out first are left to the requests
    that are answered at once: as many of them as these can take meanwhile.
    """

    lane: Lane
    falls: bool = False
    head: int = 0

    def get_condition(self, scarce):
        """Condition on ``level``: these numbers may go by the lane."""
        if self.falls:
            return SQL(
                "level.target < %s AND NOT EXISTS (%s)", EXPECTED_REMOTE, UNANSWERED
            )
        return SQL(
            "level.target > GREATEST(%s, %s) AND NOT EXISTS (%s)",
            EXPECTED_REMOTE,
            scarce,
            UNANSWERED,
        )


@dataclass(frozen=True)
class Overtaken:
    """A number in a lane that is not what is to be shown any more, in sold units.

    :ivar quantity: what the lane was told
    :ivar counted: what the channel had sold by itself when that was computed
    :ivar deducted: what it has sold by itself until now
    :ivar expected: what it is to show by what is known of it, and ``deducted``
    :ivar ref: (stock ref, node ref)
    """

    level_id: int
    quantity: int
    counted: int
    deducted: int
    expected: int
    ref: tuple

    def is_landed(self, number):
        """It was applied before anything was sold since."""
        total = self._add_sold(number)
        return total == self.quantity + self.counted != self.expected

    def is_too_high(self, number):
        """It may have been applied after some of what was sold since, and shows that
        again. Or it was not applied at all: so it is still waited for."""
        total = self._add_sold(number)
        if total is None:
            return False
        lowest = max(self.quantity + self.counted, self.expected)
        return lowest < total <= self.quantity + self.deducted

    def _add_sold(self, number):
        return None if number is None else number + self.deducted


class ChannelLane(models.AbstractModel):
    """Sends many numbers at once where the channel answers for them much later.

    A channel may have, beside the requests that it answers at once, others that take
    thousands of numbers (``Capabilities.lanes``): it takes them in and gives a ticket,
    and minutes or hours later it tells what became of them. They are for mass changes:
    as many as the channel's *mass change* at once. What is scarce never rises by one,
    and what falls never waits for one:

    - Where a mass falls (a stocktaking), those that sell out first go by the requests
      that are answered at once, as many as these can take within a quarter of an hour,
      and the others by the lane. When that has not answered after twenty minutes, they
      go by the other requests as well, the lowest first.
    - A number in a lane is *accepted* (``channel.settler``): it counts with the larger
      of two numbers, and is not sent again before the lane has answered.
    - It is overtaken by a lower one only, which goes by the requests that are answered
      at once. When the lane ends, the number of then is sent once more, since the one
      from the lane may have been applied after it; until then overtaken numbers are
      looked at every few minutes.
    - A ticket that is not answered within a day is a person's to look into, and its
      numbers go by the other requests.
    - A lane that does not take numbers keeps no others waiting: it rests, and they go
      by the other requests.
    """

    _name = "channel.lane"
    _description = "Lane of Quantities Answered Later"

    # -------------------------------------------------------------- choose
    @api.model
    def _choose(self, channel, lanes, only=None):
        """How the next batch goes, None for the requests that are answered at once.

        :param lanes: tuple of schemas.Lane
        :param only: what may be in it, where numbers that rise have to wait
        :return: Way
        """
        mass = channel.mass_quantity
        # those that are left to the other requests, and a mass besides
        has_falls = self._has_waiting(channel, True, (HEAD + 1) * mass)
        if not has_falls and (only or not self._has_waiting(channel, False, mass)):
            return None
        busy, rests = self._count_busy(channel), channel._get_shared_state("lanes")
        now = self._now().isoformat()
        for lane in lanes:
            is_resting = rests.get(lane.name, "") > now
            if busy.get(lane.name, 0) < lane.open and not is_resting:
                return Way(lane, has_falls, HEAD * mass if has_falls else 0)
        return None

    def _has_waiting(self, channel, urgent, count):
        """Whether so many numbers wait that fall, or that rise."""
        [[waiting]] = self.env.execute_query(
            SQL(
                """
                SELECT count(*) FROM (
                    SELECT FROM channel_level_pending
                     WHERE channel_id = %s AND urgent = %s LIMIT %s) AS waiting
                """,
                channel.id,
                urgent,
                count,
            )
        )
        return waiting >= count

    def _count_busy(self, channel):
        """:return: {lane: how many of its requests have no answer yet}"""
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT publication.lane, count(*)
                      FROM channel_publication publication
                     WHERE publication.channel_id = %s
                       AND publication.state = 'accepted'
                       AND publication.lane IS NOT NULL
                       AND EXISTS (SELECT FROM channel_publication_line line
                                    WHERE line.publication_id = publication.id
                                      AND line.result = 'accepted'
                                      AND line.due_at IS NULL)
                     GROUP BY publication.lane
                    """,
                    channel.id,
                )
            )
        )

    @api.model
    def _rest(self, channel, name, seconds=REST_SECONDS):
        """Leave a lane alone for so long."""
        until = self._now() + timedelta(seconds=seconds or REST_SECONDS)
        with channel._shared_state("lanes") as state:
            state[name] = until.isoformat()

    @api.model
    def _insure(self, channel, can):
        """Queue numbers that fall and that a lane has not answered for in time, the
        lowest first, where nothing that falls waits otherwise: they go by the other
        requests as well. Once each; the same number twice does no harm, whichever is
        applied last.
        """
        if not can.lanes or not channel._may_publish():
            return
        with own_transaction(self.env) as env:
            lanes = env["channel.lane"]
            if not lanes._has_waiting(channel, True, 1):
                lanes._queue_falls(channel, can.batch_size)

    def _queue_falls(self, channel, limit):
        self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_level_pending
                       (level_id, channel_id, urgent, force, since, trace)
                SELECT level.id, level.channel_id, true, true, line.since,
                       line.cause_trace
                  FROM channel_publication publication
                  JOIN channel_publication_line line
                    ON line.publication_id = publication.id
                   AND line.result = 'accepted' AND line.due_at IS NULL
                   AND line.quantity < line.base
                  JOIN channel_level level ON level.id = line.level_id
                 WHERE publication.channel_id = %s AND publication.state = 'accepted'
                   AND publication.ticket IS NOT NULL
                   AND publication.is_stuck IS NOT TRUE
                   AND publication.acked_at < %s - make_interval(secs => %s)
                   AND NOT EXISTS (%s)
                 ORDER BY level.target, line.id LIMIT %s
                RETURNING id
                """,
                channel.id,
                NOW,
                INSURE_SECONDS,
                LATER,
                limit,
            )
        )

    # -------------------------------------------------------------- follow
    def _follow(self, publication, result):
        """The lane has taken the numbers."""
        lane = publication._get_lane()
        outcome = self.env["channel.publication.outcome"]
        outcome._take_as_sent(publication, publication.line_ids)
        publication.write(
            {
                "state": "accepted",
                "ticket": result.ticket,
                "answer": (result.answer or "")[:100_000],
            }
        )
        outcome._stamp_answer(publication)
        self._wait_for(publication, lane.every)

    def _lose(self, publication):
        """Nobody knows whether the lane has taken the numbers: there is no ticket to
        ask by. They may be applied as long as a ticket would be waited for, and are
        sent once more meanwhile; those that have changed since are looked at."""
        self._wait_for(publication, None)

    def _wait_for(self, publication, seconds):
        """No number is expected to be shown before the lane has answered; those that
        are overtaken meanwhile are looked at now and then.

        :param seconds: until it is asked; None: never
        """
        self.env.execute_query(
            SQL(
                """
                WITH taken AS (
                    UPDATE channel_publication_line
                       SET result = 'accepted', due_at = NULL
                     WHERE publication_id = %(id)s)
                UPDATE channel_publication
                   SET ask_at = %(now)s + make_interval(secs => %(ask)s),
                       watch_at = %(now)s + make_interval(secs => %(watch)s)
                 WHERE id = %(id)s RETURNING id
                """,
                id=publication.id,
                now=NOW,
                ask=seconds,
                watch=WATCH_SECONDS,
            )
        )
        self.env["channel.publication"].invalidate_model()
        self.env["channel.publication.line"].invalidate_model()
        publication.channel_id._wake("_job_observe", seconds=seconds or WATCH_SECONDS)

    # ----------------------------------------------------------------- ask
    @api.model
    def _run(self, channel):
        """Ask what became of batches, and look at what was overtaken.

        :return: True when the channel was asked, None when there was nothing to
        """
        asked = None
        self._give_up_lost(channel)
        for publication_id in self._find(channel, "ask_at"):
            asked = self._ask(channel, publication_id) or asked
        for publication_id in self._find(channel, "watch_at"):
            asked = self._watch(channel, publication_id) or asked
            # what falls and was not answered for goes by the other requests in time
            channel._wake("_job_publish")
        self._come_back(channel)
        return asked

    def _find(self, channel, field):
        """Ids of those whose time has come, oldest first.

        :param field: ``ask_at`` or ``watch_at``
        """
        with fresh_reading(self.env) as env:
            due = [
                ("channel_id", "=", channel.id),
                ("state", "=", "accepted"),
                (field, "<=", self._now()),
            ]
            return env["channel.publication"].search(due, order="id").ids

    def _now(self):
        return self.env["channel.intake"]._database_time().replace(tzinfo=None)

    def _ask(self, channel, publication_id):
        """Ask what became of one batch.

        :return: True; None when another worker has heard it meanwhile
        """
        with fresh_reading(self.env) as env:
            publication = env["channel.publication"].browse(publication_id)
            if not self._is_unanswered(publication):
                return None
            sent = publication.payload, publication.ticket
        result = refusal = seconds = None
        try:
            result = channel._adapter()._ask_push(channel, *sent)
        except exceptions.RejectedError as error:
            refusal = error
        except exceptions.ThrottledError as error:
            # the numbers that are due to be shown do not wait for that
            seconds = error.retry_after
        with own_transaction(self.env) as env:
            env["channel.settler"]._lock(channel)
            own = env["channel.publication"].browse(publication_id)
            # another worker may have been told while this one asked
            if self._is_unanswered(own):
                env[self._name]._take_answer(own, result, refusal, seconds)
        return True

    def _take_answer(self, publication, result, refusal, seconds):
        lane = publication._get_lane()
        if refusal:
            self._take_refusal(publication, refusal)
        elif result:
            self._end(publication, lane, result)
        else:
            self._postpone(publication, max(seconds or 0, lane.every))

    @staticmethod
    def _is_unanswered(publication):
        return publication.state == "accepted" and bool(publication.ask_at)

    def _refuse(self, publication, error):
        """Nothing of the batch was applied: its numbers go by the other requests, and
        the lane rests; a lane that refuses them all would do so again."""
        with own_transaction(self.env) as env:
            own = env["channel.publication"].browse(publication.id)
            env["channel.settler"]._lock(own.channel_id)
            env["channel.lane"]._take_refusal(own, error)

    def _take_refusal(self, publication, error):
        lines, channel = publication.line_ids, publication.channel_id
        self._restore(lines.ids)
        self._note({}, lines.ids)
        self.env["channel.publication.outcome"]._queue_lines(lines)
        publication.write({"state": "done", "error": str(error)})
        self.env["channel.publication"].invalidate_model()
        self._rest(channel, publication.lane, REFUSED_SECONDS)
        channel._wake("_job_publish")
        self.env["channel.exception"]._report(
            channel,
            "health",
            key=f"lane:{publication.lane}",
            record=publication,
            message=self.env._(
                "%(channel)s refused %(count)s quantities at once: %(error)s",
                channel=channel.name,
                count=publication.line_count,
                error=error,
            ),
            suggestion=self.env._(
                "They are being sent one by one, and so are others for an hour. If "
                "it happens again, ask the channel's support (ticket %(ticket)s).",
                ticket=publication.ticket or "-",
            ),
        )

    def _postpone(self, publication, seconds):
        self.env.execute_query(
            SQL(
                "UPDATE channel_publication "
                "SET ask_at = %s + make_interval(secs => %s) "
                "WHERE id = %s RETURNING id",
                NOW,
                seconds,
                publication.id,
            )
        )
        age = self._now() - publication.acked_at
        if age.total_seconds() > PATIENCE_HOURS * 3600 and not publication.is_stuck:
            publication.is_stuck = True
            self._queue(publication.line_ids.ids)
            self._report_stuck(publication)

    def _report_stuck(self, publication):
        """What has not been applied by now is sent by the other requests."""
        channel = publication.channel_id
        channel._wake("_job_publish")
        self.env["channel.exception"]._report(
            channel,
            "health",
            key=f"stuck:{publication.id}",
            record=publication,
            message=self.env._(
                "%(channel)s has taken %(count)s quantities and did not process them "
                "within %(hours)s hours (ticket %(ticket)s).",
                channel=channel.name,
                count=publication.line_count,
                hours=PATIENCE_HOURS,
                ticket=publication.ticket,
            ),
            suggestion=self.env._(
                "They are being sent one by one. Ask the channel's support about the "
                "ticket: what it holds may still be applied."
            ),
        )

    def _give_up_lost(self, channel):
        """Batches without a ticket that nobody will hear of any more."""
        with own_transaction(self.env) as env:
            settler = env["channel.settler"]
            settler._lock(channel)
            env.execute_query(
                SQL(
                    """
                    UPDATE channel_publication_line line SET result = 'replaced'
                      FROM channel_publication publication
                     WHERE publication.id = line.publication_id
                       AND publication.channel_id = %s
                       AND publication.state = 'accepted' AND line.result = 'accepted'
                       AND line.due_at IS NULL AND publication.ticket IS NULL
                       AND publication.acked_at < %s - make_interval(hours => %s)
                    RETURNING line.id
                    """,
                    channel.id,
                    NOW,
                    PATIENCE_HOURS,
                )
            )
            settler._close(channel)

    # ----------------------------------------------------------------- end
    def _end(self, publication, lane, result):
        """The lane has told what became of each number."""
        outcome = self.env["channel.publication.outcome"]
        results = {each.line_id: each for each in result.results}
        found = {}
        lines = publication.line_ids.filtered(
            lambda each: each.result == "accepted" and not each.due_at
        )
        for line in lines:
            status = results[line.id].status if line.id in results else "retry"
            status = "accepted" if status == "acked" else status
            found.setdefault(status, []).append(line.id)
        lines = lines.browse()
        refused = found.get("rejected", []) + found.get("retry", [])
        self._restore(refused)
        self._note(results, refused)
        self._expect(found.get("accepted", []), lane.applies)
        self._queue(self._find_changed(found.get("accepted", [])))
        alone = self._without_successor(found.get("rejected", []))
        outcome._settle_rejected(lines.browse(alone), results)
        outcome._queue_lines(lines.browse(found.get("retry", [])))
        if found.get("retry"):
            # by the other requests first: it might not apply them again
            self._rest(publication.channel_id, publication.lane)
        publication.write(
            {
                "ask_at": False,
                "watch_at": False,
                "answer": (result.answer or "")[:100_000],
            }
        )
        # from now on it counts how long they take
        outcome._stamp_answer(publication)
        channel = publication.channel_id
        self.env["channel.exception"]._resolve_keys(
            channel, [f"stuck:{publication.id}", f"lane:{publication.lane}"]
        )
        self.env["channel.settler"]._close(channel)
        channel._wake("_job_publish")
        channel._wake("_job_observe", seconds=lane.applies + 1)

    def _expect(self, line_ids, seconds):
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_publication_line
                   SET due_at = %s + make_interval(secs => %s)
                 WHERE id = ANY(%s) RETURNING id
                """,
                NOW,
                seconds,
                line_ids,
            )
        )

    def _note(self, results, line_ids):
        """What became of lines that were not applied."""
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_publication_line line
                   SET result = row.result, code = row.code, message = row.message
                  FROM unnest(%s::int[], %s::varchar[], %s::varchar[], %s::varchar[])
                       AS row (line_id, result, code, message)
                 WHERE line.id = row.line_id RETURNING line.id
                """,
                line_ids,
                [results[i].status if i in results else "retry" for i in line_ids],
                [results[i].code if i in results else None for i in line_ids],
                [results[i].message if i in results else None for i in line_ids],
            )
        )

    def _restore(self, line_ids):
        """These numbers were not applied: what was known before them is known again,
        where nothing has followed."""
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_level_remote remote
                   SET base_qty = line.base, base_deducted = line.deducted
                  FROM channel_publication_line line
                 WHERE line.id = ANY(%s) AND remote.level_id = line.level_id
                   AND remote.publication_id = line.publication_id
                   AND remote.state IN ('known', 'rejected')
                RETURNING remote.id
                """,
                line_ids,
            )
        )

    def _find_changed(self, line_ids):
        """Of these numbers those of which another one may be shown by now, or should
        be: another one has followed, or the channel has sold since. The one from the
        lane may be applied last all the same."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.id
                  FROM channel_publication_line line
                  JOIN channel_level level ON level.id = line.level_id
                 WHERE line.id = ANY(%s)
                   AND (EXISTS (%s AND (later.quantity <> line.quantity
                                        OR later.deducted <> line.deducted))
                        OR line.deducted <> %s)
                """,
                line_ids,
                LATER,
                DEDUCTED,
            )
        )
        return [line_id for (line_id,) in rows]

    def _without_successor(self, line_ids):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.id FROM channel_publication_line line
                 WHERE line.id = ANY(%s) AND NOT EXISTS (%s)
                """,
                line_ids,
                LATER,
            )
        )
        return [line_id for (line_id,) in rows]

    def _queue(self, line_ids):
        """Send the numbers of now, whether they seem to differ or not."""
        lines = self.env["channel.publication.line"].browse(line_ids)
        self._queue_levels(lines.level_id.ids)

    # --------------------------------------------------------------- watch
    def _watch(self, channel, publication_id):
        """Look at numbers that were overtaken: one that shows what the lane was told
        has been applied late, and is put right before the lane has ended.

        :return: whether the channel was asked
        """
        rows = self._find_overtaken(publication_id)
        size = channel._capabilities().read_size
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            shown = self.env["channel.settler"]._see_refs(
                channel, [LevelRef(*row.ref) for row in part]
            )
            landed = [row for row in part if row.is_landed(shown.get(row.ref))]
            high = [row for row in part if row.is_too_high(shown.get(row.ref))]
            with own_transaction(self.env) as env:
                env["channel.settler"]._lock(channel)
                lane = env["channel.lane"]
                lane._drop_landed(publication_id, landed)
                lane._put_right([*landed, *high], shown)
        with own_transaction(self.env) as env:
            env.execute_query(
                SQL(
                    "UPDATE channel_publication "
                    "SET watch_at = %s + make_interval(secs => %s) "
                    "WHERE id = %s AND watch_at IS NOT NULL RETURNING id",
                    NOW,
                    WATCH_SECONDS,
                    publication_id,
                )
            )
        return bool(rows)

    def _find_overtaken(self, publication_id):
        """Numbers of which a later one is known to be shown, or of which the channel
        has sold since: the lane may put back what it has sold.

        :return: list of Overtaken
        """
        with own_transaction(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    SELECT line.level_id, line.quantity, line.deducted, %(deducted)s,
                           remote.base_qty + remote.base_deducted,
                           listing.stock_ref, node.external_id
                      FROM channel_publication_line line
                      JOIN channel_level level ON level.id = line.level_id
                      JOIN channel_listing listing ON listing.id = level.listing_id
                      JOIN channel_node node ON node.id = level.node_id
                      JOIN channel_level_remote remote ON remote.level_id = level.id
                       AND remote.state = 'known'
                     WHERE line.publication_id = %(id)s AND line.result = 'accepted'
                       AND line.due_at IS NULL
                       -- the same number twice is right whichever is applied last
                       AND (line.quantity + line.deducted
                            <> remote.base_qty + remote.base_deducted
                            OR line.deducted <> %(deducted)s)
                       AND NOT EXISTS (%(followed)s)
                    """,
                    deducted=SQL("%s::int", DEDUCTED),
                    id=publication_id,
                    followed=NEWER,
                )
            )
        return [Overtaken(*row[:-2], row[-2:]) for row in rows]

    def _drop_landed(self, publication_id, rows):
        """The lane's numbers of these levels have been applied, which they are once."""
        if rows:
            self.env.execute_query(
                SQL(
                    "UPDATE channel_publication_line SET result = 'replaced' "
                    "WHERE publication_id = %s AND level_id = ANY(%s) RETURNING id",
                    publication_id,
                    [row.level_id for row in rows],
                )
            )

    def _put_right(self, rows, shown):
        """These levels show what they are not to show: that is known from now on, so
        that the numbers of now are lower, and overtake the lane."""
        seen = [(row.level_id, shown[row.ref], row.deducted) for row in rows]
        self.env["channel.settler"]._take_as_shown(seen, "known", among=("known",))
        self._queue_levels([row.level_id for row in rows])

    def _queue_levels(self, level_ids):
        levels = self.env["channel.level"].browse(level_ids)
        if levels:
            self.env["channel.level.pending"]._add(levels, force=True)

    def _come_back(self, channel):
        """When the next answer may be there, or the next look is due."""
        # not in the job's transaction, which shows what was there when it began
        with own_transaction(self.env) as env:
            [[seconds]] = env.execute_query(
                SQL(
                    """
                    SELECT EXTRACT(epoch FROM
                               LEAST(min(ask_at), min(watch_at)) - %s)::float
                      FROM channel_publication
                     WHERE channel_id = %s AND state = 'accepted'
                    """,
                    NOW,
                    channel.id,
                )
            )
        if seconds is not None:
            channel._wake("_job_observe", seconds=max(seconds, 1))
