# SPDX-License-Identifier: AGPL-3.0-or-later
"""A number of one SKU, written by a PATCH, and the numbers that Amazon shows.

``merge`` changes the quantity of one fulfilment channel and keeps its other attributes:
``replace`` would wipe the handling time. ACCEPTED is not applied yet, and INVALID comes
with status 200. An unknown SKU is accepted as well, and may be born as a stub: only
what the catalogue has is ever written. No odoo in here.
"""

from odoo.addons.channel_inventory_base.lib.errors import Malformed
from odoo.addons.channel_inventory_base.lib.reader import JsonValue

from ..const import FBA, MERCHANT, SKUS_A_READ
from .answers import errors_of, status_of

LOCALE = "en_US"
PRODUCT_TYPE = "PRODUCT"
"""Of any product: an offer's quantity depends on no type."""
PATH = "/attributes/fulfillment_availability"
SHOWN = ("summaries", "fulfillmentAvailability", "issues")
ACCEPTED, INVALID, VALID = "ACCEPTED", "INVALID", "VALID"


def patches(quantity):
    """
    >>> patches(7)[0]["op"]
    'merge'
    """
    number = {"fulfillment_channel_code": MERCHANT, "quantity": quantity}
    return [{"op": "merge", "path": PATH, "value": [number]}]


def body(quantity):
    """Of one patchListingsItem."""
    return {"productType": PRODUCT_TYPE, "patches": patches(quantity)}


def search(seller, marketplace, skus):
    """Parameters of searchListingsItems, for up to ``const.SKUS_A_READ`` SKUs."""
    if not 0 < len(skus) <= SKUS_A_READ or not all(map(can_be_listed, skus)):
        raise ValueError(f"{len(skus)} SKUs in one request, or one with a comma")
    return {
        "sellerId": seller,
        "marketplaceIds": [marketplace],
        "identifiersType": "SKU",
        "identifiers": list(skus),
        "includedData": list(SHOWN),
        "pageSize": SKUS_A_READ,
    }


def single(seller, marketplace, sku):
    """Parameters of getListingsItem, for a SKU that cannot be in a list."""
    where = {"sellerId": seller, "sku": sku, "marketplaceIds": [marketplace]}
    return {**where, "includedData": list(SHOWN)}


def result(answer, line_id, sku):
    """LineResult's values from the answer to a PATCH.

    ``accepted``: taken and not applied yet. ``message`` is in Amazon's words.

    :raise Malformed: it is the answer to something else
    """
    place = JsonValue(answer)
    if place["sku"].text() != sku:
        raise Malformed(f"is {place['sku'].text()!r:.60}, not {sku!r:.60}", path="sku")
    status, errors = place["status"].text(), errors_of(place.get("issues"))
    if status in (ACCEPTED, VALID):
        return {"line_id": line_id, "status": "accepted"}
    if status != INVALID:
        raise Malformed(f"{status!r:.40} is unknown", path="status")
    return {
        "line_id": line_id,
        "status": status_of(errors),
        "code": errors[0][0],
        "message": "; ".join(words for _code, words in errors)[:500],
    }


def shown(answer):
    """The live numbers in an answer of searchListingsItems, and in one item of it.

    ``attributes`` has what was last submitted, and is not asked for.

    :return: {sku: {fulfilment channel: quantity, None where it tells none}}
    """
    return {
        item["sku"].text(): availability(item)
        for item in JsonValue(answer)["items"].items()
    }


def availability(item):
    """
    :param item: a JsonValue with ``fulfillmentAvailability``
    """
    found = {}
    for each in item.all("fulfillmentAvailability"):
        quantity = each.get("quantity")
        code = each["fulfillmentChannelCode"].text()
        found[code] = quantity.whole() if quantity else None
    return found


def is_by_amazon(channels):
    """Whether a SKU must never be written: Amazon ships it, and a merchant's number
    would open a second offer beside that.

    >>> is_by_amazon({"DEFAULT": 0, "AMAZON_EU": None}), is_by_amazon({"DEFAULT": 3})
    (True, False)
    """
    return any(code.startswith(FBA) for code in channels)


def levels(found, skus):
    """LevelState's values of SKUs that were asked for.

    :param found: from ``shown``; what Amazon does not show, or ships itself, is None
    """
    rows = []
    for sku in skus:
        channels = found.get(sku, {})
        number = None if is_by_amazon(channels) else channels.get(MERCHANT)
        rows.append({"stock_ref": sku, "node_ref": MERCHANT, "available": number})
    return rows


def can_be_listed(sku):
    """Whether it can be asked for in a list of SKUs, which commas separate."""
    return "," not in sku
