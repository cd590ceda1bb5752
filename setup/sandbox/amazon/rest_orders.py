"""Orders v2026-01-01: search and look-up."""

import secrets
from datetime import timedelta

from ..common.clock import iso
from . import views
from .api import operation
from .errors import ApiError
from .orders import read_time

MODEL = "orders_2026-01-01"
PAGE = 100
TWO_MINUTES = timedelta(minutes=2)
DAY = 86400
TIMES = ("createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore")


@operation(MODEL, "getOrder")
def get_order(call):
    order = call.store.orders.get(call.path["orderId"])
    if order is None:
        raise ApiError(404, "NotFound", f"Order {call.path['orderId']} was not found.")
    return {"order": views.order(call.store, order, _blocks(call))}


@operation(MODEL, "searchOrders")
def search_orders(call):
    store, query = call.store, call.query
    call.check_marketplaces(query.get("marketplaceIds", ()))
    if len(query.get("marketplaceIds", ())) > 50:
        call.refuse("wrong_value", message="More than 50 marketplaceIds.")
    size = query.get("maxResultsPerPage", PAGE)
    if not 1 <= size <= PAGE:
        call.refuse("page_size", message="maxResultsPerPage must be 1 to 100.")
    kind, after, before = _window(call)
    token = query.get("paginationToken")
    names, before, place = _resume(call, token) if token else (None, before, 0)
    if names is None:
        names = _found(store, query, kind, after, before)
    page = [
        store.index[name] for name in names[place : place + size] if name in store.index
    ]
    answer = {
        "orders": [views.order(store, each, _blocks(call)) for each in page],
        f"{kind}Before": iso(before),
    }
    if place + size < len(names):
        answer["pagination"] = {"nextToken": _keep(call, names, before, place + size)}
    return answer


def _blocks(call):
    blocks = {
        block
        for block in call.query.get("includedData", ())
        if call.shop.access.sees(block)
    }
    if call.store.rules.strikes("state_missing"):
        blocks.discard("FULFILLMENT")
    return blocks


def _window(call):
    """(``created`` or ``lastUpdated``, after, before) of a search."""
    query, now = call.query, call.store.clock.now()
    for name in TIMES:
        if name in query and not query[name].endswith("Z"):
            call.refuse("offset_time", message=f"{name} must be in UTC, with Z.")
    keys = [name for name in ("createdAfter", "lastUpdatedAfter") if name in query]
    if len(keys) != 1:
        words = "Exactly one of createdAfter and lastUpdatedAfter must be given."
        call.refuse("after_keys", message=words)
    kind = (keys or ["lastUpdatedAfter"])[0].removesuffix("After")
    other = "lastUpdatedBefore" if kind == "created" else "createdBefore"
    if other in query:
        call.refuse("after_keys", message=f"{other} does not go with {kind}After.")
    after = read_time(query[f"{kind}After"]) if keys else now - timedelta(days=1)
    # without a Before the answer tells how far the search knows
    before = now - max(TWO_MINUTES, timedelta(seconds=call.store.config.blind_seconds))
    if f"{kind}Before" in query:
        before = read_time(query[f"{kind}Before"])
        if before > now - TWO_MINUTES or before < after:
            words = f"{kind}Before must be two minutes ago, and not before its After."
            call.refuse("before_too_late", message=words)
    return kind, after, before


def _found(store, query, kind, after, before):
    moment = "created" if kind == "created" else "updated"
    owners = query.get("fulfilledBy", ("MERCHANT", "AMAZON"))
    found = [
        order
        for order in store.index.values()
        if after <= getattr(order, moment) <= before
        and order.marketplace in query.get("marketplaceIds", (order.marketplace,))
        and order.status in query.get("fulfillmentStatuses", (order.status,))
        and ("MERCHANT" if order.merchant else "AMAZON") in owners
    ]
    found.sort(key=lambda order: (getattr(order, moment), order.id))
    if store.rules.strikes("search_unsorted"):
        # Amazon's documents promise none
        found.sort(key=lambda order: order.id[::-1])
    return [order.id for order in found]


def _same(query):
    return {k: v for k, v in query.items() if k not in ("paginationToken",)}


def _keep(call, names, before, place):
    token = secrets.token_urlsafe(24)
    kept = call.store.clock.time(), names, before, place, _same(call.query)
    call.shop.pages["orders", token] = kept
    return token


def _resume(call, token):
    """(order ids, before, place) of a page token; a token may be used again."""
    born, names, before, place, query = call.shop.pages.get(
        ("orders", token), (0, [], None, 0, {})
    )
    old = call.store.clock.time() - born > DAY
    if before is None or query != _same(call.query) or old:
        words = "The paginationToken is expired or of another search."
        call.refuse("page_token", message=words)
        if before is None:
            raise ApiError(400, "InvalidInput", words)
    return names, before, place
