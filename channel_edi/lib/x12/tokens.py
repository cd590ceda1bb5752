# SPDX-License-Identifier: AGPL-3.0-or-later
"""X12 cut into segments and elements. No odoo in here."""

from ..source import clean, decode

BLANKS = " \r\n\t\v\f\0\x1a\x85"
"""Around segments. \\x1a ends old files; \\x85 is a line break of mainframes."""


class Segment:
    """One segment: ``parts[0]`` is its id. ``number`` is 1 for the first of what was
    cut; ``start`` points into the source's text.

    >>> syntax = Syntax("*", ">", "", "~")
    >>> one = Segment(["PO1", "1", "10", "EA "], 4, 130, syntax)
    >>> one.id, one.get(2), one.get(3), one.get(9)
    ('PO1', '10', 'EA', '')
    >>> Segment(["SAC", "A>B", ""], 1, 0, syntax).get(1, 2)
    'B'
    """

    __slots__ = ("parts", "number", "start", "syntax")

    def __init__(self, parts, number, start, syntax):
        self.parts, self.number, self.start, self.syntax = parts, number, start, syntax

    @property
    def id(self):
        return self.parts[0]

    def get(self, element, component=0):
        """The text of an element, or of a component of it; "" where there is none.

        Without ``component`` the element is one text, also where it has the component
        separator in it: free texts have.
        """
        try:
            value = self.parts[element]
        except IndexError:
            return ""
        if not value:
            return ""
        if component and self.syntax.component:
            values = value.split(self.syntax.component)
            value = values[component - 1] if component <= len(values) else ""
        if not value.isascii():
            value = decode(value, self.syntax.charset)
        return clean(value)

    @property
    def size(self):
        """How many elements it has."""
        return len(self.parts) - 1


class Syntax:
    """The delimiters of an interchange.

    ``segment`` may be of several characters (a letter of UTF-8 that serves as
    terminator). ``tail``: what some write between the last element and the terminator.
    """

    __slots__ = ("element", "component", "repetition", "segment", "charset", "tail")
    release = ""

    def __init__(self, element, component, repetition, segment, charset="", tail=""):
        self.element, self.component = element, component
        self.repetition, self.segment = repetition, segment
        self.charset, self.tail = charset or "latin-1", BLANKS + tail

    def pieces(self, text, start, end):
        """(start, body, end of it with its terminator) of each segment that is not
        empty."""
        find, terminator, size = text.find, self.segment, len(self.segment)
        tail = self.tail
        while start < end:
            stop = find(terminator, start, end)
            after = stop + size
            if stop < 0:
                stop = after = end
            body = text[start:stop].rstrip(tail)
            if body:
                if body[0] in BLANKS:
                    size_before = len(body)
                    body = body.lstrip(BLANKS)
                    start += size_before - len(body)
                if body:
                    yield start, body, after
            start = after

    def segments(self, source, start, end):
        """Iterates over the ``Segment`` of a part of the text."""
        found = self.pieces(source.text, start, end)
        for number, (begin, body, _after) in enumerate(found, 1):
            yield Segment(body.split(self.element), number, begin, self)
