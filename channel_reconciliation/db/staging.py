# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a run has noted, read and found, in tables that are not logged.

They are emptied with their run. PostgreSQL empties them after a crash: a run whose rows
are gone begins again. The statements are those of one run; numbers are SOLD units.

- ``channel_reconcile_noted``: a row a level, what was known of it before it was read
  and may be another now. ``round``: of the run, in which it is judged.
- ``channel_reconcile_seen``: a row an item and place, what was read, in that order. It
  is joined as a whole: an index of items would cost more than it is used for.
- ``channel_reconcile_found``: a row a level, or item and place, that is not equal.
"""

from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.flying import FLYING_LINE
from odoo.addons.channel_inventory_base.db.published import PUBLISHED
from odoo.addons.channel_inventory_base.models.channel_level import EXPECTED_REMOTE

from ..const import CONCLUDED, STUCK_MINUTES

TABLES = ("noted", "seen", "found")

CREATE = """
CREATE UNLOGGED TABLE IF NOT EXISTS channel_reconcile_noted (
    run_id integer NOT NULL,
    level_id integer NOT NULL,
    stock_ref varchar NOT NULL,
    node_ref varchar NOT NULL,
    state varchar NOT NULL,
    expected integer,
    base_sum integer,
    flying boolean NOT NULL,
    round smallint NOT NULL DEFAULT 1,
    PRIMARY KEY (run_id, level_id)
);
CREATE UNLOGGED TABLE IF NOT EXISTS channel_reconcile_seen (
    number bigint GENERATED ALWAYS AS IDENTITY,
    run_id integer NOT NULL,
    stock_ref varchar NOT NULL,
    node_ref varchar NOT NULL,
    available integer,
    committed integer,
    updated_at timestamp,
    sells_below_zero boolean,
    tracked boolean NOT NULL,
    sku varchar
);
CREATE INDEX IF NOT EXISTS channel_reconcile_seen_run_idx
    ON channel_reconcile_seen (run_id);
CREATE UNLOGGED TABLE IF NOT EXISTS channel_reconcile_found (
    run_id integer NOT NULL,
    kind varchar NOT NULL,
    level_id integer,
    remote_id integer,
    listing_id integer,
    node_id integer,
    product_id integer,
    stock_ref varchar NOT NULL,
    node_ref varchar NOT NULL,
    sku varchar,
    shown integer,
    expected integer,
    target integer,
    updated_at timestamp
);
CREATE INDEX IF NOT EXISTS channel_reconcile_found_run_idx
    ON channel_reconcile_found (run_id, kind);
"""


def create_staging(cr):
    """Anew at each update of the addon: a run whose rows are gone begins again."""
    drop_staging(cr)
    cr.execute(SQL(CREATE))


def drop_staging(cr):
    for table in TABLES:
        name = SQL.identifier(f"channel_reconcile_{table}")
        cr.execute(SQL("DROP TABLE IF EXISTS %s", name))


def empty(run_id, tables=TABLES):
    """Statements that remove a run's rows."""
    return [
        SQL(
            "DELETE FROM %s WHERE run_id = %s",
            SQL.identifier(f"channel_reconcile_{table}"),
            run_id,
        )
        for table in tables
    ]


def make_room():
    """Statements for a transaction that joins all of a run's rows: in memory, and
    without compiling that first."""
    return [SQL("SET LOCAL jit = off"), SQL("SET LOCAL work_mem = '64MB'")]


def analyze():
    """Statements after which PostgreSQL knows how many rows there are, which a small
    sample tells."""
    return [
        SQL("SET LOCAL default_statistics_target = 10"),
        *(
            SQL("ANALYZE %s", SQL.identifier(f"channel_reconcile_{table}"))
            for table in ("noted", "seen")
        ),
    ]


def _facts(channel_id, condition, awaited):
    """What is known now of published levels of a channel: a row a level.

    :param condition: on ``level``: which of them
    :param awaited: condition on ``level``, see ``channel.observer._awaited``
    """
    return SQL(
        """
        SELECT level.id AS level_id, remote.id AS remote_id, level.listing_id,
               level.node_id, listing.product_id, listing.stock_ref,
               node.external_id AS node_ref, listing.sku,
               COALESCE(remote.state, 'unknown') AS state, %(expected)s AS expected,
               remote.base_qty + remote.base_deducted AS base_sum, level.target,
               listing.stock_factor AS factor,
               level.id IN (%(flying)s) OR %(awaited)s IS TRUE AS flying
          FROM channel_level level
          JOIN channel_listing listing ON listing.id = level.listing_id
          JOIN channel_node node ON node.id = level.node_id
          LEFT JOIN channel_level_remote remote ON remote.level_id = level.id
         WHERE level.channel_id = %(channel)s AND %(published)s AND %(condition)s
        """,
        channel=channel_id,
        expected=EXPECTED_REMOTE,
        flying=_flying(channel_id),
        awaited=awaited,
        published=PUBLISHED,
        condition=condition,
    )


def _flying(channel_id):
    """Ids of levels of which a number is on its way: a few, whatever was ever sent."""
    return SQL(
        """
        SELECT line.level_id
          FROM channel_publication publication
          JOIN channel_publication_line line ON line.publication_id = publication.id
         WHERE publication.channel_id = %s AND %s
           -- says nothing new, but by which indexes they are found
           AND (publication.state IN ('ready', 'sending')
                OR publication.state = 'accepted')
        """,
        channel_id,
        FLYING_LINE,
    )


def note(run_id, channel_id, awaited):
    """Note what is known of all levels of a channel, in one statement."""
    return SQL(
        """
        INSERT INTO channel_reconcile_noted
               (run_id, level_id, stock_ref, node_ref, state, expected, base_sum,
                flying)
        SELECT %s, level_id, stock_ref, node_ref, state, expected, base_sum, flying
          FROM (%s) fact
        """,
        run_id,
        _facts(channel_id, SQL("true"), awaited),
    )


def note_again(run_id, channel_id, number, awaited):
    """Note anew what is known of the levels of a round; one that is not published any
    more is done with."""
    return SQL(
        """
        WITH gone AS (
            DELETE FROM channel_reconcile_seen seen USING channel_reconcile_noted noted
             WHERE noted.run_id = %(run)s AND noted.round = %(round)s
               AND seen.run_id = noted.run_id
               AND seen.stock_ref = noted.stock_ref AND seen.node_ref = noted.node_ref
        ), fact AS (
            %(facts)s
        ), fresh AS (
            UPDATE channel_reconcile_noted noted
               SET state = fact.state, expected = fact.expected,
                   base_sum = fact.base_sum, flying = fact.flying
              FROM fact
             WHERE noted.run_id = %(run)s AND noted.level_id = fact.level_id
            RETURNING noted.level_id
        )
        UPDATE channel_reconcile_noted SET round = 0
         WHERE run_id = %(run)s AND round = %(round)s
           AND level_id NOT IN (SELECT level_id FROM fact)
        """,
        run=run_id,
        round=number,
        facts=_facts(channel_id, _of_round(run_id, number), awaited),
    )


def _of_round(run_id, number):
    """Condition of ``level``: it is judged in this round."""
    return SQL(
        "level.id IN (SELECT level_id FROM channel_reconcile_noted "
        "WHERE run_id = %s AND round = %s)",
        run_id,
        number,
    )


def find_due(run_id, number, after, size):
    """The next levels of a round that are to be read by name, a request's worth.

    :param after: id of the last level that was read, 0 to begin
    :return: rows of (level id, stock_ref, node_ref)
    """
    return SQL(
        """
        SELECT level_id, stock_ref, node_ref FROM channel_reconcile_noted
         WHERE run_id = %s AND round = %s AND level_id > %s
         ORDER BY level_id LIMIT %s
        """,
        run_id,
        number,
        after,
        size,
    )


def has_round(run_id, number):
    """A row where levels are to be read again."""
    return SQL(
        "SELECT FROM channel_reconcile_noted WHERE run_id = %s AND round = %s LIMIT 1",
        run_id,
        number,
    )


def advance(run_id, count, cursor):
    """So many numbers more were read; the next page is at the cursor, unless None."""
    return SQL(
        """
        UPDATE channel_reconcile_run
           SET read_count = COALESCE(read_count, 0) + %s, cursor = COALESCE(%s, cursor)
         WHERE id = %s
        """,
        count,
        cursor,
        run_id,
    )


def see(run_id, rows):
    """Store what was read; of an item that comes twice, see ``keep_last``.

    :param rows: list of (stock_ref, node_ref, available, committed, updated_at naive
        UTC by our clock, sells_below_zero, tracked, sku)
    """
    columns = [list(column) for column in zip(*rows, strict=True)]
    return SQL(
        """
        INSERT INTO channel_reconcile_seen
               (run_id, stock_ref, node_ref, available, committed, updated_at,
                sells_below_zero, tracked, sku)
        SELECT %s, page.*
          FROM unnest(%s::varchar[], %s::varchar[], %s::int[], %s::int[],
                      %s::timestamp[], %s::bool[], %s::bool[], %s::varchar[]) page
        """,
        run_id,
        *columns,
    )


def keep_last(run_id):
    """An item that was read twice, because a shop shifts its pages or a worker died, is
    as it was read last."""
    return SQL(
        """
        DELETE FROM channel_reconcile_seen older USING channel_reconcile_seen newer
         WHERE older.run_id = %(run)s AND newer.run_id = %(run)s
           AND newer.stock_ref = older.stock_ref AND newer.node_ref = older.node_ref
           AND newer.number > older.number
        """,
        run=run_id,
    )


# What a level that differs was sent last, and before that: times by our clock. Looked
# up for those alone.
SENT = """
    SELECT max(sent.sent_at) FILTER (WHERE place = 1) AS sent_at,
           max(sent.acked_at) FILTER (WHERE place = 1) AS acked_at,
           max(sent.quantity) FILTER (WHERE place = 2) AS previous
      FROM (SELECT publication.sent_at, publication.acked_at, line.quantity,
                   row_number() OVER (ORDER BY line.id DESC) AS place
              FROM channel_publication_line line
              JOIN channel_publication publication
                ON publication.id = line.publication_id
             WHERE noted.kind IS NULL
               AND line.level_id = noted.level_id AND line.result = 'acked'
             ORDER BY line.id DESC LIMIT 2) sent
"""


def compare(run_id, channel_id, number, whole, overwrites, lag, awaited):
    """Judge the levels of a round: each that is not equal is found, with its class; one
    that moves is left to the next round.

    ``before`` is what was noted before it was read, ``now`` what is known after all
    orders up to then were taken in. What a reading may have met in between lies
    between the two. Returned is what the breaker judges by: the fields of
    ``tools.believe.Reading``.

    :param number: of the round
    :param whole: everything was to be read: what is missing is gone
    :param overwrites: the channel cannot compare before it writes
    :param lag: seconds that an order may be shown later than its sale
    :param awaited: condition on ``level``, see ``channel.observer._awaited``
    """
    return SQL(
        """
        WITH now AS (
            %(facts)s
        ), waiting AS (
            SELECT level_id, min(since) AS since FROM channel_level_pending
             WHERE channel_id = %(channel)s GROUP BY level_id
        ), paired AS (
            SELECT noted.level_id, noted.stock_ref, noted.node_ref, noted.state,
                   noted.expected, noted.base_sum, noted.flying,
                   now.level_id IS NULL AS left, now.state AS state_now,
                   now.expected AS expected_now, now.base_sum AS base_now,
                   now.flying AS flying_now, now.target, now.factor, now.remote_id,
                   now.listing_id, now.node_id, now.product_id, now.sku,
                   seen.run_id IS NOT NULL AS read, seen.available,
                   COALESCE(seen.available, 0) AS shown, seen.updated_at, seen.tracked,
                   waiting.since AS waiting_since
              FROM channel_reconcile_noted noted
              LEFT JOIN now ON now.level_id = noted.level_id
              LEFT JOIN channel_reconcile_seen seen ON seen.run_id = noted.run_id
               AND seen.stock_ref = noted.stock_ref AND seen.node_ref = noted.node_ref
              LEFT JOIN waiting ON waiting.level_id = noted.level_id
             WHERE noted.run_id = %(run)s AND noted.round = %(round)s
        ), sorted AS MATERIALIZED (
            SELECT paired.*, CASE
                WHEN paired.left THEN 'equal'
                WHEN NOT read AND NOT %(whole)s THEN 'moving'
                WHEN read AND NOT tracked THEN 'untracked'
                WHEN state_now = 'rejected' OR waiting_since
                     < now() AT TIME ZONE 'UTC' - make_interval(mins => %(stuck)s)
                     THEN 'stuck'
                WHEN state <> state_now OR flying OR flying_now
                     OR base_sum IS DISTINCT FROM base_now THEN 'moving'
                WHEN state_now <> 'known' THEN 'unknown'
                WHEN NOT read AND (expected = 0 OR expected_now = 0) THEN 'equal'
                WHEN NOT read THEN 'gone'
                WHEN shown = expected AND shown = expected_now THEN 'equal'
                WHEN shown = expected_now AND shown < expected THEN 'unseen_sale'
                WHEN shown = expected AND expected_now < expected THEN 'echo'
                WHEN expected <> expected_now THEN 'moving'
                WHEN available IS NULL AND target > 0 THEN 'not_stocked'
                WHEN factor > 1 AND (shown = expected * factor AND expected > 0
                     OR shown * factor = expected AND shown > 0) THEN 'wrong_unit'
                END AS kind
              FROM paired
        ), elsewhere AS (
            -- the channel has it, and not at this place
            SELECT level_id FROM sorted
             WHERE kind = 'gone' AND target > 0
               AND EXISTS (SELECT FROM channel_reconcile_seen seen
                            WHERE seen.run_id = %(run)s
                              AND seen.stock_ref = sorted.stock_ref)
        ), judged AS (
            SELECT noted.*, CASE
                WHEN level_id IN (SELECT level_id FROM elsewhere) THEN 'not_stocked'
                WHEN kind IS NOT NULL THEN kind
                WHEN sent.previous = shown AND updated_at < sent.sent_at
                     THEN 'not_applied'
                WHEN %(overwrites)s AND shown - expected_now = (
                     SELECT sum(quantity) FROM channel_deduction deduction
                      WHERE deduction.listing_id = noted.listing_id
                        AND deduction.node_id = noted.node_id
                        -- which is noted in whole seconds
                        AND deduction.created_at BETWEEN
                            date_trunc('second', sent.sent_at)
                                - make_interval(secs => %(lag)s)
                            AND sent.acked_at + make_interval(secs => %(lag)s + 60))
                     THEN 'lost_decrement'
                ELSE 'edited' END AS class
              FROM sorted noted
              LEFT JOIN LATERAL (%(sent)s) sent ON true
             WHERE kind IS DISTINCT FROM 'equal'
        ), moving AS (
            UPDATE channel_reconcile_noted noted SET round = %(round)s + 1
              FROM judged
             WHERE noted.run_id = %(run)s AND noted.level_id = judged.level_id
               AND judged.class = 'moving'
        ), found AS (
            INSERT INTO channel_reconcile_found
                   (run_id, kind, level_id, remote_id, listing_id, node_id, product_id,
                    stock_ref, node_ref, sku, shown, expected, target, updated_at)
            SELECT %(run)s, class, level_id, remote_id, listing_id, node_id, product_id,
                   stock_ref, node_ref, sku, available, expected_now, target, updated_at
              FROM judged
        )
        SELECT count(*) FILTER (WHERE expected > 0),
               count(*) FILTER (WHERE expected > 0 AND read),
               count(*) FILTER (WHERE expected > 0 AND read AND shown = 0
                                  AND concluded),
               count(*) FILTER (WHERE concluded),
               count(*) FILTER (WHERE read),
               COALESCE(sum(expected) FILTER (WHERE read), 0)::bigint,
               COALESCE(sum(shown) FILTER (WHERE shown > 0), 0)::bigint
          FROM (SELECT *, kind IS NULL OR kind = ANY(%(concluded)s)
                       OR level_id IN (SELECT level_id FROM elsewhere) AS concluded
                  FROM sorted WHERE state = 'known') fact
        """,
        facts=_facts(
            channel_id,
            SQL("true") if number == 1 else _of_round(run_id, number),
            awaited,
        ),
        concluded=list(CONCLUDED),
        channel=channel_id,
        run=run_id,
        round=number,
        whole=whole,
        stuck=STUCK_MINUTES,
        overwrites=overwrites,
        lag=lag,
        sent=SQL(SENT),
    )


def find_others(run_id, channel_id):
    """Find what the channel sells and no number of ours is about: once a run."""
    return SQL(
        """
        WITH other AS MATERIALIZED (
            SELECT seen.* FROM channel_reconcile_seen seen
              LEFT JOIN channel_reconcile_noted noted ON noted.run_id = seen.run_id
               AND noted.stock_ref = seen.stock_ref AND noted.node_ref = seen.node_ref
             WHERE seen.run_id = %(run)s
               AND (noted.run_id IS NULL AND seen.available > 0
                    OR seen.sells_below_zero OR NOT seen.tracked)
        ), matched AS (
            SELECT listing.id, listing.stock_ref, listing.product_id, listing.sku,
                   template.is_storable
              FROM channel_listing listing
              JOIN product_product product ON product.id = listing.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
             WHERE listing.channel_id = %(channel)s AND listing.state = 'mapped'
               AND listing.active
               AND listing.stock_ref IN (SELECT stock_ref FROM other)
        )
        INSERT INTO channel_reconcile_found
               (run_id, kind, listing_id, node_id, product_id, stock_ref, node_ref, sku,
                shown, updated_at)
        SELECT %(run)s, 'unmapped', listing.id, node.id, listing.product_id,
               seen.stock_ref, seen.node_ref, COALESCE(listing.sku, seen.sku),
               seen.available, seen.updated_at
          FROM other seen
          LEFT JOIN LATERAL (
               SELECT id, sku, product_id FROM channel_listing
                WHERE channel_id = %(channel)s AND stock_ref = seen.stock_ref
                ORDER BY active DESC, id LIMIT 1) listing ON true
          LEFT JOIN channel_node node ON node.channel_id = %(channel)s
           AND node.external_id = seen.node_ref
         WHERE seen.available > 0 AND seen.tracked
           AND NOT EXISTS (SELECT FROM matched
                            WHERE matched.stock_ref = seen.stock_ref)
        UNION ALL
        SELECT %(run)s, 'foreign_place', matched.id, node.id, matched.product_id,
               seen.stock_ref, seen.node_ref, matched.sku, seen.available,
               seen.updated_at
          FROM other seen
          JOIN matched USING (stock_ref)
          LEFT JOIN channel_node node ON node.channel_id = %(channel)s
           AND node.external_id = seen.node_ref
         WHERE seen.available > 0
           AND (node.id IS NULL
                OR NOT (node.active AND node.publish)
                   AND node.fulfilled_by_channel IS NOT TRUE)
        UNION ALL
        SELECT DISTINCT ON (seen.stock_ref) %(run)s, 'sells_below_zero', matched.id,
               NULL::int, matched.product_id, seen.stock_ref, '', matched.sku,
               seen.available, NULL::timestamp
          FROM other seen
          JOIN matched USING (stock_ref)
         WHERE seen.sells_below_zero AND seen.tracked
           AND matched.is_storable
           AND NOT EXISTS (SELECT FROM channel_level level
                             JOIN channel_level_inputs stored
                               ON stored.level_id = level.id
                            WHERE level.listing_id = matched.id
                              AND (stored.inputs ->> 'backorder_id') IS NOT NULL)
        UNION ALL
        SELECT DISTINCT ON (seen.stock_ref) %(run)s, 'untracked', matched.id,
               NULL::int, matched.product_id, seen.stock_ref, '', matched.sku,
               NULL::int, NULL::timestamp
          FROM other seen
          JOIN matched USING (stock_ref)
         WHERE NOT seen.tracked AND matched.is_storable
           AND NOT EXISTS (SELECT FROM channel_reconcile_found found
                            WHERE found.run_id = %(run)s AND found.kind = 'untracked'
                              AND found.stock_ref = seen.stock_ref)
        """,
        run=run_id,
        channel=channel_id,
    )
