# SPDX-License-Identifier: AGPL-3.0-or-later
"""ORDERS: an order. No odoo in here."""

from ...schemas_orders import PurchaseOrder
from ...schemas_parts import Reference
from . import edifact_lines as lines
from . import edifact_parts as parts
from .grammar import Loop, gather

TABLE = Loop("UNH", *parts.HEAD, lines.LIN, *parts.TAIL)
TYPES = {
    "220": "standalone",
    "105": "standalone",
    "224": "rush",
    "221": "blanket",
    "226": "release",
    "241": "call_off",
    "227": "consignment",
    "228": "sample",
    "402": "call_off",
}
"""1001 (BGM 01)."""
TYPE_CODES = {
    "standalone": "220",
    "new": "220",
    "dropship": "220",
    "rush": "224",
    "blanket": "221",
    "blanket_estimate": "221",
    "release": "226",
    "call_off": "226",
    "consignment": "227",
    "sample": "228",
}
WITHOUT_LINES = ("cancel", "confirmation", "information")


def read(document, context):
    make = {"LIN": lambda node, count: lines.line(context, node, count + 1)}
    root, found = gather(document.segments(), TABLE, context, make)
    bgm = context.head(root, "BGM")
    function = bgm.get(3)
    purpose = parts.FUNCTIONS.get(function, "") if function else "original"
    if not found and purpose not in WITHOUT_LINES:
        context.missing(bgm, "LIN")
    code = bgm.get(1)
    rffs = root.all("RFF")
    order = PurchaseOrder(
        number=context.need(bgm, 2),
        lines=tuple(found),
        purpose=purpose,
        purpose_code=function,
        type=context.maps["order_types"].get(code) or TYPES.get(code, ""),
        type_code=code,
        release=parts.reference(rffs, "RE"),
        placed=parts.issued(context, root.all("DTM")),
        contract=parts.reference(rffs, "CT", "BO"),
        currency=parts.currency(root),
        dates=parts.dates(context, root.all("DTM")),
        parties=parts.parties(context, root.loops("NAD")),
        refs=parts.references(rffs),
        charges=lines.charges(context, root),
        carrier=parts.carrier(root),
        notes=parts.free_texts(root.all("FTX")),
        line_count=parts.check_count(context, root, len(found)),
        total=_total(context, root),
    )
    context.finish()
    return order


def _total(context, root):
    """86 the message's total, 79 of its lines."""
    for code in ("86", "79"):
        for each in root.all("MOA"):
            if each.get(1) == code:
                return context.number(each, 1, 2)
    return None


def write(order, options):
    """Segments of a ``PurchaseOrder`` to a supplier."""
    name = order.type_code or TYPE_CODES.get(order.type, "220")
    function = order.purpose_code or parts.FUNCTION_CODES.get(order.purpose, "9")
    found = [["BGM", name, order.number, function]]
    found += parts.dtm(parts.ISSUED, order.placed, options)
    named = {(each.qualifier, each.value) for each in order.refs}
    refs = [
        Reference(code, value)
        for code, value in (("CT", order.contract), ("RE", order.release))
        if value and (code, value) not in named
    ]
    found += lines.common(order, options, refs)
    for line in order.lines:
        found += parts.lin(line.number or str(line.position), "", line.ids)
        found += parts.imd(line.text)
        found.append(parts.qty("21", line.quantity, line.unit))
        found += lines.pack(line)
        found += lines.details(line, options)
    found.append(["UNS", "S"])
    if order.total is not None:
        found.append(["MOA", ("86", lines.parts.number(order.total))])
    found.append(["CNT", ("2", str(len(order.lines)))])
    return found
