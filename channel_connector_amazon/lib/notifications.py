# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Amazon tells through the queue. No odoo in here.

Some kinds write their keys with a capital, others without, and what EventBridge passes
on is wrapped once more; so keys are compared in small letters. Delivery is at least
once, in any order, sometimes late: the id makes one of duplicates, and an order's own
time of change judges.
"""

from odoo.addons.channel_inventory_base.lib import events
from odoo.addons.channel_inventory_base.lib.errors import Malformed
from odoo.addons.channel_inventory_base.lib.reader import JsonValue
from odoo.addons.channel_inventory_base.lib.strict_json import loads
from odoo.addons.channel_inventory_base.schemas import time_of

from ..const import FBA_NODE, MERCHANT
from . import states
from .order import ref

ORDER = "ORDER_CHANGE"
QUANTITY = "LISTINGS_ITEM_MFN_QUANTITY_CHANGE"
STOCK = "FBA_INVENTORY_AVAILABILITY_CHANGES"
FEED = "FEED_PROCESSING_FINISHED"
REPORT = "REPORT_PROCESSING_FINISHED"
KINDS = {ORDER: "order", QUANTITY: "level", STOCK: "level"}
"""How the base calls them; ``other`` is kept, and nothing is done about it."""

SUBSCRIBED = (ORDER, FEED, REPORT)
"""What goes to a queue. QUANTITY goes to EventBridge only, whose rule may have the same
queue as its target."""
VERSIONS = {FEED: "2020-09-04", REPORT: "2020-09-04"}
"""Of the payload, as Amazon's schemas of each kind have it; the others are 1.0."""
DIRECTIVE = {
    "eventFilter": {
        "eventFilterType": ORDER,
        "orderChangeTypes": ["OrderStatusChange", "BuyerRequestedChange"],
    }
}
WHOLE = "OrderLevel"
AMAZON = "AFN"


def subscription(kind, destination):
    """Body of createSubscription; ORDER_CHANGE is refused without its directive."""
    version = VERSIONS.get(kind, "1.0")
    body = {"payloadVersion": version, "destinationId": destination}
    return {**body, "processingDirective": DIRECTIVE} if kind == ORDER else body


def parse(text):
    """The notification in a message's body, with keys in small letters.

    :raise Malformed: it is none
    """
    try:
        raw = loads(text, parse_float=str)
    except ValueError as error:
        raise Malformed("is no JSON") from error
    return lowered(raw)


def lowered(raw):
    """
    >>> lowered({"detail-type": "x", "detail": {"Payload": {"SKU": 1}}})
    {'payload': {'sku': 1}}
    """
    try:
        raw = _lower(raw)
    except RecursionError:
        raise Malformed("is nested too deeply") from None
    wrapped = isinstance(raw, dict) and "detail-type" in raw
    return raw.get("detail") if wrapped else raw


def _lower(value):
    if isinstance(value, list):
        return [_lower(each) for each in value]
    if isinstance(value, dict):
        return {name.lower(): _lower(each) for name, each in value.items()}
    return value


def is_notification(raw):
    """Whether a body that was stored is one, and no order."""
    return isinstance(raw, dict) and any(
        name.lower() in ("notificationtype", "detail-type") for name in raw
    )


def event(text):
    """A message's body as InboundEvent's values.

    :raise Malformed: nobody can tell what it is: it is kept as a dead letter
    """
    place = JsonValue(parse(text))
    kind = place["notificationtype"].text()
    metadata, payload = place.get("notificationmetadata"), place["payload"]
    number = metadata.get("notificationid").text() if metadata else ""
    return {
        "key": f"notice:{number or events.digest(place.value)}"[:200],
        "kind": KINDS.get(kind, "other"),
        "topic": kind,
        "body": text,
        "ref": _ref(kind, payload)[:100],
        "occurred_at": time_of(place.get("eventtime").value),
    }


def _ref(kind, payload):
    if kind == ORDER:
        return payload["orderchangenotification"]["amazonorderid"].text()
    if kind in (QUANTITY, STOCK):
        return payload["sku"].text()
    if kind in (FEED, REPORT):
        return finished(payload)["ref"]
    return ""


def seller_of(text):
    """Whose it is: several sellers may have one queue. "" where it does not tell."""
    place = JsonValue(parse(text))
    payload = place["payload"].expect(dict, "an object")
    for each in (payload, *payload.values()):
        found = each.get("sellerid") if isinstance(each, dict) else None
        if isinstance(found, str):
            return found
    return ""


# -------------------------------------------------------------------- orders
def order(raw):
    """What ORDER_CHANGE says of an order, as OrderData's values: enough to hold stock.

    Never complete. One of a single item (``OrderItemLevel``) says nothing of the rest.

    :raise Malformed: it is not of Amazon's schema
    """
    place = JsonValue(lowered(raw))
    change = place["payload"]["orderchangenotification"]
    summary = change["summary"]
    by_amazon = summary["fulfillmenttype"].text() == AMAZON
    status = summary["orderstatus"]
    state = _state(status)
    number = ref(change["amazonorderid"])
    return {
        "external_id": number,
        "name": number,
        "version": _version(place, change, summary),
        "placed_at": time_of(summary.get("purchasedate").value),
        "complete": False,
        "whole": change["notificationlevel"].text() == WHOLE,
        "state": state,
        "payment": "voided" if state == states.CANCELLED else "pending",
        "lines": [
            _line(each, status, by_amazon) for each in summary["orderitems"].items()
        ],
        "market": summary["marketplaceid"].text(),
        "fulfilled_by_channel": by_amazon,
        "ship_by": time_of(summary.get("latestshipdate").value),
    }


def _version(place, change, summary):
    """When the order changed. The event is a moment later than the change, which would
    make the order itself look old; so its time is taken only where no other is told."""
    trigger = change.get("orderchangetrigger")
    told = trigger.get("timeoforderchange").value if trigger else None
    event = place["eventtime"]
    times = (told, event.value, summary.get("purchasedate").value)
    found = next((each for each in times if time_of(each)), None)
    if not found:
        raise Malformed(f"{event.value!r:.40} is no time", path=event.path)
    return found


def _state(place):
    word = states.spelled(place.text())
    if word not in states.STATES:
        raise Malformed(f"{place.text()!r:.40} is unknown", path=place.path)
    return states.STATES[word]


def _line(item, status, by_amazon):
    """:param status: of the order; an item has one of its own where they differ"""
    ordered = item["quantity"].whole()
    told = item.get("quantityshipped")
    shipped = min(told.whole(), ordered) if told else None
    cancelled = _state(status) == states.CANCELLED
    status = item.get("orderitemstatus") or status
    over = cancelled or states.spelled(status.text()) == "SHIPPED"
    sku = item["sellersku"].text()
    taken = 0 if cancelled or by_amazon else ordered
    return {
        "external_id": ref(item["orderitemid"]),
        "listing_ref": sku,
        "sku": sku,
        "quantity": ordered,
        "open_quantity": 0 if over else ordered - (shipped or 0),
        "shipped_quantity": shipped,
        "deductions": [{"node_ref": MERCHANT, "quantity": taken}] if taken else [],
    }


# -------------------------------------------------------------------- levels
def levels(raw):
    """The numbers that a notification tells, as LevelState's values, and when.

    QUANTITY: the merchant's live number. STOCK: what can be sold of Amazon's own stock,
    by marketplace: pools overlap, so they are never added up.

    :return: list of (values, marketplace or "", time as text or None)
    """
    place = JsonValue(lowered(raw))
    payload, moment = place["payload"], time_of(place.get("eventtime").value)
    sku = payload["sku"].text()
    if place["notificationtype"].text() == QUANTITY:
        node = payload["fulfillmentchannelcode"].text()
        quantity = payload["quantity"].whole()
        return [
            ({"stock_ref": sku, "node_ref": node, "available": quantity}, "", moment)
        ]
    return [
        (
            {
                "stock_ref": sku,
                "node_ref": FBA_NODE,
                "available": each["fulfillmentinventory"]["fulfillable"].whole(),
            },
            each["marketplaceid"].text(),
            moment,
        )
        for each in payload["fulfillmentinventorybymarketplace"].items()
    ]


def live(raw):
    """The merchant's live numbers in a notification, as LevelState's values; none of
    Amazon's own stock, whose pools overlap."""
    return [
        {**values, "as_of": moment}
        for values, _marketplace, moment in levels(raw)
        if values["node_ref"] == MERCHANT
    ]


# ------------------------------------------------------------ feeds, reports
def finished(payload):
    """What became of a feed or a report.

    :param payload: a JsonValue, keys in small letters
    :return: {ref, status, document}; the document may be missing
    """
    for name, number, document in (
        ("feedprocessingfinishednotification", "feedid", "resultfeeddocumentid"),
        ("reportprocessingfinishednotification", "reportid", "reportdocumentid"),
    ):
        told = payload.get(name)
        if told:
            return {
                "ref": told[number].text(),
                "status": told["processingstatus"].text(),
                "document": told.get(document).text(),
            }
    raise Malformed("tells neither a feed nor a report", path=payload.path)
