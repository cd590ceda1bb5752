"""Cancelling, refunding, shipping, moving and holding through the API."""

from .helpers import eventually

CANCEL = """mutation C($id: ID!, $restock: Boolean!) {
  orderCancel(orderId: $id, reason: INVENTORY, restock: $restock,
      refundMethod: {originalPaymentMethodsRefund: true}) {
    job { id done } orderCancelUserErrors { code field message } } }"""
REFUND = """mutation R($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund { id totalRefundedSet { shopMoney { amount } }
      refundLineItems(first: 5) { nodes { quantity restockType restocked } } }
    userErrors { field message } } }"""
FULFILL = """mutation F($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id status totalQuantity trackingInfo { number company url } }
    userErrors { field message } } }"""
TRACK = """mutation T($id: ID!, $info: FulfillmentTrackingInput!) {
  fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $info) {
    fulfillment { trackingInfo { number } } userErrors { message } } }"""
MOVE = """mutation M($id: ID!, $place: ID!) {
  fulfillmentOrderMove(id: $id, newLocationId: $place) {
    movedFulfillmentOrder { id assignedLocation { name } }
    userErrors { message } } }"""
HOLD = """mutation H($id: ID!) {
  fulfillmentOrderHold(id: $id, fulfillmentHold: {reason: INCORRECT_ADDRESS}) {
    fulfillmentHold { id reason } fulfillmentOrder { status }
    userErrors { code message } } }"""
RELEASE = """mutation R($id: ID!) {
  fulfillmentOrderReleaseHold(id: $id) {
    fulfillmentOrder { status } userErrors { code message } } }"""
ADDRESS = {"first_name": "Anna", "country_code": "NL"}


def test_cancel_is_a_job_that_ends_later(shop, client):
    order = shop.checkout({"A": 2})
    payload = client.data(CANCEL, {"id": order.gid, "restock": True})["orderCancel"]
    assert payload["orderCancelUserErrors"] == []
    assert payload["job"]["done"] is False and not order.cancelled_at
    query = "query J($id: ID!) { job(id: $id) { done } }"
    variables = {"id": payload["job"]["id"]}
    eventually(lambda: client.data(query, variables)["job"]["done"])
    assert order.cancel_reason == "INVENTORY"
    assert shop.level("A", "Main")["available"] == 10


def test_tags_are_a_set(shop, client):
    order = shop.checkout({"A": 1})
    query = """mutation T($id: ID!, $tags: [String!]!) {
      tagsAdd(id: $id, tags: $tags) { node { id } userErrors { message } } }"""
    for _time in range(2):
        answer = client.data(query, {"id": order.gid, "tags": ["x"]})["tagsAdd"]
        assert answer == {"node": {"id": order.gid}, "userErrors": []}
    assert order.tags == ["x"]
    missing = {"id": "gid://shopify/Order/1", "tags": ["x"]}
    assert client.data(query, missing)["tagsAdd"]["userErrors"]


def test_cancel_errors_have_their_own_list(shop, client):
    order = shop.checkout({"A": 2})
    shop.cancel(order)
    for id, code in ((order.gid, "INVALID"), ("gid://shopify/Order/1", "NOT_FOUND")):
        payload = client.data(CANCEL, {"id": id, "restock": True})["orderCancel"]
        assert payload["orderCancelUserErrors"][0]["code"] == code


def test_the_result_of_a_cancel_from_2026_10(shop, client):
    order = shop.checkout({"A": 2})
    query = CANCEL.replace("job { id done }", "jobResult { id status done }")
    variables = {"id": order.gid, "restock": True}
    payload = client.data(query, variables, "2026-10")["orderCancel"]
    assert payload["jobResult"]["status"] == "STARTED"


def refund_input(client, order, **line):
    entry = {
        "lineItemId": order.lines[0].gid,
        "quantity": 1,
        "restockType": "CANCEL",
        "locationId": client.location("Main"),
        **line,
    }
    transaction = {
        "orderId": order.gid,
        "kind": "REFUND",
        "gateway": "bogus",
        "amount": "10.00",
        "parentId": order.transactions[0].gid,
    }
    return {
        "orderId": order.gid,
        "refundLineItems": [entry],
        "transactions": [transaction],
    }


def test_refund_once_for_each_key(shop, client):
    order = shop.checkout({"A": 3})
    variables = {"input": refund_input(client, order), "key": "r1"}
    first = client.data(REFUND, variables)["refundCreate"]
    assert first["userErrors"] == []
    assert first["refund"]["totalRefundedSet"]["shopMoney"]["amount"] == "10.0"
    assert client.data(REFUND, variables)["refundCreate"] == first
    assert len(order.refunds) == 1
    assert shop.level("A", "Main")["available"] == 8


def test_refund_needs_a_key_and_a_place(shop, client):
    order = shop.checkout({"A": 3})
    input = refund_input(client, order, locationId=None)
    query = REFUND.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")
    assert client.error(query, {"input": input})[0] == "BAD_REQUEST"
    payload = client.data(REFUND, {"input": input, "key": "r"})["refundCreate"]
    assert "location" in payload["userErrors"][0]["message"]


def test_refund_of_too_much_is_refused(shop, client):
    order = shop.checkout({"A": 3})
    too_many = refund_input(client, order, quantity=4)
    payload = client.data(REFUND, {"input": too_many, "key": "r"})["refundCreate"]
    assert payload["refund"] is None and payload["userErrors"]
    too_dear = refund_input(client, order)
    too_dear["transactions"][0]["amount"] = "31.00"
    payload = client.data(REFUND, {"input": too_dear, "key": "s"})["refundCreate"]
    assert payload["userErrors"] and not order.refunds


def test_refund_is_told_in_the_currency_of_the_customer(shop, client):
    abroad = {"currency": "JPY", "rate": "150"}
    order = shop.checkout({"A": 3}, presentment=abroad)
    input = refund_input(client, order)
    input["transactions"][0]["amount"] = "1500"

    def refund(**values):
        variables = {"input": {**input, **values}, "key": f"k{values}"}
        return client.data(REFUND, variables)["refundCreate"]

    assert "must be provided" in refund()["userErrors"][0]["message"]
    assert "presentment" in refund(currency="USD")["userErrors"][0]["message"]
    assert not order.refunds
    found = refund(currency="JPY")["refund"]
    assert found["totalRefundedSet"]["shopMoney"]["amount"] == "10.0"
    assert order.refunds[0].total.presentment == 1500


def fulfil(client, *orders, lines=None, **info):
    entries = [{"fulfillmentOrderId": entry.gid} for entry in orders]
    if lines:
        entries[0]["fulfillmentOrderLineItems"] = lines
    values = {"lineItemsByFulfillmentOrder": entries, **info}
    return client.data(FULFILL, {"fulfillment": values})["fulfillmentCreate"]


def test_fulfil_with_tracking_and_change_it(shop, client):
    order = shop.checkout({"A": 2}, shipping_address=ADDRESS)
    info = {"number": "3SABC", "company": "PostNL", "url": "https://track.example/1"}
    payload = fulfil(client, order.fulfillment_orders[0], trackingInfo=info)
    assert payload["userErrors"] == []
    assert payload["fulfillment"]["trackingInfo"] == [info]
    assert shop.level("A", "Main")["committed"] == 0
    variables = {"id": payload["fulfillment"]["id"], "info": {"number": "3SXYZ"}}
    changed = client.data(TRACK, variables)["fulfillmentTrackingInfoUpdate"]
    assert changed["fulfillment"]["trackingInfo"] == [{"number": "3SXYZ"}]


def test_fulfilment_is_not_idempotent_and_refuses_the_second_time(shop, client):
    order = shop.checkout({"A": 2}).fulfillment_orders[0]
    line = [{"id": order.lines[0].gid, "quantity": 1}]
    assert fulfil(client, order, lines=line)["userErrors"] == []
    assert fulfil(client, order, lines=line)["userErrors"] == []
    assert fulfil(client, order, lines=line)["userErrors"]


def test_one_fulfilment_has_one_location(shop, client):
    order = shop.checkout({"B": 6})
    assert fulfil(client, *order.fulfillment_orders)["userErrors"]
    for entry in order.fulfillment_orders:
        assert fulfil(client, entry)["userErrors"] == []


def test_move_takes_the_stock_along(shop, client):
    order = shop.checkout({"B": 2})
    entry = order.fulfillment_orders[0]
    variables = {"id": entry.gid, "place": client.location("Second")}
    payload = client.data(MOVE, variables)["fulfillmentOrderMove"]
    assert payload["userErrors"] == []
    moved = payload["movedFulfillmentOrder"]
    assert moved["assignedLocation"]["name"] == "Second"
    assert shop.level("B", "Main")["committed"] == 0
    assert shop.level("B", "Second")["committed"] == 2


def test_hold_stops_shipping_until_it_is_released(shop, client):
    entry = shop.checkout({"A": 1}).fulfillment_orders[0]
    held = client.data(HOLD, {"id": entry.gid})["fulfillmentOrderHold"]
    assert held["fulfillmentOrder"]["status"] == "ON_HOLD"
    assert "on_hold" in fulfil(client, entry)["userErrors"][0]["message"]
    payload = client.data(RELEASE, {"id": entry.gid})["fulfillmentOrderReleaseHold"]
    assert payload["fulfillmentOrder"]["status"] == "OPEN"
    assert fulfil(client, entry)["userErrors"] == []


SUGGEST = """query S($id: ID!, $lines: [RefundLineItemInput!]!) {
  order(id: $id) { suggestedRefund(refundLineItems: $lines) {
    amountSet { shopMoney { amount } } totalTaxSet { shopMoney { amount } }
    suggestedTransactions { gateway kind amountSet { shopMoney { amount } }
      parentTransaction { id } } } } }"""


def suggest(client, order, quantity, line=None):
    entry = {"lineItemId": line or order.lines[0].gid, "quantity": quantity}
    variables = {"id": order.gid, "lines": [entry]}
    return client.data(SUGGEST, variables)["order"]["suggestedRefund"]


def test_suggested_refund_is_what_refunding_gives_back(shop, client):
    order = shop.checkout(
        {"A": 3},
        taxes=[{"title": "VAT", "rate": 0.21}],
        discounts=[{"code": "X", "type": "fixed", "value": 1, "target": "order"}],
    )
    found = suggest(client, order, 2)
    [part] = found["suggestedTransactions"]
    assert part["parentTransaction"]["id"] == order.transactions[0].gid
    assert part["amountSet"] == found["amountSet"]
    amount = found["amountSet"]["shopMoney"]["amount"]
    record = shop.refund(order, {"A": 2}, "CANCEL")
    assert str(record.total.shop) == amount


def test_nothing_is_suggested_for_what_was_not_paid(shop, client):
    order = shop.checkout({"A": 1}, payment="pending")
    assert suggest(client, order, 1)["suggestedTransactions"] == []


def test_suggestions_for_more_than_was_bought_are_refused(shop, client):
    order = shop.checkout({"A": 1})
    variables = {
        "id": order.gid,
        "lines": [{"lineItemId": order.lines[0].gid, "quantity": 2}],
    }
    assert "more items" in client.error(SUGGEST, variables)[1]
