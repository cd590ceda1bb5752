# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was heard of an order, as an event that is known again. No odoo in here."""

import hashlib
import json

from .errors import Malformed


def compact(content):
    """JSON as short as it can be written; equal content gives equal text.

    >>> compact({"b": 1, "a": [2]})
    '{"a":[2],"b":1}'

    :raise Malformed: nested too deeply: how deep is read depends on who reads
    """
    try:
        return json.dumps(content, sort_keys=True, separators=(",", ":"))
    except RecursionError:
        raise Malformed("is nested too deeply") from None


def unreadable_event(text, topic="unreadable"):
    """InboundEvent's values of what is genuine and makes no sense: stored as it came,
    it is a dead letter. Refused it would be lost, or come again for ever.

    >>> unreadable_event("a\\0b")["body"]
    'a\\\\x00b'
    """
    text = text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
    mark = hashlib.sha256(text.encode()).hexdigest()
    return {
        "key": f"unreadable:{mark}",
        "kind": "unreadable",
        "topic": topic,
        "body": text,
    }


def digest(content):
    """Of JSON-able content, however it was written down."""
    return hashlib.sha256(compact(content).encode()).hexdigest()[:16]


def order_event(content, topic, ref, moment, *, body=None, mark=None, **more):
    """InboundEvent's values: the same content at the same time is the same event.

    The times of channels count whole seconds, and two changes fit into one: so the
    content is part of the key. Whatever ``content`` is, it becomes an event: one that
    cannot be read is a dead letter later on, and does not keep back those after it.

    :param ref: which order it is; "" where nobody knows
    :param moment: of its last change, as text, or None
    :param body: the text as received; what was fetched is written down here
    :param mark: digest of the content, where some of it is not to count
    """
    ref = ref[:100]
    return {
        "key": f"order:{ref}@{moment}/{mark or digest(content)}",
        "kind": "order",
        "topic": topic,
        "body": compact(content) if body is None else body,
        "ref": ref,
        "occurred_at": moment,
        **more,
    }
