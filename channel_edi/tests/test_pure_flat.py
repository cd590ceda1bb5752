# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tables of partners: CSV and fixed columns."""

from datetime import datetime, timezone
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from ..lib.errors import BadTable, Unwritable
from ..lib.flat.layout import Column, Layout
from ..lib.flat.reading import read
from ..lib.flat.writing import write
from ..lib.guess import guess
from ..schemas import (
    Carrier,
    Dates,
    ItemId,
    Moment,
    OrderLine,
    Pack,
    Party,
    Price,
    PurchaseOrder,
    ShipItem,
    ShipNotice,
    ShipOrder,
    ShippingLine,
    ShippingOrder,
    StockReport,
    StockRow,
)
from .common import PureCase, edifact, samples, x12

ORDERS = Layout(
    "order",
    (
        Column("number", "PO Number", required=True),
        Column("date.issued", "Date"),
        Column("date.cancel_after", "Cancel"),
        Column("party.ship_to.code", "Store"),
        Column("party.ship_to.name", "Name"),
        Column("line.number", "Line"),
        Column("line.id.VN", "SKU", required=True),
        Column("line.quantity", "Qty", required=True),
        Column("line.unit", "UoM", values=(("Stk", "PCE"),)),
        Column("line.price", "Price"),
        Column("currency", constant="EUR"),
    ),
    decimal=",",
    thousands=".",
    date_format="%d.%m.%Y",
    zone="Europe/Berlin",
)
TABLE = """PO Number;Date;Cancel;Store;Name;Line;SKU;Qty;UoM;Price
4711;01.12.2026;24.12.2026;0012;"Müller; Söhne";1;LAMP;1.200,5;Stk;9,25
4712;02.12.2026;;0013;Huber;1;CUP;3;Stk;
4711;01.12.2026;24.12.2026;0012;"Müller; Söhne";2;CUP;4;CA;1.000,00
"""


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


class TestOrders(PureCase):
    def test_rows_of_an_order_are_one_order(self):
        for charset in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
            with self.subTest(charset):
                first, last = read(TABLE.encode(charset), ORDERS)
                self.assertEqual((first.number, last.number), ("4711", "4712"))
                self.assertEqual(first.currency, "EUR")
                lamp, cup = first.lines
                self.assertEqual(
                    (lamp.quantity, lamp.unit, lamp.position),
                    (Decimal("1200.5"), "PCE", 1),
                )
                self.assertEqual(lamp.price, Price(Decimal("9.25")))
                self.assertEqual(
                    (cup.quantity, cup.unit, cup.price.amount),
                    (4, "CA", Decimal("1000.00")),
                )
                self.assertEqual(first.parties[0].name, "Müller; Söhne")
                # the day ends where the partner lives
                self.assertEqual(
                    first.dates.cancel_after.last, at("2026-12-24T22:59:59")
                )
                self.assertIsNone(last.lines[0].price)
                self.assertIsNone(last.dates.cancel_after)

    def test_line_ends_and_titles(self):
        for end in ("\n", "\r\n", "\r"):
            self.assertEqual(len(read(TABLE.replace("\n", end).encode(), ORDERS)), 2)
        titles = TABLE.replace("PO Number", " po  number ").replace("SKU", "sku")
        self.assertEqual(len(read(titles.encode(), ORDERS)), 2)

    def test_faults_name_the_line_and_the_column(self):
        for before, after, line, words in (
            ("1.200,5", "1200.5.1", 2, "Qty"),
            ("1.200,5", "many", 2, "Qty"),
            (";1.200,5;", ";;", 2, "Qty"),
            ("9,25", "9,25 EUR", 2, "Price"),
            ("02.12.2026", "31.02.2026", 3, "Date"),
            ("4712;", ";", 3, "PO Number"),
            (
                '4711;01.12.2026;24.12.2026;0012;"Müller; Söhne";2',
                "4711;01.12.2026;25.12.2026;0012;x;2",
                4,
                "Cancel",
            ),
            (";SKU;", ";Article;", 1, "SKU"),
            (";UoM;Price", ";Qty;Price", 1, "Qty"),
            ("Huber", '"Huber" x', 3, "table"),
        ):
            with self.subTest(after), self.assertRaises(BadTable) as caught:
                read(TABLE.replace(before, after).encode(), ORDERS)
            self.assertEqual(caught.exception.fault.segment, line, caught.exception)
            self.assertIn(words, str(caught.exception))

    def test_nothing_in_it(self):
        with self.assertRaises(BadTable):
            read(b"", ORDERS)
        self.assertEqual(read(TABLE.splitlines()[0].encode(), ORDERS), [])

    def test_positions_without_titles(self):
        layout = Layout(
            "order",
            (
                Column("number", position=1),
                Column("line.id.VN", position=3),
                Column("line.quantity", position=2),
            ),
            titles=False,
            delimiter=",",
            unit="EA",
        )
        (order,) = read(b"4711,5,LAMP\r\n4711,6,CUP\r\n", layout)
        self.assertEqual(
            [(e.ids[0].value, e.quantity, e.unit) for e in order.lines],
            [("LAMP", 5, "EA"), ("CUP", 6, "EA")],
        )

    def test_the_end_is_told(self):
        layout = Layout(
            "order",
            (Column("number", position=1), Column("line.quantity", position=2)),
            titles=False,
            trailer="EOF",
        )
        self.assertEqual(len(read(b"1;5\nEOF\n", layout)), 1)
        for data in (b"1;5\n", b"1;5\nEOF\n2;6\n"):
            with self.assertRaises(BadTable):
                read(data, layout)

    def test_written_and_read(self):
        day = Moment(at("2026-11-30T23:00:00"), at("2026-12-01T22:59:59"), "01.12.2026")
        order = PurchaseOrder(
            "4711",
            (
                OrderLine(
                    1,
                    Decimal("1200.5"),
                    "PCE",
                    "1",
                    Price(Decimal("9.25")),
                    (ItemId("VN", "LAMP"),),
                ),
                OrderLine(2, Decimal(4), "CA", "2", None, (ItemId("VN", "CUP"),)),
            ),
            placed=day,
            currency="EUR",
            parties=(Party("ship_to", code="0012", name='A; "B"\nC'),),
            dates=Dates(cancel_after=day),
        )
        data = write([order], ORDERS)
        self.assertIn(
            b'4711;01.12.2026;01.12.2026;0012;"A; ""B"" C";1;LAMP;1200,5;Stk;9,25\r\n',
            data,
        )
        (found,) = read(data, ORDERS)
        self.assertEqual(found.lines, order.lines)
        self.assertEqual((found.placed, found.dates), (order.placed, order.dates))

    def test_ids_are_never_changed(self):
        layout = Layout(
            "order",
            (
                Column("number", "No"),
                Column("line.id.VN", "SKU"),
                Column("line.text", "Text"),
                Column("line.quantity", "Qty"),
            ),
            charset="ascii",
        )
        line = OrderLine(1, Decimal(1), "EA", text="=Größe", ids=(ItemId("VN", "-X"),))
        data = write([PurchaseOrder("1", (line,))], layout)
        self.assertIn(b"1;-X;'=Grosse;1", data)
        odd = OrderLine(1, Decimal(1), "EA", ids=(ItemId("VN", "GRÖSSE"),))
        with self.assertRaises(Unwritable):
            write([PurchaseOrder("1", (odd,))], layout)

    def test_no_such_table(self):
        with self.assertRaises(Unwritable):
            write([StockReport("1", ())], ORDERS)
        with self.assertRaises(BadTable):
            read(b"", Layout("invoice", ()))


class TestFixed(PureCase):
    LAYOUT = Layout(
        "order",
        (
            Column("number", position=1, width=6),
            Column("line.id.VN", position=7, width=8),
            Column("line.quantity", position=15, width=6, scale=2),
            Column("date.ship_by", position=21, width=8, date_format="%Y%m%d"),
        ),
        fixed=True,
        titles=False,
        unit="EA",
    )

    def test_read_and_written(self):
        data = b"4711  LAMP      125020261224\r\n4711  CUP        30020261224\r\n"
        (order,) = read(data, self.LAYOUT)
        self.assertEqual(
            [each.quantity for each in order.lines], [Decimal("12.50"), Decimal("3.00")]
        )
        self.assertEqual(order.dates.ship_by.last, at("2026-12-24T23:59:59"))
        self.assertEqual(write([order], self.LAYOUT), data)

    def test_what_does_not_fit(self):
        for number, quantity in (
            ("1234567", 1),
            ("1", Decimal("0.001")),
            ("1", 100000),
        ):
            line = OrderLine(1, Decimal(quantity), "EA", ids=(ItemId("VN", "X"),))
            with self.assertRaises(Unwritable):
                write([PurchaseOrder(number, (line,))], self.LAYOUT)


class TestStock(PureCase):
    LAYOUT = Layout(
        "stock",
        (
            Column("line.id.VN", "sku"),
            Column("place.code", "site"),
            Column("quantity.available", "available"),
            Column("quantity.hold", "hold"),
            Column("as_of", "time", date_format="%Y-%m-%d %H:%M"),
        ),
        delimiter=",",
        complete=True,
        zone="America/New_York",
    )

    def test_states_stand_beside_each_other(self):
        data = (
            b"sku,site,available,hold,time\nLAMP,1,5,2,2026-12-01 18:00\n"
            b"LAMP,2,7,,2026-12-01 17:00\n"
        )
        (report,) = read(data, self.LAYOUT)
        self.assertTrue(report.complete)
        self.assertEqual(report.as_of.first, at("2026-12-01T22:00:00"))
        self.assertEqual(
            [(r.place.code, r.status, r.quantity) for r in report.rows],
            [("1", "available", 5), ("1", "hold", 2), ("2", "available", 7)],
        )
        self.assertEqual(report.item_count, 1)

    def test_an_item_that_is_there_twice(self):
        data = b"sku,site,available,hold,time\nLAMP,1,5,,\nLAMP,1,7,,\n"
        with self.assertRaises(BadTable):
            read(data, self.LAYOUT)

    def test_written(self):
        rows = (
            StockRow(
                1, Decimal(5), "EA", status="available", ids=(ItemId("VN", "LAMP"),)
            ),
            StockRow(1, Decimal(2), "EA", status="hold", ids=(ItemId("VN", "LAMP"),)),
            StockRow(
                2, Decimal(0), "EA", status="available", ids=(ItemId("VN", "CUP"),)
            ),
        )
        report = StockReport(
            "1",
            rows,
            as_of=Moment(at("2026-12-01T22:00:00"), at("2026-12-01T22:00:59")),
        )
        self.assertEqual(
            write([report], self.LAYOUT).decode().splitlines(),
            [
                "sku,site,available,hold,time",
                "LAMP,,5,2,2026-12-01 17:00",
                "CUP,,0,,2026-12-01 17:00",
            ],
        )
        below = StockReport("1", (StockRow(1, Decimal(-1), status="available"),))
        with self.assertRaises(Unwritable):
            write([below], self.LAYOUT)


class TestShipments(PureCase):
    SSCC = "106141412345678908"
    LAYOUT = Layout(
        "shipment",
        (
            Column("number", "shipment"),
            Column("date.shipped", "shipped"),
            Column("carrier.code", "scac"),
            Column("line.order", "po"),
            Column("pack.sscc", "sscc"),
            Column("pack.tracking", "tracking"),
            Column("line.id.VN", "sku"),
            Column("line.quantity", "qty"),
            Column("line.unit", "uom"),
        ),
    )

    def test_written_and_read(self):
        notice = ShipNotice(
            "S1",
            (
                ShipOrder(
                    "4711",
                    packs=(
                        Pack(
                            sscc=self.SSCC,
                            tracking="1Z1",
                            items=(
                                ShipItem(Decimal(3), "EA", ids=(ItemId("VN", "LAMP"),)),
                            ),
                        ),
                    ),
                    items=(ShipItem(Decimal(1), "EA", ids=(ItemId("VN", "CUP"),)),),
                ),
            ),
            structure="",
            carrier=Carrier("UPSN"),
            dates=Dates(
                shipped=Moment(
                    at("2026-12-01"), at("2026-12-01T23:59:59"), "2026-12-01"
                )
            ),
        )
        data = write([notice], self.LAYOUT)
        self.assertIn(
            f"S1;2026-12-01;UPSN;4711;{self.SSCC};1Z1;LAMP;3;EA".encode(), data
        )
        self.assertEqual(read(data, self.LAYOUT), [notice])
        with self.assertRaises(BadTable):
            read(data.replace(b"08;1Z1", b"09;1Z1"), self.LAYOUT)

    def test_an_advice_of_a_warehouse(self):
        layout = Layout(
            "advice",
            (
                Column("number", "order"),
                Column("line.id.VN", "sku"),
                Column("line.ordered", "ordered"),
                Column("line.quantity", "shipped"),
                Column("pack.tracking", "tracking"),
                Column("date.shipped", "date"),
                Column("line.status", "status", values=(("short", "closed_short"),)),
            ),
            delimiter=",",
        )
        (advice,) = read(
            b"order,sku,ordered,shipped,tracking,date,status\n"
            b"SO7,LAMP,5,5,1Z1,2026-12-01,\nSO7,CUP,4,3,1Z2,2026-12-01,short\n",
            layout,
        )
        self.assertEqual(
            (advice.order_number, advice.tracking), ("SO7", ("1Z1", "1Z2"))
        )
        self.assertEqual(
            [(e.fate, e.shipped) for e in advice.lines],
            [("complete", 5), ("closed_short", 3)],
        )

    def test_an_order_to_a_warehouse(self):
        layout = Layout(
            "shipping_order",
            (
                Column("number", "order"),
                Column("party.ship_to.name", "name"),
                Column("line.id.VN", "sku"),
                Column("line.quantity", "qty"),
                Column("note", "note"),
            ),
        )
        order = ShippingOrder(
            "SO7",
            (ShippingLine(Decimal(2), "EA", "1", (ItemId("VN", "LAMP"),)),),
            parties=(Party("ship_to", name="Jane"),),
            notes=("ring",),
        )
        self.assertEqual(
            write([order], layout),
            b"order;name;sku;qty;note\r\nSO7;Jane;LAMP;2;ring\r\n",
        )


words = st.text("aA1 ,;|\"'.-äß", max_size=8).map(str.strip)


class TestAnyTable(PureCase):
    @settings(deadline=None, max_examples=150)
    @given(
        st.lists(
            st.tuples(words, words, st.integers(0, 10**6)), min_size=1, max_size=6
        ),
        st.sampled_from(",;\t|"),
        st.sampled_from(["\n", "\r\n"]),
        st.sampled_from(["utf-8", "cp1252"]),
        st.sampled_from(".,"),
    )
    def test_what_is_written_is_read(self, rows, delimiter, newline, charset, decimal):
        layout = Layout(
            "order",
            (
                Column("number", "no"),
                Column("line.id.VN", "id"),
                Column("line.unit", "unit"),
                Column("line.quantity", "qty"),
            ),
            delimiter=delimiter,
            newline=newline,
            charset=charset,
            decimal=decimal,
        )
        lines = tuple(
            OrderLine(
                n,
                Decimal(quantity) / 100,
                unit,
                ids=(ItemId("VN", value),) if value else (),
            )
            for n, (value, unit, quantity) in enumerate(rows, 1)
        )
        (found,) = read(write([PurchaseOrder("1", lines)], layout), layout)
        self.assertEqual(found.lines, lines)

    @settings(deadline=None, max_examples=100)
    @given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
    def test_what_is_none_is_told(self, data):
        for layout in (ORDERS, TestFixed.LAYOUT, TestStock.LAYOUT):
            try:
                read(data, layout)
            except BadTable as error:
                self.assertTrue(str(error))
        guess(data)


class TestGuess(PureCase):
    def test_samples(self):
        for name, data in samples():
            if name.startswith("SOURCES"):
                continue
            with self.subTest(name):
                self.assertEqual(guess(data).standard, name.split("_")[0])

    def test_an_interchange(self):
        found = guess(x12("BEG*00*SA*1~", "BEG*00*SA*2~", end="~\r\n", usage="T"))
        self.assertEqual(
            (found.sender.id, found.receiver.id, found.test), ("THEM", "US", True)
        )
        self.assertEqual(
            (found.group_sender.id, found.group_version), ("THEMAPP", "004010")
        )
        self.assertEqual(found.kinds, (("850", 2),))
        self.assertEqual(
            (found.delimiters.segment, found.delimiters.newline), ("~", "\r\n")
        )
        found = guess(edifact("BGM+220+1+9'\nLIN+1'", una="UNA:+,? '"))
        self.assertEqual(
            (found.standard, found.version, found.group_version),
            ("edifact", "UNOC:3", "D:96A"),
        )
        self.assertEqual(found.delimiters.decimal, ",")

    def test_a_table(self):
        found = guess(TABLE.encode("cp1252"))
        self.assertEqual(
            (found.standard, found.layout.delimiter, found.layout.document),
            ("table", ";", "order"),
        )
        self.assertEqual((found.layout.decimal, found.layout.thousands), (",", "."))
        self.assertEqual(found.layout.date_format, "%d.%m.%Y")
        paths = {each.header: each.path for each in found.layout.columns}
        self.assertEqual(
            {
                name: paths[name]
                for name in ("PO Number", "SKU", "Qty", "UoM", "Price", "Store")
            },
            {
                "PO Number": "number",
                "SKU": "line.id.VN",
                "Qty": "line.quantity",
                "UoM": "line.unit",
                "Price": "line.price",
                "Store": "party.ship_to.code",
            },
        )

    def test_a_guessed_stock_table_can_be_read(self):
        data = (
            b"SKU\tDescription\tAvailable\tOn Hand\n"
            b"LAMP\tA lamp\t5\t7\nCUP\tA cup\t0\t1\n"
        )
        found = guess(data)
        self.assertEqual(
            (found.layout.document, found.layout.delimiter), ("stock", "\t")
        )
        (report,) = read(data, found.layout)
        self.assertEqual(
            [(r.status, r.quantity) for r in report.rows],
            [("available", 5), ("on_hand", 7), ("available", 0), ("on_hand", 1)],
        )

    def test_delimiters(self):
        """Where csv.Sniffer errs: cpython #97611, #119123, #88843; dataprof #423,
        rainbow_csv #134, COW #59."""
        for text, delimiter in (
            (
                'Surname;First Name;Year\n"\tDoe;Jane"\t;1971;x\n'
                "Roe;Max;1972\nPoe;Ann;1973\n",
                ";",
            ),
            (
                "id;flag;cost;group;sub\n1;False;62.25;['345'];['10']\n"
                "4;False;46.50;['112', '112'];['765', '766']\n5;True;2;['5'];['ALL']\n",
                ";",
            ),
            (
                'id,comment\n1,"line one\nline two"\n2,"normal"\n'
                '3,"has ""quotes"" inside"\n',
                ",",
            ),
            (
                "April 15, 2023;40;25.00;4.00;16.00;Ray;pending;\n"
                "April 9, 2023;67;25.00;4.00;16.00;Lonny;\n"
                "April 9, 2023;63;25.00;4.00;16.00;Rosa;\n",
                ";",
            ),
            ('column1,column2\n0, "a, b"\n1, "c"\n', ","),
            (
                "date;temperature;place\n2011-01-01;1;Galway\n2011-01-02;-1;Galway\n",
                ";",
            ),
        ):
            with self.subTest(text):
                self.assertEqual(guess(text.encode()).layout.delimiter, delimiter)
        for text in ("first second\nhello there\nworld is\n", ""):
            self.assertEqual(guess(text.encode()).standard, "")

    def test_fixed_columns(self):
        wide = (
            b"4711   LAMP        12   EA\n"
            b"4711   CUP          3   EA\n"
            b"12     MUG        144   EA\n"
        )
        columns = guess(wide).layout.columns
        self.assertEqual(
            [(c.position, c.width) for c in columns],
            [(1, 7), (8, 11), (19, 6), (25, 2)],
        )

    def test_what_is_none(self):
        for data in (b"", b"\0\1\2", b"PK\x03\x04\0\0", b"%PDF-1.4\n"):
            self.assertEqual(guess(data).standard, "")
