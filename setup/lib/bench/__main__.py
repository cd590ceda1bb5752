"""Measure: ``setup/bench`` sets paths and environment up for it."""

import sys
from pathlib import Path

LIB = Path(__file__).resolve().parents[1]
# this folder's modules are found in their package only
sys.path[0] = str(LIB)
# the sandboxes and the simulator
sys.path.append(str(LIB.parent))

import signal  # noqa: E402

import databases  # noqa: E402
import postgres  # noqa: E402

from bench.main import main  # noqa: E402

if __name__ == "__main__":
    # Ctrl-C and kill drop the databases first.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except (postgres.PostgresError, databases.InstallError) as error:
        sys.exit(f"setup: stopped: {error}")
