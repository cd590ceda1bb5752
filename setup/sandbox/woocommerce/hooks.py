"""Webhooks as WooCommerce sends them: late, once, and switched off in silence."""

import base64
import hashlib
import hmac
import json
import threading

import requests

from . import views


def signature(secret, body):
    """Base64 of the HMAC-SHA256 of the raw body."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


class Hooks:
    """The queue of deliveries, and WP-Cron, which works it off when it comes by.

    :ivar log: what was sent: {topic, webhook, resource, outcome, body}
    """

    def __init__(self, store, config):
        self.store, self.config = store, config
        self.log = []
        self._queue = []
        self._lock = threading.Lock()
        self._running = threading.Lock()
        self._stop = threading.Event()
        self._thread = None
        self.session = requests.Session()
        self.session.trust_env = False

    def start(self):
        self._thread = threading.Thread(target=self._cron, daemon=True)
        self._thread.start()

    def stop(self):
        self._stop.set()
        if self._thread:
            self._thread.join(self.config.webhook_timeout + 1)

    def clear(self):
        with self._lock:
            self._queue, self.log = [], []

    def _cron(self):
        while not self._stop.wait(self.config.cron_interval or 0.05):
            if self.config.cron_interval is not None:
                self.run()

    # --- queue

    def publish(self, topic, number):
        """Queue; what is queued for the same record already is not queued twice."""
        with self._lock:
            for hook in list(self.store.webhooks.values()):
                entry = (hook.id, topic, number)
                if hook.topic == topic and hook.status == "active":
                    if entry not in self._queue:
                        self._queue.append(entry)

    def waiting(self):
        with self._lock:
            return len(self._queue)

    def run(self):
        """WP-Cron comes by: deliver all that is queued, in order, each once."""
        with self._running:
            while True:
                with self._lock:
                    if not self._queue:
                        return
                    number, topic, resource = self._queue.pop(0)
                hook = self.store.webhooks.get(number)
                if hook and hook.status == "active":
                    self._deliver(hook, topic, resource)

    def _deliver(self, hook, topic, resource):
        with self.store.transaction():
            payload = views.payload(self.store, topic, resource)
            second = int(self.store.clock.now().timestamp())
        body = json.dumps(payload, ensure_ascii=False).encode()
        outcome = self._post(hook, body, self._headers(hook, topic, second, body))
        if isinstance(outcome, int) and 200 <= outcome < 303:
            hook.failures = 0
        elif hook.failures > self.config.max_delivery_failures:
            hook.status = "disabled"
        else:
            hook.failures += 1
        self.log.append(
            {
                "topic": topic,
                "webhook": hook.id,
                "resource": resource,
                "outcome": outcome,
                "body": body.decode(),
            }
        )

    def _headers(self, hook, topic, second, body):
        resource, _dot, event = topic.partition(".")
        # of webhook and second: two deliveries often share it
        delivery = hashlib.md5(f"{hook.id}{second}".encode()).hexdigest()  # noqa: S324
        return {
            "Content-Type": "application/json",
            "User-Agent": "WooCommerce/10.0.2 Hookshot (WordPress/6.8)",
            "X-WC-Webhook-Source": f"{self.config.url}/",
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": signature(hook.secret, body),
            "X-WC-Webhook-ID": str(hook.id),
            "X-WC-Webhook-Delivery-ID": delivery,
        }

    def ping(self, hook):
        """On creation and activation: form-encoded, and not signed."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._post(hook, f"webhook_id={hook.id}".encode(), headers)

    def _post(self, hook, body, headers):
        """The status, or the name of what went wrong."""
        try:
            return self.session.post(
                hook.url,
                data=body,
                headers=headers,
                timeout=self.config.webhook_timeout,
                allow_redirects=False,
            ).status_code
        except requests.RequestException as error:
            return type(error).__name__
