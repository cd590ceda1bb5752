"""The control API under ``/_sandbox/``: JSON in, JSON out, loopback only.

What shoppers, the seller and Amazon do, what a test wants to see, and what shall go
wrong. ``GET /_sandbox/`` lists it all.
"""

from ..common.control import Control
from . import faults, rules, views
from .store import StoreError

API = Control(StoreError)
route, handle = API.route, API.handle
API.add_tools("secret", "token")


@route("GET", "")
def index(shop, values):
    return {
        "routes": API.names(),
        "faults": faults.KINDS,
        "refusals": rules.REFUSALS,
        "habits": {name: what for name, (_rate, what) in rules.HABITS.items()},
        "watched": rules.WATCHED,
    }


# Looking


@route("GET", "state")
def get_state(shop, values):
    with shop.store.transaction():
        return {
            "shop": shop.config.shop_name,
            "url": shop.url,
            "seller": shop.config.seller_id,
            "marketplaces": list(shop.config.marketplaces),
            "levels": get_levels(shop, values)["levels"],
            "orders": len(shop.store.orders),
            "feeds": {each.id: each.status for each in shop.store.feeds.values()},
            "queues": {name: each.counts() for name, each in shop.queues.items()},
            "subscriptions": sorted(shop.words.subscriptions),
            "shoppers": shop.shoppers.summary(),
            "violations": dict(shop.violations.counts),
            "due": shop.store.clock.waiting(),
        }


@route("GET", "truth")
def get_truth(shop, values):
    return shop.truth()


@route("GET", "violations")
def get_violations(shop, values):
    return shop.violations.summary()


@route("GET", "levels")
def get_levels(shop, values):
    with shop.store.transaction():
        return {
            "levels": [
                {
                    "sku": listing.sku,
                    "number": listing.quantity,
                    "offers": dict(listing.offers),
                    "submitted": listing.submitted,
                    "in_flight": listing.in_flight,
                    "stub": listing.stub,
                }
                for listing in shop.store.listings.values()
            ]
        }


@route("GET", "orders")
def get_orders(shop, values):
    with shop.store.transaction():
        found = shop.store.orders.values()
        return {
            "orders": [views.order(shop.store, each, views.BLOCKS) for each in found]
        }


@route("GET", "orders/ORDER")
def get_order(shop, values, order):
    with shop.store.transaction():
        record = shop.store.find_order(order)
        return views.order(shop.store, record, views.BLOCKS)


@route("GET", "history")
def get_history(shop, values):
    names = ("at", "sku", "number", "cause")
    rows = [dict(zip(names, row, strict=True)) for row in shop.store.history]
    wanted = values.get("sku")
    return {"history": [row for row in rows if wanted in (None, row["sku"])]}


@route("GET", "words")
def get_words(shop, values):
    wanted = values.get("type")
    return {"words": [e for e in shop.words.log if wanted in (None, e["type"])]}


@route("GET", "limits")
def get_limits(shop, values):
    return {"left": shop.limits.left()}


# Shoppers, the seller and Amazon


@route("POST", "checkout")
def post_checkout(shop, values):
    return get_order(shop, values, shop.checkout(**values).id)


@route("POST", "orders/ORDER/pay")
def post_pay(shop, values, order):
    shop.pay(order)
    return get_order(shop, values, order)


@route("POST", "orders/ORDER/cancel")
def post_cancel(shop, values, order):
    shop.cancel(order, **values)
    return get_order(shop, values, order)


@route("POST", "orders/ORDER/edit")
def post_edit(shop, values, order):
    shop.edit_order(order, values["lines"])
    return get_order(shop, values, order)


@route("POST", "orders/ORDER/vanish")
def post_vanish(shop, values, order):
    shop.vanish(order)


@route("POST", "orders/ORDER/wish-cancel")
def post_wish(shop, values, order):
    shop.wish_cancel(order, **values)
    return get_order(shop, values, order)


@route("POST", "orders/ORDER/amazon-ships")
def post_amazon_ships(shop, values, order):
    shop.ship_by_amazon(order)
    return get_order(shop, values, order)


@route("POST", "orders/ORDER/amazon-loses")
def post_amazon_loses(shop, values, order):
    shop.lose_by_amazon(order)
    return get_order(shop, values, order)


@route("POST", "stock")
def post_stock(shop, values):
    shop.edit_stock(**values)


@route("POST", "fba")
def post_fba(shop, values):
    shop.edit_fba(**values)


@route("POST", "listings/SKU")
def post_listing(shop, values, sku):
    shop.edit_listing(sku, **values)


@route("POST", "listings/SKU/delete")
def post_delete(shop, values, sku):
    shop.delete_listing(sku)


@route("POST", "reports/refresh")
def post_refresh(shop, values):
    shop.refresh_reports()


@route("POST", "settle")
def post_settle(shop, values):
    done = shop.settle(**values)
    return {each: {"id": ref, "total": str(sum)} for each, (ref, sum) in done.items()}


# The application


@route("POST", "tokens/expire")
def post_expire(shop, values):
    shop.access.expire()


@route("POST", "tokens/revoke")
def post_revoke(shop, values):
    shop.access.revoke()


@route("POST", "secret/rotate")
def post_rotate(shop, values):
    return {"client_secret": shop.access.rotate(values.get("days", 7))}


# Trouble


@route("GET", "rules")
def get_rules(shop, values):
    return {"rates": shop.rules.rates}


@route("POST", "rules")
def post_rules(shop, values):
    """{rule: rate}: 0 never, 1 always."""
    shop.rules.set(**values)


@route("POST", "rules/next")
def post_rules_next(shop, values):
    """{rule: times}: at each of the next times, whatever its rate."""
    for name, times in values.items():
        shop.rules.next(name, times)


@route("POST", "rules/calm")
def post_calm(shop, values):
    shop.calm()


@route("POST", "throttle")
def post_throttle(shop, values):
    """{operation: name}: its bucket is empty now."""
    now, seller = shop.store.clock.time(), values.get("seller", shop.config.seller_id)
    shop.limits.drain(shop.config, seller, values["operation"], now)


@route("POST", "pass-time")
def post_pass_time(shop, values):
    shop.pass_time(values["seconds"])
