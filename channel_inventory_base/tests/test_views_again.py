# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL


@tagged("post_install", "-at_install")
class TestViewsAgain(TransactionCase):
    """An addon that is uninstalled drops its tables, and each view that stands on
    them: Odoo makes those again, or nobody could log in any more."""

    def find_views(self):
        rows = self.env.execute_query(
            SQL(
                "SELECT relname FROM pg_class WHERE relkind = 'v' "
                "AND relname LIKE 'channel\\_%%'"
            )
        )
        names = {name for (name,) in rows}
        return [model for model in self.env.values() if model._table in names]

    def test_each_view_is_made_again(self):
        views = self.find_views()
        self.assertGreater(len(views), 3)
        for model in views:
            with self.subTest(model._name):
                self.env.cr.execute(
                    SQL("DROP VIEW IF EXISTS %s CASCADE", SQL.identifier(model._table))
                )
                self.env.registry.check_tables_exist(self.env.cr)
                self.assertFalse(model.search_count([("id", "<", 0)], limit=1))
