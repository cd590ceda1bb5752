# SPDX-License-Identifier: AGPL-3.0-or-later
"""Webhook bodies: the REST shape of an order, or only the name of one.

Less than the order: no fulfillment orders, amounts in another shape. So they give
identity, version and demand (``complete`` False), which is enough to hold stock at
once; the base then fetches the order itself.
"""

from odoo.addons.channel_inventory_base.lib.errors import Malformed
from odoo.addons.channel_inventory_base.lib.reader import JsonValue

from .order import PAYMENT


def gid(kind, number):
    """
    >>> gid("Order", 12)
    'gid://shopify/Order/12'
    """
    return f"gid://shopify/{kind}/{number}"


def order_ref(body):
    """The gid of the order that a webhook body is, or names; "" when it does neither.

    >>> order_ref({"id": 5, "order_id": 12, "refund_line_items": []})
    'gid://shopify/Order/12'
    """
    if not isinstance(body, dict):
        return ""
    if isinstance(body.get("order_edit"), dict):
        body = body["order_edit"]
    is_order = "line_items" in body and "order_id" not in body
    number = body.get("id" if is_order else "order_id")
    # True is a number to Python
    return gid("Order", number) if type(number) is int else ""


def rest_order(raw):
    """A webhook body as incomplete OrderData."""
    if not order_ref(raw):
        raise Malformed("names no order")
    if "line_items" not in raw or "order_id" in raw:
        return _named(raw)
    place = JsonValue(raw)
    cancelled = bool(place.get("cancelled_at"))
    return {
        "external_id": order_ref(raw),
        "name": place["name"].text(),
        "version": place["updated_at"].text(),
        "placed_at": (place.get("processed_at") or place["created_at"]).text(),
        "complete": False,
        "state": "cancelled" if cancelled else "open",
        "payment": PAYMENT.get(place.get("financial_status").text().upper(), "pending"),
        "test": bool(place.get("test").value),
        "currency": place["currency"].text(),
        "lines": [_line(line, cancelled) for line in place["line_items"].items()],
    }


def _named(raw):
    """A refund or an edit says that an order changed, and when."""
    place = JsonValue(raw)
    if raw.get("order_edit"):
        place = place["order_edit"]
    return {
        "external_id": order_ref(raw),
        "name": str(place["order_id"].whole()),
        "version": (place.get("processed_at") or place["created_at"]).text(),
        "complete": False,
        "lines": [],
    }


def _line(line, cancelled):
    current = line.get("current_quantity") or line["quantity"]
    open_quantity = line.get("fulfillable_quantity") or current
    units = current.whole()
    return {
        "external_id": line["admin_graphql_api_id"].text()
        if line.get("admin_graphql_api_id")
        else gid("LineItem", line["id"].whole()),
        "listing_ref": gid("ProductVariant", line["variant_id"].whole())
        if line["variant_id"]
        else "",
        "quantity": units,
        "open_quantity": 0 if cancelled else max(0, min(open_quantity.whole(), units)),
        "sku": line.get("sku").text(),
        "title": line.get("name").text() or line["title"].text(),
        "ships": line.get("requires_shipping").value is not False,
    }
