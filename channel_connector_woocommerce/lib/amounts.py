"""What a line costs at its current quantity, refunds taken off. Decimal only.

WooCommerce tells every amount before tax and the tax beside it, whatever the shop's
prices include. Where they include it, the sum of both is what the customer was shown,
and only that divides by the quantity without dust: 3 x 10.00 is 24.79 + 5.21.
"""

from dataclasses import dataclass
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
    """What refunds have taken off the lines of an order, refund by refund.

    A shop lets more be refunded of a line than it was, in units and in money. What is
    more is not of the line: its money is the refund's rest.

    :param kinds: where refunds have them: a shop may have fees among the deliveries
    :return: {id of the line: list of Taken}
    """
    left = {}
    for line in lines:
        units = line["quantity"].whole() if line.get("quantity") else 0
        money = (line["total"].number(), line["total_tax"].number())
        left[line["id"].ref()] = [units, *money]
    found = {}
    for refund in sorted(refunds, key=lambda each: each["id"].whole()):
        entries = [entry for kind in kinds for entry in refund.get(kind).items()]
        for entry in entries:
            origin = meta(entry, REFUNDED_ITEM)
            if origin is not None:
                taken = _taken(refund, entry, origin.ref(), left, currency)
                found.setdefault(taken.origin, []).append(taken)
    return found


def _taken(refund, entry, origin, left, currency):
    units = entry.get("quantity").whole() if entry.get("quantity") else 0
    total, tax = entry["total"].number(), entry["total_tax"].number()
    rows = _tax_amounts(entry)
    excess = 0
    if origin in left:
        capped = max(units, -max(left[origin][0], 0))
        excess, units = capped - units, capped
        total = _cap(total, left[origin][1])
        if (capped_tax := _cap(tax, left[origin][2])) != tax:
            tax = capped_tax
            rows = {rate: ZERO for rate in rows}
        for index, amount in enumerate((units, total, tax)):
            left[origin][index] += amount
    rounded = [
        (rate, amount.quantize(step(currency), ROUND_HALF_UP))
        for rate, amount in rows.items()
    ]
    return Taken(
        refund["id"].ref(),
        origin,
        units,
        excess,
        total,
        tax,
        dict(_adjusted(rounded, tax)),
    )


def _cap(amount, left):
    """
    >>> _cap(Decimal(-30), Decimal(20)), _cap(Decimal(-30), Decimal(-40))
    (Decimal('-20'), Decimal('-30'))
    """
    return max(amount, -left) if amount < 0 <= left else amount


def _tax_amounts(line):
    """Rate id -> its exact amount; null and "" stand for a rate that does not apply."""
    amounts = {}
    for tax in line.get("taxes").items():
        if tax["total"].value not in (None, ""):
            rate = tax["id"].ref()
            amounts[rate] = amounts.get(rate, ZERO) + tax["total"].number()
    return amounts


def told_tax(lines, total, total_tax, currency):
    """The tax of an order: what the total says. A shop that rounds taxes for the order
    may tell the sum of its rounded lines beside a total with the tax that was paid.
    """
    net = sum((line["total"].number() for line in lines), ZERO)
    odd = net + total_tax != total
    paid = total - net
    return paid if odd and is_rounded_once(lines, paid, currency) else total_tax


def is_rounded_once(lines, total_tax, currency):
    """Whether the shop has rounded taxes for the order and not for each line.

    Then what lines tell of their tax is rounded for the reader only, and ``taxes`` have
    the digits.
    """
    lines = list(lines)
    if sum((line["total_tax"].number() for line in lines), ZERO) == total_tax:
        return False
    by_rate = {}
    for line in lines:
        for rate, amount in _tax_amounts(line).items():
            by_rate[rate] = by_rate.get(rate, ZERO) + amount

    def rounded(amount):
        return amount.quantize(step(currency), ROUND_HALF_UP)

    once = rounded(sum(by_rate.values(), ZERO))
    return total_tax in (once, sum(map(rounded, by_rate.values()), ZERO))


def guess_rates(lines, known, currency):
    """Rates that the order does not tell, from what was charged by them.

    :return: {id of the rate: percent}, of those for which only one round figure fits
    """
    pairs = {}
    for line in lines:
        for rate, amount in _tax_amounts(line).items():
            if rate not in known and amount:
                pairs.setdefault(rate, []).append((line["total"].number(), amount))
    found = {
        rate: _guess_percent(charged, step(currency)) for rate, charged in pairs.items()
    }
    return {rate: percent for rate, percent in found.items() if percent is not None}


def _guess_percent(charged, unit):
    """
    >>> _guess_percent([(Decimal("10.00"), Decimal("1.90"))], Decimal("0.01"))
    Decimal('19')
    >>> _guess_percent([(Decimal("0.10"), Decimal("0.02"))], Decimal("0.01"))
    """
    net = sum((amount for amount, _tax in charged), ZERO)
    if not net:
        return None
    exact = sum((tax for _amount, tax in charged), ZERO) / net * 100
    for digits in range(5):
        width = Decimal(1).scaleb(-digits)
        percent = exact.quantize(width, ROUND_HALF_UP)
        near = (percent - width, percent, percent + width)
        fitting = [each for each in near if _is_rate(each, charged, unit)]
        if fitting:
            return fitting[0] if len(fitting) == 1 else None
    return None


def _is_rate(percent, charged, unit):
    return all(abs(net * percent / 100 - tax) <= unit for net, tax in charged)


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
        return self.line[name].number() + taken

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
        """One a rate; single ones may have more digits than their sum, which counts
        unless the shop rounds taxes for the order."""
        amounts = _tax_amounts(self.line)
        if not self.once:
            rounded = [
                (rate, amount.quantize(step(self.currency), ROUND_HALF_UP))
                for rate, amount in amounts.items()
            ]
            amounts = dict(_adjusted(rounded, self.line["total_tax"].number()))
        for each in self.refunds:
            for rate, amount in each.taxes.items():
                amounts[rate] = amounts.get(rate, ZERO) + amount
        return [self._tax_row(rate, amount) for rate, amount in amounts.items()]

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
