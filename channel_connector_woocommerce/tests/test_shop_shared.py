# SPDX-License-Identifier: AGPL-3.0-or-later
import random

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .shop import ShopCase
from .test_shop_flow import BILLING

THERE = 9
SKUS = ("M-S", "M-L")


class SharedCase(ShopCase):
    """Two variations whose product keeps the stock: it is one product here, 9 of it."""

    def setUp(self):
        super().setUp()
        self.mug = self.make_product(self.env, 7, THERE, self.warehouse)
        self.fetch_listings()
        self.match(self.mug)
        self.come_to_rest()

    def match(self, product, **values):
        for sku in SKUS:
            self.listing_of(sku).write(
                {"product_id": product.id, "state": "mapped", **values}
            )

    def come_to_rest(self):
        for _round in range(4):
            self.poll()
            self.intake()
            self.plan()
            self.observe()
            # the two looks that a number takes are apart in life
            self.env.cr.execute(
                "UPDATE channel_level_remote SET seen_at = seen_at - interval '1 hour'"
            )
            self.publish()

    def available(self):
        position = self.env["channel.position"].search(
            [
                ("product_id", "=", self.mug.id),
                ("warehouse_id", "=", self.warehouse.id),
            ]
        )
        return position.available

    def levels(self):
        listings = self.listing_of("MUG") | self.listing_of(SKUS[0])
        listings |= self.listing_of(SKUS[1])
        levels = self.env["channel.level"].search([("listing_id", "in", listings.ids)])
        return {
            level.listing_id.sku: level.target
            for level in levels
            if level.listing_id.tracked and level.listing_id.state == "mapped"
        }

    def buy(self, sku, units):
        return self.shop.checkout({sku: units}, billing=BILLING)

    def add(self, units):
        self.add_stock(self.env, self.mug, self.warehouse, units)

    def offered(self):
        """Units that all figures of the shop offer together: one that is shared once"""
        figures = {
            product.holder
            for product in map(self.shop.store.find_product, SKUS)
            if product.holder
        }
        return sum(max(0, each.stock) for each in figures)


class SharedTests:
    def test_only_the_shared_figure_is_published(self):
        self.assertEqual(self.levels(), {"MUG": THERE})
        self.add(3)
        self.come_to_rest()
        self.assertEqual((self.shop.shown("MUG"), self.levels()), (12, {"MUG": 12}))

    def test_a_sale_of_any_variation_counts_for_the_shared_figure(self):
        self.buy("M-S", 2)
        self.buy("M-L", 3)
        self.poll()
        self.intake()
        level = self.listing_of("MUG").level_ids
        self.assertEqual(level.expected_remote, THERE - 5)
        self.plan()
        self.assertEqual(level.target, THERE - 5)
        self.shop.log.clear()
        self.publish()
        # the shop has taken them off itself
        self.assertFalse(self.shop.log.entries("POST"))
        self.assertEqual(self.shop.shown("MUG"), THERE - 5)

    def test_a_cancelled_sale_comes_back_to_the_shared_figure(self):
        order = self.buy("M-S", 2)
        self.come_to_rest()
        self.shop.set_status(order, "cancelled")
        self.come_to_rest()
        self.assertEqual(self.shop.shown("MUG"), THERE)
        self.assertEqual(self.listing_of("MUG").level_ids.expected_remote, THERE)

    def test_never_more_is_offered_than_there_is(self):
        for seed in range(4):
            chance = random.Random(seed)
            with self.subTest(seed=seed):
                for _step in range(5):
                    what = chance.choice(("buy", "buy", "add", "switch", "cancel"))
                    self.happen(what, chance)
                    self.come_to_rest()
                    # a figure of its own each: both show all there is, knowingly
                    figures = self.count_figures()
                    there = max(0, self.available()) * figures
                    self.assertEqual(self.offered(), there, (seed, what))

    def count_figures(self):
        return len({self.shop.store.find_product(sku).holder for sku in SKUS})

    def happen(self, what, chance):
        sku = chance.choice(SKUS)
        if what == "add":
            self.add(chance.randint(1, 4))
        elif what == "switch":
            own = not self.shop.store.find_product(sku).manage_stock
            self.shop.edit_product(sku, manage_stock=own, stock=0)
            self.fetch_listings()
        elif what == "cancel":
            orders = [
                order
                for order in self.shop.store.orders.values()
                if order.status == "processing"
            ]
            if orders:
                self.shop.set_status(chance.choice(orders), "cancelled")
        elif self.shop.left(sku):
            self.buy(sku, chance.randint(1, min(3, self.shop.left(sku))))

    # ------------------------------------------------------------ switching
    def test_a_variation_is_counted_by_itself_and_together_again(self):
        """What the shop shows for it is looked at, and never taken for granted."""
        order = self.buy("M-S", 2)
        self.come_to_rest()
        for sku, units in zip(SKUS, (4, 0), strict=True):
            self.shop.edit_product(sku, manage_stock=True, stock=units)
        self.fetch_listings()
        self.assertEqual(self.listing_of("MUG").state, "gone")
        self.come_to_rest()
        self.assertEqual(self.levels(), {"M-S": 7, "M-L": 7})
        self.assertEqual([self.shop.shown(sku) for sku in SKUS], [7, 7])
        # it comes back where the shop counts it now
        self.shop.set_status(order, "cancelled")
        self.come_to_rest()
        self.assertEqual([self.shop.shown(sku) for sku in SKUS], [THERE, THERE])
        self.shop.edit_stock("MUG", 40)
        for sku in SKUS:
            self.shop.edit_product(sku, manage_stock=False)
        self.fetch_listings()
        self.come_to_rest()
        self.assertEqual(self.listing_of("MUG").state, "mapped")
        self.assertEqual((self.levels(), self.shop.shown("MUG")), ({"MUG": 9}, 9))

    # ------------------------------------------------------------- matching
    def test_different_products_are_no_number_and_told(self):
        shared = self.listing_of("MUG")
        other = self.make_product(self.env, 8, 100, self.warehouse)
        self.listing_of("M-L").product_id = other
        self.assertEqual(shared.state, "review")
        self.assertIn("different products", shared.match_reason)
        self.add(5)
        self.come_to_rest()
        self.assertEqual(self.shop.shown("MUG"), THERE, "as it was")
        self.assertIn("MUG", self.told())
        with self.assertRaises(ValidationError):
            shared.write({"product_id": self.mug.id, "state": "mapped"})
        self.match(self.mug)
        self.come_to_rest()
        self.assertEqual((shared.state, self.shop.shown("MUG")), ("mapped", 14))
        self.assertFalse(self.told())

    def told(self):
        self.env["channel.listing"]._report_odd_products()
        found = self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("key", "=", "shared_stock")]
        )
        return found.filtered(lambda each: each.state == "open").message or ""

    def test_packs_count_as_they_are_sold(self):
        self.match(self.mug, pack_qty=2)
        self.come_to_rest()
        self.assertEqual(self.shop.shown("MUG"), 4)
        self.listing_of("M-L").pack_qty = 3
        self.assertEqual(self.listing_of("MUG").state, "review")

    def test_what_is_ignored_is_ignored(self):
        self.listing_of("M-L").action_ignore()
        self.assertEqual(self.listing_of("MUG").state, "mapped")
        self.listing_of("MUG").action_ignore()
        self.match(self.mug)
        self.assertEqual(self.listing_of("MUG").state, "ignored")

    def test_variations_of_one_sku_are_matched_by_it(self):
        """A variation without a SKU has its product's."""
        self.mug.default_code = "CUP"
        self.env["channel.listing"].search(
            [("channel_id", "=", self.channel.id)]
        ).unlink()
        product = self.shop.store.find_product("MUG")
        for each in (product, *product.variations):
            each.sku = "CUP"
        self.fetch_listings()
        shared = self.listing_of("CUP").filtered("sharing_ids")
        self.assertEqual(shared.sharing_ids.mapped("state"), ["mapped"] * 2)
        self.assertEqual((shared.state, shared.product_id), ("mapped", self.mug))


@tagged("post_install", "-at_install")
class TestSharedStock(SharedTests, SharedCase):
    """Numbers overwrite what is shown."""


@tagged("post_install", "-at_install")
class TestSharedStockWithCompanion(SharedTests, SharedCase):
    """Numbers are compared before they are written."""

    companion = True

    def test_a_companion_that_knows_no_shared_stock_is_told_to_be_updated(self):
        line = self.adapter_model._load_line(1, "rejected", "OLD_COMPANION")
        self.assertIn("1.1.0", line.message)
