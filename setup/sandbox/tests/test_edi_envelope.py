"""What any partner makes of envelopes and acknowledgements, and does to them."""

import pytest

from sandbox.edi import running_partner

from .edi import START, App, only, x12_of

HOUR = 3600
ORDER = [
    "W05*N*%s*PO1",
    "N1*ST*SHOP*92*0001",
    "W66*PP*M********UPSN",
    "LX*1",
    "W01*2*EA**VN*SKU-1",
    "W76*2",
]


def order(number, **change):
    lines = [line.replace("%s", number) for line in ORDER]
    return [change.get(line.split("*")[0], line) for line in lines]


@pytest.fixture
def dock9():
    settings = {"works": False, "report_at": None}
    with running_partner("dock9", settings=settings, tick=None, start=START) as partner:
        yield partner
        counts = partner.ledger.counts
        assert not counts["own_documents"] and not counts["own_work"], counts


@pytest.fixture
def app(dock9):
    return App(dock9)


def give(app, *numbers, **change):
    """Send 940s and return their 997, as segments."""
    documents = [order(number) for number in numbers]
    app.send(app.x12("940", "OW", *documents, **change))
    return [only(data, "TA1", "AK1", "AK2", "AK5", "AK9") for data in app.new_files()]


def test_a_right_order_is_taken_and_acknowledged(dock9, app):
    [ack] = give(app, "1", "2")
    assert ack == [
        "AK1*OW*1",
        "AK2*940*0001",
        "AK5*A",
        "AK2*940*0002",
        "AK5*A",
        "AK9*A*2*2*2",
    ]
    assert set(dock9.truth()["orders"]) == {"1", "2"}
    assert app.charged() == {}
    assert [each.state for each in dock9.received("940")] == ["accepted"] * 2


def test_a_wrong_set_is_rejected_and_the_others_go_on(dock9, app):
    wrong = order("2", W01="W01*2*EA**XX*SKU-1")
    app.send(app.x12("940", "OW", order("1"), wrong, order("3")))
    [data] = app.new_files()
    assert only(data, "AK2", "AK3", "AK4", "AK5", "AK9") == [
        "AK2*940*0001",
        "AK5*A",
        "AK2*940*0002",
        "AK3*W01*6**8",
        "AK4*4**7*XX",
        "AK5*R*5",
        "AK2*940*0003",
        "AK5*A",
        "AK9*P*3*3*2",
    ]
    assert set(dock9.truth()["orders"]) == {"1", "3"}
    assert app.charged() == {"guide": 1}


@pytest.mark.parametrize(
    ("old", "new", "rule", "answer"),
    [
        (b"SE*8*", b"SE*9*", "se_count", "AK5*R*4"),
        (b"SE*8*0001", b"SE*8*0009", "set_control", "AK5*R*3"),
        (b"GE*1*", b"GE*2*", "set_count", "AK9*R*1*1*0*5"),
        (b"GE*1*1", b"GE*1*2", "group_control", "AK9*R*1*1*0*4"),
        (b"*X*004010~", b"*X*005010~", "wrong_version", "AK9*R*1*1*0*2"),
        (b"GS*OW*ACME*", b"GS*OW*ACNE*", "wrong_identity", "AK9*R*1*1*0*1"),
        (b"GS*OW*", b"GS*PO*", "envelope", "AK5*R*6"),
        (b"ST*940*", b"ST*810*", "unsupported", "AK5*R*1"),
        (b"N1*ST*SHOP*", b"N1*ST*SH\xd6P*", "charset", "AK5*R*5"),
    ],
)
def test_a_set_or_group_is_rejected(dock9, app, old, new, rule, answer):
    data = app.x12("940", "OW", order("1"))
    assert old in data
    app.send(data.replace(old, new))
    assert list(app.charged()) == [rule]
    [ack] = app.new_files()
    assert answer in only(ack, "AK5", "AK9")
    assert not dock9.truth()["orders"]


@pytest.mark.parametrize(
    ("change", "rule", "note"),
    [
        ({"sender": ("ZZ", "OTHER")}, "wrong_identity", "R*006"),
        ({"receiver": ("ZZ", "OTHER")}, "wrong_identity", "R*008"),
        ({"usage": "T"}, "wrong_usage", "R*020"),
    ],
)
def test_an_interchange_is_refused_by_ta1(dock9, app, change, rule, note):
    [ack] = give(app, "1", **change)
    assert ack == [f"TA1*000000001*261123*0800*{note}"]
    assert app.charged() == {rule: 1} and not dock9.truth()["orders"]


def test_an_interchange_has_a_number(dock9, app):
    data = app.x12("940", "OW", order("1"))
    app.send(data.replace(b"*000000001", b"*00000000A"))
    [ack] = app.new_files()
    assert only(ack, "TA1")[0].endswith("*R*018") and app.charged() == {
        "isa_control": 1
    }


@pytest.mark.parametrize("text", [b"*261331*0800*", b"*261123*2460*"])
def test_an_interchange_has_a_date_and_a_time(dock9, app, text):
    data = app.x12("940", "OW", order("1"))
    app.send(data.replace(b"*261123*0800*U", text + b"U"))
    [ack] = app.new_files()
    assert only(ack, "TA1")[0].endswith("*R*014") and app.charged() == {"isa_time": 1}


def test_wrong_trailers_are_refused_by_ta1(dock9, app):
    data = app.x12("940", "OW", order("1")).replace(b"IEA*1*0", b"IEA*2*0")
    app.send(data)
    [ack] = app.new_files()
    assert only(ack, "TA1") == ["TA1*000000001*261123*0800*R*021"]
    assert x12_of(ack)[-1] == ["IEA", "0", "000000001"]
    assert app.charged() == {"group_count": 1}


def test_ta1_is_given_where_it_is_asked_for(dock9, app):
    ack, ta1 = give(app, "1", ack="1")
    assert ta1 == ["TA1*000000001*261123*0800*A*000"] and ack[-1] == "AK9*A*1*1*1"


def test_unreadable_files_are_noted_and_not_answered(dock9, app):
    data = app.x12("940", "OW", order("1"))
    for broken in (
        b"\xef\xbb\xbf" + data,
        data[:200],
        data.replace(b"ZZ*ACME", b"ZZ*A"),
    ):
        app.send(broken)
    assert app.charged() == {"unreadable": 1, "breaks_off": 1, "isa_width": 1}
    assert app.new_files() == []


def test_control_numbers_follow_each_other(dock9, app):
    give(app, "1")
    give(app, "2")
    assert app.charged() == {}
    give(app, "3", number=9)
    assert app.charged() == {"control_gap": 1}
    give(app, "4", number=10)
    assert app.charged() == {}, "a gap is charged once"
    give(app, "5", number=999999999)
    app.charged()
    give(app, "6", number=1_000_000_000 - 999_999_999 + 10)
    assert app.charged() == {"control_gap": 1}
    assert len(dock9.truth()["orders"]) == 6


def test_the_last_control_number_is_followed_by_one(dock9, app):
    app.send(app.x12("940", "OW", order("1"), number=999_999_999))
    app.send(app.x12("940", "OW", order("2"), number=1))
    assert app.charged() == {}


def test_a_repeated_number_is_charged_and_not_processed(dock9, app):
    data = app.x12("940", "OW", order("1"))
    app.send(data)
    app.new_files()
    app.send(data)
    assert app.charged() == {"control_repeat": 1}
    [ack] = app.new_files()
    assert only(ack, "TA1") == ["TA1*000000001*261123*0800*R*025"]
    app.send(app.x12("940", "OW", order("2"), number=1))
    assert app.charged() == {"control_repeat": 1}
    assert set(dock9.truth()["orders"]) == {"1"}


def test_bytes_that_were_never_acknowledged_may_come_again(dock9, app):
    dock9.rules.next("ack_never")
    data = app.x12("940", "OW", order("1"))
    app.send(data)
    assert app.new_files() == []
    app.send(data)
    [ack] = app.new_files()
    assert only(ack, "AK9") == ["AK9*A*1*1*1"]
    assert app.charged() == {} and len(dock9.received("940")) == 2
    assert dock9.received("940")[1].state == "dropped"


def test_bytes_may_come_again_while_their_acknowledgement_is_late(dock9, app):
    dock9.rules.next("ack_late")
    data = app.x12("940", "OW", order("1"))
    app.send(data)
    dock9.step(25 * HOUR)
    app.send(data)
    assert len(app.new_files()) == 1 and app.charged() == {}
    app.send(data)
    assert app.charged() == {"control_repeat": 1}
    assert set(dock9.truth()["orders"]) == {"1"}


def test_a_groups_number_is_used_once(dock9, app):
    give(app, "1", group=5)
    [ack] = give(app, "2", group=5)
    assert ack[-1] == "AK9*R*1*1*0*6" and app.charged() == {"group_repeat": 1}


@pytest.mark.parametrize("text", [b"GS*O*", b"GS**"])
def test_a_group_that_cannot_be_named_is_refused_by_ta1(dock9, app, text):
    app.send(app.x12("940", "OW", order("1")).replace(b"GS*OW*", text))
    [ack] = app.new_files()
    assert only(ack, "TA1")[0].endswith("*R*024") and app.charged() == {"envelope": 1}


def test_a_sets_number_is_used_once(dock9, app):
    data = app.x12("940", "OW", order("1"), order("2")).replace(b"*0002~", b"*0001~")
    app.send(data)
    [ack] = app.new_files()
    assert only(ack, "AK5", "AK9") == ["AK5*A", "AK5*R*23", "AK9*P*2*2*1"]
    assert app.charged() == {"set_repeat": 1}


def test_a_rule_that_nobody_minds_is_not_charged(dock9, app):
    dock9.rules.set(control_gap=0, wrong_usage=0)
    give(app, "1")
    [ack] = give(app, "2", number=50, usage="T")
    assert ack[-1] == "AK9*A*1*1*1" and app.charged() == {}


# What the app says of the partner's documents


def answer(app, lines, number=None):
    app.send(app.x12("997", "FA", lines, number=number))


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        (["AK1*RE*1", "AK9*A*1*1*1"], "accepted"),
        (["AK1*RE*1", "AK2*944*0001", "AK5*A", "AK9*A*1*1*1"], "accepted"),
        (["AK1*RE*1", "AK2*944*0001", "AK5*E*5", "AK9*E*1*1*1"], "errors"),
        (["AK1*RE*1", "AK2*944*0001", "AK5*R*5", "AK9*R*1*1*0"], "rejected"),
        (["AK1*RE*1", "AK9*P*1*1*0"], "partial"),
    ],
)
def test_an_acknowledgement_settles_its_document(dock9, app, lines, state):
    entry = dock9.receive({"SKU-1": 5})
    app.new_files()
    answer(app, lines)
    assert entry.state == state
    assert app.new_files() == [], "an acknowledgement is never acknowledged"
    dock9.step(25 * HOUR)
    expected = {"app_rejected": 1} if state == "rejected" else {}
    assert app.charged() == expected


def test_a_missing_acknowledgement_is_charged_once(dock9, app):
    entry = dock9.receive({"SKU-1": 5})
    dock9.step(23 * HOUR)
    assert app.charged() == {}
    dock9.step(2 * HOUR)
    assert [each.document for each in dock9.ledger.of("missing_ack")] == ["944 R000001"]
    assert entry.state == "overdue"
    dock9.step(48 * HOUR)
    assert app.charged() == {"missing_ack": 1}
    answer(app, ["AK1*RE*1", "AK9*A*1*1*1"])
    assert entry.state == "accepted"


def test_an_acknowledgement_of_nothing_is_noted(dock9, app):
    answer(app, ["AK1*RE*77", "AK9*A*1*1*1"])
    assert app.charged() == {"ack_unknown": 1}


def test_counts_of_an_acknowledgement_must_add_up(dock9, app):
    dock9.receive({"SKU-1": 5})
    answer(app, ["AK1*RE*1", "AK2*944*0001", "AK5*R*5", "AK9*A*1*1*1"])
    assert app.charged()["ack_counts"] == 1


def test_ta1_of_the_app_rejects_an_interchange(dock9, app):
    entry = dock9.receive({"SKU-1": 5})
    app.number += 1
    text = f"{app.isa(1)}~TA1*000000001*261123*0800*R*025~IEA*0*000000001~"
    app.send(text.encode())
    assert entry.state == "rejected" and app.charged() == {"app_rejected": 1}


# Faults of what it writes


def first(app, dock9, *faults):
    dock9.rules.set(**dict.fromkeys(faults, 1))
    dock9.receive({"SKU-1": 5})
    dock9.rules.set(**dict.fromkeys(faults, 0))
    return app.new_files()


def test_usage_test(dock9, app):
    [data] = first(app, dock9, "usage_test")
    assert x12_of(data)[0][15] == "T"


def test_line_feeds_end_segments(dock9, app):
    [data] = first(app, dock9, "lf_terminators")
    assert b"~" not in data and data.splitlines()[1].startswith(b"GS*")
    assert data[105:106] == b"\n"


def test_isa_of_104_characters(dock9, app):
    [data] = first(app, dock9, "isa_short")
    assert data.index(b"~") == 103 and data[:3] == b"ISA"
    assert [each.strip() for each in x12_of(data)[0]][6:9:2] == [
        "DOCK9WMS",
        "ACMESUPPLY",
    ]


def test_byte_order_mark(dock9, app):
    [data] = first(app, dock9, "bom")
    assert data[:6] == b"\xef\xbb\xbfISA"


def test_wrong_segment_count(dock9, app):
    [data] = first(app, dock9, "wrong_count")
    lines = x12_of(data)
    inside = [each[0] for each in lines].index("SE") - 2 + 1
    assert int(lines[-3][1]) == inside + 1


def test_half_a_file_stays_half(dock9, app):
    [data] = first(app, dock9, "half_file")
    whole = dock9.sent("944")[0].data
    assert data == whole[: len(whole) // 2]
    dock9.step(30 * HOUR)
    assert app.new_files() == [] and app.charged() == {}, "nobody can acknowledge it"
    dock9.resend(dock9.sent("944")[0])
    assert app.new_files() == [whole]


def test_two_interchanges_in_one_file(dock9, app):
    assert first(app, dock9, "two_interchanges") == []
    assert dock9.sent("944")[0].state == "kept"
    dock9.receive({"SKU-2": 1})
    [data] = app.new_files()
    numbers = [each[13] for each in x12_of(data) if each[0] == "ISA"]
    assert numbers == ["000000001", "000000002"]
    assert {each.state for each in dock9.sent("944")} == {"sent"}


def test_one_name_for_all_files_of_a_kind(dock9, app):
    [one] = first(app, dock9, "same_name")
    assert list(dock9.files()) == ["944.x12"]
    app.read_names.clear()
    [two] = first(app, dock9, "same_name")
    assert one != two and list(dock9.files()) == ["944.x12"]


def test_a_file_is_rewritten_under_its_name(dock9, app):
    [one] = first(app, dock9, "rewritten")
    names = list(dock9.files())
    dock9.step(61)
    app.read_names.clear()
    [two] = app.new_files()
    assert list(dock9.files()) == names
    assert only(one, "W07", "W14") == ["W07*5*EA**VN*SKU-1", "W14*5"]
    assert only(two, "W07", "W14") == ["W07*6*EA**VN*SKU-1", "W14*6"]
    assert x12_of(one)[0] == x12_of(two)[0]


@pytest.mark.parametrize(
    ("fault", "same_number", "same_content"),
    [
        ("again_same", True, True),
        ("again_new_number", False, True),
        ("again_changed_same_number", True, False),
        ("again_changed", False, False),
    ],
)
def test_a_document_comes_again(dock9, app, fault, same_number, same_content):
    [one] = first(app, dock9, fault)
    dock9.step(601)
    [two] = app.new_files()
    assert (x12_of(one)[0][13] == x12_of(two)[0][13]) is same_number
    content = [only(each, "W17", "W07", "W14") for each in (one, two)]
    assert (content[0] == content[1]) is same_content
    assert (one == two) is (same_number and same_content)
    assert content[0][0] == content[1][0], "the same business number"


def test_a_changed_stock_report_has_one_more(dock9, app):
    dock9.rules.next("again_changed")
    dock9.report()
    dock9.step(601)
    one, two = app.new_files()
    assert only(one, "BIA") == only(two, "BIA")
    assert only(two, "QTY")[:2] == ["QTY*17*51*EA", "QTY*33*50*EA"]


def test_an_interchange_that_waits_is_written_in_the_end(dock9, app):
    assert first(app, dock9, "two_interchanges") == []
    dock9.step(12 * HOUR)
    assert app.new_files() == [dock9.sent("944")[0].data]


def test_documents_may_share_an_interchange(dock9, app):
    with dock9.together():
        dock9.receive({"SKU-1": 5})
        dock9.report()
        dock9.receive({"SKU-2": 6})
    dock9.report()
    alone, shared = app.new_files()
    assert only(shared, "GS", "ST", "GE", "IEA") == [
        "GS*RE*DOCK9*ACME*20261123*0900*1*X*004010",
        "ST*944*0001",
        "ST*944*0002",
        "GE*2*1",
        "GS*IB*DOCK9*ACME*20261123*0900*2*X*004010",
        "ST*846*0001",
        "GE*1*2",
        "IEA*2*000000001",
    ]
    assert only(alone, "GE", "IEA") == ["GE*1*3", "IEA*1*000000002"]
    answer(app, ["AK1*RE*1", "AK2*944*0002", "AK5*R*5", "AK9*P*2*2*1"])
    states = {each.reference: each.state for each in dock9.sent("944")}
    assert states == {"R000001": "sent", "R000002": "rejected"}


def test_version_5010_has_a_repetition_separator():
    settings = {"version": "005010", "report_at": None, "works": False}
    with running_partner("dock9", settings=settings, tick=None, start=START) as dock9:
        dock9.receive({"SKU-1": 5})
        app = App(dock9)
        [data] = app.new_files()
        isa, gs = x12_of(data)[:2]
        assert (isa[11], isa[12], gs[8]) == ("^", "00501", "005010")
        app.send(app.x12("940", "OW", order("1")))
        assert app.charged() == {} and "1" in dock9.truth()["orders"]


@pytest.mark.parametrize(
    "delimiters", [("|", "^", "\n", ""), ("*", ":", "\x85", "\r\n")]
)
def test_separators_are_the_partners_choice(delimiters):
    settings = {"delimiters": delimiters, "report_at": None}
    with running_partner("dock9", settings=settings, tick=None, start=START) as dock9:
        dock9.receive({"SKU-1": 5})
        [data] = App(dock9).new_files()
        element, component, terminator, newline = delimiters
        text = data.decode("latin-1")
        assert text[3] == element and text[104] == component and text[105] == terminator
        assert x12_of(data)[-1] == ["IEA", "1", "000000001"]
        assert text.endswith(terminator + newline)


# Faults of its acknowledgements


def test_a_right_order_is_rejected(dock9, app):
    dock9.rules.next("ack_reject")
    [ack] = give(app, "1")
    assert ack == ["AK1*OW*1", "AK2*940*0001", "AK5*R*5", "AK9*R*1*1*0"]
    assert not dock9.truth()["orders"] and app.charged() == {}
    [ack] = give(app, "1")
    assert ack[-1] == "AK9*A*1*1*1" and set(dock9.truth()["orders"]) == {"1"}


def test_an_order_is_accepted_with_errors(dock9, app):
    dock9.rules.next("ack_errors")
    [ack] = give(app, "1")
    assert ack[-2:] == ["AK5*E*5", "AK9*E*1*1*1"]
    assert set(dock9.truth()["orders"]) == {"1"}


def test_a_group_is_accepted_in_part(dock9, app):
    dock9.rules.next("ack_partial")
    [ack] = give(app, "1", "2")
    assert ack[1:] == [
        "AK2*940*0001",
        "AK5*R*5",
        "AK2*940*0002",
        "AK5*A",
        "AK9*P*2*2*1",
    ]
    assert set(dock9.truth()["orders"]) == {"2"}


def test_a_group_is_accepted_in_part_without_saying_which(dock9, app):
    dock9.rules.next("ack_partial_bare")
    [ack] = give(app, "1", "2")
    assert ack == ["AK1*OW*1", "AK9*P*2*2*1"] and not dock9.truth()["orders"]


def test_an_acknowledgement_may_name_no_sets(dock9, app):
    dock9.rules.next("ack_bare")
    [ack] = give(app, "1", "2")
    assert ack == ["AK1*OW*1", "AK9*A*2*2*2"] and len(dock9.truth()["orders"]) == 2


def test_an_acknowledgement_comes_late_never_twice_or_for_nothing(dock9, app):
    dock9.rules.next("ack_late")
    assert give(app, "1") == []
    dock9.step(25 * HOUR)
    assert app.new_files() == []
    dock9.step(2 * HOUR)
    assert len(app.new_files()) == 1
    dock9.rules.next("ack_never")
    assert give(app, "2") == []
    dock9.step(100 * HOUR)
    assert app.new_files() == []
    dock9.rules.next("ack_twice")
    one, two = give(app, "3")
    assert one == two
    dock9.rules.next("ack_for_nothing")
    right, stranger = give(app, "4")
    assert right[0] == "AK1*OW*4" and stranger == ["AK1*OW*5004", "AK9*A*1*1*1"]


# Time


def test_silence_keeps_reading_and_writing_back(dock9, app):
    dock9.silence(24 * HOUR)
    app.send(app.x12("940", "OW", order("1")))
    dock9.receive({"SKU-1": 5})
    dock9.step(23 * HOUR)
    assert app.new_files() == [] and list(dock9.files("in")) == ["f0001"]
    dock9.step(2 * HOUR)
    kinds = {only(data, "ST")[0].split("*")[1] for data in app.new_files()}
    assert kinds == {"944", "997"} and dock9.files("in") == {}


def test_a_growing_file_of_a_silent_partner_is_whole_in_the_end(dock9, app):
    dock9.silence(HOUR)
    dock9.rules.next("growing")
    dock9.receive({"SKU-1": 5})
    dock9.step(2 * HOUR)
    assert app.new_files() == [dock9.sent("944")[0].data]


def test_hours_of_the_day_are_those_on_the_wall():
    """In New York the clock is put back on the 1st of November 2026."""
    settings = {"report_at": "22:00", "works": False}
    start = "2026-10-31T12:00:00Z"
    with running_partner("dock9", settings=settings, tick=None, start=start) as dock9:
        dock9.step(3 * 24 * HOUR)
        stamps = [only(each.data, "BIA")[0][-13:] for each in dock9.sent("846")]
        assert stamps == ["20261031*2200", "20261101*2200", "20261102*2200"]
        moments = [each.at.hour for each in dock9.sent("846")]
        assert moments == [2, 3, 3]


def test_hours_shrink_with_compress():
    settings = {"compress": 60, "report_at": None}
    with running_partner("dock9", settings=settings, tick=None, start=START) as dock9:
        dock9.receive({"SKU-1": 5})
        dock9.step(23 * 60)
        assert not dock9.ledger.entries
        dock9.step(2 * 60)
        assert dock9.ledger.counts == {"missing_ack": 1}


def test_the_same_seed_plays_the_same(app):
    def play():
        settings = {"report_at": "22:00"}
        with running_partner(
            "dock9", settings=settings, tick=None, start=START, random_seed=7
        ) as partner:
            other = App(partner)
            partner.rules.set(ships_partial=0.5, advice_late=0.5, advice_twice=0.3)
            for number in range(6):
                other.send(other.x12("940", "OW", order(str(number))))
                partner.step(5 * HOUR)
            partner.step(72 * HOUR)
            return [each.data for each in partner.documents]

    assert play() == play()
