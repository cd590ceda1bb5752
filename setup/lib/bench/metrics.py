"""What monitoring costs: a scrape, the roll-up of an hour, and what dashboards ask."""

import contextlib
import datetime
import threading
import time

from .figures import Timings
from .session import Session

DESCRIPTION = (
    "Measure monitoring: a scrape of many channels, the roll-up of an hour, and what"
    " the overview and the dashboards ask."
)
WORKERS = 8
"""So many others work meanwhile, each with a connection of its own."""
WORK = """
    SELECT level_id, max(since) FROM channel_publication_line
     GROUP BY level_id ORDER BY 2 DESC LIMIT 1000
"""
AIM_SCRAPE, AIM_ROLL_UP, AIM_DASHBOARD = 0.3, 2.0, 1.0

# A row is a level of a channel: planned with a rule that holds something back, known on
# the channel, and shown once in the last hours by a publication of a hundred lines.
LISTINGS = """
WITH made AS (
    INSERT INTO channel_listing
           (channel_id, company_id, external_id, stock_ref, sku, product_id, state,
            active, tracked, stock_factor, pack_qty, create_date, write_date)
    SELECT channel.id, channel.company_id, 'V-' || number, 'I-' || number,
           'M-' || number, %(product)s, 'mapped', true, true, 1, 1, now(), now()
      FROM channel_channel channel, generate_series(1, %(each)s) AS number
     WHERE channel.name LIKE 'Bench %%'
    RETURNING id, channel_id, company_id
),
level AS (
    INSERT INTO channel_level
           (listing_id, node_id, channel_id, company_id, target, planned_at)
    SELECT made.id, node.id, made.channel_id, made.company_id, 7,
           now() AT TIME ZONE 'UTC'
      FROM made JOIN channel_node node ON node.channel_id = made.channel_id
    RETURNING id, channel_id
),
inputs AS (
    INSERT INTO channel_level_inputs (level_id, inputs)
    SELECT id, '{"available": 10, "on_hand": 10, "factor": 1, "fixed": 3,
                 "fixed_id": 1}'
      FROM level
)
INSERT INTO channel_level_remote (level_id, channel_id, state, base_qty, base_deducted)
SELECT id, channel_id, 'known', 7, 0 FROM level
"""
PUBLICATIONS = """
WITH numbered AS (
    SELECT id, channel_id, company_id,
           row_number() OVER (PARTITION BY channel_id ORDER BY id) / 100 AS batch
      FROM channel_level
),
publication AS (
    INSERT INTO channel_publication
           (channel_id, company_id, key, trace, state, payload, attempts, sent_at,
            acked_at, create_date, write_date)
    SELECT channel_id, company_id, channel_id || '-' || batch || '-' || hour, 'bench',
           'done', '{}', 1, moment, moment, moment, moment
      FROM (SELECT DISTINCT channel_id, company_id, batch FROM numbered) batches,
           generate_series(0, %(hours)s - 1) AS hour,
           LATERAL (SELECT date_trunc('hour', now() AT TIME ZONE 'UTC')
                           - make_interval(hours => hour::int)
                           - interval '20 min' AS moment) at
    RETURNING id, channel_id, key, acked_at
)
INSERT INTO channel_publication_line
       (publication_id, level_id, quantity, base, deducted, since, result)
SELECT publication.id, numbered.id, 7, 8, 0,
       publication.acked_at - make_interval(secs => 1 + numbered.id %% 90), 'acked'
  FROM publication
  JOIN numbered ON numbered.channel_id = publication.channel_id
   AND publication.key LIKE numbered.channel_id || '-' || numbered.batch || '-%%'
"""
PENDING = """
INSERT INTO channel_level_pending (level_id, channel_id, urgent, force, since)
SELECT id, channel_id, false, false, now() AT TIME ZONE 'UTC' FROM channel_level
 WHERE mod(id, 20) = 0
"""
FILLED = (
    "channel_listing",
    "channel_level",
    "channel_level_inputs",
    "channel_level_remote",
    "channel_level_pending",
    "channel_publication",
    "channel_publication_line",
)


def add_arguments(parser):
    parser.add_argument("--channels", type=int, default=100, metavar="N")
    parser.add_argument("--levels", type=int, default=100_000, metavar="N")
    parser.add_argument("--hours", type=int, default=3, metavar="N")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")


def main(options, env):
    session = Session(env, {"jit": "off"}, log=_say)
    timings = Timings(session)
    with session.databases():
        database = session.clone(session.template, "metrics")
        _say(f"seed  {options.channels} channels, {options.levels:,} levels")
        with session.odoo(database) as odoo:
            seeded = _prepare(odoo, options)
        with session.sql(database) as cursor:
            for table in FILLED:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(LISTINGS, seeded)
            cursor.execute(PUBLICATIONS, seeded)
            cursor.execute(PENDING)
            for table in FILLED:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            cursor.execute("ANALYZE")
        lines = _measure(session, database, timings, options)
    return {
        "at": datetime.datetime.now().isoformat(timespec="seconds"),
        "channels": options.channels,
        "levels": options.levels,
        "lines": lines,
        "seconds": timings.summary(),
    }


def _prepare(odoo, options):
    warehouse = odoo["stock.warehouse"].create({"name": "Bench", "code": "BENCH"})
    product = odoo["product.product"].create({"name": "Plain", "is_storable": True})
    odoo["channel.channel"].create(
        [
            {
                "name": f"Bench {number}",
                "state": "live",
                "connection_state": "ok",
                "home_database": odoo["channel.channel"]._database_name(),
                "node_ids": [
                    (
                        0,
                        0,
                        {
                            "name": "Node",
                            "external_id": f"node-{number}",
                            "warehouse_ids": [(6, 0, warehouse.ids)],
                        },
                    )
                ],
            }
            for number in range(options.channels)
        ]
    )
    return {
        "product": product.id,
        "each": options.levels // options.channels,
        "hours": options.hours,
    }


def _measure(session, database, timings, options):
    with session.odoo(database) as odoo:
        odoo.cr.execute("SELECT date_trunc('hour', now() AT TIME ZONE 'UTC')")
        [[until]] = odoo.cr.fetchall()
        metrics = odoo["channel.metric"]
        for number in range(options.hours - 1):
            since = until - datetime.timedelta(hours=number + 1)
            with timings.measure("roll_up", database):
                metrics._count_hours(since, since + datetime.timedelta(hours=1))
        state = odoo["channel.shared.state"]._lock_scoped("metrics")
        state.value["until"] = until.isoformat()
        state._save()
    for _round in range(options.rounds):
        with session.odoo(database) as odoo:
            with timings.measure("scrape", database):
                odoo["channel.exporter"]._write_page()
        with session.odoo(database) as odoo:
            with timings.measure("overview", database):
                odoo["channel.live"].get_board()
        with session.odoo(database) as odoo:
            figures = odoo["channel.report.figure"]
            with timings.measure("business", database):
                # what the cells and charts of the business dashboard ask
                for groups in (["kind"], ["channel_id", "kind"]):
                    figures._read_group([], groups, ["units:sum", "value:sum_currency"])
                figures._read_group(
                    [("kind", "=", "hidden")], ["categ_id"], ["margin:sum_currency"]
                )
    with _busy(session, database):
        for _round in range(options.rounds):
            with session.odoo(database) as odoo:
                with timings.measure("scrape_busy", database):
                    odoo["channel.exporter"]._write_page()
    with session.sql(database) as cursor:
        cursor.execute("SELECT count(*) FROM channel_publication_line")
        [[lines]] = cursor.fetchall()
    return lines


@contextlib.contextmanager
def _busy(session, database):
    """``WORKERS`` keep the database busy while the block runs."""
    over = threading.Event()

    def work():
        with session.sql(database) as cursor:
            while not over.is_set():
                cursor.execute(WORK)

    threads = [threading.Thread(target=work) for _number in range(WORKERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


# ------------------------------------------------------------------- told
def show(result):
    yield "| | aim | median | slowest |"
    yield "| --- | ---: | ---: | ---: |"
    names = {
        "scrape": ("scrape of all channels", AIM_SCRAPE),
        "scrape_busy": (f"the same while {WORKERS} workers are busy", AIM_SCRAPE),
        "roll_up": ("roll-up of an hour", AIM_ROLL_UP),
        "overview": ("overview", AIM_DASHBOARD),
        "business": ("figures of the business dashboard", AIM_DASHBOARD),
    }
    for label, (words, aim) in names.items():
        found = result["seconds"][label]
        median, longest = found["median"], found["max"]
        yield f"| {words} | {aim:g} s | {median:.3f} s | {longest:.3f} s |"


def failures(result):
    aims = {
        "scrape": AIM_SCRAPE,
        "scrape_busy": AIM_SCRAPE,
        "roll_up": AIM_ROLL_UP,
        "overview": AIM_DASHBOARD,
        "business": AIM_DASHBOARD,
    }
    for label, aim in aims.items():
        if result["seconds"][label]["median"] > aim:
            yield f"{label} took longer than {aim} s"


def _say(words):
    print(f"{time.strftime('%H:%M:%S')}  {words}", flush=True)
