# SPDX-License-Identifier: AGPL-3.0-or-later
"""The delimiters of an X12 interchange, by counting separators: ISA is of a fixed
length in the standard only. No odoo in here."""

import re

from .tokens import BLANKS, Syntax

ELEMENTS = 16
LONGEST = 400
"""Characters of an ISA, however it was blown up by programs that pad."""

_ISA = re.compile("ISA(?=[^0-9A-Za-z \r\n])")
_PADDING = (" ", "\t", "\0")
_LEAD = {0xC2: 2, 0xE0: 3, 0xF0: 4}


def find_isa(text, start, end=None):
    """Where the next interchange begins; -1: nowhere.

    It has 16 elements and stands at the start of a line, or of the file, or behind
    what is no letter and no digit: an "ISA" within a text starts none.

    >>> isa = "ISA" + "*x" * 15 + "*:~"
    >>> find_isa("\\xef\\xbb\\xbf" + isa, 0), find_isa("VISA*1*2~", 0)
    (3, -1)
    """
    end = len(text) if end is None else end
    for match in _ISA.finditer(text, start, end):
        index = match.start()
        if index > start and text[index - 1].isalnum() and text[index - 1] < "\x80":
            continue
        at = component_at(text, index, end)
        if at >= 0 and not (text[at].isalnum() and text[at] < "\x80"):
            return index
    return -1


def component_at(text, isa, end):
    """Index behind the 16th separator: there stands the component separator; -1."""
    separator = text[isa + 3 : isa + 4]
    index, limit = isa + 3, min(end, isa + LONGEST)
    for _count in range(ELEMENTS - 1):
        index = text.find(separator, index + 1, limit)
        if index < 0:
            return -1
    return index + 1 if index + 1 < end else -1


def syntax_at(text, isa, end):
    """(Syntax, elements of ISA by their numbers, index behind it); None where the
    terminator cannot be told.

    >>> isa = "ISA*00*          *00*          *ZZ*A*ZZ*B*260101*1200*U*00401*7*0*P*>"
    >>> syntax, elements, index = syntax_at(isa + "\\nGS*PO", 0, 99)
    >>> syntax.segment, syntax.component, elements[13], index == len(isa) + 1
    ('\\n', '>', '7', True)
    >>> syntax_at(isa + "GS*PO*", 0, 99) is None
    True
    """
    at = component_at(text, isa, end)
    separator, component = text[isa + 3], text[at]
    terminator, after = _terminator(text, at + 1, end)
    tail, last = "", at + 1
    if component in "\r\n":
        # ISA16 was left out and the line ends there
        terminator, after = _line_end(text, at)
        component, last = "", at
    elif not terminator:
        return None
    elif terminator in "\r\n" and _ends_lines(text, component, after):
        # the terminator stands where ISA16 should, and again before each line end
        tail = component
    elements = [
        each.replace("\r", "").replace("\n", "")
        for each in text[isa:last].split(separator)
    ]
    version = elements[12].strip()
    repetition = elements[11].strip()
    if repetition.isalnum() or len(repetition) != 1 or version < "00402":
        repetition = ""
    syntax = Syntax(separator, component, repetition, terminator, tail=tail)
    return syntax, elements, after


def _terminator(text, at, end):
    """(what ends segments, index behind it); ("", at) where nothing there can be that:
    letters and digits cannot.

    Blanks may stand before it. A carriage return with a line feed behind it is both.
    What is of several bytes in UTF-8 is one character.
    """
    char = text[at : min(at + 1, end)]
    if char in ("\r", "\n"):
        return _line_end(text, at)
    if char in _PADDING:
        behind = at
        while text[behind : min(behind + 1, at + 200, end)] in _PADDING:
            behind += 1
        char = text[behind : behind + 1]
        return ("", at) if char in (*_PADDING, "") else _terminator(text, behind, end)
    if not char or char.isalnum() and char < "\x80":
        return "", at
    size = next((n for lead, n in _LEAD.items() if _leads(ord(char), lead)), 1)
    following = text[at + 1 : at + size]
    if len(following) == size - 1 and all("\x80" <= c < "\xc0" for c in following):
        return char + following, at + size
    return char, at + 1


def _leads(byte, lead):
    """
    >>> [_leads(byte, 0xC2) for byte in (0x41, 0xC3, 0xE2)], _leads(0xE2, 0xE0)
    ([False, True, False], True)
    """
    top = {0xC2: 0xDF, 0xE0: 0xEF, 0xF0: 0xF4}[lead]
    return lead <= byte <= top


def _line_end(text, at):
    """Lines that end in both characters are cut at the line feed; the other one is a
    blank."""
    return ("\n", at + 2) if text[at : at + 2] == "\r\n" else (text[at], at + 1)


def _ends_lines(text, component, index):
    """Whether the lines behind end in ``component``."""
    lines = text[index : index + 2000].split("\n")[1:4]
    return bool(lines[:2]) and all(
        line.rstrip(BLANKS).endswith(component) for line in lines[:2]
    )
