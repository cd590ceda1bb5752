"""What a line costs at its current quantity. Decimal only.

Two ways for units to leave a line:

- refunded ones are in a refund, with the price after discounts (``subtotalSet``) and
  the tax that went with them: these figures are Shopify's own, and taken off;
- units that an order edit removed without a refund have no figures of their own: the
  line keeps the part of discount and tax that belongs to the units that stay.

The second is a division, rounded to the currency. Whether it is what Shopify did
shows in the order's totals, which are compared afterwards.
"""

from decimal import ROUND_HALF_UP, Decimal

from ..const import CURRENCY_DIGITS
from ..errors import Malformed


def money(place, currency):
    """The amount of a MoneyBag in the shop's currency."""
    amount = place["shopMoney"]
    if amount["currencyCode"].text() != currency:
        raise Malformed(
            f"{amount['currencyCode'].value!r:.20} is not the shop's {currency}",
            path=amount.path,
        )
    return amount["amount"].number()


def step(currency):
    """
    >>> step("EUR"), step("JPY")
    (Decimal('0.01'), Decimal('1'))
    """
    return Decimal(1).scaleb(-CURRENCY_DIGITS.get(currency, 2))


def share(amount, part, whole, currency):
    """``amount * part / whole``, rounded to the currency's smallest unit.

    >>> share(Decimal("1.00"), 1, 3, "EUR")
    Decimal('0.33')
    """
    exact = amount * part / whole
    return exact.quantize(step(currency), rounding=ROUND_HALF_UP)


def split(amount, weights, currency):
    """``amount`` by ``weights``, in whole units of the currency; the sum is exact.

    >>> split(Decimal("1.00"), [Decimal(2), Decimal(1)], "EUR")
    [Decimal('0.67'), Decimal('0.33')]
    """
    whole = sum(weights)
    if not whole:
        return [amount, *[Decimal(0) for _weight in weights[1:]]]
    parts = [share(amount, weight, whole, currency) for weight in weights[1:]]
    return [amount - sum(parts), *parts]


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
        return cls(unit_price, discount or Decimal(0), line, currency)

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
    rate = tax["rate"].number() if tax["rate"] else Decimal(0)
    return tax["title"].text(), rate, money(tax["priceSet"], currency)
