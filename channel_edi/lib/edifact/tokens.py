# SPDX-License-Identifier: AGPL-3.0-or-later
"""EDIFACT cut into segments, elements and components. No odoo in here."""

from ..source import clean, decode

BLANKS = " \r\n\t\v\f\0\x1a\x85"


class Segment:
    """One segment: ``parts`` are its elements as written, ``parts[0]`` starts with its
    id. ``number`` is 1 for the first of what was cut.

    >>> syntax = Syntax()
    >>> one = Segment(["QTY", "21:10:PCE"], 9, 130, syntax)
    >>> one.id, one.get(1), one.get(1, 2), one.get(1, 9), one.get(2)
    ('QTY', '21', '10', '', '')
    >>> Segment(["IMD", "F", "", ":::d?'or ?? a?:b"], 1, 0, syntax).get(3, 4)
    "d'or ? a:b"
    """

    __slots__ = ("parts", "number", "start", "syntax")

    def __init__(self, parts, number, start, syntax):
        self.parts, self.number, self.start, self.syntax = parts, number, start, syntax

    @property
    def id(self):
        # a tag may bear counters of its repetition: "LIN:1"
        tag = self.parts[0]
        return tag if len(tag) == 3 else tag.split(self.syntax.component, 1)[0].strip()

    def get(self, element, component=1, repetition=1):
        """The text of a component, without release characters; "" if there is none."""
        try:
            value = self.parts[element]
        except IndexError:
            return ""
        if not value:
            return ""
        syntax = self.syntax
        if syntax.repetition and (repetition > 1 or syntax.repetition in value):
            value = _nth(syntax.cut(value, syntax.repetition), repetition)
        elif repetition > 1:
            return ""
        if syntax.component in value:
            if syntax.release and syntax.release in value:
                value = _nth(syntax.cut(value, syntax.component), component)
            else:
                value = _nth(value.split(syntax.component), component)
        elif component > 1:
            return ""
        if syntax.release and syntax.release in value:
            value = syntax.unescape(value)
        if not value.isascii():
            value = decode(value, syntax.charset)
        return clean(value)

    def repetitions(self, element):
        """How often an element is there."""
        value = self.parts[element] if element < len(self.parts) else ""
        syntax = self.syntax
        return len(syntax.cut(value, syntax.repetition)) if syntax.repetition else 1

    @property
    def size(self):
        """How many elements it has."""
        return len(self.parts) - 1


def _nth(values, number):
    return values[number - 1] if number <= len(values) else ""


class Syntax:
    """The characters that UNA names, or those without it."""

    __slots__ = (
        "segment",
        "element",
        "component",
        "repetition",
        "release",
        "decimal",
        "charset",
    )

    def __init__(
        self,
        segment="'",
        element="+",
        component=":",
        release="?",
        repetition="",
        decimal=".",
        charset="latin-1",
    ):
        self.segment, self.element, self.component = segment, element, component
        self.release, self.repetition, self.decimal = release, repetition, decimal
        self.charset = charset

    def pieces(self, text, start, end):
        """(start, body, end of it with its terminator) of each segment that is not
        empty."""
        find, terminator, release = text.find, self.segment, self.release
        while start < end:
            stop = find(terminator, start, end)
            if release:
                while stop > start and text[stop - 1] == release:
                    if not self._released(text, start, stop):
                        break
                    stop = find(terminator, stop + 1, end)
            after = stop + 1
            if stop < 0:
                stop = after = end
            body = text[start:stop]
            if body and (body[0] in BLANKS or body[-1] in BLANKS):
                size_before = len(body)
                body = body.lstrip(BLANKS)
                start += size_before - len(body)
                body = self._rstrip(body)
            if body:
                yield start, body, after
            start = after

    def _rstrip(self, body):
        """Without blanks at the end; one behind a release character is data."""
        bare = body.rstrip(BLANKS)
        if self.release and bare.endswith(self.release) and bare != body:
            if self._released(bare, 0, len(bare)):
                return body[: len(bare) + 1]
        return bare

    def _released(self, text, start, index):
        """Whether an odd number of release characters stands before ``index``."""
        release, count = self.release, 0
        while index - count > start and text[index - count - 1] == release:
            count += 1
        return count % 2 == 1

    def cut(self, value, separator):
        """``value`` at each ``separator`` that is not released; still escaped.

        >>> Syntax().cut("a?+b+c??+d", "+")
        ['a?+b', 'c??', 'd']
        """
        pieces = value.split(separator)
        release = self.release
        if not release or release not in value:
            return pieces
        found = []
        for piece in pieces:
            if found and self._released(found[-1], 0, len(found[-1])):
                found[-1] += separator + piece
            else:
                found.append(piece)
        return found

    def unescape(self, value):
        """
        >>> Syntax().unescape("?+49 a?? b?"), Syntax().unescape("d?'or")
        ('+49 a? b', "d'or")
        """
        release = self.release
        if release * 2 not in value:
            return value.replace(release, "")
        return release.join(
            each.replace(release, "") for each in value.split(release * 2)
        )

    def segments(self, source, start, end):
        """Iterates over the ``Segment`` of a part of the text."""
        text, separator, release = source.text, self.element, self.release
        number = 0
        for begin, body, _after in self.pieces(text, start, end):
            number += 1
            if release and release in body:
                parts = self.cut(body, separator)
            else:
                parts = body.split(separator)
            yield Segment(parts, number, begin, self)
