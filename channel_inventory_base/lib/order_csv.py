# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orders as channels export them by hand: a row a line. No odoo in here.

Enough is read to hold stock: which order, when, which goods, how many. All the rest the
channel tells itself when it can be asked again.
"""

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from .salvage import units

COLUMNS = {
    "id": ("id", "orderid", "amazonorderid", "orderreference"),
    "name": ("name", "ordernumber", "orderno", "number"),
    "placed": ("createdat", "purchasedate", "orderdate", "datecreated", "date"),
    "cancelled": ("cancelledat", "canceledat"),
    "sku": ("lineitemsku", "sellersku", "itemsku", "productsku", "sku"),
    "title": ("lineitemname", "productname", "itemname", "title"),
    "quantity": ("lineitemquantity", "quantitypurchased", "itemquantity", "quantity"),
}
"""What their titles may be, without blanks and signs; the first one counts."""
NEEDED = ("id", "placed", "sku", "quantity")
FORMS = ("%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%m/%d/%Y %H:%M")
EARLIEST = timedelta(hours=14)
"""A time without a zone may be so much earlier than it is in UTC. An export must never
pass for newer than what the channel itself tells."""
DELIMITERS = ",;\t"
MAX_ROWS = 50_000


class BadExportError(ValueError):
    """The file is no export of orders. ``missing``: columns that are not in it."""

    def __init__(self, missing=()):
        super().__init__(", ".join(missing))
        self.missing = missing


@dataclass
class ExportedOrder:
    """``lines``: (SKU, title, units). ``titles``, ``rows``: as they are in the file."""

    ref: str
    name: str
    placed: datetime
    titles: list
    cancelled: datetime | None = None
    lines: list = field(default_factory=list)
    rows: list = field(default_factory=list)

    @property
    def version(self):
        return max(self.placed, self.cancelled or self.placed)


def read(text):
    """The orders of an export.

    :return: (list of ExportedOrder, numbers of the rows of the file that cannot be
        read); an order with such a row is left out as a whole
    :raise BadExportError: it has no row at all, or not the columns that are needed

    >>> text = "Id,Name,Created at,Lineitem sku,Lineitem quantity\\n"
    >>> text += "7,#1,2026-11-30 21:00:17 +0100,A,2\\n,#1,,B,1\\n8,#2,yesterday,A,1\\n"
    >>> [order], bad = read(text)
    >>> order.ref, order.placed.isoformat(), order.lines, bad
    ('7', '2026-11-30T20:00:17+00:00', [('A', '', 2), ('B', '', 1)], [4])
    """
    titles, rows = _cut(text)
    places = _find_columns(titles)
    found, bad = {}, {}
    last = ""
    for number, cells in rows:
        row = {name: _cell(cells, place) for name, place in places.items()}
        last = row["id"] or last
        try:
            _take(found, last, row, cells, titles)
        except ValueError:
            bad.setdefault(last, []).append(number)
    orders = [each for ref, each in found.items() if ref not in bad and each.lines]
    return orders, sorted(number for numbers in bad.values() for number in numbers)


def moment(text):
    """A time in an export, in UTC.

    >>> moment("2026-11-30T20:00:17Z").isoformat()
    '2026-11-30T20:00:17+00:00'
    >>> moment("30.11.2026 20:00").isoformat()
    '2026-11-30T06:00:00+00:00'
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = next(filter(None, (_parse(text, form) for form in FORMS)), None)
        if not found:
            raise
    if found.tzinfo is None:
        found = found.replace(tzinfo=timezone.utc) - EARLIEST
    return found.astimezone(timezone.utc)


def _parse(text, form):
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None


def _cut(text):
    """:return: (titles, (number in the file, cells) of each row)"""
    head = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=delimiter)
    rows = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, [cell.strip() for cell in cells]))
            if len(rows) > MAX_ROWS:
                raise BadExportError()
    except csv.Error as error:
        raise BadExportError() from error
    if len(rows) < 2:
        raise BadExportError()
    (_number, titles), *rest = rows
    return titles, rest


def _find_columns(titles):
    plain = [re.sub(r"[\W_]", "", title.lower()) for title in titles]
    places = {
        name: next((plain.index(each) for each in known if each in plain), None)
        for name, known in COLUMNS.items()
    }
    missing = [name for name in NEEDED if places[name] is None]
    if missing:
        raise BadExportError(missing)
    return places


def _cell(cells, place):
    return cells[place] if place is not None and place < len(cells) else ""


def _take(found, ref, row, cells, titles):
    """:raise ValueError: the row makes no sense"""
    if not ref:
        raise ValueError(ref)
    order = found.get(ref)
    if not order:
        # only its first row has what is of the order
        order = ExportedOrder(ref, row["name"] or ref, moment(row["placed"]), titles)
        found[ref] = order
    if row["cancelled"]:
        order.cancelled = moment(row["cancelled"])
    order.rows.append(cells)
    quantity = units(row["quantity"])
    if quantity is None or not (row["sku"] or row["title"]):
        raise ValueError(row["quantity"])
    if quantity:
        order.lines.append((row["sku"], row["title"], quantity))
