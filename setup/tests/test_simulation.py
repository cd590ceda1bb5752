"""The simulator's judge and its trace: histories with known verdicts."""

import sys
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[1]
sys.path[:0] = [str(SETUP), str(SETUP / "lib")]

from simulation import (  # noqa: E402
    backtest,
    causes,
    docs,
    faults,
    oracle,
    plots,
    report,
    timeline,
    trace,
    world,
)

PLACES = {"a": {"Main": "main"}, "b": {"Main": "main"}}
LISTINGS = {
    "X": {"kind": "plain", "parts": {"X": 1}},
    "X-6": {"kind": "pack", "parts": {"X": 6}},
    "KIT": {"kind": "kit", "parts": {"X": 1, "Y": 2}},
}


class History:
    """Writes a run's facts down, with what its shops show kept right by itself."""

    def __init__(self, **initial):
        self.shown = {}
        self.facts = {
            "began": 0.0,
            "ended": 100.0,
            "settled": 1.0,
            "listings": LISTINGS,
            "places": PLACES,
            "initial": {"main": initial or {"X": 5}},
            "ledger": [],
            "events": [],
            "visits": [],
            "known": {},
            "orders": [],
            "sales": [],
            "rest": [],
            "available": {},
            "parcels": None,
            "told": {},
        }

    def show(self, t, shop, number, sku="X", how="set"):
        return self._event(t, shop, sku, "write", number, how=how)

    def edit(self, t, shop, number, sku="X"):
        return self._event(t, shop, sku, "edit", number)

    def sell(self, t, shop, units=1, sku="X", known=None, kind="sale"):
        """:param known: when Odoo hears of it; None: at once, False: never"""
        order = f"{shop}:{len(self.facts['events'])}"
        after = self.shown.get((shop, sku), 0) - units
        self._event(t, shop, sku, kind, after, order)
        if known is not False:
            self.facts["known"][order] = t if known is None else known
        product = {"X-6": {"X": 6}}.get(sku, {sku: 1})
        lines = {each: n * units for each, n in product.items()}
        self.facts["orders"].append({"id": order, "live": True, "units": lines})
        return order

    def cancel(self, t, order):
        [sale] = [e for e in self.facts["events"] if e["order"] == order]
        after = self.shown[sale["shop"], sale["sku"]] - sale["delta"]
        self._event(t, sale["shop"], sale["sku"], "restock", after, order)
        for each in self.facts["orders"]:
            each["live"] = each["live"] and each["id"] != order

    def shelf(self, t, units, kind="receive", sku="X", **more):
        entry = {"t": t, "pool": "main", "sku": sku, "units": units, "kind": kind}
        self.facts["ledger"].append({**entry, **more})

    def enter(self, order, state="sale", **units):
        self.facts["sales"].append(
            {"order": order, "state": state, "units": units or {"X": 1}}
        )

    def _event(self, t, shop, sku, kind, after, order=None, how="set"):
        before = self.shown.get((shop, sku), 0)
        self.shown[shop, sku] = after
        self.facts["events"].append(
            {
                "t": t,
                "shop": shop,
                "place": "Main",
                "sku": sku,
                "kind": kind,
                "delta": after - before,
                "after": after,
                "order": order,
                "how": how,
            }
        )

    def judge(self):
        return oracle.judge(self.facts)

    def oversold(self):
        """{cause: units}, those that are not 0"""
        figures = self.judge()
        found = {
            cause: figures[f"units_oversold_{cause}"]
            for cause in causes.CAUSES
            if figures[f"units_oversold_{cause}"]
        }
        assert figures["units_oversold"] == sum(found.values())
        return found


def opened(**initial):
    """Both shops show all five."""
    history = History(**initial)
    history.show(0, "a", 5)
    history.show(0, "b", 5)
    return history


# --- oversold, and why


def test_what_is_there_is_not_oversold():
    history = opened()
    history.sell(1, "a", 3)
    history.show(2, "b", 2)
    history.sell(3, "b", 2)
    assert history.oversold() == {}


def test_a_write_over_an_unseen_sale_is_found():
    history = opened()
    history.sell(1, "a", 2, known=9)
    history.show(3, "a", 5)  # computed without the sale
    history.sell(4, "a", 5)
    assert history.oversold() == {"unseen_sale": 2}
    assert history.judge()["unseen_sales_overwritten"] == 1


def test_an_overwritten_sale_that_nobody_used_oversells_nothing():
    history = opened()
    history.sell(1, "a", 2, known=9)
    history.show(3, "a", 5)
    history.show(10, "a", 3)  # put right once it was known
    history.sell(11, "a", 3)
    assert history.oversold() == {}
    assert history.judge()["unseen_sales_overwritten"] == 1


def test_a_write_that_repeats_the_number_overwrites_too():
    history = opened()
    history.sell(1, "a", 1, known=9)
    history.shelf(2, -1, "scrap")
    history.show(3, "a", 4)  # shows 4 already; 3 would be right
    history.sell(4, "a", 4)
    assert history.oversold() == {"unseen_sale": 1}


def test_a_difference_overwrites_nothing():
    history = opened()
    history.sell(1, "a", 2, known=9)
    history.show(3, "a", 2, how="difference")
    history.sell(4, "a", 2)
    assert history.oversold() == {}
    assert history.judge()["unseen_sales_overwritten"] == 0


def test_a_write_after_odoo_knew_is_innocent():
    history = opened()
    history.sell(1, "a", 2, known=2)
    history.show(3, "a", 3)
    assert history.judge()["unseen_sales_overwritten"] == 0


def test_an_unseen_cancellation_makes_up_for_an_unseen_sale():
    history = opened()
    old = history.sell(1, "a", 2, known=2)
    history.cancel(7, old)
    history.sell(8, "a", 2, known=11)
    history.show(9, "a", 3)
    assert history.judge()["unseen_sales_overwritten"] == 0
    history.sell(9.5, "a", 1, known=11)
    history.show(10, "a", 3)
    assert history.judge()["unseen_sales_overwritten"] == 1


def test_a_sale_that_odoo_never_hears_of_counts_as_overwritten():
    history = opened()
    history.sell(1, "a", 2, known=False)
    history.show(30, "a", 5)
    history.sell(31, "a", 5)
    assert history.oversold() == {"unseen_sale": 2}


def test_two_shops_that_sell_the_last_one_at_once_are_a_matter_of_latency():
    history = opened(X=1)
    history.show(0.1, "a", 1)
    history.show(0.1, "b", 1)
    history.sell(1, "a")
    history.sell(1.2, "b")
    assert history.oversold() == {"latency_window": 1}


def test_what_is_known_for_long_and_promised_all_the_same_lacks_a_hold():
    history = opened()
    history.sell(1, "a", 5, known=1.5)
    history.show(20, "b", 5)  # Odoo has known for 18 seconds
    history.sell(21, "b", 2)
    assert history.oversold() == {"hold_missing": 2}


def took_off(order, t, act="edit_sale", **units):
    units = {"units": units} if units else {}
    return {"act": act, "order": order, "t": t, **units}


def test_a_unit_that_a_person_took_off_a_sale_order_is_his():
    history = opened()
    order = history.sell(1, "a", 5, known=1.5)
    history.facts["acts"] = [took_off(order, 10, X=1)]
    history.show(20, "b", 2)
    history.sell(21, "b", 2)
    assert history.oversold() == {"office": 1, "hold_missing": 1}


def test_what_the_shop_has_taken_back_as_well_is_nobodys():
    history = opened()
    order = history.sell(1, "a", 5, known=1.5)
    history.facts["acts"] = [took_off(order, 10, "cancel_sale")]
    history.cancel(12, order)
    history.show(20, "b", 7)
    history.sell(21, "b", 7)
    assert history.oversold() == {"hold_missing": 2}


def test_each_cause_has_a_color_of_its_own():
    assert len(set(plots.COLORS)) >= len(causes.CAUSES)


def test_a_pack_that_promises_more_than_it_holds_is_a_pack_error():
    history = opened(X=7)
    history.show(20, "b", 2, sku="X-6")  # two packs are twelve
    history.sell(21, "b", 2, sku="X-6")
    assert history.oversold() == {"kit_pack": 5}


def test_a_kit_takes_each_of_its_parts():
    history = opened(X=5, Y=3)
    history.show(20, "b", 2, sku="KIT")  # of Y there is for one
    history.sell(21, "b", 2, sku="KIT")
    assert history.oversold() == {"kit_pack": 1}


def test_what_a_person_in_the_shop_has_added_is_his():
    history = opened()
    history.edit(1, "a", 7)
    history.sell(2, "a", 7)
    assert history.oversold() == {"store_edit": 2}


def test_without_a_number_nobody_knows_why():
    history = History(X=1)
    history.sell(1, "a", 3)
    assert history.oversold() == {"other": 2}


def test_a_salesperson_sells_beyond_what_is_there():
    history = opened()
    history.sell(1, "a", 5, known=1.1)
    history.shelf(2, 2, "sell")
    assert history.oversold() == {"latency_window": 2}
    history = opened()
    history.sell(1, "a", 5, known=1.1)
    history.shelf(30, 2, "sell")
    assert history.oversold() == {"hold_missing": 2}
    history = opened()
    history.sell(1, "a", 5, known=1.1)
    history.shelf(30, 2, "sell", seen=3)  # the server took long to confirm it
    assert history.oversold() == {"latency_window": 2}


def test_goods_that_come_later_do_not_undo_it():
    history = opened()
    history.sell(1, "a", 5)
    history.sell(2, "b", 2)
    history.shelf(3, 10)
    assert sum(history.oversold().values()) == 2


def test_the_beginning_is_judged_without_what_came_after():
    """Of four units sold until then one was not there, and two more were not later."""
    history = opened(X=3)
    history.sell(1, "a", 3)
    history.sell(2, "b", 1)
    history.sell(11, "a", 2)
    assert oracle.beginning(history.facts, 10) == {
        "units_sold_beginning": 4,
        "oversold_per_1000_beginning": 250.0,
    }
    assert history.judge()["units_oversold"] == 3


def test_a_cancelled_order_gives_back():
    history = opened()
    order = history.sell(1, "a", 5)
    history.cancel(2, order)
    history.show(3, "b", 5)
    history.sell(4, "b", 5)
    assert history.oversold() == {}


@pytest.mark.parametrize("units", [1, 2, 5])
def test_each_oversold_unit_has_one_cause(units):
    history = opened()
    history.sell(1, "a", units, known=9)
    history.show(3, "a", 5)
    history.sell(4, "a", 5)
    history.sell(5, "b", 5)
    assert sum(history.oversold().values()) == units + 5


# --- hidden


def visit(history, t, shop, wanted, bought):
    history.facts["visits"].append(
        {"t": t, "shop": shop, "lines": {"X": wanted}, "bought": {"X": bought}}
    )


def test_units_that_were_there_and_not_shown_are_hidden():
    history = opened()
    visit(history, 2, "a", 3, 1)
    assert history.judge()["units_hidden"] == 2


def test_units_that_were_not_there_are_not_hidden():
    history = opened()
    history.sell(1, "a", 4)
    visit(history, 2, "b", 3, 0)
    assert history.judge()["units_hidden"] == 1


# --- orders


def test_a_backtest_is_held_against_the_demand_that_it_can_know():
    recorded, played = opened(), opened()
    for history, bought in ((recorded, 2), (played, 1)):
        visit(history, 1, "a", 2, bought)
        visit(history, 2, "a", 2, 0)
    assert played.judge()["units_hidden"] == 3
    assert backtest.judge_hidden(played.facts, recorded.facts) == 1
    assert backtest.judge_hidden(recorded.facts, recorded.facts) == 0


def test_an_order_without_a_sale_order_is_lost():
    history = opened()
    here, gone, draft = (history.sell(n, "a") for n in (1, 2, 3))
    history.enter(here)
    history.enter(draft, state="draft")
    assert oracle.lost(history.facts) == [gone, draft]


def test_an_order_of_which_a_part_is_owed_needs_a_quotation_alone():
    history = opened()
    quoted, unheard = (history.sell(n, "a") for n in (1, 2))
    history.enter(quoted, state="draft")
    for order in history.facts["orders"]:
        order["owed"] = True
    assert oracle.lost(history.facts) == [unheard]


def test_a_cancelled_order_is_not_lost():
    history = opened()
    history.cancel(2, history.sell(1, "a"))
    assert history.judge()["orders_lost"] == 0


def test_an_order_that_was_taken_back_unshipped_has_to_be_known_alone():
    history = opened()
    history.sell(1, "a")
    unheard = history.sell(2, "a", known=False)
    for order in history.facts["orders"]:
        order["left"] = {"X": 0}
    assert oracle.lost(history.facts) == [unheard]


def test_two_sale_orders_for_one_order_are_one_too_many():
    history = opened()
    order = history.sell(1, "a")
    history.enter(order)
    assert history.judge()["orders_doubled"] == 0
    history.enter(order, state="cancel")
    assert history.judge()["orders_doubled"] == 0
    history.enter(order)
    assert history.judge()["orders_doubled"] == 1


def test_other_goods_and_what_should_be_cancelled_are_wrong():
    history = opened()
    history.enter(history.sell(1, "a"), X=2)
    cancelled = history.sell(2, "a")
    history.enter(cancelled)
    history.cancel(3, cancelled)
    assert history.judge()["orders_wrong"] == 2


def test_what_left_before_it_was_cancelled_is_not_wrong_behind_other_orders():
    history = opened()
    history.enter(history.sell(1, "a"))
    shipped = history.sell(2, "a")
    history.enter(shipped)
    history.cancel(3, shipped)
    history.facts["parcels"] = {shipped: 1}
    assert history.judge()["orders_wrong"] == 0


# --- rest, parcels, latency


def rest(history, shown, target=None):
    row = {"shop": "a", "place": "Main", "sku": "X", "shown": shown, "target": target}
    history.facts["rest"].append(row)


def test_drift_is_measured_against_what_is_there():
    history = opened()
    history.sell(1, "a", 2)
    rest(history, 3)
    assert history.judge()["drift_at_rest"] == 0
    rest(history, 5)
    assert history.judge()["drift_at_rest"] == 1


def test_a_test_order_takes_nothing():
    history = opened()
    test = history.sell(1, "a", 2)
    [order] = history.facts["orders"]
    order.update(live=False, test=True)
    assert order["id"] == test
    rest(history, 5)
    assert history.judge()["drift_at_rest"] == 1
    facts = history.facts
    facts["events"] = timeline.set_tests_apart(facts["events"], facts["orders"])
    judged = history.judge()
    assert judged["drift_at_rest"] == 0
    assert judged["units_oversold"] == judged["orders_lost"] == 0


def test_a_part_is_right_when_odoo_says_so_and_is_right_itself():
    history = opened()
    rest(history, 2, target=2)
    history.facts["available"] = {"main": {"X": 5}}
    assert history.judge()["drift_at_rest"] == 0
    history.facts["available"] = {"main": {"X": 4}}
    assert history.judge()["drift_at_rest"] == 1


def test_oversold_goods_show_nothing():
    history = opened()
    history.sell(1, "a", 5)
    history.sell(1, "b", 2)
    rest(history, 0)
    assert history.judge()["drift_at_rest"] == 0


def test_parcels_told_twice_or_never():
    history = opened()
    history.facts["parcels"] = {"a:1": 1, "a:2": 2, "a:3": 1}
    history.facts["told"] = {"a:1": 1, "a:2": 1, "a:3": 3, "a:4": 0}
    figures = history.judge()
    assert (figures["shipments_lost"], figures["shipments_doubled"]) == (1, 2)


def test_a_parcel_that_its_shop_entered_by_hand_is_told_by_nobody():
    history = opened()
    order = history.sell(1, "a")
    history.facts["parcels"] = {order: 1}
    history.facts["acts"] = [took_off(order, 2, "ship_by_hand")]
    for told, doubled in ((0, 0), (1, 0), (2, 1)):
        history.facts["told"] = {order: told}
        figures = history.judge()
        assert (figures["shipments_lost"], figures["shipments_doubled"]) == (0, doubled)
    history.facts["parcels"] = {}
    history.facts["told"] = {order: 1}
    assert history.judge()["shipments_doubled"] == 0


def test_lines_that_nobody_can_account_for_are_counted_and_named():
    history = opened()
    assert history.judge()["lines_unaccounted"] is None
    history.facts["unaccounted"] = []
    assert history.judge()["lines_unaccounted"] == 0
    history.facts["unaccounted"] = ["1001 X: 2 to deliver in all; held 0"]
    figures = history.judge()
    assert figures["lines_unaccounted"] == 1
    assert figures["examples"]["unaccounted"] == ["1001 X: 2 to deliver in all; held 0"]


def test_what_had_left_before_its_order_was_cancelled_is_gone():
    """Nobody can unship it: Odoo keeps the sale, and tells a person."""
    history = History(X=5)
    history.show(1, "a", 5)
    order = history.sell(2, "a")
    history.enter(order)
    history.facts["parcels"] = {order: 1}
    history.cancel(3, order)
    history.facts["available"] = {"main": {"X": 4}}
    figures = history.judge()
    assert figures["orders_wrong"] == figures["shipments_lost"] == 0
    assert figures["drift_at_rest"] == 0
    history.facts["parcels"] = {order: 0}
    figures = history.judge()
    assert figures["orders_wrong"] == 1
    assert figures["drift_at_rest"] == 1


def test_latency_is_from_the_commit_to_each_shop():
    history = opened()
    history.shelf(10, 3)
    history.show(11, "a", 8)
    history.show(14, "b", 8)
    figures = history.judge()
    assert (figures["latency_p50"], figures["latency_p95"]) == (1, 4)


def test_a_commit_that_another_overtook_is_not_measured():
    history = opened()
    history.shelf(10, 3)
    history.shelf(12, 3)
    history.show(13, "a", 11)
    assert history.judge()["latencies"] == 1


def marketplace(run, **book):
    run.facts["violations"] = {"a": {"written": 200, **book}}
    return run.judge()


def test_seconds_to_a_sale_order_are_from_the_first_line_in_the_shop():
    history = opened()
    first, second = history.sell(1, "a"), history.sell(2, "b")
    history.sell(3, "a")  # never came
    for order, at in ((first, 1.5), (second, 6)):
        history.enter(order)
        history.facts["sales"][-1]["at"] = at
    history.facts["busy"] = 50
    figures = history.judge()
    assert (figures["entered_p50"], figures["entered_p95"]) == (0.5, 4)


def test_an_order_is_known_before_it_is_a_sale_order():
    history = opened()
    for at, known in ((1, 1.25), (2, None), (3, False), (4, 9)):
        history.sell(at, "a", known=known)
    figures = history.judge()
    assert (figures["heard_p50"], figures["heard_p95"]) == (0.25, 5)


def test_what_nobody_counts_is_no_figure():
    assert History().judge()["zero_p95"] is None


def test_seconds_until_a_marketplace_shows_0_of_what_is_sold_out():
    run = History()
    run.show(0, "a", 5)
    run.show(0, "b", 5)
    run.sell(10, "b", 5, known=12)
    run.show(15.5, "a", 0)
    figures = marketplace(run)
    assert (figures["zeros"], figures["zero_p95"]) == (1, 3.5)


def test_a_marketplace_that_shows_0_already_need_not_come_to_it():
    run = History()
    run.show(0, "a", 5)
    run.sell(10, "a", 5, known=30)
    assert marketplace(run)["zeros"] == 0


def test_what_comes_in_meanwhile_need_not_be_0():
    run = History()
    run.show(0, "a", 5)
    run.shelf(10, -5, "scrap")
    run.shelf(12, 3)
    run.show(14, "a", 3)
    assert marketplace(run)["zeros"] == 0


def test_what_never_comes_to_0_counts_until_the_end():
    run = History()
    run.show(0, "a", 5)
    run.shelf(10, -5, "scrap")
    assert marketplace(run)["zero_max"] == run.facts["ended"] - 10


def test_waste_is_a_part_of_the_numbers_written():
    figures = marketplace(History(), waste=3, fba_writes=1)
    assert (figures["waste"], figures["fba_writes"], figures["stubs"]) == (1.5, 1, 0)


def test_a_pending_order_is_known_and_not_sold():
    run = History()
    run.show(0, "a", 5)
    known, unknown = (
        run.sell(1, "a"),
        run.sell(2, "a", known=False),
    )
    for order in run.facts["orders"]:
        order["pending"] = True
    figures = run.judge()
    assert figures["examples"]["lost"] == [unknown]
    run.enter(known)
    assert run.judge()["examples"]["wrong"] == [known]


def test_percentile_is_one_of_the_values():
    values = list(range(1, 101))
    assert oracle.percentile(values, 50) == 50
    assert oracle.percentile(values, 95) == 95
    assert oracle.percentile([], 50) is None


def test_steps_know_before_and_at():
    steps = timeline.Steps(5)
    steps.add(2, -1)
    steps.add(1, 3)
    assert [steps.at(t) for t in (0, 1, 2)] == [5, 8, 7]
    assert steps.before(2) == 8


# --- the trace


def make(seed=1, orders=200, **sizes):
    made = world.make(seed, sizes.get("skus", 60), sizes.get("channels", 3), orders)
    return made, trace.make(made, orders, 60)


def test_the_same_seed_gives_the_same_world_and_trace():
    assert make() == make()


def test_another_seed_gives_another():
    assert make()[1] != make(seed=2)[1]


def test_the_trace_is_as_large_as_asked_for_and_in_order():
    made, events = make(orders=150)
    assert sum(event["kind"] == "shop" for event in events) == 150
    assert [e["at"] for e in events] == sorted(e["at"] for e in events)
    assert {event["kind"] for event in events} == {"shop", *trace.RATES}
    assert len(made.listings) == 60
    assert {each.kind for each in made.listings.values()} == {"plain", "pack", "kit"}


def test_nothing_scarce_vanishes_by_itself():
    made, events = make(orders=2000)
    gone = {
        event["sku"]
        for event in events
        if event["kind"] in ("scrap", "transfer")
        or (event["kind"] == "count" and event["units"] < 0)
    }
    assert gone and not gone & set(made.scarce)


def test_scarce_goods_are_wanted_by_more_than_there_are():
    made, events = make(orders=2000, skus=500)
    wanted = {}
    for event in events:
        for sku, units in event.get("lines", {}).items():
            wanted[sku] = wanted.get(sku, 0) + units
    short = [
        sku
        for sku in made.scarce
        if wanted.get(sku, 0) > sum(made.products[sku].stock.values())
    ]
    assert len(short) > len(made.scarce) / 2


def test_sizes_that_make_no_sense_are_refused_in_words():
    with pytest.raises(ValueError, match="--channels"):
        world.make(1, 100, 9)
    with pytest.raises(ValueError, match="--skus"):
        world.make(1, 3, 2)


# --- faults, throughput and plots


def test_faults_are_named_or_refused_in_words():
    assert faults.read("all") == list(faults.KINDS)
    assert faults.read("none") == []
    assert faults.read("kill, skew") == ["kill", "skew"]
    with pytest.raises(ValueError, match="no quake"):
        faults.read("kill,quake")


def busy_history(busy, last):
    history = opened()
    history.facts.update(busy=busy, ended=10.0)
    for number in range(20):
        history.enter(f"a:{number}")
        history.facts["sales"][-1]["at"] = last * (number + 1) / 20
    return history


def test_throughput_names_what_bounds_it():
    assert busy_history(95, 40).judge()["bound_by"] == "processors"
    assert busy_history(30, 40).judge()["bound_by"] == "waiting"
    assert busy_history(95, 12).judge()["bound_by"] == "shoppers"
    assert busy_history(95, 40).judge()["orders_per_minute"] == 30


def test_the_report_draws_what_was_judged(tmp_path):
    history = opened(X=1)
    history.facts["words"] = "ours"
    history.sell(1, "a")
    history.sell(1.2, "b")
    history.shelf(5, 3)
    history.show(7, "a", 3)
    figures = {**history.judge(), **oracle.beginning(history.facts, 100)}
    summary = {"command": "setup/simulate", "at": "now", "strategies": {"s": figures}}
    report.write(tmp_path, summary, {"s": history.facts})
    page = (tmp_path / "index.html").read_text()
    assert page.count("<svg") == 1 + 1 + 1  # causes, the one product, latency
    assert "s: X" in page and "hold missing" in page
    rows = list(report.table(summary["strategies"]))
    assert f"| units oversold | {figures['units_oversold']} |" in rows


def test_documentation_is_written_between_its_marks(tmp_path):
    path = tmp_path / "x.md"
    path.write_text("before\n<!-- begin a -->\nold\n<!-- end a -->\nafter\n")
    docs._between(path, "a", ["new", ""])
    assert path.read_text() == (
        "before\n<!-- begin a -->\n\nnew\n\n<!-- end a -->\nafter\n"
    )
    with pytest.raises(ValueError, match="no marks"):
        docs._between(path, "b", [])


def test_a_unit_that_left_and_is_refunded_is_not_on_the_shelf():
    history = opened()
    order = history.sell(1, "a", 3)
    history._event(2, "a", "X", "restock", history.shown["a", "X"] + 1, order)
    stock = timeline.read(history.facts)["main", "X"]
    assert stock.left(3) == 3
    history.facts["gone"] = {order: {"X": 2}}
    assert timeline.read(history.facts)["main", "X"].left(3) == 3
    history.facts["gone"] = {order: {"X": 3}}
    assert timeline.read(history.facts)["main", "X"].left(3) == 2
    history.facts["gone"] = {order: {"X": 4}}
    assert timeline.read(history.facts)["main", "X"].left(3) == 2
