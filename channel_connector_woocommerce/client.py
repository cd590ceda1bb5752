# SPDX-License-Identifier: AGPL-3.0-or-later
"""Client of the WooCommerce REST API v3. No odoo in here.

Everything it depends on is handed in: the HTTP session, the clock, the nonces.
"""

import base64
import uuid
from urllib.parse import urlsplit

from odoo.addons.channel_inventory_base.lib import events, oauth1, replies, transport
from odoo.addons.channel_inventory_base.lib.errors import Malformed, Unavailable
from odoo.addons.channel_inventory_base.lib.retry import Retry

from .const import PAGE
from .lib import answers

TIMEOUT = 20
"""Seconds of silence when we read: who is silent for longer is asked again later."""
WRITE_TIMEOUT = 60
"""Of what changes something: a batch of 50 may keep a small shop busy for many."""


class Client:
    """Speaks to one shop.

    :param base_url: such as ``https://shop.example.com`` (or with a folder)
    :param key, secret: a REST key of WooCommerce; None: only ``index`` works
    :param session: a ``requests.Session``, or what quacks like one
    :param retry: how often and how long reading is tried again; its clock is ours
    :param plain: the site has plain permalinks: REST at ``?rest_route=``
    """

    def __init__(
        self,
        base_url,
        key=None,
        secret=None,
        *,
        session,
        retry=None,
        plain=False,
        nonce=lambda: uuid.uuid4().hex,
    ):
        self.base_url = base_url.rstrip("/")
        self.server_time = None
        self._key, self._secret = key, secret
        self._session = session
        self._retry = retry or Retry()
        self._plain = plain
        self._nonce = nonce

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
            replies.whole_number(headers, "X-WP-Total"),
            replies.whole_number(headers, "X-WP-TotalPages"),
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

    def pages(self, route, first=1, **params):
        """All pages of a list from the ``first`` on, by number.

        :raise Unavailable: the list changed while it was read
        """
        items, total, last = self._counted(route, params, first)
        yield items
        for number in range(first + 1, last + 1):
            items, count, _last = self._counted(route, params, number)
            if count != total:
                raise Unavailable(f"{route} changed while it was read", code="MOVED")
            yield items

    def change(self, method, route, body=None, **params):
        """Change something, once: whether a lost answer may be repeated is for the
        caller to know. :return: the data of the answer"""
        return self._attempt(method, route, params, body)[0]

    def index(self):
        """The site's own description, without keys."""
        return self._attempt("GET", "", {}, None, sign=False)[0]

    def _read(self, route, params):
        """Reading does no harm: it is tried again."""
        return self._retry.run(route, lambda: self._attempt("GET", route, params, None))

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
            params = oauth1.signed(
                method,
                url,
                params,
                self._key,
                self._secret,
                now=self._retry.clock(),
                nonce=self._nonce(),
            )
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = events.compact(body).encode()
        reply = transport.send(
            self._session,
            method,
            f"{url}?{oauth1.query(params)}" if params else url,
            content,
            headers,
            timeout=TIMEOUT if method == "GET" else WRITE_TIMEOUT,
            secrets=secrets,
        )
        self.server_time = transport.time_of(reply.headers)
        if method == "GET" and replies.is_cached(reply):
            raise replies.cached(reply.status)
        return answers.data_of(reply, method != "GET"), reply.headers

    def _address(self, route, params):
        """(address without query, parameters) of a route."""
        params = {name: str(value) for name, value in params.items()}
        if self._plain:
            return f"{self.base_url}/", {**params, "rest_route": f"/{route}"}
        return f"{self.base_url}/wp-json/{route}", params
