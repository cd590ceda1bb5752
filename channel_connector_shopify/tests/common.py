# SPDX-License-Identifier: AGPL-3.0-or-later
"""Doubles for tests without a network: a session, a shop's answers, shared state."""

import gzip
import json
import os
from functools import lru_cache
from pathlib import Path

from odoo.addons.channel_inventory_base.lib.retry import Retry
from odoo.addons.channel_inventory_base.lib.throttle import Throttle
from odoo.addons.channel_inventory_base.lib.tokens import StaticToken
from odoo.addons.channel_inventory_base.tests.common_http import (  # noqa: F401
    FakeClock,
    FakeResponse,
    FakeSession,
    FakeStore,
    PureCase,
)

from ..client import ATTEMPTS, BUDGET, MAXIMUM, RATE, Client

SCHEMAS = os.environ.get("CHANNEL_SHOPIFY_SCHEMAS", "")
TOKEN = "shpat_0123456789abcdef"
SHOP = "https://my-shop.myshopify.com"


def make_client(
    session, clock=None, store=None, tokens=None, base_url=SHOP, attempts=ATTEMPTS
):
    clock = clock or FakeClock()
    store = store or FakeStore()
    return Client(
        base_url,
        "2026-07",
        session=session,
        tokens=tokens or StaticToken(TOKEN),
        throttle=Throttle(
            store.lock, rate=RATE, maximum=MAXIMUM, clock=clock, sleep=clock.sleep
        ),
        retry=Retry(
            attempts, BUDGET, clock=clock, sleep=clock.sleep, jitter=lambda: 0.5
        ),
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
