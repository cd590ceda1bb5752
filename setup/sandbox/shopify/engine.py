"""Executes one GraphQL request against the published schema."""

import functools
import logging
import uuid

from graphql import (
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    execute,
    get_operation_ast,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from .access import Access
from .cost import CostCounter
from .errors import ApiError
from .resolver import VIEWS, resolve_field, resolve_type, uncovered

_logger = logging.getLogger(__name__)

THROTTLED = {
    "message": "Throttled",
    "extensions": {
        "code": "THROTTLED",
        "documentation": "https://shopify.dev/api/usage/rate-limits",
    },
}


class Context:
    """What resolvers know of the request they work for."""

    # Bulk queries read whole connections, the root one window by window.
    bulk = False
    window = None
    commit_delay = 0.0
    stale_field_null = False

    def __init__(self, sandbox, api, scopes):
        self.sandbox = sandbox
        self.store = sandbox.store
        self.idempotency = sandbox.idempotency
        self.api = api
        self.schema = api.schema
        self.version = api.version
        self.access = Access(api, scopes)
        self.commit_delay = sandbox.config.mutation_latency
        self.stale_field_null = sandbox.config.stale_field_null

    def root(self, type_name):
        return VIEWS[type_name](None, self)


@functools.lru_cache(maxsize=512)
def _prepared(api, text):
    """(document, errors) of a text: parsing and validating is done once."""
    try:
        document = parse(text, no_location=False)
    except GraphQLSyntaxError as error:
        return None, [error]
    errors = validate(api.schema, document)
    return document, errors or uncovered(api.schema, document)


def prepare(api, text, operation_name=None):
    """Return (document, operation, errors as the API shows them)."""
    document, errors = _prepared(api, text)
    if errors:
        return None, None, [_validation_error(error) for error in errors]
    operation = get_operation_ast(document, operation_name or None)
    if operation is None:
        message = (
            f"No operation named {operation_name!r}"
            if operation_name
            else "An operation name is required"
        )
        return None, None, [{"message": message}]
    return document, operation, None


def run(ctx, bucket, text, variables=None, operation_name=None):
    """Execute and return the body of the answer."""
    document, operation, errors = prepare(ctx.api, text, operation_name)
    if errors:
        return {"errors": errors}
    variables = variables or {}
    coerced, errors = _coerce(ctx, operation, variables)
    if errors:
        return {"errors": errors}
    counter = CostCounter(ctx.schema, fragments(document), coerced)
    root = ctx.schema.get_root_type(operation.operation)
    requested = counter.requested(operation, root)
    limit = ctx.sandbox.config.max_query_cost
    if requested > limit:
        return {"errors": [_too_dear(requested, limit)]}
    if not bucket.take(requested):
        return {"errors": [THROTTLED], **_cost(bucket, requested, None)}
    result = execute_document(ctx, document, variables, operation_name)
    actual = min(counter.actual(operation, root, result.data), requested)
    bucket.give_back(requested - actual)
    body = {"data": result.data}
    if result.errors:
        body["errors"] = [_execution_error(error) for error in result.errors]
    return {**body, **_cost(bucket, requested, actual)}


def execute_document(ctx, document, variables=None, operation_name=None):
    # One lock for the whole document: an answer is of one moment.
    with ctx.store.transaction():
        return execute(
            ctx.schema,
            document,
            context_value=ctx,
            variable_values=variables,
            operation_name=operation_name or None,
            field_resolver=resolve_field,
            type_resolver=resolve_type,
        )


def fragments(document):
    return {
        node.name.value: node
        for node in document.definitions
        if not isinstance(node, OperationDefinitionNode)
    }


def _coerce(ctx, operation, variables):
    result = get_variable_values(
        ctx.schema, operation.variable_definitions or (), variables
    )
    if isinstance(result, list):
        return None, [_variable_error(error) for error in result]
    # A dict in graphql-core 3.2, an object that holds it in 3.3.
    return getattr(result, "coerced", result), None


def _variable_error(error):
    return {
        **error.formatted,
        "extensions": {"code": "INVALID_VARIABLE", "problems": []},
    }


def _validation_error(error):
    formatted = error.formatted
    if "extensions" not in formatted:
        code = "undefinedField" if "Cannot query field" in error.message else None
        formatted["extensions"] = {"code": code or "GRAPHQL_VALIDATION_FAILED"}
    return formatted


def _execution_error(error):
    if error.original_error and not isinstance(error.original_error, GraphQLError):
        _logger.error("sandbox bug", exc_info=error.original_error)
        return {
            "message": f"sandbox bug: {error.original_error!r}",
            "extensions": {
                "code": "INTERNAL_SERVER_ERROR",
                "requestId": str(uuid.uuid4()),
            },
        }
    return error.formatted


def _too_dear(cost, limit):
    return ApiError(
        f"Query cost is {cost}, which exceeds the single query max cost limit"
        f" ({limit}).",
        "MAX_COST_EXCEEDED",
        cost=cost,
        maxCost=limit,
        documentation="https://shopify.dev/api/usage/rate-limits",
    ).formatted


def _cost(bucket, requested, actual):
    return {
        "extensions": {
            "cost": {
                "requestedQueryCost": requested,
                "actualQueryCost": actual,
                "throttleStatus": bucket.status(),
            }
        }
    }
