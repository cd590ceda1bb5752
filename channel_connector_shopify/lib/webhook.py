"""Webhook deliveries: who sent them, and what they are about.

Source: https://shopify.dev/docs/apps/build/webhooks. The signature is the base64 of
the HMAC-SHA256 of the body as received, under the app's secret.
"""

import base64
import hashlib
import hmac

from ...channel_inventory_base.lib import strict_json
from ...channel_inventory_base.schemas import time_of
from ..const import PRIVACY_TOPICS
from ..errors import Forged, Malformed
from .rest import order_ref

KINDS = {
    "orders": "order",
    "refunds": "order",
    "products": "catalogue",
    "inventory_levels": "level",
}


def sign(secret, body):
    """
    >>> sign("secret", b"{}")
    'dzJZAsrKgS3CWXM6rNBGtzgXNyx3e42VtAJkdHRRbhM='
    """
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def verify(headers, body, secrets, shop):
    """Check a delivery and read it as InboundEvent.

    :param secrets: the app's secrets; while one is being rotated both are good
    :param shop: domain of this channel's shop: one app's secret serves all its shops
    :raise Forged: the signature fits none, or the delivery is another shop's
    :raise Malformed: it is genuine and makes no sense
    """
    given = headers.get("X-Shopify-Hmac-Sha256") or ""
    # as bytes: comparing texts raises on what is not ASCII
    fits = [
        hmac.compare_digest(given.encode(), sign(secret, body).encode())
        for secret in secrets
    ]
    if not any(fits):
        raise Forged("the signature does not fit", code="SIGNATURE")
    sender = (headers.get("X-Shopify-Shop-Domain") or "").lower()
    if sender != shop.lower():
        raise Forged("it is of another shop", code="SHOP")
    return _event(headers, body, shop.lower())


def _event(headers, body, shop):
    topic = headers.get("X-Shopify-Topic") or ""
    if "/" not in topic:
        raise Malformed("no topic", path="X-Shopify-Topic")
    try:
        text = body.decode()
        content = strict_json.loads(text)
    except ValueError as error:
        raise Malformed("the body is no JSON") from error
    kind = _kind(topic)
    return {
        "key": f"{shop}:{topic}:{_event_id(headers, body)}",
        "kind": kind,
        "topic": topic,
        "body": text,
        "ref": order_ref(content) if kind == "order" else "",
        "occurred_at": time_of(headers.get("X-Shopify-Triggered-At")),
    }


def _kind(topic):
    if topic in PRIVACY_TOPICS:
        return "privacy"
    if topic == "app/uninstalled":
        return "gone"
    return KINDS.get(topic.partition("/")[0], "other")


def _event_id(headers, body):
    """What makes a repeated delivery recognizable.

    One event of a shop may be about several things, each in a delivery of its own: an
    order of two products changes two levels. So what it says is a part of it. (A
    delivery that is repeated has the body it had.)
    """
    name = headers.get("X-Shopify-Event-Id") or headers.get("X-Shopify-Webhook-Id")
    digest = hashlib.sha256(body).hexdigest()
    return f"{name}:{digest[:16]}" if name else digest
