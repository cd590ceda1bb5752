import ast
import doctest
from pathlib import Path

from odoo.tests import BaseCase, tagged

from .. import schemas
from ..lib import addresses, guarded, one_line, strict_json, transport
from ..tools import explain, invoicing, refund, refusal

BASE = Path(__file__).parents[1]


def imported(path):
    """Names of all modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module


def pure_files():
    for addon in BASE.parent.glob("channel_*"):
        for name in ("client.py", "mapper.py", "exceptions.py"):
            yield addon / name
        yield from addon.glob("schemas*.py")
        yield from addon.glob("lib/*.py")
        yield from addon.glob("tools/*.py")


@tagged("post_install", "-at_install")
class TestPure(BaseCase):
    def test_pure_modules_import_no_odoo(self):
        checked = 0
        for path in filter(Path.exists, pure_files()):
            checked += 1
            for module in imported(path):
                with self.subTest(f"{path.parent.name}/{path.name}"):
                    self.assertNotEqual(module.split(".")[0], "odoo")
        self.assertGreater(checked, 4)

    def test_channel_types_are_told_apart_in_one_place(self):
        for path in BASE.parent.glob("channel_*/**/*.py"):
            if "tests" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Compare):
                    with self.subTest(f"{path.name}:{node.lineno}"):
                        self.assertNotIn("channel_type", ast.dump(node.left))

    def test_doctests(self):
        for module in (
            addresses,
            explain,
            guarded,
            invoicing,
            one_line,
            refund,
            refusal,
            schemas,
            strict_json,
            transport,
        ):
            self.assertFalse(doctest.testmod(module).failed)

    def test_every_sudo_tells_its_reason(self):
        """Beside the call, or in the comment right above it."""
        calls = 0
        for path in BASE.parent.glob("channel_*/**/*.py"):
            if "tests" in path.parts:
                continue
            lines = path.read_text().splitlines()
            for number, line in enumerate(lines):
                if ".sudo()" not in line or line.lstrip().startswith("#"):
                    continue
                calls += 1
                near = lines[max(0, number - 4) : number + 1]
                with self.subTest(f"{path.name}:{number + 1}"):
                    self.assertTrue(any("# sudo: " in each for each in near))
        self.assertGreater(calls, 20)
