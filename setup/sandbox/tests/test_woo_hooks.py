"""Webhooks: an unsigned ping, no retries, and silence after seven failures."""

import base64
import hashlib
import hmac
import json

from .helpers import Receiver


def subscribe(api, url, topic="order.updated", **values):
    body = {"topic": topic, "delivery_url": url, "secret": "s3", **values}
    return api.ok("POST", "webhooks", body)


def test_the_ping_is_form_encoded_and_not_signed(api, receiver):
    hook = subscribe(api, receiver.url)
    [(headers, body)] = receiver.received
    assert body == f"webhook_id={hook['id']}".encode()
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "X-WC-Webhook-Signature" not in headers
    assert "secret" not in hook


def test_a_delivery_is_signed_and_carries_the_order(woo, api, receiver):
    subscribe(api, receiver.url, "order.created")
    order = woo.checkout({"A": 2})
    assert len(receiver.received) == 1, "before WP-Cron nothing goes out"
    woo.cron()
    headers, body = receiver.received[-1]
    digest = hmac.new(b"s3", body, hashlib.sha256).digest()
    assert headers["X-WC-Webhook-Signature"] == base64.b64encode(digest).decode()
    assert headers["X-WC-Webhook-Topic"] == "order.created"
    assert json.loads(body)["id"] == order.id


def test_the_body_is_what_is_true_at_delivery_and_changes_coalesce(woo, api, receiver):
    subscribe(api, receiver.url)
    order = woo.checkout({"A": 2}, payment="pending")
    woo.pay(order)
    woo.set_status(order, "completed")
    woo.cron()
    bodies = [json.loads(body) for _headers, body in receiver.received[1:]]
    assert [body["status"] for body in bodies] == ["completed"]


def test_delivery_ids_repeat_within_a_second(woo, api, receiver):
    subscribe(api, receiver.url)
    for order in [woo.checkout({"A": 1}) for _number in range(3)]:
        woo.set_status(order, "completed")
    woo.cron()
    ids = {h["X-WC-Webhook-Delivery-ID"] for h, _body in receiver.received[1:]}
    assert len(receiver.received) == 4 and len(ids) < 3


def test_deleted_carries_only_the_id(woo, api, receiver):
    subscribe(api, receiver.url, "order.deleted")
    order = woo.checkout({"A": 1})
    woo.trash(order)
    woo.cron()
    assert json.loads(receiver.received[-1][1]) == {"id": order.id}


def test_no_retries_and_the_seventh_failure_disables(woo, api, receiver):
    hook = subscribe(api, receiver.url)
    receiver.answers = [500] * 20
    order = woo.checkout({"A": 1})

    def deliver():
        woo.set_status(order, "completed" if order.status != "completed" else "failed")
        woo.cron()
        return api.get(f"webhooks/{hook['id']}")["status"]

    assert [deliver() for _number in range(6)] == ["active"] * 6
    assert deliver() == "disabled"
    assert len(receiver.received) == 8
    # switched on again it remembers: one more failure is enough
    api.ok("PUT", f"webhooks/{hook['id']}", {"status": "active"})
    assert deliver() == "disabled"


def test_our_own_stock_pushes_queue_as_well(woo, api):
    receiver = Receiver()
    try:
        subscribe(api, receiver.url, "product.updated")
        api.set("A", 4)
        assert woo.hooks.waiting() == 1
    finally:
        receiver.stop()


def test_an_address_or_topic_that_cannot_be(api):
    code = "woocommerce_rest_webhook_invalid_delivery_url"
    body = {"topic": "order.created", "delivery_url": "ftp://x"}
    assert api.code("POST", "webhooks", body) == (400, code)
    code = "woocommerce_rest_webhook_invalid_topic"
    body = {"topic": "order.paid", "delivery_url": "http://x"}
    assert api.code("POST", "webhooks", body) == (400, code)
    assert api.code("DELETE", "webhooks/1")[0] == 501


def test_deletion_for_good_is_told_only_where_orders_are_posts(woo, api, receiver):
    subscribe(api, receiver.url, "order.deleted")
    for hpos in (True, False):
        woo.config.hpos = hpos
        order = woo.checkout({"A": 1})
        woo.trash(order, force=True)
        woo.cron()
        told = [json.loads(body) for _headers, body in receiver.received[1:]]
        assert ({"id": order.id} in told) is not hpos
