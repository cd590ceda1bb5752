# SPDX-License-Identifier: AGPL-3.0-or-later
"""Between the dataclasses of ``schemas`` and what JSON can carry.

``load`` refuses whatever does not fit and names its place; what ``dump`` writes it
reads back as it was.
"""

import dataclasses
import functools
import json
import types
import typing
from datetime import datetime, timezone
from decimal import Decimal

from .exceptions import MalformedDataError
from .lib.one_line import lines, one_line

MAX_DIGITS = 15
"""Before the point of an amount, and twice as many behind it."""
MAX_NAME = 500
"""Letters of what names a record: more do not fit into an index."""
NAMES = ("external_id", "ref", "sku", "barcode")
RAW = ("body",)
LINES = ("note",)
YEARS = range(1970, 2101)
"""A version of the year 9999 would keep out all that come after it."""


def check_choice(path, value, choices):
    """:raise MalformedDataError: ``value`` is none of ``choices``"""
    if value not in choices:
        raise MalformedDataError(f"{value!r} is none of {choices}", path=path)


def load(cls, data, path=""):
    """Build the dataclass ``cls`` from plain JSON-able ``data``.

    :raise MalformedDataError: a field is missing, unknown or of another type
    """
    if not isinstance(data, dict):
        raise MalformedDataError(f"an object is expected, not {data!r:.80}", path=path)
    fields, loaders = _shape(cls)
    if not data.keys() <= fields.keys():
        unknown = sorted(set(data) - set(fields))
        raise MalformedDataError(f"unknown fields {unknown}", path=path)
    values = {}
    for name, field in fields.items():
        where = f"{path}.{name}" if path else name
        if name in data:
            values[name] = loaders[name](data[name], where)
        elif field.default is dataclasses.MISSING:
            raise MalformedDataError("is missing", path=where)
    return cls(**values)


@functools.cache
def _shape(cls):
    """Its fields, and how each is read, by name. They are worked out once: a stock
    report has a hundred thousand rows.

    :return: ({name: field}, {name: function of (value, path)})
    """
    fields = {field.name: field for field in dataclasses.fields(cls)}
    hints = typing.get_type_hints(cls)
    return fields, {name: _loader(hints[name]) for name in fields}


def time_of(text):
    """``text`` where it is a time that ``load`` takes, else None: for times that are
    good to know and no reason to refuse what bears them.

    >>> time_of("2026-11-24T10:00:00Z"), time_of("now"), time_of(5), time_of(None)
    ('2026-11-24T10:00:00Z', None, None, None)
    """
    try:
        return text if _load_datetime(text) else None
    except (ArithmeticError, ValueError, TypeError, AttributeError):
        return None


def dump(value, sparse=False):
    """The JSON-able form of a dataclass; ``load`` reads it back as it was.

    :param sparse: without what a field has by default: of rows that are many
    """
    # most are, and big reports have a million of them
    if value is None or isinstance(value, str | int):
        return value
    if dataclasses.is_dataclass(value):
        fields = _shape(type(value))[0]
        told = ((name, getattr(value, name)) for name in fields)
        return {
            name: dump(each, sparse)
            for name, each in told
            if not sparse or each != fields[name].default
        }
    if isinstance(value, tuple | list):
        return [dump(item, sparse) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value


def dumps(value):
    """``dump`` as text with a stable order: equal data gives equal text."""
    return json.dumps(dump(value), sort_keys=True, separators=(",", ":"))


@functools.cache
def _loader(hint):
    """:return: function (value, path) that reads a value of this type"""
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        inner = _loader(
            next(arg for arg in typing.get_args(hint) if arg is not type(None))
        )
        return lambda value, path: None if value is None else inner(value, path)
    if origin is tuple:
        return functools.partial(_load_items, _loader(typing.get_args(hint)[0]))
    if dataclasses.is_dataclass(hint):
        return lambda value, path: (
            value if isinstance(value, hint) else load(hint, value, path)
        )
    return functools.partial(_load_scalar, hint)


def _load_items(read, value, path):
    if not isinstance(value, list | tuple):
        raise MalformedDataError("a list is expected", path=path)
    return tuple(read(each, f"{path}[{index}]") for index, each in enumerate(value))


def _load_scalar(hint, value, path):
    try:
        if hint is Decimal:
            return _load_decimal(value)
        if hint is datetime:
            return _load_datetime(value)
    except (ArithmeticError, ValueError, TypeError, AttributeError) as error:
        raise MalformedDataError(
            f"{value!r:.80} is not a {hint.__name__.lower()}", path=path
        ) from error
    # bool is an int to Python, and never a quantity to us
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise MalformedDataError(f"{value!r:.80} is not {hint.__name__}", path=path)
    if hint is str and len(value) > MAX_NAME and _is_name(path):
        raise MalformedDataError(f"{value!r:.80}... is too long", path=path)
    return _plain(value, path)


def _plain(value, path):
    """A text that stands on one line, wherever it is shown; notes keep theirs, and a
    body is what was received."""
    name = path.rpartition(".")[2]
    if name in RAW:
        return value
    return lines(value) if name in LINES else one_line(value)


def _is_name(path):
    """
    >>> _is_name("lines[0].listing_ref"), _is_name("sku"), _is_name("note")
    (True, True, False)
    """
    name = path.rpartition(".")[2]
    return name in NAMES or name.endswith("_ref")


def _load_decimal(value):
    """Floats are refused: they have lost the cents that we are to keep."""
    if isinstance(value, bool | float):
        raise ValueError(value)
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(value)
    if number and not -2 * MAX_DIGITS < number.adjusted() < MAX_DIGITS:
        raise ValueError(value)
    return number


def _load_datetime(value):
    """Times without a zone are refused: they are ambiguous."""
    moment = (
        value
        if isinstance(value, datetime)
        else datetime.fromisoformat(value.replace("Z", "+00:00"))
    )
    if moment.tzinfo is None or moment.year not in YEARS:
        raise ValueError(value)
    return moment.astimezone(timezone.utc)
