# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL

from .channel_plan_rules import IS_DATED, KEY, WIDE_FITS
from .channel_rule_terms import WAREHOUSE_KINDS

# The warehouses of each pool.
SERVED = SQL(
    "(SELECT DISTINCT pool, company_id, unnest(warehouses) AS warehouse_id FROM place)"
)


class ChannelPlanPartial(models.AbstractModel):
    """Rules for a part of a pool: for a single warehouse, or for inbound due within a
    horizon."""

    _name = "channel.plan.partial"
    _description = "Plan Statement: Partial"

    def _dated_ctes(self, scope):
        """``dated``: what dated backorder rules may promise of a product in a pool. It
        is what is due soon enough, and what suppliers have who deliver soon enough.

        By ``dated_term``, and not by rule: thousands of rules may look at the same
        days, each for a listing of its own.
        """
        return SQL(
            """
            dated_version AS MATERIALIZED (
                SELECT id, company_id, %(named)s,
                       dense_rank() OVER (ORDER BY company_id, %(values)s) AS term_id
                  FROM version WHERE %(is_dated)s
            ),
            dated_term AS MATERIALIZED (
                SELECT DISTINCT term_id, company_id, %(names)s FROM dated_version
            ),
            dated AS MATERIALIZED (
                SELECT term_id, pool, product_id, sum(quantity)::float8 AS quantity
                  FROM (%(promises)s) promise
                 GROUP BY term_id, pool, product_id
            )
            """,
            is_dated=IS_DATED,
            named=SQL(", ").join(
                SQL("%s AS %s", value, SQL.identifier(name))
                for name, value in self._dated_columns().items()
            ),
            values=SQL(", ").join(self._dated_columns().values()),
            names=SQL(", ").join(map(SQL.identifier, self._dated_columns())),
            promises=SQL(" UNION ALL ").join(self._dated_queries(scope.products)),
        )

    def _dated_columns(self):
        """Column -> expression over ``version``: what a dated rule looks at; addons
        append theirs."""
        return {
            "supplier_stock": SQL("supplier_stock"),
            "horizon_days": SQL("COALESCE(horizon_days, 0)"),
            "lead_days": SQL("COALESCE(lead_days, 0)"),
        }

    def _due_day(self):
        """Hook: the day that ``term`` expects ``inbound`` on."""
        return SQL("inbound.due_date")

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
                    OR %s + term.lead_days
                       <= (now() AT TIME ZONE 'UTC')::date + term.horizon_days)
            """,
            products,
            self._due_day(),
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
               AND supplier.is_stale IS NOT TRUE
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

        FULL, where what is joined has many rows on both sides: PostgreSQL can only hash
        that, and would loop, for it guesses how many rules fit far too low. OFFSET 0,
        or it would see that no more than one side is wanted.
        """
        return SQL(
            """
            %(rules)s,
            contribution AS (
                SELECT ruled.*,
                       (ruled.available - COALESCE(fixed_key[5], 0))
                       * (100 - COALESCE(percent_key[5], 0)) / 100
                       - COALESCE(cover_key[5], 0) * COALESCE(rate.per_day, 0)
                           AS left_over
                  FROM (SELECT * FROM local_rule FULL JOIN (%(positions)s) source
                         USING (product_id, warehouse_id) OFFSET 0) ruled
                  LEFT JOIN channel_sales_rate rate
                         ON rate.product_id = ruled.product_id
                        AND rate.company_id = ruled.company_id
                        AND rate.channel_id IS NULL
                 WHERE ruled.listing_id IS NOT NULL AND ruled.available > 0
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
            rules=SQL(", ").join(self._local_rule_ctes(use, scope)),
            positions=self._position_query(scope.products, scope.products),
            ids=SQL(
                "array_remove(ARRAY[%s], NULL)",
                SQL(", ").join(
                    SQL("%s[4]::integer", SQL.identifier(f"{kind}_key"))
                    for kind in WAREHOUSE_KINDS
                ),
            ),
        )

    def _local_rule_ctes(self, use, scope):
        """``local_rule``: the keys that count for a listing at a node in one of its
        warehouses. As rules of levels, those that name no product are resolved once
        for a sort of products; those that do are looked up by what they name."""
        columns = SQL("listing_id, node_id, warehouse_id, product_id, company_id")
        keys = [SQL.identifier(f"{kind}_key") for kind in WAREHOUSE_KINDS]
        wide = SQL(
            """
            SELECT listing.id AS listing_id, ruled.node_id, ruled.warehouse_id,
                   listing.product_id, listing.company_id, %(keys)s
              FROM (SELECT * FROM item FULL JOIN local_wide USING (sort_id)
                    OFFSET 0) ruled
              JOIN channel_listing listing ON listing.product_id = ruled.product_id
                                          AND listing.channel_id = ruled.channel_id
             WHERE listing.state = 'mapped' AND %(listings)s
            """,
            keys=SQL(", ").join(keys),
            listings=scope.listings,
        )
        yield self._local_wide_cte(use)
        if not use.narrow:
            yield SQL("local_rule AS (%s)", wide)
            return
        of_warehouses = SQL("version.warehouse_id IS NOT NULL")
        yield SQL(
            """
            local_named AS MATERIALIZED (%(named)s),
            local_rule AS (
                SELECT %(columns)s, %(least)s FROM (
                    %(wide)s
                    UNION ALL
                    SELECT %(columns)s, %(pivot)s FROM (%(narrow)s) narrow
                     WHERE warehouse_id = ANY(warehouses) GROUP BY %(columns)s
                ) rule GROUP BY %(columns)s
            )
            """,
            named=self._named_query(use, scope, of_warehouses),
            columns=columns,
            least=SQL(", ").join(SQL("min(%s) AS %s", key, key) for key in keys),
            wide=wide,
            pivot=self._pivot_columns(WAREHOUSE_KINDS),
            narrow=self._narrow_query(use, "local_named"),
        )

    def _local_wide_cte(self, use):
        return SQL(
            """
            local_wide AS MATERIALIZED (
                SELECT spot.channel_id, spot.node_id, spot.sort_id,
                       version.warehouse_id, %(pivot)s
                  FROM spot
                  JOIN (SELECT version.*, %(key)s AS key FROM version
                         WHERE warehouse_id IS NOT NULL) version
                    ON version.company_id = spot.company_id
                   AND version.warehouse_id = ANY(spot.warehouses)
                  LEFT JOIN product_category scope ON scope.id = version.categ_id
                 WHERE %(fits)s AND %(tag_fits)s
                 GROUP BY spot.channel_id, spot.node_id, spot.sort_id,
                          version.warehouse_id
            )
            """,
            pivot=self._pivot_columns(WAREHOUSE_KINDS),
            key=KEY,
            fits=WIDE_FITS,
            tag_fits=self._tag_condition(use),
        )
