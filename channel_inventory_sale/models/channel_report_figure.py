# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.models.channel_report_figure import DAYS


class ChannelReportFigure(models.Model):
    _inherit = "channel.report.figure"

    kind = fields.Selection(
        selection_add=[
            ("short", "Sold and not in stock"),
            ("overdue", "Not shipped in time"),
            ("shipped_late", "Shipped late"),
            ("shipped", "Shipped in time"),
        ]
    )

    def _get_figures(self):
        late = SQL("picking.date_done > sold.ship_by")
        in_time = SQL("picking.date_done <= sold.ship_by")
        return {
            **super()._get_figures(),
            "short": SQL(
                """
                SELECT short.id, short.since, short.channel_id, channel.company_id,
                       short.warehouse_id, short.product_id, short.order_id,
                       short.quantity, NULL::numeric, 'channel.order', short.order_id
                  FROM channel_shortage short
                  JOIN channel_channel channel ON channel.id = short.channel_id
                """
            ),
            "overdue": self._moves_query(
                SQL(
                    "move.state NOT IN ('draft', 'done', 'cancel') "
                    "AND sold.ship_by < now() AT TIME ZONE 'UTC'"
                )
            ),
            "shipped_late": self._moves_query(self._get_done(late)),
            "shipped": self._moves_query(self._get_done(in_time)),
        }

    def _get_done(self, condition):
        return SQL(
            "picking.state = 'done' AND move.state = 'done' AND %s "
            "AND picking.date_done > now() AT TIME ZONE 'UTC' "
            "- make_interval(days => %s)",
            condition,
            DAYS,
        )

    def _moves_query(self, condition):
        """A row is a move of a delivery of an order that has to ship by a time."""
        return SQL(
            """
            SELECT move.id, COALESCE(picking.date_done, sold.ship_by),
                   sold.channel_id, sold.company_id, type.warehouse_id,
                   move.product_id, sold.id, move.product_qty, NULL::numeric,
                   'channel.order', sold.id
              FROM channel_order sold
              JOIN stock_picking picking ON picking.sale_id = sold.sale_order_id
              JOIN stock_picking_type type
                ON type.id = picking.picking_type_id AND type.code = 'outgoing'
              JOIN stock_move move ON move.picking_id = picking.id
             WHERE sold.ship_by IS NOT NULL AND %s
            """,
            condition,
        )
