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
from itertools import islice
from pathlib import Path

import databases
import postgres
from demo.processes import DemoError, free_ports

from . import (
    backtest,
    docs,
    doors,
    headless,
    hops,
    oracle,
    ours,
    outage,
    partners,
    people,
    report,
    rival,
    soak,
    trace,
    world,
)
from .baselines import CronPush, EventCas
from .cluster import Cluster
from .run import Run
from .server import Server
from .shops import start as start_shops
from .sql import Sql

STRATEGIES = {
    each.name: each
    for each in (ours.Shared, ours.Exclusive, ours.Risk, CronPush, EventCas)
}
# Somebody else's, which has to be fetched: by their names only.
RIVALS = {each.name: each for each in (rival.Oca, rival.OcaOften)}
TEMPLATES = {
    "ours": databases.ensure_template,
    "plain": databases.ensure_base,
    "oca": rival.ensure_template,
}

# About twice what two cores can take in: the rest waits until the shoppers have gone.
SHOPPERS_A_MINUTE = 650
ORDERS, LEAST_SHOPPERS = 300, 20
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
        if options.left_out:
            rival.simplify(self.world)
        seconds = options.minutes * 60
        self.trace = people.join(
            trace.make(self.world, options.orders, seconds),
            self.world,
            seconds,
            options.people,
        )
        # webhooks come to where a channel was connected, so each has its own for good
        each = 2 if options.servers == 1 else 1 + 2 * options.servers
        ports = iter(free_ports(each * len(TEMPLATES)))
        self.ports = {ground: list(islice(ports, each)) for ground in TEMPLATES}
        self.name = f"channel_sim_{databases.checkout_folder().name}"
        self._drop_all()
        stack.callback(self._drop_all)
        stores = {"shopify": rival.STORE} if options.left_out else {}
        self.shops = start_shops(self.world, **stores)
        self.shops.update(headless.start(self.world))
        for shop in self.shops.values():
            stack.callback(shop.stop)
        self.partners = self.backtest = None
        if self.world.has(partners.RETAILER) or self.world.has(partners.HOUSE):
            self.partners = partners.World(self.world)
            stack.callback(self.partners.stop)
            for each in self.world.shops:
                if each.type == "edi":
                    shop = partners.EdiShop(each).join(self.partners.box)
                    self.shops[each.key] = shop

    def _drop_all(self):
        for name in databases.names_like(self.env, self.name):
            databases.drop(self.env, name)

    @contextlib.contextmanager
    def server(self, name, log, ground):
        sql = Sql(self.env, name)
        make = Server if self.options.servers == 1 else Cluster
        more = {}
        if ground == "oca":
            more["more_addons"] = (rival.addons_folder(),)
            more["channels"] = rival.JOB_CHANNELS
        ports = self.ports[ground]
        with make(self.env, self.folder, sql, ports, log, **more) as server:
            yield server, sql

    def prepare(self, kinds):
        """Make the databases that strategies of each ground begin with.

        One beside the other: furnishing keeps one processor busy.
        """
        templates = {
            ground: TEMPLATES[ground](self.env, log=say)
            for ground in dict.fromkeys(kind.ground for kind in kinds)
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
        name = self._name(kind.ground)
        databases.drop(self.env, name)
        databases.clone(self.env, f"{name}_ready", name)
        for shop in self.shops.values():
            shop.rewind(connected=kind.addons)
        with self.server(name, kind.name, kind.ground) as (server, sql):
            part = 1.0 if kind.whole else self.options.compare
            run = Run(
                self.world, self.trace, self.shops, server, sql, self.options, say, part
            )
            run.partners = self.partners
            run.company.look()
            strategy = kind(run)
            try:
                facts = run.play(strategy)
                rows = strategy.hops()
                if self.options.backtest and kind is ours.Shared:
                    self.backtest = backtest.play(
                        server.rpc(), strategy.keys, ours.KEPT_FOR_PEOPLE
                    )
            finally:
                strategy.stop()
        shared_part = run.whole_seconds * self.options.compare
        figures = {
            **oracle.judge(facts),
            **oracle.beginning(facts, shared_part),
            **oracle.next_day(facts),
            **people.judge(facts),
            **outage.figures(facts),
            **soak.figures(facts),
        }
        return {**figures, "hops": rows}, facts

    def _name(self, ground):
        return f"{self.name}_{ground}"

    def _prepare(self, ground, template):
        name, addons = self._name(ground), ground == "ours"
        began = time.monotonic()
        databases.clone(self.env, template, name)
        with self.server(name, name, ground) as (server, sql):
            run = Run(
                self.world, self.trace, self.shops, server, sql, self.options, say
            )
            run.partners = self.partners
            run.company.furnish()
            if addons:
                doors.furnish(run.odoo, self.world)
                ours.connect(run)
        databases.clone(self.env, name, f"{name}_ready")
        what = "shops connected" if addons else "nothing connected"
        say(f"  {ground}: company furnished, {what} ({time.monotonic() - began:.0f} s)")


def parser():
    result = argparse.ArgumentParser("setup/simulate", description=__doc__)
    add = result.add_argument
    add("--seed", type=int, default=1)
    add("--orders", type=int, help="shoppers who come, a strategy; default: 300")
    add("--skus", type=int, default=100, help="listings of each shop")
    add(
        "--channels",
        default="3",
        help="how many shops, or names: alpha,echo (a marketplace), foxtrot (buys by"
        " EDI), dock9 (a third party's warehouse), golf (a headless shop that calls the"
        " API), counter5 (three tills), desk7 (salespeople's quotations)",
    )
    add("--minutes", type=float, help="how long they come; default: by --orders")
    add(
        "--hours",
        type=float,
        help="a long run of shared instead, at a pace that the machine can take, and"
        " what grows in it",
    )
    add(
        "--compare",
        type=float,
        metavar="PART",
        help="of the trace, from its beginning, that risk and the baselines play;"
        " default: with the first flash sale, and twenty seconds at least",
    )
    add("--faults", default="all", help="all, none, or names with commas")
    add(
        "--people",
        default="none",
        help=f"all, none, {people.AUDIT}, or of {', '.join(people.NAMES)}",
    )
    add(
        "--servers",
        type=int,
        default=1,
        help="of Odoo, behind a balancer; with the faults one falls, and then another",
    )
    add(
        "--strategy",
        default="all",
        help=f"all, or of {', '.join((*STRATEGIES, *RIVALS))} (somebody else's"
        " connector; what it cannot do is left out for all)",
    )
    add("--json", metavar="FILE", help="figures of each strategy")
    add("--report", metavar="FOLDER", help="an HTML page with plots")
    add(
        "--backtest",
        action="store_true",
        help="play the rules of exclusive over what shared has stored: its errors",
    )
    add("--write-docs", action="store_true", help="into docs/accuracy.md and README")
    add("--facts", metavar="FOLDER", help="what the oracle judged by, as JSON")
    add("--patience", type=float, default=420, help="seconds to wait at the end")
    return result


def read(arguments):
    options = parser().parse_args(arguments)
    if options.hours:
        options.minutes = 60 * options.hours
        most = round(soak.SHOPPERS_A_MINUTE * options.minutes)
        options.orders = options.orders or max(LEAST_SHOPPERS, most)
        if options.strategy == "all":
            options.strategy = ours.Shared.name
    options.orders = options.orders or ORDERS
    options.minutes = options.minutes or max(0.5, options.orders / SHOPPERS_A_MINUTE)
    if options.compare is None:
        options.compare = min(1.0, max(COMPARE, LEAST_SECONDS / 60 / options.minutes))
    names = (
        list(STRATEGIES) if options.strategy == "all" else options.strategy.split(",")
    )
    known = {**STRATEGIES, **RIVALS}
    if unknown := set(names) - set(known):
        sys.exit(f"setup/simulate: stopped: no strategy {', '.join(sorted(unknown))}")
    options.strategies = [known[name] for name in names]
    options.left_out = rival.leave_out(options) if set(names) & set(RIVALS) else []
    people.read(options.people)
    chosen = world.choose(options.channels)
    doors.require_addons(world.name_all(options.channels))
    if {partners.HOUSE, partners.RETAILER} & set(world.name_all(options.channels)):
        # control numbers go on: what partners have seen cannot be set back
        options.strategies = options.strategies[:1]
    beside = {world.COUNTER, world.DESK} & set(world.name_all(options.channels))
    if beside or any(shop.type in ("amazon", "api") for shop in chosen):
        # nobody has written somebody else's connector to it, or looks at tills
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
            for line in () if results else options.left_out:
                say(f"  left out: {line}")
            figures, facts = stage.play(kind)
            figures["seconds"] = round(time.monotonic() - start, 1)
            for line in hops.table(figures["hops"]) if figures["hops"] else ():
                say(f"      {line}")
            for line in soak.table(figures["soak"]) if "soak" in figures else ():
                say(f"      {line}")
            results[kind.name], all_facts[kind.name] = figures, facts
            say(f"      {json.dumps(figures)}")
            if options.facts:
                path = Path(options.facts) / f"{kind.name}.json"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(json.dumps(facts, default=str))
        if stage.backtest and ours.Exclusive.name in results:
            lines, notes = stage.backtest
            truths = backtest.tell_truths(results, all_facts)
            for line in (*backtest.table(lines, truths), *notes.splitlines()):
                say(f"      {line}")
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
        "servers": options.servers,
        "processors": os.cpu_count(),
        "faults": options.faults,
        "left_out": options.left_out,
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
