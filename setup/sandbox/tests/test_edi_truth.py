"""What partners write adds up to what is true: whoever reads it all knows it all."""

import random
from collections import Counter

import pytest

from sandbox.edi import PartnerError, SoldOut, running_partner

from .edi import START, App, only, x12_of
from .test_edi_bigmart import SEED as BIGMART
from .test_edi_dock9 import SEED as DOCK9
from .test_edi_dock9 import line, order
from .test_edi_fabrik import GOODS, row, segments_of
from .test_edi_fabrik import order as supplier_order

HOUR, DAY = 3600, 86400
SKUS = ("A", "B", "C")


def documents(partner, kind):
    """The bytes of what it has written of a kind, in the order of its numbers."""
    return [each.data for each in partner.sent(kind)]


@pytest.mark.parametrize("seed", range(6))
def test_movements_of_the_warehouse_add_up_to_its_stock(seed):
    dice = random.Random(f"warehouse {seed}")
    settings = {"report_at": None, "transit_hours": 1}
    with running_partner("dock9", DOCK9, settings, tick=None, start=START) as house:
        app = App(house)
        habits = ("ships_partial", "ships_over", "ships_substitute", "advice_late")
        habits += ("advice_corrected",)
        house.rules.set(**dict.fromkeys(habits, 0.3))
        for number in range(40):
            play(house, app, dice, str(number))
            house.step(dice.choice((0, HOUR, 5 * HOUR)))
        house.step(5 * DAY)
        house.count()
        house.report()
        good = Counter({"A": 50, "B": 10, "C": 48})
        for data in documents(house, "944"):
            add_receipt(good, data)
        for data in documents(house, "945"):
            add_shipment(good, data)
        for data in documents(house, "947"):
            for segment in only(data, "W19"):
                parts = segment.split("*")
                good[parts[6]] += int(parts[2])
        stock = house.truth()["stock"]
        assert {sku: good[sku] for sku in SKUS} == {
            sku: stock[sku]["good"] for sku in SKUS
        }
        assert told_stock(documents(house, "846")[-1]) == {
            sku: {
                "17": stock[sku]["good"],
                "33": stock[sku]["good"] - stock[sku]["allocated"],
                "QH": stock[sku]["hold"] + stock[sku]["damaged"],
            }
            for sku in SKUS
        }
        assert set(house.ledger.counts) <= {"missing_ack"}


def play(house, app, dice, number):
    """Something happens in the warehouse."""
    sku, count = dice.choice(SKUS), dice.randint(1, 6)
    what = dice.choice(("order", "order", "receive", "adjust", "move", "lose"))
    try:
        if what == "order":
            lines = [line(each, dice.randint(1, 9)) for each in dice.sample(SKUS, 2)]
            app.send(app.x12("940", "OW", order(number, *lines)))
        elif what == "receive":
            house.receive({sku: 10}, damaged={sku: dice.randint(0, 2)}, lot="N")
        elif what == "adjust":
            house.adjust(sku, dice.choice((-count, count)))
        elif what == "move":
            house.move(sku, count, dice.choice(("hold", "release", "damage")))
        else:
            house.lose(sku, count)
    except PartnerError:
        pass  # so much is not there


def add_receipt(good, data):
    sku = None
    for parts in x12_of(data):
        if parts[0] == "W07":
            sku = parts[5]
            good[sku] += int(parts[1])
        elif parts[0] == "W13" and parts[3] == "01":
            good[sku] -= int(parts[1])


def add_shipment(good, data):
    units = 0
    for parts in x12_of(data):
        if parts[0] == "W12":
            good[parts[8]] -= int(parts[3])
            units += int(parts[3])
        elif parts[0] == "W03":
            assert int(parts[1]) == units


def told_stock(data):
    found, sku = {}, None
    for parts in x12_of(data):
        if parts[0] == "LIN":
            sku = parts[3]
        elif parts[0] == "QTY":
            found.setdefault(sku, {})[parts[1]] = int(parts[2])
    return found


@pytest.mark.parametrize("seed", range(4))
def test_an_order_is_what_its_850_and_860s_say(seed):
    dice = random.Random(f"orders {seed}")
    with running_partner("bigmart", BIGMART, tick=None, start=START) as shop:
        for _time in range(40):
            orders = [each for each in shop.orders.values() if each.state == "open"]
            if not orders or dice.random() < 0.3:
                skus = dice.sample(SKUS, 2)
                shop.buy({sku: dice.randint(1, 9) for sku in skus})
                continue
            change(shop, dice, dice.choice(orders))
        told = {}
        for data in documents(shop, "850"):
            rows = x12_of(data)
            po = next(each[3] for each in rows if each[0] == "BEG")
            told[po] = {each[1]: int(each[2]) for each in rows if each[0] == "PO1"}
        for data in documents(shop, "860"):
            rows = x12_of(data)
            head = next(each for each in rows if each[0] == "BCH")
            if head[1] == "01":
                told[head[3]] = dict.fromkeys(told[head[3]], 0)
            for each in rows:
                if each[0] == "POC":
                    told[head[3]][each[1]] = int(each[3])
        truth = shop.truth()
        assert told == {
            po: {number: each["ordered"] for number, each in found["lines"].items()}
            for po, found in truth["orders"].items()
        }
        packs = {"A": 1, "B": 1, "C": 12}
        bought = Counter()
        for found in truth["orders"].values():
            for each in found["lines"].values():
                bought[each["sku"]] += each["ordered"] * packs[each["sku"]]
        assert truth["bought"] == {sku: count for sku, count in bought.items() if count}


def change(shop, dice, found):
    what = dice.choice(("quantity", "quantity", "add", "price", "cancel"))
    number = dice.choice(found.lines).number
    try:
        if what == "quantity":
            shop.change(found.po, {number: dice.randint(0, 9)})
        elif what == "add":
            shop.change(found.po, add={dice.choice(SKUS): 2})
        elif what == "price":
            shop.change(found.po, prices={number: "3.10"})
        else:
            shop.cancel(found.po)
    except SoldOut:
        pass


@pytest.mark.parametrize("seed", range(4))
def test_what_the_supplier_promises_and_tells_is_what_it_sends(seed):
    dice = random.Random(f"supplier {seed}")
    settings = {"report_at": None}
    with running_partner(
        "fabrik", {"goods": GOODS}, settings, tick=None, start=START
    ) as maker:
        app = App(maker)
        maker.rules.set(answer_later=0.2, answer_split=0.4, notice_first=0.1)
        for number in range(12):
            rows = [
                row(place, sku, dice.randint(5, 30))
                for place, sku in enumerate(dice.sample(SKUS, 2), 1)
            ]
            app.send(app.edifact("ORDERS", supplier_order(f"P{number}", *rows)))
            maker.step(dice.choice((HOUR, DAY)))
        maker.step(60 * DAY)
        truth = maker.truth()
        promised, ordered, told = Counter(), Counter(), Counter()
        for data in documents(maker, "ORDRSP"):
            for segment in segments_of(data, "QTY"):
                code, pieces, _unit = segment.removeprefix("QTY+").split(":")
                (promised if code == "113" else ordered)["all"] += int(pieces)
        for data in documents(maker, "DESADV"):
            for segment in segments_of(data, "QTY"):
                told["all"] += int(segment.split(":")[1])
        assert promised == ordered == told
        sent = sum(
            pieces
            for each in truth["despatches"].values()
            for content in each["cartons"].values()
            for pieces in content.values()
        )
        assert sent == told["all"] > 0
        states = {each["state"] for each in truth["orders"].values()}
        assert states == {"despatched"}
        assert set(maker.ledger.counts) <= {"missing_ack", "order_date"}
