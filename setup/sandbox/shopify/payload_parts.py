"""The smaller pieces of webhook bodies: money, addresses, lines, stock, products."""

from ..common.clock import iso_offset
from . import totals
from .money import money_text, rounded


def money_set(order, bag):
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


def price_text(order, bag):
    return money_text(bag.shop, order.currency)


def priced(order, **bags):
    """``name`` and ``name_set`` for each amount."""
    result = {}
    for name, bag in bags.items():
        result[name] = price_text(order, bag)
        result[f"{name}_set"] = money_set(order, bag)
    return result


def base(record):
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
        **base(customer),
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


def tax_lines(order, taxes):
    return [
        {
            "title": title,
            "rate": float(rate),
            "price": price_text(order, amount),
            "price_set": money_set(order, amount),
            "channel_liable": False,
        }
        for title, rate, amount in taxes
    ]


def allocations(order, allocations):
    return [
        {
            "discount_application_index": index,
            "amount": price_text(order, amount),
            "amount_set": money_set(order, amount),
        }
        for index, amount in allocations
    ]


def line_payload(line):
    order, variant = line.order, line.variant
    status = {0: None, line.quantity: "fulfilled"}.get(line.fulfilled, "partial")
    return {
        **base(line),
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
        "tax_lines": tax_lines(order, line.taxes),
        "discount_allocations": allocations(order, line.allocations),
        **priced(
            order, price=line.unit_price, total_discount=totals.own_discount(line)
        ),
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
        **base(product),
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
                **base(variant),
                "product_id": product.id,
                "title": variant.title,
                "sku": variant.sku,
                "barcode": variant.barcode,
                "price": str(rounded(variant.price, 2)),
                "inventory_policy": variant.policy.lower(),
                "inventory_item_id": variant.item.id,
                "taxable": variant.taxable,
                "created_at": iso_offset(variant.created_at),
                "updated_at": iso_offset(variant.updated_at),
            }
            for variant in product.variants
        ],
    }
