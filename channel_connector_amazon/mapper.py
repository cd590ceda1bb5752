# SPDX-License-Identifier: AGPL-3.0-or-later
"""From Amazon's answers to the canonical data of the base. No odoo in here.

Everything returned is plain and JSON-able, with the field names of the base's
``schemas``: money as text, times in ISO with a zone, quantities as whole numbers. What
does not fit raises ``Malformed`` with its place. Orders are mapped in ``lib.order``
(as the API gives them) and ``lib.notifications`` (as the queue tells of them).
"""

from .const import FBA_NODE, MERCHANT
from .lib import notifications, order

SHIPPED_BY_AMAZON, INCOMPLETE, HIDDEN = "fba", "incomplete", "hidden"
"""What a person is to know of a listing: why no number of it is published, or why
nobody sees the one that is."""


def any_order(raw):
    """An order as the API gives it, or a notification about one, as OrderData."""
    if notifications.is_notification(raw):
        return notifications.order(raw)
    return order.order(raw)


def merchant_node(name):
    """The merchant's own stock as NodeData: one number for all marketplaces."""
    return {"external_id": MERCHANT, "name": name}


def amazon_node(name):
    """Amazon's warehouses as NodeData: stock that is read and never written."""
    return {"external_id": FBA_NODE, "name": name, "fulfils": True}


def listing(offer):
    """A row of the catalogue as ListingData, and what a person is to know of it.

    The SKU names it everywhere: in orders, in numbers, and in all marketplaces. One
    that Amazon does not show (out of stock, suspended) stays active: its number would
    never rise again else.

    :param offer: ``lib.report.Offer``
    :return: (values, reason): "", SHIPPED_BY_AMAZON, INCOMPLETE or HIDDEN
    """
    values = {
        "external_id": offer.sku,
        "stock_ref": offer.sku,
        "sku": offer.sku,
        "barcode": offer.barcode,
        "title": offer.title,
        "tracked": not offer.by_amazon,
        "active": offer.is_complete,
    }
    if offer.by_amazon:
        return values, SHIPPED_BY_AMAZON
    if not offer.is_complete:
        return values, INCOMPLETE
    return values, "" if offer.is_active else HIDDEN
