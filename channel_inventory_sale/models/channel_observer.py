# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL

from .channel_message import OPEN_STATES

PATIENCE_HOURS = 1
"""After so long a message that is not answered explains nothing any more."""


class ChannelObserver(models.AbstractModel):
    _inherit = "channel.observer"

    def _awaiting(self):
        """A cancellation or a refund that is on its way gives units back on the channel
        some time before its answer, or the order, says so."""
        return [
            *super()._awaiting(),
            SQL(
                """
                SELECT line.listing_id
                  FROM channel_message message
                  JOIN channel_order_line line ON line.order_id = message.order_id
                 WHERE message.kind IN ('cancel', 'refund')
                   AND message.state = ANY(%s)
                   AND message.create_date > now() AT TIME ZONE 'UTC'
                                             - make_interval(hours => %s)
                """,
                list(OPEN_STATES),
                PATIENCE_HOURS,
            ),
        ]
