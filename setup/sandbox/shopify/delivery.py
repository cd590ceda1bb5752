"""Delivering webhooks: threads, retries with the original body, and mishaps."""

import base64
import hashlib
import heapq
import hmac
import itertools
import random
import threading
import time
from dataclasses import dataclass, field

import requests


@dataclass(eq=False)
class Delivery:
    id: str
    topic: str
    uri: str
    body: bytes
    event_id: str
    triggered_at: str
    headers: dict
    subscription: object = None
    state: str = "pending"  # then: delivered, failed, dropped
    note: str = ""
    copies: int = 1
    attempts: list = field(default_factory=list)

    def summary(self):
        return {
            "id": self.id,
            "topic": self.topic,
            "uri": self.uri,
            "eventId": self.event_id,
            "triggeredAt": self.triggered_at,
            "state": self.state,
            "note": self.note,
            "copies": self.copies,
            "attempts": self.attempts,
            "body": self.body.decode(),
        }


def signature(secret, body):
    """Base64 of the HMAC-SHA256 of the raw body."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def retry_delays(count, window):
    """Waits before each retry: each twice the one before, together ``window``."""
    unit = window / (2**count - 1) if count else 0
    return [unit * 2**number for number in range(count)]


class Mishaps:
    """What goes wrong on the way, by rate and from a seed.

    ``drop`` is never sent, ``duplicate`` is sent twice, ``delay`` waits for
    ``delay_seconds``, ``reorder`` waits just long enough to be overtaken.
    """

    KINDS = ("drop", "duplicate", "delay", "reorder")

    def __init__(self):
        self.set()

    def set(self, seed=1, delay_seconds=2.0, reorder_seconds=0.2, **rates):
        unknown = set(rates) - set(self.KINDS)
        if unknown:
            raise ValueError(f"unknown webhook faults: {', '.join(sorted(unknown))}")
        self.random = random.Random(seed)
        self.delay_seconds = delay_seconds
        self.reorder_seconds = reorder_seconds
        self.rates = {kind: float(rates.get(kind, 0)) for kind in self.KINDS}

    def draw(self):
        """The kinds that strike this delivery."""
        return {kind for kind in self.KINDS if self.random.random() < self.rates[kind]}


class Dispatcher:
    def __init__(self, config, settle):
        self.config = config
        self.settle = settle
        self.mishaps = Mishaps()
        self._queue = []
        self._order = itertools.count()
        self._ready = threading.Condition()
        self._working = 0
        self._stopping = False
        self._threads = []
        # Replaced in tests that need no network.
        self.session = requests.Session()
        self.session.trust_env = False

    def start(self):
        for _number in range(self.config.webhook_workers):
            thread = threading.Thread(target=self._work, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self):
        with self._ready:
            self._stopping = True
            self._ready.notify_all()

    def clear(self):
        with self._ready:
            self._queue.clear()

    def submit(self, delivery):
        struck = self.mishaps.draw()
        if "drop" in struck:
            delivery.state = "dropped"
            return
        wait = 0.0
        if "delay" in struck:
            wait = self.mishaps.delay_seconds
        elif "reorder" in struck:
            wait = self.mishaps.reorder_seconds
        self._push(delivery, wait)
        if "duplicate" in struck:
            delivery.copies = 2
            self._push(delivery, wait)

    def _push(self, delivery, wait):
        with self._ready:
            due = time.monotonic() + wait
            heapq.heappush(self._queue, (due, next(self._order), delivery))
            self._ready.notify()

    def _next(self):
        with self._ready:
            while not self._stopping:
                if not self._queue:
                    self._ready.wait()
                    continue
                wait = self._queue[0][0] - time.monotonic()
                if wait <= 0:
                    self._working += 1
                    return heapq.heappop(self._queue)[2]
                self._ready.wait(wait)
        return None

    def _work(self):
        while delivery := self._next():
            try:
                self._attempt(delivery)
            finally:
                with self._ready:
                    self._working -= 1
                    self._ready.notify_all()

    def _attempt(self, delivery):
        if delivery.state == "failed":
            return
        outcome = self._post(delivery)
        delivery.attempts.append({"at": time.time(), "outcome": outcome})
        if isinstance(outcome, int) and 200 <= outcome < 300:
            delivery.state = "delivered"
            return
        if delivery.state == "delivered":
            # The second copy of one that came through needs no retry.
            return
        delays = retry_delays(
            self.config.webhook_retries, self.config.webhook_retry_window
        )
        tried = len(delivery.attempts)
        if tried <= len(delays):
            self._push(delivery, delays[tried - 1])
            return
        delivery.state = "failed"
        self.settle(delivery)

    def _post(self, delivery):
        """The status, or the name of what went wrong."""
        headers = {
            **delivery.headers,
            "X-Shopify-Hmac-Sha256": signature(
                self.config.client_secret, delivery.body
            ),
            "X-Shopify-Webhook-Id": delivery.id,
            "X-Shopify-Event-Id": delivery.event_id,
            "X-Shopify-Triggered-At": delivery.triggered_at,
        }
        timeout = self.config.webhook_timeout
        try:
            answer = self.session.post(
                delivery.uri,
                data=delivery.body,
                headers=headers,
                # Live shops wait one second for the connection, five for all.
                timeout=(min(1.0, timeout), timeout),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            return type(error).__name__
        return answer.status_code

    def wait_idle(self, timeout):
        deadline = time.monotonic() + timeout
        with self._ready:
            while self._queue or self._working:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._ready.wait(min(left, 0.05))
        return True
