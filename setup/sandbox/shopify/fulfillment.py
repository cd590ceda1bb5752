"""Shipping what was ordered: fulfillments, tracking, moves and holds."""

from . import routing
from .order_models import (
    Fulfillment,
    FulfillmentHold,
    FulfillmentOrder,
    FulfillmentOrderLineItem,
)
from .orders import touch
from .payloads import fulfillment_payload
from .store import StoreError

OPEN_STATES = ("OPEN", "IN_PROGRESS", "SCHEDULED")


def fulfill(store, parts, tracking=()):
    """Ship lines of fulfillment orders that share one location and one order.

    :param parts: pairs (fulfillment order, {its line: quantity} or None for all)
    :param tracking: dicts ``company``, ``number``, ``url``
    """
    with store.transaction():
        chosen = [(entry, _quantities(entry, wanted)) for entry, wanted in parts]
        _check_fulfillable(chosen)
        order, location = chosen[0][0].order, chosen[0][0].location
        moment = store.clock.tick()
        record = Fulfillment(
            store.next_id(),
            order,
            location,
            f"{order.name}-F{len(order.fulfillments) + 1}",
            moment,
            moment,
            tracking=list(tracking),
        )
        for entry, quantities in chosen:
            _ship(store, record, entry, quantities)
        order.fulfillments.append(record)
        store.fulfillments[record.id] = record
        store.emit("fulfillments/create", fulfillment_payload, record)
        touch(store, order, _topic(order))
        return record


def _quantities(entry, wanted):
    if wanted is None:
        return {part: part.remaining for part in entry.lines if part.remaining}
    return wanted


def _check_fulfillable(chosen):
    if not chosen or not any(quantities for _entry, quantities in chosen):
        raise StoreError("There is nothing left to fulfill")
    if len({entry.order for entry, _quantities in chosen}) > 1:
        raise StoreError("All fulfillment orders must belong to the same order")
    if len({entry.location for entry, _quantities in chosen}) > 1:
        raise StoreError("All fulfillment orders must be assigned to the same location")
    for entry, quantities in chosen:
        if entry.status not in OPEN_STATES:
            raise StoreError(
                f"Fulfillment order {entry.id} has an unfulfillable status="
                f" {entry.status.lower()}."
            )
        for part, quantity in quantities.items():
            if not 0 < quantity <= part.remaining:
                raise StoreError(
                    "Invalid fulfillment order line item quantity requested."
                )


def _ship(store, record, entry, quantities):
    for part, quantity in quantities.items():
        part.remaining -= quantity
        part.line.fulfilled += quantity
        record.lines.append((store.next_id(), part.line, quantity))
        routing.uncommit(store, entry.order, part.line, entry.location, quantity)
    entry.updated_at = record.created_at
    record.fulfillment_orders.append(entry)
    if any(part.remaining for part in entry.lines):
        entry.status = "IN_PROGRESS"
    else:
        entry.status = "CLOSED"


def _topic(order):
    left = any(line.unfulfilled for line in order.lines)
    return "orders/partially_fulfilled" if left else "orders/fulfilled"


def fulfill_order(store, order, tracking=(), quantities=None):
    """Ship an order, one fulfillment for each location (control API).

    :param quantities: ``{sku: units}`` to ship in part
    """
    records = []
    wanted = dict(quantities) if quantities else None
    with store.transaction():
        for entry in list(order.fulfillment_orders):
            if entry.status in OPEN_STATES:
                parts = _pick(entry, wanted)
                if parts:
                    records.append(fulfill(store, [(entry, parts)], tracking))
        if not records:
            raise StoreError(f"{order.name} has nothing left to fulfill")
    return records


def _pick(entry, wanted):
    parts = {}
    for part in entry.lines:
        units = part.remaining
        if wanted is not None:
            units = min(units, wanted.get(part.line.sku, 0))
            wanted[part.line.sku] = wanted.get(part.line.sku, 0) - units
        if units:
            parts[part] = units
    return parts


def set_tracking(store, record, tracking):
    with store.transaction():
        record.tracking = list(tracking)
        record.updated_at = store.clock.tick()
        store.emit("fulfillments/update", fulfillment_payload, record)
        touch(store, record.order)


def move(store, entry, location, wanted=None):
    """Move all or some lines to another location; their stock moves as well.

    :return: (moved, original, remaining) fulfillment orders
    """
    with store.transaction():
        if entry.status not in OPEN_STATES:
            raise StoreError("The fulfillment order is not in a movable state.")
        if entry.location is location:
            raise StoreError("The fulfillment order is already at this location.")
        quantities = _quantities(entry, wanted)
        if not quantities:
            raise StoreError("There is nothing left to move")
        whole = quantities == {
            part: part.remaining for part in entry.lines if part.remaining
        } and all(part.remaining == part.quantity for part in entry.lines)
        for part, quantity in quantities.items():
            _move_stock(store, entry, part, quantity, location)
        moved = entry if whole else split(store, entry, quantities)
        moved.location = location
        moved.updated_at = store.clock.tick()
        touch(store, entry.order)
        return moved, entry, None if whole else entry


def _move_stock(store, entry, part, quantity, location):
    if not 0 < quantity <= part.remaining:
        raise StoreError("Invalid fulfillment order line item quantity requested.")
    routing.commit(store, entry.order, part.line, entry.location, -quantity)
    routing.commit(store, entry.order, part.line, location, quantity)


def split(store, entry, quantities):
    """Take units out of a fulfillment order into a new one at the same place."""
    moment = store.clock.tick()
    other = FulfillmentOrder(
        store.next_id(), entry.order, entry.location, moment, moment
    )
    for part, quantity in quantities.items():
        part.quantity -= quantity
        part.remaining -= quantity
        other.lines.append(
            FulfillmentOrderLineItem(store.next_id(), part.line, quantity, quantity)
        )
    entry.lines = [part for part in entry.lines if part.quantity]
    entry.order.fulfillment_orders.append(other)
    store.fulfillment_orders[other.id] = other
    return other


def check_holdable(entry):
    if entry.status not in ("OPEN", "SCHEDULED", "ON_HOLD"):
        raise StoreError("The fulfillment order is not in a holdable state.")


def hold(store, entry, reason, notes="", handle=""):
    with store.transaction():
        check_holdable(entry)
        if any(known.handle == handle for known in entry.holds):
            raise StoreError("A hold with this handle exists already.")
        record = FulfillmentHold(store.next_id(), reason, notes, handle)
        entry.holds.append(record)
        entry.status = "ON_HOLD"
        entry.updated_at = store.clock.tick()
        touch(store, entry.order)
        return record


def release_hold(store, entry, hold_ids=None):
    """Release some holds, or all; the order is open when none is left."""
    with store.transaction():
        entry.holds = [
            known for known in entry.holds if hold_ids and known.gid not in hold_ids
        ]
        if entry.status == "ON_HOLD" and not entry.holds:
            entry.status = "OPEN"
        entry.updated_at = store.clock.tick()
        touch(store, entry.order)
