"""Why more was sold than was there: from the shops' own logs, not from a guess.

Each oversold unit gets one cause, looked for in this order:

``unseen_sale``
    A shop had sold, Odoo had not heard of it, and a write put a number over that sale;
    afterwards that shop sold the unit again.
``store_edit``
    A person in the shop had raised the number, and the shop sold what he had added.
``office``
    A person in Odoo had taken the unit off a sale order that its shop still had sold.
``kit_pack``, ``hold_missing``
    The number under which it was sold promised more, on the day it was written, than
    was left after all demand that Odoo had known of for ``GRACE`` seconds: of a kit or
    pack, or of a plain product.
``till_offline``
    A till without a connection had sold it, or something else of it: see ``unheard``.
``latency_window``
    The number was right when it was written; what was sold elsewhere (or left the
    shelf) since then, or was not known yet, had taken the unit.
``other``
    None of these. Whatever is counted here needs a person.
"""

from bisect import bisect_right

from . import timeline
from .unheard import At, Unheard

GRACE = 5.0
CAUSES = (
    "unseen_sale",
    "store_edit",
    "office",
    "kit_pack",
    "hold_missing",
    "till_offline",
    "latency_window",
    "other",
)
PEOPLE = "people"
# Acts after which Odoo no longer wants what the shop may have sold for good.
FREEING = ("edit_sale", "cancel_sale")


class Level:
    """What one shop has shown of one listing in one place, event by event."""

    def __init__(self, key, listing, pool):
        self.key, self.listing, self.pool = key, listing, pool
        self.events, self.writes, self.sales, self.restocks = [], [], [], []
        self._write_times = []

    def add(self, event):
        self.events.append(event)
        if event["kind"] == "write":
            self.writes.append(event)
            self._write_times.append(event["t"])
        elif event["kind"] == "sale":
            self.sales.append(event)
        elif event["kind"] == "restock":
            self.restocks.append(dict(event))

    def parts(self, moment):
        """{SKU of a product: stock units in one sold unit}"""
        return timeline.parts_at(self.listing, moment)

    def products(self):
        """SKUs of the products that it is or was made of."""
        changes = [parts for _since, parts in self.listing.get("changes", ())]
        return {sku for parts in (self.listing["parts"], *changes) for sku in parts}

    def last_write(self, moment):
        index = bisect_right(self._write_times, moment)
        return self.writes[index - 1] if index else None

    def next_write(self, moment, how=None):
        index = bisect_right(self._write_times, moment)
        for write in self.writes[index:]:
            if how in (None, write["how"]):
                return write
        return None

    def sold(self, after, until):
        return sum(-each["delta"] for each in self.sales if after < each["t"] <= until)

    def make_up(self, moment, units):
        """Take units of cancellations that may be as unknown as a sale is."""
        found = 0
        for event in self.restocks:
            if moment - GRACE < event["t"] <= moment and found < units:
                taken = min(units - found, event.setdefault("spare", event["delta"]))
                event["spare"] -= taken
                found += taken
        return found


def levels(facts):
    """:return: {(shop, place, SKU): Level}, events in order of time"""
    found = {}
    for event in facts["events"]:
        key = event["shop"], event["place"], event["sku"]
        if key not in found:
            listing = facts["listings"][event["sku"]]
            pool = facts["places"][event["shop"]][event["place"]]
            found[key] = Level(key, listing, pool)
        found[key].add(event)
    return found


class Claim:
    """Units that a shop could sell once more than it should: from then until then."""

    def __init__(self, cause, level, units, begin, end):
        self.cause, self.level, self.units = cause, level, units
        self.begin, self.end = begin, end
        self.used = {}

    def take(self, sku, moment, wanted):
        """:return: how many of ``wanted`` stock units of ``sku`` this explains"""
        if not self.begin < moment:
            return 0
        sold = self.level.sold(self.begin, min(moment, self.end))
        each = self.level.parts(self.begin).get(sku, 0)
        credit = min(self.units, sold) * each - self.used.get(sku, 0)
        taken = max(0, min(wanted, credit))
        self.used[sku] = self.used.get(sku, 0) + taken
        return taken


class Freed:
    """Stock units that a person in Odoo has taken off a sale order, from then until its
    shop has them back as well."""

    cause = "office"

    def __init__(self, units, begin, end):
        self.units, self.begin, self.end = units, begin, end

    def take(self, _sku, moment, wanted):
        """:return: how many of ``wanted`` stock units this explains"""
        taken = min(wanted, self.units) if self.begin < moment <= self.end else 0
        self.units -= taken
        return taken


def freed(facts):
    """:return: {(pool, SKU of a product): [Freed]}"""
    acts = {act["order"]: act for act in facts.get("acts", ()) if act["act"] in FREEING}
    back = {
        (event["order"], event["sku"]): event["t"]
        for event in facts["events"]
        if event["kind"] == "restock"
    }
    found, parts = {}, timeline.sold_as(facts)
    for event in facts["events"]:
        act = acts.get(event["order"])
        if not act or event["kind"] != "sale":
            continue
        end = back.get((event["order"], event["sku"]), float("inf"))
        pool = facts["places"][event["shop"]][event["place"]]
        for sku, each in parts(event).items():
            sold = -event["delta"] * each
            units = act["units"].get(sku, 0) if "units" in act else sold
            found.setdefault((pool, sku), []).append(Freed(units, act["t"], end))
    return found


def overwritten(facts, by_key):
    """Sales that a write has put a number over before Odoo had heard of them.

    A cancellation that is as new as the sale makes up for it: where neither is known,
    the number is the same as where both are.

    :return: list of Claim, one a sale
    """
    returned = {}
    for event in facts["events"]:
        if event["kind"] == "restock":
            key = event["shop"], event["place"], event["sku"], event["order"]
            returned[key] = event["t"]
    claims = []
    for level in by_key.values():
        for sale in level.sales:
            known = facts["known"].get(sale["order"], float("inf"))
            back = returned.get((*level.key, sale["order"]), float("inf"))
            write = level.next_write(sale["t"], "set")
            if write is None or write["t"] >= min(known, back):
                continue
            units = -sale["delta"] - level.make_up(write["t"], -sale["delta"])
            if not units:
                continue
            later = level.next_write(known)
            end = min(back, later["t"] if later else float("inf"))
            claims.append(Claim("unseen_sale", level, units, write["t"], end))
    return claims


def edited(by_key):
    """Numbers that a person in a shop has raised."""
    claims = []
    for level in by_key.values():
        for event in level.events:
            if event["kind"] == "edit" and event["delta"] > 0:
                later = level.next_write(event["t"])
                end = later["t"] if later else float("inf")
                claims.append(
                    Claim("store_edit", level, event["delta"], event["t"], end)
                )
    return claims


class Judge:
    """Gives each oversold unit its cause. Ask in order of time."""

    def __init__(self, facts, stocks):
        self.stocks = stocks
        self.levels = levels(facts)
        self.overwritten = overwritten(facts, self.levels)
        self.unheard = Unheard(facts, stocks, GRACE)
        self._claims = {}
        for claim in (*self.overwritten, *edited(self.levels)):
            for sku in claim.level.parts(claim.begin):
                self._claims.setdefault((claim.level.pool, sku), []).append(claim)
        for key, claims in freed(facts).items():
            self._claims.setdefault(key, []).extend(claims)

    def explain(self, pool, sku, moment, units, key, sold=None):
        """:param key: of the level it was sold from, PEOPLE, or ``unheard.At`` a till
        :param sold: stock units of the whole sale, of which ``units`` were not there
        :return: {cause: units}, which add up to ``units``"""
        found, left = {}, units
        for claim in self._claims.get((pool, sku), ()):
            taken = claim.take(sku, moment, left)
            if taken:
                found[claim.cause] = found.get(claim.cause, 0) + taken
                left -= taken
        if not left:
            return found
        cause, most = self._by_number(pool, sku, moment, left, key)
        found[cause] = min(left, most)
        if left > most:
            found["latency_window"] = found.get("latency_window", 0) + left - most
        if late := found.get("latency_window"):
            shown = self._shown(sku, moment, key)
            told = self.unheard.explain(pool, sku, moment, sold or units, key, shown)
            found["till_offline"] = min(late, told)
            found["latency_window"] -= found["till_offline"]
        return found

    def _shown(self, sku, moment, key):
        """Stock units that could be had where it was sold, just before; None for those
        who went by Odoo."""
        level = self.levels.get(key)
        for event in level.sales if level else ():
            if event["t"] == moment:
                before = event["after"] - event["delta"]
                return before * level.parts(moment).get(sku, 1)
        return None

    def _by_number(self, pool, sku, moment, units, key):
        """:return: (cause, how many units it explains at the most)"""
        stock = self.stocks[pool, sku]
        if isinstance(key, At) and key.offline:
            return "latency_window", units  # it sees nothing: ``unheard`` tells more
        if key == PEOPLE or isinstance(key, At):
            seen = moment if key == PEOPLE else key.seen
            # by then this very sale is known too: it was not, a moment before
            beyond = -stock.defensible(seen - 0.001, GRACE) + units
            return ("hold_missing", beyond) if beyond > 0 else ("latency_window", units)
        level = self.levels.get(key)
        write = level and level.last_write(moment)
        if not write:
            return "other", units
        promised = write["after"] * level.parts(write["t"]).get(sku, 1)
        beyond = promised - max(0, stock.defensible(write["t"], GRACE))
        if beyond > 0:
            plain = level.listing["kind"] == "plain"
            return ("hold_missing" if plain else "kit_pack"), beyond
        return "latency_window", units
