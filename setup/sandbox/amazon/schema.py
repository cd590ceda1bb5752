"""Amazon's published models: what an operation takes and answers, to the letter.

Both Swagger 2.0 and the draft-07 schemas, as far as these documents use them. Unknown
fields are wrong here although the documents do not say so: an app that sends one relies
on nobody looking.
"""

import functools
import json
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "models"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
KINDS = {
    "string": str,
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


@functools.cache
def load(name):
    """A document by its file name, without ``.json``."""
    return json.loads(FOLDER.joinpath(f"{name}.json").read_text(encoding="utf-8"))


def problems(schema, value, document, where="", strict=True):
    """Yield what of the value breaks the schema, as sentences with the place."""
    if schema is False:
        yield f"{where or 'it'} is not allowed here"
        return
    if schema is True or not schema:
        return
    schema = _resolve(schema, document)
    kinds = schema.get("type", ())
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is(value, kind) for kind in kinds):
        yield f"{where or 'it'} is {_name(value)} and not {' or '.join(kinds)}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{where} must be {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} {value!r} is none of {', '.join(map(str, schema['enum']))}"
    if isinstance(value, str):
        yield from _text(schema, value, where)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
            yield f"{where} {value} is out of range"
    elif isinstance(value, list):
        yield from _list(schema, value, document, where, strict)
    elif isinstance(value, dict):
        yield from _object(schema, value, document, where, strict)


def first_problem(schema, value, document):
    """One sentence, or None where all is as it should be."""
    return next(problems(schema, value, document), None)


def _resolve(schema, document):
    while "$ref" in schema:
        schema = document["definitions"][schema["$ref"].rpartition("/")[2]]
    if "allOf" not in schema:
        return schema
    whole = {"type": "object", "properties": {}, "required": []}
    for part in schema["allOf"]:
        part = _resolve(part, document)
        whole["properties"].update(part.get("properties", {}))
        whole["required"] += part.get("required", [])
    return whole


def _is(value, kind):
    if kind in ("integer", "number"):
        if isinstance(value, bool):
            return False
        return isinstance(value, int if kind == "integer" else int | float)
    return isinstance(value, KINDS[kind])


def _name(value):
    return next(
        (kind for kind in (*KINDS, "integer", "number") if _is(value, kind)), "?"
    )


def _text(schema, value, where):
    if schema.get("format") == "date-time" and not TIME.match(value):
        yield f"{where} {value!r} is not an ISO 8601 date and time"
    if len(value) < schema.get("minLength", 0):
        yield f"{where} is too short"
    if len(value) > schema.get("maxLength", len(value)):
        yield f"{where} is too long"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where} {value!r} does not fit {schema['pattern']}"


def _list(schema, value, document, where, strict):
    if len(value) < schema.get("minItems", 0):
        yield f"{where} has too few entries"
    if len(value) > schema.get("maxItems", len(value)):
        yield f"{where} has more than {schema['maxItems']} entries"
    for number, entry in enumerate(value):
        place = f"{where}[{number}]"
        yield from problems(schema.get("items"), entry, document, place, strict)


def _object(schema, value, document, where, strict):
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{where + '.' if where else ''}{name} is missing"
    more = schema.get("additionalProperties", not (strict and known))
    for name, entry in value.items():
        place = f"{where}.{name}" if where else name
        inner = known.get(name, more)
        if inner is False and name not in known:
            yield f"{place} is unknown"
        else:
            yield from problems(inner, entry, document, place, strict)
    if "oneOf" in schema:
        fits = [
            branch
            for branch in schema["oneOf"]
            if not any(problems(branch, value, document, where, strict=False))
        ]
        if len(fits) != 1:
            yield f"{where or 'it'} fits {len(fits)} of the forms it may have"


class Operation:
    """One operation of a model: where it is, what it takes and what it answers."""

    def __init__(self, document, path, method, entry, shared):
        self.document, self.method, self.path = document, method.upper(), path
        self.id = entry["operationId"]
        self.parameters = [
            self._parameter(each) for each in [*entry.get("parameters", []), *shared]
        ]
        self.answers = {
            int(status): answer.get("schema")
            for status, answer in entry["responses"].items()
            if status.isdigit()
        }
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)
        self.pattern = re.compile(pattern + "$")

    def _parameter(self, parameter):
        if "$ref" in parameter:
            parameter = self.document["parameters"][
                parameter["$ref"].rpartition("/")[2]
            ]
        return parameter

    def of(self, place):
        return [each for each in self.parameters if each["in"] == place]


@functools.cache
def operations(name):
    """{operation id: Operation} of a model."""
    document = load(name)
    found = {}
    for path, methods in document["paths"].items():
        shared = methods.get("parameters", [])
        for method, entry in methods.items():
            if method in ("get", "put", "post", "patch", "delete"):
                operation = Operation(document, path, method, entry, shared)
                found[operation.id] = operation
    return found
