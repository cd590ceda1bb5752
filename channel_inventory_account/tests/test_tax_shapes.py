# SPDX-License-Identifier: AGPL-3.0-or-later
import doctest
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_sale.tests.common_order import OrderCase
from odoo.addons.channel_inventory_sale.tools import refund, tax_shapes
from odoo.addons.channel_inventory_sale.tools.money import (
    Charge,
    Money,
    Sheet,
    add_up,
    sum_taxes,
)

from .ledger_money import money_faults

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
RATES = [Decimal(rate) / 1000 for rate in ("50", "77", "88.75", "190", "250")]
ZERO, QUARTER = Decimal(0), Decimal("0.25")
STEPS = [Decimal(1), Decimal("0.01"), Decimal("0.001")]


def shop_round(amount, step):
    """The shop's own rounding, none of ours."""
    return (amount / step).to_integral_value(ROUND_HALF_UP) * step


@st.composite
def shops(draw):
    """An order as a shop charges it: goods of several rates, delivery or a negative fee
    by the goods' rates, taxes rounded line by line or once for the order.

    :return: (step, included, goods, fees, total, total_tax); goods and fees are lists
        of (units, price, discount, [(rate, tax)])
    """
    step, included = draw(st.sampled_from(STEPS)), draw(st.booleans())
    once = draw(st.booleans()) and not included
    rates = draw(st.lists(st.sampled_from(RATES), min_size=1, max_size=3, unique=True))
    goods, worth = [], {}
    for rate in rates:
        units, price = draw(st.integers(1, 9)), draw(st.integers(100, 9000)) * step
        off = draw(st.integers(0, 50)) * step
        amount = units * price - off
        goods.append([units, price, off, [(rate, amount)]])
        worth[rate] = worth.get(rate, 0) + amount
    fees = []
    for _number in range(draw(st.integers(0, 2))):
        sign = draw(st.sampled_from([1, -1]))
        whole, rows = sum(worth.values()), []
        amount = left = shop_round(whole * draw(st.integers(1, 40)) / 100, step)
        for rate in rates[1:]:
            part = shop_round(amount * worth[rate] / whole, step)
            left -= part
            rows.append((rate, sign * part))
        rows.insert(0, (rates[0], sign * left))
        price, off = (amount, Decimal(0)) if sign > 0 else (Decimal(0), amount)
        fees.append([1, price, off, rows])

    def tax(rate, amount):
        exact = amount * rate / (1 + rate) if included else amount * rate
        return exact if once else shop_round(exact, step)

    for row in (*goods, *fees):
        row[3] = [(rate, tax(rate, amount)) for rate, amount in row[3]]
    taxes = sum(amount for row in (*goods, *fees) for _rate, amount in row[3])
    total_tax = shop_round(taxes, step)
    net = sum(units * price - off for units, price, off, _taxes in (*goods, *fees))
    total = net if included else net + total_tax
    return step, included, goods, fees, total, total_tax


@tagged("post_install", "-at_install")
class TestTaxShapes(BaseCase):
    def test_doctests(self):
        for module in (tax_shapes, refund):
            self.assertFalse(doctest.testmod(module).failed)

    @relaxed
    @given(shops())
    def test_whatever_a_shop_charges_comes_out_to_its_own_sums(self, shop):
        step, included, goods, fees, total, total_tax = shop
        money = Money(step, included)
        products = [
            Charge("x", units, price, off, tuple(taxes))
            for units, price, off, taxes in goods
        ]
        services = [
            Charge("y", units, price, off, tuple(taxes), service=True)
            for units, price, off, taxes in fees
        ]
        for charge in (*products, *services):
            self.assertIsNone(charge.find_odd_tax(money), charge)
        figures = add_up(money, products, services, total_tax)
        self.assertEqual((figures.total, figures.taxes), (total, total_tax))
        self.assert_lines_sum_up(money, products, services, total, total_tax)

    def assert_lines_sum_up(self, money, products, services, total, total_tax):
        once, _by_rate = sum_taxes(money, [*products, *services])
        sheet = Sheet(money, by_tax=once != total_tax)
        for charge in (*products, *services):
            for part in self.split(charge, money):
                sheet.add(part, [int(rate * 100000) for rate in part.rates], {})
        lines = sheet.close(dict)
        taxes = sum(sum(line.taxes.values()) for line in lines)
        untaxed = sum(line.untaxed(money) for line in lines)
        self.assertEqual(taxes, total_tax)
        self.assertEqual(untaxed + taxes, total)

    def split(self, charge, money):
        rows = charge.split(money)
        if not rows:
            return [charge]
        return [
            Charge("y", 1, price, off, tuple(charge.taxes[index] for index in indexes))
            for indexes, price, off in rows
        ]

    def test_tax_on_tax_is_not_odd(self):
        taxes = (
            (Decimal("0.05"), Decimal("5.00")),
            (Decimal("0.10"), Decimal("10.50")),
        )
        lamp = Charge("Lamp", 1, Decimal(100), taxes=taxes)
        self.assertIsNone(lamp.find_odd_tax(Money(Decimal("0.01"))))
        inside = Charge("Lamp", 1, Decimal("115.50"), taxes=taxes)
        self.assertIsNone(inside.find_odd_tax(Money(Decimal("0.01"), True)))

    def test_goods_are_not_taxed_in_parts(self):
        taxes = ((Decimal("0.20"), Decimal("0.60")), (Decimal("0.10"), Decimal("0.20")))
        money = Money(Decimal("0.01"))
        self.assertTrue(Charge("Lamp", 1, Decimal(5), taxes=taxes).find_odd_tax(money))
        charge = Charge("Post", 1, Decimal(5), taxes=taxes, service=True)
        self.assertIsNone(charge.find_odd_tax(money))

    def test_delivery_is_partly_untaxed_only_beside_untaxed_goods(self):
        taxes, money = ((Decimal("0.20"), Decimal("0.60")),), Money(Decimal("0.01"))
        for partly in (True, False):
            charge = Charge(
                "Post", 1, Decimal(5), taxes=taxes, service=True, partly=partly
            )
            self.assertEqual(bool(charge.find_odd_tax(money)), not partly)


@tagged("post_install", "-at_install")
class TestRandomOrders(OrderCase):
    """Orders of any shape end in Odoo at what the shop's own arithmetic says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for rate in RATES:
            if rate != Decimal("0.25"):
                for included in (True, False):
                    cls._map_tax(float(rate * 100), included=included)
        cls.things = [cls._listing(f"THING-{n}", stock=1000) for n in range(3)]
        cls.currencies = {}
        for step, name in zip(STEPS, ("JPY", "USD", "KWD"), strict=True):
            cls.currencies[step] = cls.env.ref(f"base.{name}")
            cls.currencies[step].active = True

    def taxes(self, rows):
        return tuple(
            schemas.TaxData(title="VAT", rate=rate, amount=amount)
            for rate, amount in rows
        )

    def test_half_a_unit_of_tax_taken_off_is_rounded_with_the_sum(self):
        self.check(
            (
                Decimal(1),
                False,
                [[1, Decimal(100), ZERO, [(QUARTER, Decimal(25))]]],
                [[1, ZERO, Decimal(2), [(QUARTER, Decimal("-0.5"))]]],
                Decimal(123),
                Decimal(25),
            )
        )

    @settings(
        deadline=None,
        max_examples=12,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(shops())
    def test_random_order_is_imported_to_the_last_unit(self, shop):
        self.check(shop)

    def check(self, shop):
        step, included, goods, fees, total, total_tax = shop
        currency = self.currencies[step]
        self.channel.currency_id = currency
        lines = [
            self._line(self.things[n], units, price, *self.taxes(rows), discount=off)
            for n, (units, price, off, rows) in enumerate(goods)
        ]
        charges = [
            schemas.ShippingLineData(
                "Fee", price, discount=off, taxes=self.taxes(rows), external_id=f"F{n}"
            )
            for n, (_units, price, off, rows) in enumerate(fees)
        ]
        order = self._import(
            self._data(
                *lines,
                shipping_lines=tuple(charges),
                total=total,
                total_tax=total_tax,
                taxes_included=included,
                currency=currency.name,
            )
        )
        self.assertImported(order, total, total_tax)
        invoice = order.sale_order_id._create_invoices()
        self.assertAlmostEqual(invoice.amount_total, float(total), places=6)
        self.assertAlmostEqual(invoice.amount_tax, float(total_tax), places=6)
        self.assertEqual(money_faults(self.env, self.channel), [])
        # the next one has fewer orders to look at
        order.complete = False
