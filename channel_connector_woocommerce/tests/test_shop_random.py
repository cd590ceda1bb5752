# SPDX-License-Identifier: AGPL-3.0-or-later
import random
from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.channel_inventory_sale.tools.money import Charge, Money, add_up

from .shop import ShopCase

VAT = [{"title": "VAT", "rate": 0.21}, {"title": "Eco", "rate": 0.02}]
COUPON = [{"code": "T", "percent": 7}]
SKUS = ("SKU-3", "SKU-4", "S-RED")
STATUSES = ("pending", "on-hold", "processing", "completed", "cancelled", "failed")


@tagged("post_install", "-at_install")
class TestShopRandom(ShopCase):
    """Whatever happens to an order: its deductions are what the shop took off, and its
    parts come to what the shop charges."""

    def happen(self, chance, order):
        what = chance.choice(["status", "status", "edit", "refund"])
        sku, units = chance.choice(SKUS), chance.randint(1, 2)
        if what == "status":
            self.shop.set_status(order, chance.choice(STATUSES))
        elif what == "edit":
            if not order.refunds:
                self.shop.edit_order(order, {sku: units})
        else:
            line = next((each for each in order.lines if each.sku == sku), None)
            if line and order.refunded_units(line) + units <= line.quantity:
                self.shop.refund(order, {sku: units}, restock=chance.random() < 0.5)

    def check(self, order):
        data = self.fetch(order)
        taken = {line.sku: line.deductions for line in data.lines}
        for sku in SKUS:
            units = sum(each.quantity for each in taken.get(sku, ()))
            self.assertEqual(units, self.start[sku] - self.shop.shown(sku), sku)
        money = Money(Decimal("0.01"), data.taxes_included)
        figures = add_up(
            money,
            [self.charge(line, line.quantity, line.unit_price) for line in data.lines],
            [self.charge(line, 1, line.price) for line in data.shipping_lines],
            data.total_tax,
        )
        if order.status != "refunded":
            self.assertEqual(
                (figures.total, figures.taxes), (data.total, data.total_tax)
            )

    def charge(self, line, quantity, price):
        taxes = tuple((tax.rate, tax.amount) for tax in line.taxes)
        return Charge(line.title, quantity, price, line.discount, taxes)

    def test_deductions_and_totals_hold_whatever_happens(self):
        for seed in range(40):
            with self.subTest(seed=seed):
                chance = random.Random(seed)
                self.shop.reset()
                self.shop.config.prices_include_tax = bool(seed % 2)
                self.start = {sku: self.shop.shown(sku) for sku in SKUS}
                order = self.shop.checkout(
                    {sku: chance.randint(1, 5) for sku in SKUS},
                    taxes=VAT[: 1 + seed % 2],
                    shipping={"title": "Post", "price": "4.95"},
                    coupons=COUPON[: seed % 3],
                    payment=chance.choice(["paid", "pending", "on-hold"]),
                )
                for _step in range(8):
                    self.check(order)
                    self.happen(chance, order)
                self.check(order)
