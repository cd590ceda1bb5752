# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a warehouse is told and tells, and invoices. Right answers are those of the code
lists 368, 514, 426 and 412."""

from decimal import Decimal

from ..lib import codec
from ..schemas import (
    Carrier,
    Dates,
    ItemId,
    NoticeLine,
    Party,
    ReceiptNotice,
    Reference,
    ShippingLine,
    ShippingOrder,
)
from .common import (
    PureCase,
    at,
    day,
    edifact,
    parsed,
    samples,
    written,
    x12,
)

SSCC = "106141412345678908"


class TestWarehouse(PureCase):
    def advice(self, body, head="W06*F*SO77*20261201*SHIP9**4711*L1*001002~"):
        return parsed(x12(head + body, kind="945", group="SW"))

    def test_a_945(self):
        advice = self.advice(f"""
            N1*WH**92*W1~N9*BM*BOL9~N9*2I*1Z999~G62*11*20261201~
            W27*M*UPSN*UPS GROUND*PP~
            LX*1~MAN*GM*00{SSCC}**CP*1Z998~
            W12*CC*10*10*0*EA**VN*LAMP*LOT7~N9*LI*1~
            W12*CP*5*3*2*EA*123456789012*UP*036000291452~
            LX*2~
            W12*IS**2**EA**VN*MUG2*********VN*MUG~
            W03*15*20*LB~
        """)
        self.assertEqual(
            (
                advice.order_number,
                advice.number,
                advice.po_number,
                advice.link,
                advice.sequence,
            ),
            ("SO77", "SHIP9", "4711", "L1", "001002"),
        )
        self.assertEqual(advice.shipped.first, at("2026-12-01"))
        self.assertEqual(
            (advice.bill_of_lading, advice.tracking), ("BOL9", ("1Z999", "1Z998"))
        )
        self.assertEqual((advice.carrier.code, advice.carrier.payment), ("UPSN", "PP"))
        lamp, cup, mug = advice.lines
        self.assertEqual(
            (lamp.fate, lamp.ordered, lamp.shipped, lamp.lot, lamp.number),
            ("complete", 10, 10, "LOT7", "1"),
        )
        self.assertEqual(lamp.packs[0], Reference("GM", f"00{SSCC}"))
        self.assertEqual(
            (cup.fate, cup.shipped, cup.difference), ("closed_short", 3, 2)
        )
        self.assertEqual(
            cup.ids, (ItemId("UA", "123456789012"), ItemId("UP", "036000291452"))
        )
        self.assertEqual(
            (mug.fate, mug.ids, mug.original_ids),
            ("substitutes", (ItemId("VN", "MUG2"),), (ItemId("VN", "MUG"),)),
        )
        self.assertEqual((advice.total_units, advice.adds_up), (15, True))

    def test_a_total_that_is_none(self):
        advice = self.advice("W12*CC*10*10**EA**VN*A~W03*11~")
        self.assertFalse(advice.adds_up)
        self.assertTrue(self.advice("W12*CC*10*10**EA**VN*A~").adds_up)

    def test_fates(self):
        for code, fate in (
            ("CC", "complete"),
            ("CM", "complete_more"),
            ("CP", "closed_short"),
            ("BP", "backordered"),
            ("BO", "backordered"),
            ("PR", "partial"),
            ("BK", "backorder_shipped"),
            ("CS", "substituted"),
            ("IS", "substitutes"),
            ("CU", "cancelled"),
            ("IC", "cancelled"),
            ("DS", "out_of_stock"),
            ("SD", "damaged"),
            ("??", ""),
        ):
            (line,) = self.advice(f"W12*{code}*5*3*2*EA**VN*A~").lines
            self.assertEqual((line.fate, line.code), (fate, code))

    def test_how_much_it_tells(self):
        for code, reporting in (
            ("F", "full"),
            ("N", "none"),
            ("X", "exceptions"),
            ("K", "simulation"),
            ("J", "original"),
            ("C", "return"),
            ("B", "other"),
        ):
            head = f"W06*{code}*SO77*20261201~"
            self.assertEqual(
                self.advice("W12*CC*5*5**EA**VN*A~", head).reporting, reporting
            )
        self.assertEqual(self.advice("", "W06*N*SO77*20261201~").lines, ())
        with self.assertRaises(codec.BadDocument):
            self.advice("", "W06*F*SO77*20261201~")

    def test_a_944(self):
        receipt = parsed(
            x12(
                """
            W17*F*20261201*REC5*PO88*SHP3~N1*WH**92*W1~
            W07*10*EA**VN*LAMP***LOT7~N9*LI*1~W13*2*EA*01*06~
            W07*5*CA*123456789012~
            W14*15~
        """,
                kind="944",
                group="RE",
            )
        )
        self.assertEqual(
            (receipt.number, receipt.order_number, receipt.shipment_number),
            ("REC5", "PO88", "SHP3"),
        )
        lamp, case = receipt.lines
        self.assertEqual(
            (lamp.received, lamp.lot, lamp.ids), (10, "LOT7", (ItemId("VN", "LAMP"),))
        )
        (damaged,) = lamp.exceptions
        self.assertEqual((damaged.condition, damaged.quantity), ("damaged", 2))
        self.assertEqual(case.ids, (ItemId("UA", "123456789012"),))
        self.assertTrue(receipt.adds_up)

    def test_a_recadv(self):
        ((_name, data),) = samples("edifact_RECADV/*")
        receipt = parsed(data)
        self.assertEqual(receipt.number, "20220808112809950")
        self.assertEqual(receipt.received.first, at("2022-08-23T00:00:00"))
        (line,) = receipt.lines
        self.assertEqual(
            (line.received, line.unit, line.lot, line.ids),
            (200, "PCE", "U23362", (ItemId("IN", "1000629"),)),
        )
        body = "BGM+352+R1+9'\nRFF+ON:4711'\nRFF+AAK:S1'\nLIN+1++4012345000016:EN'\n"
        body += "QTY+48:10:PCE'\nQTY+124:2:PCE'"
        receipt = parsed(edifact(body, kind="RECADV"))
        self.assertEqual(
            (receipt.order_number, receipt.shipment_number), ("4711", "S1")
        )
        (damaged,) = receipt.lines[0].exceptions
        self.assertEqual((damaged.condition, damaged.quantity), ("damaged", 2))

    def test_a_947(self):
        adjustment = parsed(
            x12(
                """
            W15*20261201*ADJ4*OUR9~N1*WH**92*W1~
            W19*06*-13.000*EA**VN*LAMP***LOT7~
            W19*56*-2*EA**VN*CUP~
            W19*05*4*EA**VN*MUG~
            W19*53*1*EA**VN*BOX***********20261130~
            W19*ZQ*1*EA**VN*PEN~
        """,
                kind="947",
                group="AW",
            )
        )
        self.assertEqual(
            (adjustment.number, adjustment.depositor_number), ("ADJ4", "OUR9")
        )
        less, odd, hold, shipment, unknown = adjustment.lines
        self.assertEqual(
            (less.effect, less.quantity, less.contradicts, less.lot),
            ("total", -13, False, "LOT7"),
        )
        # the reason says more, the sign says less
        self.assertTrue(odd.contradicts)
        self.assertEqual(
            (hold.effect, hold.source, hold.target), ("state", "available", "hold")
        )
        self.assertEqual((shipment.effect, shipment.contradicts), ("shipment", False))
        self.assertEqual((unknown.effect, unknown.reason), ("", "ZQ"))

    def test_a_940(self):
        order = ShippingOrder(
            "SO77",
            po_number="4711",
            lines=(
                ShippingLine(
                    Decimal(10),
                    "EA",
                    "1",
                    (ItemId("VN", "LAMP"), ItemId("UP", "036000291452")),
                    lot="LOT7",
                    text="A lamp",
                ),
                ShippingLine(Decimal(2), "CA", "2", (ItemId("UA", "123456789012"),)),
            ),
            dates=Dates(ship_requested=day("2026-12-02"), deliver_by=day("2026-12-24")),
            parties=(
                Party(
                    "ship_to",
                    "",
                    "",
                    "",
                    "Jane Doe",
                    street="1 Main St",
                    city="Akron",
                    state="OH",
                    zip="44301",
                    country="US",
                ),
            ),
            carrier=Carrier("UPSN", "UPS GROUND", "U", payment="PP"),
            notes=("Ring twice*",),
        )
        self.assertEqual(
            written(order),
            [
                "W05*N*SO77*4711",
                "N1*ST*Jane Doe",
                "N3*1 Main St",
                "N4*Akron*OH*44301*US",
                "G62*10*20261202",
                "G62*53*20261224",
                "NTE*WHI*Ring twice",
                "W66*PP*U***UPS GROUND*****UPSN",
                "LX*1",
                "W01*10*EA**VN*LAMP*UP*036000291452**LOT7",
                "G69*A lamp",
                "N9*LI*1",
                "LX*2",
                "W01*2*CA*123456789012",
                "N9*LI*2",
                "W76*12",
            ],
        )
        cancel = ShippingOrder(**dict(vars(order), purpose="cancel"))
        self.assertEqual(written(cancel)[0], "W05*F*SO77*4711")

    def test_a_943(self):
        notice = ReceiptNotice(
            "PO88",
            (NoticeLine(Decimal(10), "EA", "1", (ItemId("VN", "LAMP"),), "LOT7"),),
            shipment_number="SHP3",
            date=day("2026-12-05"),
        )
        self.assertEqual(
            written(notice),
            [
                "W06*N*PO88*20261205*SHP3",
                "LX*1",
                "W04*10*EA**VN*LAMP***LOT7",
                "N9*LI*1",
                "W03*10",
            ],
        )


class TestOthers(PureCase):
    def test_an_824(self):
        advice = parsed(
            x12(
                """
            BGN*00*A1*20261201~
            OTI*TR*SI*S1***20261201*1430*5*0001*856~
            TED*024*late ship notice~NTE*GEN*charged 50.00~
            OTI*TA*SI*S2~
        """,
                kind="824",
                group="AG",
            )
        )
        self.assertEqual(advice.status, "rejected")
        first, last = advice.items
        self.assertEqual((first.status, first.subject), ("rejected", "S1"))
        self.assertEqual(
            (first.group, first.document, first.subject_kind), ("5", "0001", "856")
        )
        self.assertEqual(first.codes, ("024",))
        self.assertEqual(first.texts, ("late ship notice", "charged 50.00"))
        self.assertEqual(last.status, "accepted")

    def test_an_864_is_kept(self):
        advice = parsed(
            x12("BMG*00*hello~MIT*1*charges~MSG*you were late~", kind="864", group="TX")
        )
        self.assertEqual(
            (advice.status, advice.texts), ("", ("charges", "you were late"))
        )
