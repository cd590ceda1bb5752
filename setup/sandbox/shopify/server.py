"""HTTP: routes, tokens, and the faults of the wire."""

import time
import uuid

from graphql import GraphQLSyntaxError, OperationDefinitionNode, parse
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.http import http_date
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from ..common.wire import ERROR_PAGE, Listener, halved, strike_after, strike_before
from ..common.wire import json_response as _json
from . import control, engine, schema
from .oauth import OAuthError

WRONG_TOKEN = (
    "[API] Invalid API key or access token (unrecognized login or wrong password)"
)
STATUS_FAULTS = {
    "http_423": (423, "Shop is locked"),
    "http_429": (429, "Exceeded 2 calls per second for api client."),
    "http_430": (430, "Shopify Security Rejection"),
    "http_500": (500, "Internal Server Error"),
    "http_502": (502, "Bad Gateway"),
    "http_503": (503, "Service Unavailable"),
}

ROUTES = Map(
    [
        Rule("/admin/api/<version>/graphql.json", endpoint="graphql"),
        Rule("/admin/oauth/access_token", endpoint="oauth"),
        Rule("/_bulk/<int:number>.jsonl", endpoint="bulk"),
        Rule("/_sandbox/", defaults={"path": ""}, endpoint="control"),
        Rule("/_sandbox/<path:path>", endpoint="control"),
    ]
)


class Server(Listener):
    def __init__(self, sandbox, host, port):
        self.sandbox = sandbox
        super().__init__(self.application, host, port)

    def application(self, environ, start_response):
        request = Request(environ)
        try:
            endpoint, values = ROUTES.bind_to_environ(environ).match()
            answer = getattr(self, f"_{endpoint}")(request, **values)
        except NotFound:
            answer = _json({"errors": "Not Found"}, 404)
        except HTTPException as error:
            answer = _json({"errors": error.name}, error.code)
        answer.headers["X-Request-Id"] = str(uuid.uuid4())
        answer.headers["Date"] = http_date(self.sandbox.store.clock.now())
        return answer(environ, start_response)

    # Routes

    def _control(self, request, path):
        return control.handle(self.sandbox, request, path)

    def _bulk(self, request, number):
        record = self.sandbox.store.bulk_operations.get(number)
        if record is None or record.lines is None:
            raise NotFound()
        return Response(record.lines, mimetype="application/jsonl")

    def _oauth(self, request):
        entry = self.sandbox.log.open(request.method, request.path)
        entry["names"] = ["oauth"]
        struck = self.sandbox.faults.draw({"oauth"}, named_only=True)
        answer = self._before(request, struck)
        if answer is None:
            form = request.get_json(silent=True) or request.form.to_dict()
            try:
                answer = _json(self.sandbox.tokens.exchange(form))
            except OAuthError as error:
                body = {"error": error.code, "error_description": str(error)}
                answer = _json(body, error.status)
        answer = self._after(request, struck, answer)
        entry["status"] = answer.status_code
        return answer

    def _graphql(self, request, version):
        entry = self.sandbox.log.open(request.method, request.path)
        started = time.monotonic()
        try:
            answer = self._answer(request, version, entry)
            entry["status"] = answer.status_code
            return answer
        finally:
            entry["seconds"] = round(time.monotonic() - started, 4)

    def _answer(self, request, version, entry):
        if request.method != "POST":
            return _json({"errors": "Not Found"}, 404)
        try:
            config = self.sandbox.config
            served = schema.resolve_version(
                config.schemas, version, config.oldest_version
            )
        except schema.UnknownVersion:
            return _json({"errors": "Not Found"}, 404)
        token = self.sandbox.tokens.check(
            request.headers.get("X-Shopify-Access-Token", "")
        )
        if token is None:
            return _json({"errors": WRONG_TOKEN}, 401)
        self.sandbox.tokens.used(token)
        text, variables, name = _read(request)
        if text is None:
            errors = {"query": "Required parameter missing or invalid"}
            return _json({"errors": errors}, 400)
        names = _names(text, name)
        entry.update(
            version=served, names=sorted(names), query=text, variables=variables
        )
        struck = self.sandbox.faults.draw(names)
        answer = self._before(request, struck)
        if answer is None:
            body = self._run(served, token, struck, text, variables, name)
            entry["answer"] = body
            answer = _json(body)
        answer = self._after(request, struck, answer)
        answer.headers["X-Shopify-API-Version"] = served
        return answer

    def _run(self, version, token, struck, text, variables, name):
        ctx = self.sandbox.context(version, token.scopes)
        if "slow_commit" in struck:
            ctx.commit_delay = struck["slow_commit"].seconds
        if "stale_field_null" in struck:
            ctx.stale_field_null = True
        if "throttled" in struck:
            self.sandbox.bucket.drain()
        if "internal_error" in struck:
            return {"errors": [_internal_error()]}
        return engine.run(ctx, self.sandbox.bucket, text, variables, name)

    # Faults of the wire

    def _before(self, request, struck):
        """What strikes before anything is done; None lets the request through."""
        strike_before(self.sandbox, request, struck)
        if "unauthorized" in struck:
            return _json({"errors": WRONG_TOKEN}, 401)
        for kind, (status, message) in STATUS_FAULTS.items():
            if kind in struck:
                answer = _json({"errors": message}, status)
                if status in (429, 503):
                    answer.headers["Retry-After"] = str(struck[kind].retry_after)
                return answer
        return None

    def _after(self, request, struck, answer):
        """What strikes once the work is done."""
        strike_after(self.sandbox, request, struck)
        if "http_500_after_commit" in struck:
            return _json({"errors": "Internal Server Error"}, 500)
        if "html" in struck:
            return Response(ERROR_PAGE, mimetype="text/html")
        if "truncated" in struck:
            return halved(answer)
        return answer


def _internal_error():
    return {
        "message": "Internal error. Looks like something went wrong on our end.",
        "extensions": {
            "code": "INTERNAL_SERVER_ERROR",
            "requestId": str(uuid.uuid4()),
        },
    }


def _read(request):
    """(document, variables, operation name) of a request; None if there is none."""
    if request.mimetype == "application/graphql":
        return request.get_data(as_text=True), None, None
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        return None, None, None
    return body["query"], body.get("variables"), body.get("operationName")


def _names(text, operation_name):
    """By what a fault may name a request: its operations and root fields."""
    names = {operation_name} if operation_name else set()
    try:
        document = parse(text, no_location=True)
    except GraphQLSyntaxError:
        return names
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            if node.name:
                names.add(node.name.value)
            names.update(_roots(node))
    return names


def _roots(operation):
    return {
        node.name.value
        for node in operation.selection_set.selections
        if hasattr(node, "alias")
    }
