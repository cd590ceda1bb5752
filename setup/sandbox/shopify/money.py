"""Amounts in shop and presentment currency."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
_PLACES = {"JPY": 0, "KRW": 0, "CLP": 0, "ISK": 0, "KWD": 3, "BHD": 3, "TND": 3}


def places(currency):
    return _PLACES.get(currency, 2)


def rounded(amount, digits):
    return Decimal(amount).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def share(total, part, whole, digits):
    """The part of an amount that belongs to ``part`` of ``whole`` units.

    All units give the whole amount and none give nothing, so that refunding
    units one by one never loses a cent.
    """
    if not whole:
        return ZERO
    return rounded(Decimal(total) * part / whole, digits)


def spread(total, weights, digits):
    """Split an amount by weights without losing a cent; the last takes the rest."""
    whole = sum(weights, ZERO)
    if not whole:
        return [ZERO] * len(weights)
    parts, left = [], rounded(total, digits)
    for weight in weights[:-1]:
        part = rounded(Decimal(total) * weight / whole, digits)
        parts.append(part)
        left -= part
    return [*parts, left]


def money_text(amount, currency):
    """The form of the ``Money`` scalar and of webhook bodies: ``10.00``."""
    return str(rounded(amount, places(currency)))


def decimal_text(amount, currency):
    """The form of the ``Decimal`` scalar: ``10.0``, ``19.99``."""
    text = str(rounded(amount, max(places(currency), 1)))
    whole, _dot, digits = text.partition(".")
    return f"{whole}.{digits.rstrip('0') or '0'}"


@dataclass(frozen=True)
class Bag:
    """One amount in both currencies of an order."""

    shop: Decimal = ZERO
    presentment: Decimal = ZERO

    def __add__(self, other):
        return Bag(self.shop + other.shop, self.presentment + other.presentment)

    def __sub__(self, other):
        return Bag(self.shop - other.shop, self.presentment - other.presentment)

    def __bool__(self):
        return bool(self.shop or self.presentment)

    def times(self, number):
        return Bag(self.shop * number, self.presentment * number)


def total(bags):
    return sum(bags, Bag())
