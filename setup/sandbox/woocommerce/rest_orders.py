"""Orders, refunds and notes over REST. Nothing here checks stock."""

from decimal import Decimal, InvalidOperation

from . import checkout, orders, query, stock, views
from .errors import ApiError, invalid_param
from .rest import route
from .store import StoreError


def _order(shop, number):
    record = shop.store.orders.get(number)
    if record is None:
        raise ApiError("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", 404)
    return record


@route("GET", "wc/v3/orders")
def list_orders(shop, params, body):
    """All statuses by default, drafts of the checkout too, but not the trash."""
    store = shop.store
    with store.transaction():
        wanted = [s.strip() for s in params.get("status", "any").split(",")]
        items = [
            each
            for each in store.orders.values()
            if (each.status in wanted or "any" in wanted)
            and (each.status != "trash" or "trash" in wanted)
        ]
        included = query.numbers(params, "include")
        if included:
            items = [each for each in items if each.id in included]
        items = query.by_time(store, items, params)
        page = query.paginate(query.sort(items, params), params)
        page.items = [views.order(store, each) for each in page.items]
        return page


@route("GET", "wc/v3/orders/#")
def get_order(shop, params, body, number):
    with shop.store.transaction():
        return views.order(shop.store, _order(shop, number))


@route("PUT", "wc/v3/orders/#")
def put_order(shop, params, body, number):
    """Also an empty one moves ``date_modified``."""
    store, body = shop.store, body or {}
    with store.transaction():
        record = _order(shop, number)
        if "status" in body and body["status"] not in orders.STATUSES:
            raise invalid_param("status", "status is not one of the order statuses.")
        for entry in body.get("line_items", []):
            line = next((x for x in record.lines if x.id == entry.get("id")), None)
            if line is None:
                raise ApiError("woocommerce_rest_invalid_item_id", "Invalid.", 400)
            orders.edit_line(store, record, line, stock.as_stock(entry["quantity"]))
        for entry in body.get("meta_data", []):
            record.meta = [m for m in record.meta if m["key"] != entry["key"]]
            record.meta.append({"id": store.next_id(), **entry})
        for name in ("customer_note", "transaction_id"):
            setattr(record, name, body.get(name, getattr(record, name)))
        if "status" in body:
            orders.set_status(store, record, body["status"])
        orders.touch(store, record)
        return views.order(store, record)


@route("POST", "wc/v3/orders")
def create_order(shop, params, body):
    """5 of 2 are taken without a word, and leave -3."""
    store = shop.store
    with store.transaction():
        wanted = []
        for entry in body.get("line_items", []):
            number = entry.get("variation_id") or entry.get("product_id")
            product = store.products.get(number)
            if product is None:
                raise ApiError(
                    "woocommerce_rest_required_product_reference",
                    "Product ID or SKU is required.",
                    400,
                )
            wanted.append((product, int(entry.get("quantity", 1)), entry))
        record = checkout.place(store, body, wanted, "pending")
        record.created_via = "rest-api"
        status = "processing" if body.get("set_paid") else body.get("status", "pending")
        record.status = status
        orders.follow_status(store, record)
        store.emit("order.created", record.id)
        return views.order(store, record)


@route("DELETE", "wc/v3/orders/#")
def delete_order(shop, params, body, number):
    with shop.store.transaction():
        record = _order(shop, number)
        answer = views.order(shop.store, record)
        force = str(params.get("force", "")).lower() in ("true", "1")
        orders.trash(shop.store, record, force)
        return answer


# --- refunds


@route("GET", "wc/v3/orders/#/refunds")
def list_refunds(shop, params, body, number):
    with shop.store.transaction():
        record = _order(shop, number)
        page = query.paginate(query.sort(_dated(record.refunds), params), params)
        page.items = [views.refund(shop.store, each) for each in page.items]
        return page


def _dated(refunds):
    for each in refunds:
        each.modified = each.created
    return refunds


@route("POST", "wc/v3/orders/#/refunds")
def create_refund(shop, params, body, number):
    """``api_refund`` and ``api_restock`` are true where they are not given."""
    store, body = shop.store, body or {}
    with store.transaction():
        record = _order(shop, number)
        charges = [*record.lines, *record.shipping, *record.fees]
        by_id = {line.id: line for line in charges}
        lines = []
        for entry in body.get("line_items", []):
            line = by_id.get(entry.get("id"))
            if line is None:
                raise ApiError("woocommerce_rest_invalid_item_id", "Invalid.", 400)
            lines.append(
                (
                    line,
                    int(entry.get("quantity", 0)),
                    _money(entry.get("refund_total", 0)),
                    _refund_tax(entry),
                )
            )
        amount = _money(body["amount"]) if body.get("amount") else None
        try:
            made = orders.refund(
                store,
                record,
                lines,
                amount,
                body.get("reason", ""),
                restock=body.get("api_restock", True),
                by_gateway=body.get("api_refund", True),
            )
        except StoreError as error:
            raise ApiError(
                "woocommerce_rest_cannot_create_order_refund", str(error), 500
            ) from error
        made.meta = [
            {"id": store.next_id(), **entry} for entry in body.get("meta_data", [])
        ]
        return views.refund(store, made)


def _money(value):
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise invalid_param("amount", "not a number") from None


def _refund_tax(entry):
    taxes = entry.get("refund_tax")
    if not taxes:
        return None
    if isinstance(taxes, dict):
        taxes = [{"refund_total": value} for value in taxes.values()]
    return sum((_money(tax.get("refund_total", 0)) for tax in taxes), Decimal(0))


@route("DELETE", "wc/v3/orders/#/refunds/#")
def delete_refund(shop, params, body, number, refund):
    with shop.store.transaction():
        record = _order(shop, number)
        made = next((each for each in record.refunds if each.id == refund), None)
        if made is None:
            raise ApiError(
                "woocommerce_rest_shop_order_refund_invalid_id", "Invalid ID.", 404
            )
        orders.delete_refund(shop.store, record, made)
        return views.refund(shop.store, made)


# --- notes


@route("GET", "wc/v3/orders/#/notes")
def list_notes(shop, params, body, number):
    return list(_order(shop, number).notes)


@route("POST", "wc/v3/orders/#/notes")
def create_note(shop, params, body, number):
    """Does not move ``date_modified``."""
    with shop.store.transaction():
        record = _order(shop, number)
        note = {
            "id": shop.store.next_id(),
            "author": "sandbox",
            "note": body.get("note", ""),
            "customer_note": bool(body.get("customer_note", False)),
        }
        record.notes.append(note)
        return note


@route("GET", "wc/v3/taxes/#")
def get_tax(shop, params, body, number):
    """A rate as the shop's settings have it; the sandbox knows those of its orders."""
    with shop.store.transaction():
        for record in shop.store.orders.values():
            if number in record.rates:
                label, rate = record.rates[number]
                return {"id": number, "rate": f"{rate * 100:.4f}", "name": label}
    raise ApiError("woocommerce_rest_invalid_id", "Invalid resource ID.", 404)
