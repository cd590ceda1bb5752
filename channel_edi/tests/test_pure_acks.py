# SPDX-License-Identifier: AGPL-3.0-or-later
"""TA1, 997 and CONTRL both ways. Right answers are those of X12 715 to 723 and of 0083,
0085."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ..lib import codec
from ..schemas import Ack, AckDocument, AckGroup, Fault
from .common import PureCase, edifact, envelope, isa, make_options, only, parsed, x12

GOOD = "BEG*00*SA*4711**20261201~PO1*1*10*EA*2.5**VN*LAMP~CTT*1~"
BAD = "BEG*00*SA*4712**20261201~PO1*1*TEN*EA*2.5**VN*LAMP~CTT*1~"
ODD = "BEG*00*SA*4713**20261201~XYZ*1~PO1*1*10*EA*2.5**VN*LAMP~CTT*1~"
ORDER = """BGM+220+4711+9'
LIN+1++4012345000016:EN'
QTY+21:10:PCE'
UNS+S'"""


def answer(data, **options):
    """Segments of what answers a file, by its documents' own faults and those of their
    content; None: nothing."""
    interchange = only(data)
    verdicts = {}
    for document in interchange.documents:
        try:
            codec.parse(document)
        except codec.BadDocument as error:
            verdicts[document.position] = error.faults
    made = envelope(interchange.head.standard)
    found = codec.acknowledge(interchange, verdicts, made, make_options(**options))
    if found is None:
        return None
    end = "'" if interchange.head.standard == "edifact" else "~"
    return found.decode().rstrip(end).split(end)


class TestAnswerX12(PureCase):
    def test_accepted(self):
        found = answer(x12(GOOD, GOOD))
        self.assertEqual(
            found[2:-2],
            [
                "ST*997*0001",
                "AK1*PO*5",
                "AK2*850*0001",
                "AK5*A",
                "AK2*850*0002",
                "AK5*A",
                "AK9*A*2*2*2",
                "SE*8*0001",
            ],
        )
        # sender and receiver of the group are swapped
        self.assertTrue(found[1].startswith("GS*FA*USAPP*THEMAPP*20261201*1430*1*X"))

    def test_accepted_documents_need_not_be_named(self):
        found = answer(x12(GOOD, GOOD), ack_details=False)
        self.assertEqual(found[3:5], ["AK1*PO*5", "AK9*A*2*2*2"])

    def test_a_part_is_rejected_with_its_place(self):
        found = answer(x12(GOOD, BAD, ODD))
        self.assertEqual(
            found[3:-3],
            [
                "AK1*PO*5",
                "AK2*850*0001",
                "AK5*A",
                "AK2*850*0002",
                "AK3*PO1*3**8",
                "AK4*2*330*6*TEN",
                "AK5*R*5",
                "AK2*850*0003",
                "AK3*XYZ*3**6",
                "AK5*E*5",
                "AK9*P*3*3*2",
            ],
        )

    def test_arithmetic_of_the_group(self):
        for bodies, expected in (
            ((GOOD,), "AK9*A*1*1*1"),
            ((ODD,), "AK9*E*1*1*1"),
            ((BAD,), "AK9*R*1*1*0"),
            ((GOOD, ODD), "AK9*E*2*2*2"),
            ((BAD, BAD), "AK9*R*2*2*0"),
            ((GOOD, BAD), "AK9*P*2*2*1"),
        ):
            with self.subTest(expected):
                self.assertIn(expected, answer(x12(*bodies)))

    def test_a_group_that_does_not_hold_is_rejected(self):
        found = answer(x12(GOOD).replace(b"GE*1*5", b"GE*3*5"))
        self.assertIn("AK9*R*3*1*0*5", found)
        self.assertIn("AK5*R", found)

    def test_999_where_it_was_agreed(self):
        found = answer(x12(GOOD, BAD), ack_kind="999")
        self.assertEqual(
            found[2:-3],
            [
                "ST*999*0001",
                "AK1*PO*5",
                "AK2*850*0001",
                "IK5*A",
                "AK2*850*0002",
                "IK3*PO1*3**8",
                "IK4*2*330*6*TEN",
                "IK5*R*5",
                "AK9*P*2*2*1",
            ],
        )

    def test_lengths_where_they_were_agreed(self):
        (document,) = only(x12(GOOD.replace("4711", "4" * 23))).documents
        codec.parse(document)
        self.assertFalse(document.faults)
        codec.parse(document, make_options(lengths=True))
        (fault,) = document.faults
        self.assertEqual(
            (fault.code, fault.data_element, fault.fatal), ("5", "324", False)
        )

    def test_codes_of_the_document(self):
        found = answer(x12(GOOD).replace(b"SE*5*0001", b"SE*9*0009"))
        self.assertIn("AK5*R*3*4", found)

    def test_unknown_documents_are_rejected(self):
        found = answer(x12("B3*1~", kind="210", group="IM"))
        self.assertIn("AK5*R*1", found)

    def test_an_unknown_item_is_no_matter_of_syntax(self):
        self.assertIn("AK9*A*1*1*1", answer(x12(GOOD.replace("LAMP", "NEVER-SEEN"))))

    def test_ta1(self):
        asked = x12(GOOD).replace(isa().encode(), isa(asks="1").encode())
        self.assertIn("TA1*000000007*261201*1430*A*000", answer(asked))
        self.assertNotIn("TA1", "".join(answer(x12(GOOD))))
        never = answer(asked, ack_interchange="never")
        self.assertNotIn("TA1", "".join(never))
        always = answer(x12(GOOD), ack_interchange="always")
        self.assertIn("TA1*000000007*261201*1430*A*000", always)

    def test_a_rejected_interchange_gets_a_ta1_and_no_997(self):
        found = answer(x12(GOOD).replace(b"IEA*1*000000007", b"IEA*1*000000009"))
        self.assertEqual(found[1], "TA1*000000007*261201*1430*R*001")
        self.assertEqual(found[2], "IEA*0*000000041")

    def test_errors_of_the_envelope_that_do_no_harm(self):
        odd = x12(GOOD).replace(b"*261201*1430*U", b"*261201*1460*U")
        self.assertIn(
            "TA1*000000007*261201*1460*E*015", answer(odd, ack_interchange="always")
        )

    def test_tests_are_answered_by_tests(self):
        test = x12(GOOD).replace(isa().encode(), isa(usage="T").encode())
        self.assertEqual(answer(test)[0].split("*")[15], "T")
        self.assertEqual(answer(x12(GOOD))[0].split("*")[15], "P")

    def test_answers_are_not_answered(self):
        self.assertIsNone(answer(x12("AK1*PO*1~AK9*A*1*1*1~", kind="997", group="FA")))
        broken = x12("AK1*PO*1~", kind="997", group="FA")
        self.assertIsNone(answer(broken, ack_interchange="always"))
        alone = f"{isa()}~TA1*000000050*261201*1200*A*000~IEA*0*000000007~".encode()
        self.assertIsNone(answer(alone, ack_interchange="always"))

    def test_what_has_no_name_is_not_answered(self):
        nobody = x12(GOOD, sender="").replace(b"*ZZ*THEM ", b"*ZZ*     ")
        self.assertIsNone(answer(nobody))

    def test_our_answer_is_read_as_it_was_meant(self):
        interchange = only(x12(GOOD, BAD))
        verdicts = {1: [Fault("x", "1", "723", segment=3, segment_id="PO1", element=4)]}
        data = codec.acknowledge(interchange, verdicts, envelope())
        (ack,) = codec.acknowledgements(only(data))
        (group,) = ack.groups
        self.assertEqual(
            (group.status, group.status_of("0001")), ("partial", "accepted")
        )
        self.assertEqual(group.status_of("0002"), "rejected")
        (fault,) = group.documents[1].faults
        self.assertEqual((fault.code, fault.segment, fault.element), ("1", 3, 4))


class TestReadX12(PureCase):
    def ack(self, body):
        return parsed(x12(body, kind="997", group="FA"))

    def test_a_group_that_is_accepted_answers_every_document(self):
        (group,) = self.ack("AK1*SH*12~AK9*A*3*3*3~").groups
        self.assertEqual(group.number, "12")
        self.assertTrue(group.certain)
        self.assertEqual(group.status_of("0001"), "accepted")

    def test_a_part_without_names_answers_nothing(self):
        (group,) = self.ack("AK1*SH*12~AK9*P*3*3*2~").groups
        self.assertFalse(group.certain)
        self.assertEqual(group.status_of("0001"), "")

    def test_those_that_are_not_named_were_accepted(self):
        """Where as many are rejected by name as the numbers say."""
        (group,) = self.ack("AK1*SH*12~AK2*856*0002~AK5*R*5~AK9*P*3*3*2~").groups
        self.assertTrue(group.certain)
        self.assertEqual(group.status_of("2"), "rejected")
        self.assertEqual(group.status_of("1"), "accepted")
        (group,) = self.ack("AK1*SH*12~AK2*856*0002~AK5*R*5~AK9*P*3*3*1~").groups
        self.assertFalse(group.certain)
        self.assertEqual(group.status_of("1"), "")

    def test_what_contradicts_itself_is_not_certain(self):
        (group,) = self.ack("AK1*SH*12~AK2*856*0002~AK5*R*5~AK9*A*1*1*1~").groups
        self.assertFalse(group.certain)
        self.assertEqual(group.status_of("0002"), "rejected")

    def test_codes(self):
        for code, status in (
            ("A", "accepted"),
            ("E", "errors"),
            ("R", "rejected"),
            ("M", "rejected"),
            ("W", "rejected"),
            ("X", "rejected"),
        ):
            (group,) = self.ack(f"AK1*SH*12~AK9*{code}*1*1*1~").groups
            self.assertEqual(group.status, status)
        with self.assertRaises(codec.BadDocument):
            self.ack("AK1*SH*12~AK9*Q*1*1*1~")
        with self.assertRaises(codec.BadDocument):
            self.ack("AK1*SH*12~AK2*856*0002~AK5*Z~AK9*P*1*1*1~")

    def test_one_that_cannot_be_read_is_told(self):
        """Never silently dropped; a wrong count is no reason not to hear it."""
        body = "AK1*SH*12~AK9*A*1*1*1~"
        wrong = x12(body, kind="997", group="FA").replace(b"SE*4", b"SE*5")
        (ack,) = codec.acknowledgements(only(wrong))
        self.assertEqual(ack.groups[0].status, "accepted")
        for broken in (
            x12("AK1*SH*12~", kind="997", group="FA"),
            wrong.replace(b"SE*5*0001~", b""),
        ):
            (ack,) = codec.acknowledgements(only(broken))
            self.assertEqual((ack.groups, ack.status), ((), ""))
            self.assertTrue(ack.faults)

    def test_ta1(self):
        data = f"{isa()}~TA1*000000050*200229*1200*R*025~IEA*0*000000007~".encode()
        (ack,) = codec.acknowledgements(only(data))
        self.assertEqual(
            ack,
            Ack("TA1", "000000050", "rejected", "025", "200229", "1200"),
        )


class TestContrl(PureCase):
    def test_accepted(self):
        found = answer(edifact(ORDER, ORDER), ack_details=False)
        self.assertEqual(found[2:4], ["UNH+1+CONTRL:D:3:UN", "UCI+7+THEM:14+US:14+7"])
        self.assertEqual(found[4], "UNT+3+1")

    def test_a_message_is_rejected_with_its_place(self):
        bad = ORDER.replace("21:10", "21:TEN")
        found = answer(edifact(ORDER, bad))
        self.assertEqual(
            found[3:-2],
            [
                "UCI+7+THEM:14+US:14+7",
                "UCM+1+ORDERS:D:96A:UN:EAN008+7",
                "UCM+2+ORDERS:D:96A:UN:EAN008+4",
                "UCS+4",
                "UCD+37+2:2",
            ],
        )

    def test_a_message_whose_envelope_does_not_hold(self):
        found = answer(edifact(ORDER).replace(b"UNT+6", b"UNT+9"))
        self.assertIn("UCM+1+ORDERS:D:96A:UN:EAN008+4+29+UNT", found)

    def test_a_rejected_interchange(self):
        found = answer(edifact(ORDER).replace(b"UNZ+1+7", b"UNZ+1+8"))
        self.assertEqual(found[3:5], ["UCI+7+THEM:14+US:14+4+28+UNZ", "UNT+3+1"])

    def test_groups(self):
        data = edifact(ORDER).replace(
            b"UNH+1+", b"UNG+ORDERS+A:14+B:14+261201:1430+9+UN+D:96A'UNH+1+"
        )
        data = data.replace(b"UNZ", b"UNE+1+9'UNZ")
        found = answer(data)
        self.assertEqual(
            found[4:6],
            ["UCF+9+A:14+B:14+7", "UCM+1+ORDERS:D:96A:UN:EAN008+7"],
        )
        found = answer(data.replace(b"UNE+1", b"UNE+2"))
        self.assertEqual(found[4:6], ["UCF+9+A:14+B:14+4+29+UNE", "UNT+4+1"])
        interchange = only(data.replace(b"UNE+1", b"UNE+2"))
        answered = codec.acknowledge(interchange, {}, envelope("edifact"))
        (ack,) = codec.acknowledgements(only(answered))
        self.assertEqual(ack.groups[0].status_of("1"), "rejected")

    def test_no_answer_to_an_answer(self):
        contrl = edifact("UCI+41+US:14+THEM:14+7'", kind="CONTRL")
        self.assertIsNone(answer(contrl))

    def test_reading(self):
        body = """UCI+41+US:14+THEM:14+7'
UCM+2+ORDERS:D:96A:UN+4+12'
UCS+4+13'
UCD+12+2:2'"""
        ack = parsed(edifact(body, kind="CONTRL"))
        self.assertEqual((ack.interchange, ack.status), ("41", "accepted"))
        self.assertEqual(ack.status_of("2"), "rejected")
        self.assertEqual(ack.status_of("1"), "accepted")
        places = [
            (each.segment, each.element, each.component)
            for each in ack.documents[0].faults
        ]
        self.assertEqual(places, [(4, 0, 0), (4, 1, 2)])

    def test_received_is_not_accepted(self):
        ack = parsed(edifact("UCI+41+US:14+THEM:14+8'", kind="CONTRL"))
        self.assertEqual((ack.status, ack.status_of("1")), ("received", "received"))

    def test_ours_is_read_as_it_was_meant(self):
        interchange = only(edifact(ORDER, ORDER.replace("21:10", "21:TEN")))
        error = None
        try:
            codec.parse(interchange.documents[1])
        except codec.BadDocument as caught:
            error = caught
        verdicts = {1: error.faults}
        data = codec.acknowledge(interchange, verdicts, envelope("edifact"))
        (ack,) = codec.acknowledgements(only(data))
        self.assertEqual([ack.status_of(n) for n in "12"], ["accepted", "rejected"])


class TestAnyVerdict(PureCase):
    """What we answer is read as what we meant, of each document."""

    FAULTS = {
        "accepted": [],
        "errors": [Fault("x", "6", "720", False, 3, "XYZ")],
        "rejected": [Fault("x", "1", "723", True, 3, "PO1", 2)],
    }
    verdicts = st.lists(st.sampled_from(sorted(FAULTS)), min_size=1, max_size=8)

    @settings(deadline=None, max_examples=100)
    @given(verdicts, st.booleans(), st.sampled_from(["997", "999"]))
    def test_x12(self, wanted, details, kind):
        interchange = only(x12(*[GOOD] * len(wanted)))
        faults = {n: self.FAULTS[each] for n, each in enumerate(wanted)}
        options = make_options(ack_details=details, ack_kind=kind)
        data = codec.acknowledge(interchange, faults, envelope(), options)
        (ack,) = codec.acknowledgements(only(data))
        (group,) = ack.groups
        self.assertTrue(group.certain)
        got = [group.status_of(f"{n:04}", "850") for n in range(1, len(wanted) + 1)]
        self.assertEqual(got, wanted)
        accepted = sum(each != "rejected" for each in wanted)
        counts = (group.included, group.received, group.accepted)
        self.assertEqual(counts, (len(wanted), len(wanted), accepted))

    @settings(deadline=None, max_examples=100)
    @given(verdicts, st.booleans())
    def test_edifact(self, wanted, details):
        interchange = only(edifact(*[ORDER] * len(wanted)))
        faults = {
            n: [Fault("x", "12", "0085", each == "rejected", 3, "LIN", 1)]
            for n, each in enumerate(wanted)
            if each != "accepted"
        }
        options = make_options(ack_details=details)
        data = codec.acknowledge(interchange, faults, envelope("edifact"), options)
        (ack,) = codec.acknowledgements(only(data))
        # CONTRL knows no errors that are accepted
        plain = ["accepted" if each == "errors" else each for each in wanted]
        got = [ack.status_of(str(n)) for n in range(1, len(wanted) + 1)]
        self.assertEqual(got, plain)


class TestStatus(PureCase):
    def test_numbers_are_compared_without_zeros(self):
        group = AckGroup(
            "PO", "1", "partial", documents=(AckDocument("850", "0007", "rejected"),)
        )
        self.assertEqual(group.status_of("7"), "rejected")
        self.assertEqual(group.status_of("7", "855"), "")
