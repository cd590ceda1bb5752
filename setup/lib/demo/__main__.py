"""Start the demo: ``setup/demo`` sets paths and environment up for it."""

import sys
from pathlib import Path

LIB = Path(__file__).resolve().parents[1]
# this folder's modules are found in their package only
sys.path[0] = str(LIB)
# the sandboxes
sys.path.append(str(LIB.parent))

import databases  # noqa: E402
import postgres  # noqa: E402

from demo.main import main, stop_on_signals  # noqa: E402
from demo.processes import DemoError  # noqa: E402

if __name__ == "__main__":
    stop_on_signals()
    try:
        sys.exit(main(sys.argv[1:]))
    except (DemoError, postgres.PostgresError, databases.InstallError) as error:
        sys.exit(f"setup/demo: stopped: {error}")
