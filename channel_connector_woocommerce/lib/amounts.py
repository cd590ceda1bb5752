# SPDX-License-Identifier: AGPL-3.0-or-later
"""The price of a line at its current quantity, less refunds. Decimal only.

WooCommerce tells every amount before tax and the tax beside it, whatever the shop's
prices include. Where they include it, the sum of both is what the customer was shown,
and only that divides by the quantity without dust: 3 x 10.00 is 24.79 + 5.21.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from odoo.addons.channel_inventory_base.lib.amounts import (
    ZERO,
    adjusted,
    guess_percent,
    rounded,
)
from odoo.addons.channel_inventory_base.lib.errors import Malformed

from ..const import REDUCED, REFUNDED_ITEM


def meta(line, key):
    """The value of a line's meta, None where it has none."""
    for entry in line.all("meta_data"):
        if entry.get("key").value == key:
            return entry["value"]
    return None


def reduced(line):
    """Units that the shop has taken off its figure for this line.

    :raise Malformed: it is no whole number
    """
    value = meta(line, REDUCED)
    if not value:
        return 0
    number = value.number()
    if number != int(number):
        raise Malformed(f"{number} is not whole", path=value.path)
    return int(number)


@dataclass(frozen=True)
class Taken:
    """What a refund has taken off a line or charge: ``quantity`` and amounts are
    negative. ``excess``: units beyond those that were left, in no other figure.
    ``taxes``: id of the rate -> amount."""

    refund: str
    origin: str
    quantity: int
    excess: int
    total: Decimal
    total_tax: Decimal
    taxes: dict

    @property
    def is_empty(self):
        return not (self.quantity or self.excess or self.total or self.total_tax)


def taken_off(lines, refunds, kinds, currency):
    """The units and amounts refunded of an order's lines, by refund.

    A shop allows refunds of more units or money than a line has. The excess does not
    belong to the line: its money is the refund's rest.

    :param kinds: where refunds have them: a shop may have fees among the deliveries
    :return: {id of the line: list of Taken}
    """
    left = {line["id"].ref(): _Left.of_line(line, currency) for line in lines}
    found = {}
    for refund in sorted(refunds, key=lambda each: each["id"].whole()):
        entries = [entry for kind in kinds for entry in refund.all(kind)]
        for entry in entries:
            origin = meta(entry, REFUNDED_ITEM)
            if origin is not None:
                taken = _taken(refund, entry, origin.ref(), left, currency)
                found.setdefault(taken.origin, []).append(taken)
    return found


@dataclass
class _Left:
    """What refunds so far have left of a line or charge."""

    units: int
    total: Decimal
    tax: Decimal
    taxes: dict

    @classmethod
    def of_line(cls, line, currency):
        units = line["quantity"].whole() if line.get("quantity") else 0
        tax = line["total_tax"].number(0)
        taxes = adjusted(_tax_amounts(line), tax, currency)
        return cls(units, line["total"].number(0), tax, taxes)

    def take(self, units, total, tax, taxes):
        """:return: as much of these as is left, all of them negative"""
        units = max(units, -max(self.units, 0))
        total, capped = _cap(total, self.total), _cap(tax, self.tax)
        if capped != tax:
            # it is of the rates that have some left
            taxes = {
                rate: _cap(taxes[rate], self.taxes.get(rate, ZERO)) for rate in taxes
            }
        self.units += units
        self.total += total
        self.tax += capped
        for rate, amount in taxes.items():
            self.taxes[rate] = self.taxes.get(rate, ZERO) + amount
        return units, total, capped, taxes


def _taken(refund, entry, origin, left, currency):
    asked = entry.get("quantity").whole() if entry.get("quantity") else 0
    total, tax = entry["total"].number(0), entry["total_tax"].number(0)
    units, rows = asked, adjusted(_tax_amounts(entry), tax, currency)
    if origin in left:
        units, total, tax, rows = left[origin].take(asked, total, tax, rows)
    return Taken(
        refund["id"].ref(),
        origin,
        units,
        units - asked,
        total,
        tax,
        adjusted(rows, tax, currency),
    )


def _cap(amount, left):
    """
    >>> _cap(Decimal(-30), Decimal(20)), _cap(Decimal(-30), Decimal(-40))
    (Decimal('-20'), Decimal('-30'))
    """
    return max(amount, -left) if amount < 0 <= left else amount


def _tax_amounts(line):
    """Rate id -> its exact amount, of the rates that apply."""
    amounts = {}
    for tax in line.all("taxes"):
        if tax["total"]:
            rate = tax["id"].ref()
            amounts[rate] = amounts.get(rate, ZERO) + tax["total"].number()
    return amounts


def told_tax(lines, total, total_tax, currency):
    """The tax of an order: what the total says. A shop that rounds taxes for the order
    may tell the sum of its rounded lines, or of its rounded rates, beside a total with
    the tax that was paid.
    """
    net = sum((line["total"].number(0) for line in lines), ZERO)
    if net + total_tax == total:
        return total_tax
    paid = total - net
    of_lines = sum((line["total_tax"].number(0) for line in lines), ZERO)
    is_paid = paid == of_lines or is_rounded_once(lines, paid, currency)
    return paid if is_paid else total_tax


def is_rounded_once(lines, total_tax, currency):
    """Whether the shop has rounded taxes for the order and not for each line.

    Then what lines tell of their tax is rounded for the reader only, and ``taxes`` have
    the digits.
    """
    lines = list(lines)
    if sum((line["total_tax"].number(0) for line in lines), ZERO) == total_tax:
        return False
    by_rate = {}
    for line in lines:
        for rate, amount in _tax_amounts(line).items():
            by_rate[rate] = by_rate.get(rate, ZERO) + amount

    amounts = by_rate.values()
    once = rounded(sum(amounts, ZERO), currency)
    each = sum((rounded(amount, currency) for amount in amounts), ZERO)
    return total_tax in (once, each)


def guess_rates(lines, known, currency):
    """Rates that the order does not tell, from what was charged by them.

    :return: {id of the rate: percent}, of those for which only one round figure fits
    """
    pairs = {}
    for line in lines:
        for rate, amount in _tax_amounts(line).items():
            if rate not in known and amount:
                pairs.setdefault(rate, []).append((line["total"].number(0), amount))
    found = {rate: guess_percent(pairs[rate], currency) for rate in pairs}
    return {rate: percent for rate, percent in found.items() if percent is not None}


class Figures:
    """Price, discount and taxes of a line as of now.

    :param refunds: what refunds have taken off it, see ``taken_off``
    :param once: whether the shop rounds taxes for the order
    """

    def __init__(self, line, refunds, *, included, currency, rates, once=False):
        self.line, self.refunds = line, refunds
        self.included, self.currency = included, currency
        self.rates, self.once = rates, once

    def _sum(self, name):
        taken = sum((getattr(each, name) for each in self.refunds), ZERO)
        return self.line[name].number(0) + taken

    @property
    def paid(self):
        """The price still to be paid for it, with tax if prices include it."""
        return self._sum("total") + (self._sum("total_tax") if self.included else 0)

    @property
    def tax(self):
        """The tax still to be paid for it."""
        return self._sum("total_tax")

    @property
    def list_amount(self):
        """The amount of all units as ordered, before discounts."""
        tax = self.line["subtotal_tax"].number(0) if self.included else ZERO
        return self.line["subtotal"].number(0) + tax

    def unit_price(self, ordered):
        """Rounded up, so that what it is too much is a discount, never a surcharge."""
        if not ordered:
            return ZERO
        return rounded(self.list_amount / ordered, self.currency, ROUND_CEILING)

    def tax_rows(self):
        """One a rate; single ones may have more digits than their sum, which counts
        unless the shop rounds taxes for the order."""
        amounts = _tax_amounts(self.line)
        if not self.once:
            total = self.line["total_tax"].number(0)
            amounts = adjusted(amounts, total, self.currency)
        for each in self.refunds:
            for rate, amount in each.taxes.items():
                amounts[rate] = amounts.get(rate, ZERO) + amount
        return [self._tax_row(rate, amount) for rate, amount in amounts.items()]

    def _tax_row(self, rate, amount):
        label, percent = self.rates.get(rate, ("", ZERO))
        return {"title": label, "rate": str(percent / 100), "amount": str(amount)}
