"""Client of the WooCommerce REST API v3. No odoo in here.

Everything it depends on is handed in: the HTTP session, the clock, the nonces.
"""

import base64
import itertools
import json
import logging
import random
import time
import uuid
from urllib.parse import urlsplit

from ..channel_inventory_base.lib import transport
from .const import PAGE
from .errors import ClientError, Malformed, Throttled, Unavailable
from .lib import answers, oauth

_logger = logging.getLogger(__name__)

TIMEOUT = 20
"""Seconds of silence when we read: who is silent for longer is asked again later."""
WRITE_TIMEOUT = 60
"""Of what changes something: a batch of 50 may keep a small shop busy for many."""
BUDGET = 20
"""Seconds after which reading is not tried again: other shops wait for the worker."""
ATTEMPTS = 3
LONGEST_WAIT = 5
"""Longer waits are left to the caller's queue: a worker is not for sleeping."""


class Client:
    """Speaks to one shop.

    :param base_url: such as ``https://shop.example.com`` (or with a folder)
    :param key, secret: a REST key of WooCommerce; None: only ``index`` works
    :param session: a ``requests.Session``, or what quacks like one
    :param plain: the site has plain permalinks: REST at ``?rest_route=``
    """

    def __init__(
        self,
        base_url,
        key=None,
        secret=None,
        *,
        session,
        plain=False,
        clock=time.time,
        nonce=lambda: uuid.uuid4().hex,
        sleep=time.sleep,
        jitter=random.random,
        timeout=TIMEOUT,
        write_timeout=WRITE_TIMEOUT,
        budget=BUDGET,
        attempts=ATTEMPTS,
    ):
        self.base_url = base_url.rstrip("/")
        self.plain = plain
        self.timeout, self.write_timeout = timeout, write_timeout
        self.budget = budget
        self.attempts = attempts
        self._key, self._secret = key, secret
        self._session = session
        self._clock, self._nonce = clock, nonce
        self._sleep, self._jitter = sleep, jitter
        self.server_time = None

    # ------------------------------------------------------------- requests
    def get(self, route, **params):
        """:return: the data of ``route``, such as ``wc/v3/orders/12``"""
        return self._read(route, params)[0]

    def page(self, route, **params):
        """One page of a list.

        :return: (items, how many there are, how many pages); None where a proxy has
            taken the headers away that tell
        """
        params = {"per_page": PAGE, **params}
        items, headers = self._read(route, params)
        if not isinstance(items, list):
            raise Unavailable("a list was expected", code="NOT_A_LIST")
        return (
            items,
            answers.whole_number(headers, "X-WP-Total"),
            answers.whole_number(headers, "X-WP-TotalPages"),
        )

    def _counted(self, route, params, number):
        """A page of a list that may go on: how far is told by headers alone, and some
        proxies take them out."""
        items, total, last = self.page(route, page=number, **params)
        if total is None or last is None:
            if number > 1 or len(items) >= params.get("per_page", PAGE):
                raise Malformed("is missing", path="X-WP-TotalPages")
            total, last = len(items), 1
        return items, total, last

    def pages(self, route, **params):
        """All pages of a list, by number.

        :raise Unavailable: the list changed while it was read
        """
        items, total, last = self._counted(route, params, 1)
        yield items
        for number in range(2, last + 1):
            items, count, _last = self._counted(route, params, number)
            if count != total:
                raise Unavailable(f"{route} changed while it was read", code="MOVED")
            yield items

    def change(self, method, route, body=None, **params):
        """Change something, once: whether a lost answer may be repeated is for the
        caller to know. :return: the data of the answer"""
        return self._attempt(method, route, params, body)[0]

    def index(self):
        """What the site says of itself, without keys."""
        return self._attempt("GET", "", {}, None, sign=False)[0]

    def _read(self, route, params):
        """Reading does no harm: it is tried again."""
        began = self._clock()
        for attempt in itertools.count(1):
            try:
                return self._attempt("GET", route, params, None)
            except ClientError as error:
                wait = self._retry_delay(error, attempt)
                if wait is None or self._clock() + wait - began >= self.budget:
                    raise
                _logger.info("%s: %s, again in %.1f s", route, error, wait)
            self._sleep(wait)

    def _retry_delay(self, error, attempt):
        """Seconds to wait before the next attempt; None when there is to be none."""
        if attempt >= self.attempts or not isinstance(error, Throttled | Unavailable):
            return None
        wait = error.retry_after
        if wait is None:
            # full jitter: workers that failed together do not come back together
            wait = 0.5 * 2 ** (attempt - 1) * (0.5 + self._jitter())
        return wait if wait <= LONGEST_WAIT else None

    def _attempt(self, method, route, params, body, sign=True):
        url, params = self._address(route, params)
        headers = {"Accept": "application/json"}
        if method == "GET":
            # what a cache knows is not what the shop shows: neither one before it, nor
            # its own (WooCommerce 10.4 on, where it is switched on)
            params = {**params, "_nocache": self._nonce(), "_skip_cache": "true"}
            headers.update({"Cache-Control": "no-cache", "Pragma": "no-cache"})
        secrets = [self._secret, self._key]
        if sign and urlsplit(url).scheme == "https":
            pair = base64.b64encode(f"{self._key}:{self._secret}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
            secrets.append(pair)
        elif sign:
            params = oauth.signed(
                method,
                url,
                params,
                self._key,
                self._secret,
                now=self._clock(),
                nonce=self._nonce(),
            )
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body, separators=(",", ":")).encode()
        reply = transport.send(
            self._session,
            method,
            f"{url}?{oauth.query(params)}" if params else url,
            content,
            headers,
            timeout=self.timeout if method == "GET" else self.write_timeout,
            secrets=secrets,
        )
        self.server_time = transport.time_of(reply.headers)
        if method == "GET":
            answers.check_fresh(reply)
        return answers.data_of(reply, method != "GET"), reply.headers

    def _address(self, route, params):
        """(address without query, parameters) of a route."""
        params = {name: str(value) for name, value in params.items()}
        if self.plain:
            return f"{self.base_url}/", {**params, "rest_route": f"/{route}"}
        return f"{self.base_url}/wp-json/{route}", params
