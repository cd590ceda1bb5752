# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shipments, stock and what a warehouse tells. Right answers are those of the code
lists 673, 368, 514, 426, 412 and of EANCOM's 6063."""

from datetime import datetime, timezone
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from ..lib import codec, gs1
from ..lib.errors import Unwritable
from ..schemas import (
    Carrier,
    Charge,
    Dates,
    Invoice,
    InvoiceLine,
    ItemId,
    Moment,
    NoticeLine,
    Pack,
    Party,
    Price,
    ReceiptNotice,
    Reference,
    ShipItem,
    ShipNotice,
    ShipOrder,
    ShippingLine,
    ShippingOrder,
    StockReport,
    StockRow,
    Tax,
    Weight,
)
from .common import (
    PureCase,
    codes,
    edifact,
    envelope,
    make_options,
    only,
    parsed,
    samples,
    x12,
)

SSCC = "106141412345678908"
OTHER = "106141412345678915"


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def day(text):
    return Moment(at(text), at(f"{text}T23:59:59"), text.replace("-", ""))


def written(value, standard="x12", **options):
    """Segments of what we write, without their envelope."""
    data = codec.write([value], envelope(standard), make_options(**options)).decode()
    end = "'" if standard == "edifact" else "~"
    segments = data.rstrip(end).split(end)
    first = 3 if standard == "x12" else 3
    return segments[first : -3 if standard == "x12" else -2]


def again(value, standard="x12", **options):
    """What is read of what we write."""
    data = codec.write([value], envelope(standard), make_options(**options))
    interchange = only(data)
    (document,) = interchange.documents
    if document.fatal:
        raise AssertionError(document.fatal)
    found = codec.parse(document, make_options(**options))
    if document.faults:
        raise AssertionError(document.faults)
    return found


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


LAMP = ShipItem(Decimal(6), "EA", "1", (ItemId("VN", "LAMP"),))
CUP = ShipItem(Decimal(4), "EA", "2", (ItemId("VN", "CUP"),))
NOTICE = ShipNotice(
    "S1",
    orders=(
        ShipOrder(
            "4711",
            packs=(Pack(sscc=SSCC, items=(LAMP,)), Pack(sscc=OTHER, items=(CUP,))),
        ),
        ShipOrder(
            "4712", items=(ShipItem(Decimal(1), "CA", "1", (ItemId("VN", "BOX"),)),)
        ),
    ),
    created=Moment(at("2026-12-01T14:30:00"), at("2026-12-01T14:30:59")),
    bill_of_lading="BOL9",
    tracking="PRO5",
    dates=Dates(shipped=day("2026-12-01"), deliver_scheduled=day("2026-12-03")),
    carrier=Carrier("UPSN", "UPS", "M"),
    packages=3,
    packaging="CTN25",
    weight=Weight(Decimal("12.5"), "LB"),
    parties=(Party("ship_to", "", "92", "0012"),),
)


class TestShipments(PureCase):
    def test_an_856_of_pick_and_pack(self):
        self.assertEqual(
            written(NOTICE),
            [
                "BSN*00*S1*20261201*1430*0001",
                "HL*1**S*1",
                "TD1*CTN25*3****G*12.5*LB",
                "TD5**2*UPSN*M*UPS",
                "REF*BM*BOL9",
                "REF*CN*PRO5",
                "DTM*011*20261201",
                "DTM*017*20261203",
                "N1*ST**92*0012",
                "HL*2*1*O*1",
                "PRF*4711",
                "HL*3*2*P*1",
                f"MAN*GM*00{SSCC}",
                "HL*4*3*I*0",
                "LIN*1*VN*LAMP",
                "SN1*1*6*EA",
                "HL*5*2*P*1",
                f"MAN*GM*00{OTHER}",
                "HL*6*5*I*0",
                "LIN*2*VN*CUP",
                "SN1*2*4*EA",
                "HL*7*1*O*1",
                "PRF*4712",
                "HL*8*7*I*0",
                "LIN*1*VN*BOX",
                "SN1*1*1*CA",
                "CTT*8",
            ],
        )
        found = again(NOTICE)
        self.assertEqual(found.orders, NOTICE.orders)
        for name in (
            "number",
            "bill_of_lading",
            "tracking",
            "dates",
            "packages",
            "weight",
        ):
            self.assertEqual(getattr(found, name), getattr(NOTICE, name))

    def test_standard_pack_and_no_packs(self):
        values = dict(vars(NOTICE), orders=NOTICE.orders[:1])
        standard = written(ShipNotice(**dict(values, structure="0002")))
        self.assertEqual(
            [each for each in standard if each[:2] == "HL"],
            [
                "HL*1**S*1",
                "HL*2*1*O*1",
                "HL*3*2*I*1",
                "HL*4*3*P*0",
                "HL*5*2*I*1",
                "HL*6*5*P*0",
            ],
        )
        found = again(ShipNotice(**dict(values, structure="0002")))
        (lamp, cup) = found.orders[0].items
        self.assertEqual((lamp.quantity, lamp.packs[0].sscc), (6, SSCC))
        self.assertEqual(cup.packs[0].items[0].quantity, 4)
        plain = written(ShipNotice(**dict(values, structure="0004")))
        self.assertFalse([each for each in plain if each.startswith("MAN")])
        mixed = ShipOrder("1", packs=(Pack(sscc=SSCC, items=(LAMP, CUP)),))
        with self.assertRaises(Unwritable):
            codec.write([ShipNotice("S", (mixed,), structure="0002")], envelope())

    def test_pallets(self):
        order = ShipOrder(
            "4711",
            packs=(Pack("tare", SSCC, packs=(Pack("pack", OTHER, items=(LAMP,)),)),),
        )
        self.assertEqual(again(ShipNotice("S1", (order,))).orders, (order,))

    def test_a_pallet_with_goods_of_two_orders(self):
        notice = parsed(
            x12(
                f"""
            BSN*00*S1*20261201*1430*0001~HL*1**S~HL*2*1*T~MAN*GM*00{SSCC}~
            HL*3*2*O~PRF*4711~HL*4*3*I~LIN**VN*A~SN1**1*EA~
            HL*5*2*O~PRF*4712~HL*6*5*I~LIN**VN*B~SN1**2*EA~CTT*6~
        """,
                kind="856",
                group="SH",
            )
        )
        self.assertEqual(
            [
                (o.number, o.packs[0].sscc, o.packs[0].items[0].quantity)
                for o in notice.orders
            ],
            [("4711", SSCC, 1), ("4712", SSCC, 2)],
        )

    def test_levels_that_hang_in_the_air(self):
        head = "BSN*00*S1*20261201*1430*0001~HL*1**S~"
        item = "LIN**VN*A~SN1**1*EA~"
        for body, element in (
            (f"HL*2*9*I~{item}", 2),
            (f"HL*2*1*O~HL*2*1*I~{item}", 1),
            (f"HL*2*2*I~{item}", 2),
        ):
            with self.subTest(body), self.assertRaises(codec.BadDocument) as caught:
                parsed(x12(head + body, kind="856", group="SH"))
            fault = caught.exception.fault
            self.assertEqual((fault.segment_id, fault.element), ("HL", element))

    def test_deep_and_wide_trees(self):
        chain = "".join(f"HL*{n}*{n - 1}*P~" for n in range(2, 3000))
        data = x12(f"BSN*00*S1*20261201*1430~HL*1**S~{chain}", kind="856", group="SH")
        with self.assertRaises(codec.BadDocument):
            parsed(data)

    def test_wrong_check_digits(self):
        body = f"""BSN*00*S1*20261201*1430~HL*1**S~HL*2*1*P~MAN*GM*00{SSCC[:-1]}9~
            HL*3*2*I~LIN**VN*A~SN1**1*EA~"""
        (document,) = only(x12(body, kind="856", group="SH")).documents
        notice = codec.parse(document)
        pack = notice.orders[0].packs[0]
        self.assertEqual((pack.sscc, pack.marks[0].value), ("", f"00{SSCC[:-1]}9"))
        self.assertEqual(codes(document.faults), [("723", "7")])
        broken = ShipNotice("S", (ShipOrder("1", packs=(Pack(sscc=SSCC[:-1] + "9"),)),))
        pack = Pack(sscc=SSCC, items=(LAMP,))
        twice = ShipNotice("S", (ShipOrder("1", packs=(pack, pack)),))
        for standard in ("x12", "edifact"):
            for notice in (broken, twice):
                with self.assertRaises(Unwritable):
                    codec.write([notice], envelope(standard))

    def test_a_desadv(self):
        self.assertEqual(
            written(NOTICE, "edifact"),
            [
                "BGM+351+S1+9",
                "DTM+137:202612011430:203",
                "DTM+11:20261201:102",
                "DTM+17:20261203:102",
                "MEA+AAX+AAD+LB:12.5",
                "RFF+BM:BOL9",
                "RFF+CN:PRO5",
                "NAD+DP+0012::92",
                "TDT+20++M++UPSN:::UPS",
                "CPS+1",
                "PAC+3++CTN25",
                "CPS+2+1",
                "PAC+1++CT",
                "PCI+33E",
                f"GIN+BJ+{SSCC}",
                "LIN+1",
                "PIA+5+LAMP:SA",
                "QTY+12:6:EA",
                "RFF+ON:4711:1",
                "CPS+3+1",
                "PAC+1++CT",
                "PCI+33E",
                f"GIN+BJ+{OTHER}",
                "LIN+2",
                "PIA+5+CUP:SA",
                "QTY+12:4:EA",
                "RFF+ON:4711:2",
                "CPS+4+1",
                "LIN+1",
                "PIA+5+BOX:SA",
                "QTY+12:1:CA",
                "RFF+ON:4712:1",
                "CNT+2:3",
            ],
        )
        found = again(NOTICE, "edifact")
        self.assertEqual([order.number for order in found.orders], ["4711", "4712"])
        packs = found.orders[0].packs
        self.assertEqual(
            [(p.sscc, p.items[0].quantity, p.items[0].ids) for p in packs],
            [(SSCC, 6, LAMP.ids), (OTHER, 4, CUP.ids)],
        )
        self.assertEqual(
            (found.bill_of_lading, found.packages, found.dates.shipped),
            ("BOL9", 3, NOTICE.dates.shipped),
        )

    def test_a_desadv_of_one_order_names_it_above(self):
        notice = ShipNotice(**dict(vars(NOTICE), orders=NOTICE.orders[:1]))
        self.assertIn("RFF+ON:4711", written(notice, "edifact"))
        found = again(notice, "edifact")
        self.assertEqual([o.number for o in found.orders], ["4711"])

    def test_lots_and_serials(self):
        item = ShipItem(**dict(vars(LAMP), lot="L1", expires=day("2027-01-31")))
        notice = ShipNotice("S1", (ShipOrder("1", items=(item,)),))
        for standard in ("x12", "edifact"):
            (found,) = again(notice, standard).orders[0].items
            self.assertEqual((found.lot, found.expires), ("L1", item.expires))

    def test_desadv_levels_that_hang_in_the_air(self):
        body = "BGM+351+S1+9'\nCPS+1'\nCPS+2+7'\nLIN+1++4012345000016:EN'\nQTY+12:1'"
        with self.assertRaises(codec.BadDocument):
            parsed(edifact(body, kind="DESADV"))


@st.composite
def notices(draw):
    """Shipments of any shape: orders with packs within pallets, and loose items."""
    serial = iter(range(1, 10**6))
    lines = iter(range(1, 10**6))

    def item():
        return ShipItem(
            Decimal(draw(st.integers(1, 10**6))) / 10,
            draw(st.sampled_from(["EA", "CA"])),
            str(next(lines)),
            (
                ItemId(
                    "VN", draw(st.text("AB1-/ ", min_size=1, max_size=8)).strip() or "X"
                ),
            ),
            text=draw(st.sampled_from(["", "A lamp, blue"])),
            lot=draw(st.sampled_from(["", "L1"])),
        )

    def pack(deep):
        inner = draw(st.integers(0, 2)) if deep else 0
        return Pack(
            level="tare" if inner else "pack",
            sscc=gs1.sscc(0, "4012345", next(serial)),
            packaging="201" if inner else "CT",
            items=tuple(
                item() for _n in range(draw(st.integers(0 if inner else 1, 3)))
            ),
            packs=tuple(pack(False) for _n in range(inner)),
        )

    def order(number):
        packs = tuple(pack(True) for _n in range(draw(st.integers(0, 3))))
        loose = tuple(item() for _n in range(draw(st.integers(0 if packs else 1, 2))))
        return ShipOrder(number, packs=packs, items=loose)

    count = draw(st.integers(1, 3))
    orders = tuple(order(f"47{n}") for n in range(count))
    return ShipNotice("S1", orders, created=NOTICE.created)


def flat(packs):
    """{sscc: [(ids, quantity, unit, lot)]} of all packs, whatever is in what."""
    found = {}
    for each in packs:
        found[each.sscc] = [(i.ids, i.quantity, i.unit, i.lot) for i in each.items]
        found.update(flat(each.packs))
    return found


class TestAnyShipment(PureCase):
    @settings(deadline=None, max_examples=100)
    @given(notices())
    def test_an_856_is_the_same_tree(self, notice):
        found = again(notice)
        self.assertEqual(
            [o.number for o in found.orders], [o.number for o in notice.orders]
        )
        for ours, theirs in zip(notice.orders, found.orders, strict=True):
            bare = tuple(without_packaging(each) for each in theirs.packs)
            self.assertEqual(
                bare, tuple(without_packaging(each) for each in ours.packs)
            )
            self.assertEqual(theirs.items, ours.items)

    @settings(deadline=None, max_examples=100)
    @given(notices())
    def test_a_desadv_has_the_same_in_each_package(self, notice):
        found = again(notice, "edifact")
        for ours in notice.orders:
            theirs = [each for each in found.orders if each.number == ours.number]
            packs = {k: v for each in theirs for k, v in flat(each.packs).items()}
            self.assertEqual(packs, flat(ours.packs))
            items = [(i.ids, i.quantity) for each in theirs for i in each.items]
            self.assertEqual(items, [(i.ids, i.quantity) for i in ours.items])


def without_packaging(pack):
    packs = tuple(without_packaging(each) for each in pack.packs)
    return Pack(**dict(vars(pack), packaging="", packs=packs))


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
                "W04*10*EA**VN*LAMP***LOT7",
                "N9*LI*1",
                "W03*10",
            ],
        )


class TestOthers(PureCase):
    def test_an_810(self):
        invoice = Invoice(
            "INV5",
            day("2026-12-05"),
            Decimal("119.00"),
            lines=(
                InvoiceLine(
                    1,
                    Decimal(10),
                    "EA",
                    "1",
                    Price(Decimal("10.5"), Decimal(1), "EA"),
                    ids=(ItemId("VN", "LAMP"),),
                    text="A lamp",
                ),
            ),
            order_number="4711",
            ordered=day("2026-12-01"),
            currency="USD",
            charges=(Charge("D240", Decimal(14)),),
            taxes=(Tax("ST", Decimal("5.25"), Decimal(5)),),
            due_days=30,
        )
        self.assertEqual(
            written(invoice),
            [
                "BIG*20261205*INV5*20261201*4711***DI",
                "CUR*SE*USD",
                "ITD*05*3*****30",
                "IT1*1*10*EA*10.5*PE*VN*LAMP",
                "PID*F****A lamp",
                "TDS*11900",
                "TXI*ST*5.25*5",
                "SAC*C*D240***1400",
                "CTT*1",
            ],
        )
        odd = Invoice(**dict(vars(invoice), total=Decimal("1.005")))
        with self.assertRaises(Unwritable):
            codec.write([odd], envelope())

    def test_an_824(self):
        advice = parsed(
            x12(
                """
            BGN*00*A1*20261201~
            OTI*TR*SI*S1****20261201*1430*5*0001*856~
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
