"""What became of numbers that people typed in: histories with known verdicts."""

from .test_simulation import opened


def edits(history, *differences):
    """Figures of the edits of X in shop a.

    :param differences: (class, state, when it was seen)
    """
    history.facts["differences"] = [["a", "Main", "X", *each] for each in differences]
    figures = history.judge()
    words = ("found", "undone", "overwritten", "missed", "imagined")
    return {
        word: figures[f"edits_{word}"] for word in words if figures[f"edits_{word}"]
    }


def test_an_edit_that_is_found_by_its_class_is_found():
    history = opened()
    history.edit(10, "a", 7)
    assert edits(history, ("edited", "repaired", 12)) == {"found": 1}
    assert edits(history, ("wrong_unit", "proposed", 12)) == {
        "missed": 1,
        "imagined": 1,
    }
    assert edits(history) == {"missed": 1}


def test_a_difference_before_the_edit_is_of_no_edit():
    history = opened()
    history.edit(10, "a", 7)
    assert edits(history, ("edited", "repaired", 5)) == {"missed": 1, "imagined": 1}


def test_edits_between_two_looks_are_found_together():
    history = opened()
    history.edit(10, "a", 7)
    history.edit(11, "a", 6)
    history.edit(20, "a", 4)
    assert edits(history, ("edited", "repaired", 12)) == {"found": 2, "missed": 1}


def test_an_edit_that_nobody_could_find_is_not_missed():
    history = opened()
    history.edit(10, "a", 7)
    history.edit(11, "a", 5)
    assert edits(history) == {"undone": 2}
    history.edit(12, "a", 6)
    history.show(13, "a", 5)
    assert edits(history) == {"overwritten": 3}


def test_a_sale_that_was_explained_and_other_faults_are_not_imagined():
    history = opened()
    assert edits(history, ("edited", "explained", 12)) == {}
    assert edits(history, ("not_applied", "repaired", 12)) == {}
    assert edits(history, ("edited", "repaired", 12)) == {"imagined": 1}


def test_nothing_is_said_of_edits_where_nobody_looks_for_them():
    assert "edits_missed" not in opened().judge()
