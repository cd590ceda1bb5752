# SPDX-License-Identifier: AGPL-3.0-or-later
"""Webhooks that we send, signed as Standard Webhooks 1.0 says. No odoo in here."""

import base64
import secrets

from odoo.addons.channel_inventory_base.lib.signature import code

PREFIX = "whsec_"


def make_secret():
    """24 bytes, as the specification proposes: ``whsec_`` and base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()


def sign(secret, message_id, timestamp, body):
    """A signature of the symmetric scheme ``v1``.

    :param timestamp: seconds since 1970
    :param body: bytes, as they are sent

    The example of the specification's reference implementations:

    >>> sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek",
    ...      1614265330, b'{"test": 2432232314}')
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return f"v1,{code(key, signed)}"


def headers(secret_texts, message_id, timestamp, body):
    """:param secret_texts: the secret, and the one before it while both count"""
    signatures = [sign(each, message_id, timestamp, body) for each in secret_texts]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
        "Content-Type": "application/json",
        "User-Agent": "channel-inventory-webhooks/1",
    }
