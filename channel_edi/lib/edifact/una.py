# SPDX-License-Identifier: AGPL-3.0-or-later
"""The characters of an EDIFACT interchange, by UNA or without. No odoo in here."""

import re

from .tokens import Syntax

CHARSETS = {
    "UNOA": "ascii",
    "UNOB": "ascii",
    "UNOC": "latin-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4",
    "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
    "UNOW": "utf-8",
    "UNOY": "utf-8",
}
"""Repertoires of UNB 01. What is not here is read as latin-1."""

_UNA = re.compile(
    "UNA(?:(?P<six>.{6})|(?P<five>.{4}[^0-9A-Za-z \r\n]))[ \r\n\t]*(?=UNB)", re.DOTALL
)
_UNB = re.compile("UNB(?P<element>[^0-9A-Za-z \r\n])[A-Z]{3}[A-Z0-9]")
_LEVEL_B = Syntax(segment="\x1c", element="\x1d", component="\x1f", release="")
_LINE = re.compile("[^\r\n]*(\r\n|\n|\r)[ \t]*UN[HG]")


def find_start(text, start, end=None):
    """(index of UNA or UNB, index of UNB, Syntax) of the next interchange, or None.

    >>> index, unb, syntax = find_start("x UNA=*,? ~UNB*UNOA=1", 0)
    >>> index, unb, syntax.element, syntax.decimal, syntax.segment
    (2, 11, '*', ',', '~')
    >>> find_start("NAD+BY+UNBOUND+UNAMED", 0) is None
    True
    """
    end = len(text) if end is None else end
    una = _search(_UNA, text, start, end)
    unb = _search(_UNB, text, start, end)
    if una and (not unb or una.start() < unb.start()):
        return una.start(), una.end(), _told(una)
    if not unb:
        return None
    return unb.start(), unb.start(), _usual(text, unb, end)


def _search(pattern, text, start, end):
    """The first that does not stand within a word."""
    for match in pattern.finditer(text, start, end):
        before = (
            text[match.start() - 1 : match.start()] if match.start() > start else ""
        )
        if not (before.isalnum() and before < "\x80"):
            return match
    return None


def _told(una):
    """The characters that UNA names: some leave out the fifth, which is reserved."""
    chars = una["six"] or una["five"][:4] + " " + una["five"][4]
    component, element, decimal, release, repetition, segment = chars
    return Syntax(
        segment,
        element,
        component,
        "" if release == " " else release,
        "" if repetition == " " else repetition,
        decimal if decimal in ".," else ".",
    )


def _usual(text, unb, end):
    """Without UNA: those of level A, or B; some end segments by the end of a line."""
    if unb["element"] == _LEVEL_B.element:
        level = _LEVEL_B
        return Syntax(level.segment, level.element, level.component, "")
    syntax = Syntax(element=unb["element"])
    line = _LINE.match(text, unb.start(), min(end, unb.start() + 400))
    if line and "'" not in line[0]:
        syntax.segment = line[1][-1]
    return syntax
