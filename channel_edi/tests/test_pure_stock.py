# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reports of stock. Right answers are those of the code lists 673 and of EANCOM's
6063."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from ..lib import codec
from ..lib.errors import Unwritable
from ..schemas import (
    ItemId,
    Moment,
    Party,
    StockReport,
    StockRow,
)
from .common import (
    PureCase,
    again,
    at,
    day,
    edifact,
    envelope,
    parsed,
    written,
    x12,
)


class TestStockX12(PureCase):
    def report(self, body, **options):
        head = "BIA*00*DD*R1*20261201*2300~"
        return parsed(x12(head + body, kind="846", group="IB"), **options)

    def test_rows(self):
        report = self.report("""
            N1*WH**92*W1~
            LIN*1*VN*LAMP*UP*036000291452~
            PID*F****A lamp~
            DTM*018*20261224~
            QTY*33*10*EA~
            QTY*QH*2*EA~
            LIN*2*VN*CUP~
            QTY*33*0*CA~
            CTT*2~
        """)
        self.assertEqual(
            (report.number, report.type_code, report.item_count), ("R1", "DD", 2)
        )
        self.assertEqual(report.as_of.first, at("2026-12-01T23:00:00"))
        self.assertEqual(report.parties[0].code, "W1")
        self.assertEqual(
            [
                (r.position, r.qualifier, r.status, r.quantity, r.unit)
                for r in report.rows
            ],
            [
                (1, "33", "available", 10, "EA"),
                (1, "QH", "hold", 2, "EA"),
                (2, "33", "available", 0, "CA"),
            ],
        )
        self.assertEqual(report.rows[0].available.first, at("2026-12-24"))
        self.assertEqual(report.rows[0].ids[1], ItemId("UP", "036000291452"))
        self.assertIsNone(report.complete)

    def test_as_of_is_in_the_partners_zone(self):
        report = self.report("LIN**VN*A~QTY*33*1*EA~", zone="America/New_York")
        self.assertEqual(report.as_of.first, at("2026-12-02T04:00:00"))

    def test_what_is_left_out(self):
        body = "LIN**VN*A~QTY*33*1*EA~"
        self.assertTrue(self.report(body, complete=True).complete)
        change = x12("BIA*04*DD*R1*20261201~" + body, kind="846", group="IB")
        self.assertFalse(parsed(change, complete=True).complete)

    def test_codes_used_against_their_meaning(self):
        body = "LIN**VN*A~QTY*33*5*EA~QTY*QA*3*EA~QTY*17*9*EA~"
        self.assertEqual(
            [r.status for r in self.report(body).rows], ["available", "", "on_hand"]
        )
        mapped = self.report(body, states=(("33", "on_hand"), ("QA", "available")))
        self.assertEqual(
            [r.status for r in mapped.rows], ["on_hand", "available", "on_hand"]
        )
        strict = self.report(body, states=(("QA", "available"),), state_required=True)
        self.assertEqual([r.status for r in strict.rows], ["", "available", ""])

    def test_places_before_and_behind(self):
        before = (
            "LIN**VN*A~N1*WH**92*1~QTY*33*5*EA~QTY*QH*1*EA~N1*WH**92*2~QTY*33*7*EA~"
        )
        behind = (
            "LIN**VN*A~QTY*33*5*EA~QTY*QH*1*EA~N1*WH**92*1~N4*Akron~"
            "QTY*33*7*EA~N1*WH**92*2~"
        )
        for body in (before, behind):
            with self.subTest(body):
                rows = self.report(body).rows
                self.assertEqual(
                    [(r.place.code, r.qualifier, r.quantity) for r in rows],
                    [("1", "33", 5), ("1", "QH", 1), ("2", "33", 7)],
                )

    def test_a_total_beside_its_places_counts_once(self):
        body = "LIN**VN*A~QTY*33*12*EA~N1*WH**92*1~QTY*33*5*EA~N1*WH**92*2~QTY*33*7*EA~"
        rows = self.report(body).rows
        self.assertEqual(
            [(r.place.code, r.quantity) for r in rows], [("1", 5), ("2", 7)]
        )
        with self.assertRaises(codec.BadDocument):
            self.report(body.replace("33*12", "33*13"))

    def test_lots(self):
        body = "LIN**VN*A~QTY*33*5*EA~REF*LT*L1~DTM*036*20270131~QTY*33*7*EA~REF*LT*L2~"
        rows = self.report(body).rows
        self.assertEqual([(r.lot, r.quantity) for r in rows], [("L1", 5), ("L2", 7)])
        self.assertEqual(rows[0].expires.last, at("2027-01-31T23:59:59"))
        self.assertIsNone(rows[1].expires)
        (row,) = self.report("LIN**VN*A*LT*L9~QTY*33*5*EA~").rows
        self.assertEqual((row.lot, row.ids), ("L9", (ItemId("VN", "A"),)))

    def test_differences_are_told_as_such(self):
        rows = self.report("LIN**VN*A~QTY*69*-5*EA~").rows
        self.assertEqual((rows[0].incremental, rows[0].quantity), (True, -5))

    def test_stores(self):
        rows = self.report(
            "LIN**VN*A~SDQ*EA*92*1*5*2*7~", states=(("SDQ", "available"),)
        ).rows
        self.assertEqual(
            [(r.place.code, r.quantity, r.status) for r in rows],
            [("1", 5, "available"), ("2", 7, "available")],
        )

    def test_half_a_report_is_refused(self):
        with self.assertRaises(codec.BadDocument):
            self.report("LIN**VN*A~QTY*33*1*EA~CTT*2~")
        with self.assertRaises(codec.BadDocument):
            self.report("LIN**VN*A~QTY*33*lots*EA~")

    def test_written(self):
        report = StockReport(
            "R7",
            as_of=Moment(at("2026-12-01T23:00:00"), at("2026-12-01T23:00:59")),
            parties=(Party("supplier", "", "92", "V1"),),
            rows=(
                StockRow(
                    1,
                    Decimal(10),
                    "EA",
                    status="available",
                    ids=(ItemId("VN", "LAMP"),),
                    text="A lamp",
                    available=day("2026-12-24"),
                ),
                StockRow(
                    2, Decimal(0), "CA", status="available", ids=(ItemId("VN", "CUP"),)
                ),
            ),
        )
        self.assertEqual(
            written(report),
            [
                "BIA*00*DD*R7*20261201*2300",
                "N1*VN**92*V1",
                "LIN*1*VN*LAMP",
                "PID*F****A lamp",
                "DTM*018*20261224",
                "QTY*33*10*EA",
                "LIN*2*VN*CUP",
                "QTY*33*0*CA",
                "CTT*2",
            ],
        )
        found = again(report)
        self.assertEqual(
            [(r.ids, r.quantity, r.status, r.available) for r in found.rows],
            [(r.ids, r.quantity, r.status, r.available) for r in report.rows],
        )
        below = StockReport("R8", (StockRow(1, Decimal(-1), "EA", "33"),))
        with self.assertRaises(Unwritable):
            codec.write([below], envelope())


class TestStockEdifact(PureCase):
    def report(self, body, name="35", **options):
        head = (
            f"BGM+{name}+R1+9'\nDTM+137:202612020100:203'\nDTM+366:202612012300:203'\n"
        )
        return parsed(edifact(head + body, kind="INVRPT"), **options)

    def test_rows(self):
        report = self.report("""NAD+WH+5412345000013::9'
LIN+1++4012345000016:EN'
PIA+1+LAMP:SA'
QTY+145:10:PCE'
QTY+66:2:PCE'
QTY+124:1:PCE'
LIN+2++4012345000023:EN'
QTY+198:5:PCE'
CNT+2:2'""")
        self.assertEqual(report.as_of.first, at("2026-12-01T23:00:00"))
        self.assertEqual(
            [(r.position, r.status, r.quantity) for r in report.rows],
            [
                (1, "on_hand", 10),
                (1, "allocated", 2),
                (1, "damaged", 1),
                (2, "in_transit", 5),
            ],
        )
        self.assertEqual(
            report.rows[0].ids, (ItemId("EN", "4012345000016"), ItemId("VN", "LAMP"))
        )

    def test_places_and_lots(self):
        rows = self.report("""LIN+1++4012345000016:EN'
LOC+18+W1::92'
QTY+145:5:PCE'
RFF+BT:L1'
DTM+361:20270131:102'
LOC+18+W2::92'
QTY+145:7:PCE'""").rows
        self.assertEqual(
            [(r.place.code, r.lot, r.quantity) for r in rows],
            [("W1", "L1", 5), ("W2", "", 7)],
        )
        self.assertEqual(rows[0].expires.last, at("2027-01-31T23:59:59"))

    def test_movements_are_no_snapshot(self):
        report = self.report(
            """LIN+1++4012345000016:EN'
INV+1'
QTY+145:5:PCE'
INV+2'
QTY+145:7:PCE'""",
            name="78",
            complete=True,
        )
        self.assertFalse(report.complete)
        self.assertEqual(
            [(r.incremental, r.quantity) for r in report.rows], [(True, -5), (True, 7)]
        )

    def test_written(self):
        report = StockReport(
            "R7",
            as_of=Moment(at("2026-12-01T23:00:00"), at("2026-12-01T23:00:59")),
            rows=(
                StockRow(
                    1,
                    Decimal(10),
                    "PCE",
                    status="available",
                    ids=(ItemId("EN", "4012345000016"),),
                    place=Party("warehouse", "", "92", "W1"),
                ),
            ),
        )
        self.assertEqual(
            written(report, "edifact"),
            [
                "BGM+35+R7+9",
                "DTM+137:202612012300:203",
                "DTM+366:202612012300:203",
                "LIN+1++4012345000016:EN",
                "LOC+18+W1::92",
                "QTY+145:10:PCE",
                "CNT+2:1",
            ],
        )
        found = again(report, "edifact", states=(("145", "available"),))
        self.assertEqual(
            (found.rows[0].quantity, found.rows[0].status, found.as_of.first),
            (10, "available", report.as_of.first),
        )


@st.composite
def reports(draw):
    rows = []
    for position in range(1, draw(st.integers(1, 6)) + 1):
        ids = (ItemId("EN", f"40123450000{position:02}"),)
        for place in draw(
            st.lists(st.sampled_from("ABC"), unique=True, max_size=3)
        ) or [""]:
            rows.append(
                StockRow(
                    position,
                    Decimal(draw(st.integers(0, 10**6))),
                    draw(st.sampled_from(["EA", "CA"])),
                    status="available",
                    ids=ids,
                    place=Party("warehouse", "", "92", place) if place else None,
                )
            )
    at_ = Moment(at("2026-12-01T23:00:00"), at("2026-12-01T23:00:59"))
    return StockReport("R1", tuple(rows), as_of=at_)


class TestAnyStock(PureCase):
    @settings(deadline=None, max_examples=100)
    @given(reports(), st.sampled_from(["x12", "edifact"]))
    def test_numbers_are_read_as_they_were_written(self, report, standard):
        states = (("145", "available"), ("33", "available"))
        found = again(report, standard, states=states)

        def told(rows):
            return [
                (r.ids, r.place.code if r.place else "", r.quantity, r.unit, r.status)
                for r in rows
            ]

        self.assertEqual(told(found.rows), told(report.rows))
        self.assertEqual(found.as_of.first, report.as_of.first)
