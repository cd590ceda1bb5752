"""Control APIs under ``/_sandbox/``: JSON in, JSON out, loopback only."""

from .wire import json_response

LOOPBACK = ("127.0.0.1", "::1", None)


class Control:
    """The routes of one shop's control API.

    :param refusals: exceptions by which the shop says no: 409
    """

    def __init__(self, *refusals):
        self.refusals = refusals
        self.routes = {}

    def route(self, method, path):
        """Register a handler; a part in capitals takes what stands there."""

        def register(function):
            self.routes[method, tuple(path.strip("/").split("/"))] = function
            return function

        return register

    def names(self):
        return [
            f"{method} /_sandbox/{'/'.join(pattern)}" for method, pattern in self.routes
        ]

    def handle(self, sandbox, request, path):
        if request.remote_addr not in LOOPBACK:
            return json_response({"error": "only from this machine"}, 403)
        function, arguments = self._match(request.method, path)
        if function is None:
            words = f"no {request.method} {path or '/'}"
            return json_response({"error": words}, 404)
        values = request.args.to_dict() or request.get_json(silent=True) or {}
        try:
            return json_response(function(sandbox, values, *arguments) or {"ok": True})
        except self.refusals as error:
            return json_response({"error": str(error)}, 409)
        except (KeyError, TypeError, ValueError) as error:
            words = f"{type(error).__name__}: {error}"
            return json_response({"error": words}, 400)

    def _match(self, method, path):
        parts = tuple(path.strip("/").split("/"))
        for (wanted, pattern), function in self.routes.items():
            if wanted != method or len(pattern) != len(parts):
                continue
            pairs = list(zip(pattern, parts, strict=True))
            if all(name == part or name.isupper() for name, part in pairs):
                return function, [part for name, part in pairs if name.isupper()]
        return None, ()
