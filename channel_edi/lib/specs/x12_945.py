# SPDX-License-Identifier: AGPL-3.0-or-later
"""945: a warehouse has shipped. No odoo in here."""

from ...schemas_goods import AdviceLine, ShippingAdvice
from ...schemas_parts import Carrier, ItemId, Reference
from . import x12_parts as parts
from .grammar import Loop, gather

_LINE = Loop(
    "W12",
    *("G69", "N9", "QTY", "MEA", "W20", "W27", "AMT", "LS", "LE", "R4", "SDQ", "DTM"),
    *("G62", "MAN", "NTE", "FA1", "FA2", "PO4", "PID", "LM", "LQ"),
    parts.N1,
)
TABLE = Loop(
    "ST",
    *("W06!", "N9", "PER", "G61", "NTE", "PWK", "G62", "W27", "W28", "W6", "W10"),
    *("G72", "TD1", "TD5", "REF", "FOB", "MAN"),
    parts.N1,
    Loop("LX", *("MAN", "PAL", "N9", "G62", "REF", "MEA", "W20", "TD1"), _LINE),
    _LINE,
    *("W03", "SE"),
)
REPORTING = {
    "F": "full",
    "N": "none",
    "X": "exceptions",
    "C": "return",
    "J": "original",
    "K": "simulation",
}
"""514 (W0601)."""
FATES = {
    "CC": "complete",
    "CL": "complete",
    "CM": "complete_more",
    "CP": "closed_short",
    "BP": "backordered",
    "BO": "backordered",
    "PR": "partial",
    "BK": "backorder_shipped",
    "CS": "substituted",
    "IS": "substitutes",
    "CU": "cancelled",
    "IC": "cancelled",
    "CN": "cancelled",
    "DS": "out_of_stock",
    "SD": "damaged",
}
"""368 (W1201). CP closes what is left, BP and BO keep it."""
_TRACKING = ("2I", "CN", "CP")
CASE = "UA"
"""The qualifier of elements that take a case's UPC without one."""


def read(document, context):
    make = {
        "W12": lambda node, _count: [_line(context, node, ())],
        "LX": lambda node, _count: _carton(context, node),
    }
    root, cartons = gather(document.segments(), TABLE, context, make)
    w06 = context.head(root, "W06")
    found = [line for carton in cartons for line in carton]
    code = w06.get(1)
    refs = parts.references(root.all("N9", "REF"))
    dates = context.dates(root.all("G62"), parts.WAREHOUSE_DATES)
    reporting = REPORTING.get(code, "other")
    if not found and reporting not in ("none", "exceptions"):
        context.missing(w06, "W12")
    w03 = root.first("W03")
    advice = ShippingAdvice(
        order_number=context.need(w06, 2),
        lines=tuple(found),
        reporting=reporting,
        reporting_code=code,
        shipped=context.day(w06, 3) or dates.shipped,
        number=w06.get(4),
        agent_number=w06.get(5),
        po_number=w06.get(6),
        link=w06.get(7),
        sequence=w06.get(8),
        bill_of_lading=next((r.value for r in refs if r.qualifier in ("BM", "MB")), ""),
        tracking=_tracking(refs, found, root),
        parties=parts.parties(context, root.loops("N1")),
        refs=refs,
        dates=dates,
        carrier=_carrier(root),
        total_units=context.number(w03, 1) if w03 else None,
        weight=parts.weight(context, w03, 2, 3),
        notes=parts.notes(root),
    )
    context.finish()
    return advice


def _carton(context, node):
    marks = _marks(node)
    return [_line(context, each, marks) for each in node.loops("W12")]


def _marks(node):
    """Ids of the carton that an LX is."""
    return tuple(
        Reference(each.get(index), each.get(index + 1))
        for each in node.all("MAN")
        for index in (1, 4)
        if each.get(index + 1)
    )


def _line(context, node, marks):
    head = node.segment
    code = head.get(1)
    fate = FATES.get(code, "")
    if not fate:
        told = f"{code!r} is no fate of a line that is known"
        context.wrong(head, 1, told, fatal=False)
    refs = parts.references(node.all("N9"))
    named = {each.qualifier: each.value for each in refs}
    return AdviceLine(
        shipped=context.number(head, 3, need=fate in ("complete", "closed_short")),
        unit=head.get(5),
        fate=fate,
        code=code,
        ordered=context.number(head, 2),
        difference=context.number(head, 4),
        number=named.get("LI", ""),
        ids=_ids(context, head, 6, 7) + _ids(context, head, 0, 21),
        original_ids=_ids(context, head, 16, 17),
        lot=head.get(9) or named.get("LT", "") or named.get("LV", ""),
        packs=marks + _marks(node),
        refs=refs,
        text=" ".join(parts.texts(node.all("G69"), 1)),
    )


def _ids(context, segment, case, pair):
    """Ids of a warehouse segment: the UPC of a case, then a pair."""
    found = []
    if case and segment.get(case):
        found.append(ItemId(CASE, segment.get(case)))
    qualifier, value = segment.get(pair), segment.get(pair + 1)
    if qualifier and value:
        found.append(
            ItemId(context.maps["qualifiers"].get(qualifier, qualifier), value)
        )
    return tuple(found)


def _tracking(refs, found, root):
    """Numbers of parcels: of the document, and of its cartons."""
    values = [each.value for each in refs if each.qualifier in _TRACKING]
    packs = [pack for line in found for pack in line.packs] + list(_marks(root))
    values += [each.value for each in packs if each.qualifier == "CP"]
    return tuple(dict.fromkeys(values))


def _carrier(root):
    w27 = root.first("W27")
    if w27 is not None:
        return Carrier(w27.get(2), w27.get(3), w27.get(1), payment=w27.get(4))
    return parts.carrier(root.first("TD5"))
