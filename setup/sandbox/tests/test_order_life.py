"""What the owner of the shop does with orders, and what it does to stock."""

from decimal import Decimal

import pytest

from sandbox.shopify import StoreError, totals


def stock(shop, sku="A", place="Main"):
    level = shop.level(sku, place)
    return level["available"], level["committed"], level["on_hand"]


def test_fulfilment_takes_committed_and_on_hand_down(shop):
    shop.checkout({"A": 4})
    shop.fulfill("#1001", {"A": 1})
    order = shop.store.find_order("1001")
    assert stock(shop) == (6, 3, 9)
    assert totals.fulfillment_status(order) == "PARTIALLY_FULFILLED"
    shop.fulfill("#1001")
    assert stock(shop) == (6, 0, 6)
    assert totals.fulfillment_status(order) == "FULFILLED"
    with pytest.raises(StoreError):
        shop.fulfill("#1001")


def test_cancel_with_restock(shop):
    order = shop.checkout({"A": 4})
    shop.cancel(order, reason="CUSTOMER")
    assert stock(shop) == (10, 0, 10)
    assert totals.financial_status(order) == "REFUNDED"
    assert order.lines[0].current_quantity == 0
    assert order.fulfillment_orders[0].status == "CANCELLED"
    assert totals.current_total(order).shop == 0
    with pytest.raises(StoreError):
        shop.cancel(order)


def test_cancel_without_restock_gives_the_goods_up(shop):
    shop.cancel(shop.checkout({"A": 4}), restock=False)
    assert stock(shop) == (6, 0, 6)


def test_cancel_voids_what_was_authorized(shop):
    order = shop.checkout({"A": 1}, payment="authorized")
    shop.cancel(order)
    assert totals.financial_status(order) == "VOIDED"


def test_a_shipped_order_cannot_be_cancelled(shop):
    order = shop.checkout({"A": 1})
    shop.fulfill(order)
    with pytest.raises(StoreError):
        shop.cancel(order)


def test_refund_cancel_restocks_what_was_not_shipped(shop):
    order = shop.checkout({"A": 4})
    shop.refund(order, {"A": 1}, restock="CANCEL")
    assert stock(shop) == (7, 3, 10)
    assert totals.current_total(order).shop == Decimal("30.00")
    assert totals.financial_status(order) == "PARTIALLY_REFUNDED"


def test_refund_return_brings_shipped_goods_to_the_named_place(shop):
    order = shop.checkout({"A": 2})
    shop.fulfill(order)
    shop.refund(order, {"A": 2}, restock="RETURN", location="Second")
    assert stock(shop) == (8, 0, 8)
    assert stock(shop, place="Second") == (2, 0, 2)
    assert totals.financial_status(order) == "REFUNDED"


def test_refund_without_restock_moves_no_shipped_goods(shop):
    order = shop.checkout({"A": 2})
    shop.fulfill(order)
    shop.refund(order, {"A": 1}, restock="NO_RESTOCK")
    assert stock(shop) == (8, 0, 8)


def test_refunding_unit_by_unit_ends_at_zero(shop):
    order = shop.checkout(
        {"A": 3},
        taxes=[{"title": "VAT", "rate": 0.21}],
        discounts=[{"type": "fixed", "value": "1.00"}],
    )
    for _n in range(3):
        shop.refund(order, {"A": 1}, restock="CANCEL")
    assert totals.current_total(order).shop == 0
    assert totals.current_tax(order).shop == 0
    assert totals.refunded(order) == totals.received(order)


def test_more_cannot_be_refunded_than_was_bought(shop):
    order = shop.checkout({"A": 2})
    with pytest.raises(StoreError):
        shop.refund(order, {"A": 3})


def test_pay_captures(shop):
    order = shop.checkout({"A": 1}, payment="authorized")
    shop.pay(order)
    assert totals.financial_status(order) == "PAID"
    assert [entry.kind for entry in order.transactions] == ["AUTHORIZATION", "CAPTURE"]


def test_edit_lines(shop):
    order = shop.checkout({"A": 4}, payment="pending")
    shop.edit_order(order, {"A": 1, "C": 2})
    assert stock(shop) == (9, 1, 10)
    assert stock(shop, "C") == (3, 2, 5)
    assert totals.current_total(order).shop == Decimal("24.50")
    assert order.lines[0].quantity == 4 and order.lines[0].current_quantity == 1
    shop.edit_order(order, {"A": 3})
    assert stock(shop) == (7, 3, 10)


def test_edit_cannot_take_more_than_is_shown(shop):
    order = shop.checkout({"A": 4})
    with pytest.raises(StoreError):
        shop.edit_order(order, {"A": 11})


def test_updated_at_never_runs_backwards(shop):
    order = shop.checkout({"A": 1})
    before = order.updated_at
    shop.store.clock.move(-3600)
    shop.fulfill(order)
    assert order.updated_at >= before
    shop.store.clock.move(3600)
    assert shop.checkout({"A": 1}).updated_at > before


def test_what_is_refused_leaves_no_trace(shop):
    order = shop.checkout({"A": 4}, shipping={"price": "5.00"})
    with pytest.raises(StoreError):
        shop.edit_order(order, {"A": 1, "C": 99})
    with pytest.raises(StoreError):
        shop.refund(order, {"A": 1}, shipping=totals.Bag(Decimal(6), Decimal(6)))
    assert stock(shop) == (6, 4, 10)
    assert order.lines[0].current_quantity == 4 and not order.refunds


def test_shipping_can_be_refunded(shop):
    order = shop.checkout({"A": 1}, shipping={"price": "5.00"})
    shop.refund(order, {}, shipping=True)
    assert totals.current_shipping(order).shop == 0
    assert totals.refunded(order).shop == Decimal("5.00")


def test_a_deleted_variant_leaves_its_sku_in_the_lines(shop):
    order = shop.checkout({"A": 2})
    [line] = order.lines
    shop.delete_variant("A")
    assert (line.variant, line.sku, line.quantity) == (None, "A", 2)
    with pytest.raises(StoreError):
        shop.checkout({"A": 1})


def test_an_edit_of_money_leaves_the_units(shop):
    order = shop.checkout({"A": 2}, payment="paid")
    before = totals.current_total(order).shop
    shop.discount(order, "A", "2.50")
    assert order.lines[0].current_quantity == 2
    assert before - totals.current_total(order).shop >= Decimal("2.50")
    shop.pay_back(order, "2.50")
    assert totals.refunded(order).shop == Decimal("2.50")
    with pytest.raises(StoreError):
        shop.pay_back(order, totals.received(order).shop)
