"""Each addon has all languages. What is in them: the contract of each addon's tests."""

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "lib"))
import databases

LANGUAGES = {"de", "es", "fr", "nl"}


@pytest.mark.parametrize("addon", databases.addons())
def test_addon_has_all_languages(addon):
    found = {path.stem for path in (databases.REPO / addon / "i18n").glob("*.po")}
    assert found == LANGUAGES


# what Odoo exports of a template is text, and attributes that are no expressions
LITERAL = re.compile(
    r"""\bt-att-(?:aria-label|title|alt|placeholder|data-tooltip)="[^"]*'\w"""
)


@pytest.mark.parametrize("addon", databases.addons())
def test_no_words_stand_in_an_expression_of_a_template(addon):
    paths = (databases.REPO / addon / "static" / "src").rglob("*.xml")
    assert [str(path) for path in paths if LITERAL.search(path.read_text())] == []


def test_words_in_an_expression_are_found():
    assert LITERAL.search("""<i t-att-title="done ? 'Done' : ''" />""")
    assert not LITERAL.search("""<i t-att-title="step.label" title="It's done" />""")
