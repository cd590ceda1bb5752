# SPDX-License-Identifier: AGPL-3.0-or-later
import secrets

from odoo import api, fields, models
from odoo.tools import SQL

NOTHING = "00000000"
"""The epoch of a channel of which nothing was ever told."""


class ChannelApiCounter(models.Model):
    """What cursors of a channel count by. One row a channel.

    Numbers of a sequence are not handed out in the order in which transactions commit:
    a reader that has seen 8 would never see a 7 that commits later. Here a number is
    taken by an update of the row, which stays locked until the transaction ends: the
    next one is handed out after this one has committed, and so are visible in their
    order. Only jobs of this channel write what is counted, in short transactions of
    their own, so nobody waits long. (To wait until the oldest running transaction is
    newer, as is often done, would have a dump of another database stop all readers.)
    """

    _name = "channel.api.counter"
    _description = "API Counter"
    _inherit = ["channel.guarded"]
    _rec_name = "channel_id"
    _log_access = False

    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="channel_id.company_id")
    epoch = fields.Char(
        required=True,
        readonly=True,
        help="Names this counting: a cursor of another one is refused.",
    )
    # a double counts exactly up to 2**53, an integer of Odoo's for some years only
    last = fields.Float(required=True, readonly=True, aggregator=None)
    kept_after = fields.Float(
        readonly=True,
        aggregator=None,
        help="Events up to this number may have been deleted by retention.",
    )

    _channel_uniq = models.UniqueIndex("(channel_id)")

    @api.model
    def _take(self, channel_id, count=1):
        """Numbers for ``count`` things; others wait until this transaction has ended.

        To be called in READ COMMITTED, before what is compared with is read.

        :return: (epoch, the first of them)
        """
        [[epoch, last]] = self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_api_counter AS counter (channel_id, epoch, last)
                VALUES (%(channel)s, %(epoch)s, %(count)s)
                ON CONFLICT (channel_id) DO UPDATE
                   SET last = counter.last + EXCLUDED.last
                RETURNING epoch, last
                """,
                channel=channel_id,
                epoch=secrets.token_hex(4),
                count=count,
            )
        )
        return epoch, int(last) - count + 1

    @api.model
    def _now(self, channel_id):
        """:return: (epoch, the last number that is visible, that up to which events
        may be gone)"""
        rows = self.env.execute_query(
            SQL(
                "SELECT epoch, last, COALESCE(kept_after, 0) "
                "FROM channel_api_counter WHERE channel_id = %s",
                channel_id,
            )
        )
        if not rows:
            return NOTHING, 0, 0
        [[epoch, last, kept_after]] = rows
        return epoch, int(last), int(kept_after)
