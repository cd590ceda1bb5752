# SPDX-License-Identifier: AGPL-3.0-or-later
"""Schema objects as a partner's table. No odoo in here."""

from ...schemas_goods import ShipNotice, ShippingOrder, StockReport
from ...schemas_orders import PurchaseOrder
from ..dates import local
from ..errors import Unwritable
from ..writing import number
from .rows import written


def write(values, layout):
    """The bytes of a table with these objects, a row a line.

    :raise Unwritable: one cannot be written in this layout
    """
    table = []
    for value in values:
        make = _ROWS.get((layout.document, type(value)))
        if make is None:
            kind = type(value).__name__
            raise Unwritable(f"{kind} is not written as a table of {layout.document!r}")
        table += make(value, layout)
    return written(table, layout)


def _figure(value, column, layout):
    if value is None:
        return ""
    if column is not None and column.scale:
        value = value.scaleb(column.scale)
        if value != value.to_integral_value():
            raise Unwritable(f"{column.path} has more than {column.scale} decimals")
    return str(number(value)).replace(".", layout.decimal)


def _date(at, column, layout, last=False):
    if at is None:
        return ""
    form = column.date_format or layout.date_format
    return local(at.last if last else at.first, layout.zone).strftime(form)


_LATEST = ("cancel_after", "ship_by", "deliver_by", "expires")


def _filled(layout, found):
    """{path: text} of what a row takes: of each column the value behind its path."""
    row = {}
    for column in layout.columns:
        value = found(column)
        row[column.path] = value if isinstance(value, str) else ""
    return row


def _head(column, value, layout):
    """What a column takes of a document."""
    kind, _dot, rest = column.path.partition(".")
    if kind == "date":
        at = getattr(value.dates, rest, None)
        if rest == "issued":
            at = getattr(value, "placed", None) or getattr(value, "created", None)
        return _date(at, column, layout, rest in _LATEST)
    if kind == "ref":
        return next((each.value for each in value.refs if each.qualifier == rest), "")
    if kind == "party":
        return _party(value, rest)
    if kind == "carrier":
        return getattr(getattr(value, "carrier", None), rest, "")
    if column.path == "as_of":
        return _date(value.as_of, column, layout)
    if column.path == "note":
        return " ".join(value.notes)
    return getattr(value, column.path, "")


def _party(value, path):
    role, _dot, name = path.partition(".")
    party = next((each for each in value.parties if each.role == role), None)
    if party is None:
        return ""
    if name in ("phone", "email"):
        return getattr(party.contact, name, "")
    return getattr(party, name, "")


def _item(column, item, layout):
    """What a column takes of a line; None where it is none of lines."""
    path = column.path
    if path.startswith("line.id."):
        wanted = path.removeprefix("line.id.")
        return next((each.value for each in item.ids if each.qualifier == wanted), "")
    if path.startswith("line.date."):
        name = path.removeprefix("line.date.")
        at = getattr(getattr(item, "dates", item), name, None)
        return _date(at, column, layout, name in _LATEST)
    if path == "line.price":
        price = getattr(item, "price", None)
        return _figure(price.amount if price else None, column, layout)
    if path in ("line.quantity", "line.ordered"):
        value = getattr(item, path.removeprefix("line."), None)
        return _figure(value, column, layout)
    if path == "line.unit":
        return item.unit
    if path.startswith("line."):
        return getattr(item, path.removeprefix("line."), "")
    return None


def _of_lines(value, layout):
    for line in value.lines:
        yield _filled(
            layout,
            lambda column, line=line: (
                _item(column, line, layout)
                if column.path.startswith("line.")
                else _head(column, value, layout)
            ),
        )


def _of_stock(report, layout):
    """A row an item and place; its states stand beside each other."""
    rows = {}
    for row in report.rows:
        place = row.place.code if row.place else ""
        rows.setdefault((row.ids, place, row.lot), []).append(row)
    for (_ids, place, _lot), some in rows.items():
        first = some[0]
        states = {each.status: each.quantity for each in some}
        if any(quantity < 0 for quantity in states.values()):
            raise Unwritable("less than nothing is never offered")
        yield _filled(
            layout,
            lambda column, first=first, states=states, place=place: _of_state(
                column, first, states, place, report, layout
            ),
        )


def _of_state(column, first, states, place, report, layout):
    kind, _dot, rest = column.path.partition(".")
    if kind == "quantity":
        return _figure(states.get(rest), column, layout)
    if kind == "place":
        return place if rest == "code" else ""
    if kind == "line":
        return _item(column, first, layout)
    return _head(column, report, layout)


def _of_shipment(notice, layout):
    for order in notice.orders:
        for pack, item in _packed(order):
            yield _filled(
                layout,
                lambda column, order=order, pack=pack, item=item: _of_pack(
                    column, notice, order, pack, item, layout
                ),
            )


def _packed(order):
    """[(package or None, item)]"""
    found = [(None, item) for item in order.items]
    stack = list(reversed(order.packs))
    while stack:
        pack = stack.pop()
        found += [(pack, item) for item in pack.items]
        stack += reversed(pack.packs)
    return found


def _of_pack(column, notice, order, pack, item, layout):
    if column.path == "line.order":
        return item.order_number or order.number
    if column.path.startswith("pack."):
        return getattr(pack, column.path.removeprefix("pack."), "") if pack else ""
    if column.path.startswith("line."):
        return _item(column, item, layout)
    return _head(column, notice, layout)


_ROWS = {
    ("order", PurchaseOrder): _of_lines,
    ("shipping_order", ShippingOrder): _of_lines,
    ("stock", StockReport): _of_stock,
    ("shipment", ShipNotice): _of_shipment,
}
