"""The control API, the shoppers, the rules' names, and the command line."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sandbox.amazon import Config, start
from sandbox.amazon.rules import HABITS, REFUSALS, WATCHED

from .amazon import DE, SEED
from .helpers import eventually

FOLDER = Path(__file__).resolve().parents[1]


def call(shop, method, path, body=None, status=200):
    url = f"{shop.url}/_sandbox/{path}"
    answer = requests.request(method, url, json=body, timeout=5)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_shopping_by_http(account, amz):
    body = {"lines": {"A": 2}, "payment": "pending"}
    order = call(account, "POST", "checkout", body)["orderId"]
    path = f"orders/{order}"
    edited = call(account, "POST", f"{path}/edit", {"lines": {"A": 3}})
    assert edited["orderItems"][0]["quantityOrdered"] == 3
    paid = call(account, "POST", f"{path}/pay")
    assert paid["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    call(account, "POST", f"{path}/wish-cancel", {"reason": "too late"})
    gone = call(account, "POST", f"{path}/cancel", {"reason": "BuyerCanceled"})
    assert gone["fulfillment"]["fulfillmentStatus"] == "CANCELLED"
    other = call(account, "POST", "checkout", body)["orderId"]
    call(account, "POST", f"orders/{other}/vanish")
    call(account, "GET", f"orders/{other}", status=409)
    assert len(call(account, "GET", "orders")["orders"]) == 1
    assert call(account, "GET", "history?sku=A")["history"][-1]["number"] == 10


def test_refusals_are_409_and_mistakes_400(account):
    refused = call(account, "POST", "checkout", {"lines": {"A": 99}}, 409)
    assert "10 left" in refused["error"]
    call(account, "POST", "checkout", {"rows": {}}, 400)
    call(account, "POST", "rules", {"nonsense": 1}, 400)
    call(account, "POST", "config", {"nonsense": 1}, 400)
    call(account, "GET", "nothing", status=404)


def test_the_index_names_everything(account):
    index = call(account, "GET", "")
    assert set(index["refusals"]) == set(REFUSALS)
    assert set(index["habits"]) == set(HABITS) and index["watched"] == WATCHED
    assert "timeout_after_commit" in index["faults"]
    names = [*REFUSALS, *HABITS, *WATCHED]
    assert len(set(names)) == len(names)


def test_every_rule_is_played():
    """A name that no line of the code asks for would be an empty promise."""
    text = "".join(
        path.read_text(encoding="utf-8")
        for path in (FOLDER / "amazon").glob("*.py")
        if path.name != "rules.py"
    )
    assert not [
        name for name in (*REFUSALS, *HABITS, *WATCHED) if f'"{name}"' not in text
    ]


def test_truth_rules_and_trouble(account, amz):
    call(account, "POST", "rules/next", {"patch_invalid": 1})
    assert amz.patch("A", 3)["status"] == "INVALID"
    call(account, "POST", "rules", {"unknown_parameter": 0, "word_lost": 0.5})
    assert call(account, "GET", "rules")["rates"]["word_lost"] == 0.5
    call(account, "POST", "rules/calm")
    rates = call(account, "GET", "rules")["rates"]
    assert (rates["word_lost"], rates["unknown_parameter"]) == (0, 0)
    amz.patch("F", 3)
    call(account, "POST", "pass-time", {"seconds": 61})
    truth = call(account, "GET", "truth")
    assert truth["violations"] == {"fba_writes": 1}
    assert truth["skus"]["F"]["offers"] == {"AMAZON_EU": 6, "DEFAULT": 3}
    [last] = call(account, "GET", "violations")["last"]
    assert last == {"rule": "fba_writes", "detail": "F"}
    call(account, "POST", "throttle", {"operation": "getOrder"})
    assert amz.code("GET", "/orders/2026-01-01/orders/1")[0] == 429
    assert call(account, "GET", "limits")["left"]["A1SANDBOXSELLER getOrder"] == 0
    call(account, "POST", "faults", {"kind": "http_500", "next": 1})
    assert amz.send("GET", amz.listing_path("A"), marketplaceIds=DE).status_code == 500


def test_the_sellers_hand(account, amz):
    account.edit_listing("C/1 é", sku="C")
    call(account, "POST", "stock", {"sku": "A", "quantity": 3})
    call(account, "POST", "fba", {"sku": "F", "fulfillable": 1})
    call(account, "POST", "listings/B", {"active": False})
    call(account, "POST", "listings/C/delete")
    state = call(account, "GET", "state")
    levels = {each["sku"]: each["offers"] for each in state["levels"]}
    assert levels == {"A": {"DEFAULT": 3}, "B": {"DEFAULT": 5}, "F": {"AMAZON_EU": 1}}
    assert account.offered() == {"A": 3, "F": 1}
    call(account, "POST", "tokens/expire")
    call(account, "POST", "tokens/revoke")
    assert amz.login().json()["error"] == "invalid_grant"
    assert call(account, "POST", "secret/rotate")["client_secret"]
    call(account, "POST", "reports/refresh")


def test_the_log_has_requests_and_no_token(account, amz):
    amz.listen()
    amz.patch("A", 3)
    answer = call(account, "GET", "requests?operation=patchListingsItem")
    [entry] = answer["requests"]
    assert entry["status"] == 200 and '"quantity": 3' in entry["body"]
    whole = call(account, "GET", "requests")["requests"]
    assert amz.token() not in json.dumps(whole)
    assert "Atzr" not in json.dumps(whole)
    assert {"lwa", "createDestination"} <= {n for e in whole for n in e["names"]}
    assert not [n for n in call(account, "GET", "config") if "secret" in n]


def test_seed_adds_and_reset_forgets(account, amz):
    amz.listen()
    account.checkout({"A": 1}, payment="paid")
    account.rules.set(word_lost=1)
    call(account, "POST", "seed", {"products": [{"sku": "N", "quantity": 2}]})
    assert (account.shown("N"), account.shown("A")) == (2, 9)
    call(account, "POST", "reset")
    assert account.shown("A") == 10 and not account.store.orders
    assert not account.words.subscriptions and account.rules.rates["word_lost"] < 1
    assert "N" not in account.store.listings


def test_shoppers_buy_no_more_than_there_is(account):
    account.shoppers.start(rate=60000, count=4)
    eventually(lambda: not account.offered())
    account.shoppers.stop()
    truth = account.truth()
    assert all(each["number"] in (0, None) for each in truth["skus"].values())
    assert sum(each["sold"] for each in truth["skus"].values()) == 25
    assert account.shoppers.counts["orders"] > 0


def test_the_ticker_lets_things_happen_by_themselves():
    with start(SEED, compress=36000, tick=0.02) as account:
        account.calm()
        order = account.checkout({"A": 1})
        assert order.status == "PENDING"
        eventually(lambda: order.status == "UNSHIPPED")


def test_an_order_of_things_that_would_have_happened_meanwhile(account):
    """Jumping ahead, each thing sees the time at which it was due."""
    order = account.checkout({"A": 1})
    began = order.created
    account.pass_time(86400)
    waited = (order.updated - began).total_seconds()
    assert 30 * 60 <= waited <= 90 * 60


def test_regions_and_their_marketplaces():
    config = Config(region="na")
    assert config.aws_region == "us-east-1" and len(config.marketplaces) == 3
    with pytest.raises(ValueError, match="not in the region"):
        Config(region="na", marketplaces=(DE,))
    with pytest.raises(ValueError, match="no region"):
        Config(region="moon")


def test_taxes_of_the_facilitator_are_on_top():
    with start(SEED, tick=None, region="na") as account:
        account.calm()
        order = account.checkout({"A": 2}, payment="paid")
        [view] = call(account, "GET", "orders")["orders"]
        [item] = view["orderItems"]
        parts = {e["type"]: e["subtotal"] for e in item["proceeds"]["breakdowns"]}
        assert parts["TAX"] == {"amount": "1.65", "currencyCode": "USD"}
        assert item["proceeds"]["proceedsTotal"]["amount"] == "21.65"
        [collection] = item["tax"]["taxCollections"]
        assert collection["model"] == "MARKETPLACE_FACILITATOR"
        assert order.currency == "USD"


def test_the_command_line_serves_and_stops(tmp_path):
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"products": [{"sku": "Z", "quantity": 4}]}))
    options = [f"--seed={seed}", "--port=0", "--shoppers=1", "--rule=word_lost=0"]
    process = subprocess.Popen(
        [sys.executable, str(FOLDER / "amazon"), *options, "--currency=USD"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    try:
        ready = json.loads(process.stdout.readline())
        url = f"{ready['ready']}/_sandbox/state"
        state = requests.get(url, timeout=5).json()
        assert [level["sku"] for level in state["levels"]] == ["Z"]
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


def test_it_shares_no_code_with_anything_it_tests():
    for path in (FOLDER / "amazon").rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith(("import ", "from ")):
                assert "odoo" not in line and "channel_" not in line, path
