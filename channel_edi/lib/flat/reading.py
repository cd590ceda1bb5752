# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tables as documents: the same schema objects as X12 and EDIFACT give. No odoo in
here."""

import re
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from ...schemas_goods import (
    STOCK_STATES,
    AdviceLine,
    Pack,
    ShipItem,
    ShipNotice,
    ShipOrder,
    ShippingAdvice,
    StockReport,
    StockRow,
)
from ...schemas_orders import OrderLine, PurchaseOrder
from ...schemas_parts import (
    Carrier,
    Contact,
    Dates,
    ItemId,
    Moment,
    Party,
    Price,
    Reference,
)
from ..dates import SECOND, YEARS, zone_of
from ..errors import BadTable, shown
from ..gs1 import sscc18
from .rows import rows

MAX_DIGITS = 15
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")
_DATES = frozenset(field.name for field in fields(Dates)) - {"others"}
_ADDRESS = ("code", "qualifier", "name", "name2", "street", "street2")
_ADDRESS += ("city", "zip", "state", "country")


def read(data, layout):
    """The documents of a table, in their order.

    :raise BadTable: with the line and the column; nothing of the file is taken then
    """
    make = {
        "order": _orders,
        "stock": _stock,
        "shipment": _shipments,
        "advice": _advices,
    }.get(layout.document)
    if make is None:
        raise BadTable(f"tables of {layout.document!r} are not read")
    table = _Table(layout)
    return make(table, [_Row(table, *row) for row in rows(data, layout)])


def _grouped_by(whole, mark):
    """Whether marks of thousands stand where they belong: 1.200, and not 12.00.

    >>> [_grouped_by(each, ".") for each in ("1.200", "12.00", "1.2.3", "1.200.000")]
    [True, False, False, True]
    """
    first, *groups = whole.split(mark)
    return 0 < len(first) <= 3 and all(len(each) == 3 for each in groups)


class _Table:
    """The layout, ready to read values with."""

    def __init__(self, layout):
        self.layout = layout
        self.columns = {each.path: each for each in layout.columns}
        self.ids = self._below("line.id.")
        self.line_dates = self._below("line.date.")
        self.dates = self._below("date.")
        self.refs = self._below("ref.")
        self.states = self._below("quantity.")
        roles = [
            path.split(".")[1] for path in self.columns if path.startswith("party.")
        ]
        self.roles = list(dict.fromkeys(roles))
        for name in (*self.dates, *self.line_dates):
            if name not in _DATES:
                raise BadTable(f"{name!r} is no date that is known")
        for name in self.states:
            if name not in STOCK_STATES:
                raise BadTable(f"{name!r} is no state of stock that is known")

    def _below(self, prefix):
        return [p.removeprefix(prefix) for p in self.columns if p.startswith(prefix)]


class _Row:
    """One row, whose values know where they stand."""

    def __init__(self, table, number, values):
        self.table, self.number, self.values = table, number, values

    def text(self, path):
        return self.values.get(path, "")

    def wrong(self, path, words):
        column = self.table.columns.get(path)
        raise BadTable(
            f"{column.header or path if column else path}: {words}",
            segment=self.number,
            element=column.position if column else 0,
            value=shown(self.text(path)),
        )

    def decimal(self, path, default=None):
        """A number by the layout's marks; ``default`` where nothing stands there."""
        value, layout = self.text(path), self.table.layout
        if not value:
            return default
        bare = value.replace("\u00a0", "").replace(" ", "")
        if layout.thousands and layout.thousands in bare:
            whole = bare.partition(layout.decimal)[0].lstrip("+-")
            if not _grouped_by(whole, layout.thousands):
                self.wrong(path, f"{shown(value)!r} is no number")
            bare = bare.replace(layout.thousands, "")
        if bare[-1:] == "-":
            bare = "-" + bare[:-1]
        if layout.decimal != ".":
            if "." in bare:
                self.wrong(path, f"{shown(value)!r} is no number")
            bare = bare.replace(layout.decimal, ".")
        whole, _point, part = bare.lstrip("+-").partition(".")
        fits = len(whole.lstrip("0")) <= MAX_DIGITS and len(part) <= MAX_DIGITS
        if not _NUMBER.fullmatch(bare) or not bare.isascii() or not fits:
            self.wrong(path, f"{shown(value)!r} is no number")
        number = Decimal(bare)
        scale = self.table.columns[path].scale
        return number.scaleb(-scale) if scale else number

    def quantity(self, path="line.quantity"):
        found = self.decimal(path)
        if found is None:
            self.wrong(path, "a quantity is missing")
        return found

    def moment(self, path):
        """A day, or a time where the format has one; None: nothing stands there."""
        value = self.text(path)
        if not value:
            return None
        layout = self.table.layout
        form = self.table.columns[path].date_format or layout.date_format
        try:
            start = datetime.strptime(value, form)
            if start.year not in YEARS:
                raise ValueError(value)
            zone = zone_of(layout.zone)
            if start.tzinfo is not None:
                start = start.astimezone(timezone.utc).replace(tzinfo=None)
                zone = timezone.utc
        except (ValueError, OverflowError):
            self.wrong(path, f"{shown(value)!r} is no date of the form {form}")
        length = timedelta(days=1)
        if any(each in form for each in ("%H", "%I", "%X", "%c")):
            length = SECOND if "%S" in form else timedelta(minutes=1)
        first = start.replace(tzinfo=zone).astimezone(timezone.utc)
        last = (start + length).replace(tzinfo=zone).astimezone(timezone.utc) - SECOND
        return Moment(first, max(first, last), value)

    def dates(self, names, prefix):
        found = {name: self.moment(f"{prefix}{name}") for name in names}
        return Dates(**{name: at for name, at in found.items() if at})

    def ids(self):
        return tuple(
            ItemId(each, self.text(f"line.id.{each}"))
            for each in self.table.ids
            if self.text(f"line.id.{each}")
        )

    def refs(self):
        return tuple(
            Reference(each, self.text(f"ref.{each}"))
            for each in self.table.refs
            if self.text(f"ref.{each}")
        )

    def parties(self):
        return tuple(
            party
            for role in self.table.roles
            if (party := self._party(role)) is not None
        )

    def _party(self, role):
        values = {name: self.text(f"party.{role}.{name}") for name in _ADDRESS}
        phone, email = (self.text(f"party.{role}.{n}") for n in ("phone", "email"))
        if not any(value for name, value in values.items() if name != "qualifier"):
            return None
        contact = Contact("", phone, email) if phone or email else None
        return Party(role, contact=contact, **values)

    def unit(self):
        return self.text("line.unit") or self.table.layout.unit


def _grouped(table, all_rows, path="number"):
    """[[rows of a document]] in the order of their first row; what is of the document
    has to be the same in all of its rows."""
    groups = {}
    for row in all_rows:
        number = row.text(path)
        if not number:
            row.wrong(path, "the number of the document is missing")
        groups.setdefault(number, []).append(row)
    heads = [
        each
        for each in table.columns
        if not each.startswith(("line.", "pack.", "quantity.", "place."))
    ]
    for group in groups.values():
        first = group[0]
        for row in group[1:]:
            for head in heads:
                if row.text(head) and row.text(head) != first.text(head):
                    row.wrong(head, f"it was {shown(first.text(head))!r} a row before")
    return list(groups.values())


def _notes(row):
    return tuple(filter(None, [row.text("note")]))


def _carrier(row):
    code, name = row.text("carrier.code"), row.text("carrier.name")
    return Carrier(code, name) if code or name else None


# ------------------------------------------------------------------- kinds
def _orders(table, all_rows):
    found = []
    for group in _grouped(table, all_rows):
        row = group[0]
        found.append(
            PurchaseOrder(
                number=row.text("number"),
                release=row.text("release"),
                lines=tuple(_order_line(each, n) for n, each in enumerate(group, 1)),
                placed=row.moment("date.issued"),
                currency=row.text("currency"),
                dates=row.dates([n for n in table.dates if n != "issued"], "date."),
                parties=row.parties(),
                refs=row.refs(),
                carrier=_carrier(row),
                notes=_notes(row),
                line_count=len(group),
            )
        )
    return found


def _order_line(row, position):
    amount = row.decimal("line.price")
    return OrderLine(
        position=position,
        number=row.text("line.number"),
        quantity=row.quantity(),
        unit=row.unit(),
        price=Price(amount) if amount is not None else None,
        ids=row.ids(),
        dates=row.dates(row.table.line_dates, "line.date."),
        text=row.text("line.text"),
    )


def _stock(table, all_rows):
    found, positions, seen = [], {}, set()
    for row in all_rows:
        ids = row.ids()
        if not ids:
            row.wrong("line.id", "no id of the item")
        position = positions.setdefault(ids, len(positions) + 1)
        place, qualifier = row.text("place.code"), row.text("place.qualifier")
        key = (ids, qualifier, place, row.text("line.lot"), row.unit())
        if key in seen:
            # of two numbers nobody knows whether they add up, or which of them is old
            row.wrong("line.id", "the item is there twice, at the same place")
        seen.add(key)
        for state in table.states:
            quantity = row.decimal(f"quantity.{state}")
            if quantity is None:
                continue
            found.append(
                StockRow(
                    position=position,
                    quantity=quantity,
                    unit=row.unit(),
                    qualifier=state,
                    status=state,
                    ids=ids,
                    place=Party("warehouse", "", qualifier, place) if place else None,
                    lot=row.text("line.lot"),
                    expires=row.moment("line.date.expires"),
                    available=row.moment("line.date.available"),
                    text=row.text("line.text"),
                )
            )
    first = all_rows[0] if all_rows else None
    return [
        StockReport(
            number=first.text("number") if first else "",
            rows=tuple(found),
            as_of=_newest(all_rows),
            complete=table.layout.complete,
            parties=first.parties() if first else (),
            item_count=len(positions),
        )
    ]


def _newest(all_rows):
    """The time of a table whose rows bear one each: the oldest, for all of them hold at
    that time at the latest."""
    times = [at for at in (row.moment("as_of") for row in all_rows) if at]
    return min(times, key=lambda at: at.first) if times else None


def _shipments(table, all_rows):
    found = []
    for group in _grouped(table, all_rows):
        row = group[0]
        found.append(
            ShipNotice(
                number=row.text("number"),
                orders=_ship_orders(group),
                created=row.moment("date.issued"),
                structure="",
                bill_of_lading=row.text("bill_of_lading"),
                tracking=row.text("tracking"),
                dates=row.dates([n for n in table.dates if n != "issued"], "date."),
                carrier=_carrier(row),
                parties=row.parties(),
                refs=row.refs(),
                notes=_notes(row),
            )
        )
    return found


def _ship_orders(group):
    """``ShipOrder`` of the rows: those of a package are together."""
    orders = {}
    for row in group:
        held = orders.setdefault(row.text("line.order"), {})
        sscc, tracking = row.text("pack.sscc"), row.text("pack.tracking")
        if sscc and not sscc18(sscc):
            row.wrong("pack.sscc", f"{shown(sscc)!r} is no SSCC")
        held.setdefault((sscc18(sscc), tracking), []).append(_ship_item(row))
    return tuple(
        ShipOrder(
            number,
            packs=tuple(
                Pack(sscc=sscc, tracking=tracking, items=tuple(items))
                for (sscc, tracking), items in held.items()
                if sscc or tracking
            ),
            items=tuple(held.get(("", ""), ())),
        )
        for number, held in orders.items()
    )


def _ship_item(row):
    return ShipItem(
        quantity=row.quantity(),
        unit=row.unit(),
        number=row.text("line.number"),
        ids=row.ids(),
        ordered=row.decimal("line.ordered"),
        lot=row.text("line.lot"),
        expires=row.moment("line.date.expires"),
        text=row.text("line.text"),
    )


def _advices(table, all_rows):
    found = []
    for group in _grouped(table, all_rows):
        row = group[0]
        tracking = [each.text("pack.tracking") for each in group]
        tracking = [row.text("tracking"), *tracking]
        found.append(
            ShippingAdvice(
                order_number=row.text("number"),
                lines=tuple(_advice_line(each) for each in group),
                shipped=row.moment("date.shipped"),
                number=row.text("shipment"),
                po_number=row.text("po_number"),
                bill_of_lading=row.text("bill_of_lading"),
                tracking=tuple(dict.fromkeys(each for each in tracking if each)),
                parties=row.parties(),
                refs=row.refs(),
                dates=row.dates(table.dates, "date."),
                carrier=_carrier(row),
                notes=_notes(row),
            )
        )
    return found


def _advice_line(row):
    ordered = row.decimal("line.ordered")
    shipped = row.quantity()
    fate = row.text("line.status")
    if not fate and ordered is not None and shipped >= ordered:
        fate = "complete"
    sscc = row.text("pack.sscc")
    return AdviceLine(
        shipped=shipped,
        unit=row.unit(),
        fate=fate,
        code=row.text("line.status"),
        ordered=ordered,
        number=row.text("line.number"),
        ids=row.ids(),
        lot=row.text("line.lot"),
        packs=(Reference("GM", sscc),) if sscc else (),
        text=row.text("line.text"),
    )
