# SPDX-License-Identifier: AGPL-3.0-or-later
import os
import random
from collections import Counter
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from .common import ReconcileCase

SEEDS = int(os.environ.get("CHANNEL_RECONCILE_SEEDS", "3"))
LEVELS, STOCK = 60, 100


@tagged("post_install", "-at_install")
class TestOracle(ReconcileCase):
    """Differences and faults of all kinds at once, drawn by chance, on a selling shop:
    each is found with its class, and no other. What is right is known by who injects
    it, and computed by nothing of the addon.

    ``CHANNEL_RECONCILE_SEEDS=100`` draws as many; a finding names its seed.
    """

    def setUp(self):
        super().setUp()
        self.fake.more |= {"order_refs": True, "order_counts": True}
        self.fake.read_size = 7
        self.fake.page_size = 3
        self.add_stock(self.env, self.product, self.warehouse, STOCK - 10)

    def try_once(self, chance):
        first = 1000 * (1 + chance.randrange(10**6))
        self.make_levels(LEVELS, first=first)
        packs = self.make_levels(3, first=first + 500, pack_qty=5)
        self.env.flush_all()
        self.fake.levels.clear()
        self.fake.selling_on.clear()
        self.fake.untracked.clear()
        self.go_live_all()
        numbers = list(range(first, first + LEVELS))
        chance.shuffle(numbers)
        expected = {}

        def take(count):
            return [f"item-{numbers.pop()}" for _each in range(count)]

        def set_shown(item, change):
            self.fake.levels[item, "node-1"] = change

        for item in take(chance.randrange(1, 4)):
            set_shown(item, STOCK + chance.choice([-3, -1, 2, 40]))
            expected[item] = "edited"
        for item in take(chance.randrange(2)):
            set_shown(item, None)
            expected[item] = "not_stocked"
        for item in take(chance.randrange(3)):
            self.fake.selling_on.add(item)
            expected[item] = "sells_below_zero"
        for item in take(chance.randrange(2)):
            self.fake.untracked.add(item)
            expected[item] = "untracked"
        for item in take(chance.randrange(3)):
            self.fake.levels[item, "attic"] = 4
            expected[item] = "foreign_place"
        for each in range(chance.randrange(3)):
            self.fake.levels[f"stray-{first}-{each}", "node-1"] = 7
            expected[f"stray-{first}-{each}"] = "unmapped"
        if chance.random() < 0.5:
            pack = packs[0].stock_ref
            set_shown(pack, self.fake.levels[pack, "node-1"] * 5)
            expected[pack] = "wrong_unit"
        # two days ago, behind what pulls look at: nobody will ever tell of it
        now, dropped, sold = self.fake.clock, set(), Counter()
        self.fake.clock = now.replace(hour=9) - timedelta(days=2)
        for item in take(chance.randrange(1, 4)):
            units = chance.randrange(1, 3)
            dropped.add(self.fake.sell(units, item))
            sold[item] += units
            # its number went down, and no order explains it yet
            expected[item] = "edited"
        self.fake.clock = now
        for item in take(3):
            # the webhook is lost, the next pull brings it
            self.fake.sell(1, item)
            sold[item] += 1
        buyers = take(4)

        def shop_on(_page):
            if buyers and chance.random() < 0.5:
                item = buyers.pop()
                self.fake.sell(1, item)
                sold[item] += 1

        self.fake.before_page = shop_on
        with self.pulls_without(dropped):
            run = self.reconcile()
        self.fake.before_page = lambda _page: None
        self.assertEqual(run.state, "done", run.message)
        found = {
            each.stock_ref: each.kind
            for each in self.differences(run_id=run.id)
            if each.state != "explained"
        }
        self.assertEqual(found, expected)
        self.complete(dropped)
        self.settle()
        self.plan()
        self.publish()
        self.assert_nothing_overwritten(sold)

    def pulls_without(self, dropped):
        """A pull that does not reach back to these orders."""
        fetch = self.fake._fetch_orders

        def fetch_orders(channel, since, cursor):
            page = fetch(channel, since, cursor)
            events = tuple(each for each in page.events if each.ref not in dropped)
            return type(page)(events, page.cursor)

        return self._replaced("_fetch_orders", fetch_orders)

    def _replaced(self, name, function):
        return patch.object(self.fake, name, function)

    def complete(self, dropped):
        """Every dropped order is found, and no other."""
        self.env.flush_all()
        self.channel._reconcile_orders("hand", 3)
        with self.pulls_without(dropped):
            for _turn in range(40):
                self.env["channel.completeness"]._run(self.channel)
            self.intake()
        self.env["channel.reconcile.watcher"]._watch_pending()
        self.env.invalidate_all()
        missing = self.differences(kind="order_missing").filtered(
            lambda each: each.stock_ref in self.fake.orders
        )
        self.assertEqual(set(missing.mapped("stock_ref")), dropped)
        self.assertEqual(set(missing.mapped("state")), {"repaired"})
        for name in self.fake.orders:
            self.assertEqual(len(self.order(name)), 1)

    def assert_nothing_overwritten(self, sold):
        """All show what is left of the one product: no repair gave a sale back."""
        left = STOCK - sum(sold.values())
        shown = {item: self.fake.levels[item, "node-1"] for item in sold}
        self.assertEqual(shown, dict.fromkeys(sold, left))


def _draw(seed):
    def test(self):
        self.try_once(random.Random(seed))

    test.__doc__ = f"Seed {seed}: each injected difference is found, and no other."
    return test


for _seed in range(SEEDS):
    name = f"test_each_injected_difference_is_found_and_no_other_{_seed}"
    setattr(TestOracle, name, _draw(_seed))
