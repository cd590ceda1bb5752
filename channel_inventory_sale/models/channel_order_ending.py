# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models
from odoo.tools import SQL


class ChannelOrderEnding(models.AbstractModel):
    """An order ends with its deliveries, not before."""

    _inherit = "channel.order.ending"

    @api.model
    def _end(self, order, ending):
        """What was charged for it is compared with the documents: an order ends with
        its money, too."""
        is_over = super()._end(order, ending)
        if is_over and ending == "deleted":
            order._mark_books()
            order._prove_books()
        return is_over

    @api.model
    def _settle(self, order):
        """Deliveries of an order that has ended were shipped or cancelled since."""
        if order.ending == "deleted" and order.state == "blocked":
            order._on_deleted()

    def _find_open_transfers(self, order):
        """Names of transfers that would still go out to the customer."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT COALESCE(picking.name, move.reference, '?')
                  FROM sale_order_line line
                  JOIN stock_move move ON move.sale_line_id = line.id
                  JOIN stock_location source ON source.id = move.location_id
                  LEFT JOIN stock_picking picking ON picking.id = move.picking_id
                 WHERE line.order_id = %s AND source.usage <> 'customer'
                   AND move.state NOT IN ('done', 'cancel')
                 ORDER BY 1
                """,
                order.sale_order_id.id or 0,
            )
        )
        return [name for (name,) in rows]

    def _report_open(self, order, transfers):
        label = dict(order._fields["ending"]._description_selection(self.env))
        order._block(
            "cancelled_late",
            self.env._(
                "%(order)s: %(ending)s, and %(transfers)s would still be shipped.",
                order=order.name,
                ending=label[order.ending],
                transfers=", ".join(transfers),
            ),
            self.env._(
                "Cancel %s if the customer should not receive it; otherwise ship it. "
                "The order then ends automatically.",
                order.sale_order_id.name,
            ),
            key="ending",
        )
