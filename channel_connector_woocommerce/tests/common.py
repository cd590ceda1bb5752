"""Doubles for tests without a network: a session and a shop's answers."""

import json

import requests

from odoo.tests import BaseCase

from ..client import Client

SHOP = "https://shop.example.com"
NOW = 1_800_000_000


class PureCase(BaseCase):
    """No database, no network."""


class FakeResponse:
    """What ``requests`` gives, streamed."""

    def __init__(self, status=200, body=b"", headers=None, error=None):
        self.status_code = status
        self.headers = requests.structures.CaseInsensitiveDict(headers or {})
        self._body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._error = error

    def iter_content(self, size):
        for start in range(0, len(self._body), size):
            yield self._body[start : start + size]
        if self._error:
            raise self._error

    def __enter__(self):
        return self

    def __exit__(self, *args):
        return False


class FakeSession:
    """Answers from a list, the last one for ever; remembers what was sent."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.sent = []

    def request(self, method, url, data=None, headers=None, **options):
        self.sent.append(
            {"method": method, "url": url, "data": data, "headers": headers, **options}
        )
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, FakeResponse) else FakeResponse(body=answer)


def make_client(*answers, base_url=SHOP, **options):
    """:return: (client, its session, the seconds it slept)"""
    session, slept = FakeSession(*answers), []
    client = Client(
        base_url,
        "ck_1",
        "cs_1",
        session=session,
        clock=lambda: NOW,
        nonce=lambda: "nonce",
        sleep=slept.append,
        jitter=lambda: 0.5,
        **options,
    )
    return client, session, slept


def html(status=200, text="<!DOCTYPE html><html>x</html>", **headers):
    return FakeResponse(status, text.encode(), headers)


def refusal(status, code, message="no", **headers):
    body = {"code": code, "message": message, "data": {"status": status}}
    return FakeResponse(status, body, headers)
