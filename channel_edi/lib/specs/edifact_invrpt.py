# SPDX-License-Identifier: AGPL-3.0-or-later
"""INVRPT: what there is in stock, or what has moved. No odoo in here."""

from decimal import Decimal

from ...schemas_goods import StockReport, StockRow
from ...schemas_parts import Party
from ..errors import Unwritable
from . import edifact_parts as parts
from .grammar import Loop, gather
from .x12_846 import state_of, without_totals

_LINE = Loop(
    "LIN",
    *("PIA", "IMD", "MEA", "ALI", "GIN", "HAN", "DTM", "RFF", "NAD", "CTA", "COM"),
    *("INV", "QTY", "LOC", "PRI", "MOA", "FTX", "CUX", "CPI", "RCS", "ICD", "TDT"),
    *("PAC", "STS"),
)
TABLE = Loop("UNH", *parts.HEAD, _LINE, *parts.TAIL)
STATES = {
    "145": "on_hand",
    "17": "on_hand",
    "33": "available",
    "66": "allocated",
    "89": "quality",
    "96": "quality",
    "124": "damaged",
    "198": "in_transit",
    "157": "other",
    "199": "other",
    "156": "other",
}
"""6063 (QTY 01), by the standard; the agreement's map is asked first."""
STATE_CODES = {
    "available": "145",
    "on_hand": "145",
    "allocated": "66",
    "quality": "89",
    "damaged": "124",
    "in_transit": "198",
}
SNAPSHOT = ("35", "")
"""1001 (BGM 01). Others tell movements, some of them with a snapshot's segments."""
OUT = "1"
"""4501 (INV 01): 1 is out, 2 is in."""


def read(document, context):
    make = {"LIN": lambda node, count: _rows(context, node, count + 1)}
    root, items = gather(document.segments(), TABLE, context, make)
    bgm = context.head(root, "BGM")
    dates = parts.dates(context, root.all("DTM"))
    purpose = parts.FUNCTIONS.get(bgm.get(3) or "9", "")
    moved = bgm.get(1) not in SNAPSHOT
    report = StockReport(
        number=bgm.get(2),
        rows=tuple(row for item in items for row in item),
        as_of=dates.as_of or parts.issued(context, root.all("DTM")),
        complete=False if purpose == "change" or moved else context.options.complete,
        purpose=purpose,
        purpose_code=bgm.get(3),
        type_code=bgm.get(1),
        parties=parts.parties(context, root.loops("NAD")),
        refs=parts.references(root.all("RFF")),
        item_count=parts.check_count(context, root, len(items)),
        notes=parts.free_texts(root.all("FTX")),
    )
    context.finish()
    return report


def _rows(context, node, position):
    """``StockRow`` of one LIN group, each with the place and the lot beside it."""
    ids = parts.item_ids(context, node.segment, node.all("PIA"))
    lots = [each.value for each in ids if each.qualifier in parts.LOTS]
    common = {
        "position": position,
        "ids": tuple(each for each in ids if each.qualifier not in parts.LOTS),
        "number": node.segment.get(1),
        "text": parts.description(node.all("IMD")),
        "price": parts.price(context, node.all("PRI")),
    }
    rows, near = [], _Near(lots[0] if lots else "")
    behind = _places_stand_behind(node)
    for segment in node.segments:
        if segment.id == "QTY":
            rows.append(_Draft(segment, near, behind))
            near = near.next()
        else:
            near.take(segment, rows, behind)
    made = [draft.row(context, common) for draft in rows]
    return without_totals(context, node.segment, made)


def _places_stand_behind(node):
    names = [each.id for each in node.segments if each.id in ("QTY", "LOC", "NAD")]
    return bool(names) and names[0] == "QTY" and names[-1] != "QTY"


class _Near:
    """What was told since the last number."""

    def __init__(self, lot, place=None, outward=None):
        self.lot, self.place, self.outward = lot, place, outward
        self.dates = []

    def next(self):
        return _Near(self.lot, self.place)

    def take(self, segment, rows, behind):
        name = segment.id
        if name in ("LOC", "NAD"):
            self.place = segment
            if behind:
                for draft in rows:
                    draft.place = draft.place or segment
        elif name == "INV":
            self.outward = segment.get(1) == OUT if segment.get(1) else None
            if rows and rows[-1].outward is None and rows[-1].fresh:
                rows[-1].outward = self.outward
        elif name == "DTM":
            (rows[-1].dates if rows else self.dates).append(segment)
        elif name == "RFF" and segment.get(1) == "BT":
            if rows:
                rows[-1].lot = segment.get(1, 2)
            else:
                self.lot = segment.get(1, 2)
        elif name == "GIN" and segment.get(1) == "BX":
            if rows:
                rows[-1].lot = segment.get(2)
            else:
                self.lot = segment.get(2)


class _Draft:
    """One number while its item is read."""

    fresh = True

    def __init__(self, segment, near, behind):
        self.segment, self.lot = segment, near.lot
        self.place = None if behind else near.place
        self.outward, self.dates = near.outward, list(near.dates)

    def row(self, context, common):
        segment, code = self.segment, self.segment.get(1)
        quantity = context.number(segment, 1, 2, need=True)
        quantity = Decimal(0) if quantity is None else quantity
        dates = parts.dates(context, self.dates)
        return StockRow(
            quantity=-abs(quantity) if self.outward else quantity,
            unit=segment.get(1, 3),
            qualifier=code,
            status=state_of(context, code, STATES),
            place=_place(self.place),
            lot=self.lot,
            expires=dates.expires,
            available=dates.available,
            incremental=self.outward is not None,
            **common,
        )


def _place(segment):
    if segment is None:
        return None
    agency = segment.get(2, 3)
    code = segment.get(1)
    role = parts.ROLES.get(code, "") if segment.id == "NAD" else "warehouse"
    return Party(
        role,
        code if segment.id == "NAD" else "",
        qualifier=parts.AGENCIES.get(agency, agency),
        code=segment.get(2),
        name=segment.get(4) if segment.id == "NAD" else segment.get(2, 4),
    )


def write(report, options):
    """Segments of a ``StockReport``: rows of the same item that follow each other share
    a LIN."""
    function = report.purpose_code or parts.FUNCTION_CODES.get(report.purpose, "9")
    found = [["BGM", report.type_code or "35", report.number, function]]
    found += parts.dtm(parts.ISSUED, report.as_of, options)
    found += parts.dtm("366", report.as_of, options)
    found += parts.ftx(report.notes)
    found += parts.rffs(report.refs)
    for each in report.parties:
        found += parts.nad(each)
    last, items = None, 0
    for row in report.rows:
        key = (row.ids, row.number, row.text)
        if key != last:
            items += 1
            last = key
            found += parts.lin(row.number or str(items), "", row.ids)
            found += parts.imd(row.text)
        if row.place is not None:
            agency = parts.AGENCY_CODES.get(row.place.qualifier, row.place.qualifier)
            found.append(["LOC", "18", (row.place.code, "", agency)])
        found.append(_quantity(row))
        if row.lot:
            found.append(["RFF", ("BT", row.lot)])
        found += parts.dtm("44", row.available, options)
        found += parts.dtm("36", row.expires, options, last=True)
    found.append(["CNT", ("2", str(items))])
    return found


def _quantity(row):
    if row.quantity < 0:
        raise Unwritable(f"{row.quantity} is less than nothing, and is never offered")
    code = row.qualifier or STATE_CODES.get(row.status, "")
    if not code:
        raise Unwritable(f"no code tells a stock that is {row.status!r}")
    return parts.qty(code, row.quantity, row.unit or "PCE")
