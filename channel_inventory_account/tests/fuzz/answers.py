# SPDX-License-Identifier: AGPL-3.0-or-later
"""Answers of a channel that are spoiled before the client reads them."""

from contextlib import contextmanager
from unittest.mock import patch

import requests

from odoo.addons.channel_inventory_base.tests.common_http import FakeResponse

STATUSES = (200,) * 12 + (201, 204, 206, 301, 400, 401, 402, 403, 404, 409, 418, 422)
STATUSES += (423, 429, 430, 500, 502, 503, 504, 520, 599)
BODIES = (
    b"",
    b"<html>Bad gateway</html>",
    b"{}",
    b"[]",
    b"null",
    b"0",
    b'{"data": null}',
    b'{"data": {}}',
    b'{"errors": "Not Found"}',
    b'{"errors": []}',
    b'{"errors": [null]}',
    b'{"errors": [{"message": null, "extensions": {"code": "THROTTLED"}}]}',
    b'{"errors": [{"message": "x", "extensions": {"code": "MAX_COST_EXCEEDED"}}]}',
    b'{"errors": [{"message": {}, "extensions": {"code": []}}], "data": []}',
    b'{"code": "rest_no_route", "message": "x", "data": {"status": 404}}',
    b'{"code": ["x"], "message": {"y": 1}, "data": null}',
    b'{"code": "woocommerce_rest_cannot_view", "message": "permission"}',
)
HEADERS = (
    {"Retry-After": "1"},
    {"Retry-After": "999999999"},
    {"Retry-After": "-5"},
    {"Retry-After": "nan"},
    {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"},
    {"X-WP-TotalPages": "99999", "X-WP-Total": "0"},
    {"X-WP-TotalPages": "-1"},
    {"X-WP-TotalPages": "²"},
    {"Location": "http://127.0.0.1:9/"},
)
FAILURES = (
    requests.exceptions.ConnectionError,
    requests.exceptions.ReadTimeout,
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    requests.exceptions.SSLError,
    requests.exceptions.TooManyRedirects,
)


@contextmanager
def spoiled(mutator, base_url, chosen):
    """In the block the answers whose number (from 0) is ``chosen`` are spoiled.

    :param chosen: function of the number
    """
    random, seen, before = mutator.random, [], []

    def request(session, method, url, **options):
        if not url.startswith(base_url):
            return original(session, method, url, **options)
        number = len(seen)
        seen.append(url)
        spoil = chosen(number)
        if spoil and random.random() < 0.05:
            # it never arrives, or its answer does not
            if random.random() < 0.5:
                original(session, method, url, **options).close()
            raise random.choice(FAILURES)("spoiled")
        with original(session, method, url, **options) as response:
            status, headers = response.status_code, dict(response.headers)
            body = response.content
        before.append((status, headers, body))
        if spoil:
            status, headers, body = _spoil(mutator, status, headers, body, before)
        return FakeResponse(status, body, headers)

    original = requests.Session.request
    with patch.object(requests.Session, "request", request):
        yield seen


def _spoil(mutator, status, headers, body, before):
    random = mutator.random
    choice = random.random()
    if choice < 0.7:
        body = mutator.body(body)
    elif choice < 0.8:
        body = random.choice(BODIES)
    elif choice < 0.9:
        status = random.choice(STATUSES)
        if random.random() < 0.5:
            body = random.choice(BODIES)
    elif choice < 0.95:
        # an answer to another question, or the same page again
        status, headers, body = random.choice(before)
    if random.random() < 0.1:
        headers = {**headers, **random.choice(HEADERS)}
    elif random.random() < 0.05:
        headers = {}
    return status, headers, body
