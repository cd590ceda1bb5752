"""Stock figures: the shop's own changes, reservations, and how REST writes them."""

import time
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from .store import SoldOut


@dataclass(eq=False)
class Hold:
    """A row of ``wc_reserved_stock``: REST neither shows nor subtracts it."""

    order: object
    product: object
    quantity: int
    expires: object


def adjust(store, product, delta, cause):
    """The shop's own change: one UPDATE, atomic. :return: the new figure, or None"""
    holder = product.holder
    if holder is None:
        return None
    with store.transaction():
        holder.stock += delta
        touched(store, holder, cause)
        return holder.stock


def touched(store, product, cause):
    product.modified = store.clock.tick()
    store.history.append((product.modified, product.sku, product.stock, cause))
    owner = product.parent or product
    store.emit("product.updated", owner.id)


def write(store, product, values, cause="rest"):
    """What a REST write does: read, work, write what it has computed.

    Whatever the shop sells between the two steps is lost with ``inventory_delta``, and
    with an absolute quantity whatever it has sold since the caller computed it.
    """
    with store.transaction():
        read = product.stock
        managed = product.manage_stock
    time.sleep(store.config.item_seconds)
    wanted = None
    if "stock_quantity" in values:
        wanted = as_stock(values["stock_quantity"])
    elif "inventory_delta" in values:
        wanted = read + as_stock(values["inventory_delta"])
    time.sleep(store.config.write_window)
    with store.transaction():
        if wanted is not None and managed:
            product.stock = wanted
        touched(store, product, cause)


def units(entry):
    """How many a cart has of a line. Addons sell parts of a unit.

    >>> units({"quantity": 2}), units({"quantity": "1.50"}), units({})
    (2, Decimal('1.50'), 1)
    """
    number = Decimal(str(entry.get("quantity", 1)))
    return int(number) if number == int(number) else number


def as_stock(value):
    """``intval`` of PHP: nothing is too odd to become a number.

    >>> [as_stock(value) for value in ("abc", "", 2.5, True, None, "7x", -3)]
    [0, 0, 2, 1, 0, 7, -3]
    """
    if isinstance(value, bool | int | float):
        return int(value)
    text = str(value if value is not None else "").strip()
    digits = ""
    for position, character in enumerate(text):
        if not (character.isdigit() or (position == 0 and character in "+-")):
            break
        digits += character
    return int(digits) if digits.strip("+-") else 0


# --- reservations at checkout


def reserved(store, product, but_for=None):
    """Units that open checkouts have reserved and not yet let go."""
    now = store.clock.now()
    return sum(
        hold.quantity
        for hold in store.holds
        if hold.product is product and hold.expires > now and hold.order is not but_for
    )


def left(store, product, order=None):
    """What a shopper may buy now: None without a limit."""
    holder = product.holder
    if product.status != "publish":
        return 0
    if holder is None:
        return None if product.stock_status == "instock" else 0
    if holder.backorders:
        return None
    return max(0, holder.stock - reserved(store, holder, order))


def check(store, wanted):
    """:param wanted: pairs (product, quantity)
    :raise SoldOut: one of them is not there
    """
    units = {}
    for product, quantity in wanted:
        key = product.holder or product
        units[key] = units.get(key, 0) + quantity
        available = left(store, product)
        if available is not None and units[key] > available:
            raise SoldOut(product, units[key], available)


def reserve(store, order):
    minutes = store.config.hold_minutes
    expires = store.clock.now() + timedelta(minutes=minutes)
    for line in order.lines:
        if line.product and line.product.holder:
            hold = Hold(order, line.product.holder, line.quantity, expires)
            store.holds.append(hold)


def release(store, order):
    store.holds = [hold for hold in store.holds if hold.order is not order]
