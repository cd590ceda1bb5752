# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files that are broken at random: nothing but our own errors, each with its place, and
never a hang. CHANNEL_EDI_MUTATIONS says how many (300)."""

import os
import random
import time

from ..lib import codec
from ..lib.errors import BadDocument, BadTable, EdiError, Unreadable, place_of
from ..lib.flat.reading import read
from ..lib.fold import fold
from ..lib.guess import guess
from ..lib.split import split
from ..schemas import Ack, OrderChange, PurchaseOrder
from . import test_pure_flat as flat
from .common import PureCase, edifact, envelope, make_options, samples, x12
from .test_pure_acks import GOOD, ODD
from .test_pure_orders import MESSAGE, ORDER

COUNT = int(os.environ.get("CHANNEL_EDI_MUTATIONS", "300"))
SECONDS = 2.0
"""Of the processor, for one file: they are small."""

BODIES = (
    ("850", "PO", ORDER),
    ("850", "PO", GOOD),
    ("850", "PO", ODD),
    ("860", "PC", "BCH*04*SA*1**2*20261201~POC*1*QD*8*2*EA*9.25**VN*LAMP~CTT*1~"),
    ("855", "PR", "BAK*00*AC*1*20261201~PO1*1*9*EA~ACK*IA*9*EA*067*20261210~CTT*1~"),
    (
        "846",
        "IB",
        "BIA*00*DD*1*20261201*1200~LIN*1*VN*A~N1*WH**92*1~QTY*33*5*EA~CTT*1~",
    ),
    (
        "856",
        "SH",
        "BSN*00*1*20261201*1200*0001~HL*1**S~TD1*CTN*1****G*1*LB~HL*2*1*O~"
        "PRF*1~HL*3*2*P~MAN*GM*00106141412345678908~HL*4*3*I~LIN*1*VN*A~SN1*1*1*EA~CTT*4~",
    ),
    (
        "945",
        "SW",
        "W06*F*1*20261201*2~G62*11*20261201~LX*1~MAN*GM*1~"
        "W12*CC*1*1*0*EA**VN*A~N9*LI*1~W03*1~",
    ),
    ("944", "RE", "W17*F*20261201*1~W07*1*EA**VN*A~W13*1*EA*01~W14*1~"),
    ("947", "AW", "W15*20261201*1~W19*06*-1*EA**VN*A~"),
    ("997", "FA", "AK1*PO*1~AK2*850*0001~AK3*PO1*3**8~AK4*2**6*X~AK5*R*5~AK9*P*2*2*1~"),
    ("824", "AG", "BGN*00*1*20261201~OTI*TR*SI*1~TED*024*late~"),
)
MESSAGES = (
    ("ORDERS", MESSAGE),
    ("ORDCHG", "BGM+230+2+4'\nRFF+ON:1'\nLIN+1+3+4012345000016:EN'\nQTY+21:8'\nUNS+S'"),
    (
        "ORDRSP",
        "BGM+231+2+4'\nRFF+ON:1'\nLIN+1+5+A:SA'\nQTY+21:8'\nQTY+113:8'\n"
        "DTM+67:20261210:102'\nUNS+S'",
    ),
    (
        "DESADV",
        "BGM+351+1+9'\nCPS+1'\nCPS+2+1'\nPAC+1++CT'\nPCI+33E'\n"
        "GIN+BJ+106141412345678908'\nLIN+1++A:SA'\nQTY+12:1'\nRFF+ON:1'",
    ),
    ("RECADV", "BGM+352+R1+9'\nCPS+1'\nLIN+1++A:SA'\nQTY+48:10:PCE'\nQTY+124:2'"),
    (
        "INVRPT",
        "BGM+35+1+9'\nDTM+366:202612011200:203'\nLIN+1++A:SA'\nLOC+18+W'\nQTY+145:1'",
    ),
    ("CONTRL", "UCI+1+A+B+7'\nUCM+1+ORDERS:D:96A:UN+4+12'\nUCS+4+13'\nUCD+12+2:2'"),
    ("APERAK", "BGM+313+1+27'\nRFF+ACW:1'\nERC+12'\nFTX+AAI+++no'"),
)
DIRT = (
    b"*",
    b"~",
    b">",
    b"^",
    b"'",
    b"+",
    b":",
    b"?",
    b"\n",
    b"\r\n",
    b" ",
    b"\0",
    b"\xff",
    b"\xc3\xbc",
    b"ISA",
    b"ISA*",
    b"GS*",
    b"ST*850*1~",
    b"SE*1*1~",
    b"IEA",
    b"UNA",
    b"UNB+",
    b"UNH+1+",
    b"UNT+",
    b"UNZ",
    b"HL*1*1*I~",
    b"-",
    b"9" * 30,
    b"1E9",
    b"NaN",
    b"0",
    b"99999999",
    b"\x1d",
    b"\xe2\x80\xa6",
    b"\xef\xbb\xbf",
    b";",
    b'"',
    b",",
    b"LIN",
)


def seeds():
    found = [data for name, data in samples() if not name.startswith("SOURCES")]
    found += [x12(body, kind=kind, group=group) for kind, group, body in BODIES]
    found += [
        x12(body, kind=kind, group=group, end="\n") for kind, group, body in BODIES
    ]
    found += [edifact(body, kind=kind) for kind, body in MESSAGES]
    found += [edifact(body, kind=kind, una="UNA:+,?*'") for kind, body in MESSAGES]
    found += [flat.TABLE.encode(), flat.TABLE.encode("cp1252")]
    return found


def mutated(data, draw):
    """``data`` with one to six things done to it."""
    for _time in range(draw.randint(1, 6)):
        size = len(data)
        at, to = sorted((draw.randint(0, size), draw.randint(0, size)))
        to = min(to, at + draw.choice((1, 3, 30, 300)))
        what = draw.randrange(8)
        if what == 0:
            data = data[:at] + draw.choice(DIRT) + data[at:]
        elif what == 1:
            data = data[:at] + data[to:]
        elif what == 2:
            data = data[:to] + data[at:to] * draw.choice((1, 1, 5)) + data[to:]
        elif what == 3:
            data = data[:at] + draw.choice(DIRT) + data[at + 1 :]
        elif what == 4:
            data = data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :]
        elif what == 5:
            data = data[: draw.randint(0, size)]
        elif what == 6 and size:
            # two delimiters change places, or one becomes another
            one, other = (data[draw.randrange(size)] for _each in range(2))
            data = data.translate(bytes.maketrans(bytes([one]), bytes([other])))
        else:
            # segments in another order
            mark = draw.choice((b"~", b"'", b"\n"))
            parts = data.split(mark)
            first, last = (draw.randrange(len(parts)) for _each in range(2))
            parts[first], parts[last] = parts[last], parts[first]
            data = mark.join(parts)
    return data


class TestMutations(PureCase):
    def test_only_our_errors_with_a_place_and_in_time(self):
        draw, found = random.Random(20261201), seeds()
        for number in range(COUNT):
            data = mutated(draw.choice(found), draw)
            start = time.process_time()
            try:
                self.digest(data)
            except Exception as error:
                raise AssertionError(f"file {number}: {data!r}") from error
            took = time.process_time() - start
            self.assertLess(took, SECONDS, data)

    def digest(self, data):
        """All that is done with a file."""
        options = make_options(zone="Europe/Berlin", ack_interchange="always")
        guess(data)
        self.tables(data)
        try:
            interchanges = list(codec.read(data, options))
        except Unreadable as error:
            self.assertTrue(place_of(error.fault))
            return
        for interchange in interchanges:
            self.interchange(interchange, options)

    def interchange(self, interchange, options):
        start, end = interchange.span
        self.assertLessEqual(start, end)
        faults, verdicts = list(interchange.faults), {}
        for group in interchange.groups:
            faults += group.faults
        for document in interchange.documents:
            verdicts[document.position] = self.document(document, options)
            faults += document.faults
        for fault in faults:
            self.assertTrue(fault.offset >= 0, fault)
        self.assertTrue(
            all(isinstance(each, Ack) for each in codec.acknowledgements(interchange))
        )
        standard = interchange.head.standard
        answer = codec.acknowledge(interchange, verdicts, envelope(standard), options)
        if answer is not None:
            (again,) = codec.read(answer)
            self.assertFalse(again.faults, answer)
            for document in again.documents:
                self.assertFalse(document.fatal, answer)
                codec.parse(document)

    def document(self, document, options):
        first, last = document.span
        self.assertLessEqual(first, last)
        self.assertEqual(len(document.digest), 64)
        try:
            value = codec.parse(document, options)
        except BadDocument as error:
            for fault in error.faults:
                self.assertTrue(place_of(fault), fault)
            return error.faults
        if isinstance(value, PurchaseOrder | OrderChange):
            fold([value])
        if isinstance(value, PurchaseOrder):
            split(value)
        return ()

    def tables(self, data):
        for layout in (flat.ORDERS, flat.TestFixed.LAYOUT, flat.TestStock.LAYOUT):
            try:
                read(data, layout)
            except BadTable as error:
                self.assertTrue(str(error))

    def test_files_made_to_take_long(self):
        """Quadratic where somebody wants it: many of what is searched for."""
        for data in (
            b"ISA*" * 50_000,
            b"UNB+UNOA" * 30_000,
            b"UNA:+.? " * 30_000,
            b"?" * 300_000,
            x12("MSG*" + "x" * 300_000 + "~"),
            edifact("FTX+AAI+++" + "?'" * 100_000 + "'"),
            edifact("FTX+AAI+++" + "?" * 200_001 + "'"),
            x12("BEG*00*SA*1~" + "N1*ST~" * 30_000),
            x12("BEG*00*SA*1~" + "PO1*1*1*EA~" * 30_000),
            x12("LIN~" * 30_000, kind="846", group="IB"),
            x12(*["BEG*00*SA*1~PO1*1*1*EA~"] * 5_000),
            x12(
                "BSN*00*1~"
                + "".join(f"HL*{n}*{n - 1 or ''}*S~" for n in range(1, 5000)),
                kind="856",
                group="SH",
            ),
            (";" * 1000 + "\n") * 500,
            '"' * 100_001,
        ):
            data = data.encode() if isinstance(data, str) else data
            start = time.process_time()
            try:
                self.digest(data)
            except EdiError as error:
                self.fail(error)
            self.assertLess(time.process_time() - start, 10, data[:60])
