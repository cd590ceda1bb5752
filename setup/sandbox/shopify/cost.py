"""What a document costs, in points.

Shopify publishes the principle (objects 1, connections by size, mutations 10) and
not the arithmetic. Live answers show that a page of 250 costs about eleven times
its node and not 250 times, so the size of a page counts by its logarithm here.
"""

import math

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    value_from_ast_untyped,
)

MUTATION = 10
CONNECTION = 2


def page_weight(size):
    """How often the cost of a node counts for a page of this size."""
    return max(1, round(2 * math.log(size))) if size else 0


class CostCounter:
    """Counts one operation, before it runs or by what it returned."""

    def __init__(self, schema, fragments, variables):
        self.schema = schema
        self.fragments = fragments
        self.variables = variables

    def requested(self, operation, root):
        return max(1, self._selection(operation.selection_set, root, _Unknown))

    def actual(self, operation, root, data):
        return max(1, self._selection(operation.selection_set, root, data or {}))

    def _selection(self, selections, parent, data):
        """Fields add up; of fragments on different types the dearest counts."""
        cost, by_type = 0, {}
        for node in selections.selections:
            if not self._included(node):
                continue
            if isinstance(node, FieldNode):
                cost += self._field(node, parent, data)
                continue
            target, inner = self._fragment(node, parent)
            part = self._selection(inner, target, data)
            by_type[target.name] = by_type.get(target.name, 0) + part
        if is_abstract_type(parent):
            return cost + max(by_type.values(), default=0)
        return cost + sum(by_type.values())

    def _included(self, node):
        for directive in node.directives or ():
            name = directive.name.value
            if name in ("skip", "include"):
                flag = self._value(directive.arguments[0])
                if flag is not (name == "include"):
                    return False
        return True

    def _fragment(self, node, parent):
        if isinstance(node, FragmentSpreadNode):
            node = self.fragments[node.name.value]
        condition = node.type_condition
        target = self.schema.type_map[condition.name.value] if condition else parent
        return target, node.selection_set

    def _field(self, node, parent, data):
        definition = getattr(parent, "fields", {}).get(node.name.value)
        if definition is None or not is_composite_type(get_named_type(definition.type)):
            return 0
        key = node.alias.value if node.alias else node.name.value
        value = data if data is _Unknown else (data or {}).get(key)
        if value is None:
            return MUTATION if parent is self.schema.mutation_type else 0
        named = get_named_type(definition.type)
        if parent is self.schema.mutation_type:
            return MUTATION + self._below_payload(node.selection_set, named, value)
        if named.name.endswith("Connection"):
            return self._connection(node, named, value)
        return self._objects(node, named, definition, value)

    def _below_payload(self, selections, payload, value):
        """The objects of a payload are in the price; lists below them are not."""
        return max(0, self._selection(selections, payload, value) - MUTATION)

    def _connection(self, node, named, value):
        if value is _Unknown:
            page = self._arguments(node)
            weight = page_weight(page.get("first") or page.get("last") or 0)
            items = [_Unknown]
        else:
            items = value.get("nodes")
            if items is None:
                items = value.get("edges") or []
            weight = page_weight(len(items))
        if not weight:
            return 0
        per_node = max(self._page(node, named, item) for item in items)
        return CONNECTION + weight * per_node

    def _page(self, node, named, item):
        """The cost of one node of a page, by ``nodes`` or by ``edges { node }``."""
        cost = 0
        for inner in node.selection_set.selections:
            if not isinstance(inner, FieldNode):
                continue
            target = get_named_type(named.fields[inner.name.value].type)
            if inner.name.value == "nodes":
                cost = max(cost, 1 + self._selection(inner.selection_set, target, item))
            elif inner.name.value == "edges":
                cost = max(cost, self._selection(inner.selection_set, target, item))
        return max(cost, 1)

    def _objects(self, node, named, definition, value):
        arguments = self._arguments(node)
        if not _is_list(definition.type):
            return 1 + self._selection(node.selection_set, named, value)
        if value is not _Unknown:
            items = [item for item in value if item is not None]
            weight = page_weight(len(items)) if arguments else bool(items)
            each = [self._selection(node.selection_set, named, item) for item in items]
            return weight * (1 + max(each, default=0))
        size = arguments.get("first") or len(arguments.get("ids") or ()) or 1
        return page_weight(size) * (
            1 + self._selection(node.selection_set, named, _Unknown)
        )

    def _arguments(self, node):
        result = {}
        for argument in node.arguments or ():
            name = argument.name.value
            if name in ("first", "last", "ids"):
                result[name] = self._value(argument)
        return result

    def _value(self, argument):
        return value_from_ast_untyped(argument.value, self.variables)


class _Unknown:
    """Stands for an answer that is not there yet."""


def _is_list(kind):
    if is_non_null_type(kind):
        kind = kind.of_type
    return is_list_type(kind)
