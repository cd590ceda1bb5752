"""Buying: never more than is shown, committed at once, priced to the cent."""

from decimal import Decimal

import pytest

from sandbox.shopify import SoldOut, StoreError, totals
from sandbox.shopify.checkout import price_bag
from sandbox.shopify.orders import refund
from sandbox.shopify.payloads import order_payload

from .helpers import parallel

VAT = [{"title": "VAT", "rate": 0.21}]


def test_fifty_shoppers_never_buy_more_than_is_shown(shop):
    def buy(_number):
        try:
            shop.checkout({"A": 1})
        except SoldOut:
            return 0
        return 1

    assert sum(parallel(50, buy)) == 10
    level = shop.level("A", "Main")
    assert (level["available"], level["committed"], level["on_hand"]) == (0, 10, 10)


def test_shoppers_and_pushes_never_lose_a_unit(shop, client):
    def act(number):
        if number % 2:
            before = shop.level("A", "Main")["available"]
            codes = client.set_codes(client.entry("A", before + 1, before))
            return 0 if codes else 1
        try:
            shop.checkout({"A": 1})
        except SoldOut:
            return 0
        return -1

    change = sum(parallel(30, act))
    assert shop.level("A", "Main")["available"] == 10 + change


def test_sold_out_leaves_no_trace(shop):
    with pytest.raises(SoldOut) as caught:
        shop.checkout({"A": 1, "C": 6})
    assert (caught.value.wanted, caught.value.shown) == (6, 5)
    assert shop.level("A", "Main")["available"] == 10
    assert not shop.store.orders


def test_one_location_that_has_all_is_preferred(shop):
    order = shop.checkout({"B": 4})
    assert [fo.location.name for fo in order.fulfillment_orders] == ["Second"]


def test_an_order_is_split_when_no_location_has_all(shop):
    order = shop.checkout({"B": 6})
    split = {fo.location.name: fo.lines[0].quantity for fo in order.fulfillment_orders}
    assert split == {"Main": 3, "Second": 3}
    assert shop.level("B", "Main")["committed"] == 3


def test_a_location_that_is_not_online_is_not_shown(shop):
    shop.edit_stock("A", "Store", quantity=50)
    assert shop.shown("A") == 10


def test_policy_continue_sells_below_zero(shop):
    shop.edit_variant("A", policy="CONTINUE")
    shop.checkout({"A": 12})
    assert shop.level("A", "Main")["available"] == -2


def test_untracked_goods_have_no_limit(shop):
    shop.edit_variant("A", tracked=False)
    assert shop.shown("A") is None
    shop.checkout({"A": 100})
    assert shop.level("A", "Main")["available"] == 10


def test_a_bundle_is_sold_by_its_parts(shop):
    assert shop.shown("KIT") == 5
    order = shop.checkout({"KIT": 2})
    assert [(line.sku, line.quantity) for line in order.lines] == [("A", 4), ("C", 2)]
    assert order.lines[0].group.quantity == 2
    assert shop.level("A", "Main")["committed"] == 4
    with pytest.raises(SoldOut):
        shop.checkout({"KIT": 3, "C": 1})


def test_names_count_up(shop):
    names = [shop.checkout({"A": 1}).name for _n in range(3)]
    assert names == ["#1001", "#1002", "#1003"]


def test_taxes_in_the_price(shop):
    order = shop.checkout({"A": 1}, taxes=VAT, shipping={"price": "4.95"})
    assert totals.grand_total(order).shop == Decimal("14.95")
    assert totals.tax(order).shop == Decimal("1.74") + Decimal("0.86")


def test_taxes_on_top(shop):
    order = shop.checkout({"A": 1}, taxes=VAT, taxes_included=False)
    assert totals.grand_total(order).shop == Decimal("12.10")


def test_an_order_discount_is_spread_without_losing_a_cent(shop):
    discount = {"type": "fixed", "value": "10.00", "code": "TEN"}
    order = shop.checkout({"A": 1, "B": 1, "C": 1}, discounts=[discount])
    assert totals.discounts(order).shop == Decimal("10.00")
    assert len({index for line in order.lines for index, _a in line.allocations}) == 1


def test_a_discount_by_an_edit_is_announced_like_one_of_the_checkout(shop):
    order = shop.checkout({"A": 2}, taxes=VAT)
    shop.discount(order, "A", "1.00")
    [told] = order_payload(order)["discount_applications"]
    assert (told["type"], told["title"]) == ("manual", "Discount")


def test_line_and_shipping_discounts(shop):
    order = shop.checkout(
        {"A": 2, "C": 1},
        shipping={"price": "5.00"},
        discounts=[
            {"target": "line", "lines": [0], "type": "percentage", "value": 50},
            {"target": "shipping", "type": "percentage", "value": 100},
        ],
    )
    assert totals.subtotal(order).shop == Decimal("17.25")
    assert totals.shipping(order).shop == 0


def test_presentment_adds_up_in_itself(shop):
    usd = {"currency": "USD", "rate": "1.0837"}
    order = shop.checkout({"A": 3, "C": 1}, presentment=usd, taxes=VAT)
    lines = sum(line.discounted_total.presentment for line in order.lines)
    assert totals.grand_total(order).presentment == lines == Decimal("40.38")


@pytest.mark.parametrize(
    ("payment", "status"),
    [("paid", "PAID"), ("authorized", "AUTHORIZED"), ("pending", "PENDING")],
)
def test_payment_states(shop, payment, status):
    order = shop.checkout({"A": 1}, payment=payment)
    assert totals.financial_status(order) == status


def test_a_bad_cart_is_refused(shop):
    for lines in ({}, {"A": 0}, {"nope": 1}):
        with pytest.raises(StoreError):
            shop.checkout(lines)


def test_a_known_customer_is_found_again(shop):
    one = shop.checkout({"A": 1}, customer={"email": "a@b.example"})
    two = shop.checkout({"A": 1}, customer={"email": "a@b.example"})
    assert one.customer is two.customer


def test_a_cart_that_nobody_can_send_leaves_no_trace(shop):
    custom = [{"title": "Engraving", "price": "5.00"}]
    for cart in ({"location": "Nowhere"}, {"payment": "barter"}):
        with pytest.raises(StoreError):
            shop.checkout(custom, **cart)
    assert not shop.store.orders and not shop.store.fulfillment_orders
    assert shop.checkout(custom).lines[0].variant is None


def test_a_tip_is_in_the_total_and_in_no_line(shop):
    order = shop.checkout({"A": 2}, tip="3.50")
    goods = totals.subtotal(order).shop
    assert totals.grand_total(order).shop == goods + Decimal("3.50")
    assert totals.current_total(order).shop == totals.grand_total(order).shop
    assert totals.received(order).shop == totals.grand_total(order).shop
    assert len(order.lines) == 1


def test_a_part_of_a_delivery_goes_back_with_its_part_of_the_tax(shop):
    order = shop.checkout({"A": 1}, taxes=VAT, shipping={"price": "4.95"})
    whole = order.shipping_lines[0].tax.shop
    for part, left in ((price_bag(order, "1.00"), "3.95"), (True, "0.00")):
        refund(shop.store, order, [], shipping=part)
        assert totals.current_shipping(order).shop == Decimal(left)
    taxes = [tax.shop for each in order.refunds for _line, _part, tax in each.shipping]
    assert taxes == [Decimal("0.17"), whole - Decimal("0.17")]
