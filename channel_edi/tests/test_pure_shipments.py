# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ship notices: trees of pallets, packs and items, read and written."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from ..lib import codec, gs1
from ..lib.errors import Unwritable
from ..schemas import (
    Carrier,
    Dates,
    ItemId,
    Moment,
    Pack,
    Party,
    ShipItem,
    ShipNotice,
    ShipOrder,
    Weight,
)
from .common import (
    PureCase,
    again,
    at,
    codes,
    day,
    edifact,
    envelope,
    only,
    parsed,
    written,
    x12,
)

SSCC = "106141412345678908"
OTHER = "106141412345678915"
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
