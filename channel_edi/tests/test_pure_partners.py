# SPDX-License-Identifier: AGPL-3.0-or-later
"""Our codecs against partners whose readers and writers share no code with them.

The partners come with the repository (``setup/sandbox``): skipped where only the addon
is.
"""

import sys
from collections import Counter
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from unittest import SkipTest

from .. import schemas
from ..lib import codec
from ..lib.errors import BadDocument, Unreadable
from ..lib.options import Options
from .common import PureCase

SETUP = Path(__file__).resolve().parents[2] / "setup"
START = datetime(2026, 11, 23, 14, tzinfo=timezone.utc)
HOUR, DAY = 3600, 86400
SKUS = ("A", "B", "C")
SEED = {
    "bigmart": {"items": [{"sku": sku, "price": "2.50"} for sku in SKUS]},
    "dock9": {
        "articles": [{"sku": sku, "lots": {"L1": 20, "L2": 30}} for sku in SKUS],
        "settings": {"report_at": None},
    },
    "fabrik": {
        "goods": [
            {"sku": sku, "title": f"Größe {sku}", "stock": 50, "price": "1.50"}
            for sku in SKUS
        ],
        "settings": {"report_at": None},
    },
}
# faults that leave a document what it is, and those that make it wrong
HARMLESS = {
    "bigmart": ("lf_terminators", "isa_short", "bom", "two_interchanges"),
    "fabrik": ("no_una", "release_characters", "cp1252", "utf8", "bom"),
}


def moment(days, hour=14):
    at = START.replace(hour=hour) + timedelta(days)
    return schemas.Moment(at, at)


def day(days):
    first = START.replace(hour=6) + timedelta(days)
    return schemas.Moment(first, first + timedelta(hours=12))


class TestPartners(PureCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not SETUP.joinpath("sandbox/edi").is_dir():
            raise SkipTest("needs setup/sandbox")
        if str(SETUP) not in sys.path:
            sys.path.insert(0, str(SETUP))

    def start(self, *names, **settings):
        """Partners whose clock stands still."""
        from sandbox.edi import start

        seed = {
            name: {
                **values,
                "settings": {**values.get("settings", {}), **settings.get(name, {})},
            }
            for name, values in SEED.items()
        }
        partners = start(seed, names or None, tick=None, start=START.isoformat())
        self.addCleanup(partners.stop)
        self.numbers = Counter()
        return partners

    def envelope(self, partner):
        """Ours to a partner, with the next number."""
        config, name = partner.config, partner.name
        self.numbers[name] += 1
        edifact = getattr(config, "standard", "x12") == "edifact"
        return schemas.Envelope(
            "edifact" if edifact else "x12",
            schemas.Identity(config.us[1], config.us[0]),
            schemas.Identity(config.identity[1], config.identity[0]),
            self.numbers[name],
            partner.clock.now(),
            version="UNOC:3" if edifact else "00401",
            group_version="D:96A:UN:EAN008" if edifact else config.version,
            group_sender=schemas.Identity(config.us_group),
            group_receiver=schemas.Identity(config.group),
            group_number=self.numbers[name],
        )

    def options(self, partner):
        return Options(zone=partner.config.zone, lengths=True)

    def give(self, partner, data):
        """A file for a partner, as our transport writes it."""
        folder = partner.mailbox.root / "in"
        hidden = folder / ".ours.tmp"
        hidden.write_bytes(data)
        hidden.rename(folder / f"ours{self.numbers[partner.name]:05}")
        partner.step()

    def tell(self, partner, *objects):
        """Objects to a partner. Returns the rules that it says we broke."""
        envelope, options = self.envelope(partner), self.options(partner)
        self.give(partner, codec.write(objects, envelope, options))
        return [f"{each.rule}: {each.reason}" for each in partner.ledger.entries]

    def hear(self, partner, data):
        """[(document, object)] of a file."""
        options = self.options(partner)
        found = []
        for interchange in codec.read(data, options):
            self.assertFalse(interchange.faults)
            for document in interchange.documents:
                found.append((document, codec.parse(document, options)))
        return found

    def play(self, partners):
        """What partners write without being asked, all kinds of it."""
        shop, house, maker = partners.partners.values()
        order = shop.buy({"A": 3, "B": 2})
        shop.buy([{"sku": "C", "stores": {"0101": 2, "0102": 1}}])
        shop.change(order.po, {"A": 5}, add={"C": 1})
        self.tell(
            house, self.shipping_order("W1", "A", "B"), self.shipping_order("W2", "X")
        )
        self.tell(maker, self.purchase_order("P1"))
        house.receive({"A": 5}, damaged={"A": 1}, lot="L3")
        house.adjust("B", -1)
        house.move("C", 2, "hold")
        house.report()
        maker.report()
        partners.step(10 * DAY)

    def shipping_order(self, number, *skus):
        return schemas.ShippingOrder(
            number,
            tuple(
                schemas.ShippingLine(
                    Decimal(30), "EA", str(place), (schemas.ItemId("VN", sku),)
                )
                for place, sku in enumerate(skus, 1)
            ),
            po_number="PO1",
            parties=(
                schemas.Party("ship_to", qualifier="92", code="S001", name="Shop"),
            ),
            carrier=schemas.Carrier(code="UPSN"),
            dates=schemas.Dates(ship_requested=moment(2)),
        )

    def purchase_order(self, number, unit="PCE"):
        return schemas.PurchaseOrder(
            number,
            tuple(
                schemas.OrderLine(
                    place,
                    Decimal(60),
                    unit,
                    str(place),
                    schemas.Price(Decimal("1.50")),
                    (schemas.ItemId("VN", sku),),
                )
                for place, sku in enumerate(SKUS[:2], 1)
            ),
            placed=moment(0),
            dates=schemas.Dates(deliver_requested=day(6)),
            parties=(
                schemas.Party("buyer", qualifier="UL", code="5412345000013"),
                schemas.Party("supplier", qualifier="UL", code="4012345000009"),
                schemas.Party("ship_to", qualifier="92", code="WH1"),
            ),
            currency="EUR",
        )

    def test_all_that_partners_write_is_read(self):
        partners = self.start()
        self.play(partners)
        kinds = set()
        for partner in partners.partners.values():
            for entry in partner.sent():
                kinds.add(entry.kind)
                for document, _value in self.hear(partner, entry.data):
                    self.assertEqual(document.faults, [], entry.kind)
        self.assertEqual(
            kinds,
            {"850", "860", "824", "997", "944", "945", "947", "846"}
            | {"ORDRSP", "DESADV", "INVRPT", "CONTRL"},
        )

    def test_all_that_a_supplier_writes_in_x12_is_read(self):
        partners = self.start("fabrik", fabrik={"standard": "x12"})
        maker = partners.fabrik
        self.assertEqual(self.tell(maker, self.purchase_order("P1", "EA")), [])
        maker.report()
        partners.step(20 * DAY)
        kinds = set()
        for entry in maker.sent():
            kinds.add(entry.kind)
            for document, _value in self.hear(maker, entry.data):
                self.assertEqual(document.faults, [], entry.kind)
        self.assertEqual(kinds, {"855", "856", "846", "997"})

    def test_movements_that_are_read_add_up_to_the_physical_stock(self):
        partners = self.start()
        house = partners.dock9
        house.rules.set(ships_partial=1, advice_corrected=1)
        self.play(partners)
        good = Counter(dict.fromkeys(SKUS, 50))
        for entry in house.sent():
            for _document, value in self.hear(house, entry.data):
                if isinstance(value, schemas.ShippingAdvice):
                    for line in value.lines:
                        good[line.ids[0].value] -= int(line.shipped)
                elif isinstance(value, schemas.Adjustment):
                    for line in value.lines:
                        good[line.ids[0].value] += int(line.quantity)
                elif isinstance(value, schemas.Receipt):
                    for line in value.lines:
                        damaged = sum(
                            each.quantity
                            for each in line.exceptions
                            if each.condition == "damaged"
                        )
                        good[line.ids[0].value] += int(line.received - damaged)
        stock = partners.truth()["dock9"]["stock"]
        self.assertEqual(dict(good), {sku: stock[sku]["good"] for sku in SKUS})

    def test_harmless_faults_change_nothing(self):
        for name, faults in HARMLESS.items():
            for fault in faults:
                with self.subTest(partner=name, fault=fault):
                    self.check_harmless(name, fault)

    def check_harmless(self, name, fault):
        partners = self.start(name)
        partner = partners.partners[name]
        send = partner.buy if name == "bigmart" else partner.report
        values = ({"A": 3},) if name == "bigmart" else ()
        send(*values)
        partner.rules.next(fault)
        send(*values)
        send(*values)
        files = list(partner.files().values())
        found = [each for data in files for each in self.hear(partner, data)]
        self.assertEqual(len(found), 3)
        contents = {self.content(value) for _document, value in found}
        self.assertEqual(len(contents), 1, fault)
        self.assertFalse([each for each, _value in found if each.fatal])

    def content(self, value):
        """What counts of an order or a stock report."""
        rows = getattr(value, "lines", ()) or value.rows
        return tuple((each.ids, each.quantity, each.unit) for each in rows)

    def test_faults_that_count_are_told(self):
        codes = {"bigmart": ("718", "4"), "fabrik": ("0085", "29")}
        for name, (code_list, code) in codes.items():
            with self.subTest(partner=name):
                partners = self.start(name)
                partner = partners.partners[name]
                partner.rules.next("wrong_count")
                if name == "bigmart":
                    partner.buy({"A": 3})
                else:
                    partner.report()
                (data,) = partner.files().values()
                options = self.options(partner)
                (interchange,) = codec.read(data, options)
                (document,) = interchange.documents
                with self.assertRaises(BadDocument) as caught:
                    codec.parse(document, options)
                fault = caught.exception.fault
                self.assertEqual((fault.code_list, fault.code), (code_list, code))

    def test_half_a_file_is_no_document(self):
        partners = self.start("bigmart")
        shop = partners.bigmart
        shop.rules.next("half_file")
        shop.buy({"A": 3})
        (data,) = shop.files().values()
        try:
            found = list(codec.read(data, self.options(shop)))
        except Unreadable:
            return
        self.assertTrue(all(each.faults for each in found))

    def test_our_acknowledgements_are_taken(self):
        partners = self.start("bigmart", "fabrik")
        shop, maker = partners.partners.values()
        shop.buy({"A": 3})
        with shop.together():
            shop.buy({"A": 3})
            shop.buy({"B": 3})
        maker.report()
        for partner in (shop, maker):
            options = self.options(partner)
            for data in list(partner.files().values()):
                for interchange in codec.read(data, options):
                    envelope = self.envelope(partner)
                    answer = codec.acknowledge(interchange, {}, envelope, options)
                    self.give(partner, answer)
            self.assertEqual({each.state for each in partner.sent()}, {"accepted"})
            self.assertFalse(partner.ledger.entries)

    def test_our_answers_and_notices_are_charged_for_nothing(self):
        partners = self.start("bigmart")
        shop = partners.bigmart
        shop.buy({"A": 3, "B": 2})
        ((_document, order),) = self.hear(shop, shop.sent("850")[0].data)
        answer = schemas.OrderAnswer(
            order.number,
            "accepted",
            tuple(
                schemas.AnswerLine(
                    line, (schemas.LineAnswer("accepted", line.quantity, line.unit),)
                )
                for line in order.lines
            ),
            number="S1",
            ordered=order.placed,
            answered=moment(0),
        )
        self.assertEqual(self.tell(shop, answer), [])
        self.assertEqual(self.tell(shop, self.notice(order)), [])
        shop.arrive("SH1")
        self.assertEqual(shop.ledger.entries, [])
        truth = shop.truth()["orders"][order.number]["lines"]
        self.assertEqual([each["received"] for each in truth.values()], [3, 2])

    def notice(self, order):
        items = tuple(
            schemas.ShipItem(line.quantity, line.unit, line.number, line.ids)
            for line in order.lines
        )
        pack = schemas.Pack(sscc="106141412345678908", items=items)
        return schemas.ShipNotice(
            "SH1",
            (schemas.ShipOrder(order.number, packs=(pack,)),),
            created=moment(2),
            bill_of_lading="B1",
            dates=schemas.Dates(shipped=moment(2, 20)),
            carrier=schemas.Carrier(code="UPSN", mode="M"),
            packages=1,
            packaging="CTN25",
        )

    def test_our_stock_reports_are_charged_for_nothing(self):
        partners = self.start("bigmart")
        shop = partners.bigmart
        rows = tuple(
            schemas.StockRow(
                place,
                Decimal(place),
                "EA",
                "33",
                "available",
                (schemas.ItemId("VN", sku),),
            )
            for place, sku in enumerate(SKUS, 1)
        )
        report = schemas.StockReport("R1", rows, as_of=moment(0), complete=True)
        self.assertEqual(self.tell(shop, report), [])
        self.assertEqual(shop.offered(), {"A": 1, "B": 2, "C": 3})

    def test_our_orders_are_taken(self):
        partners = self.start("dock9", "fabrik")
        house, maker = partners.partners.values()
        self.assertEqual(self.tell(house, self.shipping_order("W1", "A", "B")), [])
        lines = house.truth()["orders"]["W1"]["lines"].values()
        self.assertEqual([each["ordered"] for each in lines], [30, 30])
        self.assertEqual(self.tell(maker, self.purchase_order("P1")), [])
        lines = maker.truth()["orders"]["P1"]["lines"].values()
        self.assertEqual([each["ordered"] for each in lines], [60, 60])
        self.assertEqual(maker.truth()["orders"]["P1"]["wanted"], "2026-11-29")
