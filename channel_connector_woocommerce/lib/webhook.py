"""Webhook deliveries: who sent them, and what they are about.

The signature is the base64 of the HMAC-SHA256 of the body as received, under the
webhook's own secret; nothing else of a delivery is signed, and the body of a deleted
order is that of a deleted product. So each topic of each channel has a secret of its
own: a signature fits for what it was made for. Only the ping that follows a webhook's
creation has none.
"""

import base64
import hashlib
import hmac
import re
import time

from ...channel_inventory_base.lib import strict_json
from ..const import TOPICS
from ..errors import Forged, Malformed
from .events import digest, order_event

PING = re.compile(rb"webhook_id=\d+")


def sign(secret, body):
    """
    >>> sign("secret", b"{}")
    'dzJZAsrKgS3CWXM6rNBGtzgXNyx3e42VtAJkdHRRbhM='
    """
    digest_of = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest_of).decode()


def derive_secret(consumer_secret, token, topic):
    """A webhook's secret that follows from what both sides know anyway.

    Another one for each channel and topic, and nothing to be stored.
    """
    return hmac.new(
        consumer_secret.encode(), f"webhook:{token}:{topic}".encode(), hashlib.sha256
    ).hexdigest()


def verify(headers, body, secret_of, now=time.time):
    """Check a delivery and read it as InboundEvent; None for the unsigned ping.

    :param secret_of: function that gives the secret of a topic, None without one
    :raise Forged: the signature does not fit, also that of another topic
    :raise Malformed: it is genuine and makes no sense
    """
    given = headers.get("X-WC-Webhook-Signature") or ""
    if not given and PING.fullmatch(body):
        return None
    topic = headers.get("X-WC-Webhook-Topic") or ""
    secret = secret_of(topic) if topic in TOPICS else None
    # as bytes: comparing texts raises on what is not ASCII
    if not secret or not hmac.compare_digest(
        given.encode(), sign(secret, body).encode()
    ):
        raise Forged("the signature does not fit", code="SIGNATURE")
    try:
        text = body.decode()
        raw = strict_json.loads(text, parse_float=str)
    except ValueError as error:
        raise Malformed("the body is no JSON") from error
    if not isinstance(raw, dict):
        raise Malformed("the body is no object")
    if topic.startswith("order."):
        return order_event(raw, topic, text)
    # of a deleted product there is a number and nothing else: deleted once more, after
    # it came back, it says the same. So what says so little is heard once an hour.
    hour = int(now() // 3600) if set(raw) <= {"id"} else ""
    return {
        "key": f"{topic}:{raw.get('id')}:{digest(raw)}{hour and f'@{hour}'}",
        "kind": "catalogue",
        "topic": topic,
        "body": text,
        "ref": str(raw.get("id") or ""),
    }
