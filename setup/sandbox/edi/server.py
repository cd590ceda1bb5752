"""The control port: HTTP on loopback, JSON in and out."""

from werkzeug.wrappers import Request

from ..common.wire import Listener, json_response
from . import control


class Server(Listener):
    def __init__(self, sandbox, host, port):
        self.sandbox = sandbox
        super().__init__(self.application, host, port)

    def application(self, environ, start_response):
        request = Request(environ)
        path = request.path.removeprefix("/_sandbox/")
        if path == request.path:
            answer = json_response({"error": "only /_sandbox/ is here"}, 404)
        else:
            answer = control.handle(self.sandbox, request, path)
        return answer(environ, start_response)
