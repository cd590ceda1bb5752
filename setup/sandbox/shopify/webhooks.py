"""Webhook subscriptions, and what each event is delivered to."""

import functools
import json
import uuid
from collections import deque

from ..common.clock import iso
from .access import granted
from .delivery import Delivery, Dispatcher
from .models import Subscription

# Resources whose reading scope a topic needs.
SCOPES = {
    "orders": "read_orders",
    "order_transactions": "read_orders",
    "refunds": "read_orders",
    "fulfillments": "read_orders",
    "inventory_levels": "read_inventory",
    "inventory_items": "read_inventory",
    "products": "read_products",
    "locations": "read_locations",
    "customers": "read_customers",
}
PRIVACY_TOPICS = ("customers/data_request", "customers/redact", "shop/redact")


class SubscriptionError(Exception):
    def __init__(self, message, field):
        super().__init__(message)
        self.field = field


@functools.cache
def topic_path(topic):
    """``ORDERS_CREATE`` -> ``orders/create``: the last word is the event."""
    for resource in sorted(SCOPES, key=len, reverse=True):
        if topic.lower().startswith(resource + "_"):
            return f"{resource}/{topic.lower()[len(resource) + 1 :]}"
    head, _under, event = topic.lower().rpartition("_")
    return f"{head}/{event}"


class Webhooks:
    def __init__(self, store, config):
        self.store = store
        self.config = config
        self.subscriptions = {}
        self.log = deque(maxlen=10_000)
        self.dispatcher = Dispatcher(config, self._settle)

    def clear(self):
        self.subscriptions.clear()
        self.log.clear()
        self.dispatcher.clear()

    # Subscriptions

    def subscribe(self, topic, values, version, scopes):
        self._check(values, topic)
        needed = SCOPES.get(topic_path(topic).partition("/")[0])
        if needed and needed not in granted(scopes):
            raise SubscriptionError(
                "You do not have permission to create or update webhooks with"
                f" {topic_path(topic)} topic. This topic requires {needed} scope.",
                ["topic"],
            )
        moment = self.store.clock.tick()
        record = Subscription(
            self.store.next_id(), topic, values["uri"], version, moment, moment
        )
        self._set(record, values)
        self.subscriptions[record.id] = record
        return record

    def change(self, record, values):
        values = {**values, "uri": values["uri"] or record.uri}
        self._check(values, record.topic, record)
        self._set(record, values)
        record.updated_at = self.store.clock.tick()

    def _set(self, record, values):
        record.uri = values["uri"]
        record.include_fields = list(values.get("include_fields") or [])
        record.filter = values.get("filter") or ""
        record.name = values.get("name")

    def _check(self, values, topic, current=None):
        field = ["webhookSubscription", "callbackUrl"]
        uri = values["uri"]
        if not uri:
            raise SubscriptionError("Address can't be blank", field)
        plain = uri.startswith("http://") and self.config.allow_http_webhooks
        if not uri.startswith("https://") and not plain:
            raise SubscriptionError("Address protocol http:// is not supported", field)
        if values.get("format") == "XML":
            raise SubscriptionError("not in this sandbox: format XML", field)
        if values.get("filter"):
            raise SubscriptionError("not in this sandbox: filter", field)
        for record in list(self.subscriptions.values()):
            same = record.topic == topic and record.uri == uri
            if same and record is not current:
                raise SubscriptionError(
                    "Address for this topic has already been taken", field
                )

    # Events

    def wanted(self, topic):
        return any(
            topic_path(record.topic) == topic
            for record in list(self.subscriptions.values())
        )

    def publish(self, topic, payload, event_id):
        """Send an event to all that subscribed to it; the body is fixed here."""
        for record in list(self.subscriptions.values()):
            if topic_path(record.topic) == topic:
                body = _encode(payload, record.include_fields)
                self._enqueue(topic, body, record.uri, event_id, record)
        if topic in PRIVACY_TOPICS and self.config.compliance_url:
            uri = self.config.compliance_url
            self._enqueue(topic, _encode(payload, ()), uri, event_id, None)

    def _enqueue(self, topic, body, uri, event_id, subscription):
        delivery = Delivery(
            id=str(uuid.uuid4()),
            topic=topic,
            uri=uri,
            body=body,
            event_id=event_id,
            triggered_at=iso(self.store.clock.now()),
            subscription=subscription,
            headers=self._headers(topic, subscription),
        )
        self.log.append(delivery)
        self.dispatcher.submit(delivery)

    def _headers(self, topic, subscription):
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": self.config.shop,
        }
        if subscription:
            headers["X-Shopify-API-Version"] = subscription.api_version
            if subscription.name:
                headers["X-Shopify-Name"] = subscription.name
        return headers

    def send_privacy(self, topic, payload):
        if topic not in PRIVACY_TOPICS:
            raise SubscriptionError(f"{topic} is no privacy topic", None)
        head = {"shop_id": self.store.shop_id, "shop_domain": self.config.shop}
        self.publish(topic, {**head, **payload}, str(uuid.uuid4()))

    def _settle(self, delivery):
        """A delivery has ended: one that failed for good ends its subscription."""
        subscription = delivery.subscription
        if delivery.state == "failed" and subscription:
            if self.subscriptions.pop(subscription.id, None):
                delivery.note = "subscription removed"

    def wait_idle(self, timeout=10.0):
        """Wait until nothing is under way (for tests)."""
        return self.dispatcher.wait_idle(timeout)


def _encode(payload, include_fields):
    if include_fields:
        payload = {name: payload[name] for name in include_fields if name in payload}
    return json.dumps(payload, ensure_ascii=False).encode()
