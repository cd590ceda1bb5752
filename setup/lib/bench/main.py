"""Measure; ``setup/bench`` is its front.

Each subject is a module of this folder with ``DESCRIPTION``, ``add_arguments``,
``main(options, env)``, which returns a dictionary, and ``show(result)``, which returns
the lines of a table. One that can go wrong has ``failures(result)``, which says how.
"""

import argparse
import importlib
import json
import sys
from pathlib import Path

import databases
import postgres

SUBJECTS = (
    "amazon",
    "api",
    "availability",
    "edi",
    "metrics",
    "orders",
    "purchase",
    "reconcile",
    "seals",
    "settlement",
    "tills",
    "webhooks",
)
DOCS = databases.REPO / "docs" / "performance.md"


def say(message=""):
    print(message, file=sys.stderr, flush=True)


def parse(arguments):
    parser = argparse.ArgumentParser(prog="setup/bench", description=__doc__)
    subjects = parser.add_subparsers(dest="subject", required=True)
    for subject in SUBJECTS:
        module = importlib.import_module(f"bench.{subject}")
        sub = subjects.add_parser(
            subject, help=module.DESCRIPTION, description=module.DESCRIPTION
        )
        sub.add_argument(
            "--json",
            nargs="?",
            const="-",
            metavar="FILE",
            help="write all figures there; to stdout without FILE or with -",
        )
        sub.add_argument(
            "--write-docs",
            action="store_true",
            help=f"put the table into {DOCS.relative_to(databases.REPO)}",
        )
        module.add_arguments(sub)
        sub.set_defaults(module=module)
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    with postgres.running() as env:
        result = options.module.main(options, env)
    lines = list(options.module.show(result))
    say("\n".join(lines))
    write(result, options.json)
    wrong = list(getattr(options.module, "failures", lambda _result: ())(result))
    for words in wrong:
        say(f"wrong: {words}")
    if options.write_docs and not wrong:
        write_docs(options.subject, result["at"], lines)
    return 1 if wrong else 0


def write_docs(subject, at, lines):
    """Replace what stands between the subject's marks."""
    begin, end = f"<!-- begin {subject} -->", f"<!-- end {subject} -->"
    text = DOCS.read_text()
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    body = "\n".join([f"Measured {at[:10]}.", "", *lines])
    DOCS.write_text(f"{before}{begin}\n\n{body}\n\n{end}{after}")


def write(result, target):
    if not target:
        return
    text = json.dumps(result, indent=2) + "\n"
    if target == "-":
        sys.stdout.write(text)
    else:
        Path(target).write_text(text)
