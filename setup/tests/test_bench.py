"""The bench measures what it says, at a size that takes seconds."""

import json
import os
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
# both sizes the same, so that one seed is made
SMALL = (
    "--skus 60 --channels 2 --small-listings 120 --rounds 1 --kits 20 --deliveries 20"
).split()


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    target = tmp_path_factory.mktemp("bench") / "result.json"
    done = subprocess.run(
        [REPO / "setup" / "bench", "availability", *SMALL, "--json", target],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env=dict(os.environ, CHANNEL_QUIET="1"),
    )
    assert done.returncode == 0, done.stderr
    return {**json.loads(target.read_text()), "table": done.stderr}


def test_every_listing_has_a_level(result):
    assert result["levels"] == {"first_plan": 120, "first_plan_small": 120}


def test_numbers_are_those_of_a_distributor(result):
    for average, largest in result["numbers"].values():
        assert 10 < average < 200
        assert largest <= 999  # the cap


def test_the_seed_is_what_was_asked_for(result):
    sizes = result["sizes"]
    assert sizes["channel_listing"] >= 120
    assert 3 < sizes["stock_quant"] / 60 < 6
    assert 1 < sizes["open_moves"] / 60 < 3
    assert sizes["channel_rule"] >= 30


def test_levels_are_rewritten_for_moves_only(result):
    for phase, done in result["incremental"].items():
        channels = 2
        assert 0 < done["levels_written"] <= done["products"] * channels, phase
    times = len(result["timings"]["incremental_1_large"]["values"])
    assert result["incremental"]["incremental_1_large"]["products"] == times


@pytest.mark.parametrize(
    "figure",
    [
        "ratio_vs_sql",
        "speedup_vs_odoo",
        "speedup_vs_odoo_free_qty",
        "incremental_ratio_vs_small",
        "trigger_overhead_percent",
        "peak_rss_mb",
    ],
)
def test_figures_are_measured(result, figure):
    assert isinstance(result[figure], float)
    assert figure in ("trigger_overhead_percent",) or result[figure] > 0


def test_a_million_is_not_claimed_without_a_million(result):
    assert result["incremental_ratio_1m_vs_10k"] is None


def test_both_ways_of_a_delivery_are_measured_equally_often(result):
    timings = result["timings"]
    for way in ("with", "without"):
        assert len(timings[f"deliveries_{way}"]["values"]) == 20


def test_ours_and_bare_sql_have_the_same_settings(result):
    assert result["settings"]["jit"] == "off"
    assert result["settings"]["work_mem"] == "64MB"
    assert "bare SQL" in result["table"]


def test_kits_are_measured_where_they_are_known(result):
    if (REPO / "channel_inventory_mrp").is_dir():
        assert result["kits"]["kits_with_stock"] > 0
        assert result["kits_ratio"] > 0
    else:
        assert "channel_inventory_mrp" in result["kits"]["notes"][0]
