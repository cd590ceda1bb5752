# SPDX-License-Identifier: AGPL-3.0-or-later
"""From an HTTP answer to JSON or to one of our errors.

WordPress answers with pages of HTML on many occasions: maintenance, firewalls, fatal
errors, a theme's own 404. None of them may be taken for data.
"""

import re
from contextlib import suppress

from odoo.addons.channel_inventory_base.lib.errors import (
    BurntKey,
    Forbidden,
    Misconfigured,
    NotFound,
    Refused,
    Throttled,
    Unauthorized,
    Unavailable,
)
from odoo.addons.channel_inventory_base.lib.replies import (
    is_cached,
    retry_after,
    shorten,
)
from odoo.addons.channel_inventory_base.lib.strict_json import find_only, loads

CODE = re.compile("[a-z0-9_-]{1,100}")
OWN = ("rest_", "woocommerce_", "wc_")


def data_of(reply, acts):
    """The JSON of an answer.

    :param acts: the request changes something: where it is not told what became of
        it, that is open
    :raise ClientError: see ``errors``
    """
    if 300 <= reply.status < 400:
        raise Misconfigured(
            # what follows the path may be anything, and for other eyes
            str(reply.headers.get("Location", "")).partition("?")[0][:200],
            status=reply.status,
            code="REDIRECT",
        )
    if 200 <= reply.status < 300:
        return _parse(reply, acts)
    raise _refusal(reply, acts)


def _parse(reply, acts):
    text = reply.body.decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
    # floats stay what they were written as: exact
    with suppress(ValueError):
        return loads(text, parse_float=str)
    with suppress(ValueError):
        return find_only(text, parse_float=str)
    html = text.startswith("<")
    raise Unavailable(
        "a page of HTML instead of data" if html else "the answer is no whole JSON",
        status=reply.status,
        code="HTML" if html else "NOT_JSON",
        uncertain=acts,
        detail=text[:500],
    )


def check_fresh(reply):
    """:raise Unavailable: a cache has answered, with what the shop said a while ago"""
    if is_cached(reply):
        raise _cached(reply.status)


def check_newer(items, written):
    """Also a cache that hides what it is gives itself away by what we have changed.

    :param items: products as read
    :param written: number -> when the shop has last changed it for us
    :raise Unavailable: one of them is older than that
    """
    for item in items:
        known = written.get(str(item.get("id"))) if isinstance(item, dict) else None
        if known and str(item.get("date_modified_gmt") or known) < known:
            raise _cached()


def _cached(status=200):
    words = "a cache before the shop answers in its place"
    return Unavailable(words, status=status, code="CACHED")


def _refusal(reply, acts):
    """:return: the error that an answer other than 2xx means"""
    body = _error_body(reply)
    code, words = body.get("code"), str(body.get("message") or "")[:300]
    more = {
        "status": reply.status,
        "code": code or f"HTTP_{reply.status}",
        "detail": shorten(reply),
    }
    words = words or f"HTTP {reply.status}"
    if reply.status == 429:
        return Throttled(words, retry_after=retry_after(reply), **more)
    if reply.status >= 500:
        return _failure(reply, acts, code, words, more)
    if reply.status in (401, 403):
        return _denial(reply, body, words, more)
    if reply.status == 404:
        return _missing(code, words, more)
    if reply.status == 409 and code == "wc_chansync_key_reused":
        return BurntKey(words, **more)
    return Refused(words, **more)


def _failure(reply, acts, code, words, more):
    if str(code).startswith("woocommerce_rest_"):
        # WooCommerce says 500 to what it will never do: a refund that cannot be
        return Refused(words, **more)
    certain = code == "wc_chansync_failed"
    return Unavailable(
        words,
        retry_after=retry_after(reply),
        uncertain=acts and not certain,
        **more,
    )


def _denial(reply, body, words, more):
    if not body:
        # not WordPress: a firewall or a security plugin, which may change its mind
        return Unavailable(words, **dict(more, code="FIREWALL"))
    if "permission" in words or reply.status == 403:
        return Forbidden(words, **more)
    return Unauthorized(words, **more)


def _missing(code, words, more):
    if code == "rest_no_route":
        return Misconfigured(words, **dict(more, code="NO_ROUTE"))
    if code:
        return NotFound(words, **more)
    return Misconfigured(words, **dict(more, code="NO_REST"))


def _error_body(reply):
    try:
        body = loads(reply.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) and _is_wordpress(body) else {}


def _is_wordpress(body):
    """Whether it is an error as WordPress writes one: only then its words are told. An
    address may be that of something else, whose words are for nobody here.

    >>> _is_wordpress({"code": "rest_forbidden", "message": "Sorry"})
    True
    >>> _is_wordpress({"code": 403, "message": "secrets is forbidden"})
    False
    """
    code, data = body.get("code"), body.get("data")
    if not isinstance(code, str) or not CODE.fullmatch(code):
        return False
    return code.startswith(OWN) or isinstance(data, dict) and "status" in data
