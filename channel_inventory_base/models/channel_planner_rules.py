from dataclasses import dataclass

from odoo import api, models
from odoo.tools import SQL

from .channel_rule_terms import KINDS, WAREHOUSE_KINDS

IN_EFFECT = SQL("(SELECT * FROM channel_rule_version WHERE in_effect)")
# Scopes by which a rule names its products, each narrower than the ones after it.
NAMING = ("listing_id", "product_id", "product_tmpl_id", "tag_id")


@dataclass(frozen=True)
class RuleUse:
    """Of which rules the plan statement must think; it leaves all others out."""

    source: SQL  # query of the versions that count
    kinds: tuple = ()  # of rules on levels, in the order of their application
    named: tuple = ()  # scope fields by which rules name products and listings
    warehouse: bool = False  # whether rules judge single warehouses
    exclusive: bool = False  # whether numbers are shared exclusively
    dated: bool = False  # whether backorders look at dates and at suppliers

    @property
    def needs_rates(self):
        return bool({"cover", "risk"} & set(self.kinds))


class ChannelPlanner(models.AbstractModel):
    """Which rule of each kind counts; how is said in ``channel.rule``."""

    _inherit = "channel.planner"

    # ----------------------------------------------------------------- use
    @api.model
    def _use(self, source=IN_EFFECT):
        """:return: RuleUse of the versions in ``source``"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT kind, bool_or(warehouse_id IS NULL),
                       bool_or(warehouse_id IS NOT NULL), bool_or(listing_id IS NOT NULL),
                       bool_or(product_id IS NOT NULL),
                       bool_or(product_tmpl_id IS NOT NULL), bool_or(tag_id IS NOT NULL),
                       bool_or(horizon_days > 0 OR lead_days > 0 OR supplier_stock)
                  FROM %s version GROUP BY kind
                """,
                source,
            )
        )
        found = {kind: flags for kind, *flags in rows}
        return RuleUse(
            source=source,
            kinds=tuple(kind for kind, _label in KINDS if found.get(kind, [0])[0]),
            named=tuple(
                scope
                for place, scope in enumerate(NAMING, start=2)
                if any(flags[place] for flags in found.values())
            ),
            warehouse=any(flags[1] for flags in found.values()),
            exclusive="exclusive" in found,
            dated=any(flags[6] for flags in found.values()),
        )

    def _is_exclusive(self):
        [[exclusive]] = self.env.execute_query(
            SQL(
                "SELECT EXISTS (SELECT FROM channel_rule_version "
                "WHERE in_effect AND kind = 'exclusive')"
            )
        )
        return exclusive

    # ---------------------------------------------------------- resolution
    def _rule_ctes(self, use):
        """CTE ``rule``: for each pair, value and id of each kind's rule; and CTE
        ``judged``: what rules for single warehouses keep back from it."""
        ctes = [SQL("version AS NOT MATERIALIZED %s", use.source)]
        if use.kinds:
            ctes.append(self._wide_ctes(use.kinds))
            if use.named:
                ctes.append(self._narrow_ctes(use))
            ctes.append(self._rule_cte(use))
        if use.warehouse:
            ctes.append(self._judged_ctes())
        return SQL(", ").join(ctes)

    def _wide_ctes(self, kinds):
        """A rule that names no product, tag or listing depends only on node and
        category, of which there are few: ``wide``, and ``wide_rule`` a row a spot."""
        return SQL(
            """
            spot AS (
                SELECT DISTINCT company_id, channel_id, node_id, categ_id FROM pair
            ),
            wide AS (
                SELECT spot.node_id, spot.categ_id, %(columns)s
                  FROM spot
                  LEFT JOIN product_category category ON category.id = spot.categ_id
                  JOIN version ON version.company_id = spot.company_id
                  LEFT JOIN product_category scope ON scope.id = version.categ_id
                 WHERE version.warehouse_id IS NULL AND version.listing_id IS NULL
                   AND version.product_id IS NULL AND version.product_tmpl_id IS NULL
                   AND version.tag_id IS NULL
                   AND COALESCE(version.channel_id, spot.channel_id) = spot.channel_id
                   AND COALESCE(version.node_id, spot.node_id) = spot.node_id
                   AND (scope.id IS NULL
                        OR starts_with(category.parent_path, scope.parent_path))
            ),
            wide_rule AS (
                SELECT node_id, categ_id, %(pivot)s FROM (
                    SELECT DISTINCT ON (node_id, categ_id, kind) *
                      FROM wide ORDER BY node_id, categ_id, kind, %(order)s
                ) match GROUP BY node_id, categ_id
            )
            """,
            columns=_COLUMNS,
            order=_ORDER,
            pivot=self._pivot_columns(kinds),
        )

    def _narrow_ctes(self, use):
        """Rules that name products are looked up by what they name: ``narrow``. Whom
        one fits has all kinds ranked anew in ``narrow_rule``, since a wide rule of
        lower sequence may still count."""
        return SQL(
            """
            narrow AS (
                SELECT pair.listing_id, pair.node_id, pair.categ_id, %(columns)s
                  FROM (%(named)s) pair
                  JOIN version ON version.id = pair.version_id
                  LEFT JOIN product_category category ON category.id = pair.categ_id
                  LEFT JOIN product_category scope ON scope.id = version.categ_id
                 WHERE version.warehouse_id IS NULL AND %(fits)s
            ),
            narrow_rule AS (
                SELECT listing_id, node_id, %(pivot)s FROM (
                    SELECT DISTINCT ON (listing_id, node_id, kind) * FROM (
                        SELECT * FROM narrow
                        UNION ALL
                        SELECT touched.listing_id, wide.*
                          FROM (SELECT DISTINCT listing_id, node_id, categ_id
                                  FROM narrow) touched
                          JOIN wide USING (node_id, categ_id)
                    ) candidate ORDER BY listing_id, node_id, kind, %(order)s
                ) match GROUP BY listing_id, node_id
            )
            """,
            columns=_COLUMNS,
            named=SQL(" UNION ALL ").join(
                query for scope in use.named for query in self._named_queries(scope)
            ),
            fits=_FITS,
            order=_ORDER,
            pivot=self._pivot_columns(use.kinds),
        )

    def _named_queries(self, scope):
        """Rows of ``pair`` with the id of each version that names them by ``scope``
        and by nothing narrower."""
        narrower = [
            SQL("version.%s IS NULL", SQL.identifier(name))
            for name in NAMING[: NAMING.index(scope)]
        ]
        condition = SQL(" AND ").join([SQL("true"), *narrower])
        if scope != "tag_id":
            return [
                SQL(
                    "SELECT pair.*, version.id AS version_id FROM pair "
                    "JOIN version ON version.%(scope)s = pair.%(scope)s "
                    "WHERE %(condition)s",
                    scope=SQL.identifier(scope),
                    condition=condition,
                )
            ]
        return [
            SQL(
                "SELECT pair.*, version.id AS version_id FROM pair JOIN %s ON %s "
                "JOIN version ON version.tag_id = tagged.product_tag_id WHERE %s",
                tagged,
                joined,
                condition,
            )
            for tagged, joined in TAGGED
        ]

    def _rule_cte(self, use):
        merged = SQL(", ").join(
            SQL(
                "COALESCE(narrow_rule.%(name)s, wide_rule.%(name)s) AS %(name)s"
                if use.named
                else "wide_rule.%(name)s",
                name=SQL.identifier(kind + suffix),
            )
            for kind in use.kinds
            for suffix in ("", "_id")
        )
        narrow = SQL(
            "LEFT JOIN narrow_rule ON narrow_rule.listing_id = pair.listing_id "
            "AND narrow_rule.node_id = pair.node_id"
        )
        return SQL(
            """
            rule AS (
                SELECT pair.listing_id, pair.node_id, %s
                  FROM pair
                  LEFT JOIN wide_rule ON wide_rule.node_id = pair.node_id
                                     AND wide_rule.categ_id = pair.categ_id
                  %s
            )
            """,
            merged,
            narrow if use.named else SQL(""),
        )

    # ---------------------------------------------------- single warehouses
    def _judged_ctes(self):
        """``judged``: for each pair, what is kept back by rules for single warehouses,
        in stock units, and which versions did it.

        Of what a warehouse has, buffers are taken off; at or below the threshold it
        contributes nothing, and never more than the cap. A shortage stays a shortage.
        """
        return SQL(
            """
            place_rule AS (
                SELECT DISTINCT ON (pair.listing_id, pair.node_id,
                                    version.warehouse_id, version.kind)
                       pair.listing_id, pair.node_id, pair.product_id, pair.company_id,
                       version.warehouse_id, version.kind, version.value, version.id
                  FROM version
                  JOIN place ON version.warehouse_id = ANY(place.warehouses)
                  JOIN pair ON pair.node_id = place.node_id
                           AND pair.company_id = version.company_id
                  LEFT JOIN product_category category ON category.id = pair.categ_id
                  LEFT JOIN product_category scope ON scope.id = version.categ_id
                 WHERE %(fits)s
                   AND (version.tag_id IS NULL OR EXISTS (%(tagged)s))
                 ORDER BY pair.listing_id, pair.node_id, version.warehouse_id,
                          version.kind, version.sequence, version.specificity DESC,
                          version.id
            ),
            judgement AS (
                SELECT listing_id, node_id, product_id, company_id, warehouse_id,
                       array_agg(id ORDER BY id) AS rules, %(pivot)s
                  FROM place_rule AS match
                 GROUP BY listing_id, node_id, product_id, company_id, warehouse_id
            ),
            contribution AS (
                SELECT judgement.*, source.available,
                       (source.available - COALESCE(fixed, 0))
                       * (100 - COALESCE(percent, 0)) / 100
                       - COALESCE(cover, 0) * COALESCE(rate.per_day, 0) AS left_over
                  FROM judgement
                  JOIN source ON source.product_id = judgement.product_id
                             AND source.warehouse_id = judgement.warehouse_id
                  LEFT JOIN channel_sales_rate rate
                         ON rate.product_id = judgement.product_id
                        AND rate.company_id = judgement.company_id
                        AND rate.channel_id IS NULL
                 WHERE source.available > 0
            ),
            judged AS (
                SELECT listing_id, node_id,
                       sum(available - GREATEST(0, CASE
                           WHEN left_over <= COALESCE(threshold, 0) THEN 0
                           WHEN cap > 0 THEN LEAST(left_over, cap)
                           ELSE left_over END)) AS kept,
                       jsonb_agg(jsonb_build_object(
                           'warehouse', warehouse_id, 'available', available,
                           'rules', rules)) AS rules
                  FROM contribution GROUP BY listing_id, node_id
            )
            """,
            fits=_FITS,
            tagged=SQL(" UNION ALL ").join(
                SQL(
                    "SELECT FROM %s WHERE %s AND tagged.product_tag_id = version.tag_id",
                    tagged,
                    joined,
                )
                for tagged, joined in TAGGED
            ),
            pivot=self._pivot_columns(WAREHOUSE_KINDS),
        )

    # ------------------------------------------------------------- columns
    def _pivot_columns(self, kinds):
        return SQL(", ").join(
            SQL(
                "max(match.%s) FILTER (WHERE match.kind = %s) AS %s",
                SQL.identifier(column),
                kind,
                SQL.identifier(kind + suffix),
            )
            for kind in kinds
            for column, suffix in (("value", ""), ("id", "_id"))
        )


_COLUMNS = SQL(
    "version.kind, version.value, version.id, version.sequence, version.specificity, "
    "version.rule_id"
)
# The lower sequence, then the narrower scope, then the older rule.
_ORDER = SQL("sequence, specificity DESC, rule_id")

# Whether ``version`` is in scope on ``pair``, but for its tag.
_FITS = SQL(
    """(version.company_id = pair.company_id
        AND COALESCE(version.listing_id, pair.listing_id) = pair.listing_id
        AND COALESCE(version.product_id, pair.product_id) = pair.product_id
        AND COALESCE(version.product_tmpl_id, pair.product_tmpl_id)
            = pair.product_tmpl_id
        AND COALESCE(version.channel_id, pair.channel_id) = pair.channel_id
        AND COALESCE(version.node_id, pair.node_id) = pair.node_id
        AND (version.categ_id IS NULL
             OR starts_with(category.parent_path, scope.parent_path)))"""
)

# The tags of a product and of its variants: table, and how it joins to ``pair``.
TAGGED = (
    (
        SQL("product_tag_product_template_rel tagged"),
        SQL("tagged.product_template_id = pair.product_tmpl_id"),
    ),
    (
        SQL("product_tag_product_product_rel tagged"),
        SQL("tagged.product_product_id = pair.product_id"),
    ),
)
