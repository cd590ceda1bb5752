"""From an HTTP answer to JSON or to one of our errors.

WordPress answers with pages of HTML on many occasions: maintenance, firewalls, fatal
errors, a theme's own 404. None of them may be taken for data.
"""

import re

from ...channel_inventory_base.lib.strict_json import loads
from ..errors import (
    BurntKey,
    Forbidden,
    Malformed,
    Misconfigured,
    NotFound,
    Refused,
    Throttled,
    Unauthorized,
    Unavailable,
)

LONGEST_WAIT = 3600
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
    try:
        # floats stay what they were written as: exact
        return loads(text, parse_float=str)
    except ValueError:
        rescued = _behind_warnings(text)
    if rescued is not None:
        return rescued
    html = text.startswith("<")
    raise Unavailable(
        "a page of HTML instead of data" if html else "the answer is no whole JSON",
        status=reply.status,
        code="HTML" if html else "NOT_JSON",
        uncertain=acts,
        detail=text[:500],
    )


def _behind_warnings(text):
    """The JSON behind what PHP prints before it where its display of errors is on.

    >>> _behind_warnings("<br />\\n<b>Warning</b>: x<br />\\n[1]")
    [1]
    >>> _behind_warnings("<html>[1] and so on</html>")
    """
    found = re.search(r"^[\[{]", text, re.MULTILINE)
    if not text.startswith("<") or not found:
        return None
    try:
        return loads(text[found.start() :], parse_float=str)
    except ValueError:
        return None


def _refusal(reply, acts):
    """:return: the error that an answer other than 2xx means"""
    body = _error_body(reply)
    code, words = body.get("code"), str(body.get("message") or "")[:300]
    more = {
        "status": reply.status,
        "code": code or f"HTTP_{reply.status}",
        "detail": reply.body[:500].decode("utf-8", "replace"),
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


def retry_after(reply):
    """Seconds that the server asks for, None when it does not say so in seconds."""
    text = str(reply.headers.get("Retry-After", "")).strip()
    return min(int(text), LONGEST_WAIT) if text.isdigit() else None


def whole_number(headers, name):
    """A counting header such as ``X-WP-TotalPages``.

    :raise Malformed: it is missing: a proxy has taken it out
    """
    text = str(headers.get(name, "")).strip()
    if not text.isdigit():
        raise Malformed("is missing", path=name)
    return int(text)
