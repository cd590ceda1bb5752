"""How long a run takes that compares all quantities of a channel, and what it holds."""

import contextlib
import datetime
import time
from types import SimpleNamespace
from unittest import mock

from . import plan as bench_plan
from . import seed as bench_seed
from .figures import Memory, Timings
from .session import Session

DESCRIPTION = (
    "Measure a reconciliation of one channel: its statements and its memory. The"
    " channel is in this process, so that no network is measured."
)
PAGE = 250  # of Shopify's levels
AIM_SECONDS, AIM_MB = 2.0, 200


def add_arguments(parser):
    parser.add_argument("--levels", type=int, default=100_000, metavar="N")
    parser.add_argument("--edits", type=int, default=200, metavar="N")
    parser.add_argument("--rounds", type=int, default=3)


def main(options, env):
    session = Session(env, {"jit": "off"}, log=_say)
    timings, memory = Timings(session), Memory(session)
    with session.databases():
        # listings are drawn: a few more products than levels
        seeded = bench_seed.seeded_database(session, options.levels, 1)
        database = session.clone(seeded, "reconcile")
        _say("plan  everything, and know what is shown")
        with session.odoo(database) as odoo:
            bench_plan.full_plan(odoo)
        with session.sql(database) as cursor:
            cursor.execute(KNOWN)
            cursor.execute("DELETE FROM channel_level_pending")
            cursor.execute("ANALYZE")
        counts = []
        for number in range(options.rounds):
            _say(f"run   {number + 1} of {options.rounds}")
            counts.append(_measure(session, database, timings, memory, options))
    return {
        "at": datetime.datetime.now().isoformat(timespec="seconds"),
        "levels": counts[0]["levels"],
        "edits": options.edits,
        "counts": counts,
        "seconds": timings.summary(),
        "memory": memory.peaks,
        "growth_mb": max(each["growth_mb"] for each in counts),
    }


# What the channel shows is what it should show, and known.
KNOWN = """
    INSERT INTO channel_level_remote
           (level_id, channel_id, state, base_qty, base_deducted)
    SELECT id, channel_id, 'known', target, 0 FROM channel_level
    ON CONFLICT (level_id) DO UPDATE SET state = 'known', base_qty = EXCLUDED.base_qty
"""


def _measure(session, database, timings, memory, options):
    with session.sql(database) as cursor:
        cursor.execute(KNOWN)
        cursor.execute("DELETE FROM channel_reconcile_difference")
    with session.odoo(database) as odoo:
        channel = odoo["channel.channel"].search([("name", "=", "Bench 0")])
        odoo["channel.reconcile.run"]._begin("levels", "hand", channel=channel)
        channel_id = channel.id
    # the channel's side is read before it is measured
    shown = _read_shown(session, database, channel_id, options.edits)
    before = _resident()
    with (
        # it closes the connections that there are
        memory.watch("run", database),
        session.odoo(database) as odoo,
        _fake_channel(odoo, shown),
        _timed(odoo, timings, database),
    ):
        channel = odoo["channel.channel"].browse(channel_id)
        odoo["channel.reconciler"]._run(channel)
    with session.odoo(database) as odoo:
        run = odoo["channel.reconcile.run"].search([], limit=1)
        return {
            "state": run.state,
            "levels": run.expected_count,
            "counts": run.counts,
            "differences": run.difference_count,
            "growth_mb": round(memory.peaks["run"]["python"] - before, 1),
        }


def _read_shown(session, database, channel_id, edits):
    with session.sql(database) as cursor:
        cursor.execute(
            "SELECT listing.stock_ref, node.external_id, level.target"
            " FROM channel_level level"
            " JOIN channel_listing listing ON listing.id = level.listing_id"
            " JOIN channel_node node ON node.id = level.node_id"
            " WHERE level.channel_id = %s ORDER BY level.id",
            [channel_id],
        )
        rows = [list(row) for row in cursor.fetchall()]
    for row in rows[:: max(len(rows) // edits, 1)][:edits]:
        row[2] += 3
    return rows


@contextlib.contextmanager
def _fake_channel(odoo, shown):
    from odoo.addons.channel_inventory_base import schemas

    can = schemas.Capabilities(read_levels=True, reads_all=True, read_size=PAGE)

    def pages(channel, since, cursor=""):
        for start in range(0, len(shown), PAGE):
            levels = tuple(
                schemas.LevelSnapshot(*row, sells_below_zero=False)
                for row in shown[start : start + PAGE]
            )
            yield schemas.LevelPage(levels, str(start + PAGE))

    adapter = SimpleNamespace(_iter_levels=pages)
    model = type(odoo["channel.channel"])
    with (
        mock.patch.object(model, "_adapter", lambda self: adapter),
        mock.patch.object(model, "_capabilities", lambda self: can),
    ):
        yield


@contextlib.contextmanager
def _timed(odoo, timings, database):
    """Time each step of the run by itself."""
    model = type(odoo["channel.reconciler"])
    with contextlib.ExitStack() as stack:
        for step in ("_step_note", "_step_read", "_judge"):
            original = getattr(model, step)

            def measured(self, *args, _step=step, _original=original):
                with timings.measure(_step.strip("_"), database):
                    return _original(self, *args)

            stack.enter_context(mock.patch.object(model, step, measured))
        yield


def _resident():
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _database_seconds(result):
    return sum(result["seconds"][step]["median"] for step in ("step_note", "judge"))


def show(result):
    seconds = result["seconds"]
    yield (
        f"{result['levels']:,} levels in pages of {PAGE}, {result['edits']} of them"
        " changed on the channel."
    )
    yield ""
    yield "| step | seconds |"
    yield "| --- | ---: |"
    for step, label in (
        ("step_note", "note what is expected"),
        ("step_read", "store what is read, without the network"),
        ("judge", "compare, and record what differs"),
    ):
        yield f"| {label} | {seconds[step]['median']:.2f} |"
    yield ""
    yield f"The process grows by {result['growth_mb']} MB."


def failures(result):
    for each in result["counts"]:
        if each["state"] != "done":
            yield f"the run is {each['state']}"
        elif each["counts"].get("edited") != result["edits"]:
            yield f"{each['counts']} instead of {result['edits']} edits"
    if result["levels"] <= 100_000 and _database_seconds(result) > AIM_SECONDS:
        yield f"{_database_seconds(result):.2f} s, {AIM_SECONDS} is the aim"
    if result["growth_mb"] > AIM_MB:
        yield f"{result['growth_mb']} MB, {AIM_MB} is the aim"


def _say(message):
    import sys

    print(f"{time.strftime('%H:%M:%S')}  {message}", file=sys.stderr, flush=True)
