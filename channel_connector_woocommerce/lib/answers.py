# SPDX-License-Identifier: AGPL-3.0-or-later
"""From an HTTP answer to JSON or to one of our errors.

WordPress answers with pages of HTML on many occasions: maintenance, firewalls, fatal
errors, a theme's own 404. None of them may be taken for data.
"""

import re

from odoo.addons.channel_inventory_base.lib import replies
from odoo.addons.channel_inventory_base.lib.errors import (
    BurntKey,
    Forbidden,
    Misconfigured,
    Refused,
)
from odoo.addons.channel_inventory_base.lib.strict_json import loads

CODE = re.compile("[a-z0-9_-]{1,100}")
OWN = ("rest_", "woocommerce_", "wc_")
ROLLED_BACK = "wc_chansync_failed"
KINDS = {
    (404, ""): (Misconfigured, "NO_REST"),
    (404, "rest_no_route"): (Misconfigured, "NO_ROUTE"),
    (409, "wc_chansync_key_reused"): BurntKey,
}


def data_of(reply, acts):
    """The JSON of an answer.

    :param acts: the request changes something: where it is not told what became of
        it, that is open
    :raise ClientError: see ``errors``
    """
    if 200 <= reply.status < 300:
        return replies.data_of(reply, acts, amid=True)
    body = _error_body(reply)
    code, words = body.get("code") or "", str(body.get("message") or "")[:300]
    kinds = dict(KINDS)
    if reply.status == 401 and "permission" in words:
        kinds[401] = Forbidden
    if reply.status >= 500 and code.startswith("woocommerce_rest_"):
        # WooCommerce says 500 to what it will never do: a refund that cannot be
        kinds[reply.status] = Refused
    acts = acts and code != ROLLED_BACK
    detail = replies.shorten(reply)
    raise replies.refusal(reply, code, words, acts, kinds, detail=detail)


def check_newer(items, written):
    """A cache that hides what it is gives itself away by what we have changed.

    :param items: products as read
    :param written: number -> when the shop has last changed it for us
    :raise Unavailable: one of them is older than that
    """
    for item in items:
        known = written.get(str(item.get("id"))) if isinstance(item, dict) else None
        if known and str(item.get("date_modified_gmt") or known) < known:
            raise replies.cached()


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
