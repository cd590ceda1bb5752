"""What the shop is told: signed as Standard Webhooks says, checked by the shop's own
code, and each only once, however often it comes."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE = 300
REMEMBERED = 10_000


class Forged(Exception):
    """Nobody who knows the secret has sent this, or long ago."""


class Hooks:
    """:param on_event: function that takes an event, called once for each
    :param fail: so many deliveries are answered by 500 first
    """

    def __init__(self, on_event, secret="", fail=0, clock=time.time):
        self.on_event, self.secret, self.fail = on_event, secret, fail
        self.clock = clock
        self.seen, self._lock = OrderedDict(), threading.Lock()
        self.counts = {"taken": 0, "again": 0, "forged": 0, "failed": 0}
        self._server = None

    # ------------------------------------------------------------- receive
    def receive(self, headers, body):
        """:return: status"""
        headers = {name.lower(): value for name, value in headers.items()}
        with self._lock:
            if self.fail:
                self.fail -= 1
                self.counts["failed"] += 1
                return 500
        try:
            self.check(headers, body)
        except Forged:
            with self._lock:
                self.counts["forged"] += 1
            return 401
        with self._lock:
            known = headers["webhook-id"] in self.seen
            self.counts["again" if known else "taken"] += 1
            if not known:
                self.seen[headers["webhook-id"]] = True
                while len(self.seen) > REMEMBERED:
                    self.seen.popitem(last=False)
        if not known:
            self.on_event(json.loads(body))
        return 204

    def check(self, headers, body):
        """:raise Forged:"""
        try:
            moment = int(headers["webhook-timestamp"])
            given = headers["webhook-signature"].split()
            signed = f"{headers['webhook-id']}.{moment}.".encode() + body
        except (KeyError, ValueError) as error:
            raise Forged(str(error)) from error
        if abs(self.clock() - moment) > TOLERANCE:
            raise Forged("too old")
        key = base64.b64decode(self.secret.split("_", 1)[1])
        mac = hmac.new(key, signed, hashlib.sha256).digest()
        wanted = "v1," + base64.b64encode(mac).decode()
        if not any(hmac.compare_digest(wanted, each) for each in given):
            raise Forged("signature")

    # -------------------------------------------------------------- server
    def listen(self, host="127.0.0.1", port=0):
        """:return: the address for the webhook"""
        hooks = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers.get("Content-Length") or 0)
                status = hooks.receive(dict(self.headers), self.rfile.read(length))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args):
                pass

        self._server = ThreadingHTTPServer((host, port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://{host}:{self._server.server_port}/hooks"

    def stop(self):
        if self._server:
            self._server.shutdown()
            self._server.server_close()
