# SPDX-License-Identifier: AGPL-3.0-or-later
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.channel_inventory_base.db.transaction import retry_on_conflict
from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase


@tagged("post_install", "-at_install")
class TestTwins(CommittedCase):
    """Two orders that are the same, whatever two workers do with them when."""

    def setUp(self):
        super().setUp()
        with self.commit() as env:
            self.channel(env).duplicate_minutes = 10
        self.go_live(50)

    def sell_twice(self):
        """:return: names of two orders of one customer, placed in the same moment"""
        moment = "2026-03-01T12:00:00+00:00"
        customer = {"email": f"twin{self.channel_id}@example.com"}
        return [
            self.fake.sell(2, placed_at=moment, customer=customer) for _each in range(2)
        ]

    def capture(self, name):
        self.store(self.fake.event(name))
        with self.commit() as env:
            env["channel.intake"]._capture_next(self.channel(env))

    def order(self, env, name):
        return env["channel.order"].search(
            [("channel_id", "=", self.channel_id), ("external_id", "=", name)]
        )

    def run_import(self, name):
        with self.commit() as env:
            order_id = self.order(env, name).id
            intake = env["channel.intake"]
            retry_on_conflict(lambda: intake._import_order(order_id))

    def assertOneOfTwo(self, names):
        with self.commit() as env:
            orders = [self.order(env, name) for name in names]
            self.assertEqual(
                sorted(order.state for order in orders), ["blocked", "imported"]
            )
            [stopped] = [order for order in orders if order.state == "blocked"]
            found = env["channel.exception"].search(
                [("res_model", "=", "channel.order"), ("res_id", "=", stopped.id)]
            )
            self.assertEqual(found.category, "duplicate")

    def test_twins_imported_in_the_same_moment_are_one_order(self):
        names = self.sell_twice()
        for name in names:
            self.capture(name)
        self.in_threads(*[lambda one=name: self.run_import(one) for name in names])
        # one that found the other at work is left for the next run
        self.intake()
        self.assertOneOfTwo(names)

    def test_twin_that_becomes_known_while_the_other_is_imported_is_stopped(self):
        """The younger is imported before the elder has been captured."""
        elder, younger = self.sell_twice()
        with self.commit() as env:
            # its id is older; what it is comes to be known only later
            env["channel.order"].create(
                {
                    "channel_id": self.channel_id,
                    "name": elder,
                    "external_id": elder,
                    "state": "captured",
                }
            )
            model = type(env["channel.order.importer"])
        self.capture(younger)
        original, captured = model._write_sale_order, []

        def slow(importer, order, data):
            if not captured:
                captured.append(elder)
                self.capture(elder)
            return original(importer, order, data)

        with patch.object(model, "_write_sale_order", slow):
            self.run_import(younger)
        self.run_import(elder)
        with self.commit() as env:
            self.assertEqual(self.order(env, younger).state, "imported")
        self.assertOneOfTwo([elder, younger])
