"""How long a run takes that compares all quantities of a channel, and what it holds."""

import contextlib
import datetime
import time
from collections import defaultdict
from types import SimpleNamespace
from unittest import mock

import databases

from . import plan as bench_plan
from . import reconcile_latency
from . import seed as bench_seed
from .figures import Memory, Timings, backends_cpu
from .session import Session

DESCRIPTION = (
    "Measure a reconciliation of one channel: its statements, its memory, and how"
    " much it delays what is published meanwhile. The channel is in this process, so"
    " that no network is measured."
)
PAGE = 250  # of Shopify's levels
AIM_SECONDS, AIM_MB, AIM_LATENCY = 2.0, 200, 1.2
STEPS = {
    "step_note": "note what is expected",
    "step_read": "store what is read, without the network",
    "judge": "compare, and record what differs",
}


def add_arguments(parser):
    parser.add_argument("--levels", type=int, default=100_000, metavar="N")
    parser.add_argument("--edits", type=int, default=200, metavar="N")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--no-latency", action="store_true", help="leave out what is published"
    )


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
        counts, work = [], []
        for number in range(options.rounds):
            _say(f"run   {number + 1} of {options.rounds}")
            work.append({})
            counts.append(
                _measure(session, database, timings, memory, options, work[-1])
            )
        latency = None
        if not options.no_latency:
            _say("publish meanwhile")
            latency = _measure_latency(session, env, database)
    return {
        "at": datetime.datetime.now().isoformat(timespec="seconds"),
        "levels": counts[0]["levels"],
        "edits": options.edits,
        "counts": counts,
        "seconds": timings.summary(),
        # of the processors, which others' work does not lengthen; the best round
        "work": min(work, key=lambda each: sum(db for db, _own in each.values())),
        "memory": memory.peaks,
        "growth_mb": max(each["growth_mb"] for each in counts),
        "latency": latency,
    }


# What the channel shows is what it should show, and known.
KNOWN = """
    INSERT INTO channel_level_remote
           (level_id, channel_id, state, base_qty, base_deducted)
    SELECT id, channel_id, 'known', target, 0 FROM channel_level
    ON CONFLICT (level_id) DO UPDATE SET state = 'known', base_qty = EXCLUDED.base_qty
"""


def _measure(session, database, timings, memory, options, work):
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
        fake_channel(odoo, shown),
        _timed(odoo, timings, database, session, work),
    ):
        channel = odoo["channel.channel"].browse(channel_id)
        odoo["channel.reconciler"]._run(channel)
    with session.odoo(database) as odoo:
        runs = odoo["channel.reconcile.run"]
        run = runs.search([("kind", "=", "levels")], limit=1)
        return {
            "state": run.state,
            "levels": run.expected_count,
            "counts": run.counts,
            "differences": run.difference_count,
            "growth_mb": round(memory.peaks["run"]["python"] - before, 1),
        }


def _measure_latency(session, env, database):
    with session.sql(database) as cursor:
        cursor.execute(KNOWN)
        cursor.execute("DELETE FROM channel_reconcile_difference")
        cursor.execute("DELETE FROM channel_level_pending")
        cursor.execute("SELECT id FROM channel_channel WHERE name = 'Bench 0'")
        [channel_id] = cursor.fetchone()
    rows = _read_shown(session, database, channel_id, 0)
    conf = str(databases.write_conf(env))
    found = reconcile_latency.measure(session, conf, database, channel_id, rows)
    return reconcile_latency.summary(found)


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
    for row in rows[:: max(len(rows) // max(edits, 1), 1)][:edits]:
        row[2] += 3
    return rows


@contextlib.contextmanager
def fake_channel(odoo, shown, pause=0):
    """Channels show these numbers while the block runs.

    :param shown: rows of (stock_ref, node_ref, quantity)
    :param pause: seconds that a page takes
    """
    from odoo.addons.channel_inventory_base import schemas

    can = schemas.Capabilities(read_levels=True, reads_all=True, read_size=PAGE)

    def pages(channel, since, cursor=""):
        for start in range(0, len(shown), PAGE):
            levels = tuple(
                schemas.LevelSnapshot(*row, sells_below_zero=False)
                for row in shown[start : start + PAGE]
            )
            time.sleep(pause)
            yield schemas.LevelPage(levels, str(start + PAGE))

    def named(channel, refs):
        asked = {(ref.stock_ref, ref.node_ref) for ref in refs}
        levels = channel.env["channel.level"].search(
            [("listing_id.stock_ref", "in", [item for item, _place in asked])]
        )
        return [
            schemas.LevelSnapshot(
                level.listing_id.stock_ref, level.node_id.external_id, level.target
            )
            for level in levels
            if (level.listing_id.stock_ref, level.node_id.external_id) in asked
        ]

    adapter = SimpleNamespace(_iter_levels=pages, _fetch_levels=named)
    model = type(odoo["channel.channel"])
    with (
        mock.patch.object(model, "_adapter", lambda self: adapter),
        mock.patch.object(model, "_capabilities", lambda self: can),
    ):
        yield


@contextlib.contextmanager
def _timed(odoo, timings, database, session, work):
    """Time each step of the run by itself.

    :param work: step -> seconds of processors: PostgreSQL's, this process's
    """
    model = type(odoo["channel.reconciler"])
    spent = defaultdict(lambda: [0.0, 0.0])
    with contextlib.ExitStack() as stack:
        for step in ("_step_note", "_step_read", "_judge"):
            original = getattr(model, step)

            def measured(self, *args, _step=step, _original=original):
                before = backends_cpu(session, database)
                own = time.process_time()
                with timings.measure(_step.strip("_"), database):
                    result = _original(self, *args)
                after = backends_cpu(session, database)
                figures = spent[_step.strip("_")]
                figures[0] += sum(after[pid] - before.get(pid, 0) for pid in after)
                figures[1] += time.process_time() - own
                work.update({name: tuple(both) for name, both in spent.items()})
                return result

            stack.enter_context(mock.patch.object(model, step, measured))
        yield


def _resident():
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _database_seconds(result):
    return sum(database for database, _own in result["work"].values())


def show(result):
    seconds, work = result["seconds"], result["work"]
    yield (
        f"{result['levels']:,} levels in pages of {PAGE}, {result['edits']} of them"
        " changed on the channel."
    )
    yield ""
    yield "| step | seconds | PostgreSQL | Python |"
    yield "| --- | ---: | ---: | ---: |"
    for step, label in STEPS.items():
        database, own = work[step]
        yield (
            f"| {label} | {seconds[step]['median']:.2f} | {database:.2f} | {own:.2f} |"
        )
    yield ""
    yield f"The process grows by {result['growth_mb']} MB."
    if latency := result["latency"]:
        alone, during = latency["alone"], latency["during"]
        yield ""
        yield (
            "From a change of stock to the number on the channel: median"
            f" {alone['median']:.3f} s without a run ({alone['count']} changes),"
            f" {during['median']:.3f} s during one ({during['count']}),"
            f" {latency['ratio_median']} times as long; 95th percentile"
            f" {alone['p95']:.3f} s and {during['p95']:.3f} s,"
            f" {latency['ratio_p95']} times. Waits for a lock that were seen:"
            f" {latency['locks']}."
        )


def failures(result):
    for each in result["counts"]:
        if each["state"] != "done":
            yield f"the run is {each['state']}"
        elif each["counts"].get("edited") != result["edits"]:
            yield f"{each['counts']} instead of {result['edits']} edits"
    if result["levels"] <= 100_000 and _database_seconds(result) > AIM_SECONDS:
        yield f"{_database_seconds(result):.2f} s, {AIM_SECONDS} is the aim"
    latency = result["latency"]
    if latency and latency["ratio_p95"] > AIM_LATENCY:
        yield f"{latency['ratio_p95']} times as late, {AIM_LATENCY} is the aim"
    if result["growth_mb"] > AIM_MB:
        yield f"{result['growth_mb']} MB, {AIM_MB} is the aim"


def _say(message):
    import sys

    print(f"{time.strftime('%H:%M:%S')}  {message}", file=sys.stderr, flush=True)
