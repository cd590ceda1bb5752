"""Dock9: goods come in, are kept, picked and shipped, and it tells of them."""

from collections import Counter

from .. import gs1, rules
from ..partner import DAY, HOUR, Partner, PartnerError, locked
from ..wire_x12 import X12Wire
from . import documents, orders, reports, shipping
from .stock import Article

DEFAULT_ARTICLES = [{"sku": f"SKU-{number}", "quantity": 50} for number in range(1, 6)]
# {state moved to: (reason of list 181, sign of what is for sale)}
MOVES = {"hold": ("05", -1), "release": ("55", 1), "damage": ("AU", -1)}


class Dock9(Partner):
    name = "dock9"
    RULES = rules.DOCK9
    READS = {"940": "_take_940", "943": "_take_943"}

    def habits(self):
        return rules.DOCK9_HABITS

    def make_wire(self):
        return X12Wire(self)

    def clear(self):
        super().clear()
        self.articles, self.orders, self.announced = {}, {}, {}
        # those that have not arrived, and the numbers of all there were
        self.known_announcements = set()
        self.shipments = []
        # trucks that have left, whether they have arrived or not
        self.on_the_road = []
        self.received_pieces, self.shipped_pieces = Counter(), Counter()
        self.sscc = gs1.SsccSeries(self.config.sscc_prefix)
        self._number = Counter()
        # (moment, rows) of the last stock report
        self.reported = None
        self._begun = False

    def fill(self, seed):
        """{"articles": [{"sku", "quantity" or "lots": {lot: pieces}, "pack", ...}]}"""
        rows = seed.get("articles", [] if self.articles else DEFAULT_ARTICLES)
        for values in rows:
            if values["sku"] not in self.articles:
                self._add_article(**values)
        if not self._begun:
            self._begun = True
            self.at_hour(self.config.report_at, self._report)
            self.each(self.config.report_every, self._report)

    def _add_article(self, sku, quantity=0, lots=None, title=None, **values):
        number = len(self.articles) + 1
        values.setdefault("upc", gs1.with_digit(f"61414100{number:03}"))
        article = Article(sku, values.pop("upc"), title or sku, **values)
        article.lots.update(lots or ({"": quantity} if quantity else {}))
        self.articles[sku] = article

    def find(self, ids):
        """The article of {qualifier: id}; None where they name none, or two."""
        found = set()
        for qualifier, value in ids.items():
            if qualifier in ("VN", "VP", "SK", "IN", "BP"):
                found.add(self.articles.get(value))
            elif qualifier in ("UP", "EN", "UK"):
                found.add(
                    next((a for a in self.articles.values() if a.upc == value), None)
                )
        return found.pop() if len(found) == 1 else None

    def article(self, sku):
        if sku not in self.articles:
            raise PartnerError(f"no article {sku}")
        return self.articles[sku]

    def next_number(self, prefix):
        self._number[prefix] += 1
        return f"{prefix}{self._number[prefix]:06}"

    # --- what comes

    def ack_delay(self, kinds):
        if "940" in kinds and self.rules.strikes("advice_before_ack"):
            work = self.config.pick_seconds + self.config.ship_seconds
            return work + HOUR
        return super().ack_delay(kinds)

    def _take_940(self, document, entry):
        try:
            order = orders.take(self, document)
        except orders.Refused as refusal:
            self._refuse(document, entry, refusal)
            return
        if self.rules.strikes("silent"):
            self.silent_until = self.clock.time() + self.config.life(DAY)
        if order and self.config.works:
            work = self.config.pick_seconds + self.config.ship_seconds
            self.after(work, shipping.work, self, order)

    def _refuse(self, document, entry, refusal):
        label = f"{document.kind} {entry.reference}"
        found = self.charge(refusal.rule, label, str(refusal), 0)
        if not found:
            # nobody minds that rule, and still it cannot be done
            return
        entry.state = "refused"
        entry.notes.append(f"{found.rule}: {found.reason}")
        if self.config.advises:
            self.send_advice(document, entry, [found], "TR")

    def _take_943(self, document, entry):
        """Goods are announced."""
        try:
            number, expected = self._read_943(document.segments)
        except orders.Refused as refusal:
            self._refuse(document, entry, refusal)
            return
        self.announced[number] = expected
        self.known_announcements.add(number)

    def _read_943(self, segments):
        number = segments[0].at(2)
        if number in self.known_announcements:
            raise orders.Refused("receipt_repeat", f"{number} was announced before")
        expected = Counter()
        for segment in segments:
            if segment.tag == "W04":
                article = self.find({**segment.pairs(4), **segment.pairs(6)})
                if article is None:
                    words = f"{segment.pairs(4)} is not kept here"
                    raise orders.Refused("receipt_item", words)
                units = segment.number(1)
                if units <= 0 or units != int(units):
                    words = f"{article.sku}: {units}"
                    raise orders.Refused("receipt_quantity", words)
                pack = article.pack if segment.at(2) == "CA" else 1
                expected[article.sku] += int(units) * pack
        total = next((each for each in segments if each.tag == "W03"), None)
        told = sum(each.number(1) for each in segments if each.tag == "W04")
        wrong = total is not None and total.number(1) != told
        if wrong and self.minds("receipt_total"):
            words = f"W0301 {total.at(1)}, lines {told}"
            raise orders.Refused("receipt_total", words)
        return number, expected

    # --- shipping

    @locked
    def ship(self, number, quantities=None, final=None, instead=None):
        """A truck leaves with an order, and a 945 tells of it.

        :param quantities: {SKU: units}; None: all that is open and there. More than was
            ordered is possible, more than is there is not.
        :param final: True closes what is short (CP), False leaves it open (BP); None:
            by the warehouse's custom
        :param instead: {SKU: another SKU} that is loaded in its place
        :return: the shipment
        """
        order = self.orders.get(number)
        if order is None or order.state != "open":
            raise PartnerError(f"order {number} is not open")
        if instead is None:
            instead = {} if quantities else shipping.choose_substitute(self, order)
        loaded = shipping.load(self, order, quantities, instead)
        final = self.config.short_code == "CP" if final is None else final
        shipment = shipping.leave(self, order, loaded, final)
        shipping.tell(self, shipment)
        return shipment

    # --- goods come in

    @locked
    def receive(self, goods, reference="", damaged=None, lot=""):
        """Goods arrive, and a 944 tells of them.

        :param goods: {SKU: pieces}, the damaged ones among them
        :param reference: the number of the 943 that announced them, or nothing
        :param damaged: {SKU: pieces}
        """
        damaged = damaged or {}
        for sku in [*goods, *damaged]:
            self.article(sku)
            if damaged.get(sku, 0) > goods.get(sku, 0):
                raise PartnerError(f"{sku}: more are damaged than came")
        expected = self.announced.pop(reference, None)
        rows = []
        for sku in dict.fromkeys([*goods, *(expected or ())]):
            pieces, broken = goods.get(sku, 0), damaged.get(sku, 0)
            article = self.article(sku)
            article.put(pieces - broken, lot)
            article.damaged += broken
            self.received_pieces[sku] += pieces
            exceptions = {documents.DAMAGED: broken}
            if expected is not None:
                short = expected[sku] - pieces
                code = documents.SHORT if short > 0 else documents.OVER
                exceptions[code] = abs(short)
            rows.append((article, pieces, lot, exceptions))
        number = self.next_number("R")
        now = self.clock.now()
        segments = documents.receipt(self, number, reference, rows, now)
        entry = self.wire.send("944", number, segments)
        self._work_again()
        return entry

    def expects(self, truck):
        return truck.ship_to == self.config.warehouse

    @locked
    def truck(self, truck):
        """Goods of a supplier arrive; what nobody here knows goes back."""
        goods = Counter()
        for content in truck.cartons.values():
            for sku, pieces in content.items():
                if sku in self.articles:
                    goods[sku] += pieces
        if goods:
            self.receive(dict(goods), truck.bol)

    @locked
    def arrive(self, reference, damaged=None, short=None, lot=""):
        """What a 943 announced arrives.

        :param short: {SKU: pieces} that are missing; negative for too many
        """
        if reference not in self.announced:
            raise PartnerError(f"{reference} was not announced")
        goods = Counter(self.announced[reference])
        goods.subtract(short or {})
        return self.receive(dict(goods), reference, damaged, lot)

    def _work_again(self):
        if not self.config.works:
            return
        for order in self.orders.values():
            if order.state == "open" and shipping.can_ship(order):
                self.after(self.config.ship_seconds, shipping.work, self, order)

    # --- what becomes of goods in the house

    @locked
    def adjust(self, sku, pieces, reason=None, lot="", reference=None):
        """Goods are fewer or more, and a 947 tells of it.

        :param pieces: signed
        :param reason: of list 181; None for 06 (decrease) or 56 (increase)
        """
        article = self.article(sku)
        if pieces < 0:
            article.take(-pieces, lot or None)
        else:
            article.put(pieces, lot)
        reason = reason or ("06" if pieces < 0 else "56")
        if self.rules.strikes("adjustment_contradiction"):
            reason = "56" if pieces < 0 else "06"
        return self.send_947([(article, reason, pieces, lot)], reference)

    @locked
    def move(self, sku, pieces, to):
        """Goods go to ``hold``, from there back (``release``), or to ``damage``."""
        article = self.article(sku)
        reason, sign = MOVES[to]
        if to == "release":
            if pieces > article.hold:
                raise PartnerError(f"{sku}: {article.hold} are on hold")
            article.hold -= pieces
            article.put(pieces)
        else:
            article.take(pieces)
            if to == "hold":
                article.hold += pieces
            else:
                article.damaged += pieces
        return self.send_947([(article, reason, sign * pieces, "")])

    @locked
    def lose(self, sku, pieces, lot=None):
        """Goods vanish and nobody notices until they are counted."""
        self.article(sku).lose(pieces, lot)

    @locked
    def count(self, *skus):
        """The shelves are counted: a 947 (AA) tells what was wrong, if anything."""
        rows = []
        for article in map(self.article, skus or self.articles):
            for lot, pieces in article.count().items():
                rows.append((article, "AA", pieces, lot))
        return self.send_947(rows) if rows else None

    def send_947(self, rows, reference=None):
        number = self.next_number("A")
        segments = documents.adjustment(self, number, rows, reference)
        return self.wire.send("947", number, segments)

    # --- stock reports

    @locked
    def report(self):
        """An 846 of now."""
        return self._report()

    def _report(self):
        return reports.send(self)

    def allocated(self):
        """{SKU: pieces of open orders}"""
        found = Counter()
        for order in self.orders.values():
            for line in order.lines if order.state == "open" else ():
                found[line.article.sku] += line.open * line.pack
        return found

    # --- looking

    @locked
    def truth(self):
        """What is really there, in pieces; quantities of lines in their units."""
        allocated = self.allocated()
        return {
            "stock": {
                sku: {
                    "good": article.good,
                    "hold": article.hold,
                    "damaged": article.damaged,
                    "total": article.good + article.hold + article.damaged,
                    "book": article.book,
                    "allocated": allocated[sku],
                    "lots": {
                        lot: count for lot, count in article.lots.items() if count
                    },
                    "received": self.received_pieces[sku],
                    "shipped": self.shipped_pieces[sku],
                }
                for sku, article in self.articles.items()
            },
            "orders": {
                order.number: {
                    "state": order.state,
                    "po": order.po,
                    "shipments": [each.number for each in order.shipments],
                    "lines": {
                        line.number: {
                            "sku": line.article.sku,
                            "unit": line.unit,
                            "ordered": line.ordered,
                            "shipped": line.shipped,
                            "open": line.open,
                        }
                        for line in order.lines
                    },
                }
                for order in self.orders.values()
            },
            "announced": {key: dict(value) for key, value in self.announced.items()},
            "refused": dict(self.ledger.counts),
        }
