# SPDX-License-Identifier: AGPL-3.0-or-later
"""Doubles for tests of clients without a network: a session and its answers."""

import copy
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

from odoo.tests import BaseCase


class PureCase(BaseCase):
    """No database, no network."""


class FakeResponse:
    """What ``requests`` gives, streamed."""

    def __init__(self, status=200, body=b"", headers=None, error=None):
        self.status_code = status
        self.headers = requests.structures.CaseInsensitiveDict(headers or {})
        self._body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._error = error

    @property
    def raw(self):
        """Read by each request from its beginning: one answer is given many times."""
        return copy.copy(self)

    def read1(self, size, decode_content):
        """As ``urllib3`` reads: what there is, packed as it came."""
        piece, self._body = self._body[:size], self._body[size:]
        if self._error and not piece:
            raise self._error
        return piece

    def __enter__(self):
        return self

    def __exit__(self, *args):
        return False


class FakeSession:
    """Answers from a list, the last one for ever, or by a function; remembers what was
    sent."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.sent = []
        self.lock = threading.Lock()

    def request(self, method, url, data=None, headers=None, **options):
        sent = {"method": method, "url": url, "data": data, "headers": headers}
        with self.lock:
            self.sent.append({**sent, **options})
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            answer = answer(self.sent[-1])
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, FakeResponse) else FakeResponse(body=answer)

    def get(self, url, **options):
        return self.request("GET", url, **options)

    def close(self):
        pass


class FakeStore:
    """Shared state with a lock, in memory; counts how often it was locked."""

    def __init__(self, **values):
        self.value = values
        self.locked = 0
        self._lock = threading.Lock()

    def peek(self):
        return copy.deepcopy(self.value)

    @contextmanager
    def lock(self):
        with self._lock:
            self.locked += 1
            value = copy.deepcopy(self.value)
            yield value
            # through JSON, as the database does it
            self.value = json.loads(json.dumps(value))


class FakeClock:
    """A clock that goes when somebody sleeps."""

    def __init__(self, now=1_800_000_000.0):
        self.now = now
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


class Inbox:
    """A web server that takes webhooks and keeps them: (headers, body).

    :ivar answers: statuses to answer with, then 200
    """

    def __init__(self):
        self.deliveries = deliveries = []
        self.answers = answers = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(handler):
                length = int(handler.headers["Content-Length"])
                headers = requests.structures.CaseInsensitiveDict(
                    handler.headers.items()
                )
                deliveries.append((headers, handler.rfile.read(length)))
                handler.send_response(answers.pop(0) if answers else 200)
                handler.send_header("Content-Length", "0")
                handler.end_headers()

            def log_message(handler, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def signed(self):
        """Deliveries without the pings of a shop that has made a webhook."""
        return [each for each in self.deliveries if not each[1].startswith(b"webhook")]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
