# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models
from odoo.tools import SQL

from .channel_plan_steps import RISK_KEPT

# Inputs that are left out where they are nothing.
MOSTLY_NOTHING = ("allocated", "held", "doubted", "inbound", "backorder")


class ChannelPlanQuery(models.AbstractModel):
    """The plan statement: from positions to quantities, for any set of listings.

    A pipeline of CTEs, each a table of its own kind of row:

    - ``place``: a node that is published, with the number of its pool: the warehouses
      behind it, the same for all nodes that have the same ones;
    - ``item``: a product and its sort; ``supply``: what is available and inbound of it
      in each pool, one pool a column. STOCK units (all in ``channel_plan_items``);
    - rules (``channel_plan_rules``, and ``_partial``: those on a part of a pool);
    - ``listed`` to ``shown``: a level on its way from stock units to the number shown,
      in SOLD units (``channel_plan_steps``), and ``computed``, when channels that
      share exclusively have got theirs (``channel_plan_exclusive``);
    - ``detail``: the position behind a product in a pool, for numbers that changed.

    Only steps of which a rule is in effect are in the statement. ``OFFSET 0`` keeps
    PostgreSQL from computing what is costly anew wherever a later step mentions it.
    Quantities are doubles, as Odoo's own are, and rounded to four digits where packs
    are counted; ``tools.explain`` repeats that arithmetic to the last bit.
    """

    _name = "channel.plan.query"
    _description = "Plan Statement: Query"

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
            detail AS MATERIALIZED (%(detail)s),
            written AS (
                INSERT INTO channel_level AS level
                       (listing_id, node_id, channel_id, company_id, target,
                        share_state, planned_at, trace)
                SELECT listing_id, node_id, differing.channel_id, place.company_id,
                       target, share_state, clock_timestamp() AT TIME ZONE 'UTC',
                       changed.trace
                  FROM differing
                  JOIN place USING (node_id)
                  LEFT JOIN changed USING (listing_id)
                ON CONFLICT (listing_id, node_id) DO UPDATE
                   SET target = EXCLUDED.target, share_state = EXCLUDED.share_state,
                       planned_at = EXCLUDED.planned_at, trace = EXCLUDED.trace
                RETURNING id, listing_id, node_id, channel_id
            ),
            remembered AS (
                INSERT INTO channel_level_inputs (level_id, inputs)
                SELECT written.id, %(inputs)s
                  FROM written
                  JOIN differing USING (listing_id, node_id) %(sources)s
                ON CONFLICT (level_id) DO UPDATE SET inputs = EXCLUDED.inputs
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
            detail=self._detail_query("differing", scope),
            sources=self._input_joins(use, "differing"),
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
            detail AS MATERIALIZED (%(detail)s)
            SELECT numbers.*, %(inputs)s AS inputs
              FROM numbers %(sources)s
            """,
            computed=self._computed_ctes(use, scope),
            detail=self._detail_query("numbers", scope),
            sources=self._input_joins(use, "numbers"),
            inputs=self._inputs_expression(use),
        )

    def _computed_ctes(self, use, scope):
        return SQL(", ").join(
            [
                SQL("version AS NOT MATERIALIZED %s", use.source),
                self._item_ctes(use, scope),
                *self._rule_ctes(use, scope),
                self._step_ctes(use, scope),
                SQL("computed AS (%s)", self._final_query(use, scope)),
            ]
        )

    def _detail_query(self, numbers, scope):
        """The details of ``numbers``: one row per product and pool."""
        of_numbers = SQL(
            "= ANY(ARRAY(SELECT DISTINCT product_id FROM %s))",
            SQL.identifier(numbers),
        )
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
                scope.products if scope.named else of_numbers, scope.products
            ),
        )

    # -------------------------------------------------------------- inputs
    def _input_joins(self, use, numbers):
        """Further sources of the inputs of ``numbers``: joined only for written rows,
        so that the others need not carry them along."""
        joins = [
            SQL(
                """
                LEFT JOIN detail USING (product_id, pool)
                -- OFFSET 0: looked up one by one, they are few but for a first plan
                CROSS JOIN LATERAL (
                    SELECT version_id AS mapping_id
                      FROM channel_listing WHERE id = listing_id OFFSET 0) mapping
                """
            )
        ]
        if use.kinds:
            columns = self._applied_columns(use)
            joins.append(
                SQL(
                    """
                    -- OFFSET 0: written out once a set, not once a number
                    LEFT JOIN (
                        SELECT set_id, %(columns)s, %(terms)s AS terms
                          FROM %(sets)s
                         WHERE set_id IN (SELECT set_id FROM %(numbers)s)
                        OFFSET 0) applied USING (set_id)
                    """,
                    columns=SQL(", ").join(
                        SQL("%s AS %s", SQL.identifier(column), SQL.identifier(name))
                        for name, column in columns.items()
                    ),
                    terms=_json(
                        {name: SQL.identifier(of) for name, of in columns.items()}
                    ),
                    sets=self._rules_table(use),
                    numbers=SQL.identifier(numbers),
                )
            )
        return SQL(" ").join(joins)

    def _applied_columns(self, use):
        """Input -> column of a set of rules: value and version of each kind."""
        columns = {}
        for kind in use.kinds:
            columns["backorder_limit" if kind == "backorder" else kind] = kind
            if kind != "exclusive":  # a level brings its version: it is shared by it
                columns[f"{kind}_id"] = f"{kind}_id"
        return columns

    def _inputs_expression(self, use):
        """The inputs that a level stores; ``tools.explain`` reads it."""
        names = ["on_hand", "allocated", "held", "doubted", "available", "factor"]
        names += ["mapping_id", "sold"]
        names += [name for name in self._amounts(use) if name != "set_id"]
        names += [*self._share_columns(use), "target"]
        inputs = {name: SQL.identifier(name) for name in names}
        if "backorder" in use.kinds:
            inputs["backorder"] = self._backorder_expression(use)
        if "risk" in use.kinds:
            inputs["risk_kept"] = RISK_KEPT
        for name in MOSTLY_NOTHING:
            if name in inputs:
                inputs[name] = SQL("NULLIF(%s, 0)", inputs[name])
        return SQL("applied.terms || %s", _json(inputs)) if use.kinds else _json(inputs)


def _json(values):
    """An object of ``values``, name -> expression, without those that are NULL."""
    pairs = (SQL("%s, %s", name, value) for name, value in values.items())
    return SQL("jsonb_strip_nulls(jsonb_build_object(%s))", SQL(", ").join(pairs))
