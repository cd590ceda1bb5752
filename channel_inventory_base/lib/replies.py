# SPDX-License-Identifier: AGPL-3.0-or-later
"""From an HTTP answer to its data, or to one of our errors. No odoo in here.

What answers need not be the channel: maintenance, a firewall, a cache, another host.
None of their pages may be taken for data, and their words are for nobody.
"""

import re
from contextlib import suppress

from . import strict_json
from .errors import (
    Forbidden,
    Misconfigured,
    NotFound,
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


def retry_after(reply, default=None, longest=LONGEST_WAIT):
    """Seconds that the server asks for; ``default`` when it does not say how many."""
    try:
        return min(max(0.0, float(reply.headers.get("Retry-After"))), longest)
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


def refusal(reply, code, words, acts, own=None, request_id=None, detail=None):
    """The error that an answer other than 2xx means.

    :param code, words: the channel's own; empty where something else has answered
    :param acts: the request changes something: a server that failed may have failed
        after it had acted
    :param own: what the channel documents: {(status, code) or status: class of error,
        or a pair of it and our own code}
    :return: a ClientError
    """
    known = own or {}
    found = known.get((reply.status, code)) or known.get(reply.status)
    kind, ours = found if isinstance(found, tuple) else (found, "")
    if not kind:
        kind, ours, words = _kind_of(reply, code, words)
    told = reply.status == 429 or reply.status >= 500
    return kind(
        words or f"HTTP {reply.status}",
        status=reply.status,
        code=ours or code or f"HTTP_{reply.status}",
        request_id=request_id,
        retry_after=retry_after(reply) if told else None,
        uncertain=acts and kind is Unavailable and reply.status >= 500,
        detail=detail,
    )


def _kind_of(reply, code, words):
    """:return: (class of error, our own code or "", words)"""
    if 300 <= reply.status < 400:
        # what follows the path may be anything, and for other eyes
        where = str(reply.headers.get("Location", "")).partition("?")[0][:200]
        return Misconfigured, "REDIRECT", where
    if reply.status in (401, 403) and not code:
        # something before the channel, which may change its mind
        return Unavailable, "FIREWALL", words
    if reply.status == 404 and code:
        return NotFound, "", words
    kind, _words = STATUS.get(reply.status) or _general(reply.status)
    return kind, "", words


def data_of(reply, acts, amid=False, quoted=True, request_id=None):
    """The JSON of an answer; numbers with a point stay what they were written as.

    :param acts: the request changes something: what became of it is open
    :param amid: other programs may have written around it: PHP that shows its warnings,
        plugins of caches that leave a comment
    :param quoted: False: the answer is for nobody's log
    :raise Unavailable: it is none, or not whole
    """
    text = reply.body.decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
    with suppress(ValueError):
        return strict_json.loads(text if amid else reply.body, parse_float=str)
    if amid:
        with suppress(ValueError):
            return strict_json.find_only(text, parse_float=str)
    html = text.startswith("<")
    raise Unavailable(
        "a page of HTML instead of data" if html else "the answer is no whole JSON",
        status=reply.status,
        code="HTML" if html else "NOT_JSON",
        request_id=request_id,
        uncertain=acts,
        detail=text[:SHORT] if quoted else None,
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


def cached(status=200):
    """:return: the error that an answer of a cache is"""
    words = "a cache before the channel answers in its place"
    return Unavailable(words, status=status, code="CACHED")
