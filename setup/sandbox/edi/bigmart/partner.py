"""BigMart: what it buys, what it takes in, and what it charges."""

from datetime import datetime, time, timedelta
from decimal import Decimal

from .. import gs1, rules
from ..partner import HOUR, Partner, PartnerError, locked
from ..truck import Truck
from ..wire_x12 import X12Wire
from . import answers, documents, notices, stock
from .models import Item, Line, Order

DEFAULT_ITEMS = [
    {"sku": f"SKU-{number}", "title": f"Product {number}", "price": f"{number * 5}.00"}
    for number in range(1, 6)
]
DEFAULT_PLACES = {
    "DC07": {
        "name": "BigMart DC 07",
        "street": "700 Depot Road",
        "city": "Joliet",
        "state": "IL",
        "zip": "60431",
    },
    # known by their codes only
    "DC12": {"name": "BigMart DC 12"},
    "0101": {"name": "BigMart 0101"},
    "0102": {"name": "BigMart 0102"},
    "0103": {"name": "BigMart 0103"},
}


class SoldOut(PartnerError):
    """More is wanted than the last 846 shows."""


class BigMart(Partner):
    name = "bigmart"
    RULES = rules.BIGMART
    READS = {"855": "_take_855", "856": "_take_856", "846": "_take_846"}

    def habits(self):
        return rules.BIGMART_HABITS

    def make_wire(self):
        return X12Wire(self)

    def clear(self):
        super().clear()
        self.items, self.places, self.orders, self.notices = {}, {}, {}, {}
        self.trucks = []
        self.sscc_used = set()
        self.stock_at, self.stock_came = None, self.clock.time()
        self.bought = {}
        self.stray = {}
        self._number = 0

    def fill(self, seed):
        """{"items": [...], "places": {code: {...}}}"""
        self.places.update(seed.get("places", {}))
        for values in seed.get("items", [] if self.items else DEFAULT_ITEMS):
            if values["sku"] not in self.items:
                self._add_item(**values)
        if not self.places:
            self.places.update(DEFAULT_PLACES)
        if self.config.buys_every and not self.orders:
            self.buy_each(self.config.buys_every)
        if self.config.stock_hours:
            self.after(self.config.stock_hours * HOUR, self._check_stock_came)

    def _add_item(self, sku, title=None, price="1.00", **values):
        number = len(self.items) + 1
        values.setdefault("upc", gs1.with_digit(f"61414100{number:03}"))
        values.setdefault("buyer", f"{7000000 + number}")
        self.items[sku] = Item(
            sku=sku, title=title or sku, price=Decimal(str(price)), **values
        )

    # --- buying

    @locked
    def offered(self):
        """{SKU: pieces that BigMart believes it may buy}, by the last 846."""
        return {
            sku: item.shown
            for sku, item in self.items.items()
            if item.shown is not None
        }

    @locked
    def buy(
        self,
        lines=None,
        ship_to=None,
        kind="SA",
        purpose="00",
        po=None,
        ship_from=None,
        ship_by=None,
        cancel_after=None,
    ):
        """Order goods by an 850.

        :param lines: {SKU: units} or [{"sku", "quantity", "unit", "price", "stores":
            {store: units}}]; None: something at random of what the last 846 shows
        :param purpose: of BEG01; all but 00 asks for nothing
        :param ship_from, ship_by, cancel_after: dates; None for the custom
        :return: the order
        :raise SoldOut: more than the last 846 shows
        """
        lines = self._some_lines() if lines is None else lines
        if isinstance(lines, dict):
            lines = [{"sku": sku, "quantity": count} for sku, count in lines.items()]
        dates = ship_from, ship_by, cancel_after
        order = self._make_order(lines, ship_to, kind, po, dates)
        if self.rules.strikes("change_first"):
            self._change_first(order, purpose)
        else:
            self._send_order(order, purpose)
        return order

    def checkout(self, lines, **terms):
        """As the shoppers of other shops call it."""
        return self.buy(lines, **terms)

    def _some_lines(self):
        shown = {
            sku: item.shown // item.pack
            for sku, item in self.items.items()
            if item.shown and item.shown >= item.pack
        }
        if not shown:
            raise SoldOut("no 846 shows anything")
        count = min(len(shown), self.dice.choice((1, 1, 2, 3)))
        skus = self.dice.sample(sorted(shown), count)
        return {sku: self.dice.randint(1, max(1, shown[sku] // 3)) for sku in skus}

    def _make_order(self, lines, ship_to, kind, po, dates):
        self._number += 1
        po = po or f"{4500000000 + self._number}"
        if po in self.orders:
            raise PartnerError(f"order {po} is there already")
        start, end, last = dates
        start = start or self.today(self.config.lead_days)
        end = end or start + timedelta(self.config.window_days)
        last = last or self.today(self.config.cancel_days)
        ship_to = ship_to or next(iter(self.places))
        if ship_to not in self.places:
            raise PartnerError(f"no place {ship_to}")
        made = [
            self._make_line(number, **values) for number, values in enumerate(lines, 1)
        ]
        self._take_shown(made)
        order = Order(
            po, kind, self.clock.now(), ship_to, made, start, end, max(last, end)
        )
        order.add_version()
        self.orders[po] = order
        return order

    def _make_line(self, number, sku, quantity=None, unit=None, price=None, stores=()):
        item = self.items.get(sku)
        if item is None:
            raise PartnerError(f"no item {sku}")
        stores = dict(stores)
        quantity = sum(stores.values()) if quantity is None else int(quantity)
        price = item.price if price is None else Decimal(str(price))
        unit = unit or item.unit
        return Line(str(number), item, quantity, unit, price, stores)

    def _take_shown(self, lines):
        """What is ordered is not there for the next order."""
        for line in lines:
            pieces = line.ordered * self._pack(line)
            if line.item.shown is not None and pieces > line.item.shown:
                words = f"{line.item.sku}: {pieces} wanted, {line.item.shown} shown"
                raise SoldOut(words)
        for line in lines:
            pieces = line.ordered * self._pack(line)
            if line.item.shown is not None:
                line.item.shown -= pieces
                line.promised = True
            self.bought[line.item.sku] = self.bought.get(line.item.sku, 0) + pieces

    @staticmethod
    def _pack(line):
        return line.item.pack if line.unit == "CA" else 1

    def _send_order(self, order, purpose="00"):
        segments = documents.purchase_order(self, order, purpose)
        entry = self.wire.send("850", order.po, segments)
        if "usage_test" in entry.faults:
            order.state = "test"
        elif purpose != "00":
            order.state = "copy"
        if order.state in ("test", "copy"):
            self._forget_bought(order.lines)
            return
        self._await_answer(order)
        due = datetime.combine(order.cancel_after + timedelta(1), time(), self.zone)
        self.clock.after((due - self.clock.now()).total_seconds(), self._close, order)

    def _forget_bought(self, lines):
        for line in lines:
            self.bought[line.item.sku] -= line.ordered * self._pack(line)

    def _change_first(self, order, purpose):
        """The 860 is written before the 850 that it changes."""
        line = order.lines[0]
        before = line.ordered
        self._set_quantity(line, before + 1)
        order.changes = 1
        rows = [(line, "QI", before)]
        self.wire.send("860", order.po, documents.change(self, order, rows))
        line.ordered = before
        self._send_order(order, purpose)
        if order.state != "open":
            # a test, which takes the units of the 850 back
            self.bought[line.item.sku] -= self._pack(line)
            return
        line.ordered = before + 1
        order.add_version()
        self._await_answer(order)

    def _set_quantity(self, line, quantity):
        pieces = (quantity - line.ordered) * self._pack(line)
        self.bought[line.item.sku] += pieces
        if line.item.shown is not None:
            line.item.shown = max(0, line.item.shown - pieces)
        line.ordered = quantity

    @locked
    def change(self, po, quantities=None, prices=None, add=None, **dates):
        """Change an order by an 860.

        :param quantities: {line number or SKU: new units}; 0 deletes the line
        :param add: {SKU: units} of new lines
        :param dates: ship_from, ship_by, cancel_after
        """
        order = self._open_order(po)
        rows = []
        for key, quantity in (quantities or {}).items():
            line, before = (
                self._find_line(order, key),
                self._find_line(order, key).ordered,
            )
            self._set_quantity(line, int(quantity))
            code = "QI" if quantity > before else "QD" if quantity else "DI"
            rows.append((line, code, before))
        for key, price in (prices or {}).items():
            line = self._find_line(order, key)
            line.price = Decimal(str(price))
            rows.append((line, "PC", line.ordered))
        for sku, quantity in (add or {}).items():
            line = self._make_line(len(order.lines) + 1, sku, quantity)
            self._take_shown([line])
            order.lines.append(line)
            rows.append((line, "AI", 0))
        for name, day in dates.items():
            if name not in ("ship_from", "ship_by", "cancel_after"):
                raise ValueError(f"an order has no {name}")
            setattr(order, name, day)
        self._send_change(order, rows, "04", bool(dates))
        return order

    @locked
    def cancel(self, po, **_reason):
        """Cancel an order by an 860."""
        order = self._open_order(po)
        for line in order.lines:
            self._set_quantity(line, 0)
        order.state = "cancelled"
        self._send_change(order, [], "01")
        return order

    def _send_change(self, order, rows, purpose, dates=False):
        order.changes += 1
        order.add_version()
        segments = documents.change(self, order, rows, purpose, dates)
        self.wire.send("860", order.po, segments)
        if order.state == "open":
            self._await_answer(order)

    def _open_order(self, po):
        order = self.orders.get(getattr(po, "po", po))
        if order is None or order.state != "open":
            raise PartnerError(f"order {po} is not open")
        return order

    @staticmethod
    def _find_line(order, key):
        line = order.line(key) or order.line_of(key)
        if line is None:
            raise PartnerError(f"order {order.po} has no line {key}")
        return line

    def buy_each(self, seconds):
        """From now on it orders by itself, so often."""
        self.config.buys_every = seconds
        self.after(seconds, self._buy_by_itself)

    def _buy_by_itself(self):
        self.after(self.config.buys_every, self._buy_by_itself)
        try:
            order = self.buy()
        except SoldOut:
            return
        if order.state == "open" and self.dice.random() < self.config.change_share:
            line = self.dice.choice(order.lines)
            self.change(order.po, {line.number: max(0, line.ordered - 1)})

    # --- deadlines

    def _await_answer(self, order):
        hours = self.config.answer_hours
        self.after(hours * HOUR, self._answer_due, order, order.versions[-1])

    def _answer_due(self, order, version):
        """The answer to a change answers what was before it, too."""
        is_last = version is order.versions[-1]
        if order.state == "open" and is_last and not version.answered:
            words = f"no 855 within {self.config.answer_hours:g} hours"
            self.charge("answer_late", f"850 {order.po}", words)

    def _close(self, order):
        """Its cancel date is over: what did not come is charged and not wanted."""
        if order.state != "open":
            return
        order.state = "closed"
        for line in order.lines:
            if line.received < line.ordered:
                words = f"line {line.number}: {line.received} of {line.ordered}"
                self.charge("under_shipment", f"850 {order.po}", words)

    def _check_stock_came(self):
        hours = self.config.stock_hours
        self.after(hours * HOUR, self._check_stock_came)
        if self.clock.time() - self.stock_came > self.config.life(hours * HOUR):
            self.charge("stock_late", "846", f"none within {hours:g} hours")

    # --- what comes

    def find_item(self, ids):
        for item in self.items.values():
            known = {"UP": item.upc, "IN": item.buyer, "VN": item.sku, "SK": item.sku}
            told = {name: value for name, value in ids.items() if name in known}
            if told and all(known[name] == value for name, value in told.items()):
                return item
        return None

    def take(self, document, entry):
        before = len(self.ledger.entries)
        super().take(document, entry)
        new = self.ledger.entries[before:]
        if new:
            entry.notes += [f"{each.number} {each.rule}: {each.reason}" for each in new]
            self._advise(document, entry, new)

    def _advise(self, document, entry, charges):
        """824: what is charged, and why."""
        if not self.config.advises:
            return
        self.send_advice(document, entry, charges, "TE")

    def _take_855(self, document, _entry):
        answers.take(self, document)

    def _take_856(self, document, _entry):
        notices.take(self, document)

    def _take_846(self, document, _entry):
        stock.take(self, document)

    # --- the dock

    def expects(self, truck):
        return truck.ship_to in self.places

    @locked
    def truck(self, truck):
        """Goods are at the dock: compared with their ship notices, carton by carton."""
        truck.arrived = self.clock.now()
        self.trucks.append(truck)
        waiting = dict(truck.cartons)
        told = [each for each in self.notices.values() if self._belongs(each, truck)]
        for notice in told:
            self._compare(notice, truck, waiting)
        if not told:
            words = f"no 856 for {truck.bol} when it came"
            self.charge("asn_late", f"truck {truck.bol}", words)
            truck.notes.append("waits for its 856")
            return
        for sscc in waiting:
            self.charge("sscc_unknown", f"truck {truck.bol}", f"carton {sscc}")
            self._stray(truck.cartons[sscc])

    def receive(self, cartons, bol="", ship_to=None, orders=()):
        """A truck with {SSCC: {SKU: pieces}} comes in."""
        self.truck(Truck(bol, ship_to or next(iter(self.places)), cartons, orders))

    @locked
    def arrive(self, shipment, missing=(), wrong=None):
        """A truck comes in with what its 856 says, but for some cartons.

        :param missing: SSCCs that are not on it
        :param wrong: {SSCC: {SKU: pieces}} of cartons that hold something else
        """
        notice = self.notices.get(shipment)
        if notice is None:
            raise PartnerError(f"no ship notice {shipment}")
        cartons = {
            sscc: self._pieces(rows)
            for sscc, rows in notice.cartons.items()
            if sscc not in missing
        }
        cartons.update(wrong or {})
        self.truck(Truck(notice.bol, next(iter(self.places)), cartons))

    def meet(self, notice):
        """A ship notice has come: perhaps its truck was here before."""
        for truck in self.trucks:
            if truck.notes and self._belongs(notice, truck):
                truck.notes.clear()
                waiting = dict(truck.cartons)
                self._compare(notice, truck, waiting)
                for sscc in waiting:
                    label = f"truck {truck.bol}"
                    self.charge("sscc_unknown", label, f"carton {sscc}")
                    self._stray(truck.cartons[sscc])

    @staticmethod
    def _belongs(notice, truck):
        same = notice.bol and notice.bol == truck.bol
        return not notice.arrived and (
            same or bool(set(notice.cartons) & set(truck.cartons))
        )

    def _pieces(self, rows):
        """{SKU: pieces} that a carton holds by its notice."""
        found = {}
        for line, units, _store in rows:
            pieces = units * self._pack(line)
            found[line.item.sku] = found.get(line.item.sku, 0) + pieces
        return found

    def _compare(self, notice, truck, waiting):
        notice.arrived = True
        label = f"856 {notice.id}"
        for sscc, rows in notice.cartons.items():
            content = waiting.pop(sscc, None)
            if content is None:
                self.charge("carton_missing", label, f"carton {sscc}")
                continue
            told = self._pieces(rows)
            if content != told:
                words = f"carton {sscc}: {content} and not {told}"
                self.charge("asn_content", label, words)
            self._book(rows, dict(content))

    def _book(self, rows, content):
        """Put what a carton really holds to the lines that it was told for."""
        for line, units, _store in rows:
            pack, sku = self._pack(line), line.item.sku
            found = min(units, content.get(sku, 0) // pack)
            line.received += found
            content[sku] = content.get(sku, 0) - found * pack
        self._stray(content)

    def _stray(self, content):
        """Goods that are in the house and on no line."""
        for sku, pieces in content.items():
            if pieces:
                self.stray[sku] = self.stray.get(sku, 0) + pieces

    # --- looking

    def truth(self):
        """Quantities are pieces, those of lines units of the order."""
        received = dict(self.stray)
        for order in self.orders.values():
            for line in order.lines:
                sku, pieces = line.item.sku, line.received * self._pack(line)
                received[sku] = received.get(sku, 0) + pieces
        return {
            "shown": {sku: item.shown for sku, item in self.items.items()},
            "bought": {sku: count for sku, count in self.bought.items() if count},
            "received": {sku: count for sku, count in received.items() if count},
            "orders": {
                order.po: {
                    "state": order.state,
                    "ship_to": order.ship_to,
                    "answered": order.answered,
                    "lines": {
                        line.number: {
                            "sku": line.item.sku,
                            "unit": line.unit,
                            "ordered": line.ordered,
                            "confirmed": line.confirmed,
                            "noticed": line.noticed,
                            "received": line.received,
                            "stores": dict(line.stores),
                        }
                        for line in order.lines
                    },
                }
                for order in self.orders.values()
            },
            "charged": str(self.ledger.total),
            "charges": dict(self.ledger.counts),
        }
