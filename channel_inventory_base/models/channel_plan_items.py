# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL

from .channel_position import NEXT_MOVE, STORED_MOVES, Moves

# Moves that the statement has read already.
READ_MOVES = Moves(
    opened=SQL.identifier("opened"),
    following=SQL.identifier("following"),
    # OFFSET 0: few lead anywhere, so that is asked before all else
    leading=SQL(
        "(SELECT * FROM opened WHERE id IN (SELECT move_orig_id FROM following) "
        "OFFSET 0)"
    ),
)


class ChannelPlanItems(models.AbstractModel):
    """The first steps of the plan statement: ``place``, ``item`` and ``supply``, the
    stock of each product in the warehouses of each node."""

    _name = "channel.plan.items"
    _description = "Plan Statement: Items"

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
                   AND node.fulfilled_by_channel IS NOT TRUE
                 GROUP BY node.id ORDER BY node.id
                """
            )
        )

    def _item_ctes(self, use, scope):
        """Pools are read first: what each has of a product is a sum of its own, which
        costs far less than a row of its own for each product in each pool.

        ``supply`` adds up all that is known of a product, its sort and its sales rates
        as well: PostgreSQL knows then that it has a row a product, and it costs less
        than to join them.
        """
        return SQL(
            """
            place AS MATERIALIZED (%(places)s),
            %(tagged)s
            item AS MATERIALIZED (
                SELECT product.id AS product_id, product.product_tmpl_id,
                       COALESCE(template.categ_id, 0) AS categ_id,
                       %(sort)s AS sort_id %(tagset)s
                  FROM product_product product
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
                  %(tags)s
                 WHERE product.id %(products)s
            ),
            supply AS (
                SELECT product_id, max(sort_id) AS sort_id %(sums)s
                  FROM (%(facts)s) fact GROUP BY product_id
            )
            """,
            places=_place_rows(use.places, use.pools),
            sort=self._sort_expression(use),
            **self._tag_parts(use, scope),
            facts=SQL(" UNION ALL ").join(self._supply_facts(use, scope.products)),
            sums=SQL("").join(
                SQL(", %s AS %s", expression, SQL.identifier(name))
                for name, expression in self._supply_columns(use).items()
            ),
            products=scope.products,
        )

    def _tag_parts(self, use, scope):
        """The additions to ``item`` if rules use tags."""
        if "tag_id" not in use.named:
            return dict.fromkeys(("tagged", "tagset", "tags"), SQL(""))
        return {
            "tagged": SQL(
                "tagged AS MATERIALIZED (%s),", self._tags_query(scope.products)
            ),
            "tagset": SQL(", COALESCE(tagged.tagset, 0) AS tagset"),
            "tags": SQL("LEFT JOIN tagged ON tagged.product_id = product.id"),
        }

    def _supply_facts(self, use, products):
        """Queries of (product_id, warehouse_id, available, inbound, sort_id,
        company_id, per_day): rows say one thing each, the rest is empty."""
        facts = [
            SQL(
                "SELECT product_id, warehouse_id, available, inbound, "
                "NULL::bigint AS sort_id, NULL::integer AS company_id, "
                "NULL::float8 AS per_day FROM (%s) flow",
                flow,
            )
            for flow in self._flow_queries(products)
        ]
        facts.append(
            SQL("SELECT product_id, NULL, NULL, NULL, sort_id, NULL, NULL FROM item")
        )
        if use.needs_rates:
            facts.append(
                SQL(
                    "SELECT product_id, NULL, NULL, NULL, NULL, company_id, "
                    "per_day::float8 FROM channel_sales_rate "
                    "WHERE channel_id IS NULL AND product_id %s",
                    products,
                )
            )
        return facts

    def _supply_columns(self, use):
        """Column -> aggregate: what is in each pool, and what only some rules look at.

        Warehouses that serve the same pools are added up together (``use.blocks``), so
        that each fact counts in one sum; PostgreSQL computes equal ones once.
        """
        columns = {}
        for name in ["available"] + ["inbound"] * ("backorder" in use.kinds):
            for number, column in enumerate(pool_columns(name, len(use.pools))):
                columns[column] = SQL(" + ").join(
                    SQL(
                        "COALESCE(sum(%s) FILTER (WHERE warehouse_id %s), 0)",
                        SQL.identifier(name),
                        SQL("= %s", *block) if len(block) == 1 else SQL("IN %s", block),
                    )
                    for pools, block in use.blocks.items()
                    if number in pools
                )
        if use.needs_rates:
            rates = numbered("rate", use.companies)
            for company, column in zip(use.companies, rates, strict=True):
                columns[column] = SQL(
                    "sum(per_day) FILTER (WHERE company_id = %s)", company
                )
        return columns

    def _flow_queries(self, products):
        """Queries of (product_id, warehouse_id, available, inbound): any number of rows
        a position, which is their sum. Addons add what is made of other products.

        The facts of ``channel.position``, with the sign that they count with.

        :param products: condition on a product id
        """
        return [
            self._quant_flow(products),
            *(
                SQL(
                    """
                    SELECT product_id, warehouse_id,
                           CASE WHEN kind = 'on_hand' THEN quantity
                                WHEN kind IN ('allocated', 'held', 'doubted')
                                THEN -quantity END::float8 AS available,
                           CASE WHEN kind = 'in_transit' THEN quantity
                                WHEN kind = 'dedicated'
                                THEN -quantity END::float8 AS inbound
                      FROM (%(fact)s OFFSET 0) counted
                    """,
                    fact=fact,
                )
                for fact in self._position_facts(products)
            ),
        ]

    def _quant_flow(self, products):
        """Of quants, which are most of the facts: without telling each its kind first,
        to be asked for it."""
        positions = self.env["channel.position"]
        counts = SQL(" AND ").join(
            SQL("%s IS NOT TRUE", condition)
            for _kind, condition in positions._quant_exceptions()
        )
        return SQL(
            "SELECT * FROM (%s) flow WHERE product_id %s",
            positions._quant_rows(
                SQL(
                    """
                    CASE WHEN warehouse.is_on_hand AND %(counts)s
                         THEN quant.quantity::float8 END AS available,
                    CASE WHEN warehouse.is_in_transit AND %(counts)s
                         THEN quant.quantity::float8 END AS inbound
                    """,
                    counts=counts,
                )
            ),
            products,
        )

    def _position_facts(self, products):
        """The facts of ``channel.position`` but quants. Open moves are read once for
        all that look at them; a view cannot do that, for a condition would not reach
        their index."""
        positions = self.env["channel.position"]
        stated = positions._stated_facts()
        if self.env["channel.external.stock"]._tells_foreign():
            # to plan them takes longer than all others
            stated += positions._foreign_facts(STORED_MOVES)
        return [
            *(
                SQL("SELECT * FROM (%s) fact WHERE product_id %s", fact, products)
                for fact in stated
            ),
            SQL(
                """
                WITH opened AS MATERIALIZED (
                    SELECT %(columns)s
                      FROM %(opened)s move WHERE product_id %(products)s
                ),
                following AS MATERIALIZED (
                    SELECT link.move_orig_id, next.*
                      FROM opened
                      JOIN stock_move_move_rel link ON link.move_orig_id = opened.id
                     CROSS JOIN LATERAL (%(next)s) next
                )
                SELECT * FROM (%(facts)s) fact
                """,
                columns=SQL(", ").join(map(SQL.identifier, positions._move_columns())),
                opened=STORED_MOVES.opened,
                next=NEXT_MOVE,
                products=products,
                facts=SQL(" UNION ALL ").join(positions._move_facts(READ_MOVES)),
            ),
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
