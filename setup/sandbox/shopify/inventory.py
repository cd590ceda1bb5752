"""Stock rules: states, activation, and changes that keep a history."""

import re

from ..common.clock import iso
from .models import STATES, Level
from .payload_parts import inventory_level_payload

REASONS = frozenset(
    (
        "correction",
        "cycle_count_available",
        "damaged",
        "movement_canceled",
        "movement_created",
        "movement_received",
        "movement_updated",
        "other",
        "promotion",
        "quality_control",
        "received",
        "reservation_created",
        "reservation_deleted",
        "reservation_updated",
        "restock",
        "safety_stock",
        "shrinkage",
    )
)
HIGHEST = 1_000_000_000
_URI = re.compile(r"^[a-zA-Z][\w+.-]*:(//)?\S+$")
_FOREIGN_GID = re.compile(r"^gid://[^/\s]+/[^/\s]+/\S+$")


def valid_document(uri):
    """A reference document is a URI; a gid needs app, entity and id."""
    if str(uri).startswith("gid:"):
        return bool(_FOREIGN_GID.match(uri))
    return bool(_URI.match(uri))


def activate(store, item, location, available=0):
    """Stock an item at a location, or bring back a level that was inactive."""
    moment = store.clock.tick()
    level = store.level(item, location)
    if level is None:
        level = Level(store.next_id(), item, location, moment, moment)
        store.levels[item.id, location.id] = level
    level.active = True
    level.updated_at = moment
    if available:
        change(store, level, {"available": available}, "correction", "activation")
    store.emit("inventory_levels/connect", inventory_level_payload, level)
    return level


def change(store, level, deltas, reason, actor, document=None, group=None):
    """Apply deltas by state name; the caller has checked that they are allowed.

    :return: (name, delta, quantity after) of each change, on_hand included
    """
    before = level.on_hand
    moment = store.clock.tick()
    applied = []
    for name, delta in deltas.items():
        if not delta:
            continue
        assert name in STATES, name
        level.quantities[name] += delta
        level.touched[name] = moment
        applied.append((name, delta, level.quantities[name]))
    if level.on_hand != before:
        level.touched["on_hand"] = moment
        applied.append(("on_hand", level.on_hand - before, level.on_hand))
    if not applied:
        return []
    level.updated_at = moment
    _remember(store, level, applied, reason, actor, document, group)
    if any(name == "available" for name, _delta, _after in applied):
        store.emit("inventory_levels/update", inventory_level_payload, level)
    return applied


def _remember(store, level, applied, reason, actor, document, group):
    for name, delta, after in applied:
        store.history.append(
            {
                "at": iso(store.clock.now()),
                "inventoryItemId": level.item.gid,
                "sku": level.item.variant.sku,
                "locationId": level.location.gid,
                "location": level.location.name,
                "name": name,
                "delta": delta,
                "quantityAfterChange": after,
                "reason": reason,
                "referenceDocumentUri": document,
                "actor": actor,
                "group": group,
            }
        )


def set_quantity(store, level, name, quantity, *context):
    """Set ``available``, or ``on_hand`` by way of available."""
    delta = quantity - level.quantity(name)
    state = "available" if name == "on_hand" else name
    return change(store, level, {state: delta}, *context)


def deactivate(store, item, location):
    """Stop stocking an item at a location; its numbers stay with the level."""
    level = store.level(item, location)
    if level is not None and level.active:
        level.active = False
        level.updated_at = store.clock.tick()
        store.emit("inventory_levels/disconnect", inventory_level_payload, level)


def edit_by_hand(store, sku, location, name="available", quantity=None, delta=None):
    """What a person does in the store admin, behind the back of every app."""
    item = store.find_variant(sku).item
    place = store.find_location(location)
    level = store.level(item, place)
    if level is None or not level.active:
        level = activate(store, item, place)
    if quantity is None:
        quantity = level.quantity(name) + int(delta or 0)
    set_quantity(store, level, name, int(quantity), "correction", "store admin")
    return level
