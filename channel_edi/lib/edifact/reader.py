# SPDX-License-Identifier: AGPL-3.0-or-later
"""EDIFACT files: interchanges, groups, messages, and whether their envelopes hold. No
odoo in here."""

import re

from ...schemas_envelope import (
    DocumentHead,
    Fault,
    GroupHead,
    Identity,
    InterchangeHead,
)
from ..envelope import Document, Group, Interchange
from ..errors import shown
from ..source import charset_of
from .tokens import Segment
from .una import CHARSETS, find_start

_DATE, _TIME = (
    re.compile("[0-9]{6}|[0-9]{8}"),
    re.compile("([01][0-9]|2[0-3])[0-5][0-9]"),
)


def find(source, start, end):
    """Where the next interchange begins; -1: nowhere."""
    found = find_start(source.text, start, end)
    return found[0] if found else -1


def read(source, start, end, options=None):
    """The interchange that begins there (``find``)."""
    found = find_start(source.text, start, end)
    return _Reader(source, found, end, options).run()


def same(one, other):
    """Whether two references are the same; zeros ahead do not count in numbers.

    >>> same("0001", "1"), same("A01", "A1"), same("", "")
    (True, False, True)
    """
    if one.isdigit() and other.isdigit():
        return one.lstrip("0") == other.lstrip("0")
    return one == other


class _Reader:
    """Reads one interchange, once."""

    def __init__(self, source, found, end, options):
        self.source, self.text, self.end = source, source.text, end
        self.start, self.unb, self.syntax = found
        self.options = options
        self.group = self.document = None
        self.number, self.position, self.ended = 1, 0, False
        self.references = set()

    def run(self):
        pieces = self.syntax.pieces(self.text, self.unb, self.end)
        start, body, self.behind = next(pieces)
        head = self._segment(body, 1, start)
        if head.get(1, 2) not in ("4", "5"):
            # before syntax 4 the fifth of UNA is reserved: what stands there is data
            self.syntax.repetition = ""
        elif self.start == self.unb:
            self.syntax.repetition = "*"
        self.interchange = Interchange(
            _head(head), self.source, self.syntax, self.start
        )
        self._walk(pieces)
        self._close()
        self._finish(head)
        self._judge_head()
        return self.interchange

    def _segment(self, body, number, start):
        return Segment(
            self.syntax.cut(body, self.syntax.element), number, start, self.syntax
        )

    def _walk(self, pieces):
        heads = {
            name: getattr(self, f"_on_{name.lower()}")
            for name in ("UNG", "UNE", "UNH", "UNT", "UNZ", "UNB", "UNA")
        }
        ends = (self.syntax.element, self.syntax.component, "")
        for start, body, after in pieces:
            on = heads.get(body[:3])
            if on and body[3:4] in ends or body[:3] == "UNA":
                self.number += 1
                if on(self._segment(body, self.number, start), after):
                    break
            else:
                self.number += 1
                if self.document is None:
                    self._stray(start, body)
            self.behind = after
        self.interchange.end = self.behind

    # ------------------------------------------------------------ segments
    def _on_unb(self, segment, _after):
        return find_start(self.text, segment.start, segment.start + 12) is not None

    def _on_una(self, segment, _after):
        return find_start(self.text, segment.start, segment.start + 30) is not None

    def _on_ung(self, segment, _after):
        self._close_group()
        head = GroupHead(
            functional_id=segment.get(1),
            sender=Identity(segment.get(2), segment.get(2, 2)),
            receiver=Identity(segment.get(3), segment.get(3, 2)),
            date=segment.get(4),
            time=segment.get(4, 2),
            number=segment.get(5),
            version=":".join(filter(None, (segment.get(7), segment.get(7, 2)))),
        )
        groups = self.interchange.groups
        if groups and not groups[-1].written:
            self._tell("30", "messages stand inside and outside of groups", segment)
        self.group = Group(head, self.interchange, self.number)
        self.interchange.groups.append(self.group)

    def _on_une(self, segment, _after):
        self._close_document(segment)
        group = self.group
        if group is None or not group.written:
            self._tell("13", "UNE without UNG", segment)
            return
        if not same(segment.get(2), group.head.number):
            told = f"{shown(segment.get(2))!r} is not that of UNG"
            self._blame(group.faults, "28", f"the reference {told}", segment, 2)
        count = len(group.documents)
        if not same(segment.get(1), str(count)):
            told = f"UNE says {shown(segment.get(1))!r} messages, {count} are there"
            self._blame(group.faults, "29", told, segment, 1)
        self.group = None

    def _on_unh(self, segment, _after):
        self._close_document(segment)
        if self.group is None:
            groups = self.interchange.groups
            if groups and groups[-1].written:
                self._tell("30", "messages stand inside and outside of groups", segment)
            if not groups or groups[-1].written:
                groups.append(Group(GroupHead(), self.interchange, self.number, False))
            self.group = groups[-1]
        number, kind = segment.get(1), segment.get(2)
        head = DocumentHead(
            "edifact",
            kind,
            number,
            ":".join(filter(None, (segment.get(2, 2), segment.get(2, 3)))),
            segment.get(2, 4),
            segment.get(2, 5),
        )
        document = Document(head, self.group, self.position, self.number, segment.start)
        self.position += 1
        self.document = document
        self.group.documents.append(document)
        first = self._segment_of(segment, document)
        if not kind:
            told = "UNH names no kind of message"
            self._blame(document.faults, "13", told, first, 2)
        if not number:
            told = "the message has no reference"
            self._blame(document.faults, "13", told, first, 1)
        elif number in self.references:
            told = f"reference {shown(number)} is in the interchange twice"
            self._blame(document.faults, "26", told, first, 1)
        self.references.add(number)

    def _on_unt(self, segment, after):
        document = self.document
        if document is None:
            self._tell("13", "UNT without UNH", segment)
            return
        document.end = after
        last = self._segment_of(segment, document)
        if not same(segment.get(2), document.head.number):
            told = f"{shown(segment.get(2))!r} is not that of UNH"
            self._blame(document.faults, "28", f"the reference {told}", last, 2)
        if not same(segment.get(1), str(last.number)):
            told = (
                f"UNT says {shown(segment.get(1))!r} segments, {last.number} are there"
            )
            self._blame(document.faults, "29", told, last, 1)
        self.document = None
        if not self.group.written:
            self.group = None

    def _on_unz(self, segment, after):
        self._close(segment)
        head = self.interchange.head
        if not same(segment.get(2), head.number):
            told = (
                f"{shown(segment.get(2))!r} is not {shown(head.number)!r}, that of UNB"
            )
            self._tell("28", f"the reference {told}", segment, 2)
        written = sum(group.written for group in self.interchange.groups)
        count = written or self.position
        if not same(segment.get(1), str(count)):
            kind = "groups" if written else "messages"
            told = f"UNZ says {shown(segment.get(1))!r} {kind}, {count} are there"
            self._tell("29", told, segment, 1)
        self.behind, self.ended = after, True
        return True

    def _stray(self, start, body):
        segment = Segment([body[:3]], self.number, start, self.syntax)
        told = f"{shown(body[:3])!r} stands outside of a message"
        self._tell("33", told, segment, fatal=False)

    # ------------------------------------------------------------- closing
    def _segment_of(self, segment, document):
        """The segment, numbered in its document."""
        number = self.number - document.number + 1
        return Segment(segment.parts, number, segment.start, self.syntax)

    def _close_document(self, segment=None):
        document = self.document
        if document is None:
            return
        document.end = self.behind
        start = segment.start if segment else self.behind
        number = self.number - document.number + (segment is None)
        place = Segment([""], number, start, self.syntax)
        self._blame(document.faults, "13", "UNT is missing", place)
        self.document = None

    def _close_group(self, segment=None):
        self._close_document(segment)
        if self.group is not None and self.group.written:
            start = segment.start if segment else self.behind
            place = Segment([""], self.number, start, self.syntax)
            self._blame(self.group.faults, "13", "UNE is missing", place)
        self.group = None

    _close = _close_group

    def _finish(self, unb):
        if not self.ended:
            place = Segment([""], self.number, self.behind, self.syntax)
            self._tell("13", "UNZ is missing: the file may be cut off", place)
        interchange, options = self.interchange, self.options
        declared = CHARSETS.get(unb.get(1), "latin-1")
        charset = options.charset if options else ""
        charset = charset or charset_of(interchange.data, declared)
        self.syntax.charset = "latin-1" if charset == "ascii" else charset
        interchange.head = _head(unb, charset)

    # -------------------------------------------------------------- faults
    def _blame(self, faults, code, message, segment, element=0, fatal=True):
        fault = Fault(
            message,
            code=code,
            code_list="0085",
            fatal=fatal,
            segment=segment.number,
            segment_id=segment.parts[0][:3],
            element=element,
            offset=self.source.offset(segment.start),
        )
        if fatal and self.options and self.options.is_forgiven(fault):
            fault = Fault(**dict(vars(fault), fatal=False))
        faults.append(fault)

    def _tell(self, code, message, segment, element=0, fatal=True):
        faults = self.interchange.faults
        self._blame(faults, code, message, segment, element, fatal)

    def _judge_head(self):
        interchange, head = self.interchange, self.interchange.head
        place = Segment(["UNB"], 1, self.unb, self.syntax)
        missing = (
            (1, head.version, "the syntax"),
            (2, head.sender.id, "the sender"),
            (3, head.receiver.id, "the receiver"),
            (5, head.number, "the control reference"),
        )
        for element, value, words in missing:
            if not value:
                self._tell("13", f"{words} is missing", place, element)
        interchange.answerable = bool(head.sender.id and head.number)
        checks = ((1, _DATE, head.date, "date"), (2, _TIME, head.time, "time"))
        for _component, pattern, value, words in checks:
            if not pattern.fullmatch(value):
                told = f"{shown(value)!r} is no {words}"
                self._tell("12" if value else "13", told, place, 4, fatal=False)


def _head(unb, charset="latin-1"):
    return InterchangeHead(
        "edifact",
        sender=Identity(unb.get(2), unb.get(2, 2), unb.get(2, 3)),
        receiver=Identity(unb.get(3), unb.get(3, 2), unb.get(3, 3)),
        number=unb.get(5),
        date=unb.get(4),
        time=unb.get(4, 2),
        version=":".join(filter(None, (unb.get(1), unb.get(1, 2)))),
        test=unb.get(11) == "1",
        ack=unb.get(9) == "1",
        charset=charset,
        application=unb.get(7),
        agreement=unb.get(10),
    )
