"""Client of the Shopify Admin GraphQL API. No odoo in here.

Everything it depends on is handed in: the HTTP session, the clock, the tokens and the
throttle, so it is tested without a network and shared by any number of workers.
"""

import itertools
import json
import logging
import random
import time
from urllib.parse import urlsplit

from ..channel_inventory_base.lib import strict_json, transport
from .errors import ClientError, Malformed, Throttled, Unauthorized, Unavailable
from .lib import answers

_logger = logging.getLogger(__name__)

TIMEOUT = 15
"""Seconds of silence: who is silent for longer is asked again later, by another job."""
BUDGET = 15
"""Seconds after which no attempt begins: other shops wait for the worker."""
ATTEMPTS = 4
LONGEST_WAIT = 5
"""Longer waits are left to the caller's queue: a worker is not for sleeping."""


class Client:
    """Sends documents of ``queries`` to one shop.

    :param base_url: such as ``https://my-shop.myshopify.com``
    :param version: API version such as ``2026-07``
    :param session: a ``requests.Session``, or what quacks like one
    :param tokens: ``get()`` gives an access token, ``renew(rejected)`` another one
    :param throttle: a ``lib.throttle.Throttle``
    """

    def __init__(
        self,
        base_url,
        version,
        *,
        session,
        tokens,
        throttle,
        clock=time.time,
        sleep=time.sleep,
        jitter=random.random,
        timeout=TIMEOUT,
        budget=BUDGET,
        attempts=ATTEMPTS,
    ):
        self.base_url = base_url.rstrip("/")
        self.version = version
        self.served_version = ""
        self.server_time = None
        self.timeout = timeout
        self.budget = budget
        self.attempts = attempts
        self._session = session
        self._tokens = tokens
        self._throttle = throttle
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter

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
        body = _encode(document, variables)
        uncertain, began = False, self._clock()
        for attempt in itertools.count(1):
            try:
                return self._attempt(document, body)
            except ClientError as error:
                uncertain = error.uncertain = uncertain or error.uncertain
                wait = self._retry_delay(document, error, attempt)
                if wait is None or self._clock() + wait - began >= self.budget:
                    raise
                _logger.info(
                    "%s: attempt %s failed (%s), again in %.1f s",
                    document.name,
                    attempt,
                    error,
                    wait,
                )
            self._sleep(wait)

    def _retry_delay(self, document, error, attempt):
        """Seconds to wait before the next attempt; None when there is to be none.

        What the server asks for is honoured, or left to the caller where it is long.
        A mutation whose answer was lost is repeated only where Shopify knows it by
        its key.
        """
        if attempt >= self.attempts or not isinstance(error, Throttled | Unavailable):
            return None
        if error.uncertain and document.mutation and not document.idempotent:
            return None
        wait = error.retry_after
        if wait is None:
            # full jitter: workers that failed together do not come back together
            wait = 0.5 * 2 ** (attempt - 1) * (0.5 + self._jitter())
        return wait if wait <= LONGEST_WAIT else None

    def _attempt(self, document, body):
        ticket = self._throttle.reserve(document.name, document.cost)
        report, ran = None, True
        try:
            answer = self._send_authorized(document, body)
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

    def _send_authorized(self, document, body):
        """Send with a token; one that is refused is renewed, then it is final.

        Twice: what the first renewal gives may be what another worker got a while ago,
        and that may have expired as well.
        """
        token = self._tokens.get()
        for _renewal in range(2):
            try:
                return self._send(document, body, token)
            except Unauthorized:
                _logger.info("the access token was refused, renewing it")
            token = self._tokens.renew(token)
        return self._send(document, body, token)

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
            timeout=self.timeout,
            clock=self._clock,
            acts=document.mutation,
            secrets=[token],
        )
        answers.check_status(reply, document.mutation)
        self.served_version = reply.headers.get(answers.VERSION) or ""
        self.server_time = transport.time_of(reply.headers)
        return answers.parse(reply, document.mutation)

    # ---------------------------------------------------------------- bulk
    def stream_lines(self, url):
        """Yield the JSON objects of a bulk result, line by line, in bounded memory.

        The address is a signed one of another host: our token is not for it.

        :raise Malformed: a line is no JSON object
        """
        own = urlsplit(self.base_url)
        if urlsplit(url).scheme not in ("https", own.scheme):
            raise Malformed(f"unsafe address {url!r:.60}", path="bulkOperation.url")
        lines = transport.stream_lines(self._session, url, timeout=self.timeout)
        for number, line in enumerate(lines, 1):
            try:
                value = strict_json.loads(line)
            except ValueError:
                value = None
            if not isinstance(value, dict):
                raise Malformed("is no JSON object", path=f"line {number}")
            yield value


def _encode(document, variables):
    return json.dumps(
        {
            "query": document.text,
            "operationName": document.name,
            "variables": variables or {},
        },
        sort_keys=True,
        separators=(",", ":"),
    ).encode()
