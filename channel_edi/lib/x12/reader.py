# SPDX-License-Identifier: AGPL-3.0-or-later
"""X12 files: interchanges, groups, documents, and whether their envelopes hold. No odoo
in here."""

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
from ..source import charset_of, decode
from .delimiters import find_isa, syntax_at
from .tokens import BLANKS

FUNCTIONAL = {
    "850": "PO",
    "855": "PR",
    "860": "PC",
    "865": "CA",
    "856": "SH",
    "810": "IN",
    "846": "IB",
    "940": "OW",
    "945": "SW",
    "943": "AR",
    "944": "RE",
    "947": "AW",
    "997": "FA",
    "999": "FA",
    "824": "AG",
    "864": "TX",
}
"""Functional identifiers (GS01) of the sets we know."""

_OPTIONAL = ("ISB", "ISE", "TA3", "S3E", "S4E", "S3S", "S4S")
"""Of security and of interchange services: nothing that a partner of ours needs."""

_DATE, _TIME = re.compile("[0-9]{6}"), re.compile("([01][0-9]|2[0-3])[0-5][0-9]")
_NUMBER = re.compile("[0-9]{1,9}")
_COUNT = re.compile("[0-9]{1,6}")


def find(source, start, end):
    """Where the next interchange begins; -1: nowhere."""
    return find_isa(source.text, start, end)


def read(source, isa, end, options=None):
    """The interchange that begins there (``find``)."""
    return _Reader(source, isa, end, options).run()


def same(one, other):
    """Whether two control numbers are the same: zeros ahead do not count.

    >>> same("000000007", "7"), same("7", "8"), same("A", "A"), same("", "0")
    (True, False, True, False)
    """
    one, other = one.strip(), other.strip()
    return one == other or (
        one.lstrip("0") == other.lstrip("0") and bool(one and other)
    )


class _Reader:
    """Reads one interchange, once."""

    def __init__(self, source, isa, end, options):
        self.source, self.text, self.isa, self.end = source, source.text, isa, end
        self.options = options
        self.group = self.document = None
        self.number = 1  # of the segment in the interchange
        self.ended, self.group_numbers = False, set()

    def run(self):
        found = syntax_at(self.text, self.isa, self.end)
        if found is None:
            return self._without_terminator()
        syntax, elements, index = found
        self.elements = elements
        head = _head(elements)
        self.interchange = Interchange(head, self.source, syntax, self.isa)
        self.syntax, self.position = syntax, 0
        self.separator = syntax.element
        self._judge_head(elements)
        self._walk(index)
        self._close()
        self._finish()
        return self.interchange

    def _without_terminator(self):
        """Nothing ends its segments: nothing of it can be read."""
        at = find_isa(self.text, self.isa + 3, self.end)
        separator = self.text[self.isa + 3]
        elements = self.text[self.isa : self.isa + 120].split(separator)[:17]
        self.interchange = Interchange(_head(elements), self.source, None, self.isa)
        self.interchange.end = at if at >= 0 else self.end
        self._tell(
            "004", "no character ends the segments", segment=(1, "ISA", self.isa)
        )
        return self.interchange

    def _walk(self, index):
        """From behind ISA to IEA, to the next ISA, or to the end."""
        separator = self.separator
        heads = {
            name + separator: getattr(self, f"_on_{name.lower()}")
            for name in ("GS", "GE", "ST", "SE", "IEA", "ISA", "TA1")
        }
        self.behind = index
        for start, body, after in self.syntax.pieces(self.text, index, self.end):
            on = heads.get(body[:3]) or heads.get(body[:4])
            if on:
                if on(start, body, after):
                    break
            elif self.document is None:
                self._stray(start, body)
            self.number += 1
            self.behind = after
        self.interchange.end = self.behind

    # ------------------------------------------------------------ segments
    def _on_isa(self, start, body, _after):
        """Another interchange begins, and this one has not ended; unless it only looks
        like one."""
        if find_isa(self.text, start, start + 4 + len(body) + 4) != start:
            return False
        self.number += 1
        return True

    def _on_gs(self, start, body, _after):
        self.number += 1
        self._close()
        parts = self._parts(body)
        head = GroupHead(
            functional_id=parts[1],
            sender=Identity(parts[2]),
            receiver=Identity(parts[3]),
            date=parts[4],
            time=parts[5],
            number=parts[6],
            version=parts[8],
        )
        self.group = Group(head, self.interchange, self.number)
        key = head.number.lstrip("0")
        if head.number and key in self.group_numbers:
            told = f"group {shown(head.number)} is there twice"
            self._blame_group("6", told, (self.number, "GS", start), 6)
        self.group_numbers.add(key)
        if not _NUMBER.fullmatch(head.number):
            self._blame_group(
                "6",
                f"the group's control number {shown(head.number)!r} is no number",
                (self.number, "GS", start),
                6,
            )
        self.interchange.groups.append(self.group)
        self.number -= 1
        return False

    def _on_ge(self, start, body, _after):
        self._close_document()
        place = (self.number + 1, "GE", start)
        if self.group is None or not self.group.written:
            self._tell("022", "GE without GS", segment=place)
            self.group = None
            return False
        parts = self._parts(body)
        if not same(parts[2], self.group.head.number):
            number = shown(self.group.head.number)
            told = f"GE02 {shown(parts[2])!r} is not GS06 {number!r}"
            self._blame_group("4", told, place, 2)
        count = len(self.group.documents)
        if _COUNT.fullmatch(parts[1]):
            self.group.included = int(parts[1])
        if not same(parts[1], str(count)):
            told = f"GE01 says {shown(parts[1])!r} documents, {count} are there"
            self._blame_group("5", told, place, 1)
        self.group = None
        return False

    def _on_st(self, start, body, _after):
        self._close_document()
        if self.group is None:
            self.group = Group(GroupHead(), self.interchange, self.number + 1, False)
            self.interchange.groups.append(self.group)
            place = (self.number + 1, "ST", start)
            self._tell("024", "a document stands outside of a group", segment=place)
        parts = self._parts(body)
        kind, number = parts[1], parts[2]
        version = self.group.head.version
        head = DocumentHead("x12", kind, number, version, "X", parts[3])
        document = Document(head, self.group, self.position, self.number + 1, start)
        self.document = document
        self.position += 1
        if not kind or len(kind) != 3:
            self._blame(
                "6", f"{shown(kind)!r} is no transaction set", (1, "ST", start), 1
            )
        if not number:
            self._blame("7", "the document has no control number", (1, "ST", start), 2)
        elif number in self.numbers_of_group():
            told = f"control number {shown(number)} is in the group twice"
            self._blame("23", told, (1, "ST", start), 2)
        self.group.documents.append(document)
        return False

    def numbers_of_group(self):
        """Control numbers so far; kept for the group that is open."""
        if getattr(self, "_numbers_of", None) is not self.group:
            self._numbers_of, self._numbers = self.group, set()
        numbers = self._numbers
        if self.group.documents:
            numbers.add(self.group.documents[-1].head.number)
        return numbers

    def _on_se(self, start, body, after):
        document = self.document
        if document is None:
            place = (self.number + 1, "SE", start)
            self._tell("022", "SE without ST", segment=place)
            return False
        document.end = after
        count = self.number + 1 - document.number + 1
        parts, place = self._parts(body), (count, "SE", start)
        if not same(parts[2], document.head.number):
            told = (
                f"SE02 {shown(parts[2])!r} is not ST02 {shown(document.head.number)!r}"
            )
            self._blame("3", told, place, 2)
        if not same(parts[1], str(count)):
            told = f"SE01 says {shown(parts[1])!r} segments, {count} are there"
            self._blame("4", told, place, 1)
        self.document = None
        return False

    def _on_iea(self, start, body, after):
        self._close()
        parts, place = self._parts(body), (self.number + 1, "IEA", start)
        head = self.interchange.head
        if not same(parts[2], head.number):
            told = f"IEA02 {shown(parts[2])!r} is not ISA13 {shown(head.number)!r}"
            self._tell("001", told, segment=place, element=2)
        count = sum(group.written for group in self.interchange.groups)
        # what holds nothing but a TA1 says 0 by the standard, and 1 as many write it
        alone = not count and self.interchange.acks and same(parts[1], "1")
        if not alone and not same(parts[1], str(count)):
            told = f"IEA01 says {shown(parts[1])!r} groups, {count} are there"
            self._tell("021", told, segment=place, element=1)
        self.behind, self.ended = after, True
        self.number += 1
        return True

    def _on_ta1(self, _start, body, _after):
        if self.document is None:
            self.interchange.acks.append(self._parts(body))
        return False

    def _stray(self, start, body):
        name = body.split(self.separator, 1)[0]
        if name in _OPTIONAL:
            return
        place = (self.number + 1, name[:3], start)
        told = f"{shown(name, 12)!r} stands outside of a document"
        self._tell("024", told, segment=place, fatal=False)

    # ------------------------------------------------------------- closing
    def _close_document(self):
        if self.document is None:
            return
        self.document.end = self.behind
        count = self.number - self.document.number + 1
        self._blame("2", "SE is missing", (count, "", self.document.start))
        self.document = None

    def _close(self):
        """What is open where it should not be any more."""
        self._close_document()
        if self.group is not None and self.group.written:
            self._blame_group("3", "GE is missing", (self.number, "", self.behind))
        self.group = None

    def _finish(self):
        if not self.ended:
            place = (self.number, "", self.behind)
            self._tell("023", "IEA is missing: the file may be cut off", segment=place)
        interchange, options = self.interchange, self.options
        charset = options.charset if options else ""
        charset = charset or charset_of(interchange.data)
        interchange.syntax.charset = "latin-1" if charset == "ascii" else charset
        interchange.head = _head(self.elements, interchange.syntax.charset)

    # -------------------------------------------------------------- faults
    def _parts(self, body):
        """The elements of a segment of the envelope, all that it may have."""
        parts = [each.strip(BLANKS) for each in body.split(self.separator)[:10]]
        return parts + [""] * (10 - len(parts))

    def _fault(self, code, code_list, message, place, element, fatal):
        number, name, start = place
        fault = Fault(
            message,
            code=code,
            code_list=code_list,
            fatal=fatal,
            segment=number,
            segment_id=name,
            element=element,
            offset=self.source.offset(start),
        )
        if fatal and self.options and self.options.is_forgiven(fault):
            fault = Fault(**dict(vars(fault), fatal=False))
        return fault

    def _tell(self, code, message, *, segment, element=0, fatal=True):
        fault = self._fault(code, "I18", message, segment, element, fatal)
        self.interchange.faults.append(fault)

    def _blame_group(self, code, message, place, element=0):
        fault = self._fault(code, "716", message, place, element, True)
        self.group.faults.append(fault)

    def _blame(self, code, message, place, element=0):
        fault = self._fault(code, "718", message, place, element, True)
        self.document.faults.append(fault)

    def _judge_head(self, elements):
        head, place = self.interchange.head, (1, "ISA", self.isa)
        if not head.number or not _NUMBER.fullmatch(head.number):
            told = f"ISA13 {shown(head.number)!r} is no control number"
            self._tell("018", told, segment=place, element=13)
            self.interchange.answerable = bool(head.number)
        if not head.sender.id:
            self._tell("006", "ISA06, the sender, is empty", segment=place, element=6)
            self.interchange.answerable = False
        if not head.receiver.id:
            self._tell("008", "ISA08, the receiver, is empty", segment=place, element=8)
        checks = (
            ("014", 9, _DATE.fullmatch(head.date), "no date"),
            ("015", 10, _TIME.fullmatch(head.time), "no time"),
            ("017", 12, re.fullmatch("[0-9]{5}", head.version), "no version"),
            ("020", 15, elements[15].strip() in ("P", "T", "I"), "neither P, T nor I"),
            ("027", 16, bool(self.syntax.component), "no component separator"),
        )
        for code, element, fits, words in checks:
            if not fits:
                value = (
                    shown(elements[element].strip()) if element < len(elements) else ""
                )
                told = f"ISA{element:02} {value!r} is {words}"
                self._tell(code, told, segment=place, element=element, fatal=False)


def _head(elements, charset="latin-1"):
    elements = [decode(each, charset).strip() for each in elements] + [""] * 17
    return InterchangeHead(
        "x12",
        sender=Identity(elements[6], elements[5]),
        receiver=Identity(elements[8], elements[7]),
        date=elements[9],
        time=elements[10],
        version=elements[12],
        number=elements[13],
        ack=elements[14] == "1",
        test=elements[15] == "T",
        charset=charset,
    )
