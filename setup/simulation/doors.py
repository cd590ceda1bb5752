"""Who sells beside the shops: tills and salespeople. What they are asked in a run, and
what their books have to agree with."""

import os

from . import desk, tills
from .world import COUNTER, DESK

# The addons that make what they sell known; all that are there are installed.
NEEDED = {
    COUNTER: "channel_inventory_pos",
    DESK: "channel_inventory_promise",
    "golf": "channel_connector_api",
}
TOLERANCE = 1e-4
# Units that have gone to customers by sale orders, and those on the shelves.
GONE = """
    SELECT house.code, product.default_code,
           sum(move.quantity * unit.factor / own.factor)::float
      FROM stock_move move
      JOIN stock_location source ON source.id = move.location_id
      JOIN stock_location target ON target.id = move.location_dest_id
      JOIN stock_warehouse house ON house.id = source.warehouse_id
      JOIN product_product product ON product.id = move.product_id
      JOIN product_template template ON template.id = product.product_tmpl_id
      JOIN uom_uom unit ON unit.id = move.product_uom
      JOIN uom_uom own ON own.id = template.uom_id
     WHERE move.state = 'done' AND source.usage = 'internal'
       AND target.usage = 'customer' AND move.sale_line_id IS NOT NULL
     GROUP BY 1, 2
"""
THERE = """
    SELECT house.code, product.default_code, sum(quant.quantity)::float
      FROM stock_quant quant
      JOIN stock_location place ON place.id = quant.location_id
           AND place.usage = 'internal'
      JOIN stock_warehouse house ON house.id = place.warehouse_id
      JOIN product_product product ON product.id = quant.product_id
     GROUP BY 1, 2
"""
# Holds with an end that nobody waits for any more: they may not outlive it.
LEAKS = """
    SELECT cause, count(*), string_agg(COALESCE(note, '') || ' ' || id, ', ')
      FROM channel_hold
     WHERE state = 'active' AND expires_at IS NOT NULL GROUP BY cause
"""


def require_addons(names):
    """Where a chosen few are installed (``CHANNEL_ADDONS``), those that they need, too.

    :param names: of ``--channels``
    """
    chosen = os.environ.get("CHANNEL_ADDONS", "").replace(",", " ").split()
    if chosen:
        needed = [NEEDED[name] for name in names if name in NEEDED]
        os.environ["CHANNEL_ADDONS"] = " ".join(dict.fromkeys([*chosen, *needed]))


def plan(world, orders, seconds):
    """Events of a trace, of those who take part."""
    events = tills.plan(world, orders, seconds) if world.has(COUNTER) else []
    return events + (desk.plan(world, orders, seconds) if world.has(DESK) else [])


def furnish(odoo, world):
    """What a manager sets up for them."""
    if world.has(COUNTER):
        tills.furnish(odoo)
    if world.has(DESK):
        desk.furnish(odoo)


class Doors:
    """Those who take part in a run."""

    def __init__(self, run):
        self.run = run
        self.counter = tills.Counter(run) if run.world.has(COUNTER) else None
        self.desk = desk.Desk(run) if run.world.has(DESK) else None
        self.all = [each for each in (self.counter, self.desk) if each]
        self.shops = [each for each in run.shops.values() if each.shop.type == "api"]

    def start(self):
        for each in self.all:
            each.start()

    def threads(self):
        return [thread for each in self.all for thread in each.threads()]

    def finish(self):
        for each in self.all:
            each.finish()

    # --- what goes wrong

    def disturb(self, rate):
        """Answers to them are lost, and their requests come twice."""
        if self.counter:
            self.counter.disturb(rate)
        for shop in self.shops:
            shop.disturb(lost=rate / 2, doubled=rate)
        return bool(self.counter or self.shops)

    def calm(self):
        if self.counter:
            self.counter.disturb(0)
        for shop in self.shops:
            shop.calm()

    # --- facts

    def facts(self):
        facts = {}
        for each in self.all:
            facts.update(each.facts())
        for shop in self.shops:
            facts[f"{shop.key}_notes"] = shop.notes()
        if self.all or self.shops:
            facts.update(
                leaks=self.run.sql.rows(LEAKS),
                shelf=self.run.sql.rows(THERE),
                shipped=self.run.sql.rows(GONE),
            )
        return facts


# --- judge


def lost(facts):
    """What was handed over or confirmed and Odoo does not have."""
    return [
        f"{sale['till']}:{sale['uuid']}"
        for sale in facts.get("till_sales", ())
        if sale["state"] not in ("paid", "done", "invoiced")
    ] + [
        quote["ref"]
        for quote in facts.get("quotes", ())
        if quote["end"] == "confirmed" and not _sold(quote)
    ]


def doubled(facts):
    return list(facts.get("till_strange", ())) + [
        quote["ref"] for quote in facts.get("quotes", ()) if len(_sold(quote)) > 1
    ]


def wrong(facts):
    """Other goods than were sold, or sold what was refused."""
    found = [
        f"{sale['till']}:{sale['uuid']}"
        for sale in facts.get("till_sales", ())
        if sale["state"] and sale["has"] != sale["lines"]
    ]
    for quote in facts.get("quotes", ()):
        wanted = [quote["lines"]] if quote["end"] == "confirmed" else []
        has = [_units(each) for each in _sold(quote)]
        if len(has) < 2 and has and has != wanted:
            found.append(quote["ref"])
    return found


def _sold(quote):
    return [each for each in quote["there"] if each["state"] == "sale"]


def _units(row):
    return {sku: units for sku, units in row.items() if sku != "state"}


def physical(facts, stocks, pools):
    """What Odoo has on its shelves against what truly stands there: what came and went,
    without what tills have handed over and what has been shipped.

    :param pools: {pool: codes of its warehouses}
    :return: list of (pool, SKU, in Odoo, truly)
    """
    if "shelf" not in facts:
        return []
    by_code = {code: pool for pool, codes in pools.items() for code in codes}
    has, gone = _by_pool(facts["shelf"], by_code), _by_pool(facts["shipped"], by_code)
    for sale in facts.get("till_sales", ()):
        for sku, units in sale["units"].items():
            gone["main", sku] = gone.get(("main", sku), 0) + units
    found = []
    for (pool, sku), stock in stocks.items():
        truly = stock.there.at(float("inf")) - gone.get((pool, sku), 0)
        there = has.get((pool, sku), 0)
        if abs(there - truly) > TOLERANCE:
            found.append((pool, sku, there, truly))
    return found


def _by_pool(rows, by_code):
    found = {}
    for code, sku, units in rows:
        if code in by_code:
            key = by_code[code], sku
            found[key] = found.get(key, 0) + units
    return found


def figures(facts, stocks, late, pools):
    """Figures of their own; none where nobody sells beside the shops.

    :param late: seconds until a shop showed less of what a till had told, sorted
    """
    if "shelf" not in facts:
        return {}
    sales, quotes = facts.get("till_sales", ()), facts.get("quotes", ())
    ends = [quote["end"] for quote in quotes]
    return {
        "till_orders": len(sales),
        "till_units": sum(n for sale in sales for n in sale["units"].values()),
        "till_units_offline": sum(
            n for sale in sales if sale["offline"] for n in sale["units"].values()
        ),
        "till_refused": facts.get("till_notes", {}).get("refused", 0),
        "till_shown_p50": late[(len(late) - 1) // 2] if late else None,
        "till_shown_most": late[-1] if late else None,
        "quotes": {end: ends.count(end) for end in sorted(set(ends))},
        "holds_leaked": sum(count for _cause, count, _words in facts["leaks"]),
        "shelf_wrong": len(physical(facts, stocks, pools)),
        "doors": {
            name: facts[name]
            for name in ("till_notes", "quote_notes", "golf_notes", "leaks")
            if name in facts
        }
        | {"shelf": physical(facts, stocks, pools)[:5]},
    }
