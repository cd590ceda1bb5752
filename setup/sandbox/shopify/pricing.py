"""What an order costs: discounts, taxes and shipping, in one currency.

Pure arithmetic, run once for the shop currency and once for the presentment
currency. Both results add up in themselves; as in a live shop the one need not be
the other times the rate, because each amount is rounded on its own.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from .money import ZERO, rounded, spread


@dataclass
class Priced:
    """One line of goods or of shipping."""

    unit: Decimal
    quantity: int = 1
    taxable: bool = True
    allocations: list = field(default_factory=list)
    taxes: list = field(default_factory=list)

    @property
    def discounted(self):
        return self.unit * self.quantity - sum(
            (amount for _index, amount in self.allocations), ZERO
        )


def price(lines, shipping, terms, rate, digits):
    """Fill in allocations and taxes of the lines.

    :param terms: ``discounts``, ``taxes`` (title, rate), ``taxes_included``
    :param rate: units of this currency for one unit of the shop currency
    """
    for index, discount in enumerate(terms["discounts"]):
        _discount(index, discount, lines, shipping, rate, digits)
    for line in (*lines, *shipping):
        _tax(line, terms["taxes"], terms["taxes_included"], digits)


def _discount(index, discount, lines, shipping, rate, digits):
    targets = shipping if discount["target"] == "shipping" else lines
    if discount.get("lines") is not None:
        targets = [targets[number] for number in discount["lines"]]
    value = Decimal(str(discount["value"]))
    for line, amount in zip(
        targets, _amounts(discount, value, targets, rate, digits), strict=True
    ):
        amount = min(amount, line.discounted)
        if amount:
            line.allocations.append((index, amount))


def _amounts(discount, value, targets, rate, digits):
    left = [line.discounted for line in targets]
    if discount["type"] == "percentage":
        return [rounded(amount * value / 100, digits) for amount in left]
    value = rounded(value * rate, digits)
    if discount.get("each"):
        return [value * line.quantity for line in targets]
    return spread(min(value, sum(left, ZERO)), left, digits)


def _tax(line, taxes, included, digits):
    if not line.taxable:
        return
    rates = [Decimal(str(tax["rate"])) for tax in taxes]
    base = line.discounted
    if included:
        base = base / (1 + sum(rates, ZERO))
    line.taxes = [
        (tax["title"], rate, rounded(base * rate, digits))
        for tax, rate in zip(taxes, rates, strict=True)
    ]
