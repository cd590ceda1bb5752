"""The operations of the API: found by path, read and answered by Amazon's models."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from . import schema
from .errors import ApiError

# {operation id: (schema.Operation, handler)}
HANDLERS = {}
BOOLEANS = {"true": True, "false": False}
PAGE = 10


@dataclass
class Call:
    """A request that fits its model.

    :ivar query: {name: value} with lists, numbers and booleans as the model has them
    :ivar path: {name: decoded part}
    """

    shop: object
    seller: str
    query: dict
    path: dict
    body: object

    @property
    def store(self):
        return self.shop.store

    def refuse(self, rule, code="InvalidInput", message="", status=400, details=""):
        """:raise ApiError: unless the rule is switched off"""
        refuse(self.store, rule, code, message, status, details)

    def check_marketplaces(self, names):
        for name in names:
            if name not in self.store.config.marketplaces:
                words = f"Invalid marketplaceId {name}."
                self.refuse("wrong_marketplace", message=words)


def refuse(store, rule, code="InvalidInput", message="", status=400, details=""):
    """:raise ApiError: unless the rule is switched off"""
    if store.rules.strikes(rule):
        raise ApiError(status, code, message or "Invalid Input", details, rule)


def operation(model, name, status=200):
    """Register a handler ``function(call)``; it returns the body of the answer."""

    def register(function):
        HANDLERS[name] = schema.operations(model)[name], function, status
        return function

    return register


def find(store, method, path):
    """(operation, handler, status, path parts) of a path as it stood in the request.

    :raise ApiError: there is none
    """
    for entry, function, status in HANDLERS.values():
        found = entry.pattern.match(path)
        if found and entry.method == method:
            parts = {name: unquote(text) for name, text in found.groupdict().items()}
            return entry, function, status, parts
    for entry, _function, _status in HANDLERS.values():
        loose = re.sub(r"\[\^/\]", ".", entry.pattern.pattern)
        if entry.method == method and re.match(loose, path):
            words = "A part of the path is not encoded."
            raise ApiError(404, "NotFound", words, rule="unencoded_path")
    raise ApiError(404, "NotFound", f"No {method} {path}.", rule="unknown_operation")


def read_query(store, entry, arguments):
    """Query parameters by the model.

    :param arguments: [(name, text)] as they came
    :raise ApiError: they break it
    """
    known = {each["name"]: each for each in entry.of("query")}
    values = {}
    for name, text in arguments:
        if name not in known:
            refuse(store, "unknown_parameter", message=f"Unknown parameter {name}.")
            continue
        if name in values:
            words = f"Parameter {name} is there twice; lists are separated by commas."
            refuse(store, "wrong_value", message=words)
        values[name] = _value(store, known[name], text)
    for name, parameter in known.items():
        if parameter.get("required") and name not in values:
            words = f"Missing required parameter {name}."
            refuse(store, "missing_parameter", message=words)
    return values


def _value(store, parameter, text):
    value, name = text, parameter["name"]
    if parameter["type"] == "array":
        value = text.split(",")
    elif parameter["type"] == "integer" and re.fullmatch(r"-?\d+", text):
        value = int(text)
    elif parameter["type"] == "boolean":
        value = BOOLEANS.get(text, text)
    if problem := schema.first_problem(parameter | {"required": []}, value, {}):
        words = f"Invalid value of {name}: {problem}"
        many = name == "identifiers" and "entries" in problem
        rule = "too_many_identifiers" if many else "wrong_value"
        refuse(store, rule, message=words)
    return value


def read_body(store, entry, request):
    """The JSON of a request, by the model.

    :raise ApiError: it breaks it
    """
    wanted = entry.of("body")
    text = request.get_data()
    if not wanted:
        if text:
            refuse(store, "wrong_body", message="A body where none is taken.")
        return None
    try:
        if request.mimetype != "application/json":
            raise ValueError(f"Content-Type {request.mimetype!r}")
        body = json.loads(text)
    except ValueError as error:
        words = f"Could not parse the body: {error}"
        raise ApiError(400, "InvalidInput", words, rule="wrong_body") from error
    problem = schema.first_problem(wanted[0]["schema"], body, entry.document)
    if problem:
        if "packageReferenceId" in problem:
            # its own name: a whole integration failed of it (issue 5094)
            refuse(store, "reference_type", message=problem)
        else:
            refuse(store, "wrong_body", message=problem)
    return body


def list_page(call, kind, view):
    """The answer of getFeeds or getReports: newest first, page by page.

    :param kind: "feed" or "report"
    :param view: makes of one of them what the list says of it
    """
    query, store, place, kinds = call.query, call.store, 0, f"{kind}s"
    if "nextToken" in query:
        if set(query) != {"nextToken"}:
            words = "nextToken does not go with other parameters."
            call.refuse("page_token", message=words)
        query, place = call.shop.pages.get((kinds, query["nextToken"]), ({}, 0))
    types = f"{kind}Types"
    if not query.get(types):
        call.refuse("missing_parameter", message=f"{types} or nextToken is required.")
    size = query.get("pageSize", PAGE)
    records = getattr(store, kinds).values()
    found = [each for each in reversed(records) if is_listed(query, each, types)]
    answer = {kinds: [view(each) for each in found[place : place + size]]}
    if place + size < len(found):
        token = f"{kinds}-{store.number()}"
        call.shop.pages[kinds, token] = query, place + size
        answer["nextToken"] = token
    return answer


def view_document(call, name):
    """The answer of getFeedDocument or getReportDocument.

    :param name: what both the path and the answer call its id
    """
    record = call.store.documents.get(call.path[name])
    if record is None or record.body is None:
        raise ApiError(404, "NotFound", "The document was not found.")
    return call.shop.documents.view(record, name)


def is_listed(query, record, kinds):
    """Whether a list of feeds or reports that was asked for so has the record.

    :param kinds: the name of the types in the query
    """
    places = query.get("marketplaceIds", record.marketplaces)
    since, until = (
        datetime.fromisoformat(query[name].replace("Z", "+00:00"))
        if name in query
        else record.created
        for name in ("createdSince", "createdUntil")
    )
    return (
        record.type in query.get(kinds, (record.type,))
        and record.status in query.get("processingStatuses", (record.status,))
        and bool(set(record.marketplaces) & set(places))
        and since <= record.created <= until
    )


def check_answer(store, entry, status, body):
    """Amazon's models bind the sandbox as well."""
    if status not in entry.answers:
        problem = f"no answer {status}"
    elif entry.answers[status] is None:
        problem = f"{status} has no body" if body else None
    else:
        problem = schema.first_problem(entry.answers[status], body, entry.document)
    if problem:
        store.violations.note("own_answers", f"{entry.id}: {problem}")
    return problem
