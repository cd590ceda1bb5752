"""HTTP: a threaded server that keeps connections open, and breaks them on demand."""

import contextlib
import json
import socket
import struct
import threading

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Response

from . import certificate

ERROR_PAGE = "<!DOCTYPE html><html><body><h1>Something went wrong</h1></body></html>"


class _Handler(WSGIRequestHandler):
    """Keeps connections open as the real API does, and the console quiet."""

    protocol_version = "HTTP/1.1"
    # The answer must not wait for the acknowledgement of its own headers.
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self):
        self.server.connections.discard(self.connection)
        super().finish()

    def connection_dropped(self, _error, _environ=None):
        # Otherwise it would wait for another request on the broken connection.
        self.close_connection = True

    def send_response(self, code, message=None):
        # one Date, the application's: it may be by a clock that is wrong
        self.send_response_only(code, message)

    def log(self, *_args):
        return

    def version_string(self):
        return "sandbox"


class Listener:
    """Serves a WSGI application at ``url`` from ``start`` to ``stop``.

    :param tls: speak https, with a certificate that is in ``certificate`` (PEM)
    """

    def __init__(self, application, host="127.0.0.1", port=0, tls=False):
        self.certificate, context = certificate.make(host) if tls else (None, None)
        self._http = ThreadedWSGIServer(
            host, port, application, _Handler, ssl_context=context
        )
        self._http.connections = set()
        self._thread = None
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://{host}:{self._http.server_port}"

    def start(self):
        # The default looks for a stop twice a second, which every test would pay.
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    def stop(self):
        if self._thread:
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()
        # Clients that keep their connection must not keep a thread alive.
        for connection in list(self._http.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def break_connection(request):
    """End the request without an answer."""
    connection = request.environ["werkzeug.socket"]
    # Linger of zero seconds: the client sees a reset and not an end.
    linger = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    raise ConnectionResetError("a fault of the sandbox")


def hang(shop, request):
    """Send nothing until the client has given up, or the shop's ``hang`` is over."""
    shop.stopping.wait(shop.config.hang)
    break_connection(request)


def strike_before(shop, request, struck):
    """What any server may suffer before anything is done."""
    if "timeout_before_commit" in struck:
        hang(shop, request)
    if "reset_before_commit" in struck:
        break_connection(request)


def strike_after(shop, request, struck):
    """What any server may suffer once the work is done."""
    if "timeout_after_commit" in struck:
        hang(shop, request)
    if "reset_after_commit" in struck:
        break_connection(request)
    if "slow" in struck:
        shop.stopping.wait(struck["slow"].seconds)


def json_response(body, status=200):
    text = json.dumps(body, ensure_ascii=False, default=str)
    return Response(text, status, mimetype="application/json")


def halved(answer):
    """The answer broken off half way, as if it were whole."""
    half = answer.get_data()[: len(answer.get_data()) // 2]
    return Response(half, answer.status_code, mimetype="application/json")
