# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL


class ChannelDeadLetter(models.Model):
    """Documents that have failed for good are dead letters, too."""

    _inherit = "channel.dead.letter"

    def _letters(self):
        return [
            *super()._letters(),
            SQL(
                """
                SELECT channel_id, company_id, direction, kind, error,
                       COALESCE(processed_at, write_date), 1, order_id, trace,
                       'channel.edi.document', id
                  FROM channel_edi_document WHERE state = 'dead'
                """
            ),
        ]
