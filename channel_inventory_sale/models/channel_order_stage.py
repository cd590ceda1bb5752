# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models
from odoo.tools import SQL

# Stages that time and other people's work may end.
MOVING = ("confirmed", "reserved", "picked", "packed", "partly_shipped")


class ChannelOrderStage(models.AbstractModel):
    """How far an order is, as Odoo's own documents say.

    ``state`` is what the intake has to do about an order; ``stage`` is what became of
    it. It is written where something happens to the order, in one statement; what
    happens to it by the way (stock that arrives is reserved, somebody picks) is looked
    at every minute, so that a receipt need not wait for the orders that it serves.
    """

    _name = "channel.order.stage"
    _description = "Stage of Orders"

    @api.model
    def _refresh(self, orders):
        """By the documents of this transaction."""
        if not orders.ids:
            return
        for model in (
            "channel.order",
            "sale.order",
            "sale.order.line",
            "stock.move",
            "channel.hold",
        ):
            self.env[model].flush_model()
        if self._update(SQL("o.id = ANY(%s)", list(orders.ids))):
            orders.invalidate_recordset(["stage"], flush=False)

    @api.model
    def _refresh_moving(self):
        """Orders whose documents moved without us; rows in use wait for the next time.

        In the cron's transaction: nobody is kept waiting by it for long.
        """
        self._update(
            SQL(
                """o.id IN (SELECT id FROM channel_order
                             WHERE stage = ANY(%s) FOR NO KEY UPDATE SKIP LOCKED)""",
                list(MOVING),
            )
        )
        self.env["channel.order"].invalidate_model(["stage"], flush=False)

    @api.model
    def _update(self, condition):
        return self.env.execute_query(
            SQL(
                """
                WITH facts AS (
                    -- a row an order: what its goods have gone through
                    SELECT o.id, o.state, o.payment, sale.state AS sale,
                           COALESCE(moves.left_house, 0)
                               + COALESCE(sent.units, 0) AS left_house,
                           COALESCE(moves.came_back, 0) AS came_back,
                           COALESCE(moves.open, 0) + sent.open AS open,
                           EXISTS (
                               SELECT FROM channel_order_line own
                                 JOIN channel_hold hold ON hold.order_line_id = own.id
                                WHERE own.order_id = o.id AND hold.state = 'active'
                           ) AS held,
                           COALESCE(moves.waiting, 0) + sent.open AS waiting,
                           COALESCE(moves.picked, false) AS picked,
                           COALESCE(moves.packed, false) AS packed
                      FROM channel_order o
                      LEFT JOIN sale_order sale ON sale.id = o.sale_order_id
                      LEFT JOIN LATERAL (
                        SELECT sum(move.quantity) FILTER (
                                   WHERE move.state = 'done'
                                     AND dest.usage = 'customer') AS left_house,
                               sum(move.quantity) FILTER (
                                   WHERE move.state = 'done'
                                     AND source.usage = 'customer') AS came_back,
                               count(*) FILTER (
                                   WHERE move.state NOT IN ('done', 'cancel')
                                     AND source.usage <> 'customer') AS open,
                               count(*) FILTER (
                                   WHERE move.state NOT IN
                                         ('done', 'cancel', 'assigned')
                                     AND source.usage <> 'customer') AS waiting,
                               bool_or(source.usage <> 'customer' AND
                                   CASE move.state
                                   WHEN 'cancel' THEN false
                                   WHEN 'done' THEN dest.usage <> 'customer'
                                   ELSE move.picked END) AS picked,
                               bool_or(move.state = 'done' AND
                                   move.picking_type_id = house.pack_type_id) AS packed
                          FROM sale_order_line line
                          JOIN stock_move move ON move.sale_line_id = line.id
                          JOIN stock_location source ON source.id = move.location_id
                          JOIN stock_location dest ON dest.id = move.location_dest_id
                          LEFT JOIN stock_warehouse house
                                 ON house.id = move.warehouse_id
                                 OR house.pack_type_id = move.picking_type_id
                         WHERE line.order_id = sale.id
                      ) moves ON true
                      LEFT JOIN LATERAL (
                        -- what the channel ships from its own warehouse has no moves
                        SELECT sum(line.qty_delivered) AS units,
                               count(*) FILTER (WHERE line.qty_delivered
                                                      < line.product_uom_qty) AS open
                          FROM sale_order_line line
                         WHERE o.fulfilled_by_channel AND line.order_id = sale.id
                           AND line.channel_order_line_id IS NOT NULL
                      ) sent ON true
                     WHERE %s
                ),
                judged AS (
                    SELECT id, CASE
                        WHEN state IN ('gone', 'closed') AND left_house = 0 THEN state
                        WHEN left_house > 0 AND (open > 0 OR held)
                         AND sale = 'sale' THEN 'partly_shipped'
                        WHEN came_back >= left_house AND left_house > 0 THEN 'returned'
                        WHEN left_house > 0 AND payment = 'refunded' THEN 'refunded'
                        WHEN came_back > 0 AND open = 0 THEN 'partly_returned'
                        WHEN left_house > 0 AND open = 0 THEN 'shipped'
                        WHEN state = 'cancelled' OR sale = 'cancel' THEN 'cancelled'
                        WHEN left_house > 0 THEN 'partly_shipped'
                        WHEN sale IS NULL AND state = 'announced' THEN 'announced'
                        WHEN sale IS NULL THEN 'captured'
                        WHEN sale <> 'sale' THEN 'quotation'
                        WHEN packed THEN 'packed'
                        WHEN picked THEN 'picked'
                        WHEN open > 0 AND waiting = 0 THEN 'reserved'
                        ELSE 'confirmed' END AS stage
                      FROM facts
                )
                UPDATE channel_order o SET stage = judged.stage
                  FROM judged
                 WHERE judged.id = o.id AND o.stage IS DISTINCT FROM judged.stage
                RETURNING o.id
                """,
                condition,
            )
        )
