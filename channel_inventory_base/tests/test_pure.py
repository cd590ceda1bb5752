# SPDX-License-Identifier: AGPL-3.0-or-later
import ast
import doctest
import importlib
import re
from pathlib import Path

from odoo.tests import BaseCase, tagged

BASE = Path(__file__).parents[1]
NAMES = ("client.py", "const.py", "exceptions.py", "mapper.py", "*queries.py")
FOLDERS = ("lib", "plan", "schemas", "tools")
OURS = re.compile(r"odoo\.addons\.channel_\w+\.(lib|tools|schemas|exceptions)(\.\w+)*")
"""What a pure file of another addon may import: pure files of ours."""

UPWARD = {
    "channel_inventory_base": re.compile(
        r"\b(sale[._]\w+|crm[._]\w+|account[._](?!ref|name)\w+|invoice_\w+"
        r"|channel[._](message|refund|shortage|router|notifier|bookkeep\w+)"
        r"|(substitute|sale_line|sale_order)_ids?|(missing|undelivered)_quantity"
        r"|_job_(send|book))\b"
    ),
    "channel_inventory_sale": re.compile(
        r"\b(channel[._](bookkeep\w+|payment[._]map)|account[._]move\w*"
        r"|channel_made|channel_invoice_policy|payment_policy)\b"
    ),
}
"""Words of models and tables that an addon must not know: they stand upon it."""


def sources(pattern="channel_*"):
    """Python files of our addons that are no tests."""
    for path in BASE.parent.glob(f"{pattern}/**/*.py"):
        if "tests" not in path.parts:
            yield path


def pure_files():
    for addon in BASE.parent.glob("channel_*"):
        for name in (*NAMES, "schemas*.py"):
            yield from addon.glob(name)
        for folder in FOLDERS:
            yield from addon.glob(f"{folder}/*.py")


def imported(path):
    """Names of all modules that a file imports, and of what it takes out of them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


def is_pure(module, addon):
    own = module.startswith(f"odoo.addons.{addon}.")
    return module.split(".")[0] != "odoo" or bool(OURS.match(module) and not own)


def models_named(tree):
    """Names of the models that are taken from an environment."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            source = node.value
            name = getattr(source, "attr", None) or getattr(source, "id", None)
            if name == "env":
                yield node.slice.value


@tagged("post_install", "-at_install")
class TestPure(BaseCase):
    def test_pure_modules_import_no_odoo(self):
        checked = 0
        for path in pure_files():
            checked += 1
            addon = path.relative_to(BASE.parent).parts[0]
            for module in imported(path):
                with self.subTest(f"{addon}: {path.name}: {module}"):
                    self.assertTrue(is_pure(module, addon))
        self.assertGreater(checked, 4)

    def test_odoo_is_found_where_it_is_imported(self):
        for module, addon, pure in (
            ("odoo.fields", "channel_inventory_base", False),
            ("odoo.addons.stock.models.stock_move.X", "channel_x", False),
            ("odoo.addons.channel_inventory_base.models.x.X", "channel_x", False),
            (
                "odoo.addons.channel_inventory_base.lib.errors.Refused",
                "channel_x",
                True,
            ),
            ("odoo.addons.channel_inventory_base.schemas", "channel_x", True),
            ("requests.Session", "channel_x", True),
        ):
            with self.subTest(module):
                self.assertEqual(is_pure(module, addon), pure)

    def test_no_relative_import_leaves_its_addon(self):
        for path in sources():
            depth = len(path.relative_to(BASE.parent).parts) - 1
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom):
                    with self.subTest(f"{path}:{node.lineno}"):
                        self.assertLessEqual(node.level, depth)

    def test_no_arrow_runs_up(self):
        for addon, words in UPWARD.items():
            for path in BASE.parent.glob(f"{addon}/**/*"):
                if path.suffix not in (".py", ".xml", ".sql") or "tests" in path.parts:
                    continue
                for number, line in enumerate(path.read_text().splitlines(), 1):
                    code = line.split("# ")[0]
                    with self.subTest(f"{path.relative_to(BASE.parent)}:{number}"):
                        self.assertFalse(words.search(code), line)

    def test_no_class_says_one_name_twice(self):
        """Of two fields of one name the second counts, in silence."""
        for path in sources():
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef):
                    names = [
                        each.target.id
                        for each in node.body
                        if isinstance(each, ast.AnnAssign)
                    ]
                    with self.subTest(f"{path.name}: {node.name}"):
                        self.assertEqual(len(names), len(set(names)), names)

    def test_channel_types_are_told_apart_in_one_place(self):
        for path in sources():
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Compare):
                    with self.subTest(f"{path.name}:{node.lineno}"):
                        self.assertNotIn("channel_type", ast.dump(node.left))

    def test_doctests(self):
        checked = 0
        for path in pure_files():
            parts = path.relative_to(BASE.parent).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            name = ".".join(("odoo", "addons", *parts))
            with self.subTest(name):
                result = doctest.testmod(importlib.import_module(name))
                self.assertFalse(result.failed)
                checked += result.attempted
        self.assertGreater(checked, 50)

    def test_every_sudo_tells_its_reason(self):
        """Beside the call, or in the comment right above it."""
        calls = 0
        for path in sources():
            lines = path.read_text().splitlines()
            for number, line in enumerate(lines):
                if ".sudo()" not in line or line.lstrip().startswith("#"):
                    continue
                calls += 1
                near = lines[max(0, number - 4) : number + 1]
                with self.subTest(f"{path.name}:{number + 1}"):
                    self.assertTrue(any("# sudo: " in each for each in near))
        self.assertGreater(calls, 20)


CALLED = ("channel_connector_api",)
"""Connectors whose other side calls us: they have a door in the place of a client."""


def connectors():
    """Folders of connectors that speak to a channel."""
    for addon in BASE.parent.glob("channel_connector_*"):
        if addon.name not in CALLED:
            yield addon


@tagged("post_install", "-at_install")
class TestConnectorSources(BaseCase):
    """What a further channel may not need is what the seam is for."""

    def test_connector_takes_no_model_of_the_base_but_the_channel(self):
        """What it has to know of a message, an order or a listing it is given."""
        files = 0
        for path in sources("channel_connector_*"):
            if path.relative_to(BASE.parent).parts[0] in CALLED:
                continue
            files += 1
            for model in models_named(ast.parse(path.read_text())):
                with self.subTest(f"{path}: {model}"):
                    self.assertEqual(model, "channel.channel")
        if list(connectors()):
            self.assertGreater(files, 4)

    def test_models_are_found_however_the_environment_is_called(self):
        tree = ast.parse("env['a'], self.env['b'], x.env['c.d'], other['e'], env[name]")
        self.assertEqual(list(models_named(tree)), ["a", "b", "c.d"])

    def test_connector_adds_no_job_cron_controller_log_or_menu(self):
        for addon in connectors():
            names = {path.name for path in addon.rglob("*") if path.is_dir()}
            self.assertFalse(names & {"controllers", "security", "wizards"})
            for path in addon.rglob("*.xml"):
                for word in ("ir.cron", "menuitem", "queue.job", "ir.model.access"):
                    self.assertNotIn(word, path.read_text(), path.name)
            for path in addon.glob("models/*.py"):
                for word in ("with_delay", "def _job_"):
                    self.assertNotIn(word, path.read_text(), path.name)

    def test_adapter_is_one_class_in_one_file(self):
        for addon in BASE.parent.glob("channel_connector_*"):
            found = sorted(path.name for path in addon.glob("models/*adapter*.py"))
            self.assertEqual(len(found), 1, found)
            self.assertTrue(found[0].startswith("channel_adapter_"))
