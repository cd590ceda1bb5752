# SPDX-License-Identifier: AGPL-3.0-or-later
import ast
import doctest
import importlib
import pickle
import sys
import time
import tracemalloc
from pathlib import Path

from ..lib import codec, source
from ..lib.errors import BadDocument, EdiError, Unreadable, place_of
from .common import PureCase, codes, edifact, envelope, isa, only, parsed, samples, x12

ORDER = "BEG*00*SA*4711**20261201~PO1*1*10*EA*2.5**VN*LAMP~CTT*1~"
MESSAGE = """BGM+220+4711+9'
DTM+137:20261201:102'
LIN+1++4012345000016:EN'
QTY+21:10:PCE'
UNS+S'"""


def segments(document):
    return [each.parts for each in document.segments()]


class TestSamples(PureCase):
    """Files that other projects publish, with all that is odd about them."""

    def test_every_sample_is_read_or_refused_with_its_place(self):
        found = samples()
        self.assertEqual(len(found), 79)
        for name, data in found:
            if name.startswith("SOURCES"):
                continue
            with self.subTest(name):
                interchanges = list(codec.read(data))
                self.assertTrue(interchanges)
                for interchange in interchanges:
                    self.check_interchange(interchange, data)

    def check_interchange(self, interchange, data):
        start, end = interchange.span
        self.assertTrue(0 <= start < end <= len(data))
        for fault in interchange.faults:
            self.assertTrue(place_of(fault))
        for document in interchange.documents:
            self.assertTrue(segments(document))
            first, last = document.span
            self.assertTrue(start < first < last <= end)
            try:
                codec.parse(document)
            except BadDocument as error:
                for fault in error.faults:
                    self.assertTrue(fault.segment, fault)
                    self.assertTrue(start <= fault.offset <= end, fault)
                    if fault in document.faults:
                        self.assertTrue(first <= fault.offset < last, fault)

    def test_what_the_odd_ones_are(self):
        """By their interchange: (documents, what keeps it from being accepted)."""
        expected = {
            "x12_other/gozer__resources_x12.no.line.break.no.delim.txt": (0, "004"),
            "x12_other/gozer__resources_x12.base.one.txt": (1, "021"),
            "x12_other/gozer__resources_x12.wrong.GS.txt": (3, "024"),
            "x12_856/gozer__asn856_asn856.txt": (1, "001"),
            "x12_210/staedi__issue128_ts210_80char.edi": (1, ""),
            "x12_214/staedi__issue109_ts214_ellipses_segterm.edi": (1, ""),
            "x12_271/edi-net__Samples_x12.Issue88.edi": (1, ""),
            "x12_850/edi-net__Samples_x12.850.issue135.edi": (2, ""),
            "x12_855/stupidedi__fail_2.edi": (1, ""),
            "edifact_INVOIC/staedi__issue128_wrapped_invoic_d97b_una.edi": (1, ""),
            "edifact_ORDERS/pydifact__data_order.edi": (1, "13"),
            "edifact_ORDRSP/edi-net__Samples_edifact.ORDRSP.edi": (1, "28"),
        }
        for name, (count, code) in expected.items():
            with self.subTest(name):
                ((_name, data),) = samples(name)
                interchange = only(data)
                self.assertEqual(len(interchange.documents), count)
                fatal = interchange.fatal
                self.assertEqual(fatal.code if fatal else "", code)

    def test_wrapped_lines_are_put_together(self):
        ((_name, data),) = samples("x12_210/*")
        (document,) = only(data).documents
        self.assertFalse(document.fatal)
        found = segments(document)
        self.assertIn(["N3", "791 PECAN ST"], found)
        self.assertEqual(len(found), 31)
        first, last = document.span
        self.assertTrue(data[first:].startswith(b"ST*210*1"))
        self.assertTrue(data[:last].endswith(b"SE*31*1305~"))


class TestX12(PureCase):
    def test_terminators(self):
        """badX12 #99, stupidedi #106, moov-io/x12 #27, EDI.Net #19: line feeds end
        segments; Mirth 2722, 711: so do carriage returns, and both."""
        for end in ("~", "\n", "\r", "\r\n", "~\r\n", "~\n", "'\n", "\x1c", "|\n\n"):
            with self.subTest(repr(end)):
                interchange = only(x12(ORDER, end=end))
                (document,) = interchange.documents
                self.assertFalse(document.fatal)
                self.assertEqual(codec.parse(document).number, "4711")
                self.assertEqual(segments(document)[2][0], "PO1")

    def test_blanks_before_the_terminator(self):
        """Machete #44."""
        data = x12(ORDER, end=" ~\n")
        (document,) = only(data).documents
        self.assertFalse(document.fatal)
        self.assertEqual(segments(document)[1][-1], "20261201")

    def test_lines_of_one_length(self):
        """Records of a mainframe: padded with blanks, with a terminator or without."""
        for end in ("~", ""):
            lines = x12(ORDER, end="\n").decode().splitlines()
            data = "".join((line + end).ljust(120) + "\n" for line in lines).encode()
            (document,) = only(data).documents
            self.assertFalse(document.fatal)
            self.assertEqual(codec.parse(document).lines[0].quantity, 10)

    def test_what_stands_before(self):
        for before in (b"\xef\xbb\xbf", b"\r\n\r\n", b"Dear partner,\n\n", b"\0\0 "):
            with self.subTest(before):
                interchange = only(before + x12(ORDER))
                self.assertFalse(interchange.fatal)
                self.assertEqual(interchange.span[0], len(before))

    def test_isa_of_any_length(self):
        """17 of 49 published samples have an ISA of 78 to 122 characters."""
        short = isa().replace(" ", "")
        for head in (short, isa().replace("THEM ", "THEM" + " " * 20)):
            data = x12(ORDER).replace(isa().encode(), head.encode())
            interchange = only(data)
            self.assertEqual(interchange.head.sender.id, "THEM")
            self.assertFalse(interchange.documents[0].fatal)

    def test_isa_in_data_begins_nothing(self):
        """EDIFACT.NET #67: nor does a segment that is called ISA."""
        body = ORDER.replace("CTT", "MSG*ISA*00*NOTHING~ISA*1*2~N9*L1*VISA*A~CTT")
        interchange = only(x12(body))
        self.assertEqual(len(interchange.documents), 1)
        self.assertFalse(interchange.fatal)

    def test_several_interchanges_with_their_own_delimiters(self):
        second = x12(ORDER, number="000000008").replace(b"*", b"|").replace(b"~", b"\n")
        first, last = codec.read(x12(ORDER) + b"\n\n" + second)
        self.assertEqual(
            (first.head.number, last.head.number), ("000000007", "000000008")
        )
        self.assertEqual(last.syntax.element, "|")
        self.assertEqual(last.data, second)

    def test_an_interchange_that_does_not_end(self):
        whole = x12(ORDER)
        cut = whole[: whole.index(b"IEA")]
        first, last = codec.read(cut + x12(ORDER, number="000000008"))
        self.assertEqual(codes(first.faults), [("I18", "023")])
        self.assertFalse(last.fatal)

    def test_half_a_file_accepts_nothing(self):
        whole = x12(ORDER, ORDER)
        for size in range(whole.index(b"BEG"), len(whole) - 1):
            interchange = only(whole[:size])
            for document in interchange.documents:
                self.assertTrue(document.fatal, whole[:size])

    def test_envelopes_that_do_not_hold(self):
        """(what is changed, the code of its standard, where)."""
        changes = (
            (b"SE*5*0001", b"SE*4*0001", "718", "4"),
            (b"SE*5*0001", b"SE*5*0002", "718", "3"),
            (b"SE*5*0001~", b"", "718", "2"),
            (b"ST*850*0001", b"ST*850", "718", "7"),
            (b"ST*850*0001", b"ST*85*0001", "718", "6"),
            (b"GE*1*5", b"GE*2*5", "716", "5"),
            (b"GE*1*5", b"GE*1*6", "716", "4"),
            (b"GE*1*5~", b"", "716", "3"),
            (b"USAPP*20261201*1430*5*", b"USAPP*20261201*1430*X*", "716", "6"),
            (b"IEA*1*000000007", b"IEA*1*000000008", "I18", "001"),
            (b"IEA*1*000000007", b"IEA*2*000000007", "I18", "021"),
            (b"IEA*1*000000007~", b"", "I18", "023"),
            (b"*261201*1430*U", b"*26120X*1430*U", "I18", "014"),
            (b"*261201*1430*U", b"*261201*2530*U", "I18", "015"),
            (b"*000000007*0*P*", b"*00000000X*0*P*", "I18", "018"),
            (b"*0*P*>", b"*0*Q*>", "I18", "020"),
            (b"*>~GS*PO", b"*>GS*PO", "I18", "004"),
        )
        for before, after, code_list, code in changes:
            with self.subTest(f"{before} {after}"):
                data = x12(ORDER)
                self.assertEqual(data.count(before), 1)
                interchange = only(data.replace(before, after))
                faults = list(interchange.faults)
                for group in interchange.groups:
                    faults += group.faults
                for document in interchange.documents:
                    faults += document.faults
                self.assertIn((code_list, code), codes(faults))
                self.assertTrue(all(place_of(fault) for fault in faults))

    def test_numbers_twice(self):
        interchange = only(x12(ORDER, ORDER).replace(b"0002", b"0001"))
        first, last = interchange.documents
        self.assertFalse(first.fatal)
        self.assertEqual(codes(last.faults), [("718", "23")])

    def test_forgiven(self):
        data = x12(ORDER).replace(b"SE*5", b"SE*9")
        (document,) = only(data, forgiven=("718:4",)).documents
        self.assertFalse(document.fatal)
        self.assertEqual(codes(document.faults), [("718", "4")])

    def test_forgiven_when_it_is_known_whose_it_is(self):
        """A file is read before its agreement is found: then it is judged again."""
        options = codec.Options(forgiven=("718:4", "716:5", "I18:021"))
        for before, after in (
            (b"SE*5", b"SE*9"),
            (b"GE*1*5", b"GE*2*5"),
            (b"IEA*1*", b"IEA*2*"),
        ):
            with self.subTest(after):
                interchange = only(x12(ORDER).replace(before, after))
                (document,) = interchange.documents
                with self.assertRaises(BadDocument):
                    codec.parse(document)
                self.assertEqual(codec.parse(document, options).number, "4711")
                answer = codec.acknowledge(interchange, {}, envelope(), options)
                self.assertRegex(answer, rb"AK5\*[AE]")
                self.assertRegex(answer, rb"AK9\*[AE]\*[12]\*1\*1")

    def test_what_is_not_whole_is_not_parsed(self):
        """Its content may be readable: half an order is no order."""
        whole = x12(ORDER, "BEG*00*SA*4712**20261201~PO1*1*1*EA~PO1*2*2*EA~")
        for before, after in (
            (b"PO1*2*2*EA~", b""),
            (b"SE*5*0002~", b""),
            (b"GE*2*5~", b""),
            (b"IEA*1*000000007~", b""),
            (b"SE*5*0002", b"SE*5*0003"),
            (b"IEA*1*000000007", b"IEA*1*000000008"),
        ):
            with self.subTest(before):
                document = only(whole.replace(before, after)).documents[1]
                with self.assertRaises(BadDocument) as caught:
                    codec.parse(document)
                self.assertTrue(caught.exception.fault.fatal)

    def test_repetition_separator_is_of_later_versions(self):
        """Machete #17: U is no separator, and neither is what 4010 puts there."""
        for version, repetition, expected in (
            ("00401", "U", ""),
            ("00401", "^", ""),
            ("00501", "^", "^"),
            ("00501", "U", ""),
        ):
            data = x12(ORDER, version="005010").replace(
                isa().encode(), isa(version=version, repetition=repetition).encode()
            )
            self.assertEqual(only(data).syntax.repetition, expected)

    def test_binary_zeros_and_end_of_file_marks(self):
        data = x12(ORDER, end="\x00~\n") + b"\x1a"
        interchange = only(data)
        self.assertFalse(interchange.fatal)
        self.assertEqual(parsed(data).lines[0].ids[0].value, "LAMP")
        within = x12(ORDER.replace("LAMP", "LA\0MP"))
        self.assertEqual(parsed(within).lines[0].ids[0].value, "LA MP")

    def test_charsets(self):
        for charset in ("utf-8", "latin-1", "cp1252"):
            text = "Müller" if charset != "cp1252" else "Müller €"
            body = ORDER.replace("CTT", "N1*ST*@~CTT")
            data = x12(body).replace(b"@", text.encode(charset))
            self.assertEqual(parsed(data).lines[0].parties[0].name, text)

    def test_charset_of_the_agreement(self):
        """Known when it is parsed, for a file is read before."""
        body = ORDER.replace("CTT", "N1*ST*@~CTT")
        data = x12(body).replace(b"@", "Łódź".encode("cp1250"))
        (document,) = only(data).documents
        order = codec.parse(document, codec.Options(charset="cp1250"))
        self.assertEqual(order.lines[0].parties[0].name, "Łódź")
        self.assertTrue(codec.parse(document, codec.Options(charset="none-such")))

    def test_free_texts_keep_the_component_separator(self):
        body = ORDER.replace("CTT", "MSG*see http://x.example>now~CTT")
        data = x12(body, component=":")
        self.assertEqual(parsed(data).lines[0].notes, ("see http://x.example>now",))

    def test_the_same_content_has_the_same_digest(self):
        one = only(x12(ORDER)).documents[0]
        data = x12(ORDER, end="\n").replace(b"0001", b"0815")
        self.assertEqual(one.digest, only(data).documents[0].digest)
        other = only(x12(ORDER.replace("*10*", "*11*"))).documents[0]
        self.assertNotEqual(one.digest, other.digest)

    def test_nothing_to_read(self):
        for data in (b"", b" \n", b"<xml/>", b"PK\x03\x04", b"ISA", b"ISA*00*", b"UNA"):
            with self.subTest(data), self.assertRaises(Unreadable):
                list(codec.read(data))
        with self.assertRaisesRegex(Unreadable, "UTF-16"):
            list(codec.read(x12(ORDER).decode().encode("utf-16")))
        with self.assertRaises(Unreadable):
            list(codec.read(x12(ORDER), codec.Options(standard="edifact")))


class TestEdifact(PureCase):
    def test_characters_of_una(self):
        data = edifact(MESSAGE)
        swapped = bytes.maketrans(b"+:'", b"*=~")
        for una, changed in (
            ("UNA:+.? '", data),
            ("UNA:+.?*'", data),
            ("UNA=*.? ~", data.translate(swapped)),
            ("UNA:+.?'", data),
            ("UNA:+.? '\r\n", data.replace(b"'", b"'\r\n")),
        ):
            with self.subTest(una):
                (document,) = only(una.encode() + changed).documents
                self.assertFalse(document.fatal)
                self.assertEqual(document.head.kind, "ORDERS")

    def test_lines_end_segments_where_nothing_says_otherwise(self):
        """Ingram's INVRPT."""
        for end in (b"\n", b"\r\n"):
            (document,) = only(edifact(MESSAGE).replace(b"'", end)).documents
            self.assertFalse(document.fatal)
            self.assertEqual(len(segments(document)), 7)

    def test_control_characters_of_level_b(self):
        changed = edifact(MESSAGE, syntax="UNOB:2").translate(
            bytes.maketrans(b"+:'", b"\x1d\x1f\x1c")
        )
        self.assertFalse(only(changed).documents[0].fatal)

    def test_released_characters(self):
        """php-edifact #146, vscode-edifact #14: what counts is whether an odd number of
        release characters stands before."""
        for written, text in (
            ("a?'b", "a'b"),
            ("a??", "a?"),
            ("a???'b", "a?'b"),
            ("a????", "a??"),
            ("?+49 30 ?: 5", "+49 30 : 5"),
            ("10?+10=20", "10+10=20"),
        ):
            with self.subTest(written):
                body = MESSAGE.replace("UNS", f"FTX+AAI+++{written}'\nUNS")
                (document,) = only(edifact(body)).documents
                self.assertFalse(document.fatal)
                ftx = next(each for each in document.segments() if each.id == "FTX")
                self.assertEqual(ftx.get(4), text)

    def test_syntax_four_repeats(self):
        data = edifact("COM+s11:AA*s21:AA*s31:AA'\n", kind="XXXXXX", syntax="UNOA:4")
        (document,) = only(data).documents
        com = segments_by_id(document)["COM"]
        self.assertEqual(
            [com.get(1, 1, n) for n in (1, 2, 3, 4)], ["s11", "s21", "s31", ""]
        )
        self.assertEqual(com.repetitions(1), 3)

    def test_references_that_look_like_service_segments(self):
        """EDIFACT.NET #59, sapstern/edifactconverter #35."""
        data = edifact(MESSAGE).replace(b"1430+7'", b"1430+UNA1234'")
        data = data.replace(b"UNZ+1+7'", b"UNZ+1+UNA1234'")
        self.assertFalse(only(data).documents[0].fatal)
        body = MESSAGE.replace("UNS", "NAD+OY+1++UNIT 4, UNB+UNA+13'\nUNS")
        self.assertFalse(only(edifact(body)).documents[0].fatal)

    def test_a_terminator_too_much_and_one_too_little(self):
        """staedi #167."""
        data = b"'UNA:+.? '\nUNB+UNOA:3\nUNH+117+CONTRL:4:1:UN'\nUCI+778+1+1+8++++'\n"
        interchange = only(data + b"UNT+1+117'\nUNZ+1+778'\n")
        self.assertTrue(interchange.fatal)
        self.assertFalse(interchange.answerable)

    def test_unknown_repertoires_are_latin(self):
        """BerryWorks edireader #15: UNOL."""
        for syntax in ("UNOL:3", "UNOX:3", "IATB:1"):
            interchange = only(edifact(MESSAGE, syntax=syntax))
            self.assertFalse(interchange.fatal)
            self.assertEqual(interchange.head.version, syntax)

    def test_charsets(self):
        """php-edifact #25 #71 #82, logicapps #737: what UNB names is often not true."""
        for syntax, charset, text in (
            ("UNOC:3", "latin-1", "Müller"),
            ("UNOC:3", "cp1252", "5 € – Müller"),
            ("UNOC:3", "utf-8", "Müller"),
            ("UNOA:3", "utf-8", "报文测试"),
            ("UNOY:4", "utf-8", "Łódź"),
            ("UNOD:3", "iso8859-2", "Łódź"),
            ("UNOE:3", "iso8859-5", "Москва"),
        ):
            with self.subTest(f"{syntax} {charset}"):
                body = MESSAGE.replace("UNS", f"NAD+DP+++{text}'\nUNS")
                data = edifact(body, syntax=syntax, charset=charset)
                (document,) = only(data).documents
                self.assertEqual(segments_by_id(document)["NAD"].get(4), text)

    def test_envelopes_that_do_not_hold(self):
        changes = (
            (b"UNT+7+1'", b"UNT+8+1'", "29"),
            (b"UNT+7+1'", b"UNT+7+2'", "28"),
            (b"UNT+7+1'", b"", "13"),
            (b"UNZ+1+7'", b"UNZ+2+7'", "29"),
            (b"UNZ+1+7'", b"UNZ+1+8'", "28"),
            (b"UNZ+1+7'", b"", "13"),
            (b"+THEM:14+", b"++", "13"),
            (b"UNH+1+", b"UNH++", "13"),
            (b"UNH+1+ORDERS", b"UNH+1+", "13"),
            (b"+261201:1430+", b"+XX1201:1430+", "12"),
        )
        for before, after, code in changes:
            with self.subTest(f"{before} {after}"):
                data = edifact(MESSAGE)
                self.assertEqual(data.count(before), 1)
                interchange = only(data.replace(before, after))
                faults = list(interchange.faults)
                for document in interchange.documents:
                    faults += document.faults
                self.assertIn(("0085", code), codes(faults))
                self.assertTrue(all(place_of(fault) for fault in faults))

    def test_messages_twice(self):
        interchange = only(edifact(MESSAGE, MESSAGE).replace(b"+2+ORD", b"+1+ORD"))
        self.assertIn(("0085", "26"), codes(interchange.documents[1].faults))

    def test_groups(self):
        data = edifact(MESSAGE).replace(
            b"UNH+1+", b"UNG+ORDERS+A:14+B:14+261201:1430+9+UN+D:96A'UNH+1+"
        )
        data = data.replace(b"UNZ", b"UNE+1+9'UNZ")
        interchange = only(data)
        self.assertFalse(interchange.documents[0].fatal)
        self.assertEqual(interchange.groups[0].head.number, "9")
        broken = only(data.replace(b"UNE+1+9", b"UNE+2+8"))
        self.assertEqual(
            codes(broken.groups[0].faults), [("0085", "28"), ("0085", "29")]
        )

    def test_both_standards_in_one_file(self):
        first, last = codec.read(x12(ORDER) + b"\n" + edifact(MESSAGE))
        self.assertEqual((first.head.standard, last.head.standard), ("x12", "edifact"))

    def test_half_a_file_accepts_nothing(self):
        whole = edifact(MESSAGE, MESSAGE)
        for size in range(whole.index(b"BGM"), len(whole) - 1):
            for document in only(whole[:size]).documents:
                self.assertTrue(document.fatal, whole[:size])


def segments_by_id(document):
    return {each.id: each for each in document.segments()}


class TestLarge(PureCase):
    LINES = 20_000

    def test_a_large_file_is_not_held_in_memory(self):
        body = "BIA*00*DD*R1*20261201*1430~" + "".join(
            f"LIN*{n}*VN*SKU{n:07}~PID*F****Some product~QTY*33*{n % 99}*EA~"
            for n in range(self.LINES)
        )
        data = x12(body, kind="846", group="IB")
        tracemalloc.start()
        interchange = only(data)
        count = sum(1 for _each in interchange.documents[0].segments())
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        self.assertEqual(count, 3 * self.LINES + 3)
        self.assertLess(peak, 5 * len(data))

    def test_many_documents_take_as_long_as_they_are_many(self):
        took = []
        for count in (500, 4000):
            data = x12(*[ORDER] * count)
            start = time.process_time()
            self.assertEqual(len(only(data).documents), count)
            took.append(time.process_time() - start)
        self.assertLess(took[1], 8 * 4 * max(took[0], 0.005))


class TestLibrary(PureCase):
    def test_doctests(self):
        folder = Path(source.__file__).parent
        checked = 0
        for path in folder.rglob("*.py"):
            parts = path.relative_to(folder).with_suffix("").parts
            name = ".".join(each for each in parts if each != "__init__")
            base = source.__name__.rpartition(".")[0]
            module = importlib.import_module(f"{base}.{name}" if name else base)
            with self.subTest(name):
                result = doctest.testmod(module)
                self.assertFalse(result.failed)
                checked += result.attempted
        self.assertGreater(checked, 80)

    def test_it_needs_nothing_but_python(self):
        root = Path(source.__file__).parents[1]
        for path in (*root.glob("schemas*.py"), *root.glob("lib/**/*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [each.name for each in getattr(node, "names", ())]
                if isinstance(node, ast.ImportFrom) and not node.level:
                    names = [node.module]
                elif not isinstance(node, ast.Import):
                    continue
                for name in names:
                    with self.subTest(f"{path.name}: {name}"):
                        self.assertIn(name.split(".")[0], sys.stdlib_module_names)

    def test_errors_are_pickled(self):
        """They cross processes and logs."""
        try:
            codec.parse(only(x12("BEG*00~")).documents[0])
        except EdiError as error:
            again = pickle.loads(pickle.dumps(error))
            self.assertEqual(str(again), str(error))
            self.assertEqual(again.faults, error.faults)
        else:
            self.fail("an order without lines was taken")
