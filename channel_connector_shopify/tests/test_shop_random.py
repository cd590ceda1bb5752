import random

from odoo.tests import tagged

from .shop import PLACES
from .test_shop_orders import SHIPPING, VAT, TestShopOrders

DISCOUNT = [{"code": "T", "type": "fixed", "value": "3.33", "target": "order"}]
SKUS = ("SKU-1", "SKU-2", "SKU-3")


@tagged("post_install", "-at_install")
class TestShopRandom(TestShopOrders):
    """Whatever happens to an order: its deductions are what the shop took off, and
    its parts come to what the shop charges."""

    def happen(self, chance, order):
        """Something that the shop allows; what it does not is no test."""
        what = chance.choice(["ship", "return", "cancel", "keep", "edit"])
        sku, units = chance.choice(SKUS), chance.randint(1, 3)
        if what == "ship":
            self.shop.fulfill(order, {sku: units})
        elif what == "edit":
            self.shop.edit_order(order, {sku: units})
        elif what == "return":
            line = next(line for line in order.lines if line.sku == sku)
            units = min(units, line.fulfilled, line.current_quantity)
            place = chance.choice(PLACES)
            if units:
                self.shop.refund(order, {sku: units}, restock="RETURN", location=place)
        else:
            kind = {"cancel": "CANCEL", "keep": "NO_RESTOCK"}[what]
            self.shop.refund(order, {sku: units}, restock=kind)

    def live(self, seed):
        """:return: how many looks at the order did not know where it took from"""
        chance = random.Random(seed)
        self.shop.reset()
        self.shop.config.taxes_included = bool(seed % 2)
        self.start = self.levels()
        order = self.shop.checkout(
            {sku: chance.randint(1, 8) for sku in SKUS}, taxes=VAT, shipping=SHIPPING
        )
        unknown = 0
        for _step in range(6):
            data = self.fetch(order)
            if any(line.deductions is None for line in data.lines):
                unknown += 1
            else:
                self.check_deductions(order)
            self.check_sum(data)
            try:
                self.happen(chance, order)
            except Exception as error:
                # refused by the shop
                self.assertEqual(type(error).__name__, "StoreError", error)
        return unknown

    def test_deductions_and_totals_hold_whatever_happens(self):
        unknown = 0
        for seed in range(40):
            with self.subTest(seed=seed):
                unknown += self.live(seed)
        # units that were kept, of a line that two places share
        self.assertLess(unknown, 40)
