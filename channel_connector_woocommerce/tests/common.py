# SPDX-License-Identifier: AGPL-3.0-or-later
"""Doubles for tests without a network: a session and a shop's answers."""

from odoo.addons.channel_inventory_base.lib.retry import Retry
from odoo.addons.channel_inventory_base.tests.common_http import (  # noqa: F401
    FakeResponse,
    FakeSession,
    PureCase,
)

from ..client import Client

SHOP = "https://shop.example.com"
NOW = 1_800_000_000


def make_client(*answers, base_url=SHOP, **options):
    """:return: (client, its session, the seconds it slept)"""
    session, slept = FakeSession(*answers), []
    client = Client(
        base_url,
        "ck_1",
        "cs_1",
        session=session,
        retry=Retry(clock=lambda: NOW, sleep=slept.append, jitter=lambda: 0.5),
        nonce=lambda: "nonce",
        **options,
    )
    return client, session, slept


def html(status=200, text="<!DOCTYPE html><html>x</html>", **headers):
    return FakeResponse(status, text.encode(), headers)


def refusal(status, code, message="no", **headers):
    body = {"code": code, "message": message, "data": {"status": status}}
    return FakeResponse(status, body, headers)
