# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace

from odoo import api, models
from odoo.tools import SQL

from ..db.published import PUBLISHED
from .channel_plan_rules import ALLOCATIONS, IN_EFFECT, IS_DATED, MEMBERS

PREVIEW_LINES = 500


class _TakenBack(Exception):
    """Ends a savepoint of which nothing is to stay."""


class ChannelPlanExplain(models.AbstractModel):
    """The plan statement, read only: explains a quantity, and previews rules and groups
    that are not in effect yet."""

    _name = "channel.plan.explain"
    _description = "Plan Statement: Explain"

    # --------------------------------------------------------- explanation
    @api.model
    def _explain(self, levels):
        """Compute the numbers of ``levels`` from positions and rules as they are now.

        :return: level id -> inputs as of now, with the positions of each warehouse;
            levels that are no longer planned are missing
        """
        self.env.flush_all()
        use = self._use()
        wanted = SQL(
            "SELECT listing_id FROM channel_level WHERE id = ANY(%s)", levels.ids
        )
        rows = self.env.execute_query(
            SQL(
                """
                WITH explained AS (%(numbers)s)
                SELECT level.id, explained.inputs, warehouses.facts
                  FROM explained
                  JOIN channel_level level ON level.listing_id = explained.listing_id
                                          AND level.node_id = explained.node_id
                  LEFT JOIN LATERAL (%(warehouses)s) warehouses ON true
                 WHERE level.id = ANY(%(ids)s)
                """,
                numbers=self._numbers_query(use, self._scope(use, wanted)),
                warehouses=self._warehouses_query(),
                ids=levels.ids,
            )
        )
        return {
            level_id: dict(inputs, warehouses=warehouses or [])
            for level_id, inputs, warehouses in rows
        }

    # ------------------------------------------------------------ sellable
    @api.model
    def _get_sellable(self, levels):
        """How much of ``levels`` may be sold now: their numbers from positions and
        rules as they are now, and of a number that was frozen by hand no more than is
        there.

        :return: level id -> SOLD units, without levels that are not planned any more
        """
        self.env.flush_all()
        found = self._get_planned(levels)
        rest = levels.filtered(lambda level: level.id not in found)
        return {**found, **self._compute_sellable(rest)} if rest else found

    def _get_planned(self, levels):
        """Of those that the planner has caught up with: what it has written. Whatever
        changes a number has a row in the outbox from its commit until the commit of its
        plan, but for time: what has expired, and what comes within a horizon."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT level.id, GREATEST(0, level.target)
                  FROM channel_level level
                  JOIN channel_listing listing ON listing.id = level.listing_id
                  JOIN channel_node node ON node.id = level.node_id
                 WHERE level.id = ANY(%(ids)s) AND %(published)s
                   AND level.share_state IS NULL
                   AND NOT EXISTS (SELECT FROM %(in_effect)s version
                                    WHERE version.kind = 'freeze' OR %(dated)s)
                   AND NOT EXISTS (SELECT FROM channel_sweep sweep
                                    WHERE sweep.channel_id = level.channel_id)
                   AND NOT EXISTS (SELECT FROM channel_change change
                                    WHERE change.channel_id = level.channel_id)
                   AND NOT EXISTS (SELECT FROM channel_change change
                                    WHERE change.listing_id = level.listing_id)
                   AND NOT EXISTS (
                       SELECT FROM channel_demanded(listing.product_id) AS part (id)
                        WHERE EXISTS (SELECT FROM channel_change change
                                       WHERE change.product_id = part.id)
                           OR EXISTS (SELECT FROM channel_hold hold
                                       WHERE hold.product_id = part.id
                                         AND hold.state = 'active'
                                         AND hold.expires_at
                                             <= now() AT TIME ZONE 'UTC'))
                """,
                ids=levels.ids,
                published=PUBLISHED,
                in_effect=IN_EFFECT,
                dated=IS_DATED,
            )
        )
        return dict(rows)

    def _compute_sellable(self, levels):
        """The plan statement without what explains its numbers, which PostgreSQL takes
        several times as long to plan."""
        self._tune()
        use = self._use()
        listed = SQL(
            "SELECT listing_id FROM channel_level WHERE id = ANY(%s)", levels.ids
        )
        rows = self.env.execute_query(
            SQL(
                """
                WITH %(computed)s
                SELECT level.id, GREATEST(0, LEAST(computed.sold, computed.target))
                  FROM computed
                  JOIN channel_level level ON level.listing_id = computed.listing_id
                                          AND level.node_id = computed.node_id
                 WHERE level.id = ANY(%(ids)s)
                """,
                computed=self._computed_ctes(use, self._scope(use, listed)),
                ids=levels.ids,
            )
        )
        return {level_id: int(units) for level_id, units in rows}

    @api.model
    def _get_goods(self, products):
        """:return: product id -> ids of the goods that selling it takes: its own, or
        those it is made of"""
        rows = self.env.execute_query(
            SQL(
                "SELECT product.id, array_agg(part.id) FROM unnest(%s::int[]) "
                "AS product (id) CROSS JOIN LATERAL channel_demanded(product.id) "
                "AS part (id) GROUP BY product.id",
                products.ids,
            )
        )
        return {product_id: set(goods) for product_id, goods in rows}

    def _scope(self, use, listed):
        """:param listed: query of listing ids; where numbers are shared exclusively,
        all listings of their products, and of those that hang together with them, are
        computed"""
        rows = self.env.execute_query(
            SQL(
                "SELECT id, product_id FROM channel_listing "
                "WHERE product_id IS NOT NULL AND id IN (%s)",
                listed,
            )
        )
        listings = [listing_id for listing_id, _product in rows]
        products = {product for _id, product in rows}
        return self._scope_of(listings, products, use.exclusive, use.source)

    def _warehouses_query(self):
        """The positions behind one level, warehouse by warehouse, as one JSON list."""
        return SQL(
            """
            SELECT jsonb_agg(jsonb_build_object(
                       'id', warehouse.id, 'name', warehouse.name,
                       'on_hand', position.on_hand, 'allocated', position.allocated,
                       'held', position.held, 'doubted', position.doubted,
                       'in_transit', position.in_transit, 'damaged', position.damaged
                   ) ORDER BY warehouse.sequence, warehouse.id) AS facts
              FROM channel_position position
              JOIN channel_node_stock_warehouse_rel served
                ON served.stock_warehouse_id = position.warehouse_id
              JOIN stock_warehouse warehouse ON warehouse.id = position.warehouse_id
             WHERE served.channel_node_id = level.node_id
               AND position.product_id = explained.product_id
            """
        )

    # ------------------------------------------------------------- preview
    @api.model
    def _preview_after(self, change, listed):
        """Compute the quantities as they would be after ``change``, such as another
        authority of a warehouse: it is carried out, and taken back.

        :param change: function that changes, by SQL, what numbers stand on
        :param listed: query of listing ids to look at
        :return: as of ``_preview``
        """
        self.env.flush_all()
        result = None
        try:
            with self.env.cr.savepoint(flush=False):
                change()
                result = self._preview(self.env["channel.rule"], listed)
                raise _TakenBack
        except _TakenBack:
            # what was read meanwhile never was
            self.env.invalidate_all(flush=False)
        return result

    @api.model
    def _preview(self, rules, listed=None, ending=None, groups=None):
        """Compute the quantities with the drafts ``rules`` and ``groups`` in effect, as
        the planner would; nothing is written.

        :param rules: channel.rule records, saved or not, replacing their versions
        :param ending: channel.rule records whose versions would count no more
        :param groups: channel.allocation.group records, replacing their versions
        :param listed: query of listing ids to look at; all of the companies' by default
        :return: (totals, lines): dictionaries; totals has ``levels``, ``changed``,
            ``up``, ``down``, ``zero``; lines, the largest changes first, have
            ``listing_id``, ``node_id``, ``old``, ``new`` (sold units), ``inputs``
        """
        numbers = self._drafted_query(rules, listed, ending, groups)
        [[totals, lines]] = self.env.execute_query(
            SQL(
                """
                WITH numbers AS (%(numbers)s),
                compared AS MATERIALIZED (
                    SELECT numbers.listing_id, numbers.node_id,
                           COALESCE(level.target, 0) AS old, numbers.target AS new,
                           numbers.inputs
                      FROM numbers
                      LEFT JOIN channel_level level
                             ON level.listing_id = numbers.listing_id
                            AND level.node_id = numbers.node_id
                )
                SELECT (SELECT jsonb_build_object(
                            'levels', count(*),
                            'changed', count(*) FILTER (WHERE old <> new),
                            'up', count(*) FILTER (WHERE new > old),
                            'down', count(*) FILTER (WHERE new < old),
                            'zero', count(*) FILTER (WHERE new = 0 AND old > 0))
                          FROM compared),
                       (SELECT jsonb_agg(line) FROM (
                            SELECT * FROM compared WHERE old <> new
                             ORDER BY abs(new - old) DESC, listing_id, node_id
                             LIMIT %(limit)s) line)
                """,
                numbers=numbers,
                limit=PREVIEW_LINES,
            )
        )
        return totals, lines or []

    @api.model
    def _drafted_query(self, rules, listed=None, ending=None, groups=None):
        """Query of the numbers, with ``inputs``, as if drafts were in effect; its
        arguments are those of ``_preview``. Without any it is of the rules in effect.
        """
        self.env.flush_all()
        self._tune()
        ending = ending or rules.browse()
        groups = groups or self.env["channel.allocation.group"]
        # a draft may name a group that is not in effect either
        groups |= rules.allocation_group_id.filtered(
            lambda each: not each.active_version_id
        )
        use = replace(
            self._use(self._source_with(rules, ending)),
            **self._divided_with(groups),
        )
        listed = listed or SQL(
            "SELECT id AS listing_id FROM channel_listing WHERE state = 'mapped' "
            "AND company_id = ANY(%s)",
            ((rules | ending).company_id | groups.company_id).ids,
        )
        return self._numbers_query(use, self._scope(use, listed))

    def _source_with(self, rules, ending):
        """Versions in effect, with ``rules`` in the place of their own and without
        those of ``ending``."""
        versions = self.env["channel.rule.version"]
        names = ["id", "rule_id", "specificity", *versions._terms_fields()]
        columns = SQL(", ").join(SQL.identifier(name) for name in names)
        drafts = [
            SQL(
                "SELECT %s",
                SQL(", ").join(
                    SQL("%s::%s", value, SQL(versions._fields[name].column_type[1]))
                    for name, value in self._draft_row(number, rule, names)
                ),
            )
            for number, rule in enumerate(rules)
        ]
        return SQL(
            "(SELECT %(columns)s FROM %(in_effect)s version "
            "WHERE rule_id <> ALL(%(ids)s::int[]) %(drafts)s)",
            columns=columns,
            in_effect=IN_EFFECT,
            ids=(rules | ending).ids,
            drafts=SQL(" ").join(SQL("UNION ALL %s", draft) for draft in drafts),
        )

    def _draft_row(self, number, rule, names):
        """A draft as a row of versions; its id is negative: no version has it."""
        terms = dict(rule._terms(), specificity=rule.specificity, id=-1 - number)
        # the newest rule of all, as it would be
        terms["rule_id"] = rule._origin.id or 2**31 - 1
        for name in names:
            value = terms[name]
            yield name, None if value is False and name != "supplier_stock" else value

    def _divided_with(self, groups):
        """The divided stock and its channels, with the drafts ``groups`` instead of
        their versions. The ids of drafts are negative: no version has them."""
        if not groups:
            return {}
        drafts = list(enumerate(groups, start=1))
        return {
            "allocations": SQL(
                "(SELECT * FROM %s active WHERE group_id <> ALL(%s) UNION ALL %s)",
                ALLOCATIONS,
                groups.ids,
                SQL(" UNION ALL ").join(
                    SQL("SELECT %s, %s, %s::varchar", -number, group.id, group.basis)
                    for number, group in drafts
                ),
            ),
            "members": SQL(
                "(SELECT version_id, channel_id, weight FROM %s %s)",
                MEMBERS,
                SQL(" ").join(
                    SQL(
                        "UNION ALL SELECT %s, %s, %s::numeric",
                        -number,
                        member.channel_id.id,
                        member.weight,
                    )
                    for number, group in drafts
                    for member in group.member_ids
                ),
            ),
        }
