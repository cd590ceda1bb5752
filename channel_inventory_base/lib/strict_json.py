"""JSON of others, read so that nothing in it can break who reads on.

No odoo in here.
"""

import json
import re

# What JSON can carry as an escape and no database can store: NUL, and halves of
# characters, which programs leave that cut a text in the middle of an emoji.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u(0000|[dD][89a-fA-F])")


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
