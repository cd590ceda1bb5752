"""Odoo, five stores, their shoppers and trading partners on one machine;
``setup/demo`` is the front."""

import argparse
import contextlib
import fcntl
import json
import os
import shutil
import signal
import sys
import time

import databases
import postgres

from . import check as demo_check
from . import database as demo_database
from . import life as demo_life
from . import long as demo_long
from . import store as demo_store
from .channel import Channel, Seller, Shop
from .company import ROLES, Company
from .drills import DRILLS
from .headless import Headless, HeadlessStore
from .partners import NoPartners, Partners
from .processes import DemoError, Process, free_ports
from .rpc import Refused, Rpc, Store
from .scenarios import SCENARIOS
from .store import EVERYBODY

TYPES = {each.type: each for each in (Channel, Shop, Seller, Headless)}
CURRENCY = "USD"  # of Odoo's demo company
SECONDS_TO_START = 120
SECONDS_TO_CONNECT = 180
ORDERS_A_MINUTE = 5  # in each store
CANCELLED = 0.05
SECONDS_BETWEEN_EVENTS = 6


def say(*words):
    print(*words, file=sys.stderr, flush=True)


class Demo:
    """What runs: ``odoo`` (as administrator), ``company``, ``channels``, ``database``.

    All of it ends with ``stack``.
    """

    def __init__(self, stack, env, folder, port=None, cast=EVERYBODY):
        """:param cast: who takes part, a ``Cast``"""
        self._stack, self._env, self._folder = stack, env, folder
        self._processes = []
        self.database = stack.enter_context(demo_database.fresh(env, say))
        self.odoo = self._start_odoo(port)
        self.products = demo_store.find_products(self.odoo)
        self.company = Company(self.odoo)
        self.channels = [
            TYPES[assortment.type](
                self.odoo, self.database, self.company, store, assortment
            )
            for store, assortment in self._start_stores(cast.stores)
        ]
        partners = Partners if cast.partners else NoPartners
        self.partners = partners(
            self.odoo, self.database, self.company, self.products, self._start_partners
        )
        self.life = demo_life.Life(self.company, self.products)

    def furnish(self):
        say("furnish warehouses, rules and users")
        self.company.furnish(self.products)

    def connect(self):
        """Furnish the company and take the channels live, as a manager would."""
        self.furnish()
        for channel in self.channels:
            say(f"connect {channel.assortment.name}")
            channel.connect(self.wait)
        say("connect trading partners")
        self.partners.connect(self.wait)
        operator = Rpc(self.odoo.url, self.database.name).login("operator", "operator")
        self.company.propose_rules(
            operator, [each.id for each in self.channels if each.shares_scarce]
        )

    def learn(self, language):
        """Load a language, before anybody works: that takes longer than a request may,
        and whoever writes meanwhile would have it begin anew."""
        say(f"load {language}")
        conf = self._folder / "odoo.conf"
        databases.load_language(self._env, self.database.name, language, conf)

    def speak(self, language):
        """The administrator reads another language from now on."""
        admin = self.odoo.find_id("res.users", ["login", "=", "admin"])
        self.odoo.call("res.users", "write", [admin], {"lang": language})

    def wait(self, what, condition, seconds=SECONDS_TO_CONNECT):
        """Wait for what Odoo's jobs do in the background."""
        self._processes[0].wait_for(what, condition, seconds)
        say(f"      {what}")

    def check(self):
        """:raise DemoError: a process has ended"""
        for process in self._processes:
            process.check()

    def waiting(self):
        """:return: list of words: what waits anywhere"""
        found = self.partners.waiting()
        for channel in self.channels:
            found += channel.waiting()
        return found

    def shop(self, **values):
        """Let shoppers into the stores; values are those of ``shoppers/start``."""
        for channel in self.channels:
            channel.store.post("shoppers/start", **values)
        self.partners.shop()

    def buy_unknown(self):
        """Two orders that a person has to look at."""
        self.channels[0].buy(demo_store.UNKNOWN["sku"])
        self.channels[0].buy(*demo_store.BY_BARCODE.values())

    def stop_shopping(self):
        for channel in self.channels:
            channel.store.post("shoppers/stop")
        self.partners.stop_shopping()

    # --- processes ----------------------------------------------------------------

    def _start_odoo(self, port):
        http_port, gevent_port = free_ports(2)
        http_port = port or http_port
        url = f"http://127.0.0.1:{http_port}"
        self.database.keep_local(url)
        conf = self._write_conf(http_port, gevent_port)
        say("start Odoo")
        script = databases.REPO / "setup" / "lib" / "odoo_server.py"
        command = [sys.executable, script, "--config", conf]
        process = self._start("Odoo", command, "odoo", self._folder)
        odoo = Rpc(url, self.database.name)
        process.wait_for("answers at its port", odoo.is_up, SECONDS_TO_START)
        return odoo.login("admin", "admin")

    def _write_conf(self, http_port, gevent_port):
        data = self._folder / "data"
        data.mkdir()
        options = {
            "http_port": http_port,
            "gevent_port": gevent_port,
            "db_name": self.database.name,
            "dbfilter": f"^{self.database.name}$",
            "list_db": False,
            "data_dir": data,
            "workers": 12,
            "max_cron_threads": 1,
            "log_handler": ":INFO,werkzeug:WARNING",
        }
        path = self._folder / "odoo.conf"
        return databases.write_conf(
            self._env, path, options, channels=databases.job_channels()
        )

    def _start_stores(self, stores):
        """:return: pairs (store, assortment)"""
        say(f"start {len(stores)} stores")
        shopify = [each for each in stores if each.type == "shopify"]
        others = [each for each in stores if each.type != "shopify"]
        pairs = self._start_shopify(shopify) if shopify else []
        for assortment in others:
            if assortment.type in demo_store.SANDBOXES:
                pairs += self._start_shop(assortment)
            else:
                # it is no server: it calls Odoo
                store = self._stack.enter_context(HeadlessStore(self.odoo.url))
                pairs.append((store, assortment))
        return pairs

    def _start_shopify(self, assortments):
        """One process serves them all."""
        options = ["--retry-window", "60"]
        options += ["--schemas", os.environ["CHANNEL_SHOPIFY_SCHEMAS"]]
        for assortment in assortments:
            path = self._write_seed(assortment)
            options += ["--store", f"{assortment.domain}=0={path}"]
        return self._start_sandbox("shopify", assortments, options)

    def _start_shop(self, assortment):
        options = [*demo_store.SANDBOXES[assortment.type], "--name", assortment.name]
        options += ["--port", "0", "--seed", self._write_seed(assortment)]
        return self._start_sandbox(assortment.type, [assortment], options)

    def _write_seed(self, assortment):
        seed = demo_store.make_seed(assortment, self.products, CURRENCY)
        path = self._folder / f"seed-{assortment.domain}.json"
        path.write_text(json.dumps(seed, indent=1))
        return path

    def _start_partners(self, seed):
        """:return: address of the sandbox of trading partners"""
        path = self._folder / "seed-partners.json"
        path.write_text(json.dumps(seed, indent=1))
        command = [sys.executable, "-m", "sandbox.edi", "--port", "0"]
        command += ["--sftp-port", "0", "--seed", path, "--tick", "0.5"]
        command += [each for name in seed for each in ("--partner", name)]
        folder = databases.REPO / "setup"
        process = self._start("trading partners", command, "partners", folder)
        return process.wait_for(
            "is ready", lambda: _addresses(process), SECONDS_TO_START
        )[0]

    def _start_sandbox(self, kind, assortments, options):
        """:return: pairs (store, assortment)"""
        command = [sys.executable, "-m", f"sandbox.{kind}", "--currency", CURRENCY]
        folder = databases.REPO / "setup"
        process = self._start(f"{kind} sandbox", [*command, *options], kind, folder)

        def addresses():
            urls = _addresses(process)
            return urls if len(urls) == len(assortments) else None

        urls = process.wait_for("is ready", addresses, SECONDS_TO_START)
        pairs = zip(urls, assortments, strict=True)
        return [(Store(url), assortment) for url, assortment in pairs]

    def _start(self, name, command, log, cwd):
        path = self._folder / f"{log}.log"
        process = Process(name, command, path, self._env, cwd)
        self._processes.append(process)
        return self._stack.enter_context(process)


def _addresses(process):
    """The first lines of a sandbox tell where each of its stores listens."""
    lines = process.log.read_text().split("\n")[:-1]
    return [json.loads(line)["ready"] for line in lines if '"ready"' in line]


@contextlib.contextmanager
def running(port=None, cast=EVERYBODY):
    """A demo that is up; all of it is gone afterwards, but for the logs."""
    folder = databases.checkout_folder() / "demo"
    with contextlib.ExitStack() as stack:
        lock = stack.enter_context(open(f"{folder}.lock", "w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError("a demo of this checkout is running already") from None
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        stack.callback(_keep_logs_only, folder)
        env = stack.enter_context(postgres.running())
        yield Demo(stack, _without_surprises(env), folder, port, cast)


def _without_surprises(env):
    """Settings of queue_job and proxies of whoever starts the demo do not apply."""
    env = {name: each for name, each in env.items() if "QUEUE_JOB" not in name}
    return {**env, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def _keep_logs_only(folder):
    shutil.rmtree(folder / "data", ignore_errors=True)
    for path in (folder / "odoo.conf", *folder.glob("seed-*.json")):
        path.unlink(missing_ok=True)


def show(demo):
    """For a person: shoppers and warehouse work, until Ctrl-C."""
    demo.shop(rate=ORDERS_A_MINUTE, count=2, cancel=CANCELLED)
    # the first visit builds the assets of the pages: not while somebody waits
    for path in ("/web/login", "/odoo"):
        demo.odoo.session.get(f"{demo.odoo.url}{path}", timeout=SECONDS_TO_START)
    stores = " ".join(each.store.state_url for each in demo.channels).strip()
    print(WORDS.format(url=demo.odoo.url, stores=stores, roles=", ".join(ROLES)))
    while True:
        demo_life.pace(SECONDS_BETWEEN_EVENTS, demo.check)
        try:
            if done := demo.partners.step():
                say(f"{time.strftime('%H:%M:%S')}  {done}")
            done = demo.life.step()
        except Refused as error:
            # somebody else works in this Odoo too
            done = str(error)
        say(f"{time.strftime('%H:%M:%S')}  {done}")


WORDS = """
Odoo     {url}
Log in   admin (password: admin), or as {roles} (password: the name)
Look at  Channels > Dashboard: the health of channels that sell the same goods; open
         one and see on its page Rollout how far it is
         Channels > Stock > Levels: open one and read why it shows this number
         Channels > Operations > Orders: shoppers buy now and then
         Channels > Operations > Exceptions: a SKU that Odoo does not know; match it
         Channels > EDI > Documents: BigMart buys, Dock9's warehouse ships
         Inventory: count or receive a product and watch its levels follow
Stores   {stores}
Ctrl-C ends it.
"""


def main(arguments):
    parser = argparse.ArgumentParser("setup/demo", description=__doc__)
    parser.add_argument("--check", action="store_true", help="prove it, then end")
    parser.add_argument("--port", type=int, help="where Odoo listens")
    parser.add_argument(
        "--live",
        type=float,
        metavar="MINUTES",
        help="count shelves at random for so long, and judge what people are told",
    )
    parser.add_argument(
        "--scenario", choices=sorted(SCENARIOS), help="a rollout of docs/rollout.md"
    )
    parser.add_argument(
        "--drill", choices=sorted(DRILLS), help="an incident of docs/runbook.md"
    )
    options = parser.parse_args(arguments)
    if played := SCENARIOS.get(options.scenario) or DRILLS.get(options.drill):
        with running(options.port, played.cast) as demo:
            code = played(demo, say).run()
            return code if options.check or options.drill else show(demo)
    with running(options.port) as demo:
        demo.connect()
        if options.live:
            return demo_long.run(demo, say, options.live)
        if options.check:
            return demo_check.run(demo, say)
        demo.buy_unknown()
        return show(demo)


def stop_on_signals():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)


def _interrupt(number, _frame):
    """End once, in order: a second Ctrl-C must not leave half of it behind."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        say("stop")
    raise SystemExit(128 + number)
