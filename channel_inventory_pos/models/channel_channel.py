# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.models.channel_sales_rate import WINDOW_DAYS


class ChannelChannel(models.Model):
    _inherit = "channel.channel"

    @api.model
    def _recovery_steps(self):
        return (
            *super()._recovery_steps(),
            ("pos.order", "_release_channel_drafts"),
            ("channel.till.watch", "_look"),
        )

    def _get_unseen_seconds(self):
        """What a till sells while it is offline is unknown: how late the orders of the
        last day were, 95 of 100, at the tills of the channel's warehouses, by the part
        of the company's sales that tills make. So a risk buffer keeps back what is sold
        in either time."""
        late = self._get_till_seconds()
        return super()._get_unseen_seconds() + (late and late * self._get_till_share())

    def _get_till_seconds(self):
        [[late]] = self.env.execute_query(
            SQL(
                """
                SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY GREATEST(0,
                           extract(epoch FROM sold.create_date - sold.date_order)))
                  FROM pos_order sold
                  JOIN pos_session session ON session.id = sold.session_id
                  JOIN pos_config till ON till.id = session.config_id
                  JOIN stock_picking_type operation
                    ON operation.id = till.picking_type_id
                 WHERE sold.state <> 'draft'
                   AND sold.create_date > now() AT TIME ZONE 'UTC' - interval '1 day'
                   AND EXISTS (
                       SELECT FROM channel_node node
                         JOIN channel_node_stock_warehouse_rel served
                           ON served.channel_node_id = node.id
                        WHERE node.channel_id = %s
                          AND served.stock_warehouse_id = operation.warehouse_id)
                """,
                self.id,
            )
        )
        return float(late or 0)

    def _get_till_share(self):
        """:return: the part of the company's sales of four weeks, 0 to 1"""
        rates = self.env["channel.sales.rate"]
        [[share]] = self.env.execute_query(
            SQL(
                """
                SELECT LEAST(1, (SELECT sum(quantity) FROM (%(tills)s) till
                                  WHERE company_id = %(company)s)
                                / %(days)s / NULLIF(sum(per_day), 0))
                  FROM channel_sales_rate
                 WHERE company_id = %(company)s AND channel_id IS NULL
                """,
                tills=rates._till_query(),
                company=self.company_id.id,
                days=WINDOW_DAYS,
            )
        )
        return float(share or 0)
