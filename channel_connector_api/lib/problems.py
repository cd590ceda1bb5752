# SPDX-License-Identifier: AGPL-3.0-or-later
"""Refusals as RFC 9457 says them. No odoo in here."""

TYPE = "urn:channel-inventory:problem:"

STATUS = {
    "malformed": 400,
    "key_missing": 401,
    "key_unknown": 401,
    "key_expired": 401,
    "key_revoked": 401,
    "scope_missing": 403,
    "not_found": 404,
    "unknown_order": 404,
    "unknown_hold": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "order_conflict": 409,
    "hold_conflict": 409,
    "hold_ended": 409,
    "insufficient": 409,
    "idempotency_key_reused": 409,
    "already_shipped": 409,
    "already_ended": 409,
    "not_captured_yet": 409,
    "cursor_unknown": 410,
    "too_large": 413,
    "media_type": 415,
    "invalid": 422,
    "ttl": 422,
    "unknown_sku": 422,
    "unknown_node": 422,
    "unknown_region": 422,
    "too_many_holds": 429,
    "rate_limited": 429,
    "internal": 500,
    "busy": 503,
    "channel_stopped": 503,
}
"""What each code answers with: a code has one status, always."""

TITLES = {
    400: "The request cannot be read",
    401: "The key is not accepted",
    403: "The key may not do this",
    404: "Not found",
    405: "The method is not known here",
    406: "The answer is JSON",
    409: "In conflict with what is there",
    410: "Gone",
    413: "Too large",
    415: "The body is not JSON",
    422: "The request does not fit the description",
    429: "Too many requests",
    500: "An error of ours",
    503: "Not now",
}


class Problem(Exception):
    """A refusal, on its way to the caller.

    :param code: one of ``STATUS``: what programs go by
    :param detail: for people: what happened and what to do
    :param errors: list of schema.Fault
    :param headers: further headers of the answer
    :param more: further members
    """

    def __init__(self, code, detail, errors=(), headers=(), **more):
        super().__init__(detail)
        self.code, self.detail, self.headers = code, detail, tuple(headers)
        self.errors, self.more = tuple(errors), more

    @property
    def status(self):
        return STATUS[self.code]

    def body(self):
        """
        >>> Problem("ttl", "At most 60 seconds.", maximum=60).body()["status"]
        422
        """
        found = {
            "type": TYPE + self.code,
            "title": TITLES[self.status],
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.more,
        }
        if self.errors:
            found["errors"] = [
                {"pointer": each.pointer, "code": each.code, "detail": each.detail}
                for each in self.errors
            ]
        return found
