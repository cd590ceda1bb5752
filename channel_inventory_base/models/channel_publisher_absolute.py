# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL

from ..db.transaction import own_transaction
from ..schemas import LevelRef
from .channel_level import EXPECTED_REMOTE

AGAIN_SECONDS = 2


class ChannelPublisherAbsolute(models.AbstractModel):
    """Publisher for channels that cannot compare before they write.

    There a quantity overwrites the channel's own: a sale made before it arrived, whose
    order was not captured yet, is lost from the channel's quantity, though not from its
    orders. No protocol can prevent that; this one keeps it short, detected and
    corrected:

    - before each batch all orders are pulled and planned, so that what we send knows
      them;
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

    def _freeze(self, channel):
        if self._has_queued(channel) and not self._catch_up(channel):
            channel._wake("_job_publish", seconds=AGAIN_SECONDS)
            return None
        return super()._freeze(channel)

    def _send(self, channel, publication_id):
        result = super()._send(channel, publication_id)
        if self._catch_up(channel, plan=False):
            self._read_back(channel, publication_id)
        return result

    def _resume(self, channel, publication_id):
        """An old number sent again would overwrite what was sold since: a new one is
        computed instead, and sent even if it is the same."""
        with own_transaction(self.env) as env:
            publication = env["channel.publication"].browse(publication_id)
            words = publication.error or self.env._("The response was lost.")
            env["channel.publisher"]._queue_again(publication, words, "lost")
        return None

    def _catch_up(self, channel, plan=True):
        """Have all orders of the channel captured as of now, and planned.

        :return: False when not all are in: another worker is pulling, who began
            before now, or there are more than one pull brings
        """
        intake = self.env["channel.intake"]
        if channel._capabilities().orders and intake._poll(channel) is not True:
            return False
        while intake._capture_next(channel) or intake._fetch_next(channel):
            pass
        if plan:
            self.env["channel.planner"]._run()
        return True

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
