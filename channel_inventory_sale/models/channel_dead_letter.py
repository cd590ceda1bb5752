# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL


class ChannelDeadLetter(models.Model):
    """Notifications that a channel has rejected for good."""

    _inherit = "channel.dead.letter"

    def _letters(self):
        return [
            *super()._letters(),
            SQL(
                """
                SELECT channel_id, company_id, 'out', kind, error,
                       COALESCE(sent_at, write_date), attempts, order_id, trace,
                       'channel.message', id
                  FROM channel_message WHERE state = 'dead'
                """
            ),
        ]
