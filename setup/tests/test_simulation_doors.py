"""Tills, salespeople and a headless shop in the simulator: histories with known
verdicts, and how the shop conducts itself on a bad line."""

import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import requests

SETUP = Path(__file__).parents[1]
sys.path[:0] = [str(SETUP), str(SETUP / "lib")]

from demo.processes import DemoError  # noqa: E402
from simulation import (  # noqa: E402
    causes,
    doors,
    faults,
    headless,
    main,
    oracle,
    tills,
    timeline,
    world,
)

from .test_simulation import History, make  # noqa: E402

POOLS = {"main": ("WH",)}


class Tills(History):
    """A history with tills in it."""

    def ring(self, t, units=1, known=None, offline=False, sku="X"):
        """:param known: when Odoo hears of it; None: at once, False: never"""
        heard = t if known is None else known
        number = f"u{len(self.facts.setdefault('till_sales', []))}"
        self.facts["till_sales"].append(
            {
                "uuid": number,
                "till": "Till 2",
                "t": t,
                "lines": {sku: units},
                "units": {sku: units},
                "offline": offline,
                "known": None if heard is False else heard,
                "state": None if heard is False else "paid",
                "has": {} if heard is False else {sku: units},
            }
        )
        return number

    def quote(self, end, *there, **lines):
        ref = f"SIM-Q{len(self.facts.setdefault('quotes', []))}"
        self.facts["quotes"].append(
            {"ref": ref, "end": end, "lines": lines or {"X": 1}, "there": list(there)}
        )
        return ref


def opened(**initial):
    history = Tills(**initial)
    history.show(0, "a", 5)
    history.show(0, "b", 5)
    return history


# --- a till that nobody can hear


def test_what_an_offline_till_has_sold_is_its_own_cause():
    history = opened()
    history.ring(10, 3, known=60, offline=True)
    history.sell(30, "a", 5)
    assert history.oversold() == {"till_offline": 3}


def test_only_units_within_the_window_are_the_tills():
    """Heard at 60: what is sold on at 61 is a matter of latency."""
    history = opened()
    history.ring(10, 3, known=60, offline=True)
    history.sell(61, "a", 5)
    assert history.oversold() == {"latency_window": 3}


def test_a_till_that_is_slow_but_online_explains_nothing():
    history = opened()
    history.ring(10, 3, known=60)
    history.sell(30, "a", 5)
    assert history.oversold() == {"latency_window": 3}


def test_what_it_sold_a_moment_ago_any_till_could_have_sold():
    history = opened()
    history.ring(28, 3, known=60, offline=True)
    history.sell(30, "a", 5)
    assert history.oversold() == {"latency_window": 3}


def test_two_shops_that_race_for_what_is_left_beside_it_are_latency():
    """Two of three are left; both shops sell them at once, as they would have with a
    till that is heard."""
    history = Tills(X=3)
    history.show(0, "a", 3)
    history.show(0, "b", 3)
    history.ring(10, 1, known=60, offline=True)
    history.sell(30, "a", 2)
    history.sell(30.2, "b", 2)
    assert history.oversold() == {"latency_window": 2}


def test_of_a_race_beyond_it_the_till_explains_its_part_only():
    history = Tills(X=3)
    history.show(0, "a", 3)
    history.show(0, "b", 3)
    history.ring(10, 1, known=60, offline=True)
    history.sell(30, "a", 2)
    history.sell(30.2, "b", 3)
    # of three, two would have been sold on by latency, one is the till's
    assert history.oversold() == {"till_offline": 1, "latency_window": 2}


def test_a_number_that_promised_too_much_is_no_excuse():
    """Odoo knew of a sale for ten seconds and promised its unit again: that a till was
    offline as well takes nothing of it."""
    history = opened()
    history.ring(1, 1, known=90, offline=True)
    history.sell(5, "a", 4)
    history.show(20, "b", 5)
    history.sell(30, "b", 5)
    assert history.oversold() == {"hold_missing": 4, "till_offline": 1}


def test_a_sale_that_was_overwritten_comes_before_it():
    history = opened()
    history.ring(1, 1, known=90, offline=True)
    history.sell(5, "a", 2, known=40)
    history.show(10, "a", 5)
    history.sell(20, "a", 5)
    assert history.oversold() == {"unseen_sale": 2, "till_offline": 1}


def test_an_offline_till_sells_what_a_shop_has_sold_long_ago():
    history = opened()
    history.sell(10, "a", 5, known=11)
    history.ring(30, 2, known=60, offline=True)
    assert history.oversold() == {"till_offline": 2}


def test_an_offline_till_sells_what_a_shop_has_sold_just_now():
    history = opened()
    history.sell(10, "a", 5, known=11)
    history.ring(12, 2, known=60, offline=True)
    assert history.oversold() == {"latency_window": 2}


def test_a_till_that_is_heard_and_sells_what_was_known_to_be_gone_lacks_a_hold():
    history = opened()
    history.sell(10, "a", 5, known=11)
    history.ring(30, 2)
    assert history.oversold() == {"hold_missing": 2}


def test_a_till_is_judged_by_when_it_looked():
    """Odoo is slow: the customer has waited for ten seconds, and a shop sold the unit
    meanwhile."""
    history = opened()
    history.sell(12, "a", 5, known=13)
    history.ring(20, 2)
    history.facts["till_sales"][0]["seen"] = 10
    assert history.oversold() == {"latency_window": 2}


def test_a_salesperson_is_judged_by_when_odoo_looked_for_him():
    history = opened()
    history.sell(12, "a", 5, known=13)
    history.shelf(20, 2, "sell")
    history.facts["ledger"][0]["seen"] = 10
    assert history.oversold() == {"latency_window": 2}
    history.facts["ledger"][0]["seen"] = 19
    assert history.oversold() == {"hold_missing": 2}


def test_salespeople_go_by_what_odoo_knows():
    history = opened()
    history.ring(10, 4, known=60, offline=True)
    history.shelf(30, 3, "sell")
    assert history.oversold() == {"till_offline": 2}


def test_goods_of_an_offline_till_are_gone_at_once():
    history = opened()
    history.ring(10, 3, known=60, offline=True)
    stock = timeline.read(history.facts)["main", "X"]
    assert (stock.left(9), stock.left(10), stock.left(99)) == (5, 2, 2)
    assert (stock.known.at(59), stock.known.at(60)) == (0, 3)


@pytest.mark.parametrize("known", [None, 40])
@pytest.mark.parametrize("offline", [False, True])
def test_each_oversold_unit_has_one_cause_with_tills_too(known, offline):
    history = opened()
    history.sell(1, "a", 2, known=9)
    history.show(3, "a", 5)
    history.ring(10, 3, known=known, offline=offline)
    history.sell(20, "a", 5)
    history.sell(21, "b", 5)
    history.ring(22, 1, known=known, offline=offline)
    assert sum(history.oversold().values()) == 11


# --- nothing lost, doubled, wrong


def test_a_sale_at_a_till_that_odoo_does_not_have_is_lost():
    history = opened()
    history.ring(1)
    number = history.ring(2, known=False)
    figures = history.judge()
    assert figures["examples"]["lost"] == [f"Till 2:{number}"]


def test_a_sale_that_no_till_has_made_is_one_too_many():
    history = opened()
    history.ring(1)
    history.facts["till_strange"] = ["nobody's"]
    assert oracle.doubled(history.facts) == ["nobody's"]


def test_a_sale_of_other_goods_is_wrong():
    history = opened()
    number = history.ring(1, 2)
    history.facts["till_sales"][0]["has"] = {"X": 4}
    assert oracle.wrong(history.facts) == [f"Till 2:{number}"]


def test_quotations_are_lost_doubled_or_wrong_like_orders():
    sold, other = {"state": "sale", "X": 1}, {"state": "sale", "X": 2}
    history = opened()
    history.quote("confirmed", sold)
    lost = history.quote("confirmed", {"state": "draft", "X": 1})
    twice = history.quote("confirmed", sold, sold)
    wrong = history.quote("confirmed", other)
    sold_all_the_same = history.quote("refused", sold)
    assert oracle.lost(history.facts) == [lost]
    assert oracle.doubled(history.facts) == [twice]
    assert oracle.wrong(history.facts) == [wrong, sold_all_the_same]


def test_a_refused_quotation_is_a_refused_sale():
    history = opened()
    history.quote("refused", {"state": "cancel", "X": 1})
    history.facts.update(shelf=[], shipped=[], leaks=[])
    figures = history.judge()
    assert figures["orders_lost"] == figures["orders_wrong"] == 0
    assert figures["quotes"] == {"refused": 1}


def test_shelves_are_compared_with_what_truly_stands_there():
    history = opened()
    history.ring(1, 2)
    history.shelf(2, 3)
    history.sell(3, "a", 2)
    facts = {**history.facts, "shipped": [("WH", "X", 1)], "shelf": [("WH", "X", 5)]}
    stocks = timeline.read(facts)
    assert doors.physical(facts, stocks, POOLS) == []
    # booked twice
    facts["shelf"] = [("WH", "X", 3)]
    assert doors.physical(facts, stocks, POOLS) == [("main", "X", 3, 5)]


def test_without_them_there_are_no_figures_of_theirs():
    assert "till_orders" not in opened().judge()


def test_seconds_until_a_shop_shows_less_of_what_a_till_has_sold():
    history = opened()
    history.ring(10, 2, known=12)
    history.show(13.5, "a", 3)
    history.show(16, "b", 3)
    history.facts.update(shelf=[], shipped=[], leaks=[["quotation", 2, "x"]])
    figures = history.judge()
    assert (figures["till_shown_p50"], figures["till_shown_most"]) == (1.5, 4)
    assert figures["holds_leaked"] == 2


# --- who takes part


def test_by_their_names_they_take_part_and_change_nothing_else():
    alone, trace = make(channels="alpha,bravo")
    beside, more = make(channels="alpha,bravo,counter5,desk7")
    assert replace(beside, names=alone.names) == alone
    assert [event for event in more if event["kind"] in {e["kind"] for e in trace}] == (
        trace
    )
    assert {event["kind"] for event in more} - {event["kind"] for event in trace} == {
        "ring",
        "quote",
        "race",
    }


def test_the_headless_shop_is_chosen_by_its_name_only():
    assert [shop.key for shop in world.choose("golf")] == ["golf"]
    assert "golf" not in {shop.key for shop in world.choose(5)}
    with pytest.raises(ValueError, match="golf.*counter5.*desk7"):
        world.choose("hotel")
    for name in ("golf", *world.BESIDE):
        assert name in main.parser().format_help()


def test_their_addons_are_installed_where_few_are_chosen(monkeypatch):
    monkeypatch.delenv("CHANNEL_ADDONS", raising=False)
    doors.require_addons(["golf", "counter5"])
    assert "CHANNEL_ADDONS" not in main.os.environ
    monkeypatch.setenv("CHANNEL_ADDONS", "channel_connector_shopify")
    doors.require_addons(["alpha", "counter5"])
    assert main.os.environ["CHANNEL_ADDONS"] == (
        "channel_connector_shopify channel_inventory_pos"
    )


def test_baselines_know_nothing_of_them():
    options = main.read(["--channels", "alpha,counter5"])
    assert options.strategies and all(each.addons for each in options.strategies)


def test_each_cause_has_a_color_and_its_faults_a_name():
    from simulation.plots import COLORS

    assert len(causes.CAUSES) <= len(COLORS)
    assert faults.read("callers,offline") == ["callers", "offline"]


# --- the headless shop


class Answer:
    def __init__(self, status, body):
        self.status_code, self._body, self.text = status, body, ""

    def json(self):
        return self._body


class Api:
    """The other side, as the document tells it, for one SKU."""

    def __init__(self, units=5):
        self.units, self.holds, self.orders, self.asked = units, {}, {}, []
        self.down = False

    def request(self, method, url, json=None, **_content):
        path = url.partition("/v1")[2]
        self.asked.append((method, path))
        if self.down:
            raise requests.ConnectionError("down")
        if path == "/availability/changes":
            change = {"sku": "X", "node": "WH", "available": self.units}
            page = {"changes": [change], "cursor": "0", "more": False}
            return Answer(200, page)
        if path == "/holds":
            if sum(self.holds.values()) >= self.units:
                return Answer(409, {"code": "insufficient", "status": 409})
            self.holds[json["reference"]] = json["lines"][0]["quantity"]
            return Answer(201, {})
        if path == "/orders":
            known = json["reference"] in self.orders
            self.orders[json["reference"]] = json
            return Answer(200 if known else 201, {"state": "accepted", "shipments": []})
        if path.endswith("/cancel"):
            return Answer(200, {"state": "cancelled"})
        return Answer(409, {"code": "hold_ended", "status": 409})


@pytest.fixture
def shop(monkeypatch):
    made = world.make(1, 20, "golf", 50)
    listing = replace(next(iter(made.listings.values())), sku="X", price=10)
    monkeypatch.setattr(headless, "SECONDS_BETWEEN_LOOKS", 3600)
    found = headless.HeadlessShop(made.shops[0]).start([listing])
    found.api = Api()
    found.store.client.session = found.api
    found.store.client.sleep = lambda _seconds: None
    found.store.look()
    yield found
    found.stop()


def test_it_holds_pays_and_orders_once(shop):
    shop._way = "held"
    shop.buy({"X": 2}, 1, True)
    [order] = shop.api.orders.values()
    assert order["hold"] in shop.api.holds
    assert [(line["node"], line["quantity"]) for line in order["lines"]] == [("WH", 2)]
    assert shop.book() == [{"id": "golf:1", "live": True, "lines": {"X": 2}, "told": 0}]
    [sale] = [event for event in shop.events if event["kind"] == "sale"]
    assert (sale["order"], sale["delta"], sale["after"]) == ("golf:1", -2, 3)


def test_what_is_not_held_is_not_sold(shop):
    shop.api.units = 0
    shop._way = "held"
    with pytest.raises(headless.headless.SoldOut):
        shop.buy({"X": 1}, 1, True)
    assert not shop.book()


def test_a_paid_order_is_told_until_it_is_answered(shop):
    shop._way = "direct"
    shop.api.down = True
    shop.buy({"X": 2}, 1, True)
    assert shop.unanswered and shop.offered("X", "WH") == 3
    shop.api.down = False
    # a number that Odoo has made without it puts nothing over it
    shop.store.look()
    assert shop.offered("X", "WH") == 3
    shop._repeat(shop.store)
    assert not shop.unanswered and list(shop.api.orders) == ["golf-1"]
    # no number that Odoo has told: the judge goes by the one that was read before
    assert [event["kind"] for event in shop.events] == ["write", "sale", "heard"]
    assert all(
        event["how"] == "difference"
        for event in shop.events
        if event["kind"] == "write"
    )


def test_a_hold_whose_time_is_over_is_not_ordered_by(shop):
    """Its units may be sold: they have to be taken anew, if they are there."""
    shop._way = "renewed"
    ref = shop.buy({"X": 2}, 1, False)
    first = shop.baskets[ref].hold
    shop.api.holds[first] = 0
    shop.pay(ref)
    assert shop.api.orders[ref]["hold"] != first
    again = shop.buy({"X": 1}, 1, False)
    shop.api.units = 0
    shop.pay(again)
    assert again not in shop.api.orders


def test_a_cancelled_order_gives_back(shop):
    shop._way = "direct"
    ref = shop.buy({"X": 2}, 1, True)
    shop.api.down = True
    shop.cancel(ref)
    assert shop.book()[0]["live"]
    shop.api.down = False
    shop._repeat(shop.store)
    assert not shop.book()[0]["live"]
    assert [event["delta"] for event in shop.events if event["kind"] == "restock"] == [
        2
    ]


def test_answers_are_lost_and_requests_come_twice_on_its_line(monkeypatch):
    seen, lock = [], threading.Lock()

    def request(_session, method, url, **_content):
        with lock:
            seen.append((method, url))

    monkeypatch.setattr(requests.Session, "request", request)
    line = headless.Line("golf")
    line.request("POST", "/orders")
    assert len(seen) == 1
    line.rates = {"doubled": 1}
    line.request("POST", "/orders")
    line.request("GET", "/orders")
    assert len(seen) == 4
    line.rates = {"lost": 1}
    with pytest.raises(requests.ConnectionError):
        line.request("GET", "/orders")
    assert len(seen) == 5


def test_of_two_looks_at_once_the_later_number_stays(shop):
    """A webhook and the clock make it look at the same moment: the answer that was
    given first may arrive last."""
    entered, go_on = threading.Event(), threading.Event()
    request = shop.api.request

    def slow(*arguments, **content):
        answer = request(*arguments, **content)
        if not entered.is_set():
            entered.set()
            go_on.wait(5)
        return answer

    shop.api.request = slow
    first = threading.Thread(target=shop.store.look)
    first.start()
    entered.wait(5)
    shop.api.units = 2
    second = threading.Thread(target=shop.store.look)
    second.start()
    second.join(0.2)
    go_on.set()
    first.join()
    second.join()
    assert shop.offered("X", "WH") == 2


# --- tills


class Odoo:
    """What a till's calls find there: orders by their uuid."""

    def __init__(self):
        self.orders, self.calls, self.down = {}, [], False
        self.sessions = iter(range(1, 99))
        self.open_id = next(self.sessions)

    def rpc(self):
        return self

    def find(self, model, *_domain, **_options):
        if model == "pos.session":
            return [{"id": self.open_id, "state": "opened"}] if self.open_id else []
        return [{"id": 7, "payment_method_ids": [8]}]

    def call(self, _model, method, *arguments):
        if self.down:
            raise DemoError("no answer")
        self.calls.append(method)
        if method == "sync_from_ui":
            for order in arguments[0]:
                self.orders.setdefault(order["uuid"], order)
        if method == "action_pos_session_closing_control":
            self.open_id = None
        if method == "open_ui":
            self.open_id = self.open_id or next(self.sessions)


class Run:
    def __init__(self):
        self.world = make(channels="alpha,counter5")[0]
        self.server = self.odoo = Odoo()
        self.company = self
        self.shelves = threading.RLock()
        self.products = dict.fromkeys(self.world.listings, 1)


@pytest.fixture
def till(monkeypatch):
    monkeypatch.setattr(tills, "SECONDS_BETWEEN_TRIES", 0)
    run = Run()
    counter = tills.Counter(run)
    counter.tills = [tills.Till(counter, *each) for each in tills.TILLS]
    found = counter.tills[tills.OFFLINE]
    found.session_id = run.odoo.open_id
    return found


def test_what_is_not_answered_is_told_again(till):
    till.odoo.down = True
    till.ring({"SKU-0001": 2})
    assert till.untold and not till.odoo.orders
    [sale] = till.counter.sales.values()
    assert (sale["units"], sale["offline"]) == ({"SKU-0001": 2}, False)
    till.odoo.down = False
    till.tell()
    assert not till.untold and list(till.odoo.orders) == [sale["uuid"]]


def test_a_till_that_was_offline_tells_everything_twice(till):
    till.counter.lose()
    till.ring({"SKU-0001": 1})
    till.ring({"SKU-0002": 1})
    assert not till.odoo.orders
    assert all(sale["offline"] for sale in till.counter.sales.values())
    till.counter.find()
    till.tell()
    assert till.odoo.calls.count("sync_from_ui") == 3
    assert set(till.odoo.orders) == set(till.counter.sales)
    till.ring({"SKU-0003": 1})
    assert till.odoo.calls.count("sync_from_ui") == 4


def test_a_session_is_closed_behind_the_back_of_an_offline_till(till):
    before = till.session_id
    till.counter.lose()
    till.change_shift()
    till.ring({"SKU-0001": 1})
    till.counter.find()
    till.tell()
    [order] = till.odoo.orders.values()
    assert order["session_id"] == before
    assert till.session_id == till.odoo.open_id != before


def test_at_the_end_all_is_told_and_closed(till):
    till.counter.lose()
    till.ring({"SKU-0001": 1})
    till.counter.finish()
    assert till.odoo.orders and not till.odoo.open_id


def test_a_kit_takes_its_components_from_the_shelf(till):
    listings = till.run.world.listings
    kit = next(each for each in listings.values() if each.kind == "kit")
    till.ring({kit.sku: 2})
    [sale] = till.counter.sales.values()
    assert sale["units"] == {sku: 2 * each for sku, each in kit.parts.items()}
