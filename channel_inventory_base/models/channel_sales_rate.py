# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL

from ..db.functions import create_functions

WINDOW_DAYS = 28


class ChannelSalesRate(models.Model):
    """Sales rate of a product in the last four weeks.

    A row without channel is what the whole company has sold, all channels and its own
    salespeople together. STOCK units a day. What buffers by time and chance stand on.
    """

    _name = "channel.sales.rate"
    _description = "Sales Rate"
    _inherit = ["channel.guarded"]
    _order = "per_day desc, id"
    _log_access = False
    _rec_name = "product_id"

    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    channel_id = fields.Many2one(
        "channel.channel", readonly=True, ondelete="cascade", help="Empty: all sales"
    )
    per_day = fields.Float(
        required=True, readonly=True, digits=(16, 4), string="Stock Units per Day"
    )
    measured_at = fields.Datetime(required=True, readonly=True)

    _company_uniq = models.UniqueIndex(
        "(product_id, company_id) WHERE channel_id IS NULL"
    )
    _channel_uniq = models.UniqueIndex(
        "(product_id, channel_id) WHERE channel_id IS NOT NULL"
    )

    def init(self):
        create_functions(self.env.cr)

    @api.model
    def _cron_measure(self):
        self._measure()
        self.env["channel.channel"]._measure_latency()

    @api.model
    def _measure(self):
        """Bring all rates up to date; a rate that stays the same is not written.

        One statement for any number of products: what is no longer sold loses its row.
        """
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                WITH sold AS MATERIALIZED (%(sold)s),
                rate AS MATERIALIZED (
                    SELECT product_id, company_id, channel_id,
                           round(sum(quantity) / %(days)s, 4) AS per_day
                      FROM sold
                     GROUP BY GROUPING SETS ((product_id, company_id),
                                             (product_id, company_id, channel_id))
                    HAVING (GROUPING(channel_id) = 1 OR channel_id IS NOT NULL)
                       AND round(sum(quantity) / %(days)s, 4) > 0
                ),
                gone AS (
                    DELETE FROM channel_sales_rate old
                     WHERE NOT EXISTS (
                           SELECT FROM rate
                            WHERE rate.product_id = old.product_id
                              AND rate.company_id = old.company_id
                              AND rate.channel_id IS NOT DISTINCT FROM old.channel_id)
                ),
                changed AS (
                    UPDATE channel_sales_rate old
                       SET per_day = rate.per_day, measured_at = %(now)s
                      FROM rate
                     WHERE rate.product_id = old.product_id
                       AND rate.company_id = old.company_id
                       AND rate.channel_id IS NOT DISTINCT FROM old.channel_id
                       AND rate.per_day <> old.per_day
                )
                INSERT INTO channel_sales_rate
                       (product_id, company_id, channel_id, per_day, measured_at)
                SELECT product_id, company_id, channel_id, per_day, %(now)s FROM rate
                 WHERE NOT EXISTS (
                       SELECT FROM channel_sales_rate old
                        WHERE rate.product_id = old.product_id
                          AND rate.company_id = old.company_id
                          AND rate.channel_id IS NOT DISTINCT FROM old.channel_id)
                RETURNING id
                """,
                sold=SQL(" UNION ALL ").join(self._sold_queries()),
                days=WINDOW_DAYS,
                now=SQL("now() AT TIME ZONE 'UTC'"),
            )
        )
        self.invalidate_model()
        self.env["channel.change"]._wake_planner()

    def _counts_transfers(self):
        """Hook: whether transfers to customers count as sales, here they do: an addon
        that knows sales themselves counts those."""
        return True

    def _sold_queries(self):
        """Queries of (product_id, company_id, channel_id, quantity in stock units);
        addons append theirs."""
        return [self._sales_query()]

    def _sales_query(self):
        """Hook: what has left for customers, which says nothing of channels. An addon
        that knows sale orders has these in its place."""
        return SQL(
            """
            SELECT move.product_id, move.company_id, NULL::int AS channel_id,
                   move.product_qty::numeric AS quantity
              FROM stock_move move
              JOIN stock_location source ON source.id = move.location_id
              JOIN stock_location dest ON dest.id = move.location_dest_id
             WHERE move.state = 'done' AND dest.usage = 'customer'
               AND source.usage <> 'customer'
               AND move.date > now() AT TIME ZONE 'UTC'
                               - make_interval(days => %s)
            """,
            WINDOW_DAYS,
        )
