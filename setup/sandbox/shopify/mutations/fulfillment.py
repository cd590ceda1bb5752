"""Shipping, tracking, moving and holding. No key protects these: dedupe yourself."""

from ..fulfillment import (
    check_holdable,
    fulfill,
    hold,
    move,
    release_hold,
    set_tracking,
    split,
)
from ..resolver import Record, View
from ..store import StoreError
from ..views.fulfillment import Fulfillment, FulfillmentHold, FulfillmentOrder
from .common import lookup, user_error


class FulfillmentMutations(View):
    def fulfillment_create(self, fulfillment):
        parts = []
        try:
            for entry in fulfillment["lineItemsByFulfillmentOrder"]:
                parts.append(self._part(entry))
            record = fulfill(
                self._ctx.store, parts, _tracking(fulfillment.get("trackingInfo"))
            )
        except StoreError as error:
            return Record(
                "FulfillmentCreatePayload",
                userErrors=[user_error(str(error), ["fulfillment"])],
            )
        return Record(
            "FulfillmentCreatePayload",
            fulfillment=Fulfillment(record, self._ctx),
            userErrors=[],
        )

    def _part(self, entry):
        order = self._fulfillment_order(entry["fulfillmentOrderId"])
        wanted = entry.get("fulfillmentOrderLineItems")
        return order, (_wanted(order, wanted) if wanted else None)

    def _fulfillment_order(self, id):
        records = self._ctx.store.fulfillment_orders
        record = lookup(records, id, "FulfillmentOrder")
        if record is None:
            raise StoreError("Fulfillment order does not exist.")
        return record

    def fulfillment_tracking_info_update(
        self, fulfillment_id, tracking_info_input, notify_customer=False
    ):
        kind = "FulfillmentTrackingInfoUpdatePayload"
        store = self._ctx.store
        record = lookup(store.fulfillments, fulfillment_id, "Fulfillment")
        if record is None:
            error = user_error("Fulfillment does not exist.", ["fulfillmentId"])
            return Record(kind, userErrors=[error])
        set_tracking(store, record, _tracking(tracking_info_input))
        view = Fulfillment(record, self._ctx)
        return Record(kind, fulfillment=view, userErrors=[])

    def fulfillment_order_move(
        self, id, new_location_id, fulfillment_order_line_items=None
    ):
        kind = "FulfillmentOrderMovePayload"
        store = self._ctx.store
        try:
            record = self._fulfillment_order(id)
            location = lookup(store.locations, new_location_id, "Location")
            if location is None:
                raise StoreError("Location does not exist.")
            wanted = fulfillment_order_line_items
            result = move(
                store, record, location, _wanted(record, wanted) if wanted else None
            )
        except StoreError as error:
            error_kind = "FulfillmentOrderMoveFulfillmentOrderMoveUserError"
            entry = user_error(str(error), ["id"], error_kind, code=None)
            return Record(kind, userErrors=[entry])
        moved, original, remaining = map(self._show, result)
        return Record(
            kind,
            movedFulfillmentOrder=moved,
            originalFulfillmentOrder=original,
            remainingFulfillmentOrder=remaining,
            userErrors=[],
        )

    def _show(self, record):
        return FulfillmentOrder(record, self._ctx) if record else None

    def fulfillment_order_hold(self, id, fulfillment_hold):
        kind = "FulfillmentOrderHoldPayload"
        values = fulfillment_hold
        try:
            record = self._fulfillment_order(id)
            check_holdable(record)
            rest = None
            if values.get("fulfillmentOrderLineItems"):
                chosen = _wanted(record, values["fulfillmentOrderLineItems"])
                rest, record = (
                    record,
                    split(self._ctx.store, record, chosen),
                )
            held = hold(
                self._ctx.store,
                record,
                values["reason"],
                values.get("reasonNotes") or "",
                values.get("handle") or "",
            )
        except StoreError as error:
            known = "exist." in str(error)
            code = "FULFILLMENT_ORDER_NOT_FOUND" if known else "TAKEN"
            entry = user_error(
                str(error), ["id"], "FulfillmentOrderHoldUserError", code=code
            )
            return Record(kind, userErrors=[entry])
        return Record(
            kind,
            fulfillmentHold=FulfillmentHold(held, self._ctx),
            fulfillmentOrder=self._show(record),
            remainingFulfillmentOrder=self._show(rest),
            userErrors=[],
        )

    def fulfillment_order_release_hold(self, id, hold_ids=None):
        kind = "FulfillmentOrderReleaseHoldPayload"
        try:
            record = self._fulfillment_order(id)
        except StoreError as error:
            entry = user_error(
                str(error),
                ["id"],
                "FulfillmentOrderReleaseHoldUserError",
                code="FULFILLMENT_ORDER_NOT_FOUND",
            )
            return Record(kind, userErrors=[entry])
        release_hold(self._ctx.store, record, hold_ids)
        return Record(kind, fulfillmentOrder=self._show(record), userErrors=[])


def _wanted(record, entries):
    """{line: quantity} of the lines that an input names."""
    lines = {part.id: part for part in record.lines}
    wanted = {}
    for entry in entries:
        part = lookup(lines, entry["id"], "FulfillmentOrderLineItem")
        if part is None:
            raise StoreError("Fulfillment order line item does not exist.")
        if not 0 < entry["quantity"] <= part.remaining:
            raise StoreError("Invalid fulfillment order line item quantity requested.")
        wanted[part] = entry["quantity"]
    return wanted


def _tracking(values):
    if not values:
        return []
    numbers = values.get("numbers") or [values.get("number")]
    urls = values.get("urls") or [values.get("url")]
    urls += [None] * (len(numbers) - len(urls))
    return [
        {"company": values.get("company"), "number": number, "url": url}
        for number, url in zip(numbers, urls, strict=False)
    ]
