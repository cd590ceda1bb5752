from odoo import api, models
from odoo.tools import SQL

from .channel_planner_rules import IS_DATED


class ChannelPlanner(models.AbstractModel):
    """The plan statement: from positions to numbers, for any set of listings.

    A pipeline of CTEs, each a table of its own kind of row:

    - ``place``: a node that is published, with the number of its pool: the warehouses
      behind it, the same for all nodes that have the same ones;
    - ``item``: a product, with what is available and inbound in each pool, one pool a
      column. STOCK units;
    - rules (``channel_planner_rules``);
    - ``stepped`` to ``computed``: a level on its way from stock units to the number
      shown, in SOLD units;
    - ``detail``: the position behind a product in a pool, for numbers that changed.

    Only steps of which a rule is in effect are in the statement. ``OFFSET 0`` keeps
    PostgreSQL from computing what is costly anew wherever a later step mentions it.
    Quantities are doubles, as Odoo's own are, and rounded to four digits where packs
    are counted; ``tools.explain`` repeats that arithmetic to the last bit.
    """

    _inherit = "channel.planner"

    def _plan_query(self, scope, changed):
        """Write the levels whose target differs, and queue them.

        :param scope: Scope
        :param changed: query of (listing_id, since, trace): why they are planned
        :return: query of (channel_id) of those that have got new levels
        """
        use = self._use()
        return SQL(
            """
            WITH %(computed)s,
            differing AS MATERIALIZED (
                SELECT computed.*, level.id AS level_id, level.target AS old_target
                  FROM computed
                  LEFT JOIN channel_level level
                         ON level.listing_id = computed.listing_id
                        AND level.node_id = computed.node_id
                 WHERE level.target IS DISTINCT FROM computed.target
                    OR level.share_state IS DISTINCT FROM computed.share_state
            ),
            changed AS (%(changed)s),
            detail AS (%(detail)s),
            written AS (
                INSERT INTO channel_level AS level
                       (listing_id, node_id, channel_id, company_id, target,
                        share_state, inputs, planned_at, trace)
                SELECT listing_id, node_id, channel_id, company_id, target,
                       share_state, %(inputs)s,
                       clock_timestamp() AT TIME ZONE 'UTC', changed.trace
                  FROM differing
                  LEFT JOIN detail USING (product_id, pool)
                  LEFT JOIN changed USING (listing_id)
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
            computed=self._computed_ctes(use, scope),
            changed=changed,
            detail=self._detail_query("differing"),
            inputs=self._inputs_expression(use),
        )

    @api.model
    def _numbers_query(self, use, scope):
        """Query of all columns of ``computed`` with ``inputs``; writes nothing.

        :param use: RuleUse: the rules to compute with
        """
        return SQL(
            """
            WITH %(computed)s,
            numbers AS MATERIALIZED (SELECT * FROM computed),
            detail AS (%(detail)s)
            SELECT numbers.*, %(inputs)s AS inputs
              FROM numbers LEFT JOIN detail USING (product_id, pool)
            """,
            computed=self._computed_ctes(use, scope),
            detail=self._detail_query("numbers"),
            inputs=self._inputs_expression(use),
        )

    def _computed_ctes(self, use, scope):
        return SQL(", ").join(
            [
                SQL("version AS NOT MATERIALIZED %s", use.source),
                self._item_ctes(use, scope),
                *self._rule_ctes(use, scope),
                self._step_ctes(use, scope),
                SQL("computed AS (%s)", self._final_query(use)),
            ]
        )

    # --------------------------------------------------------------- items
    def _pools(self):
        """:return: rows (node, channel, company, its warehouses in their order)"""
        return self.env.execute_query(
            SQL(
                """
                SELECT node.id, node.channel_id, node.company_id,
                       array_agg(served.stock_warehouse_id
                                 ORDER BY served.stock_warehouse_id)
                  FROM channel_node node
                  JOIN channel_node_stock_warehouse_rel served
                    ON served.channel_node_id = node.id
                 WHERE node.active AND node.publish
                 GROUP BY node.id ORDER BY node.id
                """
            )
        )

    def _item_ctes(self, use, scope):
        """Pools are read first: what each has of a product is a sum of its own, which
        costs far less than a row of its own for each product in each pool."""
        pools = use.pools
        extras = self._item_extras(use, len(pools))
        return SQL(
            """
            place AS MATERIALIZED (%(places)s),
            supply AS (
                SELECT product_id, %(available)s, %(inbound)s
                  FROM (%(flow)s) flow GROUP BY product_id
            ),
            item AS MATERIALIZED (
                SELECT product.id AS product_id, product.product_tmpl_id,
                       COALESCE(template.categ_id, 0) AS categ_id
                       %(columns)s
                  FROM product_product product
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
                  LEFT JOIN supply ON supply.product_id = product.id
                  %(joins)s
                 WHERE product.id %(products)s
            )
            """,
            places=_place_rows(use.places, pools),
            flow=SQL(" UNION ALL ").join(self._flow_queries(scope.products)),
            available=_sums_by_pool("available", pools),
            inbound=_sums_by_pool("inbound", pools),
            columns=SQL("").join(
                SQL(", %s AS %s", expression, SQL.identifier(name))
                for name, (expression, _join) in extras.items()
            ),
            joins=SQL(" ").join(join for _column, join in extras.values()),
            products=scope.products,
        )

    def _flow_queries(self, products):
        """Queries of (product_id, warehouse_id, available, inbound): any number of rows
        a position, which is their sum. Addons add what is made of other products.

        The facts of ``channel.position``, with the sign that they count with.

        :param products: condition on a product id
        """
        positions = self.env["channel.position"]
        return [
            SQL(
                """
                SELECT product_id, warehouse_id,
                       CASE WHEN kind = 'on_hand' THEN quantity
                            WHEN kind IN ('allocated', 'held', 'doubted')
                            THEN -quantity END::float8 AS available,
                       CASE WHEN kind = 'in_transit' THEN quantity
                            WHEN kind = 'dedicated'
                            THEN -quantity END::float8 AS inbound
                  FROM (SELECT * FROM (%(fact)s) fact
                         WHERE fact.product_id %(products)s OFFSET 0) counted
                """,
                fact=fact,
                products=products,
            )
            for fact in positions._facts()
        ]

    def _position_query(self, products):
        """Query of positions by (product_id, warehouse_id), for explanations and for
        rules of single warehouses. Addons add what is made of other products.

        :param products: condition on a product id
        """
        return SQL(
            "SELECT product_id, warehouse_id, on_hand, allocated, held, doubted, "
            "available FROM channel_position WHERE product_id %s",
            products,
        )

    def _item_extras(self, use, pools):
        """Column -> (expression, join): what is in each pool, and what only some rules
        look at."""
        sums = ["available"] + ["inbound"] * ("backorder" in use.kinds)
        extras = {
            column: (SQL("supply.%s", SQL.identifier(column)), SQL(""))
            for name in sums
            for column in _pool_columns(name, pools)
        }
        if "tag_id" in use.named:
            extras["tags"] = (
                SQL("COALESCE(tagged.tags, '{}')"),
                SQL(
                    "LEFT JOIN (%s) tagged ON tagged.product_id = product.id",
                    self._tags_query(),
                ),
            )
        return extras

    def _detail_query(self, numbers):
        """What is behind ``numbers``: a row a product in a pool."""
        return SQL(
            """
            SELECT served.pool, position.product_id, sum(position.on_hand) AS on_hand,
                   sum(position.allocated) AS allocated, sum(position.held) AS held,
                   sum(position.doubted) AS doubted
              FROM (SELECT DISTINCT pool, unnest(warehouses) AS warehouse_id
                      FROM place) served
              JOIN (%s) position ON position.warehouse_id = served.warehouse_id
             GROUP BY served.pool, position.product_id
            """,
            self._position_query(
                SQL(
                    "= ANY(ARRAY(SELECT DISTINCT product_id FROM %s))",
                    SQL.identifier(numbers),
                )
            ),
        )

    # --------------------------------------------------------------- steps
    def _step_ctes(self, use, scope):
        """From what is available to the number shown, but for exclusive allocation."""
        return SQL(
            """
            stepped AS (
                SELECT listing.id AS listing_id, place.node_id, place.pool,
                       listing.channel_id, listing.company_id, listing.product_id,
                       listing.stock_factor::float8 AS factor,
                       listing.version_id AS mapping_id,
                       COALESCE(%(available)s, 0) AS available
                       %(amounts)s
                  FROM channel_listing listing
                  JOIN place ON place.channel_id = listing.channel_id
                  JOIN item ON item.product_id = listing.product_id
                  %(joins)s
                 WHERE listing.state = 'mapped' AND listing.active AND listing.tracked
                   AND %(listings)s
                OFFSET 0
            ),
            pooled AS (
                SELECT stepped.*, %(backorder)s AS backorder FROM stepped
            ),
            buffered AS (
                SELECT pooled.*, GREATEST(0, %(promised)s) AS promised FROM pooled
            ),
            packed AS (
                -- four digits absorb the rounding of unit conversions, not stock
                SELECT buffered.*, CASE WHEN factor > 0 THEN LEAST(2000000000,
                       floor(promised / factor + 0.00005)) ELSE 0 END AS sold
                  FROM buffered OFFSET 0
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
            listings=scope.listings,
            available=self._in_pool(use, "available"),
            backorder=self._backorder_expression(use),
            promised=self._promised_expression(use),
            shown=self._shown_expression(use),
        )

    def _amounts(self, use):
        """Column -> expression: what each rule of the level comes to."""
        amounts = self._rule_columns(use)
        if "backorder" in use.kinds:
            amounts["backorder_limit"] = amounts.pop("backorder")
            amounts["inbound"] = self._inbound_expression(use)
        if use.warehouse:
            amounts["judged"] = SQL("COALESCE(judged.kept, 0)::float8")
            amounts["judged_by"] = SQL("judged.rules")
        if use.needs_rates:
            amounts["rate"] = SQL("COALESCE(rate.per_day, 0)::float8")
        if "risk" in use.kinds:
            amounts["elsewhere"] = SQL(
                "GREATEST(0, COALESCE(rate.per_day, 0)::float8 "
                "- COALESCE(own_rate.per_day, 0)::float8)"
            )
            amounts["latency"] = SQL("channel.publish_latency::float8")
        return amounts

    def _in_pool(self, use, name):
        """What ``item`` has of it in the pool of ``place``."""
        columns = _pool_columns(name, len(use.pools))
        if not columns:
            return SQL("0::float8")
        return SQL(
            "CASE place.pool %s END",
            SQL(" ").join(
                SQL("WHEN %s THEN item.%s", number, SQL.identifier(column))
                for number, column in enumerate(columns, start=1)
            ),
        )

    def _inbound_expression(self, use):
        """What is on its way; for a rule that looks at dates, what is due in time."""
        inbound = SQL("COALESCE(%s, 0)", self._in_pool(use, "inbound"))
        if not use.dated:
            return inbound
        return SQL(
            "CASE WHEN %s IN (SELECT id FROM version WHERE %s) "
            "THEN COALESCE(dated.quantity, 0) ELSE %s END",
            self._rule_columns(use)["backorder_id"],
            IS_DATED,
            inbound,
        )

    def _backorder_expression(self, use):
        """At most ``limit`` of the inbound that no shortage needs; and what the
        shortage gets of it, which is not short any more."""
        if "backorder" not in use.kinds:
            return SQL("0::float8")
        return SQL(
            "CASE WHEN backorder_limit > 0 AND inbound + LEAST(0, available) > 0 "
            "THEN LEAST(backorder_limit, inbound + LEAST(0, available)) "
            "- LEAST(0, available) ELSE 0 END"
        )

    def _amount_joins(self, use):
        joins = self._rule_joins(use)
        if use.dated:
            joins.append(
                SQL(
                    "LEFT JOIN dated ON dated.version_id = %s "
                    "AND dated.product_id = listing.product_id "
                    "AND dated.pool = place.pool",
                    self._rule_columns(use)["backorder_id"],
                )
            )
        if use.warehouse:
            joins.append(
                SQL(
                    "LEFT JOIN judged ON judged.listing_id = listing.id "
                    "AND judged.node_id = place.node_id"
                )
            )
        if use.needs_rates:
            joins.append(
                SQL(
                    "LEFT JOIN channel_sales_rate rate "
                    "ON rate.product_id = listing.product_id "
                    "AND rate.company_id = listing.company_id "
                    "AND rate.channel_id IS NULL"
                )
            )
        if "risk" in use.kinds:
            joins += [
                SQL(
                    "LEFT JOIN channel_sales_rate own_rate "
                    "ON own_rate.product_id = listing.product_id "
                    "AND own_rate.channel_id = listing.channel_id"
                ),
                SQL("JOIN channel_channel channel ON channel.id = listing.channel_id"),
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
        in_pool = left = self._pool_expression(use)
        if "fixed" in use.kinds:
            left = SQL("%s - COALESCE(fixed, 0)", left)
        if "percent" in use.kinds:
            # of a shortage nothing is kept back
            left = SQL(
                "(%s) * (CASE WHEN percent > 0 THEN 100 - percent ELSE 100 END) / 100",
                left,
            )
        if "cover" in use.kinds:
            left = SQL("%s - COALESCE(cover * rate, 0)", left)
        if "risk" in use.kinds:
            left = SQL("%s - %s", left, RISK_KEPT)
        if "share" in use.kinds:
            left = SQL(
                "LEAST(%s, CASE WHEN share IS NOT NULL "
                "THEN GREATEST(0, %s) * share / 100 END)",
                left,
                in_pool,
            )
        return left

    def _shown_expression(self, use):
        """The number, from ``sold``: threshold, cap, frozen number. Sold units."""
        number = SQL("sold")
        if "cap" in use.kinds:
            number = SQL("LEAST(sold, CASE WHEN cap > 0 THEN floor(cap) END)")
        if "threshold" in use.kinds:
            number = SQL("CASE WHEN sold <= threshold THEN 0 ELSE %s END", number)
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
        names = ["on_hand", "allocated", "held", "doubted", "available", "factor"]
        names += ["mapping_id", "sold", *self._amounts(use)]
        names += ["backorder"] * ("backorder" in use.kinds)
        names += [*self._share_columns(use), "target"]
        pairs = [SQL("%s, %s", name, SQL.identifier(name)) for name in names]
        if "risk" in use.kinds:
            pairs.append(SQL("'risk_kept', %s", RISK_KEPT))
        return SQL("jsonb_strip_nulls(jsonb_build_object(%s))", SQL(", ").join(pairs))


# What sells elsewhere while a number is on its way: kept back in stock units.
RISK_KEPT = SQL(
    "CASE WHEN risk > 0 AND elsewhere > 0 THEN channel_poisson_buffer("
    "elsewhere * latency / 86400, risk / 100) ELSE 0 END"
)


def _place_rows(places, pools):
    """Query of (node_id, channel_id, company_id, pool, warehouses)."""
    rows = [
        SQL(
            "(%s, %s, %s, %s, %s::int[])",
            node,
            channel,
            company,
            pools.index(tuple(warehouses)) + 1,
            warehouses,
        )
        for node, channel, company, warehouses in places
    ]
    # no node is no row, and VALUES cannot say that
    return SQL(
        "SELECT * FROM (VALUES %s) place (node_id, channel_id, company_id, pool, "
        "warehouses) WHERE node_id IS NOT NULL",
        SQL(", ").join(
            rows or [SQL("(NULL::int, NULL::int, NULL::int, 0, '{}'::int[])")]
        ),
    )


def _pool_columns(name, pools):
    return [f"{name}_{number}" for number in range(1, pools + 1)]


def _sums_by_pool(name, pools):
    """Columns: the sum of ``name`` over the warehouses of each pool."""
    return SQL(", ").join(
        SQL(
            "sum(%s) FILTER (WHERE warehouse_id IN %s) AS %s",
            SQL.identifier(name),
            pool,
            SQL.identifier(column),
        )
        for pool, column in zip(pools, _pool_columns(name, len(pools)), strict=True)
    ) or SQL("NULL AS %s", SQL.identifier(name))
