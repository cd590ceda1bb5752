# SPDX-License-Identifier: AGPL-3.0-or-later
"""DESADV: a shipment with packs and items, as a tree of CPS. No odoo in here."""

from decimal import Decimal

from ...schemas_goods import Pack, ShipItem, ShipNotice, ShipOrder
from ...schemas_parts import ItemId, Reference, Weight
from ..errors import BadDocument
from ..gs1 import sscc18
from ..writing import number
from . import edifact_parts as parts
from .grammar import Loop, gather
from .x12_856 import packed, whole_sscc

_PCI = Loop("PCI", "RFF", "DTM", "GIR", "GIN", "MEA", "QTY")
_LINE = Loop(
    "LIN",
    *("PIA", "IMD", "MEA", "QTY", "ALI", "GIN", "GIR", "DLM", "DTM", "FTX", "MOA"),
    *("RFF", "TDT", "HAN", "QVR", "SGP", "DGS"),
    Loop("LOC", "NAD", "DTM", "QTY"),
    _PCI,
)
_CPS = Loop(
    "CPS",
    "FTX",
    Loop("PAC", "MEA", "QTY", "RFF", "FTX", _PCI, "GIN"),
    *("GIN", "MEA"),
    _LINE,
)
TABLE = Loop("UNH", *parts.HEAD, _CPS, *parts.TAIL)
PALLETS = ("201", "200", "202", "203", "PX", "PF", "PL", "08", "09", "PE")
"""7065: packagings that hold others."""
DEEPEST = 12
SHIPMENT = "1"
"""The first CPS, by which the others hang together."""
SHIPPED, ORDERED = "12", "21"


class _Level:
    """One CPS while the tree grows."""

    __slots__ = ("node", "children", "depth", "is_top")

    def __init__(self, node, depth, is_top):
        self.node, self.depth, self.children = node, depth, []
        self.is_top = is_top


def read(document, context):
    levels, last = {}, []
    make = {"CPS": lambda node, _count: _placed(context, node, levels, last)}
    root, found = gather(document.segments(), TABLE, context, make)
    bgm = context.head(root, "BGM")
    tops = [level for level in found if level is not None and level.is_top]
    if not tops:
        if not context.faults:
            context.missing(bgm, "CPS")
        raise BadDocument(context.faults[-1], context.faults)
    rffs = root.all("RFF")
    packs, items = [], []
    for level in tops:
        _collect(context, level, packs, items)
    pac = next((n for level in tops for n in level.node.loops("PAC")), None)
    notice = ShipNotice(
        number=context.need(bgm, 2),
        orders=_orders(parts.order_number(root), packs, items),
        purpose=parts.FUNCTIONS.get(bgm.get(3) or "9", ""),
        purpose_code=bgm.get(3),
        created=parts.issued(context, root.all("DTM")),
        structure="",
        bill_of_lading=parts.reference(rffs, "BM", "AAS", "CR"),
        tracking=parts.reference(rffs, "CN", "AAM"),
        dates=parts.dates(context, root.all("DTM")),
        carrier=parts.carrier(root),
        packages=context.whole(pac.segment, 1) if pac else None,
        packaging=pac.segment.get(3) if pac else "",
        weight=_weight(context, root.all("MEA")),
        parties=parts.parties(context, root.loops("NAD")),
        refs=parts.references(rffs),
        notes=parts.free_texts(root.all("FTX")),
        count=parts.check_count(context, root, _count_lines(tops)),
    )
    context.finish()
    return notice


def _count_lines(levels):
    return sum(
        len(level.node.loops("LIN")) + _count_lines(level.children) for level in levels
    )


def _placed(context, node, levels, last):
    """The level of a CPS, hung below its parent; None where it cannot be."""
    cps = node.segment
    name, parent = cps.get(1), cps.get(2)
    if name in levels:
        context.wrong(cps, 1, f"CPS {name} is there twice")
        return None
    above = levels.get(parent) if parent else None
    # some leave out the first, which is the shipment
    implied = above is None and parent == SHIPMENT
    if parent and above is None and not implied:
        context.wrong(cps, 2, f"CPS {parent}, the level above, is not there")
        return None
    if not parent and last and _has_content(node):
        # guides that number packs and leave out their parent
        above = last[0]
    depth = above.depth + 1 if above else int(implied)
    if depth > DEEPEST:
        context.wrong(cps, 2, f"more than {DEEPEST} levels")
        return None
    level = _Level(node, depth, above is None)
    if name:
        levels[name] = level
    if not last:
        last.append(level)
    if above:
        above.children.append(level)
    return level


def _has_content(node):
    return bool(node.loops("PAC", "LIN"))


def _ids(node):
    """[(qualifier, number)] of GIN segments: up to ten a segment."""
    found = []
    gins = node.all("GIN")
    for pac in node.loops("PAC"):
        gins += pac.all("GIN")
        for pci in pac.loops("PCI"):
            gins += pci.all("GIN")
    for each in gins:
        for element in range(2, 7):
            for component in (1, 2):
                if value := each.get(element, component):
                    found.append((each.get(1), value))
    return found


def _collect(context, level, packs, items):
    """Packs and loose items of a level that is no pack itself."""
    if level.depth and level.node.loops("PAC") or _ids(level.node):
        packs.append(_pack(context, level))
        return
    items += [_item(context, node) for node in level.node.loops("LIN")]
    for child in level.children:
        _collect(context, child, packs, items)


def _pack(context, level):
    node = level.node
    sscc, marks = "", []
    for code, value in _ids(node):
        whole = sscc18(value) if code == "BJ" else ""
        if whole and not sscc:
            sscc = whole
        else:
            marks.append(Reference(code, value))
            if code == "BJ" and not whole:
                told = f"{value!r} is no SSCC: its check digit is wrong"
                context.wrong(node.segment, 1, told, fatal=False)
    pac = next(iter(node.loops("PAC")), None)
    packaging = pac.segment.get(3) if pac else ""
    packs, items = [], [_item(context, each) for each in node.loops("LIN")]
    for child in level.children:
        _collect(context, child, packs, items)
    return Pack(
        level="tare" if packs or packaging in PALLETS else "pack",
        sscc=sscc,
        marks=tuple(marks),
        packaging=packaging,
        weight=_weight(context, pac.all("MEA")) if pac else None,
        items=tuple(items),
        packs=tuple(packs),
    )


def _weight(context, segments):
    for each in segments:
        if each.get(2) in ("G", "AAB", "AAD", "WT") and each.get(3, 2):
            value = context.number(each, 3, 2)
            return Weight(value, each.get(3)) if value is not None else None
    return None


def _item(context, node):
    lin = node.segment
    qtys = node.all("QTY")
    shipped, unit, segment = parts.quantity(context, qtys, SHIPPED, "1", "47")
    if segment is None:
        context.missing(lin, "QTY+12")
    ordered, ordered_unit, _segment = parts.quantity(context, qtys, ORDERED)
    ids = parts.item_ids(context, lin, node.all("PIA"))
    refs = parts.references(node.all("RFF"))
    lot = next((each.value for each in ids if each.qualifier in parts.LOTS), "")
    pcis = node.loops("PCI")
    dtms = node.all("DTM") + [each for pci in pcis for each in pci.all("DTM")]
    gins = node.all("GIN") + [each for pci in pcis for each in pci.all("GIN")]
    serials = [each.get(2) for each in gins if each.get(1) in parts.SERIALS]
    lots = [each.get(2) for each in gins if each.get(1) == "BX"]
    return ShipItem(
        quantity=Decimal(0) if shipped is None else shipped,
        unit=unit,
        number=lin.get(1),
        ids=tuple(each for each in ids if each.qualifier not in parts.LOTS),
        ordered=ordered,
        ordered_unit=ordered_unit,
        lot=lot or next(iter(lots), "") or _ref(refs, "BT"),
        serials=tuple(serials),
        expires=parts.dates(context, dtms).expires,
        text=parts.description(node.all("IMD")),
        refs=refs,
        order_number=_ref(refs, "ON"),
    )


def _ref(refs, qualifier):
    return next((each.value for each in refs if each.qualifier == qualifier), "")


def _orders(order_number, packs, items):
    """``ShipOrder`` of each order that is named; a pack with goods of several orders
    belongs to none, and its items name theirs."""
    by_order = {}

    def add(name, kind, what):
        by_order.setdefault(name, {"packs": [], "items": []})[kind].append(what)

    for pack in packs:
        names = {each.order_number or order_number for each in _flat(pack)}
        add(names.pop() if len(names) == 1 else "", "packs", pack)
    for item in items:
        add(item.order_number or order_number, "items", item)
    return tuple(
        ShipOrder(name, packs=tuple(held["packs"]), items=tuple(held["items"]))
        for name, held in by_order.items()
    )


def _flat(pack):
    found = list(pack.items)
    for inner in pack.packs:
        found += _flat(inner)
    return found


# ----------------------------------------------------------------- writing
class _Levels:
    """Numbers the levels and lines while they are written."""

    def __init__(self):
        self.count, self.lines, self.segments = 1, 0, [["CPS", "1"]]
        self.seen = set()

    def open(self, parent):
        self.count += 1
        self.segments.append(["CPS", str(self.count), str(parent)])
        return self.count


def write(notice, options):
    """Segments of a ``ShipNotice``."""
    function = notice.purpose_code or parts.FUNCTION_CODES.get(notice.purpose, "9")
    found = [["BGM", "351", notice.number, function]]
    found += parts.dtm(parts.ISSUED, notice.created, options)
    found += parts.dtms(notice.dates, options)
    found += parts.ftx(notice.notes)
    if notice.weight:
        weight = (notice.weight.unit, number(notice.weight.value))
        found.append(["MEA", "AAX", "AAD", weight])
    named = {(each.qualifier, each.value) for each in notice.refs}
    orders = {order.number for order in notice.orders if order.number}
    refs = []
    if len(orders) == 1:
        refs.append(Reference("ON", next(iter(orders))))
    if notice.bill_of_lading:
        refs.append(Reference("BM", notice.bill_of_lading))
    if notice.tracking:
        refs.append(Reference("CN", notice.tracking))
    refs = [each for each in refs if (each.qualifier, each.value) not in named]
    found += parts.rffs(tuple(refs) + tuple(notice.refs))
    for each in notice.parties:
        found += parts.nad(each)
    if notice.carrier:
        carrier = notice.carrier
        name = parts.text(carrier.name, 35)
        found.append(["TDT", "20", "", carrier.mode, "", (carrier.code, "", "", name)])
    levels = _Levels()
    if notice.packages is not None:
        packages = str(notice.packages)
        levels.segments.append(["PAC", packages, "", notice.packaging])
    several = len(orders) > 1
    for order in notice.orders:
        name = order.number if several else ""
        for pack in order.packs:
            _write_pack(levels, 1, pack, name, options)
        if order.items:
            if levels.count > 1:
                # what follows a pack would belong to it
                levels.open(1)
            for item in order.items:
                _write_item(levels, item, name, options)
    found += levels.segments
    found.append(["CNT", ("2", str(levels.lines))])
    return found


def _write_pack(levels, above, pack, order, options):
    own = levels.open(above)
    found = levels.segments
    found.append(["PAC", "1", "", pack.packaging or ("201" if pack.packs else "CT")])
    if pack.weight:
        weight = (pack.weight.unit, number(pack.weight.value))
        found.append(["MEA", "AAY", "AAB", weight])
    if whole := whole_sscc(pack, levels.seen):
        found += [["PCI", "33E"], ["GIN", "BJ", whole]]
    for mark in pack.marks:
        found.append(["GIN", mark.qualifier, mark.value])
    for item in pack.items:
        packed(item, pack)
        _write_item(levels, item, order, options)
    for inner in pack.packs:
        _write_pack(levels, own, inner, order, options)


def _write_item(levels, item, order, options):
    levels.lines += 1
    found = levels.segments
    ids = item.ids
    if item.lot:
        ids = (*ids, ItemId("NB", item.lot))
    found += parts.lin(item.number or str(levels.lines), "", ids)
    found += parts.imd(item.text)
    found.append(parts.qty(SHIPPED, item.quantity, item.unit))
    if item.ordered is not None:
        found.append(parts.qty(ORDERED, item.ordered, item.ordered_unit or item.unit))
    for serial in item.serials:
        found.append(["GIN", "SN", serial])
    found += parts.dtm("36", item.expires, options, last=True)
    name = item.order_number or order
    refs = item.refs
    if name and not _ref(refs, "ON"):
        refs = (Reference("ON", name, item.number), *refs)
    found += parts.rffs(refs)
