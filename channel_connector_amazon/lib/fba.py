# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stock in Amazon's own warehouses. It is read and never written. No odoo in here.

One pool may be shown in several marketplaces: it is read in one of them. Pending orders
are already off what can be fulfilled.
"""

from odoo.addons.channel_inventory_base.lib.errors import Malformed
from odoo.addons.channel_inventory_base.lib.reader import JsonValue

from ..const import FBA_SKUS_A_READ


def params(marketplace, token="", skus=()):
    """Of getInventorySummaries. ``token`` lives for 30 seconds: it is used at once."""
    if len(skus) > FBA_SKUS_A_READ:
        raise ValueError(f"{len(skus)} SKUs in one request")
    return {
        "details": True,
        "granularityType": "Marketplace",
        "granularityId": marketplace,
        "marketplaceIds": [marketplace],
        "sellerSkus": list(skus) or None,
        "nextToken": token or None,
    }


def stock(answer, marketplace):
    """A page of the stock.

    :return: (rows, token of the next page or "")
    :raise Malformed: it is of another marketplace, or not of Amazon's model
    """
    place = JsonValue(answer)
    payload = place["payload"]
    told = payload["granularity"].get("granularityId").text()
    if told != marketplace:
        raise Malformed(f"{told!r:.40} was not asked for", path="payload.granularity")
    pages = place.get("pagination")
    rows = [_row(each) for each in payload["inventorySummaries"].items()]
    return rows, pages.get("nextToken").text() if pages else ""


def _row(place):
    """``available``: what can be sold now; the others are no part of it. None where
    Amazon does not tell, which is not 0."""
    details = place.get("inventoryDetails")
    reserved = details.get("reservedQuantity") if details else None
    return {
        "sku": place["sellerSku"].text(),
        "fnsku": place.get("fnSku").text(),
        "available": _count(details, "fulfillableQuantity"),
        "inbound": sum(
            _count(details, name) or 0
            for name in ("inboundShippedQuantity", "inboundReceivingQuantity")
        ),
        "ordered": _count(reserved, "pendingCustomerOrderQuantity") or 0,
        "updated_at": place.get("lastUpdatedTime").text() or None,
    }


def _count(place, name):
    told = place.get(name) if place else None
    return told.whole() if told else None
