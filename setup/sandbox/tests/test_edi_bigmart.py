"""BigMart: what it writes, and every rule that it charges for."""

from datetime import date

import pytest

from sandbox.edi import SoldOut, running_partner
from sandbox.edi.truck import Truck

from .edi import START, App, only, x12_of

HOUR, DAY = 3600, 86400
SEED = {
    "items": [
        {"sku": "A", "title": "Soap", "price": "2.50", "upc": "614141000012"},
        {"sku": "B", "price": "4.00", "upc": "614141000029", "buyer": "7000002"},
        {"sku": "C", "price": "30.00", "unit": "CA", "pack": 12, "basis": "CA"},
    ]
}
# GS1's example of an SSCC, and others of that company with their check digits
SSCCS = ["106141412345678908", "106141412345678915", "106141412345678922"]


@pytest.fixture
def shop():
    with running_partner("bigmart", SEED, tick=None, start=START) as partner:
        yield partner
        counts = partner.ledger.counts
        assert not counts["own_documents"] and not counts["own_work"], counts


@pytest.fixture
def app(shop):
    return App(shop)


def written(app, kind):
    """The documents of a kind among the new files."""
    files = app.new_files()
    return [each for each in files if f"ST*{kind}*".encode() in each]


def reasons(shop, rule):
    return [each.reason for each in shop.ledger.of(rule)]


# --- 850 and 860


def test_an_order_is_written(shop, app):
    shop.buy({"A": 3, "C": 2})
    [data] = written(app, "850")
    assert only(data, "BEG", "DTM", "N1", "N3", "PO1", "PO4", "CTT", "AMT") == [
        "BEG*00*SA*4500000001**20261123",
        "DTM*037*20261125",
        "DTM*038*20261130",
        "DTM*001*20261202",
        "N1*ST*BIGMART DC 07*92*DC07",
        "N3*700 DEPOT ROAD",
        "PO1*1*3*EA*2.5*PE*UP*614141000012*IN*7000001*VN*A",
        "PO1*2*2*CA*30*CA*UP*614141000036*IN*7000003*VN*C",
        "PO4*12*1*EA",
        "CTT*2",
        "AMT*TT*67.5",
    ]
    assert x12_of(data)[1][8] == "004010VICS"


def test_a_place_may_be_a_code_only(shop, app):
    shop.buy({"A": 1}, ship_to="DC12")
    [data] = written(app, "850")
    assert only(data, "N1", "N3") == ["N1*ST*BIGMART DC 12*92*DC12"]


def test_a_consumer_has_an_address_and_no_code(shop, app):
    address = {"name": "Ann Smith", "street": "1 Main St", "city": "Reno"}
    address.update(state="NV", zip="89501")
    order = shop.buy({"A": 1}, kind="DS", address=address, note="Leave at door")
    shop.change(order.po, {"A": 2})
    files = app.new_files()
    data = next(each for each in files if b"ST*850*" in each)
    assert only(data, "BEG", "N9", "MSG", "N1", "N3", "N4")[1:] == [
        "N9*L1*NOTE",
        "MSG*Leave at door",
        "N1*ST*ANN SMITH",
        "N3*1 MAIN ST",
        "N4*RENO*NV*89501*US",
    ]
    data = next(each for each in files if b"ST*860*" in each)
    assert only(data, "N1") == []


def test_a_line_may_have_no_price_no_number_and_one_id():
    seed = {"items": [{"sku": "A", "price": None, "tells": ("IN",)}]}
    settings = {"line_numbers": False}
    with running_partner("bigmart", seed, settings, tick=None, start=START) as shop:
        app = App(shop)
        order = shop.buy({"A": 3})
        shop.change(order.po, {"A": 2})
        files = app.new_files()
        rows = [row for data in files for row in only(data, "PO1", "POC", "AMT")]
        assert sorted(rows) == [
            "PO1**3*EA***IN*7000001",
            "POC**QD*2*1*EA***IN*7000001",
        ]
        mine = "PO1**2*EA*9.99*PE*VN*A"
        app.send(answer(app, order.po, [mine, "ACK*IA*2*EA"]))
        assert app.charged() == {} and order.lines[0].confirmed == 2
        assert not shop.ledger.of("own_documents")


def test_stores_are_told_by_sdq_ten_a_segment(shop, app):
    stores = {f"{number:04}": number for number in range(1, 13)}
    shop.buy([{"sku": "A", "stores": stores}])
    [data] = written(app, "850")
    assert only(data, "PO1")[0].startswith("PO1*1*78*EA*")
    first, second = only(data, "SDQ")
    assert first.startswith("SDQ*EA*92*0001*1*0002*2*") and first.count("*") == 22
    assert second == "SDQ*EA*92*0011*11*0012*12"


def test_it_buys_no_more_than_the_846_shows(shop, app):
    app.send(stock_report(app, A=5, B=0, C=24))
    assert shop.offered() == {"A": 5, "B": 0, "C": 24}
    with pytest.raises(SoldOut):
        shop.buy({"A": 6})
    with pytest.raises(SoldOut):
        shop.buy({"C": 3})
    shop.buy({"A": 4, "C": 2})
    assert shop.offered() == {"A": 1, "B": 0, "C": 0}
    with pytest.raises(SoldOut):
        shop.buy({"A": 2})


def test_it_buys_at_random_what_is_shown(shop, app):
    with pytest.raises(SoldOut):
        shop.buy()
    app.send(stock_report(app, A=50, B=0, C=11))
    order = shop.buy()
    assert [each.item.sku for each in order.lines] == ["A"], "less than a case of C"


def test_changes_are_written(shop, app):
    order = shop.buy({"A": 3, "B": 5})
    shop.change(order.po, {"A": 5, "2": 0}, prices={"A": "2.40"}, add={"C": 1})
    shop.change(order.po, {"A": 4}, ship_by=date(2026, 12, 1))
    shop.cancel(order.po)
    first, second, third = written(app, "860")
    ids = "UP*614141000012*IN*7000001*VN*A"
    assert only(first, "BCH", "POC", "CTT") == [
        "BCH*04*SA*4500000001**01*20261123*****20261123",
        f"POC*1*QI*5*2*EA*2.4*PE*{ids}",
        "POC*2*DI*0*5*EA*4*PE*UP*614141000029*IN*7000002*VN*B",
        f"POC*1*PC*5*0*EA*2.4*PE*{ids}",
        "POC*3*AI*1*1*CA*30*CA*UP*614141000036*IN*7000003*VN*C",
        "CTT*4",
    ]
    assert only(second, "DTM", "POC")[1:] == [
        "DTM*038*20261201",
        "DTM*001*20261202",
        f"POC*1*QD*4*1*EA*2.4*PE*{ids}",
    ]
    assert only(third, "BCH")[0].startswith("BCH*01*SA*4500000001**03*")
    truth = shop.truth()
    assert truth["orders"]["4500000001"]["state"] == "cancelled" and not truth["bought"]


def test_a_change_may_come_before_its_order(shop, app):
    shop.rules.next("change_first")
    order = shop.buy({"A": 3})
    [first] = app.new_files()
    assert only(first, "POC")[0].startswith("POC*1*QI*4*1*")
    shop.step(601)
    [second] = app.new_files()
    assert only(second, "PO1")[0].startswith("PO1*1*3*")
    assert order.lines[0].ordered == 4 and shop.truth()["bought"] == {"A": 4}
    shop.step(24 * HOUR)
    assert len(shop.ledger.of("answer_late")) == 1


def test_a_change_before_a_test_order_asks_for_nothing(shop):
    shop.rules.set(change_first=1, usage_test=1)
    order = shop.buy({"A": 3})
    shop.step(601)
    assert order.state == "test" and shop.truth()["bought"] == {}


def test_a_test_order_or_copy_asks_for_nothing(shop, app):
    shop.rules.next("usage_test")
    test = shop.buy({"A": 3})
    copy = shop.buy({"A": 3}, purpose="22")
    [one, two] = written(app, "850")
    assert x12_of(one)[0][15] == "T" and only(two, "BEG")[0].startswith("BEG*22*")
    assert (test.state, copy.state) == ("test", "copy")
    assert shop.truth()["bought"] == {}
    shop.step(30 * DAY)
    assert app.charged().keys() == {"missing_ack"}
    app.send(answer(app, test.po, line(3)))
    assert app.charged() == {"answer_order": 1}


def test_the_same_order_comes_again(shop, app):
    shop.rules.next("again_changed")
    shop.buy({"A": 3})
    shop.step(601)
    one, two = written(app, "850")
    assert only(one, "BEG") == only(two, "BEG")
    assert only(two, "PO1")[0].startswith("PO1*1*4*")
    assert shop.truth()["bought"] == {"A": 3}, "it was meant once"


# --- 855


def line(quantity, number=1, item="A", unit="EA", price="2.5", *acks):
    """A line of an answer: PO1 and its ACKs, all accepted where none are given."""
    acks = acks or (f"ACK*IA*{quantity}*{unit}*068*20261125",)
    return [f"PO1*{number}*{quantity}*{unit}*{price}*PE*VN*{item}", *acks]


def answer(app, po, *lines, code="AD", count=None):
    segments = [f"BAK*00*{code}*{po}*20261123"]
    for each in lines:
        segments += each
    segments.append(f"CTT*{len(lines) if count is None else count}")
    return app.x12("855", "PR", segments)


@pytest.fixture
def order(shop, app):
    order = shop.buy({"A": 3, "B": 5})
    app.new_files()
    return order


def test_a_right_answer_is_charged_for_nothing(shop, app, order):
    app.send(answer(app, order.po, line(3), line(5, 2, "B", "EA", "4")))
    assert app.charged() == {}
    shop.step(25 * HOUR)
    assert "answer_late" not in app.charged()
    assert [each.confirmed for each in order.lines] == [3, 5]


def test_an_answer_may_say_no_or_say_it_for_all(shop, app):
    codes = {"AT": 3, "AK": 3, "RJ": 0}
    for code, confirmed in codes.items():
        order = shop.buy({"A": 3})
        app.send(answer(app, order.po, code=code))
        assert order.lines[0].confirmed == confirmed
    assert app.charged() == {}


def test_several_acks_make_one_line(shop, app, order):
    acks = ("ACK*IA*1*EA", "ACK*IB*1*EA", "ACK*IR*1*EA")
    app.send(
        answer(
            app,
            order.po,
            line(3, 1, "A", "EA", "2.5", *acks),
            line(5, 2, "B", "EA", "4"),
        )
    )
    assert app.charged() == {}
    assert order.lines[0].confirmed == 2, "a back-order is owed, a refusal is not"


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        ([line(3), line(4, 2, "B", "EA", "4")], "answer_quantity"),
        ([line(3), line(5, 2, "B", "EA", "4", "ACK*IA*4*EA")], "answer_quantity"),
        ([line(3)], "answer_line"),
        ([line(3), line(5, 2, "A", "EA", "4")], "answer_line"),
        ([line(3), line(5, 7, "B", "EA", "4")], "answer_line"),
        ([line(3), line(5, 2, "B", "CA", "4")], "answer_unit"),
        ([line(3), line(5, 2, "B", "EA", "4.10")], "answer_price"),
    ],
)
def test_a_wrong_answer_is_charged(shop, app, order, lines, rule):
    app.send(answer(app, order.po, *lines))
    assert rule in app.charged()


def test_another_price_is_fine_where_it_is_said(shop, app, order):
    said = line(5, 2, "B", "EA", "4.10", "ACK*IP*5*EA")
    app.send(answer(app, order.po, line(3), said, code="AC"))
    assert app.charged() == {}


def test_details_must_be_as_bak02_says(shop, app, order):
    app.send(answer(app, order.po, code="AD"))
    assert app.charged() == {"answer_detail": 1}
    other = shop.buy({"A": 1})
    app.send(answer(app, other.po, line(1), code="AK"))
    assert app.charged() == {"answer_detail": 1}
    third = shop.buy({"A": 1})
    app.send(answer(app, third.po, line(1), count=2))
    assert app.charged() == {"answer_detail": 1}


def test_an_order_is_answered_once_a_version(shop, app):
    order = shop.buy({"A": 3})
    app.send(answer(app, order.po, line(3)))
    app.send(answer(app, order.po, line(3)))
    assert app.charged() == {"answer_order": 1}
    shop.change(order.po, {"A": 2})
    app.send(answer(app, order.po, line(2)))
    assert app.charged() == {}
    app.send(answer(app, "4711", line(2)))
    shop.cancel(order.po)
    app.send(answer(app, order.po, line(2)))
    assert app.charged() == {"answer_order": 2}


def test_an_answer_may_cross_a_change(shop, app):
    order = shop.buy({"A": 3})
    shop.change(order.po, {"A": 2})
    app.send(answer(app, order.po, line(3)))
    assert app.charged() == {} and not shop.truth()["orders"][order.po]["answered"]
    app.send(answer(app, order.po, line(2)))
    assert app.charged() == {} and shop.truth()["orders"][order.po]["answered"]
    crossed = shop.buy({"A": 3})
    shop.cancel(crossed.po)
    app.send(answer(app, crossed.po, line(3)))
    app.send(answer(app, crossed.po, code="AT"))
    assert app.charged() == {}
    app.send(answer(app, crossed.po, line(3)))
    assert app.charged() == {"answer_order": 1}


def test_a_change_is_to_be_answered_in_its_own_time(shop, app):
    order = shop.buy({"A": 3})
    shop.step(20 * HOUR)
    shop.change(order.po, {"A": 2})
    app.send(answer(app, order.po, line(3)))
    shop.step(23 * HOUR)
    assert not shop.ledger.of("answer_late")
    shop.step(2 * HOUR)
    assert len(shop.ledger.of("answer_late")) == 1


def test_a_late_answer_is_charged_once(shop, app):
    order = shop.buy({"A": 3})
    app.send(app.x12("997", "FA", ["AK1*PO*1", "AK9*A*1*1*1"]))
    shop.step(23 * HOUR)
    assert app.charged() == {}
    shop.step(2 * HOUR)
    [entry] = shop.ledger.of("answer_late")
    assert entry.number == 1 and entry.document == f"850 {order.po}" and entry.amount
    app.send(answer(app, order.po, line(3)))
    shop.step(3 * DAY)
    assert app.charged() == {"answer_late": 1}


def test_what_was_shown_must_be_confirmed(shop, app):
    app.send(stock_report(app, A=5, B=5, C=24))
    order = shop.buy({"A": 3})
    app.send(
        answer(app, order.po, line(3, 1, "A", "EA", "2.5", "ACK*IR*3*EA"), code="RD")
    )
    assert app.charged() == {"stock_oversold": 1}


def test_charges_are_told_by_824(shop, app, order):
    app.send(answer(app, order.po, line(3)))
    [data] = written(app, "824")
    [head, reason] = only(data, "OTI", "TED")
    assert head.startswith(f"OTI*TE*TN*{order.po}*") and head.endswith("*0001*855")
    assert reason == "TED*024*answer_line line 2 is not answered"


# --- 856


def levels(*rows):
    """HL with what is below each: rows of (parent, level, segments)."""
    found = []
    parents = {row[0] for row in rows}
    for number, (parent, level, segments) in enumerate(rows, 1):
        child = int(number in parents)
        found += [f"HL*{number}*{parent or ''}*{level}*{child}", *segments]
    return found


def item(sku, units, unit="EA"):
    return [f"LIN**VN*{sku}", f"SN1**{units}*{unit}"]


def notice(
    app,
    po,
    cartons,
    number="S1",
    day="20261125",
    bol="BOL1",
    purpose="00",
    count=None,
    told=None,
    store=None,
    raw=None,
    carrier="TD5**2*UPSN*M",
):
    """An 856 of {SSCC: {SKU: units} or [segments]}."""
    shipment = [f"TD1*CTN25*{len(cartons) if told is None else told}", carrier]
    if bol:
        shipment.append(f"REF*BM*{bol}")
    shipment.append(f"DTM*011*{day}")
    head = [f"PRF*{po}"] + ([f"N1*BY**92*{store}"] if store else [])
    rows = [(None, "S", shipment), (1, "O", head)]
    for sscc, content in cartons.items():
        rows.append((2, "P", [f"MAN*GM*00{sscc}"] if sscc else []))
        pack = len(rows)
        for sku, units in content.items():
            unit = "CA" if sku == "C" else "EA"
            rows.append((pack, "I", item(sku, units, unit)))
    tree = raw if raw is not None else levels(*rows)
    total = sum(1 for each in tree if each.startswith("HL*"))
    segments = [f"BSN*{purpose}*{number}*20261125*1200*0001", *tree]
    segments.append(f"CTT*{total if count is None else count}")
    return app.x12("856", "SH", segments)


ALL = {SSCCS[0]: {"A": 3, "B": 2}, SSCCS[1]: {"B": 3}}


def test_a_right_notice_is_charged_for_nothing(shop, app, order):
    app.send(notice(app, order.po, ALL))
    assert app.charged() == {} and [each.noticed for each in order.lines] == [3, 5]
    shop.arrive("S1")
    assert app.charged() == {} and [each.received for each in order.lines] == [3, 5]
    assert shop.truth()["received"] == {"A": 3, "B": 5}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"po": "4711"}, "asn_order"),
        ({"cartons": {SSCCS[0]: {"C": 1}}}, "asn_item"),
        ({"cartons": {SSCCS[0]: {}}}, "asn_empty"),
        ({"cartons": {"": {"A": 3}}}, "sscc_missing"),
        ({"cartons": {SSCCS[0][:-1] + "7": {"A": 3}}}, "sscc_digit"),
        ({"cartons": {SSCCS[0][:-1]: {"A": 3}}}, "sscc_digit"),
        ({"cartons": {SSCCS[0]: {"A": 4}}}, "over_shipment"),
        ({"cartons": {SSCCS[0]: {"A": 0}}}, "asn_quantity"),
        ({"cartons": {SSCCS[0]: {"A": "1.5"}}}, "asn_quantity"),
        ({"count": 9}, "asn_count"),
        ({"told": 9}, "asn_cartons"),
        ({"bol": ""}, "asn_carrier"),
        ({"carrier": "TD5*****OUR TRUCK"}, "asn_carrier"),
        ({"day": "20261124"}, "ship_early"),
        ({"day": "20261201"}, "ship_late"),
    ],
)
def test_a_wrong_notice_is_charged(shop, app, order, change, rule):
    values = {"po": order.po, "cartons": ALL, **change}
    app.send(notice(app, **values))
    assert rule in app.charged()


def test_the_unit_must_be_the_orders(shop, app, order):
    data = notice(app, order.po, {SSCCS[0]: {"A": 3}})
    app.send(data.replace(b"SN1**3*EA", b"SN1**3*CA"))
    assert app.charged() == {"asn_unit": 1}


PACKED = ["MAN*GM*00" + SSCCS[0]]
SHIPMENT = ["TD1*CTN25*1", "TD5**2*UPSN*M", "REF*BM*BOL1", "DTM*011*20261125"]


@pytest.mark.parametrize(
    "tree",
    [
        pytest.param(
            ["HL*1**S*1", *SHIPMENT, "HL*3*1*O*0", "PRF*%s"], id="numbers jump"
        ),
        pytest.param(["HL*1**O*0", "PRF*%s"], id="an order at the top"),
        pytest.param(
            ["HL*1**S*1", *SHIPMENT, "HL*2*7*O*0", "PRF*%s"], id="an unknown parent"
        ),
        pytest.param(
            ["HL*1**S*1", *SHIPMENT, "HL*2*1*P*0", *PACKED], id="a pack below shipment"
        ),
        pytest.param(
            [
                "HL*1**S*1",
                *SHIPMENT,
                "HL*2*1*O*1",
                "PRF*%s",
                "HL*3*2*I*0",
                *item("A", 3),
            ],
            id="an item outside of a pack",
        ),
        pytest.param(
            ["HL*1**S*0", *SHIPMENT, "HL*2*1*O*0", "PRF*%s"], id="a wrong child flag"
        ),
        pytest.param(["HL*1**S*0", *SHIPMENT, "HL*2**S*0"], id="two shipments"),
    ],
)
def test_levels_must_be_a_tree(shop, app, order, tree):
    raw = [each.replace("%s", order.po) for each in tree]
    app.send(notice(app, order.po, ALL, raw=raw))
    assert app.charged() == {"asn_hl": 1} and not shop.notices


def test_cartons_may_stand_on_pallets(shop, app, order):
    pallet = "MAN*GM*00" + SSCCS[2]
    tree = ["HL*1**S*1", "TD1*PLT94*1", *SHIPMENT, "HL*2*1*O*1", f"PRF*{order.po}"]
    tree += ["HL*3*2*T*1", pallet, "HL*4*3*P*1", *PACKED, "HL*5*4*I*0", *item("A", 3)]
    app.send(notice(app, order.po, {}, raw=tree))
    assert app.charged() == {} and order.lines[0].noticed == 3
    assert list(shop.notices["S1"].cartons) == [SSCCS[0]]


def test_another_structure_is_refused(shop, app, order):
    data = notice(app, order.po, ALL).replace(b"*1200*0001~", b"*1200*0004~")
    app.send(data)
    assert app.charged() == {"asn_hl": 1}


def test_an_sscc_is_used_once(shop, app, order):
    app.send(notice(app, order.po, {SSCCS[0]: {"A": 1}}))
    app.send(notice(app, order.po, {SSCCS[0]: {"A": 1}}, number="S2", bol="BOL2"))
    assert app.charged() == {"sscc_repeat": 1}


def test_a_shipment_is_told_once_and_replaced_by_05(shop, app, order):
    app.send(notice(app, order.po, {SSCCS[0]: {"A": 1}}))
    app.send(notice(app, order.po, {SSCCS[1]: {"A": 1}}))
    assert app.charged() == {"asn_repeat": 1}
    app.send(notice(app, order.po, {SSCCS[0]: {"A": 3}}, purpose="05"))
    assert app.charged() == {} and order.lines[0].noticed == 3
    app.send(notice(app, order.po, {}, purpose="01"))
    assert order.lines[0].noticed == 0


def test_stores_get_what_they_ordered(shop, app):
    order = shop.buy([{"sku": "A", "stores": {"0101": 2, "0102": 1}}])
    app.send(notice(app, order.po, {SSCCS[0]: {"A": 2}}, store="0101"))
    assert app.charged() == {}
    over = {SSCCS[1]: {"A": 1}}
    app.send(notice(app, order.po, over, number="S2", bol="2", store="0101"))
    assert app.charged() == {"asn_store": 1}
    app.send(notice(app, order.po, {SSCCS[2]: {"A": 1}}, number="S3", bol="3"))
    assert "asn_store" in app.charged(), "a store must be named"


# --- the dock


def test_a_truck_without_a_notice_is_charged_once(shop, app, order):
    shop.receive({SSCCS[0]: {"A": 3}}, bol="BOL1")
    assert app.charged() == {"asn_late": 1}
    assert shop.truth()["received"] == {"A": 3}, "it is in the house"
    app.send(notice(app, order.po, {SSCCS[0]: {"A": 3}}))
    assert app.charged() == {}, "it comes late, and what it says is right"
    assert order.lines[0].received == 3 and shop.truth()["received"] == {"A": 3}


def test_a_late_notice_is_compared_too(shop, app, order):
    shop.receive({SSCCS[0]: {"A": 3}}, bol="BOL1")
    app.charged()
    app.send(notice(app, order.po, {SSCCS[0]: {"A": 2}}))
    assert app.charged() == {"asn_content": 1}


def test_cartons_must_be_as_the_notice_says(shop, app, order):
    app.send(notice(app, order.po, ALL))
    strange = {SSCCS[0]: {"A": 2, "B": 2}, SSCCS[2]: {"B": 3}}
    shop.receive(strange, bol="BOL1")
    assert app.charged() == {"asn_content": 1, "carton_missing": 1, "sscc_unknown": 1}
    assert [each.received for each in order.lines] == [2, 2]
    assert shop.truth()["received"] == {"A": 2, "B": 5}, "all that is in the house"


def test_missing_and_wrong_cartons_of_an_arrival(shop, app, order):
    app.send(notice(app, order.po, ALL))
    shop.arrive("S1", missing=[SSCCS[1]], wrong={SSCCS[0]: {"A": 3}})
    assert app.charged() == {"asn_content": 1, "carton_missing": 1}


def test_cases_are_counted_in_pieces_at_the_dock(shop, app):
    order = shop.buy({"C": 2})
    app.send(notice(app, order.po, {SSCCS[0]: {"C": 2}}))
    shop.receive({SSCCS[0]: {"C": 24}}, bol="BOL1")
    assert app.charged() == {} and order.lines[0].received == 2
    other = shop.buy({"C": 2})
    app.send(notice(app, other.po, {SSCCS[1]: {"C": 2}}, number="S2", bol="BOL2"))
    shop.receive({SSCCS[1]: {"C": 2}}, bol="BOL2")
    assert app.charged() == {"asn_content": 1} and other.lines[0].received == 0


def test_what_does_not_come_by_the_cancel_date_is_charged(shop, app, order):
    app.send(notice(app, order.po, {SSCCS[0]: {"A": 3, "B": 2}}))
    shop.arrive("S1")
    # the 2nd of December is over in Chicago at 06:00 UTC of the 3rd
    shop.step(9 * DAY + 15 * HOUR)
    assert not shop.ledger.of("under_shipment")
    shop.step(2 * HOUR)
    assert reasons(shop, "under_shipment") == ["line 2: 2 of 5"]
    assert order.state == "closed"
    shop.step(9 * DAY)
    assert len(shop.ledger.of("under_shipment")) == 1


def test_a_cancel_date_may_be_moved(shop, app, order):
    shop.change(order.po, cancel_after=date(2026, 12, 5))
    shop.step(11 * DAY)
    assert order.state == "open"
    shop.step(3 * DAY)
    assert order.state == "closed" and len(shop.ledger.of("under_shipment")) == 2


def test_a_blanket_order_asks_for_nothing(shop, app):
    order = shop.buy({"A": 3}, kind="BK")
    assert order.state == "copy" and shop.truth()["bought"] == {}
    shop.step(20 * DAY)
    assert app.charged().keys() == {"missing_ack"}


def test_a_cancelled_order_wants_nothing(shop, app, order):
    shop.cancel(order.po)
    shop.step(20 * DAY)
    assert not shop.ledger.of("under_shipment") and not shop.ledger.of("answer_late")
    app.send(notice(app, order.po, ALL))
    assert "asn_order" in app.charged()


def test_the_dock_knows_its_places(shop):
    assert shop.expects(Truck("B", "DC07", {})) and not shop.expects(
        Truck("B", "X", {})
    )


# --- 846


def stock_report(app, purpose="00", day="20261123", time="0700", count=None, **shown):
    segments = [f"BIA*{purpose}*SI*R1*{day}*{time}"]
    for sku, quantity in shown.items():
        segments += [f"LIN**VN*{sku}", f"QTY*33*{quantity}*EA"]
    segments.append(f"CTT*{len(shown) if count is None else count}")
    return app.x12("846", "IB", segments)


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"A": 5, "B": 5, "C": 5, "X": 5}, "stock_item"),
        ({"A": -1, "B": 5, "C": 5}, "stock_quantity"),
        ({"A": "1.5", "B": 5, "C": 5}, "stock_quantity"),
        ({"A": 5, "B": 5}, "stock_missing"),
        ({"A": 5, "B": 5, "C": 5, "count": 2}, "stock_count"),
    ],
)
def test_a_wrong_stock_report_is_charged(shop, app, values, rule):
    app.send(stock_report(app, **values))
    assert app.charged() == {rule: 1}


def test_a_change_report_may_leave_items_out(shop, app):
    app.send(stock_report(app, purpose="04", A=5))
    assert app.charged() == {} and shop.offered() == {"A": 5}


def test_stock_is_in_pieces_and_told_once(shop, app):
    data = stock_report(app, A=5, B=5, C=5)
    app.send(data.replace(b"QTY*33*5*EA~\nLIN**VN*B", b"QTY*33*5*CA~\nLIN**VN*B"))
    assert app.charged() == {"stock_unit": 1}
    data = stock_report(app, time="0701", A=5, B=5, C=5)
    data = data.replace(b"LIN**VN*B", b"QTY*33*6*EA~\nLIN**VN*B")
    app.send(data.replace(b"SE*10*", b"SE*11*"))
    assert app.charged() == {"stock_quantity": 1}


def test_an_older_report_is_charged_and_not_used(shop, app):
    app.send(stock_report(app, A=5, B=5, C=5))
    app.send(stock_report(app, time="0659", A=9, B=9, C=9))
    assert app.charged() == {"stock_old": 1} and shop.offered()["A"] == 5
    app.send(stock_report(app, day="20261124", time="0000", A=9, B=9, C=9))
    assert app.charged() == {} and shop.offered()["A"] == 9


def test_a_report_is_wanted_in_its_hours():
    settings = {"stock_hours": 4}
    with running_partner("bigmart", SEED, settings, tick=None, start=START) as shop:
        app = App(shop)
        app.send(stock_report(app, A=5, B=5, C=5))
        shop.step(4 * HOUR)
        assert not shop.ledger.of("stock_late")
        shop.step(4 * HOUR)
        assert len(shop.ledger.of("stock_late")) == 1


def test_it_buys_by_itself():
    settings = {"buys_every": 600, "change_share": 1}
    with running_partner("bigmart", SEED, settings, tick=None, start=START) as shop:
        app = App(shop)
        shop.step(700)
        assert not shop.orders, "nothing is shown"
        app.send(stock_report(app, A=500, B=500, C=500))
        shop.step(3600)
        assert len(shop.orders) == 6 and len(shop.sent("860")) == 6
        bought = shop.truth()["bought"]
        shown = {sku: 500 - count for sku, count in bought.items()}
        assert {sku: shop.offered()[sku] for sku in shown} == shown
