# SPDX-License-Identifier: AGPL-3.0-or-later
"""Values as they are written, in both standards. No odoo in here.

A name or a note may lose a character that cannot be sent; an id must not: another id is
another thing. So texts are marked as ``Text``, and all else is refused.
"""

import re
import unicodedata
from decimal import Decimal

from .errors import Unwritable, shown

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SPECIAL = str.maketrans(
    {
        "ß": "ss",
        "ẞ": "SS",
        "Æ": "AE",
        "æ": "ae",
        "Ø": "O",
        "ø": "o",
        "Œ": "OE",
        "œ": "oe",
        "Ł": "L",
        "ł": "l",
        "Đ": "D",
        "đ": "d",
        "Þ": "TH",
        "þ": "th",
        "\u2013": "-",
        "\u2014": "-",
        "\u2018": "'",
        "\u2019": "'",
        "\u201a": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u20ac": "EUR",
        "\u2026": "...",
        "\u00a0": " ",
    }
)


class Text(str):
    """A free text: characters that cannot be sent are replaced, and what is too long is
    cut off."""

    __slots__ = ()


class Number(str):
    """A number, with a point: EDIFACT may have been told to write a comma."""

    __slots__ = ()


def special(*delimiters):
    """:return: the delimiters that there are

    :raise Unwritable: with them nobody could read what is written
    """
    chars = [char for char in delimiters if char]
    if len(set(chars)) != len(chars):
        raise Unwritable("two of the delimiters are the same character")
    if any(char.isalnum() or char == " " for char in chars):
        raise Unwritable("a delimiter is a letter, a digit or a blank")
    return chars


def text(value, size):
    """``Text`` of at most ``size`` characters, on one line.

    >>> text("one\\ntwo  ", 6)
    'one tw'
    """
    return Text(CONTROLS.sub(" ", value or "").strip()[:size].strip())


def number(value):
    """A quantity, a price: no exponent, no zeros at the end; None is "".

    >>> number(Decimal("10.500")), number(Decimal("1E+3")), number(0), number(None)
    ('10.5', '1000', '0', '')
    """
    if value is None:
        return ""
    value = Decimal(value)
    if not value.is_finite():
        raise Unwritable(f"{value} is no number")
    written = format(value, "f")
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    return Number("0" if written in ("-0", "") else written)


def cents(value):
    """N2: hundredths, without a point.

    >>> cents(Decimal("12.34")), cents(Decimal("-5"))
    ('1234', '-500')
    """
    hundredths = Decimal(value) * 100
    if hundredths != hundredths.to_integral_value():
        raise Unwritable(f"{value} has parts of a cent")
    return number(hundredths.to_integral_value())


def plain(value, charset):
    """``value`` in characters of ``charset``: letters lose their accents where it has
    none, what cannot be told is "?".

    >>> plain("Müller & Söhne, 5 €", "ascii"), plain("Müller", "latin-1")
    ('Muller & Sohne, 5 EUR', 'Müller')
    >>> plain("\\u4e2d\\U0001f600x", "ascii")
    '??x'
    """
    if _fits(value, charset):
        return value
    return "".join(_plain_char(char, charset) for char in value)


def _fits(value, charset):
    try:
        value.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _plain_char(char, charset):
    for form in (char, char.translate(_SPECIAL), unicodedata.normalize("NFKD", char)):
        bare = "".join(each for each in form if not unicodedata.combining(each))
        for each in (form, bare):
            if each and _fits(each, charset):
                return each
    return "" if unicodedata.combining(char) else "?"


def encodable(value, charset, name):
    """``value`` where every character of it can be sent.

    :raise Unwritable: one cannot, and it is no ``Text``
    """
    if isinstance(value, Text):
        return plain(value, charset)
    if CONTROLS.search(value):
        raise Unwritable(f"{name}: {shown(value)!r} has a line break or the like in it")
    if not _fits(value, charset):
        raise Unwritable(
            f"{name}: {shown(value)!r} has letters that {charset} does not have"
        )
    return value


class SegmentWriter:
    """Writes segments, each a list of values: its name, then elements. An element may
    be a tuple of components; what is empty at the end is left out.

    A standard's own writer has ``_value(value, name, index, component)``.
    """

    def __init__(self, delimiters, charset, upper, version):
        self.delimiters, self.charset, self.upper = delimiters, charset, upper
        self.version = version
        self.end = delimiters.segment + delimiters.newline

    def segment(self, values):
        name = values[0]
        parts = [name]
        for index, value in enumerate(values[1:], 1):
            pieces = value if isinstance(value, tuple) else (value,)
            pieces = [
                self._value(each, name, index, component)
                for component, each in enumerate(pieces, 1)
            ]
            parts.append(self.delimiters.component.join(_without_end(pieces)))
        return self.delimiters.element.join(_without_end(parts)) + self.end


def _without_end(pieces):
    """
    >>> _without_end(["A", "", "b", "", ""])
    ['A', '', 'b']
    """
    while pieces and not pieces[-1]:
        pieces.pop()
    return pieces
