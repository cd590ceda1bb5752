"""The control API under ``/_sandbox/``: JSON in, JSON out, loopback only.

What a person does in a shop, what a test wants to see, and what shall go wrong.
``GET /_sandbox/`` lists it all.
"""

from ..common.control import Control
from . import dump, faults
from .payloads import fulfillment_payload, order_payload, refund_payload
from .store import StoreError
from .webhooks import SubscriptionError

API = Control(StoreError, SubscriptionError)
route, handle = API.route, API.handle
API.add_tools("client_secret", "access_token")


@route("GET", "")
def index(sandbox, values):
    return {
        "routes": API.names(),
        "faults": faults.KINDS,
    }


# Looking


@route("GET", "state")
def get_state(sandbox, values):
    return dump.state(sandbox)


@route("GET", "levels")
def get_levels(sandbox, values):
    return {"levels": dump.levels(sandbox.store)}


@route("GET", "variants")
def get_variants(sandbox, values):
    return {"variants": dump.variants(sandbox.store)}


@route("GET", "orders")
def get_orders(sandbox, values):
    return {"orders": dump.orders(sandbox.store)}


@route("GET", "orders/ORDER")
def get_order(sandbox, values, order):
    return order_payload(sandbox.store.find_order(order))


@route("GET", "history")
def get_history(sandbox, values):
    return {"history": dump.history(sandbox.store, values.get("sku"))}


@route("GET", "deliveries")
def get_deliveries(sandbox, values):
    return {"deliveries": dump.deliveries(sandbox.webhooks, values.get("topic"))}


@route("GET", "subscriptions")
def get_subscriptions(sandbox, values):
    return {"subscriptions": dump.subscriptions(sandbox.webhooks)}


# Shopping and the store admin


@route("POST", "checkout")
def post_checkout(sandbox, values):
    return order_payload(sandbox.checkout(**values))


@route("POST", "orders/ORDER/pay")
def post_pay(sandbox, values, order):
    sandbox.pay(order)
    return get_order(sandbox, values, order)


@route("POST", "orders/ORDER/cancel")
def post_cancel(sandbox, values, order):
    sandbox.cancel(order, **values)
    return get_order(sandbox, values, order)


@route("POST", "orders/ORDER/refund")
def post_refund(sandbox, values, order):
    return refund_payload(sandbox.refund(order, **values))


@route("POST", "payouts")
def post_payout(sandbox, values):
    return dump.payout(sandbox.pay_out(**values))


@route("POST", "payouts/PAYOUT")
def post_payout_status(sandbox, values, payout):
    return dump.payout(sandbox.set_payout(payout, values["status"]))


@route("POST", "balance")
def post_balance(sandbox, values):
    entry = sandbox.add_balance(**values)
    return {"id": entry.id, "net": str(entry.net)}


@route("POST", "orders/ORDER/edit")
def post_edit(sandbox, values, order):
    sandbox.edit_order(order, values["lines"])
    return get_order(sandbox, values, order)


@route("POST", "orders/ORDER/fulfill")
def post_fulfill(sandbox, values, order):
    records = sandbox.fulfill(order, **values)
    return {"fulfillments": [fulfillment_payload(record) for record in records]}


@route("POST", "inventory")
def post_inventory(sandbox, values):
    level = sandbox.edit_stock(**values)
    return {**level.quantities, "on_hand": level.on_hand}


@route("POST", "inventory/deactivate")
def post_deactivate(sandbox, values):
    sandbox.deactivate(**values)


@route("POST", "locations/LOCATION")
def post_location(sandbox, values, location):
    sandbox.edit_location(location, **values)


@route("POST", "variants/SKU")
def post_variant(sandbox, values, sku):
    sandbox.edit_variant(sku, **values)


# The app


@route("POST", "tokens")
def post_token(sandbox, values):
    token = sandbox.tokens.issue(**values)
    return {"access_token": token.text, "refresh_token": token.refresh}


@route("POST", "tokens/expire")
def post_expire(sandbox, values):
    sandbox.tokens.expire(values.get("token"))


@route("POST", "tokens/revoke")
def post_revoke(sandbox, values):
    sandbox.tokens.revoke(values.get("token"))


@route("POST", "uninstall")
def post_uninstall(sandbox, values):
    sandbox.uninstall()


@route("POST", "privacy")
def post_privacy(sandbox, values):
    sandbox.webhooks.send_privacy(values["topic"], values.get("payload", {}))


# Trouble


@route("GET", "faults")
def get_faults(sandbox, values):
    return dump.faults(sandbox)


@route("POST", "webhook-faults")
def post_webhook_faults(sandbox, values):
    sandbox.webhooks.dispatcher.mishaps.set(**values)


@route("POST", "throttle")
def post_throttle(sandbox, values):
    sandbox.bucket.drain(values.get("left", 0))
