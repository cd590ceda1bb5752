# SPDX-License-Identifier: AGPL-3.0-or-later
"""Exact arithmetic on what a channel charged. Decimal only, no odoo in here.

Odoo computes taxes from rates, a channel has computed them already, and the two differ
by where they round: by unit, line or order. The customer paid the channel's figures, so
these go into the sale order. What is checked here is that they can have come from
the rates by rounding and by nothing else.
"""

from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal

from .tax_shapes import is_compound, split_by_rate

ZERO = Decimal(0)


@dataclass(frozen=True)
class Money:
    """How amounts are told: the smallest step of the currency, and tax in or on top."""

    step: Decimal
    taxes_included: bool = False

    def round(self, amount):
        """
        >>> Money(Decimal("0.01")).round(Decimal("1.005"))
        Decimal('1.01')
        """
        return (amount / self.step).quantize(Decimal(1), ROUND_HALF_UP) * self.step

    def tax_on(self, amount, rate, all_rates):
        """The tax at ``rate`` on (or in) ``amount``, not rounded."""
        return amount * rate / (1 + sum(all_rates) if self.taxes_included else 1)


@dataclass(frozen=True)
class PaidBack:
    """What refunds have taken off a charge: ``units``, each with a tax that was rounded
    by itself, or refunds of money alone; ``amount`` with tax as the order's prices."""

    units: int = 0
    amount: Decimal = ZERO
    tax: Decimal = ZERO


@dataclass(frozen=True)
class Charge:
    """A product or delivery line as the channel charged it.

    ``unit_price`` and ``discount`` contain the taxes where the order's prices do.
    ``taxes`` are (rate as a fraction, amount) pairs. ``service``: a delivery charge or
    a fee, whose rates may be those of the goods; ``partly``: a part of it may then bear
    no tax, as some of the goods do. ``paid_back``: what refunds have taken off.
    """

    label: str
    quantity: int
    unit_price: Decimal
    discount: Decimal = ZERO
    taxes: tuple = ()
    service: bool = False
    partly: bool = False
    paid_back: PaidBack = PaidBack()

    @property
    def gross(self):
        return self.quantity * self.unit_price

    @property
    def rates(self):
        return [rate for rate, _amount in self.taxes]

    def find_odd_tax(self, money):
        """The first (rate, amount, expected) that rounding cannot explain, or None.

        The coarsest rounding in use is that of each unit's tax: half a step a unit,
        whether it was paid back or not, and half a step for the line.
        """
        odd = self._find_not_plain(money)
        if odd and (
            self._is_compound(money) or self.split(money) or self._was_plain(money)
        ):
            return None
        return odd

    def _was_plain(self, money):
        """Whether all its taxes were right before the refunds. How much of a refund is
        tax a person may say, who pays back all of it, or none."""
        whole = self.gross - self.discount + self.paid_back.amount
        tax = sum((amount for _rate, amount in self.taxes), self.paid_back.tax)
        expected = money.tax_on(whole, sum(self.rates), self.rates)
        return bool(self.paid_back.units) and abs(tax - expected) <= (
            self._tolerance(money) * len(self.taxes)
        )

    def _find_not_plain(self, money):
        """As ``find_odd_tax``, of taxes that are each on all of it."""
        for rate, amount in self.taxes:
            expected = money.tax_on(self.gross - self.discount, rate, self.rates)
            if abs(amount - expected) > self._tolerance(money):
                return rate, amount, money.round(expected)
        return None

    def _tolerance(self, money):
        return money.step * (self.quantity + self.paid_back.units + 1) / 2

    def _is_compound(self, money):
        # where tax is inside, the amount below it is rounded as well
        return is_compound(self._net(money), self.taxes, 2 * self._tolerance(money))

    def _net(self, money):
        amount = self.gross - self.discount
        taxes = sum((tax for _rate, tax in self.taxes), ZERO)
        return amount - taxes if money.taxes_included else amount

    def split(self, money):
        """A delivery charge or fee in the parts that each rate was charged on.

        :return: list of (indexes of its taxes, price, discount) with tax as in the
            order; empty where all taxes are on all of it, or on nothing that is known
        """
        if not self.service or not self._find_not_plain(money):
            return []
        if self._is_compound(money):
            return []
        parts = split_by_rate(self._net(money), self.taxes, money.step, self.partly)
        rows, left, less_left = [], self.gross - self.discount, self.discount
        whole = left
        for indexes, part in parts or ():
            if money.taxes_included:
                part += sum((self.taxes[index][1] for index in indexes), ZERO)
            last = len(rows) == len(parts) - 1
            part = left if last else money.round(part)
            less = less_left if last else money.round(self.discount * part / whole)
            left, less_left = left - part, less_left - less
            rows.append((indexes, part + less, less))
        return rows


@dataclass
class Figures:
    """What the components of an order come to, rounded as money is."""

    products: Decimal
    shipping: Decimal
    discounts: Decimal
    taxes: Decimal
    total: Decimal


def find_taxes_inside(money, gross, terms):
    """The taxes in an amount that contains them, each rounded once.

    :param terms: (any key, rate as a fraction) of each tax
    :return: list of Decimal

    >>> [
    ...     str(tax)
    ...     for tax in find_taxes_inside(
    ...         Money(Decimal("0.01"), True), Decimal("24.99"), [(1, Decimal("0.19"))]
    ...     )
    ... ]
    ['3.99']
    """
    rates = [rate for _key, rate in terms]
    return [money.round(gross * rate / (1 + sum(rates))) for rate in rates]


def sum_taxes(money, charges):
    """All taxes rounded once, and rounded by rate before they are added up.

    Channels that do not round their lines do the one or the other.
    """
    by_rate = {}
    for charge in charges:
        for rate, amount in charge.taxes:
            by_rate[rate] = by_rate.get(rate, ZERO) + amount
    sums = by_rate.values()
    return money.round(sum(sums, ZERO)), sum(map(money.round, sums), ZERO)


def add_up(money, products, shipping, total_tax):
    """Figures of an order from its charges; ``total_tax`` where they allow it.

    >>> tax = ((Decimal("0.2"), Decimal("3.8")),)
    >>> lamp = Charge("Lamp", 2, Decimal(10), Decimal(1), tax)
    >>> add_up(Money(Decimal("0.01")), [lamp], [], Decimal("3.80")).total
    Decimal('22.80')
    """
    charges = [*products, *shipping]
    goods = sum((money.round(each.gross) for each in products), ZERO)
    delivery = sum((money.round(each.gross) for each in shipping), ZERO)
    discounts = sum((each.discount for each in charges), ZERO)
    once, by_rate = sum_taxes(money, charges)
    taxes = by_rate if by_rate == total_tax else once
    on_top = ZERO if money.taxes_included else taxes
    return Figures(
        products=goods,
        shipping=delivery,
        discounts=money.round(discounts),
        taxes=taxes,
        total=money.round(goods + delivery - discounts + on_top),
    )


def split_charge(line, units, money):
    """``line`` (schemas.OrderLineData) in parts of so many ``units``, to the last cent.

    What does not divide evenly goes with the last part: discount, and each tax. A price
    of less than a cent is another one in each part, so that each amount is whole.
    """
    parts = []
    discount, taxes = line.discount, [each.amount for each in line.taxes]
    prices = _split_price(line, units, money)
    for index, quantity in enumerate(units):
        last = index == len(units) - 1
        share = Decimal(quantity) / line.quantity
        less = discount if last else money.round(line.discount * share)
        amounts = [
            left if last else money.round(each.amount * share)
            for each, left in zip(line.taxes, taxes, strict=True)
        ]
        discount -= less
        taxes = [left - amount for left, amount in zip(taxes, amounts, strict=True)]
        parts.append(
            replace(
                line,
                quantity=quantity,
                unit_price=prices[index],
                discount=less,
                taxes=tuple(
                    replace(each, amount=amount)
                    for each, amount in zip(line.taxes, amounts, strict=True)
                ),
            )
        )
    return parts


def _split_price(line, units, money):
    """The unit price in each part. Its amounts come to that of the line."""
    if line.unit_price % money.step == 0:
        return [line.unit_price] * len(units)
    left = money.round(line.unit_price * line.quantity)
    prices = []
    for index, quantity in enumerate(units):
        is_last = index == len(units) - 1
        amount = left if is_last else money.round(line.unit_price * quantity)
        left -= amount
        prices.append(amount / quantity)
    return prices


@dataclass
class SheetLine:
    """A line of a sale order to be. ``taxes``: amount by account.tax id."""

    vals: dict
    amount: Decimal
    tax_ids: tuple
    taxes: dict = field(default_factory=dict)

    def untaxed(self, money):
        amount = money.round(self.amount)
        return amount - sum(self.taxes.values()) if money.taxes_included else amount


class Sheet:
    """Collects a sale order's lines so that every sum is the channel's.

    A discount becomes a negative line of its own, one for each group of taxes: a
    percentage with two decimals cannot say 3.33. The tax that the channel charged on
    what remains is split between the two, exactly.
    """

    def __init__(self, money, by_tax=False):
        """:param by_tax: whether the channel rounds by tax what it adds up"""
        self.money = money
        self.by_tax = by_tax
        self.lines = []
        self._discounts = {}
        self._sums = {}

    def add(self, charge, tax_ids, vals):
        """:param tax_ids: account.tax ids, one for each of the charge's taxes"""
        line = SheetLine(vals, charge.gross, tuple(tax_ids))
        self.lines.append(line)
        discount = self._discount(line.tax_ids) if charge.discount else None
        if discount:
            discount.amount -= charge.discount
        for tax_id, (rate, amount) in zip(tax_ids, charge.taxes, strict=True):
            line.taxes[tax_id] = self._settle(amount, tax_id)
            if discount:
                less = self.money.tax_on(charge.discount, rate, charge.rates)
                less = self.money.round(less)
                line.taxes[tax_id] += less
                discount.taxes[tax_id] -= less

    def close(self, make_discount_vals):
        """:return: all lines, those of discounts last"""
        for line in self._discounts.values():
            line.vals = dict(make_discount_vals(), price_unit=float(line.amount))
        return self.lines + list(self._discounts.values())

    def _discount(self, tax_ids):
        if tax_ids not in self._discounts:
            taxes = dict.fromkeys(tax_ids, ZERO)
            self._discounts[tax_ids] = SheetLine({}, ZERO, tax_ids, taxes)
        return self._discounts[tax_ids]

    def _settle(self, amount, tax_id):
        """Round, so that the amounts so far come to what their sum is rounded to.

        Whole steps stay as they are. Others (some channels round the order and not
        its lines) come out whole. What is lost is not carried over by itself: a half
        that is taken off is rounded away from zero, one that is left over is not.
        """
        key = tax_id if self.by_tax else None
        before = self._sums.get(key, ZERO)
        self._sums[key] = before + amount
        return self.money.round(before + amount) - self.money.round(before)
