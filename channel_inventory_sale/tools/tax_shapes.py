# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the taxes of one charge hang together. Decimal only, no odoo in here.

Most channels charge each tax on all of an amount. Some charge one tax on another (PST
on GST), and delivery or a fee is often charged by the rates of the goods: each rate on
a part of it. What is none of these cannot have come from the rates.
"""

from decimal import ROUND_HALF_UP, Decimal
from itertools import chain, combinations

ZERO = Decimal(0)
MAX_TAXES = 5
"""More taxes on one charge are not tried in every combination."""


def is_compound(net, taxes, tolerance):
    """Whether some of ``taxes`` are charged on the amount and the taxes before them.

    :param net: the amount without any tax
    :param taxes: (rate, amount) pairs, in the channel's order

    >>> taxes = [(Decimal("0.05"), Decimal("5.00")), (Decimal("0.1"), Decimal("10.50"))]
    >>> is_compound(Decimal(100), taxes, Decimal("0.01"))
    True
    """
    indexes = range(min(len(taxes), MAX_TAXES))
    subsets = chain.from_iterable(
        combinations(indexes, size) for size in range(1, len(indexes))
    )
    return any(_fits(net, taxes, subset, tolerance) for subset in subsets)


def _fits(net, taxes, compound, tolerance):
    simple = [tax for index, tax in enumerate(taxes) if index not in compound]
    if any(abs(amount - net * rate) > tolerance for rate, amount in simple):
        return False
    base = net + sum((amount for _rate, amount in simple), ZERO)
    for index in compound:
        rate, amount = taxes[index]
        if abs(amount - base * rate) > tolerance:
            return False
        base += amount
    return True


def split_by_rate(net, taxes, step, partly=False):
    """The parts of ``net`` that each rate was charged on.

    :param taxes: (rate, amount) pairs
    :param partly: whether a part of it may bear no tax
    :return: list of (indexes of its taxes, part of ``net``); None where the rates
        cannot have given the amounts

    >>> taxes = [(Decimal("0.2"), Decimal("0.60")), (Decimal("0.1"), Decimal("0.20"))]
    >>> [str(part) for _taxes, part in split_by_rate(5, taxes, Decimal("0.01"))]
    ['3.00', '2.00']
    >>> split_by_rate(9, taxes, Decimal("0.01"))
    >>> [str(part) for _taxes, part in split_by_rate(9, taxes, Decimal("0.01"), True)]
    ['3.00', '2.00', '4.00']
    """
    charged = [index for index, (rate, _amount) in enumerate(taxes) if rate]
    free = tuple(index for index, (rate, _amount) in enumerate(taxes) if not rate)
    if not charged or any(taxes[index][1] for index in free):
        return None
    bases = {index: taxes[index][1] / taxes[index][0] for index in charged}
    rest = net - sum(bases.values(), ZERO)
    # each amount is rounded by half a step, and so is the part that it was charged on
    slack = sum((step / taxes[index][0] / 2 + step for index in charged), ZERO)
    if abs(rest) <= slack and rest != net:
        parts = _scale(bases, net, step)
        rows = []
    elif partly and rest * net > 0 and abs(rest) < abs(net):
        parts = {index: _round(base, step) for index, base in bases.items()}
        rows = [(free, net - sum(parts.values(), ZERO))]
    else:
        return None
    return [((index,), part) for index, part in parts.items()] + rows


def _scale(bases, net, step):
    """``bases`` in whole steps, each by its weight, so that they come to ``net``."""
    whole = sum(bases.values(), ZERO)
    parts = {index: _round(base * net / whole, step) for index, base in bases.items()}
    largest = max(parts, key=lambda index: abs(parts[index]))
    parts[largest] += net - sum(parts.values(), ZERO)
    return parts


def _round(amount, step):
    return (amount / step).quantize(Decimal(1), ROUND_HALF_UP) * step
