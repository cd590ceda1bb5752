"""Feeds 2021-06-30: how they wait, work, get stuck and land."""

import json
from dataclasses import dataclass

from ..common.clock import iso
from . import const, order_feeds, schema, stock, views
from .api import operation
from .errors import ApiError, quota

MODEL = "feeds_2021-06-30"
MINUTE, HOUR = 60, 3600
MOST_MESSAGES, MOST_FEEDS, WINDOW = 25000, 5, 300
UNREADABLE = "4002001"
PAGE = 10
JSON = "application/json; charset=UTF-8"


@dataclass(eq=False)
class Feed:
    """:ivar outcome: (status, content type, body) that it will end with"""

    id: str
    type: str
    marketplaces: list
    document: object
    created: object
    status: str = "IN_QUEUE"
    started: object = None
    ended: object = None
    result: str = None
    ready: bool = False
    outcome: tuple = None
    stuck: bool = False
    # its lines so far: accepted ones and what has landed
    lines: int = 0


# --- operations


@operation(MODEL, "createFeedDocument", status=201)
def create_document(call):
    record = call.shop.documents.create(call.body["contentType"])
    return {
        "feedDocumentId": record.id,
        "url": call.shop.documents.url(record, "PUT"),
    }


@operation(MODEL, "createFeed", status=202)
def create_feed(call):
    store, body = call.store, call.body
    kind, places = body["feedType"], body["marketplaceIds"]
    call.check_marketplaces(places)
    listings = kind == const.LISTINGS_FEED
    call.shop.access.need(const.LISTING if listings else const.ORDERS)
    if kind not in (*const.FEED_TYPES, *const.DEAD_FEED_TYPES):
        call.refuse("feed_type", message=f"Invalid feedType {kind}.")
        raise ApiError(400, "InvalidInput", f"Invalid feedType {kind}.")
    if listings and len(places) > 1:
        call.refuse(
            "feed_marketplaces", message="Exactly one marketplaceId is allowed."
        )
    document = store.documents.get(body["inputFeedDocumentId"])
    if document is None or document.body is None:
        words = "The inputFeedDocumentId is unknown, or nothing was uploaded."
        call.refuse("feed_document", message=words)
        raise ApiError(400, "InvalidInput", words)
    if document.used:
        store.violations.note("document_reuse", document.id)
    recent = [
        feed
        for feed in store.feeds.values()
        if feed.type == kind and feed.created.timestamp() > store.clock.time() - WINDOW
    ]
    if listings and len(recent) >= MOST_FEEDS and store.rules.strikes("feed_rate"):
        raise quota("feed_rate", "Too many feeds of this type within five minutes.")
    document.used = True
    feed = Feed(
        str(50000019000 + store.number()), kind, places, document, store.clock.tick()
    )
    store.feeds[feed.id] = feed
    wait = store.between(*store.config.feed_queue_minutes) * MINUTE
    if store.rules.strikes("feed_stuck_in_queue"):
        wait = store.between(*store.config.feed_stuck_hours) * HOUR
    store.clock.after(store.config.life(wait), _ready, call.shop, feed)
    return {"feedId": feed.id}


@operation(MODEL, "getFeed")
def get_feed(call):
    return _view(_feed(call))


@operation(MODEL, "getFeeds")
def get_feeds(call):
    query, store = call.query, call.store
    if "nextToken" in query:
        if set(query) != {"nextToken"}:
            words = "nextToken does not go with other parameters."
            call.refuse("page_token", message=words)
        query, place = call.shop.pages.get(("feeds", query["nextToken"]), ({}, 0))
    else:
        place = 0
    if not query.get("feedTypes"):
        call.refuse("missing_parameter", message="feedTypes or nextToken is required.")
    size = query.get("pageSize", PAGE)
    found = [
        feed
        for feed in reversed(store.feeds.values())
        if feed.type in query.get("feedTypes", (feed.type,))
        and feed.status in query.get("processingStatuses", (feed.status,))
        and set(feed.marketplaces) & set(query.get("marketplaceIds", feed.marketplaces))
    ]
    answer = {"feeds": [_view(feed) for feed in found[place : place + size]]}
    if place + size < len(found):
        token = f"feeds-{store.number()}"
        call.shop.pages["feeds", token] = query, place + size
        answer["nextToken"] = token
    return answer


@operation(MODEL, "cancelFeed")
def cancel_feed(call):
    feed = _feed(call)
    if feed.status != "IN_QUEUE":
        call.refuse("feed_cancel", message=f"Feed {feed.id} is {feed.status}.")
        return
    feed.status, feed.ended = "CANCELLED", call.store.clock.now()
    call.store.words.feed(feed)


@operation(MODEL, "getFeedDocument")
def get_feed_document(call):
    record = call.store.documents.get(call.path["feedDocumentId"])
    if record is None or record.body is None:
        raise ApiError(404, "NotFound", "The document was not found.")
    return call.shop.documents.view(record, "feedDocumentId")


def _feed(call):
    if feed := call.store.feeds.get(call.path["feedId"]):
        return feed
    raise ApiError(404, "NotFound", f"Feed {call.path['feedId']} was not found.")


def _view(feed):
    view = {
        "feedId": feed.id,
        "feedType": feed.type,
        "marketplaceIds": feed.marketplaces,
        "createdTime": iso(feed.created),
        "processingStatus": feed.status,
        "processingStartTime": iso(feed.started),
        "processingEndTime": iso(feed.ended),
        "resultFeedDocumentId": feed.result,
    }
    return {name: value for name, value in view.items() if value is not None}


# --- their life


def _ready(shop, feed):
    feed.ready = True
    start_next(shop)


def start_next(shop):
    """One at a time for a seller; the others stay in the queue."""
    feeds = shop.store.feeds.values()
    if any(feed.status == "IN_PROGRESS" for feed in feeds):
        return
    for feed in feeds:
        if feed.status == "IN_QUEUE" and feed.ready:
            _start(shop, feed)
            return


def _start(shop, feed):
    store, config = shop.store, shop.config
    feed.status, feed.started = "IN_PROGRESS", store.clock.now()
    feed.stuck = store.rules.strikes("feed_stuck")
    if feed.stuck:
        seconds = store.between(*config.feed_stuck_hours) * HOUR
    else:
        seconds = store.between(*config.feed_work_minutes) * MINUTE
    seconds = config.life(seconds)
    if feed.type in const.DEAD_FEED_TYPES and store.rules.strikes("old_feed_type"):
        store.violations.note("old_feed_type", feed.type)
        feed.outcome = "FATAL", None, None
    elif store.rules.strikes("feed_fatal"):
        feed.outcome = "FATAL", None, None
    elif feed.type == const.LISTINGS_FEED:
        _start_listings(store, feed, seconds)
    store.clock.after(seconds, _end, shop, feed)


def _end(shop, feed):
    store = shop.store
    if feed.outcome is None:
        feed.outcome = order_feeds.work(store, feed)
    status, kind, body = feed.outcome
    if callable(body):
        body = body()
    if body is not None:
        feed.result = shop.documents.create(kind, body).id
    feed.status, feed.ended = status, store.clock.now()
    feed.outcome = None
    store.words.feed(feed)
    start_next(shop)


# --- the listings feed


def _start_listings(store, feed, seconds):
    """Read it, and let its lines land in their own time, over whatever is newer."""
    try:
        document = json.loads(feed.document.body)
    except ValueError:
        document = None
    rule = _broken(store, document)
    if rule:
        store.violations.note(rule[0], rule[1])
        report = _report(store, feed, [_feed_issue(rule[1])], 0, 0, ())
        feed.outcome = "FATAL", JSON, report
        return
    issues, accepted = [], []
    messages = document["messages"]
    for message in messages:
        found = _take(store, feed, message, seconds)
        issues += found
        if not found:
            accepted.append(message["sku"])
    feed.lines = len(accepted)
    included = document["header"].get("report", {}).get("includedData", ())
    report = _report(
        store, feed, issues, len(messages), len(accepted), included, accepted
    )
    feed.outcome = "DONE", JSON, report


def _broken(store, document):
    """(rule, words) of what makes the whole feed FATAL, or None."""
    strikes = store.rules.strikes
    whole = schema.load("listings-feed-schema-v2")
    parts = whole["properties"]
    if not isinstance(document, dict) or not isinstance(document.get("messages"), list):
        return "feed_broken", "The feed is no JSON with messages."
    if problem := schema.first_problem(parts["header"], document.get("header"), whole):
        return "feed_broken", f"header: {problem}"
    messages = document["messages"]
    if not 1 <= len(messages) <= MOST_MESSAGES and strikes("feed_broken"):
        return "feed_broken", f"{len(messages)} messages"
    if document["header"]["sellerId"] != store.config.seller_id:
        return "feed_broken", "The feed is of another seller."
    numbers = [
        message.get("messageId") for message in messages if isinstance(message, dict)
    ]
    if len(set(map(repr, numbers))) != len(numbers) and strikes("message_twice"):
        return "message_twice", "A messageId is there twice."
    return None


def _take(store, feed, message, seconds):
    """Plan one message. :return: its issues; none where it was accepted"""
    whole = schema.load("listings-feed-schema-v2")
    form = whole["properties"]["messages"]["items"]
    if problem := schema.first_problem(form, message, whole):
        store.violations.note("wrong_body", f"feed {feed.id}: {problem}")
        number = message.get("messageId") if isinstance(message, dict) else None
        return [_feed_issue(problem, "90000900", number)]
    sku, kind = message["sku"], message["operationType"]
    listing = store.listings.get(sku)
    patches = message.get("patches", [])
    if kind != "PATCH":
        store.violations.note("destructive_feed", f"{kind} {sku}")
        patches = [
            {"op": "replace", "path": f"/attributes/{name}", "value": value}
            for name, value in message.get("attributes", {}).items()
        ]
    if kind == "DELETE":
        store.clock.after(seconds, store.listings.pop, sku, None)
        return []
    product_type = message["productType"]
    submission, issues = stock.read(
        sku, product_type, patches, feed.marketplaces, f"feed {feed.id}", listing
    )
    if issues:
        return [
            _feed_issue(each["message"], each["code"], message["messageId"], sku)
            for each in issues
        ]
    lost = store.rules.strikes("line_lost")
    stock.submit(store, submission, store.between(0, seconds), lost)
    return []


def _feed_issue(words, code=UNREADABLE, number=None, sku=None):
    issue = {"code": code, "severity": "ERROR", "message": words}
    if isinstance(number, int) and number > 0:
        issue["messageId"] = number
    if sku:
        issue["sku"] = sku
    return issue


def _report(store, feed, issues, processed, accepted, included, skus=()):
    """A function that writes the processing report, at the end of the work."""

    def write():
        items = [
            views.listing(store, store.listings[sku], included, feed.marketplaces)
            for sku in dict.fromkeys(skus)
            if sku in store.listings
        ]
        report = {
            "header": {
                "sellerId": store.config.seller_id,
                "version": "2.0",
                "feedId": feed.id,
            },
            "issues": issues,
            "summary": {
                "errors": len(issues),
                "warnings": 0,
                "messagesProcessed": processed,
                "messagesAccepted": accepted,
                "messagesInvalid": processed - accepted,
            },
        }
        if included:
            report["items"] = items
            report["header"]["report"] = {
                "includedData": list(included),
                "apiVersion": "2021-08-01",
            }
        document = schema.load("listings-feed-processing-report-schema-v2")
        if problem := schema.first_problem(document, report, document):
            store.violations.note("own_answers", f"feed report: {problem}")
        return json.dumps(report, ensure_ascii=False).encode()

    return write
