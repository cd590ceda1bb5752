# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orders with lines that are sold in fractions. No odoo in here.

A channel that sells 1.5 of something tells it as 1500 units of the size 0.001
(``OrderLineData.unit_size``), so that all else counts in whole units. The size of a
line never grows again: what was told of it before is counted in that size.
"""

from dataclasses import replace
from decimal import Decimal


def rescale(data, sizes):
    """``data`` (schemas.OrderData) with its lines counted in the sizes known before.

    :param sizes: id of a line -> the size that it is counted in (Decimal)
    """
    times = {}
    for line in data.lines:
        size = sizes.get(line.external_id, line.unit_size)
        if size < line.unit_size:
            times[line.external_id] = int(line.unit_size / size)
    if not times:
        return data
    return replace(
        data,
        lines=tuple(_rescale_line(line, times) for line in data.lines),
        refunds=_rescale_parts(data.refunds, times),
        shipments=_rescale_parts(data.shipments, times),
    )


def _rescale_line(line, times):
    """Deductions stay: a channel's level is in whole sold units."""
    number = times.get(line.external_id)
    if not number:
        return line
    shipped = line.shipped_quantity
    return replace(
        line,
        unit_size=line.unit_size / number,
        unit_price=None
        if line.unit_price is None
        else line.unit_price / Decimal(number),
        quantity=line.quantity * number,
        open_quantity=line.open_quantity * number,
        shipped_quantity=None if shipped is None else shipped * number,
    )


def _rescale_parts(records, times):
    """Rescale refunds and shipments, None if the channel does not report them."""
    if records is None:
        return None
    return tuple(
        replace(
            record,
            lines=tuple(
                replace(each, quantity=each.quantity * times.get(each.line_ref, 1))
                for each in record.lines
            ),
        )
        for record in records
    )
