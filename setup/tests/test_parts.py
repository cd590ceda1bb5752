"""All tests are run in parts: each file in one of them, and in one only."""

import sys
from pathlib import Path

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
