"""Cancelling and paying back by feed, as XML and as flat files."""

from xml.etree import ElementTree

import pytest

from .amazon import FR

HOUR = 3600
FLAT = "text/tab-separated-values; charset=UTF-8"
XML = "text/xml; charset=UTF-8"
ACK, REFUND = "ORDER_ACKNOWLEDGEMENT_DATA", "PAYMENT_ADJUSTMENT_DATA"


def flat(account, amz, kind, rows, **more):
    """Send a flat file of dicts and wait. :return: (status, lines of errors)"""
    columns = list(rows[0])
    lines = ["\t".join(columns)]
    lines += ["\t".join(str(row[name]) for name in columns) for row in rows]
    feed = amz.feed("\n".join(lines).encode(), f"POST_FLAT_FILE_{kind}", FLAT, **more)
    account.pass_time(HOUR - 60)
    status, body = amz.feed_result(feed)
    text = body.decode()
    table = text.partition("original-record-number")[2]
    return status, [line.split("\t") for line in table.splitlines()[1:]]


def cancel(account, amz, *orders, reason="BuyerCanceled"):
    rows = [
        {
            "order-id": order.id,
            "cancellation-reason-code": reason,
            "amazon-order-item-code": item.id,
        }
        for order in orders
        for item in order.items
    ]
    return flat(account, amz, ACK, rows)


def envelope(kind, *messages, seller="A1SANDBOXSELLER"):
    body = "".join(
        f"<Message><MessageID>{number}</MessageID><{kind}>{text}</{kind}></Message>"
        for number, text in enumerate(messages, 1)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><AmazonEnvelope><Header>'
        "<DocumentVersion>1.01</DocumentVersion>"
        f"<MerchantIdentifier>{seller}</MerchantIdentifier></Header>"
        f"<MessageType>{kind}</MessageType>{body}</AmazonEnvelope>"
    ).encode()


def failure(order, reason="NoInventory", items=None):
    lines = "".join(
        f"<Item><AmazonOrderItemCode>{item.id}</AmazonOrderItemCode>"
        f"<CancelReason>{reason}</CancelReason></Item>"
        for item in (order.items if items is None else items)
    )
    return (
        f"<AmazonOrderID>{order.id}</AmazonOrderID>"
        f"<StatusCode>Failure</StatusCode>{lines}"
    )


def xml(account, amz, kind, body):
    """Send XML and wait. :return: (status, report element or None)"""
    feed = amz.feed(body, f"POST_{kind}", XML)
    account.pass_time(HOUR)
    status, result = amz.feed_result(feed)
    return status, ElementTree.fromstring(result) if status == "DONE" else None


def test_a_cancellation_puts_the_units_back(account, amz):
    order = account.checkout({"A": 3, "B": 1}, payment="paid")
    assert cancel(account, amz, order) == ("DONE", [])
    assert order.status == "CANCELLED"
    assert (account.shown("A"), account.shown("B")) == (10, 5)
    view = amz.order(order, "CANCELLATION", "FULFILLMENT")
    assert view["fulfillment"]["fulfillmentStatus"] == "CANCELLED"
    execution = view["orderItems"][0]["cancellation"]["cancellationExecution"]
    assert execution == {"cancelledBy": "MERCHANT", "cancelReason": "BuyerCanceled"}


def test_but_not_for_want_of_inventory(account, amz):
    order = account.checkout({"A": 3}, payment="paid")
    assert cancel(account, amz, order, reason="NoInventory") == ("DONE", [])
    assert (order.status, account.shown("A")) == ("CANCELLED", 7)


def test_twenty_cancellations_in_one_feed(account, amz):
    account.edit_stock("A", 100)
    orders = [account.checkout({"A": 1}, payment="paid") for _number in range(20)]
    assert cancel(account, amz, *orders) == ("DONE", [])
    assert {each.status for each in orders} == {"CANCELLED"}


def test_cancellations_that_are_refused_one_by_one(account, amz):
    good = account.checkout({"A": 1}, payment="paid")
    pending = account.checkout({"A": 1}, payment="pending")
    fba = account.checkout({"F": 1}, payment="paid")
    status, errors = cancel(account, amz, good, pending, fba, fba)
    assert status == "DONE"
    assert [row[1] for row in errors] == [pending.id, fba.id]
    assert {row[4] for row in errors} == {"Error"}
    assert (good.status, pending.status) == ("CANCELLED", "PENDING")
    assert amz.wrong() == {"cancel_state": 2}


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"cancellation-reason-code": "Boredom"}, "cancel_reason"),
        ({"order-id": "000-0000000-0000000"}, "unknown_order"),
        ({"amazon-order-item-code": "1"}, "unknown_order"),
        ({}, "cancel_items"),
    ],
)
def test_wrong_cancellations(account, amz, values, rule):
    order = account.checkout({"A": 1, "B": 1}, payment="paid")
    row = {
        "order-id": order.id,
        "cancellation-reason-code": "NoInventory",
        "amazon-order-item-code": order.items[0].id,
        **values,
    }
    status, errors = flat(account, amz, ACK, [row])
    assert (status, len(errors)) == ("DONE", 1)
    assert order.status == "UNSHIPPED"
    assert amz.wrong() == {rule: 1}


def test_cancelling_after_a_part_has_shipped_pays_everything_back(account, amz):
    order = account.checkout({"A": 3}, payment="paid")
    assert amz.ship(order, {"A": 1}).ok
    assert cancel(account, amz, order) == ("DONE", [])
    assert amz.wrong() == {"cancel_after_shipping": 1}
    assert order.status == "SHIPPED" and account.shown("A") == 9
    [refund] = account.truth()["orders"][order.id]["refunds"]
    assert refund == {"item-price": "30.00"}


def test_errors_are_told_in_the_language_of_the_marketplace(account, amz):
    order = account.checkout({"A": 1}, payment="pending")
    row = {
        "order-id": order.id,
        "cancellation-reason-code": "NoInventory",
        "amazon-order-item-code": order.items[0].id,
    }
    _status, [error] = flat(account, amz, ACK, [row], places=[FR])
    assert error[4] == "Erreur"


def test_columns_that_nobody_knows_are_fatal(account, amz):
    row = {"order-id": "1", "cancellation-reason-code": "x", "sku": "A"}
    assert flat(account, amz, ACK, [row])[0] == "FATAL"
    assert amz.wrong() == {"feed_broken": 1}


def test_cancellation_by_xml(account, amz):
    order = account.checkout({"A": 2}, payment="paid")
    pending = account.checkout({"B": 1}, payment="pending")
    kind = "OrderAcknowledgement"
    body = envelope(kind, failure(order), failure(pending))
    status, root = xml(account, amz, ACK, body)
    assert status == "DONE"
    summary = root.find("Message/ProcessingReport/ProcessingSummary")
    assert summary.findtext("MessagesProcessed") == "2"
    assert summary.findtext("MessagesWithError") == "1"
    [result] = root.findall("Message/ProcessingReport/Result")
    assert result.findtext("MessageID") == "2"
    assert result.findtext("AdditionalInfo/AmazonOrderID") == pending.id
    assert (order.status, account.shown("A")) == ("CANCELLED", 8)
    assert amz.wrong() == {"cancel_state": 1}


def test_acknowledgement_gives_the_sellers_own_number(account, amz):
    order = account.checkout({"A": 2}, payment="paid")
    text = (
        f"<AmazonOrderID>{order.id}</AmazonOrderID>"
        "<MerchantOrderID>S00042</MerchantOrderID><StatusCode>Success</StatusCode>"
    )
    assert xml(account, amz, ACK, envelope("OrderAcknowledgement", text))[0] == "DONE"
    assert amz.order(order)["orderAliases"][0]["aliasId"] == "S00042"
    assert order.status == "UNSHIPPED"


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"no xml", "feed_broken"),
        (envelope("OrderAdjustment", "x"), "feed_broken"),
        (envelope("OrderAcknowledgement", "x", seller="A2"), "feed_broken"),
        (
            envelope("OrderAcknowledgement", "x", "y").replace(b">2<", b">1<"),
            "message_twice",
        ),
    ],
)
def test_envelopes_that_are_fatal(account, amz, body, rule):
    assert xml(account, amz, ACK, body)[0] == "FATAL"
    assert amz.wrong() == {rule: 1}


# --- refunds


def refund(account, amz, order, **values):
    row = {
        "order-id": order.id,
        "order-item-id": order.items[0].id,
        "adjustment-reason-code": "CustomerReturn",
        "currency": order.currency,
        **values,
    }
    return flat(account, amz, REFUND, [row])


def shipped(account, amz, units=2, **line):
    line = {"sku": "A", "quantity": units, "shipping": "4.95", **line}
    order = account.checkout([line], payment="paid")
    assert amz.ship(order).ok
    return order


def test_a_refund_by_parts(account, amz):
    order = shipped(account, amz)
    values = {"item-price-adj": "10.00", "shipping-price-adj": "4.95"}
    assert refund(account, amz, order, **values) == ("DONE", [])
    [entry] = account.truth()["orders"][order.id]["refunds"]
    assert entry == {"item-price": "10.00", "shipping-price": "4.95"}
    # nothing of it comes back on the number, and the order does not tell
    assert account.shown("A") == 8
    assert amz.order(order, "PROCEEDS")["proceeds"]["grandTotal"]["amount"] == "24.95"


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"item-price-adj": "20.01"}, "refund_amount"),
        ({"item-price-adj": "1,50"}, "refund_amount"),
        ({"item-price-adj": "1.005"}, "refund_amount"),
        ({"item-tax-adj": "1.00"}, "refund_amount"),
        ({"item-price-adj": "1.00", "currency": "SEK"}, "refund_amount"),
        ({"item-price-adj": ""}, "refund_amount"),
        (
            {"item-price-adj": "1.00", "adjustment-reason-code": "x"},
            "refund_reason",
        ),
        ({"item-price-adj": "1.00", "order-item-id": "1"}, "unknown_order"),
        ({"quantity-cancelled": "1"}, "over_quantity"),
    ],
)
def test_refunds_that_are_refused(account, amz, values, rule):
    order = shipped(account, amz)
    status, errors = refund(account, amz, order, **values)
    assert (status, len(errors)) == ("DONE", 1)
    assert account.truth()["orders"][order.id]["refunds"] == []
    assert amz.wrong() == {rule: 1}


def test_nothing_is_paid_back_before_it_has_shipped(account, amz):
    order = account.checkout({"A": 1}, payment="paid")
    _status, errors = refund(account, amz, order, **{"item-price-adj": "1.00"})
    assert len(errors) == 1 and amz.wrong() == {"refund_state": 1}


def test_the_same_refund_twice_is_paid_twice_and_counted(account, amz):
    order = shipped(account, amz)
    for _number in range(2):
        refund(account, amz, order, **{"item-price-adj": "10.00"})
    assert len(order.refunds) == 2
    assert amz.wrong() == {"double_refund": 1}
    _status, errors = refund(account, amz, order, **{"item-price-adj": "0.01"})
    assert len(errors) == 1


@pytest.mark.parametrize(
    ("reason", "shown"), [("NoInventory", 7), ("CustomerCancel", 9)]
)
def test_the_rest_of_a_part_shipment_is_cancelled_by_refund(
    account, amz, reason, shown
):
    order = account.checkout({"A": 3}, payment="paid")
    assert amz.ship(order, {"A": 1}).ok
    values = {"item-price-adj": "20.00", "quantity-cancelled": "2"}
    values["adjustment-reason-code"] = reason
    assert refund(account, amz, order, **values) == ("DONE", [])
    assert (order.status, account.shown("A")) == ("SHIPPED", shown)
    assert amz.wrong() == {}


def test_refund_by_xml(account, amz):
    order = shipped(account, amz)
    text = (
        f"<AmazonOrderID>{order.id}</AmazonOrderID><AdjustedItem>"
        f"<AmazonOrderItemCode>{order.items[0].id}</AmazonOrderItemCode>"
        "<AdjustmentReason>CustomerReturn</AdjustmentReason><ItemPriceAdjustments>"
        '<Component><Type>Principal</Type><Amount currency="EUR">10.00</Amount>'
        '</Component><Component><Type>Shipping</Type><Amount currency="EUR">4.95'
        "</Amount></Component></ItemPriceAdjustments></AdjustedItem>"
    )
    assert xml(account, amz, REFUND, envelope("OrderAdjustment", text))[0] == "DONE"
    [entry] = account.truth()["orders"][order.id]["refunds"]
    assert entry == {"item-price": "10.00", "shipping-price": "4.95"}
    assert amz.wrong() == {}
