# SPDX-License-Identifier: AGPL-3.0-or-later
import doctest
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import money, phone
from ..tools.money import Charge, Money, Sheet, add_up, sum_taxes

CENT = Decimal("0.01")
# the first draw reads the sources of everything that is loaded, all of Odoo
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
RATES = [Decimal(rate) / 100 for rate in ("5", "7.7", "8.875", "19", "25")]


@st.composite
def charges(draw):
    """Charges whose taxes were rounded by line, as most channels do."""
    terms = Money(draw(st.sampled_from([CENT, Decimal(1)])), draw(st.booleans()))
    found = []
    for index in range(draw(st.integers(1, 8))):
        quantity = draw(st.integers(1, 20))
        price = draw(st.integers(0, 20000)) * terms.step
        discount = draw(st.integers(0, 100)) * quantity * price / 100
        rates = draw(st.lists(st.sampled_from(RATES), max_size=2, unique=True))
        discount = terms.round(discount)
        net = quantity * price - discount
        taxes = [(r, terms.round(terms.tax_on(net, r, rates))) for r in rates]
        found.append(Charge(f"{index}", quantity, price, discount, tuple(taxes)))
    return terms, found


@tagged("post_install", "-at_install")
class TestMoney(BaseCase):
    def fill(self, terms, found):
        sheet = Sheet(terms)
        for charge in found:
            sheet.add(charge, [int(rate * 100000) for rate in charge.rates], {})
        return sheet.close(dict)

    def test_doctests(self):
        for module in (money, phone):
            self.assertFalse(doctest.testmod(module).failed)

    @relaxed
    @given(charges())
    def test_lines_sum_up_to_what_the_channel_charged(self, made):
        terms, found = made
        lines = self.fill(terms, found)
        [total_tax, _by_rate] = sum_taxes(terms, found)
        figures = add_up(terms, found, [], total_tax)
        taxes = sum(sum(line.taxes.values()) for line in lines)
        untaxed = sum(line.untaxed(terms) for line in lines)
        self.assertEqual(taxes, figures.taxes)
        self.assertEqual(untaxed + taxes, figures.total)

    @relaxed
    @given(charges())
    def test_rounding_by_line_is_never_odd(self, made):
        terms, found = made
        for charge in found:
            self.assertIsNone(charge.find_odd_tax(terms))

    @relaxed
    @given(charges())
    def test_every_line_has_an_amount_for_each_of_its_taxes(self, made):
        terms, found = made
        for line in self.fill(terms, found):
            self.assertEqual(set(line.taxes), set(line.tax_ids))

    def test_tax_at_another_rate_is_odd(self):
        charge = Charge(
            "Lamp", 2, Decimal(50), taxes=((Decimal("0.20"), Decimal("19")),)
        )
        self.assertEqual(
            charge.find_odd_tax(Money(CENT)),
            (Decimal("0.20"), Decimal("19"), Decimal("20.00")),
        )

    def test_tax_rounded_by_unit_is_not_odd(self):
        # 8.875 % of 1.99 is 0.1766: 0.18 a unit, 18.00 for 100 instead of 17.66
        tax = ((Decimal("0.08875"), Decimal("18.00")),)
        self.assertIsNone(
            Charge("Mug", 100, Decimal("1.99"), taxes=tax).find_odd_tax(Money(CENT))
        )

    def test_unrounded_taxes_come_out_whole_and_sum_up(self):
        third = Decimal("0.3333")
        found = [Charge("x", 1, Decimal("3.333"), taxes=((Decimal("0.1"), third),))] * 3
        lines = self.fill(Money(CENT), found)
        taxes = [line.taxes[10000] for line in lines]
        self.assertEqual(taxes, [Decimal("0.33"), Decimal("0.34"), Decimal("0.33")])

    def test_unrounded_taxes_of_two_rates_may_be_rounded_once_or_by_rate(self):
        half = Decimal("0.005")
        found = [
            Charge("x", 1, Decimal("0.10"), taxes=((Decimal("0.05"), half),)),
            Charge("y", 1, Decimal("0.05"), taxes=((Decimal("0.10"), half),)),
        ]
        terms = Money(CENT)
        self.assertEqual(sum_taxes(terms, found), (CENT, 2 * CENT))
        for by_tax, total_tax in ((False, CENT), (True, 2 * CENT)):
            sheet = Sheet(terms, by_tax=by_tax)
            for charge in found:
                sheet.add(charge, [int(charge.rates[0] * 100)], {})
            taxes = sum(sum(line.taxes.values()) for line in sheet.close(dict))
            self.assertEqual(taxes, total_tax)
            self.assertEqual(add_up(terms, found, [], total_tax).taxes, total_tax)
