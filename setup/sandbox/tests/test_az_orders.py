"""The life of an order, and what the API shows of it and when."""

from decimal import Decimal

import pytest

from sandbox.amazon import SoldOut, StoreError

from .amazon import DE, FR, SE

ORDERS = "/orders/2026-01-01/orders"
HOUR, DAY = 3600, 86400
ALL = ("BUYER", "RECIPIENT", "PROCEEDS", "PROMOTION", "CANCELLATION", "FULFILLMENT")


def test_an_order_is_pending_at_once_and_the_number_is_lower(account, amz):
    order = account.checkout({"A": 3}, payment="pending")
    assert account.shown("A") == 7
    view = amz.order(order, *ALL)
    assert view["fulfillment"]["fulfillmentStatus"] == "PENDING"
    [item] = view["orderItems"]
    assert item["product"]["sellerSku"] == "A" and item["quantityOrdered"] == 3
    # nothing of price, address or buyer yet
    assert not {"buyer", "recipient", "proceeds"} & set(view)
    assert "price" not in item["product"] and "proceeds" not in item


def test_a_pending_order_may_show_its_price_as_in_japan(account, amz):
    account.rules.set(pending_price=1)
    order = account.checkout({"A": 3}, payment="pending")
    view = amz.order(order, *ALL)
    assert view["proceeds"]["grandTotal"]["amount"] == "30.00"
    assert "buyer" not in view and "recipient" not in view


def test_more_than_is_shown_is_sold_out(account):
    with pytest.raises(SoldOut, match="11 wanted, 10 left"):
        account.checkout({"A": 11})
    with pytest.raises(SoldOut):
        account.checkout({"A": 1, "B": 6})
    assert (account.shown("A"), account.shown("B")) == (10, 5)


def test_payment_takes_30_to_90_minutes(account):
    order = account.checkout({"A": 1})
    account.pass_time(29 * 60)
    assert order.status == "PENDING"
    account.pass_time(61 * 60)
    assert order.status == "UNSHIPPED"


def test_a_payment_that_fails_gives_the_units_back(account, amz):
    account.rules.next("payment_fails")
    order = account.checkout({"A": 4})
    account.pass_time(90 * 60)
    assert (order.status, account.shown("A")) == ("CANCELLED", 10)
    [item] = amz.order(order, "CANCELLATION")["orderItems"]
    assert item["cancellation"]["cancellationExecution"]["cancelledBy"] == "AMAZON"


def test_some_payments_take_days_and_compress_shrinks_them(account):
    account.rules.next("payment_takes_days", 2)
    slow = account.checkout({"A": 1})
    account.config.compress = 60
    quick = account.checkout({"A": 1})
    account.pass_time(DAY / 60 * 3 + 1)
    assert (slow.status, quick.status) == ("PENDING", "UNSHIPPED")


def test_a_pending_order_changes_its_quantity_or_vanishes(account, amz):
    order = account.checkout({"A": 3, "B": 1}, payment="pending")
    account.edit_order(order, {"A": 5, "B": 0})
    assert (account.shown("A"), account.shown("B")) == (5, 5)
    assert [each["quantityOrdered"] for each in amz.order(order)["orderItems"]] == [5]
    account.vanish(order)
    assert account.shown("A") == 10
    assert amz.code("GET", f"{ORDERS}/{order.id}") == (404, "NotFound")
    paid = account.checkout({"A": 1}, payment="paid")
    with pytest.raises(StoreError, match="UNSHIPPED"):
        account.vanish(paid)


def test_search_is_blind_for_three_minutes(account, amz):
    order = account.checkout({"A": 1}, payment="pending")
    account.pass_time(179)
    assert amz.found() == []
    amz.order(order)  # getOrder knows it at once
    account.pass_time(2)
    assert amz.found() == [order.id]


def test_search_shows_the_version_that_it_knows(account, amz):
    order = account.checkout({"A": 1}, payment="pending")
    account.pass_time(170)
    account.pay(order)
    account.pass_time(15)
    [view] = amz.search(includedData="FULFILLMENT")["orders"]
    assert view["fulfillment"]["fulfillmentStatus"] == "PENDING"
    account.pass_time(170)
    [view] = amz.search(includedData="FULFILLMENT")["orders"]
    assert view["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"


def test_the_answers_before_is_a_cursor_that_loses_nothing(account, amz):
    first = account.checkout({"A": 1}, payment="pending")
    account.pass_time(100)
    answer = amz.search()
    assert answer["orders"] == []
    account.pass_time(100)
    assert amz.found(lastUpdatedAfter=answer["lastUpdatedBefore"]) == [first.id]


def test_a_cursor_of_now_loses_orders(account, amz):
    account.checkout({"A": 1}, payment="pending")
    account.pass_time(130)
    before = amz.ago(120)
    assert amz.search(lastUpdatedBefore=before)["orders"] == []
    account.pass_time(200)
    assert amz.found(lastUpdatedAfter=before) == []


def test_a_change_may_reach_the_search_later_still(account, amz):
    account.rules.next("late_index")
    order = account.checkout({"A": 1}, payment="pending")
    account.pass_time(200)
    assert amz.found() == []
    account.pass_time(300)
    assert amz.found() == [order.id]


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ({"lastUpdatedAfter": None}, "after_keys"),
        ({"createdAfter": "2026-01-01T00:00:00Z"}, "after_keys"),
        ({"createdBefore": "2026-01-02T00:00:00Z"}, "after_keys"),
        ({"lastUpdatedAfter": "2026-01-01T00:00:00+01:00"}, "offset_time"),
        ({"lastUpdatedBefore": "2025-12-31T00:00:00Z"}, "before_too_late"),
        ({"maxResultsPerPage": 101}, "page_size"),
        ({"marketplaceIds": "ATVPDKIKX0DER"}, "wrong_marketplace"),
        ({"paginationToken": "unheard-of"}, "page_token"),
    ],
)
def test_searches_that_are_refused(amz, query, rule):
    query = {"lastUpdatedAfter": "2026-01-01T00:00:00Z", **query}
    query = {name: value for name, value in query.items() if value is not None}
    assert amz.code("GET", ORDERS, **query) == (400, "InvalidInput")
    assert amz.wrong() == {rule: 1}


def test_before_must_be_two_minutes_ago(amz):
    since = "2026-01-01T00:00:00Z"
    for seconds, rule in ((110, {"before_too_late": 1}), (125, {})):
        query = {"lastUpdatedAfter": since, "lastUpdatedBefore": amz.ago(seconds)}
        assert amz.send("GET", ORDERS, **query).ok is not bool(rule)
        assert amz.wrong() == rule


def test_pages_and_their_tokens(account, amz):
    placed = [account.checkout({"A": 1}, payment="pending").id for _number in range(5)]
    account.pass_time(200)
    answer = amz.search(maxResultsPerPage=2)
    found = [each["orderId"] for each in answer["orders"]]
    token = answer["pagination"]["nextToken"]
    # a token belongs to its search, and lives a day
    query = {"lastUpdatedAfter": "2026-02-01T00:00:00Z", "maxResultsPerPage": 2}
    assert amz.code("GET", ORDERS, paginationToken=token, **query)[0] == 400
    while token:
        answer = amz.search(maxResultsPerPage=2, paginationToken=token)
        found += [each["orderId"] for each in answer["orders"]]
        token = answer.get("pagination", {}).get("nextToken")
    # Amazon promises no order of time
    assert sorted(found) == sorted(placed) != found
    old = amz.search(maxResultsPerPage=2)["pagination"]["nextToken"]
    account.pass_time(DAY + 1)
    query["lastUpdatedAfter"] = "2026-01-01T00:00:00Z"
    assert amz.code("GET", ORDERS, paginationToken=old, **query)[0] == 400
    assert amz.wrong() == {"page_token": 2}


def test_filters(account, amz):
    german = account.checkout({"A": 1}, payment="paid")
    french = account.checkout({"A": 1}, payment="pending", marketplace=FR)
    fba = account.checkout({"F": 1}, payment="pending")
    account.pass_time(200)
    assert amz.found(marketplaceIds=FR) == [french.id]
    assert amz.found(fulfilledBy="AMAZON") == [fba.id]
    found = amz.found(fulfillmentStatuses=["UNSHIPPED", "SHIPPED"])
    assert found == [german.id]
    query = {"lastUpdatedAfter": None, "createdAfter": amz.ago(300)}
    answer = amz.search(**query)
    assert len(answer["orders"]) == 3 and "createdBefore" in answer


def test_blocks_are_there_only_when_asked_for(account, amz):
    order = account.checkout({"A": 1}, payment="paid")
    bare = amz.ok("GET", f"{ORDERS}/{order.id}")["order"]
    assert not {"fulfillment", "buyer", "recipient", "proceeds", "packages"} & set(bare)
    assert "fulfillment" not in bare["orderItems"][0]
    whole = amz.order(order, *ALL, "PACKAGES")
    assert {"fulfillment", "buyer", "recipient", "proceeds", "packages"} <= set(whole)


def test_the_state_may_be_missing_although_asked_for(account, amz):
    order = account.checkout({"A": 1}, payment="paid")
    account.rules.next("state_missing")
    assert "fulfillment" not in amz.order(order)
    assert "fulfillment" in amz.order(order)


def test_money_adds_up_and_includes_the_tax_in_europe(account, amz):
    line = {"sku": "A", "quantity": 2, "shipping": "4.95", "gift_wrap": "1.50"}
    line |= {"discount": "3.00", "promotion": "SAVE3", "gift_message": "Hi"}
    order = account.checkout([line], payment="paid")
    view = amz.order(order, *ALL)
    [item] = view["orderItems"]
    parts = {each["type"]: each["subtotal"] for each in item["proceeds"]["breakdowns"]}
    assert parts["ITEM"] == {"amount": "20.00", "currencyCode": "EUR"}
    assert parts["DISCOUNT"]["amount"] == "-3.00" and "TAX" not in parts
    total = sum(Decimal(each["amount"]) for each in parts.values())
    assert item["proceeds"]["proceedsTotal"]["amount"] == str(total) == "23.45"
    assert view["proceeds"]["grandTotal"]["amount"] == "23.45"
    assert item["promotion"]["breakdowns"] == [{"promotionId": "SAVE3"}]
    option = item["fulfillment"]["packing"]["giftOption"]
    assert option == {"giftMessage": "Hi", "giftWrapLevel": "STANDARD"}
    account.rules.set(tax_zero=1, discount_positive=1, breakdown_odd=1)
    [item] = amz.order(order, *ALL)["orderItems"]
    parts = {each["type"]: each["subtotal"] for each in item["proceeds"]["breakdowns"]}
    assert parts["TAX"]["amount"] == "0.00" and parts["DISCOUNT"]["amount"] == "3.00"
    assert parts["OTHER"]["amount"] == "1.00"


def test_currencies_are_of_the_marketplace(account, amz):
    order = account.checkout({"A": 1}, marketplace=SE, payment="paid")
    view = amz.order(order, "PROCEEDS")
    assert view["proceeds"]["grandTotal"]["currencyCode"] == "SEK"


def test_business_orders_replacements_and_wishes(account, amz):
    order = account.checkout({"A": 1}, payment="paid", business=True)
    view = amz.order(order, "BUYER", "TAX")
    assert view["programs"] == ["AMAZON_BUSINESS"]
    assert view["buyer"]["buyerPurchaseOrderNumber"] == "PO-4711"
    assert view["tax"]["taxRegistrations"][0]["taxRegistrationNumber"]
    again = account.checkout({"A": 1}, payment="paid", replaces=order)
    view = amz.order(again, "PROCEEDS")
    assert view["proceeds"]["grandTotal"]["amount"] == "0.00"
    [link] = view["associatedOrders"]
    assert link["orderId"] == order.id
    account.wish_cancel(order)
    [item] = amz.order(order, "CANCELLATION")["orderItems"]
    assert item["cancellation"]["cancellationRequest"]["requester"] == "BUYER"
    assert order.status == "UNSHIPPED"


def test_amazon_ships_its_own_orders(account, amz):
    order = account.checkout({"F": 2}, payment="paid")
    stock = account.store.listings["F"].fba
    assert (stock.fulfillable, stock.reserved) == (4, 2)
    view = amz.order(order, "FULFILLMENT", "BUYER")
    assert view["fulfillment"]["fulfilledBy"] == "AMAZON"
    assert "buyerEmail" not in view["buyer"]
    account.pass_time(30 * HOUR)
    assert order.status == "SHIPPED"
    assert (stock.fulfillable, stock.reserved) == (4, 0)


def test_amazon_may_not_be_able_to_ship(account, amz):
    order = account.checkout({"F": 2}, payment="paid")
    account.lose_by_amazon(order)
    assert amz.order(order)["fulfillment"]["fulfillmentStatus"] == "UNFULFILLABLE"
    account.pass_time(30 * HOUR)
    assert order.status == "UNFULFILLABLE"


def test_a_preorder_is_pending_as_well(account, amz):
    order = account.checkout({"A": 2}, payment="preorder")
    view = amz.order(order, *ALL)
    assert view["fulfillment"]["fulfillmentStatus"] == "PENDING_AVAILABILITY"
    assert account.shown("A") == 8 and "buyer" not in view
    account.pay(order)
    assert order.status == "UNSHIPPED"


def test_one_cart_of_two_fulfilments_is_two_orders(account):
    first = account.checkout({"A": 1, "F": 1}, payment="pending")
    assert [item.sku for item in first.items] == ["A"]
    assert sorted(each.merchant for each in account.store.orders.values()) == [0, 1]


def test_a_listing_that_is_not_in_the_marketplace_is_not_sold_there(account):
    account.seed({"products": [{"sku": "G", "quantity": 3, "marketplaces": [DE]}]})
    with pytest.raises(StoreError, match="not listed"):
        account.checkout({"G": 1}, marketplace=FR)
    with pytest.raises(StoreError, match="does not sell"):
        account.checkout({"G": 1}, marketplace="ATVPDKIKX0DER")


# --- shipping


def test_shipping_in_parts(account, amz):
    order = account.checkout({"A": 3, "B": 1}, payment="paid")
    assert amz.ship(order, {"A": 2}).status_code == 204
    assert order.status == "PARTIALLY_SHIPPED"
    answer = amz.ship(
        order,
        packageReferenceId="2",
        carrierCode="Other",
        carrierName="Bike",
        shippingMethod="Express",
    )
    assert (answer.status_code, answer.content) == (204, b"")
    view = amz.order(order, "PACKAGES", "FULFILLMENT")
    assert view["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
    assert [each["packageReferenceId"] for each in view["packages"]] == ["1", "2"]
    assert view["packages"][1]["carrier"] == "Bike"
    assert "detailedStatus" not in view["packages"][0]["packageStatus"]
    assert account.shown("A") == 7


@pytest.mark.parametrize(
    ("detail", "rule"),
    [
        ({"packageReferenceId": 1}, "reference_type"),
        ({"packageReferenceId": "P-1"}, "reference_type"),
        ({"packageReferenceId": "0"}, "reference_type"),
        ({"carrierCode": "Unheard Of"}, "unknown_carrier"),
        ({"carrierCode": "Other"}, "unknown_carrier"),
        ({"trackingNumber": " "}, "no_tracking"),
        ({"shipDate": "2099-01-01T00:00:00Z"}, "ship_date"),
        ({"shipDate": "2020-01-01T00:00:00Z"}, "ship_date"),
        ({"shipDate": "02/21/2022"}, "wrong_body"),
        ({"orderItems": []}, "wrong_body"),
        ({"orderItems": [{"orderItemId": "1", "quantity": 1}]}, "unknown_order"),
    ],
)
def test_shipments_that_are_refused(account, amz, detail, rule):
    order = account.checkout({"A": 3}, payment="paid")
    answer = amz.ship(order, **detail)
    assert answer.status_code == 400
    assert amz.wrong() == {rule: 1}
    assert order.status == "UNSHIPPED"


def test_a_shipment_without_a_tracking_number_breaks_the_model(account, amz):
    order = account.checkout({"A": 1}, payment="paid")
    path = f"/orders/v0/orders/{order.id}/shipmentConfirmation"
    detail = {"packageReferenceId": "1", "carrierCode": "DHL", "orderItems": []}
    detail["shipDate"] = amz.ago(0)
    body = {"marketplaceId": DE, "packageDetail": detail}
    assert amz.code("POST", path, body) == (400, "InvalidInput")
    assert amz.wrong() == {"wrong_body": 1}


def test_a_repeat_is_refused_although_it_was_done(account, amz):
    order = account.checkout({"A": 2}, payment="paid")
    assert amz.ship(order, {"A": 1}).ok
    for lines in ({"A": 1}, {"A": 1}):
        answer = amz.ship(order, lines)
        code = answer.json()["errors"][0]["code"]
        assert (answer.status_code, code) == (400, "PackageToUpdateNotFound")
    assert amz.ship(order, {"A": 1}, packageReferenceId="2").ok
    answer = amz.ship(order, {"A": 1}, packageReferenceId="3")
    assert answer.json()["errors"][0]["code"] == "PackageToUpdateNotFound"
    assert amz.wrong() == {"ship_repeat": 3}
    assert len(order.packages) == 2


def test_what_cannot_be_shipped(account, amz):
    order = account.checkout({"A": 2}, payment="paid")
    assert amz.ship(order, {"A": 3}).status_code == 400
    assert amz.wrong() == {"over_quantity": 1}
    fba = account.checkout({"F": 1}, payment="paid")
    pending = account.checkout({"A": 1}, payment="pending")
    gone = account.checkout({"A": 1}, payment="failed")
    for each in (fba, pending, gone):
        units = {item.sku: 1 for item in each.items}
        assert amz.ship(each, units).status_code == 400
    assert amz.wrong() == {"ship_state": 3}
    unknown = "/orders/v0/orders/000-0000000-0000000/shipmentConfirmation"
    detail = {**amz.package(order), "packageReferenceId": "9"}
    body = {"marketplaceId": DE, "packageDetail": detail}
    assert amz.code("POST", unknown, body) == (404, "NotFound")
    path = f"/orders/v0/orders/{order.id}/shipmentConfirmation"
    assert amz.code("POST", path, {**body, "marketplaceId": FR})[0] == 400
    assert amz.wrong() == {"wrong_marketplace": 1}
