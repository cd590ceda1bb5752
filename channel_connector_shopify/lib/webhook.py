# SPDX-License-Identifier: AGPL-3.0-or-later
"""Webhook deliveries: who sent them, and what they are about.

Source: https://shopify.dev/docs/apps/build/webhooks. The signature is the base64 of
the HMAC-SHA256 of the body as received, under the app's secret.
"""

import hashlib

from odoo.addons.channel_inventory_base.lib import strict_json
from odoo.addons.channel_inventory_base.lib.errors import Forged, Malformed
from odoo.addons.channel_inventory_base.lib.signature import fits
from odoo.addons.channel_inventory_base.schemas import time_of

from . import signed
from .rest import order_ref


def verify(headers, body, secrets, shop, number=""):
    """Check a delivery and read it as InboundEvent.

    :param secrets: the app's secrets; while one is being rotated both are good
    :param shop: domain of this channel's shop: one app's secret serves all its shops
    :param number: of this channel's shop, where it is known
    :raise Forged: the signature fits none, or the delivery is another shop's
    :raise Malformed: it is genuine and makes no sense
    """
    if not fits(headers.get("X-Shopify-Hmac-Sha256"), secrets, body):
        raise Forged("the signature does not fit", code="SIGNATURE")
    shop = shop.lower()
    content, text = _read(body)
    sender = (headers.get("X-Shopify-Shop-Domain") or "").lower()
    # the header is not signed, and of some genuine deliveries not the shop's: what the
    # body says comes first
    if (signed.shop_named(content) or sender) != shop:
        raise Forged("it is of another shop", code="SHOP")
    if signed.is_of_another(content, shop, number):
        raise Forged("its order is of another shop", code="SHOP")
    if text is None:
        raise Malformed("the body is no JSON")
    return _event(headers, body, shop, content, text)


def _read(body):
    """:return: (content, text), both None where it is no JSON"""
    try:
        text = body.decode()
        return strict_json.loads(text), text
    except ValueError:
        return None, None


def _event(headers, body, shop, content, text):
    topic = headers.get("X-Shopify-Topic") or ""
    if "/" not in topic:
        raise Malformed("no topic", path="X-Shopify-Topic")
    kind, topic = signed.meaning(content, topic)
    return {
        # by what is signed: sent again under other headers, it is there already. The
        # same order under two topics says the same of it.
        "key": f"{shop}:{kind}:{hashlib.sha256(body).hexdigest()}",
        "kind": kind,
        "topic": topic,
        "body": text,
        "ref": order_ref(content) if kind == "order" else "",
        "occurred_at": time_of(headers.get("X-Shopify-Triggered-At")),
    }


def is_whole(subscription):
    """Whether all of a webhook comes, as we read it."""
    return (
        subscription["format"] == "JSON"
        and not subscription["filter"]
        and not subscription["includeFields"]
    )
