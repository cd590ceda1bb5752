# SPDX-License-Identifier: AGPL-3.0-or-later
"""Values checked against the schemas of the OpenAPI document. No odoo in here.

The document that is served is what requests are checked by, so the two cannot differ.
The subset of JSON Schema 2020-12 that it uses is all that is known here; a word that is
not known is an error of ours and not left out in silence.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from functools import lru_cache

MAX_FAULTS = 20
LARGEST = 10**15
KNOWN = {
    "$ref",
    "type",
    "enum",
    "const",
    "pattern",
    "format",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "items",
    "minItems",
    "maxItems",
    "uniqueItems",
    "properties",
    "required",
    "additionalProperties",
    # words for people
    "title",
    "description",
    "default",
    "examples",
}
PLAIN_TEXT = {"type", "minLength", "maxLength", "pattern", "title", "description"}


@dataclass(frozen=True)
class Fault:
    """What does not fit, and where: a JSON pointer into the value."""

    pointer: str
    code: str
    detail: str


def check(schema, value, root, pointer=""):
    """:param root: the document that ``$ref`` points into
    :return: list of Fault, at most ``MAX_FAULTS``

    >>> root = {"components": {"schemas": {"n": {"type": "integer", "minimum": 1}}}}
    >>> ref = {"$ref": "#/components/schemas/n"}
    >>> check(ref, 3, root), check(ref, Decimal("3.0"), root)
    ([], [])
    >>> [each.code for value in (0, True, "3") for each in check(ref, value, root)]
    ['minimum', 'type', 'type']
    >>> whole = {"type": "object", "properties": {"a": ref}, "required": ["a"],
    ...          "additionalProperties": False}
    >>> [(each.pointer, each.code) for each in check(whole, {"b": 1}, root)]
    [('/a', 'required'), ('/b', 'unknown')]
    """
    return list(_faults(schema, value, root, pointer))[:MAX_FAULTS]


def resolve(schema, root):
    while "$ref" in schema:
        found = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def _faults(schema, value, root, pointer):
    schema = resolve(schema, root)
    if unknown := schema.keys() - KNOWN:
        raise NotImplementedError(f"a schema has {sorted(unknown)}")
    types = schema.get("type")
    types = [types] if isinstance(types, str) else types
    if types and not any(_is(each, value) for each in types):
        wanted = " or ".join(types)
        yield Fault(pointer, "type", f"is no {wanted}")
        return
    if "enum" in schema and value not in schema["enum"]:
        names = ", ".join(map(str, schema["enum"]))
        yield Fault(pointer, "enum", f"is none of: {names}")
    if isinstance(value, str):
        yield from _text_faults(schema, value, pointer)
    elif isinstance(value, list):
        yield from _list_faults(schema, value, root, pointer)
    elif isinstance(value, dict):
        yield from _object_faults(schema, value, root, pointer)
    elif value is not None and not isinstance(value, bool):
        if "minimum" in schema and value < schema["minimum"]:
            yield Fault(pointer, "minimum", f"is less than {schema['minimum']}")
        if "maximum" in schema and value > schema["maximum"]:
            yield Fault(pointer, "maximum", f"is more than {schema['maximum']}")


def _is(name, value):
    number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if name == "integer":
        return number and abs(value) < LARGEST and value == int(value)
    if name == "number":
        return number
    kinds = {
        "string": str,
        "boolean": bool,
        "array": list,
        "object": dict,
        "null": type(None),
    }
    return isinstance(value, kinds[name])


def _text_faults(schema, value, pointer):
    if len(value) < schema.get("minLength", 0):
        yield Fault(pointer, "too_short", "is too short")
    if len(value) > schema.get("maxLength", LARGEST):
        yield Fault(pointer, "too_long", f"has over {schema['maxLength']} characters")
        return
    pattern = schema.get("pattern")
    if pattern and not _compiled(pattern).search(value):
        yield Fault(pointer, "pattern", f"does not fit {pattern}")
    if schema.get("format") == "date-time" and not moment(value):
        yield Fault(
            pointer, "date-time", "is no time with a zone, such as 2026-01-31T10:00:00Z"
        )


@lru_cache(64)
def _compiled(pattern):
    # ``$`` of a schema is the end, not the place before a last line feed; \d is ASCII
    return re.compile(re.sub(r"(?<!\\)\$$", r"\\Z", pattern), re.ASCII)


def moment(text):
    """A time of RFC 3339 as an aware datetime in UTC, None for anything else.

    >>> moment("2026-01-31T10:00:00+02:00").isoformat()
    '2026-01-31T08:00:00+00:00'
    >>> moment("2026-01-31"), moment("0001-01-01T00:00:00+09:00"), moment("x")
    (None, None, None)
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if "T" not in text.upper() or not found.tzinfo or not 1970 <= found.year <= 2099:
        return None
    return found.astimezone(timezone.utc)


def _list_faults(schema, value, root, pointer):
    if len(value) < schema.get("minItems", 0):
        yield Fault(pointer, "too_few", f"has less than {schema['minItems']}")
    if len(value) > schema.get("maxItems", LARGEST):
        yield Fault(pointer, "too_many", f"has over {schema['maxItems']}")
        return
    if schema.get("uniqueItems") and len({repr(each) for each in value}) < len(value):
        yield Fault(pointer, "repeated", "has something twice")
    items = resolve(schema.get("items", {}), root)
    if _are_good_texts(items, value):
        return
    for index, each in enumerate(value):
        yield from _faults(items, each, root, f"{pointer}/{index}")


def _are_good_texts(schema, values):
    """Whether all of a long list of texts are fine, told in a tenth of the time that
    it takes to look for what is not.

    >>> short = {"type": "string", "maxLength": 3, "pattern": "^[a-c]+$"}
    >>> [_are_good_texts(short, values) for values in (["a", "b"], ["a", 1], ["abcd"])]
    [True, False, False]
    """
    if schema.get("type") != "string" or schema.keys() - PLAIN_TEXT:
        return False
    least, most = schema.get("minLength", 0), schema.get("maxLength", LARGEST)
    fits = _compiled(schema.get("pattern", "")).search
    return all(
        isinstance(each, str) and least <= len(each) <= most and fits(each)
        for each in values
    )


def _object_faults(schema, value, root, pointer):
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield Fault(f"{pointer}/{name}", "required", "is missing")
    for name, each in value.items():
        place = f"{pointer}/{_escaped(name)}"
        if name in properties:
            yield from _faults(properties[name], each, root, place)
        elif schema.get("additionalProperties", True) is False:
            yield Fault(
                place, "unknown", "is not known here: nothing would be made of it"
            )


def _escaped(name):
    """
    >>> _escaped("a/b~c")
    'a~1b~0c'
    """
    return str(name)[:80].replace("~", "~0").replace("/", "~1")
