# SPDX-License-Identifier: AGPL-3.0-or-later
"""JSON of others, read so that nothing in it can break who reads on.

No odoo in here.
"""

import json
import re
from contextlib import suppress

# What JSON can carry as an escape and no database can store: NUL, and halves of
# characters, which programs leave that cut a text in the middle of an emoji.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u(0000|[dD][89a-fA-F])")

_DECODER = json.JSONDecoder()
# where JSON may begin in a text that is none as a whole
_BEGIN = re.compile(r"(?:^|(?<=>))\s*(?=[\[{])", re.MULTILINE)
_PAGE = re.compile(r"<!doctype|<html|<body|<script|<head", re.IGNORECASE)


def loads(text, **options):
    """Like ``json.loads``, and a ValueError is all that it raises.

    NaN and the infinities are no JSON. Characters that cannot be stored come as U+FFFD:
    an order is not lost for half an emoji in its note.

    >>> loads('{"note": "half \\\\ud83e", "n": 1.10}', parse_float=str)
    {'note': 'half �', 'n': '1.10'}
    >>> loads("[" * 100_000)
    Traceback (most recent call last):
    ValueError: nested too deeply
    >>> loads("[NaN]")
    Traceback (most recent call last):
    ValueError: NaN is no JSON
    """
    if isinstance(text, bytes):
        text = text.decode()
    try:
        value = json.loads(text, parse_constant=_refuse, **options)
        return _stored(value) if _ESCAPED.search(text) else value
    except RecursionError:
        raise ValueError("nested too deeply") from None


def find_only(text, **options):
    """The one JSON in a text that other programs have written into as well: PHP that
    shows its warnings, plugins of caches that leave a comment.

    :raise ValueError: there is not exactly one, or the rest is a page of its own

    >>> find_only("<br />\\n<b>Warning</b>: x<br />\\n[1]")
    [1]
    >>> find_only('Notice: Undefined index\\n{"id": 5}\\n<!-- cached in 0.2 s -->')
    {'id': 5}
    >>> for text in "<html>[1] and so on</html>", '{"a": 1}\\n{"a": 2}', '[{"a"':
    ...     try:
    ...         find_only(text)
    ...     except ValueError:
    ...         print("none")
    none
    none
    none
    """
    found, end = [], 0
    for begin in () if _PAGE.search(text) else _BEGIN.finditer(text):
        start = begin.end()
        if start >= end:
            with suppress(ValueError, RecursionError):
                _value, end = _DECODER.raw_decode(text, start)
                found.append((start, end))
    if len(found) != 1 or not _is_whole(text, *found[0]):
        raise ValueError("not one JSON")
    return loads(text[slice(*found[0])], **options)


def _is_whole(text, start, end):
    """Whether what stands around it cannot be the rest of it, or more of the kind."""
    cut_off = start and text[0] in "[{"
    return not cut_off and not re.search(r"[\[\]{}]", text[end:])


def _refuse(name):
    raise ValueError(f"{name} is no JSON")


def _stored(value):
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_stored(each) for each in value]
    if isinstance(value, dict):
        return {_stored(name): _stored(each) for name, each in value.items()}
    return value
