"""Several servers in the simulation: the balancer before them, and what a fall is."""

import subprocess
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

SETUP = Path(__file__).parents[1]
sys.path[:0] = [str(SETUP), str(SETUP / "lib")]

from demo.processes import Process, free_ports  # noqa: E402
from simulation import faults, outage, report  # noqa: E402
from simulation.server import Server  # noqa: E402

from .test_simulation import opened  # noqa: E402

SECONDS = 10


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        # Odoo answers to nobody who does not say whom he asks
        self.send_response(200 if self.headers["Host"] else 500)
        self.end_headers()
        self.wfile.write(str(self.server.server_port).encode())

    def log_message(self, *_words):
        pass


class Backend:
    """As Odoo to the balancer: it listens, and answers whether it is well."""

    def __init__(self, port):
        self.port, self.http = port, None
        self.start()

    def start(self):
        self.http = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.http.asked = []
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def stop(self):
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def balanced():
    """(address of the balancer, its two backends)"""
    front, *ports = free_ports(3)
    backends = [Backend(port) for port in ports]
    script = SETUP / "simulation" / "balancer.py"
    process = subprocess.Popen([sys.executable, script, *map(str, (front, *ports))])
    url = f"http://127.0.0.1:{front}/any"
    until(lambda: ask(url))
    yield url, backends
    process.kill()
    process.wait()
    for each in backends:
        each.stop()


def ask(url):
    """:return: the port of the backend that has answered, None where none has"""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.read())
    except OSError:
        return None


def until(condition):
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_requests_are_spread(balanced):
    url, backends = balanced
    answered = [ask(url) for _request in range(10)]
    assert {answered.count(each.port) for each in backends} == {5}


def test_who_is_down_is_not_asked_and_who_is_back_is(balanced):
    url, (one, other) = balanced
    one.stop()
    # not even the first request is lost: what refuses a connection has done nothing
    assert {ask(url) for _request in range(6)} == {other.port}
    one.start()
    until(lambda: ask(url) == one.port)


def test_nobody_there_is_no_answer(balanced):
    url, backends = balanced
    for each in backends:
        each.stop()
    assert ask(url) is None
    for each in backends:
        each.start()
    until(lambda: ask(url))


class Sleeper(Server):
    """A server that does nothing."""

    def _start(self):
        self.process = Process("nothing", ["sleep", 60], self.log, None, self.folder)


def test_server_that_fell_is_started_again_not_before_its_time(tmp_path):
    server = Sleeper({}, tmp_path, None, free_ports(2), tmp_path / "log")
    server._start()
    first = server.process.pid
    server.keep_up()
    try:
        began = time.monotonic()
        server.fall(2)
        until(lambda: server.restarts)
        assert time.monotonic() - began >= 2
        until(lambda: server.process.pid != first)
        server.process.check()
    finally:
        server._over.set()
        server.process.stop()


def plan(has_others, part=1.0):
    """The moments at which a server falls, of a trace of a hundred seconds."""
    server = SimpleNamespace(has_others=has_others, fall=None)
    run = SimpleNamespace(
        server=server,
        shops={},
        partners=None,
        whole_seconds=100,
        seconds=100 * part,
        world=SimpleNamespace(seed=1),
    )
    return [entry[0] for entry in faults.Faults(run, "servers")._plan]


def test_one_of_several_servers_falls_and_never_the_only_one():
    assert plan(has_others=True) == [30, 68]
    assert plan(has_others=True, part=0.5) == [30]
    assert plan(has_others=False) == []


def test_latency_of_an_outage_is_apart_from_the_rest():
    history = opened(X=9)
    history.shelf(10, 1)
    history.show(11, "a", 6)
    history.show(11, "b", 6)
    history.shelf(50, 1)
    history.show(58, "a", 7)
    history.show(59, "b", 7)
    history.sell(52, "a", known=56)
    history.sell(90, "a", known=90.5)
    facts = history.facts
    assert outage.figures(facts) == {}
    facts["falls"] = [
        {"server": "one", "led": True, "at": 49.0, "led_at": 53.5, "until": 62.0}
    ]
    figures = outage.figures(facts)
    assert (figures["falls"], figures["seconds_fallen"]) == (1, 13.0)
    assert figures["seconds_to_lead"] == 4.5
    assert figures["meanwhile_latency_p50"] == 8
    assert figures["rest_latency_p95"] == 1
    assert (figures["meanwhile_heard_p95"], figures["rest_heard_p95"]) == (4, 0.5)
    assert figures["meanwhile_heard_count"] == figures["rest_heard_count"] == 1


def test_rows_of_an_outage_are_told_only_where_one_was():
    figures = dict.fromkeys(dict((*report.COLUMNS, *outage.COLUMNS)), 0)
    assert report.columns({"shared": figures}) == list(report.COLUMNS)
    fell = {**figures, "falls": 2}
    assert set(outage.COLUMNS) < set(report.columns({"shared": fell}))
