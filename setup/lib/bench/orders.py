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
TARGET = 1.3


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
    return {"at": now.isoformat(timespec="seconds"), "target": TARGET, **result}


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
        f"{result['orders']} orders of {result['lines']} lines on each side, each in a"
        " transaction of its own; every second customer is new."
    )
    yield ""
    yield "| side | ms an order | statements an order |"
    yield "| --- | ---: | ---: |"
    for name, label in (
        ("intake", "intake: stored event to reserved sale order"),
        ("odoo", "plain Odoo: create and confirm"),
        ("odoo_quiet", "plain Odoo without its chatter"),
    ):
        yield f"| {label} | {result[f'{name}_ms']} | {result[f'{name}_queries']} |"
    yield ""
    yield (
        f"Intake takes {result['ratio_vs_odoo']} times as long as plain Odoo"
        f" (at most {result['target']} is the aim), {result['ratio_vs_odoo_quiet']}"
        " times as long as plain Odoo without its chatter."
    )
