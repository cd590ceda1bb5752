# SPDX-License-Identifier: AGPL-3.0-or-later
"""From WooCommerce's answers to the canonical data of the base. No odoo in here.

Everything returned is plain and JSON-able, with the field names of the base's
``schemas``: money as text, times in ISO with a zone, quantities as whole numbers. What
does not fit raises ``Malformed`` with its place. Orders are mapped in
``lib.order``.
"""

import math

from odoo.addons.channel_inventory_base.lib import figures
from odoo.addons.channel_inventory_base.lib.reader import JsonValue

from .const import API, NODE
from .lib.order import order

__all__ = [
    "is_shared",
    "level",
    "listing",
    "order",
    "route",
    "shared_listing",
    "shared_ref",
    "snapshots",
    "sold",
    "split_ref",
    "stock_ref",
]

CATALOGUE = {"status": "any", "orderby": "id", "order": "asc"}
"""How products are listed: all, in an order that stays."""
WITHOUT_STOCK = ("external", "grouped")
"""Types of products that are sold elsewhere, or as their parts."""


ALL = "all"
"""What stands for the variations of a product whose stock it counts together."""


def shared_ref(number):
    """The listing and the level of what variations of a product share.

    >>> shared_ref(12)
    '12/all'
    """
    return f"{number}/{ALL}"


def is_shared(ref):
    """
    >>> is_shared("12/all"), is_shared("12/15"), is_shared("12")
    (True, False, False)
    """
    return (ref or "").endswith(f"/{ALL}")


def stock_ref(number, parent=0):
    """How levels name a product: variations are written through their parent.

    >>> stock_ref(12), stock_ref(15, 12)
    ('12', '12/15')
    """
    return f"{parent}/{number}" if parent else str(number)


def split_ref(ref):
    """
    >>> split_ref("12/15"), split_ref("12"), split_ref("x/1"), split_ref("12/all")
    ((12, 15), (0, 12), None, (0, 12))
    """
    if is_shared(ref):
        ref = ref.removesuffix(f"/{ALL}")
    parent, slash, number = (ref or "").rpartition("/")
    if not number.isdecimal() or (slash and not parent.isdecimal()):
        return None
    return int(parent or 0), int(number)


def route(parent=0):
    """Where the shop has its products, or the variations of one."""
    return f"{API}/products/{parent}/variations" if parent else f"{API}/products"


def sold(client, raw):
    """What of a product is sold: itself, or each of its variations.

    :return: (raw body, raw product of a variation or None)
    """
    if raw.get("type") != "variable":
        yield raw, None
        return
    for page in client.pages(route(raw["id"]), **CATALOGUE):
        for variation in page:
            yield variation, raw


def listing(raw, parent=None, unit=None):
    """A product or a variation as ListingData, and why no number is published for it.

    :param parent: raw product of a variation
    :param unit: in which the shop weighs, as it calls it; None: it does not tell
    :return: (values, reason): "", ``parent`` (its parent has the figure),
        ``unmanaged`` (it has none) or ``type`` (such a product never has)
    """
    place = JsonValue(raw, "product")
    number = place["id"].ref()
    managed = place["manage_stock"].value
    reason = ""
    if place.get("type").text() in WITHOUT_STOCK:
        reason = "type"
    elif managed == "parent":
        reason = "parent"
    elif managed is not True:
        reason = "unmanaged"
    values = {
        "external_id": number,
        "stock_ref": stock_ref(number, parent["id"] if parent else 0),
        "sku": place["sku"].text(),
        "barcode": place.get("global_unique_id").text(),
        "title": _title(place, parent),
        "tracked": not reason,
        "active": place["status"].text() != "trash",
        "stock_of": shared_ref(parent["id"]) if reason == "parent" and parent else "",
        "sells_below_zero": _sells_on(place),
        "price": figures.price(place.get("regular_price").value),
        "weight": figures.weight(place.get("weight").value, unit),
    }
    return values, reason


def shared_listing(raw):
    """The figure that a product keeps for its variations, as ListingData.

    It is sold as one of them only.
    """
    values, _reason = listing(raw)
    ref = shared_ref(values["external_id"])
    return {
        **values,
        "external_id": ref,
        "stock_ref": ref,
        "barcode": "",
        "price": None,
    }


def _sells_on(place):
    """Backorders, of what has a number: what has none is always sold."""
    return place.get("backorders").text() in ("yes", "notify")


def _title(place, parent):
    """A variation is called by its attributes only."""
    name = place["name"].text()
    if not parent or name.startswith(parent["name"]):
        return name
    return f"{parent['name']} / {name}"


def level(raw, parent=0):
    """A product as LevelState; one without a figure of its own shows None.

    The figure of a variable product is what its variations share.
    """
    place = JsonValue(raw, "product")
    own = place["manage_stock"].value is True
    quantity, number = place["stock_quantity"], place["id"].ref()
    variable = place.get("type").text() == "variable"
    return {
        "stock_ref": shared_ref(number) if variable else stock_ref(number, parent),
        "node_ref": NODE,
        # of a part of a unit none is left to sell
        "available": math.floor(quantity.number()) if own and quantity else None,
    }


def snapshots(client, raw, read):
    """A product, or what its variations keep, as LevelSnapshot.

    The figure that variations share is one snapshot, as it is one listing.

    :param read: called with each list of raw products before it is used
    """
    if raw.get("type") in WITHOUT_STOCK:
        return
    if raw.get("type") != "variable":
        yield snapshot(raw)
        return
    shared = False
    for page in client.pages(route(raw["id"]), **CATALOGUE, _fields=FIGURES):
        read(page)
        for variation in page:
            if variation.get("manage_stock") == "parent":
                shared = True
            else:
                yield snapshot(variation, raw["id"])
    if shared:
        yield snapshot(raw)


FIGURES = (
    "id,type,sku,manage_stock,stock_quantity,backorders,date_modified_gmt,variations"
)
"""The fields that a snapshot needs of a product."""


def snapshot(raw, parent=0):
    """A product as LevelSnapshot.

    WooCommerce dates a change of the product, not of its figure; no figure is younger.
    """
    place = JsonValue(raw, "product")
    modified = place["date_modified_gmt"].text()
    return {
        **level(raw, parent),
        "updated_at": f"{modified}Z" if modified else None,
        "sells_below_zero": _sells_on(place),
        "tracked": place["manage_stock"].value is True,
        "sku": place["sku"].text(),
    }
