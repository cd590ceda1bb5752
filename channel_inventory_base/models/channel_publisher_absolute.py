# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL

from ..db.transaction import own_transaction
from ..exceptions import ThrottledError
from ..schemas import LevelRef
from .channel_intake import LAG
from .channel_level import EXPECTED_REMOTE
from .channel_outage import SILENT

AGAIN_SECONDS = 2


class ChannelPublisherAbsolute(models.AbstractModel):
    """Publisher for channels that cannot compare before they write.

    There a quantity overwrites the channel's own: a sale made before it arrived, whose
    order was not captured yet, is lost from the channel's quantity, though not from its
    orders. No protocol can prevent that; this one keeps it short, detected and
    corrected:

    - before each batch all orders are pulled and planned, so that what we send knows
      them; on a channel with an event stream that is emptied instead. Where they cannot
      be had just now only what falls is sent: a number that rises could give back what
      was sold meanwhile, one that waits to be 0 would sell what is not there;
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

    def _freeze(self, channel, falls=False):
        if falls or not self._has_queued(channel):
            return super()._freeze(channel, falls)
        try:
            caught_up = self._catch_up(channel)
        except LAG as error:
            return super()._freeze(channel, True) or self._wait(channel, error)
        if not caught_up:
            channel._wake("_job_publish", seconds=AGAIN_SECONDS)
        if caught_up or channel._capabilities().stream:
            return super()._freeze(channel, not caught_up)
        return None

    def _wait(self, channel, error):
        """Numbers that rise wait for the orders; that is lag, and what falls meanwhile
        is sent at once.

        :raise UnavailableError: nothing answers there, so nothing can be sent either
        """
        is_stream = channel._capabilities().stream
        is_silent = error.code in SILENT and not isinstance(error, ThrottledError)
        if is_silent and not is_stream:
            raise error
        job = "_job_listen" if is_stream else "_job_poll"
        seconds = channel._on_channel_error(error, job)
        channel._wake("_job_publish", seconds=seconds)

    def _send(self, channel, publication_id):
        result = super()._send(channel, publication_id)
        if channel._capabilities().applies:
            # not shown yet: it is read back when it should be (channel.settler)
            return result
        try:
            caught_up = self._catch_up(channel, plan=False)
        except LAG:
            # the next batch finds out, and what is read now could not be explained
            return result
        if caught_up:
            self._read_back(channel, publication_id)
        return result

    def _resume(self, channel, publication_id):
        """An old number sent again would overwrite what was sold since: a new one is
        computed instead, and sent even if it is the same."""
        with own_transaction(self.env) as env:
            publication = env["channel.publication"].browse(publication_id)
            words = publication.error or self.env._("The response was lost.")
            publisher = env["channel.publisher"]
            if channel._capabilities().applies:
                publisher._assume_accepted(publication, words)
            else:
                publisher._queue_again(publication, words, "lost")
        return None

    def _catch_up(self, channel, plan=True):
        """Have all orders of the channel captured as of now, and planned.

        Orders of which it is known what the channel has deducted are not fetched where
        they come in by a stream: what they bring besides changes no number.

        :return: False when not all are in: another worker is pulling, who began
            before now, or there are more than one pull brings
        :raise ThrottledError, UnavailableError: they cannot be had; what is stored is
            captured and planned all the same
        """
        is_stream, lag = channel._capabilities().stream, None
        try:
            all_in = self._pull(channel)
        except LAG as error:
            all_in, lag = False, error
        if not (all_in or lag or is_stream):
            return False
        try:
            self._capture(channel, fetch=not lag, unplaced=is_stream)
        except LAG as error:
            lag = error
        # a plan wakes the publishers of all that is queued: this one, too, at once
        if plan and not (lag and self._is_planned()):
            self.env["channel.planner"]._run()
        if lag:
            raise lag
        return all_in

    def _is_planned(self):
        changes = self.env["channel.change"].search_count([], limit=1)
        return not changes and not self.env["channel.sweep"].search_count([], limit=1)

    def _pull(self, channel):
        can = channel._capabilities()
        if can.stream:
            outages = self.env["channel.outage"]
            if wait := outages._seconds_to_wait(channel, "_job_listen"):
                # known not to answer, and each number would wait for that
                words = self.env._("The event stream is not asked just now.")
                raise ThrottledError(words, retry_after=wait)
            return self.env["channel.stream"]._drain(channel)
        if not can.orders or self._is_pulled(channel, can.pull_seconds):
            return True
        return self.env["channel.intake"]._poll(channel) is True

    def _is_pulled(self, channel, seconds):
        """Whether a pull that began less than ``seconds`` ago has brought all."""
        if not seconds:
            return False
        intake = self.env["channel.intake"]
        pulled = channel._get_shared_state("poll").get("completed_from")
        age = pulled and intake._database_time() - intake._parse_time(pulled)
        return bool(age) and age.total_seconds() < seconds

    def _capture(self, channel, fetch, unplaced):
        intake = self.env["channel.intake"]
        while intake._capture_next(channel) or (
            fetch and intake._fetch_next(channel, unplaced)
        ):
            pass

    def _read_back(self, channel, publication_id):
        """Look at what the batch has left, where nothing is going to be sent anyway."""
        if not channel._capabilities().read_levels:
            return
        rows = self._acknowledged(publication_id)
        size = channel._capabilities().read_size
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
