"""What truly was there, and what was sold of it, at any moment."""

from bisect import bisect_left, bisect_right

from . import unheard


class Steps:
    """A sum that changes at moments: ``at(t)`` is the sum of all steps up to ``t``."""

    def __init__(self, start=0):
        self.start = start
        self._steps = []
        self._times = self._sums = None

    def add(self, moment, delta):
        self._steps.append((moment, delta))
        self._times = None

    def at(self, moment):
        self._sort()
        return self._sums[bisect_right(self._times, moment)]

    def before(self, moment):
        """The sum of the steps earlier than ``moment``."""
        self._sort()
        return self._sums[bisect_left(self._times, moment)]

    def times(self):
        self._sort()
        return self._times

    def _sort(self):
        if self._times is None:
            self._steps.sort()
            self._times = [moment for moment, _delta in self._steps]
            self._sums = [self.start]
            for _moment, delta in self._steps:
                self._sums.append(self._sums[-1] + delta)


class Stock:
    """One product in one pool, in stock units.

    ``there``: what exists, shipped or not. ``wanted``: what is sold and not cancelled.
    ``known``: the part of ``wanted`` that Odoo has heard of.
    """

    def __init__(self, units=0):
        self.there = Steps(units)
        self.wanted = Steps()
        self.known = Steps()

    def left(self, moment):
        """Units that may still be sold; negative when too many were."""
        return self.there.at(moment) - self.wanted.at(moment)

    def defensible(self, moment, grace):
        """What may be shown by who knows what Odoo has known for ``grace`` seconds."""
        there = max(self.there.at(moment), self.there.at(moment - grace))
        return there - self.known.at(moment - grace)


def parts_at(listing, moment):
    """What a listing of facts was made of at a moment: an office may have changed its
    pack, or matched it to another product.

    :return: {SKU of a product: stock units in one sold unit}"""
    found = listing["parts"]
    for since, parts in listing.get("changes", ()):
        if since <= moment:
            found = parts
    return found


def sold_as(facts):
    """:return: function(event): what a sold unit of an order's event is made of. What
    was sold stays what it was when its order was placed."""
    placed = {}
    for event in facts["events"]:
        if event["kind"] == "sale":
            placed.setdefault(event["order"], event["t"])

    def parts(event):
        moment = placed.get(event["order"], event["t"])
        return parts_at(facts["listings"][event["sku"]], moment)

    return parts


def set_tests_apart(events, orders):
    """A test order takes nothing: what it did to the number of its shop is no sale, and
    what its end did brings nothing back.

    :return: the events, those of test orders of the kind "test"
    """
    tests = {order["id"] for order in orders if order.get("test")}
    return [
        {**event, "kind": "test"} if event["order"] in tests else event
        for event in events
    ]


def left_anyway(facts):
    """Orders that a shop has cancelled after their goods had left the house: a person
    has to get them back, and no software can."""
    parcels = facts["parcels"] or {}
    return {
        order["id"]
        for order in facts["orders"]
        if not order["live"] and parcels.get(order["id"])
    }


def gone_beyond(facts):
    """:return: {(order, SKU of a product): stock units} that have left for a customer
    who no longer wants them: the shop took them back, and the shelf has them not"""
    wanted, back, parts = {}, {}, sold_as(facts)
    for event in facts["events"] if facts.get("gone") else ():
        for sku, units in parts(event).items():
            key = event["order"], sku
            if event["kind"] in ("sale", "restock"):
                wanted[key] = wanted.get(key, 0) - event["delta"] * units
            if event["kind"] == "restock":
                back[key] = back.get(key, 0) + event["delta"] * units
    return {
        (order, sku): min(back.get((order, sku), 0), units - wanted[order, sku])
        for order, skus in (facts.get("gone") or {}).items()
        for sku, units in skus.items()
        if units > wanted.get((order, sku), units)
    }


def read(facts):
    """:return: {(pool, SKU of a product): Stock} of a recorded run"""
    gone, beyond, parts = left_anyway(facts), gone_beyond(facts), sold_as(facts)
    stocks = {
        (pool, sku): Stock(units)
        for pool, products in facts["initial"].items()
        for sku, units in products.items()
    }

    def of(pool, sku):
        return stocks.setdefault((pool, sku), Stock())

    for entry in facts["ledger"]:
        stock = of(entry["pool"], entry["sku"])
        if entry["kind"] == "sell":
            stock.wanted.add(entry["t"], entry["units"])
            stock.known.add(entry["t"], entry["units"])
        else:
            stock.there.add(entry["t"], entry["units"])
    unheard.enter(facts, of)
    for event in facts["events"]:
        if event["kind"] not in ("sale", "restock"):
            continue
        if event["kind"] == "restock" and event["order"] in gone:
            continue
        pool = facts["places"][event["shop"]][event["place"]]
        # of one that Odoo never heard of nothing is ever known
        known = facts["known"].get(event["order"])
        for sku, units in parts(event).items():
            stock, wanted = of(pool, sku), -event["delta"] * units
            if wanted < 0 and (left := beyond.get((event["order"], sku))):
                kept = min(left, -wanted)
                beyond[event["order"], sku] -= kept
                wanted += kept
            stock.wanted.add(event["t"], wanted)
            if known is not None:
                stock.known.add(max(known, event["t"]), wanted)
    return stocks
