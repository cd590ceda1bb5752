"""Listings feeds: documents, limits, states, stuck ones, and late landing."""

import json

import pytest
import requests

from sandbox.amazon import listings_feed, schema

from .amazon import DE, FR, merge

HOUR = 3600
FEEDS = "/feeds/2021-06-30/feeds"
DOCUMENTS = "/feeds/2021-06-30/documents"
JSON = "application/json; charset=UTF-8"


def report(amz, feed):
    status, body = amz.feed_result(feed)
    return status, json.loads(body)


def test_a_feed_waits_works_and_reports(account, amz):
    feed = amz.listings_feed(("A", 7), ("B", 3))
    assert amz.feed_state(feed) == "IN_QUEUE"
    account.pass_time(6 * 60)
    assert amz.feed_state(feed) == "IN_PROGRESS"
    account.pass_time(26 * 60)
    status, body = report(amz, feed)
    assert status == "DONE"
    assert body["summary"] == {
        "errors": 0,
        "warnings": 0,
        "messagesProcessed": 2,
        "messagesAccepted": 2,
        "messagesInvalid": 0,
    }
    assert (account.shown("A"), account.shown("B")) == (7, 3)
    assert amz.wrong() == {}


def test_done_may_hold_invalid_messages_and_lost_lines(account, amz):
    account.rules.next("line_lost")
    bad = {
        "messageId": 2,
        "sku": "B",
        "operationType": "PATCH",
        "productType": "PRODUCT",
        "patches": [merge(-2)],
    }
    odd = {"messageId": 3, "sku": "B", "operationType": "PATCH"}
    feed = amz.listings_feed(("A", 7), bad, odd, ("GONE", 1))
    account.pass_time(HOUR)
    status, body = report(amz, feed)
    assert status == "DONE"
    assert [each["code"] for each in body["issues"]] == ["99022", "90000900"]
    assert body["issues"][0]["messageId"] == 2
    assert body["summary"]["messagesAccepted"] == 2
    assert account.shown("A") == 10  # accepted, and never applied
    assert amz.wrong() == {"wrong_body": 1, "stubs": 1}


def test_the_report_reads_back_what_was_asked_for(account, amz):
    wanted = {"includedData": ["fulfillmentAvailability"], "apiVersion": "2021-08-01"}
    feed = amz.listings_feed(("A", 7), report=wanted)
    account.pass_time(HOUR)
    [item] = report(amz, feed)[1]["items"]
    assert item["fulfillmentAvailability"][0]["quantity"] == 7


def test_results_are_packed_or_plain(account, amz):
    kinds = set()
    for packed in (0, 1):
        account.rules.set(gzip=packed)
        feed = amz.listings_feed(("A", 7 + packed))
        account.pass_time(HOUR)
        view = amz.ok("GET", f"{FEEDS}/{feed}")
        document = amz.ok("GET", f"{DOCUMENTS}/{view['resultFeedDocumentId']}")
        kinds.add(document.get("compressionAlgorithm"))
        assert report(amz, feed)[0] == "DONE"
    assert kinds == {None, "GZIP"}


def test_one_feed_at_a_time(account, amz):
    account.config.feed_queue_minutes = (1, 1)
    first = amz.listings_feed(("A", 7))
    second = amz.listings_feed(("B", 2))
    account.pass_time(61)
    assert (amz.feed_state(first), amz.feed_state(second)) == (
        "IN_PROGRESS",
        "IN_QUEUE",
    )
    account.pass_time(HOUR)
    assert amz.feed_state(second) == "DONE"


def test_a_stuck_feed_lands_late_over_a_newer_patch(account, amz):
    account.config.feed_stuck_hours = (6, 6)
    account.rules.next("feed_stuck")
    seen = set()
    for attempt in range(8):
        feed = amz.listings_feed(("A", 9), ("B", attempt + 20))
        account.pass_time(HOUR)
        amz.patch("A", 0)
        account.pass_time(60)
        assert amz.feed_state(feed) in ("IN_PROGRESS", "DONE")
        account.pass_time(7 * HOUR)
        assert amz.feed_state(feed) == "DONE"
        seen.add(account.shown("A"))
        account.edit_stock("A", 5)
        account.rules.next("feed_stuck")
    assert seen == {0, 9}


def test_the_next_ones_wait_behind_a_stuck_one(account, amz):
    account.rules.next("feed_stuck")
    first = amz.listings_feed(("A", 7))
    account.pass_time(6 * 60)
    second = amz.listings_feed(("B", 2))
    account.pass_time(90 * 60)
    assert (amz.feed_state(first), amz.feed_state(second)) == (
        "IN_PROGRESS",
        "IN_QUEUE",
    )


def test_only_what_is_in_the_queue_can_be_cancelled(account, amz):
    account.rules.next("feed_stuck_in_queue")
    feed = amz.listings_feed(("A", 7))
    account.pass_time(30 * 60)
    assert amz.feed_state(feed) == "IN_QUEUE"
    amz.ok("DELETE", f"{FEEDS}/{feed}")
    assert amz.feed_state(feed) == "CANCELLED"
    other = amz.listings_feed(("A", 8))
    account.pass_time(6 * 60)
    assert amz.code("DELETE", f"{FEEDS}/{other}") == (400, "InvalidInput")
    account.pass_time(12 * HOUR)
    assert account.shown("A") == 8
    assert amz.wrong() == {"feed_cancel": 1}


def test_a_feed_may_end_fatal_for_no_reason(account, amz):
    account.rules.next("feed_fatal")
    feed = amz.listings_feed(("A", 7))
    account.pass_time(HOUR)
    assert amz.feed_result(feed) == ("FATAL", None)
    assert account.shown("A") == 10


HEADER = {"sellerId": "A1SANDBOXSELLER", "version": "2.0"}
MESSAGE = {
    "messageId": 1,
    "sku": "A",
    "operationType": "PATCH",
    "productType": "PRODUCT",
    "patches": [merge(1)],
}


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"{", "feed_broken"),
        ({"header": HEADER, "messages": []}, "feed_broken"),
        ({"header": {"version": "2.0"}, "messages": [MESSAGE]}, "feed_broken"),
        (
            {"header": {**HEADER, "sellerId": "A2"}, "messages": [MESSAGE]},
            "feed_broken",
        ),
        ({"header": HEADER, "messages": [MESSAGE] * 2}, "message_twice"),
        ({"header": HEADER, "messages": [MESSAGE] * 25001}, "feed_broken"),
    ],
)
def test_feeds_that_are_fatal(account, amz, body, rule):
    feed = amz.feed(body)
    account.pass_time(HOUR)
    status, result = report(amz, feed)
    assert status == "FATAL"
    assert result["issues"][0]["code"] == "4002001"
    assert result["summary"]["messagesProcessed"] == 0
    assert account.shown("A") == 10 and amz.wrong() == {rule: 1}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"messageId": 0},
        {"messageId": 2**31},
        {"messageId": True},
        {"sku": ""},
        {"sku": 5},
        {"productType": ""},
        {"operationType": "DELETE"},
        {"patches": []},
        {"patches": [5]},
        {"patches": [{**merge(1), "value": [1]}]},
        {"patches": [{**merge(1), "op": "set"}]},
        {"more": 1},
    ],
)
def test_the_quick_check_of_messages_is_no_laxer_than_the_schema(change):
    message = {**MESSAGE, **change}
    document = schema.load("listings-feed-schema-v2")
    form = document["properties"]["messages"]["items"]
    problem = schema.first_problem(form, message, document)
    assert listings_feed._is_usual(message) is (problem is None) is not bool(change)


def test_the_old_kinds_of_listings_feeds_are_fatal(account, amz):
    kind = "POST_INVENTORY_AVAILABILITY_DATA"
    feed = amz.feed(b"<AmazonEnvelope/>", kind, "text/xml")
    account.pass_time(HOUR)
    assert amz.feed_result(feed) == ("FATAL", None)
    assert amz.wrong() == {"old_feed_type": 1}


def test_updates_and_deletions_are_counted_as_destructive(account, amz):
    value = [{"fulfillment_channel_code": "DEFAULT", "quantity": 2}]
    update = {
        "messageId": 1,
        "sku": "B",
        "operationType": "PARTIAL_UPDATE",
        "productType": "PRODUCT",
        "attributes": {"fulfillment_availability": value},
    }
    delete = {"messageId": 2, "sku": "A", "operationType": "DELETE"}
    amz.listings_feed(update, delete)
    account.pass_time(HOUR)
    assert "A" not in account.store.listings
    assert (account.shown("B"), account.store.listings["B"].lead_time) == (2, None)
    assert amz.wrong() == {"destructive_feed": 2, "lead_time_wiped": 1}


def test_feeds_that_are_refused(account, amz):
    document = amz.upload(b"{}")
    cases = [
        ({"marketplaceIds": [DE, FR]}, "feed_marketplaces"),
        ({"feedType": "POST_PRODUCT_IMAGE_DATA"}, "feed_type"),
        ({"inputFeedDocumentId": "unheard-of"}, "feed_document"),
        ({"marketplaceIds": ["ATVPDKIKX0DER"]}, "wrong_marketplace"),
        ({"marketplaceIds": []}, "wrong_body"),
    ]
    empty = amz.ok("POST", DOCUMENTS, {"contentType": JSON})["feedDocumentId"]
    cases.append(({"inputFeedDocumentId": empty}, "feed_document"))
    for values, rule in cases:
        body = {
            "feedType": "JSON_LISTINGS_FEED",
            "marketplaceIds": [DE],
            "inputFeedDocumentId": document,
            **values,
        }
        assert amz.code("POST", FEEDS, body) == (400, "InvalidInput")
        assert amz.wrong() == {rule: 1}


def test_a_sixth_feed_within_five_minutes_is_429(account, amz):
    for number in range(5):
        amz.listings_feed(("A", number))
    with pytest.raises(AssertionError, match="QuotaExceeded"):
        amz.listings_feed(("A", 9))
    assert amz.wrong() == {"feed_rate": 1}
    account.pass_time(301)
    assert amz.listings_feed(("A", 9))


def test_a_document_used_twice_does_its_work_twice(account, amz):
    body = {"header": HEADER, "messages": [MESSAGE]}
    values = {
        "feedType": "JSON_LISTINGS_FEED",
        "marketplaceIds": [DE],
        "inputFeedDocumentId": amz.upload(json.dumps(body).encode()),
    }
    feeds = [amz.ok("POST", FEEDS, values)["feedId"] for _number in range(2)]
    account.pass_time(2 * HOUR)
    assert [amz.feed_state(each) for each in feeds] == ["DONE", "DONE"]
    assert amz.wrong()["document_reuse"] == 1


def test_the_urls_of_documents(account, amz):
    def put(seconds=0, **headers):
        url = amz.ok("POST", DOCUMENTS, {"contentType": JSON})["url"]
        account.pass_time(seconds)
        return requests.put(url, data=b"{}", headers=headers, timeout=5)

    assert put(**{"Content-Type": JSON}).status_code == 200
    answer = put(**{"Content-Type": "application/json"})
    assert answer.status_code == 403 and "SignatureDoesNotMatch" in answer.text
    token = {"Content-Type": JSON, "x-amz-access-token": amz.token()}
    assert put(**token).status_code == 403
    assert amz.wrong() == {"document_headers": 2}
    answer = put(301, **{"Content-Type": JSON})
    assert answer.status_code == 403 and "expired" in answer.text
    assert amz.wrong() == {"document_late": 1}
    url = f"{account.url}/_documents/x?X-Amz-Signature=y"
    assert requests.get(url, timeout=5).status_code == 403


def test_lists_of_feeds(account, amz):
    feeds = [amz.listings_feed(("A", number)) for number in range(3)]
    query = {"feedTypes": "JSON_LISTINGS_FEED", "pageSize": 2}
    answer = amz.ok("GET", FEEDS, **query)
    assert [each["feedId"] for each in answer["feeds"]] == feeds[:0:-1]
    token = answer["nextToken"]
    assert amz.code("GET", FEEDS, nextToken=token, **query)[0] == 400
    [last] = amz.ok("GET", FEEDS, nextToken=token)["feeds"]
    assert last["feedId"] == feeds[0]
    assert amz.code("GET", FEEDS)[0] == 400
    until = {"feedTypes": "JSON_LISTINGS_FEED", "createdUntil": "2026-01-01T00:00:00Z"}
    assert amz.ok("GET", FEEDS, **until)["feeds"] == []
    done = {**query, "processingStatuses": "DONE"}
    assert amz.ok("GET", FEEDS, **done)["feeds"] == []
    assert amz.code("GET", f"{FEEDS}/1") == (404, "NotFound")


def test_compress_shrinks_the_life_of_feeds_and_not_the_rates(account, amz):
    account.config.compress = 60
    feed = amz.listings_feed(("A", 7))
    account.pass_time(31)
    assert amz.feed_state(feed) == "DONE"
    for _number in range(14):
        account.limits.take(account.config, account.config.seller_id, "createFeed", 0)
    account.pass_time(30)
    assert amz.code("POST", FEEDS, {})[0] == 429
