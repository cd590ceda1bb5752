# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orders of the shop as events. ``date_modified`` counts whole seconds; deliveries have
ids, but they repeat within one."""

from odoo.addons.channel_inventory_base.lib import events
from odoo.addons.channel_inventory_base.lib.errors import Malformed
from odoo.addons.channel_inventory_base.schemas import time_of

from .order import is_visible


def order_event(raw, topic, body=None):
    """An order as InboundEvent.

    :param body: the text as received; what was fetched is written down here
    :raise Malformed: nobody can tell which order it is, and as of when
    """
    head = order_head(raw)
    return events.order_event(
        raw,
        topic,
        head["ref"],
        head["version"],
        body=body,
        mark=digest_of(raw),
        kind="order" if is_visible(raw) else "other",
        # of a deleted order: deleted again after it came back, it says the same
        bare=set(raw) <= {"id"},
    )


def order_head(raw):
    """An entry of a list of orders.

    >>> order_head({"id": 7, "date_modified_gmt": "2026-11-24T10:00:00"})
    {'ref': '7', 'version': '2026-11-24T10:00:00+00:00'}
    """
    number, moment = raw.get("id"), raw.get("date_modified_gmt")
    if type(number) is not int or not 0 < number < 10**20:
        raise Malformed(f"{number!r:.40} is no number of an order", path="id")
    if not isinstance(moment or "", str):
        raise Malformed("a time is expected", path="date_modified_gmt")
    return {"ref": str(number), "version": time_of(f"{moment}+00:00")}


def order_ref(raw):
    """An entry of a list of orders by when they were placed.

    >>> moment = "2026-11-24T10:00:00"
    >>> raw = {"id": 7, "status": "cancelled", "date_created_gmt": moment}
    >>> sorted(order_ref(raw).items())[:2]
    [('cancelled', True), ('placed_at', '2026-11-24T10:00:00+00:00')]
    """
    created = raw.get("date_created_gmt")
    placed_at = time_of(f"{created}+00:00") if isinstance(created, str) else None
    if not placed_at:
        raise Malformed("a time is expected", path="date_created_gmt")
    cancelled = raw.get("status") == "cancelled"
    return {**order_head(raw), "placed_at": placed_at, "cancelled": cancelled}


def digest_of(raw):
    """Of the content, however it was linked."""
    return events.digest({name: raw[name] for name in raw if name != "_links"})
