# SPDX-License-Identifier: AGPL-3.0-or-later
"""Quantities that are no whole numbers: 1.5 metres of a roll.

The base counts in whole units. So a line with a fraction anywhere (sold, taken off the
shop's figure, paid back) is counted in thousandths of its unit, and says so.
"""

import copy
import math
from decimal import Decimal

from odoo.addons.channel_inventory_base.lib.amounts import step
from odoo.addons.channel_inventory_base.lib.salvage import items, number_of

from ..const import REDUCED, REFUNDED_ITEM

SIZE = Decimal("0.001")


def count_whole(raw, details):
    """``raw`` with whole numbers in the quantities of all its lines, as far as
    thousandths make them whole.

    :param details: key of the refunds' own bodies in ``raw``
    :return: (a body to read, ids of the lines that are counted in thousandths)
    """
    found = list(_quantities(raw, details))
    refs = {ref for ref, holder, key in found if _is_fraction(holder.get(key))}
    if not refs:
        return raw, refs
    raw = copy.deepcopy(raw)
    for ref, holder, key in _quantities(raw, details):
        number = _number(holder.get(key))
        if ref in refs and number is not None:
            holder[key] = _text(number / SIZE)
    return raw, refs


def tell(values, refs):
    """Say of the lines of an order which of them are counted in thousandths.

    :param values: what the mapper has made of ``count_whole``'s body; is changed
    """
    cent = step(values["currency"])
    for line in values["lines"]:
        if line["external_id"] in refs:
            line["unit_size"] = str(SIZE)
            line.update(_fine_price(line, cent))
            for taken in line["deductions"]:
                taken["quantity"] = math.ceil(taken["quantity"] * SIZE)


def _fine_price(line, cent):
    """A thousandth is less than a cent: what rounding its price up has made a discount
    is in the price again."""
    quantity, discount = line["quantity"], Decimal(line["discount"])
    if not quantity or discount >= quantity * cent:
        return {}
    paid = Decimal(line["unit_price"]) * quantity - discount
    return {"unit_price": str(round(paid / quantity, 12)), "discount": "0"}


def _quantities(raw, details):
    """(id of the order line, dictionary, key in it) of each quantity. Anything but a
    list of objects is refused by the mapper."""
    for line in items(raw.get("line_items")):
        ref = str(line.get("id"))
        yield ref, line, "quantity"
        for entry in items(line.get("meta_data")):
            if entry.get("key") == REDUCED:
                yield ref, entry, "value"
    for refund in items(raw.get(details)):
        for line in items(refund.get("line_items")):
            for entry in items(line.get("meta_data")):
                if entry.get("key") == REFUNDED_ITEM:
                    yield str(entry.get("value")), line, "quantity"


def _number(value):
    """None of a float: it has lost digits, and is for the mapper to refuse."""
    return None if isinstance(value, float) else number_of(value)


def _is_fraction(value):
    """
    >>> _is_fraction("1.5"), _is_fraction("2.0"), _is_fraction(2), _is_fraction("")
    (True, False, False, False)
    """
    number = _number(value)
    return number is not None and number != int(number)


def _text(number):
    """
    >>> _text(Decimal("1500.0")), _text(Decimal("0.5"))
    ('1500', '0.5')
    """
    return str(int(number)) if number == int(number) else str(number)
