# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an item of an order brings: price, discount and tax of each of its parts.

Amazon documents neither the signs of the breakdowns nor what is within what. So nothing
is made to fit: a discount lowers whatever its sign, tax counts as told beside the price
where only that adds up to ``proceedsTotal``, and a total that does not come out is left
as a difference, which keeps the order from import. Decimal only; no odoo in here.
"""

from dataclasses import dataclass

from odoo.addons.channel_inventory_base.lib.amounts import ZERO, rounded

from .money import money

ITEM, SHIPPING, GIFT_WRAP, COD_FEE, OTHER = PARTS = (
    "ITEM",
    "SHIPPING",
    "GIFT_WRAP",
    "COD_FEE",
    "OTHER",
)
TAX, DISCOUNT = "TAX", "DISCOUNT"


@dataclass
class Part:
    """All units of an item. ``price`` is before ``discount``, which is positive;
    ``tax`` is what is told beside them, or within ``price``: see ``Proceeds``."""

    price: object = ZERO
    discount: object = ZERO
    tax: object = ZERO

    @property
    def paid(self):
        return self.price - self.discount

    def scaled(self, units, ordered, currency):
        """What is left of it where ``units`` are left of ``ordered``."""
        amounts = (self.price, self.discount, self.tax)
        return Part(*(rounded(each * units / ordered, currency) for each in amounts))


class Proceeds:
    """The money of one item.

    :ivar parts: {name of PARTS: Part}
    :ivar total: as told; None where it is not
    :ivar tax: of all parts
    """

    def __init__(self, item, currency):
        place = item.get("proceeds")
        self.is_told = bool(place)
        self.parts = {name: Part() for name in PARTS}
        self.total = None
        if place:
            if place.get("proceedsTotal"):
                self.total = money(place["proceedsTotal"], currency)[0]
            self._read(place.all("breakdowns"), currency)
        self.tax = sum((part.tax for part in self.parts.values()), ZERO)

    def _read(self, breakdowns, currency):
        if not breakdowns and self.total is not None:
            self.parts[ITEM].price = self.total
        for place in breakdowns:
            kind, amount = place["type"].text(), money(place["subtotal"], currency)[0]
            if kind == TAX:
                for name, value in _by_part(place, amount, currency).items():
                    self.parts[name].tax += value
            elif kind == DISCOUNT:
                for name, value in _by_part(place, abs(amount), currency, abs).items():
                    self.parts[name].discount += value
            else:
                self.parts[kind if kind in self.parts else OTHER].price += amount

    @property
    def paid(self):
        """All parts less their discounts, without what is told as tax."""
        return sum((part.paid for part in self.parts.values()), ZERO)

    @property
    def is_tax_beside(self):
        """Whether the total is that of the parts and their tax."""
        return self.total is None or self.paid + self.tax == self.total

    @property
    def sum(self):
        """The item's total: as told, else of its parts."""
        return self.paid + self.tax if self.total is None else self.total


def _by_part(place, amount, currency, sign=lambda value: value):
    """``amount`` by part, as its details tell where they add up to it; else all of it
    belongs to the item itself. What is told of a discount's tax is the item's, too."""
    details = [
        (each["subtype"].text(), sign(money(each["value"], currency)[0]))
        for each in place.all("detailedBreakdowns")
        if each.get("value")
    ]
    for flip in (1, -1):
        found = {}
        for subtype, value in details:
            name = subtype if subtype in PARTS else ITEM
            value *= flip if subtype == DISCOUNT else 1
            found[name] = found.get(name, ZERO) + value
        if sum(found.values(), ZERO) == amount:
            return found
    return {ITEM: amount}
