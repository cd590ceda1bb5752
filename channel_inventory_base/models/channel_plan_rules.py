# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import dataclass

from odoo import api, models
from odoo.tools import SQL

from .channel_rule_terms import KINDS

IN_EFFECT = SQL("(SELECT * FROM channel_rule_version WHERE in_effect)")
# The groups that exclusive rules name, as they are in effect, and their channels.
ALLOCATIONS = SQL(
    "(SELECT id, group_id, basis FROM channel_allocation_version "
    "WHERE state = 'active')"
)
MEMBERS = SQL.identifier("channel_allocation_version_member")
# A backorder rule that does not promise just whatever is on its way.
IS_DATED = SQL(
    "(version.kind = 'backorder' AND (version.horizon_days > 0 "
    "OR version.lead_days > 0 OR version.supplier_stock))"
)
# Scopes by which a rule names products; by tag it names many, so that is no lookup.
NAMING = ("listing_id", "product_id", "product_tmpl_id")


@dataclass(frozen=True)
class RuleUse:
    """The rules that the plan statement has to consider; it omits all others."""

    source: SQL  # query of the versions that count
    allocations: SQL = ALLOCATIONS  # query of (id, group_id, basis)
    members: SQL = MEMBERS  # query of (version_id, channel_id, weight)
    kinds: tuple = ()  # of rules on levels, in the order of their application
    named: tuple = ()  # scope fields by which rules name products, tags and listings
    warehouse: bool = False  # whether rules judge single warehouses
    exclusive: bool = False  # whether numbers are shared exclusively
    dated: bool = False  # whether backorders look at dates and at suppliers

    places: tuple = ()  # nodes, as ``_pools`` read them: once for the statement

    @property
    def pools(self):
        """The different sets of warehouses behind the nodes, in a fixed order."""
        return sorted({tuple(warehouses) for *_ids, warehouses in self.places})

    @property
    def blocks(self):
        """Numbers of pools -> the warehouses that are in exactly these pools."""
        pools_of = {}
        for number, pool in enumerate(self.pools):
            for warehouse in pool:
                pools_of[warehouse] = (*pools_of.get(warehouse, ()), number)
        blocks = {}
        for warehouse, pools in sorted(pools_of.items()):
            blocks[pools] = (*blocks.get(pools, ()), warehouse)
        return blocks

    @property
    def companies(self):
        return sorted({company for _node, _channel, company, _pool in self.places})

    @property
    def needs_rates(self):
        return bool({"cover", "risk"} & set(self.kinds))

    @property
    def narrow(self):
        return [scope for scope in NAMING if scope in self.named]


class ChannelPlanRules(models.AbstractModel):
    """Which rule of each kind counts; how is said in ``channel.rule``.

    Of rules that fit, the least ``key`` counts: an array of sequence, narrowness
    (negated), age, then the version and its value, which it carries along.

    A rule that names no product or listing depends only on node, category and tags, of
    which there are few combinations: products of one category with the same tags are of
    one sort, and for each sort at each node the rules are resolved once
    (``wide_rule``). A listing that rules name becomes a sort of its own
    (``narrow_rule``), so that all others find their rules by one look into one small
    table (``rule_set``).
    """

    _name = "channel.plan.rules"
    _description = "Plan Statement: Rules"

    # ----------------------------------------------------------------- use
    @api.model
    def _use(self, source=IN_EFFECT):
        """:return: RuleUse of the versions in ``source``"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT kind, bool_or(warehouse_id IS NULL),
                       bool_or(warehouse_id IS NOT NULL),
                       bool_or(listing_id IS NOT NULL), bool_or(product_id IS NOT NULL),
                       bool_or(product_tmpl_id IS NOT NULL),
                       bool_or(tag_id IS NOT NULL),
                       bool_or(%s)
                  FROM %s version GROUP BY kind
                """,
                IS_DATED,
                source,
            )
        )
        found = {kind: flags for kind, *flags in rows}
        return RuleUse(
            source=source,
            places=tuple(self._pools()),
            kinds=tuple(kind for kind, _label in KINDS if found.get(kind, [0])[0]),
            named=tuple(
                scope
                for place, scope in enumerate((*NAMING, "tag_id"), start=2)
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
    def _rule_ctes(self, use, scope):
        """CTEs ``wide_rule``, ``narrow_rule`` and ``judged``, as far as needed."""
        ctes = []
        if "tag_id" in use.named:
            ctes.append(SQL("tag_set AS (SELECT DISTINCT tagset, tags FROM tagged)"))
        if use.kinds or use.warehouse:
            ctes.append(self._spot_cte(use))
        if use.kinds:
            ctes.append(self._wide_ctes(use))
        if use.kinds and use.narrow:
            ctes.append(self._narrow_ctes(use, scope))
        if use.warehouse:
            ctes.append(self._judged_ctes(use, scope))
        if use.dated:
            ctes.append(self._dated_ctes(scope))
        return ctes

    def _spot_cte(self, use):
        """A row of ``spot`` is a sort of products at a node."""
        return SQL(
            """
            spot AS MATERIALIZED (
                SELECT place.company_id, place.channel_id, place.node_id, place.pool,
                       sort.sort_id, category.parent_path %(warehouses)s %(tags)s
                  FROM (SELECT DISTINCT sort_id, categ_id %(tagset)s FROM item) sort
                 CROSS JOIN place
                  LEFT JOIN product_category category ON category.id = sort.categ_id
                  %(tag_set)s
            )
            """,
            warehouses=SQL(", warehouses" if use.warehouse else ""),
            tags=SQL(", tags" if "tag_id" in use.named else ""),
            tagset=SQL(", tagset" if "tag_id" in use.named else ""),
            tag_set=self._tag_join(use, "sort"),
        )

    def _wide_ctes(self, use):
        return SQL(
            """
            wide AS (
                SELECT spot.node_id, spot.sort_id, version.kind, %(key)s AS key
                  FROM spot
                  JOIN version ON version.company_id = spot.company_id
                  LEFT JOIN product_category scope ON scope.id = version.categ_id
                 WHERE version.warehouse_id IS NULL AND %(fits)s AND %(tag_fits)s
            ),
            wide_rule AS MATERIALIZED (
                SELECT row_number() OVER () AS set_id, *
                  FROM spot LEFT JOIN (%(resolved)s) resolved USING (node_id, sort_id)
            )
            """,
            key=KEY,
            fits=WIDE_FITS,
            tag_fits=self._tag_condition(use),
            resolved=self._resolved(use.kinds, SQL("node_id, sort_id"), "wide"),
        )

    def _narrow_ctes(self, use, scope):
        """A row of ``narrow`` is a listing at a node that a rule names and fits. It is
        compared with the wide rules of the spot, which count alone at other nodes of
        its channel; ``rule_set`` has what counts then, and what counts for all others.
        """
        return SQL(
            """
            named AS MATERIALIZED (%(named)s),
            narrow AS MATERIALIZED (%(narrow)s),
            narrow_rule AS MATERIALIZED (
                SELECT -row_number() OVER () AS set_id, compared.* FROM (
                    SELECT named.listing_id, wide_rule.node_id, wide_rule.pool,
                           wide_rule.channel_id, wide_rule.company_id, %(least)s
                      FROM (SELECT DISTINCT listing_id, channel_id, sort_id
                              FROM narrow) named
                      LEFT JOIN wide_rule USING (channel_id, sort_id)
                      -- FULL and OFFSET 0: PostgreSQL can only hash that, and would
                      -- loop, for it guesses how many are named far too low
                      FULL JOIN (%(resolved)s) narrow_rule
                             ON narrow_rule.listing_id = named.listing_id
                            AND narrow_rule.node_id = wide_rule.node_id
                    OFFSET 0) compared
                 WHERE listing_id IS NOT NULL
            ),
            rule_set AS MATERIALIZED (
                SELECT set_id, sort_id, node_id, pool, channel_id, company_id,
                       %(columns)s FROM wide_rule
                UNION ALL
                SELECT set_id, -listing_id, node_id, pool, channel_id, company_id,
                       %(columns)s FROM narrow_rule
            )
            """,
            least=SQL(", ").join(
                SQL("%s AS %s", expression, SQL.identifier(name))
                for name, expression in self._least_columns(use).items()
            ),
            columns=SQL(", ").join(
                SQL.identifier(name) for name in self._least_columns(use)
            ),
            named=self._named_query(use, scope, SQL("version.warehouse_id IS NULL")),
            narrow=self._narrow_query(use, "named"),
            resolved=self._resolved(use.kinds, SQL("listing_id, node_id"), "narrow"),
        )

    def _narrow_query(self, use, named):
        """Rules that name listings, at the nodes where they fit, a row each.

        :param named: a CTE of ``_named_query``
        """
        return SQL(
            """
            SELECT listing.id AS listing_id, listing.channel_id, listing.product_id,
                   listing.company_id, place.node_id, item.sort_id,
                   version.warehouse_id, version.kind, %(key)s AS key %(warehouses)s
              FROM %(named)s listing
              JOIN version ON version.id = listing.version_id
              -- LEFT: there is one; so PostgreSQL knows it as well
              LEFT JOIN item ON item.product_id = listing.product_id
              LEFT JOIN spot place ON place.channel_id = listing.channel_id
                                  AND place.sort_id = item.sort_id
              LEFT JOIN product_category scope ON scope.id = version.categ_id
             WHERE %(fits)s AND %(tag_fits)s
            """,
            key=KEY,
            warehouses=SQL(", place.warehouses" if use.warehouse else ""),
            named=SQL.identifier(named),
            fits=FITS,
            tag_fits=self._tag_condition(use),
        )

    def _named_query(self, use, scope, condition):
        """Query of the listings that rules name, with the ``version_id`` of each.

        :param condition: on the versions
        """
        return SQL(" UNION ALL ").join(
            self._named_by_query(name, scope, condition) for name in use.narrow
        )

    def _named_by_query(self, name, scope, condition):
        """Listings that rules name by ``name``, and by nothing narrower."""
        return SQL(
            """
            SELECT version.id AS version_id, listing.id, listing.product_id,
                   listing.channel_id, listing.company_id
              FROM version %(joins)s
             WHERE %(condition)s AND %(narrower)s
               AND listing.product_id %(products)s
            """,
            joins=NAMED[name],
            condition=condition,
            narrower=SQL(" AND ").join(
                [
                    SQL("version.%s IS NOT NULL", SQL.identifier(name)),
                    *(
                        SQL("version.%s IS NULL", SQL.identifier(narrower))
                        for narrower in NAMING[: NAMING.index(name)]
                    ),
                ]
            ),
            products=scope.products,
        )

    def _tag_join(self, use, row):
        if "tag_id" not in use.named:
            return SQL("")
        return SQL(
            "LEFT JOIN tag_set ON tag_set.tagset = %s", SQL.identifier(row, "tagset")
        )

    def _tag_condition(self, use):
        if "tag_id" not in use.named:
            return SQL("true")
        return SQL("(version.tag_id IS NULL OR version.tag_id = ANY(tags))")

    def _sort_expression(self, use):
        """``sort_id`` of an item: a number for its category and its set of tags.
        Positive: the negative ones are of single listings."""
        categ = SQL("COALESCE(template.categ_id, 0)::bigint")
        if "tag_id" not in use.named:
            return categ
        return SQL("(%s << 32) + COALESCE(tagged.tagset, 0)", categ)

    def _tags_query(self, products):
        """The tags of each product and variant used by a rule, and ``tagset``: a number
        for each set of them."""
        return SQL(
            """
            SELECT product_id, tags, dense_rank() OVER (ORDER BY tags) AS tagset FROM (
                SELECT product_id, array_agg(DISTINCT tag_id ORDER BY tag_id) AS tags
                  FROM (
                    SELECT product.id AS product_id, tagged.product_tag_id AS tag_id
                      FROM product_tag_product_template_rel tagged
                      JOIN product_product product
                        ON product.product_tmpl_id = tagged.product_template_id
                    UNION ALL
                    SELECT product_product_id, product_tag_id
                      FROM product_tag_product_product_rel
                  ) tagged
                 WHERE product_id %(products)s AND tag_id IN (
                       SELECT tag_id FROM version WHERE tag_id IS NOT NULL)
                 GROUP BY product_id
            ) tagged
            """,
            products=products,
        )

    # ------------------------------------------------------------- columns
    def _pivot_columns(self, kinds):
        """For each kind the key that counts."""
        return SQL(", ").join(
            SQL(
                "min(key) FILTER (WHERE kind = %s) AS %s",
                kind,
                SQL.identifier(f"{kind}_key"),
            )
            for kind in kinds
        )

    def _resolved(self, kinds, columns, rows):
        """Query: the keys of ``rows`` by ``columns``, and what they carry along."""
        return SQL(
            "SELECT pivot.*, %(carried)s FROM ("
            "SELECT %(columns)s, %(pivot)s FROM %(rows)s GROUP BY %(columns)s) pivot",
            columns=columns,
            pivot=self._pivot_columns(kinds),
            rows=SQL.identifier(rows),
            carried=SQL(", ").join(
                SQL(
                    "%(key)s[5]::float8 AS %(value)s, "
                    "%(key)s[4]::integer AS %(version)s",
                    key=SQL.identifier(f"{kind}_key"),
                    value=SQL.identifier(kind),
                    version=SQL.identifier(f"{kind}_id"),
                )
                for kind in kinds
            ),
        )

    def _least_columns(self, use):
        """Column -> expression: value and version of the lesser of two rules. Values
        first: levels read no further."""
        return {
            kind + suffix: SQL(
                "CASE WHEN narrow_rule.%(key)s < wide_rule.%(key)s "
                "OR wide_rule.%(key)s IS NULL "
                "THEN narrow_rule.%(name)s ELSE wide_rule.%(name)s END",
                key=SQL.identifier(f"{kind}_key"),
                name=SQL.identifier(kind + suffix),
            )
            for suffix in ("", "_id")
            for kind in use.kinds
        }

    def _rules_table(self, use):
        """The table of rule sets: one row per sort of products and node."""
        return SQL.identifier("rule_set" if use.narrow else "wide_rule")

    def _rule_joins(self, use):
        """``place``: a node of ``listed``, and the rules there. LEFT: nearly each has
        one, which PostgreSQL knows then; it guesses the rows of an inner join too low,
        and would look up one by one what is many."""
        if not use.kinds:
            return [SQL("LEFT JOIN place ON place.channel_id = listed.channel_id")]
        return [
            SQL(
                "LEFT JOIN %s place ON place.channel_id = listed.channel_id "
                "AND place.sort_id = listed.sort_id",
                self._rules_table(use),
            )
        ]

    def _listed_sort(self, use):
        """``sort_id`` of a listing: of its item, or its own where rules name it."""
        if not use.kinds or not use.narrow:
            return SQL("supply.sort_id")
        return SQL(
            "CASE WHEN listing.id IN (SELECT listing_id FROM narrow_rule) "
            "THEN -listing.id ELSE supply.sort_id END"
        )


# The lower sequence, then the narrower scope, then the older rule.
KEY = SQL(
    "ARRAY[version.sequence, -version.specificity, version.rule_id, version.id, "
    "version.value]::numeric[]"
)

# Whether ``version``, which names no product or listing, is in scope at ``spot``, but
# for tags; ``scope`` is its category.
WIDE_FITS = SQL(
    """version.listing_id IS NULL AND version.product_id IS NULL
       AND version.product_tmpl_id IS NULL
       AND (version.channel_id IS NULL OR version.channel_id = spot.channel_id)
       AND (version.node_id IS NULL OR version.node_id = spot.node_id)
       AND (scope.id IS NULL OR starts_with(spot.parent_path, scope.parent_path))"""
)

# The same of one that may name them, on ``listing`` at the spot ``place``.
# No COALESCE: PostgreSQL has no statistics of it, and would loop over what is many.
FITS = SQL(
    """version.company_id = listing.company_id
       AND (version.listing_id IS NULL OR version.listing_id = listing.id)
       AND (version.product_id IS NULL OR version.product_id = listing.product_id)
       AND (version.product_tmpl_id IS NULL
            OR version.product_tmpl_id = item.product_tmpl_id)
       AND (version.channel_id IS NULL OR version.channel_id = listing.channel_id)
       AND (version.node_id IS NULL OR version.node_id = place.node_id)
       AND (scope.id IS NULL OR starts_with(place.parent_path, scope.parent_path))"""
)

# Joins from ``version`` to the ``listing`` that it names.
NAMED = {
    "listing_id": SQL(
        "JOIN channel_listing listing ON listing.id = version.listing_id"
    ),
    "product_id": SQL(
        "JOIN channel_listing listing ON listing.product_id = version.product_id "
        "AND listing.state = 'mapped'"
    ),
    "product_tmpl_id": SQL(
        "JOIN product_product variant "
        "ON variant.product_tmpl_id = version.product_tmpl_id "
        "JOIN channel_listing listing ON listing.product_id = variant.id "
        "AND listing.state = 'mapped'"
    ),
}
