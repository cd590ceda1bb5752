# SPDX-License-Identifier: AGPL-3.0-or-later
import random

from odoo.tests import tagged

from .shop import PLACES
from .shop_orders import SHIPPING, VAT, OrderCase

DISCOUNT = [{"code": "T", "type": "fixed", "value": "3.33", "target": "order"}]
PRODUCTS = ("SKU-1", "SKU-2", "SKU-3")


@tagged("post_install", "-at_install")
class TestShopRandom(OrderCase):
    """Whatever happens to an order: its deductions are what the shop took off, and
    its parts come to what the shop charges."""

    def happen(self, chance, order):
        """Something that the shop allows; what it does not is no test."""
        kinds = ["ship", "return", "cancel", "keep"]
        if not any(r.restock_type == "NO_RESTOCK" for r in _refunded(order)):
            # where units were kept is not told, only where their order is now
            kinds.append("move")
        if not order.terms["discounts"]:
            # the store spreads an order's discount anew with each edit, after which
            # what was refunded before no longer adds up: such an order is refused
            kinds.append("edit")
        what = chance.choice(kinds)
        sku, units = chance.choice(PRODUCTS), chance.randint(1, 3)
        if what == "ship":
            self.shop.fulfill(order, {sku: units})
        elif what == "edit":
            self.shop.edit_order(order, {sku: units})
        elif what == "move":
            self.move(chance, order)
        elif what == "return":
            line = next(line for line in order.lines if line.sku == sku)
            units = min(units, line.fulfilled, line.current_quantity)
            place = chance.choice(PLACES)
            if units:
                self.shop.refund(order, {sku: units}, restock="RETURN", location=place)
        else:
            kind = {"cancel": "CANCEL", "keep": "NO_RESTOCK"}[what]
            self.shop.refund(order, {sku: units}, restock=kind)

    def move(self, chance, order):
        from sandbox.shopify import fulfillment

        entry = chance.choice(order.fulfillment_orders)
        place = self.shop.store.find_location(chance.choice(PLACES))
        fulfillment.move(self.shop.store, entry, place)

    def live(self, seed):
        """:return: how many looks at the order did not know where it took from"""
        chance = random.Random(seed)
        self.shop.reset()
        self.shop.config.taxes_included = bool(seed % 2)
        self.start = self.levels()
        order = self.shop.checkout(
            {sku: chance.randint(1, 11) for sku in PRODUCTS},
            taxes=VAT,
            shipping=SHIPPING,
            discounts=DISCOUNT[: seed % 3],
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
        self.assertLess(unknown, 40, "of 240 looks")


def _refunded(order):
    return [line for refund in order.refunds for line in refund.lines]
