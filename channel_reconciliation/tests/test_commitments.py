# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .common import ReconcileCase


@tagged("post_install", "-at_install")
class TestCommitments(ReconcileCase):
    """Units in open orders: the channel's, ours, and those of Odoo's transfers."""

    def setUp(self):
        super().setUp()
        self.fake.more |= {"order_refs": True, "order_counts": True}
        self.go_live_all()
        self.fake.committed = {ref: 0 for ref in self.fake.levels}

    def sell(self, quantity, taken=True):
        name = self.fake.sell(quantity)
        self.fake.committed["item-1", "node-1"] += quantity
        if taken:
            self.capture(name)
        return name

    def units(self):
        self.reconcile()
        self.env.invalidate_all()
        run = self.env["channel.reconcile.run"].search(
            [("kind", "=", "commitments")], limit=1
        )
        self.assertEqual(run.state, "done")
        return {kind: count for kind, count in run.counts.items() if count}

    def found(self):
        found = self.differences().filtered(lambda each: each.kind.startswith("units"))
        return {(each.kind, each.units, each.state) for each in found}

    def orders_runs(self):
        return self.env["channel.reconcile.run"].search_count(
            [("kind", "=", "orders"), ("by_ids", "=", True)]
        )

    def test_units_that_agree_are_no_difference(self):
        self.sell(2)
        self.assertEqual(self.units(), {})
        self.intake()
        self.assertEqual(self.order("#1001").state, "imported")
        self.assertEqual(self.units(), {})
        self.assertFalse(self.found())

    def test_units_of_an_unknown_order_are_looked_for_then_told(self):
        self.sell(1)
        self.fake.committed["item-1", "node-1"] += 3
        counts = self.units()
        self.assertEqual(counts, {"units_unknown": 1})
        self.assertEqual(self.found(), {("units_unknown", 3, "checking")})
        self.assertEqual(self.orders_runs(), 1, "all days are compared")
        self.assertFalse(self.exceptions(category="reconcile"))
        self.units()
        self.assertEqual(self.found(), {("units_unknown", 3, "open")})
        [told] = self.exceptions(category="reconcile")
        self.assertIn("4 units in open orders, 1 are open here", told.message)
        self.fake.committed["item-1", "node-1"] = 1
        self.units()
        self.assertEqual(self.found(), {("units_unknown", 3, "repaired")})
        self.assertFalse(self.exceptions(category="reconcile"))

    def test_units_shipped_there_unseen_are_fetched(self):
        name = self.sell(2)
        self.env["channel.intake"]._fetch(self.channel)
        line = dict(self.fake.orders[name]["lines"][0], open_quantity=0)
        # nobody tells of it: it is not even among what has changed
        self.fake.orders[name]["lines"] = [line]
        self.fake.committed["item-1", "node-1"] = 0
        self.assertEqual(self.units(), {"units_over": 1})
        self.assertEqual(self.found(), {("units_over", -2, "checking")})
        order = self.order(name)
        self.assertGreater(order.wanted_version, order.version)
        difference = self.differences(kind="units_over")
        action = difference.action_open_orders()
        self.assertEqual(action["domain"], [("id", "in", order.ids)])
        self.fake.change(name)
        self.poll()
        self.intake()
        self.assertEqual(self.order(name).line_ids.open_quantity, 0)
        self.assertEqual(self.units(), {})
        self.assertEqual(self.found(), {("units_over", -2, "repaired")})

    def test_a_sale_during_the_reading_is_no_difference(self):
        self.make_levels(99)
        self.go_live_all()
        self.fake.committed = {ref: 0 for ref in self.fake.levels}
        sold = []

        def sell(number):
            if number == 1 and not sold:
                # item-1 was read before
                sold.append(self.sell(2))

        self.fake.before_page = sell
        self.assertEqual(self.units(), {})
        self.assertTrue(sold)
        self.assertFalse(self.found())

    def test_units_that_nothing_is_reserved_for_are_short(self):
        self.sell(4)
        self.intake()
        self.order("#1001").sale_order_id.picking_ids.do_unreserve()
        self.add_stock(self.env, self.product, self.warehouse, -9)
        self.env.flush_all()
        self.env["channel.shortage"]._look([self.product.id])
        self.assertEqual(self.units(), {"units_short": 1})
        [found] = self.differences(kind="units_short")
        self.assertEqual(found.units, -3)

    def test_a_policy_may_ignore_units_of_unknown_orders(self):
        policy = self.env["channel.reconcile.policy"].create(
            {"name": "Old orders", "units_unknown": "ignore"}
        )
        policy.action_activate()
        self.fake.committed["item-1", "node-1"] += 3
        self.units()
        self.assertFalse(self.found())
