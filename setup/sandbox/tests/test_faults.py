"""Faults: what a client must survive."""

import pytest
import requests

from .helpers import SET


def change(client, quantity=7, base=10, key="k", timeout=10):
    variables = {"input": client.set_input(client.entry("A", quantity, base))}
    return client.post(SET, {**variables, "key": key}, timeout=timeout)


def available(shop):
    return shop.level("A", "Main")["available"]


def test_timeout_after_commit_then_the_same_key_tells(shop, client):
    shop.faults.add(kind="timeout_after_commit", next=1)
    with pytest.raises(requests.Timeout):
        change(client, timeout=0.2)
    assert available(shop) == 7
    body = change(client).json()
    assert body["data"]["inventorySetQuantities"]["userErrors"] == []


def test_timeout_before_commit_changes_nothing(shop, client):
    shop.faults.add(kind="timeout_before_commit", next=1)
    with pytest.raises(requests.Timeout):
        change(client, timeout=0.2)
    assert available(shop) == 10


@pytest.mark.parametrize(
    ("kind", "left"), [("reset_before_commit", 10), ("reset_after_commit", 7)]
)
def test_resets(shop, client, kind, left):
    shop.faults.add(kind=kind, next=1)
    with pytest.raises(requests.ConnectionError):
        change(client)
    assert available(shop) == left
    assert change(client).status_code == 200


@pytest.mark.parametrize("status", [423, 429, 430, 500, 502, 503])
def test_statuses_before_anything_is_done(shop, client, status):
    shop.faults.add(kind=f"http_{status}", next=1, retry_after=3)
    answer = change(client)
    assert answer.status_code == status
    assert available(shop) == 10
    if status in (429, 503):
        assert answer.headers["Retry-After"] == "3"
    assert change(client).status_code == 200


def test_an_error_may_hide_a_commit(shop, client):
    shop.faults.add(kind="http_500_after_commit", next=1)
    assert change(client).status_code == 500
    assert available(shop) == 7


def test_answers_that_are_no_json(shop, client):
    for kind in ("truncated", "html"):
        shop.faults.add(kind=kind, next=1)
        answer = change(client)
        assert answer.status_code == 200
        with pytest.raises(ValueError):
            answer.json()
    assert available(shop) == 7


def test_expired_throttled_internal(shop, client):
    shop.faults.add(kind="unauthorized", next=1)
    assert change(client).status_code == 401
    for kind, code in (
        ("throttled", "THROTTLED"),
        ("internal_error", "INTERNAL_SERVER_ERROR"),
    ):
        shop.faults.add(kind=kind, next=1)
        assert change(client).json()["errors"][0]["extensions"]["code"] == code
        shop.bucket.refill()
    assert available(shop) == 10


def test_a_stale_error_without_field(shop, client):
    shop.faults.add(kind="stale_field_null", next=1)
    error = change(client, base=1).json()["data"]["inventorySetQuantities"]
    assert error["userErrors"][0]["field"] is None


def test_a_fault_strikes_one_operation_only(shop, client):
    shop.faults.add(kind="http_500", operation="inventorySetQuantities")
    shop.faults.add(kind="http_502", operation="Named")
    assert client.post("{ shop { name } }").status_code == 200
    assert change(client).status_code == 500
    assert client.post("query Named { shop { name } }").status_code == 502
    shop.faults.clear()
    assert change(client).status_code == 200


def test_rates_are_drawn_from_a_seed(shop, client):
    def draw():
        shop.faults.clear(seed=5)
        shop.faults.add(kind="http_500", rate=0.5)
        return [client.post("{ shop { name } }").status_code for _n in range(12)]

    first = draw()
    assert draw() == first
    assert {200, 500} == set(first)


def test_an_unknown_fault_is_refused(shop):
    with pytest.raises(ValueError):
        shop.faults.add(kind="gremlins")


def test_faults_for_the_next_requests_strike_one_after_the_other(shop, client):
    for status in (500, 429, 503):
        shop.faults.add(kind=f"http_{status}", next=1)
    found = [client.post("{ shop { name } }").status_code for _n in range(4)]
    assert found == [500, 429, 503, 200]


def test_the_date_of_an_answer_is_the_clock_of_the_shop(shop, client):
    shop.store.clock.move(-86400 * 365)
    date = client.post("{ shop { name } }").headers["Date"]
    assert str(shop.store.clock.now().year) in date
