# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from ..lib import codec
from ..lib.edifact import writer as edifact_writer
from ..lib.errors import Unwritable
from ..lib.options import DEFAULT
from ..lib.writing import Text
from ..lib.x12 import writer as x12_writer
from ..schemas import Delimiters, Identity, PurchaseOrder
from .common import AT, PureCase, envelope, only

SEPARATORS = "~*>:|^!@#$%&;+'?\\{}[]<`\x1c\x1d\x1e\x1f"
PRINTABLE = "".join(map(chr, range(33, 127))) + " äß¿ÿ"


@st.composite
def delimiters(draw, release=False):
    chars = draw(st.permutations(SEPARATORS))[:5]
    values = {"segment": chars[0], "element": chars[1], "component": chars[2]}
    if release:
        values.update(
            release=chars[3], repetition=draw(st.sampled_from(["", chars[4]]))
        )
    return Delimiters(**values, newline=draw(st.sampled_from(["", "\n", "\r\n"])))


def values(alphabet):
    """Ids and texts: what is told apart only by writing it."""
    raw = st.text(alphabet, max_size=12).map(str.strip)
    return raw | st.tuples(raw, raw)


class TestWriterAndReader(PureCase):
    @settings(deadline=None, max_examples=150)
    @given(st.data())
    def test_x12_is_read_as_it_was_written(self, data):
        chosen = data.draw(delimiters())
        alphabet = "".join(
            each
            for each in PRINTABLE
            if each not in (chosen.segment, chosen.element, chosen.component)
        )
        rows = data.draw(
            st.lists(st.lists(values(alphabet), max_size=6), min_size=1, max_size=6)
        )
        segments = [["ZZZ", *row] for row in rows]
        made = envelope(delimiters=chosen, charset="latin-1")
        written = x12_writer.interchange([("PO", [("850", segments)])], made, DEFAULT)
        interchange = only(written)
        self.assertFalse(interchange.faults)
        (document,) = interchange.documents
        self.assertFalse(document.fatal)
        read = list(document.segments())[1:-1]
        self.assertEqual(len(read), len(segments))
        for row, segment in zip(rows, read, strict=True):
            for index, value in enumerate(row, 1):
                if isinstance(value, tuple):
                    got = tuple(segment.get(index, n) for n in (1, 2))
                else:
                    got = segment.get(index)
                self.assertEqual(got, value)

    @settings(deadline=None, max_examples=150)
    @given(st.data())
    def test_edifact_is_read_as_it_was_written(self, data):
        chosen = data.draw(delimiters(release=True))
        rows = data.draw(
            st.lists(st.lists(values(PRINTABLE), max_size=6), min_size=1, max_size=6)
        )
        segments = [["ZZZ", *row] for row in rows]
        made = envelope("edifact", delimiters=chosen)
        groups = [("ORDERS", [("ORDERS", segments)])]
        written = edifact_writer.interchange(groups, made, DEFAULT)
        interchange = only(written)
        self.assertFalse(interchange.faults)
        (document,) = interchange.documents
        self.assertFalse(document.fatal)
        read = list(document.segments())[1:-1]
        self.assertEqual(len(read), len(segments))
        for row, segment in zip(rows, read, strict=True):
            for index, value in enumerate(row, 1):
                pair = value if isinstance(value, tuple) else (value, "")
                got = tuple(segment.get(index, n) for n in (1, 2))
                self.assertEqual(got, pair)

    @settings(deadline=None, max_examples=60)
    @given(st.text(max_size=30), delimiters())
    def test_texts_never_break_a_file(self, text, chosen):
        """Whatever is in a name: each segment stays one, with its elements."""
        segments = [["N1", "ST", Text(text), "92", "0123"], ["MSG", Text(text)]]
        made = envelope(delimiters=chosen)
        written = x12_writer.interchange([("PO", [("850", segments)])], made, DEFAULT)
        (document,) = only(written).documents
        self.assertFalse(document.fatal)
        n1 = list(document.segments())[1]
        self.assertEqual((n1.id, n1.get(3), n1.get(4)), ("N1", "92", "0123"))
        written.decode("ascii")


class TestX12(PureCase):
    def test_an_id_with_a_delimiter_is_refused(self):
        """X12 has no way to escape, and another id is another thing."""
        for value in ("A*B", "A~B", "A>B", "A\nB", "Ä"):
            with self.subTest(value), self.assertRaises(Unwritable):
                x12_writer.interchange(
                    [("PO", [("850", [["REF", "DP", value]])])], envelope(), DEFAULT
                )

    def test_a_text_with_a_delimiter_is_changed(self):
        segments = [["MSG", Text("50*2 > 99~ Größe 5\u20ac")]]
        written = x12_writer.interchange(
            [("PO", [("850", segments)])], envelope(), DEFAULT
        )
        self.assertIn(b"MSG*50 2   99  Grosse 5EUR~", written)

    def test_what_is_too_long(self):
        """Texts are cut off, ids are refused; 5010 has made some longer."""
        long = "X" * 40
        groups = [("PO", [("850", [["REF", "DP", long]])])]
        with self.assertRaises(Unwritable):
            x12_writer.interchange(groups, envelope(), DEFAULT)
        made = envelope(version="00501", group_version="005010")
        self.assertIn(long.encode(), x12_writer.interchange(groups, made, DEFAULT))
        groups = [("PO", [("850", [["N3", Text("Y" * 90)]])])]
        written = x12_writer.interchange(groups, envelope(), DEFAULT)
        self.assertIn(b"N3*" + b"Y" * 55 + b"~", written)

    def test_isa_has_106_characters(self):
        made = envelope(test=True, ack=True)
        written = x12_writer.interchange([("PO", [("850", [["BEG"]])])], made, DEFAULT)
        head = written[:106].decode()
        self.assertEqual(
            head,
            "ISA*00*          *00*          *ZZ*US             *ZZ*THEM           "
            "*261201*1430*U*00401*000000041*1*T*>~",
        )

    def test_later_versions_have_a_repetition_separator(self):
        made = envelope(version="00501", group_version="005010")
        groups = [("PO", [("850", [["MSG", Text("a^b")]])])]
        written = x12_writer.interchange(groups, made, DEFAULT)
        self.assertEqual(written[82:83], b"^")
        self.assertIn(b"MSG*a b~", written)

    def test_numbers(self):
        """Of the agreement's counters, in nine digits, and from the start again."""
        groups = [
            ("PO", [("850", [["A"]]), ("850", [["B"]])]),
            ("PC", [("860", [["C"]])]),
        ]
        made = envelope(
            number=999_999_999, group_number=999_999_999, document_numbers=(12, 13, 14)
        )
        written = x12_writer.interchange(groups, made, DEFAULT).decode().split("~")
        heads = [
            each for each in written if each[:3] in ("GS*", "ST*", "SE*", "GE*", "IEA")
        ]
        self.assertEqual(
            [each.split("*")[-1 if each[:2] != "GS" else 6] for each in heads],
            [
                "999999999",
                "0012",
                "0012",
                "0013",
                "0013",
                "999999999",
                "1",
                "0014",
                "0014",
                "1",
                "999999999",
            ],
        )
        for number in (0, 1_000_000_000):
            with self.assertRaises(Unwritable):
                x12_writer.interchange(groups, envelope(number=number), DEFAULT)

    def test_a_control_number_for_each_document(self):
        orders = [PurchaseOrder("1", ()), PurchaseOrder("2", ())]
        written = codec.write(orders, envelope(document_numbers=(8, 9)))
        self.assertIn(b"ST*850*0009~", written)
        for numbers in ((8,), (8, 9, 10)):
            with self.assertRaises(Unwritable):
                codec.write(orders, envelope(document_numbers=numbers))

    def test_identities_have_to_fit(self):
        for sender in ("", "X" * 16, "A*B", "Ä"):
            with self.subTest(sender), self.assertRaises(Unwritable):
                made = envelope(sender=Identity(sender, "ZZ"))
                x12_writer.interchange([("PO", [("850", [["A"]])])], made, DEFAULT)

    def test_the_same_gives_the_same_bytes(self):
        groups = [("PO", [("850", [["BEG", "00"]])])]
        one = x12_writer.interchange(groups, envelope(), DEFAULT)
        self.assertEqual(one, x12_writer.interchange(groups, envelope(), DEFAULT))

    def test_time_is_that_of_the_partners_clock(self):
        late = AT.replace(hour=2, minute=0).astimezone(timezone(timedelta(hours=5)))
        order = PurchaseOrder("1", ())
        options = codec.Options(zone="America/New_York")
        written = codec.write([order], envelope(at=late), options)
        self.assertIn(b"*261130*2100*", written)
        self.assertIn(b"*20261130*2100*", written)


class TestEdifact(PureCase):
    def test_una_tells_what_is_used(self):
        chosen = Delimiters("'", "+", ":", "*", "?", decimal=",")
        made = envelope("edifact", delimiters=chosen, version="UNOC:4")
        groups = [("ORDERS", [("ORDERS", [["BGM", "220", "a*b"]])])]
        written = edifact_writer.interchange(groups, made, DEFAULT)
        self.assertTrue(
            written.startswith(b"UNA:+,?*'UNB+UNOC:4+US:ZZ+THEM:ZZ+20261201:1430+41'")
        )
        self.assertIn(b"BGM+220+a?*b'", written)

    def test_groups(self):
        made = envelope("edifact", groups=True, group_number=3)
        groups = [
            ("ORDERS", [("ORDERS", [["BGM"]])]),
            ("ORDCHG", [("ORDCHG", [["BGM"]])]),
        ]
        interchange = only(edifact_writer.interchange(groups, made, DEFAULT))
        self.assertFalse(interchange.faults)
        self.assertEqual([each.head.number for each in interchange.groups], ["3", "4"])

    def test_what_is_too_long(self):
        """D01B has made references longer."""
        groups = [("ORDERS", [("ORDERS", [["RFF", ("ON", "X" * 40)]])])]
        with self.assertRaises(Unwritable):
            edifact_writer.interchange(groups, envelope("edifact"), DEFAULT)
        made = envelope("edifact", group_version="D:01B:UN:EAN010")
        written = edifact_writer.interchange(groups, made, DEFAULT)
        self.assertIn(b"RFF+ON:" + b"X" * 40 + b"'", written)

    def test_letters_that_a_repertoire_does_not_have(self):
        made = envelope("edifact", version="UNOA:3")
        groups = [("ORDERS", [("ORDERS", [["FTX", "AAI", "", "", Text("Größe")]])])]
        self.assertIn(b"Grosse", edifact_writer.interchange(groups, made, DEFAULT))
        groups = [("ORDERS", [("ORDERS", [["RFF", ("ON", "Größe")]])])]
        with self.assertRaises(Unwritable):
            edifact_writer.interchange(groups, made, DEFAULT)
