"""Bulk queries: run in the background, read as JSON lines.

Every node of a connection becomes one line; a nested node names its parent in
``__parentId``. Without ``groupObjects`` the parents come first and their children
after all of them, because the real order is not guaranteed either.
"""

import json
import threading

from graphql import FieldNode, FragmentSpreadNode, get_named_type

from . import engine
from .connection import Window
from .models import BulkOperation

MAX_CONNECTIONS = 5
MAX_DEPTH = 2


class BulkError(Exception):
    def __init__(self, message, code="INVALID"):
        super().__init__(message)
        self.code = code


def start(ctx, query, group_objects):
    """Check a query and run it later; return its operation."""
    store = ctx.store
    if any(
        record.status in ("CREATED", "RUNNING")
        for record in store.bulk_operations.values()
    ):
        raise BulkError(
            "A bulk query operation for this app and shop is already in progress.",
            "OPERATION_IN_PROGRESS",
        )
    _check(ctx, query)
    record = BulkOperation(
        store.next_id(), query, ctx.version, store.clock.tick(), group_objects
    )
    store.bulk_operations[record.id] = record
    scopes = ctx.access.scopes
    timer = threading.Timer(
        store.config.bulk_delay, _run, (ctx.sandbox, ctx.api, scopes, record)
    )
    timer.daemon = True
    timer.start()
    return record


def _check(ctx, query):
    document, operation, errors = engine.prepare(ctx.api, query)
    if errors:
        message = "; ".join(error["message"] for error in errors)
        raise BulkError(f"Invalid bulk query: {message}")
    if operation.operation.value != "query":
        raise BulkError("Bulk queries must be queries.")
    shape = _Shape(ctx.schema, engine.fragments(document))
    shape.walk(operation.selection_set, ctx.schema.query_type, 0)
    if not shape.connections:
        raise BulkError("Bulk queries must contain at least one connection.")
    if shape.connections > MAX_CONNECTIONS:
        raise BulkError("Bulk queries cannot contain more than 5 connections.")
    if shape.depth > MAX_DEPTH + 1:
        raise BulkError(
            "Bulk queries cannot contain connections with a nesting depth greater"
            " than 2."
        )
    if shape.roots & {"node", "nodes"}:
        raise BulkError("Bulk queries cannot have top level node or nodes fields.")


class _Shape:
    """Counts the connections of a query and how deep they nest."""

    def __init__(self, schema, fragments):
        self.schema, self.fragments = schema, fragments
        self.connections = self.depth = 0
        self.roots = set()

    def walk(self, selections, parent, depth):
        for node in selections.selections:
            if isinstance(node, FieldNode):
                self._field(node, parent, depth)
                continue
            if isinstance(node, FragmentSpreadNode):
                node = self.fragments[node.name.value]
            condition = node.type_condition
            target = self.schema.type_map[condition.name.value] if condition else parent
            self.walk(node.selection_set, target, depth)

    def _field(self, node, parent, depth):
        if parent is self.schema.query_type:
            self.roots.add(node.name.value)
        definition = getattr(parent, "fields", {}).get(node.name.value)
        if definition is None or node.selection_set is None:
            return
        named = get_named_type(definition.type)
        if named.name.endswith("Connection"):
            self.connections += 1
            depth += 1
            self.depth = max(self.depth, depth)
        self.walk(node.selection_set, named, depth)


def _run(sandbox, api, scopes, record):
    store = sandbox.store
    record.status = "RUNNING"
    ctx = engine.Context(sandbox, api, scopes)
    ctx.bulk = True
    lines, errors = _read_all(ctx, api, record)
    with store.transaction():
        record.completed_at = store.clock.tick()
        if errors:
            codes = [(error.extensions or {}).get("code") for error in errors]
            denied = "ACCESS_DENIED" in codes
            record.status = "FAILED"
            record.error_code = "ACCESS_DENIED" if denied else "INTERNAL_SERVER_ERROR"
        else:
            record.lines = "".join(json.dumps(line) + "\n" for line in lines)
            record.objects = len(lines)
            record.root_objects = sum("__parentId" not in line for line in lines)
            record.status = "COMPLETED"
        store.emit("bulk_operations/finish", _payload, record)


def _read_all(ctx, api, record):
    """(lines, errors); the shop goes on between two windows of the root."""
    document, operation, _errors = engine.prepare(api, record.query)
    window = Window() if _is_one_list(api.schema, operation) else None
    lines = []
    while True:
        ctx.window = window
        result = engine.execute_document(ctx, document)
        if result.errors:
            return [], result.errors
        lines += _Lines().of(result.data)
        if window is None or window.after is None:
            break
    if not record.group_objects:
        lines.sort(key=lambda line: "__parentId" in line)
    return lines, None


def _is_one_list(schema, operation):
    """Is the query one root connection, which can be read in windows?"""
    (first, *more) = operation.selection_set.selections
    if more or not isinstance(first, FieldNode):
        return False
    field = schema.query_type.fields[first.name.value]
    return get_named_type(field.type).name.endswith("Connection")


def _payload(record):
    return {
        "admin_graphql_api_id": record.gid,
        "completed_at": str(record.completed_at),
        "created_at": str(record.created_at),
        "error_code": record.error_code and record.error_code.lower(),
        "status": record.status.lower(),
        "type": "query",
    }


class _Lines:
    """Turns a nested answer into lines, children after their parent."""

    def of(self, data):
        lines = []
        for value in (data or {}).values():
            for node in _nodes(value):
                self._add(node, None, lines)
        return lines

    def _add(self, node, parent_id, lines):
        children = []
        line = self._strip(node, children)
        if parent_id is not None:
            line["__parentId"] = parent_id
        lines.append(line)
        for child in children:
            self._add(child, node.get("id"), lines)

    def _strip(self, node, children):
        """The node without its connections, whose nodes are collected."""
        line = {}
        for name, value in node.items():
            if isinstance(value, dict) and _is_connection(value):
                children.extend(_nodes(value))
            elif isinstance(value, dict):
                line[name] = self._strip(value, children)
            else:
                line[name] = value
        return line


def _is_connection(value):
    return "nodes" in value or "edges" in value


def _nodes(value):
    if not isinstance(value, dict):
        return []
    if "nodes" in value:
        return value["nodes"]
    if "edges" in value:
        return [edge["node"] for edge in value["edges"]]
    return [node for inner in value.values() for node in _nodes(inner)]
