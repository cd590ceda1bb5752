"""Tills of the main warehouse: what is sold there has left through the door, whatever
Odoo knows of it.

Two of them book their stock when their session closes, one at once. The second is
offline for a while, if that is among the faults: it goes on selling what stands on the
shelf, and tells it later. What tills have sold is in books of their own (``sales``), by
which the oracle judges.
"""

import random
import threading
import time
import uuid

from demo.processes import DemoError

from .company import insist

CODE = "WH"
COMPANY, ADMIN = 1, 2
RING_RATE = 0.2  # sales at tills, for each shopper of the shops
SCARCE_PART, KIT_PART = 0.4, 0.1
# (name, whether it books when its session closes)
TILLS = (("Till 1", True), ("Till 2", True), ("Till 3", False))
OFFLINE = 1  # index of the one that loses its connection
AWAY, SHIFT = (0.3, 0.65), 0.48  # of the whole: offline from until; sessions change
SECONDS_BETWEEN_TRIES, TRIES = 2, 30
BOOKED = """
    SELECT sold.uuid FROM pos_order sold
      JOIN pos_session session ON session.id = sold.session_id
     WHERE session.state = 'closed' OR NOT session.update_stock_at_closing
"""
# Of the tills of this run: a row a line of an order, in sold units.
THERE = """
    SELECT sold.uuid, extract(epoch FROM sold.create_date)::float, sold.state,
           product.default_code, line.qty::float
      FROM pos_order sold
      JOIN pos_session session ON session.id = sold.session_id
      JOIN pos_config till ON till.id = session.config_id AND till.name LIKE 'Till %'
      LEFT JOIN pos_order_line line ON line.order_id = sold.id
      LEFT JOIN product_product product ON product.id = line.product_id
"""


def plan(world, orders, seconds):
    """:return: events of a trace, with dice of their own"""
    dice = random.Random(f"tills {world.seed}")
    names = sorted(world.products)
    kits = sorted(sku for sku, each in world.listings.items() if each.kind == "kit")
    return [
        {
            "at": dice.random() * seconds * 0.95,
            "kind": "ring",
            "till": dice.randrange(len(TILLS)),
            "lines": {
                _pick(dice, world, names, kits): dice.choice((1, 1, 2))
                for _line in range(dice.choice((1, 1, 2)))
            },
        }
        for _number in range(max(12, round(RING_RATE * orders)))
    ]


def _pick(dice, world, names, kits):
    if kits and dice.random() < KIT_PART:
        return dice.choice(kits)
    return dice.choice(world.scarce if dice.random() < SCARCE_PART else names)


def furnish(odoo):
    """Tills as a manager makes them."""
    bank = odoo.find_id(
        "account.journal", ["type", "=", "bank"], ["company_id", "=", COMPANY]
    )
    [warehouse] = odoo.find(
        "stock.warehouse", ["code", "=", CODE], fields=["pos_type_id"]
    )
    for name, _at_closing in TILLS:
        card = odoo.create(
            "pos.payment.method", name=f"Card at {name}", journal_id=bank
        )
        odoo.create(
            "pos.config",
            name=name,
            picking_type_id=warehouse["pos_type_id"][0],
            payment_method_ids=[(6, 0, [card])],
        )


class Till:
    """One till, with a memory of its own: what it has not told yet."""

    def __init__(self, counter, name, at_closing):
        self.counter, self.name, self.at_closing = counter, name, at_closing
        self.run, self.odoo = counter.run, counter.run.server.rpc()
        self.untold, self.away, self.is_back = [], False, False
        [row] = self.odoo.find(
            "pos.config", ["name", "=", name], fields=["payment_method_ids"]
        )
        self.id, [self.card_id] = row["id"], row["payment_method_ids"]
        # the one that it believes to be in: it may have been closed behind its back
        self.session_id = None

    # --- sessions

    def open(self):
        """:return: id of a session, which books as the company's setting says now"""
        setting = "closing" if self.at_closing else "real"
        values = {"point_of_sale_update_stock_quantities": setting}
        with self.counter.opening:
            self._insist("res.company", "write", [COMPANY], values)
            self._insist("pos.config", "open_ui", [self.id])
            session = self._read_session()
        if not session:
            raise DemoError(f"{self.name}: no session opens")
        if session["state"] == "opening_control":
            self._insist("pos.session", "set_opening_control", [session["id"]], 0, None)
        return session["id"]

    def close(self):
        """Book what it has sold. Whether a call was done without an answer is seen by
        the next look."""
        for _try in range(TRIES):
            session = self._read_session()
            if not session:
                return
            try:
                with self.run.company.shelves:
                    self.odoo.call(
                        "pos.session",
                        "action_pos_session_closing_control",
                        [session["id"]],
                    )
            except DemoError as error:
                self.counter.note("closing", error)
                time.sleep(SECONDS_BETWEEN_TRIES)
        raise DemoError(f"the session of {self.name} does not close")

    def _read_session(self):
        rows = insist(
            lambda: self.odoo.find(
                "pos.session",
                ["config_id", "=", self.id],
                ["state", "!=", "closed"],
                fields=["state"],
                limit=1,
            )
        )
        return rows[0] if rows else None

    def change_shift(self):
        """Its session is closed, by somebody at a desk where it is offline: then it
        does not know."""
        self.tell()
        self.close()
        session_id = self.open()
        if not self.away:
            self.session_id = session_id

    def _insist(self, *call):
        return insist(lambda: self.odoo.call(*call))

    # --- sales

    def look(self, sku):
        """:return: units that its product information calls sellable, None without an
        answer"""
        try:
            info = self.odoo.call(
                "product.template",
                "get_product_info_pos",
                [self.counter.templates[sku]],
                1,
                1,
                self.id,
                product_variant_id=self.run.company.products[sku],
            )
        except DemoError:
            return None
        place = self.run.company.warehouses[CODE][0]
        [told] = [each for each in info["warehouses"] if each["id"] == place]
        return int(told["channel_sellable"])

    def ring(self, lines, seen=None):
        """Somebody leaves with what is his from now on.

        :param lines: {SKU: units}
        :param seen: when it was looked what is left
        """
        now = time.time()
        order = self._prepare(lines, now)
        self.untold.append(order)
        self.counter.enter(self, order["uuid"], lines, now, seen or now)
        self.tell()

    def tell(self):
        """Send all that is not told: what is not answered stays, and is sent again, as
        some is that was answered."""
        if self.away:
            self.counter.mark_offline(self.untold)
            return
        if not self.untold:
            return
        sent = list(self.untold)
        twice, again = (self.counter.strikes() or self.is_back for _kind in range(2))
        self.is_back = False
        try:
            # who books at once takes from the shelf now
            with self.run.company.shelves:
                self._send(sent, twice)
                if again:
                    self._send(sent)
        except DemoError as error:
            self.counter.note("not told", error)
            return
        told = {each["uuid"] for each in sent}
        self.untold = [each for each in self.untold if each["uuid"] not in told]

    def _send(self, sent, twice=False):
        """:param twice: by a second window of the till at the same moment"""
        twin = threading.Thread(target=self._send_twin, args=[sent])
        if twice:
            twin.start()
        try:
            self.odoo.call("pos.order", "sync_from_ui", sent)
        finally:
            if twice:
                twin.join()

    def _send_twin(self, sent):
        try:
            self.run.server.rpc().call("pos.order", "sync_from_ui", sent)
        except DemoError as error:
            self.counter.note("told twice", error)

    def _prepare(self, lines, now):
        """An order as a till sends it."""
        listings = self.run.world.listings
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now))
        total = sum(listings[sku].price * units for sku, units in lines.items())
        payment = {
            "amount": total,
            "name": moment,
            "payment_method_id": self.card_id,
        }
        return {
            "amount_paid": total,
            "amount_return": 0,
            "amount_tax": 0,
            "amount_total": total,
            "company_id": COMPANY,
            "date_order": moment,
            "fiscal_position_id": False,
            "pricelist_id": False,
            "lines": [
                (0, 0, self._prepare_line(sku, units, listings[sku].price))
                for sku, units in lines.items()
            ],
            "name": "Order",
            "partner_id": False,
            "session_id": self.session_id,
            "payment_ids": [(0, 0, payment)],
            "user_id": ADMIN,
            "uuid": str(uuid.uuid4()),
            "to_invoice": False,
            "state": "paid",
        }

    def _prepare_line(self, sku, units, price):
        return {
            "price_unit": price,
            "product_id": self.run.company.products[sku],
            "price_subtotal": price * units,
            "price_subtotal_incl": price * units,
            "qty": units,
            "discount": 0,
            "tax_ids": [(6, 0, [])],
            "pack_lot_ids": [],
            "uuid": str(uuid.uuid4()),
        }


class Counter:
    """All tills of a run, and their books: ``sales`` by the order's uuid."""

    def __init__(self, run):
        self.run = run
        self.sales, self.refused, self.notes = {}, 0, {}
        self.opening, self._lock = threading.Lock(), threading.Lock()
        self.tills, self.templates = [], {}
        self.dice, self.rate = random.Random(f"counter {run.world.seed}"), 0

    def start(self):
        """The sessions open, before the shoppers come."""
        rows = self.run.odoo.find(
            "product.product",
            ["id", "in", list(self.run.company.products.values())],
            fields=["default_code", "product_tmpl_id"],
        )
        self.templates = {
            row["default_code"]: row["product_tmpl_id"][0] for row in rows
        }
        self.tills = [Till(self, *each) for each in TILLS]
        for till in self.tills:
            till.session_id = till.open()

    def threads(self):
        for number, till in enumerate(self.tills):
            events = [
                event
                for event in self.run.trace
                if event["kind"] == "ring" and event["till"] == number
            ]
            if till.at_closing:
                shift = {"at": SHIFT * self.run.whole_seconds, "kind": "shift"}
                events = sorted([*events, shift], key=lambda event: event["at"])
            yield self.run._thread(self._work, till, events)

    def finish(self):
        """All are told, and all sessions closed: nothing of it is held any more."""
        for till in self.tills:
            self.find(till)
            for _try in range(TRIES):
                if till.untold:
                    time.sleep(SECONDS_BETWEEN_TRIES)
                    till.tell()
            till.close()

    def _work(self, till, events):
        for event in events:
            self._wait(till, event["at"])
            if event["kind"] == "shift":
                till.change_shift()
            else:
                self._serve(till, event["lines"])

    def _wait(self, till, moment):
        """Until then, and tell what was not answered meanwhile."""
        while (left := self.run.began + moment - time.monotonic()) > 0:
            time.sleep(min(left, SECONDS_BETWEEN_TRIES))
            till.tell()

    def _serve(self, till, wanted):
        seen = time.time()
        lines = {sku: self._fit(till, sku, units) for sku, units in wanted.items()}
        lines = {sku: units for sku, units in lines.items() if units > 0}
        if lines:
            till.ring(lines, seen)
        else:
            self.refused += 1

    def _fit(self, till, sku, units):
        """By what the till says; by what stands on the shelf where it is offline. Where
        Odoo does not answer, the customer does not wait."""
        if till.away:
            return min(units, max(0, self._count_shelf(sku)))
        return min(units, max(0, till.look(sku) or 0))

    def _count_shelf(self, sku):
        """What can be taken by hand: what Odoo has there, without what tills have sold
        and it has not booked."""
        booked = {each for [each] in self.run.sql.rows(BOOKED)}
        parts = self.run.world.listings[sku].parts
        with self._lock:
            gone = [each for each in self.sales.values() if each["uuid"] not in booked]
        taken = {}
        for sale in gone:
            for part, units in self._split(sale["lines"]).items():
                taken[part] = taken.get(part, 0) + units
        company = self.run.company
        there = {
            part: self.run.sql.value(
                "SELECT COALESCE(sum(quantity), 0)::int FROM stock_quant"
                " WHERE product_id = %s AND location_id = %s",
                company.products[part],
                company.warehouses[CODE][1],
            )
            for part in parts
        }
        return min(
            (there[part] - taken.get(part, 0)) // each for part, each in parts.items()
        )

    def _split(self, lines):
        """{SKU of a product: stock units}"""
        found = {}
        for sku, units in lines.items():
            for part, each in self.run.world.listings[sku].parts.items():
                found[part] = found.get(part, 0) + units * each
        return found

    # --- books

    def enter(self, till, number, lines, now, seen):
        with self._lock:
            self.sales[number] = {
                "uuid": number,
                "till": till.name,
                "t": now,
                "seen": seen,
                "lines": lines,
                "units": self._split(lines),
                "offline": False,
            }

    def mark_offline(self, orders):
        with self._lock:
            for each in orders:
                self.sales[each["uuid"]]["offline"] = True

    def note(self, words, error):
        with self._lock:
            self.notes[f"{words}: {error}"] = self.notes.get(f"{words}: {error}", 0) + 1

    # --- what goes wrong

    def strikes(self):
        return self.dice.random() < self.rate

    def disturb(self, rate):
        """So many of what they tell comes twice."""
        self.rate = rate

    def lose(self):
        """One till has no connection any more."""
        self.tills[OFFLINE].away = True

    def find(self, till=None):
        """It has one again, and learns which session is open."""
        till = till or self.tills[OFFLINE]
        if not till.away:
            return
        session = till._read_session()
        till.session_id = session["id"] if session else till.session_id
        till.is_back, till.away = True, False

    # --- facts

    def facts(self):
        """{till_sales: their own books, with what Odoo has of each}"""
        there = {}
        for number, known, state, sku, units in self.run.sql.rows(THERE):
            row = there.setdefault(number, {"known": known, "state": state, "has": {}})
            if sku:
                row["has"][sku] = row["has"].get(sku, 0) + units
        with self._lock:
            sales = [dict(each) for each in self.sales.values()]
        nothing = {"known": None, "state": None, "has": {}}
        return {
            "till_sales": [
                {**each, **there.get(each["uuid"], nothing)} for each in sales
            ],
            # a sale that Odoo has and no till has made
            "till_strange": sorted(set(there) - {each["uuid"] for each in sales}),
            "till_notes": {"refused": self.refused, **self.notes},
        }
