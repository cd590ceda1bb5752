# SPDX-License-Identifier: AGPL-3.0-or-later
"""856: a shipment with its orders, packs and items, as a tree of HL levels. No odoo in
here."""

from decimal import Decimal

from ...schemas_goods import Pack, ShipItem, ShipNotice, ShipOrder
from ...schemas_parts import Reference
from ..errors import BadDocument, Unwritable
from ..gs1 import sscc18
from ..writing import number, text
from . import x12_lines as lines
from . import x12_parts as parts
from .grammar import Loop, gather

_LEVEL = Loop(
    "HL!",
    *("LIN", "SN1", "SLN", "PRF", "PO4", "PID", "MEA", "PWK", "PKG", "TD1", "TD5"),
    *("TD3", "TD4", "TSD", "REF", "PER", "MAN", "DTM", "FOB", "PAL", "CUR", "SAC"),
    *("MSG", "NTE", "ITD", "CLD", "SDQ", "ETD", "LS", "LE", "AMT", "SD1", "CTT"),
    *("SI", "LM", "LQ"),
    parts.N1,
)
TABLE = Loop("ST", *("BSN!", "DTM", "REF", "MSG", "NTE"), _LEVEL, *("CTT", "SE"))
RANKS = {"S": 0, "O": 1, "T": 2, "P": 3, "I": 4}
"""Levels (HL03), outer first, where a parent is not told."""
DEEPEST = 12
PURPOSES = {**parts.PURPOSES, "14": "original", "12": "original"}
_LOTS = ("LT", "BT")


class _Level:
    """One HL while the tree grows."""

    __slots__ = ("number", "kind", "node", "children", "depth", "has_order")

    def __init__(self, name, kind, node, depth):
        self.number, self.kind, self.node, self.depth = name, kind, node, depth
        self.children, self.has_order = [], kind == "O"


def read(document, context):
    levels, by_rank = {}, {}
    make = {"HL": lambda node, _count: _placed(context, node, levels, by_rank)}
    root, found = gather(document.segments(), TABLE, context, make)
    bsn = context.head(root, "BSN")
    shipments = [level for level in found if level is not None and level.depth == 0]
    if not shipments:
        if not context.faults:
            context.missing(bsn, "HL")
        raise BadDocument(context.faults[-1], context.faults)
    notice = _notice(context, root, bsn, shipments)
    if notice.count not in (None, len(found)):
        told = f"CTT01 says {notice.count} levels, {len(found)} are there"
        context.blame(told, bsn, "7", "723", fatal=False)
    context.finish()
    return notice


def _placed(context, node, levels, by_rank):
    """The level of an HL, hung below its parent; None where it cannot be."""
    head = node.segment
    name, parent, kind = head.get(1), head.get(2), head.get(3)
    if name in levels:
        context.wrong(head, 1, f"HL {name} is there twice")
        return None
    rank = RANKS.get(kind, 3)
    above = levels.get(parent) if parent else None
    if parent and above is None:
        context.wrong(head, 2, f"HL {parent}, the level above, is not there")
        return None
    if not parent and kind != "S":
        # a guide that leaves out HL02: what was last of an outer level is meant
        ranks = [each for each in by_rank if each < rank]
        above = by_rank[max(ranks)] if ranks else None
        if above is None:
            context.wrong(head, 2, "the level above is not told")
            return None
    depth = above.depth + 1 if above else 0
    if depth > DEEPEST:
        context.wrong(head, 2, f"more than {DEEPEST} levels")
        return None
    level = _Level(name, kind, node, depth)
    if name:
        levels[name] = level
    by_rank[rank] = level
    if above:
        above.children.append(level)
        if level.has_order:
            _mark_orders(level, levels)
    return level


def _mark_orders(level, levels):
    """Levels above an order are told apart from packs of one order."""
    parent = level.node.segment.get(2)
    while parent and parent in levels:
        levels[parent].has_order = True
        parent = levels[parent].node.segment.get(2)


def _notice(context, root, bsn, shipments):
    first = shipments[0].node
    td1 = first.first("TD1")
    refs = parts.references(
        [each for level in shipments for each in level.node.all("REF")]
    )
    ctt = root.first("CTT") or _inner_ctt(shipments)
    orders = []
    for each in shipments:
        orders += _orders(context, each)
    return ShipNotice(
        number=context.need(bsn, 2),
        orders=tuple(orders),
        purpose=PURPOSES.get(bsn.get(1), ""),
        purpose_code=bsn.get(1),
        created=context.day(bsn, 3, 4),
        structure=bsn.get(5),
        bill_of_lading=_ref(refs, "BM", "MB"),
        tracking=_ref(refs, "CN", "2I"),
        dates=context.dates(root.all("DTM") + first.all("DTM"), parts.DATES),
        carrier=_carrier(first),
        packages=context.whole(td1, 2) if td1 else None,
        packaging=td1.get(1) if td1 else "",
        weight=parts.weight(context, td1, 7, 8),
        parties=parts.parties(context, first.loops("N1")),
        refs=refs + parts.references(root.all("REF")),
        notes=parts.notes(first) + parts.notes(root),
        count=context.whole(ctt, 1) if ctt else None,
        hash_total=context.number(ctt, 2) if ctt else None,
    )


def _inner_ctt(shipments):
    """CTT belongs to the last HL where it follows it."""
    level = shipments[-1]
    while level.children:
        level = level.children[-1]
    return level.node.first("CTT")


def _ref(refs, *qualifiers):
    for qualifier in qualifiers:
        for each in refs:
            if each.qualifier == qualifier:
                return each.value
    return ""


def _carrier(node):
    found = parts.carrier(node.first("TD5"))
    equipment = node.first("TD3")
    if found and equipment and equipment.get(3):
        return type(found)(**dict(vars(found), equipment=equipment.get(3)))
    return found


# -------------------------------------------------------------------- tree
def _orders(context, shipment):
    """The orders of a shipment; what stands above or beside them has no number."""
    found, packs, items = [], [], []
    _visit(context, shipment, [], found, packs, items)
    if packs or items:
        found.append(ShipOrder("", packs=tuple(packs), items=tuple(items)))
    return found


def _visit(context, level, above, found, packs, items):
    for child in level.children:
        if child.kind == "O":
            found.append(_order(context, child, above))
        elif child.kind == "I":
            items.append(_item(context, child))
        elif child.kind in ("T", "P") and not child.has_order:
            packs.append(_pack(context, child))
        elif child.kind in ("T", "P"):
            # a pallet with goods of several orders: each has its share of it
            _visit(context, child, [*above, child], found, packs, items)
        else:
            _visit(context, child, above, found, packs, items)


def _order(context, level, above):
    node = level.node
    prf = node.first("PRF")
    packs = [_pack(context, each) for each in level.children if each.kind in ("T", "P")]
    items = [_item(context, each) for each in level.children if each.kind == "I"]
    for outer in reversed(above):
        pack = _pack(context, outer, bare=True)
        values = dict(vars(pack), packs=tuple(packs), items=tuple(items))
        packs, items = [Pack(**values)], []
    return ShipOrder(
        number=prf.get(1) if prf else "",
        release=prf.get(2) if prf else "",
        ordered=context.day(prf, 4) if prf else None,
        refs=parts.references(node.all("REF")),
        parties=parts.parties(context, node.loops("N1")),
        packs=tuple(packs),
        items=tuple(items),
    )


def _pack(context, level, bare=False, item=None):
    """The ``Pack`` of a level; ``item``: of what it holds a part, where packs stand
    below items."""
    node = level.node
    sscc, tracking, marks = "", "", []
    for segment in node.all("MAN"):
        for index in (1, 4):
            code, value = segment.get(index), segment.get(index + 1)
            whole = sscc18(value) if code in ("GM", "AA") else ""
            if whole and not sscc:
                sscc = whole
            elif code in ("CP", "CA", "SI") and value and not tracking:
                tracking = value
            elif value:
                marks.append(Reference(code, value))
                if code in ("GM", "AA") and not whole:
                    told = f"{value!r} is no SSCC: its check digit is wrong"
                    context.wrong(segment, index + 1, told, fatal=False)
    td1 = node.first("TD1")
    packs, items = [], []
    if not bare:
        packs = [
            _pack(context, one) for one in level.children if one.kind in ("T", "P")
        ]
        items = [_item(context, one) for one in level.children if one.kind == "I"]
    sn1 = node.first("SN1")
    if item is not None and sn1 is not None:
        items.append(_part(context, sn1, item, node))
    return Pack(
        level="tare" if level.kind == "T" else "pack",
        sscc=sscc,
        tracking=tracking,
        marks=tuple(marks),
        packaging=td1.get(1) if td1 else "",
        weight=parts.weight(context, td1, 7, 8),
        facts=parts.pack_facts(context, node.first("PO4")),
        refs=parts.references(node.all("REF")),
        items=tuple(items),
        packs=tuple(packs),
    )


def _part(context, sn1, item, node):
    """The share of an item that is in one pack."""
    quantity = context.number(sn1, 2, need=True)
    return ShipItem(
        quantity=quantity or Decimal(0),
        unit=sn1.get(3) or item.unit,
        number=item.number,
        ids=item.ids,
        order_number=item.order_number,
        refs=parts.references(node.all("REF")),
    )


_ORDER_IDS = ("PO", "ON")
_SERIALS = ("SE", "SN")


def _item(context, level):
    node = level.node
    lin, sn1 = node.first("LIN"), node.first("SN1")
    if sn1 is None:
        context.missing(node.segment, "SN1")
    ids = parts.segment_ids(context, lin, 2) if lin else ()
    refs = parts.references(node.all("REF"))
    named = {each.qualifier: each.value for each in refs + _as_refs(ids)}
    quantity = context.number(sn1, 2, need=True) if sn1 else None
    item = ShipItem(
        quantity=Decimal(0) if quantity is None else quantity,
        unit=sn1.get(3) if sn1 else "",
        number=(sn1.get(1) if sn1 else "") or (lin.get(1) if lin else ""),
        ids=tuple(each for each in ids if each.qualifier not in _LOTS),
        ordered=context.number(sn1, 5) if sn1 else None,
        ordered_unit=sn1.get(6) if sn1 else "",
        status=sn1.get(8) if sn1 else "",
        lot=next((named[each] for each in _LOTS if each in named), ""),
        serials=tuple(each.value for each in refs if each.qualifier in _SERIALS),
        expires=context.dates(node.all("DTM"), parts.DATES).expires,
        pack=parts.pack_facts(context, node.first("PO4")),
        text=" ".join(parts.texts(node.all("PID"), 5)),
        refs=tuple(each for each in refs if each.qualifier not in _LOTS),
        order_number=next((named[each] for each in _ORDER_IDS if each in named), ""),
    )
    packs = tuple(
        _pack(context, each, item=item)
        for each in level.children
        if each.kind in ("T", "P")
    )
    return ShipItem(**dict(vars(item), packs=packs)) if packs else item


def _as_refs(ids):
    return tuple(Reference(each.qualifier, each.value) for each in ids)


# ----------------------------------------------------------------- writing
def whole_sscc(pack, seen):
    """The 18 digits of a package that has some, "" where it has none.

    :param seen: those so far, to which it is added
    :raise Unwritable: it is none, or another package has it
    """
    if not pack.sscc:
        return ""
    whole = sscc18(pack.sscc)
    if not whole:
        raise Unwritable(f"{pack.sscc!r} is no SSCC: its check digit is wrong")
    if whole in seen:
        raise Unwritable(f"the SSCC {whole} is on two packages")
    seen.add(whole)
    return whole


def packed(item, pack):
    """An item that is in a package.

    :raise Unwritable: nothing of it is
    """
    if item.quantity <= 0:
        raise Unwritable(f"{item.quantity} of an item cannot be in package {pack.sscc}")
    return item


class _Levels:
    """Numbers the levels while they are written."""

    def __init__(self):
        self.count, self.segments, self.seen = 0, [], set()

    def open(self, parent, kind, has_children):
        self.count += 1
        above = str(parent) if parent else ""
        self.segments.append(
            ["HL", str(self.count), above, kind, "1" if has_children else "0"]
        )
        return self.count


def write(notice, options):
    """Segments of a ``ShipNotice``, in its ``structure``."""
    created = notice.created
    purpose = notice.purpose_code or parts.PURPOSE_CODES.get(notice.purpose, "00")
    values = ["BSN", purpose, notice.number, lines.day(created, options)]
    structure = notice.structure or "0001"
    clock = lines.clock(created, options) or "0000"
    levels = _Levels()
    levels.segments.append([*values, clock, structure])
    top = levels.open(0, "S", bool(notice.orders))
    levels.segments += _shipment(notice, options)
    for order in notice.orders:
        _write_order(levels, top, order, structure, options)
    levels.segments.append(["CTT", str(levels.count)])
    return levels.segments


def _shipment(notice, options):
    found = []
    if notice.packages is not None or notice.weight:
        weight = notice.weight
        values = ["TD1", notice.packaging, number(notice.packages), "", "", ""]
        values += ["G", number(weight.value), weight.unit] if weight else []
        found.append(values)
    if notice.carrier:
        found.append(lines.td5(notice.carrier))
        if notice.carrier.equipment:
            found.append(["TD3", "", "", notice.carrier.equipment])
    refs = list(notice.refs)
    for code, value in (("CN", notice.tracking), ("BM", notice.bill_of_lading)):
        if value and value not in [each.value for each in refs]:
            refs.insert(0, Reference(code, value))
    found += lines.refs(refs)
    found += lines.dtm(notice.dates, options)
    for each in notice.parties:
        found += lines.n1(each)
    return found


def _write_order(levels, top, order, structure, options):
    held = bool(order.packs or order.items)
    above = top
    if order.number:
        above = levels.open(top, "O", held)
        values = ["PRF", order.number, order.release, ""]
        levels.segments.append([*values, lines.day(order.ordered, options)])
        levels.segments += lines.refs(order.refs)
        for each in order.parties:
            levels.segments += lines.n1(each)
    if structure == "0004":
        for item in _flat(order.packs) + list(order.items):
            _write_item(levels, above, item, options)
    elif structure == "0002":
        for item, packs in _by_item(order):
            number_ = _write_item(levels, above, item, options, bool(packs))
            for pack, part in packs:
                _write_pack(levels, number_, pack, options, part)
    else:
        for pack in order.packs:
            _write_pack(levels, above, pack, options)
        for item in order.items:
            _write_item(levels, above, item, options)


def _flat(packs):
    """All that is in packs, whatever is packed into what."""
    found = []
    for pack in packs:
        found += pack.items
        found += _flat(pack.packs)
    return found


def _by_item(order):
    """[(item with its total, [(pack, part of it)])]: one item a pack."""
    found, places = [], {}
    for pack in _inner(order.packs):
        if len(pack.items) != 1:
            raise Unwritable(
                f"package {pack.sscc}: the structure 0002 tells packs of one item only"
            )
        part = packed(pack.items[0], pack)
        key = (part.number, part.ids, part.unit, part.lot)
        if key not in places:
            places[key] = len(found)
            found.append([part, []])
        found[places[key]][1].append((pack, part))
    whole = []
    for item, packs in found:
        total = sum((part.quantity for _pack, part in packs), Decimal(0))
        whole.append((ShipItem(**dict(vars(item), quantity=total)), packs))
    return whole + [(item, []) for item in order.items]


def _inner(packs):
    found = []
    for pack in packs:
        found += [pack] if pack.items or not pack.packs else []
        found += _inner(pack.packs)
    return found


def _write_pack(levels, above, pack, options, part=None):
    held = part is None and bool(pack.packs or pack.items)
    kind = "T" if pack.level == "tare" else "P"
    name = levels.open(above, kind, held)
    found = levels.segments
    if part is not None:
        found.append(["SN1", "", number(part.quantity), part.unit])
    found += lines.po4(pack.facts)
    if pack.weight or pack.packaging:
        values = ["TD1", pack.packaging, "1", "", "", ""]
        if pack.weight:
            values += ["G", number(pack.weight.value), pack.weight.unit]
        found.append(values)
    found += lines.refs(pack.refs)
    if whole := whole_sscc(pack, levels.seen):
        qualifier = options.sscc_qualifier
        found.append(["MAN", qualifier, ("00" if qualifier == "GM" else "") + whole])
    if pack.tracking:
        found.append(["MAN", "CP", pack.tracking])
    for mark in pack.marks:
        found.append(["MAN", mark.qualifier, mark.value])
    if part is None:
        for inner in pack.packs:
            _write_pack(levels, name, inner, options)
        for item in pack.items:
            _write_item(levels, name, packed(item, pack), options)


def _write_item(levels, above, item, options, has_packs=False):
    name = levels.open(above, "I", has_packs)
    found = levels.segments
    ids = lines.pairs(item.ids)
    if item.order_number and item.order_number not in ids:
        ids += ["PO", item.order_number]
    if item.lot:
        ids += ["LT", item.lot]
    found.append(["LIN", item.number, *ids])
    values = ["SN1", item.number, number(item.quantity), item.unit, ""]
    values += [number(item.ordered), item.ordered_unit, "", item.status]
    found.append(values)
    found += lines.po4(item.pack)
    if item.text:
        found.append(["PID", "F", "", "", "", text(item.text, 80)])
    found += lines.refs(item.refs)
    if item.expires:
        found.append(["DTM", "036", lines.day(item.expires, options, last=True)])
    return name
