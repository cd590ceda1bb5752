"""856: is it a right tree, is it the order's, are its cartons possible."""

from datetime import datetime

from .. import gs1
from . import dock
from .models import Notice

PARENTS = {"S": "", "O": "S", "T": "O", "P": "OT", "I": "PT"}


class Level:
    """An HL with the segments behind it."""

    def __init__(self, head):
        self.id, self.parent_id, self.kind = head.at(1), head.at(2), head.at(3)
        self.child_flag = head.at(4)
        self.segments, self.children = [], []
        self.parent = None

    def all(self, tag):
        return [each for each in self.segments if each.tag == tag]

    def one(self, tag):
        return next(iter(self.all(tag)), None)

    def above(self, kind):
        """The level of this kind that it is in, or None."""
        level = self
        while level and level.kind != kind:
            level = level.parent
        return level

    def reference(self, qualifier):
        found = (each.at(2) for each in self.all("REF") if each.at(1) == qualifier)
        return next(found, "")

    def party(self, *kinds):
        found = (each.at(4) for each in self.all("N1") if each.at(1) in kinds)
        return next(found, "")


def take(shop, document):
    head = document.segments[0]
    label = f"856 {head.at(2)}"
    old = shop.notices.get(head.at(2))
    if head.at(1) == "00" and old:
        shop.charge("asn_repeat", label, "the shipment was told before")
        return
    if old:
        _withdraw(shop, old)
    if head.at(1) == "01":
        return
    levels = _levels(shop, document.segments, label)
    if not levels:
        return
    notice = _read(shop, head, levels, label)
    shop.notices[notice.id] = notice
    _check_window(shop, notice, label)
    dock.meet(shop, notice)


def _withdraw(shop, notice):
    del shop.notices[notice.id]
    for sscc, rows in notice.cartons.items():
        shop.sscc_used.discard(sscc)
        for line, units, store in rows:
            line.noticed -= units
            if store:
                line.by_store[store] -= units


def _levels(shop, segments, label):
    """The levels in their order, or nothing where the tree is not one."""
    head, tail = segments[0], segments[-1]
    levels = []
    for segment in segments[1:-1]:
        if segment.tag == "HL":
            levels.append(Level(segment))
        else:
            levels[-1].segments.append(segment)
    if tail.at(1) != str(len(levels)):
        words = f"CTT01 {tail.at(1)}, there are {len(levels)} HL"
        shop.charge("asn_count", label, words)
    problem = _tree_problem(head, levels)
    if problem:
        shop.charge("asn_hl", label, problem)
        return []
    return levels


def _tree_problem(head, levels):
    if head.at(5) != "0001":
        return f"structure {head.at(5)!r}, pick and pack (0001) was agreed"
    known = {}
    for number, level in enumerate(levels, 1):
        where = f"HL {level.id}"
        if level.id != str(number):
            return f"{where} is number {number}"
        level.parent = known.get(level.parent_id)
        if (level.parent is None) != (level.kind == "S"):
            return f"{where} ({level.kind}) has the parent {level.parent_id!r}"
        if level.parent:
            if level.parent.kind not in PARENTS[level.kind]:
                return f"{where} ({level.kind}) is below {level.parent.kind}"
            level.parent.children.append(level)
        known[level.id] = level
    if sum(1 for level in levels if level.kind == "S") != 1:
        return "there is more than one shipment"
    for level in levels:
        if level.child_flag and level.child_flag != str(int(bool(level.children))):
            return f"HL {level.id} says {level.child_flag} of its children"
    return None


def _read(shop, head, levels, label):
    shipment = levels[0]
    bol = shipment.reference("BM")
    carrier = shipment.one("TD5")
    if not bol or carrier is None or not carrier.at(3):
        words = f"REF*BM {bol!r}, TD503 {carrier.at(3) if carrier else ''!r}"
        shop.charge("asn_carrier", label, words)
    cartons = [level for level in levels if level.kind == "P"]
    told = _told_cartons(shipment)
    if told != str(len(cartons)):
        words = f"TD102 {told!r}, there are {len(cartons)} P"
        shop.charge("asn_cartons", label, words)
    notice = Notice(head.at(2), bol, _shipped(shipment), {}, shop.clock.now())
    for level in levels:
        if level.kind in "PT":
            _take_carton(shop, notice, level, label)
        elif level.kind == "I":
            _take_item(shop, notice, level, label)
    return notice


def _told_cartons(shipment):
    """TD102 of the cartons; pallets may be told beside them."""
    rows = [each for each in shipment.all("TD1") if not each.at(1).startswith("PLT")]
    return rows[0].at(2) if rows else ""


def _shipped(shipment):
    """The day of shipping, by DTM 011; None where it is not told."""
    for segment in shipment.all("DTM"):
        if segment.at(1) == "011":
            return datetime.strptime(segment.at(2), "%Y%m%d").date()
    return None


def sscc_of(level):
    """(SSCC, its kind) of a carton or pallet; empty where none is told."""
    for segment in level.all("MAN"):
        value = segment.at(2)
        if segment.at(1) == "GM":
            return (value[2:], "GM") if value.startswith("00") else (value, "GM")
        if segment.at(1) == "AA":
            return value, "AA"
    return "", ""


def _take_carton(shop, notice, level, label):
    where = f"HL {level.id}"
    sscc, _kind = sscc_of(level)
    if level.kind == "P" and not level.children:
        shop.charge("asn_empty", label, f"{where} holds nothing")
    if not sscc:
        if level.kind == "P":
            shop.charge("sscc_missing", label, f"{where} has no SSCC")
        return
    if not gs1.is_valid(sscc, 18):
        shop.charge("sscc_digit", label, f"{where}: {sscc}")
    if sscc in shop.sscc_used:
        shop.charge("sscc_repeat", label, f"{where}: {sscc} was used before")
    shop.sscc_used.add(sscc)
    if level.kind == "P":
        notice.cartons.setdefault(sscc, [])


def _take_item(shop, notice, level, label):
    where = f"HL {level.id}"
    order_level, pack = level.above("O"), level.above("P")
    head = order_level.one("PRF") if order_level else None
    order = shop.orders.get(head.at(1)) if head else None
    if order is None or not order.alive:
        words = f"{where}: order {head.at(1) if head else ''!r}"
        shop.charge("asn_order", label, words)
        return
    item, quantity = level.one("LIN"), level.one("SN1")
    ids = item.pairs(2) if item else {}
    line = _line_of(order, ids)
    if line is None or quantity is None:
        shop.charge("asn_item", label, f"{where}: {ids} is not on {order.po}")
        return
    if quantity.at(3) != line.unit:
        words = f"{where}: {quantity.at(3)} instead of {line.unit}"
        shop.charge("asn_unit", label, words)
    units = quantity.number(2)
    if units <= 0 or units != int(units):
        shop.charge("asn_quantity", label, f"{where}: {units}")
        return
    units = int(units)
    line.noticed += units
    store = order_level.party("BY", "Z7") if line.stores else ""
    if line.stores:
        line.by_store[store] = line.by_store.get(store, 0) + units
        if line.by_store[store] > line.stores.get(store, 0):
            words = f"{where}: store {store!r} has {line.stores.get(store, 0)} ordered"
            shop.charge("asn_store", label, words)
    if line.noticed > line.ordered:
        words = f"{order.po} line {line.number}: {line.noticed} of {line.ordered}"
        shop.charge("over_shipment", label, words)
    sscc = sscc_of(pack)[0] if pack else ""
    notice.cartons.setdefault(sscc, []).append((line, units, store))


def _line_of(order, ids):
    for line in order.lines:
        known = {"UP": line.item.upc, "IN": line.item.buyer, "VN": line.item.sku}
        told = {name: value for name, value in ids.items() if name in known}
        if told and all(known[name] == value for name, value in told.items()):
            return line
    return None


def _check_window(shop, notice, label):
    lines = {row[0] for rows in notice.cartons.values() for row in rows}
    orders = [
        each for each in shop.orders.values() if lines & set(each.lines) and each.alive
    ]
    for order in orders:
        day = notice.shipped
        if day is None or day < order.ship_from:
            words = f"{order.po}: {day} is before {order.ship_from}"
            shop.charge("ship_early", label, words)
        elif day > order.ship_by:
            words = f"{order.po}: {day} is after {order.ship_by}"
            shop.charge("ship_late", label, words)
