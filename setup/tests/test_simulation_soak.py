"""What grows in a long run, and whether anybody has said why."""

import sys
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[1]
sys.path[:0] = [str(SETUP), str(SETUP / "lib")]

from simulation import main, soak  # noqa: E402

MEGABYTE = 1024 * 1024


def run(memory=lambda hour: 100, workers=lambda hour: (1, 2), **tables):
    """Facts of an hour with 61 samples.

    :param memory: hour -> megabytes of a worker
    :param tables: {name: hour -> (rows, written, live, dead, bytes)}
    """
    samples = [
        {
            "t": minute * 60.0,
            "workers": {
                pid: memory(minute / 60) * MEGABYTE for pid in workers(minute / 60)
            },
            "exceptions": minute // 30,
            "tables": {name: counts(minute / 60) for name, counts in tables.items()},
        }
        for minute in range(61)
    ]
    facts = {"soak": {"samples": samples, "aged": {}, "looks": 9, "refused": 0}}
    return soak.figures(facts)["soak"]


def stays(hour):
    """Each row is kept."""
    rows = int(hour * 6000)
    return rows, rows, rows, 0, rows * 100


def is_cleaned(hour):
    """What is older than a tenth of an hour is removed."""
    written = int(hour * 6000)
    rows = min(written, 600)
    return rows, written, rows, 300, rows * 100


def of(figures, name):
    return next(each for each in figures["tables"] if each["table"] == name)


def test_a_table_that_only_grows_is_named():
    figures = run(channel_new=stays)
    assert figures["without_end"] == ["channel_new"]
    assert of(figures, "channel_new")["rows_per_hour"] == pytest.approx(6000, rel=0.02)


@pytest.mark.parametrize("name", ["channel_order_line", "sale_order", "channel_audit"])
def test_what_is_kept_by_design_grows_and_says_why(name):
    figures = run(**{name: stays})
    assert figures["without_end"] == []
    assert of(figures, name)["grows"] and of(figures, name)["why"]


def test_jobs_that_nobody_removes_are_no_document():
    assert run(queue_job=stays)["without_end"] == ["queue_job"]


def test_a_table_under_retention_does_not_grow():
    figures = run(channel_inbox_event=is_cleaned)
    each = of(figures, "channel_inbox_event")
    assert not each["grows"] and figures["without_end"] == []
    assert each["rows_per_hour"] == 0 < each["written_per_hour"]
    assert figures["dead_percent"] == 33


def test_what_is_filled_while_it_warms_up_is_no_growth():
    def filled(hour):
        rows = 500 if hour < 0.2 else 1000
        return rows, rows, rows, 0, rows

    assert run(channel_level=filled)["tables"] == []


def test_a_worker_that_leaks_is_seen_by_the_hour():
    figures = run(memory=lambda hour: 100 + 60 * hour)
    assert figures["worker_megabytes_per_hour"] == pytest.approx(60, abs=0.5)
    assert figures["worker_megabytes"] == [120.0, 160.0]


def test_caches_that_fill_at_the_beginning_are_no_leak():
    figures = run(memory=lambda hour: min(200, 100 + 1000 * hour))
    assert figures["worker_megabytes_per_hour"] == 0


def test_a_worker_that_came_later_does_not_count_as_growth():
    figures = run(workers=lambda hour: (1, 2) if hour < 0.5 else (1, 3, 4))
    assert figures["workers"] == 1
    assert figures["worker_megabytes_per_hour"] == 0


def test_where_no_worker_lasted_there_is_no_figure_of_one():
    figures = run(workers=lambda hour: (int(hour * 60),))
    assert (figures["workers"], figures["worker_megabytes_per_hour"]) == (0, None)


def test_its_report_is_one_screen():
    lines = list(soak.table(run(channel_new=stays, sale_order=stays)))
    assert "channel_new" in lines[-1]
    assert len(lines) < 30


def test_without_hours_there_is_nothing_of_it():
    assert soak.figures({"soak": None}) == soak.figures({}) == {}


def test_hours_choose_pace_and_strategy_unless_they_are_chosen():
    options = main.read(["--hours", "0.5"])
    assert options.minutes == 30
    assert options.orders == 30 * soak.SHOPPERS_A_MINUTE
    assert [each.name for each in options.strategies] == ["shared"]
    chosen = main.read(["--hours", "0.5", "--orders", "7", "--strategy", "exclusive"])
    assert chosen.orders == 7
    assert [each.name for each in chosen.strategies] == ["exclusive"]
