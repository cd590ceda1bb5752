# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.models.channel_sales_rate import WINDOW_DAYS


class ChannelSalesRate(models.Model):
    """What tills have sold is sold as well."""

    _inherit = "channel.sales.rate"

    def _sold_queries(self):
        return [*super()._sold_queries(), self._till_query(self._counts_transfers())]

    def _till_query(self, unbooked=False):
        """Query of (product_id, company_id, channel_id, quantity): orders at tills, but
        for quotations that were settled there, which count as sales.

        :param unbooked: only those that no transfer tells of yet
        """
        position = self.env["channel.position"]
        settles = "sale_order_line_id" in self.env["pos.order.line"]._fields
        return SQL(
            """
            SELECT line.product_id, sold.company_id, NULL::int AS channel_id,
                   line.qty::numeric AS quantity
              FROM pos_order_line line
              JOIN pos_order sold ON sold.id = line.order_id
              JOIN pos_session session ON session.id = sold.session_id
              JOIN product_product product ON product.id = line.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
             WHERE sold.state IN ('paid', 'done') AND line.qty > 0
               AND template.is_storable
               AND sold.date_order > now() AT TIME ZONE 'UTC'
                                     - make_interval(days => %(days)s)
               AND %(counts)s AND %(unsettled)s
            """,
            days=WINDOW_DAYS,
            counts=SQL(
                "(session.state <> 'closed' AND %s)",
                position._is_booked_later("sold", "session"),
            )
            if unbooked
            else SQL("true"),
            unsettled=SQL("line.sale_order_line_id IS NULL")
            if settles
            else SQL("true"),
        )
