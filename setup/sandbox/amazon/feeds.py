"""Feeds 2021-06-30: how they wait, work, get stuck and land."""

from dataclasses import dataclass

from ..common.clock import iso
from . import const, listings_feed, order_feeds
from .api import list_page, operation, view_document
from .errors import ApiError, quota

MODEL = "feeds_2021-06-30"
MINUTE, HOUR = 60, 3600
MOST_FEEDS, WINDOW = 5, 300


@dataclass(eq=False)
class Feed:
    """:ivar outcome: (status, content type, body or what makes it) of its end"""

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
    return list_page(call, "feed", _view)


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
    return view_document(call, "feedDocumentId")


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
    if store.rules.strikes("feed_stuck"):
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
        feed.outcome = listings_feed.start(store, feed, seconds)
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
