# SPDX-License-Identifier: AGPL-3.0-or-later
"""Client of Amazon's Selling Partner API. No odoo in here.

Everything it depends on is handed in: the HTTP session, the clock, the tokens and the
buckets, so it is tested without a network and shared by any number of workers.
"""

from contextlib import contextmanager
from urllib.parse import quote

from odoo.addons.channel_inventory_base.lib import addresses, events, transport
from odoo.addons.channel_inventory_base.lib.errors import (
    ClientError,
    Forbidden,
    Malformed,
    Refused,
    Throttled,
    Unauthorized,
    Unavailable,
)
from odoo.addons.channel_inventory_base.lib.reader import JsonValue
from odoo.addons.channel_inventory_base.lib.retry import Retry
from odoo.addons.channel_inventory_base.lib.tokens import authorized

from .const import OPERATIONS
from .lib import answers

TIMEOUT = 20
"""Seconds of silence, after which Amazon counts as not reached."""
UPLOAD_TIMEOUT = 60
ATTEMPTS, BUDGET = 3, 20
AGENT = "ChannelInventory/19.0 (Language=Python; Platform=Odoo)"
"""Amazon wants to know what asks."""


class Unlimited:
    """A bucket that never ends, for those who count elsewhere."""

    def reserve(self, name, cost):
        return name

    def settle(self, ticket, name, report=None, ran=True):
        """Nothing to learn."""

    def drain(self):
        return 0


class Client:
    """Speaks to one region of the API for one seller.

    :param base_url: of the region, such as ``const.REGIONS["eu"].endpoint``
    :param session: a ``requests.Session``, or what quacks like one
    :param tokens: ``get()`` gives an access token of the seller, ``renew(rejected)``
        another one
    :param app_tokens: the same for the application itself
    :param bucket: ``bucket(operation)`` gives a ``Throttle`` of one operation, of
        ``operation.rate`` and ``operation.bucket``, shared by all who use the
        application for this seller
    :param retry: how often and how long is tried again; its clock is ours
    """

    def __init__(
        self,
        base_url,
        *,
        session,
        tokens,
        app_tokens=None,
        bucket=lambda operation: Unlimited(),
        retry=None,
    ):
        self.server_time = None
        self._base_url = base_url.rstrip("/")
        self._session = session
        self._tokens, self._app_tokens = tokens, app_tokens
        self._bucket = bucket
        self._retry = retry or Retry(ATTEMPTS, BUDGET)

    # ------------------------------------------------------------- operations
    def call(self, name, body=None, **params):
        """Ask for one operation of ``const.OPERATIONS``.

        :param params: of its path and query, by Amazon's names; None: not told
        :return: the answer's object, {} where there is none
        :raise ClientError: see ``errors``. ``Throttled``: nothing was done, and others
            wait as well; ``uncertain``: it may have been carried out
        """
        operation = OPERATIONS[name]
        url = self._base_url + address(operation, params)
        # encoded once: a retry repeats every byte
        content = None if body is None else events.compact(body).encode()
        return self._retry.run(
            name,
            lambda: self._attempt(operation, url, content),
            repeatable=operation.repeatable,
        )

    def _attempt(self, operation, url, content):
        bucket, report, ran = self._bucket(operation), None, True
        ticket = bucket.reserve(operation.name, 1)
        tokens = self._app_tokens if operation.by_app else self._tokens
        try:
            answer, report = authorized(
                tokens, lambda token: self._send(operation, url, content, token)
            )
            return answer
        except Throttled as error:
            # who else uses the application has emptied it
            error.retry_after = max(error.retry_after or 0, bucket.drain())
            raise
        except Unauthorized as error:
            if error.code != answers.DENIED:
                raise
            failure = Forbidden(
                f"{operation.name}: {error}",
                status=error.status,
                code=error.code,
                request_id=error.request_id,
                detail=error.detail,
            )
        except ClientError as error:
            ran = error.code != "NOT_REACHED"
            raise
        finally:
            bucket.settle(ticket, operation.name, report, ran)
        # refused with a new token as well: the application lacks the role
        raise failure

    def _send(self, operation, url, content, token):
        headers = {
            "Accept": "application/json",
            "User-Agent": AGENT,
            "x-amz-access-token": token,
        }
        if content is not None:
            headers["Content-Type"] = "application/json"
        reply = transport.send(
            self._session,
            operation.method,
            url,
            content,
            headers,
            timeout=TIMEOUT,
            clock=self._retry.clock,
            acts=operation.acts,
            secrets=[token],
        )
        self.server_time = transport.time_of(reply.headers)
        return answers.data_of(reply, operation.acts), answers.rate_report(reply)

    # -------------------------------------------------------------- documents
    def upload(self, document, content, content_type):
        """Lay down a feed at the address that createFeedDocument gave: within five
        minutes, with the content type that it was asked for.

        :param document: its answer
        :return: the document's id
        """
        place = JsonValue(document)
        reply = transport.send(
            self._session,
            "PUT",
            addresses.signed(place["url"], self._base_url),
            content,
            {"Content-Type": content_type},
            timeout=UPLOAD_TIMEOUT,
            # laid down once more it is the same
            acts=False,
        )
        if 200 <= reply.status < 300:
            return place["feedDocumentId"].text()
        # what it says of the signature is for nobody's log
        kind = Unavailable if reply.status >= 500 else Refused
        words = f"the document was not taken (HTTP {reply.status})"
        raise kind(words, status=reply.status, code="UPLOAD")

    @contextmanager
    def download(self, document, size=None):
        """A result or report, as ``transport.Document``.

        :param document: the answer that has its address, good for five minutes
        :param size: bytes that it may have at most; None: those of any file
        """
        place = JsonValue(document)
        packed = place.get("compressionAlgorithm")
        if packed and packed.text() != "GZIP":
            raise Malformed(f"{packed.value!r:.40} is unknown", path=packed.path)
        with transport.document(
            self._session,
            addresses.signed(place["url"], self._base_url),
            timeout=TIMEOUT,
            packed=bool(packed),
            size=size,
        ) as found:
            yield found


def address(operation, params):
    """Path and query of an operation.

    >>> params = {"sellerId": "A1", "sku": "a/b,c", "marketplaceIds": ["X", "Y"]}
    >>> address(OPERATIONS["getListingsItem"], params)
    '/listings/2021-08-01/items/A1/a%2Fb%2Cc?marketplaceIds=X,Y'
    """
    told = {name: value for name, value in params.items() if value is not None}
    path = operation.path
    for name in [name for name in told if f"{{{name}}}" in path]:
        path = path.replace(f"{{{name}}}", _escaped(told.pop(name)))
    if "{" in path:
        raise ValueError(f"{path} lacks a parameter")
    query = "&".join(f"{_escaped(name)}={_listed(told[name])}" for name in sorted(told))
    return f"{path}?{query}" if query else path


def _listed(value):
    if isinstance(value, list | tuple):
        return ",".join(map(_escaped, value))
    return _escaped(value)


def _escaped(value):
    if isinstance(value, bool):
        return str(value).lower()
    return quote(str(value), safe="")
