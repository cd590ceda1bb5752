# SPDX-License-Identifier: AGPL-3.0-or-later
"""RECADV: what has been received. No odoo in here."""

from decimal import Decimal

from ...schemas_goods import Receipt, ReceiptException, ReceiptLine
from . import edifact_parts as parts
from .grammar import Loop, gather

_PCI = Loop("PCI", "RFF", "DTM", "GIN", "QTY")
_LINE = Loop(
    "LIN",
    *("PIA", "IMD", "MEA", "QTY", "ALI", "DTM", "FTX", "RFF", "QVR", "PRI", "INV"),
    Loop("CDI", "INP", "FTX"),
    Loop("LOC", "NAD", "DTM", "QTY"),
    _PCI,
)
_CPS = Loop("CPS", "FTX", Loop("PAC", "MEA", "QTY", _PCI), _LINE)
TABLE = Loop("UNH", *parts.HEAD, _CPS, _LINE, *parts.TAIL)
RECEIVED = ("48", "194", "46", "12")
"""6063: 48 received, 194 received and accepted."""
EXCEPTIONS = {
    "124": "damaged",
    "119": "short",
    "121": "over",
    "195": "other",
    "196": "other",
    "197": "other",
}
"""6063, beside what was received."""


def read(document, context):
    make = {
        "LIN": lambda node, _count: [_line(context, node)],
        "CPS": lambda node, _count: [_line(context, e) for e in node.loops("LIN")],
    }
    root, levels = gather(document.segments(), TABLE, context, make)
    bgm = context.head(root, "BGM")
    found = [line for level in levels for line in level]
    if not found:
        context.missing(bgm, "LIN")
    rffs = root.all("RFF")
    dates = parts.dates(context, root.all("DTM"))
    receipt = Receipt(
        number=bgm.get(2),
        lines=tuple(found),
        order_number=parts.order_number(root),
        shipment_number=parts.reference(rffs, "AAK", "DQ", "ALO"),
        reporting_code=bgm.get(1),
        received=dates.delivered or parts.issued(context, root.all("DTM")),
        parties=parts.parties(context, root.loops("NAD")),
        refs=parts.references(rffs),
        dates=dates,
        notes=parts.free_texts(root.all("FTX")),
    )
    context.finish()
    return receipt


def _line(context, node):
    lin, qtys = node.segment, node.all("QTY")
    received, unit, segment = parts.quantity(context, qtys, *RECEIVED)
    if segment is None:
        context.missing(lin, "QTY+48")
    ids = parts.item_ids(context, lin, node.all("PIA"))
    refs = parts.references(node.all("RFF"))
    lots = [each.value for each in ids if each.qualifier in parts.LOTS]
    lots += [each.value for each in refs if each.qualifier == "BT"]
    exceptions = []
    for each in qtys:
        condition = EXCEPTIONS.get(each.get(1))
        quantity = context.number(each, 1, 2) if condition else None
        if quantity:
            exceptions.append(
                ReceiptException(quantity, condition, each.get(1, 3), each.get(1))
            )
    return ReceiptLine(
        received=Decimal(0) if received is None else received,
        unit=unit,
        number=lin.get(1),
        ids=tuple(each for each in ids if each.qualifier not in parts.LOTS),
        lot=next(iter(lots), ""),
        exceptions=tuple(exceptions),
        text=parts.description(node.all("IMD")),
        refs=refs,
    )
