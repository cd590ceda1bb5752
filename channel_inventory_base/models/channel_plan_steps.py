# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL

from .channel_plan_items import numbered, pool_columns

# What each step of a level hands on to the next.
LEVEL = ("listing_id", "node_id", "pool", "channel_id", "product_id", "factor")
LEVEL += ("available",)
# Rules on the number itself, in sold units.
LIMITS = ("threshold", "cap", "freeze")

# What sells elsewhere while a number is on its way: kept back in stock units.
RISK_KEPT = SQL(
    "CASE WHEN risk > 0 AND elsewhere > 0 THEN channel_poisson_buffer("
    "elsewhere * latency / 86400, risk / 100) ELSE 0 END"
)


class ChannelPlanSteps(models.AbstractModel):
    """The next steps of the plan statement, ``listed`` to ``shown``: from the stock to
    the quantity of each level."""

    _name = "channel.plan.steps"
    _description = "Plan Statement: Steps"

    def _step_ctes(self, use, scope):
        """From what is available to the number shown, but for exclusive allocation."""
        return SQL(
            """
            listed AS (
                -- a step of its own: PostgreSQL would join the nodes to the sums first
                SELECT listing.id, listing.channel_id, listing.stock_factor,
                       listing.product_id, %(sort)s AS sort_id %(supply)s
                  FROM (
                    -- by product: what each looks up lies beside the last one's
                    SELECT id, channel_id, product_id,
                           -- a sold unit of nothing: none is sold
                           CASE WHEN stopped THEN 0 ELSE stock_factor END
                               AS stock_factor
                      FROM channel_listing listing
                     WHERE state = 'mapped' AND active AND tracked
                       AND uncounted IS NOT TRUE AND %(listings)s
                     ORDER BY product_id, channel_id
                  ) listing
                  LEFT JOIN supply ON supply.product_id = listing.product_id
                OFFSET 0
            ),
            stepped AS (
                SELECT listed.id AS listing_id, place.node_id, place.pool,
                       listed.channel_id, listed.product_id,
                       -- most are single units, and a cast goes through text
                       CASE WHEN listed.stock_factor = 1 THEN 1
                            ELSE listed.stock_factor::float8 END AS factor,
                       %(available)s AS available
                       %(amounts)s
                  FROM listed
                  %(joins)s
                 -- in words that leave the join LEFT, and are taken to be true
                 WHERE (place.node_id IS NOT NULL) IS NOT FALSE
                OFFSET 0
            ),
            buffered AS (
                SELECT stepped.*, GREATEST(0, %(promised)s) AS promised FROM stepped
            ),
            packed AS (
                -- four digits absorb the rounding of unit conversions, not stock
                SELECT %(carried)s, %(limits)s CASE WHEN factor > 0
                       THEN LEAST(2000000000, floor(promised / factor + 0.00005))
                       ELSE 0 END AS sold
                  FROM buffered OFFSET 0
            ),
            shown AS (
                SELECT %(carried)s, sold, (%(shown)s)::integer AS number FROM packed
            )
            """,
            amounts=SQL("").join(
                SQL(", %s AS %s", expression, SQL.identifier(name))
                for name, expression in {
                    **self._rule_amounts(use),
                    **self._amounts(use),
                }.items()
            ),
            carried=SQL(", ").join(SQL.identifier(name) for name in self._carried(use)),
            limits=SQL("").join(
                SQL("%s, ", SQL.identifier(kind))
                for kind in LIMITS
                if kind in use.kinds
            ),
            joins=SQL(" ").join([*self._rule_joins(use), *self._amount_joins(use)]),
            listings=scope.listings,
            sort=self._listed_sort(use),
            supply=SQL("").join(
                SQL(", supply.%s", SQL.identifier(name))
                for name in self._supply_columns(use)
            ),
            available=self._in_pool(use, "available"),
            promised=self._promised_expression(use),
            shown=self._shown_expression(use),
        )

    def _carried(self, use):
        """The columns carried with a quantity: only those needed for writing, since
        most are not written. Only the division also needs the promised quantity."""
        return (*LEVEL, *["promised"] * use.exclusive, *self._amounts(use))

    def _rule_amounts(self, use):
        """Column -> expression: the value of the rule of each kind."""
        return {
            "backorder_limit" if kind == "backorder" else kind: SQL.identifier(
                "place", kind
            )
            for kind in use.kinds
        }

    def _amounts(self, use):
        """Column -> expression: what else the steps look at; it stays with the number,
        for its explanation."""
        amounts = {}
        if use.kinds:
            amounts["set_id"] = SQL("place.set_id")
        if use.exclusive:
            amounts["exclusive_id"] = SQL("place.exclusive_id")
        if "backorder" in use.kinds:
            amounts["inbound"] = self._inbound_expression(use)
        if use.warehouse:
            amounts["judged"] = SQL("COALESCE(judged.kept, 0)::float8")
            amounts["judged_by"] = SQL("judged.rules")
        if use.needs_rates:
            amounts["rate"] = self._rate_expression(use)
        if "risk" in use.kinds:
            amounts["elsewhere"] = SQL(
                "GREATEST(0, %s - COALESCE(own_rate.per_day, 0)::float8)",
                self._rate_expression(use),
            )
            amounts["latency"] = SQL("channel.publish_latency::float8")
        return amounts

    def _rate_expression(self, use):
        """The daily sales of the company of ``place``."""
        return _chosen(
            SQL("place.company_id"), use.companies, numbered("rate", use.companies)
        )

    def _in_pool(self, use, name):
        """The column of ``supply`` for the pool of ``place``."""
        columns = pool_columns(name, len(use.pools))
        return _chosen(SQL("place.pool"), range(1, len(columns) + 1), columns)

    def _inbound_expression(self, use):
        """The inbound quantity; for a rule with a horizon, the part due in time."""
        inbound = self._in_pool(use, "inbound")
        if not use.dated:
            return inbound
        return SQL(
            "CASE WHEN dated_version.id IS NULL THEN %s "
            "ELSE COALESCE(dated.quantity, 0) END",
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
        joins = []
        if use.dated:
            joins.append(
                SQL(
                    "LEFT JOIN dated_version ON dated_version.id = place.backorder_id "
                    "LEFT JOIN dated ON dated.term_id = dated_version.term_id "
                    "AND dated.product_id = listed.product_id "
                    "AND dated.pool = place.pool"
                )
            )
        if use.warehouse:
            joins.append(
                SQL(
                    "LEFT JOIN judged ON judged.listing_id = listed.id "
                    "AND judged.node_id = place.node_id"
                )
            )
        if "risk" in use.kinds:
            joins += [
                SQL(
                    "LEFT JOIN channel_sales_rate own_rate "
                    "ON own_rate.product_id = listed.product_id "
                    "AND own_rate.channel_id = listed.channel_id"
                ),
                SQL("JOIN channel_channel channel ON channel.id = listed.channel_id"),
            ]
        return joins

    def _pool_expression(self, use):
        """The sellable quantity before buffers. Stock units."""
        parts = [SQL("available")]
        if use.warehouse:
            parts.append(SQL("- judged"))
        if "backorder" in use.kinds:
            parts.append(SQL("+ %s", self._backorder_expression(use)))
        return SQL(" ").join(parts)

    def _promised_expression(self, use):
        """The quantity after buffers, each applied to the remainder of the previous
        one. Stock units."""
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


def _chosen(key, values, columns):
    """The column of ``supply`` that belongs to the value of ``key``; 0 for none."""
    chosen = [SQL("listed.%s", SQL.identifier(column)) for column in columns]
    if not chosen:
        return SQL("0::float8")
    if len(chosen) == 1:
        return SQL("COALESCE(%s, 0)", chosen[0])
    return SQL(
        "COALESCE(CASE %s %s END, 0)",
        key,
        SQL(" ").join(
            SQL("WHEN %s THEN %s", value, column)
            for value, column in zip(values, chosen, strict=True)
        ),
    )
