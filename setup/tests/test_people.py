"""The judge of money, and what people do: histories with known verdicts."""

import sys
from decimal import Decimal
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[1]
sys.path[:0] = [str(SETUP), str(SETUP / "lib")]

from demo.processes import DemoError  # noqa: E402
from sandbox import shopify, woocommerce  # noqa: E402
from simulation import (  # noqa: E402
    audit,
    books,
    carts,
    company,
    money,
    oracle,
    people,
    run,
    shops,
    timeline,
    told,
    trace,
    world,
)

ORDER = "a:1"


def decimals(values):
    return {
        name: Decimal(value) if isinstance(value, str) else value
        for name, value in values.items()
    }


def shop(**values):
    """A paid order of 100 with 21 of tax."""
    values = {
        **{"total": "100", "tax": "21", "received": "100", "refunded": "0"},
        **{"rests": [], "paid": True, "cancelled": False},
        **values,
    }
    rests = [Decimal(each) for each in values["rests"]]
    return {**decimals(values), "rests": rests}


def odoo(**values):
    """An invoice of 100 with 21 of tax, which is paid."""
    return decimals(
        {
            **{"sold": True, "total": "100", "tax": "21", "documents": "100"},
            **{"invoiced": "100", "owed": "0", "paid_in": "100", "paid_out": "0"},
            **values,
        }
    )


def judge(mine, books_of_odoo, told=()):
    """(wrong of money, of tax, told)"""
    facts = {
        "money": {
            "shops": {ORDER: mine},
            "books": {ORDER: books_of_odoo},
            "told": {ORDER: list(told)} if told else {},
        }
    }
    found = money.judge(facts)
    return found["money_wrong"], found["tax_wrong"], found["money_told"]


def test_equal_books_are_right():
    assert judge(shop(), odoo()) == (0, 0, 0)


@pytest.mark.parametrize("total, verdict", (("100", (1, 0, 0)), ("0", (0, 0, 0))))
def test_money_that_a_shop_has_kept_of_what_it_took_back(total, verdict):
    nothing = dict.fromkeys(("total", "tax", "documents", "invoiced", "paid_in"), "0")
    taken = {"taken_back": True, "total": total, "tax": "0"}
    assert judge(shop(**taken), odoo(sold=False, **nothing)) == verdict
    mine = shop(**{**taken, "taken_back": False})
    assert judge(mine, odoo(sold=False, **nothing)) == (0, 0, 0)


@pytest.mark.parametrize(
    "books_of_odoo,verdict",
    [
        ({"total": "99.99"}, (1, 0, 0)),
        ({"tax": "20.99"}, (0, 1, 0)),
        ({"paid_in": "200"}, (2, 0, 0)),
        ({"paid_in": "0"}, (1, 0, 0)),
        ({"paid_out": "1"}, (2, 0, 0)),
    ],
)
def test_one_unit_of_the_currency_is_found(books_of_odoo, verdict):
    assert judge(shop(), odoo(**books_of_odoo)) == verdict


def test_who_is_told_is_not_wronged():
    assert judge(shop(), odoo(total="99"), ["books: look"]) == (0, 0, 1)


def test_money_for_nothing_is_credited():
    mine = shop(refunded="5", rests=["5"])
    assert judge(mine, odoo())[0]
    credited = odoo(total="95", documents="95", paid_out="5")
    assert judge(mine, credited) == (0, 0, 0)


def test_goods_without_their_money_are_kept_by_the_shop():
    """30 came off the order, and nothing went back: the customer is owed them."""
    mine = shop(total="70", tax="15")
    assert money.keeps(mine) == (70, 15)
    noted = odoo(total="70", tax="15", documents="70", owed="30")
    assert judge(mine, noted) == (0, 0, 0)
    kept = shop(total="70", tax="15", refunded="10", rests=["-20"])
    assert money.keeps(kept)[0] == 90


def test_a_cancelled_order_keeps_what_did_not_go_back():
    gone = shop(cancelled=True, refunded="100", total="0", tax="0")
    nothing = {"total": "0", "tax": "0", "documents": "0"}
    assert judge(gone, odoo(**nothing, paid_out="100")) == (0, 0, 0)
    kept = shop(cancelled=True, total="0", tax="0")
    assert judge(kept, odoo(**nothing))[0]
    assert judge(kept, odoo()) == (0, 0, 0)


def test_a_shop_that_says_nothing_of_payments_keeps_what_it_was_paid():
    assert money.keeps(shop(received=None)) == (100, 21)
    off = {"received": None, "cancelled": True}
    assert money.keeps(shop(**off, paid=False))[0] == 0
    assert money.keeps(shop(**off))[0] == 100


def test_what_people_have_registered_is_theirs_and_not_registered_again():
    unpaid = shop(received="0", paid=False)
    assert judge(unpaid, odoo())[0] == 1
    assert judge(unpaid, odoo(by_people=1)) == (0, 0, 0)
    assert judge(shop(), odoo(by_people=1, paid_in="200"))[0]
    assert judge(shop(), odoo(by_people=2, paid_in="200")) == (0, 0, 0)
    assert judge(shop(), odoo(by_people=2, paid_in="300"))[0]


def test_what_nobody_sold_is_not_judged():
    unsold = odoo(sold=False, total="0", tax="0", documents="0", paid_in="0")
    assert judge(shop(), unsold) == (0, 0, 0)


def test_without_books_there_are_no_figures():
    assert money.judge({})["money_wrong"] is None


# --- the shops' own books


@pytest.fixture
def store():
    seed = {
        "locations": ["Main"],
        "products": [{"sku": "X", "price": "12.10", "quantities": {"Main": 9}}],
    }
    box = shopify.start(seed, taxes_included=True)
    yield box
    box.stop()


VAT = [{"title": "VAT", "rate": 0.21}]


def read(order):
    found = books.READERS["shopify"](order)
    return {**found, "kept": money.keeps(found)}


def test_a_store_reads_refunds_edits_and_gifts_to_the_cent(store):
    order = store.checkout({"X": 2}, taxes=VAT)
    assert read(order)["kept"] == (Decimal("24.20"), Decimal("4.20"))
    store.refund(order, {"X": 1}, restock="CANCEL")
    assert read(order)["kept"] == (Decimal("12.10"), Decimal("2.10"))
    store.pay_back(order, "0.37")
    assert read(order)["rests"] == [0, Decimal("0.37")]
    assert read(order)["kept"][0] == Decimal("11.73")
    store.discount(order, "X", "1.00")
    # of the unit that is left half of it; what went back for nothing is a part of that
    assert read(order)["kept"][0] == Decimal("11.60")


def test_a_store_that_pays_back_what_an_edit_took_off_gives_nothing_away(store):
    order = store.checkout({"X": 2}, taxes=VAT)
    store.edit_order(order, {"X": 1})
    assert read(order)["kept"][0] == Decimal("12.10")
    store.pay_back(order, "12.10")
    assert read(order)["kept"][0] == Decimal("12.10")


def test_a_woocommerce_shop_is_paid_back_from_its_total():
    seed = {"products": [{"sku": "X", "name": "X", "price": "12.10", "stock": 9}]}
    with woocommerce.start(seed) as box:
        order = box.checkout({"X": 2}, taxes=VAT, payment="paid")
        box.refund(order, {"X": 1})
        found = books.READERS["woocommerce"](order)
        assert money.keeps(found) == (Decimal("12.10"), Decimal("2.10"))
        box.refund(order, amount="0.37")
        found = books.READERS["woocommerce"](order)
        assert money.keeps(found)[0] == Decimal("11.73")


@pytest.mark.parametrize("kind,module", [("shopify", shopify), ("woo", woocommerce)])
def test_each_odd_cart_can_be_bought(kind, module):
    kind = {"woo": "woocommerce"}.get(kind, kind)
    product = {"sku": "X", "price": "12.10"}
    product |= {"quantities": {"Main": 99}} if kind == "shopify" else {"stock": 99}
    seed = {"products": [{**product, "name": "X"} if kind != "shopify" else product]}
    if kind == "shopify":
        seed["locations"] = ["Main"]
    with module.start(seed) as box:
        for style in carts.STYLES[kind]:
            cart, entries = style({"taxes": VAT}, [{"sku": "X", "quantity": 1}])
            order = box.checkout(entries, **cart)
            assert books.READERS[kind](order)["total"] >= 0


# --- the trace


def test_people_leave_the_rest_of_the_trace_as_it_was():
    small = world.make(1, 40, 2, 100)
    plain = trace.make(small, 100, 60)
    with_people = people.join(trace.make(small, 100, 60), small, 60, "all")
    keys = ("at", "kind", "sku", "number", "lines")
    others = [
        e
        for e in with_people
        if e["kind"] not in people.ROLES and e.get("number", 0) < people.FIRST_VISIT
    ]
    assert [[e.get(k) for k in keys] for e in others] == [
        [e.get(k) for k in keys] for e in plain
    ]
    acts = {e["act"] for e in with_people if e["kind"] in people.ROLES}
    assert acts == set(people.NAMES)
    assert people.join(plain, small, 60, "none") is plain


def test_acts_are_named_or_refused_in_words():
    assert people.read("none") == []
    assert people.read("office") == list(people.ROLES["office"].RATES)
    assert people.read("credit,pay_back") == ["pay_back", "credit"]
    with pytest.raises(ValueError, match="--people: no sleep"):
        people.read("sleep")


def test_who_was_kept_waiting_tries_once_more(monkeypatch):
    now = [0]
    monkeypatch.setattr(company.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(company.time, "sleep", lambda _seconds: None)
    calls = []

    def wait(answers):
        now[0] += 2 * company.PATIENCE
        calls.append(now[0])
        if len(calls) <= answers:
            raise DemoError("no answer")
        return "done"

    assert company.insist(lambda: wait(1)) == "done"
    calls.clear()
    with pytest.raises(DemoError):
        company.insist(lambda: wait(9))
    assert len(calls) == 2


# --- the audit


def audited(found, initial=None):
    """An audit of a shop that had one number edited and one order dropped."""
    run = {
        "events": [],
        "known": {},
        "ledger": [],
        "initial": initial or {},
        "listings": {},
        "places": {},
        "parcels": None,
        "orders": [],
        "sales": [],
        "rest": [],
        "available": {},
    }
    return audit.judge(
        {
            **run,
            "audit": {
                "injected": {"a X": ["edited"], "a Y": ["edited", "unseen_sale"]},
                "dropped": ["a:7"],
                "found": found,
                "still_selling": [],
            },
            "after": run,
        }
    )


EDITED = ["a", "edited", "proposed", "X", "1"]
MISSING = ["a", "order_missing", "repaired", "#7", "7"]


def verdict(*found, initial=None):
    figures = audited(found, initial)
    return (
        figures["differences_missed"],
        figures["differences_imagined"],
        figures["orders_dropped_missed"],
    )


def test_what_was_changed_has_to_be_found_by_its_class():
    assert verdict(EDITED, MISSING) == (0, 0, 0)
    assert verdict(MISSING) == (1, 0, 0)
    assert verdict(EDITED) == (0, 0, 1)
    assert verdict(["a", "not_applied", "open", "X", "1"], MISSING) == (1, 1, 0)


def test_what_was_not_changed_must_not_be_found_unless_it_is_explained():
    assert verdict(EDITED, MISSING, ["a", "edited", "proposed", "Z", "1"])[1] == 1
    assert verdict(EDITED, MISSING, ["a", "edited", "explained", "Z", "1"])[1] == 0
    assert verdict(EDITED, MISSING, ["a", "edited", "proposed", "Y", "1"])[1] == 0


def test_what_was_changed_once_must_not_be_found_twice():
    assert verdict(EDITED, EDITED, MISSING)[1] == 1


def test_units_that_truly_are_short_are_not_imagined():
    short = ["a", "units_short", "open", "Z", "9"]
    assert verdict(EDITED, MISSING, short)[1] == 1
    assert verdict(EDITED, MISSING, short, initial={"main": {"Z": -1}})[1] == 0


# --- what people are told


def told_of(*exceptions, goods=(), books_of_odoo=None, stopped=(), **facts):
    """(missing, endless) of one order, with what is open about it"""
    figures = told.judge(
        {
            **{"sales": [], "parcels": None, **facts},
            "money": {
                "shops": {ORDER: shop()},
                "books": {ORDER: books_of_odoo or odoo()},
                "told": {},
            },
            "orders": [],
            "known": {},
            "exceptions": {
                "open": [
                    {"category": category, "message": "#1 words", "orders": [ORDER]}
                    for category in exceptions
                ],
                "stopped": list(stopped),
                "misplaced": [],
                "goods": list(goods),
            },
        }
    )
    return figures["exceptions_missing"], figures["exceptions_endless"]


def test_a_wrong_order_needs_an_exception_and_a_right_one_none():
    wrong = odoo(total="99", documents="99", paid_in="99")
    assert told_of(books_of_odoo=wrong) == (1, 0)
    assert told_of("books", books_of_odoo=wrong) == (0, 0)
    assert told_of("books") == (0, 1)
    assert told_of("unknown_sku", stopped=[ORDER]) == (0, 0)
    assert told_of(goods=["X is at -1, nobody was told"]) == (1, 0)


def test_a_parcel_of_the_shop_alone_is_told_until_it_has_left_here_as_well():
    facts = {
        "acts": [{"act": "ship_by_hand", "order": ORDER, "t": 1}],
        "sales": [{"order": ORDER, "state": "sale", "units": {"X": 1}}],
        "events": [],
    }
    assert told_of(**facts) == (1, 0)
    assert told_of("shipped_elsewhere", **facts) == (0, 0)
    facts["gone"] = {ORDER: {"X": 1}}
    assert told_of(**facts) == (0, 0)
    assert told_of("shipped_elsewhere", **facts) == (0, 1)


def test_advice_is_for_categories_that_there_are():
    texts = [
        path.read_text()
        for path in SETUP.parent.glob("channel_*/models/channel_exception.py")
    ]
    for category in told.ADVICE:
        assert any(f'("{category}",' in text for text in texts), category


# --- what a listing is made of changes


def relabelled(*sales, changes=((50, {"X": 2}),), **rest):
    """A pack of six that is one of two from 50 on, of which there are 20 pieces."""
    listings = {
        "X": {"kind": "plain", "parts": {"X": 1}},
        "X-6": {"kind": "pack", "parts": {"X": 6}, "changes": list(changes)},
    }
    events = [
        {
            **{"t": t, "shop": "a", "place": "Main", "sku": "X-6", "kind": kind},
            **{"delta": delta, "after": 9, "order": order, "how": "set"},
        }
        for t, kind, delta, order in sales
    ]
    return {
        **{"began": 0, "ended": 99, "listings": listings, "ledger": []},
        **{"places": {"a": {"Main": "main"}}, "initial": {"main": {"X": 20}}},
        **{"events": events, "known": {}, "parcels": None, "orders": []},
        **{"rest": [], "available": {}, **rest},
    }


def left(facts, moment=99):
    return timeline.read(facts)["main", "X"].left(moment)


def test_what_was_sold_before_a_pack_was_changed_stays_what_it_was():
    before, after = (10, "sale", -1, "a:1"), (60, "sale", -1, "a:2")
    assert left(relabelled(before), 20) == 14
    assert left(relabelled(before, after)) == 12
    # of an order of before, whatever comes back or is added later is of before too
    assert left(relabelled(before, (70, "restock", 1, "a:1"))) == 20
    assert left(relabelled(before, (70, "sale", -1, "a:1"))) == 8


def test_number_of_the_old_pack_is_seen_to_be_wrong_at_rest():
    row = {"shop": "a", "place": "Main", "sku": "X-6", "target": None}

    def drift(shown):
        facts = relabelled(rest=[{**row, "shown": shown}])
        return oracle.drift(facts, timeline.read(facts))

    assert drift(10) == []
    assert drift(3) == [("a", "Main", "X-6", 3, 10)]


def test_order_sold_as_the_wrong_pack_is_seen():
    facts = relabelled((10, "sale", -1, "a:1"))
    units = run._units(facts["listings"], {"X-6": 1}, 10)
    facts["orders"] = [{"id": "a:1", "live": True, "units": units}]
    for pieces, found in ((6, []), (2, ["a:1"])):
        facts["sales"] = [{"order": "a:1", "state": "sale", "units": {"X": pieces}}]
        assert oracle.wrong(facts) == found
    assert run._units(facts["listings"], {"X-6": 1}, 60) == {"X": 2}


def test_listing_matched_to_another_product_takes_from_that_one():
    facts = relabelled((60, "sale", -2, "a:1"), changes=[(50, {"Y": 1})])
    facts["initial"]["main"]["Y"] = 5
    stocks = timeline.read(facts)
    assert (stocks["main", "X"].left(99), stocks["main", "Y"].left(99)) == (20, 3)


def test_goods_that_went_off_or_are_an_owners_are_seen_where_they_are_offered():
    """Seven of a lot came in and went off; an owner's are in no ledger of ours."""
    facts = relabelled()
    for t, units, kind in ((10, 7, "receive"), (15, -7, "expire")):
        entry = {"t": t, "pool": "main", "sku": "X", "units": units, "kind": kind}
        facts["ledger"].append(entry)
    stocks = timeline.read(facts)
    assert (stocks["main", "X"].left(12), stocks["main", "X"].left(20)) == (27, 20)
    for available, found in ((20, 0), (27, 1), (23, 1)):
        facts["available"] = {"main": {"X": available}}
        assert len(oracle.drift(facts, stocks)) == found


def test_part_of_a_kit_is_no_parcel_that_a_shop_is_told_of():
    facts = relabelled(parcels={"a:1": 2}, told={"a:1": 1}, acts=[])
    assert oracle.parcels(facts)["lost"] == 1
    facts["acts"] = [{"act": "ship_kit_in_parts", "order": "a:1", "t": 1}]
    assert oracle.parcels(facts) == {"sent": 1, "doubled": 0, "lost": 0}
    facts["told"] = {"a:1": 2}
    assert oracle.parcels(facts)["doubled"] == 1


def test_renamed_sku_is_known_as_before(store):
    seller = shops.ShopifyShop(world.SHOPS[0])
    seller.box, seller.box.store.history = store, shops.ShopifyLog(world.SHOPS[0])
    seller.rename("X")
    assert store.store.find_variant("X").sku == "X-NEW"
    order = store.checkout({"X": 2})
    assert order.lines[0].sku == "X-NEW"
    assert seller.shown() == {("Main", "X"): 7}
    [row] = seller.book()
    assert row["lines"] == {"X": 2}
    assert [each["sku"] for each in seller.events] == ["X"]


def test_who_pays_in_another_currency_is_judged_in_the_shops(store):
    abroad = {"currency": "EUR", "rate": "0.9137"}
    order = store.checkout({"X": 2}, taxes=VAT, presentment=abroad)
    assert read(order)["kept"] == (Decimal("24.20"), Decimal("4.20"))
    paid = str(order.transactions[0].amount.presentment)
    # an invoice in what the customer saw is another amount
    wrong = odoo(total=paid, documents=paid, invoiced=paid, paid_in=paid)
    assert judge(books.READERS["shopify"](order), wrong)[0]


def test_gift_card_pays_a_part_beside_the_rest(store):
    order = store.checkout({"X": 1}, taxes=VAT, gift_card="3.00")
    amounts = [(each.gateway, each.amount.shop) for each in order.transactions]
    assert amounts == [("gift_card", Decimal("3.00")), ("bogus", Decimal("9.10"))]
    assert read(order)["received"] == Decimal("12.10")
    assert read(order)["paid"]
    free = store.checkout({"X": 1}, gift_card="50")
    assert [each.gateway for each in free.transactions] == ["gift_card"]


def test_shoppers_come_for_goods_that_go_off():
    small = world.make(1, 40, 2, 100)
    acts = people.join(trace.make(small, 100, 60), small, 60, "expire")
    lots = [each for each in small.products.values() if each.lots]
    assert len(lots) == people.LOTS
    wanted = sum(
        units
        for each in acts
        for sku, units in each.get("lines", {}).items()
        if sku in small.products and small.products[sku].lots
    )
    assert 0 < wanted <= min(each.stock["WH"] for each in lots) * len(lots)
    assert len({each["number"] for each in acts if "number" in each}) == len(
        [each for each in acts if "number" in each]
    )


def test_renamed_sku_of_a_woocommerce_shop_is_known_as_before():
    seller = shops.WooShop(world.SHOPS[1])
    seller.start([world.Listing("X", "plain", 5, 1.0, {"X": 1})])
    try:
        seller.box.edit_stock("X", 9)
        seller.box.store.history = shops.WooLog(world.SHOPS[1])
        seller.box.store.history.shown = {"X": 9}
        seller.rename("X")
        assert seller.box.store.find_product("X").sku == "X-NEW"
        seller.buy({"X": 2}, 1, True)
        [place] = seller.shop.places
        assert seller.shown() == {(place, "X"): 7}
        [sold] = seller.events
        assert (sold["sku"], sold["kind"], sold["delta"]) == ("X", "sale", -2)
        assert seller.book()[0]["lines"] == {"X": 2}
    finally:
        seller.stop()
