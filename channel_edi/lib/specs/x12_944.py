# SPDX-License-Identifier: AGPL-3.0-or-later
"""944: a warehouse has received. No odoo in here."""

from decimal import Decimal

from ...schemas_goods import Receipt, ReceiptException, ReceiptLine
from ...schemas_parts import ItemId
from . import x12_parts as parts
from .grammar import Loop, gather
from .x12_945 import CASE

TABLE = Loop(
    "ST",
    *("W17!", "N9", "G61", "G62", "NTE", "W08", "REF", "LX", "PWK", "W27"),
    parts.N1,
    Loop(
        "W07",
        *("G69", "N9", "W20", "QTY", "MEA", "AMT", "G66", "LM", "NTE", "FA1", "G62"),
        Loop("W13", "N9", "QTY"),
        parts.N1,
    ),
    *("W14", "SE"),
)
CONDITIONS = {"01": "damaged", "02": "short", "03": "over"}
"""412 (W1303)."""


def read(document, context):
    make = {"W07": lambda node, _count: _line(context, node)}
    root, found = gather(document.segments(), TABLE, context, make)
    w17 = context.head(root, "W17")
    if not found:
        context.missing(w17, "W07")
    w14 = root.first("W14")
    receipt = Receipt(
        number=w17.get(3),
        lines=tuple(found),
        order_number=w17.get(4),
        shipment_number=w17.get(5),
        reporting_code=w17.get(1),
        received=context.day(w17, 2),
        parties=parts.parties(context, root.loops("N1")),
        refs=parts.references(root.all("N9", "REF")),
        dates=context.dates(root.all("G62"), parts.WAREHOUSE_DATES),
        total=context.number(w14, 1) if w14 else None,
        notes=parts.notes(root),
    )
    context.finish()
    return receipt


def _line(context, node):
    head = node.segment
    received = context.number(head, 1, need=True)
    refs = parts.references(node.all("N9"))
    named = {each.qualifier: each.value for each in refs}
    case = (ItemId(CASE, head.get(3)),) if head.get(3) else ()
    return ReceiptLine(
        received=Decimal(0) if received is None else received,
        unit=head.get(2),
        number=named.get("LI", ""),
        ids=case + parts.segment_ids(context, head, 4, 7),
        lot=head.get(8) or named.get("LT", ""),
        adjusts=head.get(9) in ("A", "Y"),
        exceptions=tuple(_exception(context, each) for each in node.loops("W13")),
        text=" ".join(parts.texts(node.all("G69"), 1)),
        refs=refs,
    )


def _exception(context, node):
    segment = node.segment
    quantity = context.number(segment, 1, need=True)
    code = segment.get(3)
    return ReceiptException(
        quantity=Decimal(0) if quantity is None else quantity,
        condition=CONDITIONS.get(code, "other"),
        unit=segment.get(2),
        code=code,
        reason=segment.get(4),
    )
