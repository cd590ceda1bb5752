# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which orders a channel lists for a day, in a table that is not logged.

``channel_reconcile_refs``: a row an order that the channel lists for the day that a
run is at. ``missing``: it is not here; ``asked``: it was fetched. Emptied with the day;
where PostgreSQL has emptied it after a crash, the day begins again. Times are naive
UTC, those of orders and versions by the channel's clock.
"""

from odoo.tools import SQL

CREATE = """
CREATE UNLOGGED TABLE IF NOT EXISTS channel_reconcile_refs (
    run_id integer NOT NULL,
    ref varchar NOT NULL,
    placed_at timestamp NOT NULL,
    version timestamp,
    cancelled boolean,
    missing boolean NOT NULL DEFAULT false,
    asked boolean NOT NULL DEFAULT false,
    PRIMARY KEY (run_id, ref)
);
"""


def create_refs(cr):
    cr.execute(SQL(CREATE))


def drop_refs(cr):
    cr.execute(SQL("DROP TABLE IF EXISTS channel_reconcile_refs"))


def forget(run_id):
    return SQL("DELETE FROM channel_reconcile_refs WHERE run_id = %s", run_id)


def count_staged(run_id):
    return SQL("SELECT count(*) FROM channel_reconcile_refs WHERE run_id = %s", run_id)


def stage(run_id, rows):
    """Store a page of orders; one that comes twice counts as listed last.

    :param rows: list of (ref, placed_at, version or None, cancelled or None)
    """
    return SQL(
        """
        INSERT INTO channel_reconcile_refs (run_id, ref, placed_at, version, cancelled)
        SELECT DISTINCT ON (ref) %s, ref, placed_at, version, cancelled
          FROM unnest(%s::varchar[], %s::timestamp[], %s::timestamp[], %s::bool[])
               WITH ORDINALITY AS page (ref, placed_at, version, cancelled, place)
         ORDER BY ref, place DESC
        ON CONFLICT (run_id, ref) DO UPDATE
           SET placed_at = EXCLUDED.placed_at, version = EXCLUDED.version,
               cancelled = EXCLUDED.cancelled
        """,
        run_id,
        *[list(column) for column in zip(*rows, strict=True)],
    )


def count_here(channel_id, since, until):
    """How many orders of that time are known here, and exist as far as we know."""
    return SQL(
        """
        SELECT count(*) FROM channel_order
         WHERE channel_id = %s AND placed_at >= %s AND placed_at < %s
           AND state <> 'gone'
        """,
        channel_id,
        since,
        until,
    )


def mark_missing(run_id, channel_id):
    """Mark the orders that the channel lists and that are not here, or are gone as far
    as we know; nor on their way in."""
    return SQL(
        """
        UPDATE channel_reconcile_refs listed SET missing = true
         WHERE run_id = %(run)s
           AND NOT EXISTS (
               SELECT FROM channel_order known
                WHERE known.channel_id = %(channel)s AND known.external_id = listed.ref
                  AND known.state <> 'gone')
           AND NOT EXISTS (
               SELECT FROM channel_inbox_event event
                WHERE event.channel_id = %(channel)s AND event.ref = listed.ref
                  AND event.state = 'new')
        """,
        run=run_id,
        channel=channel_id,
    )


def find(run_id, channel_id, since, until, settled):
    """Rows (class, ref, id of the order here or None, name, placed_at, version) of the
    orders that differ.

    :param settled: what changed on the channel after it may still be on its way
    """
    return SQL(
        """
        WITH listed AS (
            SELECT * FROM channel_reconcile_refs WHERE run_id = %(run)s
        ), known AS (
            SELECT listed.cancelled, listed.version AS version_there, orders.*
              FROM listed
              JOIN channel_order orders ON orders.channel_id = %(channel)s
               AND orders.external_id = listed.ref AND orders.state <> 'gone'
             WHERE listed.version IS NOT NULL AND orders.complete
               AND listed.version > orders.version
               AND listed.version > COALESCE(orders.wanted_version, '-infinity')
               AND listed.version < %(settled)s
        )
        SELECT 'order_missing', listed.ref, orders.id, orders.name, listed.placed_at,
               listed.version
          FROM listed
          LEFT JOIN channel_order orders ON orders.channel_id = %(channel)s
           AND orders.external_id = listed.ref
         WHERE listed.missing
        UNION ALL
        SELECT CASE WHEN cancelled AND state <> 'cancelled' THEN 'order_cancelled'
                    ELSE 'order_changed' END,
               external_id, id, name, placed_at, version_there
          FROM known
        UNION ALL
        SELECT 'order_gone', external_id, id, name, placed_at, version
          FROM channel_order orders
         WHERE channel_id = %(channel)s AND state <> 'gone'
           AND placed_at >= %(since)s AND placed_at < %(until)s
           AND NOT EXISTS (SELECT FROM listed WHERE listed.ref = orders.external_id)
        ORDER BY 1, 5, 2
        """,
        run=run_id,
        channel=channel_id,
        since=since,
        until=until,
        settled=settled,
    )


def take_missing(run_id, size):
    """The next orders to be fetched; :return: rows (ref)."""
    return SQL(
        """
        SELECT ref FROM channel_reconcile_refs
         WHERE run_id = %s AND missing AND NOT asked
         ORDER BY placed_at, ref LIMIT %s
        """,
        run_id,
        size,
    )


def note_asked(run_id, refs):
    return SQL(
        "UPDATE channel_reconcile_refs SET asked = true "
        "WHERE run_id = %s AND ref = ANY(%s)",
        run_id,
        refs,
    )
