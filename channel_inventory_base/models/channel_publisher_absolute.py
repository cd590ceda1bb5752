# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import dataclass

from odoo import models
from odoo.tools import SQL

from ..db.transaction import own_transaction
from ..exceptions import RejectedError, ThrottledError, UnavailableError
from ..schemas import LevelRef
from .channel_intake import LAG
from .channel_level import EXPECTED_REMOTE
from .channel_outage import SILENT
from .channel_publisher import FALLS, ZEROS
from .channel_stream import STOPPED

AGAIN_SECONDS, REFUSED_SECONDS = 2, 60


@dataclass(frozen=True)
class Behind:
    """Orders are on the channel that are not here.

    ``job`` brings them; ``error``: why they cannot be had, None where they are about to
    come in.
    """

    job: str
    error: Exception | None = None


class ChannelPublisherAbsolute(models.AbstractModel):
    """Publisher for channels that cannot compare before they write.

    There a quantity overwrites the channel's own: a sale made before it arrived, whose
    order was not captured yet, is lost from the channel's quantity, though not from its
    orders. No protocol can prevent that; this one keeps it short, detected and
    corrected:

    - what is to be 0 is sent at once: no sale that we have not seen can make it wrong,
      and orders are pulled from a server that may hang;
    - before each other batch all orders are pulled and planned, so that what we send
      knows them; on a channel with an event stream that is emptied instead. Where they
      cannot be had just now only what falls is sent: a number that rises could give
      back what was sold meanwhile, one that waits to be lower sells what is not there;
    - after it they are pulled again. Each sale that is new then was possibly
      overwritten, or possibly not: its levels are sent once more even if nothing seems
      to differ (``channel.order.line`` queues them so whenever it captures a
      deduction). So the last number sent is younger than the last sale captured;
    - what was sent is read back. A number that is not the expected one and that no
      such sale explains is not believed to be known any more: the observer finds out.
    """

    _name = "channel.publisher.absolute"
    _description = "Publisher of Absolute Quantities"
    _inherit = ["channel.publisher"]

    def _attend(self, channel, end):
        # what may be sent is found out by pulling: each wake-up does so anew
        return self._publish_all(channel, end)[0]

    def _freeze(self, channel, only=None):
        if only or not self._has_queued(channel):
            return super()._freeze(channel, only)
        if publication_id := super()._freeze(channel, ZEROS):
            return publication_id
        can = channel._capabilities()
        behind = self._catch_up(channel, can)
        if not behind:
            return super()._freeze(channel)
        if behind.error:
            return super()._freeze(channel, FALLS) or self._wait(channel, behind)
        channel._wake("_job_publish", seconds=AGAIN_SECONDS)
        return super()._freeze(channel, FALLS) if can.stream else None

    def _wait(self, channel, behind):
        """Numbers that rise wait for the orders; that is lag, and what falls meanwhile
        is sent at once.

        :raise UnavailableError: nothing answers there, so nothing can be sent either
        """
        error, job = behind.error, behind.job
        # of a stream that does not answer it is known already
        if error.code in SILENT and not isinstance(error, ThrottledError):
            raise error
        seconds = channel._on_channel_error(error, job)
        channel._wake("_job_publish", seconds=seconds or REFUSED_SECONDS)

    def _send(self, channel, publication_id):
        result = super()._send(channel, publication_id)
        can = channel._capabilities()
        # where it is not shown yet it is read back when it should be (channel.settler);
        # where orders are behind what is read could not be explained
        if not can.applies and not self._catch_up(channel, can, plan=False):
            self._read_back(channel, publication_id, can)
        return result

    def _resume(self, channel, publication_id):
        """An old number sent again would overwrite what was sold since: a new one is
        computed instead, and sent even if it is the same."""
        with own_transaction(self.env) as env:
            publication = env["channel.publication"].browse(publication_id)
            words = publication.error or self.env._("The response was lost.")
            if channel._capabilities().applies:
                env["channel.publication.outcome"]._assume_accepted(publication, words)
            else:
                env["channel.publisher"]._queue_again(publication, words, "lost")
        return None

    def _catch_up(self, channel, can, plan=True):
        """Have all orders of the channel captured as of now, and planned.

        Orders of which it is known what the channel has deducted are not fetched where
        they come in by a stream: what they bring besides changes no number.

        :param can: the channel's schemas.Capabilities
        :return: None when all are in; else Behind: what is stored is captured and
            planned all the same, unless only another pull has to come to its end
        """
        behind = self._pull(channel, can)
        if behind and not behind.error and not can.stream:
            return behind
        fetch = not (behind and behind.error)
        lag = self._capture(channel, fetch, can.stream)
        behind = behind if behind and behind.error else lag or behind
        # this one is at work already, and would wake itself for what has to wait
        if plan and not (behind and self._is_all_planned()):
            self.env["channel.planner"]._run({channel.id})
        return behind

    def _is_all_planned(self):
        # not in the job's transaction: what was captured just now is not in that
        with own_transaction(self.env) as env:
            changes = env["channel.change"].search_count([], limit=1)
            return not changes and not env["channel.sweep"].search_count([], limit=1)

    def _pull(self, channel, can):
        """:return: None when all orders are stored, else Behind"""
        job, pull = "_job_poll", self.env["channel.intake"]._poll
        stream = self.env["channel.stream"]
        if can.stream and not stream._is_stopped(channel):
            job, pull = "_job_listen", self._drain
        elif not can.orders or self._is_pulled(channel, can.pull_seconds):
            return None
        try:
            return None if pull(channel) is True else Behind(job)
        except LAG as error:
            return Behind(job, error)
        except STOPPED as error:
            if job == "_job_listen":
                stream._stop(channel, error)
                return self._pull(channel, can)
            if not isinstance(error, RejectedError):
                raise
            # the search is refused as we ask for it: that keeps no lower number back
            return Behind(job, error)

    def _drain(self, channel):
        """Empty the stream, and tell the job that listens how it was: it shares the
        outage of the stream, and would wait for what has answered already."""
        outages, job = self.env["channel.outage"], "_job_listen"
        if wait := outages._seconds_to_wait(channel, job):
            # known not to answer, and each number would wait for that
            words = self.env._("The event stream is not asked just now.")
            raise ThrottledError(words, retry_after=wait)
        try:
            drained = self.env["channel.stream"]._drain(channel)
        except UnavailableError as error:
            # known from now on, whatever is sent meanwhile
            wait = outages._remember(channel, job, error)
            raise ThrottledError(str(error), retry_after=wait) from error
        except (ThrottledError, *STOPPED):
            # it is an answer, too
            outages._forget(channel, job)
            raise
        if outages._forget(channel, job):
            channel._wake(job)
        return drained

    def _is_pulled(self, channel, seconds):
        """Whether a pull that began less than ``seconds`` ago has brought all."""
        if not seconds:
            return False
        intake = self.env["channel.intake"]
        pulled = channel._get_shared_state("poll").get("completed_from")
        age = pulled and intake._database_time() - intake._parse_time(pulled)
        return bool(age) and age.total_seconds() < seconds

    def _capture(self, channel, fetch, unplaced):
        """:return: Behind where orders cannot be fetched, else None"""
        intake = self.env["channel.intake"]
        try:
            while intake._capture_next(channel) or (
                fetch and intake._fetch_next(channel, unplaced)
            ):
                pass
        except LAG as error:
            return Behind("_job_fetch", error)
        return None

    def _read_back(self, channel, publication_id, can):
        """Look at what the batch has left, where nothing is going to be sent anyway."""
        if not can.read_levels:
            return
        rows = self._acknowledged(publication_id)
        size = can.read_size
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            refs = [LevelRef(stock_ref, node_ref) for *_, stock_ref, node_ref in part]
            states = channel._adapter()._fetch_levels(channel, refs)
            shown = {(each.stock_ref, each.node_ref): each.available for each in states}
            self._doubt(
                channel,
                [
                    (level_id, expected, shown[stock_ref, node_ref] or 0)
                    for level_id, expected, stock_ref, node_ref in part
                    if (stock_ref, node_ref) in shown
                ],
            )

    def _acknowledged(self, publication_id):
        """Rows (level, expected, stock ref, node ref) of lines that were written."""
        with own_transaction(self.env) as env:
            return env.execute_query(
                SQL(
                    """
                    SELECT level.id, %s, listing.stock_ref, node.external_id
                      FROM channel_publication_line line
                      JOIN channel_level level ON level.id = line.level_id
                      JOIN channel_level_remote remote ON remote.level_id = level.id
                      JOIN channel_listing listing ON listing.id = level.listing_id
                      JOIN channel_node node ON node.id = level.node_id
                     WHERE line.publication_id = %s AND line.result = 'acked'
                    """,
                    EXPECTED_REMOTE,
                    publication_id,
                )
            )

    def _doubt(self, channel, rows):
        """Levels with an unexpected quantity are left to the observer.

        :param rows: (level, expected before the look, shown)
        """
        odd = [
            SQL("(%s, %s)", level_id, expected)
            for level_id, expected, shown in rows
            if shown != expected
        ]
        if not odd:
            return
        with own_transaction(self.env) as env:
            doubted = env.execute_query(
                SQL(
                    """
                    UPDATE channel_level_remote remote
                       SET state = 'stale', seen_sum = NULL, seen_at = NULL
                      FROM (VALUES %(odd)s) AS row (level_id, expected)
                      JOIN channel_level level ON level.id = row.level_id
                     WHERE remote.level_id = row.level_id AND remote.state = 'known'
                       -- a sale captured meanwhile explains it, and queues the level
                       AND %(expected)s = row.expected
                       AND NOT EXISTS (SELECT FROM channel_level_pending pending
                                        WHERE pending.level_id = row.level_id)
                    RETURNING remote.id
                    """,
                    odd=SQL(", ").join(odd),
                    expected=EXPECTED_REMOTE,
                )
            )
            if doubted:
                env["channel.channel"].browse(channel.id)._explain_soon()
