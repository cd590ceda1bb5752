"""855: is it the order's, in time, and does it add up."""

from decimal import Decimal

# codes of list 668 by which units will come; IS brings another item in their place
COMING = {"IA", "IC", "IP", "IQ", "DR", "BP", "AC", "AR", "AA", "IS", "SP", "IE"}
OWED = COMING | {"IB"}
# BAK02 without lines, and those that refuse all
WITHOUT_LINES = {"AK", "AT", "RJ"}
REFUSING = {"RD", "RJ"}
ROUNDING = Decimal("0.00005")


def take(shop, document):
    head = document.segments[0]
    label = f"855 {head.at(3)}"
    order = shop.orders.get(head.at(3))
    if problem := _unwanted(order):
        shop.charge("answer_order", label, problem)
        return
    lines = _lines(document.segments)
    version = _version(order, lines)
    if version is None:
        words = f"the order is {order.state}, or was answered before"
        shop.charge("answer_order", label, words)
        return
    version.answered = True
    if version is not order.versions[-1]:
        # it crossed a change on its way: the change is still to be answered
        return
    if bool(lines) == (head.at(2) in WITHOUT_LINES):
        words = f"BAK02 {head.at(2)} with {len(lines)} lines"
        shop.charge("answer_detail", label, words)
    if document.segments[-1].at(1) != str(len(lines)):
        tail = document.segments[-1].at(1)
        shop.charge("answer_detail", label, f"CTT01 {tail} and {len(lines)} lines")
    if lines:
        _take_lines(shop, order, lines, label)
    else:
        for line in order.lines:
            line.confirmed = 0 if head.at(2) in REFUSING else line.ordered
    for line in order.lines:
        _check_promise(shop, line, label)


def _unwanted(order):
    if order is None:
        return "BigMart has no such order"
    if order.state == "test":
        return "the order was a test"
    if order.state == "copy":
        return "the order was a copy"
    return None


def _version(order, lines):
    """The version of the order that is answered; None where all have been."""
    open_ones = [each for each in reversed(order.versions) if not each.answered]
    if lines:
        found = [(line_of(order, head), head) for head, _acks in lines]
        told = {line.number: head.number(2) for line, head in found if line}
        for version in open_ones:
            if version.units == told:
                return version
    latest = order.versions[-1]
    if latest.answered or (lines and order.state == "cancelled"):
        return None
    return latest


def _lines(segments):
    """[(PO1, [ACK])]"""
    found = []
    for segment in segments:
        if segment.tag == "PO1":
            found.append((segment, []))
        elif segment.tag == "ACK":
            found[-1][1].append(segment)
    return found


def _take_lines(shop, order, lines, label):
    told = set()
    for head, acks in lines:
        line = line_of(order, head)
        if line is None or line in told:
            words = f"line {head.at(1)} {head.pairs(6)} is not the order's, or twice"
            shop.charge("answer_line", label, words)
            continue
        told.add(line)
        _take_line(shop, line, head, acks, label)
    for line in order.lines:
        if line not in told and line.ordered:
            shop.charge("answer_line", label, f"line {line.number} is not answered")


def line_of(order, head):
    ids = head.pairs(6)
    line = order.line(head.at(1)) if head.at(1) else None
    if line is None and not head.at(1):
        line = order.line_of(ids.get("VN", ids.get("VP", "")))
    if line is None:
        return None
    known = {"UP": line.item.upc, "IN": line.item.buyer, "VN": line.item.sku}
    wrong = any(known.get(name, value) != value for name, value in ids.items())
    return None if wrong else line


def _take_line(shop, line, head, acks, label):
    where = f"line {line.number}"
    units = {head.at(3), *(each.at(3) for each in acks if each.at(3))}
    if units != {line.unit}:
        words = f"{where}: {', '.join(sorted(units))} instead of {line.unit}"
        shop.charge("answer_unit", label, words)
    ordered = head.number(2)
    told = sum(each.number(2) or ordered for each in acks)
    if ordered != line.ordered or told != line.ordered:
        words = f"{where}: {line.ordered} ordered, PO1 {ordered}, ACK {told}"
        shop.charge("answer_quantity", label, words)
    price = head.number(4)
    says_so = any(each.at(1) in ("IP", "IC") for each in acks)
    wrong = None not in (price, line.price) and abs(price - line.price) > ROUNDING
    if wrong and not says_so:
        words = f"{where}: {price} instead of {line.price}"
        shop.charge("answer_price", label, words)
    coming = sum(each.number(2) or ordered for each in acks if each.at(1) in OWED)
    line.confirmed = int(coming)


def _check_promise(shop, line, label):
    """What the 846 showed and the 855 takes back."""
    if line.promised and (line.confirmed or 0) < line.ordered:
        words = f"line {line.number}: {line.confirmed} of {line.ordered} as shown"
        shop.charge("stock_oversold", label, words)
        line.promised = False
