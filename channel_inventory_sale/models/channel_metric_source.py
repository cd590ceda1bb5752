# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL


class ChannelMetricSource(models.AbstractModel):
    _inherit = "channel.metric.source"

    def _get_sources(self, since, until):
        span = {"since": since, "until": until}
        late = SQL("AND picking.date_done > sold.ship_by")
        return {
            **super()._get_sources(since, until),
            "message_sent": SQL(
                """
                SELECT channel_id, acked_at, 1,
                       EXTRACT(epoch FROM acked_at - create_date)::float8
                  FROM channel_message
                 WHERE acked_at >= %(since)s AND acked_at < %(until)s
                """,
                **span,
            ),
            "message_retry": SQL(
                """
                SELECT channel_id, acked_at, attempts - 1, NULL::float8
                  FROM channel_message
                 WHERE acked_at >= %(since)s AND acked_at < %(until)s AND attempts > 1
                """,
                **span,
            ),
            "shipped": self._shipped_query(span, SQL()),
            "shipped_late": self._shipped_query(span, late),
        }

    def _shipped_query(self, span, condition):
        """A row is a delivery of an order that has to ship by a time; how much later
        than that, in seconds, negative where it was earlier."""
        return SQL(
            """
            SELECT sold.channel_id, picking.date_done, 1,
                   EXTRACT(epoch FROM picking.date_done - sold.ship_by)::float8
              FROM stock_picking picking
              JOIN stock_picking_type type
                ON type.id = picking.picking_type_id AND type.code = 'outgoing'
              JOIN channel_order sold ON sold.sale_order_id = picking.sale_id
             WHERE picking.state = 'done' AND picking.date_done >= %(since)s
               AND picking.date_done < %(until)s AND sold.ship_by IS NOT NULL
               %(condition)s
            """,
            condition=condition,
            **span,
        )

    def _get_samples(self):
        return {
            **super()._get_samples(),
            "shortage": SQL(
                "SELECT channel_id, count(*), sum(quantity) FROM channel_shortage "
                "WHERE channel_id IS NOT NULL GROUP BY channel_id"
            ),
        }

    def _get_gauges(self):
        return {
            **super()._get_gauges(),
            "short_units": SQL(
                "SELECT channel_id, '', sum(quantity) FROM channel_shortage "
                "WHERE channel_id IS NOT NULL GROUP BY channel_id"
            ),
            # of a company, whatever channel has sold it: it is in no channel's label
            "available_negative": SQL(
                "SELECT NULL::int, '', count(DISTINCT (product_id, warehouse_id)) "
                "FROM channel_shortage"
            ),
        }
