"""Reading orders: pages, filters, and the numbers of each field."""

import pytest

from .helpers import Client

PAGE = """
query Page($first: Int!, $after: String, $query: String) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { id name updatedAt }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
MONEY = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"
ORDER = f"""
query One($id: ID!) {{
  order(id: $id) {{
    id name email phone test taxesIncluded currencyCode presentmentCurrencyCode
    displayFinancialStatus displayFulfillmentStatus cancelledAt cancelReason
    totalPriceSet {MONEY} currentTotalPriceSet {MONEY} totalTaxSet {MONEY}
    subtotalPriceSet {MONEY} totalDiscountsSet {MONEY} totalShippingPriceSet {MONEY}
    taxLines {{ title rate priceSet {MONEY} }}
    customer {{ id displayName defaultEmailAddress {{ emailAddress }} }}
    shippingAddress {{ name address1 city zip countryCodeV2 phone }}
    billingAddress {{ name }}
    lineItems(first: 20) {{ nodes {{
      id sku title quantity currentQuantity variant {{ id }}
      originalUnitPriceSet {MONEY} discountedTotalSet {MONEY}
      discountAllocations {{
        allocatedAmountSet {MONEY}
        discountApplication {{
          index targetType allocationMethod
          value {{ ... on PricingPercentageValue {{ percentage }}
                   ... on MoneyV2 {{ amount }} }}
          ... on DiscountCodeApplication {{ code }}
        }}
      }}
      taxLines {{ title rate priceSet {MONEY} }}
    }} }}
    shippingLines(first: 5) {{ nodes {{ title discountedPriceSet {MONEY}
      taxLines {{ priceSet {MONEY} }} }} }}
    transactions(first: 5) {{ kind status gateway amountSet {MONEY} }}
    fulfillmentOrders(first: 5) {{ nodes {{
      id status supportedActions {{ action }} fulfillmentHolds {{ reason }}
      assignedLocation {{ name location {{ id }} }}
      lineItems(first: 20) {{ nodes {{ remainingQuantity lineItem {{ id }} }} }}
    }} }}
    refunds {{ id refundLineItems(first: 5) {{ nodes {{
      quantity restockType restocked location {{ id }} subtotalSet {MONEY}
      lineItem {{ id }} }} }} }}
  }}
}}
"""


def read_all(client, first, query=None):
    names, after = [], None
    while True:
        variables = {"first": first, "after": after, "query": query}
        page = client.data(PAGE, variables)["orders"]
        names += [node["name"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return names
        after = page["pageInfo"]["endCursor"]


def test_pages_hold_every_order_once(shop, client):
    shop.edit_variant("A", policy="CONTINUE")
    wanted = [shop.checkout({"A": 1}).name for _n in range(7)]
    for size in (1, 2, 3, 7, 250):
        assert read_all(client, size) == wanted


def test_page_info_and_backward_pages(shop, client):
    for _n in range(3):
        shop.checkout({"A": 1})
    page = client.data(PAGE, {"first": 2})["orders"]["pageInfo"]
    assert page["hasNextPage"] and not page["hasPreviousPage"]
    query = """query Q($before: String) { orders(last: 1, before: $before,
        sortKey: UPDATED_AT) { nodes { name } pageInfo { hasNextPage } } }"""
    back = client.data(query, {"before": page["endCursor"]})["orders"]
    assert [node["name"] for node in back["nodes"]] == ["#1001"]
    assert back["pageInfo"]["hasNextPage"]


def test_an_order_updated_between_pages_moves_to_the_end(shop, client):
    for _n in range(3):
        shop.checkout({"A": 1})
    first = client.data(PAGE, {"first": 1})["orders"]
    shop.store.clock.move(10)
    shop.fulfill("#1001")
    after = {"first": 9, "after": first["pageInfo"]["endCursor"]}
    names = [node["name"] for node in client.data(PAGE, after)["orders"]["nodes"]]
    assert names == ["#1002", "#1003", "#1001"]


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("", "one of first or last"),
        ("first: 251", "first cannot exceed 250"),
        ("first: 0", "greater than 0"),
        ("first: 1, last: 1", "both first and last"),
        ('first: 1, after: "x"', "Invalid cursor"),
    ],
)
def test_bad_pages_are_refused(client, page, message):
    arguments = f"({page})" if page else ""
    code, text = client.error(f"{{ orders{arguments} {{ nodes {{ id }} }} }}")
    assert code == "BAD_REQUEST"
    assert message in text


def test_a_cursor_of_another_sort_is_refused(shop, client):
    shop.checkout({"A": 1})
    cursor = client.data(PAGE, {"first": 1})["orders"]["pageInfo"]["endCursor"]
    query = """query Q($after: String) { orders(first: 1, after: $after,
        sortKey: ID) { nodes { id } } }"""
    assert client.error(query, {"after": cursor})[0] == "BAD_REQUEST"


def test_updated_at_is_in_whole_seconds_and_later_than_loses_ties(shop, client):
    order = shop.checkout({"A": 1})
    moment = order.updated_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert read_all(client, 5, f"updated_at:>='{moment}'") == ["#1001"]
    assert read_all(client, 5, f"updated_at:>'{moment}'") == []


def test_filters_combine(shop, client):
    shop.checkout({"A": 1}, tags=["vip"], email="a@x.example")
    shop.checkout({"A": 1}, test=True)
    shop.checkout({"A": 1}, payment="pending")
    shop.cancel("#1003")
    found = {
        "tag:vip": ["#1001"],
        "test:true OR tag:vip": ["#1001", "#1002"],
        "-status:cancelled": ["#1001", "#1002"],
        "NOT (test:true) status:open": ["#1001"],
        "name:#1002": ["#1002"],
        "email:a@x.example": ["#1001"],
        "financial_status:paid": ["#1001", "#1002"],
        "sku:A AND financial_status:voided": ["#1003"],
    }
    for query, names in found.items():
        assert read_all(client, 9, query) == names, query


def test_an_unknown_filter_is_an_error_and_not_ignored(client):
    body = client.run(PAGE, {"first": 1, "query": "risk_level:high"})
    assert body["errors"][0]["extensions"]["code"] == "NOT_IN_SANDBOX"


def test_orders_older_than_60_days_need_a_scope(shop, client):
    order = shop.checkout({"A": 1})
    shop.store.clock.move(61 * 86400)
    assert read_all(client, 5) == []
    assert client.data(ORDER, {"id": order.gid})["order"] is None
    token = shop.tokens.issue([*shop.config.scopes, "read_all_orders"])
    assert read_all(Client(shop, token.text), 5) == ["#1001"]


def test_every_amount_of_an_order_adds_up(shop, client):
    order = shop.checkout(
        {"A": 2, "B": 1},
        email="anna@x.example",
        phone="+31612345678",
        customer={"email": "anna@x.example", "first_name": "Anna"},
        shipping_address={"first_name": "Anna", "city": "Gent", "country_code": "BE"},
        taxes=[{"title": "VAT", "rate": 0.21}],
        shipping={"title": "Express", "price": "6.00"},
        discounts=[{"code": "TEN", "type": "percentage", "value": 10}],
        presentment={"currency": "USD", "rate": "1.1"},
    )
    found = client.data(ORDER, {"id": order.gid})["order"]
    money = found["totalPriceSet"]
    assert money["shopMoney"] == {"amount": "28.05", "currencyCode": "EUR"}
    assert money["presentmentMoney"] == {"amount": "30.85", "currencyCode": "USD"}
    assert found["shippingAddress"]["countryCodeV2"] == "BE"
    allocation = found["lineItems"]["nodes"][0]["discountAllocations"][0]
    assert allocation["allocatedAmountSet"]["shopMoney"]["amount"] == "2.0"
    assert allocation["discountApplication"]["code"] == "TEN"
    place = found["fulfillmentOrders"]["nodes"][0]
    assert place["assignedLocation"]["location"]["id"] == client.location("Main")
    assert found["transactions"][0]["kind"] == "SALE"


def test_the_price_of_a_line_does_not_know_the_discount_of_the_order(shop, client):
    order = shop.checkout({"A": 1}, discounts=[{"type": "percentage", "value": 50}])
    line = client.data(ORDER, {"id": order.gid})["order"]["lineItems"]["nodes"][0]
    assert line["discountedTotalSet"]["shopMoney"]["amount"] == "10.0"


def test_line_items_are_paginated_too(shop, client):
    shop.checkout({"A": 1, "B": 1, "C": 1})
    query = """query Q($after: String) { orders(first: 1) { nodes {
        lineItems(first: 2, after: $after) { nodes { sku }
        pageInfo { hasNextPage endCursor } } } } }"""
    page = client.data(query)["orders"]["nodes"][0]["lineItems"]
    assert [n["sku"] for n in page["nodes"]] == ["A", "B"]
    variables = {"after": page["pageInfo"]["endCursor"]}
    page = client.data(query, variables)["orders"]["nodes"][0]["lineItems"]
    assert [n["sku"] for n in page["nodes"]] == ["C"]
    assert not page["pageInfo"]["hasNextPage"]


def test_refund_is_read_by_its_id(shop, client):
    order = shop.checkout({"A": 2})
    refund = shop.refund(order, {"A": 1}, "CANCEL")
    query = """query($id: ID!) { refund(id: $id) { note order { updatedAt }
        refundLineItems(first: 1) { nodes { quantity } } } }"""
    found = client.data(query, {"id": refund.gid})["refund"]
    assert found["refundLineItems"]["nodes"] == [{"quantity": 1}]
    unknown = "gid://shopify/Refund/999"
    assert client.data(query, {"id": unknown})["refund"] is None
