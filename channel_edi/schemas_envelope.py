# SPDX-License-Identifier: AGPL-3.0-or-later
"""Heads of interchanges, groups and documents, and what is wrong with them.

Control numbers, dates and times stand here as they were written: they are compared and
given back, never calculated with. No odoo in here.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Identity:
    """Who sends or receives: ``qualifier`` says whose numbering ``id`` is of.

    X12: ISA05/06 ("ZZ", "01" DUNS, "12" phone ..). EDIFACT: UNB 02 ("14" GLN, "ZZZ" ..)
    with ``routing``, the internal address behind it.
    """

    id: str
    qualifier: str = ""
    routing: str = ""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, with its place and the standard's code for it.

    :ivar message: words that a person can act on
    :ivar code: of ``code_list``
    :ivar code_list: "I18" (TA105), "716" (AK905), "718" (AK502), "720" (AK304), "723"
        (AK403), "0085" (CONTRL), or "" where no standard has a code for it
    :ivar fatal: the interchange, group, document cannot be accepted; False: accepted
        with errors
    :ivar segment: number of the segment in its document, ST or UNH is 1; in what is no
        document: in its interchange, ISA or UNB is 1; 0: none
    :ivar element: 1 for the first after the segment's id; 0: the segment as a whole
    :ivar component: 1 for the first; 0: the element as a whole
    :ivar offset: bytes from the start of the file to the segment, -1: unknown
    :ivar loop: identifier of the loop the segment is in (AK303), "" outside
    :ivar data_element: the standard's number of the element (AK402), "" unknown
    :ivar value: what stands there, shortened
    """

    message: str
    code: str = ""
    code_list: str = ""
    fatal: bool = True
    segment: int = 0
    segment_id: str = ""
    element: int = 0
    component: int = 0
    offset: int = -1
    loop: str = ""
    data_element: str = ""
    value: str = ""


@dataclass(frozen=True)
class InterchangeHead:
    """What ISA or UNB says.

    ``standard``: "x12" or "edifact". ``number``: ISA13 or UNB 05, as written. ``date``
    and ``time`` as written (ISA: YYMMDD, HHMM). ``version``: ISA12 ("00401"), or UNOx
    and its version ("UNOC:3"). ``test``: ISA15 is T, UNB 11 is 1. ``ack``: the sender
    asks for TA1 or CONTRL. ``charset``: by which the texts were decoded.
    ``application``: UNB 07; ``agreement``: UNB 10.
    """

    standard: str
    sender: Identity
    receiver: Identity
    number: str
    date: str = ""
    time: str = ""
    version: str = ""
    test: bool = False
    ack: bool = False
    charset: str = "latin-1"
    application: str = ""
    agreement: str = ""


@dataclass(frozen=True)
class GroupHead:
    """What GS or UNG says; ``functional_id`` "PO", or "ORDERS". EDIFACT does without
    groups as a rule: then all of it is empty."""

    functional_id: str = ""
    sender: Identity = Identity("")
    receiver: Identity = Identity("")
    number: str = ""
    date: str = ""
    time: str = ""
    version: str = ""


@dataclass(frozen=True)
class DocumentHead:
    """What ST or UNH says.

    ``kind``: "850", "ORDERS". ``version``: "004010VICS" (GS08), "D:96A". ``agency``:
    "X", "UN". ``implementation``: ST03, or the association's code ("EAN008").
    """

    standard: str
    kind: str
    number: str
    version: str = ""
    agency: str = ""
    implementation: str = ""


@dataclass(frozen=True)
class Delimiters:
    """The characters between the parts; ``newline`` is written after each segment.

    ``repetition`` "": the version has none (X12 before 00402, EDIFACT before syntax 4).
    ``release`` "" in X12, which has no way to escape. ``decimal``: EDIFACT only.
    """

    segment: str = "~"
    element: str = "*"
    component: str = ">"
    repetition: str = ""
    release: str = ""
    decimal: str = "."
    newline: str = ""


X12 = Delimiters()
EDIFACT = Delimiters("'", "+", ":", "", "?")


@dataclass(frozen=True)
class Envelope:
    """All that an interchange of ours needs around its documents.

    Numbers come from the agreement's gapless counters: ``number`` of the interchange,
    ``group_number`` of its first group (the others follow), ``document_numbers`` one of
    each document, or () for 1, 2 .. in each group. The same envelope and objects give
    the same bytes.

    :ivar version: "00401" (ISA12), or "UNOC:3"
    :ivar group_version: "004010VICS" (GS08), or "D:96A:UN:EAN008" (UNH 02)
    :ivar group_sender: of GS; None: that of the interchange
    :ivar at: when it is written, with its zone; written in the agreement's zone
    :ivar charset: of the bytes; for EDIFACT the one that ``version`` names
    :ivar groups: EDIFACT: write UNG and UNE
    """

    standard: str
    sender: Identity
    receiver: Identity
    number: int
    at: datetime
    version: str = "00401"
    group_version: str = "004010"
    group_sender: Identity | None = None
    group_receiver: Identity | None = None
    group_number: int = 1
    document_numbers: tuple[int, ...] = ()
    test: bool = False
    ack: bool = False
    delimiters: Delimiters | None = None
    charset: str = ""
    application: str = ""
    agreement: str = ""
    groups: bool = False
    implementation: str = ""


# ------------------------------------------------------------ acknowledgements
@dataclass(frozen=True)
class AckDocument:
    """What AK2..AK5 or UCM says of one document.

    ``status``: accepted, errors (accepted with errors), rejected, or received (CONTRL
    8: it has come, nothing else is said). ``codes``: of list 718, or 0085.
    """

    kind: str
    number: str
    status: str
    code: str = ""
    codes: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class AckGroup:
    """What AK1..AK9 or UCF says of one group.

    ``status``: accepted, errors, partial, rejected, received. ``included``,
    ``received``, ``accepted``: AK902..04, None where nothing is said. ``certain``
    False: some documents are rejected, and nobody tells which: a person has to ask.
    """

    functional_id: str
    number: str
    status: str
    version: str = ""
    code: str = ""
    included: int | None = None
    received: int | None = None
    accepted: int | None = None
    codes: tuple[str, ...] = ()
    documents: tuple[AckDocument, ...] = ()
    certain: bool = True

    def status_of(self, number, kind=""):
        """What became of one document of this group of ours: a status, or "" where the
        acknowledgement does not say.

        Documents that are not named have the group's status, where it is the same for
        all: AK9*A answers every set, AK9*P without AK2 none.
        """
        for document in self.documents:
            if _same_number(document.number, number) and kind in ("", document.kind):
                return document.status
        if self.status == "errors" and self.documents:
            # those with errors are named
            return "accepted" if self.certain else ""
        if self.status in ("accepted", "errors", "rejected", "received"):
            return self.status
        named_all = self.received is not None and len(self.documents) >= self.received
        return "" if named_all or not self.certain else _of_the_others(self)


def _of_the_others(group):
    """In a partly accepted group whose rejected documents are all named, those that are
    not named were accepted."""
    rejected = sum(each.status == "rejected" for each in group.documents)
    if None in (group.received, group.accepted):
        return ""
    return "accepted" if group.received - group.accepted == rejected else ""


def _same_number(one, other):
    """
    >>> _same_number("0001", "1"), _same_number("A1", "1"), _same_number("", "0")
    (True, False, False)
    """
    if one.isdigit() and other.isdigit():
        return int(one) == int(other)
    return one == other


@dataclass(frozen=True)
class Ack:
    """An acknowledgement: "997", "999", "TA1" or "CONTRL", in or out.

    It names what WE sent by its numbers: ``interchange`` (TA101, UCI 01) with ``date``
    and ``time`` (TA102/03), else "". ``status`` of the interchange: accepted, errors,
    rejected, received, or "" where only groups are told of. ``code``: TA105 or 0085.
    """

    kind: str
    interchange: str = ""
    status: str = ""
    code: str = ""
    date: str = ""
    time: str = ""
    sender: Identity | None = None
    receiver: Identity | None = None
    groups: tuple[AckGroup, ...] = ()
    documents: tuple[AckDocument, ...] = ()
    faults: tuple[Fault, ...] = ()

    def status_of(self, number, kind=""):
        """What became of a message of ours (CONTRL): a status, or "" where it is not
        said. Messages that are not named have the interchange's status."""
        for document in self.documents:
            if _same_number(document.number, number) and kind in ("", document.kind):
                return document.status
        return self.status
