"""REST v3 representations: money as text, times twice, shop-local and GMT."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal


def local(store, moment):
    """Naive, by the shop's own clock: the trap of every field without ``_gmt``."""
    if moment is None:
        return None
    shifted = moment + timedelta(hours=store.config.utc_offset)
    return shifted.strftime("%Y-%m-%dT%H:%M:%S")


def gmt(moment):
    """Naive as well, but GMT."""
    return moment and moment.strftime("%Y-%m-%dT%H:%M:%S")


def money(amount):
    """
    >>> money(Decimal("8.264463"))
    '8.26'
    """
    return str(Decimal(amount).quantize(Decimal("0.01"), ROUND_HALF_UP))


def digits(amount):
    """All that the shop computed, as ``taxes[].total`` has it.

    >>> digits(Decimal("1.125000")), digits(Decimal("2"))
    ('1.125', '2.00')
    """
    amount = Decimal(amount)
    rounded = amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return str(rounded if rounded == amount else amount.normalize())


def dates(store, record, *names):
    found = {}
    for name in names:
        moment = getattr(record, name, None)
        found[f"date_{name}"] = local(store, moment)
        found[f"date_{name}_gmt"] = gmt(moment)
    return found


# --- products


def product(store, record):
    holder = record.holder
    managed = record.manage_stock
    if holder and holder is not record:
        managed = "parent"
    body = {
        "id": record.id,
        "name": record.title if record.parent else record.name,
        "date_created": local(store, record.created),
        "date_created_gmt": gmt(record.created),
        "date_modified": local(store, record.modified),
        "date_modified_gmt": gmt(record.modified),
        "status": record.status,
        "sku": record.sku,
        "global_unique_id": record.barcode,
        "price": money(record.price),
        "regular_price": money(record.price),
        "weight": str(record.weight or ""),
        "virtual": record.virtual,
        "manage_stock": managed,
        "stock_quantity": plain(holder.stock) if holder else None,
        "backorders": "yes" if holder and holder.backorders else "no",
        "stock_status": "instock" if record.in_stock() else "outofstock",
        "meta_data": [],
        "type": record.type,
        "parent_id": record.parent.id if record.parent else 0,
    }
    if record.parent is None:
        body["variations"] = [each.id for each in record.variations]
    return body


def variation(store, record):
    """In its parent's list it is called by its attributes only."""
    return {**product(store, record), "name": record.name}


# --- orders


def order(store, record):
    body = {
        "id": record.id,
        "parent_id": 0,
        "number": str(record.id),
        "order_key": f"wc_order_{record.id}",
        "created_via": record.created_via,
        "status": record.status,
        "currency": record.currency,
        **dates(store, record, "created", "modified", "paid", "completed"),
        "prices_include_tax": record.prices_include_tax,
        "discount_total": money(sum(saved for _code, saved in record.coupons)),
        "shipping_total": money(sum(each.total for each in record.shipping)),
        "total": money(record.total),
        "total_tax": money(record.total_tax),
        "customer_id": record.customer_id,
        "customer_note": record.customer_note,
        "billing": address(record.billing, "email", "phone"),
        "shipping": address(record.delivery, "phone"),
        "payment_method": record.gateway,
        "payment_method_title": record.gateway,
        "transaction_id": record.transaction_id,
        "meta_data": list(record.meta),
        "line_items": [line(each) for each in record.lines],
        "tax_lines": []
        if record.rates_lost
        else [_tax_line(record, number) for number in record.rates],
        "shipping_lines": [
            {
                "id": each.id,
                "method_title": each.title,
                "method_id": each.method,
                "total": money(each.total),
                "total_tax": money(each.tax),
                "taxes": _taxes(each),
                "meta_data": [],
            }
            for each in record.shipping
        ],
        "fee_lines": [
            {
                "id": each.id,
                "name": each.title,
                "total": money(each.total),
                "total_tax": money(each.tax),
                "taxes": _taxes(each),
                "meta_data": [],
            }
            for each in record.fees
        ],
        "coupon_lines": [
            {"id": number, "code": code, "discount": money(saved)}
            for number, (code, saved) in enumerate(record.coupons, 1)
        ],
        "refunds": [
            {
                "id": each.id,
                "reason": each.reason,
                "total": money(-each.amount),
            }
            for each in record.refunds
        ],
    }
    if record.gift_cards:
        body["gift_cards"] = [
            {"id": number, "code": code, "amount": float(amount)}
            for number, (code, amount) in enumerate(record.gift_cards, 1)
        ]
    return body


ADDRESS = (
    "first_name",
    "last_name",
    "company",
    "address_1",
    "address_2",
    "city",
    "state",
    "postcode",
    "country",
)


def address(values, *more):
    return {name: str(values.get(name, "")) for name in (*ADDRESS, *more)}


def plain(number):
    """A number as PHP's JSON has it: whole ones without a point."""
    return number if number is None or number == int(number) else float(number)


def line(record):
    found = record.product
    parent = found.parent if found else None
    meta = []
    if record.reduced is not None:
        value = plain(record.reduced)
        meta.append({"id": record.id, "key": "_reduced_stock", "value": value})
    meta += [
        {
            "id": number,
            "key": key,
            "value": value,
            "display_key": key,
            # wrapped for the page, as wpautop does
            "display_value": f"<p>{value}</p>\n" if isinstance(value, str) else value,
        }
        for number, (key, value) in enumerate(record.properties, record.id + 1)
    ]
    return {
        "id": record.id,
        "name": record.name,
        # a product that is gone leaves a line that names nothing
        "product_id": (parent or found).id if found else 0,
        "variation_id": found.id if parent else 0,
        "quantity": plain(record.quantity),
        "subtotal": money(record.subtotal),
        "subtotal_tax": money(record.subtotal_tax),
        "total": money(record.total),
        "total_tax": money(record.tax),
        "taxes": [
            {"id": rate, "total": digits(after), "subtotal": digits(before)}
            for rate, before, after in record.taxes
        ],
        "meta_data": meta,
        "sku": record.sku,
        # PHP's own division: a float with all its dust
        "price": float(record.total / record.quantity) if record.quantity else 0,
    }


def _taxes(record):
    return [
        {"id": rate, "total": digits(after), "subtotal": digits(before)}
        for rate, before, after in record.taxes
    ]


def _tax_line(record, number):
    label, rate = record.rates[number]
    goods = sum(_tax_of(each, number) for each in record.lines)
    charges = [*record.shipping, *record.fees]
    return {
        "id": number,
        "rate_code": f"XX-{label.upper()}-{number}",
        "rate_id": number,
        "label": label,
        "compound": False,
        "tax_total": money(goods),
        "shipping_tax_total": money(sum(_tax_of(each, number) for each in charges)),
        "rate_percent": float(rate * 100),
    }


def _tax_of(record, number):
    return sum(after for rate, _before, after in record.taxes if rate == number)


def refund(store, record):
    return {
        "id": record.id,
        "date_created": local(store, record.created),
        "date_created_gmt": gmt(record.created),
        "amount": money(record.amount),
        "reason": record.reason,
        "refunded_payment": record.by_gateway,
        "meta_data": list(record.meta),
        "line_items": [
            _refund_line(each) for each in record.lines if hasattr(each.line, "sku")
        ],
        # without telling which were fees
        "shipping_lines": [
            _refund_charge(each) for each in record.lines if hasattr(each.line, "title")
        ],
        "fee_lines": [],
    }


def _refund_charge(entry):
    return {
        "method_title": entry.line.title,
        "method_id": entry.line.method,
        **_negative(entry),
    }


def _refund_line(entry):
    return {
        **line(entry.line),
        "quantity": -entry.quantity,
        "subtotal": money(-entry.total),
        "subtotal_tax": money(-entry.tax),
        **_negative(entry),
    }


def _negative(entry):
    return {
        "id": entry.id,
        "total": money(-entry.total),
        "total_tax": money(-entry.tax),
        "taxes": [
            {"id": rate, "total": money(-after), "subtotal": money(-after)}
            for rate, _before, after in entry.taxes
        ],
        "meta_data": [{"id": 1, "key": "_refunded_item_id", "value": entry.line.id}],
    }


# --- webhooks


def webhook(store, record):
    """The secret is never shown, and nothing tells how often it has failed."""
    return {
        "id": record.id,
        "name": record.name,
        "status": record.status,
        "topic": record.topic,
        "resource": record.resource,
        "event": record.event,
        "hooks": [],
        "delivery_url": record.url,
        "date_created": local(store, record.created),
        "date_created_gmt": gmt(record.created),
        "date_modified": local(store, record.modified),
        "date_modified_gmt": gmt(record.modified),
    }


def payload(store, topic, number):
    """The body of a webhook as it is NOW, whatever happened since it was queued."""
    resource, _dot, event = topic.partition(".")
    if event == "deleted":
        return {"id": number}
    if resource == "order" and number in store.orders:
        return order(store, store.orders[number])
    if resource == "product" and number in store.products:
        return product(store, store.products[number])
    return {"id": number}
