# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads the subject and the shop of a webhook from its body.

The signature is over the body alone. Topic, shop and ids are headers: a reader of one
delivery can resend its body under other headers. So the body is asked first, and a
header counts where the body tells nothing.
"""

import re
from urllib.parse import urlsplit

from .rest import order_ref

KINDS = {
    "orders": "order",
    "refunds": "order",
    "products": "catalogue",
    "inventory_levels": "level",
}
GONE = "app/uninstalled"
DATA_REQUEST, CUSTOMER, SHOP = (
    "customers/data_request",
    "customers/redact",
    "shop/redact",
)
PRIVACY = (DATA_REQUEST, CUSTOMER, SHOP)
USUAL = {"order": "orders/updated", "catalogue": "products/update"} | {
    "level": "inventory_levels/update"
}
"""What a delivery is called whose header names something else than its body is."""

ORDER = "gid://shopify/Order/"
STATUS_PATH = re.compile(r"/(\d+)/orders/")
SHOPIFY = ".myshopify.com"


def meaning(content, topic):
    """(kind, topic) of a body that came under ``topic``.

    >>> meaning({"id": 5, "line_items": []}, "app/uninstalled")
    ('order', 'orders/updated')
    >>> body = {"shop_id": 1, "shop_domain": "x", "orders_to_redact": []}
    >>> meaning(body, "shop/redact")
    ('privacy', 'customers/redact')
    >>> meaning({"id": 5}, "products/delete"), meaning({"id": 5}, "shop/redact")
    (('catalogue', 'products/delete'), ('other', 'shop/redact'))
    """
    claimed = KINDS.get(topic.partition("/")[0], "other")
    if not isinstance(content, dict):
        return claimed, topic
    if "myshopify_domain" in content:
        # of a shop: after a change of its settings as well as when we are removed
        return ("gone" if topic == GONE else "other"), topic
    if "shop_domain" in content and "shop_id" in content:
        return "privacy", _privacy_topic(content)
    kind = _shape(content) or claimed
    return kind, topic if kind == claimed else USUAL[kind]


def _shape(content):
    """The kind of a body that can be nothing else; "" where it can."""
    if "inventory_item_id" in content and "location_id" in content:
        return "level"
    if "variants" in content and "options" in content:
        return "catalogue"
    return "order" if _is_order(content) else ""


def _is_order(content):
    """Orders, their refunds and edits. Carts, drafts and what leads to an order have
    lines, too, and are none."""
    gid = content.get("admin_graphql_api_id")
    if not order_ref(content) or "abandoned_checkout_url" in content:
        return False
    if "order_edit" in content or "refund_line_items" in content:
        return True
    return "order_id" not in content and str(gid or ORDER).startswith(ORDER)


def _privacy_topic(content):
    if "data_request" in content or "orders_requested" in content:
        return DATA_REQUEST
    return CUSTOMER if "customer" in content or "orders_to_redact" in content else SHOP


def shop_named(content):
    """The domain of the shop that a body names as its own, or None."""
    names = content if isinstance(content, dict) else {}
    named = names.get("myshopify_domain") or names.get("shop_domain")
    return named.lower() if isinstance(named, str) else None


def is_of_another(content, shop, number):
    """Whether an order's page is in another shop than ours.

    :param shop: our domain at Shopify
    :param number: our number there as text, "" where it is not known yet

    The page has the shop's number in its path, whatever domain it is shown under; a
    shop has any number of domains of its own, and one of Shopify's.

    >>> page = "https://a.myshopify.com/77/orders/0b/authenticate?key=1"
    >>> [is_of_another({"order_status_url": page}, s, n)
    ...  for s, n in (("b.myshopify.com", ""), ("b.myshopify.com", "77"),
    ...               ("a.myshopify.com", ""), ("a.myshopify.com", "78"))]
    [True, False, False, True]
    >>> is_of_another({"order_status_url": page.replace("a.my", "shop.")}, "b", "")
    False
    """
    page = content.get("order_status_url") if isinstance(content, dict) else None
    try:
        parts = urlsplit(page if isinstance(page, str) else "")
        host = parts.hostname or ""
    except ValueError:
        return False
    found = STATUS_PATH.match(parts.path)
    if found and number:
        return found[1] != number
    return host.endswith(SHOPIFY) and host != shop
