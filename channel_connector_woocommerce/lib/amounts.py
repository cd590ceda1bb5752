"""What a line costs at its current quantity, refunds taken off. Decimal only.

WooCommerce tells every amount before tax and the tax beside it, whatever the shop's
prices include. Where they include it, the sum of both is what the customer was shown,
and only that divides by the quantity without dust: 3 x 10.00 is 24.79 + 5.21.
"""

from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from ..const import CENTS, REDUCED
from ..errors import Malformed

REFUNDED_ITEM = "_refunded_item_id"
ZERO = Decimal(0)


def step(currency):
    """
    >>> step("EUR"), step("JPY")
    (Decimal('0.01'), Decimal('1'))
    """
    return Decimal(1).scaleb(-CENTS.get(currency, 2))


def meta(line, key):
    """The value of a line's meta, None where it has none."""
    for entry in line.get("meta_data").items():
        if entry.get("key").value == key:
            return entry["value"]
    return None


def reduced(line):
    """Units that the shop has taken off its figure for this line.

    :raise Malformed: it is no whole number
    """
    value = meta(line, REDUCED)
    if value is None or value.value in (None, ""):
        return 0
    number = value.number()
    if number != int(number):
        raise Malformed(f"{number} is not whole", path=value.path)
    return int(number)


def refunded_by(refunds, kind):
    """Line id -> its refund lines, of all refunds.

    :param kind: ``line_items``, ``shipping_lines`` or ``fee_lines``
    """
    found = {}
    for refund in refunds:
        for line in refund.get(kind).items():
            origin = meta(line, REFUNDED_ITEM)
            if origin is not None:
                found.setdefault(origin.ref(), []).append(line)
    return found


class Figures:
    """Price, discount and taxes of a line as of now.

    :param refunds: its refund lines, with negative amounts and quantities
    """

    def __init__(self, line, refunds, *, included, currency, rates):
        self.line, self.refunds = line, refunds
        self.included, self.currency = included, currency
        self.rates = rates

    def _sum(self, name):
        return sum((each[name].number() for each in (self.line, *self.refunds)), ZERO)

    @property
    def paid(self):
        """What the customer still pays for it, with tax where prices include it."""
        return self._sum("total") + (self._sum("total_tax") if self.included else 0)

    @property
    def list_amount(self):
        """Of all units as ordered, before discounts."""
        tax = self.line["subtotal_tax"].number() if self.included else ZERO
        return self.line["subtotal"].number() + tax

    def unit_price(self, ordered):
        """Rounded up, so that what it is too much is a discount, never a surcharge."""
        if not ordered:
            return ZERO
        return (self.list_amount / ordered).quantize(step(self.currency), ROUND_CEILING)

    def tax_rows(self):
        """One a rate; single ones may have more digits than their sum, which counts."""
        amounts = {}
        for each in (self.line, *self.refunds):
            for tax in each.get("taxes").items():
                rate = tax["id"].ref()
                # null and "" stand for a rate that does not apply to this line
                if tax["total"].value not in (None, ""):
                    amounts[rate] = amounts.get(rate, ZERO) + tax["total"].number()
        rounded = [
            (rate, amount.quantize(step(self.currency), ROUND_HALF_UP))
            for rate, amount in amounts.items()
        ]
        return [
            self._tax_row(rate, amount)
            for rate, amount in _adjusted(rounded, self._sum("total_tax"))
        ]

    def _tax_row(self, rate, amount):
        label, percent = self.rates.get(rate, ("", ZERO))
        return {"title": label, "rate": str(percent / 100), "amount": str(amount)}


def _adjusted(rows, total):
    """The largest amount takes what rounding has left over.

    >>> _adjusted([("1", Decimal("1.67")), ("2", Decimal("0.10"))], Decimal("1.78"))
    [('1', Decimal('1.68')), ('2', Decimal('0.10'))]
    """
    if not rows:
        return []
    rest = total - sum(amount for _rate, amount in rows)
    largest = max(range(len(rows)), key=lambda index: abs(rows[index][1]))
    rate, amount = rows[largest]
    return [*rows[:largest], (rate, amount + rest), *rows[largest + 1 :]]
