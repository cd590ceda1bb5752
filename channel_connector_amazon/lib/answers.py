# SPDX-License-Identifier: AGPL-3.0-or-later
"""From an HTTP answer of the API to its data or to one of our errors.

Amazon refuses by ``{"errors": [{"code", "message", "details"}]}``. What is no such
thing comes from something before it, whose words are for nobody here.
"""

import re

from odoo.addons.channel_inventory_base.lib import replies
from odoo.addons.channel_inventory_base.lib.errors import (
    Malformed,
    Unauthorized,
    Unavailable,
)
from odoo.addons.channel_inventory_base.lib.strict_json import loads
from odoo.addons.channel_inventory_base.lib.throttle import Report

DENIED = "Unauthorized"
"""Of a 403: the token has ended, or a role is missing. A new token tells which."""
TOKENS = ("MissingAuthenticationToken", "InvalidAccessToken", DENIED)
KINDS = {401: Unauthorized, **{(403, code): Unauthorized for code in TOKENS}}
RATE = "x-amzn-RateLimit-Limit"
REQUEST = "x-amzn-RequestId"
MAX_RATE = 1000
"""Requests a second; no seller has as many, by far."""
WORDS = 300

_CODE = re.compile("[A-Za-z0-9_. -]{1,100}")

TRANSIENT = ("InternalFailure", "InternalError", "ServiceUnavailable", "QuotaExceeded")
"""Codes of issues that say nothing about the listing: the number is sent again."""


def data_of(reply, acts):
    """The object that an answer is; {} where it is an empty one.

    :param acts: the request changes something: where it is not told what became of it,
        that is open
    :raise ClientError: see ``errors``
    """
    if not 200 <= reply.status < 300:
        raise _refusal(reply, acts)
    if not reply.body.strip():
        return {}
    # not quoted: half an order has somebody's address in it
    request_id = reply.headers.get(REQUEST)
    value = replies.data_of(reply, acts, quoted=False, request_id=request_id)
    if not isinstance(value, dict):
        words = "the answer is no object"
        raise Unavailable(words, status=reply.status, code="NOT_JSON", uncertain=acts)
    return value


def rate_report(reply):
    """The rate that an answer tells, as a Report; None where it tells none that can be.

    All workers believe it from then on.

    >>> class Reply:
    ...     headers = {"x-amzn-RateLimit-Limit": "0.0056"}
    >>> rate_report(Reply).rate
    0.0056
    """
    try:
        rate = float(reply.headers.get(RATE))
    except (TypeError, ValueError):
        return None
    return Report(None, None, rate) if 0.0001 <= rate <= MAX_RATE else None


def _refusal(reply, acts):
    """:return: the error that an answer other than 2xx means"""
    code, words = _error_of(reply)
    return replies.refusal(
        reply,
        code,
        words,
        acts,
        KINDS,
        request_id=reply.headers.get(REQUEST),
        detail=replies.shorten(reply) if code else None,
    )


def _error_of(reply):
    """:return: (code, words) of Amazon's first error; two empty texts for none of it"""
    try:
        errors = loads(reply.body)["errors"]
        first = errors[0]
        code = first["code"]
        # either is null now and then
        message, details = first.get("message") or "", first.get("details") or ""
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return "", ""
    texts = (code, message, details)
    if not all(isinstance(each, str) for each in texts) or not _CODE.fullmatch(code):
        return "", ""
    words = message if details in ("", message) else f"{message} ({details})"
    return code, words.strip()[:WORDS]


def errors_of(issues):
    """The issues that are errors, of a list that may be missing.

    :param issues: a JsonValue
    :return: list of (code, words)
    """
    found = []
    for issue in issues.items() if issues else ():
        severity = issue["severity"].text()
        if severity == "ERROR":
            found.append((_code(issue["code"]), issue["message"].text()[:WORDS]))
    return found


def _code(place):
    """Codes are numbers as text, or names."""
    if isinstance(place.value, int) and not isinstance(place.value, bool):
        return str(place.value)
    return place.text()


def status_of(errors):
    """What becomes of a number that came back with these errors: ``retry`` where none
    of them is about the listing, else ``rejected``.

    >>> status_of([("90220", "is required")]), status_of([("InternalFailure", "")])
    ('rejected', 'retry')
    """
    if not errors:
        raise Malformed("is INVALID without an error", path="issues")
    is_transient = all(code in TRANSIENT for code, _words in errors)
    return "retry" if is_transient else "rejected"
