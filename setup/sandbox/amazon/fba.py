"""FBA Inventory v1: what Amazon's own warehouses have, late and with strange rows."""

import secrets
from datetime import timedelta

from ..common.clock import iso
from .api import operation
from .orders import read_time

MODEL = "fbaInventory"
PAGE = 50
PAGE_SECONDS = 30
MONTHS_18 = timedelta(days=548)


def remember(store):
    """What the API shows until the next time: it is behind by minutes to hours."""
    moment = store.clock.now()
    store.fba_shown = {
        sku: (listing, moment, vars(listing.fba).copy())
        for sku, listing in store.listings.items()
        if listing.fba
    }


@operation(MODEL, "getInventorySummaries")
def get_summaries(call):
    store, query = call.store, call.query
    [marketplace] = query["marketplaceIds"][:1]
    call.check_marketplaces(query["marketplaceIds"])
    if not store.config.has_fba:
        words = "The seller does not take part in Fulfillment by Amazon."
        call.refuse("fba_account", message=words)
    if (
        query["granularityType"] != "Marketplace"
        or query["granularityId"] != marketplace
    ):
        words = "granularityId must be the one marketplaceId."
        call.refuse("fba_granularity", message=words)
    start = query.get("startDateTime")
    if start and read_time(start) < store.clock.now() - MONTHS_18:
        call.refuse("fba_start", message="startDateTime is more than 18 months ago.")
    rows, place = _rows(call, marketplace, start), 0
    if "nextToken" in query:
        born, place = call.shop.pages.get(("fba", query["nextToken"]), (0, 0))
        if store.clock.time() - born > PAGE_SECONDS:
            call.refuse("fba_page", message="The nextToken has expired.")
    answer = {
        "payload": {
            "granularity": {
                "granularityType": "Marketplace",
                "granularityId": marketplace,
            },
            "inventorySummaries": rows[place : place + PAGE],
        }
    }
    if place + PAGE < len(rows):
        token = secrets.token_urlsafe(16)
        call.shop.pages["fba", token] = store.clock.time(), place + PAGE
        answer["pagination"] = {"nextToken": token}
    return answer


def _rows(call, marketplace, start):
    store, query = call.store, call.query
    wanted = set(query.get("sellerSkus", ())) | {query.get("sellerSku")} - {None}
    leak = store.rules.strikes("fba_leak")
    rows = []
    for sku, (listing, moment, stock) in store.fba_shown.items():
        here = marketplace in listing.prices
        if (wanted and sku not in wanted) or not (here or leak):
            continue
        if start and moment < read_time(start):
            continue
        rows.append(_row(query, listing, moment, stock))
    return rows


def _row(query, listing, moment, stock):
    total = sum(
        stock[name] for name in ("fulfillable", "reserved", "inbound", "unfulfillable")
    )
    row = {
        "asin": listing.asin,
        "fnSku": stock["fnsku"],
        "sellerSku": listing.sku,
        "condition": "NewItem",
        "productName": listing.title,
        "totalQuantity": total,
        "lastUpdatedTime": iso(moment),
    }
    if query.get("details"):
        row["inventoryDetails"] = {
            "fulfillableQuantity": stock["fulfillable"],
            "inboundWorkingQuantity": 0,
            "inboundShippedQuantity": stock["inbound"],
            "inboundReceivingQuantity": 0,
            "reservedQuantity": {
                "totalReservedQuantity": stock["reserved"],
                "pendingCustomerOrderQuantity": stock["reserved"],
                "pendingTransshipmentQuantity": 0,
                "fcProcessingQuantity": 0,
            },
            "researchingQuantity": {"totalResearchingQuantity": 0},
            "unfulfillableQuantity": {
                "totalUnfulfillableQuantity": stock["unfulfillable"]
            },
        }
    return row
