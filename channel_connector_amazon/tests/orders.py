# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orders as the Orders API 2026-01-01 gives them, for tests."""

import copy

from .common import DE, US

ADDRESS = {
    "name": "Ada Shopper",
    "addressLine1": "Street 1",
    "addressLine2": "c/o Bo",
    "city": "Berlin",
    "stateOrRegion": "",
    "postalCode": "10115",
    "countryCode": "DE",
    "phone": "+4930123",
    "addressType": "RESIDENTIAL",
}


def money(amount, currency="EUR"):
    return {"amount": amount, "currencyCode": currency}


def breakdowns(currency="EUR", details=None, **parts):
    """``ITEM="10.00", TAX="1.90"``; ``details``: {part: {subtype: amount}}."""
    found = []
    for kind, amount in parts.items():
        row = {"type": kind, "subtotal": money(amount, currency)}
        for subtype, value in (details or {}).get(kind, {}).items():
            row.setdefault("detailedBreakdowns", []).append(
                {"subtype": subtype, "value": money(value, currency)}
            )
        found.append(row)
    return found


def item(
    number="1",
    ordered=2,
    done=0,
    left=None,
    *,
    total="20.00",
    unit="10.00",
    currency="EUR",
    details=None,
    parts=None,
    collected=False,
    **more,
):
    """An item of 2 x 10.00, as it is told without any tax."""
    parts = {"ITEM": total} if parts is None else parts
    found = {
        "orderItemId": number,
        "quantityOrdered": ordered,
        "product": {
            "asin": "B08C1W5N87",
            "title": "Lamp",
            "sellerSku": f"LAMP-{number}",
            "price": {"unitPrice": money(unit, currency)},
        },
        "proceeds": {
            "proceedsTotal": money(total, currency),
            "breakdowns": breakdowns(currency, details, **parts),
        },
        "fulfillment": {
            "quantityFulfilled": done,
            "quantityUnfulfilled": ordered - done if left is None else left,
        },
    }
    if collected:
        model = {"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon"}
        found["tax"] = {"taxCollections": [model]}
    return copy.deepcopy({**found, **more})


def order(
    *items,
    status="UNSHIPPED",
    market=DE,
    total="20.00",
    currency="EUR",
    by="MERCHANT",
    **more,
):
    found = {
        "orderId": "028-1-1",
        "createdTime": "2026-11-24T10:00:00Z",
        "lastUpdatedTime": "2026-11-24T10:05:00Z",
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": market},
        "buyer": {"buyerName": "Ada Shopper", "buyerEmail": "x1@marketplace.amazon.de"},
        "recipient": {"deliveryAddress": ADDRESS},
        "proceeds": {"grandTotal": money(total, currency)},
        "fulfillment": {
            "fulfillmentStatus": status,
            "fulfilledBy": by,
            "fulfillmentServiceLevel": "STANDARD",
            "shipByWindow": {
                "earliestDateTime": "2026-11-25T00:00:00Z",
                "latestDateTime": "2026-11-26T22:59:59Z",
            },
        },
        "orderItems": list(items) or [item()],
        "packages": [],
        **more,
    }
    return copy.deepcopy(
        {name: value for name, value in found.items() if value is not None}
    )


def pending(*items, **more):
    """As it is before it is paid: no price, no buyer, no address."""
    found = order(*items, status="PENDING", **more)
    for name in ("buyer", "recipient", "proceeds", "packages"):
        del found[name]
    for each in found["orderItems"]:
        del each["proceeds"], each["product"]["price"]
    return found


def american(*items, total, **more):
    return order(*items, market=US, total=total, currency="USD", **more)
