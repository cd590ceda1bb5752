from odoo import api, models
from odoo.tools import SQL


class ChannelPlanner(models.AbstractModel):
    """The plan statement: from positions to numbers, for any set of listings.

    A pipeline of CTEs. A row of ``pair`` is a listing at a node; ``stock`` a position;
    ``supply`` a product in a pool (the warehouses of a node; nodes with the same ones
    share a pool); ``stepped`` to ``computed`` a level on its way from stock units to
    the number shown. Only steps of which a rule is in effect are in the statement.
    """

    _inherit = "channel.planner"

    def _plan_query(self, changed, products):
        """Write the levels whose target differs, and queue them.

        :param changed: query of (listing_id, since, trace)
        :param products: condition on a product id, true for theirs
        :return: query of (channel_id) of those that have got new levels
        """
        return SQL(
            """
            WITH changed AS MATERIALIZED (%(changed)s),
            %(computed)s,
            differing AS MATERIALIZED (
                SELECT computed.*, level.id AS level_id, level.target AS old_target
                  FROM computed
                  LEFT JOIN channel_level level
                         ON level.listing_id = computed.listing_id
                        AND level.node_id = computed.node_id
                 WHERE level.target IS DISTINCT FROM computed.target
                    OR level.share_state IS DISTINCT FROM computed.share_state
            ),
            written AS (
                INSERT INTO channel_level AS level
                       (listing_id, node_id, channel_id, company_id, target,
                        share_state, inputs, planned_at, trace)
                SELECT listing_id, node_id, channel_id, company_id, target,
                       share_state, %(inputs)s,
                       clock_timestamp() AT TIME ZONE 'UTC', changed.trace
                  FROM differing LEFT JOIN changed USING (listing_id)
                ON CONFLICT (listing_id, node_id) DO UPDATE
                   SET target = EXCLUDED.target, share_state = EXCLUDED.share_state,
                       inputs = EXCLUDED.inputs, planned_at = EXCLUDED.planned_at,
                       trace = EXCLUDED.trace
                RETURNING id, listing_id, node_id, channel_id
            ),
            queued AS (
                INSERT INTO channel_level_pending
                       (level_id, channel_id, urgent, force, since, trace)
                SELECT written.id, written.channel_id,
                       differing.target < COALESCE(differing.old_target, 0), false,
                       COALESCE(changed.since, clock_timestamp() AT TIME ZONE 'UTC'),
                       changed.trace
                  FROM written JOIN differing USING (listing_id, node_id)
                  LEFT JOIN changed USING (listing_id)
                 WHERE differing.target IS DISTINCT FROM differing.old_target
            )
            SELECT DISTINCT channel_id FROM differing WHERE level_id IS NULL
            """,
            changed=changed,
            computed=self._computed_ctes(
                self._use(), products, SQL("SELECT listing_id FROM changed")
            ),
            inputs=self._inputs_expression(self._use()),
        )

    def _computed_ctes(self, use, products, listed):
        """CTEs up to ``computed``, a row a level.

        :param use: RuleUse: which rules are looked for
        :param listed: query of (listing_id)
        """
        return SQL(
            """
            %(pairs)s,
            %(supply)s,
            %(rules)s,
            %(steps)s,
            computed AS (%(final)s)
            """,
            pairs=self._pair_ctes(use, listed),
            supply=self._supply_ctes(products),
            rules=self._rule_ctes(use),
            steps=self._step_ctes(use),
            final=self._final_query(use),
        )

    # --------------------------------------------------------------- pairs
    def _pair_ctes(self, use, listed):
        """``place``: nodes that are published, with the pool of their warehouses;
        ``pair``: the listings there."""
        return SQL(
            """
            place AS MATERIALIZED (
                SELECT node.id AS node_id, node.channel_id,
                       array_agg(served.stock_warehouse_id
                                 ORDER BY served.stock_warehouse_id) AS warehouses
                  FROM channel_node node
                  JOIN channel_node_stock_warehouse_rel served
                    ON served.channel_node_id = node.id
                 WHERE node.active AND node.publish
                 GROUP BY node.id
            ),
            pool AS MATERIALIZED (
                SELECT min(node_id) AS pool_id, warehouses
                  FROM place GROUP BY warehouses
            ),
            pair AS (
                SELECT listing.id AS listing_id, place.node_id, pool.pool_id,
                       listing.channel_id, listing.company_id, listing.product_id,
                       listing.stock_factor::numeric AS factor,
                       product.product_tmpl_id,
                       COALESCE(template.categ_id, 0) AS categ_id
                  FROM (%(listed)s) listed
                  JOIN channel_listing listing ON listing.id = listed.listing_id
                  JOIN product_product product ON product.id = listing.product_id
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
                  JOIN place ON place.channel_id = listing.channel_id
                  JOIN pool ON pool.warehouses = place.warehouses
                 WHERE listing.state = 'mapped' AND listing.active AND listing.tracked
            )
            """,
            listed=listed,
        )

    # -------------------------------------------------------------- supply
    def _supply_ctes(self, products):
        """``stock``: positions; ``source``: what each product can be taken from;
        ``supply``: the same summed by pool. STOCK units."""
        return SQL(
            """
            stock AS MATERIALIZED (%(stock)s),
            source AS (%(sources)s),
            supply AS (
                SELECT source.product_id, pool.pool_id,
                       sum(source.on_hand) AS on_hand,
                       sum(source.allocated) AS allocated,
                       sum(source.held) AS held,
                       sum(source.available) AS available,
                       sum(source.backorderable) AS backorderable
                  FROM source
                  JOIN pool ON source.warehouse_id = ANY(pool.warehouses)
                 GROUP BY source.product_id, pool.pool_id
            )
            """,
            stock=SQL(" UNION ALL ").join(
                SQL(
                    """
                    SELECT product_id, warehouse_id, on_hand, allocated, held,
                           available, backorderable
                      FROM channel_position position WHERE %s
                    """,
                    condition,
                )
                for condition in self._stock_conditions(products)
            ),
            sources=SQL(" UNION ALL ").join(self._supply_sources()),
        )

    def _stock_conditions(self, products):
        """Conditions that choose the positions to read, no row by two of them."""
        return [SQL("position.product_id %s", products)]

    def _supply_sources(self):
        """Queries of (product_id, warehouse_id, on_hand, allocated, held, available,
        backorderable), from ``stock``. Addons add what is made of other products."""
        return [
            SQL(
                """
                SELECT product_id, warehouse_id, on_hand, allocated, held, available,
                       backorderable
                  FROM stock
                """
            )
        ]

    # --------------------------------------------------------------- steps
    def _step_ctes(self, use):
        """From what is available to the number shown, but for exclusive allocation."""
        return SQL(
            """
            stepped AS (
                SELECT pair.*, COALESCE(supply.on_hand, 0) AS on_hand,
                       COALESCE(supply.allocated, 0) AS allocated,
                       COALESCE(supply.held, 0) AS held,
                       COALESCE(supply.available, 0) AS available
                       %(amounts)s
                  FROM pair
                  LEFT JOIN supply ON supply.product_id = pair.product_id
                                  AND supply.pool_id = pair.pool_id
                  %(joins)s
            ),
            pooled AS (
                SELECT stepped.*, %(pool)s AS in_pool FROM stepped
            ),
            buffered AS (
                SELECT pooled.*, GREATEST(0, %(promised)s) AS promised FROM pooled
            ),
            packed AS (
                -- four digits absorb the rounding of unit conversions, not stock
                SELECT buffered.*, LEAST(2000000000, CASE
                       WHEN factor = 1 THEN floor(round(promised, 4))
                       WHEN factor > 0 THEN floor(round(promised / factor, 4))
                       ELSE 0 END) AS sold
                  FROM buffered
            ),
            shown AS (
                SELECT packed.*, (%(shown)s)::integer AS number FROM packed
            )
            """,
            amounts=SQL("").join(
                SQL(", %s AS %s", expression, SQL.identifier(name))
                for name, expression in self._amounts(use).items()
            ),
            joins=SQL(" ").join(self._amount_joins(use)),
            pool=self._pool_expression(use),
            promised=self._promised_expression(use),
            shown=self._shown_expression(use),
        )

    def _amounts(self, use):
        """Column -> expression: what each rule of the level comes to."""
        amounts = {}
        for kind in use.kinds:
            amounts[kind] = SQL("rule.%s", SQL.identifier(kind))
            amounts[f"{kind}_id"] = SQL("rule.%s", SQL.identifier(f"{kind}_id"))
        if "backorder" in use.kinds:
            amounts["backorder"] = self._backorder_expression(use)
        if use.warehouse:
            amounts["judged"] = SQL("COALESCE(judged.kept, 0)")
            amounts["judged_by"] = SQL("judged.rules")
        if use.needs_rates:
            amounts["rate"] = SQL("COALESCE(rate.per_day, 0)")
        if "risk" in use.kinds:
            amounts["elsewhere"] = SQL(
                "GREATEST(0, COALESCE(rate.per_day, 0) - COALESCE(own_rate.per_day, 0))"
            )
            amounts["latency"] = SQL("channel.publish_latency")
            amounts["risk_kept"] = SQL(
                "CASE WHEN rule.risk > 0 THEN channel_poisson_buffer("
                "(GREATEST(0, COALESCE(rate.per_day, 0) - COALESCE(own_rate.per_day, 0))"
                "::float8 * channel.publish_latency / 86400), "
                "(rule.risk::float8 / 100)) ELSE 0 END"
            )
        return amounts

    def _backorder_expression(self, use):
        return SQL(
            "LEAST(COALESCE(supply.backorderable, 0), COALESCE(rule.backorder, 0))"
        )

    def _amount_joins(self, use):
        joins = []
        if use.kinds:
            joins.append(
                SQL(
                    "LEFT JOIN rule ON rule.listing_id = pair.listing_id "
                    "AND rule.node_id = pair.node_id"
                )
            )
        if use.warehouse:
            joins.append(
                SQL(
                    "LEFT JOIN judged ON judged.listing_id = pair.listing_id "
                    "AND judged.node_id = pair.node_id"
                )
            )
        if use.needs_rates:
            joins.append(
                SQL(
                    "LEFT JOIN channel_sales_rate rate "
                    "ON rate.product_id = pair.product_id "
                    "AND rate.company_id = pair.company_id AND rate.channel_id IS NULL"
                )
            )
        if "risk" in use.kinds:
            joins += [
                SQL(
                    "LEFT JOIN channel_sales_rate own_rate "
                    "ON own_rate.product_id = pair.product_id "
                    "AND own_rate.channel_id = pair.channel_id"
                ),
                SQL("JOIN channel_channel channel ON channel.id = pair.channel_id"),
            ]
        return joins

    def _pool_expression(self, use):
        """What can be sold at all, before anything is kept back. Stock units."""
        parts = [SQL("available")]
        if use.warehouse:
            parts.append(SQL("- judged"))
        if "backorder" in use.kinds:
            parts.append(SQL("+ backorder"))
        return SQL(" ").join(parts)

    def _promised_expression(self, use):
        """What the buffers leave, each of what the one before has left. Stock units."""
        left = SQL("in_pool")
        if "fixed" in use.kinds:
            left = SQL("%s - COALESCE(fixed, 0)", left)
        if "percent" in use.kinds:
            left = SQL(
                "CASE WHEN percent > 0 THEN GREATEST(0, %(left)s) * (100 - percent) "
                "/ 100 ELSE %(left)s END",
                left=left,
            )
        if "cover" in use.kinds:
            left = SQL("%s - COALESCE(cover, 0) * rate", left)
        if "risk" in use.kinds:
            left = SQL("%s - risk_kept", left)
        if "share" in use.kinds:
            left = SQL(
                "LEAST(%s, GREATEST(0, in_pool) * COALESCE(share, 100) / 100)", left
            )
        return left

    def _shown_expression(self, use):
        """The number, from ``sold``: threshold, cap, frozen number. Sold units."""
        number = SQL("sold")
        if "cap" in use.kinds:
            number = SQL("CASE WHEN cap > 0 THEN LEAST(sold, floor(cap)) ELSE sold END")
        if "threshold" in use.kinds:
            number = SQL(
                "CASE WHEN sold <= COALESCE(threshold, 0) THEN 0 ELSE %s END", number
            )
        if "freeze" in use.kinds:
            # quoted: FREEZE is a word of PostgreSQL's; no COALESCE of LEAST, which
            # leaves out what is NULL
            number = SQL(
                'CASE WHEN "freeze" IS NULL THEN %s '
                'ELSE LEAST(2000000000, floor("freeze")) END',
                number,
            )
        return number

    # -------------------------------------------------------------- inputs
    def _inputs_expression(self, use):
        """What a level remembers of its computation; ``tools.explain`` reads it."""
        columns = ["on_hand", "allocated", "held", "available", "factor", "sold"]
        columns += [*self._amounts(use), *self._share_columns(use), "target"]
        return SQL(
            "jsonb_strip_nulls(jsonb_build_object(%s))",
            SQL(", ").join(
                SQL("%s, %s", name, SQL.identifier(name)) for name in columns
            ),
        )

    # ---------------------------------------------------------- read only
    @api.model
    def _compute_numbers(self, use, products, listed):
        """Query of all columns of ``computed`` with ``inputs``; writes nothing."""
        return SQL(
            "WITH %s SELECT computed.*, %s AS inputs FROM computed",
            self._computed_ctes(use, products, listed),
            self._inputs_expression(use),
        )
