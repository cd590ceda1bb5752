"""HTTP: tokens, limits, Amazon's models on both sides, and the faults of the wire."""

import time
import uuid
from contextlib import nullcontext

from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from ..common.wire import (
    ERROR_PAGE,
    Listener,
    halved,
    json_response,
    strike_after,
    strike_before,
)
from . import (  # noqa: F401 (their operations)
    api,
    control,
    fba,
    feeds,
    limits,
    notifications,
    reports,
    rest_listings,
    rest_orders,
    rest_shipping,
    sqs,
)
from .errors import ApiError, TokenError, quota, unauthorized

INTERNAL = ("InternalFailure", "We encountered an internal error. Please try again.")
UNAVAILABLE = ("ServiceUnavailable", "Service is temporarily unavailable.")
# By the models these answers do not bear the header of the limits.
WITHOUT_LIMITS = (401, 403, 413, 415, 429, 500, 503)


class Server(Listener):
    def __init__(self, shop, host, port):
        self.shop = shop
        self.queue = sqs.Endpoint(shop)
        super().__init__(self.application, host, port)

    def application(self, environ, start_response):
        request = Request(environ)
        # as it stood in the request: a SKU may have an encoded slash
        path = environ.get("RAW_URI", request.path).partition("?")[0]
        if request.path.startswith("/_sandbox/"):
            name = request.path.removeprefix("/_sandbox/")
            answer = control.handle(self.shop, request, name)
        else:
            answer = self._logged(request, path)
        answer.headers["Date"] = http_date(self.shop.store.clock.now())
        return answer(environ, start_response)

    def _logged(self, request, path):
        entry = self.shop.log.open(request.method, path)
        started = time.monotonic()
        try:
            answer = self._answer(request, path, entry)
            entry["status"] = answer.status_code
            return answer
        finally:
            entry["seconds"] = round(time.monotonic() - started, 4)

    def _answer(self, request, path, entry):
        if "X-Amz-Target" in request.headers:
            names = self.queue.names(request)
            # a long poll must not keep the lock
            return self._play(
                request, entry, names, lambda: self.queue.answer(request, path), False
            )
        if path == "/auth/o2/token" and request.method == "POST":
            return self._play(request, entry, ["lwa"], lambda: self._token(request))
        if path.startswith("/_documents/"):
            names = ["document", f"document.{request.method}"]
            documents = self.shop.documents
            return self._play(request, entry, names, lambda: documents.answer(request))
        return self._operation(request, path, entry)

    def _play(self, request, entry, names, function, locked=True):
        """Do it with the faults that strike a request of these names."""
        entry["names"] = names
        struck = self.shop.faults.draw(set(names))
        answer = self._before(request, struck)
        if answer is None:
            with self.shop.store.transaction() if locked else nullcontext():
                answer = function()
        return self._after(request, struck, answer)

    def _token(self, request):
        if request.mimetype != "application/x-www-form-urlencoded":
            error = TokenError("invalid_request", "The request is not a form.")
        else:
            try:
                return json_response(self.shop.access.exchange(request.form))
            except TokenError as refusal:
                error = refusal
        body = {"error": error.code, "error_description": str(error)}
        return json_response(body, error.status)

    # --- the API

    def _operation(self, request, path, entry):
        shop, known = self.shop, None
        entry.update(
            query=request.query_string.decode(), body=request.get_data(as_text=True)
        )
        try:
            known, function, status, parts = api.find(shop.store, request.method, path)
            arguments = known, function, status, parts
            answer = self._play(
                request, entry, [known.id], lambda: self._run(request, *arguments)
            )
        except ApiError as error:
            # a path that nobody knows
            shop.violations.note(error.rule, f"{request.method} {path}")
            answer = json_response(error.body(), error.status)
        answer.headers["x-amzn-RequestId"] = str(uuid.uuid4())
        return answer

    def _run(self, request, entry, function, status, parts):
        """One operation, under the lock: who asks, how often, what, and the answer."""
        shop, store = self.shop, self.shop.store
        try:
            seller = shop.access.check(request.headers, entry.id)
            now, config = store.clock.time(), shop.config
            if not shop.limits.take(config, seller or "-", entry.id, now):
                raise quota("throttled")
            query = api.read_query(store, entry, request.args.items(multi=True))
            body = api.read_body(store, entry, request)
            call = api.Call(shop, seller, query, parts, body)
            result = function(call)
        except ApiError as error:
            status, result = error.status, error.body()
            if error.rule:
                shop.violations.note(error.rule, f"{entry.id}: {error}")
        if problem := api.check_answer(store, entry, status, result):
            words = f"sandbox: {entry.id} would answer against its model: {problem}"
            return json_response({"errors": [{"code": "X", "message": words}]}, 500)
        answer = (
            Response(b"", status) if result is None else json_response(result, status)
        )
        if status not in WITHOUT_LIMITS and store.rules.strikes("rate_header"):
            rate, _burst = limits.rate_of(entry.id)
            text = f"{rate * shop.config.rate_factor:g}"
            answer.headers["x-amzn-RateLimit-Limit"] = text
        return answer

    # --- faults of the wire

    def _before(self, request, struck):
        """What strikes before anything is done; None lets the request through."""
        strike_before(self.shop, request, struck)
        if "http_500" in struck:
            return _error(500, *INTERNAL)
        if "http_502" in struck:
            return Response(ERROR_PAGE, 502, mimetype="text/html")
        if "http_503" in struck:
            return _error(503, *UNAVAILABLE)
        if "http_429" in struck:
            return json_response(quota(None).body(), 429)
        if "unauthorized" in struck:
            return json_response(unauthorized(None).body(), 403)
        return None

    def _after(self, request, struck, answer):
        """What strikes once the work is done."""
        strike_after(self.shop, request, struck)
        if "http_500_after_commit" in struck:
            return _error(500, *INTERNAL)
        if "html" in struck:
            return Response(ERROR_PAGE, 200, mimetype="text/html")
        if "truncated" in struck:
            return halved(answer)
        return answer


def _error(status, code, message):
    return json_response({"errors": [{"code": code, "message": message}]}, status)
