"""Writing stock: what is silently ignored, silently bent, and silently lost."""

import time

import pytest

from .helpers import parallel


def test_a_batch_answers_200_with_errors_inside(woo, api):
    items = [
        {"id": api.number("A"), "stock_quantity": 7},
        {"id": 999999, "stock_quantity": 7},
        {"id": api.number("S-RED"), "stock_quantity": 7},
    ]
    first, second, third = api.ok("POST", "products/batch", {"update": items})["update"]
    assert first["stock_quantity"] == woo.shown("A") == 7
    assert second["error"]["code"] == "woocommerce_rest_product_invalid_id"
    assert third["error"]["code"] == "woocommerce_rest_invalid_product_id"
    assert woo.shown("S-RED") == 5


def test_101_items_are_too_many(woo, api):
    items = [{"id": api.number("A"), "stock_quantity": 1}] * 101
    status, code = api.code("POST", "products/batch", {"update": items})
    assert (status, code) == (413, "woocommerce_rest_request_entity_too_large")
    assert woo.shown("A") == 10


@pytest.mark.parametrize(
    ("sent", "kept"), [("abc", 0), ("", 0), (2.5, 2), (True, 1), (-3, -3), ("7", 7)]
)
def test_batch_items_are_not_validated(woo, api, sent, kept):
    assert api.set("A", sent)["stock_quantity"] == woo.shown("A") == kept


def test_single_puts_are_validated_but_null_sets_0(woo, api):
    path = f"products/{api.number('A')}"
    for value in ("abc", 2.5, True):
        assert api.code("PUT", path, {"stock_quantity": value})[0] == 400
    assert api.ok("PUT", path, {"stock_quantity": None})["stock_quantity"] == 0


def test_unmanaged_and_parent_managed_are_ignored_with_200(woo, api):
    answer = api.set("FREE", 5)
    assert (answer["manage_stock"], answer["stock_quantity"]) == (False, None)
    answer = api.set("M-S", 5)
    assert (answer["manage_stock"], answer["stock_quantity"]) == ("parent", 9)
    assert woo.shown("MUG") == 9


def test_variations_are_found_by_sku_with_their_parent(api):
    [found] = api.get("products", sku="S-RED")
    assert (found["type"], found["parent_id"]) == ("variation", api.number("SHIRT"))
    assert len(api.get("products", sku="A,S-RED,nothing")) == 2
    assert api.code("GET", "variations") == (404, "rest_no_route")
    assert len(api.get("products")) == 5


def test_fields_of_a_batch_are_picked_at_the_top(woo, api):
    item = {"id": api.number("A"), "stock_quantity": 4}
    body = api.ok("POST", "products/batch", {"update": [item]}, _fields="id")
    assert body == {}
    body = api.ok("POST", "products/batch", {"update": [item]}, _fields="update")
    assert body["update"][0]["sku"] == "A"


def test_an_order_during_a_rest_write_is_lost(woo, api):
    woo.config.write_window = 0.1

    def work(number):
        if number:
            time.sleep(0.05)
            return woo.checkout({"A": 3})
        return api.set("A", 20)

    parallel(2, work)
    assert woo.shown("A") == 20


def test_inventory_delta_loses_too(woo, api):
    woo.config.write_window = 0.1

    def work(number):
        if number:
            time.sleep(0.05)
            return woo.checkout({"A": 3})
        return api.ok("PUT", f"products/{api.number('A')}", {"inventory_delta": 5})

    parallel(2, work)
    assert woo.shown("A") == 15


def test_writes_without_stock_do_no_harm(woo, api):
    woo.config.write_window = 0.1

    def work(number):
        if number:
            time.sleep(0.05)
            return woo.checkout({"A": 3})
        return api.ok("PUT", f"products/{api.number('A')}", {"regular_price": "9"})

    parallel(2, work)
    assert woo.shown("A") == 7


def test_the_shops_own_decrement_is_atomic(woo):
    parallel(10, lambda number: woo.checkout({"A": 1}))
    assert woo.shown("A") == 0
    assert woo.left("A") == 0
