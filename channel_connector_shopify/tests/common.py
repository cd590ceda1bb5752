"""Doubles for tests without a network: a session, a shop's answers, shared state."""

import copy
import gzip
import json
import os
import threading
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from odoo.addons.channel_inventory_base.tests.common_http import (  # noqa: F401
    FakeResponse,
    FakeSession,
    PureCase,
)

from ..client import Client
from ..lib.throttle import Throttle
from ..lib.tokens import StaticToken

SCHEMAS = os.environ.get("CHANNEL_SHOPIFY_SCHEMAS", "")
TOKEN = "shpat_0123456789abcdef"
SHOP = "https://my-shop.myshopify.com"


class FakeStore:
    """Shared state with a lock, in memory; counts how often it was locked."""

    def __init__(self, **values):
        self.value = values
        self.locked = 0
        self._lock = threading.Lock()

    def peek(self):
        return copy.deepcopy(self.value)

    @contextmanager
    def lock(self):
        with self._lock:
            self.locked += 1
            value = copy.deepcopy(self.value)
            yield value
            # through JSON, as the database does it
            self.value = json.loads(json.dumps(value))


class FakeClock:
    """A clock that goes when somebody sleeps."""

    def __init__(self, now=1_800_000_000.0):
        self.now = now
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


def make_client(session, clock=None, store=None, tokens=None, base_url=SHOP, **options):
    clock = clock or FakeClock()
    store = store or FakeStore()
    return Client(
        base_url,
        "2026-07",
        session=session,
        tokens=tokens or StaticToken(TOKEN),
        throttle=Throttle(store.lock, clock=clock, sleep=clock.sleep),
        clock=clock,
        sleep=clock.sleep,
        jitter=lambda: 0.5,
        **options,
    )


def answer(data, available=1990, cost=10, rate=100, maximum=2000):
    """A whole answer, with its costs."""
    return {"data": data, "extensions": {"cost": costs(available, cost, rate, maximum)}}


def costs(available, cost, rate=100, maximum=2000):
    return {
        "requestedQueryCost": cost,
        "actualQueryCost": cost,
        "throttleStatus": {
            "currentlyAvailable": available,
            "restoreRate": rate,
            "maximumAvailable": maximum,
        },
    }


def graphql_error(code, message="no", **more):
    return {"errors": [{"message": message, "extensions": {"code": code}}], **more}


@lru_cache
def load_schema(version):
    """:return: (schema, offline scopes by (type, field or None))"""
    from graphql import build_client_schema

    path = Path(SCHEMAS) / f"admin_{version}.json.gz"
    content = json.loads(gzip.decompress(path.read_bytes()))
    scopes = {
        (entry["typeName"], entry.get("fieldName")): set(entry["offlineScopes"])
        for entry in content["offline_scopes"]["items"]
        if entry["offlineScopes"]
    }
    return build_client_schema(content["data"], assume_valid=True), scopes
