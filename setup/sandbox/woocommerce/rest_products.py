"""Products and variations over REST: reading, and writing without much checking."""

from decimal import Decimal

from . import query, stock, views
from .errors import ApiError, invalid_param
from .rest import route

LIMIT = 100


def _invalid(number, kind="product"):
    return ApiError(f"woocommerce_rest_{kind}_invalid_id", "Invalid ID.", 404)


def too_large():
    return ApiError(
        "woocommerce_rest_request_entity_too_large",
        f"Unable to accept more than {LIMIT} items for this request.",
        413,
    )


@route("GET", "wc/v3/products")
def list_products(shop, params, body):
    """Variations are found by SKU only: no list has them, nor ``include``."""
    store = shop.store
    with store.transaction():
        items = list(store.products.values())
        skus = [sku.strip() for sku in params.get("sku", "").split(",") if sku.strip()]
        wanted = query.numbers(params, "include")
        if skus:
            items = [item for item in items if item.sku in skus]
        else:
            items = [item for item in items if not item.parent]
        if wanted:
            items = [item for item in items if item.id in wanted]
        if params.get("type"):
            items = [item for item in items if item.type == params["type"]]
        if params.get("status", "any") != "any":
            items = [item for item in items if item.status == params["status"]]
        items = query.by_time(store, items, params)
        page = query.paginate(query.sort(items, params), params)
        page.items = [views.product(store, item) for item in page.items]
        return page


@route("GET", "wc/v3/products/#")
def get_product(shop, params, body, number):
    with shop.store.transaction():
        record = shop.store.products.get(number)
        if record is None:
            raise _invalid(number)
        return views.product(shop.store, record)


@route("PUT", "wc/v3/products/#")
def put_product(shop, params, body, number):
    record = shop.store.products.get(number)
    if record is None or record.parent:
        raise _invalid(number)
    _check_single(body)
    return _write(shop, record, body)


@route("GET", "wc/v3/products/#/variations")
def list_variations(shop, params, body, parent):
    store = shop.store
    with store.transaction():
        owner = store.products.get(parent)
        if owner is None or owner.parent:
            raise _invalid(parent)
        wanted = query.numbers(params, "include")
        items = [v for v in owner.variations if wanted is None or v.id in wanted]
        page = query.paginate(query.sort(items, params), params)
        page.items = [views.variation(store, item) for item in page.items]
        return page


@route("GET", "wc/v3/products/#/variations/#")
def get_variation(shop, params, body, parent, number):
    with shop.store.transaction():
        return views.variation(shop.store, _variation(shop, parent, number))


@route("PUT", "wc/v3/products/#/variations/#")
def put_variation(shop, params, body, parent, number):
    _check_single(body)
    return _write(shop, _variation(shop, parent, number), body)


def _variation(shop, parent, number):
    record = shop.store.products.get(number)
    if record is None or not record.parent or record.parent.id != parent:
        raise _invalid(number, "product_variation")
    return record


@route("PUT", "wc/v3/products/batch")
def batch_products(shop, params, body):
    def find(number):
        record = shop.store.products.get(number)
        if record is None:
            raise ApiError("woocommerce_rest_product_invalid_id", "Invalid ID.", 400)
        if record.parent:
            raise ApiError(
                "woocommerce_rest_invalid_product_id",
                "To manipulate product variations you should use the"
                " /products/&lt;product_id&gt;/variations/&lt;id&gt; endpoint.",
                404,
            )
        return record

    return _batch(shop, body, find)


@route("PUT", "wc/v3/products/#/variations/batch")
def batch_variations(shop, params, body, parent):
    def find(number):
        record = shop.store.products.get(number)
        if record is None or not record.parent or record.parent.id != parent:
            raise ApiError(
                "woocommerce_rest_product_variation_invalid_id", "Invalid ID.", 400
            )
        return record

    return _batch(shop, body, find)


def _batch(shop, body, find):
    """HTTP 200 whatever happens to single items: their errors are in the answer."""
    items = (body or {}).get("update") or []
    if len(items) > LIMIT:
        raise too_large()
    answers = []
    for item in items:
        number = stock.as_stock(item.get("id"))
        try:
            answers.append(_write(shop, find(number), item))
        except ApiError as error:
            answers.append({"id": number, "error": error.body()})
    return {"update": answers} if "update" in (body or {}) else {}


def _check_single(body):
    """Single requests are validated against the schema; batch items are not."""
    value = (body or {}).get("stock_quantity", 0)
    if value is None:
        return
    whole = isinstance(value, float) and value.is_integer()
    if isinstance(value, bool) or not (
        isinstance(value, int) or whole or str(value).lstrip("-").isdigit()
    ):
        raise invalid_param("stock_quantity", "stock_quantity is not of type integer.")


def _write(shop, record, values):
    store = shop.store
    with store.transaction():
        if "manage_stock" in values:
            record.manage_stock = values["manage_stock"] is True
        for name in ("name", "sku", "status"):
            if values.get(name):
                setattr(record, name, values[name])
        if "backorders" in values:
            if values["backorders"] not in ("yes", "notify", "no"):
                raise invalid_param("backorders", "backorders is not one of yes, no.")
            record.backorders = values["backorders"] != "no"
        if "regular_price" in values:
            record.price = Decimal(str(values["regular_price"]))
    # outside of the lock: this is what makes it lose sales
    stock.write(store, record, values)
    with store.transaction():
        return views.product(store, record)


@route("DELETE", "wc/v3/products/#")
def delete_product(shop, params, body, number):
    with shop.store.transaction():
        record = shop.store.products.get(number)
        if record is None:
            raise _invalid(number)
        answer = views.product(shop.store, record)
        shop.delete_product(number)
        return answer
