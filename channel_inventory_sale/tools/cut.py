# SPDX-License-Identifier: AGPL-3.0-or-later
"""Units of an order that were refused: what is left of it. No odoo in here."""

from dataclasses import replace

from .money import split_charge


def cut_lines(data, units, money):
    """``data`` (schemas.OrderData) without ``units`` of its lines, each with its part
    of discounts and taxes. Totals stay as they were told.

    :param units: id of the line -> sold units that are taken off
    """
    return replace(
        data,
        lines=tuple(
            _cut_line(line, min(units.get(line.external_id, 0), line.quantity), money)
            for line in data.lines
        ),
    )


def _cut_line(line, less, money):
    """
    >>> from decimal import Decimal
    >>> from odoo.addons.channel_inventory_base.schemas import OrderLineData
    >>> from odoo.addons.channel_inventory_sale.tools.money import Money
    >>> line = OrderLineData("1", "V", 3, 3, unit_price=Decimal(5), discount=Decimal(1))
    >>> kept = _cut_line(line, 1, Money(Decimal("0.01")))
    >>> kept.quantity, kept.open_quantity, kept.discount
    (2, 2, Decimal('0.67'))
    """
    if not less:
        return line
    kept = line.quantity - less
    left = {"quantity": kept, "open_quantity": min(line.open_quantity, kept)}
    if not kept:
        return replace(line, discount=line.discount * 0, taxes=(), **left)
    if line.unit_price is None:
        return replace(line, **left)
    part, _gone = split_charge(line, [kept, less], money)
    return replace(part, **left)
