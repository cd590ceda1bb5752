"""Reading: times, pages, defaults, and what moves ``date_modified``."""

from datetime import timedelta

from .woo import WooClient


def modified(api, order):
    return api.get(f"orders/{order.id}")["date_modified_gmt"]


def test_modified_after_is_strict_and_in_seconds(woo, api):
    order = woo.checkout({"A": 1})
    moment = modified(api, order)
    query = {"modified_after": moment, "dates_are_gmt": "true"}
    assert api.get("orders", **query) == []
    earlier = (order.modified - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S")
    query["modified_after"] = earlier
    assert [each["id"] for each in api.get("orders", **query)] == [order.id]


def test_naive_times_are_the_shops_own(woo, api):
    woo.config.utc_offset = 2.0
    order = woo.checkout({"A": 1})
    body = api.get(f"orders/{order.id}")
    assert body["date_modified"] != body["date_modified_gmt"]
    earlier = (order.modified - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S")
    assert len(api.get("orders", modified_after=earlier)) == 1
    # an hour later by GMT is an hour ago by the shop's clock
    later = (order.modified + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
    assert len(api.get("orders", modified_after=later)) == 1
    assert api.get("orders", modified_after=later, dates_are_gmt="true") == []


def test_pages_tell_how_many_there_are(woo, api):
    woo.edit_stock("A", 50)
    sold = [woo.checkout({"A": 1}).id for _number in range(7)]
    answer = api.send("GET", "orders", per_page=3, page=3, orderby="id", order="asc")
    assert (answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"]) == (
        "7",
        "3",
    )
    assert [each["id"] for each in answer.json()] == sold[6:]
    assert api.code("GET", "orders", per_page=101) == (400, "rest_invalid_param")


def test_drafts_are_listed_and_the_trash_is_not(woo, api):
    draft = woo.checkout({"A": 1}, payment="draft")
    gone = woo.checkout({"A": 1})
    woo.trash(gone)
    assert [each["id"] for each in api.get("orders")] == [draft.id]
    assert [each["id"] for each in api.get("orders", status="trash")] == [gone.id]


def test_unknown_parameters_are_ignored(woo, api):
    woo.checkout({"A": 1})
    assert len(api.get("orders", meta_key="x", meta_value="y", nonsense="z")) == 1


def test_what_moves_date_modified_and_what_does_not(woo, api):
    order = woo.checkout({"A": 2})
    path = f"orders/{order.id}"
    for number, (method, where, body, moves) in enumerate(
        [
            ("PUT", path, {}, True),
            ("PUT", path, {"meta_data": [{"key": "k", "value": "v"}]}, True),
            ("POST", f"{path}/notes", {"note": "hello"}, False),
            ("POST", f"{path}/refunds", {"amount": "1.00"}, True),
        ],
        1,
    ):
        before = modified(api, order)
        woo.store.clock.move(number * 10)
        api.ok(method, where, body)
        assert (modified(api, order) != before) is moves, where


def test_a_price_is_a_float_and_amounts_are_text(woo, api):
    order = woo.checkout({"B": 3})
    [line] = api.get(f"orders/{order.id}")["line_items"]
    assert isinstance(line["price"], float) and isinstance(line["total"], str)


def test_the_index_needs_no_key(woo):
    client = WooClient(woo, "nobody", "nothing")
    answer = client.session.get(f"{woo.url}/wp-json/", timeout=5).json()
    assert answer["name"] == "Sandbox Shop"
    assert "wc-chansync/v1" not in answer["namespaces"]
