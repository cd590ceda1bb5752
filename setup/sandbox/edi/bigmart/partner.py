"""BigMart: what it buys, what it takes in, and what it charges."""

from collections import Counter
from decimal import Decimal

from .. import gs1, rules
from ..partner import HOUR, Partner, PartnerError, locked
from ..truck import Truck
from ..wire_x12 import X12Wire
from . import answers, buying, dock, invoices, notices, stock
from .buying import SoldOut
from .models import Item

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


class BigMart(Partner):
    name = "bigmart"
    RULES = rules.BIGMART
    READS = {
        "855": "_take_855",
        "856": "_take_856",
        "846": "_take_846",
        "810": "_take_810",
    }

    def habits(self):
        return rules.BIGMART_HABITS

    def make_wire(self):
        return X12Wire(self)

    def clear(self):
        super().clear()
        self.items, self.places, self.orders, self.notices = {}, {}, {}, {}
        self.bills = {}
        self.trucks = []
        self.sscc_used = set()
        self.stock_at, self.stock_came = None, self.clock.time()
        self.bought = Counter()
        self.stray = Counter()
        self._number = 0
        # what it does by itself
        self._begun = False

    def fill(self, seed):
        """{"items": [...], "places": {code: {...}}}"""
        self.places.update(seed.get("places", {}))
        for values in seed.get("items", [] if self.items else DEFAULT_ITEMS):
            if values["sku"] not in self.items:
                self._add_item(**values)
        if not self.places:
            self.places.update(DEFAULT_PLACES)
        if not self._begun:
            self._begun = True
            self.each(self.config.buys_every, self._buy_by_itself)
            self.each(self._stock_seconds(), self._check_stock_came)

    def _add_item(self, sku, title=None, price="1.00", **values):
        price = None if price is None else Decimal(str(price))
        number = len(self.items) + 1
        values.setdefault("upc", gs1.with_digit(f"61414100{number:03}"))
        values.setdefault("buyer", f"{7000000 + number}")
        self.items[sku] = Item(sku=sku, title=title or sku, price=price, **values)

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
        address=None,
        note="",
    ):
        """Order goods by an 850.

        :param lines: {SKU: units} or [{"sku", "quantity", "unit", "price", "stores":
            {store: units}}]; None: something at random of what the last 846 shows
        :param purpose: of BEG01; all but 00 asks for nothing
        :param address: of a consumer: name, street, city, state, zip, country; no place
        :param ship_from, ship_by, cancel_after: dates; None for the custom
        :return: the order
        :raise SoldOut: more than the last 846 shows
        """
        lines = buying.choose(self) if lines is None else lines
        if isinstance(lines, dict):
            lines = [{"sku": sku, "quantity": count} for sku, count in lines.items()]
        self._number += 1
        po = po or f"{4500000000 + self._number}"
        ship_to = "" if address else ship_to or next(iter(self.places))
        dates = ship_from, ship_by, cancel_after
        order = buying.make_order(self, lines, ship_to, kind, po, dates, address, note)
        if self.rules.strikes("change_first"):
            buying.send_change_first(self, order, purpose)
        else:
            buying.send(self, order, purpose)
        return order

    def checkout(self, lines, **terms):
        """As the shoppers of other shops call it."""
        return self.buy(lines, **terms)

    @locked
    def change(self, po, quantities=None, prices=None, add=None, **dates):
        """Change an order by an 860.

        :param quantities: {line number or SKU: new units}; 0 deletes the line
        :param prices: {line number or SKU: new price}
        :param add: {SKU: units} of new lines
        :param dates: ship_from, ship_by, cancel_after
        """
        order = self._open_order(po)
        changes = quantities or {}, prices or {}, add or {}
        rows = buying.change(self, order, *changes, dates)
        buying.send_change(self, order, rows, "04", bool(dates))
        return order

    @locked
    def cancel(self, po, **_reason):
        """Cancel an order by an 860."""
        order = self._open_order(po)
        for line in order.lines:
            buying.set_quantity(self, line, 0)
        order.state = "cancelled"
        buying.send_change(self, order, [], "01")
        return order

    def _open_order(self, po):
        order = self.orders.get(getattr(po, "po", po))
        if order is None or order.state != "open":
            raise PartnerError(f"order {po} is not open")
        return order

    def _buy_by_itself(self):
        if not self.config.buys_every:
            # it was told to stop
            return
        try:
            order = self.buy()
        except SoldOut:
            return
        if order.state == "open" and self.dice.random() < self.config.change_share:
            line = self.dice.choice(order.lines)
            self.change(order.po, {line.number: max(0, line.ordered - 1)})

    # --- deadlines

    def await_answer(self, order):
        hours = self.config.answer_hours
        self.after(hours * HOUR, self._answer_due, order, order.versions[-1])

    def _answer_due(self, order, version):
        """The answer to a change answers what was before it, too."""
        is_last = version is order.versions[-1]
        if order.state == "open" and is_last and not version.answered:
            words = f"no 855 within {self.config.answer_hours:g} hours"
            self.charge("answer_late", f"850 {order.po}", words)

    def _stock_seconds(self):
        return self.config.stock_hours and self.config.stock_hours * HOUR

    def _check_stock_came(self):
        wait = self.config.life(self._stock_seconds())
        if self.clock.time() - self.stock_came > wait:
            words = f"none within {self.config.stock_hours:g} hours"
            self.charge("stock_late", "846", words)

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

    def _take_810(self, document, entry):
        invoices.take(self, document, entry)

    # --- the dock

    def expects(self, truck):
        return truck.ship_to in self.places

    @locked
    def truck(self, truck):
        """Goods are at the dock."""
        dock.arrive(self, truck)

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
            sscc: dock.pieces(rows)
            for sscc, rows in notice.cartons.items()
            if sscc not in missing
        }
        cartons.update(wrong or {})
        self.truck(Truck(notice.bol, next(iter(self.places)), cartons))

    # --- looking

    @locked
    def truth(self):
        """Quantities are pieces, those of lines units of the order."""
        received = Counter(self.stray)
        for truck in self.trucks:
            for content in truck.cartons.values() if truck.waits else ():
                received.update(content)
        for order in self.orders.values():
            for line in order.lines:
                received[line.item.sku] += line.received * line.pack
        return {
            "shown": {sku: item.shown for sku, item in self.items.items()},
            "bought": {sku: count for sku, count in self.bought.items() if count},
            "received": {sku: count for sku, count in received.items() if count},
            "orders": {
                order.po: {
                    "state": order.state,
                    "ship_to": order.ship_to,
                    "answered": order.answered,
                    "invoiced": f"{invoices.owed(self, order.po):.2f}",
                    "lines": {
                        line.number: {
                            "sku": line.item.sku,
                            "unit": line.unit,
                            "ordered": line.ordered,
                            "confirmed": line.confirmed,
                            "noticed": line.noticed,
                            "received": line.received,
                            "invoiced": line.invoiced,
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
