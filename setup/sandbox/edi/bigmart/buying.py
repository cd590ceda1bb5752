"""What BigMart orders, and how it changes its mind."""

from datetime import datetime, time, timedelta
from decimal import Decimal

from ..partner import PartnerError
from . import documents
from .models import Line, Order

DATES = ("ship_from", "ship_by", "cancel_after")
# blanket orders, whose goods are called off by releases: nothing is wanted yet
BLANKETS = ("BK", "BE")


class SoldOut(PartnerError):
    """More is wanted than the last 846 shows."""


def choose(shop):
    """{SKU: units} at random, of what the last 846 shows."""
    shown = {
        sku: item.shown // item.pack
        for sku, item in shop.items.items()
        if item.shown and item.shown >= item.pack
    }
    if not shown:
        raise SoldOut("no 846 shows anything")
    count = min(len(shown), shop.dice.choice((1, 1, 2, 3)))
    skus = shop.dice.sample(sorted(shown), count)
    return {sku: shop.dice.randint(1, max(1, shown[sku] // 3)) for sku in skus}


def make_order(shop, lines, ship_to, kind, po, dates, address=None, note=""):
    """:param dates: (ship_from, ship_by, cancel_after), each may be None"""
    if po in shop.orders:
        raise PartnerError(f"order {po} is there already")
    start, end, last = dates
    start = start or shop.today(shop.config.lead_days)
    end = end or start + timedelta(shop.config.window_days)
    last = last or shop.today(shop.config.cancel_days)
    if not address and ship_to not in shop.places:
        raise PartnerError(f"no place {ship_to}")
    made = [make_line(shop, number, **row) for number, row in enumerate(lines, 1)]
    take_shown(shop, made)
    now = shop.clock.now()
    order = Order(po, kind, now, ship_to, made, start, end, max(last, end))
    order.address, order.note = address, note
    order.add_version()
    shop.orders[po] = order
    return order


def make_line(shop, number, sku, quantity=None, unit=None, price=None, stores=()):
    item = shop.items.get(sku)
    if item is None:
        raise PartnerError(f"no item {sku}")
    stores = dict(stores)
    quantity = sum(stores.values()) if quantity is None else int(quantity)
    price = item.price if price is None else Decimal(str(price))
    return Line(str(number), item, quantity, unit or item.unit, price, stores)


def take_shown(shop, lines):
    """What is ordered is not there for the next order."""
    for line in lines:
        pieces = line.ordered * line.pack
        if line.item.shown is not None and pieces > line.item.shown:
            words = f"{line.item.sku}: {pieces} wanted, {line.item.shown} shown"
            raise SoldOut(words)
    for line in lines:
        pieces = line.ordered * line.pack
        if line.item.shown is not None:
            line.item.shown -= pieces
            line.promised = True
        shop.bought[line.item.sku] += pieces


def set_quantity(shop, line, quantity):
    pieces = (quantity - line.ordered) * line.pack
    shop.bought[line.item.sku] += pieces
    if line.item.shown is not None:
        line.item.shown = max(0, line.item.shown - pieces)
    line.ordered = quantity


def send(shop, order, purpose="00", segments=None):
    """850, and what is expected after it.

    :param segments: of the 850, where the order has been changed since
    """
    segments = segments or documents.purchase_order(shop, order, purpose)
    entry = shop.wire.send("850", order.po, segments)
    if "usage_test" in entry.faults:
        order.state = "test"
    elif purpose != "00" or order.kind in BLANKETS:
        order.state = "copy"
    if order.state != "open":
        for line in order.lines:
            shop.bought[line.item.sku] -= line.ordered * line.pack
        return
    shop.await_answer(order)
    await_end(shop, order)


def await_end(shop, order):
    """Look at the order again when its cancel date is over, at midnight."""
    day = order.cancel_after + timedelta(1)
    due = datetime.combine(day, time(), shop.zone) - shop.clock.now()
    shop.clock.after(due.total_seconds(), end, shop, order, order.cancel_after)


def end(shop, order, day):
    """What did not come until its cancel date is charged and not wanted any more."""
    if order.state != "open" or order.cancel_after != day:
        return
    order.state = "closed"
    for line in order.lines:
        if line.received < line.ordered:
            words = f"line {line.number}: {line.received} of {line.ordered}"
            shop.charge("under_shipment", f"850 {order.po}", words)


def send_change_first(shop, order, purpose):
    """The 860 is written some minutes before the 850 that it changes."""
    segments = documents.purchase_order(shop, order, purpose)
    line = order.lines[0]
    before = line.ordered
    set_quantity(shop, line, before + 1)
    order.changes = 1
    order.add_version()
    rows = [(line, "QI", before)]
    shop.wire.send("860", order.po, documents.change(shop, order, rows))
    later = shop.config.again_seconds
    shop.after(later, send, shop, order, purpose, segments)


def change(shop, order, quantities, prices, add, dates):
    """Apply a change. :return: [(line, code of list 670, units before)]"""
    if unknown := set(dates) - set(DATES):
        raise ValueError(f"an order has no {', '.join(sorted(unknown))}")
    rows = []
    for key, quantity in quantities.items():
        line = find_line(order, key)
        before = line.ordered
        set_quantity(shop, line, int(quantity))
        rows.append((line, _code(int(quantity), before), before))
    for key, price in prices.items():
        line = find_line(order, key)
        line.price = Decimal(str(price))
        rows.append((line, "PC", line.ordered))
    for sku, quantity in add.items():
        line = make_line(shop, len(order.lines) + 1, sku, quantity)
        take_shown(shop, [line])
        order.lines.append(line)
        rows.append((line, "AI", 0))
    for name, day in dates.items():
        setattr(order, name, day)
    if "cancel_after" in dates:
        await_end(shop, order)
    return rows


def _code(quantity, before):
    if not quantity:
        return "DI"
    return "QI" if quantity > before else "QD"


def send_change(shop, order, rows, purpose, dates=False):
    """860."""
    order.changes += 1
    order.add_version()
    segments = documents.change(shop, order, rows, purpose, dates)
    shop.wire.send("860", order.po, segments)
    if order.state == "open":
        shop.await_answer(order)


def find_line(order, key):
    line = order.line(key) or order.line_of(key)
    if line is None:
        raise PartnerError(f"order {order.po} has no line {key}")
    return line
