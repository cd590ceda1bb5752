# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a channel has in open orders, and what is open here. SOLD units.

``channel_reconcile_open``: a row an item of the channel, what was open here before its
numbers were read. Emptied with the run.
"""

from odoo.tools import SQL

CREATE = """
CREATE UNLOGGED TABLE IF NOT EXISTS channel_reconcile_open (
    run_id integer NOT NULL,
    stock_ref varchar NOT NULL,
    units double precision NOT NULL,
    PRIMARY KEY (run_id, stock_ref)
);
"""

# Lines of orders that their channel still has to see shipped. An order is imported for
# good: what is open of it its lines say, as the channel told last.
OPEN_LINES = """
    channel_order_line line
      JOIN channel_order orders ON orders.id = line.order_id
      JOIN channel_listing listing
        ON listing.id = COALESCE(line.deducted_listing_id, line.listing_id)
     WHERE orders.channel_id = %(channel)s AND line.open_quantity > 0
       AND orders.state IN ('announced', 'captured', 'blocked', 'parked', 'imported')
       AND orders.fulfilled_by_channel IS NOT TRUE
"""
OPEN = f"""
    SELECT listing.stock_ref, sum(line.open_quantity * line.unit_size)::float8 AS units
      FROM {OPEN_LINES}
     GROUP BY listing.stock_ref
"""


def create_open(cr):
    cr.execute(SQL(CREATE))


def drop_open(cr):
    cr.execute(SQL("DROP TABLE IF EXISTS channel_reconcile_open"))


def forget(run_id):
    return SQL("DELETE FROM channel_reconcile_open WHERE run_id = %s", run_id)


def note(run_id, channel_id):
    """Note what is open here, before anything is read."""
    return SQL(
        "INSERT INTO channel_reconcile_open (run_id, stock_ref, units) "
        "SELECT %s, open.* FROM (%s) open",
        run_id,
        SQL(OPEN, channel=channel_id),
    )


def find(run_id, channel_id):
    """Rows (class, listing, product, SKU, item, units there, units here) of matched
    items that disagree. What has changed here since it was noted may be on both sides
    of the reading, and is left for the next one."""
    return SQL(
        """
        WITH shown AS (
            SELECT stock_ref, sum(committed) AS units FROM channel_reconcile_seen
             WHERE run_id = %(run)s AND tracked
             GROUP BY stock_ref HAVING bool_and(committed IS NOT NULL)
        ), open AS (
            %(open)s
        ), paired AS (
            SELECT shown.stock_ref, shown.units, COALESCE(open.units, 0) AS here,
                   COALESCE(before.units, 0) AS before
              FROM shown
              LEFT JOIN open USING (stock_ref)
              LEFT JOIN channel_reconcile_open before
                ON before.run_id = %(run)s AND before.stock_ref = shown.stock_ref
        )
        SELECT CASE WHEN paired.units > here THEN 'units_unknown'
                    ELSE 'units_over' END,
               listing.id, listing.product_id, listing.sku, paired.stock_ref,
               paired.units, here
          FROM paired
          JOIN LATERAL (
               SELECT id, product_id, sku FROM channel_listing
                WHERE channel_id = %(channel)s AND stock_ref = paired.stock_ref
                  AND state = 'mapped' AND active
                ORDER BY id LIMIT 1) listing ON true
         WHERE here = before AND abs(paired.units - here) > 0.00005
         ORDER BY paired.stock_ref
        """,
        run=run_id,
        channel=channel_id,
        open=SQL(OPEN, channel=channel_id),
    )


def find_open_orders(channel_id, stock_refs, most):
    """Ids of orders with open units of these items, the latest first."""
    return SQL(
        f"""
        SELECT DISTINCT orders.id FROM {OPEN_LINES}
           AND listing.stock_ref = ANY(%(refs)s)
         ORDER BY orders.id DESC LIMIT %(most)s
        """,
        channel=channel_id,
        refs=list(stock_refs),
        most=most,
    )


def find_short(channel_id):
    """Rows (product, stock units that no stock is reserved for) of a channel's open
    lines."""
    return SQL(
        """
        SELECT product_id, sum(quantity)::float8 FROM channel_shortage
         WHERE channel_id = %s GROUP BY product_id ORDER BY product_id
        """,
        channel_id,
    )
