"""How long an order takes, from stored event to reservation, beside plain Odoo.

Makes two databases, one with the addons of this checkout and one that has never seen
them, and starts ``bench/orders_run.py``, which does the same sales in both, in turns.
"""

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

import databases

DESCRIPTION = (
    "Measure order intake (stored event to reserved sale order) against plain"
    " Odoo that creates and confirms the same sale orders, in turns in one run."
)
BACKLOG, SINGLE = 0.75, 1.2
"""Aims, times of plain Odoo's."""


def add_arguments(parser):
    parser.add_argument("--orders", type=int, default=150, help="sales on each side")
    parser.add_argument("--profile", help="write a cProfile of the intake to this file")


def main(options, env):
    """Run all sides in one process on fresh databases, dropped at the end."""
    name = f"channel_bench_{os.getpid()}"
    ours, plain = f"{name}_intake", f"{name}_odoo"
    conf = databases.write_conf(env)
    try:
        databases.clone(env, databases.ensure_template(env, log=say), ours)
        databases.clone(env, databases.ensure_base(env, log=say), plain)
        result = measure(env, conf, ours, plain, str(options.orders), options.profile)
    finally:
        for database in databases.names_like(env, name):
            databases.drop(env, database)
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"at": now.isoformat(timespec="seconds"), **result}


def measure(env, *arguments):
    script = Path(__file__).with_name("orders_run.py")
    done = subprocess.run(
        [sys.executable, str(script), *(str(each or "") for each in arguments)],
        env=env,
        cwd=databases.checkout_folder(),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"setup: stopped: the measurement ended with {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def say(message):
    print(message, file=sys.stderr, flush=True)


def show(result):
    """The table: a row a side, medians over blocks of orders."""
    yield (
        f"{result['orders']} orders of {result['lines']} lines on each side; every"
        " second customer is new. Plain Odoo sells one a transaction."
    )
    yield ""
    yield "| side | ms an order | statements an order | of Odoo | of it quiet |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, label in (
        ("backlog", "intake of a backlog: stored event to reserved sale order"),
        ("single", "intake of single orders"),
        ("odoo", "plain Odoo: create and confirm"),
        ("odoo_quiet", "quiet: plain Odoo without its chatter"),
    ):
        ratios = [
            result.get(f"{name}_vs_{each}", "") for each in ("odoo", "odoo_quiet")
        ]
        yield (
            f"| {label} | {result[f'{name}_ms']} | {result[f'{name}_queries']}"
            f" | {ratios[0]} | {ratios[1]} |"
        )
    yield ""
    yield (
        f"The aims: at most {BACKLOG} of plain Odoo in a backlog, {SINGLE} for single"
        " ones."
    )
