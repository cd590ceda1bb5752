"""Salespeople who make quotations that hold stock, as their buttons do it.

What they confirm is sold from that moment on. What Odoo refuses to confirm, because it
is not there, is a refused sale and not a lost one. Now and then two of them want all
that is left of something in the same moment, and so does a shopper.
"""

import random
import threading
import time

from .company import Denied, insist

REF = "SIM-Q"
QUOTE_RATE, RACE_RATE = 0.12, 0.04  # for each shopper of the shops
PEOPLE = 2
SCARCE_PART = 0.5
# How quotations end, in parts of all of them; the rest is confirmed.
ENDS = {
    "late": 0.1,  # confirmed after its time is over, by what is left then
    "extend": 0.15,  # a manager gives it more time, and it is confirmed
    "release": 0.1,  # released by hand, then cancelled
    "cancel": 0.1,
    "expire": 0.15,  # forgotten: its time is over, and it stays a quotation
}
SECONDS_TO_THINK = 4
# Hours in life: so long are quotations held here, set by SQL as no form allows it.
SECONDS_HELD, SECONDS_SHORT = 40, 3
SHORTEN = """
    UPDATE channel_hold SET expires_at = now() AT TIME ZONE 'UTC' + %s * interval '1 s'
     WHERE sale_order_id = %s AND state = 'active'
    RETURNING id
"""

# A row a line of an order that somebody here has made.
THERE = """
    SELECT sale.client_order_ref, sale.id, sale.state, product.default_code,
           line.product_uom_qty::float
      FROM sale_order sale
      LEFT JOIN sale_order_line line ON line.order_id = sale.id
      LEFT JOIN product_product product ON product.id = line.product_id
     WHERE sale.client_order_ref LIKE %s
"""


def plan(world, orders, seconds):
    """:return: events of a trace, with dice of their own"""
    dice = random.Random(f"desk {world.seed}")
    quotes = [
        {
            "at": dice.random() * seconds * 0.9,
            "kind": "quote",
            "person": dice.randrange(PEOPLE),
            "lines": {
                _pick(dice, world): dice.choice((1, 1, 2, 3))
                for _line in range(dice.choice((1, 1, 2)))
            },
            "end": _draw_end(dice),
        }
        for _number in range(max(10, round(QUOTE_RATE * orders)))
    ]
    races = [
        {
            "at": (0.1 + dice.random() * 0.75) * seconds,
            "kind": "race",
            "sku": dice.choice(world.scarce or sorted(world.products)),
            "shop": dice.choice(world.shops).key,
            "number": f"race-{number}",
            "person": dice.randrange(60),
        }
        for number in range(max(3, round(RACE_RATE * orders)))
    ]
    return quotes + races


def _pick(dice, world):
    names = world.scarce if dice.random() < SCARCE_PART else sorted(world.products)
    return dice.choice(names)


def _draw_end(dice):
    drawn = dice.random()
    for end, part in ENDS.items():
        if drawn < part:
            return end
        drawn -= part
    return "confirm"


def furnish(odoo):
    """Quotations may hold the last unit too."""
    odoo.call("res.company", "write", [1], {"channel_quote_percent": 100})


class Seller:
    """One salesperson at work."""

    def __init__(self, desk):
        self.desk, self.run = desk, desk.run
        self.odoo = desk.run.server.rpc()

    def quote(self, number, lines):
        """:param lines: {SKU: units}
        :return: the quotation, entered in the desk's books"""
        ref = f"{REF}{number}"
        company = self.run.company
        rows = [
            (0, 0, {"product_id": company.products[sku], "product_uom_qty": units})
            for sku, units in lines.items()
        ]

        def make():
            found = self.odoo.find("sale.order", ["client_order_ref", "=", ref])
            if found:
                return found[0]["id"]
            return self.odoo.create(
                "sale.order",
                partner_id=company.customer_id,
                client_order_ref=ref,
                warehouse_id=company.warehouses["WH"][0],
                order_line=rows,
            )

        quote = {"ref": ref, "id": insist(make), "lines": lines, "end": "open"}
        self.desk.quotes.append(quote)
        return quote

    def hold(self, quote, seconds=SECONDS_HELD):
        """:return: whether Odoo holds anything of it"""
        return self._press(quote, "action_channel_hold") and self._shorten(
            quote, seconds
        )

    def extend(self, quote):
        return self._press(quote, "action_channel_extend") and self._shorten(
            quote, SECONDS_HELD
        )

    def release(self, quote):
        self._press(quote, "action_channel_release")
        self.cancel(quote, "released")

    def cancel(self, quote, end="cancelled"):
        self._press(quote, "action_cancel")
        quote["end"] = end

    def confirm(self, quote):
        """Sell it. What was done without an answer is found done."""

        def do():
            if self._read_state(quote) != "sale":
                quote["seen"] = time.time()
                self.odoo.call("sale.order", "action_confirm", [quote["id"]])

        try:
            insist(do)
        except Denied as refusal:
            self.desk.refuse(refusal)
            self.cancel(quote, "refused")
            return
        quote["end"] = "confirmed"
        now = time.time()
        for sku, units in quote["lines"].items():
            self.run.company.ledger.add(
                now, "main", sku, units, "sell", seen=quote["seen"]
            )

    def _press(self, quote, button):
        try:
            insist(lambda: self.odoo.call("sale.order", button, [quote["id"]]))
        except Denied as refusal:
            self.desk.refuse(refusal)
            return False
        return True

    def _shorten(self, quote, seconds):
        return bool(self.run.sql.rows(SHORTEN, seconds, quote["id"]))

    def _read_state(self, quote):
        [row] = self.odoo.find("sale.order", ["id", "=", quote["id"]], fields=["state"])
        return row["state"]


class Desk:
    """All salespeople of a run, and their books: ``quotes``."""

    def __init__(self, run):
        self.run = run
        self.quotes, self.refusals = [], {}
        self._lock = threading.Lock()

    def start(self):
        self.sellers = [Seller(self) for _each in range(PEOPLE)]
        self.racers = [Seller(self) for _each in range(PEOPLE)]

    def threads(self):
        for person, seller in enumerate(self.sellers):
            own = [
                (number, event)
                for number, event in enumerate(self.run.trace)
                if event["kind"] == "quote" and event["person"] == person
            ]
            yield self.run._thread(self._sell, seller, own)
        races = [event for event in self.run.trace if event["kind"] == "race"]
        yield self.run._thread(self._hold_races, races)

    def finish(self):
        """What was forgotten is over by itself."""

    def _sell(self, seller, events):
        """One after the other, as one person can; while he thinks about one the holds
        of the others go on."""
        waiting = []
        for number, event in events:
            self._come_back(seller, waiting, event["at"])
            self.run.until(event["at"])
            quote = seller.quote(number, event["lines"])
            short = event["end"] in ("late", "expire")
            seller.hold(quote, SECONDS_SHORT if short else SECONDS_HELD)
            if event["end"] == "expire":
                quote["end"] = "expired"
                continue
            waiting.append((event["at"] + SECONDS_TO_THINK, event["end"], quote))
        self._come_back(seller, waiting, float("inf"))

    def _come_back(self, seller, waiting, moment):
        """End the quotations whose customers have answered by then."""
        while waiting and waiting[0][0] <= moment:
            at, end, quote = waiting.pop(0)
            self.run.until(min(at, self.run.seconds * 0.97))
            if end == "extend":
                seller.extend(quote)
            if end in ("release", "cancel"):
                getattr(seller, end)(quote)
            else:
                seller.confirm(quote)

    # --- races

    def _hold_races(self, races):
        for event in sorted(races, key=lambda each: each["at"]):
            self.run.until(event["at"])
            left = insist(lambda sku=event["sku"]: self.run.strategy.sellable(sku))
            if left > 0:
                self._race(event, min(left, 3))

    def _race(self, event, units):
        """Two salespeople and a shopper want the same last units at the same moment."""
        lines = {event["sku"]: units}
        quotes = [
            seller.quote(f"{event['number']}-{index}", lines)
            for index, seller in enumerate(self.racers)
        ]
        shop = self.run.shops[event["shop"]]
        visit = {**event, "lines": lines}

        def sell(seller, quote):
            seller.hold(quote)
            seller.confirm(quote)

        threads = [
            *(
                self.run._thread(sell, *pair)
                for pair in zip(self.racers, quotes, strict=True)
            ),
            self.run._thread(self.run._buy, shop, visit, True),
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    # --- books

    def refuse(self, refusal):
        words = str(refusal).partition("\n")[0][-120:]
        with self._lock:
            self.refusals[words] = self.refusals.get(words, 0) + 1

    def facts(self):
        """{quotes: their own books, with what Odoo has of each}"""
        there = {}
        for ref, order, state, sku, units in self.run.sql.rows(THERE, f"{REF}%"):
            row = there.setdefault(ref, {}).setdefault(order, {"state": state})
            if sku:
                row[sku] = row.get(sku, 0) + units
        return {
            "quotes": [
                {**each, "there": list(there.get(each["ref"], {}).values())}
                for each in list(self.quotes)
            ],
            "quote_notes": dict(self.refusals),
        }
