"""Webhook bodies, in the shape of Shopify's REST resources.

Numeric ids beside ``admin_graphql_api_id``, prices as strings, times with offset.
"""

from . import totals
from .clock import iso_offset
from .money import money_text, places, rounded


def _set(order, bag):
    return {
        "shop_money": {
            "amount": money_text(bag.shop, order.currency),
            "currency_code": order.currency,
        },
        "presentment_money": {
            "amount": money_text(bag.presentment, order.presentment_currency),
            "currency_code": order.presentment_currency,
        },
    }


def _price(order, bag):
    return money_text(bag.shop, order.currency)


def _priced(order, **bags):
    """``name`` and ``name_set`` for each amount."""
    result = {}
    for name, bag in bags.items():
        result[name] = _price(order, bag)
        result[f"{name}_set"] = _set(order, bag)
    return result


def _base(record):
    return {"id": record.id, "admin_graphql_api_id": record.gid}


def address_payload(values):
    if not values:
        return None
    names = ("first_name", "last_name", "company", "address1", "address2", "city")
    more = ("province", "province_code", "country", "country_code", "zip", "phone")
    result = {name: values.get(name) for name in (*names, *more)}
    parts = (values.get("first_name"), values.get("last_name"))
    result["name"] = " ".join(filter(None, parts)) or None
    result.update(latitude=values.get("latitude"), longitude=values.get("longitude"))
    return result


def customer_payload(customer):
    if customer is None:
        return None
    return {
        **_base(customer),
        "email": customer.email,
        "phone": customer.phone,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "note": customer.note,
        "tags": ", ".join(customer.tags),
        "state": "disabled",
        "created_at": iso_offset(customer.created_at),
        "updated_at": iso_offset(customer.updated_at),
        "default_address": address_payload(customer.address),
    }


def _tax_lines(order, taxes):
    return [
        {
            "title": title,
            "rate": float(rate),
            "price": _price(order, amount),
            "price_set": _set(order, amount),
            "channel_liable": False,
        }
        for title, rate, amount in taxes
    ]


def _allocations(order, allocations):
    return [
        {
            "discount_application_index": index,
            "amount": _price(order, amount),
            "amount_set": _set(order, amount),
        }
        for index, amount in allocations
    ]


def line_payload(line):
    order, variant = line.order, line.variant
    status = {0: None, line.quantity: "fulfilled"}.get(line.fulfilled, "partial")
    return {
        **_base(line),
        "variant_id": variant and variant.id,
        "product_id": variant and variant.product.id,
        "product_exists": variant is not None,
        "sku": line.sku,
        "title": line.title,
        "name": " - ".join(filter(None, (line.title, line.variant_title))),
        "variant_title": line.variant_title,
        "vendor": line.vendor or None,
        "quantity": line.quantity,
        "current_quantity": line.current_quantity,
        "fulfillable_quantity": line.unfulfilled,
        "fulfillment_status": status,
        "fulfillment_service": "manual",
        "gift_card": False,
        "grams": 0,
        "requires_shipping": line.requires_shipping,
        "taxable": line.taxable,
        "properties": [
            {"name": name, "value": value} for name, value in line.properties.items()
        ],
        "sales_line_item_group_id": line.group and line.group.id,
        "tax_lines": _tax_lines(order, line.taxes),
        "discount_allocations": _allocations(order, line.allocations),
        **_priced(
            order, price=line.unit_price, total_discount=totals.own_discount(line)
        ),
    }


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
        "tax_lines": _tax_lines(order, line.taxes),
        "discount_allocations": _allocations(order, line.allocations),
        **_priced(order, price=line.price, discounted_price=line.discounted),
    }


_FULFILLMENT = {
    "FULFILLED": "fulfilled",
    "PARTIALLY_FULFILLED": "partial",
}


def order_payload(order):
    """The body of every ``orders/*`` topic."""
    return {
        **_base(order),
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
        "tax_lines": _tax_lines(order, totals.tax_lines(order)),
        "current_tax_lines": _tax_lines(order, totals.tax_lines(order, current=True)),
        "fulfillments": [fulfillment_payload(entry) for entry in order.fulfillments],
        "refunds": [refund_payload(entry) for entry in order.refunds],
    }


def _order_head(order):
    reason = order.cancel_reason
    return {
        "name": order.name,
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
        "payment_gateway_names": [order.gateway],
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
    amounts = _priced(
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
    amounts["total_shipping_price_set"] = _set(order, totals.shipping(order))
    amounts["current_shipping_price_set"] = _set(order, totals.current_shipping(order))
    amounts["total_outstanding"] = _price(order, totals.outstanding(order))
    return amounts


def transaction_payload(order, entry):
    return {
        "id": entry.id,
        "admin_graphql_api_id": entry.gid,
        "order_id": order.id,
        "kind": entry.kind.lower(),
        "status": entry.status.lower(),
        "gateway": entry.gateway,
        "amount": _price(order, entry.amount),
        "currency": order.currency,
        "test": order.test,
        "parent_id": entry.parent and entry.parent.id,
        "created_at": iso_offset(entry.created_at),
        "processed_at": iso_offset(entry.created_at),
    }


def refund_payload(refund):
    order = refund.order
    return {
        **_base(refund),
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
                **_priced(order, subtotal=line.subtotal, total_tax=line.tax),
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
        **_base(record),
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


def inventory_level_payload(level):
    return {
        "inventory_item_id": level.item.id,
        "location_id": level.location.id,
        "available": level.quantities["available"],
        "updated_at": iso_offset(level.updated_at),
        "admin_graphql_api_id": level.gid,
    }


def product_payload(product):
    return {
        **_base(product),
        "title": product.title,
        "handle": product.handle,
        "vendor": product.vendor,
        "product_type": product.product_type,
        "status": product.status.lower(),
        "tags": ", ".join(product.tags),
        "created_at": iso_offset(product.created_at),
        "updated_at": iso_offset(product.updated_at),
        "variants": [
            {
                **_base(variant),
                "product_id": product.id,
                "title": variant.title,
                "sku": variant.sku,
                "barcode": variant.barcode,
                "price": str(variant.price),
                "inventory_policy": variant.policy.lower(),
                "inventory_item_id": variant.item.id,
                "taxable": variant.taxable,
                "created_at": iso_offset(variant.created_at),
                "updated_at": iso_offset(variant.updated_at),
            }
            for variant in product.variants
        ],
    }
