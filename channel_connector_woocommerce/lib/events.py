"""Orders and products as events, with keys by which the same one is known again.

``date_modified`` counts whole seconds, and an order may change twice in one: so the
content is part of the key. Deliveries have ids, but they repeat within a second.
"""

import hashlib
import json

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
    if not isinstance(modified, str):
        raise Malformed("a time is expected", path="date_modified_gmt")
    return {
        "key": f"order:{number}@{modified}/{digest(raw)}",
        "kind": "order" if is_visible(raw) else "other",
        "topic": topic,
        "body": body if body is not None else json.dumps(raw, separators=(",", ":")),
        "ref": str(number),
        "occurred_at": f"{modified}+00:00" if modified else None,
    }


def digest(raw):
    """Of the content, however it was written down and linked."""
    content = {name: value for name, value in raw.items() if name != "_links"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
