# SPDX-License-Identifier: AGPL-3.0-or-later
"""Constants of Shopify's API and of this connector. No odoo in here."""

from datetime import date

API_VERSIONS = ("2026-04", "2026-07", "2026-10")
DEFAULT_VERSION = "2026-07"
WARN_DAYS = 60
"""How long before its end a version is worth a warning."""

MAX_ENTRIES = 250
"""Quantities that one ``inventorySetQuantities`` takes, and nodes of one page."""

SCOPES = (
    "read_products",
    "read_inventory",
    "write_inventory",
    "read_locations",
    "read_orders",
    "write_orders",
    "read_customers",
    # Each shows the fulfillment orders of one kind of location only, and one that
    # is not shown looks as if nothing had been taken off stock there.
    "read_merchant_managed_fulfillment_orders",
    "read_assigned_fulfillment_orders",
    "read_third_party_fulfillment_orders",
    # Writing is of the same kinds: a parcel is told wherever the shop has its goods.
    "write_merchant_managed_fulfillment_orders",
    "write_assigned_fulfillment_orders",
    "write_third_party_fulfillment_orders",
)

WRITE_PRODUCTS = "write_products"
"""Only to switch off selling out of stock: without it that is done in Shopify."""
PAYOUT_SCOPES = ("read_shopify_payments_accounts", "read_shopify_payments_payouts")
"""For payouts alone: a shop that takes no payments by Shopify need not give them."""

ALL_ORDERS = "read_all_orders"
SHOWN_DAYS = 60
"""Older orders are not shown to an app without ``ALL_ORDERS``, as if there were none
(https://shopify.dev/docs/api/usage/access-scopes)."""

TOPICS = (
    "ORDERS_CREATE",
    "ORDERS_UPDATED",
    "ORDERS_CANCELLED",
    "REFUNDS_CREATE",
    "PRODUCTS_CREATE",
    "PRODUCTS_UPDATE",
    "PRODUCTS_DELETE",
    "APP_UNINSTALLED",
)
"""``orders/edited`` and ``orders/paid`` are left out: ``orders/updated`` is sent for
each of them as well. So is ``inventory_levels/update``: each sale and each number that
we publish would send one, and none could tell whose it is."""

ACCEPTED_TAG = "odoo-accepted"
"""On orders that are confirmed in Odoo, where acceptances are told."""


def last_day(version):
    """The first day on which Shopify need not serve ``version`` any more.

    A version is supported for twelve months at least
    (https://shopify.dev/docs/api/usage/versioning).

    >>> last_day("2026-07")
    datetime.date(2027, 7, 1)
    """
    year, month = version.split("-")
    return date(int(year) + 1, int(month), 1)


def granted(scopes):
    """The scopes with what they imply: writing includes reading.

    >>> sorted(granted(["write_inventory"]))
    ['read_inventory', 'write_inventory']
    """
    implied = {
        scope.replace("write_", "read_", 1)
        for scope in scopes
        if scope.startswith("write_")
    }
    return {*scopes, *implied}
