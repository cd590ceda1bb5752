"""Judges a recorded run: what was lost, doubled, oversold, hidden, late, left wrong.

In goes a dict of facts (see ``recording.py``), out come figures. What Odoo thinks of
itself is not asked: facts are the shops' order books and logs, the ledger of what was
done to the shelves, and rows of Odoo's tables.
"""

from itertools import pairwise

from . import doors, edits, timeline, unheard
from .causes import CAUSES, PEOPLE, Judge
from .world import POOLS

SECONDS_LATE = 60.0
EXAMPLES = 5
# An intake that ends so soon after the last shopper could have taken more of them.
SECONDS_AFTER = 5
PERCENT_BUSY = 80


def judge(facts):
    """:return: the figures of a run, ready for JSON"""
    stocks = timeline.read(facts)
    judge_ = Judge(facts, stocks)
    causes = oversold(facts, stocks, judge_)
    late = sorted(latencies(facts, judge_.levels))
    entered = sorted(seconds_to_sale_orders(facts))
    heard = sorted(seconds_until_known(facts))
    result = {
        "shoppers": len(facts["visits"]),
        "orders_placed": len(facts["orders"]),
        "units_sold": (units := _units_sold(facts)),
        "orders_lost": len(lost(facts)),
        "orders_doubled": len(doubled(facts)),
        "orders_wrong": len(wrong(facts)),
        "units_oversold": sum(causes.values()),
        "oversold_per_1000": round(1000 * sum(causes.values()) / max(1, units), 1),
    }
    result.update({f"units_oversold_{cause}": causes[cause] for cause in CAUSES})
    sent = parcels(facts)
    nowhere = facts.get("unaccounted")
    result.update(
        unseen_sales_overwritten=len(judge_.overwritten),
        units_hidden=hidden(facts, stocks),
        drift_at_rest=len(drift(facts, stocks)),
        lines_unaccounted=None if nowhere is None else len(nowhere),
        shipments_sent=sent and sent["sent"],
        shipments_doubled=sent and sent["doubled"],
        shipments_lost=sent and sent["lost"],
        seconds_to_convergence=facts["settled"],
        latency_p50=percentile(late, 50),
        latency_p95=percentile(late, 95),
        latencies=len(late),
        heard_p50=percentile(heard, 50),
        heard_p95=percentile(heard, 95),
        entered_p50=percentile(entered, 50),
        entered_p95=percentile(entered, 95),
        crowd=facts.get("crowd"),
        **marketplace(facts, judge_.levels, stocks),
        **edits.judge(facts, judge_.levels),
        **partners(facts),
        **doors.figures(facts, stocks, tills_shown(facts, judge_.levels), POOLS),
        **throughput(facts),
        examples={
            "lost": lost(facts)[:EXAMPLES],
            "doubled": doubled(facts)[:EXAMPLES],
            "wrong": wrong(facts)[:EXAMPLES],
            "drift": drift(facts, stocks)[:EXAMPLES],
            "unaccounted": (nowhere or [])[:EXAMPLES],
            "notes": facts.get("notes", {}),
            "faults": facts.get("faults", {}),
            "skipped": facts.get("skipped", {}),
        },
    )
    return result


def next_day(facts):
    """What is still wrong when a daily run has mended what it can; nothing where there
    is none."""
    after = facts.get("next_day")
    if not after:
        return {}
    return {
        "orders_lost_next_day": len(lost(after)),
        "orders_wrong_next_day": len(wrong(after)),
        "drift_next_day": len(drift(after, timeline.read(after))),
    }


def beginning(facts, seconds):
    """Figures of the part that every strategy plays, of one that plays more.

    :param seconds: how long that part is
    """
    stocks = timeline.read(facts)
    end = facts["began"] + seconds
    rows = [row for row in _demand(facts) if row[0] < end]
    sold = sum(units for *_row, units, key in rows if isinstance(key, tuple))
    excess = sum(_excess(stocks, row) for row in rows)
    return {
        "units_sold_beginning": sold,
        "oversold_per_1000_beginning": round(1000 * excess / max(1, sold), 1),
    }


# --- orders


def lost(facts):
    """Orders of a shop that are wanted and have no confirmed sale order in Odoo, no
    quotation where the customer owes a part since an edit, and of which Odoo has not
    even heard: pending ones, and what was taken back again."""
    copies, known = _copies(facts), facts["known"]
    quoted = {sale["order"] for sale in facts["sales"]}
    # where people act, some are to decide first: those that an exception names wait
    told = (facts.get("money") or {}).get("told", ())
    return [
        order["id"]
        for order in facts["orders"]
        if order["live"]
        and order["id"] not in told
        and not (
            order["id"] in known
            if _is_pending(order) or _is_taken_back(order)
            else order["id"] in (quoted if order.get("owed") else copies)
        )
    ] + doors.lost(facts)


def _is_pending(order):
    """It must not be sold yet; its units are gone."""
    return order.get("pending", False)


def _is_taken_back(order):
    """The shop has taken all of it back, and never cancelled it."""
    return not any(order.get("left", order["units"]).values())


def doubled(facts):
    copies = _copies(facts)
    return [each for each in copies if len(copies[each]) > 1] + doors.doubled(facts)


def wrong(facts):
    """Orders with one sale order that says something else: other goods, or a
    cancelled order that Odoo still wants to ship."""
    copies = _copies(facts)
    gone = timeline.left_anyway(facts)
    found = []
    for order in facts["orders"]:
        if order["id"] in gone:
            continue
        mine = copies.get(order["id"], [])
        wanted = {}
        if order["live"] and not _is_pending(order):
            left = order.get("left", order["units"])
            # what had left before it was taken off is sold all the same
            handed = (facts.get("gone") or {}).get(order["id"], {})
            wanted = {
                sku: max(left.get(sku, 0), min(units, handed.get(sku, 0)))
                for sku, units in order["units"].items()
            }
            wanted = {sku: units for sku, units in (left | wanted).items() if units}
        if len(mine) == 1 and mine[0]["units"] != wanted:
            found.append(order["id"])
    return found + doors.wrong(facts)


def _copies(facts):
    """{id of an order: its confirmed sale orders}"""
    found = {}
    for sale in facts["sales"]:
        if sale["state"] == "sale":
            found.setdefault(sale["order"], []).append(sale)
    return found


def _units_sold(facts):
    return sum(n for order in facts["orders"] for n in order["units"].values())


# --- stock


def oversold(facts, stocks, judge_):
    """Stock units sold beyond what was there at that moment, by cause."""
    causes = dict.fromkeys(CAUSES, 0)
    for row in _demand(facts):
        moment, pool, sku, units, key = row
        if excess := _excess(stocks, row):
            found = judge_.explain(pool, sku, moment, excess, key, units)
            for cause, number in found.items():
                causes[cause] += number
    return causes


def _excess(stocks, row):
    """Stock units of a sale that were not there."""
    moment, pool, sku, units, _key = row
    return max(0, min(units, -stocks[pool, sku].left(moment)))


def _demand(facts):
    """(moment, pool, SKU, stock units, where it was sold), in order of time"""
    rows = [
        (entry["t"], entry["pool"], entry["sku"], entry["units"], _person(entry))
        for entry in facts["ledger"]
        if entry["kind"] == "sell"
    ]
    parts = timeline.sold_as(facts)
    for event in facts["events"]:
        if event["kind"] == "sale":
            key = event["shop"], event["place"], event["sku"]
            pool = facts["places"][event["shop"]][event["place"]]
            for sku, units in parts(event).items():
                rows.append((event["t"], pool, sku, -event["delta"] * units, key))
    rows += unheard.demand(facts)
    return sorted(rows, key=lambda row: row[0])


def _person(entry):
    seen = entry.get("seen")
    return PEOPLE if seen is None else unheard.At(PEOPLE, False, seen)


def hidden(facts, stocks):
    """Sold units that shoppers wanted, were not shown, and were there."""
    total = 0
    for visit in facts["visits"]:
        for sku, wanted in visit["lines"].items():
            missed = wanted - visit["bought"].get(sku, 0)
            if missed > 0:
                there = sellable(facts, stocks, visit["shop"], sku, visit["t"])
                total += min(missed, there)
    return total


def sellable(facts, stocks, shop, sku, moment):
    """Sold units that a shop could rightly have sold at a moment."""
    parts = timeline.parts_at(facts["listings"][sku], moment)
    return sum(
        max(0, min(_left(stocks, pool, each, moment) // n for each, n in parts.items()))
        for pool in set(facts["places"][shop].values())
    )


def _left(stocks, pool, sku, moment):
    stock = stocks.get((pool, sku))
    return stock.left(moment) if stock else 0


def drift(facts, stocks):
    """What is wrong when nothing happens any more.

    A number is wrong that differs from what the strategy says to show: all that is
    truly left, or the part that Odoo has computed. Where it is a part, what Odoo
    believes to be left is compared with what is.

    :return: list of (shop, place, SKU, shown, what it should be)
    """
    end = float("inf")
    found = []
    for row in facts["rest"]:
        pool = facts["places"][row["shop"]][row["place"]]
        wanted = row["target"]
        if wanted is None:
            parts = timeline.parts_at(facts["listings"][row["sku"]], end)
            wanted = max(
                0,
                min(_left(stocks, pool, each, end) // n for each, n in parts.items()),
            )
        if row["shown"] != wanted:
            found.append((row["shop"], row["place"], row["sku"], row["shown"], wanted))
    for pool, products in facts["available"].items():
        for sku, units in products.items():
            if units != (left := _left(stocks, pool, sku, end)):
                found.append(("Odoo", pool, sku, units, left))
    return found


# --- the rest


def parcels(facts):
    """Shipments that the shops were told of twice or never; None: nobody tells them."""
    if facts["parcels"] is None:
        return None
    told = facts["told"]
    # of a cancelled order a shop wants to hear nothing
    gone = timeline.left_anyway(facts)
    # a person was told, whatever the shop says of what it no longer wants
    gone |= set((facts.get("money") or {}).get("told", ()))
    # a shop that has one of its own wants to hear of no other
    by_hand = shipped_by_hand(facts)
    gone |= by_hand
    parcels = facts["parcels"]
    for act in facts.get("acts", ()):
        if act["act"] == "ship_kit_in_parts" and parcels.get(act["order"]):
            # no customer has a part of a kit: there is nothing to tell of it
            parcels = {**parcels, act["order"]: parcels[act["order"]] - 1}
    return {
        "sent": sum(parcels.values()),
        "doubled": sum(
            max(0, number - max(parcels.get(order, 0), order in by_hand))
            for order, number in told.items()
        ),
        "lost": sum(
            max(0, number - told.get(order, 0))
            for order, number in parcels.items()
            if order not in gone
        ),
    }


def shipped_by_hand(facts):
    """Orders that somebody has marked as shipped in their shop, and not in Odoo."""
    return {
        act["order"] for act in facts.get("acts", ()) if act["act"] == "ship_by_hand"
    }


def marketplace(facts, by_key, stocks):
    """What shops count that keep a strict book of who writes to them; None where none
    does. ``waste``: of a hundred numbers, those that stood there already."""
    books = facts.get("violations") or {}
    if not books:
        return dict.fromkeys(
            ("fba_writes", "stubs", "waste", "false_drift")
            + ("zeros", "zero_p95", "zero_max")
        )
    edited = {
        (each["shop"], each["sku"])
        for each in facts["events"]
        if each["kind"] == "edit"
    }
    levels = {key: each for key, each in by_key.items() if key[0] in books}
    written = sum(book["written"] for book in books.values())
    wasted = sum(book.get("waste", 0) for book in books.values())
    zeros = sorted(sold_out(facts, levels, stocks))
    return {
        "fba_writes": sum(book.get("fba_writes", 0) for book in books.values()),
        "stubs": sum(book.get("stubs", 0) for book in books.values()),
        "waste": round(100 * wasted / max(1, written), 2),
        "false_drift": sum(
            tuple(pair) not in edited and pair[0] in books
            for pair in facts.get("doubted", ())
        ),
        "zeros": len(zeros),
        "zero_p95": percentile(zeros, 95),
        "zero_max": zeros[-1] if zeros else None,
        "violations": books,
    }


def sold_out(facts, by_key, stocks):
    """Seconds until a shop shows 0 of what is sold out, by all that Odoo knows, from
    the moment that it knows.

    What shows 0 by then already does not count, nor what comes in again meanwhile. What
    never came to 0 counts until the end.
    """
    return [
        seconds
        for level in by_key.values()
        for moment, back in _without(level, stocks)
        if (seconds := _seconds_to_0(level, moment, back, facts["ended"])) is not None
    ]


def _without(level, stocks):
    """(since when, until when) there is nothing left to sell of a listing."""
    parts = {
        sku: (stocks[level.pool, sku], units)
        for sku, units in level.parts(float("inf")).items()
        if (level.pool, sku) in stocks
    }
    times = sorted(
        {
            moment
            for stock, _units in parts.values()
            for moment in (*stock.there.times(), *stock.known.times())
        }
    )
    begin = None
    for moment in times:
        left = min(
            (stock.there.at(moment) - stock.known.at(moment)) // units
            for stock, units in parts.values()
        )
        if left <= 0 and begin is None:
            begin = moment
        elif left > 0 and begin is not None:
            yield begin, moment
            begin = None
    if begin is not None:
        yield begin, float("inf")


def _seconds_to_0(level, moment, back, ended):
    """None: it showed 0 already, or need not come to it any more."""
    shown = 0
    for event in level.events:
        if event["t"] > moment:
            if shown <= 0 or event["t"] > back:
                return None
            if event["after"] <= 0:
                return round(event["t"] - moment, 3)
        shown = event["after"]
    return round(ended - moment, 3) if shown > 0 and moment < ended < back else None


def partners(facts):
    """What trading partners have to say; nothing where there are none.

    ``physical_wrong``: products of which a third party's warehouse has another quantity
    than Odoo. ``charges``: {rule of a partner: how often it was broken};
    ``charges_of_faults``: of them, what another partner's fault explains. ``trucks``:
    so many came from the third party's warehouse to a retailer.
    """
    found = facts.get("partners")
    if not found:
        return {}
    return {
        "physical_wrong": len(found["physical"]),
        "physical_examples": found["physical"][:EXAMPLES],
        "charges": found["charges"],
        "charges_of_faults": found["charges_of_faults"],
        "trucks": found["trucks"],
        "documents_stuck": found["stuck"][:EXAMPLES],
    }


def latencies(facts, by_key):
    """Seconds from a commit in the warehouse, or of a salesperson, to each shop."""
    return [seconds for _moment, seconds in timed_latencies(facts, by_key)]


def timed_latencies(facts, by_key):
    """(moment of a commit, seconds until it is in a shop).

    A commit that another one of the same product overtook is left out: what the shop
    then shows answers both. So is one that changed no number there.
    """
    moments = {}
    for entry in facts["ledger"]:
        key = entry["pool"], entry["sku"]
        moments.setdefault(key, []).append(entry["t"])
    return _seconds_to_writes(moments, by_key)


def tills_shown(facts, by_key):
    """The same, sorted, from the moment that Odoo heard of what a till has sold."""
    heard = {
        (unheard.POOL, sku): moments for sku, moments in unheard.heard(facts).items()
    }
    return sorted(seconds for _moment, seconds in _seconds_to_writes(heard, by_key))


def _seconds_to_writes(moments, by_key):
    """
    :param moments: {(pool, SKU): when something of it was known to change}
    :return: list of (moment, seconds)
    """
    result = []
    for level in by_key.values():
        for sku in level.products():
            times = sorted(moments.get((level.pool, sku), ()))
            for moment, following in pairwise((*times, float("inf"))):
                write = level.next_write(moment)
                if not write:
                    continue
                if write["t"] < min(following, moment + SECONDS_LATE):
                    result.append((moment, write["t"] - moment))
    return result


def _placed(facts):
    """{id of an order: when its first units were sold}"""
    placed = {}
    for event in facts["events"]:
        if event["kind"] == "sale":
            placed.setdefault(event["order"], event["t"])
    return placed


def seconds_until_known(facts):
    """Seconds from an order in a shop until what Odoo publishes counts it."""
    placed = _placed(facts)
    return [
        max(0.0, moment - placed[order])
        for order, moment in facts["known"].items()
        if order in placed
    ]


def seconds_to_sale_orders(facts):
    """Seconds from an order in a shop to its sale order, of those that have one."""
    placed = _placed(facts)
    return [
        max(0.0, sale["at"] - placed[sale["order"]])
        for sale in facts["sales"]
        if sale.get("at") and sale["order"] in placed
    ]


def throughput(facts):
    """How fast orders became sale orders, and numbers were written; and what kept it
    from being faster: the shoppers who came no faster, the processors, or waiting for
    answers and for one another."""
    times = [sale["at"] for sale in facts["sales"] if sale.get("at")]
    if not times:
        return {}
    orders = max(times) - facts["began"]
    writes = [
        each["t"]
        for each in facts["events"]
        if each["kind"] == "write" and each["delta"]
    ]
    numbers = max(writes, default=facts["began"]) - facts["began"]
    bound = "waiting"
    if max(times) < facts["ended"] + SECONDS_AFTER:
        bound = "shoppers"
    elif facts["busy"] >= PERCENT_BUSY:
        bound = "processors"
    return {
        "orders_per_minute": round(60 * len(times) / max(1, orders)),
        "levels_per_second": round(len(writes) / max(1, numbers), 1),
        "processors_busy": facts["busy"],
        "bound_by": bound,
    }


def percentile(ordered, percent):
    """The smallest value that so many percent of all do not exceed."""
    if not ordered:
        return None
    return round(ordered[-(-len(ordered) * percent // 100) - 1], 3)
