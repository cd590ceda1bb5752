"""Webhooks over REST. Their secret can be written and never read."""

from . import query, views
from .errors import ApiError, invalid_param
from .models import Webhook
from .rest import route

TOPICS = tuple(
    f"{resource}.{event}"
    for resource in ("coupon", "customer", "order", "product")
    for event in ("created", "updated", "deleted", "restored")
)
STATUSES = ("active", "paused", "disabled")


def _webhook(shop, number):
    record = shop.store.webhooks.get(number)
    if record is None:
        raise ApiError("woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.", 404)
    return record


@route("GET", "wc/v3/webhooks")
def list_webhooks(shop, params, body):
    with shop.store.transaction():
        wanted = params.get("status", "all")
        items = [
            each
            for each in shop.store.webhooks.values()
            if wanted in ("all", each.status)
        ]
        page = query.paginate(query.sort(items, params), params)
        page.items = [views.webhook(shop.store, each) for each in page.items]
        return page


@route("GET", "wc/v3/webhooks/#")
def get_webhook(shop, params, body, number):
    return views.webhook(shop.store, _webhook(shop, number))


@route("POST", "wc/v3/webhooks")
def create_webhook(shop, params, body):
    url, topic = body.get("delivery_url", ""), body.get("topic", "")
    if not url.startswith(("http://", "https://")):
        raise ApiError(
            "woocommerce_rest_webhook_invalid_delivery_url",
            "Webhook delivery URL must be a valid URL starting with http://"
            " or https://.",
            400,
        )
    if topic not in TOPICS:
        raise ApiError(
            "woocommerce_rest_webhook_invalid_topic",
            "Webhook topic is required and must be valid.",
            400,
        )
    with shop.store.transaction():
        moment = shop.store.clock.tick()
        record = Webhook(
            shop.store.next_id(),
            body.get("name") or f"Webhook created on {moment}",
            topic,
            url,
            body.get("secret") or shop.config.consumer_secret,
            moment,
            moment,
            _status(body, "active"),
        )
        shop.store.webhooks[record.id] = record
    if record.status == "active":
        shop.hooks.ping(record)
    return views.webhook(shop.store, record)


def _status(body, default):
    status = body.get("status", default)
    if status not in STATUSES:
        raise invalid_param("status", f"status is not one of {', '.join(STATUSES)}.")
    return status


@route("PUT", "wc/v3/webhooks/#")
def put_webhook(shop, params, body, number):
    """Activating does not forget the failures: one more disables it again."""
    with shop.store.transaction():
        record = _webhook(shop, number)
        record.status = _status(body, record.status)
        record.url = body.get("delivery_url", record.url)
        record.topic = body.get("topic", record.topic)
        record.secret = body.get("secret") or record.secret
        record.modified = shop.store.clock.tick()
        return views.webhook(shop.store, record)


@route("DELETE", "wc/v3/webhooks/#")
def delete_webhook(shop, params, body, number):
    if str(params.get("force", "")).lower() not in ("true", "1"):
        raise ApiError(
            "woocommerce_rest_trash_not_supported",
            "Webhooks do not support trashing.",
            501,
        )
    with shop.store.transaction():
        record = _webhook(shop, number)
        del shop.store.webhooks[number]
        return views.webhook(shop.store, record)
