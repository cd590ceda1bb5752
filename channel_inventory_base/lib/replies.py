# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the HTTP part of an answer to one of our errors. No odoo in here."""

import re

from .errors import (
    Forbidden,
    Misconfigured,
    Refused,
    Throttled,
    Unauthorized,
    Unavailable,
)

LONGEST_WAIT = 3600
"""Seconds; a server that asks for more is asked again all the same."""
SHORT = 500
MAX_DIGITS = 18

STATUS = {
    401: (Unauthorized, "the credentials are not accepted"),
    403: (Forbidden, "this is not allowed"),
    404: (Misconfigured, "the address does not exist"),
    429: (Throttled, "too many requests"),
}

_CACHE_MARKS = (
    "X-WC-Cache",
    "X-Cache",
    "X-Cache-Status",
    "X-Proxy-Cache",
    "X-FastCGI-Cache",
    "X-LiteSpeed-Cache",
    "CF-Cache-Status",
)
_HIT = re.compile(r"\s*(hit|stale|updating)\b", re.IGNORECASE)


def retry_after(reply, default=None):
    """Seconds that the server asks for; ``default`` when it does not say how many."""
    try:
        return min(max(0.0, float(reply.headers.get("Retry-After"))), LONGEST_WAIT)
    except (TypeError, ValueError):
        return default


def shorten(reply):
    return reply.body[:SHORT].decode("utf-8", "replace")


def check_status(reply, acts=False, own=None, pause=None):
    """Go on only with status 200.

    :param acts: the request changes something: a server that failed may have failed
        after it had acted
    :param own: {status: (class of error, words)} that the channel documents
    :param pause: {status: seconds} to wait where the server does not say how long
    :raise ClientError: the status is another one
    """
    if reply.status == 200:
        return
    known = {**STATUS, **(own or {})}
    kind, words = known.get(reply.status) or _general(reply.status)
    raise kind(
        f"{words} (HTTP {reply.status})",
        status=reply.status,
        code=str(reply.status),
        request_id=reply.headers.get("X-Request-Id"),
        retry_after=retry_after(reply, (pause or {}).get(reply.status)),
        uncertain=acts and reply.status >= 500,
        detail=shorten(reply),
    )


def _general(status):
    if status >= 500:
        return Unavailable, "the server failed"
    if 300 <= status < 400:
        return Misconfigured, "the address leads somewhere else"
    return Refused, "the request was refused"


def whole_number(headers, name):
    """A counting header such as ``X-Total-Pages``; None where it is missing: a proxy
    has taken it out."""
    text = str(headers.get(name, "")).strip()
    return int(text) if text.isdecimal() and len(text) <= MAX_DIGITS else None


def is_cached(reply):
    """Whether a cache has answered, with what the server said a while ago."""
    marks = (str(reply.headers.get(name, "")) for name in _CACHE_MARKS)
    return bool(whole_number(reply.headers, "Age")) or any(map(_HIT.match, marks))
