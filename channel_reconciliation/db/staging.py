# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a run has noted, read and found, in tables that are not logged.

They are emptied with their run. PostgreSQL empties them after a crash: a run whose rows
are gone begins again. The statements are those of one run; numbers are SOLD units.

- ``channel_reconcile_noted``: a row a level, what was known of it before it was read.
  ``due``: it is judged by the next comparison; ``asked``: it was read by name.
- ``channel_reconcile_seen``: a row an item and place, what was read.
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
    remote_id integer,
    listing_id integer NOT NULL,
    node_id integer NOT NULL,
    product_id integer,
    stock_ref varchar NOT NULL,
    node_ref varchar NOT NULL,
    sku varchar,
    state varchar NOT NULL,
    expected integer,
    base_sum integer,
    target integer NOT NULL,
    factor double precision,
    flying boolean NOT NULL,
    due boolean NOT NULL DEFAULT true,
    asked boolean NOT NULL DEFAULT false,
    PRIMARY KEY (run_id, level_id)
);
CREATE UNLOGGED TABLE IF NOT EXISTS channel_reconcile_seen (
    run_id integer NOT NULL,
    stock_ref varchar NOT NULL,
    node_ref varchar NOT NULL,
    available integer,
    committed integer,
    updated_at timestamp,
    sells_below_zero boolean,
    tracked boolean NOT NULL,
    sku varchar,
    PRIMARY KEY (run_id, stock_ref, node_ref)
);
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


def analyze():
    """Statements after which PostgreSQL knows how many rows there are."""
    return [
        SQL("ANALYZE %s", SQL.identifier(f"channel_reconcile_{table}"))
        for table in ("noted", "seen")
    ]


def _facts(condition):
    """What is known now of published levels: a row a level."""
    return SQL(
        """
        SELECT level.id AS level_id, remote.id AS remote_id, level.listing_id,
               level.node_id, listing.product_id, listing.stock_ref,
               node.external_id AS node_ref, listing.sku,
               COALESCE(remote.state, 'unknown') AS state, %(expected)s AS expected,
               remote.base_qty + remote.base_deducted AS base_sum, level.target,
               listing.stock_factor AS factor,
               EXISTS (SELECT FROM channel_publication_line line
                         JOIN channel_publication publication
                           ON publication.id = line.publication_id
                        WHERE line.level_id = level.id AND %(flying)s) AS flying
          FROM channel_level level
          JOIN channel_listing listing ON listing.id = level.listing_id
          JOIN channel_node node ON node.id = level.node_id
          LEFT JOIN channel_level_remote remote ON remote.level_id = level.id
         WHERE %(published)s AND %(condition)s
        """,
        expected=EXPECTED_REMOTE,
        flying=FLYING_LINE,
        published=PUBLISHED,
        condition=condition,
    )


def note(run_id, channel_id):
    """Note what is known of all levels of a channel, in one statement."""
    return SQL(
        """
        INSERT INTO channel_reconcile_noted
               (run_id, level_id, remote_id, listing_id, node_id, product_id, stock_ref,
                node_ref, sku, state, expected, base_sum, target, factor, flying)
        SELECT %s, fact.* FROM (%s) fact
        """,
        run_id,
        _facts(SQL("level.channel_id = %s", channel_id)),
    )


def note_again(run_id):
    """Note anew what is known of the levels that are due; one that is not published any
    more is done with."""
    return SQL(
        """
        WITH gone AS (
            DELETE FROM channel_reconcile_seen seen USING channel_reconcile_noted noted
             WHERE noted.run_id = %(run)s AND noted.due AND seen.run_id = noted.run_id
               AND seen.stock_ref = noted.stock_ref AND seen.node_ref = noted.node_ref
        ), fact AS (
            %(facts)s
        ), fresh AS (
            UPDATE channel_reconcile_noted noted
               SET state = fact.state, expected = fact.expected, asked = false,
                   base_sum = fact.base_sum, target = fact.target, flying = fact.flying
              FROM fact
             WHERE noted.run_id = %(run)s AND noted.level_id = fact.level_id
            RETURNING noted.level_id
        )
        UPDATE channel_reconcile_noted SET due = false
         WHERE run_id = %(run)s AND due AND level_id NOT IN (SELECT level_id FROM fact)
        """,
        run=run_id,
        facts=_facts(
            SQL(
                "level.id IN (SELECT level_id FROM channel_reconcile_noted "
                "WHERE run_id = %s AND due)",
                run_id,
            )
        ),
    )


def see(run_id, rows):
    """Store a page of what was read; an item that comes twice counts as read last.

    :param rows: list of (stock_ref, node_ref, available, committed, updated_at naive
        UTC by our clock, sells_below_zero, tracked, sku)
    """
    columns = [list(column) for column in zip(*rows, strict=True)]
    return SQL(
        """
        INSERT INTO channel_reconcile_seen
               (run_id, stock_ref, node_ref, available, committed, updated_at,
                sells_below_zero, tracked, sku)
        SELECT DISTINCT ON (stock_ref, node_ref) %s, stock_ref, node_ref, available,
               committed, updated_at, sells_below_zero, tracked, sku
          FROM unnest(%s::varchar[], %s::varchar[], %s::int[], %s::int[],
                      %s::timestamp[], %s::bool[], %s::bool[], %s::varchar[])
               WITH ORDINALITY AS page (stock_ref, node_ref, available, committed,
                    updated_at, sells_below_zero, tracked, sku, place)
         ORDER BY stock_ref, node_ref, place DESC
        ON CONFLICT (run_id, stock_ref, node_ref) DO UPDATE
           SET available = EXCLUDED.available, committed = EXCLUDED.committed,
               updated_at = EXCLUDED.updated_at, tracked = EXCLUDED.tracked,
               sells_below_zero = EXCLUDED.sells_below_zero, sku = EXCLUDED.sku
        """,
        run_id,
        *columns,
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


def compare(run_id, channel_id, whole, overwrites, lag):
    """Judge the levels that are due: each that is not equal is found, with its class.

    ``before`` is what was noted before it was read, ``now`` what is known after all
    orders up to then were taken in. What a reading may have met in between lies
    between the two.

    :param whole: everything was to be read: what is missing is gone
    :param overwrites: the channel cannot compare before it writes
    :param lag: seconds that an order may be shown later than its sale
    """
    return SQL(
        """
        WITH now AS (
            %(facts)s
        ), waiting AS (
            SELECT level_id, min(since) AS since FROM channel_level_pending
             WHERE channel_id = %(channel)s GROUP BY level_id
        ), paired AS (
            SELECT noted.*, now.level_id IS NULL AS left, now.state AS state_now,
                   now.expected AS expected_now, now.base_sum AS base_now,
                   now.flying AS flying_now, now.target AS target_now,
                   now.remote_id AS remote_now,
                   seen.stock_ref IS NOT NULL AS read, seen.available,
                   COALESCE(seen.available, 0) AS shown, seen.updated_at, seen.tracked,
                   waiting.since AS waiting_since
              FROM channel_reconcile_noted noted
              LEFT JOIN now ON now.level_id = noted.level_id
              LEFT JOIN channel_reconcile_seen seen ON seen.run_id = noted.run_id
               AND seen.stock_ref = noted.stock_ref AND seen.node_ref = noted.node_ref
              LEFT JOIN waiting ON waiting.level_id = noted.level_id
             WHERE noted.run_id = %(run)s AND noted.due
        ), sorted AS (
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
                WHEN NOT read THEN CASE
                     WHEN expected = 0 OR expected_now = 0 THEN 'equal'
                     -- the channel has it, and not at this place
                     WHEN target_now > 0 AND EXISTS (
                          SELECT FROM channel_reconcile_seen elsewhere
                           WHERE elsewhere.run_id = %(run)s
                             AND elsewhere.stock_ref = paired.stock_ref)
                          THEN 'not_stocked'
                     ELSE 'gone' END
                WHEN shown = expected AND shown = expected_now THEN 'equal'
                WHEN shown = expected_now AND shown < expected THEN 'unseen_sale'
                WHEN shown = expected AND expected_now < expected THEN 'echo'
                WHEN expected <> expected_now THEN 'moving'
                WHEN available IS NULL AND target_now > 0 THEN 'not_stocked'
                WHEN factor > 1 AND (shown = expected * factor AND expected > 0
                     OR shown * factor = expected AND shown > 0) THEN 'wrong_unit'
                END AS kind
              FROM paired
        ), judged AS (
            SELECT noted.*, COALESCE(kind, CASE
                WHEN sent.previous = shown AND updated_at < sent.sent_at
                     THEN 'not_applied'
                WHEN %(overwrites)s AND shown - expected_now = (
                     SELECT sum(quantity) FROM channel_deduction deduction
                      WHERE deduction.listing_id = noted.listing_id
                        AND deduction.node_id = noted.node_id
                        AND deduction.created_at BETWEEN
                            sent.sent_at - make_interval(secs => %(lag)s)
                            AND sent.acked_at + make_interval(secs => %(lag)s + 60))
                     THEN 'lost_decrement'
                ELSE 'edited' END) AS class
              FROM sorted noted
              LEFT JOIN LATERAL (%(sent)s) sent ON true
        ), settled AS (
            UPDATE channel_reconcile_noted noted SET due = false
              FROM judged
             WHERE noted.run_id = %(run)s AND noted.level_id = judged.level_id
               AND judged.class <> 'moving'
        )
        INSERT INTO channel_reconcile_found
               (run_id, kind, level_id, remote_id, listing_id, node_id, product_id,
                stock_ref, node_ref, sku, shown, expected, target, updated_at)
        SELECT %(run)s, class, level_id, remote_now, listing_id, node_id, product_id,
               stock_ref, node_ref, sku, available, expected_now, target_now, updated_at
          FROM judged WHERE class <> 'equal'
        """,
        facts=_facts(
            SQL(
                "level.id IN (SELECT level_id FROM channel_reconcile_noted "
                "WHERE run_id = %s AND due)",
                run_id,
            )
        ),
        channel=channel_id,
        run=run_id,
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
        WITH matched AS (
            SELECT listing.id, listing.stock_ref, listing.product_id, listing.sku,
                   template.is_storable,
                   EXISTS (SELECT FROM channel_level level
                             JOIN channel_level_inputs stored
                               ON stored.level_id = level.id
                            WHERE level.listing_id = listing.id
                              AND (stored.inputs ->> 'backorder_id') IS NOT NULL
                          ) AS promised
              FROM channel_listing listing
              JOIN product_product product ON product.id = listing.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
             WHERE listing.channel_id = %(channel)s AND listing.state = 'mapped'
               AND listing.active
        )
        INSERT INTO channel_reconcile_found
               (run_id, kind, listing_id, node_id, product_id, stock_ref, node_ref, sku,
                shown, updated_at)
        SELECT %(run)s, 'unmapped', listing.id, node.id, listing.product_id,
               seen.stock_ref, seen.node_ref, COALESCE(listing.sku, seen.sku),
               seen.available, seen.updated_at
          FROM channel_reconcile_seen seen
          LEFT JOIN LATERAL (
               SELECT id, sku, product_id FROM channel_listing
                WHERE channel_id = %(channel)s AND stock_ref = seen.stock_ref
                ORDER BY active DESC, id LIMIT 1) listing ON true
          LEFT JOIN channel_node node ON node.channel_id = %(channel)s
           AND node.external_id = seen.node_ref
         WHERE seen.run_id = %(run)s AND seen.available > 0 AND seen.tracked
           AND NOT EXISTS (SELECT FROM matched
                            WHERE matched.stock_ref = seen.stock_ref)
        UNION ALL
        SELECT %(run)s, 'foreign_place', matched.id, node.id, matched.product_id,
               seen.stock_ref, seen.node_ref, matched.sku, seen.available,
               seen.updated_at
          FROM channel_reconcile_seen seen
          JOIN matched USING (stock_ref)
          LEFT JOIN channel_node node ON node.channel_id = %(channel)s
           AND node.external_id = seen.node_ref
         WHERE seen.run_id = %(run)s AND seen.available > 0
           AND (node.id IS NULL
                OR NOT (node.active AND node.publish)
                   AND node.fulfilled_by_channel IS NOT TRUE)
        UNION ALL
        SELECT DISTINCT ON (seen.stock_ref) %(run)s, 'sells_below_zero', matched.id,
               NULL::int, matched.product_id, seen.stock_ref, '', matched.sku,
               seen.available, NULL::timestamp
          FROM channel_reconcile_seen seen
          JOIN matched USING (stock_ref)
         WHERE seen.run_id = %(run)s AND seen.sells_below_zero AND seen.tracked
           AND matched.is_storable AND NOT matched.promised
        UNION ALL
        SELECT DISTINCT ON (seen.stock_ref) %(run)s, 'untracked', matched.id,
               NULL::int, matched.product_id, seen.stock_ref, '', matched.sku,
               NULL::int, NULL::timestamp
          FROM channel_reconcile_seen seen
          JOIN matched USING (stock_ref)
         WHERE seen.run_id = %(run)s AND NOT seen.tracked AND matched.is_storable
           AND NOT EXISTS (SELECT FROM channel_reconcile_found found
                            WHERE found.run_id = %(run)s AND found.kind = 'untracked'
                              AND found.stock_ref = seen.stock_ref)
        """,
        run=run_id,
        channel=channel_id,
    )


def measure(run_id):
    """What the breaker judges by: the fields of ``tools.believe.Reading``."""
    return SQL(
        """
        SELECT count(*) FILTER (WHERE noted.expected > 0),
               count(*) FILTER (WHERE noted.expected > 0 AND seen.run_id IS NOT NULL),
               count(*) FILTER (WHERE noted.expected > 0 AND seen.run_id IS NOT NULL
                                  AND COALESCE(seen.available, 0) = 0
                                  AND found.kind = ANY(%(concluded)s)),
               count(*) FILTER (WHERE found.kind = ANY(%(concluded)s)),
               count(*) FILTER (WHERE seen.run_id IS NOT NULL),
               COALESCE(sum(noted.expected) FILTER (
                   WHERE seen.run_id IS NOT NULL), 0)::bigint,
               COALESCE(sum(seen.available) FILTER (
                   WHERE seen.available > 0), 0)::bigint
          FROM channel_reconcile_noted noted
          LEFT JOIN channel_reconcile_seen seen ON seen.run_id = noted.run_id
           AND seen.stock_ref = noted.stock_ref AND seen.node_ref = noted.node_ref
          LEFT JOIN channel_reconcile_found found ON found.run_id = noted.run_id
           AND found.level_id = noted.level_id
         WHERE noted.run_id = %(run)s AND noted.state = 'known'
        """,
        run=run_id,
        concluded=list(CONCLUDED),
    )
