"""HTTP: permalinks, keys, and the faults of the wire."""

import time

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
from . import companion, control, query, rest, rest_orders, rest_products, rest_webhooks  # noqa: F401 (companion: its routes)  # noqa: F401 (their routes)
from .errors import ApiError

FRONT_PAGE = "<!DOCTYPE html><html><body><h1>Welcome to our shop</h1></body></html>"
MAINTENANCE = (
    "<!DOCTYPE html><html><head><title>Maintenance</title></head><body>"
    "<h1>Briefly unavailable for scheduled maintenance. Check back in a minute.</h1>"
    "</body></html>"
)
FATAL = {
    "code": "internal_server_error",
    "message": "<p>There has been a critical error on this website.</p>",
    "data": {"status": 500},
}
COMMENT = b"\n<!-- Page generated in 0.412 seconds, cached by SpeedyCache -->\n"
# A stubborn cache keys by what it believes to matter.
UNHEEDED = ("_nocache", "oauth_")
NOTICE = b"<br />\n<b>Warning</b>:  Undefined variable $x in <b>/srv/x.php</b><br />\n"


class Server(Listener):
    def __init__(self, shop, host, port):
        self.shop = shop
        self._cache = {}
        super().__init__(self.application, host, port, shop.config.tls)

    def application(self, environ, start_response):
        request = Request(environ)
        if request.path.startswith("/_sandbox/"):
            path = request.path.removeprefix("/_sandbox/")
            answer = control.handle(self.shop, request, path)
        else:
            answer = self._answer(request)
        answer.headers["Date"] = http_date(self.shop.store.clock.now())
        return answer(environ, start_response)

    def _answer(self, request):
        config = self.shop.config
        if config.maintenance:
            return _html(MAINTENANCE, 503, {"Retry-After": "600"})
        path = self._rest_path(request)
        if path is None:
            # WordPress shows its front page, or Apache says 404
            return _html(FRONT_PAGE, 200 if request.path == "/" else 404)
        entry = self.shop.log.open(request.method, f"/{path}")
        entry.update(
            query=request.query_string.decode(), body=request.get_data(as_text=True)
        )
        started = time.monotonic()
        try:
            return self._serve(request, path, entry)
        finally:
            entry["seconds"] = round(time.monotonic() - started, 4)

    def _rest_path(self, request):
        """``wc/v3/...``; None where no REST answers."""
        if request.path == "/" and "rest_route" in request.args:
            return request.args["rest_route"].strip("/")
        if (
            request.path.startswith("/wp-json")
            and not self.shop.config.plain_permalinks
        ):
            return request.path.removeprefix("/wp-json").strip("/")
        return None

    def _serve(self, request, path, entry):
        try:
            if not path:
                return json_response(rest.index(self.shop))
            pattern, function, ids = rest.find(self.shop, request.method, path)
            name = pattern.removeprefix("wc/v3/")
            entry["names"] = [name, f"{request.method} {name}"]
            answer = self._run(request, path, entry, function, ids)
        except ApiError as error:
            answer = json_response(error.body(), error.status)
        entry["status"] = answer.status_code
        return answer

    def _run(self, request, path, entry, function, ids):
        params = request.args.to_dict()
        url = self.url + request.path
        self.shop.access.check(request, url, params, path)
        struck = self.shop.faults.draw(set(entry["names"]))
        cached = self._cache_place(request, struck)
        answer = self._before(request, struck)
        if cached and (known := self._cache.get(cached)):
            return _from_cache(known, "cached" in struck)
        if answer is None:
            body = request.get_json(silent=True) if request.data else None
            if request.data and not isinstance(body, dict):
                raise ApiError("rest_invalid_json", "Invalid JSON body passed.", 400)
            answer = _page(function(self.shop, params, body, *ids), params)
        if cached:
            self._cache[cached] = answer.get_data(), dict(answer.headers)
        return self._after(request, struck, answer)

    def _cache_place(self, request, struck):
        """Where a stubborn cache keeps the answer, None where there is none."""
        rule = struck.get("cached") or struck.get("cached_mute")
        if rule is None or request.method != "GET":
            return None
        params = (
            item for item in request.args.items() if not item[0].startswith(UNHEEDED)
        )
        return rule.id, request.path, tuple(sorted(params))

    # --- faults of the wire

    def _before(self, request, struck):
        """What strikes before anything is done; None lets the request through."""
        strike_before(self.shop, request, struck)
        if "http_500" in struck:
            return json_response(FATAL, 500)
        if "http_502" in struck:
            return _html(ERROR_PAGE, 502)
        if "http_503" in struck:
            wait = str(int(struck["http_503"].retry_after))
            return _html(MAINTENANCE, 503, {"Retry-After": wait})
        if "http_429" in struck:
            wait = str(int(struck["http_429"].retry_after))
            return _html("Too Many Requests", 429, {"Retry-After": wait})
        if "firewall" in struck:
            return _html("<html><body>Access denied</body></html>", 403)
        return None

    def _after(self, request, struck, answer):
        """What strikes once the work is done."""
        strike_after(self.shop, request, struck)
        if "http_500_after_commit" in struck:
            return json_response(FATAL, 500)
        if "html" in struck:
            return _html(FRONT_PAGE, 200)
        if "notice" in struck:
            text = NOTICE + answer.get_data()
            return Response(text, answer.status_code, mimetype="text/html")
        if "comment" in struck:
            text = answer.get_data() + COMMENT
            return Response(text, answer.status_code, dict(answer.headers))
        if "bare_headers" in struck:
            for name in [name for name in answer.headers.keys() if "X-WP" in name]:
                del answer.headers[name]
        if "truncated" in struck:
            return halved(answer)
        return answer


def _from_cache(known, told):
    body, headers = known
    answer = Response(body, 200, headers)
    if told:
        answer.headers["Age"] = "37"
    return answer


def _html(text, status, headers=None):
    return Response(text, status, headers=headers, mimetype="text/html")


def _page(result, params):
    if not isinstance(result, query.Page):
        return json_response(query.pick(result, params))
    answer = json_response(query.pick(result.items, params))
    answer.headers["X-WP-Total"] = str(result.total)
    answer.headers["X-WP-TotalPages"] = str(result.pages)
    return answer
