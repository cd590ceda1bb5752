"""What is measured of planning: the bare SQL, Odoo's own, and ours."""

OPEN = "('waiting', 'confirmed', 'partially_available', 'assigned')"

# The limit: whoever wants to know what is available has to read these rows and add
# them up. A row of the inner query is a quant or an open move, and the locations say
# of which warehouse. No chains, no holds, no packs, no rules; and the sums stay where
# they are.
BARE_SQL = f"""
SELECT count(*), sum(on_hand), sum(outgoing), sum(incoming) FROM (
    SELECT product_id, warehouse_id,
           sum(quantity) FILTER (WHERE kind = 0) AS on_hand,
           sum(quantity) FILTER (WHERE kind = 1) AS outgoing,
           sum(quantity) FILTER (WHERE kind = 2) AS incoming
      FROM (
        SELECT quant.product_id, location.warehouse_id, 0 AS kind, quant.quantity
          FROM stock_quant quant
          JOIN stock_location location ON location.id = quant.location_id
         WHERE location.usage = 'internal' AND location.warehouse_id IS NOT NULL
           AND location.stock_state = 'sellable'
        UNION ALL
        SELECT move.product_id, source.warehouse_id, 1, move.product_qty
          FROM stock_move move
          JOIN stock_location source ON source.id = move.location_id
          JOIN stock_location final
            ON final.id = COALESCE(move.location_final_id, move.location_dest_id)
         WHERE move.state IN {OPEN} AND source.warehouse_id IS NOT NULL
           AND final.warehouse_id IS DISTINCT FROM source.warehouse_id
        UNION ALL
        SELECT move.product_id, final.warehouse_id, 2, move.product_qty
          FROM stock_move move
          JOIN stock_location source ON source.id = move.location_id
          JOIN stock_location final
            ON final.id = COALESCE(move.location_final_id, move.location_dest_id)
         WHERE move.state IN {OPEN} AND final.warehouse_id IS NOT NULL
           AND source.warehouse_id IS DISTINCT FROM final.warehouse_id
      ) fact
     GROUP BY product_id, warehouse_id
) position
"""

ODOO_BATCH = 10_000

# Sales, counts and receipts: one quant of each product. ``%(part)s`` of ``%(of)s``
# products change, others in each round. The change is drawn so large that most
# numbers differ whatever the pack.
CHANGE_STOCK = """
UPDATE stock_quant SET quantity = stock_quant.quantity + change.quantity
  FROM (
    SELECT DISTINCT ON (quant.product_id) quant.id,
           CASE WHEN quant.quantity >= 24 THEN -24 ELSE 24 END AS quantity
      FROM stock_quant quant
      JOIN stock_location location ON location.id = quant.location_id
      JOIN product_product product ON product.id = quant.product_id
     WHERE product.default_code LIKE 'BENCH-%%' AND location.stock_state = 'sellable'
       AND abs(hashint8extended(quant.product_id, %(round)s) %% %(of)s) < %(part)s
     ORDER BY quant.product_id, quant.id
  ) change
 WHERE change.id = stock_quant.id
"""

# %(moves)s quants, other ones in each round, as many moves would leave them.
MOVE_STOCK = """
UPDATE stock_quant
   SET quantity = quantity + CASE WHEN quantity >= 24 THEN -24 ELSE 24 END
 WHERE id IN (
    SELECT quant.id
      FROM stock_quant quant
      JOIN stock_location location ON location.id = quant.location_id
      JOIN product_product product ON product.id = quant.product_id
     WHERE product.default_code LIKE 'BENCH-%%' AND location.stock_state = 'sellable'
     ORDER BY hashint8extended(quant.id, %(round)s), quant.id
     LIMIT %(moves)s)
RETURNING product_id
"""


def bare_sql(cursor):
    cursor.execute(BARE_SQL)
    return cursor.fetchone()


def bench_products(env):
    return env["product.product"].search([("default_code", "=like", "BENCH-%")]).ids


def odoo_quantities(env, product_ids, channels):
    """What Odoo calls for product lists and reports, once a channel."""
    for products in _odoo_batches(env, product_ids, channels):
        products._compute_quantities_dict(None, None, None)


def odoo_free_qty(env, product_ids, channels):
    """What most connectors do: read the field."""
    for products in _odoo_batches(env, product_ids, channels):
        products.mapped("free_qty")


def _odoo_batches(env, product_ids, channels):
    """Products as the nodes of each channel see them, with nothing remembered."""
    for channel in channels:
        context = {"warehouse_id": channel.node_ids.warehouse_ids.ids}
        for start in range(0, len(product_ids), ODOO_BATCH):
            env.invalidate_all()
            ids = product_ids[start : start + ODOO_BATCH]
            yield env["product.product"].with_context(**context).browse(ids)


def full_plan(env):
    """Compute and compare every level, as after a change of a rule for all."""
    env.cr.execute(
        "INSERT INTO channel_change (channel_id)"
        " SELECT id FROM channel_channel WHERE name LIKE 'Bench %'"
    )
    env.cr.commit()
    plan(env)


def warm_up(env):
    """Plan one product: the connection of a worker knows its tables."""
    env.cr.execute(
        "INSERT INTO channel_change (product_id) SELECT min(id) FROM product_product"
        " WHERE default_code LIKE 'BENCH-%'"
    )
    env.cr.commit()
    plan(env)


def plan(env):
    """Plan what waits.

    :raise RuntimeError: another planner is at it, so there is nothing to measure
    """
    if not env["channel.planner"]._run():
        raise RuntimeError("another planner runs on the database of the bench")


def forget_changes(cursor):
    """So that the full plan has to find them by comparing."""
    cursor.execute("TRUNCATE channel_change, channel_level_pending")


def pending_levels(cursor):
    """How many levels were written since they were last forgotten."""
    cursor.execute("SELECT count(DISTINCT level_id) FROM channel_level_pending")
    return cursor.fetchone()[0]


def settle(cursor):
    """All that was planned is published, known, and tidied up after."""
    cursor.execute(
        """
        INSERT INTO channel_level_remote
               (level_id, channel_id, state, base_qty, base_deducted, acked_at)
        SELECT id, channel_id, 'known', target, 0, planned_at FROM channel_level
        ON CONFLICT DO NOTHING
        """
    )
    forget_changes(cursor)
    cursor.execute("DELETE FROM queue_job")
    cursor.execute("VACUUM (ANALYZE)")
