from odoo import models
from odoo.tools import SQL


class ChannelPlanner(models.AbstractModel):
    """Kits: as many as their scarcest component makes, warehouse by warehouse."""

    _inherit = "channel.planner"

    def _prepare(self):
        result = super()._prepare()
        self.env["channel.kit.component"]._rebuild_changed()
        return result

    # -------------------------------------------------------------- outbox
    def _moved_query(self):
        """Whoever shares a component with what has moved is planned as well: a hold on
        a kit takes from its components, a component makes all its kits."""
        return SQL(
            """
            SELECT product_id, min(since) AS since, max(trace) AS trace FROM (
                WITH moved_first AS MATERIALIZED (%s),
                parts AS MATERIALIZED (
                    SELECT product_id, since, trace FROM moved_first
                    UNION ALL
                    SELECT kit.component_id, moved_first.since, moved_first.trace
                      FROM moved_first
                      JOIN channel_kit_component kit
                        ON kit.product_id = moved_first.product_id
                     WHERE kit.component_id IS NOT NULL
                )
                SELECT product_id, since, trace FROM parts
                UNION ALL
                SELECT kit.product_id, parts.since, parts.trace
                  FROM parts JOIN channel_kit_component kit
                    ON kit.component_id = parts.product_id
            ) spread
             WHERE product_id IS NOT NULL GROUP BY product_id
            """,
            super()._moved_query(),
        )

    # -------------------------------------------------------------- supply
    def _stock_conditions(self, products):
        """The components of kits as well, where they are not among ``products``."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT component_id FROM channel_kit_component
                 WHERE product_id %(products)s AND component_id IS NOT NULL
                   AND NOT (component_id %(products)s)
                """,
                products=products,
            )
        )
        conditions = super()._stock_conditions(products)
        if rows:
            # a list, so that PostgreSQL knows how many there are
            parts = [row[0] for row in rows]
            conditions.append(SQL("position.product_id = ANY(%s::int[])", parts))
        return conditions

    def _supply_sources(self):
        return [
            SQL(
                """
                SELECT source.* FROM (%s) source
                 WHERE NOT EXISTS (
                       SELECT FROM channel_kit_component kit
                         JOIN stock_warehouse warehouse
                           ON warehouse.company_id = kit.company_id
                        WHERE kit.product_id = source.product_id
                          AND warehouse.id = source.warehouse_id)
                """,
                SQL(" UNION ALL ").join(super()._supply_sources()),
            ),
            SQL(
                """
                SELECT product_id, warehouse_id, on_hand, on_hand - unallocated,
                       unallocated - unheld, available,
                       GREATEST(0, backordered - GREATEST(0, available))
                  FROM (%s) kits
                """,
                self._kits_query(SQL("IN (SELECT product_id FROM pair)")),
            ),
        ]

    def _kits_query(self, products):
        """Query of (product_id, warehouse_id, on_hand, unallocated, unheld, available,
        backordered): how many kits can be made of what its components have on hand, and
        of what is left of that step by step. STOCK units of the kit.

        A component that a warehouse has never seen makes it none there. A shortage of
        one makes the number negative, as it would be for the component itself.
        """
        return SQL(
            """
            SELECT made.product_id, made.warehouse_id,
                   %(capped)s
              FROM (
                SELECT kit.product_id, kit.company_id, stock.warehouse_id,
                       count(*) AS found, %(made)s
                  FROM channel_kit_component kit
                  JOIN stock ON stock.product_id = kit.component_id
                  JOIN stock_warehouse warehouse
                    ON warehouse.id = stock.warehouse_id
                   AND warehouse.company_id = kit.company_id
                 WHERE kit.product_id %(products)s
                 GROUP BY kit.product_id, kit.company_id, stock.warehouse_id
              ) made
              JOIN (
                SELECT kit.product_id, kit.company_id, count(*) AS wanted
                  FROM channel_kit_component kit
                 WHERE kit.product_id %(products)s
                 GROUP BY kit.product_id, kit.company_id
              ) whole USING (product_id, company_id)
            """,
            made=SQL(", ").join(
                SQL(
                    # digits that absorb the rounding of thirds, not stock
                    "min(floor(round((%s)::numeric / kit.quantity::numeric, 6))) AS %s",
                    SQL(expression),
                    SQL.identifier(name),
                )
                for name, expression in _LEFT.items()
            ),
            capped=SQL(", ").join(
                SQL(
                    "CASE WHEN found = wanted THEN %(name)s "
                    "ELSE LEAST(0, %(name)s) END AS %(name)s",
                    name=SQL.identifier(name),
                )
                for name in _LEFT
            ),
            products=products,
        )

    # --------------------------------------------------------- explanation
    def _warehouses_query(self):
        """For a kit: how many each warehouse can make, and of which component."""
        return SQL(
            """
            SELECT CASE WHEN EXISTS (
                        SELECT FROM channel_kit_component kit
                          JOIN channel_listing listing
                            ON listing.company_id = kit.company_id
                         WHERE kit.product_id = explained.product_id
                           AND listing.id = level.listing_id)
                   THEN (%(kits)s) ELSE plain.facts END AS facts
              FROM (%(plain)s) plain
            """,
            plain=super()._warehouses_query(),
            kits=self._kit_warehouses_query(),
        )

    def _kit_warehouses_query(self):
        return SQL(
            """
            SELECT jsonb_agg(jsonb_build_object(
                       'id', warehouse.id, 'name', warehouse.name,
                       'on_hand', GREATEST(0, limits.on_hand),
                       'allocated', GREATEST(0, limits.on_hand) - limits.unallocated,
                       'held', limits.unallocated - limits.available,
                       'in_transit', 0, 'damaged', 0, 'components', limits.components
                   ) ORDER BY warehouse.sequence, warehouse.id)
              FROM channel_node_stock_warehouse_rel served
              JOIN stock_warehouse warehouse ON warehouse.id = served.stock_warehouse_id
             CROSS JOIN LATERAL (
                SELECT min(made.on_hand) AS on_hand,
                       min(made.unallocated) AS unallocated,
                       min(made.available) AS available,
                       jsonb_agg(jsonb_build_object(
                           'id', made.component_id, 'quantity', made.quantity,
                           'available', made.left_over, 'kits', made.available
                       ) ORDER BY made.available, made.component_id) AS components
                  FROM (
                    SELECT kit.component_id, kit.quantity,
                           COALESCE(position.available, 0) AS left_over,
                           floor(round(COALESCE(position.on_hand, 0)::numeric
                                       / kit.quantity::numeric, 6)) AS on_hand,
                           floor(round(COALESCE(position.on_hand - position.allocated,
                                                0)::numeric
                                       / kit.quantity::numeric, 6)) AS unallocated,
                           floor(round(COALESCE(position.available, 0)::numeric
                                       / kit.quantity::numeric, 6)) AS available
                      FROM channel_kit_component kit
                      LEFT JOIN channel_position position
                        ON position.product_id = kit.component_id
                       AND position.warehouse_id = warehouse.id
                     WHERE kit.product_id = explained.product_id
                       AND kit.company_id = warehouse.company_id
                       AND kit.component_id IS NOT NULL
                  ) made
             ) limits
             WHERE served.channel_node_id = level.node_id
            """
        )


# What is left of a component's position, step by step.
_LEFT = {
    "on_hand": "stock.on_hand",
    "unallocated": "stock.on_hand - stock.allocated",
    "unheld": "stock.on_hand - stock.allocated - stock.held",
    "available": "stock.available",
    "backordered": "GREATEST(0, stock.available) + stock.backorderable",
}
