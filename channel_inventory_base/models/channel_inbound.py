# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models, tools
from odoo.tools import SQL

from .channel_position import OPEN, STORED_MOVES


class ChannelInbound(models.Model):
    """Inbound goods that may be promised, by due date. A SQL view, created together
    with that of positions, whose facts it shares.

    A row is an open move into a warehouse, the last of its chain, less what it brings
    for deliveries that wait for it; or what already lies in a warehouse's receiving and
    quality zones, due today. STOCK units. Returns are not in it, nor are goods bound
    for a warehouse whose authority is silent, nor what orders that are shipped later
    have been promised (``channel.hold.promised_quantity``), of which the earliest goods
    are taken. The sum over all days is a position's
    ``in_transit - dedicated``.
    """

    _name = "channel.inbound"
    _description = "Inbound by Date"
    _inherit = ["channel.sql.view"]
    _auto = False
    _order = "due_date, product_id, id"
    _rec_name = "product_id"

    product_id = fields.Many2one("product.product", readonly=True)
    categ_id = fields.Many2one(related="product_id.categ_id")
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    due_date = fields.Date(readonly=True)
    likely_date = fields.Date(
        readonly=True,
        help="The due date, and what its vendor is late by as a rule.",
    )
    quantity = fields.Float(readonly=True, digits="Product Unit")
    source = fields.Selection(
        [
            ("receipt", "Receipt"),
            ("transfer", "Transfer"),
            ("production", "Production"),
            ("house", "Receiving or quality control"),
            ("told", "As the warehouse says"),
        ],
        readonly=True,
    )
    move_id = fields.Many2one("stock.move", readonly=True)
    picking_id = fields.Many2one(related="move_id.picking_id")

    def _create_view(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            SQL("CREATE VIEW channel_inbound AS %s", self._inbound_query())
        )

    def _inbound_query(self):
        return SQL(
            """
            SELECT inbound.id, inbound.product_id, inbound.warehouse_id,
                   warehouse.company_id, inbound.due_date, inbound.quantity,
                   inbound.source, inbound.move_id,
                   inbound.due_date + %(late_days)s AS likely_date
              FROM (
                SELECT coming.id, coming.product_id, coming.warehouse_id,
                       coming.due_date, coming.source, coming.move_id,
                       coming.quantity - LEAST(coming.quantity, GREATEST(0,
                           COALESCE(promised.quantity, 0) + coming.quantity
                           - sum(coming.quantity) OVER (
                                PARTITION BY coming.product_id, coming.warehouse_id
                                ORDER BY coming.due_date, coming.id))) AS quantity
                  FROM (%(coming)s) coming
                  LEFT JOIN LATERAL (
                    SELECT sum(hold.promised_quantity) AS quantity
                      FROM channel_hold hold
                     WHERE hold.state = 'active' AND hold.held_from IS NOT NULL
                       AND hold.product_id = coming.product_id
                       AND hold.warehouse_id = coming.warehouse_id
                       AND (hold.expires_at IS NULL
                            OR hold.expires_at > now() AT TIME ZONE 'UTC')
                  ) promised ON true
                 WHERE coming.quantity > 0
              ) inbound
              JOIN stock_warehouse warehouse ON warehouse.id = inbound.warehouse_id
             WHERE inbound.quantity > 0
            """,
            coming=self._unpromised_query(),
            late_days=self._late_days(),
        )

    def _late_days(self):
        """Hook: the days that ``inbound`` comes late by as a rule, an integer."""
        return SQL("0")

    def _unpromised_query(self):
        """Query of (id, product_id, warehouse_id, due_date, source, move_id, quantity):
        inbound stock, whoever it has been promised to before it is there."""
        return SQL(
            "%s UNION ALL %s UNION ALL %s",
            self._moves_query(),
            self._house_query(),
            self._foreign_query(),
        )

    def _foreign_query(self):
        """A row is a product on its way to a warehouse that another system counts, as
        that one says."""
        return SQL(
            """
            SELECT 2000000000000000 + coming.product_id::bigint * 1000000
                       + coming.warehouse_id AS id,
                   coming.product_id, coming.warehouse_id, coming.due_date,
                   'told' AS source, NULL::int AS move_id, coming.quantity
              FROM (%s) coming WHERE NOT coming.is_doubtful
            """,
            self.env["channel.position"]._foreign_inbound(STORED_MOVES),
        )

    def _moves_query(self):
        """A row is an open move from outside."""
        position = self.env["channel.position"]
        return SQL(
            """
            SELECT move.id::bigint AS id, move.product_id, final.warehouse_id,
                   move.date::date AS due_date,
                   CASE move.source_usage WHEN 'production' THEN 'production'
                        WHEN 'supplier' THEN 'receipt' ELSE 'transfer' END AS source,
                   move.id AS move_id,
                   move.quantity - LEAST(move.quantity, COALESCE((
                       SELECT sum(leaf.quantity) FROM (%(leaves)s) leaf), 0))
                       AS quantity
              FROM (%(moves)s) move
             CROSS JOIN LATERAL (SELECT move.warehouse_id) final
             WHERE NOT move.is_doubtful
            """,
            moves=position._inbound_moves(),
            leaves=position._leaving_moves(
                SQL("source.warehouse_id = final.warehouse_id")
            ),
        )

    def _house_query(self):
        """A row is a product in a warehouse's zones that are not sellable yet."""
        position = self.env["channel.position"]
        return SQL(
            """
            SELECT 1000000000000000 + fact.product_id::bigint * 1000000
                       + fact.warehouse_id AS id,
                   fact.product_id, fact.warehouse_id,
                   (now() AT TIME ZONE 'UTC')::date AS due_date, 'house' AS source,
                   NULL::int AS move_id, sum(fact.quantity) AS quantity
              FROM (
                SELECT fact.product_id, fact.warehouse_id, fact.quantity
                  FROM (%(quants)s) fact WHERE fact.kind = 'in_transit'
                UNION ALL
                SELECT move.product_id, source.warehouse_id,
                       - CASE WHEN source.warehouse_id = final.warehouse_id
                              THEN LEAST(move.product_qty, COALESCE((
                                   SELECT sum(leaf.quantity)
                                     FROM (%(leaves)s) leaf), 0))
                              ELSE move.product_qty END
                  FROM stock_move move
                  JOIN stock_location source ON source.id = move.location_id
                  JOIN stock_location final
                    ON final.id = COALESCE(move.location_final_id,
                                           move.location_dest_id)
                 WHERE move.state IN %(open)s AND source.usage = 'internal'
                   AND source.stock_state IN ('receiving', 'quality')
              ) fact
             GROUP BY fact.product_id, fact.warehouse_id
            """,
            quants=position._quant_facts(),
            leaves=position._leaving_moves(
                SQL("source.warehouse_id = final.warehouse_id")
            ),
            open=OPEN,
        )
