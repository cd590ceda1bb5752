"""Scenarios and their guide say the same; a demo itself is run by ``setup/demo``."""

import ast
import doctest
import inspect
import sys
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[1]
sys.path[:0] = [str(SETUP), str(SETUP / "lib")]

from demo import guide, scenarios  # noqa: E402
from demo.processes import DemoError  # noqa: E402

STAGES = (
    *("aligned", "matched", "dry run", "shadow"),
    *("numbers live", "orders live", "refunds", "settlements"),
)
PARTNERS = {"Dock9", "BigMart"}


@pytest.fixture(params=sorted(scenarios.SCENARIOS))
def scenario(request):
    return scenarios.SCENARIOS[request.param]


def moments_of(scenario):
    """What its code waits for, in order."""
    tree = ast.parse(inspect.getsource(scenario))
    calls = (each for each in ast.walk(tree) if isinstance(each, ast.Call))
    named = (each for each in calls if isinstance(each.func, ast.Attribute))
    return {each.args[0].value for each in named if each.func.attr == "expect"}


def test_every_moment_of_the_guide_is_checked_and_no_other(scenario):
    assert set(guide.read(scenario.name)) == moments_of(scenario)


def test_guide_names_channels_that_take_part(scenario):
    names = {each.name for each in scenario.cast.stores}
    names |= PARTNERS if scenario.cast.partners else set()
    for channels in guide.read(scenario.name).values():
        assert set(channels) <= names


def test_stages_are_done_in_order(scenario):
    for channels in guide.read(scenario.name).values():
        for done, _following in channels.values():
            places = [STAGES.index(each) for each in done]
            assert places == sorted(places)


def test_stages_of_the_guide_are_those_of_the_addon():
    words = guide.PATH.read_text().partition("## The stages")[2].partition("\n## ")[0]
    rows = [
        each.split("|")[1].strip().lower() for each in words.splitlines() if "|" in each
    ]
    assert tuple(rows[2:]) == STAGES


def test_guide_without_the_scenario_is_refused():
    with pytest.raises(DemoError, match="no table"):
        guide.read("nothing", "## `something`\n")


def test_doctests():
    result = doctest.testmod(guide)
    assert result.attempted and not result.failed


class Impatient:
    def wait(self, words, _condition):
        raise DemoError(f"{words}: not within 0 s")


class Shelf:
    def shown(self):
        return {("LAMP", "Everywhere"): 5, ("DESK", "Everywhere"): 2}

    def waiting(self):
        return ["1 numbers to publish of Outlet Store"]


def test_what_a_store_shows_instead_of_the_preview_is_named():
    scenario = object.__new__(scenarios.LegacyErp)
    scenario.demo = Impatient()
    wanted = {("LAMP", "Everywhere"): 3, ("DESK", "Everywhere"): 2}
    with pytest.raises(DemoError, match="LAMP: 5 is shown, not 3\n1 numbers") as told:
        scenario._expect_shown(Shelf(), "as previewed", wanted)
    assert "DESK" not in str(told.value)
