"""Dock9: what it takes and refuses, its physical stock, and what it tells of it."""

import pytest

from sandbox.edi import PartnerError, gs1, running_partner, start

from .edi import START, App, only, x12_of

HOUR, DAY = 3600, 86400
SEED = {
    "articles": [
        {"sku": "A", "quantity": 50, "upc": "614141000012"},
        {"sku": "B", "lots": {"L1": 4, "L2": 6}},
        {"sku": "C", "quantity": 48, "pack": 12},
    ]
}
SHIP_TO = ["N1*ST*SHOP*92*0001"]
CARRIER = ["W66*PP*M********UPSN"]


def line(sku, quantity, unit="EA", lot=""):
    lot = f"******{lot}" if lot else ""
    return f"W01*{quantity}*{unit}**VN*{sku}**{lot}".rstrip("*")


def order(
    number,
    *lines,
    status="N",
    ship_to=tuple(SHIP_TO),
    carrier=tuple(CARRIER),
    total=None,
    po="PO1",
):
    segments = [f"W05*{status}*{number}*{po}", *ship_to, *carrier]
    for place, each in enumerate(lines, 1):
        segments += [f"LX*{place}", each]
    units = sum(int(each.split("*")[1].split(".")[0]) for each in lines)
    return [*segments, f"W76*{units if total is None else total}"]


def running(**settings):
    settings = {"report_at": None, "transit_hours": 1000, **settings}
    return running_partner("dock9", SEED, settings, tick=None, start=START)


@pytest.fixture
def idle():
    """It ships when it is told to."""
    with running(works=False) as partner:
        yield partner
        assert not partner.ledger.counts["own_documents"]


@pytest.fixture
def busy():
    """It ships by itself: two hours after an order has come."""
    with running() as partner:
        yield partner
        assert not partner.ledger.counts["own_documents"]


def give(partner, *segments, **change):
    app = partner.app = getattr(partner, "app", None) or App(partner)
    app.send(app.x12("940", "OW", *segments, **change))
    return app


def new(app, kind):
    return [each for each in app.new_files() if f"ST*{kind}*".encode() in each]


def total(partner, sku):
    return partner.truth()["stock"][sku]["total"]


# --- 940


def test_an_order_is_taken(idle):
    app = give(idle, order("1", line("A", 3), line("C", 2, "CA")))
    assert app.charged() == {}
    truth = idle.truth()
    assert truth["orders"]["1"]["lines"]["2"]["ordered"] == 2
    stock = truth["stock"]
    assert (stock["A"]["allocated"], stock["C"]["allocated"]) == (3, 24)
    assert (stock["A"]["good"], stock["C"]["good"]) == (50, 48)


@pytest.mark.parametrize(
    ("segments", "rule"),
    [
        (order("1", line("A", 3), carrier=()), "order_carrier"),
        (order("1", line("A", 3), carrier=("W66*PP*M",)), "order_carrier"),
        (order("1", line("X", 3)), "order_item"),
        (order("1", line("A", 3, "CA")), "order_unit"),
        (order("1", line("A", 3, "DZ")), "order_unit"),
        (order("1", line("A", 3), total=4), "order_total"),
        (order("1", line("A", 0)), "order_quantity"),
        (order("1", line("A", "1.5"), total="1.5"), "order_quantity"),
        (order("1"), "order_quantity"),
        (order("1", line("A", 3), ship_to=("N1*ST*SHOP",)), "order_address"),
        (order("1", line("A", 3), ship_to=("N1*BT*SHOP*92*0001",)), "order_address"),
        (order("1", line("A", 3), status="F"), "order_unknown"),
        (order("1", line("A", 3), status="R"), "order_unknown"),
    ],
)
def test_a_wrong_order_is_refused_and_told(idle, segments, rule):
    app = give(idle, segments)
    assert app.charged() == {rule: 1} and not idle.truth()["orders"]
    assert idle.received("940")[0].state == "refused"
    files = app.new_files()
    [ack] = [each for each in files if b"ST*997*" in each]
    assert only(ack, "AK9") == ["AK9*A*1*1*1"], "its form is right"
    [advice] = [each for each in files if b"ST*824*" in each]
    assert only(advice, "OTI")[0].startswith("OTI*TR*TN*1*")
    assert only(advice, "TED")[0].startswith(f"TED*024*{rule} ")


def test_rules_that_are_off_let_orders_through(idle):
    idle.rules.set(order_carrier=0, order_address=0, order_total=0)
    segments = order("1", line("A", 3), ship_to=("N1*BT*X",), carrier=(), total=9)
    app = give(idle, segments)
    assert app.charged() == {} and set(idle.truth()["orders"]) == {"1"}


def test_an_item_may_be_told_by_upc_but_not_by_two(idle):
    app = give(idle, order("1", "W01*3*EA**UP*614141000012"))
    assert app.charged() == {}
    app = give(idle, order("2", "W01*3*EA**UP*614141000012*VN*B"))
    assert app.charged() == {"order_item": 1}


def test_an_address_with_a_street_needs_no_code(idle):
    place = ("N1*ST*ANN SMITH", "N3*1 MAIN ST", "N4*ATLANTA*GA*30301*US")
    assert give(idle, order("1", line("A", 3), ship_to=place)).charged() == {}


def test_a_depositor_order_number_is_used_once(idle):
    give(idle, order("1", line("A", 3)))
    app = give(idle, order("1", line("A", 3)))
    assert app.charged() == {"order_repeat": 1}
    idle.ship("1")
    assert give(idle, order("1", line("A", 3))).charged() == {"order_repeat": 1}
    assert idle.truth()["stock"]["A"]["shipped"] == 3


def test_an_order_is_changed_or_cancelled_before_it_ships(idle):
    give(idle, order("1", line("A", 3)))
    assert give(idle, order("1", line("A", 5), status="R")).charged() == {}
    assert idle.truth()["orders"]["1"]["lines"]["1"]["ordered"] == 5
    assert give(idle, order("1", line("A", 5), status="F")).charged() == {}
    assert idle.truth()["orders"]["1"]["state"] == "cancelled"
    assert idle.truth()["stock"]["A"]["allocated"] == 0
    with pytest.raises(PartnerError):
        idle.ship("1")


def test_what_has_shipped_is_not_cancelled(idle):
    give(idle, order("1", line("A", 3)))
    idle.ship("1", {"A": 1}, final=False)
    for status in "FR":
        app = give(idle, order("1", line("A", 3), status=status))
        assert app.charged() == {"order_shipped": 1}


def test_a_cancelled_order_is_not_worked_on(busy):
    give(busy, order("1", line("A", 3)))
    give(busy, order("1", line("A", 3), status="F"))
    busy.step(DAY)
    assert total(busy, "A") == 50 and not busy.sent("945")


# --- 945


def test_a_shipment_is_told(idle):
    app = give(idle, order("1", line("A", 30), line("B", 3)))
    idle.step(HOUR)
    app.new_files()
    idle.ship("1")
    [data] = new(app, "945")
    assert only(data, "W06", "N9", "G62", "W27", "W03") == [
        "W06*F*1*20261123*S000001*S000001*PO1",
        "N9*BM*BOL000001",
        "N9*2I*1Z9000001",
        "G62*11*20261123*8*1000",
        "W27*M*UPSN",
        "W03*33*66*LB",
    ]
    assert only(data, "W12") == [
        "W12*CC*24*24*0*EA**VN*A",
        "W12*CC*6*6*0*EA**VN*A",
        "W12*CC*3*3*0*EA**VN*B*L1",
    ]
    assert [each[:3] for each in only(data, "LX", "MAN", "W12")] == [
        *("LX*", "MAN", "W12") * 3,
    ]
    cartons = [each.split("*")[2] for each in only(data, "MAN")]
    assert len(cartons) == 3, "24 and 6 pieces, and 3"
    assert all(each[:2] == "00" and gs1.is_valid(each[2:], 18) for each in cartons)
    assert (total(idle, "A"), total(idle, "B")) == (20, 7)
    assert idle.truth()["orders"]["1"]["state"] == "shipped"


def test_lots_go_oldest_first_or_as_asked_for(idle):
    app = give(idle, order("1", line("B", 5)), order("2", line("B", 2, "EA", "L2")))
    idle.ship("1")
    idle.ship("2")
    one, two = new(app, "945")
    assert only(one, "W12") == [
        "W12*CC*4*4*0*EA**VN*B*L1",
        "W12*CC*1*1*0*EA**VN*B*L2",
    ]
    assert only(two, "W12") == ["W12*CC*2*2*0*EA**VN*B*L2"]
    assert idle.truth()["stock"]["B"]["lots"] == {"L2": 3}


def test_a_lot_that_is_short_ships_what_it_has(busy):
    app = give(busy, order("1", line("B", 8, "EA", "L2"), line("A", 3, "EA", "NONE")))
    busy.step(2 * HOUR)
    [data] = new(app, "945")
    assert only(data, "W12") == [
        "W12*BP*8*6*2*EA**VN*B*L2",
        "W12*BO*3*0*3*EA**VN*A",
    ]
    assert busy.truth()["stock"]["B"]["lots"] == {"L1": 4}
    busy.step(3 * DAY)
    assert new(app, "945") == [], "nothing of these lots is there"


def test_what_cannot_be_loaded_goes_back_on_the_shelf(idle):
    give(idle, order("1", line("B", 4), line("A", 60)))
    before = idle.truth()["stock"]
    with pytest.raises(PartnerError):
        idle.ship("1", {"B": 4, "A": 60})
    assert idle.truth()["stock"] == before
    idle.ship("1")
    assert (total(idle, "B"), total(idle, "A")) == (6, 0)


def test_cases_are_shipped_whole(idle):
    app = give(idle, order("1", line("C", 5, "CA")))
    idle.ship("1")
    [data] = new(app, "945")
    assert only(data, "W12") == ["W12*BP*2*2*0*CA**VN*C", "W12*BP*3*2*1*CA**VN*C"]
    assert total(idle, "C") == 0


@pytest.mark.parametrize(("final", "code", "left"), [(True, "CP", 0), (False, "BP", 2)])
def test_a_short_line_is_closed_or_left_open(idle, final, code, left):
    app = give(idle, order("1", line("B", 12)))
    idle.ship("1", final=final)
    [data] = new(app, "945")
    assert only(data, "W12") == [
        f"W12*{code}*4*4*0*EA**VN*B*L1",
        f"W12*{code}*8*6*2*EA**VN*B*L2",
    ]
    truth = idle.truth()["orders"]["1"]
    assert truth["lines"]["1"]["open"] == left
    assert truth["state"] == ("open" if left else "shipped")
    assert only(data, "W03") == ["W03*10*20*LB"]


def test_nothing_of_a_line_is_back_ordered_or_cut(idle):
    app = give(idle, order("1", line("A", 2), line("B", 3)))
    idle.ship("1", {"A": 2}, final=False)
    [data] = new(app, "945")
    assert only(data, "W12")[1] == "W12*BO*3*0*3*EA**VN*B"
    idle.ship("1", {}, final=True)
    [data] = new(app, "945")
    assert only(data, "W12") == ["W12*CU*3*0*3*EA**VN*B"]


def test_more_may_be_shipped_than_ordered_but_not_than_there_is(idle):
    app = give(idle, order("1", line("A", 3)))
    with pytest.raises(PartnerError):
        idle.ship("1", {"A": 51})
    assert total(idle, "A") == 50
    idle.ship("1", {"A": 4})
    [data] = new(app, "945")
    assert only(data, "W12", "W03") == ["W12*CC*3*4*-1*EA**VN*A", "W03*4*8*LB"]
    assert total(idle, "A") == 46


def test_an_item_may_be_on_two_lines(idle):
    app = give(idle, order("1", line("B", 6), line("B", 7)))
    idle.ship("1")
    [data] = new(app, "945")
    assert [each.split("*")[1:4] for each in only(data, "W12")] == [
        ["CC", "4", "4"],
        ["CC", "2", "2"],
        ["BP", "7", "4"],
    ]
    assert total(idle, "B") == 0
    give(idle, order("2", line("C", 30), line("C", 30)))
    with pytest.raises(PartnerError):
        idle.ship("2", {"C": 30, "A": 1})
    idle.ship("2", {"C": 30})
    assert total(idle, "C") == 18


def test_another_item_in_its_place(idle):
    app = give(idle, order("1", line("A", 3)))
    idle.ship("1", instead={"A": "C"})
    [data] = new(app, "945")
    assert only(data, "W12") == ["W12*IS*3*3*0*EA**VN*C*********VN*A"]
    assert (total(idle, "A"), total(idle, "C")) == (50, 45)


def test_it_picks_and_ships_by_itself(busy):
    app = give(busy, order("1", line("A", 3)))
    busy.step(2 * HOUR - 1)
    assert new(app, "945") == []
    busy.step(2)
    assert len(new(app, "945")) == 1 and total(busy, "A") == 47


def test_what_is_short_goes_when_goods_have_come(busy):
    app = give(busy, order("1", line("B", 12)))
    busy.step(2 * HOUR)
    busy.step(3 * DAY)
    [data] = new(app, "945")
    assert only(data, "W12")[0].startswith("W12*BP*")
    busy.receive({"B": 5}, lot="L3")
    busy.step(2 * HOUR)
    [data] = new(app, "945")
    assert only(data, "W12") == ["W12*CC*12*2*10*EA**VN*B*L3"]
    assert total(busy, "B") == 3


# --- faults of 945


def ship_with(partner, *faults, quantity=4):
    app = give(partner, order("1", line("A", quantity)))
    app.new_files()
    for fault in faults:
        partner.rules.next(fault)
    partner.step(2 * HOUR)
    return app


def test_a_part_goes_now_and_the_rest_later(busy):
    app = ship_with(busy, "ships_partial", quantity=5)
    [data] = new(app, "945")
    assert only(data, "W12") == ["W12*BP*5*2*3*EA**VN*A"]
    busy.step(20 * HOUR)
    [data] = new(app, "945")
    assert only(data, "W12") == ["W12*CC*5*3*2*EA**VN*A"]
    assert total(busy, "A") == 45


def test_one_too_many_is_shipped(busy):
    app = ship_with(busy, "ships_over")
    [data] = new(app, "945")
    assert only(data, "W12") == ["W12*CC*4*5*-1*EA**VN*A"] and total(busy, "A") == 45


def test_another_item_is_shipped(busy):
    app = ship_with(busy, "ships_substitute")
    [data] = new(app, "945")
    [row] = only(data, "W12")
    assert row.startswith("W12*IS*4*4*0*EA**VN*") and row.endswith("*VN*A")
    assert total(busy, "A") == 50


def test_the_advice_is_late_and_dated_right(busy):
    app = ship_with(busy, "advice_late")
    assert new(app, "945") == [] and total(busy, "A") == 46
    busy.step(18 * HOUR)
    [data] = new(app, "945")
    # shipped at 11:00 of New York's 23rd, told at 05:00 of the 24th
    assert only(data, "W06")[0].split("*")[3] == "20261123"
    assert only(data, "G62") == ["G62*11*20261123*8*1100"]
    assert x12_of(data)[0][9:11] == ["261124", "0500"]


def test_the_advice_comes_twice(busy):
    app = ship_with(busy, "advice_twice")
    [one] = new(app, "945")
    busy.step(HOUR)
    [two] = new(app, "945")
    assert only(one, "W06", "W12", "W03") == only(two, "W06", "W12", "W03")
    assert x12_of(one)[0][13] != x12_of(two)[0][13]
    assert total(busy, "A") == 46


def test_the_advice_comes_before_the_acknowledgement(busy):
    busy.rules.next("advice_before_ack")
    app = give(busy, order("1", line("A", 4)))
    assert app.new_files() == []
    busy.step(2 * HOUR)
    assert [only(data, "ST")[0][:6] for data in app.new_files()] == ["ST*945"]
    busy.step(2 * HOUR)
    assert [only(data, "ST")[0][:6] for data in app.new_files()] == ["ST*997"]


@pytest.mark.parametrize(
    ("fault", "rows"),
    [
        ("advice_unknown_lot", ["W12*CC*4*4*0*EA**VN*A*LOT-UNKNOWN", "W03*4*8*LB"]),
        (
            "advice_unknown_item",
            [
                "W12*CC*4*4*0*EA**VN*A",
                "W12*CC*1*1*0*EA**VN*NOBODY-KNOWS",
                "W03*5*10*LB",
            ],
        ),
        ("advice_total", ["W12*CC*4*4*0*EA**VN*A", "W03*5*10*LB"]),
    ],
)
def test_an_advice_that_is_wrong(busy, fault, rows):
    app = ship_with(busy, fault)
    [data] = new(app, "945")
    assert only(data, "W12", "W03") == rows and total(busy, "A") == 46


def test_no_exceptions_names_no_lines(busy):
    app = ship_with(busy, "advice_no_exceptions")
    [data] = new(app, "945")
    assert only(data, "W06")[0].startswith("W06*N*1*")
    assert only(data, "LX", "W12", "W03") == ["W03*4*8*LB"] and total(busy, "A") == 46


def test_no_exceptions_is_never_said_of_a_short_order(busy):
    busy.rules.set(advice_no_exceptions=1)
    app = give(busy, order("1", line("B", 12)))
    busy.step(2 * HOUR)
    [data] = new(app, "945")
    assert only(data, "W06")[0].startswith("W06*F*1*")


def test_exceptions_only_names_the_short_lines(busy):
    busy.rules.set(advice_exceptions=1)
    app = give(busy, order("1", line("A", 4), line("B", 12)))
    busy.step(2 * HOUR)
    [data] = new(app, "945")
    assert only(data, "W06")[0].startswith("W06*X*1*")
    assert {each.split("*")[8] for each in only(data, "W12")} == {"B"}
    assert only(data, "W03") == ["W03*14*28*LB"]


@pytest.mark.parametrize(
    ("fault", "count"), [("advice_corrected", 1), ("correction_again", 2)]
)
def test_an_advice_of_one_too_many_is_corrected(busy, fault, count):
    app = ship_with(busy, fault)
    [data] = new(app, "945")
    assert only(data, "W12", "W03") == ["W12*CC*4*5*-1*EA**VN*A", "W03*5*10*LB"]
    assert total(busy, "A") == 46
    busy.step(HOUR)
    corrections = new(app, "947")
    rows = [only(data, "W15", "W19") for data in corrections]
    assert rows == [
        [f"W15*20261123*A00000{number}*S000001", "W19*53*1*EA**VN*A"]
        for number in range(1, count + 1)
    ]
    assert total(busy, "A") == 46, "nothing has happened"


def test_it_is_silent_for_a_day(busy):
    busy.rules.next("silent")
    app = give(busy, order("1", line("A", 4)))
    app.new_files()
    give(busy, order("2", line("A", 4)))
    busy.step(20 * HOUR)
    assert app.new_files() == [] and total(busy, "A") == 46, "it works on"
    busy.step(5 * HOUR)
    kinds = sorted(only(data, "ST")[0][3:6] for data in app.new_files())
    assert kinds == ["945", "997"]
    busy.step(3 * HOUR)
    assert len(new(app, "945")) == 1 and total(busy, "A") == 42


# --- 944


def test_a_receipt_is_told(idle):
    app = App(idle)
    idle.receive({"A": 20, "B": 3}, damaged={"A": 2}, lot="L9")
    [data] = new(app, "944")
    assert only(data, "W17", "G62", "W07", "W13", "W14") == [
        "W17*F*20261123*R000001",
        "G62*09*20261123*8*0900",
        "W07*20*EA**VN*A***L9",
        "W13*2*EA*01",
        "W07*3*EA**VN*B***L9",
        "W14*23",
    ]
    stock = idle.truth()["stock"]["A"]
    assert (stock["good"], stock["damaged"], stock["total"]) == (68, 2, 70)
    assert stock["lots"] == {"": 50, "L9": 18} and stock["received"] == 20
    for goods, damaged in (({"A": 1}, {"A": 2}), ({"A": 1, "X": 1}, {})):
        with pytest.raises(PartnerError):
            idle.receive(goods, damaged=damaged)
    assert total(idle, "A") == 70, "nothing of it was booked"


def announce(app, number, *rows, units=None):
    segments = [f"W06*N*{number}*20261123", "N1*WH**92*D9-ATL"]
    for place, (sku, quantity, unit) in enumerate(rows, 1):
        segments += [f"LX*{place}", f"W04*{quantity}*{unit}**VN*{sku}"]
    total_units = sum(row[1] for row in rows) if units is None else units
    app.send(app.x12("943", "AR", [*segments, f"W03*{total_units}"]))


def test_announced_goods_arrive(idle):
    app = App(idle)
    announce(app, "T1", ("A", 20, "EA"), ("C", 2, "CA"))
    assert idle.truth()["announced"] == {"T1": {"A": 20, "C": 24}}
    app.new_files()
    idle.arrive("T1", damaged={"A": 1}, short={"A": 3, "C": -1})
    [data] = new(app, "944")
    assert only(data, "W17", "W07", "W13", "W14") == [
        "W17*F*20261123*R000001*T1",
        "W07*17*EA**VN*A",
        "W13*1*EA*01",
        "W13*3*EA*02",
        "W07*25*EA**VN*C",
        "W13*1*EA*03",
        "W14*42",
    ]
    assert app.charged() == {}
    with pytest.raises(PartnerError):
        idle.arrive("T1")
    announce(app, "T1", ("A", 1, "EA"))
    assert app.charged() == {"receipt_repeat": 1}, "it has arrived already"


@pytest.mark.parametrize(
    ("number", "rows", "units", "rule"),
    [
        ("T1", [("A", 20, "EA")], None, "receipt_repeat"),
        ("T2", [("X", 20, "EA")], None, "receipt_item"),
        ("T2", [("A", 20, "EA")], 19, "receipt_total"),
        ("T2", [("A", 1.5, "EA")], None, "receipt_quantity"),
        ("T2", [("A", 0, "EA")], None, "receipt_quantity"),
    ],
)
def test_a_wrong_announcement_is_refused(idle, number, rows, units, rule):
    app = App(idle)
    announce(app, "T1", ("A", 1, "EA"))
    announce(app, number, *rows, units=units)
    assert app.charged() == {rule: 1} and set(idle.truth()["announced"]) == {"T1"}


# --- 947


def test_adjustments_are_told_and_real(idle):
    app = App(idle)
    idle.adjust("A", -3)
    idle.adjust("A", 2, reference="X7")
    idle.adjust("B", -1, reason="07", lot="L2")
    files = new(app, "947")
    rows = [only(data, "W19")[0] for data in files]
    assert rows == [
        "W19*06*-3*EA**VN*A",
        "W19*56*2*EA**VN*A",
        "W19*07*-1*EA**VN*B***L2",
    ]
    assert only(files[1], "W15") == ["W15*20261123*A000002*X7"]
    assert (total(idle, "A"), total(idle, "B")) == (49, 9)
    assert idle.truth()["stock"]["B"]["lots"] == {"L1": 4, "L2": 5}
    with pytest.raises(PartnerError):
        idle.adjust("A", -50)


def test_moves_between_states_change_no_total(idle):
    app = App(idle)
    idle.move("A", 5, "hold")
    idle.move("A", 2, "release")
    idle.move("A", 1, "damage")
    rows = [only(data, "W19")[0] for data in new(app, "947")]
    assert rows == ["W19*05*-5*EA**VN*A", "W19*55*2*EA**VN*A", "W19*AU*-1*EA**VN*A"]
    stock = idle.truth()["stock"]["A"]
    assert (stock["good"], stock["hold"], stock["damaged"]) == (46, 3, 1)
    assert stock["total"] == 50
    with pytest.raises(PartnerError):
        idle.move("A", 4, "release")


def test_losses_are_noticed_by_a_count(idle):
    app = App(idle)
    idle.lose("A", 4)
    stock = idle.truth()["stock"]["A"]
    assert (stock["total"], stock["book"]) == (46, 50) and app.new_files() == []
    idle.report()
    [data] = new(app, "846")
    assert only(data, "QTY")[0] == "QTY*17*50*EA", "the system believes in them"
    idle.count()
    [data] = new(app, "947")
    assert only(data, "W19") == ["W19*AA*-4*EA**VN*A"]
    assert idle.truth()["stock"]["A"]["book"] == 46
    assert idle.count() is None


def test_reason_and_sign_contradict_each_other(idle):
    app = App(idle)
    idle.rules.set(adjustment_contradiction=1)
    idle.adjust("A", 3)
    [data] = new(app, "947")
    assert only(data, "W19") == ["W19*06*3*EA**VN*A"] and total(idle, "A") == 53


# --- 846


def report(partner, app, *faults):
    for fault in faults:
        partner.rules.next(fault)
    partner.report()
    return new(app, "846")


def test_a_stock_report_tells_all(idle):
    app = give(idle, order("1", line("A", 8)))
    idle.move("A", 5, "hold")
    idle.receive({"A": 3}, damaged={"A": 3})
    app.new_files()
    [data] = report(idle, app)
    rows = only(data, "BIA", "LIN", "QTY", "CTT")
    assert rows[:5] == [
        "BIA*00*SI*I000001*20261123*0900",
        "LIN**VN*A*UP*614141000012",
        "QTY*17*45*EA",
        "QTY*33*37*EA",
        "QTY*QH*8*EA",
    ]
    assert rows[-1] == "CTT*3"


def test_allocated_may_be_in_or_out(idle):
    app = give(idle, order("1", line("A", 8)))
    app.new_files()
    [free] = report(idle, app, "stock_free")
    assert only(free, "QTY")[0] == "QTY*33*42*EA"
    [physical] = report(idle, app, "stock_physical_as_33")
    assert only(physical, "QTY")[0] == "QTY*33*50*EA"


def test_lots_are_rows_of_their_own():
    with running(works=False, report_lots=True) as partner:
        app = App(partner)
        [data] = report(partner, app)
        rows = only(data, "LIN", "QTY")
        assert rows[2:6] == [
            "LIN**VN*B*UP*614141000029*LT*L1",
            "QTY*17*4*EA",
            "LIN**VN*B*UP*614141000029*LT*L2",
            "QTY*17*6*EA",
        ]


def test_an_older_report_comes_after_a_newer_one(idle):
    app = App(idle)
    report(idle, app)
    idle.step(4 * HOUR)
    idle.adjust("A", -5)
    app.new_files()
    [newer] = report(idle, app, "stock_older")
    idle.step(HOUR)
    [older] = new(app, "846")
    assert only(newer, "BIA")[0].endswith("*20261123*1300")
    assert only(older, "BIA")[0].endswith("*20261123*0900")
    assert (only(newer, "QTY")[0], only(older, "QTY")[0]) == (
        "QTY*17*45*EA",
        "QTY*17*50*EA",
    )


def test_a_report_may_end_in_the_middle(idle):
    app = App(idle)
    [data] = report(idle, app, "stock_truncated")
    assert only(data, "LIN", "CTT") == ["LIN**VN*A*UP*614141000012", "CTT*1"]


def test_a_report_may_be_of_the_end_of_its_own_day(idle):
    app = App(idle)
    [data] = report(idle, app, "stock_zone")
    assert only(data, "BIA")[0].endswith("*20261123*2359")


def test_a_report_comes_each_night():
    with running(report_at="22:00") as partner:
        app = App(partner)
        # 14:00 UTC is 09:00 in New York
        partner.step(13 * HOUR - 1)
        assert app.new_files() == []
        partner.step(2)
        [data] = app.new_files()
        assert only(data, "BIA")[0].endswith("*20261123*2200")
        partner.step(DAY)
        assert len(app.new_files()) == 1


def test_reports_may_come_more_often():
    with running(report_every=4 * HOUR, compress=60) as partner:
        partner.step(3600)
        assert len(partner.sent("846")) == 15


# --- on the road


def test_goods_go_to_the_retailer_and_are_compared():
    seed = {
        "bigmart": {"items": [{"sku": "A"}]},
        "dock9": {**SEED, "settings": {"report_at": None}},
    }
    with start(seed, ["bigmart", "dock9"], tick=None, start=START) as sandbox:
        bought = sandbox.bigmart.buy({"A": 3})
        place = ("N1*ST*DC*92*DC07",)
        give(sandbox.dock9, order("1", line("A", 3), ship_to=place, po=bought.po))
        sandbox.step(2 * HOUR)
        assert not sandbox.bigmart.trucks
        sandbox.step(24 * HOUR)
        assert sandbox.bigmart.ledger.counts["asn_late"] == 1
        [truck] = sandbox.bigmart.trucks
        assert list(truck.cartons.values()) == [{"A": 3}] and truck.orders == (
            bought.po,
        )


def test_goods_of_the_supplier_arrive():
    seed = {
        "dock9": {**SEED, "settings": {"works": False, "report_at": None}},
        "fabrik": {"goods": [{"sku": "A", "stock": 100}]},
    }
    with start(seed, ["dock9", "fabrik"], tick=None, start=START) as sandbox:
        app = App(sandbox.fabrik)
        app.send(
            app.edifact(
                "ORDERS",
                [
                    "BGM+220+77+9",
                    "DTM+2:20261125:102",
                    "NAD+BY+5412345000013::9",
                    "NAD+DP+D9-ATL::92",
                    "LIN+1",
                    "PIA+1+A:SA",
                    "QTY+21:30:PCE",
                    "UNS+S",
                ],
            )
        )
        sandbox.step(5 * DAY)
        assert sandbox.dock9.truth()["stock"]["A"]["received"] == 30
        [receipt] = sandbox.dock9.sent("944")
        assert b"W17*F*20261125*R000001*LS000001~" in receipt.data


def test_physical_stock_is_what_came_less_what_went(busy):
    """However it is played: nothing appears or vanishes but by name."""
    faults = ["ships_partial", "ships_over", "ships_substitute", "advice_late"]
    busy.rules.set(**dict.fromkeys(faults, 0.4))
    for number in range(12):
        give(busy, order(str(number), line("A", 2 + number % 3), line("B", 1)))
        busy.step(3 * HOUR)
        if number % 4 == 0:
            busy.receive({"A": 10, "B": 2}, damaged={"A": 1})
            busy.lose("A", 1)
            busy.adjust("B", 1)
    busy.step(3 * DAY)
    for sku, began, changed in (("A", 50, -3), ("B", 10, 3), ("C", 48, 0)):
        stock = busy.truth()["stock"][sku]
        moved = stock["received"] - stock["shipped"]
        assert stock["total"] == began + changed + moved
