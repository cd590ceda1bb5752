from odoo import models
from odoo.tools import SQL


class ChannelPlanner(models.AbstractModel):
    """Which rule of each kind counts on a level; how is said in ``channel.rule``."""

    _inherit = "channel.planner"

    def _rule_ctes(self):
        """CTE ``rule``: for each pair and kind, value and id of the rule that counts.

        Rules for products and listings are looked up by them; all others depend only
        on node and category, of which there are few.
        """
        return SQL(
            """
            place AS (
                SELECT DISTINCT pair.company_id, pair.channel_id, pair.node_id,
                       pair.categ_id, category.parent_path
                  FROM pair
                  LEFT JOIN product_category category ON category.id = pair.categ_id
            ),
            wide_match AS (
                SELECT DISTINCT ON (place.node_id, place.categ_id, rule.kind)
                       place.node_id, place.categ_id, rule.kind, rule.value, rule.id,
                       rule.specificity
                  FROM place
                  JOIN channel_rule rule ON rule.company_id = place.company_id
                  LEFT JOIN product_category scope ON scope.id = rule.categ_id
                 WHERE rule.active AND rule.listing_id IS NULL
                   AND rule.product_id IS NULL AND rule.product_tmpl_id IS NULL
                   AND COALESCE(rule.channel_id, place.channel_id) = place.channel_id
                   AND COALESCE(rule.node_id, place.node_id) = place.node_id
                   AND (scope.id IS NULL
                        OR starts_with(place.parent_path, scope.parent_path))
                 ORDER BY place.node_id, place.categ_id, rule.kind,
                          rule.specificity DESC, rule.sequence, rule.id
            ),
            narrow AS (
                SELECT rule.*, scope.parent_path AS scope_path
                  FROM channel_rule rule
                  LEFT JOIN product_category scope ON scope.id = rule.categ_id
                 WHERE rule.active AND (
                       rule.listing_id = ANY (ARRAY(SELECT listing_id FROM listed))
                    OR rule.product_id = ANY (ARRAY(SELECT product_id FROM pair))
                    OR rule.product_tmpl_id
                       = ANY (ARRAY(SELECT product_tmpl_id FROM pair)))
            ),
            narrow_match AS (
                SELECT DISTINCT ON (pair.listing_id, pair.node_id, narrow.kind)
                       pair.listing_id, pair.node_id, narrow.kind, narrow.value,
                       narrow.id
                  FROM pair
                  LEFT JOIN product_category category ON category.id = pair.categ_id
                  JOIN narrow ON narrow.company_id = pair.company_id
                 WHERE COALESCE(narrow.listing_id, pair.listing_id) = pair.listing_id
                   AND COALESCE(narrow.product_id, pair.product_id) = pair.product_id
                   AND COALESCE(narrow.product_tmpl_id, pair.product_tmpl_id)
                       = pair.product_tmpl_id
                   AND COALESCE(narrow.channel_id, pair.channel_id) = pair.channel_id
                   AND COALESCE(narrow.node_id, pair.node_id) = pair.node_id
                   AND (narrow.categ_id IS NULL
                        OR starts_with(category.parent_path, narrow.scope_path))
                 ORDER BY pair.listing_id, pair.node_id, narrow.kind,
                          narrow.specificity DESC, narrow.sequence, narrow.id
            ),
            wide_rule AS (
                SELECT node_id, categ_id, %(pivot)s
                  FROM wide_match AS match GROUP BY node_id, categ_id
            ),
            narrow_rule AS (
                SELECT listing_id, node_id, %(pivot)s
                  FROM narrow_match AS match GROUP BY listing_id, node_id
            ),
            rule AS (
                SELECT pair.listing_id, pair.node_id, %(merged)s
                  FROM pair
                  LEFT JOIN wide_rule ON wide_rule.node_id = pair.node_id
                                     AND wide_rule.categ_id = pair.categ_id
                  LEFT JOIN narrow_rule ON narrow_rule.listing_id = pair.listing_id
                                       AND narrow_rule.node_id = pair.node_id
            )
            """,
            pivot=self._pivot_columns(),
            merged=self._merged_columns(),
        )

    def _kinds(self):
        return [
            kind for kind, _label in self.env["channel.rule"]._fields["kind"].selection
        ]

    def _pivot_columns(self):
        return SQL(", ").join(
            SQL(
                "max(match.%s) FILTER (WHERE match.kind = %s) AS %s",
                SQL.identifier(column),
                kind,
                SQL.identifier(kind + suffix),
            )
            for kind in self._kinds()
            for column, suffix in (("value", ""), ("id", "_id"))
        )

    def _merged_columns(self):
        return SQL(", ").join(
            SQL(
                "COALESCE(narrow_rule.%(name)s, wide_rule.%(name)s) AS %(name)s",
                name=SQL.identifier(kind + suffix),
            )
            for kind in self._kinds()
            for suffix in ("", "_id")
        )
