# SPDX-License-Identifier: AGPL-3.0-or-later
"""Prices and weights as channels tell them. No odoo in here.

They are compared and published nowhere, so what cannot be read is not told, and no
reason to refuse a catalogue.
"""

from decimal import Decimal

from .salvage import number_of

LARGEST = 10**9
KILOGRAMS = {
    "g": Decimal("0.001"),
    "kg": Decimal(1),
    "lbs": Decimal("0.45359237"),
    "oz": Decimal("0.028349523125"),
}
SMALLEST = Decimal("0.000001")


def price(value):
    """:return: text of an exact number, or None

    >>> price("12.50"), price(0), price(""), price(None), price("-1"), price("1e99")
    ('12.50', '0', None, None, None, None)
    """
    number = number_of(value)
    if number is None or not 0 <= number < LARGEST:
        return None
    return f"{number:f}"


def weight(value, unit):
    """:param unit: one of KILOGRAMS
    :return: text of kilograms; None where nobody has entered a weight

    >>> weight("250", "g"), weight(1, "lbs"), weight(0, "kg"), weight("2", "stone")
    ('0.250000', '0.453592', None, None)
    """
    number, factor = price(value), KILOGRAMS.get(unit)
    if number is None or factor is None:
        return None
    kilograms = (Decimal(number) * factor).quantize(SMALLEST)
    return f"{kilograms:f}" if kilograms else None
