# SPDX-License-Identifier: AGPL-3.0-or-later
"""943: a warehouse is told what comes. Written only. No odoo in here."""

from decimal import Decimal

from ...schemas_parts import Reference
from ..writing import number, text
from . import x12_lines as lines
from .x12_940 import case_and_ids, n1, n9, pair

PURPOSE_CODES = {"original": "N", "cancel": "F", "change": "R", "replace": "R"}


def write(notice, options):
    """Segments of a ``ReceiptNotice``."""
    purpose = PURPOSE_CODES.get(notice.purpose, "N")
    day = lines.day(notice.date, options)
    found = [["W06", purpose, notice.number, day, notice.shipment_number]]
    for party in notice.parties:
        found += n1(party)
    found += n9(notice.refs)
    found += lines.dtm(notice.dates, options, "G62")
    for note in notice.notes:
        found.append(["NTE", "WHI", text(note, 80)])
    if notice.carrier:
        carrier = notice.carrier
        values = ["W27", carrier.mode or "M", carrier.code, text(carrier.name, 35)]
        found.append([*values, carrier.payment])
    for index, line in enumerate(notice.lines, 1):
        found.append(["LX", str(index)])
        case, ids = case_and_ids(line.ids)
        values = ["W04", number(line.quantity), line.unit, case, *pair(ids, 0)]
        found.append([*values, *pair(ids, 1), line.lot])
        if line.text:
            found.append(["G69", text(line.text, 45)])
        refs = list(line.refs)
        if line.number:
            refs.insert(0, Reference("LI", line.number))
        found += n9(refs)
    total = sum((line.quantity for line in notice.lines), Decimal(0))
    found.append(["W03", number(total)])
    return found
