"""A question about a command is answered, and nothing is done for it."""

import os
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[1]
COMMANDS = sorted(
    path.name
    for path in SETUP.iterdir()
    if path.is_file() and os.access(path, os.X_OK) and not path.suffix
)


def test_the_commands_of_the_readme_are_there():
    assert {"bench", "demo", "install", "screenshots", "simulate", "test"} <= set(
        COMMANDS
    )


@pytest.mark.parametrize("question", ["--help", "-h"])
@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_told_at_once(command, question):
    told = subprocess.run(
        [SETUP / command, question],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 0
    assert f"setup/{command}" in told.stdout or "Odoo 19" in told.stdout
    assert "make " not in told.stderr, "it began to work"
