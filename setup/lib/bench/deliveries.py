"""What our triggers and hooks cost Odoo's own stock operations.

Deliveries are validated one by one, each in a transaction of its own, as people do it.
Blocks with and without what is ours take turns, so that the machine's noise and the
growth of tables meet both; the figure is the median over the pairs of blocks. Beside
it stands the time that PostgreSQL itself counted inside of our trigger functions,
which no noise disturbs but which leaves out the hooks and calling them.
"""

import contextlib
import gc
import statistics

import postgres
import psycopg2

BLOCK = 10  # deliveries; the planner is woken once a block, and then it is awake
LINES = 2  # of a delivery
STOCKED_PRODUCTS = 500
STOCK = 1_000_000

OUR_TRIGGERS = """
SELECT format('%I.%I', relnamespace::regnamespace, relname), tgname
  FROM pg_trigger
  JOIN pg_class ON pg_class.oid = tgrelid
  JOIN pg_proc ON pg_proc.oid = tgfoid
 WHERE NOT tgisinternal AND starts_with(proname, 'channel_')
   AND NOT starts_with(relname, 'channel_')
"""
TRIGGER_TIME = """
SELECT COALESCE(sum(self_time), 0)::float, COALESCE(sum(calls), 0)::int
  FROM pg_stat_user_functions WHERE starts_with(funcname, 'channel_')
"""


def measure(session, database, timings, how_many):
    """:return: figures; the seconds of each delivery are added to ``timings``"""
    notes = []
    is_counted = _count_functions(session, database)
    if not is_counted:
        notes.append(
            "Time inside of trigger functions: not measured, the role may not set"
            " track_functions."
        )
    session.disconnect(database)
    pairs = max(1, how_many // BLOCK)
    session.log(f"make  {2 * pairs * (BLOCK + 1):,} deliveries")
    pickings = _make_deliveries(session, database, 2 * pairs * (BLOCK + 1))
    session.log(f"run   {pairs} pairs of {BLOCK} deliveries with and without triggers")
    before = _trigger_time(session, database)
    ratios = {"clock": [], "cpu": []}
    for pair in range(pairs):
        ways = ("with", "without") if pair % 2 else ("without", "with")
        used = {
            way: _run_block(session, database, timings, way, pickings) for way in ways
        }
        for kind, values in ratios.items():
            values.append(used["with"][kind] / used["without"][kind])
    session.disconnect(database)
    after = _trigger_time(session, database)
    return {
        **_figures(
            ratios, timings, [b - a for a, b in zip(before, after, strict=True)]
        ),
        "function_time_counted": is_counted,
        "deliveries_per_wake_up": BLOCK,
        "lines_per_delivery": LINES,
        "notes": notes,
    }


def _figures(ratios, timings, functions):
    milliseconds, calls = functions
    # warm-up deliveries run the triggers as well
    total = sum(timings.seconds["deliveries_with"]) * (BLOCK + 1) / BLOCK
    return {
        **_overhead(ratios["clock"], "overhead"),
        **_overhead(ratios["cpu"], "overhead_cpu"),
        "pairs": len(ratios["clock"]),
        "trigger_time_percent": round(milliseconds / 10 / total, 2),
        "trigger_milliseconds": round(milliseconds, 3),
        "trigger_calls": calls,
    }


def _overhead(ratios, name):
    overheads = sorted(100 * (ratio - 1) for ratio in ratios)
    quarter = len(overheads) // 4
    deviation = statistics.stdev(overheads) if len(overheads) > 1 else 0
    return {
        f"{name}_percent": round(statistics.median(overheads), 2),
        f"{name}_quartiles_percent": [
            round(overheads[quarter], 2),
            round(overheads[-1 - quarter], 2),
        ],
        f"{name}_mean_percent": round(statistics.mean(overheads), 2),
        f"{name}_standard_error_percent": round(deviation / len(overheads) ** 0.5, 2),
    }


# --- preparation --------------------------------------------------------------------


def _count_functions(session, database):
    """Have PostgreSQL count the time in functions; only a superuser may ask for it."""
    attempts = [session.env]
    if not postgres.is_external():
        attempts.insert(0, {**session.env, "PGUSER": "postgres"})
    for env in attempts:
        with contextlib.suppress(psycopg2.Error):
            with contextlib.closing(postgres.connect(env)) as connection:
                connection.cursor().execute(
                    f"ALTER DATABASE \"{database}\" SET track_functions = 'pl'"
                )
            return True
    return False


def _trigger_time(session, database):
    """:return: (milliseconds, calls)"""
    with session.sql(database) as cursor:
        cursor.execute(TRIGGER_TIME)
        return cursor.fetchone()


def _make_deliveries(session, database, how_many):
    """:return: ids of deliveries that are ready, a stack to take from"""
    with session.odoo(database) as env:
        # no address and no phone: nobody is to be told
        partner = env["res.partner"].create({"name": "Bench Customer"})
        warehouse = env["stock.warehouse"].search([("code", "=", "BN")])
        products = env["product.product"].search(
            [("default_code", "=like", "BENCH-%"), ("tracking", "=", "none")],
            limit=STOCKED_PRODUCTS,
            order="id",
        )
        for product in products:
            env["stock.quant"]._update_available_quantity(
                product, warehouse.lot_stock_id, STOCK
            )
        lines = [
            products[(number * 7) % len(products)] for number in range(how_many * LINES)
        ]
        made = env["stock.picking"]
        for start in range(0, how_many, 200):
            numbers = range(start, min(how_many, start + 200))
            pickings = env["stock.picking"].create(
                [
                    _delivery(partner, warehouse, lines[number * LINES :][:LINES])
                    for number in numbers
                ]
            )
            pickings.action_confirm()
            pickings.action_assign()
            made += pickings
    with session.sql(database) as cursor:
        cursor.execute("TRUNCATE channel_change")
        cursor.execute("VACUUM (ANALYZE)")
    return made.ids


def _delivery(partner, warehouse, products):
    customers = warehouse.env.ref("stock.stock_location_customers")
    move = {
        "product_uom_qty": 1,
        "location_id": warehouse.lot_stock_id.id,
        "location_dest_id": customers.id,
    }
    return {
        "picking_type_id": warehouse.out_type_id.id,
        "location_id": warehouse.lot_stock_id.id,
        "location_dest_id": customers.id,
        "partner_id": partner.id,
        "move_ids": [(0, 0, {**move, "product_id": each.id}) for each in products],
    }


# --- measuring ----------------------------------------------------------------------


def _run_block(session, database, timings, way, pickings):
    """:return: seconds of the block, by the clock and on processors"""
    with session.sql(database) as cursor:
        _switch_triggers(cursor, way == "with")
    hooks = contextlib.nullcontext()
    if way == "without":
        hooks = _without_hooks(session, database)
    with hooks:
        _validate(session, database, pickings.pop())  # what the switch has made cold
        with session.sql(database) as cursor:
            # as if the planner had done what it was woken for
            cursor.execute("UPDATE queue_job SET state = 'done' WHERE state <> 'done'")
        gc.collect()
        phase = f"deliveries_{way}"
        for _number in range(BLOCK):
            with timings.measure(phase, database):
                _validate(session, database, pickings.pop())
    return {
        "clock": sum(timings.seconds[phase][-BLOCK:]),
        "cpu": sum(timings.cpu_seconds[phase][-BLOCK:]),
    }


def _validate(session, database, picking_id):
    with session.odoo(database) as env:
        picking = env(context={})["stock.picking"].browse(picking_id)
        picking.button_validate()
        if picking.state != "done":
            raise RuntimeError(f"{picking.name} is {picking.state}, not done")


def _switch_triggers(cursor, on):
    cursor.execute(OUR_TRIGGERS)
    for table, trigger in cursor.fetchall():
        action = "ENABLE" if on else "DISABLE"
        cursor.execute(f'ALTER TABLE {table} {action} TRIGGER "{trigger}"')


@contextlib.contextmanager
def _without_hooks(session, database):
    """Odoo as if our addons did not extend the methods of its stock models."""
    removed = []
    with session.odoo(database) as env:
        models = [type(env[name]) for name in env.registry if name.startswith("stock.")]
    for model in models:
        order = model.__mro__
        for place, definition in enumerate(order):
            if not definition.__module__.startswith("odoo.addons.channel_"):
                continue
            for name, method in list(vars(definition).items()):
                if callable(method) and any(
                    name in vars(base) for base in order[place + 1 :]
                ):
                    delattr(definition, name)
                    removed.append((definition, name, method))
    try:
        yield
    finally:
        for definition, name, method in removed:
            setattr(definition, name, method)
