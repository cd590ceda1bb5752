# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL

from .channel_level import EXPECTED_REMOTE


class ChannelPlanExclusive(models.AbstractModel):
    """Exclusive allocation: channels that share stock and never offer it twice.

    For a product in a pool, with the levels whose rule names the same group:

    1. *Share.* What the most generous of them may promise is divided by weight, or by
       recent sales, in whole packs; what buffers, caps and rounding leave over goes to
       the others.
    2. *Lower at once, raise when there is room.* A level counts with what its channel
       may be showing: what it acknowledged, or what is on its way, accepted numbers
       until they are seen to be applied among it. Room is what there
       is less the sum of that. So units move only after the channel that gives them has
       acknowledged its lower number, whatever is lost, late or done twice.

    Why that holds with several workers: the planner and a publisher that freezes shared
    numbers take the same advisory lock, so whatever was frozen is counted here or was
    planned here; acknowledgements only make room, and each causes a new plan.

    Goods that are sold alone and in kits, or in several kits, are divided jointly:
    ``channel_plan_claims``.
    """

    _name = "channel.plan.exclusive"
    _description = "Plan Statement: Exclusive"

    def _final_query(self, use, scope):
        """``computed``: target and how it stands with its share."""
        if not use.exclusive:
            return SQL(
                "SELECT shown.*, number AS target, NULL::varchar AS share_state "
                "FROM shown"
            )
        parts = self._parts_query(scope)
        return SQL(
            """
            WITH %(flying)s, %(joint)s %(divided)s
            SELECT shown.*, COALESCE(granted.number, shown.number)::integer AS target,
                   granted.share_state, granted.entitled, granted.room,
                   granted.weight, granted.weights, granted.supply,
                   granted.allocation_id
                   %(columns)s
              FROM shown
              LEFT JOIN (%(granted)s) granted
                     ON granted.listing_id = shown.listing_id
                    AND granted.node_id = shown.node_id
            """,
            flying=FLYING,
            joint=SQL("%s,", self._claim_ctes(use, parts)) if parts else SQL(""),
            divided=self._divided_ctes(use, ALONE if parts else SQL("true")),
            granted=JOINED if parts else SQL("SELECT * FROM granted"),
            columns=SQL("").join(
                SQL(", granted.%s" if parts else ", NULL AS %s", SQL.identifier(name))
                for name in JOINT
            ),
        )

    def _share_columns(self, use):
        """The columns of the division that a level stores."""
        if not use.exclusive:
            return []
        return [
            "entitled",
            "room",
            "weight",
            "weights",
            "supply",
            "allocation_id",
            "share_state",
            *JOINT,
        ]

    def _showing_expression(self):
        """Sold units; NULL for one not seen yet, which may be showing anything."""
        return SQL(
            "CASE WHEN %s THEN GREATEST(0, %s, COALESCE(flying.quantity, 0)) END",
            IS_SEEN,
            EXPECTED_REMOTE,
        )

    def _remote_joins(self, row):
        """Joins of ``row`` to what its channel shows, and what is on its way there."""
        return SQL(
            """
            LEFT JOIN channel_level level ON level.listing_id = %s
                                         AND level.node_id = %s
            LEFT JOIN channel_level_remote remote ON remote.level_id = level.id
            LEFT JOIN flying ON flying.level_id = level.id
            """,
            SQL.identifier(row, "listing_id"),
            SQL.identifier(row, "node_id"),
        )

    def _divided_ctes(self, use, alone):
        """``granted``: a row a level that shares exclusively. ``number``, ``wanted``
        and ``entitled`` in sold units, everything else in STOCK units.

        :param alone: condition on ``shown``: divided without regard to other products
        """
        return SQL(
            """
            member AS (
                SELECT shown.listing_id, shown.node_id, shown.channel_id,
                       shown.product_id, shown.pool, shown.factor,
                       shown.number AS wanted,
                       max(shown.promised) OVER sharing AS supply,
                       pool_key.exclusive_id, pool_key.allocation_id, pool_key.basis,
                       member.weight::float8
                           / count(*) OVER by_channel AS fixed_weight,
                       COALESCE(sold.per_day, 0)::float8
                           / count(*) OVER by_channel AS sales_weight
                  FROM shown
                  JOIN LATERAL (
                        SELECT version.id AS exclusive_id, alloc.id AS allocation_id,
                               alloc.basis
                          FROM version
                          JOIN %(allocations)s alloc
                            ON alloc.group_id = version.allocation_group_id
                         WHERE version.id = shown.exclusive_id
                           AND (version.value = 0
                                OR shown.available <= version.value)
                       ) pool_key ON true
                  JOIN %(members)s member
                    ON member.version_id = pool_key.allocation_id
                   AND member.channel_id = shown.channel_id
                  JOIN channel_channel channel
                    ON channel.id = shown.channel_id
                   AND channel.active AND channel.state <> 'draft'
                  LEFT JOIN channel_sales_rate sold
                         ON sold.product_id = shown.product_id
                        AND sold.channel_id = shown.channel_id
                 WHERE shown.factor > 0 AND %(alone)s
                WINDOW sharing AS (PARTITION BY shown.product_id, shown.pool,
                                             pool_key.exclusive_id),
                       by_channel AS (PARTITION BY shown.product_id, shown.pool,
                                        pool_key.exclusive_id, shown.channel_id)
            ),
            weighed AS (
                SELECT member.*, CASE WHEN basis = 'sales'
                            AND sum(sales_weight) OVER sharing > 0
                       THEN sales_weight ELSE fixed_weight END AS weight
                  FROM member
                WINDOW sharing AS (PARTITION BY product_id, pool, exclusive_id)
            ),
            -- whole packs of each one's part, as far as it may show them
            parted AS (
                SELECT weighed.*, sum(weight) OVER sharing AS weights,
                       LEAST(wanted, COALESCE(floor(supply * weight
                             / NULLIF(sum(weight) OVER sharing, 0)
                             / factor), 0)) AS part
                  FROM weighed
                WINDOW sharing AS (PARTITION BY product_id, pool, exclusive_id)
            ),
            -- what the satisfied leave, among those that are not
            filled AS (
                SELECT parted.*, part + LEAST(wanted - part, COALESCE(
                       floor((supply - sum(part * factor) OVER sharing) * weight
                             / NULLIF(sum(weight) FILTER (WHERE part < wanted)
                                      OVER sharing, 0) / factor), 0)) AS share
                  FROM parted
                WINDOW sharing AS (PARTITION BY product_id, pool, exclusive_id)
            ),
            rested AS (
                SELECT filled.*, supply - sum(share * factor) OVER sharing AS rest
                  FROM filled
                WINDOW sharing AS (PARTITION BY product_id, pool, exclusive_id)
            ),
            -- and what rounding leaves, a pack each, to those it has cost most
            rounded AS (
                SELECT rested.*, share + CASE
                       WHEN share < wanted AND weight > 0 AND factor <= rest
                       AND sum(factor) FILTER (
                               WHERE share < wanted AND weight > 0 AND factor <= rest)
                           OVER (sharing ORDER BY supply * weight / NULLIF(weights, 0)
                                               - share * factor DESC,
                                               weight DESC, listing_id, node_id)
                           <= rest
                       THEN 1 ELSE 0 END AS entitled
                  FROM rested
                WINDOW sharing AS (PARTITION BY product_id, pool, exclusive_id)
            ),
            -- what each channel may be showing; of one not seen yet: everything
            exposed AS (
                SELECT rounded.*, %(is_seen)s AS is_seen, %(showing)s AS showing
                  FROM rounded
                  %(remote)s
            ),
            roomy AS (
                SELECT exposed.*, GREATEST(0, supply
                           - sum(COALESCE(showing * factor, supply))
                             OVER sharing) AS room,
                       CASE WHEN is_seen THEN GREATEST(0, entitled - showing) * factor
                            ELSE 0 END AS more
                  FROM exposed
                WINDOW sharing AS (PARTITION BY product_id, pool, exclusive_id)
            ),
            granted AS (
                SELECT roomy.listing_id, roomy.node_id, entitled, weight, weights,
                       supply, room, granting.number,
                       CASE WHEN granting.number < entitled THEN 'waiting'
                            ELSE 'settled' END AS share_state, allocation_id
                  FROM (SELECT roomy.*, COALESCE(sum(more) OVER (
                                   PARTITION BY product_id, pool, exclusive_id
                                   ORDER BY weight DESC, listing_id, node_id
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
                                   0) AS earlier
                          FROM roomy) roomy
                  JOIN LATERAL (
                        -- one not seen yet is not sent to: it is told its share, and
                        -- judged again as soon as it is seen
                        SELECT CASE WHEN NOT COALESCE(is_seen, false)
                                      OR entitled <= showing THEN entitled
                               ELSE showing + floor(LEAST(more,
                                        GREATEST(0, room - earlier)) / factor)
                               END AS number
                       ) granting ON true
            )
            """,
            alone=alone,
            allocations=use.allocations,
            members=use.members,
            is_seen=IS_SEEN,
            showing=self._showing_expression(),
            remote=self._remote_joins("rounded"),
        )


IS_SEEN = SQL("remote.state IN ('known', 'rejected', 'stale')")

# What is on its way to a level, sold units. Of a number that the channel has accepted
# and may not have applied, the one before counts as well: either may stand there.
FLYING = SQL(
    """
    flying AS (
        SELECT level_id, max(quantity) AS quantity
          FROM (SELECT line.level_id, line.quantity
                  FROM channel_publication publication
                  JOIN channel_publication_line line
                    ON line.publication_id = publication.id AND line.result = 'open'
                 WHERE publication.state IN ('ready', 'sending')
                 UNION ALL
                SELECT line.level_id, GREATEST(line.quantity, line.base)
                  FROM channel_publication publication
                  JOIN channel_publication_line line
                    ON line.publication_id = publication.id
                   AND line.result = 'accepted' AND line.stood IS NOT TRUE
                 WHERE publication.state = 'accepted') AS each
         GROUP BY level_id
    )
    """
)

# What the explanation of a level needs to know that is divided jointly: the version,
# the product that binds it, how many others share that.
JOINT = ("shared_by", "bound_by", "others")
ALONE = SQL("shown.product_id NOT IN (SELECT product_id FROM knotted)")
JOINED = SQL(
    "SELECT *, NULL::integer AS shared_by, NULL::integer AS bound_by, "
    "NULL::bigint AS others FROM granted UNION ALL SELECT * FROM jointly"
)
