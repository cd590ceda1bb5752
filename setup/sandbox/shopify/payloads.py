"""Webhook bodies, in the shape of Shopify's REST resources.

Numeric ids beside ``admin_graphql_api_id``, prices as strings, times with offset.
"""

from ..common.clock import iso_offset
from . import totals
from .money import money_text, places, rounded
from .payload_parts import (
    address_payload,
    allocations,
    base,
    customer_payload,
    line_payload,
    money_set,
    price_text,
    priced,
    tax_lines,
)


def _discount_applications(order):
    return [
        {
            "type": {"code": "discount_code"}.get(entry["kind"], entry["kind"]),
            "title": entry["title"],
            **({"code": entry["code"]} if entry.get("code") else {}),
            "value": str(rounded(entry["value"], places(order.currency))),
            "value_type": {"fixed": "fixed_amount"}.get(entry["type"], "percentage"),
            "allocation_method": "each" if entry.get("each") else "across",
            "target_selection": "explicit" if entry.get("lines") else "all",
            "target_type": (
                "shipping_line" if entry["target"] == "shipping" else "line_item"
            ),
        }
        for entry in order.terms["discounts"]
    ]


def _discount_codes(order):
    sources = (*order.lines, *order.shipping_lines)
    return [
        {
            "code": entry["code"],
            "type": {"fixed": "fixed_amount"}.get(entry["type"], "percentage"),
            "amount": money_text(
                sum(
                    amount.shop
                    for source in sources
                    for number, amount in source.allocations
                    if number == index
                ),
                order.currency,
            ),
        }
        for index, entry in enumerate(order.terms["discounts"])
        if entry.get("code")
    ]


def _shipping_payload(order, line):
    return {
        "id": line.id,
        "title": line.title,
        "code": line.code,
        "source": "shopify",
        "phone": None,
        "is_removed": False,
        "carrier_identifier": None,
        "requested_fulfillment_service_id": None,
        "tax_lines": tax_lines(order, line.taxes),
        "discount_allocations": allocations(order, line.allocations),
        **priced(order, price=line.price, discounted_price=line.discounted),
    }


_FULFILLMENT = {
    "FULFILLED": "fulfilled",
    "PARTIALLY_FULFILLED": "partial",
}


def order_payload(order):
    """The body of every ``orders/*`` topic."""
    return {
        **base(order),
        **_order_head(order),
        **_order_amounts(order),
        "customer": customer_payload(order.customer),
        "billing_address": address_payload(order.billing_address),
        "shipping_address": address_payload(order.shipping_address),
        "line_items": [line_payload(line) for line in order.lines],
        "shipping_lines": [
            _shipping_payload(order, line) for line in order.shipping_lines
        ],
        "discount_applications": _discount_applications(order),
        "discount_codes": _discount_codes(order),
        "tax_lines": tax_lines(order, totals.tax_lines(order)),
        "current_tax_lines": tax_lines(order, totals.tax_lines(order, current=True)),
        "fulfillments": [fulfillment_payload(entry) for entry in order.fulfillments],
        "refunds": [refund_payload(entry) for entry in order.refunds],
    }


def _order_head(order):
    reason = order.cancel_reason
    return {
        "name": order.name,
        "order_status_url": order.status_url,
        "number": order.number - 1000,
        "order_number": order.number,
        "email": order.email or "",
        "contact_email": order.email,
        "phone": order.phone,
        "note": order.note,
        "note_attributes": [
            {"name": name, "value": value} for name, value in order.attributes.items()
        ],
        "tags": ", ".join(order.tags),
        "test": order.test,
        "confirmed": True,
        "source_name": order.source_name,
        "taxes_included": order.taxes_included,
        "tax_exempt": False,
        "currency": order.currency,
        "presentment_currency": order.presentment_currency,
        "financial_status": totals.financial_status(order).lower(),
        "fulfillment_status": _FULFILLMENT.get(totals.fulfillment_status(order)),
        "cancel_reason": reason and reason.lower(),
        "payment_gateway_names": totals.gateways(order),
        "created_at": iso_offset(order.created_at),
        "processed_at": iso_offset(order.created_at),
        "updated_at": iso_offset(order.updated_at),
        "cancelled_at": iso_offset(order.cancelled_at),
        "closed_at": iso_offset(order.closed_at),
        "location_id": None,
        "user_id": None,
        "app_id": 580111,
        "total_weight": 0,
    }


def _order_amounts(order):
    lines = totals.subtotal(order) + totals.discounts(order)
    amounts = priced(
        order,
        subtotal_price=totals.subtotal(order),
        total_discounts=totals.discounts(order),
        total_line_items_price=lines,
        total_price=totals.grand_total(order),
        total_tax=totals.tax(order),
        current_subtotal_price=totals.current_subtotal(order),
        current_total_discounts=totals.current_discounts(order),
        current_total_price=totals.current_total(order),
        current_total_tax=totals.current_tax(order),
    )
    for name, bag in (
        ("total_shipping_price_set", totals.shipping(order)),
        ("current_shipping_price_set", totals.current_shipping(order)),
    ):
        amounts[name] = money_set(order, bag)
    amounts["total_outstanding"] = price_text(order, totals.outstanding(order))
    return amounts


def transaction_payload(order, entry):
    return {
        "id": entry.id,
        "admin_graphql_api_id": entry.gid,
        "order_id": order.id,
        "kind": entry.kind.lower(),
        "status": entry.status.lower(),
        "gateway": entry.gateway,
        "amount": price_text(order, entry.amount),
        "currency": order.currency,
        "test": order.test,
        "parent_id": entry.parent and entry.parent.id,
        "created_at": iso_offset(entry.created_at),
        "processed_at": iso_offset(entry.created_at),
    }


def refund_payload(refund):
    order = refund.order
    return {
        **base(refund),
        "order_id": order.id,
        "note": refund.note,
        "restock": any(line.restocked for line in refund.lines),
        "created_at": iso_offset(refund.created_at),
        "processed_at": iso_offset(refund.created_at),
        "refund_line_items": [
            {
                "id": line.id,
                "line_item_id": line.line.id,
                "location_id": line.location and line.location.id,
                "quantity": line.quantity,
                "restock_type": line.restock_type.lower(),
                **priced(order, subtotal=line.subtotal, total_tax=line.tax),
                "line_item": line_payload(line.line),
            }
            for line in refund.lines
        ],
        "order_adjustments": [],
        "transactions": [
            transaction_payload(order, entry) for entry in refund.transactions
        ],
    }


def fulfillment_payload(record):
    tracking = record.tracking[0] if record.tracking else {}
    return {
        **base(record),
        "order_id": record.order.id,
        "name": record.name.replace("-F", "."),
        "status": record.status.lower(),
        "service": "manual",
        "location_id": record.location.id,
        "tracking_company": tracking.get("company"),
        "tracking_number": tracking.get("number"),
        "tracking_numbers": [entry.get("number") for entry in record.tracking],
        "tracking_url": tracking.get("url"),
        "tracking_urls": [entry.get("url") for entry in record.tracking],
        "created_at": iso_offset(record.created_at),
        "updated_at": iso_offset(record.updated_at),
        "line_items": [
            {**line_payload(line), "quantity": quantity}
            for _id, line, quantity in record.lines
        ],
    }
