# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orders, changes and answers in both standards. Right answers are those of the
standards' code lists (353, 92, 374, 670, 668; 1225, 1229, 2005, 6063)."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from ..lib import codec
from ..lib.errors import Unwritable
from ..schemas import (
    Allocation,
    AnswerLine,
    Charge,
    Dates,
    Delimiters,
    ItemId,
    LineAnswer,
    OrderAnswer,
    OrderChange,
    OrderLine,
    PackFacts,
    Party,
    Price,
    PurchaseOrder,
    Reference,
    Schedule,
)
from .common import (
    PureCase,
    at,
    codes,
    day,
    edifact,
    envelope,
    make_options,
    only,
    parsed,
    x12,
)

ORDER = """
    BEG*00*SA*4711*R1*20261201*C9~
    CUR*BY*USD~
    REF*DP*038~
    SAC*A*C310***4119~
    ITD*14*3*****60*****NET 60~
    DTM*037*20261210~
    DTM*038*20261215~
    DTM*001*20261220~
    TD5*O*2*UPSN*M*UPS GROUND~
    N9*ZZ*1~
    MSG*call before delivery~
    N1*ST*DC 12*92*0012~
    N3*1 Main St*Dock 4~
    N4*Akron*OH*44301*US~
    N1*Z7**92*0815~
    PO1*1*120*EA*9.25*PE*VN*LAMP*UP*036000291452~
    PID*F****A lamp~
    PO4*12*1*EA~
    SDQ*EA*92*0001*70*0002*50~
    PO1*2*10*CA**~
    CTT*2*130~
    AMT*TT*1110~
"""


class TestOrderX12(PureCase):
    def test_all_that_an_850_says(self):
        order = parsed(x12(ORDER))
        self.assertEqual(
            (order.number, order.release, order.contract, order.currency),
            ("4711", "R1", "C9", "USD"),
        )
        self.assertEqual((order.purpose, order.type), ("original", "standalone"))
        self.assertEqual(order.placed, day("2026-12-01"))
        self.assertEqual(order.dates.ship_not_before.first, at("2026-12-10"))
        self.assertEqual(order.dates.ship_by.last, at("2026-12-15T23:59:59"))
        self.assertEqual(order.dates.cancel_after.last, at("2026-12-20T23:59:59"))
        self.assertEqual(order.charges, (Charge("C310", Decimal("-41.19")),))
        self.assertEqual(order.notes, ("call before delivery",))
        self.assertEqual(
            (order.carrier.code, order.carrier.name), ("UPSN", "UPS GROUND")
        )
        self.assertEqual(order.terms, "NET 60")
        ship_to, store = order.parties
        self.assertEqual(
            (ship_to.role, ship_to.qualifier, ship_to.code), ("ship_to", "92", "0012")
        )
        self.assertEqual(
            (ship_to.street, ship_to.street2, ship_to.zip),
            ("1 Main St", "Dock 4", "44301"),
        )
        self.assertEqual((store.role, store.code), ("store", "0815"))
        self.assertEqual((order.line_count, order.total), (2, Decimal(1110)))
        lamp, case = order.lines
        self.assertEqual((lamp.quantity, lamp.unit, lamp.number), (120, "EA", "1"))
        self.assertEqual(lamp.price, Price(Decimal("9.25"), Decimal(1), "EA", "PE"))
        self.assertEqual(lamp.ids, (ItemId("VN", "LAMP"), ItemId("UP", "036000291452")))
        self.assertEqual(lamp.pack, PackFacts(Decimal(12), Decimal(1), "EA"))
        self.assertEqual(
            lamp.allocations,
            (
                Allocation("0001", Decimal(70), "EA", "92"),
                Allocation("0002", Decimal(50), "EA", "92"),
            ),
        )
        # a price that is not told is ours, and never 0
        self.assertIsNone(case.price)
        self.assertEqual((case.quantity, case.unit, case.ids), (10, "CA", ()))

    def test_days_end_where_the_partner_lives(self):
        order = parsed(x12(ORDER), zone="America/New_York")
        self.assertEqual(order.dates.cancel_after.last, at("2026-12-21T04:59:59"))
        self.assertEqual(order.dates.ship_not_before.first, at("2026-12-10T05:00:00"))

    def test_what_holds_goods(self):
        for purpose, kind, holds in (
            ("00", "SA", True),
            ("00", "NE", True),
            ("00", "DS", True),
            ("00", "RL", True),
            ("05", "SA", True),
            ("00", "BK", False),
            ("00", "BE", False),
            ("01", "SA", False),
            ("06", "SA", False),
            ("07", "SA", False),
            ("22", "SA", False),
            # sent or issued again: it may be the only one that has come
            ("15", "SA", True),
            ("18", "SA", True),
            ("00", "??", True),
        ):
            with self.subTest(f"{purpose} {kind}"):
                order = parsed(x12(ORDER.replace("BEG*00*SA", f"BEG*{purpose}*{kind}")))
                self.assertEqual(order.holds, holds)

    def test_prices_of_other_units(self):
        for basis, per, unit in (
            ("PE", 1, "EA"),
            ("CA", 1, "CA"),
            ("HP", 100, "EA"),
            ("TP", 1000, "EA"),
            ("", 1, ""),
        ):
            order = parsed(x12(ORDER.replace("9.25*PE", f"9.25*{basis}")))
            self.assertEqual(
                order.lines[0].price, Price(Decimal("9.25"), Decimal(per), unit, basis)
            )

    def test_the_agreements_words_come_first(self):
        data = x12(ORDER.replace("VN*LAMP", "IN*LAMP").replace("DTM*038", "DTM*ZZZ"))
        order = parsed(
            data,
            qualifiers=(("IN", "VN"),),
            dates=(("ZZZ", "ship_by"),),
            parties=(("Z7", "bill_to"),),
            order_types=(("SA", "blanket"),),
        )
        self.assertEqual(order.lines[0].ids[0], ItemId("VN", "LAMP"))
        self.assertEqual(order.dates.ship_by.last, at("2026-12-15T23:59:59"))
        self.assertEqual(order.parties[1].role, "bill_to")
        self.assertFalse(order.holds)

    def test_refused_with_the_place(self):
        """(what is changed, segment, element, code of 720 or 723)."""
        for before, after, place, code in (
            ("PO1*1*120*EA", "PO1*1*12O*EA", ("PO1", 2), ("723", "6")),
            ("PO1*1*120*EA", "PO1*1**EA", ("PO1", 2), ("723", "1")),
            ("9.25*PE", "9,25*PE", ("PO1", 4), ("723", "6")),
            ("BEG*00*SA*4711", "BEG*00*SA*", ("BEG", 3), ("723", "1")),
            ("CTT*2", "CTT*3", ("CTT", 1), ("723", "7")),
            ("0001*70", "0001*x", ("SDQ", 4), ("723", "6")),
        ):
            with self.subTest(after):
                (document,) = only(x12(ORDER.replace(before, after))).documents
                with self.assertRaises(codec.BadDocument) as caught:
                    codec.parse(document)
                fault = caught.exception.fault
                self.assertEqual((fault.segment_id, fault.element), place)
                self.assertEqual((fault.code_list, fault.code), code)
                self.assertIn(f"byte {fault.offset}", str(caught.exception))

    def test_a_line_without_a_unit_keeps_nothing_back(self):
        """X12 does not ask for it (P0302): the line waits, the order counts."""
        order = parsed(x12(ORDER.replace("PO1*2*10*CA", "PO1*2*10*")))
        self.assertEqual([each.unit for each in order.lines], ["EA", ""])

    def test_dates_behind_texts_are_those_of_the_order(self):
        body = ORDER.replace("DTM*001*20261220~", "").replace(
            "N1*ST", "DTM*001*20261220~N1*ST"
        )
        order = parsed(x12(body))
        self.assertEqual(order.dates.cancel_after.last, at("2026-12-20T23:59:59"))

    def test_no_more_faults_than_anybody_reads(self):
        body = "BEG*00*SA*1~" + "XYZ*1~" * 500 + "PO1*1*x*EA~"
        (document,) = only(x12(body)).documents
        with self.assertRaises(codec.BadDocument) as caught:
            codec.parse(document)
        self.assertEqual(len(caught.exception.faults), 200)
        self.assertEqual(caught.exception.fault.segment_id, "PO1")

    def test_a_bad_date_is_told_and_not_taken(self):
        (document,) = only(
            x12(ORDER.replace("DTM*001*20261220", "DTM*001*20261320"))
        ).documents
        order = codec.parse(document)
        self.assertIsNone(order.dates.cancel_after)
        self.assertEqual(codes(document.faults), [("723", "8")])

    def test_segments_nobody_expects(self):
        data = x12(ORDER.replace("PO4*", "XYZ*1~PO4*").replace("CTT", "BEG*1~CTT"))
        (document,) = only(data).documents
        codec.parse(document)
        self.assertEqual(codes(document.faults), [("720", "6")])
        self.assertFalse(any(each.fatal for each in document.faults))

    def test_an_order_without_lines(self):
        body = "BEG*{}*SA*4711**20261201~"
        self.assertEqual(parsed(x12(body.format("01"))).purpose, "cancel")
        with self.assertRaises(codec.BadDocument):
            parsed(x12(body.format("00")))


class TestChangeX12(PureCase):
    def test_an_860(self):
        change = parsed(
            x12(
                """
            BCH*04*SA*4711**3*20261201~
            DTM*001*20261231~
            POC*1*QD*8*2*EA*9.25**VN*LAMP~
            POC*2*DI~
            POC*3*AI*5**CA*7**VN*CUP~
            POC*4*RS****~
            DTM*002*20261224~
            CTT*4~
        """,
                kind="860",
                group="PC",
            )
        )
        self.assertEqual((change.number, change.change_number), ("4711", "3"))
        self.assertEqual(change.dates.cancel_after.last, at("2026-12-31T23:59:59"))
        self.assertEqual(
            [each.action for each in change.lines],
            ["decrease", "delete", "add", "dates"],
        )
        first, _second, third, fourth = change.lines
        # POC03 is the new total
        self.assertEqual(
            (first.line.quantity, first.left, first.relative), (8, 2, False)
        )
        self.assertEqual(third.line.unit, "CA")
        self.assertEqual(fourth.told, ("dates",))

    def test_differences_only_where_it_was_agreed(self):
        data = x12(
            "BCH*04*SA*1~POC*1*QI*3*3*EA~POC*2*CA*3*3*EA~", kind="860", group="PC"
        )
        change = parsed(data, change_relative=True)
        self.assertEqual([each.relative for each in change.lines], [True, False])

    def test_left_as_a_composite(self):
        """6020 and later: POC04 is a composite."""
        data = x12("BCH*04*SA*1~POC*1*CA*8*2>EA*EA~", kind="860", group="PC")
        self.assertEqual(parsed(data).lines[0].left, 2)

    def test_cancelled_as_a_whole(self):
        change = parsed(x12("BCH*01*SA*4711~", kind="860", group="PC"))
        self.assertEqual((change.purpose, change.lines), ("cancel", ()))

    def test_a_change_nobody_knows(self):
        with self.assertRaises(codec.BadDocument):
            parsed(x12("BCH*04*SA*1~POC*1*??*3**EA~", kind="860", group="PC"))


class TestAnswerX12(PureCase):
    def test_an_855(self):
        answer = parsed(
            x12(
                """
            BAK*00*AC*4711*20261201****SO77*20261202~
            PO1*1*10*EA*9.25**VN*LAMP~
            ACK*IA*6*EA*067*20261210~
            ACK*IB*4*EA*068*20261220~
            PO1*2*5*EA***VN*CUP~
            ACK*IR*5*EA~
            PO1*3*5*EA***VN*MUG~
            ACK*IS*5*EA****VN*MUG2~
            CTT*3~
        """,
                kind="855",
                group="PR",
            )
        )
        self.assertEqual(
            (answer.order_number, answer.number, answer.status),
            ("4711", "SO77", "changed"),
        )
        lamp, cup, mug = answer.lines
        self.assertEqual(
            [(each.status, each.quantity) for each in lamp.answers],
            [("accepted", 6), ("backordered", 4)],
        )
        self.assertEqual(
            lamp.answers[0].dates.deliver_scheduled.first, at("2026-12-10")
        )
        self.assertEqual(lamp.answers[1].dates.ship_scheduled.first, at("2026-12-20"))
        self.assertEqual(
            sum(each.quantity for each in lamp.answers), lamp.line.quantity
        )
        self.assertEqual(cup.answers[0].status, "rejected")
        self.assertEqual(mug.answers[0].ids, (ItemId("VN", "MUG2"),))

    def test_types(self):
        for code, status in (
            ("AC", "changed"),
            ("AD", "accepted"),
            ("AT", "accepted"),
            ("AK", "received"),
            ("RD", "rejected"),
            ("RJ", "rejected"),
        ):
            answer = parsed(
                x12(f"BAK*00*{code}*4711*20261201~", kind="855", group="PR")
            )
            self.assertEqual(answer.status, status)

    def test_accepted_with_lines_that_are_not(self):
        body = "BAK*00*AD*4711*20261201~PO1*1*5*EA~ACK*IR*5*EA~"
        self.assertEqual(parsed(x12(body, kind="855", group="PR")).status, "changed")

    def test_an_865(self):
        body = (
            "BCA*00*AC*4711*R*3*20261201***SO77**20261203~POC*1*CA*5*0*EA~ACK*IA*5*EA~"
        )
        answer = parsed(x12(body, kind="865", group="CA"))
        self.assertEqual(
            (answer.change_number, answer.number, answer.release), ("3", "SO77", "R")
        )
        self.assertEqual(answer.answered, day("2026-12-03"))


MESSAGE = """BGM+220+4711+9'
DTM+137:20261201:102'
DTM+63:20261224:102'
DTM+61:20261226:102'
FTX+AAI+++call before:delivery'
RFF+CT:C9'
NAD+BY+5412345000013::9'
NAD+SU+4012345000009::9'
NAD+DP+0012::92++Lager Süd+Hafenstr. 1+Köln++50667+DE'
CUX+2:EUR:9'
LIN+1++4012345000016:EN'
PIA+1+LAMP:SA+0815:IN'
IMD+F++:::Lampe:blau'
QTY+21:120:PCE'
QTY+59:12'
PRI+AAA:925::CT:100:PCE'
LOC+7+0001::92'
QTY+11:70'
LOC+7+0002::92'
QTY+11:50'
LIN+2++CUP:SA'
QTY+21:2.5:KGM'
UNS+S'
CNT+2:2'"""


class TestOrdersEdifact(PureCase):
    def test_all_that_an_orders_says(self):
        order = parsed(edifact(MESSAGE))
        self.assertEqual(
            (order.number, order.type, order.purpose),
            ("4711", "standalone", "original"),
        )
        self.assertEqual((order.contract, order.currency), ("C9", "EUR"))
        self.assertEqual(order.placed, day("2026-12-01"))
        self.assertEqual(order.dates.deliver_by.last, at("2026-12-24T23:59:59"))
        self.assertEqual(order.dates.cancel_after.last, at("2026-12-26T23:59:59"))
        self.assertEqual(order.notes, ("call before delivery",))
        buyer, _supplier, ship_to = order.parties
        self.assertEqual(
            (buyer.role, buyer.qualifier, buyer.code), ("buyer", "UL", "5412345000013")
        )
        self.assertEqual(
            (ship_to.role, ship_to.qualifier, ship_to.city), ("ship_to", "92", "Köln")
        )
        lamp, cup = order.lines
        self.assertEqual(
            lamp.ids,
            (ItemId("EN", "4012345000016"), ItemId("VN", "LAMP"), ItemId("IN", "0815")),
        )
        self.assertEqual(lamp.price, Price(Decimal(925), Decimal(100), "PCE", "AAA"))
        self.assertEqual(lamp.pack, PackFacts(size=Decimal(12)))
        self.assertEqual(
            [(each.code, each.quantity) for each in lamp.allocations],
            [("0001", 70), ("0002", 50)],
        )
        self.assertEqual((cup.quantity, cup.unit), (Decimal("2.5"), "KGM"))

    def test_decimal_comma(self):
        """As UNA says; and a point where it cannot be one of thousands."""
        for una, written, expected in (
            ("UNA:+,? '", "2,5", "2.5"),
            ("UNA:+,? '", "2.5", "2.5"),
            ("UNA:+.? '", "2,5", "2.5"),
            ("UNA:+,? '", "12-", "-12"),
        ):
            data = edifact(MESSAGE.replace("21:2.5", f"21:{written}"), una=una)
            self.assertEqual(parsed(data).lines[1].quantity, Decimal(expected))
        for una, written in (
            ("UNA:+,? '", "1.000,5"),
            ("UNA:+.? '", "1,000.5"),
            ("", "1,000,000"),
        ):
            with self.assertRaises(codec.BadDocument):
                parsed(edifact(MESSAGE.replace("21:2.5", f"21:{written}"), una=una))

    def test_a_wrong_count_of_lines(self):
        with self.assertRaises(codec.BadDocument) as caught:
            parsed(edifact(MESSAGE.replace("CNT+2:2", "CNT+2:3")))
        self.assertEqual(codes(caught.exception.faults), [("0085", "29")])

    def test_a_wrong_count_of_segments_is_forgiven_and_one_of_lines_is_not(self):
        lines = edifact(MESSAGE.replace("CNT+2:2", "CNT+2:3"))
        whole = edifact(MESSAGE)
        count = whole.split(b"UNT+")[1].split(b"+")[0]
        segments = whole.replace(b"UNT+" + count, b"UNT+99")
        forgiven = {"forgiven": ("0085:29/UNT",)}
        self.assertEqual(parsed(segments, **forgiven).number, "4711")
        for data, options in ((lines, forgiven), (segments, {})):
            with self.assertRaises(codec.BadDocument):
                parsed(data, **options)

    def test_functions(self):
        for function, purpose, holds in (
            ("9", "original", True),
            ("1", "cancel", False),
            ("7", "duplicate", False),
            ("31", "information", False),
            ("5", "replace", True),
            ("", "original", True),
        ):
            order = parsed(edifact(MESSAGE.replace("4711+9", f"4711+{function}")))
            self.assertEqual((order.purpose, order.holds), (purpose, holds))

    def test_ordchg(self):
        change = parsed(
            edifact(
                """BGM+230+CHG3+4'
DTM+137:20261202:102'
RFF+ON:4711'
LIN+1+3+4012345000016:EN'
QTY+21:8:PCE'
LIN+2+2+CUP:SA'
LIN+3+1+MUG:SA'
QTY+21:5:PCE'
UNS+S'""",
                kind="ORDCHG",
            )
        )
        self.assertEqual((change.number, change.change_number), ("4711", "CHG3"))
        self.assertEqual(
            [each.action for each in change.lines], ["change", "delete", "add"]
        )
        self.assertEqual(change.lines[0].line.quantity, 8)

    def test_ordrsp(self):
        answer = parsed(
            edifact(
                """BGM+231+SO77+4'
DTM+137:20261202:102'
RFF+ON:4711'
LIN+1+6+4012345000016:EN'
QTY+21:10:PCE'
QTY+113:6:PCE'
DTM+67:20261210:102'
QTY+83:4:PCE'
DTM+67:20261220:102'
LIN+2+7+CUP:SA'
QTY+21:5:PCE'
LIN+3+5+MUG:SA'
QTY+21:5:PCE'
UNS+S'""",
                kind="ORDRSP",
            )
        )
        self.assertEqual(
            (answer.order_number, answer.number, answer.status),
            ("4711", "SO77", "changed"),
        )
        lamp, cup, mug = answer.lines
        self.assertEqual(
            [
                (each.status, each.quantity, each.dates.deliver_scheduled.first.day)
                for each in lamp.answers
            ],
            [("changed", 6, 10), ("backordered", 4, 20)],
        )
        self.assertEqual(
            (cup.answers[0].status, cup.answers[0].quantity), ("rejected", 5)
        )
        self.assertEqual(
            (mug.answers[0].status, mug.answers[0].quantity), ("accepted", 5)
        )

    def test_the_number_of_the_order_behind_a_party(self):
        body = "BGM+231+SO77+29'\nNAD+BY+1'\nRFF+ON:4711'\nUNS+S'"
        self.assertEqual(parsed(edifact(body, kind="ORDRSP")).order_number, "4711")

    def test_ordrsp_that_accepts_or_refuses_all(self):
        for function, status in (("29", "accepted"), ("27", "rejected")):
            body = f"BGM+231+SO77+{function}'\nRFF+ON:4711'\nUNS+S'"
            self.assertEqual(parsed(edifact(body, kind="ORDRSP")).status, status)

    def test_aperak(self):
        advice = parsed(
            edifact(
                """BGM+313+A1+27'
RFF+ACW:4711'
ERC+12'
FTX+AAI+++invalid product'""",
                kind="APERAK",
            )
        )
        self.assertEqual(advice.status, "rejected")
        (item,) = advice.items
        self.assertEqual(
            (item.subject, item.codes, item.texts),
            ("4711", ("12",), ("invalid product",)),
        )


class TestWritten(PureCase):
    """What we write says what it was made of, in both standards."""

    ORDER = PurchaseOrder(
        number="P00042",
        placed=day("2026-12-01"),
        purpose_code="",
        currency="EUR",
        dates=Dates(deliver_by=day("2026-12-24"), cancel_after=day("2026-12-31")),
        parties=(
            Party(
                "ship_to",
                "",
                "92",
                "0012",
                "Our house",
                street="1 Road",
                city="Akron",
                state="OH",
                zip="44301",
                country="US",
            ),
            Party("buyer", "", "UL", "5412345000013"),
        ),
        notes=("no pallets",),
        lines=(
            OrderLine(
                1,
                Decimal("12.5"),
                "KG",
                "1",
                Price(Decimal("9.25")),
                (ItemId("EN", "4012345000016"), ItemId("VN", "LAMP")),
                text="A lamp",
                allocations=(
                    Allocation("1", Decimal(5), "KG", "92"),
                    Allocation("2", Decimal("7.5"), "KG", "92"),
                ),
            ),
            OrderLine(
                2,
                Decimal(3),
                "CA",
                "2",
                None,
                (ItemId("VN", "CUP"),),
                schedules=(
                    Schedule(
                        Decimal(3), "CA", Dates(deliver_scheduled=day("2026-12-20"))
                    ),
                ),
            ),
        ),
    )

    def round(self, standard, value, **options):
        data = codec.write([value], envelope(standard), make_options(**options))
        interchange = only(data)
        self.assertFalse(interchange.faults)
        (document,) = interchange.documents
        self.assertFalse(document.fatal, data)
        found = codec.parse(document, make_options(**options))
        self.assertFalse(document.faults, document.faults)
        return found

    def same(self, value, found, *names):
        for name in names:
            self.assertEqual(getattr(found, name), getattr(value, name), name)

    def test_orders(self):
        for standard in ("x12", "edifact"):
            with self.subTest(standard):
                found = self.round(standard, self.ORDER)
                self.same(
                    self.ORDER, found, "number", "placed", "currency", "dates", "notes"
                )
                self.assertEqual(
                    [each.code for each in found.parties], ["0012", "5412345000013"]
                )
                self.assertEqual(found.parties[0].city, "Akron")
                for line, got in zip(self.ORDER.lines, found.lines, strict=True):
                    self.same(
                        line,
                        got,
                        "position",
                        "quantity",
                        "unit",
                        "number",
                        "ids",
                        "text",
                        "allocations",
                        "schedules",
                    )
                    self.assertEqual(
                        got.price and got.price.amount, line.price and line.price.amount
                    )

    def test_changes(self):
        from ..schemas import ChangeLine

        first, second = self.ORDER.lines
        change = OrderChange(
            "P00042",
            change_number="2",
            changed=day("2026-12-03"),
            lines=(
                ChangeLine("change", first, told=("quantity",)),
                ChangeLine(
                    "delete", OrderLine(2, Decimal(0), number="2", ids=second.ids)
                ),
            ),
        )
        for standard in ("x12", "edifact"):
            with self.subTest(standard):
                found = self.round(standard, change)
                self.same(
                    change, found, "number", "change_number", "changed", "purpose"
                )
                self.assertEqual(
                    [each.action for each in found.lines], ["change", "delete"]
                )
                self.assertEqual(found.lines[0].line.quantity, first.quantity)
                self.assertEqual(found.lines[1].line.ids, second.ids)

    def test_answers(self):
        line = OrderLine(1, Decimal(10), "EA", "1", None, (ItemId("VN", "LAMP"),))
        late = Dates(deliver_scheduled=day("2026-12-20"))
        answer = OrderAnswer(
            "4711",
            "changed",
            number="SO77",
            ordered=None,
            answered=day("2026-12-02"),
            lines=(
                AnswerLine(
                    line,
                    (
                        LineAnswer("changed", Decimal(6), "EA"),
                        LineAnswer("backordered", Decimal(4), "EA", dates=late),
                    ),
                ),
                AnswerLine(
                    OrderLine(2, Decimal(5), "EA", "2", None, (ItemId("VN", "CUP"),)),
                    (LineAnswer("rejected", Decimal(5), "EA"),),
                ),
            ),
        )
        for standard in ("x12", "edifact"):
            with self.subTest(standard):
                found = self.round(standard, answer)
                self.same(answer, found, "order_number", "number", "status", "answered")
                said = [
                    [(each.status, each.quantity) for each in one.answers]
                    for one in found.lines
                ]
                self.assertEqual(
                    said, [[("changed", 6), ("backordered", 4)], [("rejected", 5)]]
                )

    def test_answers_add_up_to_what_was_ordered(self):
        line = OrderLine(1, Decimal(10), "EA", "1")
        for answers, fits in (
            ((LineAnswer("accepted", Decimal(6)),), False),
            (
                (
                    LineAnswer("accepted", Decimal(6)),
                    LineAnswer("rejected", Decimal(5)),
                ),
                False,
            ),
            (
                (
                    LineAnswer("accepted", Decimal(6)),
                    LineAnswer("rejected", Decimal(4)),
                ),
                True,
            ),
            ((LineAnswer("substituted", Decimal(5)),), True),
            ((LineAnswer("accepted"),), True),
            ((), True),
        ):
            answer = OrderAnswer("1", "changed", (AnswerLine(line, answers),))
            for standard in ("x12", "edifact"):
                with self.subTest(f"{standard} {answers}"):
                    if fits:
                        codec.write([answer], envelope(standard))
                        continue
                    with self.assertRaises(Unwritable):
                        codec.write([answer], envelope(standard))

    def test_many_places(self):
        many = tuple(
            Allocation(f"{n:04}", Decimal(n), "EA", "92") for n in range(1, 24)
        )
        line = OrderLine(
            1,
            sum(each.quantity for each in many),
            "EA",
            "1",
            None,
            (ItemId("VN", "X"),),
            allocations=many,
        )
        for standard in ("x12", "edifact"):
            found = self.round(standard, PurchaseOrder("1", (line,)))
            self.assertEqual(found.lines[0].allocations, many)

    def test_decimal_mark_of_the_agreement(self):
        from ..schemas import Delimiters

        chosen = Delimiters("'", "+", ":", "", "?", decimal=",")
        data = codec.write([self.ORDER], envelope("edifact", delimiters=chosen))
        self.assertIn(b"QTY+21:12,5:KG'", data)
        self.assertIn(b"PRI+AAA:9,25'", data)

    def test_dates_before_4010_have_six_digits(self):
        made = envelope(version="00304", group_version="003040")
        data = codec.write([self.ORDER], made)
        self.assertIn(b"*P00042**261201~", data)
        self.assertIn(b"DTM*001*261231~", data)
        found, ours = parsed(data).dates.cancel_after, self.ORDER.dates.cancel_after
        self.assertEqual((found.first, found.last), (ours.first, ours.last))

    def test_documents_of_several_kinds(self):
        change = OrderChange("1", purpose="cancel")
        data = codec.write([self.ORDER, change, self.ORDER], envelope())
        interchange = only(data)
        self.assertEqual(
            [g.head.functional_id for g in interchange.groups], ["PO", "PC"]
        )
        self.assertEqual([len(g.documents) for g in interchange.groups], [2, 1])

    def test_what_cannot_be_written(self):
        from ..schemas import Ack

        for standard, values in (
            ("edifact", [Ack("997")]),
            ("x12", []),
            ("x12", [PurchaseOrder("A*B", ())]),
        ):
            with self.assertRaises(Unwritable):
                codec.write(values, envelope(standard))

    def test_references_are_kept(self):
        order = PurchaseOrder(
            "1", self.ORDER.lines, refs=(Reference("DP", "038", "Garden"),)
        )
        self.assertIn(order.refs[0], self.round("x12", order).refs)


class TestOptions(PureCase):
    def test_what_means_nothing_is_refused_when_it_is_agreed(self):
        for values in (
            {"zone": "Mars/Olympus"},
            {"dates": (("1", "ship_bye"),)},
            {"states": (("33", "lots"),)},
            {"order_types": (("SA", "huge"),)},
            {"ack_interchange": "maybe"},
            {"standard": "idoc"},
            {"sscc_qualifier": "ZZ"},
        ):
            with self.subTest(values), self.assertRaises(ValueError):
                make_options(**values)


WORDS = (
    st.text("aA1 *~>:^+'?äß,.-", min_size=1, max_size=12).map(str.strip).filter(bool)
)
IDS = st.text("aA1-/. ", min_size=1, max_size=12).map(str.strip).filter(bool)
AMOUNTS = st.integers(1, 10**8).map(lambda n: Decimal(n) / 100)
LINES = st.builds(
    OrderLine,
    position=st.just(1),
    quantity=AMOUNTS,
    unit=st.sampled_from(["EA", "CA", "KG"]),
    number=st.just("1"),
    price=st.none() | st.builds(Price, AMOUNTS),
    ids=st.tuples(st.builds(ItemId, st.sampled_from(["EN", "VN", "BP"]), IDS)),
    text=WORDS | st.just(""),
)


class TestAnyOrder(PureCase):
    @settings(deadline=None, max_examples=100)
    @given(
        IDS,
        st.lists(LINES, min_size=1, max_size=4),
        WORDS,
        st.sampled_from("#~|\n\x1c"),
    )
    def test_orders_are_read_as_they_were_written(self, number, lines, name, end):
        """Ids and figures exactly; texts exactly where they can be released."""
        lines = tuple(
            replace(line, position=n, number=str(n)) for n, line in enumerate(lines, 1)
        )
        party = Party("ship_to", "", "92", "0012", name)
        order = PurchaseOrder(number, lines, parties=(party,))
        for standard, marks in (("x12", Delimiters(end, "*", ">")), ("edifact", None)):
            made = envelope(standard, delimiters=marks, charset="latin-1")
            found = parsed(codec.write([order], made))
            self.assertEqual(found.number, number)
            for line, got in zip(lines, found.lines, strict=True):
                self.assertEqual(
                    (got.quantity, got.unit, got.ids),
                    (line.quantity, line.unit, line.ids),
                )
                self.assertEqual(
                    got.price and got.price.amount, line.price and line.price.amount
                )
                if standard == "edifact":
                    self.assertEqual(got.text, line.text)
            if standard == "edifact":
                self.assertEqual(found.parties[0].name, name)
