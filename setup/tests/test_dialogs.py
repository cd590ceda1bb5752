"""A dialog says what it is: one without a name Odoo's client calls Odoo."""

import ast
import sys
from pathlib import Path

import pytest
from lxml import etree

sys.path.insert(0, str(Path(__file__).parents[1] / "lib"))
import databases


def is_new(node):
    return isinstance(node, ast.Constant) and node.value == "new"


def find_nameless(source):
    """:return: lines of actions for a dialog that say no name"""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Dict):
            values = {
                key.value: value
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant)
            }
        elif isinstance(node, ast.Call):
            values = {word.arg: word.value for word in node.keywords}
        else:
            continue
        if is_new(values.get("target")) and "name" not in values:
            found.append(node.lineno)
    return found


@pytest.mark.parametrize("addon", databases.addons())
def test_each_dialog_has_a_title(addon):
    folder = databases.REPO / addon
    nameless = {
        str(path): lines
        for path in folder.rglob("*.py")
        if (lines := find_nameless(path.read_text()))
    }
    for path in folder.rglob("*.xml"):
        for record in etree.parse(path).iter("record"):
            target = record.find("field[@name='target']")
            if target is not None and target.text == "new":
                if record.find("field[@name='name']") is None:
                    nameless[str(path)] = record.get("id")
    assert nameless == {}


def test_dialog_without_a_title_is_found():
    assert find_nameless('open_form("a.b", 1, target="new")') == [1]
    assert find_nameless('{"type": "x", "target": "new"}') == [1]
    assert find_nameless('open_form("a.b", 1, name=_("B"), target="new")') == []
