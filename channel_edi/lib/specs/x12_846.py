# SPDX-License-Identifier: AGPL-3.0-or-later
"""846: what there is in stock. No odoo in here.

Guides put places before the numbers that they are of, or behind them: both are read.
"""

from decimal import Decimal

from ...schemas_goods import StockReport, StockRow
from ...schemas_parts import Dates, Party
from ..errors import Unwritable
from ..writing import number, text
from . import x12_lines as lines
from . import x12_parts as parts
from .grammar import Loop, Node, gather

_LINE = Loop(
    "LIN",
    *("PID", "MEA", "PKG", "DTM", "CTP", "CUR", "REF", "SAC", "IT8", "LDT", "PO4"),
    *("SCH", "QTY", "UIT", "LS", "LE", "SDQ", "N1", "N2", "N3", "N4", "PER", "MSG"),
    *("NTE", "G53", "PWK", "TD5", "LM", "LQ", "SI", "CS", "DD", "III"),
)
TABLE = Loop(
    "ST",
    *("BIA!", "DTM", "REF", "PER", "MEA", "PWK", "CUR", "MSG", "NTE", "TD5", "LM"),
    *("LQ", "SAC", "PKG"),
    parts.N1,
    _LINE,
    *("CTT", "SE"),
)
STATES = {
    "33": "available",
    "17": "on_hand",
    "26": "on_hand",
    "34": "available",
    "27": "allocated",
    "XU": "allocated",
    "QH": "hold",
    "29": "expected",
    "IQ": "in_transit",
    "77": "in_transit",
    "38": "other",
}
"""673 (QTY01), by the standard; the agreement's map is asked first: many partners send
33 and mean what is on hand."""
STATE_CODES = {
    "available": "33",
    "on_hand": "17",
    "allocated": "27",
    "hold": "QH",
    "expected": "29",
    "in_transit": "IQ",
}
INCREMENTAL = "69"
_DATES = {**parts.DATES, "007": "as_of", "097": "as_of"}
_LOTS = ("LT", "BT", "LV")
NO_DATES = Dates()
ALLOCATED_BY_PLACE = "SDQ"
"""The qualifier of numbers that SDQ tells: it has none of its own."""


def read(document, context):
    make = {"LIN": lambda node, count: _rows(context, node, count + 1)}
    root, items = gather(document.segments(), TABLE, context, make)
    bia = context.head(root, "BIA")
    rows = tuple(row for item in items for row in item)
    purpose = parts.PURPOSES.get(bia.get(1), "")
    dates = context.dates(root.all("DTM"), _DATES)
    report = StockReport(
        number=bia.get(3),
        rows=rows,
        as_of=dates.as_of or context.day(bia, 4, 5),
        complete=False if purpose == "change" else context.options.complete,
        purpose=purpose,
        purpose_code=bia.get(1),
        type_code=bia.get(2),
        parties=parts.parties(context, root.loops("N1")),
        refs=parts.references(root.all("REF")),
        item_count=lines.check_count(context, root, len(items)),
        notes=parts.notes(root),
    )
    context.finish()
    return report


class _Draft:
    """One number while its item is read."""

    __slots__ = ("segment", "place", "lot", "dates")

    def __init__(self, segment, place, lot, dates):
        self.segment, self.place, self.lot, self.dates = segment, place, lot, dates


def _rows(context, node, position):
    """``StockRow`` of one LIN loop."""
    ids = parts.segment_ids(context, node.segment, 2)
    lot = next((each.value for each in ids if each.qualifier in _LOTS), "")
    ids = tuple(each for each in ids if each.qualifier not in _LOTS)
    common = {
        "position": position,
        "ids": ids,
        "number": node.segment.get(1),
        "text": " ".join(parts.texts(node.all("PID"), 5)),
        "price": _price(context, node),
    }
    rows = []
    for draft in _drafts(context, node, lot):
        segment = draft.segment
        code = segment.get(1)
        quantity = context.number(segment, 2, need=True)
        rows.append(
            StockRow(
                quantity=Decimal(0) if quantity is None else quantity,
                unit=segment.get(3, 1),
                qualifier=code,
                status=state_of(context, code, STATES),
                place=draft.place,
                lot=draft.lot,
                expires=draft.dates.expires,
                available=draft.dates.available,
                incremental=code == INCREMENTAL,
                **common,
            )
        )
    rows = without_totals(context, node.segment, rows)
    places = node.all("SDQ")
    if not places:
        return rows
    status = state_of(context, ALLOCATED_BY_PLACE, {})
    for each in parts.allocations(context, places):
        rows.append(
            StockRow(
                quantity=each.quantity,
                unit=each.unit,
                qualifier=ALLOCATED_BY_PLACE,
                status=status,
                place=Party("", qualifier=each.qualifier, code=each.code),
                **common,
            )
        )
    return rows


def state_of(context, code, table):
    mapped = context.maps["states"].get(code)
    if mapped is not None or context.options.state_required:
        return mapped or ""
    return table.get(code, "")


def _price(context, node):
    ctp = node.first("CTP")
    return parts.price(context, ctp, 3, 99) if ctp is not None else None


def _drafts(context, node, lot):
    """The QTY segments of an item, with the place, the lot and the dates of each."""
    if all(each.parts[0] == "QTY" for each in node.segments):
        # as most reports have them
        return [_Draft(each, None, lot, NO_DATES) for each in node.segments]
    behind = _places_stand_behind(node)
    drafts, waiting, place, dates = [], [], None, NO_DATES
    near = []  # dates and lots since the last QTY
    nodes = _places(node)
    for segment in node.segments:
        name = segment.id
        if name == "QTY":
            _settle(context, drafts, near)
            near = []
            draft = _Draft(segment, None if behind else place, lot, dates)
            drafts.append(draft)
            waiting.append(draft)
        elif name == "N1":
            place = parts.party(context, nodes[segment.number])
            if behind:
                for draft in waiting:
                    draft.place = place
            waiting = []
        elif name == "DTM" and not drafts:
            dates = context.dates(_before_first(node, "DTM"), _DATES)
        elif name == "DTM":
            near.append(segment)
        elif name == "REF" and segment.get(1) in _LOTS:
            if drafts:
                near.append(segment)
            else:
                lot = segment.get(2)
    _settle(context, drafts, near)
    return drafts


def _before_first(node, name):
    """Segments of a name that stand before the first QTY."""
    found = []
    for segment in node.segments:
        if segment.id == "QTY":
            break
        if segment.id == name:
            found.append(segment)
    return found


def _settle(context, drafts, near):
    """Dates and lots behind a number are its own."""
    if not drafts or not near:
        return
    last = drafts[-1]
    lots = [each.get(2) for each in near if each.id == "REF"]
    if lots:
        last.lot = lots[0]
    dates = [each for each in near if each.id == "DTM"]
    if dates:
        last.dates = context.dates(dates, _DATES)


def _places(node):
    """The N1 loops of an item by the number of their segment: its address follows."""
    found, current = {}, None
    for segment in node.segments:
        if segment.id == "N1":
            current = Node(parts.N1, segment)
            found[segment.number] = current
        elif current is not None and segment.id in ("N2", "N3", "N4", "PER"):
            current.segments.append(segment)
    return found


def _places_stand_behind(node):
    """Whether places follow their numbers: a number is first, and a place is last."""
    names = [each.id for each in node.segments if each.id in ("QTY", "N1")]
    return bool(names) and names[0] == "QTY" and names[-1] == "N1"


def without_totals(context, segment, rows):
    """Rows that add up: a number of the item as a whole beside those of its places is
    their sum, and would count twice.

    It is a fault where it is not their sum: which of both is wrong nobody can tell.
    """
    placed = {row.qualifier for row in rows if row.place is not None}
    if not placed:
        return rows
    kept = []
    for row in rows:
        if row.place is None and row.qualifier in placed:
            parts_of = [
                each.quantity
                for each in rows
                if each.place is not None and each.qualifier == row.qualifier
            ]
            if sum(parts_of) != row.quantity:
                told = f"{row.quantity} is not the sum of its places, {sum(parts_of)}"
                context.wrong(segment, 0, told, kind=6)
            continue
        kept.append(row)
    return kept


def write(report, options):
    """Segments of a ``StockReport``: rows of the same item that follow each other share
    a LIN."""
    as_of = report.as_of
    purpose = report.purpose_code or parts.PURPOSE_CODES.get(report.purpose, "00")
    values = ["BIA", purpose, report.type_code or "DD", report.number]
    found = [[*values, lines.day(as_of, options), lines.clock(as_of, options)]]
    found += lines.refs(report.refs)
    for note in report.notes:
        found.append(["MSG", text(note, 264)])
    for each in report.parties:
        found += lines.n1(each)
    last, items = None, 0
    for row in report.rows:
        key = (row.ids, row.number, row.lot, row.text, row.available, row.expires)
        if key != last:
            items += 1
            last = key
            found += _item(row, options, items)
        if row.place is not None:
            found += lines.n1(row.place)
        found.append(_quantity(row))
    found.append(["CTT", str(items)])
    return found


def _item(row, options, items):
    ids = lines.pairs(row.ids)
    if row.lot:
        ids += ["LT", row.lot]
    found = [["LIN", row.number or str(items), *ids]]
    if row.text:
        found.append(["PID", "F", "", "", "", text(row.text, 80)])
    dates = Dates(available=row.available, expires=row.expires)
    found += lines.dtm(dates, options)
    if row.price is not None:
        found.append(["CTP", "", "", number(row.price.amount)])
    return found


def _quantity(row):
    if row.quantity < 0 and not row.incremental:
        raise Unwritable(f"{row.quantity} is less than nothing, and is never offered")
    code = row.qualifier or STATE_CODES.get(row.status, "")
    if not code:
        raise Unwritable(f"no code tells a stock that is {row.status!r}")
    return ["QTY", code, number(row.quantity), row.unit or "EA"]
