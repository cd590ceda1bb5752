"""What the tamper-evident trail costs: sealing, exporting, and verifying by the script
that an auditor runs without Odoo."""

import datetime
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import databases

from .figures import Timings
from .session import Session

DESCRIPTION = (
    "Measure the audit trail's seals: sealing a hundred thousand rows, exporting and"
    " verifying all of them."
)
AIM_SEAL, AIM_VERIFY = 1.0, 10.0
AT_ONCE = 100_000
"""Rows of one seal."""
SCRIPT = databases.REPO / "channel_inventory_seal" / "verify.py"
FILL = """
INSERT INTO channel_audit
       (at, company_id, user_id, kind, res_model, res_id, trace, message, data)
SELECT clock_timestamp() AT TIME ZONE 'UTC', 1, 1, 'publication', 'channel.publication',
       number, md5(number::text), '120 quantities published: 120 acknowledged',
       '{"acked": 120}'
  FROM generate_series(1, %s) AS number
"""


def add_arguments(parser):
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="N")


def main(options, env):
    session = Session(env, {"jit": "off"}, log=_say)
    timings = Timings(session)
    with session.databases(), tempfile.TemporaryDirectory() as folder:
        database = session.clone(session.template, "seals")
        rows = _seal(session, database, timings, options.rows)
        path = Path(folder) / "export.zip"
        with session.odoo(database) as odoo, timings.measure("export", database):
            with open(path, "wb") as file:
                odoo["channel.audit.exporter"]._export(file)
        with timings.measure("verify", database):
            megabytes = _verify(path)
        size = path.stat().st_size
    return {
        "at": datetime.datetime.now().isoformat(timespec="seconds"),
        "rows": rows,
        "export_bytes": size,
        "verify_megabytes": megabytes,
        "seconds": timings.summary(),
    }


def _seal(session, database, timings, rows):
    """:return: how many rows are sealed in the end"""
    sealed = 0
    with session.odoo(database) as odoo:
        # what the template has written
        sealed += odoo["channel.audit.sealer"]._seal_all()
    for begin in range(0, rows, AT_ONCE):
        with session.sql(database) as cursor:
            cursor.execute(FILL, [min(AT_ONCE, rows - begin)])
        with session.odoo(database) as odoo, timings.measure("seal", database):
            sealed += odoo["channel.audit.sealer"]._seal_all()
        _say(f"      {sealed:,} rows are sealed")
    return sealed


def _verify(path):
    """:return: MB at the peak of the process that found nothing wrong"""
    process = subprocess.Popen(
        [sys.executable, "-I", SCRIPT, path], stdout=subprocess.PIPE, text=True
    )
    said = process.stdout.read()
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"the trail does not verify: {said}")
    return round(usage.ru_maxrss / 1024, 1)


# ------------------------------------------------------------------- told
def show(result):
    seconds = result["seconds"]
    yield "| | aim | median | slowest |"
    yield "| --- | ---: | ---: | ---: |"
    for label, words, aim in (
        ("seal", f"seal of {AT_ONCE:,} rows", f"{AIM_SEAL:g} s"),
        ("export", f"export of {result['rows']:,} rows", ""),
        ("verify", f"verification of {result['rows']:,} rows", f"{AIM_VERIFY:g} s"),
    ):
        found = seconds[label]
        yield f"| {words} | {aim} | {found['median']:.2f} s | {found['max']:.2f} s |"
    yield ""
    yield (
        f"The export has {result['export_bytes'] / 1e6:.0f} MB; the verification takes "
        f"{result['verify_megabytes']:.0f} MB of memory."
    )


def failures(result):
    for label, aim in (("seal", AIM_SEAL), ("verify", AIM_VERIFY)):
        if result["seconds"][label]["median"] > aim:
            yield f"{label} took longer than {aim} s"


def _say(words):
    print(f"{time.strftime('%H:%M:%S')}  {words}", file=sys.stderr, flush=True)
