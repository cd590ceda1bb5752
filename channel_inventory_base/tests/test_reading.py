# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import threading
from unittest.mock import patch

from psycopg2.errors import ReadOnlySqlTransaction

from odoo import api
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

# What only reads, for screens and reports, of whichever addons are installed: where the
# server has a read replica, it is asked there, and is as old as that.
SCREENS = {
    ("channel.hop", "read_hops"): ["2026-01-01 00:00:00", "2026-01-02 00:00:00"],
    ("channel.live", "get_board"): [],
}
PAGES = {
    "/channel/metrics",
    "/channel/edi/file/<int:record_id>",
    "/channel/edi/interchange/<int:record_id>",
}
# What somebody sells, ships or promises by: a replica that lags would offer what is
# sold.
DECIDING = (
    ("product.product", "channel_promise"),
    ("product.product", "channel_promise_words"),
    ("product.template", "get_product_info_pos"),
    ("channel.external.stock", "report"),
    ("channel.supplier.stock", "report"),
)


@tagged("post_install", "-at_install")
class TestReading(HttpCase):
    """What a read replica is asked for, and that nothing that decides is among it."""

    def is_readonly(self, model, method):
        """As Odoo finds out which cursor a call of a method gets."""
        for parent in self.env.registry[model].mro():
            found = getattr(parent, method, None)
            if hasattr(found, "_readonly"):
                return found._readonly
        return False

    def test_methods_for_the_replica_are_these(self):
        marked = {
            (model, name)
            for model, cls in self.env.registry.items()
            for parent in cls.mro()
            if parent.__module__.startswith("odoo.addons.channel_")
            for name, method in vars(parent).items()
            if getattr(method, "_readonly", False)
        }
        there = {each for each in SCREENS if each[0] in self.env}
        self.assertEqual(marked, there)

    def test_pages_for_the_replica_are_these(self):
        readonly, thread = {}, threading.current_thread()
        # whom Odoo asks what it serves
        with patch.object(thread, "dbname", self.env.cr.dbname, create=True):
            routes = self.env["ir.http"].routing_map()
        for rule in routes.iter_rules():
            endpoint = rule.endpoint
            if endpoint.func.__module__.startswith("odoo.addons.channel_"):
                readonly[rule.rule] = endpoint.routing["readonly"]
        self.assertIn("/channel/webhook/<string:token>", readonly)
        marked = {path for path, is_marked in readonly.items() if is_marked}
        self.assertEqual(marked, PAGES & set(readonly))

    def test_what_decides_reads_the_database_itself(self):
        for model, method in DECIDING:
            if model in self.env and hasattr(self.env.registry[model], method):
                with self.subTest(model=model, method=method):
                    self.assertFalse(self.is_readonly(model, method))

    def test_screens_are_read_where_nothing_can_be_written(self):
        for (model, method), arguments in SCREENS.items():
            if model not in self.env:
                continue
            with (
                self.subTest(model=model, method=method),
                self.registry.cursor(readonly=True) as cr,
            ):
                env = api.Environment(cr, self.env.ref("base.user_admin").id, {})
                getattr(env[model], method)(*arguments)
                with self.assertRaises(ReadOnlySqlTransaction):
                    with mute_logger("odoo.sql_db"):
                        cr.execute("UPDATE channel_channel SET name = name")
                cr.rollback()

    def test_screens_are_served_without_a_second_try(self):
        """Odoo calls a method again, on the database itself, where it has tried to
        write: then it has said so in the log."""
        self.authenticate("admin", "admin")
        for (model, method), arguments in SCREENS.items():
            if model not in self.env:
                continue
            with self.subTest(model=model), self.assertNoLogs("odoo.http", "WARNING"):
                answer = self.url_open(
                    f"/web/dataset/call_kw/{model}/{method}",
                    data=json.dumps(
                        {
                            "jsonrpc": "2.0",
                            "params": {
                                "model": model,
                                "method": method,
                                "args": arguments,
                                "kwargs": {},
                            },
                        }
                    ),
                    headers={"Content-Type": "application/json"},
                )
                self.assertIn("result", answer.json())
