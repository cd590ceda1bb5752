"""X12 as a strict partner reads and writes it.

Nothing is mended here: what a guide would refuse is refused. It shares no code with any
codec of an app, so that the two can be held against each other.
"""

import hashlib
import re
from dataclasses import dataclass, field

from .segment import Segment

ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
ISA_LENGTH = 106
# X12's basic and extended sets
ALLOWED = re.compile(r"[ -~]*")
FUNCTIONAL_IDS = {
    "850": "PO",
    "855": "PR",
    "860": "PC",
    "856": "SH",
    "846": "IB",
    "810": "IN",
    "940": "OW",
    "943": "AR",
    "944": "RE",
    "945": "SW",
    "947": "AW",
    "997": "FA",
    "824": "AG",
}
KINDS = {name: kind for kind, name in FUNCTIONAL_IDS.items()}


class Unreadable(Exception):
    """So broken that no interchange can be told, nor answered.

    :ivar rule: the rule that it breaks
    """

    def __init__(self, rule, text):
        super().__init__(text)
        self.rule = rule


@dataclass(frozen=True)
class Fault:
    """A fault of an envelope: our rule, X12's code for it, words."""

    rule: str
    code: str
    text: str


@dataclass
class Document:
    """A transaction set, without ST and SE.

    :ivar faults: of its envelope (code list 718)
    """

    kind: str
    control: str
    segments: list
    faults: list = field(default_factory=list)


@dataclass
class Group:
    """:ivar faults: of its envelope (code list 716)"""

    head: Segment
    documents: list = field(default_factory=list)
    faults: list = field(default_factory=list)

    functional_id = property(lambda self: self.head.at(1))
    sender = property(lambda self: self.head.at(2))
    receiver = property(lambda self: self.head.at(3))
    control = property(lambda self: self.head.at(6))
    version = property(lambda self: self.head.at(8))


@dataclass
class Interchange:
    """:ivar faults: of its envelope (code list I18, of TA1)
    :ivar digest: of its bytes
    """

    head: Segment
    groups: list = field(default_factory=list)
    # TA1 segments
    notes: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    digest: str = ""

    sender = property(lambda self: (self.head.at(5), self.head.at(6).strip()))
    receiver = property(lambda self: (self.head.at(7), self.head.at(8).strip()))
    control = property(lambda self: self.head.at(13))
    wants_ack = property(lambda self: self.head.at(14) == "1")
    is_test = property(lambda self: self.head.at(15) == "T")


def read(data):
    """Yield the interchanges of a file.

    :raise Unreadable: no answer is possible to what is left
    """
    text = data.decode("latin-1")
    if not text.strip("\r\n"):
        raise Unreadable("unreadable", "the file is empty")
    while text:
        interchange, length = _read_one(text)
        raw = text[:length].encode("latin-1")
        interchange.digest = hashlib.sha256(raw).hexdigest()
        yield interchange
        text = text[length:].lstrip("\r\n")


def _read_one(text):
    """(interchange, characters that it takes)"""
    head, element, component, terminator = _read_head(text)
    interchange = Interchange(head)
    group = document = None
    position = ISA_LENGTH
    while True:
        while text[position : position + 1] in ("\r", "\n"):
            position += 1
        end = text.find(terminator, position)
        if end < 0:
            words = f"interchange {interchange.control} breaks off"
            raise Unreadable("breaks_off", words)
        segment = _segment(text[position:end], element, component)
        position = end + 1
        if segment.tag == "IEA":
            _close_interchange(interchange, segment, group or document)
            return interchange, position
        group, document = _place(interchange, group, document, segment)


def _read_head(text):
    """(ISA, element separator, component separator, terminator)"""
    if not text.startswith("ISA"):
        raise Unreadable("unreadable", f"starts with {text[:8]!r} and not with ISA")
    element, head = text[3:4] or "*", text[: ISA_LENGTH - 1]
    fields = head.split(element)
    widths = tuple(len(each) for each in fields[1:])
    if len(text) < ISA_LENGTH or widths != ISA_WIDTHS:
        raise Unreadable("isa_width", f"ISA has elements of {widths}")
    component, terminator = text[ISA_LENGTH - 2], text[ISA_LENGTH - 1]
    if len({element, component, terminator}) < 3 or any(
        each.isalnum() or each == " " for each in (element, component, terminator)
    ):
        words = f"separators {element!r} {component!r} {terminator!r}"
        raise Unreadable("separators", words)
    return (
        Segment("ISA", [[each] for each in fields[1:]]),
        element,
        component,
        terminator,
    )


def _segment(text, element, component):
    tag, *values = text.split(element)
    if component not in text:
        return Segment(tag, [[value] for value in values])
    return Segment(tag, [value.split(component) for value in values])


def _place(interchange, group, document, segment):
    """Put a segment where it belongs. :return: the open (group, document)"""

    def fault(rule, code, text, place=interchange):
        place.faults.append(Fault(rule, code, text))

    tag = segment.tag
    if tag == "GS":
        if group:
            fault("envelope", "022", "GS within a group")
        group = Group(segment)
        interchange.groups.append(group)
        return group, None
    if group is None and tag == "TA1":
        interchange.notes.append(segment)
        return None, None
    if group is None:
        fault("envelope", "024", f"{tag} outside of a group")
        return None, None
    if tag == "GE":
        if document:
            document.faults.append(Fault("envelope", "2", "SE is missing"))
        if segment.at(1) != str(len(group.documents)):
            words = f"GE says {segment.at(1)} sets, there are {len(group.documents)}"
            fault("set_count", "5", words, group)
        if segment.at(2) != group.control:
            words = f"GE says {segment.at(2)}, GS {group.control}"
            fault("group_control", "4", words, group)
        return None, None
    if tag == "ST":
        if document:
            document.faults.append(Fault("envelope", "2", "SE is missing"))
        document = Document(segment.at(1), segment.at(2), [])
        group.documents.append(document)
        return group, document
    if document is None:
        fault("envelope", "024", f"{tag} outside of a set", group)
        return group, None
    if tag == "SE":
        _close_document(document, segment)
        return group, None
    document.segments.append(segment)
    return group, document


def _close_document(document, segment):
    count = len(document.segments) + 2
    if segment.at(1) != str(count):
        words = f"SE says {segment.at(1)} segments, there are {count}"
        document.faults.append(Fault("se_count", "4", words))
    if segment.at(2) != document.control:
        words = f"SE says {segment.at(2)}, ST {document.control}"
        document.faults.append(Fault("set_control", "3", words))


def _close_interchange(interchange, segment, still_open):
    if still_open:
        interchange.faults.append(Fault("envelope", "022", "IEA within a group"))
    if segment.at(1) != str(len(interchange.groups)):
        words = f"IEA says {segment.at(1)} groups, there are {len(interchange.groups)}"
        interchange.faults.append(Fault("group_count", "021", words))
    if segment.at(2) != interchange.control:
        words = f"IEA says {segment.at(2)}, ISA {interchange.control}"
        interchange.faults.append(Fault("interchange_control", "001", words))


def strange_characters(document):
    """(position, segment, element, value) of what no X12 character set has."""
    for position, segment in enumerate(document.segments):
        for number, components in enumerate(segment.elements, 1):
            for value in components:
                if not ALLOWED.fullmatch(value):
                    yield position, segment, number, value


@dataclass
class Envelope:
    """Who writes to whom, in which form. Qualifiers and ids as in ISA and GS.

    :ivar version: of the group, such as 004010VICS
    """

    sender: tuple
    receiver: tuple
    group_sender: str
    group_receiver: str
    version: str
    element: str = "*"
    component: str = ">"
    terminator: str = "~"
    newline: str = "\n"
    wants_ack: bool = False

    def head(self, control, moment, usage="P"):
        """ISA without its terminator."""
        version = f"{self.version[:5]}"
        values = (
            *("00", "", "00", ""),
            *self.sender,
            *self.receiver,
            moment.strftime("%y%m%d"),
            moment.strftime("%H%M"),
            "U" if version <= "00401" else "^",
            version,
            f"{control:09}",
            str(int(self.wants_ack)),
            usage,
            self.component,
        )
        padded = (
            value.ljust(width) for value, width in zip(values, ISA_WIDTHS, strict=True)
        )
        return self.element.join(["ISA", *padded])

    def segment(self, segment):
        """:raise ValueError: a value has a separator in it"""
        parts = [segment.tag]
        for components in segment.elements:
            for value in components:
                self._check(value)
            parts.append(self.component.join(components))
        while not parts[-1]:
            parts.pop()
        return self.element.join(parts)

    def _check(self, value):
        if {self.element, self.component, self.terminator} & set(value):
            raise ValueError(f"{value!r} has a separator in it")


def write(envelope, control, moment, groups, usage="P", notes=()):
    """An interchange as lines without terminators.

    :param groups: list of (functional id, control, [(kind, control, segments)])
    :param notes: TA1 segments
    """
    lines = [envelope.head(control, moment, usage)]
    lines += [envelope.segment(each) for each in notes]
    for functional_id, group_control, documents in groups:
        head = [
            "GS",
            functional_id,
            envelope.group_sender,
            envelope.group_receiver,
            moment.strftime("%Y%m%d"),
            moment.strftime("%H%M"),
            str(group_control),
            "X",
            envelope.version,
        ]
        lines.append(envelope.element.join(head))
        for kind, number, segments in documents:
            lines.append(envelope.element.join(["ST", kind, number]))
            lines += [envelope.segment(each) for each in segments]
            count = str(len(segments) + 2)
            lines.append(envelope.element.join(["SE", count, number]))
        tail = ["GE", str(len(documents)), str(group_control)]
        lines.append(envelope.element.join(tail))
    tail = ["IEA", str(len(groups)), f"{control:09}"]
    return [*lines, envelope.element.join(tail)]


def join(envelope, lines):
    """The bytes of a file of these lines."""
    end = envelope.terminator + envelope.newline
    return "".join(line + end for line in lines).encode("latin-1")
