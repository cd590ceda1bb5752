"""The checks and changes that all quantity mutations share."""

import uuid

from .. import inventory
from ..errors import ApiError
from ..resolver import Record
from ..schema import STRICT
from ..views.misc import InventoryAdjustmentGroup
from .common import lookup, user_error

# From this version on stock may be set anywhere; it is stocked by that.
STOCKED_ANYWHERE = "2026-10"


MESSAGES = {
    "CHANGE_FROM_QUANTITY_STALE": (
        "The changeFromQuantity argument no longer matches the persisted quantity."
    ),
    "COMPARE_QUANTITY_REQUIRED": (
        "The compareQuantity argument must be given to each quantity or ignored using"
        " ignoreCompareQuantity."
    ),
    "COMPARE_QUANTITY_STALE": (
        "The compareQuantity argument no longer matches the persisted quantity."
    ),
    "DIFFERENT_LOCATIONS": (
        "The quantities can't be moved between different locations."
    ),
    "INVALID_INVENTORY_ITEM": "The specified inventory item could not be found.",
    "INVALID_LOCATION": "The specified location could not be found.",
    "INVALID_NAME": "The quantity name must be either 'available' or 'on_hand'.",
    "INVALID_QUANTITY_NAME": "The specified quantity name is invalid.",
    "INVALID_QUANTITY_NEGATIVE": "The quantity can't be negative.",
    "INVALID_QUANTITY_TOO_HIGH": (
        "The total quantity can't be higher than 1,000,000,000."
    ),
    "INVALID_QUANTITY_TOO_LOW": (
        "The total quantity can't be lower than -1,000,000,000."
    ),
    "INVALID_REASON": "The specified reason is invalid.",
    "INVALID_REFERENCE_DOCUMENT": "The specified reference document is invalid.",
    "ITEM_NOT_STOCKED_AT_LOCATION": (
        "The specified inventory item is not stocked at the location."
    ),
    "NON_MUTABLE_INVENTORY_ITEM": (
        "The specified inventory item is not allowed to be adjusted via API."
    ),
    "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR": (
        "The combination of inventoryItemId and locationId must be unique."
    ),
    "SAME_QUANTITY_NAME": "The quantity names for each change can't be the same.",
}


class Batch:
    """The checks and the changes of one call."""

    def __init__(self, ctx, kind, input):
        self.ctx = ctx
        self.store = ctx.store
        self.kind = kind
        self.reason = input["reason"]
        self.document = input.get("referenceDocumentUri")
        self.errors = []
        self.changes = []
        self.group = str(uuid.uuid4())

    def fail(self, code, *field):
        null = code == "CHANGE_FROM_QUANTITY_STALE" and self.ctx.stale_field_null
        path = None if null else ["input", *(str(part) for part in field)]
        error = user_error(MESSAGES[code], path, f"{self.kind}UserError", code=code)
        self.errors.append(error)

    def check_head(self):
        if self.reason not in inventory.REASONS:
            self.fail("INVALID_REASON", "reason")
        if self.document and not inventory.valid_document(self.document):
            self.fail("INVALID_REFERENCE_DOCUMENT", "referenceDocumentUri")

    def level(self, entry, place, *field):
        """The (item, location) of an entry, or None after noting what is wrong."""
        item = lookup(self.store.items, entry["inventoryItemId"], "InventoryItem")
        location = lookup(self.store.locations, place["locationId"], "Location")
        if item is None:
            return self.fail("INVALID_INVENTORY_ITEM", *field, "inventoryItemId")
        if location is None or not location.active:
            return self.fail("INVALID_LOCATION", *field, "locationId")
        if item.variant.components:
            return self.fail("NON_MUTABLE_INVENTORY_ITEM", *field, "inventoryItemId")
        level = self.store.level(item, location)
        stocked = level is not None and level.active
        if not stocked and self.ctx.version < STOCKED_ANYWHERE:
            return self.fail("ITEM_NOT_STOCKED_AT_LOCATION", *field, "locationId")
        if not stocked and self.store.config.not_stocked == "drops":
            # in silence: neither an error nor a change
            return None
        return item, location

    def quantity(self, pair, name):
        level = self.store.level(*pair)
        return level.quantity(name) if level else 0

    def lacks_comparison(self, entry, input):
        """Before keys were required, one of two arguments compared, or a third said
        that none shall."""
        if self.ctx.version >= STRICT or input.get("ignoreCompareQuantity"):
            return False
        names = ("changeFromQuantity", "compareQuantity")
        return all(entry.get(name) is None for name in names)

    def is_stale(self, entry, pair, name, argument="changeFromQuantity"):
        expected = entry.get(argument)
        return expected is not None and expected != self.quantity(pair, name)

    def apply(self, pair, deltas):
        level = self.store.level(*pair)
        if level is None or not level.active:
            level = inventory.activate(self.store, *pair)
        context = (self.reason, "app", self.document, self.group)
        for name, delta, after in inventory.change(self.store, level, deltas, *context):
            self.changes.append(
                {
                    "name": name,
                    "delta": delta,
                    "after": after,
                    "item": pair[0],
                    "location": pair[1],
                }
            )

    def payload(self):
        """Nothing changed gives no group, as in a live shop."""
        group = None
        if self.changes and not self.errors:
            values = {
                "id": self.store.next_id(),
                "created_at": self.store.clock.tick(),
                "reason": self.reason,
                "document": self.document,
                "changes": self.changes,
            }
            group = InventoryAdjustmentGroup(values, self.ctx)
        first_only = self.store.config.error_report == "first"
        return Record(
            f"{self.kind}Payload",
            inventoryAdjustmentGroup=group,
            userErrors=self.errors[:1] if first_only else self.errors,
        )


def require_argument(entries, type_name, argument="changeFromQuantity"):
    """Passing it is checked at run time only: the schema lets it out."""
    if any(argument not in entry for entry in entries):
        raise ApiError(
            f"{type_name} must include the following argument: {argument}.",
            "INVALID_FIELD_ARGUMENTS",
        )
