# SPDX-License-Identifier: AGPL-3.0-or-later
"""Checks rows of a stock report before anything is stored. No odoo.

A report comes from outside: another system's export, somebody's spreadsheet. What can
be read counts, what cannot is named with its line, and neither hides the other.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation

# More of one product than any warehouse holds: a barcode in the wrong column.
ABSURD = Decimal(10) ** 9


@dataclass(frozen=True)
class Problem:
    """``line`` counts from 1; ``reason`` is one of the words below."""

    line: int
    code: str
    reason: str
    value: str = ""


@dataclass(frozen=True)
class Row:
    line: int
    code: str
    quantities: tuple
    product_id: int | None = None


def read_rows(rows, columns):
    """Rows whose quantities can be believed, and what is wrong with the others.

    :param rows: dicts with ``product`` (a code) or ``product_id``, and ``columns``;
        of the columns only the first must be there
    :return: (list of Row, list of Problem)

    >>> rows = [{"product": "A", "on_hand": "3"}, {"product": "B", "on_hand": -1}]
    >>> good, bad = read_rows(rows, ("on_hand", "damaged"))
    >>> [(row.code, [int(each) for each in row.quantities]) for row in good]
    [('A', [3, 0])]
    >>> [(problem.line, problem.reason) for problem in bad]
    [(2, 'negative')]
    """
    good, problems = [], []
    for line, row in enumerate(rows, 1):
        read = _read_row(line, row, columns)
        (good if isinstance(read, Row) else problems).append(read)
    return good, problems


def _read_row(line, row, columns):
    if not isinstance(row, dict):
        return Problem(line, "", "not_a_row", _describe(row))
    code = str(row.get("product") or "").strip()
    product_id = row.get("product_id")
    if not code and not _is_id(product_id):
        return Problem(line, code, "no_product", _describe(product_id))
    quantities = []
    for position, column in enumerate(columns):
        value = row.get(column)
        if position and value in (None, "", False):
            value = 0
        quantity, reason = read_quantity(value)
        if reason:
            return Problem(line, code or str(product_id), reason, _describe(value))
        quantities.append(quantity)
    return Row(line, code, tuple(quantities), product_id if not code else None)


def read_quantity(value):
    """:return: (Decimal, "") or (None, what is wrong with it)

    >>> read_quantity("12.5"), read_quantity(True), read_quantity("1e12")
    ((Decimal('12.5'), ''), (None, 'not_a_number'), (None, 'absurd'))
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None, "not_a_number"
    try:
        quantity = Decimal(str(value).strip())
    except InvalidOperation:
        return None, "not_a_number"
    if not quantity.is_finite():
        return None, "not_a_number"
    if quantity < 0:
        return None, "negative"
    return (None, "absurd") if quantity > ABSURD else (quantity, "")


def read_time(value):
    """A moment as naive UTC; None when it is none. Without a zone it is UTC.

    >>> read_time("2026-03-01T10:00:00+02:00")
    datetime.datetime(2026, 3, 1, 8, 0)
    >>> read_time("yesterday")
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    if value.tzinfo:
        value = value.astimezone(timezone.utc).replace(tzinfo=None)
    return value


def _is_id(value):
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _describe(value):
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return "" if value is None else str(value)[:80]
