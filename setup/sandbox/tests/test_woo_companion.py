"""The companion plugin: atomic, compared, each key once."""

import itertools
import random
import time

import pytest

from .helpers import parallel

keys = itertools.count(1)


@pytest.fixture(autouse=True)
def active(woo):
    woo.config.companion = True


def write(api, *items, key=None):
    body = {"key": key or f"k{next(keys)}", "items": list(items)}
    return api.ok("POST", "wc-chansync/v1/stock", body)


def status(api, item):
    return write(api, item)["items"][0]["status"]


def test_without_it_there_is_no_such_route(woo, api):
    woo.config.companion = False
    assert api.code("GET", "wc-chansync/v1/status") == (404, "rest_no_route")


def test_compare_and_set(woo, api):
    item = {"id": api.number("A"), "quantity": 20, "compare": 10}
    assert status(api, item) == "ok" and woo.shown("A") == 20
    assert status(api, item) == "stale" and woo.shown("A") == 20


def test_what_goes_down_goes_through_although_less_is_shown(woo, api):
    woo.checkout({"A": 3})
    item = {"id": api.number("A"), "quantity": 4, "compare": 10, "allow_less": True}
    assert status(api, item) == "ok" and woo.shown("A") == 1
    # more is shown than was compared: no sale explains that
    woo.edit_stock("A", 50)
    assert status(api, {**item, "compare": 10}) == "stale" and woo.shown("A") == 50
    up = {"id": api.number("A"), "quantity": 60, "compare": 55, "allow_less": True}
    assert status(api, up) == "stale" and woo.shown("A") == 50


def test_stock_that_variations_share_is_written_where_it_is_asked_for_as_such(woo, api):
    woo.checkout({"M-S": 2, "M-L": 1})
    assert woo.shown("MUG") == 6
    item = {"id": api.number("MUG"), "quantity": 8, "compare": 6}
    refused = write(api, item)["items"][0]
    assert (refused["status"], refused["code"]) == ("rejected", "variable")
    assert status(api, {**item, "shared": True}) == "ok"
    assert woo.shown("M-S") == woo.shown("M-L") == 8
    for sku, code in (("M-S", "not_shared"), ("SHIRT", "unmanaged")):
        other = {**item, "id": api.number(sku), "shared": True}
        assert write(api, other)["items"][0]["code"] == code
    ids = {"ids": api.number("MUG")}
    [unasked] = api.ok("GET", "wc-chansync/v1/stock", **ids)["items"]
    [shared] = api.ok("GET", "wc-chansync/v1/stock", **ids, shared=ids["ids"])["items"]
    assert (unasked["status"], shared["quantity"]) == ("rejected", 8)


def test_what_is_sold_already_is_not_taken_off(woo, api):
    woo.checkout({"A": 8})
    item = {"id": api.number("A"), "quantity": 7, "compare": 10, "allow_less": True}
    assert status(api, item) == "stale" and woo.shown("A") == 2
    assert status(api, {**item, "quantity": 8}) == "ok" and woo.shown("A") == 0


def test_a_key_is_carried_out_once(woo, api):
    item = {"id": api.number("A"), "delta": -2}
    first = write(api, item, key="same")
    woo.checkout({"A": 1})
    again = write(api, item, key="same")
    assert again == {**first, "replayed": True}
    assert woo.shown("A") == 7
    body = {"key": "same", "items": [{"id": api.number("A"), "delta": -3}]}
    code = api.code("POST", "wc-chansync/v1/stock", body)
    assert code == (409, "wc_chansync_key_reused")


def test_what_it_cannot_write_it_says(api):
    codes = [
        write(api, {"id": number, "delta": 1})["items"][0]["code"]
        for number in (999999, api.number("FREE"), api.number("M-S"))
    ]
    assert codes == ["gone", "unmanaged", "parent"]
    shirt = {"id": api.number("SHIRT"), "delta": 1}
    assert write(api, shirt)["items"][0]["code"] == "variable"


def test_held_stock_is_told(woo, api):
    woo.checkout({"A": 4}, payment="pending")
    path = "wc-chansync/v1/stock"
    [item] = api.get(path, ids=api.number("A"))["items"]
    assert (item["quantity"], item["held"]) == (10, 4)


def test_orders_and_deltas_at_once_end_exactly_right(woo, api):
    woo.config.write_window = 0.01
    woo.edit_stock("A", 100)

    def work(number):
        time.sleep(random.Random(number).random() / 20)
        if number % 2:
            return woo.checkout({"A": 1})
        return write(api, {"id": api.number("A"), "delta": 1})

    parallel(40, work)
    assert woo.shown("A") == 100
