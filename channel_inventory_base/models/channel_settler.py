# SPDX-License-Identifier: AGPL-3.0-or-later
import time
from dataclasses import dataclass

from odoo import api, models
from odoo.tools import SQL

from ..db.transaction import LOCK_SETTLE, own_transaction
from ..schemas import LevelRef
from ..tools.duration import format_duration
from .channel_level import DEDUCTED
from .channel_outage import NOW

RUN_SECONDS = 10
"""After so long, other channels' numbers have their turn."""


@dataclass(frozen=True)
class Accepted:
    """The last number that was sent to a level, accepted and due to be shown.

    ``sent``, ``old`` and ``crossed`` are sums: a number, and what was known to be
    deducted when it was set. What the channel sells moves from the one to the other. So
    they are compared with what it shows and has deducted now. Sold units.

    ``old``: what it showed before; ``crossed``: numbers that it accepted earlier and
    that may have been applied later. ``is_second``: the one before was not applied.
    """

    line_id: int
    level_id: int
    sent: int
    old: int
    crossed: list
    deducted: int
    is_late: bool
    is_second: bool
    is_queued: bool
    stock_ref: str
    node_ref: str

    @property
    def ref(self):
        return self.stock_ref, self.node_ref

    def judge(self, shown):
        """What has become of it.

        :param shown: sold units, None where the channel shows nothing
        :return: ``acked``: it was applied; ``crossed``: another one after it;
            ``late``: it was not; ``failed``: nor was the one before; ``stale``: the
            channel shows what nobody has sent; ``wait``: to be looked at later
        """
        seen = (shown or 0) + self.deducted
        if seen == self.sent:
            return "acked"
        if seen in self.crossed:
            return "crossed"
        if not self.is_late:
            return "wait"
        if shown is not None and seen != self.old:
            return "stale"
        return "failed" if self.is_second else "late"


class ChannelSettler(models.AbstractModel):
    """Follows numbers that a channel has accepted until it shows them.

    Some channels answer before they act (``Capabilities.applies``): until then either
    number may stand there, and both count (``channel.plan.exclusive``). What was sent
    is taken as known meanwhile, so that it is neither sent again nor doubted.

    When it should be there it is read back. Where it is, that is the acknowledgement.
    Where the channel still shows the number before, it gets longer
    (``Capabilities.patience``), then the number is sent once more, and after that it is
    a person's to find out. Numbers sent shortly after each other may be applied in the
    wrong order: where the earlier one is shown, the last is sent once more.

    It writes what the publisher writes, too: a lock that both take for the moment of
    writing keeps a number from being judged while its successor is being frozen.
    """

    _name = "channel.settler"
    _description = "Settler of Accepted Quantities"

    @api.model
    def _run(self, channel):
        """:return: True when the channel was asked, None when there was nothing to"""
        can, asked = channel._capabilities(), None
        if not can.applies:
            return None
        end = time.monotonic() + RUN_SECONDS
        self._drop_overtaken(channel)
        while due := self._find_due(channel, can.read_size):
            shown = self._see(channel, due) if can.read_levels else None
            asked = asked or can.read_levels or None
            with own_transaction(self.env) as env:
                settler = env["channel.settler"]
                settler._judge(env["channel.channel"].browse(channel.id), due, shown)
            if time.monotonic() > end:
                break
        self._come_back(channel)
        return asked

    @api.model
    def _lock(self, channel):
        """Held until the transaction ends, by whoever freezes or judges numbers."""
        self.env.execute_query(
            SQL("SELECT pg_advisory_xact_lock(%s, %s)", LOCK_SETTLE, channel.id)
        )

    @api.model
    def _hear(self, channel, states):
        """The channel tells what it shows: the same as what it has accepted last, and
        nothing before that, is applied.

        :param states: list of schemas.LevelState, none of before it was sent
        """
        if not channel._capabilities().applies:
            return
        shown = {(each.stock_ref, each.node_ref): each.available for each in states}
        told = SQL(", ").join(SQL("(%s, %s)", *ref) for ref in shown)
        if not shown:
            return
        due = self._find(
            channel,
            SQL(
                "line.due_at IS NOT NULL "
                "AND (listing.stock_ref, node.external_id) IN (%s)",
                told,
            ),
        )
        applied = [
            each
            for each in due
            if not each.crossed and each.judge(shown[each.ref]) == "acked"
        ]
        if applied:
            self._judge(channel, applied, shown)

    # ---------------------------------------------------------------- find
    def _find_due(self, channel, limit):
        with own_transaction(self.env) as env:
            due = SQL("line.due_at <= %s", NOW)
            return env["channel.settler"]._find(channel, due, limit)

    def _find(self, channel, chosen, limit=None):
        """The last number of each level, of those that were accepted.

        :param chosen: condition on ``line``
        :return: list of Accepted
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.id, line.level_id, line.quantity + line.deducted,
                       COALESCE(former.old, line.base + line.deducted),
                       COALESCE(former.sums, '{}'), %(deducted)s::int,
                       publication.acked_at
                           <= %(now)s - make_interval(secs => %(late)s),
                       COALESCE(before.result = 'late', false),
                       EXISTS (SELECT FROM channel_level_pending pending
                                WHERE pending.level_id = line.level_id),
                       listing.stock_ref, node.external_id
                  FROM channel_publication publication
                  JOIN channel_publication_line line
                    ON line.publication_id = publication.id
                   AND line.result = 'accepted'
                  JOIN channel_level level ON level.id = line.level_id
                  JOIN channel_listing listing ON listing.id = level.listing_id
                  JOIN channel_node node ON node.id = level.node_id
                  LEFT JOIN LATERAL (
                        SELECT array_agg(each.quantity + each.deducted) AS sums,
                               (array_agg(each.base + each.deducted
                                          ORDER BY each.id))[1] AS old
                          FROM channel_publication_line each
                         WHERE each.level_id = line.level_id AND each.id < line.id
                           AND each.result = 'accepted'
                           -- what was not sent is applied by nobody
                           AND each.stood IS NOT TRUE) former ON true
                  LEFT JOIN LATERAL (
                        SELECT each.result FROM channel_publication_line each
                         WHERE each.level_id = line.level_id AND each.id < line.id
                         ORDER BY each.id DESC LIMIT 1) before ON true
                 WHERE publication.channel_id = %(channel)s
                   AND publication.state = 'accepted' AND %(chosen)s
                   AND NOT EXISTS (%(newer)s)
                 ORDER BY line.due_at, line.id LIMIT %(limit)s
                """,
                now=NOW,
                deducted=DEDUCTED,
                late=channel._capabilities().patience,
                channel=channel.id,
                chosen=chosen,
                newer=NEWER,
                limit=limit,
            )
        )
        return [Accepted(*row) for row in rows]

    def _see(self, channel, due):
        """:return: (stock ref, node ref) -> number shown"""
        return self._see_refs(channel, [LevelRef(*each.ref) for each in due])

    def _see_refs(self, channel, refs):
        states = channel._adapter()._fetch_levels(channel, refs)
        return {(each.stock_ref, each.node_ref): each.available for each in states}

    # --------------------------------------------------------------- judge
    def _judge(self, channel, due, shown):
        """Decide on numbers that were looked at, as far as nothing has moved since.

        :param shown: see ``_see``; None: the channel cannot be asked
        """
        self._lock(channel)
        before = {each.line_id: each for each in due}
        found = {}
        for each in self._find(channel, SQL("line.id = ANY(%s)", list(before))):
            if each.deducted != before[each.line_id].deducted or each.is_queued:
                # what is sold or sent next is judged instead
                verdict = "wait"
            elif shown is None:
                verdict = "crossed" if each.crossed else "acked"
            else:
                verdict = each.judge(shown.get(each.ref))
            found.setdefault(verdict, []).append(each)
        if shown is None:
            shown = {each.ref: each.sent - each.deducted for each in due}
        self._postpone(list(before), channel._capabilities().applies)
        self._acknowledge(channel, found.get("acked", []))
        self._end(found.get("crossed", []), "replaced")
        self._end(found.get("late", []), "late")
        again = found.get("crossed", []) + found.get("late", [])
        self._send_again(channel, again, shown)
        self._give_up(channel, found.get("failed", []), shown)
        self._doubt(channel, found.get("stale", []))
        self._close(channel)

    def _postpone(self, line_ids, seconds):
        """Those that are not decided on are looked at that much later."""
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_publication_line
                   SET due_at = %s + make_interval(secs => %s)
                 WHERE id = ANY(%s) AND result = 'accepted' RETURNING id
                """,
                NOW,
                seconds,
                line_ids,
            )
        )

    def _acknowledge(self, channel, lines):
        if not lines:
            return
        self._end(lines, "acked")
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_level_remote remote
                   SET base_qty = line.quantity, base_deducted = line.deducted,
                       publication_id = line.publication_id, acked_at = %s
                  FROM channel_publication_line line
                 WHERE line.id = ANY(%s) AND remote.level_id = line.level_id
                   AND remote.state = 'known'
                RETURNING remote.id
                """,
                NOW,
                [each.line_id for each in lines],
            )
        )
        self.env["channel.level"]._share_again([each.level_id for each in lines])
        self.env["channel.exception"]._resolve_keys(
            channel, [f"level:{each.level_id}" for each in lines]
        )

    def _send_again(self, channel, lines, shown):
        """The channel shows an earlier number: known from now on, so that this one
        differs from it."""
        if not lines:
            return
        self._take_as_shown(_seen(lines, shown), "known")
        levels = self.env["channel.level"].browse(each.level_id for each in lines)
        self.env["channel.level.pending"]._add(levels, force=True)
        self.env["channel.level"]._share_again(levels.ids)
        channel.with_env(self.env)._wake("_job_publish")

    def _give_up(self, channel, lines, shown):
        if not lines:
            return
        self._end(lines, "late")
        self._take_as_shown(_seen(lines, shown), "rejected")
        waited = channel._capabilities().patience
        for each in lines:
            level = self.env["channel.level"].browse(each.level_id)
            self.env["channel.exception"]._report(
                channel,
                "level",
                key=f"level:{level.id}",
                record=level,
                message=self.env._(
                    "%(channel)s accepted the quantity %(quantity)s for %(level)s "
                    "twice and still does not show it after %(time)s.",
                    channel=channel.name,
                    quantity=each.sent - each.deducted,
                    level=level.display_name,
                    time=format_duration(self.env, waited),
                ),
                suggestion=self.env._(
                    "Open the item on the channel: is it active, and may its quantity "
                    "be changed there? It is sent again every 15 minutes."
                ),
            )

    def _doubt(self, channel, lines):
        """Neither this number nor the one before: the observer finds out."""
        if not lines:
            return
        self._end(lines, "stale")
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_level_remote
                   SET state = 'stale', seen_sum = NULL, seen_at = NULL
                 WHERE level_id = ANY(%s) AND state = 'known' RETURNING id
                """,
                [each.level_id for each in lines],
            )
        )
        channel._explain_soon()

    # --------------------------------------------------------------- write
    def _end(self, lines, result):
        """These lines have come to their end, and so have those before them."""
        if not lines:
            return
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_publication_line line
                   SET result = CASE WHEN line.id = last.id THEN %(result)s
                                     ELSE 'replaced' END,
                       applied_at = CASE WHEN line.id = last.id AND %(result)s = 'acked'
                                         THEN %(now)s END
                  FROM channel_publication_line last
                 WHERE last.id = ANY(%(ids)s) AND line.level_id = last.level_id
                   AND line.id <= last.id AND line.result = 'accepted'
                   -- what a lane has taken may be applied as long as it has it
                   AND line.due_at IS NOT NULL
                RETURNING line.id
                """,
                result=result,
                now=NOW,
                ids=[each.line_id for each in lines],
            )
        )

    def _take_as_shown(self, seen, state, among=("known", "rejected")):
        """What the channel shows is what we know of it.

        :param seen: list of (level id, number shown, deducted), in sold units
        :param among: states of the levels that this is right for
        """
        if not seen:
            return
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_level_remote remote
                   SET state = %s, base_qty = row.shown, base_deducted = row.deducted
                  FROM (VALUES %s) AS row (level_id, shown, deducted)
                 WHERE remote.level_id = row.level_id AND remote.state IN %s
                RETURNING remote.id
                """,
                state,
                SQL(", ").join(SQL("(%s, %s, %s)", *row) for row in seen),
                among,
            )
        )

    def _close(self, channel):
        """Publications of which every number has come to its end."""
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_publication publication SET state = 'done'
                 WHERE publication.channel_id = %s AND publication.state = 'accepted'
                   AND NOT EXISTS (
                       SELECT FROM channel_publication_line line
                        WHERE line.publication_id = publication.id
                          AND line.result = 'accepted')
                RETURNING id
                """,
                channel.id,
            )
        )
        self.env["channel.publication"].invalidate_model()
        self.env["channel.publication.line"].invalidate_model()

    def _drop_overtaken(self, channel):
        """Numbers that were accepted so long ago that they have been applied or never
        will be, and that others have followed: the last one is judged."""
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
                       AND line.due_at IS NOT NULL
                       AND publication.acked_at < %s - make_interval(secs => %s)
                       AND EXISTS (%s)
                    RETURNING line.id
                    """,
                    channel.id,
                    NOW,
                    channel._capabilities().patience,
                    NEWER,
                )
            )
            settler._close(channel)

    def _come_back(self, channel):
        """When the next number should be shown."""
        # not in the job's transaction, which shows what was there when it began
        with own_transaction(self.env) as env:
            [[seconds]] = env.execute_query(
                SQL(
                    """
                    SELECT EXTRACT(epoch FROM min(line.due_at) - %s)::float
                      FROM channel_publication publication
                      JOIN channel_publication_line line
                        ON line.publication_id = publication.id
                       AND line.result = 'accepted'
                     WHERE publication.channel_id = %s
                       AND publication.state = 'accepted' AND NOT EXISTS (%s)
                    """,
                    NOW,
                    channel.id,
                    NEWER,
                )
            )
        if seconds is not None:
            channel._wake("_job_observe", seconds=max(seconds, 1))


# A later number of the same level as ``line``'s is on its way.
NEWER = SQL(
    """
    SELECT FROM channel_publication_line newer
      JOIN channel_publication other ON other.id = newer.publication_id
     WHERE newer.level_id = line.level_id AND newer.id > line.id
       AND (other.state IN ('ready', 'sending')
            OR other.state = 'accepted' AND newer.result = 'accepted')
    """
)


def _seen(lines, shown):
    """See ``_take_as_shown``. Of what the channel does not tell: what it showed."""
    return [
        (
            each.level_id,
            each.old - each.deducted
            if (number := shown.get(each.ref)) is None
            else number,
            each.deducted,
        )
        for each in lines
    ]
