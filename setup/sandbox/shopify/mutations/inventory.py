"""Setting, adjusting, moving and activating stock.

All entries of a call are checked before the first is changed: one bad entry fails
the whole batch, and what was sent with it stays as it was.
"""

from .. import inventory
from ..idempotency import idempotent
from ..ids import number_of
from ..models import STATES
from ..resolver import Record, View
from ..schema import STRICT
from ..views.stock import InventoryLevel
from .batch import Batch, require_argument
from .common import check_size, user_error


class InventoryMutations(View):
    def inventory_set_quantities(self, info, input):
        entries = input["quantities"]
        check_size(entries, "inventorySetQuantities", "input", "quantities")
        if self._ctx.version >= STRICT:
            require_argument(entries, "InventoryQuantityInput")
        return self._set_quantities(info, input=input)

    @idempotent("InventorySetQuantitiesPayload", "InventorySetQuantitiesUserError")
    def _set_quantities(self, input):
        batch = Batch(self._ctx, "InventorySetQuantities", input)
        batch.check_head()
        if input["name"] not in ("available", "on_hand"):
            batch.fail("INVALID_NAME", "name")
        plan = [] if batch.errors else self._plan_set(batch, input)
        if not batch.errors:
            for pair, deltas in plan:
                batch.apply(pair, deltas)
        return batch.payload()

    def _plan_set(self, batch, input):
        plan, seen = [], set()
        for index, entry in enumerate(input["quantities"]):
            field = ("quantities", index)
            key = (entry["inventoryItemId"], entry["locationId"])
            if key in seen:
                batch.fail("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", *field)
                continue
            seen.add(key)
            pair = batch.level(entry, entry, *field)
            if pair is None:
                continue
            quantity, name = entry["quantity"], input["name"]
            if quantity < 0:
                batch.fail("INVALID_QUANTITY_NEGATIVE", *field, "quantity")
            elif quantity > inventory.HIGHEST:
                batch.fail("INVALID_QUANTITY_TOO_HIGH", *field, "quantity")
            elif batch.lacks_comparison(entry, input):
                batch.fail("COMPARE_QUANTITY_REQUIRED", *field, "compareQuantity")
            elif batch.is_stale(entry, pair, name):
                batch.fail("CHANGE_FROM_QUANTITY_STALE", *field, "changeFromQuantity")
            elif batch.is_stale(entry, pair, name, "compareQuantity"):
                batch.fail("COMPARE_QUANTITY_STALE", *field, "compareQuantity")
            else:
                # Setting on_hand moves available: the other states are facts.
                delta = quantity - batch.quantity(pair, name)
                plan.append((pair, {"available": delta}))
        return plan

    def inventory_adjust_quantities(self, info, input):
        entries = input["changes"]
        check_size(entries, "inventoryAdjustQuantities", "input", "changes")
        require_argument(entries, "InventoryChangeInput")
        return self._adjust_quantities(info, input=input)

    @idempotent(
        "InventoryAdjustQuantitiesPayload", "InventoryAdjustQuantitiesUserError"
    )
    def _adjust_quantities(self, input):
        batch = Batch(self._ctx, "InventoryAdjustQuantities", input)
        batch.check_head()
        name = input["name"]
        # Committed stock belongs to the orders; no app may set it.
        if name not in STATES or name == "committed":
            batch.fail("INVALID_QUANTITY_NAME", "name")
        plan = [] if batch.errors else self._plan_adjust(batch, input, name)
        if not batch.errors:
            for pair, deltas in plan:
                batch.apply(pair, deltas)
        return batch.payload()

    def _plan_adjust(self, batch, input, name):
        plan = []
        for index, entry in enumerate(input["changes"]):
            field = ("changes", index)
            pair = batch.level(entry, entry, *field)
            if pair is None:
                continue
            after = batch.quantity(pair, name) + entry["delta"]
            if batch.is_stale(entry, pair, name):
                batch.fail("CHANGE_FROM_QUANTITY_STALE", *field, "changeFromQuantity")
            elif after > inventory.HIGHEST:
                batch.fail("INVALID_QUANTITY_TOO_HIGH", *field, "delta")
            elif after < -inventory.HIGHEST:
                batch.fail("INVALID_QUANTITY_TOO_LOW", *field, "delta")
            else:
                plan.append((pair, {name: entry["delta"]}))
        return plan

    def inventory_move_quantities(self, info, input):
        entries = input["changes"]
        check_size(entries, "inventoryMoveQuantities", "input", "changes")
        ends = [entry[end] for entry in entries for end in ("from", "to")]
        require_argument(ends, "InventoryMoveQuantityTerminalInput")
        return self._move_quantities(info, input=input)

    @idempotent("InventoryMoveQuantitiesPayload", "InventoryMoveQuantitiesUserError")
    def _move_quantities(self, input):
        batch = Batch(self._ctx, "InventoryMoveQuantities", input)
        batch.check_head()
        plan = [] if batch.errors else self._plan_move(batch, input)
        if not batch.errors:
            for pair, deltas in plan:
                batch.apply(pair, deltas)
        return batch.payload()

    def _plan_move(self, batch, input):
        plan = []
        for index, entry in enumerate(input["changes"]):
            field = ("changes", index)
            source, target = entry["from"], entry["to"]
            pair = batch.level(entry, source, *field)
            if pair is None:
                continue
            code = self._move_error(batch, pair, entry)
            if code:
                batch.fail(code, *field)
                continue
            quantity = entry["quantity"]
            plan.append((pair, {source["name"]: -quantity, target["name"]: quantity}))
        return plan

    def _move_error(self, batch, pair, entry):
        source, target = entry["from"], entry["to"]
        if source["locationId"] != target["locationId"]:
            return "DIFFERENT_LOCATIONS"
        if source["name"] == target["name"]:
            return "SAME_QUANTITY_NAME"
        if not {source["name"], target["name"]} <= {*STATES} - {"committed"}:
            return "INVALID_QUANTITY_NAME"
        if entry["quantity"] < 0:
            return "INVALID_QUANTITY_NEGATIVE"
        if any(batch.is_stale(end, pair, end["name"]) for end in (source, target)):
            return "CHANGE_FROM_QUANTITY_STALE"
        return None

    @idempotent("InventoryActivatePayload")
    def inventory_activate(
        self,
        inventory_item_id,
        location_id,
        available=None,
        on_hand=None,
        stock_at_legacy_location=False,
    ):
        store = self._ctx.store
        item = store.items.get(number_of(inventory_item_id, "InventoryItem"))
        location = store.locations.get(number_of(location_id, "Location"))
        error = self._activation_error(item, location, available, on_hand)
        if error:
            return Record("InventoryActivatePayload", userErrors=[error])
        level = store.level(item, location)
        start = on_hand if available is None else available
        fresh = level is None or not level.active
        if fresh:
            level = inventory.activate(store, item, location)
        if start is not None and fresh:
            context = ("movement_created", "app")
            inventory.set_quantity(store, level, "available", start, *context)
        view = InventoryLevel(level, self._ctx)
        return Record("InventoryActivatePayload", inventoryLevel=view, userErrors=[])

    def _activation_error(self, item, location, available, on_hand):
        if item is None:
            return user_error(
                "The product couldn't be stocked because it wasn't found.",
                ["inventoryItemId"],
            )
        if location is None or not location.active:
            return user_error(
                "The product couldn't be stocked because the location wasn't found.",
                ["locationId"],
            )
        if available is not None and on_hand is not None:
            return user_error("Only one of available and onHand may be set.", [])
        level = self._ctx.store.level(item, location)
        if level and level.active and (available is not None or on_hand is not None):
            return user_error(
                "Not allowed to set available quantity when the item is already"
                " active at the location.",
                ["available"],
            )
        return None
