# SPDX-License-Identifier: AGPL-3.0-or-later
"""The price of a line at its current quantity. Decimal only.

Two ways for units to leave a line:

- refunded ones are in a refund, with the price after discounts (``subtotalSet``) and
  the tax that went with them: these figures are Shopify's own, and taken off;
- units that an order edit removed without a refund have no figures of their own: the
  line keeps the part of discount and tax that belongs to the units that stay.

The second is a division, rounded to the currency. Whether it is what Shopify did
shows in the order's totals, which are compared afterwards.
"""

from odoo.addons.channel_inventory_base.lib.amounts import ZERO, share, split
from odoo.addons.channel_inventory_base.lib.errors import Malformed


def money(place, currency):
    """The amount of a MoneyBag in the shop's currency."""
    return _amount(place["shopMoney"], currency, f"the shop's {currency}")


def paid_money(place, currency):
    """The amount of a MoneyBag in the currency that the customer paid in."""
    return _amount(place["presentmentMoney"], currency, f"the customer's {currency}")


def _amount(place, currency, words):
    if place["currencyCode"].text() != currency:
        raise Malformed(
            f"{place['currencyCode'].value!r:.20} is not {words}", path=place.path
        )
    return place["amount"].number()


class Figures:
    """Price, discount and taxes of a line, brought from as ordered to as of now."""

    def __init__(self, unit_price, discount, line, currency):
        self.unit_price = unit_price
        self.discount = discount
        self.currency = currency
        self.refunded = 0
        self.taxes = [_tax(tax, currency) for tax in line["taxLines"].items()]

    @classmethod
    def of_line(cls, line, currency):
        discount = sum(
            money(allocation["allocatedAmountSet"], currency)
            for allocation in line["discountAllocations"].items()
        )
        unit_price = money(line["originalUnitPriceSet"], currency)
        return cls(unit_price, discount or ZERO, line, currency)

    def refund(self, entry):
        """Take a refunded part off, by Shopify's own figures for it."""
        units = entry["quantity"].whole()
        paid = money(entry["subtotalSet"], self.currency)
        self.refunded += units
        self.discount -= self.unit_price * units - paid
        self.refund_tax(entry["totalTaxSet"])

    def refund_tax(self, place):
        """Take refunded tax off: Shopify tells the sum, split by rate as charged."""
        amount = money(place, self.currency)
        if not amount or not self.taxes:
            return
        parts = split(amount, [tax[2] for tax in self.taxes], self.currency)
        self.taxes = [
            (title, rate, charged - part)
            for (title, rate, charged), part in zip(self.taxes, parts, strict=True)
        ]

    def keep(self, current, ordered):
        """Drop the part of units that left the line without a refund."""
        left = ordered - self.refunded
        if current == left or left <= 0:
            return
        self.discount = share(self.discount, current, left, self.currency)
        self.taxes = [
            (title, rate, share(amount, current, left, self.currency))
            for title, rate, amount in self.taxes
        ]

    def tax_rows(self):
        return [
            {"title": title, "rate": str(rate), "amount": str(amount)}
            for title, rate, amount in self.taxes
        ]


def _tax(tax, currency):
    """A tax without a rate has one of 0, which its amount then contradicts."""
    rate = tax["rate"].number(0)
    return tax["title"].text(), rate, money(tax["priceSet"], currency)
