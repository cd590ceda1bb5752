# SPDX-License-Identifier: AGPL-3.0-or-later
"""Amazon's published models, strictly: what they do not name is refused, although
swagger would take it. Requests of ours and answers that tests make have to pass."""

import copy
import functools
import json
import re
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jsonschema

FOLDER = Path(__file__).parent / "models"
MODELS = (
    "orders_2026-01-01",
    "ordersV0",
    "listingsItems_2021-08-01",
    "feeds_2021-06-30",
    "reports_2021-06-30",
    "notifications",
    "fbaInventory",
)
CHECKS = jsonschema.FormatChecker(formats=())


@CHECKS.checks("date-time", raises=ValueError)
def is_utc(value):
    """Amazon refuses times with an offset."""
    if isinstance(value, str):
        if not value.endswith("Z"):
            raise ValueError(value)
        datetime.fromisoformat(value.replace("Z", "+00:00"))
    return True


def load(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


class Operation:
    """One operation of a model.

    :ivar pairs: its static pairs of the sandbox, as (status, parameters, answer)
    """

    def __init__(self, model, path, method, raw, common):
        self.model, self.path, self.method = model, path, method.upper()
        self.name = raw["operationId"]
        self.parameters = [
            model.resolved(each) for each in [*common, *raw.get("parameters", ())]
        ]
        self.responses = raw["responses"]
        self.pattern = re.compile(
            "".join(
                f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("{") else re.escape(part)
                for part in re.split(r"(\{\w+\})", path)
            )
        )

    @property
    def pairs(self):
        for status, response in self.responses.items():
            told = response.get("x-amzn-api-sandbox", {}).get("static", ())
            for each in told:
                values = {
                    name: value.get("value")
                    for name, value in each["request"]["parameters"].items()
                    if "value" in value
                }
                yield int(status), values, each.get("response")

    def check(self, sent):
        """A request as it was sent: :return: its parameters as Amazon reads them

        :raise jsonschema.ValidationError: it is not of the model
        """
        parts = urlsplit(sent["url"])
        found = {
            name: unquote(value)
            for name, value in self.pattern.fullmatch(parts.path).groupdict().items()
        }
        for each in filter(None, parts.query.split("&")):
            name, _equals, text = each.partition("=")
            found[name] = self._read(name, text)
        schema = {"type": "object", "properties": {}, "required": []}
        for each in self.parameters:
            if each["in"] == "body":
                if sent["data"] is not None:
                    found[each["name"]] = json.loads(sent["data"])
                rules = self.model.strict(each["schema"])
            else:
                rules = {
                    key: value
                    for key, value in each.items()
                    if key not in ("name", "in", "required", "description")
                }
            schema["properties"][each["name"]] = rules
            if each.get("required"):
                schema["required"].append(each["name"])
        self.model.validate(found, {**schema, "additionalProperties": False})
        return found

    def _read(self, name, text):
        kinds = {each["name"]: each.get("type") for each in self.parameters}
        if kinds.get(name) == "array":
            return [unquote(each) for each in text.split(",")]
        if kinds.get(name) == "integer":
            return int(text)
        if kinds.get(name) == "boolean":
            return {"true": True, "false": False}[text]
        return unquote(text)

    def check_answer(self, status, answer):
        schema = self.responses[str(status)].get("schema")
        if schema:
            self.model.validate(answer, self.model.strict(schema))


class Model:
    def __init__(self, name):
        self.raw = load(name)
        self.definitions = {
            key: self.strict(value) for key, value in self.raw["definitions"].items()
        }
        self.operations = {
            raw["operationId"]: Operation(
                self, path, method, raw, methods.get("parameters", ())
            )
            for path, methods in self.raw["paths"].items()
            for method, raw in methods.items()
            if isinstance(raw, dict) and "operationId" in raw
        }

    def resolved(self, value):
        ref = value.get("$ref")
        return self.raw["parameters"][ref.rpartition("/")[2]] if ref else value

    def strict(self, schema):
        """A copy in which objects have the named properties and no others."""
        schema = copy.deepcopy(schema)
        self._close(schema)
        return schema

    def _close(self, schema):
        if isinstance(schema, list):
            for each in schema:
                self._close(each)
        elif isinstance(schema, dict):
            for part in schema.pop("allOf", ()):
                ref = part.get("$ref", "").rpartition("/")[2]
                part = self.raw["definitions"][ref] if ref else part
                own = schema.setdefault("properties", {})
                own.update(copy.deepcopy(part["properties"]))
                schema.setdefault("required", []).extend(part.get("required", ()))
            if isinstance(schema.get("properties"), dict):
                schema.setdefault("additionalProperties", False)
            for each in schema.values():
                self._close(each)

    def validate(self, value, schema):
        schema = {**schema, "definitions": self.definitions}
        jsonschema.Draft4Validator(schema, format_checker=CHECKS).validate(value)


@functools.cache
def operations():
    """{name: Operation} of all models; the newer one, where two have the same name."""
    found = {}
    for name in reversed(MODELS):
        found.update(Model(name).operations)
    return found


def check_json(name, value):
    """A document by one of Amazon's JSON schemas, as it is."""
    jsonschema.Draft7Validator(load(name), format_checker=CHECKS).validate(value)
