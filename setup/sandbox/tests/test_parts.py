"""The pure parts: search syntax, money, times, retries."""

from datetime import datetime, timezone
from decimal import Decimal
from types import SimpleNamespace

import pytest

from sandbox.common.clock import Clock, parse_time
from sandbox.shopify.delivery import retry_delays, signature
from sandbox.shopify.ids import InvalidGid, number_of
from sandbox.shopify.money import decimal_text, money_text, share, spread
from sandbox.shopify.search import compile_query
from sandbox.shopify.webhooks import topic_path

FIELDS = {
    "default": ("words", lambda r: r.text),
    "id": ("id", lambda r: r.id),
    "at": ("time", lambda r: r.at),
    "tag": ("text", lambda r: r.tags),
    "test": ("flag", lambda r: r.test),
    "price": ("number", lambda r: r.price),
}
RECORD = SimpleNamespace(
    text="Green hoodie",
    id=12,
    at=datetime(2026, 11, 23, 10, tzinfo=timezone.utc),
    tags=["vip", "new"],
    test=False,
    price=9.5,
)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "hoodie",
        "id:12",
        "id:gid://shopify/Order/12",
        "id:>=12 id:<13",
        "at:>=2026-11-23",
        "at:>'2026-11-23T09:59:59Z' AND at:<'2026-11-23T11:30:00+01:00'",
        "tag:VIP",
        "tag:vi*",
        "tag:none,new",
        "tag:none OR (test:false price:>9)",
        "-tag:none",
        "NOT tag:none -test:true",
        'tag:"vip"',
    ],
)
def test_queries_that_find(query):
    assert compile_query(query, FIELDS, "things")(RECORD)


@pytest.mark.parametrize(
    "query", ["id:>12", "at:>'2026-11-23T10:00:00Z'", "tag:none", "-tag:vip", "hat"]
)
def test_queries_that_do_not_find(query):
    assert not compile_query(query, FIELDS, "things")(RECORD)


@pytest.mark.parametrize("query", ["(id:1", "id:1)", "at:soon", "id:x", "OR", "no:1"])
def test_queries_that_are_refused(query):
    with pytest.raises(Exception, match="invalid|not in this sandbox"):
        compile_query(query, FIELDS, "things")


def test_amounts_as_text():
    assert decimal_text(Decimal("10"), "EUR") == "10.0"
    assert decimal_text(Decimal("19.99"), "EUR") == "19.99"
    assert money_text(Decimal("10"), "EUR") == "10.00"
    assert money_text(Decimal("10.4"), "JPY") == "10"
    assert money_text(Decimal("1.2345"), "KWD") == "1.235"


def test_sharing_and_spreading_lose_nothing():
    assert sum(spread(Decimal("10"), [Decimal(1)] * 3, 2)) == Decimal("10.00")
    assert share(Decimal("10"), 3, 3, 2) == 10
    assert share(Decimal("10"), 0, 3, 2) == 0
    assert spread(Decimal("5"), [], 2) == []


def test_retries_double_and_fill_the_window():
    delays = retry_delays(8, 14400)
    assert len(delays) == 8 and sum(delays) == pytest.approx(14400)
    assert delays[1] == pytest.approx(2 * delays[0])


def test_signature_is_base64_of_hmac_sha256():
    assert signature("key", b"The quick brown fox jumps over the lazy dog") == (
        "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg="
    )


def test_topics_and_ids():
    assert topic_path("INVENTORY_LEVELS_UPDATE") == "inventory_levels/update"
    assert topic_path("ORDERS_PARTIALLY_FULFILLED") == "orders/partially_fulfilled"
    assert topic_path("APP_UNINSTALLED") == "app/uninstalled"
    assert number_of("gid://shopify/Order/12", "Order") == 12
    for text in ("12", "gid://shopify/Product/12", "gid://other/Order/12"):
        with pytest.raises(InvalidGid):
            number_of(text, "Order")


def test_the_clock_is_skewed_but_never_turns_back():
    clock = Clock()
    clock.move(-3600)
    early = clock.tick()
    clock.move(0)
    later = clock.tick()
    clock.move(-3600)
    assert early < later == clock.tick() and clock.now() < later
    assert parse_time("2026-11-23").tzinfo
