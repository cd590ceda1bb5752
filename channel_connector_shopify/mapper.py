# SPDX-License-Identifier: AGPL-3.0-or-later
"""From Shopify's answers to the canonical data of the base. No odoo in here.

Everything returned is plain and JSON-able, with the field names of the base's
``schemas``: money as text, times in ISO with a zone, quantities as whole numbers.
What does not fit raises ``Malformed`` with its place. Orders are mapped in
``lib.order`` (as the API gives them) and ``lib.rest`` (as webhooks carry them).
"""

from decimal import Decimal

from odoo.addons.channel_inventory_base.lib import figures
from odoo.addons.channel_inventory_base.lib.reader import JsonValue
from odoo.addons.channel_inventory_base.schemas import time_of

from .lib.order import order
from .lib.rest import rest_order

__all__ = [
    "any_order",
    "level_rows",
    "listing",
    "node",
    "order",
    "rest_order",
    "snapshot",
]

CONTINUE = "CONTINUE"
"""The inventory policy of what is sold when there is none."""
DEFAULT_TITLE = "Default Title"
"""What Shopify calls the only variant of a product that has none."""
UNITS = {"GRAMS": "g", "KILOGRAMS": "kg", "OUNCES": "oz", "POUNDS": "lbs"}


def any_order(raw):
    """An order as the API gives it, or as webhooks carry it, as OrderData."""
    return order(raw) if "lineItems" in raw else rest_order(raw)


def node(raw):
    """A location as NodeData.

    >>> node({"id": "gid://shopify/Location/1", "name": "Main", "isActive": True})
    {'external_id': 'gid://shopify/Location/1', 'name': 'Main', 'active': True}
    """
    location = JsonValue(raw, "location")
    return {
        "external_id": location["id"].text(),
        "name": location["name"].text(),
        "active": location["isActive"].flag(),
    }


def listing(raw):
    """A variant as ListingData.

    Orders name the variant, levels its inventory item. A bundle's stock follows from
    its components and cannot be set, so it counts as not tracked. A draft keeps its
    numbers, so that they are right at the moment it goes on sale.
    """
    variant = JsonValue(raw, "variant")
    item = variant["inventoryItem"]
    bundle = variant["requiresComponents"].flag()
    return {
        "external_id": variant["id"].text(),
        "stock_ref": item["id"].text(),
        "sku": variant["sku"].text(),
        "barcode": variant["barcode"].text(),
        "title": _title(variant),
        "tracked": item["tracked"].flag() and not bundle,
        "active": variant["product"]["status"].text() != "ARCHIVED",
        "sells_below_zero": variant["inventoryPolicy"].text() == CONTINUE,
        "price": _price(variant),
        "weight": _weight(item),
    }


def _price(variant):
    """What it costs when there is no sale; during one that is what it is compared
    at."""
    prices = variant.get("price").value, variant.get("compareAtPrice").value
    return max(filter(None, map(figures.price, prices)), key=Decimal, default=None)


def _weight(item):
    measurement = item.get("measurement")
    told = measurement and measurement.get("weight")
    if not told:
        return None
    return figures.weight(told["value"].value, UNITS.get(told["unit"].text()))


def _title(variant):
    title = variant["title"].text()
    product = variant["product"]["title"].text()
    return product if title == DEFAULT_TITLE else f"{product} / {title}"


def level_rows(raw, items, location):
    """``nodes`` of the Levels document as LevelState rows, one for each item.

    An item that is unknown, or not stocked at the location, shows None.
    """
    shown = {}
    for place in JsonValue(raw, "nodes").items():
        if place and place.value:
            shown[place["id"].text()] = _available(place["inventoryLevel"])
    return [
        {"stock_ref": item, "node_ref": location, "available": shown.get(item)}
        for item in items
    ]


def _available(level):
    if not level:
        return None
    for quantity in level["quantities"].items():
        if quantity["name"].text() == "available":
            return quantity["quantity"].whole()
    return None


def snapshot(raw, location, policy):
    """An inventory level with its item as LevelSnapshot.

    :param location: the id of its location
    :param policy: ``inventoryPolicy`` of its variant, None where it has none
    """
    level = JsonValue(raw, "inventoryLevel")
    item = level["item"]
    values = {
        "stock_ref": item["id"].text(),
        "node_ref": location,
        "available": None,
        "sells_below_zero": policy and policy == CONTINUE,
        "tracked": item["tracked"].flag(),
        "sku": item["sku"].text(),
    }
    for quantity in level["quantities"].items():
        name = quantity["name"].text()
        if name in ("available", "committed"):
            values[name] = quantity["quantity"].whole()
        if name == "available":
            values["updated_at"] = quantity["updatedAt"].value
    return values


def policy_of(raw):
    """``inventoryPolicy`` of the variant of an inventory level."""
    for variant in JsonValue(raw)["item"]["variants"]["nodes"].items():
        return variant["inventoryPolicy"].text()
    return None


def order_head(node):
    """An entry of a list of orders; what is no time is one that nobody knows.

    >>> order_head({"id": "gid://shopify/Order/1", "updatedAt": "soon"})
    {'ref': 'gid://shopify/Order/1', 'version': None}
    """
    place = JsonValue(node)
    return {
        "ref": place["id"].text(),
        "version": time_of(place["updatedAt"].value),
    }


def order_ref(node):
    """An entry of a list of orders by when they were placed.

    >>> moment = "2026-11-24T10:00:00Z"
    >>> node = {"id": "gid://shopify/Order/1", "processedAt": moment}
    >>> node |= {"createdAt": moment, "updatedAt": moment, "cancelledAt": None}
    >>> sorted(order_ref(node).items())[:2]
    [('cancelled', False), ('placed_at', '2026-11-24T10:00:00Z')]
    """
    place = JsonValue(node)
    return {
        **order_head(node),
        "placed_at": (place["processedAt"] or place["createdAt"]).text(),
        "cancelled": bool(place["cancelledAt"]),
    }


def number(ref):
    """The number at the end of an id, 0 where there is none.

    >>> number("gid://shopify/Location/12"), number("")
    (12, 0)
    """
    digits = ref.rpartition("/")[2]
    return int(digits) if digits.isdecimal() else 0


def page_info(connection):
    """:return: the cursor to go on with, "" at the end"""
    info = JsonValue(connection)["pageInfo"]
    return info["endCursor"].text() if info["hasNextPage"].flag() else ""
