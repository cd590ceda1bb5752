import ast
import doctest
import importlib
from pathlib import Path

from .common import PureCase

ADDON = Path(__file__).parents[1]
PURE = ["client", "const", "errors", "mapper", "order_queries", "queries"] + [
    f"lib.{path.stem}" for path in sorted((ADDON / "lib").glob("[a-z]*.py"))
]


class TestPure(PureCase):
    def test_no_odoo_where_shopify_is_known(self):
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
