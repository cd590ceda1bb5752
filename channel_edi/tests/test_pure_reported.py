# SPDX-License-Identifier: AGPL-3.0-or-later
"""What others have run into, as they have reported it in public: project and number."""

import re
from datetime import datetime, timezone
from decimal import Decimal

from ..lib import codec
from ..lib.errors import Unwritable
from ..schemas import (
    Delimiters,
    ItemId,
    Moment,
    OrderLine,
    Pack,
    PurchaseOrder,
    ShipItem,
    ShipNotice,
    ShipOrder,
    StockReport,
    StockRow,
)
from .common import (
    PureCase,
    codes,
    edifact,
    envelope,
    isa,
    make_options,
    only,
    parsed,
    written,
    x12,
)

ORDER = "BEG*00*SA*4711**20261201~PO1*1*6*EA*27.84*PE*BP*B005UO5D12~CTT*1~"
MESSAGE = """BGM+220+4711+9'
LIN+1++4012345000016:EN'
FTX+AAI+++{}'
QTY+21:10:PCE'
UNS+S'"""


class TestX12(PureCase):
    def with_head(self, **head):
        data = x12(ORDER)
        return data.replace(isa().encode(), isa(**head).encode())

    def test_letters_are_no_repetition_separators(self):
        """UHIN/x12-parser-library #7 and #12, Machete #17, vscode-edi-x12-support #13:
        U; staedi #199 and #200: V, in a version that has one."""
        for head in ({}, {"version": "00501", "repetition": "V"}):
            (line,) = parsed(self.with_head(**head)).lines
            self.assertEqual(line.ids, (ItemId("BP", "B005UO5D12"),))

    def test_repetition_separators_in_data_of_old_versions(self):
        data = x12(ORDER.replace("B005UO5D12", "A^B"))
        self.assertEqual(parsed(data).lines[0].ids[0].value, "A^B")

    def test_component_separators_in_what_has_no_components(self):
        """staedi #383: PRF*MILLWORK:LIT08-04-23 is one element."""
        body = "BSN*00*1*20261201*1200~HL*1**S~HL*2*1*O~PRF*MILLWORK:LIT08-04-23~"
        data = x12(body, kind="856", group="SH", component=":")
        self.assertEqual(parsed(data).orders[0].number, "MILLWORK:LIT08-04-23")

    def test_tilde_between_elements(self):
        """EDI.Net #92: ISA~00~ .. ~>|, where others end segments with it."""
        data = x12(ORDER).replace(b"~", b"|").replace(b"*", b"~")
        interchange = only(data)
        self.assertEqual(
            (interchange.syntax.element, interchange.syntax.segment), ("~", "|")
        )
        self.assertEqual(parsed(data).number, "4711")

    def test_blanks_within_group_identities(self):
        """vscode-edi-x12-support #3."""
        data = x12(ORDER).replace(b"*THEMAPP*", b"*THEMAPP     *")
        self.assertEqual(only(data).groups[0].head.sender.id, "THEMAPP")

    def test_segments_without_content(self):
        """EDI.Net #161, Mirth 722: FOB*~ and adjacent empty elements."""
        body = (
            "BEG**NE*NW001**20200706~CUR**USD~FOB*~ITD*~TD5*~MSG*~"
            "PO1*010*40*EA*19.99**VC*ABC123~PID*****Digital Widget~MEA***0~"
            "DTM**20200720~DTM**00010101~TC2*~AMT*~"
        )
        (document,) = only(x12(body)).documents
        self.assertFalse(document.fatal)
        order = codec.parse(document)
        self.assertEqual(
            (order.purpose, order.type, order.currency), ("", "new", "USD")
        )
        self.assertTrue(order.holds)
        self.assertEqual(order.lines[0].text, "Digital Widget")
        # the year 1 is no date, and told
        self.assertEqual(codes(document.faults), [("723", "8")])

    def test_segments_of_one_word(self):
        """A segment without any element is a segment."""
        (document,) = only(x12(ORDER.replace("CTT*1", "CTT"))).documents
        self.assertIsNone(codec.parse(document).line_count)
        with self.assertRaises(codec.BadDocument) as caught:
            parsed(x12("BEG~PO1*1*6*EA~"))
        self.assertEqual(caught.exception.fault.segment_id, "BEG")

    def test_blank_lines(self):
        """pyx12 #35: within a set, and between IEA and ISA."""
        data = x12(ORDER, end="~\r\n\r\n \r\n")
        first, last = codec.read(data + b"\r\n\r\n" + data)
        self.assertFalse(first.documents[0].fatal or last.documents[0].fatal)

    def test_broken_within_a_segment_id(self):
        """bots #65: wrapped at 80, IE<CR/LF>A."""
        data = x12(ORDER)
        at = data.index(b"IEA") + 2
        wide = data[:at] + b"\r\n" + data[at:]
        self.assertTrue(only(wide).fatal)
        for width in range(20, 200):
            lines = [data[n : n + width] for n in range(0, len(data), width)]
            if len(lines) < 3:
                continue
            for newline in (b"\r\n", b"\n"):
                interchange = only(newline.join(lines))
                self.assertFalse(interchange.fatal, width)
                self.assertFalse(interchange.documents[0].fatal, width)

    def test_levels_without_their_parent(self):
        """Inteligenz/X12Parser #24: HL*2**I, and levels that nobody knows (AG)."""
        notice = parsed(
            x12(
                "BSN*00*1*20261201*1200~HL*1**S~HL*2**O~PRF*4711~HL*3**I~LIN**VN*A~"
                "SN1**1*EA~HL*4*2*AG~HL*5*4*I~LIN**VN*B~SN1**2*EA~",
                kind="856",
                group="SH",
            )
        )
        (order,) = notice.orders
        self.assertEqual(
            [(i.ids[0].value, i.quantity) for i in order.items], [("A", 1)]
        )
        self.assertEqual(order.number, "4711")

    def test_levels_are_numbered_in_each_set(self):
        """Inteligenz/X12Parser #25."""
        body = "BSN*00*{}*20261201*1200~HL*1**S~HL*2*1*I~LIN**VN*A~SN1**1*EA~"
        documents = only(
            x12(body.format(1), body.format(2), kind="856", group="SH")
        ).documents
        self.assertEqual([codec.parse(each).number for each in documents], ["1", "2"])

    def test_texts_behind_a_description(self):
        """imsweb/x12-parser #56: MSG behind PID, in the line."""
        order = parsed(x12(ORDER.replace("CTT", "PID*F****A~MSG*handle with care~CTT")))
        self.assertEqual(order.lines[0].notes, ("handle with care",))

    def test_counts_with_zeros_ahead(self):
        """staedi #526: GE01, IEA01 and SE01 are 00001."""
        data = x12(ORDER).replace(b"GE*1*", b"GE*000001*")
        data = data.replace(b"IEA*1*", b"IEA*00001*").replace(b"SE*5*", b"SE*0005*")
        interchange = only(data)
        self.assertIn(b"SE*0005*", data)
        self.assertFalse(interchange.fatal or interchange.documents[0].fatal)

    def test_no_groups_where_there_is_one(self):
        """staedi #254: IEA01 is 0, with a group of one order in it. The separators are
        those of the report, of which one is a brace and one a bar."""
        data = x12(ORDER, component="}", repetition="|", version="00501")
        interchange = only(data.replace(b"IEA*1*", b"IEA*0*"))
        self.assertEqual(codes(interchange.faults), [("I18", "021")])
        self.assertTrue(interchange.fatal)

    def test_dates_ahead_of_the_levels(self):
        """walmartlabs/gozer #107: DTM between BSN and the first HL."""
        notice = parsed(
            x12(
                "BSN*00*05755986*20190523*171543*0002~DTM*011*20210323~"
                "DTM*067*20210324~HL*1**S~HL*2*1*O~PRF*4711~",
                kind="856",
                group="SH",
            )
        )
        self.assertEqual(notice.dates.shipped.written, "20210323")
        self.assertEqual(notice.dates.deliver_scheduled.written, "20210324")

    def test_a_stock_of_the_evening_has_the_day_of_the_partner(self):
        """odoo/odoo#256065: the date of UTC, which is tomorrow's."""
        moment = datetime(2026, 12, 2, 3, 15, tzinfo=timezone.utc)
        ids = (ItemId("VN", "A"),)
        row = StockRow(1, Decimal(3), "EA", status="available", ids=ids)
        report = StockReport("R1", (row,), as_of=Moment(moment, moment))
        found = written(report, zone="America/New_York")
        self.assertIn("BIA*00*DD*R1*20261201*2215", found)


class TestEdifact(PureCase):
    def test_no_zeros_ahead_of_numbers(self):
        """EDI.Net #283: they are answered by a negative CONTRL."""
        ids = (ItemId("EN", "4012345000016"),)
        line = OrderLine(1, Decimal("0.50"), "PCE", "1", ids=ids)
        data = codec.write([PurchaseOrder("1", (line,))], envelope("edifact"))
        for segment in data.decode().split("'")[1:]:
            name, *elements = segment.split("+")
            if name in ("UNT", "UNZ", "LIN", "CNT", "QTY"):
                numbers = re.findall(r"[0-9]+(?:[.,][0-9]+)?", "+".join(elements[:1]))
                for number in numbers:
                    self.assertNotRegex(number, "^0[0-9]", segment)

    def test_packages_without_their_shipment(self):
        """php-edifact/edifact-generator #33: CPS 1 is left out; bots #257: a blank
        behind UNA."""
        notice = parsed(
            edifact(
                "BGM+351::9+3021471273+9'\nDTM+11:20210218:102'\nRFF+ON:2048232'\n"
                "NAD+BY+5430002362038::9'\nCPS+2+1'\nPAC+1+:52+PK'\nPCI+33E'\n"
                "GIN+BJ+106141412345678908'\nLIN+1++4039784418349:EN'\n"
                "PIA+5+12254AEC22:SA'\nQTY+12:1'\nRFF+ON:2048232'\nCPS+3+1'\n"
                "PAC+1+:52+PK'\nPCI+33E'\nGIN+BJ+106141412345678915'\n"
                "LIN+2++4039784295803:EN'\nQTY+12:2'\nCNT+2:2'",
                kind="DESADV",
                una="UNA:+.? ' ",
            )
        )
        (order,) = notice.orders
        self.assertEqual(
            [(p.sscc, p.items[0].quantity) for p in order.packs],
            [("106141412345678908", 1), ("106141412345678915", 2)],
        )

    def test_nothing_in_a_package(self):
        """metasfresh #24503: a package item of quantity 0 is an empty line."""
        item = ShipItem(Decimal(0), "PCE", "1", (ItemId("VN", "A"),))
        order = ShipOrder("1", packs=(Pack(sscc="106141412345678908", items=(item,)),))
        for standard in ("x12", "edifact"):
            with self.assertRaises(Unwritable):
                codec.write([ShipNotice("1", (order,))], envelope(standard))

    def test_reserved_characters_of_old_syntaxes_are_data(self):
        """staedi #77, bots #326: the fifth of UNA repeats from syntax 4 on only."""
        text = "5 LPADSS/NN *1A/E*"
        data = edifact(MESSAGE.format(text), una="UNA:+.?*'", syntax="UNOC:3")
        self.assertEqual(parsed(data).lines[0].notes, (text,))
        (document,) = only(data).documents
        ftx = next(each for each in document.segments() if each.id == "FTX")
        self.assertEqual(ftx.get(4), text)

    def test_decimal_marks_that_una_does_not_tell(self):
        """staedi #145, #406; metormote/edifact-xml #8."""
        body = MESSAGE.format("x").replace("21:10", "21:1,5")
        for una in ("", "UNA:+.? '", "UNA:+,? '"):
            self.assertEqual(
                parsed(edifact(body, una=una)).lines[0].quantity, Decimal("1.5")
            )

    def test_counters_that_are_no_numbers(self):
        """FACTUR-CHE/edifactur #2."""
        data = edifact(MESSAGE.format("x"))
        for broken in (
            data.replace(b"UNT+7", b"UNT+X"),
            data.replace(b"UNT+7", b"UNT+"),
        ):
            self.assertEqual(codes(only(broken).documents[0].faults), [("0085", "29")])

    def test_question_marks_are_released(self):
        """EdiFabric #4, staedi #68: and nothing but what has to be (EDI.Net #160, #162:
        no decimal mark in a text)."""
        line = OrderLine(
            1,
            Decimal("1.5"),
            "PCE",
            "1",
            ids=(ItemId("EN", "4012345000016"),),
            text="Noir mat int. gun?",
        )
        written = codec.write([PurchaseOrder("1", (line,))], envelope("edifact"))
        self.assertIn(b"IMD+F++:::Noir mat int. gun??'", written)
        self.assertEqual(parsed(written).lines[0].text, line.text)

    def test_no_separators_too_much(self):
        """EDI.Net #99 and #74: trailing ones are left out, those ahead are kept."""
        written = codec.write(
            [PurchaseOrder("1", (OrderLine(1, Decimal(1)),))], envelope("edifact")
        )
        segments = written.decode().split("'")[1:]
        for segment in segments:
            self.assertFalse(segment.endswith(("+", ":")), segment)
            self.assertNotIn(":+", segment)
        self.assertIn("LIN+1", segments)

    def test_numbers_have_the_mark_that_una_tells(self):
        """php-edifact/edifact-generator #12."""
        line = OrderLine(1, Decimal("10.03"), "PCE", "1")
        for mark in ".,":
            chosen = Delimiters("'", "+", ":", "", "?", decimal=mark)
            made = envelope("edifact", delimiters=chosen)
            written = codec.write([PurchaseOrder("1.5", (line,))], made, make_options())
            self.assertIn(f"QTY+21:10{mark}03:PCE'".encode(), written)
            self.assertIn(b"BGM+220+1.5+9'", written)
