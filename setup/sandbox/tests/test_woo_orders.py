"""Orders and stock: which status takes, which gives back, and what is never told."""

import pytest

from sandbox.woocommerce import SoldOut

from .woo import VAT


def reduced(api, order):
    """``_reduced_stock`` of the first line, as REST shows it."""
    [line] = api.get(f"orders/{order.id}")["line_items"]
    return next(
        (m["value"] for m in line["meta_data"] if m["key"] == "_reduced_stock"), None
    )


@pytest.mark.parametrize(
    ("payment", "left", "meta"),
    [("paid", 6, 4), ("on-hold", 6, 4), ("pending", 10, None), ("failed", 10, None)],
)
def test_what_a_status_takes_at_creation(woo, api, payment, left, meta):
    order = woo.checkout({"A": 4}, payment=payment)
    assert (woo.shown("A"), reduced(api, order)) == (left, meta)


@pytest.mark.parametrize(
    ("status", "shown"),
    [("pending", 10), ("cancelled", 10), ("failed", 6), ("refunded", 6)],
)
def test_what_a_status_gives_back(woo, api, status, shown):
    order = woo.checkout({"A": 4})
    api.ok("PUT", f"orders/{order.id}", {"status": status})
    assert woo.shown("A") == shown
    assert reduced(api, order) == (None if shown == 10 else 4)


def test_stock_is_taken_once_however_the_status_moves(woo):
    order = woo.checkout({"A": 4})
    for status in ("on-hold", "processing", "completed", "processing"):
        woo.set_status(order, status)
    assert woo.shown("A") == 6


def test_a_pending_checkout_holds_what_rest_does_not_show(woo, api):
    order = woo.checkout({"A": 4}, payment="pending")
    [product] = api.get("products", sku="A")
    assert product["stock_quantity"] == 10
    assert woo.left("A") == 6
    with pytest.raises(SoldOut):
        woo.checkout({"A": 7})
    woo.store.clock.move(3601)
    assert woo.left("A") == 10
    woo.pay(order)
    assert woo.shown("A") == 6


def test_pushing_less_than_is_held_ends_below_zero(woo, api):
    order = woo.checkout({"A": 4}, payment="pending")
    api.set("A", 3)
    woo.pay(order)
    assert woo.shown("A") == -1


def test_orders_made_by_rest_check_nothing(woo, api):
    line = {"product_id": api.number("B"), "quantity": 5}
    api.set("B", 2)
    api.ok("POST", "orders", {"line_items": [line], "set_paid": True})
    assert woo.shown("B") == -3


def test_deleting_does_not_restore(woo, api):
    order = woo.checkout({"A": 4})
    api.ok("DELETE", f"orders/{order.id}")
    assert woo.shown("A") == 6
    assert api.get("orders") == []
    assert api.get(f"orders/{order.id}")["status"] == "trash"
    api.ok("DELETE", f"orders/{order.id}", force="true")
    code = "woocommerce_rest_shop_order_invalid_id"
    assert api.code("GET", f"orders/{order.id}") == (404, code)


def test_editing_a_reduced_order_adjusts(woo, api):
    order = woo.checkout({"A": 4})
    line = order.lines[0].id
    body = {"line_items": [{"id": line, "quantity": 6}]}
    api.ok("PUT", f"orders/{order.id}", body)
    assert (woo.shown("A"), reduced(api, order)) == (4, 6)


def test_a_refund_restocks_and_pays_back_by_default(woo, api):
    order = woo.checkout({"A": 4}, gateway="stripe")
    entry = {"id": order.lines[0].id, "quantity": 1, "refund_total": 10}
    made = api.ok(
        "POST",
        f"orders/{order.id}/refunds",
        {"amount": "10.00", "line_items": [entry]},
    )
    assert made["refunded_payment"] is True
    assert made["line_items"][0]["quantity"] == -1
    assert (woo.shown("A"), reduced(api, order)) == (7, 3)
    api.ok("DELETE", f"orders/{order.id}/refunds/{made['id']}", force="true")
    assert woo.shown("A") == 7


@pytest.mark.parametrize(
    ("gateway", "amount"), [("bacs", "10.00"), ("stripe", "999.00")]
)
def test_a_refund_that_cannot_be_is_a_500(woo, api, gateway, amount):
    order = woo.checkout({"A": 4}, gateway=gateway)
    code = api.code("POST", f"orders/{order.id}/refunds", {"amount": amount})
    assert code == (500, "woocommerce_rest_cannot_create_order_refund")
    assert woo.shown("A") == 6 and not order.refunds


def test_money_adds_up_with_tax_in_or_on_top(woo, api):
    for included in (True, False):
        woo.config.prices_include_tax = included
        woo.edit_product("A", price="9.99")
        order = woo.checkout(
            {"A": 3, "B": 1},
            taxes=VAT,
            shipping={"title": "Post", "price": "4.95"},
            coupons=[{"code": "TEN", "percent": 10}],
        )
        body = api.get(f"orders/{order.id}")
        parts = [*body["line_items"], *body["shipping_lines"]]
        cents = sum(
            round(float(part[name]) * 100)
            for part in parts
            for name in ("total", "total_tax")
        )
        assert cents == round(float(body["total"]) * 100)
        assert body["prices_include_tax"] is included
        woo.edit_stock("A", 10)
        woo.edit_stock("B", 3)


def test_a_deleted_product_leaves_a_line_that_names_nothing(woo, api):
    order = woo.checkout({"A": 1})
    woo.delete_product("A")
    [line] = api.get(f"orders/{order.id}")["line_items"]
    assert (line["product_id"], line["variation_id"], line["sku"]) == (0, 0, "A")


def test_a_product_becomes_variable(woo, api):
    woo.make_variable("A", [{"sku": "A-1", "name": "One", "price": "1", "stock": 2}])
    found = api.get(f"products/{api.number('A')}")
    assert (found["type"], len(found["variations"])) == ("variable", 1)


def test_a_refund_of_a_delivery_charge_keeps_its_meta(woo, api):
    order = woo.checkout({"A": 1}, taxes=VAT, shipping={"title": "P", "price": "4.84"})
    entry = {"id": order.shipping[0].id, "refund_total": "4.00"}
    entry["refund_tax"] = [{"id": 1, "refund_total": "0.84"}]
    body = {
        "amount": "4.84",
        "line_items": [entry],
        "api_refund": False,
        "meta_data": [{"key": "k", "value": "v"}],
    }
    api.ok("POST", f"orders/{order.id}/refunds", body)
    [made] = api.get(f"orders/{order.id}/refunds")
    [line] = made["shipping_lines"]
    assert (line["total"], line["total_tax"]) == ("-4.00", "-0.84")
    assert made["meta_data"][0]["key"] == "k" and made["line_items"] == []


def test_what_a_customer_asked_for_is_meta_of_its_line(woo, api):
    asked = {"Engraving": "For Ann", "_addon": {"price": 3}}
    order = woo.checkout([{"sku": "A", "quantity": 1, "properties": asked}])
    [line] = api.get(f"orders/{order.id}")["line_items"]
    shown = {m["key"]: m.get("display_value") for m in line["meta_data"]}
    assert shown["Engraving"] == "<p>For Ann</p>\n"
    assert shown["_addon"] == {"price": 3}


def test_gift_cards_are_off_the_total_and_in_no_line(woo, api):
    plain = api.get(f"orders/{woo.checkout({'A': 2}).id}")
    assert "gift_cards" not in plain
    cards = [{"code": "AAAA-BBBB", "amount": "4.25"}]
    body = api.get(f"orders/{woo.checkout({'A': 2}, gift_cards=cards).id}")
    assert float(body["total"]) == float(plain["total"]) - 4.25
    assert body["gift_cards"][0]["amount"] == 4.25
    assert body["fee_lines"] == []


def test_an_exchanged_line_leaves_both_figures(woo, api):
    order = woo.checkout({"A": 4})
    before = woo.shown("A"), woo.shown("B")
    woo.exchange_line(order.id, "A", "B")
    [line] = api.get(f"orders/{order.id}")["line_items"]
    assert line["sku"] == "B"
    assert (woo.shown("A"), woo.shown("B")) == before


def test_an_addon_sells_parts_of_a_unit(woo, api):
    order = woo.checkout([{"sku": "A", "quantity": "1.5"}])
    [line] = api.get(f"orders/{order.id}")["line_items"]
    assert (line["quantity"], reduced(api, order)) == (1.5, 1.5)
    [product] = api.get("products", sku="A")
    assert product["stock_quantity"] == 8.5


RATES = [{"title": "VAT", "rate": 0.19}, {"title": "Low", "rate": 0.07}]


def test_a_fee_by_the_goods_is_taxed_by_their_rates(woo, api):
    woo.config.prices_include_tax = False
    order = woo.checkout(
        lines=[
            {"sku": "A", "quantity": 1, "price": "30", "rates": [1]},
            {"sku": "B", "quantity": 1, "price": "10", "rates": [2]},
        ],
        taxes=RATES,
        fees=[{"title": "Voucher", "price": "-8", "by_goods": True}],
    )
    [fee] = api.get(f"orders/{order.id}")["fee_lines"]
    assert (fee["total"], fee["total_tax"]) == ("-8.00", "-1.28")
    assert [each["total"] for each in fee["taxes"]] == ["-1.14", "-0.14"]


def test_a_shop_that_rounds_once_tells_the_digits_with_the_rates_only(woo, api):
    woo.config.prices_include_tax = False
    woo.config.round_at_subtotal = True
    order = woo.checkout(
        lines=[{"sku": "A", "price": "15"}, {"sku": "B", "price": "3"}],
        taxes=[{"title": "VAT", "rate": 0.075}],
        shipping={"price": "12"},
    )
    body = api.get(f"orders/{order.id}")
    shown = [line["total_tax"] for line in body["line_items"]]
    assert (shown, body["total_tax"], body["total"]) == (
        ["1.13", "0.23"],
        "2.25",
        "32.25",
    )
    assert body["line_items"][0]["taxes"][0]["total"] == "1.125"


def test_an_order_may_lose_its_tax_lines_and_the_shop_knows_the_rate(woo, api):
    woo.config.lose_tax_lines = True
    order = woo.checkout({"A": 1}, taxes=VAT)
    body = api.get(f"orders/{order.id}")
    assert body["tax_lines"] == [] and body["line_items"][0]["taxes"]
    assert api.get("taxes/1")["rate"] == "21.0000"
    assert api.code("GET", "taxes/99")[0] == 404


def test_amounts_are_typed_in_anew_and_paid_back_without_units(woo, api):
    woo.config.prices_include_tax = False
    order = woo.checkout({"A": 2}, taxes=VAT, shipping={"title": "Post", "price": "5"})
    woo.reprice(order, prices={"A": "8"}, shipping="4", fees=[{"price": "1"}])
    body = api.get(f"orders/{order.id}")
    assert (body["total"], body["line_items"][0]["quantity"]) == ("25.41", 2)
    made = woo.refund(order, money={"A": ["4.00", "0.84"], "Post": ["2.00", "0.42"]})
    assert str(made.amount) == "7.26"
    [refund] = api.get(f"orders/{order.id}/refunds")
    assert refund["line_items"][0]["quantity"] == 0
    assert woo.shown("A") == 8


def test_restored_from_the_trash_it_has_its_status_back(woo, api):
    order = woo.checkout({"A": 4})
    woo.trash(order)
    woo.untrash(order)
    assert api.get(f"orders/{order.id}")["status"] == "processing"


def test_times_run_backwards_when_the_clock_is_set_right(woo, api):
    woo.store.clock.move(600)
    order = woo.checkout({"A": 1})
    before = api.get(f"orders/{order.id}")["date_modified_gmt"]
    woo.store.clock.move(0, backwards=True)
    woo.set_status(order, "cancelled")
    assert api.get(f"orders/{order.id}")["date_modified_gmt"] < before
