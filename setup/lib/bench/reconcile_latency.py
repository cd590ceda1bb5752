"""How much a run delays what is published meanwhile, on its own channel."""

import contextlib
import multiprocessing
import statistics
import threading
import time

CHANGES = 60
"""So many changes of stock are measured without a run, each time."""
PAGE_SECONDS = 0.1
"""So long the channel takes for a page of its numbers, which is sooner than any."""
LOOK_SECONDS = 0.05
"""So often it is looked whether a statement waits for a lock of another."""
QUANTS = """
    SELECT max(quant.id) FROM stock_quant quant
      JOIN channel_listing listing ON listing.product_id = quant.product_id
      JOIN channel_level level ON level.listing_id = listing.id
     WHERE quant.quantity > 20 AND level.target > 0
     GROUP BY quant.product_id ORDER BY quant.product_id DESC
"""


def measure(session, conf, database, channel_id, rows, rounds=2):
    """Seconds from a change of stock to the number on the channel: some without a run,
    then some during one, and so on.

    :param rows: what the channel shows: (stock_ref, node_ref, quantity)
    :return: {"alone": list of seconds, "during": list of seconds, "locks": how often a
        statement was seen to wait for a lock during a run}
    """
    with session.sql(database) as cursor:
        cursor.execute(QUANTS)
        quants = iter([each for [each] in cursor.fetchall()])
    found, locks = {"alone": [], "during": []}, []
    with _shop(session, database, channel_id, rows) as change:
        change(next(quants))  # what is loaded for the first time is no change's
        for _round in range(rounds):
            for _change in range(CHANGES):
                found["alone"].append(change(next(quants)))
            with (
                _run_meanwhile(conf, database, channel_id, rows) as is_over,
                _locks_noted(session, database, locks),
            ):
                while not is_over():
                    found["during"].append(change(next(quants)))
    found = {
        name: [seconds for seconds in each if seconds] for name, each in found.items()
    }
    return {**found, "locks": sum(locks)}


@contextlib.contextmanager
def _locks_noted(session, database, locks):
    """Add to ``locks``, look by look, how many statements wait for one."""
    ended = threading.Event()

    def look():
        with session.sql(database) as cursor:
            while not ended.wait(LOOK_SECONDS):
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE datname = %s AND wait_event_type = 'Lock'",
                    [database],
                )
                locks.append(cursor.fetchone()[0])

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


@contextlib.contextmanager
def _shop(session, database, channel_id, rows):
    """Yields a function that changes a quant, and has that planned and published.

    It returns the seconds that took; None where no number changed.
    """
    from odoo.addons.channel_inventory_base.tests.common import fake_adapter
    from odoo.addons.channel_inventory_base.tests.fake_channel import FakeChannel

    with fake_adapter(FakeChannel()) as fake:
        fake.levels = {(item, place): shown for item, place, shown in rows}
        with session.odoo(database) as odoo:
            channel = odoo["channel.channel"].browse(channel_id)
            channel.write(
                {
                    "state": "live",
                    "connection_state": "ok",
                    "home_database": channel._database_name(),
                }
            )

        def change(quant_id):
            sent = len(fake.requests)
            with session.sql(database) as cursor:
                started = time.perf_counter()
                cursor.execute(
                    "UPDATE stock_quant SET quantity = quantity - 10 WHERE id = %s",
                    [quant_id],
                )
            with session.odoo(database) as odoo:
                odoo["channel.planner"]._run()
                channel = odoo["channel.channel"].browse(channel_id)
                odoo["channel.publisher"]._run(channel)
            seconds = time.perf_counter() - started
            return seconds if len(fake.requests) > sent else None

        yield change


@contextlib.contextmanager
def _run_meanwhile(conf, database, channel_id, rows):
    """A run in a process of its own. Yields a function that says whether it is over."""
    context = multiprocessing.get_context("spawn")
    ready, go, over = context.Event(), context.Event(), context.Event()
    process = context.Process(
        target=reconcile, args=(conf, database, channel_id, rows, ready, go, over)
    )
    process.start()
    try:
        if not ready.wait(180):
            raise SystemExit("the other process does not start")
        go.set()
        yield lambda: over.is_set() or not process.is_alive()
    finally:
        process.join(60)
    if process.exitcode:
        raise SystemExit(f"the run failed: {process.exitcode}")


def reconcile(conf, database, channel_id, rows, ready, go, over):
    """The other process: one run of all numbers."""
    from odoo.tools import config

    config.parse_config(["--config", conf, "--log-level=warn"])
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry

    from bench.reconcile import fake_channel

    registry = Registry(database)
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        channel = env["channel.channel"].browse(channel_id)
        with fake_channel(env, rows, pause=PAGE_SECONDS):
            run = env["channel.reconcile.run"]._begin("levels", "hand", channel=channel)
            cr.commit()
            ready.set()
            go.wait(60)
            while run.state == "running":
                env["channel.reconciler"]._run(channel)
                cr.commit()
                env.invalidate_all()
        over.set()
        if run.state != "done":
            raise SystemExit(f"{run.state}: {run.message}")


def p95(values):
    return statistics.quantiles(values, n=20)[-1]


def summary(found):
    """:return: dict of medians and 95th percentiles in seconds, and their ratios"""
    alone, during = found["alone"], found["during"]
    return {
        "alone": {"count": len(alone), "median": _median(alone), "p95": p95(alone)},
        "during": {"count": len(during), "median": _median(during), "p95": p95(during)},
        "ratio_median": round(_median(during) / _median(alone), 2),
        "ratio_p95": round(p95(during) / p95(alone), 2),
        "locks": found["locks"],
    }


def _median(values):
    return statistics.median(values)
