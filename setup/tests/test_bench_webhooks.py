"""The senders send, the books tell what is lost, and Odoo loses nothing."""

import asyncio
import doctest
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[1]
sys.path[:0] = [str(SETUP), str(SETUP / "lib")]

from bench import webhooks as bench_webhooks  # noqa: E402
from bench import webhooks_judge as judge  # noqa: E402
from bench import webhooks_load as load  # noqa: E402
from bench.webhooks_made import Delivery, as_request, schedule  # noqa: E402
from sandbox.common.wire import Listener, json_response  # noqa: E402


def shopify(number):
    return Delivery("a", "/door", {}, b"{}", number, True)


def woo(number):
    return Delivery("b", "/door", {}, b"{}", number, False)


def row(delivery):
    return delivery.shop, delivery.digest


def books(deliveries, outcomes, stored):
    attempts = [
        (number, attempt, 0.0, 0.0, 0.1, outcome)
        for number, each in enumerate(outcomes)
        for attempt, outcome in enumerate(each)
    ]
    sent = [(0.0, each) for each in deliveries]
    return judge.judge(sent, attempts, [row(each) for each in stored])


def test_doctests():
    for module in (judge, load):
        assert doctest.testmod(module).failed == 0


def test_all_is_well():
    deliveries = [shopify("1"), woo("2"), woo("2")]
    result = books(deliveries, [[503, 200], [200], [200]], deliveries[:2])
    assert (result["events"], result["stored"], result["taken"]) == (2, 2, 3)
    assert result["busy"] == 1
    for name in ("lost", "doubled", "refused_for_good", "never_taken", "left_to_polls"):
        assert result[name] == 0, name


def test_taken_and_not_there_is_lost():
    one, other = shopify("1"), woo("2")
    assert books([one, other], [[200], [200]], [one])["lost"] == 1


def test_stored_otherwise_than_sent_is_lost():
    assert books([shopify("1")], [[200]], [shopify("2")])["lost"] == 1
    assert books([shopify("1")], [[200]], [woo("1")])["lost"] == 1


def test_stored_twice_is_doubled():
    assert books([woo("1")], [[200]], [woo("1"), woo("1")])["doubled"] == 1


def test_refused_for_good_is_told():
    assert books([woo("1")], [[401]], [])["refused_for_good"] == 1


def test_never_taken_is_told_and_what_polls_bring_is_another_thing():
    result = books([shopify("1"), woo("2")], [["timeout", 503], [503]], [])
    assert (result["never_taken"], result["left_to_polls"]) == (1, 1)
    assert (result["lost"], result["unanswered"], result["busy"]) == (0, 1, 2)


@pytest.mark.parametrize(
    "name", ["lost", "doubled", "refused_for_good", "never_taken", "orders_behind"]
)
def test_what_must_not_be_fails(name):
    fine = dict.fromkeys(
        "lost doubled refused_for_good never_taken orders_lost orders_behind"
        " orders_doubled failed_jobs".split(),
        0,
    )
    fine["seconds_to_drain"] = 1
    assert not list(bench_webhooks.failures(fine))
    assert len(list(bench_webhooks.failures({**fine, name: 1}))) == 1


def test_latency_is_from_when_it_was_due_and_of_answers_alone():
    attempts = [
        (0, 0, 0.0, 0.5, 1.0, 200),
        (1, 0, 1.0, 1.0, 1.2, 503),
        (2, 0, 2.0, 2.0, 7.0, "timeout"),
    ]
    result = judge.latency(attempts, rate=1)
    assert (result["p50"], result["max"], result["late_p99"]) == (0.2, 1.0, 0.5)
    assert (result["rate_sent"], result["rate_taken"]) == (1.0, 0.3)


def test_schedule_is_even_and_some_come_twice():
    class Dice:
        sample = staticmethod(lambda entries, number: entries[:number])
        uniform = staticmethod(lambda _low, high: high)

    made = schedule([shopify(str(n)) for n in range(20)], 22, 10.0, Dice)
    assert [due for due, _each in made] == [n / 10 for n in range(22)]
    assert sorted(int(each.digest) for _due, each in made) == [0, 0, 1, *range(1, 20)]


class Door:
    """A server that answers with these statuses, then 200, after ``seconds``."""

    def __init__(self, *statuses, seconds=0.0):
        statuses = list(statuses)
        self.bodies = bodies = []

        def answer(environ, start_response):
            bodies.append(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
            time.sleep(seconds)
            status = statuses.pop(0) if statuses else 200
            return json_response({}, status)(environ, start_response)

        self.listener = Listener(answer)

    def send(self, *deliveries):
        self.listener.start()
        host, port = self.listener.url.removeprefix("http://").split(":")
        senders = load.Senders(host, int(port), list(deliveries))
        try:
            asyncio.run(senders.run())
        finally:
            self.listener.stop()
        return sorted(senders.attempts)


def ready(due, delivery):
    request = as_request(delivery, "127.0.0.1")
    return {"due": due, "request": request, "repeat": delivery.repeat}


def test_senders_do_not_wait_for_answers():
    door = Door(seconds=0.5)
    attempts = door.send(*(ready(n / 100, woo(str(n))) for n in range(20)))
    assert max(begun - due for _n, _a, due, begun, *_rest in attempts) < 0.3
    assert [outcome for *_rest, outcome in attempts] == [200] * 20
    assert door.bodies == [b"{}"] * 20


def test_what_is_refused_comes_again_from_a_channel_that_repeats(monkeypatch):
    monkeypatch.setattr(load, "WAITS", (0.1, 0.1))
    attempts = Door(503, 503).send(ready(0, shopify("1")))
    assert [outcome for *_rest, outcome in attempts] == [503, 503, 200]
    attempts = Door(503).send(ready(0, woo("1")))
    assert [outcome for *_rest, outcome in attempts] == [503]


def test_no_answer_has_a_name(monkeypatch):
    monkeypatch.setattr(load, "ANSWER", 0.2)
    attempts = Door(seconds=1).send(ready(0, woo("1")))
    assert [outcome for *_rest, outcome in attempts] == ["timeout"]


def test_odoo_loses_nothing(tmp_path):
    target = tmp_path / "result.json"
    done = subprocess.run(
        [SETUP / "bench", "webhooks", *"--rate 20 --seconds 3 --orders 4".split()]
        + ["--workers", "4", "--json", target],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env=dict(os.environ, CHANNEL_QUIET="1"),
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(target.read_text())
    assert (result["deliveries"], result["orders"]) == (60, 4)
    assert 0 < result["stored"] <= result["events"] < 60
    assert result["sale_orders"] > 0
    assert "seconds until the answer" in done.stderr
