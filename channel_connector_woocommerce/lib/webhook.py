# SPDX-License-Identifier: AGPL-3.0-or-later
"""Webhook deliveries: who sent them, and what they are about.

The signature is the base64 of the HMAC-SHA256 of the body as received, under the
webhook's own secret; nothing else of a delivery is signed, and the body of a deleted
order is that of a deleted product. So each topic of each channel has a secret of its
own: a signature fits for what it was made for. Only the ping that follows a webhook's
creation has none.
"""

import hashlib
import hmac
import re
import time

from odoo.addons.channel_inventory_base.lib import reader, signature
from odoo.addons.channel_inventory_base.lib.errors import Forged

from ..const import TOPICS
from .events import digest_of, order_event

PING = re.compile(rb"webhook_id=\d+")


def derive_secret(consumer_secret, token, topic):
    """A webhook's secret that follows from what both sides know anyway.

    Another one for each channel and topic, and nothing to be stored.
    """
    return hmac.new(
        consumer_secret.encode(), f"webhook:{token}:{topic}".encode(), hashlib.sha256
    ).hexdigest()


def request(topic, address, secret):
    """The body that makes a webhook."""
    return {
        "name": f"Odoo: {topic}",
        "topic": topic,
        "delivery_url": address,
        "secret": secret,
        "status": "active",
    }


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
    if not signature.fits(given, [secret], body):
        raise Forged("the signature does not fit", code="SIGNATURE")
    raw, text = reader.parse(body), body.decode()
    if topic.startswith("order."):
        return order_event(raw, topic, text)
    # of a deleted product there is a number and nothing else: deleted once more, after
    # it came back, it says the same. So what says so little is heard once an hour.
    hour = int(now() // 3600) if set(raw) <= {"id"} else ""
    return {
        "key": f"{topic}:{raw.get('id')}:{digest_of(raw)}{hour and f'@{hour}'}",
        "kind": "catalogue",
        "topic": topic,
        "body": text,
        "ref": str(raw.get("id") or ""),
    }
