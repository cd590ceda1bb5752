"""What buyers wait for: a vendor's long report, stockouts of a whole catalogue, and
what the minute's look at reordering rules takes."""

import datetime
import json
import time

from .figures import Memory, Timings
from .session import Session

DESCRIPTION = (
    "Measure purchasing: a vendor's report of many rows, the nightly forecast of"
    " stockouts, and the minute's look at reordering rules."
)
AIM_ROWS, AIM_SECONDS = 1_000_000, 60.0

# A row is a product with stock in the one warehouse, a vendor, its sales rate, and for
# every fifth a reordering rule.
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
    SELECT numbered.id, jsonb_build_object('en_US', 'Product ' || number),
           'BUY-' || number, 'consu', true, 'none', plain.uom_id, plain.categ_id,
           'no', 10, true, true, true, 'order', 'receive', 'no', 'manual', 0,
           now(), now()
      FROM numbered
      JOIN product_template plain ON plain.id = %(plain)s
),
product AS (
    INSERT INTO product_product
           (id, product_tmpl_id, default_code, active, combination_indices,
            create_date, write_date)
    SELECT id, id, 'BUY-' || number, true, '', now(), now() FROM numbered
),
seller AS (
    INSERT INTO product_supplierinfo
           (partner_id, product_tmpl_id, product_code, delay, price, min_qty, sequence,
            currency_id, company_id, product_uom_id, create_date, write_date)
    SELECT %(vendor)s, numbered.id, 'V-' || number, 3 + number %% 20, 4, 0, 1,
           %(currency)s, NULL, plain.uom_id, now(), now()
      FROM numbered JOIN product_template plain ON plain.id = %(plain)s
),
quant AS (
    INSERT INTO stock_quant (product_id, location_id, company_id, quantity,
                             reserved_quantity, in_date, create_date, write_date)
    SELECT id, %(location)s, %(company)s, number %% 60, 0, now(), now(), now()
      FROM numbered
)
INSERT INTO channel_sales_rate (product_id, company_id, per_day, measured_at)
SELECT id, %(company)s, 1 + number %% 5, now() FROM numbered
"""
RULES = """
INSERT INTO stock_warehouse_orderpoint
       (name, product_id, location_id, warehouse_id, company_id, product_min_qty,
        product_max_qty, trigger, active, create_date, write_date)
SELECT 'BENCH', id, %(location)s, %(warehouse)s, %(company)s, 5, 20, 'manual', true,
       now(), now()
  FROM product_product WHERE default_code LIKE 'BUY-%%' AND id %% 5 = 0
"""
HOLDS = """
INSERT INTO channel_hold (company_id, product_id, warehouse_id, stock_quantity,
                          promised_quantity, cause, state, create_date, write_date)
SELECT %(company)s, product_id, %(warehouse)s, 2, 0, 'manual', 'active', now(), now()
  FROM stock_warehouse_orderpoint WHERE name = 'BENCH' ORDER BY id LIMIT %(holds)s
"""


def add_arguments(parser):
    parser.add_argument("--products", type=int, default=100_000, metavar="N")
    parser.add_argument("--rows", type=int, default=AIM_ROWS, metavar="N")
    parser.add_argument("--holds", type=int, default=1_000, metavar="N")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")


def main(options, env):
    session = Session(env, {"jit": "off"}, log=_say)
    timings, memory = Timings(session), Memory(session)
    with session.databases():
        database = session.clone(session.template, "purchase")
        _say(f"seed  {options.products:,} products")
        with session.odoo(database) as odoo:
            seeded = _prepare(odoo, options)
        with session.sql(database) as cursor:
            for table in ("stock_quant", "product_template"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(PRODUCTS, seeded)
            cursor.execute(RULES, seeded)
            for table in ("stock_quant", "product_template"):
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            cursor.execute("ANALYZE")
            cursor.execute(
                "SELECT count(*) FROM stock_warehouse_orderpoint WHERE active"
            )
            [[rules]] = cursor.fetchall()
        counts = {
            "rules": rules,
            "report": _report(session, database, timings, memory, seeded, options),
            "stockouts": _forecast(session, database, timings, memory),
        }
        _say("follow  reordering rules")
        _follow(session, database, timings, options, seeded)
    return {
        "at": datetime.datetime.now().isoformat(timespec="seconds"),
        "products": options.products,
        "rows": options.rows,
        "holds": options.holds,
        "counts": counts,
        "seconds": timings.summary(),
        "memory": memory.peaks,
    }


def _prepare(odoo, options):
    warehouse = odoo["stock.warehouse"].create({"name": "Bench", "code": "BENCH"})
    plain = odoo["product.product"].create({"name": "Plain", "is_storable": True})
    return {
        "products": options.products,
        "plain": plain.product_tmpl_id.id,
        "vendor": odoo["res.partner"].create({"name": "Vendor"}).id,
        "currency": odoo.company.currency_id.id,
        "company": odoo.company.id,
        "warehouse": warehouse.id,
        "location": warehouse.lot_stock_id.id,
    }


def _report(session, database, timings, memory, seeded, options):
    """Every tenth row is of an unknown product; the others name each product as often
    as it takes."""
    _say(f"take  a report of {options.rows:,} rows")
    body = json.dumps(
        [
            {
                "product": f"X-{each}"
                if each % 10 == 9
                else f"V-{each % options.products}",
                "quantity": 1,
            }
            for each in range(options.rows)
        ]
    )
    with memory.watch("report", database), session.odoo(database) as odoo:
        with timings.measure("report", database):
            answer = odoo["channel.supplier.stock"].report(
                seeded["vendor"],
                json.loads(body),
                datetime.datetime.now(datetime.timezone.utc).isoformat(),
            )
    return {
        "accepted": answer["accepted"],
        "problems": answer["problem_count"],
        "named": len(answer["problems"]),
    }


def _forecast(session, database, timings, memory):
    for label in ("forecast_first", "forecast_again"):
        _say(f"look  for stockouts of all products, {label.partition('_')[2]}")
        with memory.watch(label, database), session.odoo(database) as odoo:
            stockouts = odoo["channel.stockout"]
            with timings.measure(label, database):
                stockouts._forecast(stockouts._find_products())
    with session.odoo(database) as odoo:
        return dict(odoo["channel.stockout"]._read_group([], ["urgency"], ["__count"]))


def _follow(session, database, timings, options, seeded):
    """The minute's look, when nothing is held, and when much is held anew."""
    with session.odoo(database) as odoo:
        rules = odoo["stock.warehouse.orderpoint"]
        rules._follow_channels_all()
        for _round in range(options.rounds):
            with timings.measure("minute_quiet", database):
                rules._follow_channels_all()
    with session.sql(database) as cursor:
        cursor.execute("ALTER TABLE channel_hold DISABLE TRIGGER USER")
        cursor.execute(HOLDS, {**seeded, "holds": options.holds})
        cursor.execute("ALTER TABLE channel_hold ENABLE TRIGGER USER")
    with session.odoo(database) as odoo, timings.measure("minute_busy", database):
        odoo["stock.warehouse.orderpoint"]._follow_channels_all()


# ------------------------------------------------------------------- told
def show(result):
    seconds, counts = result["seconds"], result["counts"]
    yield "| | clock | processor | process at its peak |"
    yield "| --- | ---: | ---: | ---: |"
    names = {
        "report": f"report of {result['rows']:,} rows",
        "forecast_first": f"stockouts of {result['products']:,} products",
        "forecast_again": "the same, nothing changed",
    }
    for phase, label in names.items():
        peak = result["memory"].get(phase, {}).get("python")
        yield (
            f"| {label} | {seconds[phase]['median']:.1f} s | "
            f"{seconds[phase]['cpu_median']:.1f} s | "
            f"{'' if peak is None else f'{peak:,.0f} MB'} |"
        )
    for phase, label in (
        ("minute_quiet", f"a minute, {counts['rules']:,} reordering rules"),
        ("minute_busy", f"a minute, {result['holds']:,} of them held anew"),
    ):
        yield (
            f"| {label} | {seconds[phase]['median']:.2f} s | "
            f"{seconds[phase]['cpu_median']:.2f} s | |"
        )
    yield ""
    yield (
        f"Of the report {counts['report']['accepted']:,} products were taken and "
        f"{counts['report']['problems']:,} rows were not; "
        f"{sum(counts['stockouts'].values()):,} products will be sold out."
    )


def failures(result):
    seconds = result["seconds"]["report"]["cpu_median"]
    if result["rows"] >= AIM_ROWS and seconds > AIM_SECONDS:
        yield f"the report takes {seconds:.0f} s, the aim is {AIM_SECONDS:.0f}"


def _say(words):
    print(f"{time.strftime('%H:%M:%S')}  {words}", flush=True)
