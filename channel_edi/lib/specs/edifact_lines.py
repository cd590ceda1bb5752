# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lines of ORDERS, ORDCHG and ORDRSP: LIN groups. No odoo in here."""

from decimal import Decimal

from ...schemas_orders import OrderLine, Schedule
from ...schemas_parts import Allocation, Charge, PackFacts
from . import edifact_parts as parts
from .grammar import Loop

LIN = Loop(
    "LIN",
    *("PIA", "IMD", "MEA", "QTY", "PCD", "ALI", "DTM", "MOA", "GIN", "GIR", "QVR"),
    *("DOC", "PAI", "FTX", "PAT", "PRI", "CUX", "APR", "RNG", "RFF", "TAX", "TOD"),
    *("EQD", "RCS", "AJT", "INV", "GIS", "HAN", "DLM", "TMD"),
    Loop("PAC", "MEA", "QTY", Loop("PCI", "GIN")),
    Loop("LOC", "QTY", "DTM", "PCD"),
    Loop("SCC", "FTX", Loop("QTY", "DTM")),
    parts.NAD,
    parts.ALC,
    parts.TDT,
)
ORDERED = ("21", "1", "131", "47")
"""6063: 21 is what is ordered; guides without it say 1, a quantity as such."""


def line(context, node, position, needed=True):
    """The ``OrderLine`` of a LIN group."""
    lin = node.segment
    found, unit, _segment = parts.quantity(context, node.all("QTY"), *ORDERED)
    if found is None and needed and not context.faults:
        context.missing(lin, "QTY")
    return OrderLine(
        position=position,
        number=lin.get(1),
        quantity=Decimal(0) if found is None else found,
        unit=unit,
        price=parts.price(context, node.all("PRI")),
        ids=parts.item_ids(context, lin, node.all("PIA")),
        pack=_pack(context, node),
        allocations=tuple(_allocations(context, node)),
        schedules=tuple(_schedules(context, node)),
        dates=parts.dates(context, node.all("DTM")),
        text=parts.description(node.all("IMD")),
        refs=parts.references(node.all("RFF")),
        parties=parts.parties(context, node.loops("NAD")),
        charges=charges(context, node),
        notes=parts.free_texts(node.all("FTX")),
    )


def _pack(context, node):
    """59: how many units a consumer buys are in the ordered one; 52: in a package."""
    inner, unit, _segment = parts.quantity(context, node.all("QTY"), "59", "52")
    return PackFacts(size=inner, size_unit=unit) if inner is not None else None


def _allocations(context, node):
    for inner in node.loops("LOC"):
        loc = inner.segment
        found, unit, segment = parts.quantity(
            context, inner.all("QTY"), "11", "21", "1"
        )
        if segment is not None:
            agency = loc.get(2, 3)
            yield Allocation(
                loc.get(2),
                Decimal(0) if found is None else found,
                unit,
                parts.AGENCIES.get(agency, agency),
            )


def _schedules(context, node):
    for scc in node.loops("SCC"):
        for inner in scc.loops("QTY"):
            found = context.number(inner.segment, 1, 2, need=True)
            yield Schedule(
                Decimal(0) if found is None else found,
                inner.segment.get(1, 3),
                parts.dates(context, inner.all("DTM")),
            )


def charges(context, node):
    """``Charge`` of ALC groups: A takes off, C puts on."""
    found = []
    for inner in node.loops("ALC"):
        alc = inner.segment
        moa, pcd = inner.first("MOA"), inner.first("PCD")
        amount = context.number(moa, 1, 2) if moa else None
        if amount is not None and alc.get(1) == "A":
            amount = -abs(amount)
        found.append(
            Charge(
                code=alc.get(5) or alc.get(2),
                amount=amount,
                percent=context.number(pcd, 1, 2) if pcd else None,
                text=alc.get(5, 4),
            )
        )
    return tuple(found)


# ----------------------------------------------------------------- writing
def head(value, name, function, options, when=None):
    """From BGM to the parties."""
    found = [["BGM", name, value[0], function]]
    found += parts.dtm(parts.ISSUED, when, options)
    return found


def common(value, options, refs=()):
    """What follows BGM and the date of the message: dates, texts, references, parties,
    currency."""
    found = parts.dtms(value.dates, options)
    found += parts.ftx(value.notes)
    found += parts.rffs(tuple(refs) + tuple(value.refs))
    for each in value.parties:
        found += parts.nad(each)
    if getattr(value, "currency", ""):
        found.append(["CUX", ("2", value.currency, "9")])
    return found


def details(line, options):
    """What stands below LIN and its quantities."""
    found = parts.dtms(line.dates, options)
    found += parts.ftx(line.notes)
    found += parts.pri(line.price)
    found += parts.rffs(line.refs)
    for each in line.allocations:
        agency = parts.AGENCY_CODES.get(each.qualifier, each.qualifier)
        found.append(["LOC", "7", (each.code, "", agency)])
        found.append(parts.qty("11", each.quantity, each.unit or line.unit))
    for each in line.parties:
        found += parts.nad(each)
    for index, each in enumerate(line.schedules):
        if not index:
            found.append(["SCC", "1"])
        found.append(parts.qty("21", each.quantity, each.unit or line.unit))
        found += parts.dtms(each.dates, options)
    return found


def pack(line):
    if line.pack is None or line.pack.size is None:
        return []
    return [parts.qty("59", line.pack.size, line.pack.size_unit)]
