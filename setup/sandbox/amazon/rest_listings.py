"""Listings Items 2021-08-01: numbers sent one by one, and read back."""

import secrets

from . import stock, views
from .api import operation
from .errors import ApiError

MODEL = "listingsItems_2021-08-01"
MOST, DEPTH, PAGE = 20, 1000, 10


@operation(MODEL, "patchListingsItem")
def patch_listing(call):
    store, sku = call.store, call.path["sku"]
    _check_seller(call)
    places = call.query["marketplaceIds"]
    call.check_marketplaces(places)
    patches, product_type = call.body["patches"], call.body["productType"]
    known = store.listings.get(sku)
    submission, issues = stock.read(sku, product_type, patches, places, "patch", known)
    submission.source = f"patch {submission.id}"
    if not issues and store.rules.strikes("patch_invalid"):
        issues = [stock.issue("90000900", "The attributes are invalid.", "?")]
    preview = call.query.get("mode") == "VALIDATION_PREVIEW"
    answer = {"sku": sku, "status": "VALID" if preview else "ACCEPTED"}
    if issues:
        answer["status"] = "INVALID"
    elif not preview:
        stock.submit(store, submission, lost=store.rules.strikes("patch_lost"))
    included = call.query.get("includedData", ["issues"])
    answer["submissionId"] = submission.id
    answer["issues"] = issues if "issues" in included else []
    if "identifiers" in included:
        rows = [
            {"marketplaceId": place, "asin": known.asin} for place in places if known
        ]
        answer["identifiers"] = rows
    return answer


@operation(MODEL, "getListingsItem")
def get_listing(call):
    _check_seller(call)
    places = call.query["marketplaceIds"]
    call.check_marketplaces(places)
    listing = call.store.listings.get(call.path["sku"])
    if listing is None or not set(places) & set(listing.prices):
        raise ApiError(404, "NOT_FOUND", f"SKU '{call.path['sku']}' not found.")
    blocks = call.query.get("includedData", ["summaries"])
    return views.listing(call.store, listing, blocks, places)


@operation(MODEL, "searchListingsItems")
def search_listings(call):
    store, query = call.store, call.query
    _check_seller(call)
    call.check_marketplaces(query["marketplaceIds"])
    for name in ("variationParentSku", "packageHierarchySku", "withIssueSeverity"):
        if name in query:
            call.refuse("unknown_parameter", message=f"{name} is not played here.")
    size = query.get("pageSize", PAGE)
    if not 1 <= size <= MOST:
        call.refuse("wrong_value", message="pageSize must be 1 to 20.")
    found = _found(call)
    place = _place(call, query.get("pageToken"))
    answer = {
        "numberOfResults": len(found),
        "items": [
            views.listing(
                store,
                listing,
                query.get("includedData", ["summaries"]),
                query["marketplaceIds"],
            )
            for listing in found[place : place + size]
        ],
    }
    more = place + size < min(len(found), DEPTH if "identifiers" not in query else MOST)
    if more:
        token = secrets.token_urlsafe(16)
        call.shop.pages["listings", token] = place + size, _same(query)
        answer["pagination"] = {"nextToken": token}
    return answer


def _check_seller(call):
    if call.path["sellerId"] != call.store.config.seller_id:
        call.refuse(
            "wrong_seller",
            "Unauthorized",
            "Access to requested resource is denied.",
            403,
        )


def _found(call):
    query, known = call.query, call.store.listings
    places = set(query["marketplaceIds"])
    identifiers, kind = query.get("identifiers"), query.get("identifiersType")
    found = known.values()
    if kind == "SKU":
        found = [known[sku] for sku in dict.fromkeys(identifiers or ()) if sku in known]
    found = [each for each in found if places & each.prices.keys()]
    if bool(identifiers) != bool(kind):
        words = "identifiers and identifiersType go together."
        call.refuse("missing_parameter", message=words)
    if identifiers:
        if kind not in ("SKU", "ASIN", "FNSKU", "EAN", "UPC", "GTIN"):
            call.refuse("wrong_value", message=f"{kind} is not played here.")
        found = [each for each in found if _identifier(each, kind) in identifiers]
    for name, wanted in (("withStatus", True), ("withoutStatus", False)):
        if name in query:
            found = [each for each in found if each.active is wanted]
    reverse = query.get("sortOrder", "DESC") == "DESC"
    return sorted(found, key=_sorting(query.get("sortBy")), reverse=reverse)


def _sorting(name):
    if name == "sku":
        return lambda listing: listing.sku
    if name == "createdDate":
        return lambda listing: (listing.created, listing.sku)
    return lambda listing: (listing.updated or listing.created, listing.sku)


def _identifier(listing, kind):
    if kind == "SKU":
        return listing.sku
    if kind == "ASIN":
        return listing.asin
    if kind == "FNSKU":
        return listing.fba.fnsku if listing.fba else None
    return listing.barcode or None


def _same(query):
    return {k: v for k, v in query.items() if k not in ("pageToken", "pageSize")}


def _place(call, token):
    if not token:
        return 0
    place, query = call.shop.pages.get(("listings", token), (None, None))
    if place is None or query != _same(call.query):
        call.refuse("page_token", message="The pageToken is of another search.")
    return place or 0
