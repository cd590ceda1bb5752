# SPDX-License-Identifier: AGPL-3.0-or-later
"""Doubles for tests without a network: a session and Amazon's answers."""

from urllib.parse import unquote, urlsplit

from odoo.addons.channel_inventory_base.lib.retry import Retry
from odoo.addons.channel_inventory_base.lib.throttle import Throttle
from odoo.addons.channel_inventory_base.tests.common_http import (  # noqa: F401
    FakeClock,
    FakeResponse,
    FakeSession,
    FakeStore,
    PureCase,
)

from ..client import Client

API = "https://sellingpartnerapi-eu.amazon.com"
DE, FR, SE, US, JP = (
    "A1PA6795UKMFR9",
    "A13V1IB3VIYZZH",
    "A2NODRKZP88ZB9",
    "ATVPDKIKX0DER",
    "A1VC38T7YXB528",
)


class FakeTokens:
    """Tokens that are numbered: each renewal gives the next one."""

    def __init__(self, name="Atza"):
        self.name, self.number = name, 1

    def get(self):
        return f"{self.name}|{self.number}"

    def renew(self, rejected):
        self.number += 1
        return self.get()


class Shared:
    """What several workers have in common: a clock, and a bucket of each operation."""

    def __init__(self):
        self.clock, self.stores = FakeClock(), {}

    def bucket(self, operation, **options):
        store = self.stores.setdefault(operation.name, FakeStore())
        return Throttle(
            store.lock,
            rate=operation.rate,
            maximum=operation.bucket,
            clock=self.clock,
            sleep=self.clock.sleep,
            **options,
        )


def make_client(*answers, shared=None, **options):
    """:return: (client, its session, its clock)"""
    session, shared = FakeSession(*answers), shared or Shared()
    client = Client(
        options.pop("base_url", API),
        session=session,
        tokens=options.pop("tokens", None) or FakeTokens(),
        app_tokens=FakeTokens("Atc"),
        bucket=shared.bucket,
        retry=Retry(clock=shared.clock, sleep=shared.clock.sleep, jitter=lambda: 0.5),
        **options,
    )
    return client, session, shared.clock


def refusal(status, code, message="no", details="", **headers):
    error = {"code": code, "message": message, "details": details}
    return FakeResponse(status, {"errors": [error]}, headers)


def asked(sent):
    """(path, {parameter: text as sent}) of a request."""
    parts = urlsplit(sent["url"])
    pairs = [each.partition("=") for each in parts.query.split("&") if each]
    return parts.path, {unquote(name): value for name, _equals, value in pairs}
