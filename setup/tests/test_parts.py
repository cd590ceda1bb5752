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


def test_each_part_is_of_one_folder():
    assert all(len({file.parent for file in part}) == 1 for part in run_tests.parts())


def test_no_part_is_much_longer_than_its_share():
    sizes = [run_tests.size(part) for part in run_tests.parts()]
    share = sum(sizes) / (run_tests.STREAMS * run_tests.PARTS)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] < 2 * share
