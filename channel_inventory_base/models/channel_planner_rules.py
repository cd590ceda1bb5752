from dataclasses import dataclass

from odoo import api, models
from odoo.tools import SQL

from .channel_rule_terms import KINDS, WAREHOUSE_KINDS

IN_EFFECT = SQL("(SELECT * FROM channel_rule_version WHERE in_effect)")
# A backorder rule that does not promise just whatever is on its way.
IS_DATED = SQL(
    "(version.kind = 'backorder' AND (version.horizon_days > 0 "
    "OR version.lead_days > 0 OR version.supplier_stock))"
)
# Scopes by which a rule names products; by tag it names many, so that is no lookup.
NAMING = ("listing_id", "product_id", "product_tmpl_id")


@dataclass(frozen=True)
class RuleUse:
    """Of which rules the plan statement must think; it leaves all others out."""

    source: SQL  # query of the versions that count
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
    def companies(self):
        return sorted({company for _node, _channel, company, _pool in self.places})

    @property
    def needs_rates(self):
        return bool({"cover", "risk"} & set(self.kinds))

    @property
    def narrow(self):
        return [scope for scope in NAMING if scope in self.named]


class ChannelPlanner(models.AbstractModel):
    """Which rule of each kind counts; how is said in ``channel.rule``.

    Of rules that fit, the least ``key`` counts: an array of sequence, narrowness
    (negated), age, then the version and its value, which it carries along.

    A rule that names no product or listing depends only on node, category and tags, of
    which there are few combinations: these are resolved once each (``wide_rule``).
    Rules that name something are looked up by it (``narrow_rule``), and compared.
    """

    _inherit = "channel.planner"

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
        if use.kinds:
            ctes.append(self._wide_ctes(use))
        if use.kinds and use.narrow:
            ctes.append(self._narrow_ctes(use, scope))
        if use.warehouse:
            ctes.append(self._judged_ctes(use, scope))
        if use.dated:
            ctes.append(self._dated_cte(scope))
        return ctes

    def _dated_cte(self, scope):
        """``dated``: what each dated backorder rule may promise of a product in a pool:
        what is due soon enough, and what suppliers have who deliver soon enough."""
        return SQL(
            """
            dated AS MATERIALIZED (
                SELECT version_id, pool, product_id, sum(quantity)::float8 AS quantity
                  FROM (
                    SELECT version.id AS version_id, served.pool, inbound.product_id,
                           inbound.quantity
                      FROM version
                      JOIN (SELECT DISTINCT pool, company_id,
                                   unnest(warehouses) AS warehouse_id
                              FROM place) served USING (company_id)
                      JOIN channel_inbound inbound
                        ON inbound.warehouse_id = served.warehouse_id
                     WHERE %(is_dated)s AND inbound.product_id %(products)s
                       AND (COALESCE(version.horizon_days, 0) = 0
                            OR inbound.due_date + COALESCE(version.lead_days, 0)
                               <= (now() AT TIME ZONE 'UTC')::date
                                  + version.horizon_days)
                    UNION ALL
                    SELECT version.id, served.pool, supplier.product_id,
                           supplier.quantity
                      FROM version
                      JOIN (SELECT DISTINCT pool, company_id FROM place) served
                     USING (company_id)
                      JOIN channel_supplier_stock supplier USING (company_id)
                     WHERE version.kind = 'backorder' AND version.supplier_stock
                       AND supplier.product_id %(products)s
                       AND (COALESCE(version.horizon_days, 0) = 0
                            OR supplier.lead_days + COALESCE(version.lead_days, 0)
                               <= version.horizon_days)
                  ) promise
                 GROUP BY version_id, pool, product_id
            )
            """,
            is_dated=IS_DATED,
            products=scope.products,
        )

    def _wide_ctes(self, use):
        tags = SQL(", tags, tagset" if "tag_id" in use.named else "")
        return SQL(
            """
            spot AS MATERIALIZED (
                SELECT place.company_id, place.channel_id, place.node_id, place.pool,
                       kind.categ_id, category.parent_path %(tags)s
                  FROM (SELECT DISTINCT categ_id %(tags)s FROM item) kind
                 CROSS JOIN place
                  LEFT JOIN product_category category ON category.id = kind.categ_id
            ),
            wide AS (
                SELECT spot.node_id, spot.categ_id %(tagset)s, version.kind,
                       %(key)s AS key
                  FROM spot
                  JOIN version ON version.company_id = spot.company_id
                  LEFT JOIN product_category scope ON scope.id = version.categ_id
                 WHERE version.warehouse_id IS NULL AND version.listing_id IS NULL
                   AND version.product_id IS NULL AND version.product_tmpl_id IS NULL
                   AND COALESCE(version.channel_id, spot.channel_id) = spot.channel_id
                   AND COALESCE(version.node_id, spot.node_id) = spot.node_id
                   AND (scope.id IS NULL
                        OR starts_with(spot.parent_path, scope.parent_path))
                   AND %(tag_fits)s
            ),
            wide_rule AS MATERIALIZED (
                SELECT row_number() OVER () AS set_id, *
                  FROM spot LEFT JOIN (%(resolved)s) resolved
                 USING (node_id, categ_id %(tagset)s)
            )
            """,
            tags=tags,
            tagset=self._tagset(use),
            key=_KEY,
            tag_fits=self._tag_condition(use, "spot"),
            resolved=self._resolved(
                use.kinds, SQL("node_id, categ_id %s", self._tagset(use)), "wide"
            ),
        )

    def _narrow_ctes(self, use, scope):
        """A row of ``narrow`` is a listing at a node that a rule names and fits. Where
        there is one, it is compared with the wide rules of the spot; ``rule_set`` has
        what counts then, and what counts everywhere else."""
        tagset = self._tagset(use)
        return SQL(
            """
            narrow AS (%(named)s),
            narrow_rule AS MATERIALIZED (
                SELECT -row_number() OVER () AS set_id, narrow_rule.listing_id,
                       narrow_rule.node_id, %(least)s
                  FROM (%(resolved)s) narrow_rule
                  LEFT JOIN wide_rule USING (node_id, categ_id %(tagset)s)
            ),
            rule_set AS MATERIALIZED (
                SELECT set_id, %(columns)s FROM wide_rule
                UNION ALL
                SELECT set_id, %(columns)s FROM narrow_rule
            )
            """,
            tagset=tagset,
            least=SQL(", ").join(
                SQL("%s AS %s", expression, SQL.identifier(name))
                for name, expression in self._least_columns(use).items()
            ),
            columns=SQL(", ").join(
                SQL.identifier(name) for name in self._least_columns(use)
            ),
            named=SQL(" UNION ALL ").join(
                SQL(
                    """
                    SELECT listing.id AS listing_id, place.node_id, item.categ_id
                           %(tagset)s, version.kind, %(key)s AS key
                      FROM version
                      %(listings)s
                      %(item)s
                     WHERE version.warehouse_id IS NULL AND %(fits)s
                    """,
                    tagset=tagset,
                    key=_KEY,
                    listings=_listings_named_by(named),
                    item=_ITEM,
                    fits=self._fits(use, scope, named),
                )
                for named in use.narrow
            ),
            resolved=self._resolved(
                use.kinds, SQL("listing_id, node_id, categ_id %s", tagset), "narrow"
            ),
        )

    def _fits(self, use, scope, named):
        """Whether ``version`` fits ``listing``, and names it by nothing narrower."""
        narrower = [
            SQL("version.%s IS NULL", SQL.identifier(name))
            for name in NAMING[: NAMING.index(named)]
        ]
        return SQL(" AND ").join(
            [
                *narrower,
                SQL("listing.product_id %s", scope.products),
                self._tag_condition(use, "item"),
                _FITS,
            ]
        )

    def _tag_condition(self, use, row):
        if "tag_id" not in use.named:
            return SQL("true")
        return SQL(
            "(version.tag_id IS NULL OR version.tag_id = ANY(%s))",
            SQL.identifier(row, "tags"),
        )

    def _tagset(self, use):
        """The column by which products with the same tags are told, where it counts."""
        return SQL(", tagset" if "tag_id" in use.named else "")

    def _tags_query(self, products):
        """Those tags of each product and variant that a rule names, and ``tagset``:
        a number for each set of them."""
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

    def _rule_column(self, use, name):
        """A column of the set of rules that counts for a level."""
        return SQL.identifier("rule_set" if use.narrow else "place", name)

    def _rule_joins(self, use):
        """``place``: a node of ``listed``, and the wide rules there."""
        if not use.kinds:
            return [SQL("JOIN place ON place.channel_id = listed.channel_id")]
        joins = [
            SQL(
                "JOIN wide_rule place ON place.channel_id = listed.channel_id "
                "AND place.categ_id = listed.categ_id %s",
                SQL(
                    "AND place.tagset = listed.tagset" if "tag_id" in use.named else ""
                ),
            )
        ]
        if use.narrow:
            joins.append(
                SQL(
                    "LEFT JOIN narrow_rule ON narrow_rule.listing_id = listed.id "
                    "AND narrow_rule.node_id = place.node_id "
                    "JOIN rule_set ON rule_set.set_id "
                    "= COALESCE(narrow_rule.set_id, place.set_id)"
                )
            )
        return joins

    # ---------------------------------------------------- single warehouses
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
                  %(item)s
                 WHERE listing.state = 'mapped' AND %(listings)s AND %(tag_fits)s
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
            key=_KEY,
            item=_ITEM,
            listings=scope.listings,
            tag_fits=self._tag_condition(use, "item"),
            fits=_FITS,
            positions=self._position_query(scope.products, scope.products),
            ids=SQL(
                "array_remove(ARRAY[%s], NULL)",
                SQL(", ").join(
                    SQL("%s[4]::integer", SQL.identifier(f"{kind}_key"))
                    for kind in WAREHOUSE_KINDS
                ),
            ),
        )


# The lower sequence, then the narrower scope, then the older rule.
_KEY = SQL(
    "ARRAY[version.sequence, -version.specificity, version.rule_id, version.id, "
    "version.value]::numeric[]"
)

# The item of ``listing``, and its category.
_ITEM = SQL(
    """
    JOIN item ON item.product_id = listing.product_id
    LEFT JOIN product_category category ON category.id = item.categ_id
    LEFT JOIN product_category scope ON scope.id = version.categ_id
    """
)

# Whether ``version`` is in scope on ``listing`` at ``place``, but for its tag.
_FITS = SQL(
    """version.company_id = listing.company_id
       AND COALESCE(version.listing_id, listing.id) = listing.id
       AND COALESCE(version.product_id, listing.product_id) = listing.product_id
       AND COALESCE(version.product_tmpl_id, item.product_tmpl_id)
           = item.product_tmpl_id
       AND COALESCE(version.channel_id, listing.channel_id) = listing.channel_id
       AND COALESCE(version.node_id, place.node_id) = place.node_id
       AND (version.categ_id IS NULL
            OR starts_with(category.parent_path, scope.parent_path))"""
)


def _listings_named_by(scope):
    """Joins from ``version`` to the ``listing`` that it names, and its ``place``."""
    by = {
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
    }[scope]
    return SQL("%s JOIN place ON place.channel_id = listing.channel_id", by)
