"""The control API under ``/_sandbox/``: JSON in, JSON out, loopback only.

What a person does in a shop, what a test wants to see, and what shall go wrong.
``GET /_sandbox/`` lists it all.
"""

from ..common.control import Control
from . import faults, stock, views
from .store import StoreError

API = Control(StoreError)
route, handle = API.route, API.handle
API.add_tools("secret")


@route("GET", "")
def index(shop, values):
    return {"routes": API.names(), "faults": faults.KINDS}


# Looking


@route("GET", "state")
def get_state(shop, values):
    return {
        "shop": shop.config.shop_name,
        "url": shop.url,
        "companion": shop.config.companion,
        "levels": get_levels(shop, values)["levels"],
        "orders": len(shop.store.orders),
        "shoppers": shop.shoppers.summary(),
        "webhooks": get_webhooks(shop, values)["webhooks"],
        "deliveries_waiting": shop.hooks.waiting(),
    }


@route("GET", "levels")
def get_levels(shop, values):
    """What each product shows, what is reserved of it, and whose figure it is."""
    with shop.store.transaction():
        return {
            "levels": [
                {
                    "id": product.id,
                    "sku": product.sku,
                    "type": product.type,
                    "stock": product.holder.stock if product.holder else None,
                    "own": product.holder is product,
                    "left": stock.left(shop.store, product),
                }
                for product in shop.store.products.values()
            ]
        }


@route("GET", "orders")
def get_orders(shop, values):
    with shop.store.transaction():
        found = [views.order(shop.store, each) for each in shop.store.orders.values()]
        return {"orders": found}


@route("GET", "orders/ORDER")
def get_order(shop, values, order):
    with shop.store.transaction():
        return views.order(shop.store, shop.store.find_order(order))


@route("GET", "history")
def get_history(shop, values):
    names = ("at", "sku", "stock", "cause")
    rows = [dict(zip(names, row, strict=True)) for row in shop.store.history]
    wanted = values.get("sku")
    return {"history": [row for row in rows if wanted in (None, row["sku"])]}


@route("GET", "deliveries")
def get_deliveries(shop, values):
    wanted = values.get("topic")
    return {
        "deliveries": [
            each for each in shop.hooks.log if wanted in (None, each["topic"])
        ]
    }


@route("GET", "webhooks")
def get_webhooks(shop, values):
    with shop.store.transaction():
        hooks = shop.store.webhooks.values()
        return {
            "webhooks": [
                {**views.webhook(shop.store, each), "failures": each.failures}
                for each in hooks
            ]
        }


# Shopping and the shop's admin


@route("POST", "checkout")
def post_checkout(shop, values):
    return views.order(shop.store, shop.checkout(**values))


@route("POST", "orders/ORDER/status")
def post_status(shop, values, order):
    shop.set_status(order, values["status"])
    return get_order(shop, values, order)


@route("POST", "orders/ORDER/refund")
def post_refund(shop, values, order):
    return views.refund(shop.store, shop.refund(order, **values))


@route("POST", "orders/ORDER/edit")
def post_edit(shop, values, order):
    shop.edit_order(order, values["lines"])
    return get_order(shop, values, order)


@route("POST", "orders/ORDER/reprice")
def post_reprice(shop, values, order):
    shop.reprice(order, **values)
    return get_order(shop, values, order)


@route("POST", "orders/ORDER/trash")
def post_trash(shop, values, order):
    shop.trash(order, **values)


@route("POST", "orders/ORDER/untrash")
def post_untrash(shop, values, order):
    shop.untrash(order)


@route("POST", "stock")
def post_stock(shop, values):
    shop.edit_stock(**values)


@route("POST", "products/SKU")
def post_product(shop, values, sku):
    shop.edit_product(sku, **values)


@route("POST", "products/SKU/variations")
def post_variations(shop, values, sku):
    shop.make_variable(sku, values["variations"])


@route("POST", "products/SKU/delete")
def post_delete(shop, values, sku):
    shop.delete_product(sku)


# Trouble


@route("POST", "cron")
def post_cron(shop, values):
    shop.cron()


@route("POST", "keys/revoke")
def post_revoke(shop, values):
    shop.access.revoked = True
