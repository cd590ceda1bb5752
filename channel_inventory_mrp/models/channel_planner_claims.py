from odoo import models
from odoo.tools import SQL


class ChannelPlanner(models.AbstractModel):
    """Exclusive allocation: a kit takes of what its components have."""

    _inherit = "channel.planner"

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

    def _knotted_products(self, products):
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
        return super()._knotted_products(products) + [row[0] for row in rows]

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
