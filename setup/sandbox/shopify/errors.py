"""Top-level GraphQL errors with the codes of the real API."""

from graphql import GraphQLError


class ApiError(GraphQLError):
    def __init__(self, message, code, **extensions):
        super().__init__(message, extensions={"code": code, **extensions})


class NotInSandbox(ApiError):
    """Part of the published schema that the sandbox does not play."""

    def __init__(self, what):
        super().__init__(f"not in this sandbox: {what}", "NOT_IN_SANDBOX")


def bad_request(message):
    return ApiError(message, "BAD_REQUEST")


def access_denied(field_name, scopes):
    return ApiError(
        f"Access denied for {field_name} field. Required access: {scopes.text}",
        "ACCESS_DENIED",
        documentation="https://shopify.dev/api/usage/access-scopes",
        requiredAccess=scopes.text,
    )


def not_found(gid):
    return ApiError(f"Invalid id: {gid}", "RESOURCE_NOT_FOUND")
