# SPDX-License-Identifier: AGPL-3.0-or-later
"""The units that Shopify deducted from ``available`` for an order line, net of
restocks.

How Shopify keeps stock (https://shopify.dev/docs/apps/build/orders-fulfillment/
inventory-management-apps/manage-quantities-states): an order moves its units from
available to committed at the location that a fulfillment order is assigned to;
shipping takes them off committed and leaves available alone. So what was taken off at
a location is what the fulfillment orders assigned there hold, shipped or not, plus
what left them without coming back, less what came back.

The derivation, in sold units, for a line of ``quantity`` ever ordered:

1. held: ``totalQuantity`` of the line in each fulfillment order that is not cancelled,
   at its assigned location. A fulfillment order that is moved takes its units along.
2. Units that are in no fulfillment order any more have been refunded or edited away.
   - NO_RESTOCK ones stay deducted where they were, which is not told: it is known
     where the line has one place only, and wrong if it was moved there afterwards;
   - CANCEL ones went back where they were taken from: nothing is left of them. Where
     a cancelled unit is still in a fulfillment order, it is taken off at the location
     of its refund;
   - the others were removed by an edit, which restocks unless told otherwise.
3. RETURN: back into available at the refund's location, be it another one. A
   deduction can therefore be negative.

Where this does not add up (an order not routed yet, places that were deleted) the
answer is None, "not known": the base keeps what it knew. An error here cannot
overwrite a sale: the base's next publication is refused as stale, and looked into.
Returns restocked without a refund (``reverseFulfillmentOrderDispose``) do not show
in an order; they are found in the same way.
"""

from collections import Counter

from odoo.addons.channel_inventory_base.lib.errors import Malformed

RESTOCKS = ("CANCEL", "RETURN", "LEGACY_RESTOCK")


def deductions(line, quantity, current, orders, refunds):
    """:param orders: places of all fulfillment orders of the order
    :param refunds: places of the refund line items of this line
    :return: list of Deduction rows, or None
    """
    if not line["variant"]:
        return []
    held, places = _held(line["id"].text(), orders)
    back, kept = _restocks(refunds)
    refunded = sum(entry["quantity"].whole() for entry in refunds)
    gone = quantity - held.total()
    stays = min(gone, kept)
    if gone < 0 or (stays and len(places) != 1):
        return None
    if stays:
        held[next(iter(places))] += stays
    explained = back["CANCEL"].total() + max(0, quantity - current - refunded)
    if gone - stays > explained:
        return None
    _take_back(held, back, gone - stays)
    return [
        {"node_ref": place, "quantity": units}
        for place, units in sorted(held.items())
        if units
    ]


def _held(line_id, orders):
    """:return: (units by location, all locations that have or had any)"""
    held, places = Counter(), set()
    for order in orders:
        location = order["assignedLocation"]["location"]
        entries = [
            entry
            for entry in order["lineItems"].nodes()
            if entry["lineItem"]["id"].text() == line_id
        ]
        if not location or not entries:
            continue
        place = location["id"].text()
        places.add(place)
        if order["status"].text() != "CANCELLED":
            held[place] += sum(entry["totalQuantity"].whole() for entry in entries)
    return held, places


def _restocks(refunds):
    """:return: (restock type -> units by location, units refunded and not restocked)"""
    back = {kind: Counter() for kind in RESTOCKS}
    kept = 0
    for entry in refunds:
        kind, units = entry["restockType"].text(), entry["quantity"].whole()
        if kind not in (*RESTOCKS, "NO_RESTOCK"):
            raise Malformed(f"{kind!r:.40} is unknown", path=entry["restockType"].path)
        if kind == "NO_RESTOCK" or not entry["restocked"].flag():
            kept += units
        elif entry["location"]:
            back[kind][entry["location"]["id"].text()] += units
        else:
            back[kind][""] += units
    return back, kept


def _take_back(held, back, gone):
    """Take off what came back and is still counted as held."""
    for place, units in back["CANCEL"].items():
        absent = min(gone, units)
        gone -= absent
        _subtract(held, place, units - absent)
    for kind in ("RETURN", "LEGACY_RESTOCK"):
        for place, units in back[kind].items():
            _subtract(held, place, units)


def _subtract(held, place, units):
    """Without a location, it is the one that held most."""
    if not place and held:
        place = max(held, key=lambda each: (held[each], each))
    if place:
        held[place] -= units
