# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hand-made orders as the Admin API gives them; each test changes what it is about."""

import json
from decimal import Decimal


def gid(kind, number):
    return f"gid://shopify/{kind}/{number}"


def bag(amount, currency="EUR"):
    return {"shopMoney": {"amount": str(amount), "currencyCode": currency}}


def connection(nodes, more=False):
    info = {"hasNextPage": more, "endCursor": "next" if more else None}
    return {"nodes": list(nodes), "pageInfo": info}


def taxes(*pairs, currency="EUR"):
    return [
        {"title": f"VAT {rate}", "rate": rate, "priceSet": bag(amount, currency)}
        for rate, amount in pairs
    ]


def line(number=1, quantity=2, price="10.0", currency="EUR", **values):
    discounts = values.pop("discounts", ())
    return {
        "id": gid("LineItem", number),
        "title": f"Product {number}",
        "variantTitle": None,
        "sku": f"SKU-{number}",
        "quantity": quantity,
        "currentQuantity": quantity,
        "unfulfilledQuantity": quantity,
        "requiresShipping": True,
        "isGiftCard": False,
        "variant": {"id": gid("ProductVariant", number)},
        "originalUnitPriceSet": bag(price, currency),
        "discountAllocations": [
            {"allocatedAmountSet": bag(amount, currency)} for amount in discounts
        ],
        "taxLines": [],
        **values,
    }


def shipping_line(price="5.0", current=None, discounted=None, **values):
    discounted = discounted or price
    return {
        "id": gid("ShippingLine", 1),
        "title": "Standard",
        "code": "std",
        "originalPriceSet": bag(price),
        "discountedPriceSet": bag(discounted),
        "currentDiscountedPriceSet": bag(discounted if current is None else current),
        "taxLines": [],
        **values,
    }


def fulfillment_order(location, *parts, status="OPEN"):
    """``parts`` are (line number, units)."""
    place = {"id": gid("Location", location)} if location else None
    return {
        "id": gid("FulfillmentOrder", location or 99),
        "status": status,
        "assignedLocation": {"location": place},
        "lineItems": connection(
            {
                "lineItem": {"id": gid("LineItem", number)},
                "totalQuantity": units,
                "remainingQuantity": units,
            }
            for number, units in parts
        ),
    }


def refund(*lines, shipping=(), number=1):
    return {
        "id": gid("Refund", number),
        "createdAt": "2026-11-23T11:00:00Z",
        "note": "",
        "totalRefundedSet": bag("0.0"),
        "refundLineItems": connection(lines),
        "refundShippingLines": connection(shipping),
    }


def refund_line(quantity, kind, location=None, number=1, subtotal="0.0", tax="0.0"):
    return {
        "quantity": quantity,
        "restockType": kind,
        "restocked": kind != "NO_RESTOCK",
        "lineItem": {"id": gid("LineItem", number)},
        "location": {"id": gid("Location", location)} if location else None,
        "subtotalSet": bag(subtotal),
        "totalTaxSet": bag(tax),
    }


def order(*lines, total, tax="0.0", currency="EUR", **values):
    return {
        "id": gid("Order", 1),
        "name": "#1001",
        "createdAt": "2026-11-23T10:00:00Z",
        "processedAt": "2026-11-23T10:00:00Z",
        "updatedAt": "2026-11-23T10:00:05Z",
        "cancelledAt": None,
        "test": False,
        "note": None,
        "email": "ada@example.com",
        "phone": None,
        "currencyCode": currency,
        "taxesIncluded": False,
        "displayFinancialStatus": "PAID",
        "paymentGatewayNames": ["shopify_payments"],
        "risk": {"recommendation": "NONE"},
        "currentTotalPriceSet": bag(total, currency),
        "currentTotalTaxSet": bag(tax, currency),
        "customer": None,
        "billingAddress": None,
        "shippingAddress": None,
        "lineItems": connection(lines),
        "shippingLines": connection(values.pop("shipping", ())),
        "fulfillmentOrders": connection(values.pop("orders", ())),
        "refunds": values.pop("refunds", []),
        **values,
    }


def read(node):
    """Through text, as an event's body goes: rates stay exact."""
    return json.loads(json.dumps(node), parse_float=str)


def add_up(data):
    """What the canonical order comes to: the sum that the base compares."""
    on_top = Decimal(0)
    amount = Decimal(0)
    for charge in [*data["lines"], *data["shipping_lines"]]:
        price = charge.get("unit_price") or charge["price"]
        amount += Decimal(price) * charge.get("quantity", 1) - Decimal(
            charge["discount"]
        )
        on_top += sum(Decimal(tax["amount"]) for tax in charge["taxes"])
    return amount if data["taxes_included"] else amount + on_top
