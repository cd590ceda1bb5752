"""Webhooks: signed, retried with the same body, and not to be relied upon."""

import base64
import hashlib
import hmac
import json

import pytest

from .helpers import Client, eventually

DELETE = """mutation D($id: ID!) { webhookSubscriptionDelete(id: $id) {
  deletedWebhookSubscriptionId userErrors { message } } }"""
UPDATE = """mutation U($id: ID!, $uri: String!) { webhookSubscriptionUpdate(id: $id,
  webhookSubscription: {uri: $uri}) { webhookSubscription { uri }
  userErrors { field message } } }"""
LIST = """{ webhookSubscriptions(first: 9) { nodes { id topic uri endpoint {
  __typename ... on WebhookHttpEndpoint { callbackUrl } } } } }"""


@pytest.fixture
def orders_hook(client, receiver):
    return client.subscribe("ORDERS_CREATE", receiver.url)["webhookSubscription"]


def first(receiver):
    return eventually(lambda: receiver.received and receiver.received[0])


def test_the_signature_is_of_the_raw_body(shop, receiver, orders_hook):
    shop.checkout({"A": 1}, email="zoë@x.example")
    headers, body = first(receiver)
    digest = hmac.new(b"sandbox-secret", body, hashlib.sha256).digest()
    assert headers["X-Shopify-Hmac-Sha256"] == base64.b64encode(digest).decode()
    assert "zoë@x.example".encode() in body


def test_the_headers_say_what_happened(shop, receiver, orders_hook):
    shop.checkout({"A": 1})
    headers, _body = first(receiver)
    assert headers["X-Shopify-Topic"] == "orders/create"
    assert headers["X-Shopify-Shop-Domain"] == shop.config.shop
    assert headers["X-Shopify-API-Version"] == "2026-07"
    assert headers["Content-Type"] == "application/json"
    for name in (
        "X-Shopify-Webhook-Id",
        "X-Shopify-Event-Id",
        "X-Shopify-Triggered-At",
    ):
        assert headers[name]


def test_the_body_has_the_shape_of_rest(shop, receiver, orders_hook):
    order = shop.checkout(
        {"A": 2},
        email="a@x.example",
        taxes=[{"title": "VAT", "rate": 0.21}],
        shipping={"price": "4.95"},
        discounts=[{"code": "TEN", "value": 10}],
        shipping_address={"first_name": "Anna", "country_code": "NL"},
    )
    body = json.loads(first(receiver)[1])
    assert body["id"] == order.id and body["admin_graphql_api_id"] == order.gid
    assert body["total_price"] == "22.95" and body["currency"] == "EUR"
    assert body["total_price_set"]["shop_money"] == {
        "amount": "22.95",
        "currency_code": "EUR",
    }
    line = body["line_items"][0]
    assert (line["sku"], line["quantity"], line["price"]) == ("A", 2, "10.00")
    assert line["discount_allocations"][0]["amount"] == "2.00"
    assert body["discount_codes"] == [
        {"code": "TEN", "type": "percentage", "amount": "2.00"}
    ]
    assert body["financial_status"] == "paid" and body["fulfillment_status"] is None
    assert body["created_at"].endswith("+00:00")
    page = f"https://{shop.config.shop}/{shop.store.shop_id}/orders/"
    assert body["order_status_url"].startswith(page)


def test_one_action_shares_its_event_id(shop, client, receiver):
    for topic in ("ORDERS_CREATE", "ORDERS_PAID", "INVENTORY_LEVELS_UPDATE"):
        client.subscribe(topic, receiver.url)
    shop.checkout({"A": 1})
    eventually(lambda: len(receiver.received) == 3)
    events = {headers["X-Shopify-Event-Id"] for headers, _b in receiver.received}
    ids = {headers["X-Shopify-Webhook-Id"] for headers, _b in receiver.received}
    assert len(events) == 1 and len(ids) == 3


def test_every_topic_of_an_orders_life(shop, client, receiver):
    topics = (
        "ORDERS_CREATE ORDERS_UPDATED ORDERS_PAID ORDERS_CANCELLED REFUNDS_CREATE"
        " FULFILLMENTS_CREATE INVENTORY_LEVELS_UPDATE PRODUCTS_UPDATE APP_UNINSTALLED"
    ).split()
    for topic in topics:
        assert client.subscribe(topic, receiver.url)["userErrors"] == []
    shop.checkout({"A": 1})
    shop.cancel("#1001")
    shop.checkout({"A": 1}, payment="authorized")
    shop.pay("#1002")
    shop.fulfill("#1002")
    shop.edit_variant("A", title="New")
    shop.uninstall()
    wanted = {"orders/create", "orders/updated", "orders/paid", "orders/cancelled"}
    wanted |= {"refunds/create", "fulfillments/create", "inventory_levels/update"}
    wanted |= {"products/update", "app/uninstalled"}
    eventually(lambda: wanted <= set(receiver.topics()))


def test_a_retry_carries_the_original_body(shop, client, receiver, orders_hook):
    receiver.answers = [500, 503]
    shop.checkout({"A": 1}, payment="authorized")
    shop.pay("#1001")
    eventually(lambda: len(receiver.received) == 3)
    bodies = {body for _headers, body in receiver.received}
    ids = {headers["X-Shopify-Webhook-Id"] for headers, _b in receiver.received}
    assert len(bodies) == 1 and len(ids) == 1
    assert json.loads(bodies.pop())["financial_status"] == "authorized"
    eventually(lambda: shop.webhooks.log[0].state == "delivered")


def test_eight_failed_retries_end_the_subscription(shop, client, receiver, orders_hook):
    receiver.answers = [500] * 20
    shop.checkout({"A": 1})
    eventually(lambda: not shop.webhooks.subscriptions)
    assert len(receiver.received) == 9
    assert client.data(LIST)["webhookSubscriptions"]["nodes"] == []


def test_a_redirect_is_a_failure(shop, receiver, orders_hook):
    receiver.answers = [302]
    shop.checkout({"A": 1})
    eventually(lambda: len(receiver.received) == 2)


def test_a_slow_receiver_gets_it_again(shop, receiver, orders_hook):
    shop.config.webhook_timeout = 0.05
    receiver.delay = 0.2
    shop.checkout({"A": 1})
    eventually(lambda: len(receiver.received) >= 2)
    assert shop.webhooks.log[0].attempts[0]["outcome"] == "ReadTimeout"


def test_duplicates_and_drops_by_rate(shop, receiver, orders_hook):
    mishaps = shop.webhooks.dispatcher.mishaps
    mishaps.set(duplicate=1.0)
    shop.checkout({"A": 1})
    eventually(lambda: len(receiver.received) == 2)
    ids = {headers["X-Shopify-Webhook-Id"] for headers, _b in receiver.received}
    assert len(ids) == 1
    mishaps.set(drop=1.0)
    shop.checkout({"A": 1})
    assert shop.webhooks.wait_idle()
    assert len(receiver.received) == 2
    assert shop.webhooks.log[-1].state == "dropped"


def test_reordering_lets_a_later_event_overtake(shop, receiver, orders_hook):
    mishaps = shop.webhooks.dispatcher.mishaps
    mishaps.set(reorder=1.0, reorder_seconds=0.3)
    shop.checkout({"A": 1})
    mishaps.set()
    shop.checkout({"A": 1})
    eventually(lambda: len(receiver.received) == 2)
    names = [json.loads(body)["name"] for _headers, body in receiver.received]
    assert names == ["#1002", "#1001"]


def test_subscriptions_are_checked(shop, client, receiver, orders_hook):
    again = client.subscribe("ORDERS_CREATE", receiver.url)
    assert "already been taken" in again["userErrors"][0]["message"]
    shop.config.allow_http_webhooks = False
    plain = client.subscribe("ORDERS_PAID", receiver.url)
    assert "http://" in plain["userErrors"][0]["message"]
    token = shop.tokens.issue(["read_products"])
    refused = Client(shop, token.text).subscribe("ORDERS_PAID", "https://x.example")
    assert "read_orders" in refused["userErrors"][0]["message"]


def test_update_list_delete(client, receiver, orders_hook):
    id = orders_hook["id"]
    changed = client.data(UPDATE, {"id": id, "uri": f"{receiver.url}/2"})
    assert changed["webhookSubscriptionUpdate"]["userErrors"] == []
    node = client.data(LIST)["webhookSubscriptions"]["nodes"][0]
    assert node["endpoint"]["callbackUrl"] == f"{receiver.url}/2"
    assert client.data(DELETE, {"id": id})["webhookSubscriptionDelete"] == {
        "deletedWebhookSubscriptionId": id,
        "userErrors": [],
    }
    gone = client.data(DELETE, {"id": id})["webhookSubscriptionDelete"]
    assert gone["userErrors"]


def test_privacy_topics_go_to_the_address_of_the_app(shop, receiver):
    shop.config.compliance_url = receiver.url
    shop.webhooks.send_privacy("customers/redact", {"customer": {"id": 1}})
    headers, body = first(receiver)
    assert headers["X-Shopify-Topic"] == "customers/redact"
    assert json.loads(body)["shop_domain"] == shop.config.shop


def test_nothing_is_sent_after_uninstalling(shop, client, receiver, orders_hook):
    shop.uninstall()
    assert client.post("{ shop { name } }").status_code == 401
    shop.checkout({"A": 1})
    assert shop.webhooks.wait_idle()
    assert receiver.received == []
