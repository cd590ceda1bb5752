# SPDX-License-Identifier: AGPL-3.0-or-later
import ast
from pathlib import Path

from odoo.tests import TransactionCase, tagged

from ..schemas import LineResult, PushResult
from .common import ChannelCase
from .common_levels import ManyLevels

MODELS = Path(__file__).resolve().parents[2]


@tagged("post_install", "-at_install")
class TestSettle(ManyLevels, ChannelCase):
    """What a publication costs to freeze and to settle, however long it is."""

    def publication(self, count):
        """A frozen publication of so many numbers."""
        self.queue_levels(count)
        publication_id = (
            self.env["channel.publisher"]._of(self.channel)._freeze(self.channel)
        )
        self.env.invalidate_all()
        publication = self.env["channel.publication"].browse(publication_id)
        self.assertGreaterEqual(len(publication.line_ids), count)
        self.env.invalidate_all()
        return publication

    def settle(self, count, status):
        publication = self.publication(count)
        result = PushResult(
            tuple(LineResult(line.id, status) for line in publication.line_ids)
        )
        self.env.invalidate_all()
        publisher = self.env["channel.publisher"]
        return self.statements(lambda: publisher._settle(publication.id, result))

    def test_statements_do_not_grow_with_the_lines(self):
        for status in ("acked", "stale", "retry"):
            with self.subTest(status):
                few, many = self.settle(100, status), self.settle(1000, status)
                self.assertLess(many, few + 15)

    def test_statements_of_refused_lines_grow_no_faster_than_they(self):
        few, many = self.settle(20, "rejected"), self.settle(100, "rejected")
        self.assertLess(many, 6 * few)


@tagged("post_install", "-at_install")
class TestNoUnions(TransactionCase):
    """Records that are added up one by one in a loop take quadratic time."""

    def test_no_loop_over_what_may_be_many_unites_recordsets(self):
        found = []
        for path in sorted(MODELS.glob("channel_*/models/*.py")):
            for function in ast.walk(ast.parse(path.read_text())):
                if isinstance(function, ast.FunctionDef):
                    place = f"{path.parent.parent.name}/{path.name}"
                    found += [f"{place}:{line}" for line in unions(function)]
        self.assertEqual(sorted(set(found)), [])

    def test_the_look_for_unions_finds_them(self):
        for text, lines in (
            ("x = self.browse()\n    for a in b:\n        x |= a.c", [4]),
            (
                "x = self.env['m']\n    for a in b:\n        if a:\n            x += a",
                [5],
            ),
            ("y, x = [], self.env['m']\n    while a:\n        x = x | a", [4]),
            ("for a in b:\n        x[a] |= a.c", [3]),
            ("for a in b:\n        x[a] = x.get(a, n) | a.c", [3]),
            ("for a in b:\n        x = a.c | a.d\n        x |= a.e", []),
            ("x = set()\n    for a in b:\n        x |= a", []),
            ("x = self.browse()\n    x |= y", []),
        ):
            tree = ast.parse(f"def f(self):\n    {text}")
            self.assertEqual(list(unions(tree.body[0])), lines, text)


def unions(function):
    """Lines of a function where a loop adds records to a recordset."""
    names = _recordsets(function)
    for loop in ast.walk(function):
        if isinstance(loop, ast.For | ast.While):
            for node in ast.walk(loop):
                if _adds_up(node, names):
                    yield node.lineno


def _recordsets(function):
    """Names that begin as an empty recordset, outside of any loop."""
    names = set()
    for node in function.body:
        for each in ast.walk(node) if not isinstance(node, ast.For | ast.While) else ():
            if isinstance(each, ast.Assign):
                names |= set(_named(each.targets[0], each.value))
    return names


def _named(target, value):
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, other in zip(target.elts, value.elts, strict=True):
            yield from _named(one, other)
    elif isinstance(target, ast.Name) and _is_empty_recordset(value):
        yield target.id


def _is_empty_recordset(value):
    """``self.env["x"]`` and ``x.browse()``"""
    if isinstance(value, ast.Subscript):
        return ast.unparse(value.value).split(".")[-1] == "env"
    is_call = isinstance(value, ast.Call) and not value.args
    return is_call and ast.unparse(value.func).endswith(".browse")


def _adds_up(node, names):
    if isinstance(node, ast.AugAssign):
        target, union = node.target, node.op
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
        target, union = node.targets[0], node.value.op
    else:
        return False
    if isinstance(target, ast.Subscript):
        return isinstance(union, ast.BitOr)
    is_union = isinstance(union, ast.BitOr | ast.Add)
    return is_union and isinstance(target, ast.Name) and target.id in names
