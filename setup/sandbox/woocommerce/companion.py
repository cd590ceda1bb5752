"""The optional companion plugin, by its contract (``companion/README.md`` of the
connector): atomic changes of stock, compared before they are made, each key once.
"""

import hashlib
import json

from . import query, stock
from .errors import ApiError
from .rest import route

NAMESPACE = "wc-chansync/v1"


@route("GET", f"{NAMESPACE}/status")
def status(shop, params, body):
    return {"protocol": 1, "version": "1.1.0", "atomic": True}


@route("GET", f"{NAMESPACE}/stock")
def read_stock(shop, params, body):
    with shop.store.transaction():
        wanted = query.numbers(params, "ids") or []
        shared = query.numbers(params, "shared") or []
        return {"items": [_state(shop, each, each in shared) for each in wanted]}


def _state(shop, number, shared=False):
    record = shop.store.products.get(number)
    refusal = _refusal(record, shared)
    if refusal:
        return {"id": number, "status": "rejected", "code": refusal}
    held = stock.reserved(shop.store, record)
    return {"id": number, "status": "ok", "quantity": record.stock, "held": held}


def _refusal(record, shared):
    """:param shared: whether the figure that variations share is meant"""
    if record is None:
        return "gone"
    if (record.type == "variable") != shared:
        return "not_shared" if shared else "variable"
    if record.holder is None:
        return "unmanaged"
    return None if record.holder is record else "parent"


@route("POST", f"{NAMESPACE}/stock")
def write_stock(shop, params, body):
    """All items in one transaction, with the key: a repeated one answers the same."""
    key, items = (body or {}).get("key"), (body or {}).get("items")
    if not key or not isinstance(items, list):
        raise ApiError("wc_chansync_bad_request", "key and items are needed.", 400)
    digest = hashlib.sha256(json.dumps(items).encode()).hexdigest()
    with shop.store.transaction():
        known = shop.companion_keys.get(key)
        if known and known[0] != digest:
            raise ApiError(
                "wc_chansync_key_reused", "This key was used for other items.", 409
            )
        if known:
            return {**known[1], "replayed": True}
        answers = [_change(shop, item) for item in items]
        answer = {"key": key, "replayed": False, "items": answers}
        shop.companion_keys[key] = digest, answer
        return answer


def _change(shop, item):
    number = item.get("id")
    record = shop.store.products.get(number)
    shared = item.get("shared") is True
    refusal = _refusal(record, shared)
    if refusal:
        return {"id": number, "status": "rejected", "code": refusal}
    delta = _delta(record, item)
    if delta is None:
        return {**_state(shop, number, shared), "status": "stale"}
    if delta:
        stock.adjust(shop.store, record, delta, "companion")
    return _state(shop, number, shared)


def _delta(record, item):
    """By how much to change; None where less or more is shown than was compared."""
    if "delta" in item:
        return int(item["delta"])
    wanted, compare = int(item["quantity"]), int(item["compare"])
    if record.stock == compare:
        return wanted - compare
    change = wanted - compare
    lowers = change < 0 and record.stock < compare and record.stock + change >= 0
    return change if lowers and item.get("allow_less") else None
