# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL, split_every

from odoo.addons.channel_inventory_base.db.transaction import (
    LOCK_STOCKOUT,
    lock,
    own_transaction,
)
from odoo.addons.channel_inventory_base.models.channel_position import STORED_MOVES
from odoo.addons.channel_inventory_base.models.channel_sales_rate import WINDOW_DAYS

AT_ONCE = 5000


class ChannelStockout(models.Model):
    """Products that will be sold out, before they are: a row is a product in a
    warehouse for which the last day to order it is near or has passed. STOCK units.

    What is there, less all demand that is known, goes down by the sales rate day by
    day; on their days goods come in (as they are likely to come) and transfers that are
    planned for later go out. ``out_date`` is the first day that begins with less than
    it sells; the last day to order is that, less the days that the first vendor needs
    (and those that the company takes to purchase). Units at risk are what would be sold
    from then until goods come in again; where nothing is on its way, until what is
    ordered on that day would be there.

    Rates are measured by company (``channel.sales.rate``): a warehouse has the part of
    it that it has shipped of what all have shipped, or an equal part where none has.

    Written by ``_forecast`` only, each hour. No forecast of ours: the past four weeks
    go on.
    """

    _name = "channel.stockout"
    _description = "Expected Stockout"
    _inherit = ["channel.guarded"]
    _order = "order_by, value desc, id"
    _log_access = False
    _rec_name = "product_id"

    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, ondelete="cascade"
    )
    categ_id = fields.Many2one(related="product_id.categ_id")
    warehouse_id = fields.Many2one(
        "stock.warehouse", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade", index=True
    )
    urgency = fields.Selection(
        [("late", "Too late"), ("now", "Order now"), ("soon", "Order soon")],
        readonly=True,
        required=True,
        help="Too late: the last day to order has passed. Order now: it is today. "
        "Order soon: it is near.",
    )
    available = fields.Float(
        readonly=True, digits="Product Unit", help="On hand less all known demand"
    )
    per_day = fields.Float(
        string="Sold per Day",
        readonly=True,
        digits=(16, 2),
        help="The warehouse's part of the sales of the last four weeks",
    )
    out_date = fields.Date(
        string="Sold Out", readonly=True, help="First day without enough to sell"
    )
    refill_date = fields.Date(
        string="Refilled", readonly=True, help="Empty: nothing is on its way."
    )
    order_by = fields.Date(readonly=True, help="Last day to order in time")
    lead_days = fields.Integer(
        readonly=True,
        aggregator="max",
        help="Days from order to receipt: the first vendor's, and the days that the "
        "company takes to purchase",
    )
    vendor_id = fields.Many2one("res.partner", readonly=True)
    quantity = fields.Float(
        string="Units at Risk",
        readonly=True,
        digits="Product Unit",
        help="Units that could be sold, or are, while there are none",
    )
    value = fields.Monetary(
        string="Value at Risk", readonly=True, help="Units at risk by sales price"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    uom_id = fields.Many2one(related="product_id.uom_id")
    told_urgency = fields.Char(readonly=True, help="The urgency people were told of")
    since = fields.Datetime(readonly=True)

    _place_uniq = models.UniqueIndex("(product_id, warehouse_id)")

    # ------------------------------------------------------------- actions
    def action_replenish(self):
        """Odoo's own Replenish, for what is missing."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "stock.action_product_replenish"
        )
        context = {
            "default_product_id": self.product_id.id,
            "default_product_tmpl_id": self.product_id.product_tmpl_id.id,
            "default_warehouse_id": self.warehouse_id.id,
            "default_quantity": self._get_replenish_quantity(),
        }
        return dict(action, context=context)

    def action_show_orderpoints(self):
        """The reordering rules of the product, on Odoo's screen."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "stock.action_orderpoint_replenish"
        )
        return dict(
            action, domain=[("product_id", "=", self.product_id.id)], context={}
        )

    def action_show_inbound(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_base.channel_inbound_action"
        )
        domain = [
            ("product_id", "=", self.product_id.id),
            ("warehouse_id", "=", self.warehouse_id.id),
        ]
        return dict(action, domain=domain, context={})

    def _get_replenish_quantity(self):
        """What reordering rules ask for; without one the units at risk, whole ones."""
        orderpoints = self.env["stock.warehouse.orderpoint"].search(
            [
                ("product_id", "=", self.product_id.id),
                ("location_id", "child_of", self.warehouse_id.view_location_id.id),
            ]
        )
        asked = sum(orderpoints.mapped("qty_to_order"))
        quantity = asked if asked > 0 else self.quantity
        return self.product_id.uom_id.round(quantity, rounding_method="UP") or 1

    # ------------------------------------------------------------ forecast
    @api.model
    def _cron_forecast(self):
        """Each hour: all products, then people are told."""
        self._forecast(self._find_products())
        with own_transaction(self.env) as env:
            env["channel.stockout.teller"]._tell()

    @api.model
    def _find_products(self):
        """Products that can be out of stock: that sell, or are wanted, or were out."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT product_id FROM channel_sales_rate WHERE channel_id IS NULL
                UNION
                SELECT product_id FROM channel_stockout
                UNION
                SELECT product_id FROM channel_position WHERE available < 0
                """
            )
        )
        return sorted(product_id for (product_id,) in rows)

    @api.model
    def _forecast(self, product_ids):
        """Bring the rows of these products up to date, some in a transaction."""
        for part in split_every(AT_ONCE, product_ids, list):
            with own_transaction(self.env) as env:
                env["channel.planner"]._tune()
                env["channel.stockout"]._write_rows(part)

    @api.model
    def _write_rows(self, product_ids):
        lock(self.env, LOCK_STOCKOUT, "")
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                WITH found AS MATERIALIZED (%(found)s),
                gone AS (
                    DELETE FROM channel_stockout old
                     WHERE product_id = ANY(%(products)s)
                       AND NOT EXISTS (
                           SELECT FROM found
                            WHERE found.product_id = old.product_id
                              AND found.warehouse_id = old.warehouse_id)
                )
                INSERT INTO channel_stockout AS old
                       (product_id, warehouse_id, company_id, urgency, available,
                        per_day, out_date, refill_date, order_by, lead_days, vendor_id,
                        quantity, value, since)
                SELECT product_id, warehouse_id, company_id, urgency, available,
                       per_day, out_date, refill_date, order_by, lead_days, vendor_id,
                       quantity, value, now() AT TIME ZONE 'UTC'
                  FROM found
                ON CONFLICT (product_id, warehouse_id) DO UPDATE
                   SET company_id = EXCLUDED.company_id, urgency = EXCLUDED.urgency,
                       available = EXCLUDED.available, per_day = EXCLUDED.per_day,
                       out_date = EXCLUDED.out_date, order_by = EXCLUDED.order_by,
                       refill_date = EXCLUDED.refill_date,
                       lead_days = EXCLUDED.lead_days, value = EXCLUDED.value,
                       vendor_id = EXCLUDED.vendor_id, quantity = EXCLUDED.quantity
                 WHERE (old.urgency, old.available, old.per_day, old.out_date,
                        old.refill_date, old.order_by, old.vendor_id, old.quantity,
                        old.value)
                       IS DISTINCT FROM
                       (EXCLUDED.urgency, EXCLUDED.available, EXCLUDED.per_day,
                        EXCLUDED.out_date, EXCLUDED.refill_date, EXCLUDED.order_by,
                        EXCLUDED.vendor_id, EXCLUDED.quantity, EXCLUDED.value)
                RETURNING id
                """,
                found=self._forecast_query(product_ids),
                products=list(product_ids),
            )
        )
        self.invalidate_model()

    def _forecast_query(self, product_ids):
        """A row is a product in a warehouse that will be out.

        ``level``: what there is when a day begins on which something comes or goes,
        without what is sold meanwhile; days are counted from today, 0.
        """
        return SQL(
            """
            WITH stock AS MATERIALIZED (%(stock)s),
            event AS (
                SELECT product_id, warehouse_id, 0 AS day, available + later AS units,
                       false AS comes
                  FROM stock
                UNION ALL
                SELECT product_id, warehouse_id,
                       GREATEST(0, likely_date - %(today)s), quantity, true
                  FROM channel_inbound WHERE product_id = ANY(%(products)s)
                UNION ALL
                SELECT product_id, warehouse_id, day, - quantity, false
                  FROM (%(later)s) later
            ),
            level AS MATERIALIZED (
                SELECT product_id, warehouse_id, day,
                       sum(sum(units)) OVER earlier AS units,
                       lead(day) OVER earlier AS next_day,
                       min(CASE WHEN bool_or(comes) THEN day END) OVER (
                           PARTITION BY product_id, warehouse_id ORDER BY day
                           ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
                       ) AS refill_day
                  FROM event GROUP BY product_id, warehouse_id, day
                WINDOW earlier AS (PARTITION BY product_id, warehouse_id ORDER BY day)
            ),
            out AS (
                SELECT DISTINCT ON (product_id, warehouse_id)
                       product_id, warehouse_id, out_day, refill_day
                  FROM (
                    SELECT level.*, stock.per_day, CASE
                           WHEN stock.per_day > 0
                           THEN GREATEST(day, LEAST(100000,
                                    floor(level.units / stock.per_day + 1e-9))::int)
                           WHEN level.units < -0.00005 THEN day END AS out_day
                      FROM level JOIN stock USING (product_id, warehouse_id)
                  ) judged
                 WHERE out_day IS NOT NULL
                   AND (next_day IS NULL OR out_day < next_day)
                 ORDER BY product_id, warehouse_id, out_day
            ),
            dated AS (
                SELECT out.*, stock.company_id, stock.per_day, stock.available,
                       vendor.partner_id AS vendor_id, company.channel_soon_days,
                       COALESCE(vendor.delay, 0)
                           + COALESCE(company.days_to_purchase, 0)::int AS lead_days
                  FROM out
                  JOIN stock USING (product_id, warehouse_id)
                  JOIN res_company company ON company.id = stock.company_id
                  LEFT JOIN LATERAL (%(vendor)s) vendor ON true
            ),
            missing AS (
                -- with the level that the day before goods come in ends with
                SELECT dated.*,
                       GREATEST(0, per_day * until.day - level.units) AS quantity
                  FROM dated
                 CROSS JOIN LATERAL (
                    SELECT COALESCE(refill_day, out_day + GREATEST(1, lead_days))
                           AS day) until
                  JOIN level USING (product_id, warehouse_id)
                 WHERE level.day < until.day
                   AND (level.next_day IS NULL OR level.next_day >= until.day)
            )
            SELECT missing.product_id, missing.warehouse_id, missing.company_id,
                   CASE WHEN out_day < lead_days THEN 'late'
                        WHEN out_day = lead_days THEN 'now' ELSE 'soon' END AS urgency,
                   round(available::numeric, 4) AS available,
                   round(per_day::numeric, 4) AS per_day,
                   %(today)s + out_day AS out_date,
                   %(today)s + refill_day AS refill_date,
                   %(today)s + out_day - lead_days AS order_by,
                   lead_days, vendor_id, round(quantity::numeric, 4) AS quantity,
                   round((quantity * COALESCE(template.list_price, 0))::numeric, 2)
                       AS value
              FROM missing
              JOIN product_product product ON product.id = missing.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
             WHERE template.is_storable AND product.active
               AND out_day - lead_days <= channel_soon_days
               AND round(quantity::numeric, 4) > 0
            """,
            stock=self._stock_query(product_ids),
            later=self._later_query(product_ids),
            vendor=self._vendor_query(),
            products=list(product_ids),
            today=SQL("(now() AT TIME ZONE 'UTC')::date"),
        )

    def _stock_query(self, product_ids):
        """A row is a product in a warehouse that has it, wants it or sells it:
        (product_id, warehouse_id, company_id, available, later, per_day).

        ``later`` is what ``available`` lacks because of transfers of the days to come.
        """
        return SQL(
            """
            SELECT place.product_id, place.warehouse_id, place.company_id,
                   place.available::float8 AS available,
                   COALESCE(later.quantity, 0)::float8 AS later,
                   COALESCE(rate.per_day, 0)::float8
                       * CASE WHEN sum(place.shipped) OVER everywhere > 0
                              THEN place.shipped / sum(place.shipped) OVER everywhere
                              ELSE 1.0 / count(*) OVER everywhere END AS per_day
              FROM (
                -- of what is gone altogether there is no position
                SELECT product_id, warehouse_id, warehouse.company_id,
                       COALESCE(position.available, 0) AS available,
                       COALESCE(shipped.quantity, 0)::float8 AS shipped
                  FROM (SELECT product_id, warehouse_id, available
                          FROM channel_position
                         WHERE product_id = ANY(%(products)s)) position
                  FULL JOIN (%(shipped)s) shipped USING (product_id, warehouse_id)
                  JOIN stock_warehouse warehouse ON warehouse.id = warehouse_id
                 WHERE warehouse.active
              ) place
              LEFT JOIN (
                SELECT product_id, warehouse_id, sum(quantity) AS quantity
                  FROM (%(later)s) later GROUP BY product_id, warehouse_id
              ) later USING (product_id, warehouse_id)
              LEFT JOIN channel_sales_rate rate
                ON rate.product_id = place.product_id
               AND rate.company_id = place.company_id AND rate.channel_id IS NULL
            WINDOW everywhere AS (PARTITION BY place.product_id, place.company_id)
            """,
            shipped=self._shipped_query(product_ids),
            later=self._later_query(product_ids),
            products=list(product_ids),
        )

    def _shipped_query(self, product_ids):
        """What each warehouse has shipped to customers in the time that rates are
        measured in."""
        return SQL(
            """
            SELECT move.product_id, source.warehouse_id,
                   sum(move.product_qty) AS quantity
              FROM stock_move move
              JOIN stock_location source ON source.id = move.location_id
              JOIN stock_location dest ON dest.id = move.location_dest_id
             WHERE move.product_id = ANY(%s) AND move.state = 'done'
               AND dest.usage = 'customer' AND source.usage = 'internal'
               AND move.date > now() AT TIME ZONE 'UTC' - make_interval(days => %s)
             GROUP BY move.product_id, source.warehouse_id
            """,
            list(product_ids),
            WINDOW_DAYS,
        )

    def _later_query(self, product_ids):
        """Query of (product_id, warehouse_id, day, quantity): open transfers out of
        stock that are planned for the days to come. Those with receipts of their own
        take nothing from stock, then or now."""
        return SQL(
            """
            SELECT outgoing.product_id, outgoing.warehouse_id,
                   outgoing.date::date - (now() AT TIME ZONE 'UTC')::date AS day,
                   outgoing.quantity
              FROM (%s) outgoing
             WHERE outgoing.product_id = ANY(%s) AND outgoing.kind = 'allocated'
               AND outgoing.procure_method <> 'make_to_order'
               AND outgoing.date::date > (now() AT TIME ZONE 'UTC')::date
            """,
            self.env["channel.position"]._outgoing_facts(
                STORED_MOVES, SQL(", move.date, move.procure_method")
            ),
            list(product_ids),
        )

    def _vendor_query(self):
        """The first vendor of ``out``, as Odoo chooses it: by its place in the list,
        of those that sell so few. What is sold in four weeks would be ordered."""
        return SQL(
            """
            SELECT seller.partner_id, seller.delay
              FROM product_product bought
              JOIN product_template template ON template.id = bought.product_tmpl_id
              JOIN product_supplierinfo seller
                ON seller.product_tmpl_id = bought.product_tmpl_id
              LEFT JOIN uom_uom sold_in ON sold_in.id = seller.product_uom_id
              JOIN uom_uom stocked_in ON stocked_in.id = template.uom_id
             WHERE bought.id = out.product_id
               AND (seller.product_id IS NULL OR seller.product_id = bought.id)
               AND (seller.company_id IS NULL OR seller.company_id = stock.company_id)
               AND (seller.date_start IS NULL
                    OR seller.date_start <= (now() AT TIME ZONE 'UTC')::date)
               AND (seller.date_end IS NULL
                    OR seller.date_end >= (now() AT TIME ZONE 'UTC')::date)
             ORDER BY COALESCE(seller.min_qty, 0)
                          * COALESCE(sold_in.factor, stocked_in.factor)::float8
                          / stocked_in.factor::float8
                          > GREATEST(1, stock.per_day * %s, - stock.available),
                      seller.sequence, seller.min_qty DESC, seller.price, seller.id
             LIMIT 1
            """,
            WINDOW_DAYS,
        )
