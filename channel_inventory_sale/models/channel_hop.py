# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL


class ChannelHop(models.AbstractModel):
    """How long captured orders wait for their sale order.

    It counts as there when its transaction began: with those of its batch, which takes
    a few seconds at most, and a single one a moment.
    """

    _inherit = "channel.hop"

    def _get_order_queries(self, begin, end):
        queries = super()._get_order_queries(begin, end)
        return [*queries, self._imports_query(begin, end)]

    def _imports_query(self, begin, end):
        return SQL(
            """
            SELECT 4, 'imported', 'order', captured.create_date, sold.create_date
              FROM channel_order captured
              JOIN sale_order sold ON sold.id = captured.sale_order_id
             WHERE captured.create_date >= %s AND captured.create_date < %s
               AND captured.company_id = ANY(%s)
            """,
            begin,
            end,
            self.env.companies.ids,
        )
