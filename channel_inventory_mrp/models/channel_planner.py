# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.models.channel_plan_partial import SERVED

# A kit that no channel sells has no number, and would make the statement long.
IS_LISTED = SQL(
    "EXISTS (SELECT FROM channel_listing listing "
    "WHERE listing.product_id = kit.product_id)"
)


class ChannelPlanner(models.AbstractModel):
    """Kits: the quantity that their scarcest component allows, by warehouse."""

    _inherit = "channel.planner"

    def _prepare(self):
        result = super()._prepare()
        self.env["channel.kit.component"]._rebuild_changed()
        return result

    # -------------------------------------------------------------- outbox
    def _moved_query(self):
        """A component makes all its kits. (Of a hold on a kit the trigger has told the
        components.)"""
        return SQL(
            """
            SELECT product_id, min(since) AS since, max(trace) AS trace FROM (
                %s
                UNION ALL
                SELECT kit.product_id, change.since, change.trace
                  FROM change
                  JOIN channel_kit_component kit
                    ON kit.component_id = change.product_id
            ) spread
             GROUP BY product_id
            """,
            super()._moved_query(),
        )

    # -------------------------------------------------------------- supply
    def _flow_queries(self, products):
        """Kits in the place of whatever is known of their own stock."""
        kits, parts = self._listed_kits(products)
        if not kits:
            return super()._flow_queries(products)
        flows = super()._flow_queries(
            SQL("%s AND product_id <> ALL(%s::int[])", products, kits)
        )
        own = super()._flow_queries(SQL("= ANY(%s::int[])", kits))
        of_parts = super()._flow_queries(SQL("= ANY(%s::int[])", parts))
        if self._has_companies():
            flows.append(self._own_flow_query(own))
        flows.append(self._kit_flow_query(kits, of_parts))
        return flows

    def _listed_kits(self, products):
        """:return: ids of the kits among ``products``, and of what they are made of.
        Lists, so that PostgreSQL knows how many there are; None for none"""
        [(kits, parts)] = self.env.execute_query(
            SQL(
                """
                SELECT array_agg(DISTINCT product_id), array_agg(DISTINCT component_id)
                  FROM channel_kit_component kit WHERE product_id %s AND %s
                """,
                products,
                IS_LISTED,
            )
        )
        return kits, parts

    def _has_kits(self, products):
        [[has_kits]] = self.env.execute_query(
            SQL(
                "SELECT EXISTS (SELECT FROM channel_kit_component kit "
                "WHERE product_id %s AND %s)",
                products,
                IS_LISTED,
            )
        )
        return has_kits

    def _has_companies(self):
        [[count]] = self.env.execute_query(
            SQL("SELECT count(DISTINCT company_id) FROM channel_channel")
        )
        return count > 1

    def _own_flow_query(self, flows):
        """Products that are kits for one company and plain stock for another."""
        return SQL(
            """
            SELECT flow.* FROM (%s) flow
             WHERE NOT EXISTS (
                   SELECT FROM channel_kit_component kit
                     JOIN stock_warehouse warehouse
                       ON warehouse.company_id = kit.company_id
                    WHERE kit.product_id = flow.product_id
                      AND warehouse.id = flow.warehouse_id)
            """,
            SQL(" UNION ALL ").join(flows),
        )

    def _kit_flow_query(self, kits, flows):
        """A row is what a warehouse makes of a kit: of what its components have
        available, and the more it makes with what is inbound of them."""
        return SQL(
            """
            SELECT product_id, warehouse_id, available::float8,
                   GREATEST(0, potential - available)::float8 AS inbound
              FROM (%s) made
            """,
            self._made_query(
                SQL("= ANY(%s::int[])", kits),
                SQL(
                    """
                    SELECT product_id, warehouse_id,
                           COALESCE(sum(available), 0) AS available,
                           COALESCE(sum(available), 0)
                               + GREATEST(0, COALESCE(sum(inbound), 0)) AS potential
                      FROM (%s) flow GROUP BY product_id, warehouse_id
                    """,
                    SQL(" UNION ALL ").join(flows),
                ),
                ("available", "potential"),
            ),
        )

    def _position_query(self, products, within):
        """A kit's position: how many can be made of what is on hand, and how many fewer
        of what is left of that, step by step."""
        if not self._has_kits(within):
            return super()._position_query(products, within)
        parts = SQL(
            "= ANY(ARRAY(SELECT component_id FROM channel_kit_component "
            "WHERE product_id %s))",
            products,
        )
        return SQL(
            """
            SELECT position.* FROM (%(positions)s) position
             WHERE NOT EXISTS (
                   SELECT FROM channel_kit_component kit
                     JOIN stock_warehouse warehouse
                       ON warehouse.company_id = kit.company_id
                    WHERE kit.product_id = position.product_id
                      AND warehouse.id = position.warehouse_id)
            UNION ALL
            SELECT product_id, warehouse_id, on_hand, on_hand - unallocated,
                   unallocated - unheld, unheld - available, available
              FROM (%(made)s) made
            """,
            positions=super()._position_query(products, within),
            made=self._made_query(
                products,
                SQL(
                    """
                    SELECT product_id, warehouse_id, on_hand, available,
                           on_hand - allocated AS unallocated,
                           on_hand - allocated - held AS unheld
                      FROM (%s) position
                    """,
                    super()._position_query(parts, parts),
                ),
                ("on_hand", "unallocated", "unheld", "available"),
            ),
        )

    def _made_query(self, products, stock, columns, keys=()):
        """Query of (product_id, warehouse_id, keys, columns): for each of ``columns``
        of the components' ``stock``, how many kits it makes. STOCK units of the kit.

        A component that a warehouse has never seen makes it none there. A shortage of
        one makes the number negative, as it would be for the component itself.

        :param products: condition on the product id of a kit
        :param stock: query of (product_id, warehouse_id, keys, columns)
        :param keys: columns by which ``stock`` says different things
        """
        # each component looks up its kits by their index: how many there are, which
        # PostgreSQL could only guess, then decides nothing
        return SQL(
            """
            SELECT made.product_id, made.warehouse_id %(keys)s, %(capped)s
              FROM (
                WITH stock AS MATERIALIZED (%(stock)s),
                wanted AS MATERIALIZED (
                    SELECT DISTINCT product_id FROM channel_kit_component
                     WHERE product_id %(products)s
                )
                SELECT kit.product_id, kit.company_id, stock.warehouse_id %(keys)s,
                       count(*) AS found, %(made)s
                  FROM stock
                  JOIN stock_warehouse warehouse ON warehouse.id = stock.warehouse_id
                 CROSS JOIN LATERAL (
                       SELECT product_id, company_id, quantity::numeric AS quantity
                         FROM channel_kit_component
                        WHERE component_id = stock.product_id
                          AND company_id = warehouse.company_id
                          -- IS TRUE: looked up in a hash, not joined
                          AND (product_id IN (SELECT product_id FROM wanted)) IS TRUE
                       OFFSET 0) kit
                 GROUP BY kit.product_id, kit.company_id, stock.warehouse_id %(keys)s
              ) made
             CROSS JOIN LATERAL (
                   SELECT count(*) AS parts FROM channel_kit_component kit
                    WHERE kit.product_id = made.product_id
                      AND kit.company_id = made.company_id) whole
            """,
            stock=stock,
            keys=SQL("").join(SQL(", %s", SQL.identifier(key)) for key in keys),
            made=SQL(", ").join(
                SQL(
                    # digits that absorb the rounding of thirds, not stock
                    "min(floor(round(stock.%(name)s::numeric / kit.quantity, 6))) "
                    "AS %(name)s",
                    name=SQL.identifier(name),
                )
                for name in columns
            ),
            capped=SQL(", ").join(
                SQL(
                    "CASE WHEN found = parts THEN %(name)s "
                    "ELSE LEAST(0, %(name)s) END AS %(name)s",
                    name=SQL.identifier(name),
                )
                for name in columns
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

    # --------------------------------------------------------------- dated
    # Dated backorder rules: how many more kits there are with what comes of their
    # components in time.
    def _dated_queries(self, products):
        """Kits in the place of what comes of themselves."""
        promises = super()._dated_queries(products)
        kits, parts = self._listed_kits(products)
        if not kits:
            return promises
        own = SQL(
            """
            SELECT promise.* FROM (%s) promise
             WHERE NOT EXISTS (
                   SELECT FROM channel_kit_component kit
                     JOIN dated_term term ON term.company_id = kit.company_id
                    WHERE term.term_id = promise.term_id
                      AND kit.product_id = promise.product_id)
            """,
            SQL(" UNION ALL ").join(promises),
        )
        return [own, self._kit_dated_query(kits, parts)]

    def _kit_dated_query(self, kits, parts):
        """What each warehouse makes with what is due there, less what it makes without.

        Nobody has said where suppliers will deliver: all of it comes to one warehouse,
        where it makes the most. So a promise can be kept, whatever else lies where.
        """
        return SQL(
            """
            SELECT made.term_id, served.pool, made.product_id,
                   (sum(made.due - made.available) + max(made.supplied - made.due)
                   )::float8 AS quantity
              FROM (%(made)s) made
              JOIN %(served)s served ON served.warehouse_id = made.warehouse_id
             GROUP BY made.term_id, served.pool, made.product_id
            """,
            made=self._made_query(
                SQL("= ANY(%s::int[])", kits),
                self._dated_stock_query(SQL("= ANY(%s::int[])", parts)),
                ("available", "due", "supplied"),
                keys=("term_id",),
            ),
            served=SERVED,
        )

    def _dated_stock_query(self, parts):
        """Query of (term_id, product_id, warehouse_id, available, due, supplied): of a
        component what is there; with what is due in time; with what suppliers have as
        well. STOCK units of the component."""
        return SQL(
            """
            SELECT term_id, product_id, warehouse_id, sum(available) AS available,
                   sum(available) + sum(due) AS due,
                   sum(available) + sum(due) + sum(supplied) AS supplied
              FROM (
                SELECT term.term_id, stock.product_id, stock.warehouse_id,
                       stock.available, 0::float8 AS due, 0::float8 AS supplied
                  FROM (SELECT product_id, warehouse_id,
                               COALESCE(sum(available), 0) AS available
                          FROM (%(flows)s) flow
                         GROUP BY product_id, warehouse_id) stock
                  JOIN stock_warehouse warehouse ON warehouse.id = stock.warehouse_id
                  JOIN dated_term term ON term.company_id = warehouse.company_id
                UNION ALL
                SELECT term_id, product_id, warehouse_id, 0, quantity, 0
                  FROM (%(due)s) due
                UNION ALL
                SELECT supplied.term_id, supplied.product_id, served.warehouse_id,
                       0, 0, supplied.quantity
                  FROM (%(supplied)s) supplied
                  JOIN (SELECT DISTINCT company_id, warehouse_id
                          FROM %(served)s pool) served USING (company_id)
              ) fact
             GROUP BY term_id, product_id, warehouse_id
            """,
            flows=SQL(" UNION ALL ").join(self._flow_queries(parts)),
            due=self._due_query(parts),
            supplied=self._supplied_query(parts),
            served=SERVED,
        )

    # -------------------------------------------------------------- claims
    # Exclusive allocation: a kit takes of what its components have.
    def _parts_query(self, scope):
        """The components of kits that are in ``scope``."""
        if not self._has_kits(scope.products):
            return super()._parts_query(scope)
        return SQL(
            "SELECT product_id, company_id, component_id, quantity::float8 AS quantity "
            "FROM channel_kit_component "
            "WHERE component_id IS NOT NULL AND product_id %s",
            scope.products,
        )

    def _sharing_products(self, products, source=None):
        """Kits and components, and what those are in and made of, as far as exclusive
        rules reach: all that one division is about."""
        rows = self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE sharing (product_id) AS (
                    SELECT unnest(%(products)s::int[])
                    UNION
                    SELECT beside.product_id
                      FROM sharing
                     CROSS JOIN LATERAL (
                           SELECT kit.component_id AS product_id,
                                  kit.product_id AS kit_id, kit.component_id
                             FROM channel_kit_component kit
                            WHERE kit.product_id = sharing.product_id
                            UNION ALL
                           SELECT kit.product_id, kit.product_id, kit.component_id
                             FROM channel_kit_component kit
                            WHERE kit.component_id = sharing.product_id) beside
                     WHERE %(is_shared)s
                )
                SELECT product_id FROM sharing ORDER BY product_id
                """,
                products=super()._sharing_products(products, source),
                is_shared=self._shared_condition("beside", source),
            )
        )
        return [row[0] for row in rows]

    def _linked_products(self, products):
        """Kits that are sold, and their components, where a rule reaches either."""
        rows = self.env.execute_query(
            SQL(
                """
                WITH tie AS (
                    SELECT product_id AS kit_id, component_id FROM channel_kit_component
                     WHERE product_id %(products)s
                    UNION
                    SELECT product_id, component_id FROM channel_kit_component
                     WHERE component_id %(products)s
                ),
                tied AS MATERIALIZED (
                    SELECT kit_id, component_id FROM tie WHERE %(is_shared)s
                )
                SELECT product_id FROM (
                    SELECT kit_id AS product_id FROM tied
                    UNION SELECT component_id FROM tied) tied
                 WHERE product_id %(products)s
                 ORDER BY product_id
                """,
                products=products,
                is_shared=self._shared_condition("tie"),
            )
        )
        return super()._linked_products(products) + [row[0] for row in rows]

    def _shared_condition(self, tie, source=None):
        """Whether ``tie``, a kit and a component of it, matters to exclusive numbers:
        the kit is listed (or was: that gives its part back), and a rule reaches one."""
        kit = SQL.identifier(tie, "kit_id")
        component = SQL.identifier(tie, "component_id")
        return SQL(
            """%(component)s IS NOT NULL
               AND EXISTS (SELECT FROM channel_listing listing
                            WHERE listing.product_id = %(kit)s)
               AND (%(component_reached)s OR %(kit_reached)s)""",
            component=component,
            kit=kit,
            component_reached=self._reached_condition(component, source),
            kit_reached=self._reached_condition(kit, source),
        )
