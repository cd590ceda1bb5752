"""Which location sends what, and the stock that this commits."""

from . import inventory
from .order_models import FulfillmentOrder, FulfillmentOrderLineItem
from .store import StoreError


def route(store, order, location=None):
    """Assign locations and commit stock: one fulfillment order for each location.

    One location that can send all comes first, in the order in which the shop
    lists its locations; only then is the order split.
    """
    plan = _plan(store, order.lines, location)
    for place, parts in plan.items():
        _open(store, order, place, parts)


def _plan(store, lines, location):
    """{location: [(line, quantity)]}"""
    if location:
        place = store.find_location(location)
        return {place: [(line, line.quantity) for line in lines]}
    places = [
        place
        for place in store.locations.values()
        if place.active and place.fulfills_online_orders
    ]
    if not places:
        raise StoreError("no location fulfills online orders")
    for place in places:
        if _has_all(store, place, lines):
            return {place: [(line, line.quantity) for line in lines]}
    return _split(store, places, lines)


def _has_all(store, place, lines):
    needed = {}
    for line in lines:
        if line.variant and line.variant.item.tracked:
            item = line.variant.item
            needed[item] = needed.get(item, 0) + line.quantity
    return all(
        _available(store, item, place) >= units for item, units in needed.items()
    )


def _available(store, item, place):
    level = store.level(item, place)
    return level.quantities["available"] if level and level.active else 0


def _split(store, places, lines):
    plan, taken = {}, {}
    for line in lines:
        left = line.quantity
        item = line.variant.item if line.variant else None
        for place in places if item and item.tracked else ():
            free = _available(store, item, place) - taken.get((item, place), 0)
            part = min(max(free, 0), left)
            if part:
                taken[item, place] = taken.get((item, place), 0) + part
                plan.setdefault(place, []).append((line, part))
                left -= part
        if left:
            place = _fallback(store, places, item, plan)
            plan.setdefault(place, []).append((line, left))
    return _merged(plan)


def _fallback(store, places, item, plan):
    """Where oversold or untracked goods go: a place that stocks them, if any."""
    for place in places:
        if item and item.tracked and store.level(item, place):
            return place
    return next(iter(plan), places[0])


def _merged(plan):
    merged = {}
    for place, parts in plan.items():
        units = {}
        for line, part in parts:
            units[line] = units.get(line, 0) + part
        merged[place] = list(units.items())
    return merged


def _open(store, order, place, parts):
    moment = store.clock.tick()
    entry = FulfillmentOrder(store.next_id(), order, place, moment, moment)
    for line, quantity in parts:
        entry.lines.append(
            FulfillmentOrderLineItem(store.next_id(), line, quantity, quantity)
        )
        commit(store, order, line, place, quantity)
    order.fulfillment_orders.append(entry)
    store.fulfillment_orders[entry.id] = entry
    return entry


def open_for(store, order, line, quantity, location=None):
    """Add units of a line to the fulfillment orders of an order (order edits)."""
    place = location or next(
        (entry.location for entry in order.fulfillment_orders), None
    )
    place = place or next(iter(store.locations.values()))
    for entry in order.fulfillment_orders:
        if entry.location is place and entry.status == "OPEN":
            entry.lines.append(
                FulfillmentOrderLineItem(store.next_id(), line, quantity, quantity)
            )
            commit(store, order, line, place, quantity)
            return entry
    return _open(store, order, place, [(line, quantity)])


def commit(store, order, line, place, quantity):
    """Move available to committed; a negative quantity gives it back."""
    _move(store, order, line, place, {"available": -quantity, "committed": quantity})


def uncommit(store, order, line, place, quantity):
    """Take goods out of committed for good: shipped, or cancelled unrestocked."""
    _move(store, order, line, place, {"committed": -quantity})


def put_back(store, order, line, place, quantity):
    """Returned goods are available again."""
    _move(store, order, line, place, {"available": quantity})


def _move(store, order, line, place, deltas):
    if line.variant is None or not line.variant.item.tracked:
        return
    item = line.variant.item
    level = store.level(item, place)
    if level is None or not level.active:
        level = inventory.activate(store, item, place)
    inventory.change(store, level, deltas, "other", f"order {order.name}", order.gid)
