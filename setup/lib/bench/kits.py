"""Kits against plain products: as many listings of the one channel, planned in turn."""

from . import plan as bench_plan
from . import seed_sql as bench_seed_sql

ADDON = "channel_inventory_mrp"
ROUNDS = 5

# A row is a kit; it is taken apart into two to four of the plain products, which are
# sold alone as well.
KITS = """
WITH first AS (
    SELECT 1 + GREATEST((SELECT max(id) FROM product_template),
                        (SELECT max(id) FROM product_product)) AS id
),
numbered AS (
    SELECT first.id + number AS id, number
      FROM first, generate_series(0, %(kits)s - 1) AS number
),
template AS (
    INSERT INTO product_template
           (id, name, default_code, type, is_storable, tracking, uom_id, categ_id,
            service_tracking, list_price, sale_ok, purchase_ok, active,
            invoice_policy, purchase_method, expense_policy, service_type,
            sale_delay, create_date, write_date)
    SELECT numbered.id, jsonb_build_object('en_US', 'Kit ' || number),
           'KIT-' || number, 'consu', false, 'none', plain.uom_id, plain.categ_id,
           'no', 100, true, false, true, 'order', 'receive', 'no', 'manual', 0,
           now(), now()
      FROM numbered
      JOIN product_template plain ON plain.default_code = 'BENCH-' || number
)
INSERT INTO product_product
       (id, product_tmpl_id, default_code, active, combination_indices,
        create_date, write_date)
SELECT id, id, 'KIT-' || number, true, '', now(), now() FROM numbered
"""

BILLS = """
CREATE TEMP TABLE bench_kit AS
SELECT product.id AS product_id, substr(product.default_code, 5)::int AS number,
       nextval('mrp_bom_id_seq')::int AS bom_id, template.uom_id
  FROM product_product product
  JOIN product_template template ON template.id = product.product_tmpl_id
 WHERE product.default_code LIKE 'KIT-%%';

INSERT INTO mrp_bom (id, product_tmpl_id, product_qty, product_uom_id, type, active,
                     sequence, ready_to_produce, consumption)
SELECT bom_id, product_id, 1, uom_id, 'phantom', true, 1, 'all_available', 'flexible'
  FROM bench_kit;

INSERT INTO mrp_bom_line (bom_id, product_id, product_tmpl_id, product_qty,
                          product_uom_id, sequence)
SELECT kit.bom_id, plain.id, plain.product_tmpl_id,
       1 + pg_temp.draw(kit.number * 4 + nth, 60, 3), kit.uom_id, nth
  FROM bench_kit kit
 CROSS JOIN generate_series(0, 3) AS nth
  JOIN product_product plain
    ON plain.default_code = 'BENCH-' || ((kit.number * 4 + nth * 7) %% %(products)s)
 WHERE nth < 2 + pg_temp.draw(kit.number, 61, 3);

INSERT INTO channel_listing
       (channel_id, company_id, product_id, uom_id, external_id, stock_ref, sku,
        title, state, active, tracked, pack_qty, stock_factor)
SELECT channel.id, channel.company_id, product_id, uom_id, 'kit-' || number,
       'kit-item-' || number, 'KIT-' || number, 'Kit ' || number, 'mapped', true,
       true, 1, 1
  FROM bench_kit
 CROSS JOIN (SELECT * FROM channel_channel WHERE name = 'Bench 0') channel;
"""

CHANGED = """
INSERT INTO channel_change (listing_id)
SELECT listing.id FROM channel_listing listing
  JOIN channel_channel channel ON channel.id = listing.channel_id
 WHERE channel.name = 'Bench 0' AND listing.sku LIKE %(sku)s
 ORDER BY listing.id LIMIT %(kits)s
"""


def measure(session, database, timings, kits):
    """:return: figures and notes; seconds are added to ``timings``"""
    with session.odoo(database) as env:
        products = len(bench_plan.bench_products(env))
        if not _is_installed(env):
            return {"notes": [f"Kits: not measured, {ADDON} is not installed."]}
    values = {"kits": min(kits, products), "products": products}
    session.log(f"seed  {values['kits']:,} kits")
    with session.sql(database) as cursor:
        for statement in (bench_seed_sql.DRAW, KITS, BILLS):
            cursor.execute(statement, values)
    with session.odoo(database) as env, timings.measure("kits_first_plan", database):
        bench_plan.plan(env)
    with session.sql(database) as cursor:
        bench_plan.settle(cursor)
        shown = _shown(cursor)
    session.log(f"plan  kits and plain products, {ROUNDS} times")
    for _number in range(ROUNDS):
        for phase, sku in (("plain_products", "BENCH-%"), ("kits", "KIT-%")):
            with session.sql(database) as cursor:
                cursor.execute(CHANGED, {**values, "sku": sku})
            with session.odoo(database) as env, timings.measure(phase, database):
                bench_plan.plan(env)
    return {"kits": values["kits"], "kits_with_stock": shown}


def _is_installed(env):
    return env["ir.module.module"].search_count(
        [("name", "=", ADDON), ("state", "=", "installed")]
    )


def _shown(cursor):
    """How many kits can be sold, so that it is not the empty ones that are fast."""
    cursor.execute(
        """
        SELECT count(*) FROM channel_level level
          JOIN channel_listing listing ON listing.id = level.listing_id
         WHERE listing.sku LIKE 'KIT-%' AND level.target > 0
        """
    )
    return cursor.fetchone()[0]
