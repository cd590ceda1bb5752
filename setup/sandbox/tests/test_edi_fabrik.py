"""Fabrik: its EDIFACT and its X12, what it refuses, answers, despatches and reports."""

from datetime import date

import pytest

from sandbox.edi import PartnerError, gs1, running_partner

from .edi import START, App, only

HOUR, DAY = 3600, 86400
GOODS = [
    {"sku": "A", "title": "Schräubchen", "stock": 50, "price": "1.50"},
    {"sku": "B", "title": "Mutter", "stock": 10, "least": 5},
    {"sku": "C", "title": "Bolzen", "stock": 100},
]
GTINS = {sku: gs1.with_digit(f"40123450000{n}") for n, sku in enumerate("ABC", 1)}
US, THEM = "5412345000013", "4012345000009"


def running(**settings):
    settings = {"report_at": None, **settings}
    return running_partner("fabrik", {"goods": GOODS}, settings, tick=None, start=START)


@pytest.fixture
def idle():
    """It answers and despatches when it is told to."""
    with running(works=False) as partner:
        yield partner
        assert not partner.ledger.counts["own_documents"]


@pytest.fixture
def busy():
    with running() as partner:
        yield partner
        assert not partner.ledger.counts["own_documents"]


def row(number, sku, quantity, unit="PCE", price=None, item="SA"):
    found = [f"LIN+{number}", f"PIA+1+{sku}:{item}", f"QTY+21:{quantity}:{unit}"]
    return [*found, f"PRI+AAA:{price}"] if price else found


def order(number, *rows, day="20261202", count=None, kind="220", function="9"):
    segments = [
        f"BGM+{kind}+{number}+{function}",
        "DTM+137:20261123:102",
        f"DTM+2:{day}:102",
        f"NAD+BY+{US}::9",
        f"NAD+SU+{THEM}::9",
        "NAD+DP+D9-ATL::92",
    ]
    lines = [segment for each in rows for segment in each]
    count = len(rows) if count is None else count
    return [*segments, *lines, "UNS+S", f"CNT+2:{count}"]


def app_of(partner):
    partner.app = getattr(partner, "app", None) or App(partner)
    return partner.app


def give(partner, *segments, kind="ORDERS", **change):
    app = app_of(partner)
    app.send(app.edifact(kind, *segments, **change))
    return app


def segments_of(data, *tags):
    """Segments of a message as text, releases kept."""
    text = data.decode("latin-1").replace("?'", "\0")
    found = [each.strip("\r\n").replace("\0", "?'") for each in text.split("'")]
    return [each for each in found if each.split("+")[0] in tags]


def new(app, kind):
    return [each for each in app.new_files() if f"+{kind}:".encode() in each]


# --- form


def test_a_right_order_is_acknowledged(idle):
    app = give(idle, order("77", row(1, "A", 10, price="1,50")))
    [ack] = app.new_files()
    assert segments_of(ack, "UNB", "UCI", "UCM") == [
        f"UNB+UNOC:3+{THEM}:14+{US}:14+261123:1500+00000001",
        f"UCI+1+{US}:14+{THEM}:14+7",
        "UCM+1+ORDERS:D:96A:UN:EAN008+7",
    ]
    assert app.charged() == {}
    assert idle.truth()["orders"]["77"]["lines"]["1"]["ordered"] == 10


@pytest.mark.parametrize(
    ("old", "new_text", "rule"),
    [
        (b"UNT+14+1", b"UNT+15+1", "unt_count"),
        (b"UNT+14+1", b"UNT+14+2", "unt_reference"),
        (b"PRI+AAA:1,50", b"PRI+AAA:1.50", "decimal_mark"),
        (b"QTY+21:10:", b"QTY+21:10.5:", "decimal_mark"),
        (b"DTM+2:20261202:102", b"DTM+2:20261202:999", "guide"),
        (b"DTM+2:20261202:102", b"DTM+2:20261302:102", "guide"),
        (b"DTM+2:20261202:102", b"DTM+2:202612020900:102", "guide"),
        (b"ORDERS:D:96A:UN:EAN008", b"ORDERS:D:01B:UN:EAN008", "wrong_version"),
        (b"UNH+1+ORDERS:", b"UNH+1+INVOIC:", "unsupported"),
        (b"PIA+1+A:SA", b"PIA+1+\x80:SA", "charset"),
    ],
)
def test_a_wrong_message_is_rejected(idle, old, new_text, rule):
    app = app_of(idle)
    data = app.edifact("ORDERS", order("77", row(1, "A", 10, price="1,50")))
    assert old in data
    app.send(data.replace(old, new_text))
    assert list(app.charged()) == [rule] and not idle.truth()["orders"]
    [ack] = app.new_files()
    assert segments_of(ack, "UCI")[0].endswith("+7")
    assert segments_of(ack, "UCM")[0].split("+")[3] == "4"


@pytest.mark.parametrize(
    ("old", "new_text", "rule", "code"),
    [
        (b"UNZ+1+", b"UNZ+2+", "unz_count", "29"),
        (b"UNZ+1+1", b"UNZ+1+2", "unz_reference", "28"),
        (b"UNOC:3", b"UNOX:3", "charset", "12"),
        (US.encode() + b":14+4", b"5400000000003:14+4", "wrong_identity", "23"),
        (THEM.encode() + b":14+2", b"5400000000003:14+2", "wrong_identity", "7"),
        (b"0800+1'", b"0800+1++++++1'", "wrong_usage", "25"),
    ],
)
def test_a_wrong_interchange_is_rejected(idle, old, new_text, rule, code):
    app = app_of(idle)
    data = app.edifact("ORDERS", order("77", row(1, "A", 10)))
    assert old in data
    app.send(data.replace(old, new_text, 1))
    assert list(app.charged()) == [rule] and not idle.truth()["orders"]
    [ack] = app.new_files()
    assert segments_of(ack, "UCI")[0].endswith(f"+4+{code}")
    assert not segments_of(ack, "UCM")


def test_one_of_two_messages_is_rejected(idle):
    good, bad = order("77", row(1, "A", 10)), order("78", row(1, "A", "x"))
    app = give(idle, good, bad)
    [ack] = app.new_files()
    assert [each.split("+")[3] for each in segments_of(ack, "UCM")] == ["7", "4"]
    assert set(idle.truth()["orders"]) == {"77"} and app.charged() == {"guide": 1}


def test_a_decimal_point_is_right_where_it_is_declared(idle):
    segments = order("77", row(1, "A", 10, price="1.50"))
    app = give(idle, segments, una="UNA:+.? '")
    assert app.charged() == {}
    app = give(idle, order("78", row(1, "A", 10, price="1.50")), una="")
    assert app.charged() == {}, "a point is the default"
    app = give(idle, order("79", row(1, "A", 10, price="1,50")), una="")
    assert app.charged() == {"decimal_mark": 1}


def test_references_are_used_once_and_acknowledged_again(idle):
    app = give(idle, order("77", row(1, "A", 10)))
    app.new_files()
    app.send(app.edifact("ORDERS", order("78", row(1, "A", 1)), number=1))
    assert app.charged() == {"control_repeat": 1}
    [ack] = app.new_files()
    assert segments_of(ack, "UCI")[0].endswith("+4+26")
    idle.rules.next("ack_never")
    data = app.edifact("ORDERS", order("79", row(1, "A", 1)))
    app.send(data)
    app.send(data)
    assert app.charged() == {} and len(app.new_files()) == 1
    assert set(idle.truth()["orders"]) == {"77", "79"}


def test_names_in_utf8_and_other_charsets(idle):
    text = "Łódź"
    segments = order("77", row(1, "A", 10))
    segments.insert(3, f"FTX+AAI+++{text}")
    app = give(idle, segments, charset="UNOY", encoding="utf-8")
    app.send(app.edifact("ORDERS", order("78", row(1, "A", 10)), charset="UNOA"))
    assert app.charged() == {}


def contrl(app, *segments):
    app.send(app.edifact("CONTRL", list(segments), version="D:3:UN"))


@pytest.mark.parametrize(
    ("action", "message", "state"),
    [
        ("7", "UCM+1+INVRPT:D:96A:UN:EAN008+7", "accepted"),
        ("7", None, "accepted"),
        ("8", None, "received"),
        ("7", "UCM+1+INVRPT:D:96A:UN:EAN008+4+12", "rejected"),
        ("4", None, "rejected"),
    ],
)
def test_our_acknowledgement_settles(idle, action, message, state):
    entry, app = idle.report(), app_of(idle)
    app.new_files()
    uci = f"UCI+00000001+{THEM}:14+{US}:14+{action}"
    contrl(app, *([uci, message] if message else [uci]))
    assert entry.state == state
    assert app.new_files() == [], "no CONTRL for CONTRL"
    idle.step(25 * HOUR)
    expected = {"app_rejected": 1} if state == "rejected" else {}
    assert app.charged() == expected


def test_a_missing_or_strange_acknowledgement(idle):
    idle.report()
    app = app_of(idle)
    contrl(app, f"UCI+77+{THEM}:14+{US}:14+7")
    assert app.charged() == {"ack_unknown": 1}
    idle.step(25 * HOUR)
    assert app.charged() == {"missing_ack": 1}


# --- business


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (row(1, "X", 10), "order_item"),
        (row(1, "A", 10, "CT"), "order_unit"),
        (row(1, "B", 4), "order_quantity"),
        (row(1, "A", 0), "order_quantity"),
        (row(1, "A", "1,5"), "order_quantity"),
    ],
)
def test_a_wrong_line_is_refused_and_the_others_come(busy, line, rule):
    app = give(busy, order("77", line, row(2, "C", 5)))
    assert app.charged() == {rule: 1}
    busy.step(5 * HOUR)
    [data] = new(app, "ORDRSP")
    assert segments_of(data, "BGM") == ["BGM+231+AB000001+4"]
    actions = [each.split("+")[1:3] for each in segments_of(data, "LIN")]
    assert actions == [["1", "7"], ["2", "5"]]


@pytest.mark.parametrize(
    ("segments", "rule"),
    [
        (order("77", row(1, "A", 10), count=2), "order_count"),
        (order("76", row(1, "A", 10)), "order_repeat"),
    ],
)
def test_a_wrong_order_is_refused(busy, segments, rule):
    give(busy, order("76", row(1, "A", 1)))
    app = give(busy, segments)
    assert app.charged() == {rule: 1} and set(busy.truth()["orders"]) == {"76"}
    assert busy.received("ORDERS")[1].state == "refused"


def test_a_date_in_the_past_is_noted(busy):
    app = give(busy, order("77", row(1, "A", 10), day="20261101"))
    assert app.charged() == {"order_date": 1}


def test_items_may_be_told_by_gtin(idle):
    line = [f"LIN+1++{GTINS['A']}:EN", "QTY+21:10:PCE"]
    app = give(idle, order("77", line))
    assert app.charged() == {}
    both = [f"LIN+1++{GTINS['A']}:EN", "PIA+1+B:SA", "QTY+21:10:PCE"]
    assert give(idle, order("78", both)).charged() == {"order_item": 1}


def test_what_is_there_is_confirmed_as_wanted(busy):
    app = give(busy, order("77", row(1, "A", 10)))
    app.new_files()
    busy.step(3 * HOUR)
    assert app.new_files() == []
    busy.step(2 * HOUR)
    [data] = new(app, "ORDRSP")
    tags = ("BGM", "RFF", "LIN", "PIA", "IMD", "QTY", "DTM", "PRI", "CNT")
    assert segments_of(data, *tags) == [
        "BGM+231+AB000001+29",
        "DTM+137:202611231900:203",
        "RFF+ON:77",
        f"LIN+1+5+{GTINS['A']}:EN",
        "PIA+1+A:SA",
        "IMD+F++:::Schräubchen",
        "QTY+21:10:PCE",
        "QTY+113:10:PCE",
        "DTM+2:20261202:102",
        "PRI+AAA:1,50",
        "CNT+2:1",
    ]


def test_what_is_not_there_comes_later(busy):
    app = give(busy, order("77", row(1, "B", 15)))
    busy.step(5 * HOUR)
    [data] = new(app, "ORDRSP")
    assert segments_of(data, "BGM") == ["BGM+231+AB000001+4"]
    assert segments_of(data, "LIN", "QTY", "SCC", "DTM")[1:] == [
        f"LIN+1+6+{GTINS['B']}:EN",
        "QTY+21:15:PCE",
        "SCC+1",
        "QTY+113:10:PCE",
        "DTM+2:20261202:102",
        "SCC+1",
        "QTY+113:5:PCE",
        "DTM+2:20261209:102",
    ]


def test_a_split_may_be_lines():
    with running(split_style="lines") as partner:
        app = give(partner, order("77", row(1, "B", 15)))
        partner.step(5 * HOUR)
        [data] = new(app, "ORDRSP")
        assert segments_of(data, "LIN", "QTY", "CNT") == [
            f"LIN+1+6+{GTINS['B']}:EN",
            "QTY+21:15:PCE",
            "QTY+113:10:PCE",
            f"LIN+1+6+{GTINS['B']}:EN",
            "QTY+21:15:PCE",
            "QTY+113:5:PCE",
            "CNT+2:2",
        ]


@pytest.mark.parametrize(
    ("fault", "promises"),
    [
        ("answer_later", [[10, "2026-12-09"]]),
        ("answer_split", [[6, "2026-12-02"], [4, "2026-12-09"]]),
    ],
)
def test_answers_that_change_dates(busy, fault, promises):
    busy.rules.next(fault)
    give(busy, order("77", row(1, "A", 10)))
    busy.step(5 * HOUR)
    assert busy.truth()["orders"]["77"]["lines"]["1"]["promises"] == promises


def test_another_item_comes_in_its_place(busy):
    busy.rules.next("answer_substitute")
    app = give(busy, order("77", row(1, "A", 10)))
    busy.step(5 * HOUR)
    [data] = new(app, "ORDRSP")
    other = busy.truth()["orders"]["77"]["lines"]["1"]["instead"]
    assert other in "BC"
    assert segments_of(data, "LIN", "PIA") == [
        f"LIN+1+6+{GTINS['A']}:EN",
        "PIA+1+A:SA",
        f"PIA+3+{other}:SA",
    ]


def test_an_order_is_never_answered(busy):
    busy.rules.next("answer_never")
    app = give(busy, order("77", row(1, "A", 10)))
    app.new_files()
    busy.step(30 * DAY)
    assert app.new_files() == []


def test_it_is_answered_by_hand(idle):
    app = give(idle, order("77", row(1, "A", 10), row(2, "B", 5), row(3, "C", 5)))
    app.new_files()
    day = date(2026, 12, 20)
    idle.answer("77", {"A": [(4, day)]}, instead={"B": "C"}, refuse=["C"])
    [data] = new(app, "ORDRSP")
    assert [each.split("+")[2] for each in segments_of(data, "LIN")] == ["6", "6", "7"]
    lines = idle.truth()["orders"]["77"]["lines"]
    assert lines["1"]["promises"] == [[4, "2026-12-20"]]
    assert lines["2"]["instead"] == "C" and lines["3"]["refused"]
    with pytest.raises(PartnerError):
        idle.answer("4711")


def test_a_change_replaces_lines_and_is_answered(busy):
    app = give(busy, order("77", row(1, "A", 10), row(2, "C", 5)))
    busy.step(5 * HOUR)
    app.new_files()
    changed = order("77", row(1, "A", 3), day="20261203", kind="230", function="4")
    give(busy, changed, kind="ORDCHG")
    busy.step(5 * HOUR)
    [data] = new(app, "ORDRSP")
    assert segments_of(data, "QTY") == [
        "QTY+21:3:PCE",
        "QTY+113:3:PCE",
        "QTY+21:5:PCE",
        "QTY+113:5:PCE",
    ]
    deleted = order("77", ["LIN+2+2", "PIA+1+C:SA", "QTY+21:0:PCE"], kind="230")
    deleted[0] = "BGM+230+77+4"
    give(busy, deleted, kind="ORDCHG")
    assert set(busy.truth()["orders"]["77"]["lines"]) == {"1"}
    assert app.charged() == {}


def test_a_cancelled_or_unknown_order(busy):
    app = give(busy, order("77", row(1, "A", 10)))
    cancel = order("77", row(1, "A", 10), kind="230", function="1")
    give(busy, cancel, kind="ORDCHG")
    app.new_files()
    busy.step(30 * DAY)
    assert (
        app.new_files() == [] and busy.truth()["orders"]["77"]["state"] == "cancelled"
    )
    give(busy, cancel, kind="ORDCHG")
    cancel[0] = "BGM+230+4711+1"
    give(busy, cancel, kind="ORDCHG")
    assert app.charged() == {"order_unknown": 2}


# --- DESADV


def test_goods_are_despatched_with_ssccs(busy):
    app = give(busy, order("77", row(1, "A", 30)))
    busy.step(5 * HOUR)
    app.new_files()
    # wanted for the 2nd of December: on the road the day before
    busy.step(7 * DAY)
    assert new(app, "DESADV") == []
    busy.step(1 * DAY)
    [data] = new(app, "DESADV")
    assert segments_of(data, "BGM", "RFF")[:2] == ["BGM+351+LS000001+9", "RFF+ON:77"]
    assert segments_of(data, "CPS") == ["CPS+1", "CPS+2+1", "CPS+3+1"]
    ssccs = [each.split("+")[2] for each in segments_of(data, "GIN")]
    assert len(set(ssccs)) == 2 and all(gs1.is_valid(each, 18) for each in ssccs)
    assert segments_of(data, "QTY") == ["QTY+12:20:PCE", "QTY+12:10:PCE"]
    truth = busy.truth()
    assert truth["stock"]["A"] == 20 and truth["orders"]["77"]["state"] == "despatched"
    assert truth["despatches"]["LS000001"]["cartons"][ssccs[1]] == {"A": 10}


def test_the_parts_of_a_split_are_despatched_one_by_one(busy):
    app = give(busy, order("77", row(1, "B", 15)))
    busy.step(9 * DAY)
    [data] = new(app, "DESADV")
    assert segments_of(data, "QTY") == ["QTY+12:10:PCE"]
    busy.step(7 * DAY)
    [data] = new(app, "DESADV")
    assert segments_of(data, "QTY") == ["QTY+12:5:PCE"]


def test_a_notice_comes_before_the_answer(busy):
    busy.rules.next("notice_first")
    app = give(busy, order("77", row(1, "A", 10)))
    kinds = [segments_of(data, "UNH")[0].split("+")[2][:6] for data in app.new_files()]
    assert kinds == ["CONTRL", "DESADV"]
    busy.step(5 * HOUR)
    assert len(new(app, "ORDRSP")) == 1
    busy.step(20 * DAY)
    assert len(busy.despatches) == 1, "it goes once"


def test_goods_are_promised_once(busy):
    give(busy, order("77", row(1, "B", 8)), order("78", row(1, "B", 8)))
    busy.step(5 * HOUR)
    orders = busy.truth()["orders"]
    assert orders["77"]["lines"]["1"]["promises"] == [[8, "2026-12-02"]]
    assert orders["78"]["lines"]["1"]["promises"] == [
        [2, "2026-12-02"],
        [6, "2026-12-09"],
    ]


def test_nothing_leaves_of_an_order_that_is_refused(busy):
    busy.rules.set(notice_first=1)
    app = give(busy, order("77", row(1, "X", 10)))
    busy.step(20 * DAY)
    assert not busy.despatches and app.charged()["order_item"] == 1


def test_what_left_before_its_answer_is_answered_as_it_left(busy):
    busy.rules.next("notice_first")
    give(busy, order("77", row(1, "B", 10)))
    busy.step(5 * HOUR)
    line = busy.truth()["orders"]["77"]["lines"]["1"]
    assert line["promises"] == [[10, "2026-12-02"]] and line["despatched"] == 10


def test_an_item_may_be_on_two_lines(busy):
    app = give(busy, order("77", row(1, "A", 10), row(2, "A", 7)))
    busy.step(9 * DAY)
    [data] = new(app, "DESADV")
    assert segments_of(data, "QTY") == ["QTY+12:10:PCE", "QTY+12:7:PCE"]
    references = [each for each in segments_of(data, "RFF") if each.count(":") == 2]
    assert references == ["RFF+ON:77:1", "RFF+ON:77:2"]


def test_less_goes_than_was_confirmed(busy):
    busy.rules.set(notice_short=1)
    app = give(busy, order("77", row(1, "A", 10)))
    busy.step(9 * DAY)
    [data] = new(app, "DESADV")
    assert segments_of(data, "QTY") == ["QTY+12:9:PCE"]


def test_goods_go_without_a_notice(busy):
    busy.rules.next("notice_never")
    app = give(busy, order("77", row(1, "A", 10)))
    busy.step(9 * DAY)
    assert new(app, "DESADV") == []
    [despatch] = busy.truth()["despatches"].values()
    assert despatch["told"] is False and busy.truth()["stock"]["A"] == 40


def test_goods_are_despatched_by_hand(idle):
    app = give(idle, order("77", row(1, "A", 10)))
    with pytest.raises(PartnerError):
        idle.despatch("77")
    idle.answer("77")
    idle.despatch("77", {"A": 4})
    idle.despatch("77")
    quantities = [segments_of(each, "QTY") for each in new(app, "DESADV")]
    assert quantities == [["QTY+12:4:PCE"], ["QTY+12:6:PCE"]]
    with pytest.raises(PartnerError):
        idle.despatch("77")


# --- INVRPT


def test_stock_is_reported_each_morning():
    with running(report_at="06:00") as partner:
        app = App(partner)
        partner.make_goods("A", 5)
        # 14:00 UTC is 15:00 in Berlin
        partner.step(15 * HOUR + 1)
        [data] = app.new_files()
        assert segments_of(data, "BGM", "DTM", "LIN", "QTY") == [
            "BGM+35+BE000001+9",
            "DTM+137:202611240600:203",
            "DTM+366:202611240600:203",
            f"LIN+1++{GTINS['A']}:EN",
            "QTY+145:55:PCE",
            f"LIN+2++{GTINS['B']}:EN",
            "QTY+145:10:PCE",
            f"LIN+3++{GTINS['C']}:EN",
            "QTY+145:100:PCE",
        ]


def test_a_report_drops_an_item(idle):
    app = app_of(idle)
    idle.rules.next("stock_drops_item")
    idle.report()
    idle.report()
    short, whole = new(app, "INVRPT")
    assert len(segments_of(short, "LIN")) == 2 and len(segments_of(whole, "LIN")) == 3


# --- faults of what it writes


def reported(partner, *faults):
    for fault in faults:
        partner.rules.next(fault)
    partner.report()
    [data] = app_of(partner).new_files()
    return data


def test_texts_in_cp1252_under_unoc(idle):
    data = reported(idle, "cp1252")
    assert b"UNOC:3" in data and b"Schr\xe4ubchen \x96 5 \x80 \x93fein\x94" in data


def test_texts_in_utf8_under_unoy(idle):
    data = reported(idle, "utf8")
    assert b"UNOY:3" in data and "Schräubchen".encode() in data


def test_without_una_the_mark_is_a_point(busy):
    busy.rules.next("no_una")
    app = give(busy, order("77", row(1, "A", 10)))
    busy.step(5 * HOUR)
    [data] = new(app, "ORDRSP")
    assert data.startswith(b"UNB+") and segments_of(data, "PRI") == ["PRI+AAA:1.50"]


def test_service_characters_are_released(idle):
    data = reported(idle, "release_characters")
    assert b"IMD+F++:::Mutter?+A?:B?'C??'\n" in data


def test_a_wrong_segment_count(idle):
    data = reported(idle, "wrong_count")
    inside = data.count(b"'\n") - 3
    assert int(segments_of(data, "UNT")[0].split("+")[1]) == inside + 1


def test_a_right_order_is_rejected_by_contrl_4(idle):
    idle.rules.next("ack_reject")
    app = give(idle, order("77", row(1, "A", 10)))
    [ack] = app.new_files()
    assert segments_of(ack, "UCI", "UCM") == [f"UCI+1+{US}:14+{THEM}:14+4+18"]
    assert not idle.truth()["orders"] and app.charged() == {}


def test_contrl_8_says_received_and_no_more(idle):
    idle.rules.next("ack_received")
    app = give(idle, order("77", row(1, "A", 10)))
    [ack] = app.new_files()
    assert segments_of(ack, "UCI", "UCM") == [f"UCI+1+{US}:14+{THEM}:14+8"]


def test_a_message_comes_again_and_changed(idle):
    one = reported(idle, "again_changed")
    idle.step(601)
    [two] = app_of(idle).new_files()
    assert segments_of(one, "BGM") == segments_of(two, "BGM")
    assert segments_of(two, "QTY")[0] == "QTY+145:51:PCE"
    assert segments_of(one, "UNB") != segments_of(two, "UNB")


# --- in X12


@pytest.fixture
def x12():
    with running(standard="x12") as partner:
        yield partner
        assert not partner.ledger.counts["own_documents"]


def buy(partner, number, *lines, kind="850"):
    app = app_of(partner)
    head = [f"BEG*00*NE*{number}**20261123", "DTM*002*20261202"]
    head.append("N1*ST*WE*92*D9-ATL")
    app.send(app.x12("850", "PO", [*head, *lines, f"CTT*{len(lines)}"]))
    return app


def test_an_order_in_x12_is_answered_despatched_and_acknowledged(x12):
    app = buy(x12, "77", "PO1*1*10*EA*1.5*PE*VN*A", "PO1*2*15*EA***VN*B")
    assert app.charged() == {}
    x12.step(5 * HOUR)
    data = next(each for each in app.new_files() if b"ST*855*" in each)
    assert only(data, "BAK", "PO1", "ACK", "CTT") == [
        "BAK*00*AC*77*20261123****AB000001*20261123",
        f"PO1*1*10*EA*1.5*PE*VN*A*EN*{GTINS['A']}",
        "ACK*IA*10*EA*068*20261202",
        f"PO1*2*15*EA*1*PE*VN*B*EN*{GTINS['B']}",
        "ACK*IA*10*EA*068*20261202",
        "ACK*DR*5*EA*068*20261209",
        "CTT*2",
    ]
    x12.step(8 * DAY)
    data = next(each for each in app.new_files() if b"ST*856*" in each)
    assert only(data, "HL") == [
        "HL*1**S*1",
        "HL*2*1*O*1",
        "HL*3*2*P*1",
        "HL*4*3*I*0",
        "HL*5*2*P*1",
        "HL*6*5*I*0",
    ]
    assert only(data, "SN1", "CTT") == ["SN1**10*EA", "SN1**10*EA", "CTT*6"]


def test_an_order_in_x12_is_changed_and_refused(x12):
    app = buy(x12, "77", "PO1*1*10*EA*1.5*PE*VN*A", "PO1*2*5*EA***VN*X")
    assert app.charged() == {"order_item": 1}
    change = ["BCH*04*NE*77**1*20261123", "POC*1*QD*4*6*EA*1.5*PE*VN*A", "CTT*1"]
    app.send(app.x12("860", "PC", change))
    assert x12.truth()["orders"]["77"]["lines"]["1"]["ordered"] == 4
    app.new_files()
    x12.step(5 * HOUR)
    [data] = app.new_files()
    assert only(data, "ACK") == ["ACK*IA*4*EA*068*20261202", "ACK*R2*5*EA"]


def test_identities_of_x12_and_of_a_seed_in_json():
    with running(standard="x12", us=["01", "123456789"]) as partner:
        partner.report()
        [data] = partner.files().values()
        assert b"*ZZ*FABRIK         *01*123456789      *" in data


def test_a_substitute_in_x12(x12):
    app = buy(x12, "77", "PO1*1*10*EA*1.5*PE*VN*A")
    app.new_files()
    x12.answer("77", instead={"A": "C"})
    [data] = app.new_files()
    assert only(data, "ACK") == [f"ACK*IS*10*EA*068*20261202**VN*C*EN*{GTINS['C']}"]


def test_stock_in_x12(x12):
    x12.report()
    [data] = app_of(x12).new_files()
    assert only(data, "BIA", "LIN", "QTY", "CTT")[:3] == [
        "BIA*00*SI*BE000001*20261123*1500",
        f"LIN**VN*A*EN*{GTINS['A']}",
        "QTY*33*50*EA",
    ]
