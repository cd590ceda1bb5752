"""A long run at a pace that the machine can take: what grows, and whether it ends.

Samples are taken from outside: memory by the operating system, tables by PostgreSQL's
own counters. Retention works all the time. Its days are made shorter: what has lain for
a part of the run is set back by a day, which is as long as it is kept here.
"""

import contextlib
import threading
import time

import psutil
from demo.processes import DemoError

# Shoppers a minute: what two processors take in with half of their time to spare.
SHOPPERS_A_MINUTE = 30
MEGABYTE = 1024 * 1024
LEAST_SECONDS, SAMPLES = 3, 120
# Parts of the run: how long things are kept, how often retention looks, and after how
# much of it growth counts. Before that caches are filled, and nothing is old enough.
KEPT, EVERY, WARM = 1 / 6, 1 / 30, 1 / 3
# Of a hundred rows written, so many that stay make a table one that grows.
GROWS = 10
MOST_ROWS = 12
RETENTION = ("channel_inventory_base", "cron_retention_payloads")
VACUUM = ("base", "autovacuum_job")
"""Removes jobs that are done, among others."""
# Where the age of a row is read that retention removes or blanks. What forgets people
# by their orders goes by when goods have left: that is not played.
AGED = {
    "channel_inbox_event": "received_at",
    "channel_publication": "write_date",
    "channel_message": "write_date",
    "channel_reconcile_run": "create_date",
    "channel_reconcile_difference": "last_seen",
    "channel_api_event": "created_at",
    "queue_job": "date_done",
}
# What is kept for good, or longer than any run, by design: (beginning of a table's
# name, why). Any other table that grows is named as one that nobody has explained.
BY_DESIGN = (
    ("channel_order", "orders and their lines stay, as sale orders do"),
    ("channel_hold", "what each order has held stays with it"),
    ("channel_deduction", "folded once a day"),
    ("channel_exception", "what people were told stays until they delete it"),
    ("channel_message", "what a channel was told stays, without its answer"),
    ("channel_audit", "the trail: 730 days by its own retention"),
    ("channel_metric", "one row a channel, kind and hour"),
    ("channel_bookkeeping", "one row an order"),
    ("channel_promise_turn", "one row a product and place"),
    ("channel_partner", "one row a customer of a channel"),
    ("channel_refund", "refunds stay, as credit notes do"),
    ("channel_shortage", "sold units that are not in stock, until they are"),
    ("channel_reconcile", "400 days by retention"),
)
TABLES = """
    SELECT relname, n_tup_ins - n_tup_del, n_tup_ins, n_live_tup, n_dead_tup,
           pg_total_relation_size(relid)
      FROM pg_stat_user_tables
"""


class Soak:
    """:ivar samples: dicts of t (seconds from the start), workers {process: bytes},
    exceptions (open ones), tables {name: (rows, written, live, dead, bytes)}"""

    def __init__(self, run):
        self.run = run
        self.samples, self.aged = [], {}
        # how often retention was asked to look, and how often it could not
        self.looks = self.refused = 0
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=work, daemon=True)
            for work in (self._measure, self._retain)
        ]

    def start(self):
        self._began = time.monotonic()
        self._sample()
        for each in self._threads:
            each.start()
        return self

    def stop(self):
        """:return: facts of it"""
        self._over.set()
        for each in self._threads:
            each.join(60)
        self._sample()
        return {
            "samples": self.samples,
            "aged": self.aged,
            "looks": self.looks,
            "refused": self.refused,
        }

    def _measure(self):
        seconds = max(LEAST_SECONDS, self.run.seconds / SAMPLES)
        while not self._over.wait(seconds):
            self._sample()

    def _sample(self):
        rows = self.run.sql.rows(TABLES)
        self.samples.append(
            {
                "t": round(time.monotonic() - self._began, 1),
                "workers": dict(self._memory()),
                "exceptions": self.run.sql.value(
                    "SELECT count(*) FROM channel_exception WHERE state = 'open'"
                ),
                "tables": {name: counts for name, *counts in rows},
            }
        )

    def _memory(self):
        """(process id, bytes that are this worker's alone)"""
        for head in self.run.server.heads():
            # it may have ended, and be about to be started again
            with contextlib.suppress(psutil.Error):
                for each in psutil.Process(head).children(recursive=True):
                    with contextlib.suppress(psutil.Error):
                        yield each.pid, each.memory_full_info().uss

    # --- retention

    def _retain(self):
        odoo = self.run.server.rpc()
        crons = [self._find_cron(*each) for each in (RETENTION, VACUUM)]
        self.run.sql.run("UPDATE channel_retention SET days = 1")
        self.run.sql.run("UPDATE ir_cron SET active = true WHERE id = ANY(%s)", crons)
        self.run.sql.run("UPDATE queue_job_channel SET removal_interval = 1")
        while not self._over.wait(max(LEAST_SECONDS, self.run.seconds * EVERY)):
            self._set_back()
            for cron_id in crons:
                try:
                    odoo.call("ir.cron", "method_direct_trigger", [cron_id])
                except DemoError:
                    self.refused += 1  # it comes again
            self.looks += 1

    def _find_cron(self, module, name):
        return self.run.sql.value(
            "SELECT res_id FROM ir_model_data WHERE model = 'ir.cron'"
            " AND module = %s AND name = %s",
            module,
            name,
        )

    def _set_back(self):
        """What has lain for long enough becomes older than a day."""
        for table, column in AGED.items():
            if table not in self.samples[0]["tables"]:
                continue  # an addon of it is not installed
            found = self.run.sql.rows(
                f"""
                WITH old AS (
                    UPDATE {table} SET {column} = {column} - interval '2 days'
                     WHERE {column} < now() AT TIME ZONE 'UTC'
                                      - make_interval(secs => %s)
                       AND {column} > now() AT TIME ZONE 'UTC' - interval '1 day'
                    RETURNING 1)
                SELECT count(*) FROM old
                """,
                self.run.seconds * KEPT,
            )
            self.aged[table] = self.aged.get(table, 0) + found[0][0]


# --- what comes of it


def figures(facts):
    """:return: figures of a soak, with growth per hour; none where there was none"""
    found = facts.get("soak")
    if not found:
        return {}
    samples = found["samples"]
    first, last = _warm(samples), samples[-1]
    hours = max(1.0, last["t"] - first["t"]) / 3600
    every = (_table(name, first, last, hours) for name in last["tables"])
    tables = sorted(
        (each for each in every if each["written_per_hour"] or each["rows_per_hour"]),
        key=lambda each: -each["megabytes_per_hour"],
    )
    growing = [each for each in tables if each["grows"]]
    return {
        "soak": {
            "hours": round(last["t"] / 3600, 3),
            "hours_judged": round(hours, 3),
            **_memory(samples, first),
            "exceptions_open": [samples[0]["exceptions"], last["exceptions"]],
            "megabytes": [_megabytes(first), _megabytes(last)],
            "megabytes_per_hour": round(
                (_megabytes(last) - _megabytes(first)) / hours, 1
            ),
            "dead_percent": _dead(last),
            "retention_looked": found["looks"],
            "retention_refused": found["refused"],
            "aged": found["aged"],
            "tables": tables,
            "without_end": [each["table"] for each in growing if not each["why"]],
        }
    }


def _warm(samples):
    return next(each for each in samples if each["t"] >= samples[-1]["t"] * WARM)


def _table(name, first, last, hours):
    rows, written, live, dead, size = last["tables"][name]
    before = first["tables"].get(name, (0, 0, 0, 0, 0))
    more, wrote = rows - before[0], written - before[1]
    grows = more > 0 and 100 * more > GROWS * wrote
    return {
        "table": name,
        "rows_per_hour": round(more / hours),
        "written_per_hour": round(wrote / hours),
        "megabytes_per_hour": round((size - before[4]) / MEGABYTE / hours, 2),
        "dead_percent": round(100 * dead / max(1, live + dead)),
        "grows": grows,
        "why": _why(name) if grows else None,
    }


def _why(table):
    if not table.startswith(("channel_", "queue_job")):
        return "Odoo's own documents and logs"
    known = (why for head, why in BY_DESIGN if table.startswith(head))
    return next(known, None)


def _memory(samples, first):
    """Of the workers that were there all the time since it was warm: megabytes of one
    of them, then and at the end, and by the hour."""
    warm = [each for each in samples if each["t"] >= first["t"]]
    lasting = set.intersection(*(set(each["workers"]) for each in warm))
    line = [
        (each["t"] / 3600, sum(each["workers"][pid] for pid in lasting) / len(lasting))
        for each in warm
        if lasting
    ]
    return {
        "workers": len(lasting),
        "worker_megabytes": [
            round(y / MEGABYTE, 1) for _x, y in (line[:1] + line[-1:])
        ],
        "worker_megabytes_per_hour": (
            round(_slope(line) / MEGABYTE, 1) if line else None
        ),
        "workers_megabytes": [
            round(sum(each["workers"].values()) / MEGABYTE)
            for each in (samples[0], first, samples[-1])
        ],
    }


def _slope(points):
    """Of the line that fits best."""
    if len(points) < 2:
        return 0.0
    mean_x = sum(x for x, _y in points) / len(points)
    mean_y = sum(y for _x, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _y in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / (spread or 1)


def _megabytes(sample):
    return round(sum(each[4] for each in sample["tables"].values()) / MEGABYTE, 1)


def _dead(sample):
    live = sum(each[2] for each in sample["tables"].values())
    dead = sum(each[3] for each in sample["tables"].values())
    return round(100 * dead / max(1, live + dead))


def table(soak):
    """Lines of a Markdown report."""
    before, after = soak["megabytes"]
    yield f"- {soak['hours']:g} hours, of which the last {soak['hours_judged']:g} count"
    if soak["workers"]:
        first, last = soak["worker_megabytes"]
        yield (
            f"- a worker: {first:g} to {last:g} MB,"
            f" {soak['worker_megabytes_per_hour']:+g} MB an hour"
            f" ({soak['workers']} that lasted)"
        )
    yield (
        f"- tables: {before:g} to {after:g} MB, {soak['megabytes_per_hour']:+g} MB an"
        f" hour; {soak['dead_percent']} % of their rows are dead"
    )
    yield f"- exceptions open: {' to '.join(map(str, soak['exceptions_open']))}"
    yield (
        f"- retention looked {soak['retention_looked']} times"
        f" ({soak['retention_refused']} refused) at what was set back:"
        f" {', '.join(f'{n} of {name}' for name, n in soak['aged'].items() if n)}"
    )
    yield ""
    yield "| table | rows an hour | written | MB an hour | dead | |"
    yield "| --- | ---: | ---: | ---: | ---: | --- |"
    for each in soak["tables"][:MOST_ROWS]:
        why = each["why"] or ("**grows without end**" if each["grows"] else "")
        numbers = "{rows_per_hour} | {written_per_hour} | {megabytes_per_hour:g}"
        yield (
            f"| {each['table']} | {numbers.format(**each)} |"
            f" {each['dead_percent']} % | {why} |"
        )
    yield ""
    names = ", ".join(soak["without_end"]) or "nothing"
    yield f"Grows, and nobody has said why: {names}."
