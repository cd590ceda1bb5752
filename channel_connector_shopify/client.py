# SPDX-License-Identifier: AGPL-3.0-or-later
"""Client of the Shopify Admin GraphQL API. No odoo in here.

Everything it depends on is handed in: the HTTP session, the clock, the tokens and the
throttle, so it is tested without a network and shared by any number of workers.
"""

import json

from odoo.addons.channel_inventory_base.lib import (
    addresses,
    events,
    strict_json,
    transport,
)
from odoo.addons.channel_inventory_base.lib.errors import (
    ClientError,
    Malformed,
    Refused,
    Throttled,
    Unavailable,
)
from odoo.addons.channel_inventory_base.lib.reader import JsonValue
from odoo.addons.channel_inventory_base.lib.replies import check_status
from odoo.addons.channel_inventory_base.lib.retry import Retry
from odoo.addons.channel_inventory_base.lib.tokens import authorized

from .lib import answers
from .mapper import page_info

TIMEOUT = 15
"""Seconds of silence: who is silent for longer is asked again later, by another job."""
ATTEMPTS, BUDGET = 4, 15
RATE, MAXIMUM = 50, 1000
"""Points a second and of the bucket before the first answer: less than any plan has."""


class Client:
    """Sends documents of ``queries`` to one shop.

    :param base_url: such as ``https://my-shop.myshopify.com``
    :param version: API version such as ``2026-07``
    :param session: a ``requests.Session``, or what quacks like one
    :param tokens: ``get()`` gives an access token, ``renew(rejected)`` another one
    :param throttle: a ``Throttle``
    :param retry: how often and how long is tried again; its clock is ours
    """

    def __init__(self, base_url, version, *, session, tokens, throttle, retry=None):
        self.base_url = base_url.rstrip("/")
        self.version = version
        self.served_version = ""
        self.server_time = None
        self._session = session
        self._tokens = tokens
        self._throttle = throttle
        self._retry = retry or Retry(ATTEMPTS, BUDGET)

    @property
    def url(self):
        return f"{self.base_url}/admin/api/{self.version}/graphql.json"

    # ------------------------------------------------------------- execute
    def execute(self, document, variables=None):
        """Run a document until it is answered, or retrying is useless.

        :param document: a ``queries.Document``
        :return: its ``data``, complete: an answer with errors is an error
        :raise ClientError: see ``errors``; ``uncertain`` when a mutation may have
            been carried out in this or an earlier attempt
        """
        # encoded once: a retry repeats every byte
        content = {
            "query": document.text,
            "operationName": document.name,
            "variables": variables or {},
        }
        body = events.compact(content).encode()
        return self._retry.run(
            document.name,
            lambda: self._attempt(document, body),
            # a mutation is repeated only where Shopify knows it by its key
            repeatable=document.idempotent or not document.mutation,
        )

    def mutate(self, document, variables):
        """Run a mutation of one field. :return: its payload

        :raise Refused: Shopify says what is wrong with what was asked for
        """
        [payload] = self.execute(document, variables).values()
        for name, found in payload.items():
            if found and name.lower().endswith("usererrors"):
                raise Refused(
                    "; ".join(each["message"] for each in found),
                    code=found[0].get("code") or "USER_ERROR",
                    detail=json.dumps(found)[:500],
                )
        return payload

    def pages(self, document, *path, **variables):
        """Yield the pages of a connection, by cursor.

        :param path: names that lead to the connection in the answer
        """
        for nodes, _after in self.pages_from(document, *path, **variables):
            yield nodes

    def pages_from(self, document, *path, start="", **variables):
        """Yield (nodes, cursor of the next page or "") of a connection's pages.

        :param start: cursor of the first page wanted
        """
        cursor, seen = start or None, set()
        while cursor != "":
            if cursor in seen:
                words = "the same page comes again and again"
                raise Unavailable(words, code="SAME_PAGE")
            seen.add(cursor)
            found = self.execute(document, {**variables, "after": cursor})
            for name in path:
                found = found[name]
            cursor = page_info(found)
            yield found["nodes"], cursor

    def _attempt(self, document, body):
        ticket = self._throttle.reserve(document.name, document.cost)
        report, ran = None, True
        try:
            answer = authorized(
                self._tokens, lambda token: self._send(document, body, token)
            )
            report = answers.cost_report(answer)
            return answers.data_of(answer, document.mutation)
        except Throttled as error:
            if error.retry_after and not report:
                self._throttle.pause(error.retry_after)
            ran = bool(report)
            raise
        except ClientError as error:
            # what the shop did not answer it may have carried out all the same
            ran = bool(report) or error.status in (None, 200)
            ran = ran and error.code != "NOT_REACHED"
            raise
        finally:
            self._throttle.settle(ticket, document.name, report, ran)

    def _send(self, document, body, token):
        reply = transport.send(
            self._session,
            "POST",
            self.url,
            body,
            {
                "Content-Type": "application/json",
                "Accept": "application/json",
                "X-Shopify-Access-Token": token,
            },
            timeout=TIMEOUT,
            clock=self._retry.clock,
            acts=document.mutation,
            secrets=[token],
        )
        check_status(reply, document.mutation, answers.STATUS, answers.PAUSE)
        self.served_version = reply.headers.get(answers.VERSION) or ""
        self.server_time = transport.time_of(reply.headers)
        return answers.parse(reply, document.mutation)

    # ---------------------------------------------------------------- bulk
    def stream_lines(self, url):
        """Yield the JSON objects of a bulk result, line by line, in bounded memory.

        The address is a signed one of another host: our token is not for it.

        :raise Malformed: a line is no JSON object
        """
        url = addresses.signed(JsonValue(url, "bulkOperation.url"), self.base_url)
        lines = transport.stream_lines(self._session, url, timeout=TIMEOUT)
        for number, line in enumerate(lines, 1):
            try:
                value = strict_json.loads(line)
            except ValueError:
                value = None
            if not isinstance(value, dict):
                raise Malformed("is no JSON object", path=f"line {number}")
            yield value
