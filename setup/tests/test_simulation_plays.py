"""The simulator as a whole, in small. One at a time: a checkout plays one only."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[1]
sys.path[:0] = [str(SETUP), str(SETUP / "lib")]

import databases  # noqa: E402
from simulation import rival  # noqa: E402


@pytest.mark.timeout(900)
def test_it_sells_a_handful_of_orders(tmp_path):
    """Needs its package, which is fetched once."""
    try:
        rival.addons_folder()
    except databases.InstallError as error:
        pytest.skip(str(error))
    figures = play(tmp_path, "--strategy", "oca_shopify", "--channels", "1")
    assert figures["orders_placed"] > 0
    assert (figures["orders_lost"], figures["orders_doubled"]) == (0, 0)
    # what it keeps no account of is no figure
    assert figures["lines_unaccounted"] is None
    assert figures["shipments_sent"] is not None


@pytest.mark.timeout(900)
def test_a_long_run_tells_what_grows(tmp_path):
    if "channel_connector_shopify" not in databases.addons():
        pytest.skip("without the addon that connects the shop")
    figures = play(tmp_path, "--hours", "0.01", "--channels", "1")
    soak = figures["soak"]
    # looks are some seconds apart, and the first one is not at the beginning
    assert soak["hours"] > 0.005
    assert soak["workers"] and soak["megabytes_per_hour"] is not None
    assert "sale_order" in {each["table"] for each in soak["tables"]}


def play(folder, *arguments):
    """:return: the figures of the only strategy of a small run"""
    out = folder / "out.json"
    size = ("--orders", "12", "--skus", "12", "--faults", "none", "--json", out)
    command = [SETUP / "simulate", *arguments, *size]
    done = subprocess.run(
        [str(each) for each in command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    [figures] = json.loads(out.read_text())["strategies"].values()
    return figures
