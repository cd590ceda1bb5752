"""Orders and products as events, with keys by which the same one is known again.

``date_modified`` counts whole seconds, and an order may change twice in one: so the
content is part of the key. Deliveries have ids, but they repeat within a second.
"""

import hashlib
import json

from ...channel_inventory_base.schemas import time_of
from ..errors import Malformed
from .order import is_visible


def order_event(raw, topic, body=None):
    """An order as InboundEvent.

    :param body: the text as received; what was fetched is written down here
    """
    number = raw.get("id")
    if isinstance(number, bool) or not isinstance(number, int) or number <= 0:
        raise Malformed(f"{number!r:.40} is no number of an order", path="id")
    modified = raw.get("date_modified_gmt") or ""
    if not isinstance(modified, str) or len(modified) > 40:
        raise Malformed("a time is expected", path="date_modified_gmt")
    if len(str(number)) > 20:
        raise Malformed("is no number of an order", path="id")
    return {
        "key": f"order:{number}@{modified}/{digest(raw)}",
        "kind": "order" if is_visible(raw) else "other",
        "topic": topic,
        "body": body if body is not None else json.dumps(raw, separators=(",", ":")),
        "ref": str(number),
        "occurred_at": time_of(f"{modified}+00:00"),
        # of a deleted order: deleted again after it came back, it says the same
        "bare": set(raw) <= {"id"},
    }


def order_head(raw):
    """An entry of a list of orders.

    >>> order_head({"id": 7, "date_modified_gmt": "2026-11-24T10:00:00"})
    {'ref': '7', 'version': '2026-11-24T10:00:00+00:00'}
    """
    number = raw.get("id")
    if isinstance(number, bool) or not isinstance(number, int) or number <= 0:
        raise Malformed(f"{number!r:.40} is no number of an order", path="id")
    return {
        "ref": str(number),
        "version": time_of(f"{raw.get('date_modified_gmt')}+00:00"),
    }


def odd_event(raw, topic, ref=""):
    """What came in the place of an order and is none, as an event all the same: it is
    a dead letter later on, and does not keep back the orders after it."""
    text = json.dumps(raw, separators=(",", ":"))
    return {
        "key": f"odd:{hashlib.sha256(text.encode()).hexdigest()}",
        "kind": "order",
        "topic": topic,
        "body": text,
        "ref": ref,
    }


def digest(raw):
    """Of the content, however it was written down and linked."""
    content = {name: value for name, value in raw.items() if name != "_links"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
