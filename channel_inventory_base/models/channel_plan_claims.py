# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL

from ..db.scope import Scope
from .channel_plan_items import pool_columns
from .channel_plan_rules import IN_EFFECT, KEY

# Products that hang together by what they are made of, planned in one statement.
LINKED_AT_ONCE = 20_000

# Whether an exclusive ``version`` reaches ``product``, which has ``template`` and
# ``category``. No such rule names a channel, a node, a listing or a warehouse.
REACHES = SQL(
    """(version.kind = 'exclusive'
        AND (version.product_id IS NULL OR version.product_id = product.id)
        AND (version.product_tmpl_id IS NULL OR version.product_tmpl_id = template.id)
        AND (version.categ_id IS NULL OR starts_with(category.parent_path,
                (SELECT scope.parent_path FROM product_category scope
                  WHERE scope.id = version.categ_id)))
        AND (version.tag_id IS NULL
             OR EXISTS (SELECT FROM product_tag_product_template_rel tagged
                         WHERE tagged.product_template_id = template.id
                           AND tagged.product_tag_id = version.tag_id)
             OR EXISTS (SELECT FROM product_tag_product_product_rel tagged
                         WHERE tagged.product_product_id = product.id
                           AND tagged.product_tag_id = version.tag_id)))"""
)
PRODUCT = SQL(
    """product_product product
       JOIN product_template template ON template.id = product.product_tmpl_id
       LEFT JOIN product_category category ON category.id = template.categ_id"""
)


class ChannelPlanClaims(models.AbstractModel):
    """Exclusive allocation of goods that are sold alone and as components of kits.

    A *claim* is what a level takes of a product: a plain listing of itself, a kit of
    itself and of each of its components (which products are parts of which, addons
    say: ``_parts_query``). A *resource* is a product in a pool, for one group. A level
    claims it for a group that its own product's rule names, or the component's: so a
    rule on a component reaches the kits that it is in, but a rule on a kit does not
    reach its components' own listings.

    What makes up the division of one product (``channel_plan_exclusive``) is that
    of each resource here, and ``channel_divide`` does it for all claims of a level at
    once. What it needs is all claims of a resource in one statement: products that
    hang together by parts are planned together (``_sharing_products``).
    """

    _name = "channel.plan.claims"
    _description = "Plan Statement: Claims"

    # ------------------------------------------------------------ together
    def _sharing_products(self, products, source=None):
        """:return: ``products``, and those whose exclusive numbers hang together with
        theirs. Addons know which.

        :param source: query of the versions that count; those in effect by default
        """
        return sorted(set(products))

    def _linked_products(self, products):
        """:return: of ``products`` (a condition on a product id) those that may hang
        together with others"""
        return []

    def _plan_slice_of(self, part):
        """Plan a Slice; what hangs together with products out of it by itself."""
        scope = part.scope()
        knotted = self._linked_products(scope.products) if self._is_exclusive() else []
        if knotted:
            scope = Scope(
                SQL(
                    "%s AND listing.product_id <> ALL(%s::int[])",
                    scope.listings,
                    knotted,
                ),
                scope.products,
            )
        self._plan_listings(scope, part.changed())
        left = set(knotted)
        while left:
            together = self._sharing_products(sorted(left)[:LINKED_AT_ONCE])
            self._plan_listings(self._scope_of_products(together), part.changed())
            left.difference_update(together)

    def _scope_of_products(self, products):
        """All listings of ``products``."""
        # a list, so that PostgreSQL knows how many there are
        of_products = SQL("= ANY(%s::int[])", products)
        return Scope(SQL("listing.product_id %s", of_products), of_products, named=True)

    def _reached_condition(self, product, source=None):
        """Whether an exclusive rule reaches ``product``, an expression of its id."""
        return SQL(
            "EXISTS (SELECT FROM %s JOIN %s version ON %s WHERE product.id = %s)",
            PRODUCT,
            source or IN_EFFECT,
            REACHES,
            product,
        )

    # -------------------------------------------------------------- claims
    def _parts_query(self, scope):
        """Query of (product_id, company_id, component_id, quantity): that a product
        takes so many stock units of another. None where nothing is part of another:
        then nothing hangs together."""
        return None

    def _claim_ctes(self, use, parts):
        """``jointly``: what levels get that share with others' parts, as ``granted``.

        STOCK units, but for ``wanted`` and ``showing``.
        """
        return SQL(
            """
            part AS MATERIALIZED (%(parts)s),
            knotted AS MATERIALIZED (
                SELECT product_id FROM part UNION SELECT component_id FROM part
            ),
            -- the exclusive rule that counts on a product
            reached AS MATERIALIZED (
                SELECT DISTINCT ON (product.id, version.company_id)
                       product.id AS product_id, version.company_id,
                       version.id AS version_id, version.value::float8 AS value,
                       alloc.id AS allocation_id, alloc.basis
                  FROM %(product)s
                  JOIN version ON %(reaches)s
                  JOIN %(allocations)s alloc
                    ON alloc.group_id = version.allocation_group_id
                 WHERE product.id IN (SELECT product_id FROM knotted)
                 ORDER BY product.id, version.company_id, %(key)s
            ),
            pooled AS MATERIALIZED (
                SELECT supply.product_id, pooled.pool,
                       COALESCE(pooled.available, 0) AS available
                  FROM supply
                 CROSS JOIN LATERAL (VALUES %(pools)s) pooled (pool, available)
                 WHERE supply.product_id IN (SELECT product_id FROM knotted)
            ),
            -- for which groups a stock unit of a product takes so much of which: by its
            -- own rule, and by that of what it takes. Divided are at most scarce_at.
            tie AS MATERIALIZED (
                SELECT product_id, company_id, component_id, quantity, allocation_id,
                       basis,
                       max(CASE WHEN value = 0 THEN 'Infinity' ELSE value END
                           * CASE WHEN is_own THEN quantity ELSE 1 END) AS scarce_at,
                       (array_agg(version_id ORDER BY is_own DESC))[1] AS version_id
                  FROM (
                    SELECT reached.*, product_id AS component_id, 1::float8 AS quantity,
                           true AS is_own
                      FROM reached
                    UNION ALL
                    SELECT reached.*, part.component_id, part.quantity, true
                      FROM part JOIN reached USING (product_id, company_id)
                    UNION ALL
                    SELECT part.product_id, reached.company_id, reached.version_id,
                           reached.value, reached.allocation_id, reached.basis,
                           part.component_id, part.quantity, false
                      FROM part
                      JOIN reached ON reached.product_id = part.component_id
                                  AND reached.company_id = part.company_id
                  ) taken
                 GROUP BY product_id, company_id, component_id, quantity, allocation_id,
                          basis
            ),
            -- a step of its own: PostgreSQL would join each level to all of its pool
            taking AS (
                SELECT shown.listing_id, shown.node_id, shown.channel_id,
                       shown.product_id, shown.pool, shown.factor, shown.number,
                       shown.promised, shown.available, tie.component_id, tie.quantity,
                       tie.allocation_id, tie.basis, tie.version_id, tie.scarce_at
                  FROM shown
                  JOIN channel_channel channel ON channel.id = shown.channel_id
                   AND channel.active AND channel.state <> 'draft'
                  JOIN tie ON tie.product_id = shown.product_id
                          AND tie.company_id = channel.company_id
                 WHERE shown.factor > 0
                OFFSET 0
            ),
            drawn AS (
                SELECT taking.*, member.weight::float8 AS weight,
                       pooled.available <= taking.scarce_at AS is_scarce,
                       -- what is kept back of a kit is kept back of its parts
                       GREATEST(taking.promised * taking.quantity,
                           CASE WHEN taking.component_id <> taking.product_id
                           THEN pooled.available - taking.quantity
                               * GREATEST(0, taking.available - taking.promised)
                           END) AS offered
                  FROM taking
                  JOIN pooled ON pooled.product_id = taking.component_id
                             AND pooled.pool = taking.pool
                  JOIN %(members)s member
                    ON member.version_id = taking.allocation_id
                   AND member.channel_id = taking.channel_id
            ),
            counted AS (
                SELECT drawn.*, bool_or(is_scarce) OVER resource AS is_divided,
                       max(offered) OVER resource AS supply,
                       count(*) OVER resource_of_channel AS siblings,
                       COALESCE(sold.per_day, 0)::float8 * quantity
                           / count(*) OVER (PARTITION BY component_id, pool,
                                                allocation_id, drawn.channel_id,
                                                drawn.product_id)
                           AS sales
                  FROM drawn
                  LEFT JOIN channel_sales_rate sold
                         ON sold.product_id = drawn.product_id
                        AND sold.channel_id = drawn.channel_id
                WINDOW resource AS (PARTITION BY component_id, pool, allocation_id),
                       resource_of_channel AS (PARTITION BY component_id, pool,
                                                   allocation_id, drawn.channel_id)
            ),
            -- a channel's part is divided among all by which it takes of it
            claim AS MATERIALIZED (
                SELECT counted.*, factor * quantity AS units,
                       CASE WHEN basis = 'sales' AND sum(sales) OVER resource > 0
                            THEN sum(sales) OVER (PARTITION BY component_id, pool,
                                                      allocation_id, channel_id)
                            ELSE weight END / siblings AS part,
                       max(weight) OVER (PARTITION BY listing_id, node_id) AS rank,
                       dense_rank() OVER (ORDER BY component_id, pool, allocation_id)
                           AS resource_no
                  FROM counted WHERE is_divided
                WINDOW resource AS (PARTITION BY component_id, pool, allocation_id)
            ),
            numbered AS MATERIALIZED (
                SELECT claim.*, sum(part) OVER resource AS parts,
                       dense_rank() OVER (ORDER BY rank DESC, listing_id, node_id)
                           AS level_no,
                       -- of how many other products there are levels
                       (dense_rank() OVER (resource ORDER BY claim.product_id)
                        + dense_rank() OVER (resource ORDER BY claim.product_id DESC)
                        - 2) AS others
                  FROM claim
                WINDOW resource AS (PARTITION BY resource_no)
            ),
            claimant AS (
                SELECT level_no, wanted, COALESCE(%(showing)s, -1)::float8 AS showing
                  FROM (SELECT DISTINCT level_no, listing_id, node_id,
                               number::float8 AS wanted FROM numbered) claimed
                  %(remote)s
            ),
            -- what a claim is comes back by its place: there is nothing to join
            jointly AS MATERIALIZED (
                SELECT listing_ids[claim_no] AS listing_id,
                       node_ids[claim_no] AS node_id, outcome.entitled,
                       weights[claim_no] AS weight, totals[claim_no] AS weights,
                       supply[resource_nos[claim_no]] AS supply,
                       outcome.room, outcome.number,
                       CASE WHEN outcome.number < outcome.entitled THEN 'waiting'
                            ELSE 'settled' END AS share_state,
                       allocation_ids[claim_no] AS allocation_id,
                       version_ids[claim_no] AS shared_by,
                       NULLIF(component_ids[claim_no], product_ids[claim_no])
                           AS bound_by,
                       NULLIF(others[claim_no], 0) AS others
                  FROM (SELECT array_agg(wanted ORDER BY level_no) AS wanted,
                               array_agg(showing ORDER BY level_no) AS showing
                          FROM claimant) levels
                 CROSS JOIN (SELECT array_agg(supply ORDER BY resource_no) AS supply
                               FROM (SELECT DISTINCT resource_no, supply
                                       FROM numbered) resource) resources
                 CROSS JOIN (SELECT array_agg(level_no::integer) AS level_nos,
                                    array_agg(resource_no::integer) AS resource_nos,
                                    array_agg(units) AS units,
                                    array_agg(part) AS weights,
                                    array_agg(parts) AS totals,
                                    array_agg(listing_id) AS listing_ids,
                                    array_agg(node_id) AS node_ids,
                                    array_agg(product_id) AS product_ids,
                                    array_agg(component_id) AS component_ids,
                                    array_agg(allocation_id) AS allocation_ids,
                                    array_agg(version_id) AS version_ids,
                                    array_agg(others) AS others
                               FROM (SELECT * FROM numbered
                                      ORDER BY level_no, resource_no) claim) claims
                 CROSS JOIN LATERAL channel_divide(
                       wanted, showing, supply, level_nos, resource_nos, units, weights
                       ) outcome
            )
            """,
            parts=parts,
            allocations=use.allocations,
            members=use.members,
            product=PRODUCT,
            reaches=REACHES,
            key=KEY,
            pools=SQL(", ").join(
                SQL("(%s, supply.%s)", number, SQL.identifier(column))
                for number, column in enumerate(
                    pool_columns("available", len(use.pools)), start=1
                )
            )
            or SQL("(0, 0::float8)"),
            showing=self._showing_expression(),
            remote=self._remote_joins("claimed"),
        )
