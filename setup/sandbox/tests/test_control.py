"""The control API, the shoppers, and the command line."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sandbox.shopify import Config, Sandbox, start

from .helpers import SET, Client, eventually

FOLDER = Path(__file__).resolve().parents[1]


def call(shop, method, path, body=None, status=200):
    answer = requests.request(
        method, f"{shop.url}/_sandbox/{path}", json=body, timeout=5
    )
    assert answer.status_code == status, answer.text
    return answer.json()


def test_buy_pay_ship_refund_cancel_by_http(shop):
    lines = {"lines": {"A": 2}, "payment": "authorized"}
    assert call(shop, "POST", "checkout", lines)["name"] == "#1001"
    paid = call(shop, "POST", "orders/1001/pay")
    assert paid["financial_status"] == "paid"
    shipped = call(shop, "POST", "orders/1001/fulfill", {"lines": {"A": 1}})
    assert shipped["fulfillments"][0]["line_items"][0]["quantity"] == 1
    body = {"lines": {"A": 1}, "restock": "CANCEL"}
    refund = call(shop, "POST", "orders/1001/refund", body)
    assert refund["refund_line_items"][0]["restock_type"] == "cancel"
    call(shop, "POST", "checkout", {"lines": {"A": 1}})
    edited = call(shop, "POST", "orders/1002/edit", {"lines": {"A": 3}})
    assert edited["line_items"][0]["quantity"] == 3
    cancelled = call(shop, "POST", "orders/1002/cancel", {"reason": "FRAUD"})
    assert cancelled["cancel_reason"] == "fraud"


def test_refusals_are_409_and_mistakes_400(shop):
    sold_out = call(shop, "POST", "checkout", {"lines": {"A": 11}}, status=409)
    assert "11 wanted, 10 shown" in sold_out["error"]
    call(shop, "POST", "orders/999/pay", status=409)
    call(shop, "POST", "checkout", {"rows": {}}, status=400)
    call(shop, "GET", "nothing", status=404)


def test_state_shows_everything(shop, client, receiver):
    client.subscribe("ORDERS_CREATE", receiver.url)
    call(shop, "POST", "checkout", {"lines": {"A": 1}})
    state = call(shop, "GET", "state")
    assert state["orders"][0]["name"] == "#1001"
    assert state["subscriptions"][0]["topic"] == "ORDERS_CREATE"
    level = next(entry for entry in state["levels"] if entry["sku"] == "A")
    assert (level["available"], level["committed"], level["on_hand"]) == (9, 1, 10)
    assert state["throttle"]["restoreRate"] == 100
    eventually(lambda: receiver.received)
    deliveries = call(shop, "GET", "deliveries?topic=orders/create")["deliveries"]
    assert deliveries[0]["uri"] == receiver.url


def test_the_request_log_keeps_documents_and_variables_but_no_token(shop, client):
    client.set(client.entry("A", 7, 10), key="logged")
    answer = call(shop, "GET", "requests?operation=inventorySetQuantities")
    entry = answer["requests"][0]
    assert entry["query"] == SET and entry["variables"]["key"] == "logged"
    assert entry["status"] == 200 and entry["version"] == "2026-07"
    assert "shpat_sandbox" not in json.dumps(answer)
    later = call(shop, "GET", f"requests?since={entry['number']}")
    assert later["requests"] == []


def test_history_of_a_sku(shop):
    call(shop, "POST", "inventory", {"sku": "A", "location": "Main", "quantity": 4})
    history = call(shop, "GET", "history?sku=A")["history"]
    assert history[-1]["quantityAfterChange"] == 4


def test_faults_clock_tokens_settings(shop, client):
    call(shop, "POST", "faults", {"kind": "http_500", "next": 1})
    assert call(shop, "GET", "faults")["faults"][0]["kind"] == "http_500"
    assert client.post("{ shop { name } }").status_code == 500
    call(shop, "POST", "faults", {"kind": "nonsense"}, status=400)
    call(shop, "DELETE", "faults")
    call(shop, "POST", "webhook-faults", {"drop": 0.5})
    call(shop, "POST", "clock", {"skew": 3600})
    call(shop, "POST", "config", {"stale_field_null": True})
    call(shop, "POST", "config", {"nonsense": True}, status=400)
    assert call(shop, "GET", "config")["stale_field_null"] is True
    assert "client_secret" not in call(shop, "GET", "config")
    token = call(shop, "POST", "tokens", {"ttl": 60})["access_token"]
    call(shop, "POST", "tokens/expire")
    assert Client(shop, token).post("{ shop { name } }").status_code == 401
    call(shop, "POST", "throttle", {"left": 0})
    assert client.error("{ orders(first: 250) { nodes { id } } }")[0] == "THROTTLED"


def test_seed_adds_and_reset_forgets(shop):
    product = {"sku": "NEW", "price": "1.00", "quantities": {"Second": 2}}
    call(shop, "POST", "seed", {"products": [product, {"sku": "A", "price": "9"}]})
    assert shop.shown("NEW") == 2 and shop.shown("A") == 10
    shop.checkout({"A": 1})
    call(shop, "POST", "reset")
    assert not shop.store.orders and "NEW" not in shop.store.by_sku
    assert shop.checkout({"A": 1}).name == "#1001"


def test_shoppers_buy_what_is_shown_and_nothing_else(shop):
    call(shop, "POST", "shoppers/start", {"rate": 60000, "count": 4, "seed": 3})
    eventually(lambda: not any(shop.shown(sku) for sku in ("A", "B", "C")))
    shop.shoppers.stop()
    for entry in call(shop, "GET", "levels")["levels"]:
        assert entry["available"] >= 0
    assert shop.shoppers.counts["orders"] == len(shop.store.orders)


def test_two_stores_in_one_process_are_strangers(shop):
    with start({"locations": ["X"]}, shop="other.myshopify.com") as other:
        assert other.url != shop.url
        assert Client(other).data("{ shop { myshopifyDomain } }") == {
            "shop": {"myshopifyDomain": "other.myshopify.com"}
        }


def test_missing_schemas_are_said_at_once():
    with pytest.raises(FileNotFoundError, match="CHANNEL_SHOPIFY_SCHEMAS"):
        Sandbox(Config(schemas="/nowhere"))


def test_the_command_line_serves_and_stops(tmp_path):
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"locations": ["Hall"], "products": [{"sku": "Z"}]}))
    stores = [f"--store=a.myshopify.com=0={seed}", "--store=b.myshopify.com=0"]
    process = subprocess.Popen(
        [sys.executable, str(FOLDER / "shopify"), *stores, "--shoppers", "1"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    try:
        ready = [json.loads(process.stdout.readline()) for _store in stores]
        assert [entry["shop"][0] for entry in ready] == ["a", "b"]
        url = f"{ready[0]['ready']}/_sandbox/variants"
        variants = requests.get(url, timeout=5).json()["variants"]
        assert [variant["sku"] for variant in variants] == ["Z"]
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


def test_it_shares_no_code_with_anything_it_tests():
    for path in (FOLDER / "shopify").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for line in text.splitlines():
            if line.startswith(("import ", "from ")):
                assert "odoo" not in line and "channel_" not in line, path


def test_edits_of_locations_levels_and_prices(shop, client):
    call(shop, "POST", "inventory/deactivate", {"sku": "B", "location": "Second"})
    assert shop.shown("B") == 3
    assert client.set_codes(client.entry("B", 1, location="Second"))[0][0] == (
        "ITEM_NOT_STOCKED_AT_LOCATION"
    )
    call(shop, "POST", "locations/Main", {"fulfills_online_orders": False})
    assert shop.shown("A") == 0
    call(shop, "POST", "variants/A", {"price": "12.50"})
    query = '{ productVariants(first: 1, query: "sku:A") { nodes { price } } }'
    assert client.data(query)["productVariants"]["nodes"] == [{"price": "12.50"}]


def test_a_draft_product_is_not_for_sale(shop):
    product = {"sku": "D", "status": "DRAFT", "quantities": {"Main": 5}}
    call(shop, "POST", "seed", {"products": [product]})
    assert shop.shown("D") == 0
    call(shop, "POST", "checkout", {"lines": {"D": 1}}, status=409)


def test_stopping_ends_open_connections(shop, client):
    client.data("{ shop { name } }")
    shop.stop()
    with pytest.raises(requests.ConnectionError):
        client.post("{ shop { name } }")
