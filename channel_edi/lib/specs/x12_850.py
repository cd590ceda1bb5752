# SPDX-License-Identifier: AGPL-3.0-or-later
"""850: an order. No odoo in here."""

from ...schemas_orders import PurchaseOrder
from ..writing import number
from . import x12_lines as lines
from . import x12_parts as parts
from .grammar import Loop, gather

TABLE = Loop("ST", "BEG!", *lines.HEAD, Loop("PO1", "POD", *lines.CONTENT), *lines.TAIL)
TYPES = {
    "SA": "standalone",
    "KN": "standalone",
    "OS": "standalone",
    "NE": "new",
    "RE": "new",
    "DS": "dropship",
    "RL": "release",
    "RO": "rush",
    "BK": "blanket",
    "BE": "blanket_estimate",
    "CN": "consignment",
    "SP": "sample",
}
"""92 (BEG02)."""
TYPE_CODES = {
    "standalone": "SA",
    "new": "NE",
    "dropship": "DS",
    "release": "RL",
    "rush": "RO",
    "blanket": "BK",
    "blanket_estimate": "BE",
    "consignment": "CN",
    "sample": "SP",
}
WITHOUT_LINES = ("cancel", "confirmation", "information")


def read(document, context):
    make = {"PO1": lambda node, count: _line(context, node, count + 1)}
    root, found = gather(document.segments(), TABLE, context, make)
    beg = context.head(root, "BEG")
    purpose = parts.PURPOSES.get(beg.get(1), "")
    if not found and purpose not in WITHOUT_LINES:
        context.missing(beg, "PO1")
    type_code = beg.get(2)
    order = PurchaseOrder(
        number=context.need(beg, 3),
        lines=tuple(found),
        purpose=purpose,
        purpose_code=beg.get(1),
        type=context.maps["order_types"].get(type_code) or TYPES.get(type_code, ""),
        type_code=type_code,
        release=beg.get(4),
        placed=context.day(beg, 5),
        contract=beg.get(6),
        currency=lines.currency(root),
        dates=context.dates(root.all("DTM"), parts.DATES),
        parties=parts.parties(context, root.loops("N1")),
        refs=parts.references(
            root.all("REF") + [each.segment for each in root.loops("N9")]
        ),
        charges=parts.charges(context, root.all("SAC")),
        carrier=parts.carrier(root.first("TD5")),
        terms=lines.terms(root),
        notes=parts.notes(root),
        line_count=lines.check_count(context, root, len(found)),
        hash_total=context.number(root.first("CTT"), 2),
        total=lines.total(context, root),
    )
    context.finish()
    return order


def _line(context, node, position):
    return lines.line(context, node, position, quantity=2, unit=3, price=4, ids=6)


def write(order, options):
    """Segments of an ``PurchaseOrder`` to a supplier."""
    purpose = order.purpose_code or parts.PURPOSE_CODES.get(order.purpose, "00")
    kind = order.type_code or TYPE_CODES.get(order.type, "SA")
    placed = lines.day(order.placed, options)
    found = [
        ["BEG", purpose, kind, order.number, order.release, placed, order.contract]
    ]
    found += lines.head(order, options)
    for line in order.lines:
        quantity = [number(line.quantity), line.unit]
        price = lines.price(line.price)
        name = line.number or str(line.position)
        found.append(["PO1", name, *quantity, *price, *lines.pairs(line.ids)])
        found += lines.details(line, options)
    hashed = sum((line.quantity for line in order.lines), 0)
    found.append(["CTT", str(len(order.lines)), number(hashed)])
    if order.total is not None:
        found.append(["AMT", "TT", number(order.total)])
    return found
