from odoo import models
from odoo.tools import SQL


class ChannelPlanner(models.AbstractModel):
    """The first steps of the plan statement: ``place`` and ``item``, what there is of
    each product in the warehouses behind each node."""

    _inherit = "channel.planner"

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
        extras = self._item_extras(use, scope, len(pools))
        return SQL(
            """
            place AS MATERIALIZED (%(places)s),
            %(tagged)s
            supply AS (
                SELECT product_id, %(available)s, %(inbound)s
                  FROM (%(flow)s) flow GROUP BY product_id
            ),
            item AS MATERIALIZED (
                SELECT product.id AS product_id, product.product_tmpl_id,
                       COALESCE(template.categ_id, 0) AS categ_id,
                       %(sort)s AS sort_id
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
            tagged=self._tagged_cte(use, scope),
            sort=self._sort_expression(use),
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

    def _tagged_cte(self, use, scope):
        if "tag_id" not in use.named:
            return SQL("")
        return SQL("tagged AS MATERIALIZED (%s),", self._tags_query(scope.products))

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

    def _position_query(self, products, within):
        """Query of positions by (product_id, warehouse_id), for explanations and for
        rules of single warehouses. Addons add what is made of other products.

        :param products: condition on a product id
        :param within: a wider one, which can be asked before the statement runs
        """
        return SQL(
            "SELECT product_id, warehouse_id, on_hand, allocated, held, doubted, "
            "available FROM channel_position WHERE product_id %s",
            products,
        )

    def _item_extras(self, use, scope, pools):
        """Column -> (expression, join): what is in each pool, and what only some rules
        look at."""
        sums = ["available"] + ["inbound"] * ("backorder" in use.kinds)
        extras = {
            column: (SQL("supply.%s", SQL.identifier(column)), SQL(""))
            for name in sums
            for column in pool_columns(name, pools)
        }
        if "tag_id" in use.named:
            extras["tagset"] = (
                SQL("COALESCE(tagged.tagset, 0)"),
                SQL("LEFT JOIN tagged ON tagged.product_id = product.id"),
            )
        if use.needs_rates:
            columns = numbered("rate", use.companies)
            for company, column in zip(use.companies, columns, strict=True):
                rate = SQL.identifier(column)
                extras[column] = (
                    SQL("%s.per_day::float8", rate),
                    SQL(
                        "LEFT JOIN channel_sales_rate %(rate)s "
                        "ON %(rate)s.product_id = product.id "
                        "AND %(rate)s.company_id = %(company)s "
                        "AND %(rate)s.channel_id IS NULL",
                        rate=rate,
                        company=company,
                    ),
                )
        return extras


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


def numbered(name, values):
    return [f"{name}_{number}" for number, _value in enumerate(values, start=1)]


def pool_columns(name, pools):
    return numbered(name, range(pools))


def _sums_by_pool(name, pools):
    """Columns: the sum of ``name`` over the warehouses of each pool."""
    return SQL(", ").join(
        SQL(
            "sum(%(name)s) FILTER (WHERE %(name)s IS NOT NULL "
            "AND warehouse_id %(inside)s) AS %(column)s",
            name=SQL.identifier(name),
            column=SQL.identifier(column),
            inside=SQL("= %s", *pool) if len(pool) == 1 else SQL("IN %s", pool),
        )
        for pool, column in zip(pools, pool_columns(name, len(pools)), strict=True)
    ) or SQL("NULL AS %s", SQL.identifier(name))
