"""``setup/demo --live MINUTES``: shoppers buy while shelves are counted at random.

Now and then both stand still, and what people are told is judged. At the end what is
missing is put on the shelves, and what nobody could match is matched: all that was told
has to end by itself.
"""

import json
import time

from . import store as demo_store
from .crowd import Crowd
from .judge import Judge
from .life import pace

ORDERS_A_MINUTE = 8  # in each store
CANCELLED = 0.05
SECONDS_BETWEEN_EVENTS = 1.0
SECONDS_BETWEEN_LOOKS = 300
SECONDS_TO_SETTLE = 180
"""What no change tells is found by the recovery of the minute."""


def run(demo, say, minutes):
    """:return: exit code; the summary is printed as the last line"""
    crowd, judge = Crowd(demo.company, demo.products), Judge(demo)
    faults = []
    demo.buy_unknown()
    end = time.monotonic() + 60 * minutes
    looks = 0
    while (left := end - time.monotonic()) > 0:
        _live(demo, crowd, min(left, SECONDS_BETWEEN_LOOKS), seed=looks + 1)
        looks += 1
        found = _settle(demo, judge.faults)
        say(f"      {60 * minutes - (end - time.monotonic()):.0f} s: {judge.most}")
        faults += [f"look {looks}: {each}" for each in found]
    say("put on the shelves what is missing, match what is unknown")
    _put_right(demo, judge)
    faults += [f"in the end: {each}" for each in _settle(demo, lambda: _rest(judge))]
    for each in faults:
        say(f"  {each}")
    orders = demo.database.value("SELECT count(*) FROM channel_order")
    print(
        json.dumps(
            {"minutes": minutes, "orders": orders, "looks": looks, **judge.most}
            | {"most_at_once": True, "faults": len(faults)}
        ),
        flush=True,
    )
    if not judge.most["short_orders"]:
        say("  no order was ever short: that proves nothing")
        return 1
    return 1 if faults else 0


def _live(demo, crowd, seconds, seed):
    demo.shop(rate=ORDERS_A_MINUTE, count=2, cancel=CANCELLED, seed=seed)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        crowd.step()
        pace(SECONDS_BETWEEN_EVENTS, demo.check)
    demo.stop_shopping()


def _settle(demo, judge):
    """Wait until there is nothing to find. :return: what there is still, in words"""
    end = time.monotonic() + SECONDS_TO_SETTLE
    while True:
        waiting = demo.waiting()
        found = [f"still waits: {each}" for each in waiting] or list(judge())
        if not found or time.monotonic() > end:
            return found
        pace(2, demo.check)


def _put_right(demo, judge):
    _write_off(demo)
    demo.company.count(
        {
            (product_id, shelf): units + on_hand
            for (product_id, shelf), units, on_hand in _find_missing(demo, judge)
        }
    )
    product_id = demo.odoo.create(
        "product.product",
        name=demo_store.UNKNOWN["title"],
        default_code=demo_store.UNKNOWN["sku"],
        is_storable=True,
        taxes_id=[(6, 0, [])],
    )
    shelves = [each["lot_stock_id"][0] for each in demo.company.warehouses.values()]
    demo.company.count({(product_id, shelf): 100 for shelf in shelves})
    for sku, product in _find_unmatched(demo, product_id).items():
        listings = demo.odoo.find(
            "channel.listing", ["sku", "=", sku], ["state", "!=", "mapped"]
        )
        for each in listings:
            values = {"product_id": product, "state": "mapped"}
            demo.odoo.call("channel.listing", "write", [each["id"]], values)


def _write_off(demo):
    """A shop may cancel an order and keep its money: only a person knows why."""
    found = demo.odoo.find(
        "channel.exception", ["state", "=", "open"], ["category", "=", "books"]
    )
    if found:
        wizard_id = demo.odoo.create(
            "channel.exception.close",
            exception_ids=[(6, 0, [each["id"] for each in found])],
            state="resolved",
            reason="Paid back at the counter",
        )
        demo.odoo.call("channel.exception.close", "action_confirm", [wizard_id])


def _find_missing(demo, judge):
    """:return: ((product id, location id), missing units, units on that shelf)"""
    shelves = {
        each["id"]: each["lot_stock_id"][0] for each in demo.company.warehouses.values()
    }
    tracked = {each["id"] for each in demo.products if each["tracking"] == "none"}
    for (product_id, warehouse_id), units in judge.missing().items():
        if product_id not in tracked or warehouse_id not in shelves:
            continue
        shelf = shelves[warehouse_id]
        on_hand = demo.database.value(
            "SELECT COALESCE(sum(quantity), 0)::float FROM stock_quant "
            "WHERE product_id = %s AND location_id = %s",
            product_id,
            shelf,
        )
        yield (product_id, shelf), units, max(0, on_hand)


def _find_unmatched(demo, product_id):
    """:return: SKU -> product, of what a person has to match in the demo"""
    found = {demo_store.UNKNOWN["sku"]: product_id}
    for code, sku in demo_store.BY_BARCODE.items():
        domain = ["default_code", "=", code]
        found[sku] = demo.odoo.find_id("product.product", domain)
    return found


def _rest(judge):
    """All is well now: nothing is told any more, and every channel says so."""
    yield from judge.faults()
    opened = judge.database.rows(
        # what is to be bought soon is no fault of anybody
        "SELECT category, message FROM channel_exception "
        "WHERE state = 'open' AND category <> 'stockout'"
    )
    for category, message in opened:
        yield f"{category} is still open: {message}"
    for _id, name, health, text in judge.read_health():
        if health != "ok":
            yield f"{name} says “{text}”"
