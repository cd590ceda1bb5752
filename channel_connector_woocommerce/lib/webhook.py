"""Webhook deliveries: who sent them, and what they are about.

The signature is the base64 of the HMAC-SHA256 of the body as received, under the
webhook's own secret. Only the ping that follows its creation has none.
"""

import base64
import hashlib
import hmac
import re

from ...channel_inventory_base.lib import strict_json
from ..errors import Forged, Malformed
from .events import digest, order_event

PING = re.compile(rb"webhook_id=\d+")
KINDS = {"order": "order", "product": "catalogue"}


def sign(secret, body):
    """
    >>> sign("secret", b"{}")
    'dzJZAsrKgS3CWXM6rNBGtzgXNyx3e42VtAJkdHRRbhM='
    """
    digest_of = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest_of).decode()


def derive_secret(consumer_secret, token):
    """A webhook's secret that follows from what both sides know anyway.

    Another one for each channel, and nothing to be stored.
    """
    return hmac.new(
        consumer_secret.encode(), f"webhook:{token}".encode(), hashlib.sha256
    ).hexdigest()


def verify(headers, body, secret):
    """Check a delivery and read it as InboundEvent; None for the unsigned ping.

    :raise Forged: the signature does not fit
    :raise Malformed: it is genuine and makes no sense
    """
    given = headers.get("X-WC-Webhook-Signature") or ""
    if not given and PING.fullmatch(body):
        return None
    # as bytes: comparing texts raises on what is not ASCII
    if not secret or not hmac.compare_digest(
        given.encode(), sign(secret, body).encode()
    ):
        raise Forged("the signature does not fit", code="SIGNATURE")
    topic = headers.get("X-WC-Webhook-Topic") or ""
    try:
        text = body.decode()
        raw = strict_json.loads(text, parse_float=str)
    except ValueError as error:
        raise Malformed("the body is no JSON") from error
    if not isinstance(raw, dict):
        raise Malformed("the body is no object")
    kind = KINDS.get(topic.partition(".")[0], "other")
    if kind == "order":
        return order_event(raw, topic, text)
    return {
        "key": f"{topic}:{raw.get('id')}:{digest(raw)}",
        "kind": kind,
        "topic": topic or "unknown",
        "body": text,
        "ref": str(raw.get("id") or ""),
    }
