import ast
import doctest
import importlib
from pathlib import Path

from .common import PureCase

ADDON = Path(__file__).parents[1]
PURE = ["client", "const", "errors", "mapper"] + [
    f"lib.{path.stem}" for path in sorted((ADDON / "lib").glob("[a-z]*.py"))
]


class TestPure(PureCase):
    def test_no_odoo_where_woocommerce_is_known(self):
        for name in PURE:
            tree = ast.parse((ADDON / f"{name.replace('.', '/')}.py").read_text())
            for node in ast.walk(tree):
                names = [alias.name for alias in getattr(node, "names", ())]
                module = getattr(node, "module", None) or ""
                for each in [module, *names]:
                    self.assertNotEqual(str(each).split(".")[0], "odoo", name)

    def test_examples(self):
        package = __package__.rpartition(".")[0]
        for name in PURE:
            module = importlib.import_module(f"{package}.{name}")
            self.assertEqual(doctest.testmod(module).failed, 0, name)

    def test_the_connector_adds_no_job_cron_controller_log_or_menu(self):
        """What a second channel may not need is what the seam is for."""
        names = {path.name for path in ADDON.rglob("*") if path.is_dir()}
        self.assertFalse(names & {"controllers", "security", "wizards"})
        for path in ADDON.rglob("*.xml"):
            for word in ("ir.cron", "menuitem", "queue.job", "ir.model.access"):
                self.assertNotIn(word, path.read_text(), path.name)
        for path in ADDON.glob("models/*.py"):
            text = path.read_text()
            self.assertNotIn("with_delay", text, path.name)
            self.assertNotIn("def _job_", text, path.name)
