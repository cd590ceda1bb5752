"""What goes wrong on the wire, and the control API that makes it."""

import pytest
import requests


def test_maintenance_is_html(woo, api):
    woo.config.maintenance = True
    answer = api.send("GET", "orders")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "600")
    assert answer.text.startswith("<!DOCTYPE")


@pytest.mark.parametrize(
    ("kind", "status", "begins", "done"),
    [
        ("http_500", 500, '{"code"', False),
        ("http_502", 502, "<!DOCTYPE", False),
        ("http_503", 503, "<!DOCTYPE", False),
        ("firewall", 403, "<html>", False),
        ("http_429", 429, "Too Many", False),
        ("html", 200, "<!DOCTYPE", True),
        ("notice", 200, "<br />", True),
        ("truncated", 200, '{"update"', True),
        ("http_500_after_commit", 500, '{"code"', True),
    ],
)
def test_answers_that_are_none(woo, api, kind, status, begins, done):
    woo.faults.add(kind=kind, next=1, operation="POST products/batch")
    item = {"id": api.number("A"), "stock_quantity": 4}
    answer = api.send("POST", "products/batch", {"update": [item]})
    assert answer.status_code == status
    assert answer.text.startswith(begins)
    assert woo.shown("A") == (4 if done else 10)


@pytest.mark.parametrize(
    ("kind", "done"),
    [
        ("timeout_after_commit", True),
        ("reset_after_commit", True),
        ("timeout_before_commit", False),
        ("reset_before_commit", False),
    ],
)
def test_answers_that_never_come(woo, api, kind, done):
    woo.faults.add(kind=kind, next=1, operation="products/batch")
    item = {"id": api.number("A"), "stock_quantity": 4}
    with pytest.raises(requests.RequestException):
        api.send("POST", "products/batch", {"update": [item]}, timeout=0.3)
    assert woo.shown("A") == (4 if done else 10)


def control(woo, method, path, **values):
    url = f"{woo.url}/_sandbox/{path}"
    return requests.request(method, url, json=values or None, timeout=5)


def test_control(woo):
    answer = control(woo, "POST", "checkout", lines={"A": 2}).json()
    assert answer["status"] == "processing"
    levels = control(woo, "GET", "levels").json()["levels"]
    assert {each["sku"]: each["left"] for each in levels}["A"] == 8
    refused = control(woo, "POST", "checkout", lines={"A": 99})
    assert (refused.status_code, "left" in refused.json()["error"]) == (409, True)
    assert control(woo, "POST", "config", nonsense=1).status_code == 400
    state = control(woo, "GET", "state").json()
    assert (state["orders"], state["companion"]) == (1, False)
    control(woo, "POST", "reset")
    assert control(woo, "GET", "orders").json() == {"orders": []}


def test_shoppers_buy_no_more_than_there_is(woo):
    woo.shoppers.start(rate=6000, count=4)
    deadline = 200
    while woo.offered().get("B") and deadline:
        woo.stopping.wait(0.02)
        deadline -= 1
    woo.shoppers.stop()
    assert woo.shoppers.counts["orders"] == len(woo.store.orders) > 0
    assert all(p.stock >= 0 for p in woo.store.products.values())


def test_what_is_written_around_the_json(woo, api):
    woo.faults.add(kind="comment", next=1)
    answer = api.send("GET", "orders")
    assert answer.text.startswith("[") and answer.text.endswith("-->\n")
    woo.faults.add(kind="bare_headers", next=1)
    answer = api.send("GET", "orders")
    assert answer.json() == [] and "X-WP-Total" not in answer.headers


@pytest.mark.parametrize(("kind", "told"), [("cached", True), ("cached_mute", False)])
def test_a_stubborn_cache_answers_reads_as_they_were(woo, api, kind, told):
    def shown():
        answer = api.send("GET", "products", sku="A", _nocache=str(woo.shown("A")))
        return answer.json()[0]["stock_quantity"], "Age" in answer.headers

    rule = woo.faults.add(kind=kind)
    assert shown() == (10, False)
    woo.checkout({"A": 3})
    assert shown() == (10, told)
    woo.faults.remove(rule.id)
    assert shown() == (7, False)
