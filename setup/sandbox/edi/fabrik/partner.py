"""Fabrik: takes orders, answers, makes and despatches, and tells its stock."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

from .. import gs1, rules
from ..partner import DAY, HOUR, Partner, PartnerError, locked
from ..truck import Truck
from ..wire_edifact import EdifactWire
from ..wire_x12 import X12Wire
from . import edifact_documents, x12_documents
from .models import Despatch, Good, Po, PoLine

DEFAULT_GOODS = [
    {"sku": f"SKU-{number}", "title": f"Artikel {number}", "stock": 100 * number}
    for number in range(1, 6)
]
CARTON_PIECES = 20


class Fabrik(Partner):
    name = "fabrik"
    RULES = rules.FABRIK

    @property
    def is_edifact(self):
        return self.config.standard == "edifact"

    @property
    def READS(self):
        if self.is_edifact:
            return {"ORDERS": "_take_order", "ORDCHG": "_take_change"}
        return {"850": "_take_order", "860": "_take_change"}

    def habits(self):
        return rules.FABRIK_HABITS if self.is_edifact else rules.FABRIK_X12_HABITS

    def make_wire(self):
        return EdifactWire(self) if self.is_edifact else X12Wire(self)

    @property
    def documents_of(self):
        return edifact_documents if self.is_edifact else x12_documents

    def clear(self):
        super().clear()
        self.goods, self.orders = {}, {}
        self.despatches = []
        self.sscc = gs1.SsccSeries(self.config.sscc_prefix)
        self._number = Counter()
        self._begun = False

    def fill(self, seed):
        """{"goods": [{"sku", "gtin", "title", "stock", "price", "least"}]}"""
        for values in seed.get("goods", [] if self.goods else DEFAULT_GOODS):
            if values["sku"] not in self.goods:
                self._add_good(**values)
        if not self._begun:
            self._begun = True
            self.at_hour(self.config.report_at, self._report)
            self.each(self.config.report_every, self._report)

    def _add_good(self, sku, title=None, stock=0, price="1.00", **values):
        number = len(self.goods) + 1
        values.setdefault("gtin", gs1.with_digit(f"401234500{number:03}"))
        self.goods[sku] = Good(
            sku=sku,
            title=title or sku,
            stock=stock,
            price=Decimal(str(price)),
            **values,
        )

    def find(self, ids):
        """The good of {qualifier: number}; None where they name none, or two."""
        found = set()
        for qualifier, value in ids.items():
            if qualifier == "SA":
                found.add(self.goods.get(value))
            elif qualifier in ("EN", "UP"):
                padded = value.zfill(14)
                goods = self.goods.values()
                found.add(next((g for g in goods if g.gtin.zfill(14) == padded), None))
        return found.pop() if len(found) == 1 else None

    def _next(self, prefix):
        self._number[prefix] += 1
        return f"{prefix}{self._number[prefix]:06}"

    # --- orders

    def _take_order(self, document, entry):
        request = self.documents_of.read(document)
        label = f"{document.kind} {request.number}"
        entry.reference = request.number
        if request.number in self.orders:
            self._refuse(entry, "order_repeat", label, "the number was used before")
            return
        if request.count not in (None, len(request.lines)):
            words = f"{request.count} lines are told, {len(request.lines)} are there"
            self._refuse(entry, "order_count", label, words)
            return
        lines = [self._make_line(each, label) for each in request.lines]
        wanted = request.date or self.today(self.config.lead_days)
        if wanted < self.today():
            self.charge("order_date", label, f"wanted for {wanted}", 0)
        ordered = request.ordered or self.today()
        po = Po(request.number, lines, wanted, request.ship_to, ordered)
        self.orders[po.number] = po
        self._answer_later(po)

    def _refuse(self, entry, rule, label, words):
        self.charge(rule, label, words, 0)
        entry.state = "refused"
        entry.notes.append(f"{rule}: {words}")

    def _make_line(self, wanted, label):
        good = self.find(wanted.ids)
        quantity = wanted.quantity or 0
        line = PoLine(wanted.number, good, wanted.ids, int(quantity), wanted.unit)
        problem = None
        if good is None:
            problem = "order_item", f"{wanted.ids} is not made here"
        elif not self.documents_of.is_piece(wanted.unit):
            problem = "order_unit", f"{good.sku} is not sold in {wanted.unit}"
        elif quantity != int(quantity) or quantity < good.least:
            problem = "order_quantity", f"{good.sku}: {quantity}, least {good.least}"
        if problem:
            rule, words = problem
            line.refused = words
            self.charge(rule, label, f"line {wanted.number}: {words}", 0)
        return line

    def _take_change(self, document, entry):
        request = self.documents_of.read(document)
        label = f"{document.kind} {request.number}"
        entry.reference = request.number
        po = self.orders.get(request.number)
        if po is None or po.state in ("despatched", "cancelled") or po.despatches:
            state = po.state if po else "unknown"
            self._refuse(entry, "order_unknown", label, f"the order is {state}")
            return
        po.version += 1
        po.state = "new"
        if request.cancels:
            po.state = "cancelled"
            return
        if request.date:
            po.wanted = request.date
        for wanted in request.lines:
            old = next(
                (each for each in po.lines if each.number == wanted.number), None
            )
            if old:
                po.lines.remove(old)
            if wanted.action != "2":
                po.lines.append(self._make_line(wanted, label))
        po.lines.sort(key=lambda each: each.number.zfill(6))
        self._answer_later(po)

    def _answer_later(self, po):
        if not self.config.works or self.rules.strikes("answer_never"):
            return
        if self.rules.strikes("notice_first"):
            self._promise(po)
            if any(each.open for each in po.lines):
                self.despatch(po.number)
        self.after(self.config.answer_hours * HOUR, self._answer, po, po.version)

    def _answer(self, po, version):
        if po.version != version or po.state == "cancelled":
            return
        if not po.despatches:
            # what has left before its answer is answered as it left
            self._promise(po)
        self._send_answer(po)

    def _promise(self, po):
        """What comes when, of what is in stock and what the habits say."""
        for line in po.lines:
            line.promises, line.instead = [], None
        for line in po.lines:
            if line.refused:
                continue
            there = min(line.ordered, self._free(line.good))
            later = po.wanted + timedelta(self.config.later_days)
            others = [each for each in self.goods.values() if each is not line.good]
            if self.rules.strikes("answer_later"):
                line.promises = [(line.ordered, later)]
            elif others and self.rules.strikes("answer_substitute"):
                line.instead = self.dice.choice(others)
                line.promises = [(line.ordered, po.wanted)]
            else:
                if self.rules.strikes("answer_split") and line.ordered > 1:
                    share = int(line.ordered * self.config.split_share)
                    there = min(there, max(1, share))
                parts = [(there, po.wanted), (line.ordered - there, later)]
                line.promises = [each for each in parts if each[0]]

    def _free(self, good):
        """Pieces in stock that are promised to nobody."""
        promised = sum(
            line.open
            for po in self.orders.values()
            for line in po.lines
            if line.comes is good and po.state != "cancelled"
        )
        return max(0, good.stock - promised)

    def _send_answer(self, po):
        po.state = "despatched" if po.state == "despatched" else "answered"
        number = self._next("AB")
        documents = self.documents_of
        entry = self.wire.send(
            documents.ANSWER, po.number, documents.answer(self, number, po)
        )
        if self.config.works:
            for day in sorted({day for x in po.lines for _count, day in x.promises}):
                leaves = max(0, (day - self.today()).days - 1) * DAY
                self.after(leaves, self._despatch_due, po, po.version, day)
        return entry

    @locked
    def answer(self, number, promises=None, instead=None, refuse=()):
        """Answer an order.

        :param promises: {SKU: [(pieces, date)]}; what is not named comes as wanted
        :param instead: {SKU: another SKU}
        :param refuse: SKUs that will not come
        """
        po = self._order(number)
        for line in po.lines:
            sku = line.good.sku if line.good else ""
            if sku in refuse:
                line.refused = "not deliverable"
            if line.refused:
                line.promises = []
                continue
            line.promises = (promises or {}).get(sku) or [(line.ordered, po.wanted)]
            other = (instead or {}).get(sku)
            line.instead = self.goods[other] if other else None
        return self._send_answer(po)

    def _order(self, number):
        if number not in self.orders:
            raise PartnerError(f"no order {number}")
        return self.orders[number]

    # --- despatching

    def _despatch_due(self, po, version, day):
        """What was promised by this day leaves."""
        if po.version != version or po.state not in ("answered", "new"):
            return
        quantities = {}
        for line in po.lines:
            due = sum(count for count, when in line.promises if when <= day)
            count = max(0, due - line.despatched)
            if count and self.rules.strikes("notice_short"):
                count -= 1
            if count:
                quantities[line.number] = count
        if quantities:
            tell = not self.rules.strikes("notice_never")
            self.despatch(po.number, quantities, tell)

    @locked
    def despatch(self, number, quantities=None, tell=True):
        """Goods leave, and a despatch advice tells of them.

        :param quantities: {line number or SKU as ordered: pieces}; None: all that was
            promised
        :param tell: False: without a despatch advice
        :return: the despatch
        """
        po = self._order(number)
        if quantities is None:
            quantities = {each.number: each.open for each in po.lines if each.open}
        cartons = []
        for key, pieces in quantities.items():
            line = po.line(key)
            if line is None:
                raise PartnerError(f"{key} is not on order {number}")
            line.despatched += pieces
            # what is not in stock has been made meanwhile
            line.comes.stock = max(0, line.comes.stock - pieces)
            while pieces > 0:
                part = min(pieces, CARTON_PIECES)
                cartons.append((self.sscc.next(), line, part))
                pieces -= part
        if not cartons:
            raise PartnerError(f"nothing of order {number} is promised")
        if all(not each.open for each in po.lines):
            po.state = "despatched"
        arrives = self.today(1)
        despatch = Despatch(self._next("LS"), po, self.clock.now(), arrives, cartons)
        po.despatches.append(despatch)
        self.despatches.append(despatch)
        if tell:
            despatch.told = True
            documents = self.documents_of
            self.wire.send(
                documents.NOTICE, despatch.number, documents.notice(self, despatch)
            )
        self._leave(despatch)
        return despatch

    def _leave(self, despatch):
        content = {
            sscc: {line.comes.sku: pieces} for sscc, line, pieces in despatch.cartons
        }
        truck = Truck(
            despatch.number,
            despatch.po.ship_to,
            content,
            (despatch.po.number,),
            self.config.carrier,
            despatch.left,
        )
        self.after(DAY, self.sandbox.ship, truck)

    # --- stock

    @locked
    def make_goods(self, sku, pieces):
        """More is in stock, or less."""
        self.goods[sku].stock += pieces

    @locked
    def report(self):
        """A stock report of now."""
        return self._report()

    def _report(self):
        rows = [(good, good.stock) for good in self.goods.values()]
        if len(rows) > 1 and self.rules.strikes("stock_drops_item"):
            rows.remove(self.dice.choice(rows))
        number = self._next("BE")
        documents = self.documents_of
        segments = documents.stock_report(self, number, rows, self.clock.now())
        return self.wire.send(documents.STOCK, number, segments)

    # --- looking

    @locked
    def truth(self):
        return {
            "stock": {sku: good.stock for sku, good in self.goods.items()},
            "orders": {
                po.number: {
                    "state": po.state,
                    "wanted": str(po.wanted),
                    "lines": {
                        line.number: {
                            "sku": line.good.sku if line.good else "",
                            "ordered": line.ordered,
                            "refused": line.refused,
                            "instead": line.instead.sku if line.instead else "",
                            "promises": [[n, str(day)] for n, day in line.promises],
                            "despatched": line.despatched,
                        }
                        for line in po.lines
                    },
                }
                for po in self.orders.values()
            },
            "despatches": {
                each.number: {
                    "order": each.po.number,
                    "told": each.told,
                    "cartons": {
                        sscc: {line.comes.sku: pieces}
                        for sscc, line, pieces in each.cartons
                    },
                }
                for each in self.despatches
            },
            "refused": dict(self.ledger.counts),
        }
