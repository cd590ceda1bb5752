"""Notifications and the queue that they come through."""

import json
import threading
import time

import pytest

from .amazon import DE, ORDER_CHANGE

HOUR, DAY = 3600, 86400
DESTINATIONS = "/notifications/v1/destinations"
SUBSCRIPTIONS = "/notifications/v1/subscriptions"
LONG = 5  # seconds: more than any word is on its way


def changes(amz):
    """[(state, [(sku, quantity)])] of the order words in the queue."""
    found = []
    for word in amz.words():
        body = word["Payload"]["OrderChangeNotification"]
        lines = [
            (each["SellerSKU"], each["Quantity"])
            for each in body["Summary"]["OrderItems"]
        ]
        found.append((body["Summary"]["OrderStatus"], lines))
    return found


@pytest.fixture
def listening(amz):
    amz.listen()
    return amz


# --- destinations and subscriptions


def test_subscribing(account, amz):
    subscription = amz.listen()
    path = f"{SUBSCRIPTIONS}/ORDER_CHANGE"
    assert amz.ok("GET", path)["payload"] == subscription
    by_id = f"{path}/{subscription['subscriptionId']}"
    assert amz.ok("GET", by_id, grantless=True)["payload"] == subscription
    body = {name: subscription[name] for name in ("payloadVersion", "destinationId")}
    body["processingDirective"] = ORDER_CHANGE
    assert amz.code("POST", path, body) == (409, "Conflict")
    destination = f"{DESTINATIONS}/{subscription['destinationId']}"
    assert amz.code("DELETE", destination, grantless=True) == (409, "Conflict")
    assert amz.wrong() == {"subscribed": 2}
    amz.ok("DELETE", by_id, grantless=True)
    assert amz.code("GET", path) == (404, "NotFound")
    amz.ok("DELETE", destination, grantless=True)
    assert amz.ok("GET", DESTINATIONS, grantless=True)["payload"] == []


@pytest.mark.parametrize(
    "directive", [None, {}, {"eventFilter": {"eventFilterType": "ANY_OFFER_CHANGED"}}]
)
def test_order_changes_need_a_directive(amz, directive):
    amz.listen("FEED_PROCESSING_FINISHED")
    [known] = amz.ok("GET", DESTINATIONS, grantless=True)["payload"]
    body = {"payloadVersion": "1.0", "destinationId": known["destinationId"]}
    if directive is not None:
        body["processingDirective"] = directive
    assert amz.code("POST", f"{SUBSCRIPTIONS}/ORDER_CHANGE", body)[0] == 400
    assert amz.wrong() == {"no_directive": 1}


def test_wrong_destinations(account, amz):
    account.config.closed_queues = ("orders",)
    for arn, rule in (
        (account.queue_arn("orders"), "closed_queue"),
        (account.queue_arn("unheard-of"), "closed_queue"),
        ("arn:aws:sqs:us-east-1:444455556666:orders", "closed_queue"),
        ("orders", "wrong_body"),
    ):
        body = {"name": "q", "resourceSpecification": {"sqs": {"arn": arn}}}
        assert amz.code("POST", DESTINATIONS, body, grantless=True)[0] == 400
        assert amz.wrong() == {rule: 1}


def test_a_fifo_queue_gets_nothing(account, amz):
    amz.listen(queue="orders.fifo")
    account.checkout({"A": 1}, payment="paid")
    account.pass_time(LONG)
    assert amz.wrong() == {"fifo_queue": 1}
    assert amz.words() == [] and account.words.log[-1]["lost"]


def test_versions_and_types(amz):
    amz.listen("REPORT_PROCESSING_FINISHED")
    [known] = amz.ok("GET", DESTINATIONS, grantless=True)["payload"]
    body = {"payloadVersion": "1.0", "destinationId": known["destinationId"]}
    path = f"{SUBSCRIPTIONS}/FEED_PROCESSING_FINISHED"
    assert amz.code("POST", path, body)[0] == 400
    assert amz.code("POST", f"{SUBSCRIPTIONS}/ANY_OFFER_CHANGED", body)[0] == 400
    assert amz.wrong() == {"wrong_body": 1, "wrong_value": 1}


# --- words on orders


def test_the_life_of_an_order_in_words(account, listening):
    order = account.checkout({"A": 2}, payment="pending")
    account.pass_time(LONG)
    account.pay(order)
    account.pass_time(LONG)
    listening.ship(order)
    account.pass_time(LONG)
    states = [state for state, _lines in changes(listening)]
    assert sorted(states) == ["Pending", "Shipped", "Unshipped"]


def test_what_a_word_has(account, listening):
    order = account.checkout({"A": 2}, payment="pending")
    account.pass_time(LONG)
    [word] = listening.words()
    assert word["NotificationType"] == "ORDER_CHANGE"
    body = word["Payload"]["OrderChangeNotification"]
    assert body["AmazonOrderId"] == order.id
    assert body["NotificationLevel"] == "OrderLevel"
    summary = body["Summary"]
    assert (summary["FulfillmentType"], summary["MarketplaceId"]) == ("MFN", DE)
    assert summary["CancelNotifyDate"] and summary["PurchaseDate"]
    assert summary["OrderItems"][0]["SupplySourceId"] is None


def test_words_on_one_item_each(account, listening):
    account.rules.set(order_level=0, null_times=1)
    account.checkout({"A": 2, "B": 5}, payment="pending")
    account.pass_time(LONG)
    words = listening.words()
    bodies = [each["Payload"]["OrderChangeNotification"] for each in words]
    assert {each["NotificationLevel"] for each in bodies} == {"OrderItemLevel"}
    skus = [each["Summary"]["OrderItems"][0]["SellerSKU"] for each in bodies]
    assert sorted(skus) == ["A", "B"]
    assert all(len(each["Summary"]["OrderItems"]) == 1 for each in bodies)
    assert {each["OrderChangeTrigger"]["TimeOfOrderChange"] for each in bodies} == {
        None
    }
    assert {each["Summary"]["PurchaseDate"] for each in bodies} == {None}


def test_a_new_order_may_not_be_told(account, listening):
    account.rules.set(new_order_told=0)
    order = account.checkout({"A": 2}, payment="pending")
    account.pass_time(LONG)
    assert listening.words() == []
    account.cancel(order)
    account.pass_time(LONG)
    assert [state for state, _lines in changes(listening)] == ["Canceled"]


def test_a_wish_to_cancel_is_another_kind(account, listening):
    order = account.checkout({"A": 2}, payment="paid")
    account.pass_time(LONG)
    listening.words()
    account.wish_cancel(order)
    account.pass_time(LONG)
    [word] = listening.words()
    body = word["Payload"]["OrderChangeNotification"]
    assert body["OrderChangeType"] == "BuyerRequestedChange"
    assert body["Summary"]["OrderItems"][0]["IsBuyerRequestedCancel"] is True


def test_only_the_changes_that_were_asked_for(account, amz):
    kinds = {"orderChangeTypes": ["BuyerRequestedChange"]}
    amz.listen(directive={"eventFilter": ORDER_CHANGE["eventFilter"] | kinds})
    account.checkout({"A": 2}, payment="paid")
    account.pass_time(LONG)
    assert amz.words() == []


def test_words_get_lost_come_twice_and_come_late(account, listening):
    account.rules.next("word_lost")
    account.rules.next("word_twice")
    order = account.checkout({"A": 1}, payment="pending")
    account.pay(order)
    account.pass_time(LONG)
    first, second = listening.words()
    same = first["NotificationMetadata"]["NotificationId"]
    assert second["NotificationMetadata"]["NotificationId"] == same
    account.rules.next("word_late")
    account.wish_cancel(order)
    account.pass_time(50)
    assert listening.words() == []
    account.pass_time(HOUR)
    assert len(listening.words()) == 1


def test_words_overtake_one_another(account, listening):
    order = account.checkout({"A": 1}, payment="pending")
    for number in range(2, 9):
        account.edit_order(order, {"A": number})
    account.pass_time(LONG)
    told = [lines[0][1] for _state, lines in changes(listening)]
    assert sorted(told) == list(range(1, 9)) != told


# --- other words


def test_feeds_and_reports_are_told_in_small_letters(account, amz):
    amz.listen("FEED_PROCESSING_FINISHED")
    amz.listen("REPORT_PROCESSING_FINISHED")
    feed, report = amz.listings_feed(("A", 7)), amz.report()
    account.pass_time(HOUR)
    words = {each["notificationType"]: each["payload"] for each in amz.words()}
    told = words["FEED_PROCESSING_FINISHED"]["feedProcessingFinishedNotification"]
    assert (told["feedId"], told["processingStatus"]) == (feed, "DONE")
    assert told["resultFeedDocumentId"]
    told = words["REPORT_PROCESSING_FINISHED"]["reportProcessingFinishedNotification"]
    assert told["reportId"] == report


def test_fba_stock_is_told(account, amz):
    amz.listen("FBA_INVENTORY_AVAILABILITY_CHANGES")
    account.checkout({"F": 2}, payment="pending")
    account.pass_time(LONG)
    [word] = amz.words()
    rows = word["Payload"]["FulfillmentInventoryByMarketplace"]
    stock = rows[0]["FulfillmentInventory"]
    assert (word["Payload"]["SKU"], stock["Fulfillable"]) == ("F", 4)
    assert stock["ReservedQuantityBreakdown"]["PendingCustomerOrder"] == 2


def bridge(account, amz):
    config = account.config
    bus = {"accountId": config.aws_account, "region": config.aws_region}
    body = {"name": "bus", "resourceSpecification": {"eventBridge": bus}}
    return amz.ok("POST", DESTINATIONS, body, grantless=True)["payload"]


def test_live_numbers_come_through_eventbridge_only(account, amz):
    kind = "LISTINGS_ITEM_MFN_QUANTITY_CHANGE"
    with pytest.raises(AssertionError, match="EventBridge only"):
        amz.listen(kind)
    assert amz.wrong() == {"eventbridge_only": 1}
    name = bridge(account, amz)["destinationId"]
    body = {"payloadVersion": "1.0", "destinationId": name}
    amz.ok("POST", f"{SUBSCRIPTIONS}/{kind}", body)
    amz.patch("A", 7)
    account.checkout({"B": 1}, payment="pending")
    account.pass_time(70)
    words = amz.words()
    assert {each["detail-type"] for each in words} == {kind}
    told = {each["detail"]["Payload"]["Sku"]: each["detail"] for each in words}
    assert told["A"]["Payload"]["Quantity"] == 7
    assert told["B"]["Payload"]["Quantity"] == 4
    body["processingDirective"] = ORDER_CHANGE
    assert amz.code("POST", f"{SUBSCRIPTIONS}/ORDER_CHANGE", body)[0] == 400
    assert (
        amz.code(
            "POST",
            DESTINATIONS,
            {
                "name": "b",
                "resourceSpecification": {
                    "eventBridge": {"accountId": "1", "region": "eu-west-1"}
                },
            },
            grantless=True,
        )[0]
        == 400
    )


def test_a_test_notification(account, amz):
    amz.listen()
    [known] = amz.ok("GET", DESTINATIONS, grantless=True)["payload"]
    path = f"{SUBSCRIPTIONS}/ORDER_CHANGE/testNotification"
    body = {"destinationId": known["destinationId"]}
    amz.ok("POST", path, body, grantless=True)
    account.pass_time(LONG)
    assert [each["NotificationType"] for each in amz.words()] == ["TEST"]


# --- the queue itself


def fill(account, count):
    queue = account.queues["orders"]
    with account.store.transaction():
        for number in range(count):
            queue.put(json.dumps(number))


def test_at_most_ten_in_no_order(account, amz):
    fill(account, 25)
    messages = amz.receive()
    assert len(messages) == 10
    more = amz.receive() + amz.receive()
    told = [int(each["Body"]) for each in messages + more]
    assert sorted(told) == list(range(25)) != told
    assert amz.receive(wait=0) == []
    for values in (
        {"MaxNumberOfMessages": 11},
        {"WaitTimeSeconds": 21},
        {"MaxNumberOfMessages": "10"},
        {"VisibilityTimeout": -1},
        {"Limit": 3},
    ):
        answer = amz.sqs("ReceiveMessage", **values)
        assert answer.status_code == 400
        assert answer.json()["__type"].startswith("com.amazonaws.sqs#")
    assert amz.wrong() == {"sqs_request": 5}


def test_what_is_not_deleted_comes_again(account, amz):
    fill(account, 1)
    [first] = amz.receive(visibility=30)
    assert amz.receive(wait=0) == []
    account.pass_time(31)
    [second] = amz.receive(visibility=30)
    assert first["MessageId"] == second["MessageId"]
    assert first["ReceiptHandle"] != second["ReceiptHandle"]
    # the old receipt says yes and does nothing
    assert amz.sqs("DeleteMessage", ReceiptHandle=first["ReceiptHandle"]).ok
    account.pass_time(31)
    [third] = amz.receive()
    assert amz.sqs("DeleteMessage", ReceiptHandle=third["ReceiptHandle"]).ok
    account.pass_time(61)
    assert amz.receive(wait=0) == []


def test_a_deleted_message_may_come_once_more(account, amz):
    fill(account, 1)
    account.rules.next("queue_repeats")
    [first] = amz.receive()
    amz.sqs("DeleteMessage", ReceiptHandle=first["ReceiptHandle"])
    [again] = amz.receive()
    assert again["MessageId"] == first["MessageId"]


def test_deleting_in_batches_of_ten(account, amz):
    fill(account, 3)
    entries = [
        {"Id": str(number), "ReceiptHandle": each["ReceiptHandle"]}
        for number, each in enumerate(amz.receive())
    ]
    answer = amz.sqs("DeleteMessageBatch", Entries=entries).json()
    assert answer == {
        "Successful": [{"Id": "0"}, {"Id": "1"}, {"Id": "2"}],
        "Failed": [],
    }
    for wrong in ([], entries * 4, [entries[0]] * 2):
        assert amz.sqs("DeleteMessageBatch", Entries=wrong).status_code == 400
    attributes = amz.sqs("GetQueueAttributes", AttributeNames=["All"]).json()
    assert attributes["Attributes"]["ApproximateNumberOfMessages"] == "0"
    assert attributes["Attributes"]["QueueArn"] == account.queue_arn("orders")


def test_a_long_poll_waits_and_keeps_nobody_else_waiting(account, amz):
    began = time.monotonic()
    assert amz.receive(wait=1) == []
    assert 0.9 < time.monotonic() - began < 3
    timer = threading.Timer(0.2, fill, (account, 1))
    timer.start()
    began = time.monotonic()
    assert len(amz.receive(wait=10)) == 1
    assert time.monotonic() - began < 5
    timer.join()


def test_a_short_poll_may_miss_what_is_there(account, amz):
    fill(account, 1)
    account.rules.next("short_poll")
    assert amz.receive(wait=0) == []
    assert len(amz.receive(wait=0)) == 1


def test_after_four_days_it_is_gone(account, amz):
    fill(account, 1)
    account.pass_time(4 * DAY + 1)
    assert amz.receive(wait=0) == []


def test_signatures_are_checked(account, amz):
    for values, rule in (
        ({"secret": "wrong"}, "sqs_signature"),
        ({"region": "us-east-1"}, "sqs_region"),
        ({"headers": {"authorization": "Bearer x"}}, "sqs_signature"),
        ({"headers": {"x-amz-date": "20200101T000000Z"}}, "sqs_signature"),
    ):
        answer = amz.sqs("ReceiveMessage", **values)
        assert answer.status_code == 403, answer.text
        assert amz.wrong() == {rule: 1}
    answer = amz.sqs("ReceiveMessage", QueueUrl="https://sqs/none")
    assert answer.json()["__type"] == "com.amazonaws.sqs#QueueDoesNotExist"
    assert amz.sqs("PurgeQueue").status_code == 400
    assert amz.wrong() == {"sqs_request": 2}
