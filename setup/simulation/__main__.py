"""Start the simulator: ``setup/simulate`` sets paths and environment up for it."""

import sys
from pathlib import Path

SETUP = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(SETUP), str(SETUP / "lib")]

import databases  # noqa: E402
import postgres  # noqa: E402
from demo import main as demo  # noqa: E402
from demo.processes import DemoError  # noqa: E402

from simulation.main import main  # noqa: E402

if __name__ == "__main__":
    demo.stop_on_signals()
    try:
        sys.exit(main(sys.argv[1:]))
    except (
        DemoError,
        ValueError,
        postgres.PostgresError,
        databases.InstallError,
    ) as error:
        sys.exit(f"setup/simulate: stopped: {error}")
