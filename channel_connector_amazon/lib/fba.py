# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stock in Amazon's own warehouses. It is read and never written. No odoo in here.

One pool may be shown in several marketplaces: it is read in one of them. Pending orders
are already off what can be fulfilled.
"""

from odoo.addons.channel_inventory_base.lib.errors import (
    Forbidden,
    Malformed,
    Refused,
    Unavailable,
)
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


def everything(client, marketplaces):
    """What can be sold of each SKU, in all of Amazon's warehouses of a region.

    One pool may be shown in several marketplaces: a SKU counts in the first of them
    that shows it. There several rows of it (with labels of Amazon's and without) are
    added up.

    :param client: a ``client.Client``
    :param marketplaces: ids, the seller's home first
    :return: {sku: units}; None for a seller who has none
    :raise Malformed: Amazon does not tell a number: nothing of it is to be believed
    :raise Unavailable: it breaks off: what it did not show would count as 0
    :raise Refused: ``FBA_ROLE``: the application may not see them
    """
    found = {}
    for place in marketplaces:
        try:
            rows = _all_rows(client, place)
        except Forbidden as error:
            # no reason to stop a channel of which everything else works
            raise Refused(str(error), code="FBA_ROLE") from error
        except Refused:
            # an account without FBA
            continue
        here = {}
        for row in rows.values():
            if row["available"] is None:
                raise Malformed(f"{row['sku']!r:.60} has no quantity", path="details")
            here[row["sku"]] = here.get(row["sku"], 0) + row["available"]
        found = {**here, **found}
    return found or None


def _all_rows(client, place):
    """
    :return: {(sku, fnsku): row}: one that is told twice is one
    :raise Refused: the first page is: the account has no FBA there
    """
    rows, token, known = {}, "", set()
    while token not in known:
        known.add(token)
        page, token = stock(_page(client, place, token), place)
        rows.update(((row["sku"], row["fnsku"]), row) for row in page)
        if not token:
            return rows
    raise Unavailable(f"{place}: the same page comes again", code="SAME_PAGE")


def _page(client, place, token):
    try:
        return client.call("getInventorySummaries", **params(place, token))
    except Refused as error:
        if not token:
            raise
        # a token that Amazon gave and does not take says nothing about the account
        raise Unavailable(f"{place}: {error}", code="PAGE_REFUSED") from error
