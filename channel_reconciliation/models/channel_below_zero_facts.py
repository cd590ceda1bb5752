# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import defaultdict
from dataclasses import dataclass, field

from odoo import models
from odoo.tools import SQL

CHANGES = {"done": "stock.move", "open": "stock.move", "held": "channel.hold"}
"""What may have changed last: goods that left, demand that came -> its model."""
LOOKED_AT = 20
"""So many of the youngest open moves of a place are looked at."""


@dataclass
class Facts:
    """What a person is told of one product in one warehouse, in STOCK units.

    ``orders``: names of channel orders that are short of it, the oldest first, and
    ``others``: of what else is to be delivered, the youngest first. ``change``: (what,
    stock.move or channel.hold, naive UTC), the last one. ``elsewhere``: (warehouse's
    name, available) where the company has some. ``due``: (day, quantity) of what comes
    in next.
    """

    orders: list = field(default_factory=list)
    others: list = field(default_factory=list)
    change: tuple | None = None
    elsewhere: list = field(default_factory=list)
    due: tuple | None = None


class ChannelBelowZeroFacts(models.AbstractModel):
    """Reads what is to be told of positions below zero: one statement for each kind of
    fact, however many positions there are. In a flash sale all that sells is short, and
    asking position by position takes longer than planning the numbers."""

    _name = "channel.below.zero.facts"
    _description = "Facts of Positions Below Zero"

    def _read(self, places):
        """:param places: list of (product id, warehouse id)
        :return: place -> Facts"""
        products = sorted({product_id for product_id, _warehouse_id in places})
        query = SQL(
            "unnest(%s::int[], %s::int[]) AS place (product_id, warehouse_id)",
            [product_id for product_id, _warehouse_id in places],
            [warehouse_id for _product_id, warehouse_id in places],
        )
        facts = defaultdict(Facts)
        for *place, name in self._find_orders(products):
            facts[tuple(place)].orders.append(name)
        for *place, name in self._find_others(query):
            facts[tuple(place)].others.append(name)
        for *place, name, available in self._find_elsewhere(query, products):
            facts[tuple(place)].elsewhere.append((name, available))
        for *place, day, quantity in self._find_due(products):
            facts[tuple(place)].due = (day, quantity)
        changes = self._find_changes(query)
        records = self._browse_changes(changes)
        for *place, what, record_id, moment in changes:
            change = (what, records[what, record_id], moment)
            facts[tuple(place)].change = change
        return facts

    def _browse_changes(self, changes):
        """:return: (what, id) -> record; all of a kind are read at once"""
        # sudo: transfers and orders that the user who moved the goods may not see
        everything = self.env(su=True)
        found = {}
        for what, model in CHANGES.items():
            records = everything[model].browse(
                record_id for *_place, kind, record_id, _at in changes if kind == what
            )
            found.update(((what, record.id), record) for record in records)
        return found

    def _find_orders(self, products):
        """As ``channel.shortage`` has found them."""
        return self.env.execute_query(
            SQL(
                """
                SELECT short.product_id, short.warehouse_id, sold.name
                  FROM channel_shortage short
                  JOIN channel_order sold ON sold.id = short.order_id
                 WHERE short.product_id = ANY(%s)
                 GROUP BY short.product_id, short.warehouse_id, sold.id
                 ORDER BY sold.placed_at, sold.id
                """,
                products,
            )
        )

    def _find_others(self, places):
        """Open deliveries that are no channel order's in ``_find_orders``: the sale
        order of each, the transfer of one without."""
        return self.env.execute_query(
            SQL(
                """
                SELECT place.product_id, place.warehouse_id, document.name
                  FROM %s
                 CROSS JOIN LATERAL (
                    SELECT COALESCE(sale.name, picking.name) AS name,
                           sale.id IS NULL AS is_transfer, max(move.id) AS newest
                      FROM (SELECT leaving.id, leaving.sale_line_id, leaving.picking_id
                              FROM stock_move leaving
                              JOIN stock_location origin
                                ON origin.id = leaving.location_id
                              JOIN stock_location target
                                ON target.id = leaving.location_dest_id
                             WHERE leaving.product_id = place.product_id
                               AND leaving.state IN ('waiting', 'confirmed',
                                                     'partially_available', 'assigned')
                               AND origin.warehouse_id = place.warehouse_id
                               AND target.usage = 'customer'
                             ORDER BY leaving.id DESC LIMIT %s) move
                      LEFT JOIN sale_order_line line ON line.id = move.sale_line_id
                      LEFT JOIN sale_order sale ON sale.id = line.order_id
                      LEFT JOIN stock_picking picking ON picking.id = move.picking_id
                     WHERE NOT EXISTS (
                           SELECT FROM channel_shortage short
                             JOIN channel_order sold ON sold.id = short.order_id
                            WHERE short.product_id = place.product_id
                              AND short.warehouse_id = place.warehouse_id
                              AND sold.sale_order_id = sale.id)
                     GROUP BY 1, 2) document
                 WHERE document.name IS NOT NULL
                 ORDER BY document.is_transfer, document.newest DESC
                """,
                places,
                LOOKED_AT,
            )
        )

    def _find_changes(self, places):
        """Goods that left, or demand that came."""
        return self.env.execute_query(
            SQL(
                """
                SELECT place.*, change.*
                  FROM %s
                 CROSS JOIN LATERAL (
                    SELECT * FROM (
                        SELECT 'done' AS what, move.id, move.date AS at
                          FROM stock_move move
                          JOIN stock_location origin ON origin.id = move.location_id
                          JOIN stock_location target
                            ON target.id = move.location_dest_id
                         WHERE move.product_id = place.product_id
                           AND move.state = 'done'
                           AND origin.warehouse_id = place.warehouse_id
                           AND target.warehouse_id IS DISTINCT FROM place.warehouse_id
                        UNION ALL
                        SELECT 'open', move.id, move.create_date
                          FROM stock_move move
                          JOIN stock_location origin ON origin.id = move.location_id
                         WHERE move.product_id = place.product_id
                           AND move.state IN ('waiting', 'confirmed',
                                              'partially_available', 'assigned')
                           AND origin.warehouse_id = place.warehouse_id
                        UNION ALL
                        SELECT 'held', hold.id, hold.create_date
                          FROM channel_hold hold
                         WHERE hold.product_id = place.product_id
                           AND hold.state = 'active'
                           AND hold.warehouse_id = place.warehouse_id) found
                     -- a move's time has no parts of a second
                     ORDER BY date_trunc('second', at) DESC, what LIMIT 1) change
                """,
                places,
            )
        )

    def _find_elsewhere(self, places, products):
        return self.env.execute_query(
            SQL(
                """
                SELECT place.*, ranked.name, other.available
                  FROM %(places)s
                  JOIN stock_warehouse warehouse ON warehouse.id = place.warehouse_id
                  JOIN (SELECT product_id, warehouse_id, company_id, available
                          FROM channel_position
                         WHERE product_id = ANY(%(products)s)
                           AND available > 0) other
                    ON other.product_id = place.product_id
                   AND other.warehouse_id <> place.warehouse_id
                   AND other.company_id = warehouse.company_id
                  JOIN stock_warehouse ranked ON ranked.id = other.warehouse_id
                 ORDER BY ranked.sequence, ranked.id
                """,
                places=places,
                products=products,
            )
        )

    def _find_due(self, products):
        return self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (product_id, warehouse_id)
                       product_id, warehouse_id, due_date, quantity
                  FROM channel_inbound WHERE product_id = ANY(%s)
                 ORDER BY product_id, warehouse_id, due_date, id
                """,
                products,
            )
        )
