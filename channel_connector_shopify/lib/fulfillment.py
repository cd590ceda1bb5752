# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which fulfillment orders a parcel is taken from, and which fulfillment it became.

Shopify keeps what is to be shipped as fulfillment orders, one a location, which people
and apps move, hold and split there. So where the units of a parcel are is looked up
when it is told, never remembered: they are fulfilled where the shop has them now, and
what is on hold waits. One ``fulfillmentCreate`` is of one location.
"""

from collections import Counter
from dataclasses import dataclass, field

from odoo.addons.channel_inventory_base.lib.errors import Malformed
from odoo.addons.channel_inventory_base.lib.reader import JsonValue

CREATE = "CREATE_FULFILLMENT"
MAX_LINES = 250
"""Lists of an input take so many."""


@dataclass
class Plan:
    """What to do about a parcel.

    :ivar calls: one list of ``lineItemsByFulfillmentOrder`` for each location
    :ivar held: the shop's words why some of it cannot be shipped now
    :ivar missing: {line: units} that no fulfillment order has any more
    """

    calls: list = field(default_factory=list)
    held: list = field(default_factory=list)
    missing: Counter = field(default_factory=Counter)


def plan(orders, units, location=""):
    """Take the units of a parcel from the fulfillment orders of its order.

    :param orders: raw fulfillment orders, with all of their lines
    :param units: {line item id: quantity}
    :param location: where the parcel left from: taken from there first
    :return: a Plan; nothing is to be called when something is held or missing
    """
    wanted, result, chosen = Counter(units), Plan(), {}
    places = [JsonValue(raw, "fulfillmentOrders") for raw in orders]
    for order in sorted(places, key=lambda each: _place_of(each) != location):
        taken = _take(order, wanted)
        if not taken:
            continue
        if not _may_ship(order):
            result.held.append(_reason(order))
            continue
        chosen.setdefault(_place_of(order), []).append((order, taken))
    result.missing = +wanted
    if not result.held and not result.missing:
        result.calls = [
            [_part(order, taken) for order, taken in group] for group in chosen.values()
        ]
    return result


def _place_of(order):
    location = order["assignedLocation"]["location"]
    return location["id"].text() if location else ""


def _take(order, wanted):
    """:return: [(fulfillment order line, units)], taken off ``wanted``"""
    taken = []
    if order["status"].text() in ("CANCELLED", "CLOSED"):
        return taken
    for line in order["lineItems"].nodes():
        line_id = line["lineItem"]["id"].text()
        units = min(wanted[line_id], line["remainingQuantity"].whole())
        if units > 0:
            wanted[line_id] -= units
            taken.append((line, units))
    return taken


def _may_ship(order):
    actions = [each["action"].text() for each in order["supportedActions"].items()]
    return CREATE in actions


def _reason(order):
    """Why a fulfillment order cannot be shipped, in the shop's words."""
    holds = [
        " – ".join(filter(None, (h["displayReason"].text(), h["reasonNotes"].text())))
        for h in order["fulfillmentHolds"].items()
    ]
    return "; ".join(holds) or order["status"].text()


def _part(order, taken):
    """A whole fulfillment order needs no list of its lines, whatever their number."""
    remaining = sum(
        line["remainingQuantity"].whole() for line in order["lineItems"].nodes()
    )
    part = {"fulfillmentOrderId": order["id"].text()}
    if remaining != sum(units for _line, units in taken):
        if len(taken) > MAX_LINES:
            raise Malformed(
                f"a parcel with {len(taken)} lines: Shopify takes {MAX_LINES} at once, "
                "or all that is left"
            )
        part["fulfillmentOrderLineItems"] = [
            {"id": line["id"].text(), "quantity": units} for line, units in taken
        ]
    return part


def find(fulfillments, units, number, known):
    """The fulfillments that a parcel became, if they are all of it.

    :param fulfillments: raw ones, with all of their lines
    :param number: the parcel's tracking number, "" for none
    :param known: ids that are other parcels
    :return: list of ids, empty when the parcel is not there, or not all of it
    """
    left, found = Counter(units), []
    for raw in fulfillments:
        place = JsonValue(raw, "fulfillments")
        content = Counter()
        for line in place["fulfillmentLineItems"].nodes():
            content[line["lineItem"]["id"].text()] += line["quantity"].whole()
        fits = all(left[line] >= count for line, count in content.items())
        if (
            place["id"].text() not in known
            and place["status"].text() == "SUCCESS"
            and _number(place) == number
            and content
            and fits
        ):
            left -= content
            found.append(place["id"].text())
    return [] if +left else found


def _number(fulfillment):
    for tracking in fulfillment["trackingInfo"].items():
        return tracking["number"].text()
    return ""


def places(orders):
    """:return: {line item id: location that it is, or was, to be shipped from}"""
    # the open ones last: what is cancelled is taken from these
    ended = ("CLOSED", "CANCELLED")
    return {
        line["lineItem"]["id"]: order["assignedLocation"]["location"]["id"]
        for order in sorted(orders, key=lambda order: order["status"] not in ended)
        for line in order["lineItems"]["nodes"]
        if order["assignedLocation"]["location"]
    }


def tracking_input(tracking):
    """FulfillmentTrackingInput of a TrackingData, None for none."""
    if not tracking:
        return None
    values = {
        "number": tracking.number,
        "company": tracking.carrier,
        "url": tracking.url,
    }
    return {name: value for name, value in values.items() if value}
