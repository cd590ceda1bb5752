# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.models.channel_position import STORED_MOVES

from ..lib.replay import History, Sale


class ChannelBacktestSource(models.AbstractModel):
    """What a backtest is made of, read from what is stored anyway: stock of now, moves,
    captured orders with their first holds, publication lines. STOCK units."""

    _name = "channel.backtest.source"
    _description = "Source of Backtests"

    # -------------------------------------------------------------- latency
    @api.model
    def _get_latencies(self, company, begin):
        """How long quantities took from the commit of their cause until the channel had
        confirmed them.

        :return: {channel id: {hour since 1970: mean seconds}}
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT publication.channel_id,
                       floor(%(done)s / 3600)::integer AS hour,
                       avg(GREATEST(0, %(done)s - %(since)s))
                  FROM channel_publication publication
                  JOIN channel_publication_line line
                    ON line.publication_id = publication.id
                 WHERE publication.acked_at > %(begin)s AND line.result = 'acked'
                   AND line.since IS NOT NULL
                   AND publication.company_id = %(company)s
                 GROUP BY publication.channel_id, hour
                """,
                done=_epoch("COALESCE(line.applied_at, publication.acked_at)"),
                since=_epoch("line.since"),
                begin=begin,
                company=company.id,
            )
        )
        latencies = {}
        for channel_id, hour, seconds in rows:
            latencies.setdefault(channel_id, {})[hour] = float(seconds)
        return latencies

    # -------------------------------------------------------------- history
    @api.model
    def _read_histories(self, company, product_ids, begin, find_level):
        """:param find_level: (listing id, node id or None, warehouse ids) -> key of the
            level that was sold from, or None
        :return: {product id: History}, of those that anything is known of
        """
        histories = {product_id: History({}) for product_id in product_ids}
        for product_id, warehouse_id, available in self._read_now(company, product_ids):
            histories[product_id].now[warehouse_id] = float(available)
        for product_id, *supply in self._read_supplies(company, product_ids, begin):
            histories[product_id].supplies.append(tuple(supply))
        for row in self._read_sales(company, product_ids, begin):
            parts = tuple(zip(row["warehouses"], map(float, row["units"]), strict=True))
            histories[row["product_id"]].sales.append(
                Sale(
                    at=row["at"],
                    known_at=row["known_at"],
                    level=find_level(
                        row["listing_id"], row["node_id"], row["warehouses"]
                    ),
                    sold=row["sold"],
                    parts=parts,
                    order=row["order_id"],
                    price=row["price"],
                    cost=row["cost"],
                    returned=row["returned"],
                    back_at=row["back_at"],
                )
            )
        return histories

    def _read_now(self, company, product_ids):
        return self.env.execute_query(
            SQL(
                "SELECT product_id, warehouse_id, available FROM channel_position "
                "WHERE product_id = ANY(%s) AND company_id = %s",
                product_ids,
                company.id,
            )
        )

    def _read_supplies(self, company, product_ids, begin):
        """What came into sellable stock, when it came; what left it otherwise than
        for an order of a channel, when that was decided: it was not available then.

        :return: rows (product id, seconds, warehouse id, STOCK units)
        """
        position = self.env["channel.position"]
        return self.env.execute_query(
            SQL(
                """
                WITH crossed AS (
                    SELECT line.product_id, line.move_id, line.date,
                           warehouse.id AS warehouse_id, line.quantity_product_uom,
                           %(arrives)s IS TRUE AS arrives, %(leaves)s IS TRUE AS leaves
                      FROM stock_move_line line
                      JOIN stock_location source ON source.id = line.location_id
                      JOIN stock_location dest ON dest.id = line.location_dest_id
                      JOIN stock_warehouse warehouse
                        ON warehouse.id IN (source.warehouse_id, dest.warehouse_id)
                       AND warehouse.company_id = %(company)s
                     WHERE line.product_id = ANY(%(products)s)
                       AND line.state = 'done' AND line.date > %(begin)s
                       AND %(ours)s
                ),
                decided AS (
                    SELECT product_id, warehouse_id, move_id,
                           sum(quantity_product_uom) AS units
                      FROM crossed WHERE leaves AND NOT arrives
                     GROUP BY product_id, warehouse_id, move_id
                     UNION ALL
                    SELECT product_id, warehouse_id, move_id, quantity
                      FROM (%(open)s) AS open
                     WHERE kind = 'allocated' AND product_id = ANY(%(products)s)
                )
                SELECT product_id, %(came)s, warehouse_id,
                       quantity_product_uom::float8
                  FROM crossed WHERE arrives AND NOT leaves
                 UNION ALL
                SELECT decided.product_id, %(begun)s, decided.warehouse_id,
                       -decided.units::float8
                  FROM decided
                  JOIN stock_move move ON move.id = decided.move_id
                  JOIN stock_warehouse warehouse
                    ON warehouse.id = decided.warehouse_id
                   AND warehouse.company_id = %(company)s
                 CROSS JOIN LATERAL (%(root)s) AS root (begun)
                 WHERE root.begun > %(begin)s
                   AND NOT EXISTS (
                       SELECT FROM sale_order_line sold
                         JOIN channel_hold hold
                           ON hold.order_line_id = sold.channel_order_line_id
                          AND hold.product_id = move.product_id
                        WHERE sold.id = move.sale_line_id)
                """,
                arrives=position._is_sellable("dest", SQL("warehouse.id")),
                leaves=position._is_sellable("source", SQL("warehouse.id")),
                ours=position._is_ours("line", "owner_id"),
                open=position._outgoing_facts(
                    STORED_MOVES, SQL(", move.id AS move_id")
                ),
                came=_epoch("date"),
                begun=_epoch("root.begun"),
                root=ROOT,
                company=company.id,
                products=product_ids,
                begin=begin,
            )
        )

    def _read_sales(self, company, product_ids, begin):
        """A row is what a line of an order was when it was captured: its first holds.

        Later holds of the same line are the same demand, moved or cut. ``returned`` is
        the part that is not wanted any more, since ``back_at``.
        """
        columns = (
            "product_id order_id listing_id node_id sold warehouses units at known_at "
            "returned back_at price cost"
        ).split()
        rows = self.env.execute_query(
            SQL(
                """
                WITH first AS (
                    SELECT hold.order_line_id, hold.product_id,
                           max(hold.listing_id) AS listing_id,
                           min(hold.create_date) AS known_at,
                           max(hold.write_date) AS ended_at,
                           array_agg(hold.warehouse_id ORDER BY hold.id) AS warehouses,
                           array_agg(%(units)s ORDER BY hold.id) AS units,
                           sum(%(units)s)::float8 AS stock,
                           sum(hold.quantity) AS counted
                      FROM channel_hold hold
                     WHERE hold.product_id = ANY(%(products)s)
                       AND hold.company_id = %(company)s
                       AND hold.order_line_id IS NOT NULL
                       AND hold.create_date > %(begin)s AND %(units)s > 0
                       AND NOT EXISTS (
                           SELECT FROM channel_hold earlier
                            WHERE earlier.order_line_id = hold.order_line_id
                              AND earlier.create_date < hold.create_date)
                     GROUP BY hold.order_line_id, hold.product_id
                )
                SELECT first.product_id, line.order_id,
                       COALESCE(listing.stock_listing_id, listing.id), line.node_id,
                       GREATEST(1, ceil(counted * line.unit_size))::integer AS sold,
                       warehouses, units,
                       %(at)s, %(known_at)s,
                       CASE WHEN sale.state = 'cancel' THEN 1
                            ELSE GREATEST(0, 1 - line.wanted_quantity * line.unit_size
                                             * line.stock_factor / first.stock)
                            END::float8 AS returned,
                       %(back_at)s,
                       (priced.price * line.pack_qty)::float8 AS price,
                       (COALESCE((product.standard_price
                                  ->> %(company)s::text)::numeric, 0)
                        * line.stock_factor)::float8 AS cost
                  FROM first
                  JOIN channel_order_line line ON line.id = first.order_line_id
                  JOIN channel_order ordered ON ordered.id = line.order_id
                  JOIN product_product product ON product.id = first.product_id
                  LEFT JOIN channel_listing listing ON listing.id = first.listing_id
                  LEFT JOIN sale_order sale ON sale.channel_order_id = ordered.id
                  LEFT JOIN LATERAL (
                        -- of one unit that the sale order counts in, without tax
                        SELECT sum(sold.price_subtotal)
                               / NULLIF(sum(sold.product_uom_qty), 0)
                               / NULLIF(sale.currency_rate, 0) AS price
                          FROM sale_order_line sold
                         WHERE sold.channel_order_line_id = line.id) priced ON true
                """,
                units=HELD,
                at=_epoch("LEAST(ordered.placed_at, first.known_at)"),
                known_at=_epoch("first.known_at"),
                back_at=_epoch(
                    # of what was cancelled there Odoo hears later
                    "CASE WHEN sale.state = 'cancel' THEN LEAST(sale.write_date, "
                    "CASE WHEN ordered.data ->> 'state' = 'cancelled' "
                    "THEN ordered.version END) "
                    "ELSE COALESCE(ordered.version, first.ended_at) END"
                ),
                products=product_ids,
                company=company.id,
                begin=begin,
            )
        )
        return [dict(zip(columns, row, strict=True)) for row in rows]


def _epoch(expression):
    """Seconds since 1970 of a naive UTC time; ``expression`` is one of this file's."""
    return SQL("EXTRACT(epoch FROM %s)::float8", SQL(expression))


HELD = SQL("(hold.stock_quantity + COALESCE(hold.promised_quantity, 0))")

# When the transfer of ``move`` was decided: a backorder goes on with the demand of the
# transfer that it was split from.
ROOT = SQL(
    """
    WITH RECURSIVE split AS (
        SELECT picking.backorder_id, picking.create_date
          FROM stock_picking picking
         WHERE picking.id = move.picking_id AND picking.backorder_id IS NOT NULL
         UNION ALL
        SELECT before.backorder_id, before.create_date
          FROM split JOIN stock_picking before ON before.id = split.backorder_id
    )
    SELECT LEAST(move.create_date, min(split.create_date)) FROM split
    """
)
