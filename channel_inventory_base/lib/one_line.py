# SPDX-License-Identifier: AGPL-3.0-or-later
"""Texts of others without what makes a line of its own, or hides what a line says.

A name with a line break in it would forge a line of a log; marks of writing direction
show an order's number backwards. No odoo in here.
"""

import re

# C0 and C1, DEL and what Unicode calls line and paragraph separators
_CONTROL = "\x00-\x1f\x7f-\x9f\u2028\u2029"
# Bidi_Control of Unicode, and the mark that programs leave at the head of a file
_HIDDEN = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"

_BREAKS = re.compile(f"[{_CONTROL}]+")
_NO_BREAKS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]+")
_LINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_MARKS = re.compile(f"[{_HIDDEN}]")


def one_line(text):
    """``text`` on one line; whatever is no text comes back as it is.

    >>> one_line("#1001\\r\\n2026-11-30 CRITICAL forged")
    '#1001 2026-11-30 CRITICAL forged'
    >>> one_line("a\\u2028b\\x85c\\x1b[31md"), one_line("\\u202e1001#"), one_line(None)
    ('a b c [31md', '1001#', None)
    """
    if not isinstance(text, str) or text.isascii() and text.isprintable():
        return text
    return _MARKS.sub("", _BREAKS.sub(" ", text))


def lines(text):
    """``text`` with its line breaks (as ``\\n``) and tabs, nothing else of the kind.

    >>> lines("ring twice\\r\\nthen wait\\u2029\\x1b[2Jno\\u202e")
    'ring twice\\nthen wait\\n [2Jno'
    """
    if not isinstance(text, str) or text.isascii() and text.isprintable():
        return text
    return _MARKS.sub("", _NO_BREAKS.sub(" ", _LINES.sub("\n", text)))
