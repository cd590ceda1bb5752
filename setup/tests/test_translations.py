"""Each addon has all languages. What is in them: the contract of each addon's tests."""

import re
import sys
from pathlib import Path

import polib
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


# On a button it is what to do, and in the other languages another word than the state.
OPEN = {"de": "Öffnen", "es": "Abrir", "fr": "Ouvrir", "nl": "Openen"}
BUTTON = re.compile(
    r"""<button\b(?:[^>"/]|"[^"]*"|/(?!>))*(?:/>|>(.*?)</button>)""", re.DOTALL
)


def find_button_words(source):
    """:return: set of what buttons say, in views and templates of components"""
    found = set()
    for match in BUTTON.finditer(source):
        found.update(re.findall(r'\b(?:string|title)="([^"]+)"', match[0]))
        found.add(" ".join((match[1] or "").split()))
    return found


@pytest.mark.parametrize("addon", databases.addons())
def test_button_that_opens_is_no_state(addon):
    folder = databases.REPO / addon
    words = set()
    for path in folder.rglob("*.xml"):
        words |= find_button_words(path.read_text())
    if "Open" not in words:
        return
    for language, verb in OPEN.items():
        entry = polib.pofile(str(folder / "i18n" / f"{language}.po")).find("Open")
        assert entry.msgstr == verb
        assert not any("selection__" in place for place, _line in entry.occurrences)


def test_words_of_buttons_are_found():
    source = '<button name="a" title="Open" /><button t-if="a > b">\n Go On\n</button>'
    assert {"Open", "Go On"} <= find_button_words(source)
