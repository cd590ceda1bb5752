"""A plain client and a plain webhook receiver. Nothing of any connector."""

import itertools
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

SET = """
mutation Set($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup {
      id reason referenceDocumentUri
      changes { name delta quantityAfterChange item { sku } location { name } }
    }
    userErrors { field message code }
  }
}
"""
SUBSCRIBE = """
mutation Subscribe($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri}) {
    webhookSubscription { id topic uri apiVersion { handle } }
    userErrors { field message }
  }
}
"""
_keys = itertools.count(1)


class Client:
    def __init__(self, shop, token="shpat_sandbox", version="2026-07"):
        self.shop, self.token, self.version = shop, token, version
        self.session = requests.Session()

    def post(self, query, variables=None, version=None, timeout=10, **body):
        return self.session.post(
            f"{self.shop.url}/admin/api/{version or self.version}/graphql.json",
            json={"query": query, "variables": variables, **body},
            headers={"X-Shopify-Access-Token": self.token},
            timeout=timeout,
        )

    def run(self, query, variables=None, version=None):
        """The whole body of a 200 answer."""
        answer = self.post(query, variables, version)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def data(self, query, variables=None, version=None):
        body = self.run(query, variables, version)
        assert "errors" not in body, body["errors"]
        return body["data"]

    def error(self, query, variables=None, version=None):
        """(code, message) of the first top-level error."""
        error = self.run(query, variables, version)["errors"][0]
        return error["extensions"]["code"], error["message"]

    def item(self, sku):
        return self.shop.store.find_variant(sku).item.gid

    def location(self, name):
        return self.shop.store.find_location(name).gid

    def entry(self, sku, quantity, base=None, location="Main", **more):
        return {
            "inventoryItemId": self.item(sku),
            "locationId": self.location(location),
            "quantity": quantity,
            "changeFromQuantity": base,
            **more,
        }

    def set_input(self, *entries, **more):
        head = {"name": "available", "reason": "correction", **more}
        return {**head, "quantities": list(entries)}

    def set(self, *entries, key=None, version=None, **more):
        """The payload of inventorySetQuantities."""
        variables = {
            "input": self.set_input(*entries, **more),
            "key": key or f"key-{next(_keys)}",
        }
        return self.data(SET, variables, version)["inventorySetQuantities"]

    def set_codes(self, *entries, **more):
        """The codes of its user errors, with their fields."""
        errors = self.set(*entries, **more)["userErrors"]
        return [(error["code"], error["field"]) for error in errors]

    def subscribe(self, topic, uri):
        payload = self.data(SUBSCRIBE, {"topic": topic, "uri": uri})
        return payload["webhookSubscriptionCreate"]


class Receiver:
    """Takes webhooks; ``answers`` are the next statuses, then 200."""

    def __init__(self):
        self.received = []
        self.answers = []
        self.delay = 0.0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.append((dict(self.headers), body))
                time.sleep(receiver.delay)
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"
        self.thread = threading.Thread(
            target=self.server.serve_forever, args=(0.02,), daemon=True
        )
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def topics(self):
        return [headers["X-Shopify-Topic"] for headers, _body in self.received]


def eventually(check, timeout=3.0):
    """Wait until ``check()`` is true; return its value."""
    deadline = time.monotonic() + timeout
    while not (value := check()):
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)
    return value


def parallel(count, work):
    """Run ``work(number)`` in so many threads at once; return the results."""
    results, start = [], threading.Barrier(count)

    def run(number):
        start.wait()
        results.append(work(number))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
