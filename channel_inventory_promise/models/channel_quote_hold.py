# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models, tools
from odoo.tools import SQL


class ChannelQuoteHold(models.Model):
    """What quotations hold and have held, for salespeople and for reports. A SQL view
    of ``channel.hold``; a row is a hold."""

    _name = "channel.quote.hold"
    _description = "Stock Held by Quotations"
    _auto = False
    _order = "state, expires_at, id"
    _rec_name = "sale_order_id"

    sale_order_id = fields.Many2one("sale.order", string="Quotation", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    team_id = fields.Many2one("crm.team", string="Sales Team", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    product_id = fields.Many2one("product.product", readonly=True)
    categ_id = fields.Many2one(related="product_id.categ_id")
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    quantity = fields.Float(
        string="Held", readonly=True, digits="Product Unit", help="Stock units"
    )
    asked_quantity = fields.Float(
        string="Wanted", readonly=True, digits="Product Unit", help="Stock units"
    )
    value = fields.Monetary(readonly=True, help="Of what is held, without taxes")
    held_at = fields.Datetime(string="Held since", readonly=True)
    expires_at = fields.Datetime(string="Held until", readonly=True)
    ended_at = fields.Datetime(string="Ended", readonly=True)
    age_hours = fields.Float(
        string="Age (Hours)",
        readonly=True,
        digits=(16, 1),
        aggregator="avg",
        help="From its beginning to its end, or until now.",
    )
    state = fields.Selection([("active", "Held"), ("released", "Ended")], readonly=True)
    end_reason = fields.Selection(
        lambda self: self.env["channel.hold"]._fields["end_reason"].selection,
        string="Ended by",
        readonly=True,
    )
    conversion = fields.Float(
        string="Confirmed (%)",
        readonly=True,
        digits=(16, 1),
        aggregator="avg",
        help="Of the holds that have ended, those whose quotation was confirmed. One "
        "whose line was changed by hand is not counted.",
    )

    def init(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            SQL("CREATE VIEW channel_quote_hold AS %s", self._quote_query())
        )

    def _quote_query(self):
        return SQL(
            """
            SELECT hold.id, hold.sale_order_id, sold.partner_id,
                   sold.user_id, sold.team_id, hold.company_id, hold.product_id,
                   hold.warehouse_id, hold.stock_quantity AS quantity,
                   hold.asked_quantity, hold.quote_value AS value,
                   hold.create_date AS held_at, hold.expires_at, hold.ended_at,
                   hold.state, hold.end_reason,
                   EXTRACT(epoch FROM COALESCE(hold.ended_at, now() AT TIME ZONE 'UTC')
                                      - hold.create_date) / 3600 AS age_hours,
                   CASE hold.end_reason WHEN 'confirmed' THEN 100.0
                        WHEN 'changed' THEN NULL
                        ELSE CASE hold.state WHEN 'released' THEN 0.0 END
                   END AS conversion
              FROM channel_hold hold
              LEFT JOIN sale_order sold ON sold.id = hold.sale_order_id
             WHERE hold.cause = 'quotation'
            """
        )

    def action_open_quotation(self):
        self.ensure_one()
        return self.sale_order_id.get_formview_action()
