"""The control API, the names of rules, the seed, and the command line."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sandbox.edi import rules, start

from .edi import START, App

FOLDER = Path(__file__).resolve().parents[1]
PLAYS = {
    "bigmart": (rules.BIGMART, rules.BIGMART_HABITS),
    "dock9": (rules.DOCK9, rules.DOCK9_HABITS),
    "fabrik": (rules.FABRIK, rules.FABRIK_HABITS),
    "fabrik x12": (rules.FABRIK, rules.FABRIK_X12_HABITS),
}


@pytest.fixture
def partners():
    seed = {
        "dock9": {"settings": {"works": False, "report_at": None}},
        "fabrik": {"settings": {"report_at": None}},
    }
    with start(seed, tick=None, start=START) as sandbox:
        yield sandbox


def call(sandbox, method, path, body=None, status=200):
    url = f"{sandbox.url}/_sandbox/{path}"
    answer = requests.request(method, url, json=body, timeout=5)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.parametrize("name", PLAYS)
def test_a_name_means_one_thing(name):
    own, habits = PLAYS[name]
    names = [*rules.ENVELOPE, *own, *habits, *rules.WATCHED]
    assert sorted(names) == sorted(set(names))


def test_every_rule_is_played():
    """A name that no line of the code asks for would be an empty promise."""
    text = "".join(
        path.read_text(encoding="utf-8")
        for path in (FOLDER / "edi").rglob("*.py")
        if path.name != "rules.py"
    )
    # these are put together from a word before them
    text += "".join(
        f'"advice_{name}"' for name in ("unknown_lot", "unknown_item", "total")
    )
    names = {*rules.ENVELOPE, *rules.WATCHED}
    for own, habits in PLAYS.values():
        names |= {*own, *habits}
    assert not [name for name in sorted(names) if f'"{name}"' not in text]


def test_the_index_names_everything(partners):
    index = call(partners, "GET", "")
    assert "slow_listing" in index["faults"]
    assert set(index["partners"]) == {"bigmart", "dock9", "fabrik"}
    dock9 = index["partners"]["dock9"]
    assert dock9["rules"] == {**rules.ENVELOPE, **rules.DOCK9}
    assert set(dock9["habits"]) == set(rules.DOCK9_HABITS)
    for name, partner in partners.partners.items():
        for what in index["partners"][name]["hands"]:
            assert callable(getattr(partner, what))


def test_the_state_tells_how_to_log_in(partners):
    state = call(partners, "GET", "state")
    assert state["sftp"]["host_key"] == partners.sftp.host_key
    assert state["sftp"]["fingerprint"].startswith("SHA256:")
    assert state["partners"]["bigmart"]["identity"] == ["08", "6112390050000"]
    assert "password" not in json.dumps(state)
    before = state["sftp"]["host_key"]
    assert call(partners, "POST", "host-key")["host_key"] != before


def test_people_work_by_http(partners):
    bought = call(partners, "POST", "bigmart/do/buy", {"lines": {"SKU-1": 2}})
    [document] = bought["documents"]
    assert document["kind"] == "850" and "PO1*1*2*EA*" in document["data"]
    po = document["reference"]
    day = {"po": po, "quantities": {"1": 3}, "ship_by": "2026-12-05"}
    changed = call(partners, "POST", "bigmart/do/change", day)["documents"][-1]
    assert "DTM*038*20261205" in changed["data"]
    call(partners, "POST", "dock9/do/receive", {"goods": {"SKU-1": 5}})
    call(partners, "POST", "dock9/do/lose", {"sku": "SKU-1", "pieces": 3})
    truth = call(partners, "GET", "truth")
    assert truth["dock9"]["stock"]["SKU-1"]["total"] == 52
    assert truth["bigmart"]["orders"][po]["lines"]["1"]["ordered"] == 3
    assert call(partners, "GET", "dock9/truth") == truth["dock9"]
    assert list(call(partners, "GET", "dock9/files")["files"]) == ["944_000000001.x12"]
    kinds = call(partners, "GET", "bigmart/documents?kind=860")["documents"]
    assert [each["reference"] for each in kinds] == [po]


def test_refusals_are_409_and_mistakes_400(partners):
    call(partners, "POST", "bigmart/do/cancel", {"po": "77"}, 409)
    call(partners, "POST", "bigmart/do/truth", {}, 409)
    call(partners, "GET", "nobody/truth", status=409)
    call(partners, "POST", "bigmart/do/buy", {"rows": {}}, 400)
    call(partners, "POST", "dock9/rules", {"nonsense": 1}, 400)
    call(partners, "POST", "dock9/config", {"nonsense": 1}, 400)
    call(partners, "POST", "faults", {"kind": "nonsense"}, 400)
    call(partners, "GET", "nothing", status=404)


def test_rules_time_and_the_ledger(partners):
    call(partners, "POST", "dock9/rules/next", {"usage_test": 1})
    call(partners, "POST", "dock9/do/report")
    assert "*T*>~" in call(partners, "GET", "dock9/documents")["documents"][0]["data"]
    call(partners, "POST", "dock9/rules", {"ack_never": 0.5, "control_gap": 0})
    rates = call(partners, "GET", "dock9/rules")["rates"]
    assert (rates["ack_never"], rates["control_gap"]) == (0.5, 0)
    call(partners, "POST", "calm")
    assert call(partners, "GET", "dock9/rules")["rates"]["ack_never"] == 0
    call(partners, "POST", "step", {"seconds": 25 * 3600})
    ledger = call(partners, "GET", "dock9/ledger")
    assert [each["rule"] for each in ledger["entries"]] == ["missing_ack"]
    assert ledger["entries"][0]["number"] == 1 and ledger["total"] == "150.00"
    call(partners, "POST", "dock9/config", {"ack_hours": 1})
    assert call(partners, "GET", "dock9/config")["ack_hours"] == 1
    call(partners, "POST", "dock9/config", {"us": ["ZZ", "NEWNAME"]})
    assert partners.dock9.config.us == ("ZZ", "NEWNAME")
    call(partners, "POST", "dock9/resend/1")
    names = [
        each["file"] for each in call(partners, "GET", "dock9/documents")["documents"]
    ]
    assert names[-1] == "846_000000001_1.x12"


def test_faults_of_the_wire(partners):
    fault = call(partners, "POST", "faults", {"kind": "slow_listing", "seconds": 2})
    assert fault["operation"] == "list"
    assert len(call(partners, "GET", "faults")["faults"]) == 1
    call(partners, "DELETE", "faults")
    assert not partners.faults.rules


def test_seed_adds_and_reset_forgets(partners):
    goods = {"dock9": {"articles": [{"sku": "N", "quantity": 4}]}}
    call(partners, "POST", "seed", goods)
    assert partners.dock9.truth()["stock"]["N"]["good"] == 4
    App(partners.dock9).put("a", b"nonsense")
    partners.step()
    partners.dock9.rules.set(ack_never=1)
    partners.dock9.receive({"SKU-1": 1})
    call(partners, "POST", "reset")
    dock9 = partners.dock9
    assert set(dock9.truth()["stock"]) == {f"SKU-{number}" for number in range(1, 6)}
    assert not dock9.ledger.entries and not dock9.documents and not dock9.files()
    assert dock9.rules.rates["ack_never"] == 0
    dock9.receive({"SKU-1": 1})
    assert list(dock9.files()) == ["944_000000001.x12"], "numbers begin again"


def test_the_seed_names_goods_and_settings(tmp_path):
    seed = {
        "bigmart": {
            "items": [{"sku": "A", "price": "2.50", "unit": "CA", "pack": 12}],
            "places": {"DC1": {"name": "One"}},
            "settings": {"zone": "UTC", "answer_hours": 2},
        }
    }
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(seed), encoding="utf-8")
    with start(str(path), ["bigmart"], tick=None, start=START) as sandbox:
        order = sandbox.bigmart.buy({"A": 1})
        assert order.ship_to == "DC1" and order.lines[0].unit == "CA"
        assert sandbox.bigmart.config.answer_hours == 2
        assert list(sandbox.partners) == ["bigmart"]


def test_it_runs_from_a_command_line():
    command = [sys.executable, "-m", "sandbox.edi", "--port", "0", "--sftp-port", "0"]
    command += [
        "--partner",
        "dock9",
        "--fault",
        "dock9.ack_never=1",
        "--compress",
        "60",
    ]
    process = subprocess.Popen(
        command,
        cwd=FOLDER.parent,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(FOLDER.parent)},
    )
    try:
        ready = json.loads(process.stdout.readline())
        url = f"{ready['ready']}/_sandbox/state"
        state = requests.get(url, timeout=5).json()
        assert list(state["partners"]) == ["dock9"] and state["sftp"]["port"]
        rates = requests.get(f"{ready['ready']}/_sandbox/dock9/rules", timeout=5).json()
        assert rates["rates"]["ack_never"] == 1
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_a_wrong_command_line_says_why():
    command = [sys.executable, "-m", "sandbox.edi", "--port", "0", "--sftp-port", "0"]
    result = subprocess.run(
        [*command, "--fault", "dock9.nonsense=1"],
        cwd=FOLDER.parent,
        capture_output=True,
        text=True,
        timeout=20,
        env={**os.environ, "PYTHONPATH": str(FOLDER.parent)},
    )
    assert result.returncode == 1 and "no rule nonsense" in result.stderr
