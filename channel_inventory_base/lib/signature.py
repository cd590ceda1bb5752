# SPDX-License-Identifier: AGPL-3.0-or-later
"""Proof of who sent something, and of what has not changed. No odoo in here."""

import base64
import hashlib
import hmac


def sign(secret, content):
    """HMAC-SHA256 in base64, as most channels sign the bodies of their webhooks.

    >>> sign("secret", b"{}")
    'dzJZAsrKgS3CWXM6rNBGtzgXNyx3e42VtAJkdHRRbhM='
    """
    return code(secret.encode(), content)


def code(key, content):
    """HMAC-SHA256 in base64, of a key that is bytes."""
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def fits(given, secrets, content):
    """Whether ``given`` is the signature of ``content`` (bytes) under one of the
    secrets; while a secret is being rotated two are good.

    >>> fits(sign("new", b"{}"), ["old", "new"], b"{}"), fits("\xfc", ["old"], b"{}")
    (True, False)
    >>> fits("", [], b"{}"), fits(None, [None], b"{}")
    (False, False)
    """
    # as bytes: comparing texts raises on what is not ASCII
    given = (given or "").encode()
    # all of them, so that the time it takes does not tell which one is in use
    results = [
        hmac.compare_digest(given, sign(secret, content).encode())
        for secret in filter(None, secrets)
    ]
    return any(results)


def fingerprint(*parts):
    """Tells other credentials from these and reveals none of them.

    >>> fingerprint("a", None) == fingerprint("a", "") != fingerprint("", "a")
    True
    """
    return digest("\0".join(part or "" for part in parts))[:32]


def digest(text):
    """What is kept of a secret that is long and random: it is known again by it."""
    return hashlib.sha256(text.encode()).hexdigest()
