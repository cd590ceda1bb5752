"""What open tills cost: the sync of an order, and the plan of a product."""

import datetime
import time
import uuid
from unittest import mock

from .figures import Timings
from .session import Session

DESCRIPTION = (
    "Measure tills that book when they close: what an order's sync costs with our"
    " triggers and without, and the plan of a product with many open tills and none."
)
AIM_MS, AIM_RATIO = 2.0, 1.2
LINES = 3
WATCHED = ("pos_order", "pos_order_line", "pos_session", "pos_config")

# One order of each till is made by Odoo; the others are its copies.
COPY = """
INSERT INTO {table} ({columns})
SELECT {values} FROM {table} source {joins} CROSS JOIN generate_series(1, %(copies)s)
"""


def add_arguments(parser):
    parser.add_argument("--tills", type=int, default=50, metavar="N")
    parser.add_argument("--orders", type=int, default=1_000, metavar="N")
    parser.add_argument("--products", type=int, default=1_000, metavar="N")
    parser.add_argument("--rounds", type=int, default=60, metavar="N")


def main(options, env):
    session = Session(env, {"jit": "off"}, log=_say)
    timings = Timings(session)
    with session.databases():
        database = session.clone(session.template, "tills")
        _say(f"seed  {options.tills} tills, {options.orders:,} orders each")
        with session.odoo(database) as odoo:
            seeded = _seed(odoo, options)
        with session.sql(database) as cursor:
            open_lines = _multiply(cursor, options)
        with session.odoo(database) as odoo:
            odoo["channel.planner"]._run()
        _say(f"sync  {options.rounds} orders with our triggers and without")
        for number in range(options.rounds + 3):
            for phase in ("sync_without", "sync_with"):
                _sync(session, database, timings, seeded, phase, number)
        _say(f"plan  {options.rounds} products with open tills and without")
        for number in range(options.rounds + 3):
            for phase in ("plan_closed", "plan_open"):
                _plan(session, database, timings, seeded, phase, number)
    for phase in ("sync_without", "sync_with", "plan_closed", "plan_open"):
        # the first ones warm caches up
        del timings.seconds[phase][:3], timings.cpu_seconds[phase][:3]
    return {
        "at": datetime.datetime.now().isoformat(timespec="seconds"),
        "tills": options.tills,
        "orders": options.tills * options.orders,
        "open_lines": open_lines,
        "rounds": options.rounds,
        "seconds": timings.summary(),
        "plan_ratio": timings.ratio("plan_open", "plan_closed"),
        "plan_cpu_ratio": timings.ratio("plan_open", "plan_closed", cpu=True),
    }


# ------------------------------------------------------------------- seed
def _seed(odoo, options):
    company = odoo.company
    company.point_of_sale_update_stock_quantities = "closing"
    warehouse = odoo["stock.warehouse"].create({"name": "Bench", "code": "BENCH"})
    odoo["stock.warehouse"]._create_missing_pos_picking_types()
    channel = odoo["channel.channel"].create(
        {
            "name": "Bench",
            "currency_id": company.currency_id.id,
            "state": "live",
            "node_ids": [
                (
                    0,
                    0,
                    {
                        "name": "Node",
                        "external_id": "node",
                        "warehouse_ids": [(6, 0, warehouse.ids)],
                    },
                )
            ],
        }
    )
    products = odoo["product.product"].create(
        [
            {"name": f"Product {each}", "is_storable": True, "taxes_id": False}
            for each in range(options.products)
        ]
    )
    for product in products:
        odoo["stock.quant"]._update_available_quantity(
            product, warehouse.lot_stock_id, 100_000
        )
    odoo["channel.listing"].create(
        [
            {
                "channel_id": channel.id,
                "external_id": f"variant-{product.id}",
                "stock_ref": f"item-{product.id}",
                "product_id": product.id,
                "state": "mapped",
            }
            for product in products
        ]
    )
    bank = odoo["account.journal"].search(
        [("type", "=", "bank"), ("company_id", "=", company.id)], limit=1
    )
    sessions = []
    for each in range(options.tills):
        method = odoo["pos.payment.method"].create(
            {"name": f"Card {each}", "journal_id": bank.id}
        )
        till = odoo["pos.config"].create(
            {
                "name": f"Till {each}",
                "picking_type_id": warehouse.pos_type_id.id,
                "payment_method_ids": [(6, 0, method.ids)],
            }
        )
        opened = odoo["pos.session"].create({"config_id": till.id, "user_id": odoo.uid})
        opened.set_opening_control(0, None)
        sessions.append(opened.id)
    seeded = {"sessions": sessions, "products": products.ids}
    for session_id in sessions:
        _ring(odoo, seeded, session_id, session_id)
    odoo.flush_all()
    return seeded


def _ring(odoo, seeded, session_id, number):
    """An order of three lines, as a till sends it."""
    session = odoo["pos.session"].browse(session_id)
    now = datetime.datetime.now().strftime("%Y-%m-%d %H:%M:%S")
    total = 10 * LINES
    data = {
        "amount_paid": total,
        "amount_return": 0,
        "amount_tax": 0,
        "amount_total": total,
        "company_id": session.company_id.id,
        "date_order": now,
        "fiscal_position_id": False,
        "pricelist_id": session.config_id.pricelist_id.id,
        "lines": [
            (
                0,
                0,
                {
                    "price_unit": 10,
                    "product_id": seeded["products"][
                        (number * LINES + each) % len(seeded["products"])
                    ],
                    "price_subtotal": 10,
                    "price_subtotal_incl": 10,
                    "qty": 1,
                    "discount": 0,
                    "tax_ids": [(6, 0, [])],
                    "pack_lot_ids": [],
                    "uuid": str(uuid.uuid4()),
                },
            )
            for each in range(LINES)
        ],
        "name": "Order",
        "partner_id": False,
        "session_id": session.id,
        "payment_ids": [
            (
                0,
                0,
                {
                    "amount": total,
                    "name": now,
                    "payment_method_id": session.config_id.payment_method_ids[:1].id,
                },
            )
        ],
        "user_id": odoo.uid,
        "uuid": str(uuid.uuid4()),
        "to_invoice": False,
        "state": "paid",
    }
    odoo["pos.order"].sync_from_ui([data])


def _multiply(cursor, options):
    """:return: the lines at open tills"""
    for table in ("pos_order", "pos_order_line"):
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    cursor.execute("ALTER TABLE pos_order ADD COLUMN bench_of int, ADD bench_nth int")
    copies = {"copies": options.orders - 1}
    _copy(
        cursor,
        "pos_order",
        {
            "id": "nextval('pos_order_id_seq')",
            "uuid": "gen_random_uuid()::text",
            "bench_of": "source.id",
            "bench_nth": "generate_series",
        },
        copies,
    )
    # other products than the order that it is a copy of
    cursor.execute(
        "SELECT array_agg(id ORDER BY id) FROM product_product"
        " WHERE id IN (SELECT product_id FROM channel_listing)"
    )
    [[products]] = cursor.fetchall()
    _copy(
        cursor,
        "pos_order_line",
        {
            "id": "nextval('pos_order_line_id_seq')",
            "uuid": "gen_random_uuid()::text",
            "order_id": "copied.id",
            "product_id": "(%(products)s::int[])[1 + (copied.id * 7 + source.id)"
            " %% cardinality(%(products)s::int[])]",
        },
        {"copies": 1, "products": products},
        "JOIN pos_order copied ON copied.bench_of = source.order_id",
    )
    for table in ("pos_order", "pos_order_line"):
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute(f"ANALYZE {table}")
    cursor.execute(
        "SELECT count(*) FROM pos_order_line line"
        " JOIN pos_order sold ON sold.id = line.order_id"
        " JOIN pos_session session ON session.id = sold.session_id"
        " WHERE session.state <> 'closed'"
    )
    return cursor.fetchone()[0]


def _copy(cursor, table, changed, values, joins=""):
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
        " AND is_generated = 'NEVER' ORDER BY ordinal_position",
        [table],
    )
    columns = [name for [name] in cursor.fetchall()]
    cursor.execute(
        COPY.format(
            table=table,
            columns=", ".join(f'"{name}"' for name in columns),
            values=", ".join(changed.get(name, f'source."{name}"') for name in columns),
            joins=joins,
        ),
        values,
    )


# ---------------------------------------------------------------- measure
def _sync(session, database, timings, seeded, phase, number):
    with session.sql(database) as cursor:
        verb = "ENABLE" if phase == "sync_with" else "DISABLE"
        for table in WATCHED:
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass"
                " AND tgname LIKE 'channel_watch%%'",
                [table],
            )
            for [name] in cursor.fetchall():
                cursor.execute(f'ALTER TABLE {table} {verb} TRIGGER "{name}"')
    session_id = seeded["sessions"][number % len(seeded["sessions"])]
    with session.odoo(database) as odoo:
        planner = type(odoo["channel.change"])
        woken = (
            mock.patch.object(planner, "_wake_planner", lambda _change: None)
            if phase == "sync_without"
            else mock.patch.object(planner, "_bench", None, create=True)
        )
        odoo["pos.session"].browse(session_id).config_id.read(["name"])
        with woken, timings.measure(phase, database):
            _ring(odoo, seeded, session_id, number)
            odoo.flush_all()
            odoo.cr.commit()


def _plan(session, database, timings, seeded, phase, number):
    """One product, of which a count has changed."""
    with session.sql(database) as cursor:
        cursor.execute("ALTER TABLE pos_session DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE pos_session SET state = %s WHERE id = ANY(%s)",
            ["opened" if phase == "plan_open" else "closed", seeded["sessions"]],
        )
        product = seeded["products"][number % len(seeded["products"])]
        cursor.execute("DELETE FROM channel_change")
        cursor.execute(
            "UPDATE stock_quant SET quantity = quantity + 1 WHERE product_id = %s"
            " AND location_id IN (SELECT id FROM stock_location"
            "                      WHERE usage = 'internal')",
            [product],
        )
    with session.odoo(database) as odoo:
        planner = odoo["channel.planner"]
        with (
            # what looks behind a plan is measured elsewhere
            mock.patch.object(type(planner), "_look_behind", lambda *_args: None),
            timings.measure(phase, database),
        ):
            planner._run()


# ------------------------------------------------------------------- told
def _more_ms(result, kind="median"):
    with_, without = (
        result["seconds"][phase][kind] for phase in ("sync_with", "sync_without")
    )
    return (with_ - without) * 1000


def show(result):
    seconds = result["seconds"]
    yield "| | without | with | | processor time |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    yield (
        "| sync of an order of three lines | "
        f"{seconds['sync_without']['median'] * 1000:.1f} ms | "
        f"{seconds['sync_with']['median'] * 1000:.1f} ms | "
        f"{_more_ms(result):+.1f} ms | {_more_ms(result, 'cpu_median'):+.1f} ms |"
    )
    yield (
        f"| plan of a product, {result['tills']} open tills | "
        f"{seconds['plan_closed']['median'] * 1000:.1f} ms | "
        f"{seconds['plan_open']['median'] * 1000:.1f} ms | "
        f"{result['plan_ratio']:.2f} x | {result['plan_cpu_ratio']:.2f} x |"
    )
    yield ""
    yield (
        f"{result['orders']:,} orders with {result['open_lines']:,} lines at open "
        f"tills; medians of {result['rounds']} rounds, in turn."
    )


def failures(result):
    """By processor time: the clock also tells who else was there."""
    if (more := _more_ms(result, "cpu_median")) > AIM_MS:
        yield f"a till's order takes {more:.1f} ms more, the aim is {AIM_MS}"
    if result["plan_cpu_ratio"] > AIM_RATIO:
        yield f"a plan takes {result['plan_cpu_ratio']} times as long, not {AIM_RATIO}"


def _say(words):
    print(f"{time.strftime('%H:%M:%S')}  {words}", flush=True)
