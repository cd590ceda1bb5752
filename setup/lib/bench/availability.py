"""How long it takes to know what may be sold, of everything and after a change."""

import datetime
import os
import platform

from . import deliveries as bench_deliveries
from . import kits as bench_kits
from . import plan as bench_plan
from . import rules as bench_rules
from . import seed as bench_seed
from .figures import Memory, Timings, duration, spread, table
from .session import Session

DESCRIPTION = (
    "Measure planning against Odoo's own computation and against bare SQL, changes"
    " of different sizes, kits, and what the triggers cost Odoo."
)
MILLION = 1_000_000
MOVES = {1: 21, 100: 9, 10_000: 3}  # how many moves -> how often it is measured
PARTS = ("full", "incremental", "kits", "deliveries")
SETTINGS = ("jit", "work_mem", "max_parallel_workers_per_gather", "shared_buffers")


def add_arguments(parser):
    parser.add_argument("--skus", type=int, default=100_000, metavar="N")
    parser.add_argument("--channels", type=int, default=4, metavar="N")
    parser.add_argument(
        "--max-listings",
        type=int,
        default=MILLION,
        metavar="N",
        help="not more listings than that: fewer products then (default: a million)",
    )
    parser.add_argument(
        "--small-listings",
        type=int,
        default=10_000,
        metavar="N",
        help="the size that changes are compared with",
    )
    parser.add_argument(
        "--rules",
        choices=bench_rules.SETS,
        default="common",
        help="protect: a risk buffer on every channel and nothing else, as onboarding"
        " proposes; all: also exclusive allocation, risk, single warehouses, horizons",
    )
    parser.add_argument("--rounds", type=int, default=3, help="of the full plan")
    parser.add_argument("--deliveries", type=int, default=1000, metavar="N")
    parser.add_argument("--kits", type=int, default=10_000, metavar="N")
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=PARTS, help="parts to measure"
    )
    # the planner's own; every connection gets the same, the bare SQL's too
    parser.add_argument("--jit", default="off")
    parser.add_argument("--work-mem", default="64MB")
    parser.add_argument(
        "--parallel",
        default="0",
        help="workers a query; 0, because a statement that writes has none",
    )


def main(options, env):
    return Run(options, env).measure()


class Run:
    """One run: databases, timings, and what comes out of them."""

    def __init__(self, options, env):
        self.options = options
        settings = {
            "jit": options.jit,
            "work_mem": options.work_mem,
            "max_parallel_workers_per_gather": options.parallel,
        }
        self.session = Session(env, settings, log=_say)
        self.timings = Timings(self.session)
        self.memory = Memory(self.session)
        self.products = min(options.skus, options.max_listings // options.channels)
        self.result = {}

    def measure(self):
        with self.session.databases():
            self._open()
            parts = {
                "full": self._measure_full,
                "incremental": self._measure_incremental,
                "kits": self._measure_kits,
                "deliveries": self._measure_deliveries,
            }
            for part in PARTS:
                if part in self.options.only:
                    parts[part]()
        return self._finish()

    # ------------------------------------------------------------ databases
    def _open(self):
        """Clone the requested size, and make the first plan, which writes all."""
        self.database = self._clone("large", self.products)
        with self.session.sql(self.database) as cursor:
            self.result["sizes"] = bench_seed.chart_of_sizes(cursor)
            self.result["settings"] = _settings(cursor)
        self._plan_first(self.database, "first_plan")

    def _clone(self, label, products):
        seeded = bench_seed.seeded_database(
            self.session,
            products,
            self.options.channels,
            self.options.rules,
        )
        return self.session.clone(seeded, label)

    def _plan_first(self, database, phase):
        _say(f"plan  everything for the first time ({phase})")
        with self.session.odoo(database):
            pass  # loading Odoo's models is not planning
        with self.memory.watch(phase, database):
            with (
                self.session.odoo(database) as env,
                self.timings.measure(phase, database),
            ):
                bench_plan.full_plan(env)
        with self.session.sql(database) as cursor:
            cursor.execute(
                "SELECT count(*), round(avg(target), 1)::float, max(target)"
                " FROM channel_level"
            )
            levels, average, largest = cursor.fetchone()
            self.result.setdefault("levels", {})[phase] = levels
            self.result.setdefault("numbers", {})[phase] = [average, largest]
            bench_plan.settle(cursor)

    # ------------------------------------------------------------ full plan
    def _measure_full(self):
        """In rounds, so that noise of the machine meets all alike."""
        self.result["changed_levels"] = []
        for number in range(self.options.rounds):
            _say(f"round {number + 1} of {self.options.rounds}: bare SQL, ours, Odoo's")
            for part in range(3):
                self._measure_bare_sql()
                self._measure_compare(number * 3 + part)
            # half an hour more says nothing more
            if not number or self.products * self.options.channels < MILLION / 2:
                self._measure_odoo(is_first=not number)

    def _measure_bare_sql(self):
        with self.session.sql(self.database) as cursor:
            bench_plan.bare_sql(cursor)  # a new connection knows no table yet
            with self.timings.measure("bare_sql", self.database):
                bench_plan.bare_sql(cursor)
            cursor.execute("SET max_parallel_workers_per_gather = 2")
            with self.timings.measure("bare_sql_parallel", self.database):
                bench_plan.bare_sql(cursor)

    def _measure_compare(self, number):
        """Everything is computed and compared. A change of 1.3 % of the products
        changes about 1 % of the numbers; the others are capped, in packs or frozen."""
        with self.session.sql(self.database) as cursor:
            cursor.execute(
                bench_plan.CHANGE_STOCK, {"part": 13, "of": 1000, "round": number}
            )
            bench_plan.forget_changes(cursor)
        with self.memory.watch("full_plan", self.database):
            with self.session.odoo(self.database) as env:
                bench_plan.warm_up(env)
                with self.timings.measure("full_plan", self.database):
                    bench_plan.full_plan(env)
        with self.session.sql(self.database) as cursor:
            self.result["changed_levels"].append(bench_plan.pending_levels(cursor))
            bench_plan.forget_changes(cursor)

    def _measure_odoo(self, is_first):
        """Reading ``free_qty`` takes minutes, and is there to be told, not compared:
        once is enough."""
        with self.memory.watch("odoo", self.database):
            with self.session.odoo(self.database) as env:
                products = bench_plan.bench_products(env)
                channels = env["channel.channel"].search([("name", "=like", "Bench %")])
                with self.timings.measure("odoo_quantities_dict", self.database):
                    bench_plan.odoo_quantities(env, products, channels)
                if is_first:
                    with self.timings.measure("odoo_free_qty", self.database):
                        bench_plan.odoo_free_qty(env, products, channels)

    # ---------------------------------------------------------- incremental
    def _measure_incremental(self):
        """The same number of moves in a small and in a large database, in turn."""
        small = self._clone(
            "small", self.options.small_listings // self.options.channels
        )
        self._plan_first(small, "first_plan_small")
        databases = {"small": small, "large": self.database}
        for moves, repetitions in MOVES.items():
            _say(f"plan  after {moves:,} moves, {repetitions} times at each size")
            for number in range(-1, repetitions):  # one to warm up
                for label, database in databases.items():
                    phase = f"incremental_{moves}_{label}" if number >= 0 else "warm_up"
                    self._measure_moves(database, phase, moves, number)
        self.timings.forget("warm_up")

    def _measure_moves(self, database, phase, moves, number):
        with self.session.sql(database) as cursor:
            cursor.execute(bench_plan.MOVE_STOCK, {"moves": moves, "round": number})
            touched = [row[0] for row in cursor.fetchall()]
        with self.session.odoo(database) as env, self.timings.measure(phase, database):
            bench_plan.plan(env)
        with self.session.sql(database) as cursor:
            if number >= 0:
                done = self.result.setdefault("incremental", {}).setdefault(
                    phase, {"moves": 0, "products": 0, "levels_written": 0}
                )
                done["moves"] += len(touched)
                done["products"] += len(set(touched))
                done["levels_written"] += bench_plan.pending_levels(cursor)
            bench_plan.forget_changes(cursor)

    # ----------------------------------------------------- kits, deliveries
    def _measure_kits(self):
        self.result["kits"] = bench_kits.measure(
            self.session, self.database, self.timings, self.options.kits
        )

    def _measure_deliveries(self):
        self.result["deliveries"] = bench_deliveries.measure(
            self.session, self.database, self.timings, self.options.deliveries
        )

    # --------------------------------------------------------------- result
    def _finish(self):
        timings, levels = self.timings, self.result.get("levels", {})
        peak = self.memory.peaks.get("full_plan") or self.memory.peaks["first_plan"]
        is_million = (
            levels["first_plan"] >= 0.99 * MILLION
            and self.options.small_listings == 10_000
        )
        growth = timings.ratio("incremental_1_large", "incremental_1_small")
        deliveries = self.result.get("deliveries", {})
        return {
            "benchmark": "availability",
            "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "skus": self.products,
            "channels": self.options.channels,
            "ratio_vs_sql": timings.ratio("full_plan", "bare_sql"),
            "speedup_vs_odoo": timings.ratio("odoo_quantities_dict", "full_plan"),
            "speedup_vs_odoo_free_qty": timings.ratio("odoo_free_qty", "full_plan"),
            "cpu": self._cpu_ratios(deliveries),
            "first_plan_vs_sql": timings.ratio("first_plan", "bare_sql"),
            "incremental_ratio_vs_small": growth,
            "incremental_ratio_1m_vs_10k": growth if is_million else None,
            "kits_ratio": timings.ratio("kits", "plain_products"),
            "trigger_overhead_percent": deliveries.get("overhead_percent"),
            "trigger_time_percent": deliveries.get("trigger_time_percent"),
            "peak_rss_mb": peak["python"],
            "peak_rss_postgres_mb": peak["postgres"],
            "memory_mb": self.memory.peaks,
            **self.result,
            "timings": timings.summary(),
            "machine": _machine(),
            "options": {
                key: value
                for key, value in vars(self.options).items()
                if key not in ("module", "json", "subject", "write_docs")
            },
        }

    def _cpu_ratios(self, deliveries):
        """The same figures by time on processors, which noise disturbs less."""
        pairs = {
            "ratio_vs_sql": ("full_plan", "bare_sql"),
            "speedup_vs_odoo": ("odoo_quantities_dict", "full_plan"),
            "incremental_ratio_vs_small": (
                "incremental_1_large",
                "incremental_1_small",
            ),
            "kits_ratio": ("kits", "plain_products"),
        }
        ratios = {
            name: self.timings.ratio(*phases, cpu=True)
            for name, phases in pairs.items()
        }
        overhead = deliveries.get("overhead_cpu_percent")
        return {**ratios, "trigger_overhead_percent": overhead}


def _say(message):
    from .main import say

    say(message)


def _settings(cursor):
    settings = {}
    for name in SETTINGS:
        cursor.execute("SELECT current_setting(%s)", [name])
        settings[name] = cursor.fetchone()[0]
    cursor.execute("SHOW server_version")
    return {**settings, "postgresql": cursor.fetchone()[0]}


def _machine():
    return {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "load": [round(load, 2) for load in os.getloadavg()],
    }


# --- table --------------------------------------------------------------------------

WORDS = {
    "bare_sql": "bare SQL: quants and open moves, summed",
    "bare_sql_parallel": "the same with 2 parallel workers",
    "full_plan": "our full plan: all compared, 1 % changed",
    "first_plan": "our first plan: all written",
    "first_plan_small": "our first plan, small database",
    "odoo_quantities_dict": "Odoo: _compute_quantities_dict, once a channel",
    "odoo_free_qty": "Odoo: reading free_qty, once a channel",
    "kits_first_plan": "first plan of kits",
    "kits": "plan of kits",
    "plain_products": "plan of as many plain products",
    "deliveries_with": "one delivery validated, with our triggers and hooks",
    "deliveries_without": "one delivery validated, without",
}
FIGURES = (
    ("ratio_vs_sql", "full plan / bare SQL", None),
    ("speedup_vs_odoo", "Odoo's / full plan", ">= 5"),
    ("incremental_ratio_vs_small", "one move: this size / small", "<= 1.5"),
    ("incremental_ratio_1m_vs_10k", "one move: 1M / 10k listings", "<= 1.5"),
    ("kits_ratio", "kits / plain products", "< 5"),
    ("trigger_overhead_percent", "overhead on deliveries, %", "< 3"),
    ("trigger_time_percent", "inside of trigger functions, % of a delivery", ""),
    ("peak_rss_mb", "peak memory of the planning process, MB", ""),
    ("peak_rss_postgres_mb", "of its PostgreSQL backend, MB", ""),
)


def show(result):
    """Lines of Markdown, for the screen as for the documentation."""
    sizes, settings = result["sizes"], result["settings"]
    yield (
        f"{result['skus']:,} products, {result['channels']} channels,"
        f" {result['levels']['first_plan']:,} levels; {sizes['stock_quant']:,} quants,"
        f" {sizes['open_moves']:,} open moves of {sizes['stock_move']:,},"
        f" {sizes['channel_rule']} rules."
    )
    yield "PostgreSQL " + ", ".join(
        f"{settings[key]}" if key == "postgresql" else f"{key} {settings[key]}"
        for key in ("postgresql", *SETTINGS)
    )
    yield ""
    timed = [
        (
            WORDS.get(phase) or _phase_words(phase, result),
            duration(each["median"]),
            spread(each),
            duration(each["cpu_median"]),
            len(each["values"]),
        )
        for phase, each in result["timings"].items()
    ]
    yield from table(("phase", "median", "spread", "on CPUs", "times"), timed)
    yield ""
    figures = [
        (
            words,
            _shown(result[key]),
            _shown(result["cpu"].get(key)),
            bench_rules.AIMS[result["options"]["rules"]] if aim is None else aim,
        )
        for key, words, aim in FIGURES
    ]
    yield from table(("figure", "measured", "by CPU time", "aim"), figures)
    for note in _notes(result):
        yield f"\n{note}"


def _shown(figure):
    return "-" if figure is None else figure


def _phase_words(phase, result):
    _word, moves, label = phase.split("_")
    first = "first_plan" if label == "large" else "first_plan_small"
    listings = result["levels"][first]  # one node a channel
    return f"plan after {int(moves):,} moves, {listings:,} listings"


def _notes(result):
    for part in ("kits", "deliveries"):
        yield from result.get(part, {}).get("notes", ())
