# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads a response of Shopify: its data, or one error of our tree.

Sources: https://shopify.dev/docs/api/usage/response-codes and
https://shopify.dev/docs/api/admin-graphql#status_and_error_codes.
"""

import json
import math

from odoo.addons.channel_inventory_base.lib.errors import (
    Forbidden,
    Misconfigured,
    Refused,
    Throttled,
    Unauthorized,
    Unavailable,
)
from odoo.addons.channel_inventory_base.lib.replies import SHORT, shorten
from odoo.addons.channel_inventory_base.lib.strict_json import loads
from odoo.addons.channel_inventory_base.lib.throttle import Report

VERSION = "X-Shopify-API-Version"
"""On every answer of the API: what it is answered in."""
MAX_POINTS = 1_000_000
"""No plan has as many, by far."""

STATUS = {
    401: (Unauthorized, "the access token is not accepted"),
    402: (Misconfigured, "the shop is suspended: its invoice is unpaid"),
    404: (Misconfigured, "the shop or API version does not exist"),
    423: (Unavailable, "the shop is locked"),
    430: (Throttled, "requests are being refused for security reasons"),
}
PAUSE = {423: 60, 430: 60}
"""430 is an answer to behaviour that looks like an attack: stay away for a while."""
_CODES = {
    "ACCESS_DENIED": Forbidden,
    "INTERNAL_SERVER_ERROR": Unavailable,
    "SHOP_INACTIVE": Misconfigured,
    "THROTTLED": Throttled,
    "TIMEOUT": Unavailable,
}


def parse(reply, acts=False):
    """The JSON object of an answer with status 200.

    :raise Unavailable: it is no such thing: a proxy's page, or cut off on its way
    """
    try:
        answer = loads(reply.body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not ("data" in answer or "errors" in answer):
        raise Unavailable(
            "the answer cannot be read",
            status=reply.status,
            code="UNREADABLE",
            request_id=reply.headers.get("X-Request-Id"),
            uncertain=acts,
            detail=shorten(reply),
        )
    if VERSION not in reply.headers and answer.get("errors"):
        # what answers is something else, whose words are for nobody here
        return {**answer, "errors": _without_messages(answer["errors"])}
    return answer


def _without_messages(errors):
    """
    >>> errors = [{"message": "db01 is down", "extensions": {"code": "TIMEOUT"}}]
    >>> _without_messages(errors)
    [{'extensions': {'code': 'TIMEOUT'}, 'message': 'no response from Shopify'}]
    """
    errors = errors if isinstance(errors, list) else [None]
    codes = [_code(_mapping(each)) for each in errors]
    return [
        {
            "extensions": {"code": code if str(code) in _CODES else None},
            "message": "no response from Shopify",
        }
        for code in codes
    ]


def cost_report(answer):
    """``extensions.cost`` as a Report, or None; what is broken in it is none.

    All workers believe what it says from then on: a figure that cannot be would stop
    the channel for good.
    """
    report = _mapping(_mapping(answer.get("extensions")).get("cost"))
    status = _mapping(report.get("throttleStatus"))
    found = Report(
        status.get("currentlyAvailable"),
        status.get("maximumAvailable"),
        status.get("restoreRate"),
        report.get("actualQueryCost"),
        report.get("requestedQueryCost"),
    )
    fits = (
        _is_points(found.left, -MAX_POINTS)
        and all(_is_points(size, 1) for size in (found.maximum, found.rate))
        and all(n is None or _is_points(n, 0) for n in (found.cost, found.estimate))
    )
    return found if fits else None


def _is_points(value, least):
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and least <= value <= MAX_POINTS


def _mapping(value):
    return value if isinstance(value, dict) else {}


def data_of(answer, acts=False):
    """The data of an answer without errors. Half an answer is none.

    :raise ClientError: the worst of its errors
    """
    errors = answer.get("errors")
    data = answer.get("data")
    if not errors and isinstance(data, dict):
        return data
    if not isinstance(errors, list) or not errors:
        # an answer of the gate, not of the API: {"errors": "Not Found"}
        errors = [{"message": str(errors or "there is no data")}]
    errors = [_mapping(error) for error in errors]
    error = min(errors, key=_rank)
    raise _error_of(error, answer, acts)


def _rank(error):
    code = _code(error)
    return list(_CODES).index(code) if code in _CODES else len(_CODES)


def _code(error):
    return _mapping(error.get("extensions")).get("code")


def _error_of(error, answer, acts):
    code = _code(error)
    kind = _CODES.get(code, Refused)
    more = _mapping(error.get("extensions"))
    return kind(
        str(error.get("message"))[:SHORT],
        status=200,
        code=str(code) if code else None,
        request_id=more.get("requestId"),
        retry_after=_points_wait(answer) if kind is Throttled else None,
        uncertain=acts and kind is Unavailable,
        detail=json.dumps(answer.get("errors"))[:SHORT],
    )


def _points_wait(answer):
    """Seconds until the bucket holds what the document costs."""
    report = cost_report(answer)
    if not report:
        return None
    return max(0.5, ((report.estimate or 0) - report.left) / report.rate)
