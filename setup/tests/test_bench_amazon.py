"""A seller's catalogue is measured, at a size that takes a minute."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[1]
sys.path[:0] = [str(SETUP), str(SETUP / "lib")]

from bench import amazon  # noqa: E402

SMALL = "--skus 120 --patches 25 --compress 60".split()


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    target = tmp_path_factory.mktemp("bench") / "result.json"
    done = subprocess.run(
        [SETUP / "bench", "amazon", *SMALL, "--json", target],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env=dict(os.environ, CHANNEL_QUIET="1"),
    )
    # how fast it is says nothing on a busy machine
    assert target.exists(), done.stderr
    return {**json.loads(target.read_text()), "table": done.stderr}


def test_numbers_went_by_feed_and_those_that_fell_by_patches(result):
    phases = result["phases"]
    assert phases["numbers"]["requests"]["createFeed"] >= 1
    patches = result["patches"]
    assert 0 < patches["numbers"] <= 25
    assert patches["requests"]["patchListingsItem"] == patches["numbers"]
    assert "createFeed" not in patches["requests"]


def test_everything_was_looked_at_once_more(result):
    again = result["phases"]["again"]
    assert again["requests"]["searchListingsItems"] >= result["levels"] / 20
    assert "patchListingsItem" not in again["requests"]


def test_nothing_was_done_that_amazon_minds(result):
    minded = ("fba_writes", "stubs", "waste", "throttled", "own_answers")
    assert not set(minded) & set(result["violations"])


@pytest.mark.parametrize("figure", range(4))
def test_figures_are_measured(result, figure):
    words, (measured, aim, _met) = list(amazon.figures(result).items())[figure]
    assert measured, words
    assert words in result["table"]
    assert aim in result["table"]
