"""How many webhooks Odoo takes, how soon it answers, and whether it keeps them.

A company with two shops, Shopify and WooCommerce, on the sandbox stores, connected as
a manager connects them; Odoo as an administrator runs it, prefork with its job runner.
The stores' own deliveries are sent by another process (``bench/webhooks_load.py``) at
their times, whether those before them are answered or not. Meanwhile Odoo's jobs take
the orders in, on the same processors. Afterwards the books are compared
(``bench/webhooks_judge.py``).
"""

import contextlib
import datetime
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import databases
import psutil

DESCRIPTION = (
    "Deliver webhooks at a rate that does not wait for answers, and compare what was"
    " answered with what is in the inbox."
)
SKUS, SHOPS = 60, 2
AIM = 0.15
HOLD_AIM, NUMBER_AIM = 0.3, 2
"""Seconds, all three: for 99, 95 and 95 of 100."""
PATIENCE = 1800
HEAL_SECONDS = 60
# What readme/CONFIGURE.md recommends: jobs and webhooks are taken by the same workers.
WORKERS = 26
STORED = """
    SELECT channel_id, encode(sha256(convert_to(body, 'UTF8')), 'hex')
      FROM channel_inbox_event WHERE source = 'webhook'
"""
POLLED = """
    SELECT channel_id, ref, occurred_at
      FROM channel_inbox_event WHERE source <> 'webhook' AND ref IS NOT NULL
"""
WAITING = """
    SELECT (SELECT count(*) FROM channel_inbox_event WHERE state = 'new'),
           (SELECT count(*) FROM queue_job
             WHERE state NOT IN ('done', 'failed', 'cancelled')
               -- the next poll always waits for its minute
               AND (eta IS NULL OR eta <= now() AT TIME ZONE 'UTC')),
           (SELECT count(*) FROM channel_order
             WHERE state = 'captured' OR NOT complete OR wanted_version > version)
"""
ORDERS = """
    SELECT known.channel_id, substring(known.external_id from '[0-9]+$'),
           extract(epoch FROM known.version)::float, count(sale.id)
      FROM channel_order known
      LEFT JOIN sale_order sale ON sale.channel_order_id = known.id
     GROUP BY known.id
"""


def add_arguments(parser):
    parser.add_argument("--rate", type=float, default=200, help="deliveries a second")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--orders", type=int, default=100, help="that they are about")
    parser.add_argument("--workers", type=int, default=WORKERS, help="Odoo's")


def main(options, env):
    from simulation import shops as shops_module
    from simulation import world as world_module
    from simulation.main import _without_surprises

    name = f"channel_bench_{os.getpid()}_webhooks"
    folder = databases.checkout_folder() / "webhooks"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    env = _without_surprises(env)
    with contextlib.ExitStack() as stack:
        template = databases.ensure_template(env, log=say)
        stack.callback(databases.drop, env, name)
        databases.clone(env, template, name)
        world = world_module.make(1, SKUS, SHOPS, options.orders * 4)
        shops = shops_module.start(world)
        for shop in shops.values():
            stack.callback(shop.stop)
        server = stack.enter_context(_server(env, folder, name, options.workers))
        bench = Bench(options, folder, world, shops, server)
        bench.connect()
        result = bench.measure()
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"at": now.isoformat(timespec="seconds"), **result}


def _server(env, folder, name, workers):
    from demo.processes import free_ports
    from simulation.server import Server
    from simulation.sql import Sql

    sql, ports = Sql(env, name), free_ports(2)
    return Server(env, folder, sql, ports, "bench", workers, databases.job_channels())


class Bench:
    def __init__(self, options, folder, world, shops, server):
        from simulation.run import Run

        self.options, self.folder, self.world = options, folder, world
        self.shops, self.server, self.sql = shops, server, server.sql
        self.run = Run(
            world,
            [],
            shops,
            server,
            server.sql,
            SimpleNamespace(minutes=1, people="none"),
            say,
        )
        self.over = threading.Event()

    def connect(self):
        from simulation import ours

        self.run.company.furnish()
        ours.connect(self.run)
        # a simulation polls all the time
        self.sql.run("UPDATE channel_channel SET poll_minutes = 5, poll_overlap = 300")
        names = {shop.shop.name: key for key, shop in self.shops.items()}
        rows = self.sql.rows("SELECT id, name FROM channel_channel")
        self.channels = {number: names[name] for number, name in rows if name in names}

    def measure(self):
        from simulation import hops
        from simulation.run import busy_percent

        from . import webhooks_judge as judge
        from . import webhooks_made as made

        options = self.options
        number = round(options.rate * options.seconds)
        deliveries = made.make(
            self.shops, self.world, number, options.orders, options.rate
        )
        path = self.folder / "deliveries"
        host = self.server.url.removeprefix("http://")
        made.write(path, deliveries, host)
        bodies = sorted(len(each.body) for _due, each in deliveries)
        say(f"      {number} deliveries of {options.orders} orders are made")
        healer = threading.Thread(target=self._heal, daemon=True)
        before, times, began = self._cpu(), psutil.cpu_times(), time.monotonic()
        healer.start()
        sent = self._send(host, path)
        seconds = time.monotonic() - began
        after, busy = self._cpu(), busy_percent(times, psutil.cpu_times())
        began_at = time.time() - seconds
        waiting = self._waiting()
        say(f"      delivered ({seconds:.0f} s); events, jobs, orders left: {waiting}")
        drained = self._drain()
        self.over.set()
        rows = hops.read(self.server.rpc(), began_at)
        stored = [
            (self.channels[channel], digest)
            for channel, digest in self.sql.rows(STORED)
            if channel in self.channels
        ]
        polled = {
            (self.channels[channel], ref, at)
            for channel, ref, at in self.sql.rows(POLLED)
            if channel in self.channels
        }
        books = judge.judge(deliveries, sent["attempts"], stored, polled)
        return {
            "rate": options.rate,
            "seconds": options.seconds,
            "workers": options.workers,
            "processors": os.cpu_count(),
            "aim": AIM,
            "body_median": bodies[len(bodies) // 2],
            **books,
            **judge.latency(sent["attempts"], options.rate),
            **self._orders(),
            "hops": rows,
            "hold_p95": hops.find(rows, "order", "held", "p95"),
            "number_p95": hops.find(rows, "number", "in all", "p95"),
            "waiting_after": waiting,
            "seconds_to_drain": drained,
            "failed_jobs": self.sql.value(
                "SELECT count(*) FROM queue_job WHERE state = 'failed'"
            ),
            "cpu_percent": {
                **{
                    name: round(100 * (after[name] - before[name]) / seconds)
                    for name in before
                },
                "senders": round(100 * sent["cpu_seconds"] / seconds),
                "machine": round(busy * os.cpu_count()),
            },
        }

    def _send(self, host, path):
        script = Path(__file__).with_name("webhooks_load.py")
        done = subprocess.run(
            [sys.executable, str(script), *host.split(":"), str(path)],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"setup: stopped: the senders ended with {done.returncode}")
        return json.loads(done.stdout)

    def _heal(self):
        """What a scheduled action does each minute."""
        odoo = self.server.rpc()
        number = self.sql.value(
            "SELECT res_id FROM ir_model_data WHERE model = 'ir.cron'"
            " AND module = 'channel_inventory_base' AND name = 'cron_recover'"
        )
        while not self.over.wait(HEAL_SECONDS):
            with contextlib.suppress(Exception):  # the next minute tries again
                odoo.call("ir.cron", "method_direct_trigger", [number])

    def _waiting(self):
        return [int(each) for each in self.sql.rows(WAITING)[0]]

    def _drain(self):
        """:return: seconds until nothing waits any more; None when it takes too long"""
        began, calm = time.monotonic(), 0
        while time.monotonic() - began < PATIENCE:
            self.server.process.check()
            calm = 0 if any(self._waiting()) else calm + 1
            if calm > 3:  # a job may be about to be enqueued by another
                return round(time.monotonic() - began, 1)
            time.sleep(0.5)
        return None

    def _orders(self):
        """The shops' own books beside Odoo's."""
        known = {
            (self.channels[channel], ref): (version, sales)
            for channel, ref, version, sales in self.sql.rows(ORDERS)
        }
        result = {"orders": 0, "orders_lost": 0, "orders_behind": 0}
        for key, shop in self.shops.items():
            store = shop.box.store
            with store.transaction():
                records = [
                    (
                        str(order.id),
                        getattr(order, "updated_at", None) or order.modified,
                    )
                    for order in store.orders.values()
                ]
            for ref, changed in records:
                version, _sales = known.get((key, ref), (None, 0))
                result["orders"] += 1
                result["orders_lost"] += (key, ref) not in known
                result["orders_behind"] += bool(
                    version and version < int(changed.timestamp())
                )
        result["orders_doubled"] = sum(sales > 1 for _v, sales in known.values())
        result["sale_orders"] = sum(sales for _v, sales in known.values())
        return result

    def _cpu(self):
        """Seconds on processors so far, of Odoo's and of PostgreSQL's processes."""
        head = psutil.Process(self.server.process.pid)
        odoo = [head, *head.children(recursive=True)]
        ended = head.cpu_times()
        backends = [
            each
            for each in psutil.process_iter(["name"])
            if each.info["name"] == "postgres" and self._is_ours(each)
        ]
        return {
            "odoo": sum(map(_used, odoo)) + ended.children_user + ended.children_system,
            "postgresql": sum(map(_used, backends)),
        }

    def _is_ours(self, process):
        with contextlib.suppress(psutil.Error):
            return self.sql.name in " ".join(process.cmdline())
        return False


def _used(process):
    with contextlib.suppress(psutil.Error):
        times = process.cpu_times()
        return times.user + times.system
    return 0.0


def failures(result):
    """What must not be, in words."""
    for name, words in (
        ("lost", "answered with yes and not in the inbox as sent"),
        ("doubled", "twice in the inbox"),
        ("refused_for_good", "refused with a status that says not to come again"),
        ("never_taken", "sent again and again and never taken"),
        ("orders_lost", "orders that Odoo does not know"),
        ("orders_behind", "orders of which Odoo has an older state"),
        ("orders_doubled", "orders that are two sale orders"),
        ("failed_jobs", "jobs that failed"),
    ):
        if result[name]:
            yield f"{result[name]} {words}"
    if result["seconds_to_drain"] is None:
        yield f"the queue is not drained: {result['waiting_after']}"


def show(result):
    cpu = result["cpu_percent"]
    yield (
        f"{result['deliveries']:,} deliveries of {result['orders']} orders at"
        f" {result['rate']:g} a second, bodies of {result['body_median']:,} bytes"
        f" (median); {result['workers']} workers, {result['processors']} processors."
    )
    yield ""
    from simulation import hops

    yield "| figure | measured | aim |"
    yield "| --- | ---: | ---: |"
    for words, value, aim in (
        ("sent a second", result["rate_sent"], ""),
        ("taken a second while they came", result["rate_taken"], ""),
        ("seconds until the answer: median", result["p50"], ""),
        ("95 of 100", result["p95"], ""),
        ("99 of 100", result["p99"], f"< {result['aim']:g}"),
        ("the slowest", result["max"], ""),
        (
            "from a delivery to its hold: 95 of 100",
            result["hold_p95"],
            f"<= {HOLD_AIM:g}",
        ),
        (
            "from a sale's commit to another shop's number: 95 of 100",
            result["number_p95"],
            f"<= {NUMBER_AIM:g}",
        ),
        ("attempts answered with come again", result["busy"], ""),
        ("attempts not answered", result["unanswered"], ""),
        ("deliveries taken in the end", f"{result['taken']:,}", ""),
        ("left to polls (WooCommerce sends once)", result["left_to_polls"], ""),
        ("events in the inbox", f"{result['stored']:,}", f"{result['events']:,}"),
        ("lost", result["lost"], 0),
        ("doubled", result["doubled"], 0),
        ("orders lost, behind, doubled", _three(result), "0, 0, 0"),
        ("seconds until nothing waited any more", result["seconds_to_drain"], ""),
        ("percent of a processor while they came: Odoo", cpu["odoo"], ""),
        ("PostgreSQL", cpu["postgresql"], ""),
        ("the senders", cpu["senders"], ""),
        ("the machine, with all else on it", cpu["machine"], ""),
        ("seconds that the senders were late: 99 of 100", result["late_p99"], ""),
    ):
        yield f"| {words} | {value} | {aim} |"
    yield ""
    yield "Seconds by hop:"
    yield ""
    yield from hops.table(result["hops"])
    yield ""
    outcomes = ", ".join(f"{name}: {n:,}" for name, n in result["outcomes"].items())
    yield f"Outcomes: {outcomes}."


def _three(result):
    return ", ".join(
        str(result[f"orders_{name}"]) for name in ("lost", "behind", "doubled")
    )


def say(*words):
    print(*words, file=sys.stderr, flush=True)
