"""EDIFACT (syntax 1 to 3) as a strict partner reads and writes it.

Nothing is mended here, and no code is shared with any codec of an app.
"""

import hashlib
from dataclasses import dataclass, field

from .segment import Segment
from .x12 import Fault, Unreadable

CHARSETS = {
    "UNOA": "ascii",
    "UNOB": "ascii",
    "UNOC": "latin-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOY": "utf-8",
}


@dataclass(frozen=True)
class Marks:
    """The service characters, in the order of UNA."""

    component: str = ":"
    element: str = "+"
    decimal: str = "."
    release: str = "?"
    terminator: str = "'"

    @property
    def una(self):
        return (
            f"UNA{self.component}{self.element}{self.decimal}{self.release} "
            f"{self.terminator}"
        )

    def escape(self, text):
        for mark in (self.release, self.component, self.element, self.terminator):
            text = text.replace(mark, self.release + mark)
        return text


@dataclass
class Message:
    """A message without UNH and UNT.

    :ivar faults: of its envelope (code list 0085)
    """

    kind: str
    reference: str
    head: Segment
    segments: list
    faults: list = field(default_factory=list)

    control = property(lambda self: self.reference)


@dataclass
class Interchange:
    """:ivar faults: of its envelope (code list 0085)
    :ivar digest: of its bytes
    """

    head: Segment
    marks: Marks
    messages: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    digest: str = ""

    sender = property(lambda self: (self.head.at(2, 2), self.head.at(2)))
    receiver = property(lambda self: (self.head.at(3, 2), self.head.at(3)))
    control = property(lambda self: self.head.at(5))
    is_test = property(lambda self: self.head.at(11) == "1")


def read(data):
    """Yield the interchanges of a file.

    :raise Unreadable: no answer is possible to what is left
    """
    if not data.strip(b"\r\n"):
        raise Unreadable("unreadable", "the file is empty")
    while data:
        interchange, length = _read_one(data)
        interchange.digest = hashlib.sha256(data[:length]).hexdigest()
        yield interchange
        data = data[length:].lstrip(b"\r\n")


def _read_one(data):
    """(interchange, bytes that it takes)"""
    # one character a byte until the character set is known
    text = data.decode("latin-1")
    marks, start = Marks(), 0
    if text.startswith("UNA"):
        if len(text) < 9:
            raise Unreadable("breaks_off", "UNA breaks off")
        marks = Marks(text[3], text[4], text[5], text[6], text[8])
        start = 9 + len(text[9:]) - len(text[9:].lstrip("\r\n"))
    interchange = message = None
    for segment, end in _segments(text, start, marks):
        if interchange is None:
            if segment.tag != "UNB":
                words = f"starts with {segment.tag[:8]!r} and not with UNB"
                raise Unreadable("unreadable", words)
            interchange = Interchange(segment, marks)
            if not interchange.control:
                raise Unreadable("unreadable", "UNB has no reference")
        elif segment.tag == "UNZ":
            _close(interchange, message, segment)
            _decode(interchange)
            return interchange, end
        else:
            message = _place(interchange, message, segment)
    number = interchange.control if interchange else "without UNB"
    raise Unreadable("breaks_off", f"interchange {number} breaks off")


def _segments(text, position, marks):
    """Yield (segment, where it ends)."""
    elements, components, value = [], [], []
    length = len(text)

    def part():
        components.append("".join(value))
        value.clear()

    def element():
        part()
        elements.append(components.copy())
        components.clear()

    while position < length:
        character = text[position]
        position += 1
        if character == marks.release and position < length:
            value.append(text[position])
            position += 1
        elif character == marks.component:
            part()
        elif character == marks.element:
            element()
        elif character == marks.terminator:
            element()
            (tag, *_qualifiers), *rest = elements
            yield Segment(tag, rest), position
            elements.clear()
            while text[position : position + 1] in ("\r", "\n"):
                position += 1
        else:
            value.append(character)


def _place(interchange, message, segment):
    """Put a segment where it belongs. :return: the open message"""
    if segment.tag == "UNH":
        if message:
            message.faults.append(Fault("envelope", "13", "UNT is missing"))
        message = Message(segment.at(2), segment.at(1), segment, [])
        interchange.messages.append(message)
        return message
    if message is None:
        words = f"{segment.tag} outside of a message"
        interchange.faults.append(Fault("envelope", "12", words))
        return None
    if segment.tag != "UNT":
        message.segments.append(segment)
        return message
    count = len(message.segments) + 2
    if segment.at(1) != str(count):
        words = f"UNT says {segment.at(1)} segments, there are {count}"
        message.faults.append(Fault("unt_count", "29", words))
    if segment.at(2) != message.reference:
        words = f"UNT says {segment.at(2)}, UNH {message.reference}"
        message.faults.append(Fault("unt_reference", "28", words))
    return None


def _close(interchange, message, segment):
    if message:
        message.faults.append(Fault("envelope", "13", "UNT is missing"))
    if segment.at(1) != str(len(interchange.messages)):
        words = (
            f"UNZ says {segment.at(1)} messages, there are {len(interchange.messages)}"
        )
        interchange.faults.append(Fault("unz_count", "29", words))
    if segment.at(2) != interchange.control:
        words = f"UNZ says {segment.at(2)}, UNB {interchange.control}"
        interchange.faults.append(Fault("unz_reference", "28", words))


def _decode(interchange):
    """Read the texts by the character set that UNB names."""
    charset = CHARSETS.get(interchange.head.at(1))
    if charset is None:
        words = f"character set {interchange.head.at(1)!r}"
        interchange.faults.append(Fault("charset", "12", words))
        return
    for message in interchange.messages:
        for segment in message.segments:
            try:
                segment.elements = [
                    [_decoded(value, charset) for value in components]
                    for components in segment.elements
                ]
            except UnicodeDecodeError:
                words = f"{segment.tag} is not {interchange.head.at(1)}"
                message.faults.append(Fault("charset", "21", words))
                break


def _decoded(value, charset):
    raw = value.encode("latin-1")
    if charset == "latin-1" and any(0x80 <= byte < 0xA0 for byte in raw):
        # cp1252 that calls itself latin-1
        raise UnicodeDecodeError(charset, raw, 0, 1, "control characters")
    return raw.decode(charset)


@dataclass
class Envelope:
    """Who writes to whom: (qualifier, id) each, as in UNB.

    :ivar version: what follows the message's name in UNH
    """

    sender: tuple
    receiver: tuple
    version: tuple = ("D", "96A", "UN", "EAN008")
    charset: str = "UNOC"
    marks: Marks = Marks()
    una: bool = True
    newline: str = "\n"

    def segment(self, segment):
        marks = self.marks
        parts = [segment.tag]
        for components in segment.elements:
            texts = [marks.escape(each) for each in components]
            while len(texts) > 1 and not texts[-1]:
                texts.pop()
            parts.append(marks.component.join(texts))
        while not parts[-1]:
            parts.pop()
        return marks.element.join(parts)


def write(envelope, control, moment, messages, test=False):
    """An interchange as segments without terminators; UNA is not among them.

    :param messages: list of (kind, reference, segments)
    """
    lines = [
        [
            "UNB",
            [envelope.charset, "3"],
            [envelope.sender[1], envelope.sender[0]],
            [envelope.receiver[1], envelope.receiver[0]],
            [moment.strftime("%y%m%d"), moment.strftime("%H%M")],
            [control],
            *([[""]] * 5 + [["1"]] if test else []),
        ]
    ]
    for kind, reference, segments in messages:
        version = ("D", "3", "UN") if kind == "CONTRL" else envelope.version
        lines.append(["UNH", [reference], [kind, *version]])
        lines += [[each.tag, *each.elements] for each in segments]
        lines.append(["UNT", [str(len(segments) + 2)], [reference]])
    lines.append(["UNZ", [str(len(messages))], [control]])
    return [envelope.segment(Segment(tag, rest)) for tag, *rest in lines]


def join(envelope, lines, charset=None):
    """The bytes of a file of these lines."""
    marks = envelope.marks
    end = marks.terminator + envelope.newline
    text = "".join(line + end for line in lines)
    if envelope.una:
        text = marks.una + envelope.newline + text
    return text.encode(charset or CHARSETS[envelope.charset])
