# SPDX-License-Identifier: AGPL-3.0-or-later
"""940: a warehouse is told to ship. Written only. No odoo in here."""

from decimal import Decimal

from ...schemas_parts import Reference
from ..writing import number, text
from . import x12_lines as lines

PURPOSE_CODES = {
    "original": "N",
    "cancel": "F",
    "change": "R",
    "resubmission": "T",
    "backorder": "B",
}
"""473 (W0501)."""


def write(order, options):
    """Segments of a ``ShippingOrder``."""
    purpose = PURPOSE_CODES.get(order.purpose, "N")
    found = [["W05", purpose, order.number, order.po_number]]
    for party in order.parties:
        found += n1(party)
    found += n9(order.refs)
    found += lines.dtm(order.dates, options, "G62")
    for note in order.notes:
        found.append(["NTE", "WHI", text(note, 80)])
    if order.carrier:
        carrier = order.carrier
        values = ["W66", carrier.payment or "PP", carrier.mode or "M", "", ""]
        values += [text(carrier.name, 35), "", "", "", "", carrier.code]
        found.append(values)
    for index, line in enumerate(order.lines, 1):
        found.append(["LX", str(index)])
        case, ids = case_and_ids(line.ids)
        values = ["W01", number(line.quantity), line.unit, case, *pair(ids, 0)]
        found.append([*values, *pair(ids, 1), "", line.lot, *[""] * 5, *pair(ids, 2)])
        if line.text:
            found.append(["G69", text(line.text, 45)])
        refs = list(line.refs)
        if line.number:
            refs.insert(0, Reference("LI", line.number))
        found += n9(refs)
        for note in line.notes:
            found.append(["NTE", "LIN", text(note, 80)])
    total = sum((line.quantity for line in order.lines), Decimal(0))
    values = ["W76", number(total)]
    if order.weight:
        values += [number(order.weight.value), order.weight.unit]
    found.append(values)
    return found


def n9(values):
    return [["N9", each.qualifier, each.value, text(each.text, 45)] for each in values]


def n1(party):
    """The N1 loop of a ``Party``: warehouse sets tell more of it by N9."""
    return [["N9", *each[1:]] if each[0] == "REF" else each for each in lines.n1(party)]


def case_and_ids(ids):
    """(12 digits of a case's UPC, the other ids): the element that warehouse sets have
    for it takes nothing else."""
    case = next(
        (
            each
            for each in ids
            if each.qualifier in ("UA", "UD")
            and len(each.value) == 12
            and each.value.isdigit()
        ),
        None,
    )
    return (case.value if case else ""), [each for each in ids if each is not case]


def pair(ids, index):
    return [ids[index].qualifier, ids[index].value] if index < len(ids) else ["", ""]
