"""How soon the numbers of a large catalogue are at Amazon, by Amazon's own limits.

The account is the sandbox's, in a process of its own; Odoo is in this one, and does
what its jobs do. Time is compressed where hours of Amazon's are waited for: its work,
its rates and our own waits alike, by ``--compress``; what we compute takes as long as
it takes, so it counts so many times as much. PATCHes are sent at Amazon's own pace.
"""

import contextlib
import datetime
import json
import sys
import time
from collections import Counter
from dataclasses import replace
from unittest import mock

import databases
import requests
from demo.channel import Seller
from demo.processes import Process

from . import plan as bench_plan
from . import seed as bench_seed
from .figures import Memory, Timings, table
from .session import Session

DESCRIPTION = (
    "Measure an Amazon seller's catalogue: from nothing known to the first numbers"
    " shown, PATCHes a second, a look at all numbers, and memory."
)
MARKETPLACE = "ATVPDKIKX0DER"
SECONDS_TO_START = 180
HOURS_OF_WORK = 6
HOURS_TO_SHOW = 6
"""Of Amazon's: what is not shown by then never will be."""
MINUTE, HOUR = 60, 3600
AIM_MINUTES, AIM_RATE, AIM_MB = 45, 4.5, 300
# What Amazon does by chance is for the simulation: here it is timed.
CALM = ("patch_invalid", "line_lost", "word_lost", "late_index", "fba_leak")


def add_arguments(parser):
    add = parser.add_argument
    add("--skus", type=int, default=100_000, metavar="N")
    add("--compress", type=float, default=10.0, metavar="N", help="of Amazon's hours")
    add("--patches", type=int, default=300, metavar="N", help="in Amazon's own time")


def main(options, env):
    session = Session(env, {"jit": "off"}, log=_say)
    folder = databases.checkout_folder() / "bench-amazon"
    folder.mkdir(exist_ok=True)
    with session.databases(), contextlib.ExitStack() as stack:
        seeded = bench_seed.seeded_database(session, options.skus, 1)
        database = session.clone(seeded, "amazon")
        _name_as_amazon_does(session, database)
        account = _start_account(
            stack, env, folder, _skus(session, database), options.compress
        )
        bench = Bench(session, database, account, options)
        with _compressed(options.compress):
            bench.connect()
            phases = {
                "catalogue": bench.run("catalogue", bench.read_catalogue),
                "numbers": bench.run("numbers", bench.publish),
                "again": bench.run("again", bench.look_again),
            }
        slow = _start_account(stack, env, folder, bench.shown(), 1)
        bench.move_to(slow)
        patches = bench.run("patches", lambda: bench.patch(options.patches))
        return {
            "at": datetime.datetime.now().isoformat(timespec="seconds"),
            "skus": options.skus,
            "levels": len(bench.targets()),
            "compress": options.compress,
            "phases": phases,
            "patches": patches,
            "memory": bench.memory.peaks,
            "violations": {**account.violations(), **slow.violations()},
        }


# --- the account ------------------------------------------------------------------


class Account:
    """The sandbox's seller, by its control interface."""

    def __init__(self, url):
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False

    def get(self, path):
        answer = self._session.get(f"{self.url}/_sandbox/{path}", timeout=120)
        answer.raise_for_status()
        return answer.json()

    def shown(self):
        """{SKU: the number that shoppers see}"""
        levels = self.get("levels")["levels"]
        return {each["sku"]: each["number"] for each in levels}

    def violations(self):
        return {name: count for name, count in self.get("violations")["counts"].items()}


def _start_account(stack, env, folder, numbers, compress):
    """:param numbers: {SKU: quantity} that it shows at first"""
    products = [
        {"sku": sku, "title": sku, "price": "10.00", "quantity": quantity}
        for sku, quantity in numbers.items()
    ]
    path = folder / f"seed-{compress:g}.json"
    path.write_text(json.dumps({"products": products}))
    command = [sys.executable, "-m", "sandbox.amazon", "--port", "0"]
    command += ["--region", "na", "--marketplace", MARKETPLACE, "--currency", "USD"]
    command += ["--compress", str(compress), "--rate-factor", str(compress)]
    command += ["--applies", str(30 / compress), "--seed", path]
    for name in CALM:
        command += ["--rule", f"{name}=0"]
    log = folder / f"account-{compress:g}.log"
    process = Process("Amazon", command, log, env, databases.REPO / "setup")
    stack.enter_context(process)

    def address():
        lines = [line for line in log.read_text().split("\n") if '"ready"' in line]
        return json.loads(lines[0])["ready"] if lines else None

    return Account(process.wait_for("is ready", address, SECONDS_TO_START))


@contextlib.contextmanager
def _compressed(factor):
    """What we wait for by ourselves, and the rates that we keep to, as Amazon's."""
    from odoo.addons.channel_connector_amazon import const
    from odoo.addons.channel_connector_amazon.lib import catalogue
    from odoo.addons.channel_connector_amazon.models import (
        channel_adapter_amazon as adapter,
    )
    from odoo.addons.channel_inventory_base.models import channel_lane

    rates = {
        name: replace(each, rate=each.rate * factor)
        for name, each in const.OPERATIONS.items()
    }
    feed = replace(
        adapter.FEED,
        every=adapter.FEED.every / factor,
        applies=adapter.FEED.applies / factor,
    )
    shorter = (
        (adapter, "APPLIES_SECONDS"),
        (adapter, "LATE_NUMBER_SECONDS"),
        (adapter, "PULL_SECONDS"),
        (catalogue, "AGAIN"),
        (channel_lane, "WATCH_SECONDS"),
        (channel_lane, "INSURE_SECONDS"),
    )
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.dict(const.OPERATIONS, rates))
        stack.enter_context(mock.patch.object(adapter, "FEED", feed))
        for module, name in shorter:
            value = getattr(module, name) / factor
            stack.enter_context(mock.patch.object(module, name, value))
        yield


@contextlib.contextmanager
def _counted():
    """Counter of the requests that are made, by operation."""
    from odoo.addons.channel_connector_amazon.client import Client

    counts, send = Counter(), Client._send

    def counted(client, operation, *rest):
        counts[operation.name] += 1
        return send(client, operation, *rest)

    with mock.patch.object(Client, "_send", counted):
        yield counts


# --- Odoo -------------------------------------------------------------------------


def _name_as_amazon_does(session, database):
    """Each listing is known by its SKU, and there is one node."""
    with session.sql(database) as cursor:
        cursor.execute("UPDATE channel_listing SET external_id = sku, stock_ref = sku")
        cursor.execute("UPDATE channel_node SET external_id = 'DEFAULT'")


def _skus(session, database):
    with session.sql(database) as cursor:
        cursor.execute("SELECT sku FROM channel_listing ORDER BY id")
        return {sku: 0 for [sku] in cursor.fetchall()}


class Bench:
    """A channel and its account, and what is timed of them."""

    def __init__(self, session, database, account, options):
        self.session, self.database, self.account = session, database, account
        self.compress = options.compress
        # of few numbers half are a mass
        self.mass = options.skus // 2
        self.timings, self.memory = Timings(session), Memory(session)

    @contextlib.contextmanager
    def channel(self):
        with self.session.odoo(self.database) as env:
            yield env["channel.channel"].search([("name", "=", "Bench 0")])

    def connect(self):
        """Enter all settings: a secret is of one address, and goes with it."""
        settings = {
            name: value
            for name, value in Seller.settings.items()
            if not name.startswith("amazon_aws")
        }
        with self.channel() as channel:
            channel.write({"channel_type": "amazon", "base_url": self.account.url})
            channel.write(
                {
                    **settings,
                    "order_lag": max(1, round(30 / self.compress)),
                    "environment": "test",
                    "mass_quantity": min(channel.mass_quantity, self.mass),
                }
            )
            self._allow(channel)

    def _allow(self, channel):
        """As after a test of the connection, in the database that this one is."""
        channel.flush_recordset()
        channel.write(
            {"connection_state": "ok", "home_database": channel._database_name()}
        )

    def move_to(self, account):
        """The same channel, at an account that has the same numbers and no hurry."""
        self.account, self.compress = account, 1
        with self.channel() as channel:
            channel.env["channel.shared.state"].search([]).unlink()
        self.connect()

    def run(self, phase, work):
        """:return: what ``work`` returns, with its seconds and our own work in them"""
        _say(f"run   {phase}")
        with (
            # it closes the connections that there are
            self.memory.watch(phase, self.database),
            self.timings.measure(phase, self.database),
            _counted() as requests_made,
        ):
            result = work() or {}
        return {
            **result,
            "seconds": round(self.timings.seconds[phase][-1], 2),
            "our_seconds": round(self.timings.cpu_seconds[phase][-1], 2),
            "requests": dict(requests_made),
        }

    # ------------------------------------------------------------- phases
    def read_catalogue(self):
        with self.channel() as channel:
            self._repeat(lambda: channel.env["channel.catalogue"]._fetch(channel))
        with self.session.odoo(self.database) as env:
            bench_plan.full_plan(env)
        with self.session.sql(self.database) as cursor:
            cursor.execute(SHOWN)
        with self.session.odoo(self.database) as env:
            env["channel.publisher"]._requeue_missing()

    def publish(self):
        began = time.monotonic()
        self._go_on(lambda: self._wrong() != 0)
        return {"shown_after": round(time.monotonic() - began, 2)}

    def look_again(self):
        """Every known number once, a minute's part after the other without the rest of
        the minute. :return: how many parts"""
        parts = 0
        while True:
            with self.channel() as channel:
                observer = channel.env["channel.observer"]
                self._repeat(lambda look=observer._look_around: look(channel) or True)
                budget = channel._capabilities().read_budget
            parts += 1
            with self.channel() as channel:
                if not channel._get_shared_state("_job_look").get("last"):
                    return {"parts": parts, "budget": budget}

    def patch(self, count):
        """So many numbers fall, and go one by one."""
        with self.session.sql(self.database) as cursor:
            cursor.execute(FALL, [count])
        with self.session.odoo(self.database) as env:
            bench_plan.plan(env)
        with self.channel() as channel:
            channel.mass_quantity = 10 * count
        queued = self._count(PENDING)
        began = time.monotonic()
        # numbers are read back by another job, meanwhile
        while self._count(PENDING):
            self._repeat(lambda: self._run_job("channel.publisher"))
        return {"numbers": queued, "sending": round(time.monotonic() - began, 2)}

    # ------------------------------------------------------------- helpers
    def _go_on(self, condition):
        """As its jobs do, as long as there is something to do."""
        end = time.monotonic() + HOURS_TO_SHOW * HOUR / self.compress
        while condition():
            if time.monotonic() > end:
                raise RuntimeError(f"{self._wrong()} numbers are not shown as they are")
            for model in ("channel.publisher", "channel.observer"):
                self._repeat(lambda model=model: self._run_job(model))
            time.sleep(0.5)

    def _run_job(self, model):
        # in a transaction of its own, or it would not see what was sent before
        with self.channel() as channel:
            return channel.env[model]._run(channel) or True

    def _repeat(self, work):
        """Until Amazon lets us."""
        from odoo.addons.channel_inventory_base.exceptions import ThrottledError

        while True:
            try:
                return work()
            except ThrottledError as error:
                time.sleep(min(error.retry_after or 0.2, 1))

    def _count(self, query):
        with self.session.sql(self.database) as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0]

    def _wrong(self):
        """How many numbers are not shown as they should be."""
        if self._count(UNANSWERED):
            return -1
        shown, targets = self.account.shown(), self.targets()
        return sum(shown.get(sku) != target for sku, target in targets.items())

    def targets(self):
        with self.session.sql(self.database) as cursor:
            cursor.execute(
                "SELECT listing.sku, level.target FROM channel_level level"
                " JOIN channel_listing listing ON listing.id = level.listing_id"
                " WHERE listing.state = 'mapped' AND listing.tracked"
            )
            return dict(cursor.fetchall())

    def shown(self):
        return self.account.shown()


PENDING = "SELECT count(*) FROM channel_level_pending"
# Numbers that wait, or that a feed has taken and not answered for.
UNANSWERED = """
    SELECT (SELECT count(*) FROM channel_level_pending)
           + (SELECT count(*) FROM channel_publication WHERE ask_at IS NOT NULL)
"""

# What Amazon shows was looked at before: nothing is in stock there.
SHOWN = """
    INSERT INTO channel_level_remote
           (level_id, channel_id, state, base_qty, base_deducted)
    SELECT id, channel_id, 'known', 0, 0 FROM channel_level
    ON CONFLICT (level_id) DO UPDATE SET state = 'known', base_qty = 0
"""

# A unit less of so many products that there are many of, each of its own bin.
FALL = """
    UPDATE stock_quant SET quantity = quantity - 12
     WHERE id IN (
        SELECT DISTINCT ON (quant.product_id) quant.id
          FROM stock_quant quant
          JOIN channel_listing listing ON listing.product_id = quant.product_id
          JOIN channel_level level ON level.listing_id = listing.id
          JOIN stock_location location ON location.id = quant.location_id
         WHERE level.target BETWEEN 20 AND 400 AND quant.quantity > 30
           AND quant.owner_id IS NULL AND location.stock_state = 'sellable'
         ORDER BY quant.product_id LIMIT %s)
"""


# --- the table --------------------------------------------------------------------


def figures(result):
    """{figure: (measured, aim, whether it is met)}"""
    factor = result["compress"]
    phases, patches = result["phases"], result["patches"]
    minutes = phases["numbers"]["shown_after"] * factor / MINUTE
    rate = patches["requests"].get("patchListingsItem", 0) / patches["sending"]
    reads = phases["again"]["requests"].get("searchListingsItems", 0)
    budget = phases["again"]["budget"] * HOURS_OF_WORK * HOUR
    memory = max(each["python"] for each in result["memory"].values())
    return {
        "first numbers shown, minutes of Amazon's": (
            round(minutes, 1),
            f"<= {AIM_MINUTES}",
            minutes <= AIM_MINUTES,
        ),
        "PATCHes a second": (round(rate, 2), f">= {AIM_RATE}", rate >= AIM_RATE),
        "a look at all numbers, reads of 20": (
            f"{reads:,}",
            f"<= {budget // 20:,.0f} in {HOURS_OF_WORK} hours",
            reads <= budget // 20,
        ),
        "peak memory of the process, MB": (memory, f"< {AIM_MB}", memory < AIM_MB),
    }


def show(result):
    yield (
        f"{result['skus']:,} SKUs in one marketplace; Amazon's work, its rates and our"
        f" waits are\n{result['compress']:g} times as fast, what we compute is not."
    )
    yield ""
    rows = [
        (words, measured, aim)
        for words, (measured, aim, _met) in figures(result).items()
    ]
    yield from table(("figure", "measured", "aim"), rows)
    yield ""
    labels = {
        "catalogue": "the catalogue read, and all numbers planned",
        "numbers": "first numbers sent, and shown",
        "again": "every number looked at once more",
    }
    rows = [
        (
            label,
            f"{result['phases'][name]['seconds'] * result['compress'] / MINUTE:.1f}",
            f"{result['phases'][name]['our_seconds']:.1f}",
            _requests(result["phases"][name]),
            result["memory"][name]["python"],
        )
        for name, label in labels.items()
    ]
    head = ("phase", "minutes of Amazon's", "s on our CPUs", "requests", "MB")
    yield from table(head, rows)
    if result["violations"]:
        yield ""
        counts = (f"{name} {n}" for name, n in sorted(result["violations"].items()))
        yield f"Counted by the sandbox: {', '.join(counts)}."


def _requests(phase):
    found = sorted(phase["requests"].items(), key=lambda pair: -pair[1])
    return ", ".join(f"{count:,} {name}" for name, count in found[:4])


def failures(result):
    for words, (measured, aim, met) in figures(result).items():
        if not met:
            yield f"{words}: {measured}, {aim} is the aim"
    for name in ("fba_writes", "stubs", "waste", "throttled", "own_answers"):
        if count := result["violations"].get(name):
            yield f"{name}: {count}"


def _say(message):
    print(f"{time.strftime('%H:%M:%S')}  {message}", file=sys.stderr, flush=True)
