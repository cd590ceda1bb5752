# SPDX-License-Identifier: AGPL-3.0-or-later
"""947: a warehouse corrects its stock. No odoo in here."""

from decimal import Decimal
from typing import NamedTuple

from ...schemas_goods import Adjustment, AdjustmentLine
from ...schemas_parts import ItemId
from . import x12_parts as parts
from .grammar import Loop, gather
from .x12_945 import CASE

TABLE = Loop(
    "ST",
    *("W15!", "N9", "G61", "G62", "NTE", "REF", "LX"),
    parts.N1,
    Loop(
        "W19",
        *("G69", "N9", "NTE", "QTY", "MEA", "G62", "W20", "AMT", "FA1", "LM", "DTM"),
        parts.N1,
    ),
    "SE",
)


class Reason(NamedTuple):
    """What a reason means: see ``AdjustmentLine``. ``sign``: of the quantity, 0: either
    or none."""

    effect: str
    sign: int = 0
    source: str = ""
    target: str = ""


REASONS = {
    "05": Reason("state", 0, "available", "hold"),
    "55": Reason("state", 0, "hold", "available"),
    "08": Reason("state", 0, "available", "quality"),
    "88": Reason("state", 0, "quality", "available"),
    "AU": Reason("state", 0, "available", "damaged"),
    "06": Reason("total", -1),
    "56": Reason("total", +1),
    "07": Reason("total", -1),
    "51": Reason("total", +1),
    "52": Reason("total"),
    "AA": Reason("total"),
    "AB": Reason("total"),
    "AC": Reason("total"),
    "AE": Reason("total"),
    "AF": Reason("total"),
    "AK": Reason("total"),
    "AV": Reason("total"),
    "AW": Reason("total"),
    "AX": Reason("total"),
    "CR": Reason("total", +1),
    "CS": Reason("total", -1),
    # more has left, or less has come, than was told: the stock is less
    "03": Reason("shipment", -1),
    "53": Reason("shipment", +1),
    "04": Reason("receipt", -1),
    "54": Reason("receipt", +1),
    "AR": Reason("shipment"),
    "AY": Reason("receipt"),
}
"""426 (W1901), as used by 947; agreements may know more."""
UNKNOWN = Reason("")


def read(document, context):
    make = {"W19": lambda node, _count: _line(context, node)}
    root, found = gather(document.segments(), TABLE, context, make)
    w15 = context.head(root, "W15")
    if not found:
        context.missing(w15, "W19")
    adjustment = Adjustment(
        number=w15.get(2),
        lines=tuple(found),
        date=context.day(w15, 1),
        depositor_number=w15.get(3),
        parties=parts.parties(context, root.loops("N1")),
        refs=parts.references(root.all("N9", "REF")),
        notes=parts.notes(root),
    )
    context.finish()
    return adjustment


def _line(context, node):
    head = node.segment
    code = head.get(1)
    reason = REASONS.get(code, UNKNOWN)
    if not reason.effect:
        told = f"{code!r} is no reason that is known"
        context.wrong(head, 1, told, fatal=False)
    quantity = context.number(head, 2, need=True)
    quantity = Decimal(0) if quantity is None else quantity
    refs = parts.references(node.all("N9"))
    named = {each.qualifier: each.value for each in refs}
    case = (ItemId(CASE, head.get(4)),) if head.get(4) else ()
    return AdjustmentLine(
        reason=code,
        quantity=quantity,
        unit=head.get(3),
        effect=reason.effect,
        source=reason.source,
        target=reason.target,
        contradicts=bool(reason.sign and quantity * reason.sign < 0),
        number=named.get("LI", ""),
        ids=case + parts.segment_ids(context, head, 5, 8),
        lot=head.get(9) or named.get("LT", ""),
        type_code=head.get(16),
        at=_moment(context, node),
        refs=refs,
        text=" ".join(parts.texts(node.all("G69"), 1)),
    )


def _moment(context, node):
    """When it happened: of G62, or where some guides have added it to W19."""
    g62 = node.first("G62")
    if g62 is not None:
        return context.day(g62, 2, 4)
    for element in (19, 20):
        if len(node.segment.get(element)) == 8:
            return context.day(node.segment, element)
    return None
