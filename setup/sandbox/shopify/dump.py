"""The state of a sandbox as JSON, for tests and for people."""

from ..common.clock import iso
from .payloads import order_payload


def shop(sandbox):
    config = sandbox.config
    return {
        "id": sandbox.store.shop_id,
        "name": config.shop_name,
        "email": config.email,
        "domain": config.shop,
        "myshopify_domain": config.shop,
        "currency": config.currency,
        "taxes_included": config.taxes_included,
        "plan_name": config.plan,
    }


def levels(store):
    with store.transaction():
        return [
            {
                "id": level.gid,
                "inventoryItemId": level.item.gid,
                "locationId": level.location.gid,
                "sku": level.item.variant.sku,
                "location": level.location.name,
                "active": level.active,
                "updatedAt": iso(level.updated_at),
                "on_hand": level.on_hand,
                **level.quantities,
            }
            for level in store.levels.values()
        ]


def locations(store):
    with store.transaction():
        return [
            {"id": place.gid, "name": place.name, "active": place.active}
            for place in store.locations.values()
        ]


def variants(store):
    with store.transaction():
        return [
            {
                "id": variant.gid,
                "inventoryItemId": variant.item.gid,
                "sku": variant.sku,
                "barcode": variant.barcode,
                "title": variant.display_name,
                "policy": variant.policy,
                "tracked": variant.item.tracked,
                "shown": store.shown(variant),
            }
            for variant in store.variants.values()
        ]


def orders(store):
    with store.transaction():
        return [order_payload(order) for order in store.orders.values()]


def history(store, sku=None):
    with store.transaction():
        return [entry for entry in store.history if sku is None or entry["sku"] == sku]


def subscriptions(webhooks):
    return [
        {
            "id": record.gid,
            "topic": record.topic,
            "uri": record.uri,
            "apiVersion": record.api_version,
        }
        for record in list(webhooks.subscriptions.values())
    ]


def deliveries(webhooks, topic=None):
    return [
        delivery.summary()
        for delivery in list(webhooks.log)
        if topic is None or delivery.topic == topic
    ]


def faults(sandbox):
    mishaps = sandbox.webhooks.dispatcher.mishaps
    return {
        "faults": [vars(rule) for rule in sandbox.faults.rules],
        "webhooks": mishaps.rates,
    }


def state(sandbox):
    """Everything but the logs."""
    store = sandbox.store
    with store.transaction():
        return {
            "shop": shop(sandbox),
            "now": iso(store.clock.now()),
            "locations": locations(store),
            "variants": variants(store),
            "levels": levels(store),
            "orders": orders(store),
            "subscriptions": subscriptions(sandbox.webhooks),
            "shoppers": sandbox.shoppers.summary(),
            "throttle": sandbox.bucket.status(),
            **faults(sandbox),
        }


def payout(record):
    return {
        "id": record.id,
        "status": record.status,
        "net": str(record.net),
        "currency": record.currency,
        "transactions": len(record.entries),
    }
