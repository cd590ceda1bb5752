"""The pure parts: guides, the two readers, check digits."""

import pytest

from sandbox.edi import edifact, gs1, x12, x12_guides
from sandbox.edi.guide import Guide
from sandbox.edi.segment import make, plain

SMALL = Guide("""
BEG 1   01!ID2=00|05 02!AN1-5 03?DT8 04?R1-6 05?TM4
PO1 +   01!N1-3 02?ID2 03?AN1-9
  .. P0203
  PID ? 01!ID1=F
CTT 1   01!N1
""")


def check(*segments, mark="."):
    return [
        (each.kind, each.segment, each.position, each.element)
        for each in SMALL.check([make(*each) for each in segments], mark)
    ]


BEG, PO1, CTT = ("BEG", "00", "A"), ("PO1", "1"), ("CTT", "1")


def test_a_right_document_has_no_problems():
    assert check(BEG, PO1, ("PID", "F"), PO1, CTT) == []


@pytest.mark.parametrize(
    ("segments", "problem"),
    [
        ([BEG, CTT], ("missing_segment", "PO1", 1, 0)),
        ([BEG, PO1], ("missing_segment", "CTT", 2, 0)),
        ([BEG, BEG, PO1, CTT], ("too_often", "BEG", 1, 0)),
        ([BEG, PO1, CTT, PO1], ("unexpected", "PO1", 3, 0)),
        ([BEG, PO1, CTT, ("XYZ",)], ("unknown", "XYZ", 3, 0)),
        ([BEG, PO1, ("PID", "F"), ("PID", "F"), CTT], ("too_often", "PID", 3, 0)),
        ([("BEG", "00"), PO1, CTT], ("missing", "BEG", 0, 2)),
        ([("BEG", "01", "A"), PO1, CTT], ("code", "BEG", 0, 1)),
        ([("BEG", "00", "ABCDEF"), PO1, CTT], ("long", "BEG", 0, 2)),
        ([("BEG", "0", "A"), PO1, CTT], ("short", "BEG", 0, 1)),
        ([(*BEG, "20261131"), PO1, CTT], ("date", "BEG", 0, 3)),
        ([(*BEG, None, "1,5"), PO1, CTT], ("characters", "BEG", 0, 4)),
        ([(*BEG, None, None, "2460"), PO1, CTT], ("time", "BEG", 0, 5)),
        ([(*BEG, None, None, None, "X"), PO1, CTT], ("too_many", "BEG", 0, 6)),
        ([BEG, ("PO1", "1", "VN"), CTT], ("pair", "PO1", 1, 3)),
        ([BEG, ("PO1", "1.5"), CTT], ("characters", "PO1", 1, 1)),
        ([BEG, ("PO1", ["1", "2"]), CTT], ("too_many", "PO1", 1, 1)),
    ],
)
def test_a_problem_has_its_place(segments, problem):
    assert problem in check(*segments)


def test_the_decimal_mark_is_the_declared_one():
    beg = ("BEG", "00", "A", None, "1,5")
    assert check(beg, PO1, CTT, mark=",") == []
    assert check((*beg[:4], "1.5"), PO1, CTT, mark=",")[0][0] == "characters"


def test_every_functional_id_has_a_guide():
    assert set(x12.FUNCTIONAL_IDS) == set(x12_guides.GUIDES)


# X12

HEAD = (
    "ISA*00*          *00*          *ZZ*US             *ZZ*THEM           "
    "*261123*0800*U*00401*000000007*0*P*>~"
)
BODY = "GS*OW*A*B*20261123*0800*7*X*004010~ST*940*0001~W05*N*1~SE*3*0001~GE*1*7~"
TAIL = "IEA*1*000000007~"


def read(text):
    return list(x12.read(text.encode("latin-1")))


def faults(text):
    """Rules that the envelopes of a file break."""
    found = []
    for interchange in read(text):
        found += interchange.faults
        for group in interchange.groups:
            found += group.faults
            for document in group.documents:
                found += document.faults
    return [each.rule for each in found]


def unreadable(text):
    with pytest.raises(x12.Unreadable) as caught:
        read(text)
    return caught.value.rule


def test_an_interchange_is_read():
    [one] = read(HEAD + BODY + TAIL)
    assert one.sender == ("ZZ", "US") and one.receiver == ("ZZ", "THEM")
    [document] = one.groups[0].documents
    assert (document.kind, document.control) == ("940", "0001")
    assert document.segments[0].at(1) == "N" and document.segments[0].at(9) == ""
    assert faults(HEAD + BODY + TAIL) == []


def test_two_interchanges_and_line_breaks_are_read():
    text = (HEAD + BODY + TAIL).replace("~", "~\r\n")
    assert [each.control for each in read(text + text)] == ["000000007"] * 2
    assert faults(text + "\n" + text) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "unreadable"),
        ("\ufeff".encode().decode("latin-1") + HEAD + BODY + TAIL, "unreadable"),
        ("UNB+UNOA:1'", "unreadable"),
        (HEAD.replace("US             ", "US") + BODY + TAIL, "isa_width"),
        (HEAD.replace(">~", ">A") + BODY + TAIL, "separators"),
        (HEAD.replace("*>~", "*~~") + BODY + TAIL, "separators"),
        (HEAD + BODY, "breaks_off"),
        (HEAD + BODY + TAIL[:-1], "breaks_off"),
        (HEAD + BODY + TAIL + HEAD, "breaks_off"),
    ],
)
def test_what_cannot_be_read_is_refused(text, rule):
    assert unreadable(text) == rule


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("SE*3*", "SE*4*", "se_count"),
        ("SE*3*0001", "SE*3*0002", "set_control"),
        ("GE*1*", "GE*2*", "set_count"),
        ("GE*1*7", "GE*1*8", "group_control"),
        ("IEA*1*", "IEA*2*", "group_count"),
        ("IEA*1*000000007", "IEA*1*000000008", "interchange_control"),
        ("SE*3*0001~", "", "envelope"),
        ("GE*1*7~", "", "envelope"),
        ("ST*940*0001~", "", "envelope"),
        ("GS*OW*A*B*20261123*0800*7*X*004010~", "", "envelope"),
    ],
)
def test_envelopes_must_add_up(old, new, rule):
    text = HEAD + BODY + TAIL
    assert old in text
    assert rule in faults(text.replace(old, new))


def test_what_is_written_is_read_the_same():
    envelope = x12.Envelope(("ZZ", "US"), ("ZZ", "THEM"), "A", "B", "004010")
    moment = __import__("datetime").datetime(2026, 11, 23, 8, 0)
    segments = [make("W05", "N", "77", None), make("W76", 3)]
    lines = x12.write(envelope, 7, moment, [("OW", "7", [("940", "0001", segments)])])
    data = x12.join(envelope, lines)
    assert lines[0] == HEAD[:-1]
    [one] = x12.read(data)
    assert faults(data.decode()) == []
    again = one.groups[0].documents[0].segments
    assert [each.at(2) for each in again] == ["77", ""]


def test_a_separator_in_data_is_never_written():
    envelope = x12.Envelope(("ZZ", "US"), ("ZZ", "THEM"), "A", "B", "004010")
    for text in ("A*B", "A>B", "A~B"):
        with pytest.raises(ValueError, match="separator"):
            envelope.segment(make("N1", text))


# EDIFACT

UNB = "UNB+UNOC:3+US:14+THEM:14+261123:0800+7'"
MESSAGE = "UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+4711+9'UNT+3+1'"
UNZ = "UNZ+1+7'"


def edi_faults(data):
    found = []
    for interchange in edifact.read(data):
        found += interchange.faults
        for message in interchange.messages:
            found += message.faults
    return [each.rule for each in found]


def test_messages_are_read_with_and_without_una():
    for text in (UNB + MESSAGE + UNZ, "UNA:+.? '\r\n" + UNB + "\n" + MESSAGE + UNZ):
        [one] = edifact.read(text.encode())
        assert one.sender == ("14", "US") and one.control == "7"
        [message] = one.messages
        assert message.kind == "ORDERS" and message.segments[0].at(2) == "4711"
        assert edi_faults(text.encode()) == []


def test_una_names_other_marks():
    text = (UNB + MESSAGE + UNZ).replace(":", "|").replace("+", "#").replace("'", "!")
    [one] = edifact.read(b"UNA|#,\\ !" + text.encode())
    assert one.marks.decimal == "," and one.messages[0].segments[0].at(1) == "220"


def test_released_marks_are_data():
    text = UNB + "UNH+1+X:D'FTX+AAI+++a?+b?:c?'d??e'UNT+3+1'" + UNZ
    [one] = edifact.read(text.encode())
    assert one.messages[0].segments[0].at(4) == "a+b:c'd?e"
    marks = edifact.Marks()
    assert marks.escape("a+b:c'd?e") == "a?+b?:c?'d??e"


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("UNT+3+", "UNT+4+", "unt_count"),
        ("UNT+3+1", "UNT+3+2", "unt_reference"),
        ("UNZ+1+", "UNZ+2+", "unz_count"),
        ("UNZ+1+7", "UNZ+1+8", "unz_reference"),
        ("UNT+3+1'", "", "envelope"),
        ("UNOC", "UNOX", "charset"),
    ],
)
def test_edifact_envelopes_must_add_up(old, new, rule):
    text = UNB + MESSAGE + UNZ
    assert old in text
    assert rule in edi_faults(text.replace(old, new).encode())


@pytest.mark.parametrize(
    ("charset", "raw", "word"),
    [
        ("UNOC", b"M\xfcller", "Müller"),
        ("UNOY", b"M\xc3\xbcller", "Müller"),
        ("UNOD", b"\xa3\xf3d\xbc", "Łódź"),
    ],
)
def test_texts_are_read_by_their_character_set(charset, raw, word):
    text = UNB.replace("UNOC", charset) + "UNH+1+X:D'FTX+AAI+++" + "%'UNT+3+1'" + UNZ
    data = text.encode().replace(b"%", raw)
    [one] = edifact.read(data)
    assert one.messages[0].segments[0].at(4) == word


@pytest.mark.parametrize(
    ("charset", "raw"), [("UNOA", b"M\xfcller"), ("UNOC", b"5 \x80"), ("UNOY", b"\xfc")]
)
def test_characters_outside_of_it_are_a_fault(charset, raw):
    text = UNB.replace("UNOC", charset) + "UNH+1+X:D'FTX+AAI+++%'UNT+3+1'" + UNZ
    assert edi_faults(text.encode().replace(b"%", raw)) == ["charset"]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "unreadable"),
        (b"ISA*00*~", "breaks_off"),
        (b"BGM+220'", "unreadable"),
        (UNB.encode(), "breaks_off"),
        ((UNB + MESSAGE + UNZ[:-1]).encode(), "breaks_off"),
        (b"UNA:+", "breaks_off"),
    ],
)
def test_edifact_that_cannot_be_read(data, rule):
    with pytest.raises(x12.Unreadable) as caught:
        list(edifact.read(data))
    assert caught.value.rule == rule


# numbers


def test_check_digits():
    # GS1's own examples of an SSCC and a GTIN-13
    assert gs1.is_valid("106141412345678908", 18)
    assert gs1.is_valid("4006381333931", 13)
    assert not gs1.is_valid("106141412345678907", 18)
    assert not gs1.is_valid("10614141234567890", 18)
    assert not gs1.is_valid("10614141234567890x", 18)


def test_ssccs_are_right_and_none_twice():
    series = gs1.SsccSeries("00614141")
    made = [series.next() for _time in range(50)]
    assert len(set(made)) == 50 and all(gs1.is_valid(each, 18) for each in made)


def test_numbers_are_plain():
    assert [plain(each) for each in ("10.00", "1E+2", "0.50", "7")] == [
        "10",
        "100",
        "0.5",
        "7",
    ]
