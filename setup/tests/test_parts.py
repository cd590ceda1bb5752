"""All tests are run in parts: each file in one of them, and in one only."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "lib"))

import run_tests  # noqa: E402


def test_each_test_file_is_in_one_part():
    files = [file for part in run_tests.parts() for file in part]
    assert len(files) == len(set(files))
    everywhere = run_tests.databases.REPO.glob("*/**/test_*.py")
    assert set(files) == {file for file in everywhere if file.parent.name == "tests"}


def test_each_part_is_run_with_odoo_or_without():
    for part in run_tests.parts():
        assert len({run_tests.is_odoo([file]) for file in part}) == 1


def test_parts_with_odoo_are_about_as_long_as_each_other():
    parts = run_tests.parts()
    sizes = [run_tests.size(part) for part in parts if run_tests.is_odoo(part)]
    assert max(sizes) < 1.2 * min(sizes)


def test_what_needs_no_template_is_tested_while_it_is_made():
    parts = run_tests.parts()
    waiting = [run_tests.needs_template(part) for part in parts]
    assert waiting == sorted(waiting)
    assert not waiting[0]


@pytest.fixture
def parts_that_failed(monkeypatch, tmp_path):
    """Return a function that plays the end of a whole run and returns (exit codes,
    what was run again)."""
    monkeypatch.setattr(run_tests.databases, "checkout_folder", lambda: tmp_path)

    def play(codes, failed, again=()):
        for number, tests in failed.items():
            file = run_tests.last_failed_file(number)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(dict.fromkeys(tests, True)))
        ran = []

        def test_chosen(plain, odoo, options, env):
            ran.extend([*plain, *odoo])
            return list(again)

        monkeypatch.setattr(run_tests, "test_chosen", test_chosen)
        return run_tests.try_again(codes, [], {}), ran

    return play


PLAIN = "setup/tests/test_parts.py::test_a"
ODOO = "channel_inventory_base/tests/test_planner.py::TestPlanner::test_b"


def test_what_failed_beside_others_is_run_alone(parts_that_failed, capsys):
    codes, ran = parts_that_failed([0, 1, 1], {1: [PLAIN], 2: [ODOO]}, again=[0, 0])
    assert not any(codes)
    assert ran == [f"{run_tests.databases.REPO}/{test}" for test in (PLAIN, ODOO)]
    said = capsys.readouterr().err
    assert f"failed beside other streams: {ran[0]}" in said
    assert "passed alone, look at it" in said


def test_what_fails_alone_fails_the_run(parts_that_failed, capsys):
    codes, _ran = parts_that_failed([0, 1], {1: [PLAIN]}, again=[1])
    assert any(codes)
    assert "passed alone" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "codes, failed",
    [
        ([0, 1], {}),  # it is not told what failed
        ([1, 1], {0: [PLAIN]}),
        ([-9, 1], {1: [PLAIN]}),  # a part was killed
        ([2, 1], {0: [PLAIN], 1: [ODOO]}),  # a file could not be read
        ([1], {0: [f"{PLAIN}[{n}]" for n in range(run_tests.TRIED_AGAIN + 1)]}),
    ],
)
def test_a_failure_of_another_kind_is_not_tried_again(parts_that_failed, codes, failed):
    ended, ran = parts_that_failed(codes, failed)
    assert ended == codes
    assert not ran


def test_nothing_is_run_again_where_all_passed(parts_that_failed):
    assert parts_that_failed([0, 0], {}) == ([0, 0], [])
