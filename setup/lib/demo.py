"""Odoo, a store and shoppers on one machine; ``setup/demo`` is the front."""

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
import demo_check
import demo_database
import demo_life
import demo_store
import postgres
from demo_channel import ROLES, Shop
from demo_processes import DemoError, Process, free_ports
from demo_rpc import Rpc, Store

QUEUE = (
    "root:4,root.channel:4,root.channel.in:1,root.channel.plan:1,"
    "root.channel.out:2,root.channel.check:1"
)
CURRENCY = "USD"  # of Odoo's demo company
SECONDS_TO_START = 120
SECONDS_TO_CONNECT = 120
ORDERS_A_MINUTE = 8
SECONDS_BETWEEN_EVENTS = 6


def say(*words):
    print(*words, file=sys.stderr, flush=True)


class Demo:
    """What runs: ``odoo`` (as administrator), ``store``, ``shop``, ``database``."""

    def __init__(self, stack, env, folder, port=None):
        self._stack, self._env, self._folder = stack, env, folder
        self.database = stack.enter_context(demo_database.fresh(env, say))
        self.url, self._server = self._start_odoo(port)
        self.odoo = Rpc(self.url, self.database.name)
        say("start Odoo")
        self._server.wait_for("answers at its port", self.odoo.is_up, SECONDS_TO_START)
        self.odoo.login("admin", "admin")
        self.products = demo_store.find_products(self.odoo)
        say(f"start the store with {len(self.products)} products")
        self._store_process = self._start_store()
        self.store = Store(self._store_url())
        self.shop = Shop(self.odoo, self.database)
        self.life = demo_life.Life(self.shop, self.products)

    def connect(self):
        """Furnish the company and take the channel live, as a manager would."""
        say("furnish warehouses, rules and users")
        self.shop.furnish(self.products)
        say("connect the channel")
        self.shop.connect(self.store.url, self.wait)

    def wait(self, what, condition, seconds=SECONDS_TO_CONNECT):
        self._store_process.check()
        self._server.wait_for(what, condition, seconds)
        say(f"      {what}")

    def check(self):
        """:raise DemoError: a process has ended"""
        self._server.check()
        self._store_process.check()

    # --- processes ----------------------------------------------------------------

    def _start_odoo(self, port):
        http_port, gevent_port = free_ports(2)
        url = f"http://127.0.0.1:{port or http_port}"
        self.database.keep_local(url)
        data = self._folder / "data"
        data.mkdir()
        conf = databases.write_conf(
            self._env,
            self._folder / "odoo.conf",
            {
                "http_port": port or http_port,
                "gevent_port": gevent_port,
                "db_name": self.database.name,
                "dbfilter": f"^{self.database.name}$",
                "list_db": False,
                "data_dir": data,
                "workers": 3,
                "max_cron_threads": 1,
                "log_handler": ":INFO,werkzeug:WARNING",
            },
            channels=QUEUE,
        )
        script = databases.REPO / "setup" / "lib" / "odoo_server.py"
        command = [sys.executable, script, "--config", conf]
        return url, self._start("Odoo", command, "odoo", self._folder)

    def _start_store(self):
        seed = self._folder / "seed.json"
        seed.write_text(json.dumps(demo_store.make_seed(self.products, CURRENCY), indent=1))
        command = [sys.executable, "-m", "sandbox.shopify", "--port", "0"]
        command += ["--seed", seed, "--currency", CURRENCY, "--retry-window", "60"]
        command += ["--schemas", os.environ["CHANNEL_SHOPIFY_SCHEMAS"]]
        return self._start("the store", command, "store", databases.REPO / "setup")

    def _store_url(self):
        """Its first line of output tells where it listens."""

        def first_line():
            text = self._store_process.log.read_text()
            return text.split("\n")[0] if "\n" in text else None

        line = self._store_process.wait_for("is ready", first_line, SECONDS_TO_START)
        return json.loads(line)["ready"]

    def _start(self, name, command, log, cwd):
        log = self._folder / f"{log}.log"
        return self._stack.enter_context(Process(name, command, log, self._env, cwd))


@contextlib.contextmanager
def running(port=None):
    """A demo that is up and live; all of it is gone afterwards, but for the logs."""
    folder = databases.checkout_folder() / "demo"
    with contextlib.ExitStack() as stack:
        lock = stack.enter_context(open(f"{folder}.lock", "w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError("a demo of this checkout is running already") from None
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        stack.callback(_forget, folder)
        env = stack.enter_context(postgres.running())
        demo = Demo(stack, _without_surprises(env), folder, port)
        demo.connect()
        yield demo


def _without_surprises(env):
    """Settings of queue_job and proxies of whoever starts the demo do not apply."""
    env = {name: each for name, each in env.items() if "QUEUE_JOB" not in name}
    return {**env, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def _forget(folder):
    """Keep the logs; the rest is of no use without its database."""
    # whatever happens to the terminal now, this ends in order
    shutil.rmtree(folder / "data", ignore_errors=True)
    for name in ("odoo.conf", "seed.json"):
        (folder / name).unlink(missing_ok=True)


def show(demo):
    """For a person: shoppers and warehouse work, until Ctrl-C."""
    demo.store.post("shoppers/start", rate=ORDERS_A_MINUTE, count=2, cancel=0.05)
    demo.odoo.session.get(f"{demo.url}/web/login", timeout=120)  # builds the pages' assets
    print(WORDS.format(url=demo.url, store=demo.store.url, roles=" ".join(ROLES)), flush=True)
    while True:
        demo_life.pace(SECONDS_BETWEEN_EVENTS, demo.check)
        say(f"{time.strftime('%H:%M:%S')}  {demo.life.step()}")


WORDS = """
Odoo     {url}
Log in   admin / admin, or one of the roles: {roles} (password = name)
Look at  Channels > Dashboard: the health of the demo store, in words
         Channels > Stock > Levels: open one and read why it shows this number
         Channels > Operations > Orders: shoppers buy now and then
         Channels > Operations > Exceptions: Odoo does not know one SKU; match it
         Inventory: count or receive a product and watch its level follow
Store    {store}/_sandbox/state is the other side
Ctrl-C ends it.
"""


def main(arguments):
    parser = argparse.ArgumentParser("setup/demo", description=__doc__)
    parser.add_argument("--check", action="store_true", help="prove it, then end")
    parser.add_argument("--port", type=int, help="where Odoo listens")
    options = parser.parse_args(arguments)
    with running(options.port) as demo:
        return demo_check.run(demo, say) if options.check else show(demo)


def _interrupt(number, _frame):
    """End once, in order: a second Ctrl-C must not leave half of it behind."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    say("stop")
    raise SystemExit(128 + number)


def stop_on_signals():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)


if __name__ == "__main__":
    stop_on_signals()
    try:
        sys.exit(main(sys.argv[1:]))
    except (DemoError, postgres.PostgresError, databases.InstallError) as error:
        sys.exit(f"setup/demo: stopped: {error}")
