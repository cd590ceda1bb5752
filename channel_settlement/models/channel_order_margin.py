# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models, tools

from odoo.addons.channel_inventory_base.db.views import create_view_at_end


class ChannelOrderMargin(models.Model):
    """What is left of orders: sale less refunds less fees, as settlements tell. A SQL
    view; a row is an order of which a settlement has told, in its currency.

    A fee in another currency is taken by the rate at which the line was paid out; where
    the line tells none, the row says so and has no net.
    """

    _name = "channel.order.margin"
    _description = "Net Margin of an Order"
    _auto = False
    _order = "placed_at desc, id desc"
    _rec_name = "order_id"

    order_id = fields.Many2one("channel.order", readonly=True)
    channel_id = fields.Many2one("channel.channel", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    placed_at = fields.Datetime(string="Placed", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    sold = fields.Monetary(readonly=True, help="What the customer paid.")
    refunded = fields.Monetary(readonly=True)
    charged_back = fields.Monetary(readonly=True)
    fees = fields.Monetary(readonly=True)
    net = fields.Monetary(
        readonly=True, help="Sale less refunds, chargebacks and fees."
    )
    margin = fields.Float(
        string="Net of Sale", readonly=True, aggregator="avg", digits=(16, 4)
    )
    is_converted = fields.Boolean(
        string="Other Currency",
        readonly=True,
        help="Some amounts were told in another currency than the order's.",
    )

    def init(self):
        # at the end, when all the tables it stands on are there
        create_view_at_end(self, self._create_view)

    def _create_view(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            """
            CREATE VIEW channel_order_margin AS
            WITH told AS (
                SELECT line.order_id, line.kind,
                       -- what one unit of the settlement's currency is of the order's
                       CASE WHEN currency.name = sold.currency_name THEN 1
                            WHEN line.paid_currency = sold.currency_name
                             AND line.gross <> 0
                            THEN line.paid_amount::numeric / line.gross END AS rate,
                       currency.name <> sold.currency_name AS is_other,
                       line.gross, line.fee
                  FROM channel_settlement_line line
                  JOIN channel_settlement settlement
                    ON settlement.id = line.settlement_id
                   AND settlement.state NOT IN ('void', 'correction', 'replaced')
                  JOIN channel_order sold ON sold.id = line.order_id
                  JOIN res_currency currency ON currency.id = line.currency_id
                 WHERE line.match <> 'twice'
            ), sums AS (
                SELECT order_id, bool_or(is_other) AS is_converted,
                       bool_and(rate IS NOT NULL) AS is_whole,
                       sum(rate * gross) FILTER (
                           WHERE kind IN ('charge', 'tax', 'promotion')) AS sold,
                       -sum(rate * gross) FILTER (WHERE kind = 'refund') AS refunded,
                       -sum(rate * gross) FILTER (WHERE kind = 'chargeback')
                           AS charged_back,
                       sum(rate * fee) - COALESCE(sum(rate * gross) FILTER (
                           WHERE kind NOT IN ('charge', 'tax', 'promotion', 'refund',
                                              'chargeback', 'transfer')), 0) AS fees
                  FROM told GROUP BY order_id
            ), shown AS (
                SELECT order_id, is_converted, is_whole,
                       round(COALESCE(sold, 0), 4) AS sold,
                       round(COALESCE(refunded, 0), 4) AS refunded,
                       round(COALESCE(charged_back, 0), 4) AS charged_back,
                       round(COALESCE(fees, 0), 4) AS fees
                  FROM sums
            )
            SELECT sold.id, sold.id AS order_id, sold.channel_id, sold.company_id,
                   sold.placed_at, currency.id AS currency_id, shown.sold,
                   shown.refunded, shown.charged_back, shown.fees,
                   CASE WHEN is_whole THEN shown.sold - shown.refunded
                        - shown.charged_back - shown.fees END AS net,
                   CASE WHEN is_whole THEN ((shown.sold - shown.refunded
                        - shown.charged_back - shown.fees)
                        / NULLIF(shown.sold, 0))::float END AS margin,
                   shown.is_converted
              FROM shown
              JOIN channel_order sold ON sold.id = shown.order_id
              LEFT JOIN res_currency currency ON currency.name = sold.currency_name
            """
        )
