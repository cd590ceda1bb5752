"""confirmShipment, the one operation of Orders v0 that stays."""

import re
from datetime import timedelta

from . import const, orders
from .api import operation
from .errors import ApiError
from .models import Package

MODEL = "ordersV0"


@operation(MODEL, "confirmShipment", status=204)
def confirm_shipment(call):
    store, detail = call.store, call.body["packageDetail"]
    order = store.orders.get(call.path["orderId"])
    if order is None:
        raise ApiError(404, "NotFound", "The order was not found.")
    if call.body["marketplaceId"] != order.marketplace:
        words = "The order is of another marketplace."
        call.refuse("wrong_marketplace", message=words)
    reference = str(detail["packageReferenceId"])
    _check_detail(call, order, detail, reference)
    _check_state(call, order, reference)
    units = _units(call, order, detail["orderItems"])
    package = Package(
        reference,
        detail.get("carrierName") or detail["carrierCode"],
        detail.get("shippingMethod", ""),
        detail["trackingNumber"],
        orders.read_time(detail["shipDate"]),
        store.clock.now(),
    )
    orders.ship(store, order, package, units)


def _check_detail(call, order, detail, reference):
    if not re.fullmatch(r"[1-9]\d*", reference):
        call.refuse(
            "reference_type", message="packageReferenceId is no positive number."
        )
    carrier = detail["carrierCode"]
    if carrier.lower() not in const.CARRIERS:
        call.refuse("unknown_carrier", message=f"Unknown carrierCode {carrier}.")
    if carrier.lower() == "other" and not detail.get("carrierName", "").strip():
        call.refuse("unknown_carrier", message="carrierName is required with Other.")
    if not detail["trackingNumber"].strip():
        call.refuse("no_tracking", message="trackingNumber is empty.")
    shipped = orders.read_time(detail["shipDate"])
    # minutes of grace for a clock that is a little fast
    latest = call.store.clock.now() + timedelta(minutes=5)
    if not order.created <= shipped <= latest:
        call.refuse("ship_date", message="shipDate is in the future or too early.")


def _check_state(call, order, reference):
    if order.status == "SHIPPED" or reference in [
        each.reference for each in order.packages
    ]:
        call.refuse(
            "ship_repeat",
            "PackageToUpdateNotFound",
            f"Package {reference} to update was not found.",
        )
    if not order.merchant or order.pending or not order.live:
        call.refuse("ship_state", message=f"The order is {order.status}.")


def _units(call, order, entries):
    units = {}
    if not entries:
        call.refuse("wrong_body", message="orderItems is empty.")
    for entry in entries:
        item = order.item(entry["orderItemId"])
        if item is None:
            words = f"Item {entry['orderItemId']} is not of the order."
            raise ApiError(400, "InvalidInput", words, rule="unknown_order")
        units[item] = units.get(item, 0) + entry["quantity"]
    for item, count in units.items():
        if not 1 <= count <= item.open:
            words = f"{count} units of item {item.id} where {item.open} are open."
            call.refuse("over_quantity", message=words)
    return units
