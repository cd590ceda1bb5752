"""The bulk of the seed. Statements use ``draw(number, what, below)``: a number from 0
that depends on nothing but its arguments."""

import datetime

DRAW = """
CREATE FUNCTION pg_temp.draw(number bigint, what integer, below integer)
RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (((hashint8extended(number, what) %% below) + below) %% below)::integer
$$
"""

# A row is a product; its id is the same in both tables.
PRODUCTS = """
WITH first AS (
    SELECT 1 + GREATEST((SELECT max(id) FROM product_template),
                        (SELECT max(id) FROM product_product)) AS id
),
numbered AS (
    SELECT first.id + number AS id, number
      FROM first, generate_series(0, %(products)s - 1) AS number
),
template AS (
    INSERT INTO product_template
           (id, name, default_code, type, is_storable, tracking, uom_id, categ_id,
            service_tracking, list_price, sale_ok, purchase_ok, active,
            invoice_policy, purchase_method, expense_policy, service_type,
            sale_delay, create_date, write_date)
    SELECT id, jsonb_build_object('en_US', 'Bench product ' || number),
           'BENCH-' || number, 'consu', true,
           CASE WHEN pg_temp.draw(number, 1, 10) = 0 THEN 'lot' ELSE 'none' END,
           %(unit)s,
           (%(categories)s::int[])[1 + pg_temp.draw(number, 2, %(leaves)s)],
           'no', 5 + pg_temp.draw(number, 3, 200), true, true, true,
           'order', 'receive', 'no', 'manual', 0, %(now)s, %(now)s
      FROM numbered
),
tagged AS (
    INSERT INTO product_tag_product_template_rel (product_tag_id, product_template_id)
    SELECT (%(tags)s::int[])[1 + pg_temp.draw(number, 4, %(tag_count)s)], id
      FROM numbered WHERE pg_temp.draw(number, 5, 12) = 0
)
INSERT INTO product_product
       (id, product_tmpl_id, default_code, active, combination_indices,
        create_date, write_date)
SELECT id, id, 'BENCH-' || number, true, '', %(now)s, %(now)s FROM numbered
"""

# What buffers by days of cover and by risk stand on: half of the products sell, and
# half of those on a channel.
RATES = """
INSERT INTO channel_sales_rate
       (product_id, company_id, channel_id, per_day, measured_at)
SELECT id, %(company)s, NULL, 0.1 + pg_temp.draw(number, 50, 40) / 10.0, %(now)s
  FROM bench_product WHERE pg_temp.draw(number, 51, 2) = 0
UNION ALL
SELECT product.id, %(company)s, channel.id,
       0.05 + pg_temp.draw(number * 64 + channel.id, 52, 20) / 10.0, %(now)s
  FROM bench_product product JOIN channel_channel channel
    ON channel.id = ANY(%(channels)s)
 WHERE pg_temp.draw(number, 51, 2) = 0
   AND pg_temp.draw(number * 64 + channel.id, 53, 2) = 0
"""

SEQUENCES = """
SELECT setval('product_template_id_seq', (SELECT max(id) FROM product_template)),
       setval('product_product_id_seq', (SELECT max(id) FROM product_product))
"""

# For the statements below; ids of products begin anywhere, numbers with 0.
NUMBERS = """
CREATE TEMP TABLE bench_product AS
SELECT product.id, substr(product.default_code, 7)::int AS number, template.tracking
  FROM product_product product
  JOIN product_template template ON template.id = product.product_tmpl_id
 WHERE product.default_code LIKE 'BENCH-%%'
"""

# A row is a bin in which a product lies: two to six a product. A step of four bins
# between them meets no bin twice (they are 15).
QUANTS = """
CREATE TEMP TABLE bench_quant AS
SELECT product.id AS product_id, product.number, nth, product.tracking,
       (%(bins)s::int[])[1 + (pg_temp.draw(number, 10, %(bin_count)s) + 4 * nth)
                             %% %(bin_count)s] AS location_id,
       pg_temp.draw(number * 8 + nth, 11, 60) AS quantity
  FROM bench_product product, generate_series(0, 5) AS nth
 WHERE nth < 2 + pg_temp.draw(product.number, 12, 5)
"""

LOTS = """
INSERT INTO stock_lot (product_id, name, company_id, create_date, write_date)
SELECT product_id, 'BENCH-' || number || '-' || nth, %(company)s, %(now)s, %(now)s
  FROM bench_quant WHERE tracking = 'lot'
"""

INSERT_QUANTS = """
INSERT INTO stock_quant
       (product_id, location_id, company_id, lot_id, owner_id, quantity,
        reserved_quantity, in_date, create_date, write_date)
SELECT quant.product_id, quant.location_id, %(company)s, lot.id,
       CASE WHEN pg_temp.draw(number * 8 + nth, 13, 33) = 0 THEN %(owner)s END,
       quantity, pg_temp.draw(number * 8 + nth, 14, 1 + LEAST(3, quantity)),
       %(now)s, %(now)s, %(now)s
  FROM bench_quant quant
  LEFT JOIN stock_lot lot ON lot.product_id = quant.product_id
                         AND lot.name = 'BENCH-' || number || '-' || nth
"""

# A row is an open move: none to three a product. Ways: a delivery in one step; the
# first of two or three steps, made by push; a backorder of one; a receipt in one
# and in two steps; the second step of a receipt; the last step of a chain made by
# pull, whose first step is added below.
MOVES = """
CREATE TEMP TABLE bench_move AS
WITH open AS (
    SELECT id AS product_id, number * 4 + nth AS number
      FROM bench_product, generate_series(0, 2) AS nth
     WHERE nth < pg_temp.draw(number, 20, 4)
),
way (way, share, source, target, final, type, state) AS (
    VALUES ('deliver', 0, %(stock_1)s, %(customers)s, %(customers)s, %(deliver_1)s,
            'assigned'),
           ('deliver', 1, %(stock_1)s, %(customers)s, %(customers)s, %(deliver_1)s,
            'confirmed'),
           ('backorder', 2, %(stock_1)s, %(customers)s, %(customers)s, %(deliver_1)s,
            'partially_available'),
           ('pick', 3, %(stock_2)s, %(output_2)s, %(customers)s, %(pick_2)s,
            'assigned'),
           ('pick', 4, %(stock_3)s, %(packing_3)s, %(customers)s, %(pick_3)s,
            'assigned'),
           ('pick', 5, %(stock_3)s, %(packing_3)s, %(customers)s, %(pick_3)s,
            'confirmed'),
           ('receive', 6, %(suppliers)s, %(stock_1)s, %(stock_1)s, %(receive_1)s,
            'assigned'),
           ('receive', 7, %(suppliers)s, %(input_2)s, %(stock_2)s, %(receive_2)s,
            'assigned'),
           ('store', 8, %(input_2)s, %(stock_2)s, %(stock_2)s, %(receive_2)s,
            'assigned'),
           ('pull', 9, %(output_2)s, %(customers)s, %(customers)s, %(deliver_2)s,
            'waiting')
)
SELECT nextval('stock_move_id_seq')::int AS id, open.*, way.*,
       1 + pg_temp.draw(number, 22, 6) AS quantity
  FROM open JOIN way ON way.share = pg_temp.draw(number, 21, 10)
"""

# What has been delivered long ago, one a product: it must not be in the way.
PAST_MOVES = """
INSERT INTO bench_move
SELECT nextval('stock_move_id_seq')::int, id, -number, 'past', 0, %(stock_1)s,
       %(customers)s, %(customers)s, %(deliver_1)s, 'done',
       1 + pg_temp.draw(number, 23, 6)
  FROM bench_product
"""

PULLED_MOVES = """
INSERT INTO bench_move
SELECT nextval('stock_move_id_seq')::int, product_id, number, 'pulled', share,
       %(stock_2)s, %(output_2)s, %(customers)s, %(pick_2)s, 'assigned', quantity
  FROM bench_move WHERE way = 'pull'
"""

INSERT_MOVES = """
INSERT INTO stock_move
       (id, product_id, company_id, product_uom, product_uom_qty, product_qty,
        quantity, location_id, location_dest_id, location_final_id, picking_type_id,
        state, procure_method, date, priority, sequence, propagate_cancel, picked,
        create_date, write_date)
SELECT id, product_id, %(company)s, %(unit)s, quantity, quantity,
       CASE WHEN state IN ('assigned', 'done') THEN quantity ELSE 0 END,
       source, target, final, type, state,
       CASE WHEN state = 'waiting' THEN 'make_to_order' ELSE 'make_to_stock' END,
       %(now)s, '0', 10, true, state = 'done', %(now)s, %(now)s
  FROM bench_move
"""

LINKS = """
INSERT INTO stock_move_move_rel (move_orig_id, move_dest_id)
SELECT pulled.id, pull.id
  FROM bench_move pulled JOIN bench_move pull USING (number)
 WHERE pulled.way = 'pulled' AND pull.way = 'pull'
"""

HOLDS = """
INSERT INTO channel_hold
       (company_id, product_id, warehouse_id, quantity, stock_quantity, cause, state,
        create_date, write_date)
SELECT %(company)s, id,
       (%(warehouses)s::int[])[1 + pg_temp.draw(number, 31, 3)],
       1 + pg_temp.draw(number, 32, 4), 1 + pg_temp.draw(number, 32, 4),
       'manual', 'active', %(now)s, %(now)s
  FROM bench_product WHERE pg_temp.draw(number, 30, 33) = 0
"""

# A row is a listing; one in twelve is sold by six or by twelve.
LISTINGS = """
INSERT INTO channel_listing
       (channel_id, company_id, product_id, uom_id, external_id, stock_ref, sku,
        title, state, active, tracked, pack_qty, stock_factor, create_date,
        write_date)
SELECT channel.id, channel.company_id, product.id, %(unit)s,
       'variant-' || number, 'item-' || number, 'BENCH-' || number,
       'Bench product ' || number, 'mapped', true, true, pack, pack, %(now)s, %(now)s
  FROM bench_product product
 CROSS JOIN channel_channel channel
 CROSS JOIN LATERAL (
       SELECT CASE pg_temp.draw(number * 64 + channel.id, 40, 24)
              WHEN 0 THEN 12 WHEN 1 THEN 6 ELSE 1 END AS pack) packed
 WHERE channel.id = ANY(%(channels)s)
 ORDER BY channel.id, product.id
"""


def insert_products(cursor, products, places):
    values = {
        **_values(places),
        "products": products,
        "leaves": len(places["categories"]),
        "tag_count": len(places["tags"]),
    }
    for statement in (DRAW, PRODUCTS, SEQUENCES, NUMBERS):
        cursor.execute(statement, values)
    cursor.execute("ANALYZE bench_product")


def insert_stock(cursor, places):
    values = _values(places)
    for statement in (QUANTS, LOTS, INSERT_QUANTS):
        cursor.execute(statement, values)
    for statement in (MOVES, PAST_MOVES, PULLED_MOVES, INSERT_MOVES, LINKS, HOLDS):
        cursor.execute(statement, values)


def insert_listings(cursor, places, channels):
    values = {**_values(places), "channels": channels}
    for statement in (LISTINGS, RATES):
        cursor.execute(statement, values)


def finish(cursor):
    """Nothing waits to be planned, and PostgreSQL knows what there is."""
    cursor.execute("TRUNCATE channel_change")
    cursor.execute("DELETE FROM queue_job")
    cursor.execute("VACUUM (FREEZE, ANALYZE)")


def _values(places):
    numbered = {
        f"{name}_{number}": place
        for name, places_of in (
            ("stock", places["stocks"]),
            ("input", places["inputs"]),
            ("packing", places["packings"]),
            ("output", places["outputs"]),
            ("deliver", places["delivery_types"]),
            ("pick", places["pick_types"]),
            ("receive", places["receipt_types"]),
        )
        for number, place in enumerate(places_of, 1)
    }
    return {
        **places,
        **numbered,
        "bin_count": len(places["bins"]),
        "now": datetime.datetime(2026, 1, 1),
    }
