"""Trading partners beside the shops: BigMart buys by files, Dock9 keeps a warehouse.

Dock9's goods are part of the same pool that the shops sell: their orders leave from
there as well, and what it really has is compared with Odoo's at rest.
"""

import threading
import time

import sandbox.edi as edi
from demo.partners import Partners
from sandbox.edi.bigmart import stock as bigmart_stock

from .shops import Log, Shop, _sum

RETAILER, HOUSE = "foxtrot", "dock9"
CODE = "D9"  # of Odoo's warehouse that Dock9 keeps
PLACE = "All that BigMart gets"
SOLD_OUT = edi.SoldOut
PLACES = {
    "DC07": {
        "name": "BigMart DC 07",
        "street": "700 Depot Road",
        "city": "Joliet",
        "state": "IL",
        "zip": "60431",
    },
}
# What takes hours and days there takes seconds here.
SECONDS_TO_SHIP, SECONDS_OF_REST, SECONDS_BETWEEN_REPORTS = 3, 8, 30
# What a retailer charges for that nobody here can mend: a third party's advice that is
# late, or names no cartons. {rule: habits that explain it}
UNTOLD = ("advice_no_exceptions", "advice_exceptions")
EXPLAINED = {
    "asn_late": ("advice_late",),
    "carton_missing": UNTOLD,
    "sscc_unknown": UNTOLD,
}
# Faults that software has to get over by itself: {partner: {habit: rate}}
HABITS = {
    "bigmart": {
        "bom": 0.05,
        "growing": 0.05,
        "two_interchanges": 0.05,
        "again_same": 0.1,
        "again_new_number": 0.1,
        "wrong_count": 0.05,
        "lf_terminators": 0.05,
        "isa_short": 0.05,
        "ack_twice": 0.1,
        "ack_errors": 0.05,
        "ack_bare": 0.05,
        "change_first": 0.1,
    },
    "dock9": {
        "bom": 0.05,
        "growing": 0.05,
        "again_same": 0.1,
        "again_new_number": 0.1,
        "lf_terminators": 0.05,
        "ack_twice": 0.1,
        "advice_late": 0.1,
        "advice_twice": 0.1,
        "advice_before_ack": 0.1,
        "advice_no_exceptions": 0.2,
        "advice_exceptions": 0.2,
        "ships_partial": 0.2,
        "stock_older": 0.1,
        "stock_truncated": 0.1,
        "stock_zone": 0.05,
    },
}


def _take_item(shop, item, *values, original=bigmart_stock._take_item):
    """What a stock document changes is noted, as the shops' histories note it."""
    before = item.shown
    original(shop, item, *values)
    log = getattr(shop, "simulation_log", None)
    if log is not None and item.shown is not None:
        log.note(PLACE, item.sku, "write", item.shown - (before or 0), item.shown)


bigmart_stock._take_item = _take_item


class World:
    """The sandbox with the partners that take part."""

    def __init__(self, world):
        seed = {}
        if world.has(RETAILER):
            seed["bigmart"] = _seed_retailer(world)
        if world.has(HOUSE):
            seed["dock9"] = _seed_house(world)
        self.box = edi.start(seed, list(seed), tick=0.2, random_seed=world.seed)
        self.names, self.reports = list(seed), True

    def stop(self):
        self.box.stop()

    def report(self):
        """The warehouse tells what it has, again and again, once somebody listens."""
        house = self.box.partners["dock9"]
        with self.box.transaction():
            house.each(SECONDS_BETWEEN_REPORTS, self._report)

    def _report(self):
        if self.reports:
            self.box.partners["dock9"]._report()

    def calm(self):
        """No faults any more, and no reports that would keep all from coming to
        rest."""
        self.reports = False
        self.box.calm()

    def arrive(self):
        """The trucks that have left arrive: by now the retailer was told of all of
        them, or will never be. How long a document takes on a busy machine is no
        matter of this."""
        house = self.box.partners.get("dock9")
        if house:
            with self.box.transaction():
                trucks, house.on_the_road = house.on_the_road, []
                for truck in trucks:
                    self.box.ship(truck)

    def count_documents(self):
        """How many were written or read by now: it grows while anybody works."""
        with self.box.transaction():
            return sum(
                each.kind not in ("846", "997")
                for name in self.names
                for each in self.box.partners[name].documents
            )

    def disturb(self):
        for name in self.names:
            self.box.partners[name].rules.set(**HABITS[name])


def _seed_retailer(world):
    return {
        "settings": {"lead_days": 0, "again_seconds": 8.0, "grow_seconds": 3.0}
        | {"keep_hours": 0.004},
        "places": PLACES,
        "items": [
            {"sku": each.sku, "title": each.sku, "price": f"{each.price}.00"}
            for each in world.listings.values()
            if each.kind == "plain"
        ],
    }


def _seed_house(world):
    return {
        "settings": {
            "pick_seconds": SECONDS_TO_SHIP,
            "ship_seconds": 0,
            "rest_hours": SECONDS_OF_REST / 3600,
            "advice_late_hours": SECONDS_OF_REST / 3600,
            "again_seconds": 8.0,
            "grow_seconds": 3.0,
            "keep_hours": 0.004,
            # trucks arrive when all else is at rest: ``World.arrive``
            "transit_hours": 1000,
            "report_at": None,
            "carton_pieces": 1000,
        },
        "articles": [
            {"sku": sku, "title": sku, "quantity": each.stock.get(CODE, 0)}
            for sku, each in sorted(world.products.items())
        ],
    }


class EdiShop(Shop):
    """BigMart as a shop: shoppers are its stores, which buy what our 846 shows."""

    def start(self, products, port=0):
        return self

    def join(self, box):
        self.box = box
        self.partner = box.partners["bigmart"]
        self.log = Log(self)
        self.partner.simulation_log = self.log
        return self

    @property
    def events(self):
        return self.log.events

    def stop(self):
        """It goes with its sandbox."""

    def buy(self, lines, person, paid):
        [place] = self.shop.places
        with self.box.transaction():
            order = self.partner.buy(dict(lines))
            for line in order.lines:
                units = line.ordered
                item = line.item
                self.log.note(place, item.sku, "sale", -units, item.shown, order.po)
        return order.po

    def pay(self, order):
        """By invoice, some day."""

    def cancel(self, po):
        [place] = self.shop.places
        with self.box.transaction():
            order = self.partner.orders[po]
            wanted = {line: line.ordered for line in order.lines}
            self.partner.cancel(po)
            for line, units in wanted.items():
                item = line.item
                self.log.note(place, item.sku, "restock", units, item.shown, po)

    def offered(self, sku, place):
        return self.partner.offered().get(sku, 0)

    def shown(self):
        [place] = self.shop.places
        return {(place, sku): shown for sku, shown in self.partner.offered().items()}

    def book(self):
        with self.box.transaction():
            told = {}
            for notice in self.partner.notices.values():
                lines = [row[0] for rows in notice.cartons.values() for row in rows]
                for order in self.partner.orders.values():
                    if any(line in order.lines for line in lines):
                        told[order.po] = told.get(order.po, 0) + 1
            return [
                {
                    "id": f"{self.key}:{order.po}",
                    "live": order.state == "open",
                    "lines": {
                        sku: units
                        for sku, units in _sum(
                            (line.item.sku, line.ordered) for line in order.lines
                        ).items()
                        if units
                    },
                    "told": told.get(order.po, 0),
                }
                for order in self.partner.orders.values()
                if order.state not in ("test", "copy")
            ]

    def calm(self):
        self.box.calm()

    def save(self):
        """Control numbers go on: it is played once."""

    def rewind(self, connected=True):
        self.log.events.clear()


class Connected(Partners):
    """What a manager enters in Odoo, for a sandbox in this process."""

    owner = "admin"

    def __init__(self, run, world):
        self.run, self.world = run, world
        super().__init__(
            run.odoo, run.sql, run.company, [], lambda _seed: world.box.url
        )

    def connect(self, _wait):
        if "dock9" in self.world.names:
            self.house = {"id": self.company.warehouses[CODE][0]}
            self._connect_dock9(live=False)
            self.world.report()
        if "bigmart" in self.world.names:
            names = ["default_code", "in", self._get_skus()]
            self.goods = self.odoo.find("product.product", names)
            warehouses = [
                self.company.warehouses[code][0]
                for code in ("WH", "EAST", CODE)
                if code in self.company.warehouses
            ]
            self._connect_bigmart(warehouses, edi_counts_down=True, publish_minutes=0)

    def _get_skus(self):
        return [
            each.sku
            for each in self.run.world.listings.values()
            if each.kind == "plain"
        ]

    def is_ready(self):
        """Nothing schedules anything yet: an operator looks for files."""
        self.look()
        time.sleep(2)
        return not self.waiting()

    # --- what the oracle asks

    def waiting(self):
        """{words: how much}"""
        state = self.store.get("state")
        files = sum(len(each["out"]) for each in state["partners"].values())
        [[documents]] = self.database.rows(
            """
            SELECT (SELECT count(*) FROM channel_edi_file WHERE state = 'new')
                 + (SELECT count(*) FROM channel_edi_document
                     WHERE state IN ('new', 'ready', 'framed', 'parked')
                        OR ack_state = 'awaiting')
                 + (SELECT count(*) FROM channel_edi_interchange
                     WHERE direction = 'out' AND state IN ('ready', 'sending'))
            """
        )
        found = {"files of partners": files, "documents of partners": documents}
        if "dock9" in self.world.names:
            house = self.world.box.partners["dock9"]
            with self.world.box.transaction():
                found["orders at the warehouse"] = sum(
                    line.open > 0 and line.article.good > 0
                    for order in house.orders.values()
                    for line in (order.lines if order.state == "open" else ())
                )
        return {words: count for words, count in found.items() if count}

    def facts(self):
        facts = {
            **{"charges": {}, "charges_of_faults": {}},
            **{"stuck": self._list_stuck(), "physical": [], "trucks": 0},
        }
        habits = self._list_habits()
        for name in self.world.names:
            for entry in self.store.get(f"{name}/ledger")["entries"]:
                found = habits.get(entry["document"], ())
                explained = set(EXPLAINED.get(entry["rule"], ())) & set(found)
                kind = "charges_of_faults" if explained else "charges"
                row = facts[kind].setdefault(f"{name} {entry['rule']}", [0, ""])
                row[0] += 1
                row[1] = f"{entry['document']} {entry['reason']}"
        if "bigmart" in self.world.names:
            facts["trucks"] = len(self.world.box.partners["bigmart"].trucks)
        if "dock9" in self.world.names:
            facts["physical"] = self._compare_physical()
        return facts

    def _list_habits(self):
        """{how a ledger calls what came of a shipment: habits of its 945}"""
        if not {"bigmart", "dock9"} <= set(self.world.names):
            return {}
        partners = self.world.box.partners
        with self.world.box.transaction():
            by_truck = {each.bol: each.habits for each in partners["dock9"].shipments}
            by_notice = {
                f"856 {each.id}": by_truck.get(each.bol, ())
                for each in partners["bigmart"].notices.values()
            }
        return {**{f"truck {bol}": x for bol, x in by_truck.items()}, **by_notice}

    def _compare_physical(self):
        """[(SKU, there, in Odoo)] of what differs."""
        rows = self.database.rows(
            """
            SELECT product.default_code, sum(quant.quantity)::float
              FROM stock_quant quant
              JOIN product_product product ON product.id = quant.product_id
              JOIN stock_location place ON place.id = quant.location_id
              JOIN stock_warehouse house ON house.id = %s
              JOIN stock_location root ON root.id = house.view_location_id
             WHERE place.parent_path LIKE root.parent_path || '%%'
             GROUP BY 1
            """,
            self.house["id"],
        )
        ours = dict(rows)
        stock = self.world.box.partners["dock9"].truth()["stock"]
        return [
            (sku, each["total"], ours.get(sku, 0))
            for sku, each in stock.items()
            if each["total"] != ours.get(sku, 0)
        ]


class House:
    """What Dock9's people do besides: pieces are found or lost, and told by 947."""

    def __init__(self, run, world, dice):
        self.run, self.partner, self.dice = run, world.box.partners["dock9"], dice
        self.box = world.box
        self._lock = threading.Lock()

    def correct(self):
        plenty = [
            sku
            for sku, each in sorted(self.run.world.products.items())
            if not each.scarce and self.partner.articles[sku].good > 2
        ]
        if not plenty:
            return False
        sku, pieces = self.dice.choice(plenty), self.dice.choice((-1, 1, 2))
        began = time.time()
        with self.box.transaction():
            free = self.partner.articles[sku].good - self.partner.allocated()[sku]
            if pieces < 0 and free < 2:
                return False
            self.partner.adjust(sku, pieces)
        # what is found counts from now, what is lost from now as well: it is gone
        self.run.company.ledger.add(began, "main", sku, pieces, "correction")
        return True
