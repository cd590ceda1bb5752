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

    def add_tools(self, *hidden):
        """Register what the control API of every shop has: log, seed, faults, clock,
        settings, shoppers.

        :param hidden: settings with one of these words in their name are not shown
        """
        for (method, path), function in TOOLS.items():
            self.route(method, path)(function)
        self.route("GET", "config")(
            lambda sandbox, _values: sandbox.config.shown(*hidden)
        )

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


# {(method, path): handler} of every shop


def get_requests(sandbox, values):
    since = int(values.get("since", 0))
    return {"requests": sandbox.log.entries(values.get("operation"), since)}


def post_seed(sandbox, values):
    sandbox.seed(values)


def post_reset(sandbox, values):
    sandbox.reset(values or None)


def get_faults(sandbox, _values):
    return {"faults": [vars(rule) for rule in sandbox.faults.rules]}


def post_fault(sandbox, values):
    return vars(sandbox.faults.add(**values))


def delete_faults(sandbox, _values):
    sandbox.faults.clear(sandbox.config.random_seed)


def post_clock(sandbox, values):
    sandbox.store.clock.move(values["skew"], values.get("backwards", False))


def post_config(sandbox, values):
    sandbox.config.update(values)


def post_shoppers_start(sandbox, values):
    sandbox.shoppers.start(**values)
    return sandbox.shoppers.summary()


def post_shoppers_stop(sandbox, _values):
    sandbox.shoppers.stop()
    return sandbox.shoppers.summary()


TOOLS = {
    ("GET", "requests"): get_requests,
    ("POST", "seed"): post_seed,
    ("POST", "reset"): post_reset,
    ("GET", "faults"): get_faults,
    ("POST", "faults"): post_fault,
    ("DELETE", "faults"): delete_faults,
    ("POST", "clock"): post_clock,
    ("POST", "config"): post_config,
    ("POST", "shoppers/start"): post_shoppers_start,
    ("POST", "shoppers/stop"): post_shoppers_stop,
}
