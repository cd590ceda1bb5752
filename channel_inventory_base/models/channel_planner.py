from odoo import api, models
from odoo.tools import SQL

from ..db.transaction import LOCK_PLAN, own_transaction, try_lock
from .channel_level import PUBLISHED

BATCH = 5000
LISTINGS = 20_000


class ChannelPlanner(models.AbstractModel):
    """Turns changes into level targets, thousands in one statement.

    One planner runs at a time. It takes a batch of the change outbox and plans it in
    one transaction: a change that commits meanwhile has its own row, which stays for
    the next batch. What is read is never older than what was taken, because at READ
    COMMITTED each statement sees all that was committed before it began.
    """

    _name = "channel.planner"
    _description = "Channel Planner"

    @api.model
    def _run(self):
        """Plan until the outbox is empty.

        :return: False when another planner is at it
        """
        with try_lock(self.env, LOCK_PLAN) as locked:
            if not locked:
                return False
            while self._plan_batch():
                pass
        return True

    @api.model
    def _plan_batch(self):
        """:return: how many rows were taken off the outbox"""
        with own_transaction(self.env) as env:
            planner = env["channel.planner"]
            # compiling the statement would take ten times as long as running it
            env.cr.execute("SET LOCAL jit = off")
            planner._expand_channels()
            changes = planner._take_changes()
            if changes:
                planner._plan_changes(changes)
        return len(changes)

    # -------------------------------------------------------------- outbox
    def _expand_channels(self):
        """A change of a whole channel becomes one of each of its listings."""
        self.env.execute_query(
            SQL(
                """
                WITH wide AS (
                    DELETE FROM channel_change WHERE channel_id IS NOT NULL
                    RETURNING channel_id, since, trace
                )
                INSERT INTO channel_change (listing_id, since, trace)
                SELECT listing.id, min(wide.since), max(wide.trace)
                  FROM wide JOIN channel_listing listing
                    ON listing.channel_id = wide.channel_id
                   AND listing.state = 'mapped'
                 GROUP BY listing.id
                RETURNING id
                """
            )
        )

    def _take_changes(self):
        """:return: rows (product, listing, since, trace), deleted from the outbox"""
        return self.env.execute_query(
            SQL(
                """
                DELETE FROM channel_change WHERE id IN (
                    SELECT id FROM channel_change ORDER BY id LIMIT %s
                ) RETURNING product_id, listing_id, since, trace
                """,
                BATCH,
            )
        )

    def _plan_changes(self, changes):
        """Plan the listings that ``changes`` touch, in statements of bounded size."""
        touched = self._touched_listings(changes)
        for start in range(0, len(touched), LISTINGS):
            rows = touched[start : start + LISTINGS]
            listings, since, traces = (list(each) for each in zip(*rows, strict=True))
            changed = SQL(
                "SELECT * FROM unnest(%s::int[], %s::timestamp[], %s::varchar[]) "
                "AS row (listing_id, since, trace)",
                listings,
                since,
                traces,
            )
            grown = self.env.execute_query(self._plan_query(listings, changed))
            channels = self.env["channel.channel"].browse(row[0] for row in grown)
            # what they show is not known until somebody has looked
            channels._wake("_job_observe")
        self._wake_publishers()

    def _touched_listings(self, changes):
        """:return: rows (listing, since of its first change, a trace)"""
        products, listings, since, traces = (
            list(each) for each in zip(*changes, strict=True)
        )
        return self.env.execute_query(
            SQL(
                """
                SELECT listing_id, min(since), max(trace) FROM (
                    SELECT COALESCE(change.listing_id, listing.id) AS listing_id,
                           change.since, change.trace
                      FROM unnest(%s::int[], %s::int[], %s::timestamp[], %s::varchar[])
                           AS change (product_id, listing_id, since, trace)
                      LEFT JOIN channel_listing listing
                        ON listing.product_id = change.product_id
                       AND listing.state = 'mapped'
                ) touched
                 WHERE listing_id IS NOT NULL
                 GROUP BY listing_id ORDER BY listing_id
                """,
                products,
                listings,
                since,
                traces,
            )
        )

    def _wake_publishers(self):
        """Of all channels with something queued: what was left because a change waited
        to be planned may go out now, whether its own target has changed or not."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT channel.id FROM channel_channel channel
                 WHERE channel.state = 'live' AND channel.active
                   AND EXISTS (SELECT FROM channel_level_pending pending
                                WHERE pending.channel_id = channel.id)
                """
            )
        )
        channels = self.env["channel.channel"].browse(row[0] for row in rows)
        channels._wake("_job_publish")

    # ------------------------------------------------------------ planning
    def _plan_query(self, listings, changed):
        """Write the levels of ``listings`` whose target differs, and queue them.

        :param listings: ids; a list, so that PostgreSQL knows how many there are
        :param changed: query of (listing_id, since, trace)
        :return: query of (channel_id) of those that have got new levels
        """
        return SQL(
            """
            WITH changed AS (%(changed)s),
            listed AS (SELECT unnest(%(listings)s::int[]) AS listing_id),
            %(computed)s,
            differing AS (
                SELECT computed.*, level.id AS level_id, level.target AS old_target,
                       changed.since, changed.trace
                  FROM computed
                  JOIN changed USING (listing_id)
                  LEFT JOIN channel_level level
                         ON level.listing_id = computed.listing_id
                        AND level.node_id = computed.node_id
                 WHERE level.target IS DISTINCT FROM computed.target
            ),
            written AS (
                INSERT INTO channel_level AS level
                       (listing_id, node_id, channel_id, company_id, target, inputs,
                        planned_at, trace)
                SELECT listing_id, node_id, channel_id, company_id, target, %(inputs)s,
                       clock_timestamp() AT TIME ZONE 'UTC', trace
                  FROM differing
                ON CONFLICT (listing_id, node_id) DO UPDATE
                   SET target = EXCLUDED.target, inputs = EXCLUDED.inputs,
                       planned_at = EXCLUDED.planned_at, trace = EXCLUDED.trace
                RETURNING id, listing_id, node_id, channel_id
            ),
            queued AS (
                INSERT INTO channel_level_pending
                       (level_id, channel_id, urgent, force, since, trace)
                SELECT written.id, written.channel_id,
                       differing.target < COALESCE(differing.old_target, 0), false,
                       differing.since, differing.trace
                  FROM written JOIN differing USING (listing_id, node_id)
            )
            SELECT DISTINCT channel_id FROM differing WHERE level_id IS NULL
            """,
            listings=listings,
            changed=changed,
            computed=self._computed_ctes(),
            inputs=self._inputs_expression(),
        )

    def _computed_ctes(self):
        """CTEs from ``listed`` (listing_id) to ``computed``, a row a level.

        Everything before ``sold`` is in stock units, from there on in sold units.
        """
        return SQL(
            """
            pair AS (
                SELECT listing.id AS listing_id, node.id AS node_id,
                       listing.channel_id, listing.company_id, listing.product_id,
                       listing.stock_factor::numeric AS factor,
                       product.product_tmpl_id,
                       COALESCE(template.categ_id, 0) AS categ_id
                  FROM listed
                  JOIN channel_listing listing ON listing.id = listed.listing_id
                  JOIN channel_node node ON node.channel_id = listing.channel_id
                  JOIN product_product product ON product.id = listing.product_id
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
                 WHERE %(published)s
            ),
            supply AS (
                SELECT position.product_id, served.channel_node_id AS node_id,
                       sum(position.on_hand) AS on_hand,
                       sum(position.allocated) AS allocated,
                       sum(position.held) AS held,
                       sum(position.available) AS available,
                       sum(position.backorderable) AS backorderable
                  FROM channel_position position
                  JOIN channel_node_stock_warehouse_rel served
                    ON served.stock_warehouse_id = position.warehouse_id
                 WHERE position.product_id = ANY (
                        ARRAY(SELECT DISTINCT product_id FROM pair))
                 GROUP BY position.product_id, served.channel_node_id
            ),
            %(rules)s,
            stepped AS (
                SELECT pair.*, COALESCE(supply.on_hand, 0) AS on_hand,
                       COALESCE(supply.allocated, 0) AS allocated,
                       COALESCE(supply.held, 0) AS held,
                       COALESCE(supply.available, 0) AS available,
                       LEAST(COALESCE(supply.backorderable, 0),
                             COALESCE(rule.backorder, 0)) AS backorder,
                       rule.fixed, rule.percent, rule.threshold, rule.cap,
                       rule.backorder_id, rule.fixed_id, rule.percent_id,
                       rule.threshold_id, rule.cap_id
                  FROM pair
                  LEFT JOIN supply ON supply.product_id = pair.product_id
                                  AND supply.node_id = pair.node_id
                  LEFT JOIN rule ON rule.listing_id = pair.listing_id
                                AND rule.node_id = pair.node_id
            ),
            buffered AS (
                SELECT stepped.*, GREATEST(0,
                       (available + backorder - COALESCE(fixed, 0))
                       * (100 - COALESCE(percent, 0)) / 100) AS promised
                  FROM stepped
            ),
            packed AS (
                -- four digits absorb the rounding of unit conversions, not stock
                SELECT buffered.*, LEAST(2000000000, CASE WHEN factor > 0
                       THEN floor(round(promised / factor, 4)) ELSE 0 END) AS sold
                  FROM buffered
            ),
            computed AS (
                SELECT packed.*, (
                       CASE WHEN sold <= COALESCE(threshold, 0) THEN 0
                            WHEN COALESCE(cap, 0) > 0 THEN LEAST(sold, floor(cap))
                            ELSE sold END)::integer AS target
                  FROM packed
            )
            """,
            published=PUBLISHED,
            rules=self._rule_ctes(),
        )

    def _inputs_expression(self):
        """What a level remembers of its computation; ``tools.explain`` reads it."""
        names = ["on_hand", "allocated", "held", "available", "backorder", "factor"]
        names += ["sold", "target"]
        for kind in self._kinds():
            names += [kind] * (kind != "backorder") + [f"{kind}_id"]
        return SQL(
            "jsonb_strip_nulls(jsonb_build_object(%s))",
            SQL(", ").join(SQL("%s, %s", name, SQL.identifier(name)) for name in names),
        )

    # --------------------------------------------------------- explanation
    @api.model
    def _explain(self, levels):
        """The same computation, read only.

        :return: level id -> inputs as of now, with the positions of each warehouse;
            levels that are no longer planned are missing
        """
        levels.flush_recordset()
        rows = self.env.execute_query(
            SQL(
                """
                WITH listed AS (
                    SELECT DISTINCT listing_id
                      FROM channel_level
                     WHERE id = ANY(%(ids)s)
                ),
                %(computed)s,
                explained AS (
                    SELECT listing_id, node_id, product_id, %(inputs)s AS inputs
                      FROM computed
                )
                SELECT level.id, explained.inputs, warehouses.facts
                  FROM explained
                  JOIN channel_level level ON level.listing_id = explained.listing_id
                                          AND level.node_id = explained.node_id
                  LEFT JOIN LATERAL (%(warehouses)s) warehouses ON true
                 WHERE level.id = ANY(%(ids)s)
                """,
                ids=list(levels.ids),
                computed=self._computed_ctes(),
                inputs=self._inputs_expression(),
                warehouses=self._warehouses_query(),
            )
        )
        return {
            level_id: dict(inputs, warehouses=warehouses or [])
            for level_id, inputs, warehouses in rows
        }

    def _warehouses_query(self):
        """The positions behind one level, warehouse by warehouse, as one JSON list."""
        return SQL(
            """
            SELECT jsonb_agg(jsonb_build_object(
                       'name', warehouse.name, 'on_hand', position.on_hand,
                       'allocated', position.allocated, 'held', position.held,
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
