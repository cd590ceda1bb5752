"""``setup/simulate``: strategies on the same trace, judged from outside of Odoo."""

import argparse
import contextlib
import datetime
import fcntl
import json
import os
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import databases
import postgres
from demo.processes import DemoError, free_ports

from . import docs, oracle, ours, report, trace, world
from .baselines import CronPush, EventCas
from .run import Run
from .server import Server
from .shops import start as start_shops
from .sql import Sql

STRATEGIES = {
    each.name: each
    for each in (ours.Shared, ours.Exclusive, ours.Risk, CronPush, EventCas)
}

# About twice what two cores can take in: the rest waits until the shoppers have gone.
SHOPPERS_A_MINUTE = 650
COMPARE, LEAST_SECONDS = 0.12, 20


def say(*words):
    print(*words, file=sys.stderr, flush=True)


class Stage:
    """Databases and shops, brought to the same beginning for each strategy.

    Furnishing a company and connecting its shops takes longer than all else that is
    set up. So both are done once, and copied: the database by PostgreSQL, the shops by
    being set back. (A channel is silent in a database of another name than that it was
    connected in, so each copy gets the name of the original.)
    """

    def __init__(self, stack, env, folder, options):
        self.env, self.folder, self.options = env, folder, options
        self.world = world.make(
            options.seed, options.skus, options.channels, options.orders
        )
        self.trace = trace.make(self.world, options.orders, options.minutes * 60)
        # webhooks come to where a channel was connected, so each has its own for good
        ports = free_ports(4)
        self.ports = {True: ports[:2], False: ports[2:]}
        self.name = f"channel_sim_{databases.checkout_folder().name}"
        self._drop_all()
        stack.callback(self._drop_all)
        self.shops = start_shops(self.world)
        for shop in self.shops.values():
            stack.callback(shop.stop)

    def _drop_all(self):
        for name in databases.names_like(self.env, self.name):
            databases.drop(self.env, name)

    @contextlib.contextmanager
    def server(self, name, log, addons):
        sql = Sql(self.env, name)
        with Server(self.env, self.folder, sql, self.ports[addons], log) as server:
            yield server, sql

    def prepare(self, kinds):
        """Make the databases that strategies with, and without, the addons begin with.

        One beside the other: furnishing keeps one processor busy.
        """
        templates = {
            kind.addons: (
                databases.ensure_template if kind.addons else databases.ensure_base
            )(self.env, log=say)
            for kind in kinds
        }
        with ThreadPoolExecutor() as pool:
            for each in [
                pool.submit(self._prepare, *pair) for pair in templates.items()
            ]:
                each.result()
        for shop in self.shops.values():
            shop.save()

    def play(self, kind):
        """Run one strategy. :return: (its figures, its facts)"""
        name = self._name(kind.addons)
        databases.drop(self.env, name)
        databases.clone(self.env, f"{name}_ready", name)
        for shop in self.shops.values():
            shop.rewind(connected=kind.addons)
        with self.server(name, kind.name, kind.addons) as (server, sql):
            part = 1.0 if kind.whole else self.options.compare
            run = Run(
                self.world, self.trace, self.shops, server, sql, self.options, say, part
            )
            run.company.look()
            strategy = kind(run)
            try:
                facts = run.play(strategy)
            finally:
                strategy.stop()
        shared_part = run.whole_seconds * self.options.compare
        return {**oracle.judge(facts), **oracle.beginning(facts, shared_part)}, facts

    def _name(self, addons):
        return f"{self.name}_{'ours' if addons else 'plain'}"

    def _prepare(self, addons, template):
        name = self._name(addons)
        began = time.monotonic()
        databases.clone(self.env, template, name)
        with self.server(name, name, addons) as (server, sql):
            run = Run(
                self.world, self.trace, self.shops, server, sql, self.options, say
            )
            run.company.furnish()
            if addons:
                ours.connect(run)
        databases.clone(self.env, name, f"{name}_ready")
        what = "shops connected" if addons else "without the addons"
        say(f"  company furnished, {what} ({time.monotonic() - began:.0f} s)")


def parser():
    result = argparse.ArgumentParser("setup/simulate", description=__doc__)
    add = result.add_argument
    add("--seed", type=int, default=1)
    add("--orders", type=int, default=300, help="shoppers who come, a strategy")
    add("--skus", type=int, default=100, help="listings of each shop")
    add("--channels", default="3", help="how many shops, or names: alpha,bravo,echo")
    add("--minutes", type=float, help="how long they come; default: by --orders")
    add(
        "--compare",
        type=float,
        metavar="PART",
        help="of the trace, from its beginning, that risk and the baselines play;"
        " default: with the first flash sale, and twenty seconds at least",
    )
    add("--faults", default="all", help="all, none, or names with commas")
    add("--strategy", default="all", help=f"all, or of {', '.join(STRATEGIES)}")
    add("--json", metavar="FILE", help="figures of each strategy")
    add("--report", metavar="FOLDER", help="an HTML page with plots")
    add("--write-docs", action="store_true", help="into docs/accuracy.md and README")
    add("--facts", metavar="FOLDER", help="what the oracle judged by, as JSON")
    add("--patience", type=float, default=420, help="seconds to wait at the end")
    return result


def read(arguments):
    options = parser().parse_args(arguments)
    options.minutes = options.minutes or max(0.5, options.orders / SHOPPERS_A_MINUTE)
    if options.compare is None:
        options.compare = min(1.0, max(COMPARE, LEAST_SECONDS / 60 / options.minutes))
    names = (
        list(STRATEGIES) if options.strategy == "all" else options.strategy.split(",")
    )
    if unknown := set(names) - set(STRATEGIES):
        sys.exit(f"setup/simulate: stopped: no strategy {', '.join(sorted(unknown))}")
    options.strategies = [STRATEGIES[name] for name in names]
    if any(shop.type == "amazon" for shop in world.choose(options.channels)):
        # nobody has written somebody else's connector to it
        options.strategies = [each for each in options.strategies if each.addons]
    return options


def main(arguments):
    options = read(arguments)
    began = time.monotonic()
    folder = databases.checkout_folder() / "simulate"
    results, all_facts = {}, {}
    with contextlib.ExitStack() as stack:
        lock = stack.enter_context(open(f"{folder}.lock", "w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(
                "a simulation of this checkout is running already"
            ) from None
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        env = stack.enter_context(postgres.running())
        stage = Stage(stack, _without_surprises(env), folder, options)
        stage.prepare(options.strategies)
        for kind in options.strategies:
            start = time.monotonic()
            figures, facts = stage.play(kind)
            figures["seconds"] = round(time.monotonic() - start, 1)
            results[kind.name], all_facts[kind.name] = figures, facts
            say(f"      {json.dumps(figures)}")
            if options.facts:
                path = Path(options.facts) / f"{kind.name}.json"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(json.dumps(facts, default=str))
    summary = {
        "at": datetime.datetime.now(datetime.timezone.utc).isoformat(
            timespec="seconds"
        ),
        "command": _command(arguments),
        "seed": options.seed,
        "orders": options.orders,
        "skus": options.skus,
        "channels": len(world.choose(options.channels)),
        "minutes": options.minutes,
        "processors": os.cpu_count(),
        "faults": options.faults,
        "seconds": round(time.monotonic() - began, 1),
        "strategies": results,
    }
    if options.json:
        Path(options.json).write_text(json.dumps(summary, indent=1) + "\n")
    if options.report:
        report.write(Path(options.report), summary, all_facts)
    if options.write_docs:
        docs.write(summary, all_facts)
    return 0


def _command(arguments):
    """What anybody may type to have the same: without where this one's files go."""
    own, words = ("--json", "--report", "--facts"), []
    for word, before in zip(arguments, ["", *arguments], strict=False):
        if word not in (*own, "--write-docs") and before not in own:
            words.append(word)
    return " ".join(["setup/simulate", *words])


def _without_surprises(env):
    """Settings of queue_job and proxies of whoever starts this do not apply."""
    env = {name: each for name, each in env.items() if "QUEUE_JOB" not in name}
    return {**env, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
