# SPDX-License-Identifier: AGPL-3.0-or-later
"""Extracts the readable part of an unreadable order. No odoo in here.

Used when an order is refused as malformed: its demand is real all the same, so what
names a listing and a number of units is held, rounded up, until a person has looked.
"""

import math
from decimal import Decimal, InvalidOperation

from ..schemas import MAX_NAME, MAX_QUANTITY


def number_of(value):
    """What is a number, or says one; None where it does not.

    >>> number_of("1.50"), number_of(3), number_of("x"), number_of("NaN")
    (Decimal('1.50'), Decimal('3'), None, None)
    """
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    return number if number.is_finite() else None


def units(value):
    """Whole units that cover ``value``; None where it is no number of units.

    >>> units(2), units("1.5"), units(0.25), units(-1), units("x"), units(True)
    (2, 2, 1, None, None, None)
    """
    number = number_of(value)
    if number is None or not 0 <= number <= MAX_QUANTITY:
        return None
    return math.ceil(number)


def ref(value):
    """A record's number or id as text, "" for none.

    >>> ref(12), ref("gid://shopify/Order/1"), ref(0), ref(None), ref([1])
    ('12', 'gid://shopify/Order/1', '', '', '')
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if value > 0 else ""
    return value[:MAX_NAME] if isinstance(value, str) else ""


def items(value):
    """The objects in a list, whatever else it has.

    >>> items([{"id": 1}, None]), items("x")
    ([{'id': 1}], [])
    """
    found = value if isinstance(value, list) else []
    return [each for each in found if isinstance(each, dict)]


def line(external_id, listing_ref, quantity, open_quantity, **words):
    """A line as OrderLineData's values; None where it says nothing to hold."""
    whole, left = units(quantity), units(open_quantity)
    if not external_id or whole is None:
        return None
    return {
        "external_id": external_id,
        "listing_ref": listing_ref,
        "quantity": whole,
        "open_quantity": whole if left is None else min(left, whole),
        **{name: ref(value) for name, value in words.items()},
    }


def order(external_id, name, version, lines, **values):
    """OrderData's values; None if the order cannot be identified."""
    known = {}
    for each in lines:
        if each:
            known.setdefault(each["external_id"], each)
    if not external_id or not version:
        return None
    return {
        "external_id": external_id,
        "name": ref(name) or external_id,
        "version": version,
        "complete": False,
        "lines": list(known.values()),
        **values,
    }
