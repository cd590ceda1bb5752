# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models
from odoo.tools import SQL

from ..const import OPEN


class ChannelReportFigure(models.Model):
    _inherit = "channel.report.figure"

    kind = fields.Selection(selection_add=[("settlement", "Settlement open")])

    def _get_figures(self):
        """Money, and no units; a payout in another currency than the company's is
        counted and has no value here."""
        return {
            **super()._get_figures(),
            "settlement": SQL(
                """
                SELECT paid.id, COALESCE(paid.deposit_date::timestamp,
                                         paid.create_date),
                       paid.channel_id, paid.company_id, NULL::int, NULL::int,
                       NULL::int, 0::float8,
                       CASE WHEN paid.currency_id = company.currency_id
                            THEN paid.payout::numeric ELSE 0 END,
                       'channel.settlement', paid.id
                  FROM channel_settlement paid
                  JOIN res_company company ON company.id = paid.company_id
                 WHERE paid.state = ANY(%s)
                """,
                [*OPEN, "approved"],
            ),
        }
