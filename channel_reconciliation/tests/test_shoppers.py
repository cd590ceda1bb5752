# SPDX-License-Identifier: AGPL-3.0-or-later
import random
import time
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase

LEVELS, ORDERS = 200, 200
EDITS = {"item-1": 5, "item-101": -2, "item-102": 9}


@tagged("post_install", "-at_install")
class TestShoppers(CommittedCase):
    """2: shoppers buy while all numbers are read, and orders come in meanwhile."""

    stocked = 5000

    def setUp(self):
        super().setUp()
        self.fake.more = {"reads_all": True, "committed": True}
        self.fake.read_size, self.fake.lists_orders = 10, True
        # captured they are held and deducted: this is not about their sale orders
        intake = self.registry["channel.intake"]
        importing = patch.object(intake, "_import_next", lambda *_args: False)
        importing.start()
        self.addCleanup(importing.stop)
        with self.commit() as env:
            env["channel.reconcile.run"].search([("state", "=", "running")]).write(
                {"state": "failed"}
            )
            env["channel.listing"].create(
                [
                    {
                        "channel_id": self.channel_id,
                        "external_id": f"variant-{number}",
                        "stock_ref": f"item-{number}",
                        "sku": f"SKU-{number}",
                        "product_id": self.product_id,
                        "state": "mapped",
                    }
                    for number in range(101, 100 + LEVELS)
                ]
            )
        self.plan()
        with self.commit() as env:
            levels = env["channel.level"].search([("channel_id", "=", self.channel_id)])
            for level in levels:
                self.make_known(env, level, level.target)
                self.fake.levels[level.listing_id.stock_ref, "node-1"] = level.target
            env["channel.level.pending"].search([]).unlink()
        for item, units in EDITS.items():
            self.fake.levels[item, "node-1"] += units

    def work(self):
        with self.commit() as env:
            env["channel.reconciler"]._run(self.channel(env))

    def state(self):
        with self.commit() as env:
            runs = env["channel.reconcile.run"]
            domain = [("channel_id", "=", self.channel_id), ("kind", "=", "levels")]
            run = runs.search(domain, limit=1)
            return run.state, run.counts or {}

    def test_2_the_same_three_edits_and_no_others(self):
        chance = random.Random(4)
        bought = [f"item-{n}" for n in range(103, 100 + LEVELS)]

        def shop():
            for _order in range(ORDERS):
                name = self.fake.sell(1, stock_ref=chance.choice(bought))
                if chance.random() < 0.3:
                    # its webhook comes at once; the others' are lost
                    self.store(self.fake.event(name))
                time.sleep(0.005)

        def capture():
            for _turn in range(15):
                self.intake()
                time.sleep(0.05)

        self.fake.before_page = lambda number: time.sleep(0.05)
        with self.commit() as env:
            self.channel(env)._reconcile("hand")
        self.in_threads(shop, capture, self.work)
        for _turn in range(10):
            if self.state()[0] != "running":
                break
            self.poll()
            self.intake()
            self.work()
        state, counts = self.state()
        self.assertEqual(state, "done")
        self.assertEqual(counts.get("edited"), 3)
        others = {"equal", "edited", "unseen_sale", "echo"}
        self.assertLessEqual(set(counts), others)
        self.assertEqual(sum(counts.values()), LEVELS)
        for _look in range(2):
            self.observe()
            self.poll()
            self.intake()
        self.observe()
        with self.commit() as env:
            found = env["channel.reconcile.difference"].search(
                [("channel_id", "=", self.channel_id)]
            )
            self.assertEqual(
                {each.stock_ref: (each.kind, each.units) for each in found},
                {item: ("edited", units) for item, units in EDITS.items()},
            )
            orders = env["channel.order"].search_count(
                [("channel_id", "=", self.channel_id)]
            )
            self.assertEqual(orders, ORDERS)
        # no sale was overwritten: what is shown is what is left, everywhere
        self.plan()
        for _turn in range(3):
            self.publish()
            self.poll()
            self.intake()
            self.observe()
            self.plan()
        self.publish()
        self.assertEqual(set(self.fake.levels.values()), {self.stocked - ORDERS})
