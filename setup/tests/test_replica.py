"""Odoo with a read replica that follows its database for real: what is read there, and
that nothing that decides is."""

import contextlib
import multiprocessing
import os
import shutil
import sys
from pathlib import Path

import pytest
import requests

SETUP = Path(__file__).parents[1]
sys.path[:0] = [str(SETUP), str(SETUP / "lib")]

import databases  # noqa: E402
import postgres  # noqa: E402
import replica  # noqa: E402
from bench import api  # noqa: E402
from demo.processes import DemoError, Process, free_ports  # noqa: E402
from demo.rpc import Rpc  # noqa: E402

SECONDS_TO_START = 120
TOKEN = "replica"
SKUS, UNITS = 20, 1_000_000
KEPT = 4
"""Connections to the replica that Odoo has kept, at most: it was asked one by one."""
SKU = "S00000"
# A person would say so: a channel is silent in a copy of its database.
MOVED = """
    UPDATE channel_channel SET home_database = regexp_replace(
           home_database, '^[^/]*', (SELECT system_identifier::text
                                       FROM pg_control_system()))
     WHERE home_database IS NOT NULL
"""
LISTS = (
    "channel.channel",
    "channel.level",
    "channel.listing",
    "channel.level.pending",
    "channel.publication",
    "channel.order",
    "channel.exception",
    "channel.dead.letter",
    "channel.hold",
    "channel.position",
    "channel.audit",
)


class Served:
    """Odoo, and whoever looks and calls."""

    def __init__(self, name, url, key, primary, standby):
        self.name, self.url = name, url
        self.primary, self.standby = primary, standby
        self.odoo = Rpc(url, name).login("admin", "admin")
        self.caller = requests.Session()
        self.caller.trust_env = False
        self.caller.headers["Authorization"] = f"Bearer {key}"

    def look(self):
        """Open every screen once, and have the metrics read."""
        for model in LISTS:
            self.odoo.call(model, "web_search_read", [], {"id": {}}, limit=80)
        self.odoo.call(
            "channel.report.figure", "formatted_read_group", [], ["kind"], ["__count"]
        )
        self.odoo.call("channel.live", "get_board")
        span = "2026-01-01 00:00:00", "2126-01-01 00:00:00"
        self.odoo.call("channel.hop", "read_hops", *span)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        page = self.caller.get(f"{self.url}/channel/metrics", headers=headers)
        assert page.ok, page.text

    def counts(self):
        """Statements so far: (of the database itself, of its replica)"""
        return tuple(
            replica.count_statements(each, self.name)
            for each in (self.primary, self.standby)
        )

    def available(self):
        answer = self.caller.get(
            f"{self.url}{api.PREFIX}/availability", params={"sku": SKU}
        )
        assert answer.ok, answer.text
        [item] = answer.json()["items"]
        return item["available"]

    def hold(self, reference, quantity):
        lines = [{"sku": SKU, "quantity": quantity}]
        body = {"reference": reference, "ttl": 600, "lines": lines}
        return self.caller.post(f"{self.url}{api.PREFIX}/holds", json=body).status_code

    def count_holds(self):
        """As a screen shows them."""
        return self.odoo.call("channel.hold", "search_count", [["cause", "=", "api"]])


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    if not all(map(shutil.which, ("initdb", "pg_basebackup", "pg_restore"))):
        pytest.skip("PostgreSQL's server programs are not here")
    folder = tmp_path_factory.mktemp("replica")
    name = f"channel_test_{os.getpid()}_replica"
    with contextlib.ExitStack() as stack:
        env = stack.enter_context(postgres.running())
        databases.clone(env, databases.ensure_template(env), name)
        stack.callback(databases.drop, env, name)
        # Odoo in a process of its own
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            key = pool.apply(api.seed, (env, name, SKUS))
        primary, standby = stack.enter_context(replica.running(env, name))
        replica.ask(primary, name, MOVED)
        url = stack.enter_context(odoo(folder, name, primary, standby))
        yield Served(name, url, key, primary, standby)


@contextlib.contextmanager
def odoo(folder, name, primary, standby):
    ports = free_ports(2)
    options = {
        "http_port": ports[0],
        "gevent_port": ports[1],
        "db_name": name,
        "db_replica_host": standby.socket,
        "db_replica_port": 5432,
        "list_db": False,
        "data_dir": folder,
    }
    env = {**primary.env(), "CHANNEL_INVENTORY_METRICS_TOKEN": TOKEN}
    conf = databases.write_conf(env, folder / "odoo.conf", options, channels="root:0")
    script = SETUP / "lib" / "odoo_server.py"
    command = [sys.executable, script, "--config", conf]
    with Process("Odoo", command, folder / "odoo.log", env, folder) as process:
        url = f"http://127.0.0.1:{ports[0]}"
        up = Rpc(url, name).is_up
        process.wait_for("answers at its port", up, SECONDS_TO_START)
        yield url


def test_screens_are_read_from_the_replica(served):
    served.look()
    before = served.counts()
    served.look()
    after = served.counts()
    asked = [new - old for old, new in zip(before, after, strict=True)]
    print(f"{asked[1]} statements on tables of the suite for {len(LISTS) + 4} screens")
    # each reads something, and none of it where numbers are decided
    assert asked[1] > len(LISTS) + 4
    assert asked[0] == 0


def test_nothing_that_decides_is_behind_the_database(served):
    """A replica that lags offers what is sold."""
    served.standby.stand_still()
    try:
        assert served.hold("one", UNITS - 1) == 201
        assert served.hold("two", 2) == 409
        assert served.hold("three", 1) == 201
        # on a screen, meanwhile
        assert served.count_holds() == 0
    finally:
        served.standby.go_on()
    assert served.count_holds() == 2


def test_calls_that_decide_ask_the_replica_nothing(served):
    served.available()
    before = served.counts()
    for number in range(3):
        served.available()
        served.hold(f"none-{number}", 1)
    after = served.counts()
    assert after[1] == before[1]
    assert after[0] > before[0]


def test_replica_that_is_gone_is_done_without(served):
    """Odoo reads from the database itself then, and tries again later. Each connection
    that it has kept costs a request."""
    served.standby._pg_ctl("stop", "--mode=immediate", "--wait")
    for _connection in range(KEPT):
        with contextlib.suppress(DemoError):
            served.odoo.call("channel.channel", "search_count", [])
    served.look()
    assert served.count_holds() == 2
    # no job publishes here: the number is what it was
    assert served.available() == UNITS
