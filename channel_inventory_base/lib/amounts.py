# SPDX-License-Identifier: AGPL-3.0-or-later
"""Money of channels: digits of currencies, rounding, shares and taxes. Decimal only.

No odoo in here.
"""

from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)

# ISO 4217: currencies whose smallest unit is not a hundredth.
DIGITS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}


def step(currency):
    """The smallest unit of a currency.

    >>> step("EUR"), step("JPY")
    (Decimal('0.01'), Decimal('1'))
    """
    return Decimal(1).scaleb(-DIGITS.get(currency, 2))


def rounded(amount, currency, rounding=ROUND_HALF_UP):
    """To the currency's smallest unit.

    >>> rounded(Decimal("0.125"), "EUR"), rounded(Decimal("0.125"), "KWD")
    (Decimal('0.13'), Decimal('0.125'))
    """
    return amount.quantize(step(currency), rounding)


def share(amount, part, whole, currency):
    """``amount * part / whole``, rounded to the currency's smallest unit.

    >>> share(Decimal("1.00"), 1, 3, "EUR")
    Decimal('0.33')
    """
    return rounded(amount * part / whole, currency)


def split(amount, weights, currency):
    """``amount`` by ``weights``, in whole units of the currency; the sum is exact, and
    what rounding leaves over is with the first.

    >>> split(Decimal("1.00"), [Decimal(2), Decimal(1)], "EUR")
    [Decimal('0.67'), Decimal('0.33')]
    """
    whole = sum(weights)
    if not whole:
        return [amount, *[ZERO for _weight in weights[1:]]]
    parts = [share(amount, weight, whole, currency) for weight in weights[1:]]
    return [amount - sum(parts), *parts]


def adjusted(rows, total, currency):
    """Rounded amounts by name, whose sum is ``total``: the largest takes what rounding
    has left over.

    >>> adjusted({"1": Decimal("1.674"), "2": Decimal("0.1")}, Decimal("1.78"), "EUR")
    {'1': Decimal('1.68'), '2': Decimal('0.10')}
    """
    rows = {name: rounded(amount, currency) for name, amount in rows.items()}
    if rows:
        largest = max(rows, key=lambda name: abs(rows[name]))
        rows[largest] += total - sum(rows.values())
    return rows


def guess_percent(charged, currency):
    """A tax rate that is not told, from what was charged by it.

    :param charged: list of (net amount, tax)
    :return: percent; None where not exactly one round figure fits

    >>> guess_percent([(Decimal("10.00"), Decimal("1.90"))], "EUR")
    Decimal('19')
    >>> guess_percent([(Decimal("0.10"), Decimal("0.02"))], "EUR")
    """
    net = sum((amount for amount, _tax in charged), ZERO)
    if not net:
        return None
    exact = sum((tax for _amount, tax in charged), ZERO) / net * 100
    for digits in range(5):
        width = Decimal(1).scaleb(-digits)
        percent = exact.quantize(width, ROUND_HALF_UP)
        near = (percent - width, percent, percent + width)
        fitting = [each for each in near if _is_rate(each, charged, step(currency))]
        if fitting:
            return fitting[0] if len(fitting) == 1 else None
    return None


def _is_rate(percent, charged, unit):
    return all(abs(net * percent / 100 - tax) <= unit for net, tax in charged)
