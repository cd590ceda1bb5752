from odoo import models
from odoo.tools import SQL

from .channel_planner_rules import FITS, IS_DATED, KEY
from .channel_rule_terms import WAREHOUSE_KINDS

# The warehouses of each pool.
SERVED = SQL(
    "(SELECT DISTINCT pool, company_id, unnest(warehouses) AS warehouse_id FROM place)"
)


class ChannelPlanner(models.AbstractModel):
    """Rules that look at a part of what is in a pool: at a single warehouse, or at what
    is due soon enough."""

    _inherit = "channel.planner"

    def _dated_ctes(self, scope):
        """``dated``: what dated backorder rules may promise of a product in a pool. It
        is what is due soon enough, and what suppliers have who deliver soon enough.

        By ``dated_term``, and not by rule: thousands of rules may look at the same
        days, each for a listing of its own.
        """
        return SQL(
            """
            dated_version AS MATERIALIZED (
                SELECT id, company_id, supplier_stock,
                       COALESCE(horizon_days, 0) AS horizon_days,
                       COALESCE(lead_days, 0) AS lead_days,
                       dense_rank() OVER (
                           ORDER BY company_id, supplier_stock,
                                    COALESCE(horizon_days, 0), COALESCE(lead_days, 0)
                       ) AS term_id
                  FROM version WHERE %(is_dated)s
            ),
            dated_term AS MATERIALIZED (
                SELECT DISTINCT term_id, company_id, supplier_stock, horizon_days,
                       lead_days
                  FROM dated_version
            ),
            dated AS MATERIALIZED (
                SELECT term_id, pool, product_id, sum(quantity)::float8 AS quantity
                  FROM (%(promises)s) promise
                 GROUP BY term_id, pool, product_id
            )
            """,
            is_dated=IS_DATED,
            promises=SQL(" UNION ALL ").join(self._dated_queries(scope.products)),
        )

    def _dated_queries(self, products):
        """Queries of (term_id, pool, product_id, quantity): any number of rows of what
        may be promised, which is their sum. STOCK units. Addons add what is made of
        other products.

        :param products: condition on a product id
        """
        return [
            SQL(
                """
                SELECT due.term_id, served.pool, due.product_id, due.quantity
                  FROM (%s) due JOIN %s served USING (company_id, warehouse_id)
                """,
                self._due_query(products),
                SERVED,
            ),
            SQL(
                """
                SELECT supplied.term_id, served.pool, supplied.product_id,
                       supplied.quantity
                  FROM (%s) supplied
                  JOIN (SELECT DISTINCT pool, company_id FROM place) served
                 USING (company_id)
                """,
                self._supplied_query(products),
            ),
        ]

    def _due_query(self, products):
        """Query of (term_id, company_id, warehouse_id, product_id, quantity): what is
        on its way to a warehouse, and due soon enough."""
        return SQL(
            """
            SELECT term.term_id, term.company_id, inbound.warehouse_id,
                   inbound.product_id, inbound.quantity
              FROM dated_term term
              JOIN channel_inbound inbound USING (company_id)
             WHERE inbound.product_id %s
               AND (term.horizon_days = 0
                    OR inbound.due_date + term.lead_days
                       <= (now() AT TIME ZONE 'UTC')::date + term.horizon_days)
            """,
            products,
        )

    def _supplied_query(self, products):
        """Query of (term_id, company_id, product_id, quantity): what suppliers have who
        deliver soon enough, to any warehouse."""
        return SQL(
            """
            SELECT term.term_id, term.company_id, supplier.product_id, supplier.quantity
              FROM dated_term term
              JOIN channel_supplier_stock supplier USING (company_id)
             WHERE term.supplier_stock AND supplier.product_id %s
               AND (term.horizon_days = 0
                    OR supplier.lead_days + term.lead_days <= term.horizon_days)
            """,
            products,
        )

    def _judged_ctes(self, use, scope):
        """``judged``: what rules for single warehouses keep back from a listing at a
        node, in stock units, and which versions did it.

        Of what a warehouse has, buffers are taken off; at or below the threshold it
        contributes nothing, and never more than the cap. A shortage stays a shortage.
        """
        return SQL(
            """
            local_rule AS (
                SELECT listing.id AS listing_id, place.node_id, listing.product_id,
                       listing.company_id, version.warehouse_id, %(pivot)s
                  FROM (SELECT version.*, %(key)s AS key FROM version
                         WHERE warehouse_id IS NOT NULL) version
                  JOIN place ON version.warehouse_id = ANY(place.warehouses)
                  JOIN channel_listing listing ON listing.channel_id = place.channel_id
                  JOIN item ON item.product_id = listing.product_id
                  LEFT JOIN product_category category ON category.id = item.categ_id
                  LEFT JOIN product_category scope ON scope.id = version.categ_id
                  %(tag_set)s
                 WHERE listing.state = 'mapped' AND %(listings)s AND %(tag_fits)s
                   AND (scope.id IS NULL
                        OR starts_with(category.parent_path, scope.parent_path))
                   AND %(fits)s
                 GROUP BY listing.id, place.node_id, version.warehouse_id
            ),
            contribution AS (
                SELECT local_rule.*, source.available,
                       (source.available - COALESCE(fixed_key[5], 0))
                       * (100 - COALESCE(percent_key[5], 0)) / 100
                       - COALESCE(cover_key[5], 0) * COALESCE(rate.per_day, 0)
                           AS left_over
                  FROM local_rule
                  JOIN (%(positions)s) source
                    ON source.product_id = local_rule.product_id
                   AND source.warehouse_id = local_rule.warehouse_id
                  LEFT JOIN channel_sales_rate rate
                         ON rate.product_id = local_rule.product_id
                        AND rate.company_id = local_rule.company_id
                        AND rate.channel_id IS NULL
                 WHERE source.available > 0
            ),
            judged AS MATERIALIZED (
                SELECT listing_id, node_id,
                       sum(available - GREATEST(0, CASE
                           WHEN left_over <= threshold_key[5] THEN 0
                           WHEN cap_key[5] > 0 THEN LEAST(left_over, cap_key[5])
                           ELSE left_over END)) AS kept,
                       jsonb_agg(jsonb_build_object(
                           'warehouse', warehouse_id, 'available', available,
                           'rules', %(ids)s) ORDER BY warehouse_id) AS rules
                  FROM contribution GROUP BY listing_id, node_id
            )
            """,
            pivot=self._pivot_columns(WAREHOUSE_KINDS),
            key=KEY,
            tag_set=self._tag_join(use, "item"),
            listings=scope.listings,
            tag_fits=self._tag_condition(use),
            fits=FITS,
            positions=self._position_query(scope.products, scope.products),
            ids=SQL(
                "array_remove(ARRAY[%s], NULL)",
                SQL(", ").join(
                    SQL("%s[4]::integer", SQL.identifier(f"{kind}_key"))
                    for kind in WAREHOUSE_KINDS
                ),
            ),
        )
