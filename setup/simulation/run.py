"""One strategy on one trace: shoppers, the company's people, faults, and the clock."""

import heapq
import threading
import time

import psutil
from demo.processes import DemoError
from sandbox.headless import SoldOut as HeadlessSoldOut

from . import carts, doors, faults, oracle, partners, people, soak, timeline
from . import company as company_module
from .shops import SOLD_OUT
from .world import POOLS

SECONDS_TO_CONNECT = 180
# What the company's people do at the same time, a thread for each group.
PEOPLE = (("sell",), ("receive", "count", "scrap", "transfer"), ("ship", "return"))


PARTNERS_SOLD_OUT = (partners.SOLD_OUT, HeadlessSoldOut)


class Run:
    """:ivar seconds: how long the shoppers come
    :ivar whole_seconds: how long the whole trace is, of which they may be a part
    :ivar ten_minutes: what ten minutes are in compressed time"""

    def __init__(self, world, trace, shops, server, sql, options, say, part=1.0):
        self.world, self.shops = world, shops
        self.server, self.sql, self.options, self.say = server, sql, options, say
        self.whole_seconds = options.minutes * 60
        self.ten_minutes = max(5.0, self.whole_seconds / 12)
        self.seconds = self.whole_seconds * part
        self.trace = [event for event in trace if event["at"] < self.seconds]
        self.most_skew = 0
        self.odoo, self.odoo_people = server.rpc(), server.rpc()
        self.company = company_module.Company(self.odoo, world)
        self.visits, self._lock = [], threading.Lock()
        self.errors = []
        self.ended = None
        # trading partners beside the shops
        self.partners = None
        # who sells beside the shops
        self.doors = doors.Doors(self)
        self.people = people.People(self, options.people)

    def wait(self, what, condition, seconds=SECONDS_TO_CONNECT):
        began = time.monotonic()
        self.server.wait_for(what, condition, seconds)
        self.say(f"      {what} ({time.monotonic() - began:.0f} s)")

    def expected_units(self):
        """{SKU of a product: units that shoppers come for}"""
        units = {}
        for event in self.trace:
            for sku, number in event.get("lines", {}).items():
                for part, each in self.world.listings[sku].parts.items():
                    units[part] = units.get(part, 0) + number * each
        return units

    def parts(self, sku):
        """What one sold unit of a listing is made of now."""
        changes = self.people.changes.get(sku)
        return changes[-1][1] if changes else self.world.listings[sku].parts

    def play(self, strategy):
        """:return: facts for the oracle"""
        self.strategy = strategy
        self.say(f"  {strategy.words}")
        strategy.prepare()
        self.doors.start()
        self.people.prepare(strategy)
        trouble = faults.Faults(self, self.options.faults)
        self.began_wall, self.began = time.time(), time.monotonic()
        busy = psutil.cpu_times()
        crowd = Crowd()
        self.server.keep_up()
        self.first = self._first_numbers()
        strategy.start()
        meter = soak.Soak(self).start() if self.options.hours else None
        threads = [
            *self._shoppers(),
            *self._people(),
            *self.people.threads(),
            *self.doors.threads(),
            trouble.thread(),
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        trouble.end()
        self.doors.finish()
        self.ended = time.time()
        self.say(
            f"      {len(self.visits)} shoppers came, {self._placed()} orders;"
            f" {self.ended - self.began_wall:.0f} s"
        )
        crowd.stop()
        long = meter and meter.stop()
        facts = self.people.audit(self.people.follow(self.settle()))
        if self.strategy.next_day():
            facts["next_day"] = self.facts()
        facts["crowd"], facts["soak"] = crowd.mean(), long
        strategy.stop()
        facts["busy"] = round(busy_percent(busy, psutil.cpu_times()))
        facts["faults"] = {**trouble.done, "odoo_restarted": self.server.restarts}
        facts["falls"] = getattr(self.server, "falls", [])
        facts["skipped"] = self.company.skipped
        if self.errors:
            raise DemoError(f"the driver failed: {self.errors[0]!r}")
        return facts

    def _placed(self):
        return sum(len(shop.book()) for shop in self.shops.values())

    def _first_numbers(self):
        """What the shops show when the doors open, as if it were written just now."""
        for shop in self.shops.values():
            shop.events.clear()
            shop.open()
        return [
            {
                "t": self.began_wall,
                "shop": key,
                "place": place,
                "sku": sku,
                "kind": "write",
                "delta": 0,
                "after": shown,
                "order": None,
                "how": "set",
            }
            for key, shop in self.shops.items()
            for (place, sku), shown in shop.shown().items()
        ]

    # --- people

    def _shoppers(self):
        for key in self.shops:
            visits = [
                event
                for event in self.trace
                if event["kind"] == "shop" and event["shop"] == key
            ]
            yield self._thread(self._shop, key, visits)

    def _people(self):
        for kinds in PEOPLE:
            acts = [
                (number, event)
                for number, event in enumerate(self.trace)
                if event["kind"] in kinds
            ]
            yield self._thread(self._act, acts)

    def _thread(self, work, *arguments):
        def guarded():
            try:
                work(*arguments)
            except Exception as error:  # told by the one who waits for the thread
                self.errors.append(error)

        return threading.Thread(target=guarded, daemon=True)

    def until(self, moment):
        """Wait until so many seconds from the start."""
        left = self.began + moment - time.monotonic()
        if left > 0:
            time.sleep(left)

    def colleague(self):
        """The company as one more person sees it, who logs in by himself."""
        office = company_module.Company(self.server.rpc(), self.world)
        names = ("warehouses", "products", "types", "tax_id", "customer_id")
        for name in (*names, "keeps_lots"):
            setattr(office, name, getattr(self.company, name))
        office.ledger, office.skipped = self.company.ledger, self.company.skipped
        office.shelves = self.company.shelves
        office.sellable = lambda sku: self._sellable(office, sku)
        return office

    def _act(self, acts):
        office = self.colleague()
        for number, event in acts:
            self.until(event["at"])
            office.act(number, dict(event))

    def _sellable(self, office, sku):
        units = self.strategy.sellable(sku)
        return company_module.Company.sellable(office, sku) if units is None else units

    def _shop(self, key, visits):
        """Shoppers of one shop, and what they do about their orders later."""
        shop = self.shops[key]
        todo = [(event["at"], event["number"], "buy", event) for event in visits]
        heapq.heapify(todo)
        while todo:
            at, number, what, event = heapq.heappop(todo)
            self.until(at)
            if what != "buy":
                getattr(shop, what)(event)
                continue
            pays_after = shop.pays_after(event)
            order = self._buy(shop, event, pays_after == 0)
            if order is None:
                continue
            last = self.seconds * 0.98
            if pays_after:
                moment = min(at + pays_after, last)
                heapq.heappush(todo, (moment, number, "pay", order))
            elif event["cancel"] and pays_after == 0:
                heapq.heappush(todo, (min(at + 5, last), number, "cancel", order))

    def _buy(self, shop, event, paid):
        """Look, then buy as much of it as is shown in one place."""
        order, bought = None, {}
        for _try in range(3):
            bought = shop.fit(event["lines"])
            if not bought or self.people.closed & set(bought):
                bought = {}
                break
            try:
                order = carts.buy(shop, bought, event, paid)
                break
            except (*SOLD_OUT, *PARTNERS_SOLD_OUT):
                bought = {}
        visit = {
            "t": time.time(),
            "shop": shop.key,
            "lines": event["lines"],
            "bought": bought,
        }
        with self._lock:
            self.visits.append(visit)
        return order

    # --- the end

    def settle(self):
        """Wait until nothing moves and everything is right, or until it is too late."""
        end = time.monotonic() + self.options.patience
        last, quiet_since = self._last_write(), time.monotonic()
        while True:
            if self.strategy.is_quiet():
                if self.partners:
                    self.partners.arrive()
                facts = self.facts()
                if not self._open(facts):
                    facts["settled"] = round(time.time() - self.ended, 1)
                    return facts
            # what is wrong although nobody has written for long will stay wrong
            if self._last_write() > last:
                last, quiet_since = self._last_write(), time.monotonic()
            stuck = time.monotonic() - quiet_since > self.strategy.stuck
            if stuck or time.monotonic() > end:
                facts = self.facts()
                facts["notes"]["waits"] = self.strategy.waiting()
                facts["settled"] = None
                return facts
            time.sleep(1)

    def _last_write(self):
        """How much was written on either side so far: it grows while anybody works."""
        changes = sum(
            event["delta"] != 0
            for shop in self.shops.values()
            for event in list(shop.events)
        )
        documents = self.partners.count_documents() if self.partners else 0
        known, sales = self.strategy.known(), self.strategy.sales()
        return changes + documents + len(known) + len(sales)

    def _open(self, facts):
        """Whether something is still wrong that may yet come right."""
        stocks = timeline.read(facts)
        told = (facts.get("money") or {}).get("told", ())
        return (
            oracle.lost(facts)
            or not set(oracle.wrong(facts)) <= set(told)
            or (facts["partners"] or {}).get("physical")
            or oracle.drift(facts, stocks)
            or facts.get("leaks")
            or doors.physical(facts, stocks, POOLS)
        )

    def facts(self):
        """Everything that the oracle judges by."""
        strategy, targets = self.strategy, self.strategy.targets()
        rest, orders, told, events = [], [], {}, list(self.first)
        listings = {
            sku: {
                "kind": each.kind,
                "parts": each.parts,
                "changes": list(self.people.changes.get(sku, ())),
            }
            for sku, each in self.world.listings.items()
        }
        for key, shop in self.shops.items():
            for (place, sku), shown in shop.shown().items():
                target = None if targets is None else targets.get((key, place, sku), 0)
                rest.append(
                    {
                        "shop": key,
                        "place": place,
                        "sku": sku,
                        "shown": shown,
                        "target": target,
                    }
                )
            sold_at = _sold_at(shop.events)
            for order in shop.book():
                told[order["id"]] = order["told"]
                placed = sold_at.get(order["id"], float("inf"))
                units = _units(listings, order["lines"], placed)
                left = _units(listings, order.get("left", order["lines"]), placed)
                orders.append({**order, "units": units, "left": left})
            events += list(shop.events)
        events = timeline.set_tests_apart(events, orders)
        events.sort(key=lambda event: event["t"])
        initial = {"main": {}, "west": {}}
        for sku, product in self.world.products.items():
            stock = product.stock
            initial["main"][sku] = sum(stock.get(code, 0) for code in POOLS["main"])
            initial["west"][sku] = stock["WEST"]
        return {
            "began": self.began_wall,
            "ended": self.ended,
            "listings": listings,
            "places": {key: shop.shop.places for key, shop in self.shops.items()},
            "initial": initial,
            "ledger": list(self.company.ledger.entries),
            "events": events,
            "visits": list(self.visits),
            "known": strategy.known(),
            "orders": orders,
            "sales": strategy.sales(),
            "rest": rest,
            "available": strategy.available(),
            "parcels": strategy.parcels(),
            "unaccounted": strategy.unaccounted(),
            "told": told,
            "violations": {
                key: counts
                for key, shop in self.shops.items()
                if (counts := shop.violations()) is not None
            },
            "doubted": strategy.doubted(),
            "differences": strategy.differences(),
            "partners": strategy.partner_facts(),
            "notes": strategy.notes(),
            **self.doors.facts(),
            "words": strategy.words,
            "settled": None,
            **self.people.facts(),
        }


def _sold_at(events):
    """{order: when its first units were sold}"""
    found = {}
    for event in list(events):
        if event["kind"] == "sale":
            found.setdefault(event["order"], event["t"])
    return found


def _units(listings, lines, placed):
    """What Odoo has to sell for it: packs by the piece, kits as such."""
    units = {}
    for sku, number in lines.items():
        listing = listings[sku]
        is_kit = listing["kind"] == "kit"
        parts = {sku: 1} if is_kit else timeline.parts_at(listing, placed)
        for part, each in parts.items() if number else ():
            units[part] = units.get(part, 0) + number * each
    return units


class Crowd(threading.Thread):
    """How many processes want each of this machine's processors, whomever they belong
    to: where it is 10, what takes a second alone takes up to ten."""

    def __init__(self):
        super().__init__(daemon=True)
        self._counts, self._ended = [], threading.Event()
        self.start()

    def run(self):
        while not self._ended.wait(0.5):
            self._counts.append(_running())

    def stop(self):
        self._ended.set()

    def mean(self):
        """None where the system does not tell."""
        counts = list(filter(None, self._counts))
        return counts and round(sum(counts) / len(counts) / psutil.cpu_count(), 1)


def _running():
    try:
        with open("/proc/stat") as lines:
            return next(int(x.split()[1]) for x in lines if x.startswith("procs_run"))
    except (OSError, StopIteration):
        return None


def busy_percent(before, after):
    """Percent of this machine's processors that worked, for whomever."""
    spent = [b - a for a, b in zip(before, after, strict=True)]
    names = after._fields
    idle = sum(spent[names.index(name)] for name in ("idle", "iowait"))
    return 100 * (1 - idle / (sum(spent) or 1))
