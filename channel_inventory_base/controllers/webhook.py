# SPDX-License-Identifier: AGPL-3.0-or-later
import logging
from urllib.parse import urlencode

from psycopg2 import OperationalError
from psycopg2.pool import PoolError

from odoo import SUPERUSER_ID, http
from odoo.http import request

from .. import exceptions
from ..db.transaction import request_transaction

_logger = logging.getLogger(__name__)

MAX_BODY = 1_000_000
RETRY_SECONDS = 5


class ChannelWebhook(http.Controller):
    """The single endpoint for the webhooks of all channels: verify, store, respond.

    The response must be fast, and an accepted delivery must be durable before it is
    sent. Where not many wait, what was sold is held before it, too. Hundreds may arrive
    per second, on the same processors that import the orders: then a delivery uses one
    connection, a statement that stores it, one that finds out that others wait, and one
    that checks whether the job is queued already.
    """

    @http.route(
        "/channel/webhook/<string:token>",
        type="http",
        auth="none",
        readonly=False,
        methods=["POST"],
        csrf=False,
        save_session=False,
        # a form is taken apart before we are called: not a larger one
        max_content_length=MAX_BODY,
    )
    def receive(self, token, **_form):
        # superuser: the sender is a machine without an Odoo user; the token in the
        # address and the signature of the body are its credentials
        request.update_env(user=SUPERUSER_ID, context={"prefetch_fields": False})
        env = request.env
        try:
            with request_transaction(env):
                channel = env["channel.channel"]._find_by_webhook_token(token)
                status, text, new = self._take(channel)
        except (OperationalError, PoolError) as error:
            # say yes only to what is stored; the sender still has it
            _logger.warning("webhook could not be stored, refused for now: %s", error)
            return self._busy()
        except exceptions.ChannelError as error:
            # it cannot be told whether it is genuine: no secret can be read
            _logger.error("webhook could not be verified, refused for now: %s", error)
            return self._busy()
        if new:
            self._wake(env, channel)
        return self._answer(status, text)

    def _take(self, channel):
        """:return: status and text of the answer, whether there is something new"""
        if not channel or not channel._adapter()._capabilities().webhooks:
            return 404, "unknown address", False
        if (
            request.httprequest.headers.get("Content-Encoding", "identity")
            != "identity"
        ):
            return 415, "send it as it is, not packed", False
        length = request.httprequest.content_length
        if length is None or length > MAX_BODY:
            return 413, "body too large, or of unknown length", False
        body = request.httprequest.get_data() or self._form()
        events = channel.env["channel.inbox.event"]
        try:
            event = channel._adapter()._verify_webhook(
                channel, request.httprequest.headers, body
            )
        except exceptions.ForgedError:
            channel._count_refused_webhook(channel.id)
            _logger.warning("channel %s: forged webhook refused", channel.id)
            return 401, "signature does not fit", False
        except exceptions.MalformedDataError as error:
            _logger.warning("channel %s: unreadable webhook: %s", channel.id, error)
            new = events._receive_unreadable(channel, body, error)
            return 200, "kept, and cannot be read", bool(new)
        new = event and events._receive(channel, event)
        if new and event.kind == "order":
            # the request's own context reads fields one by one
            new.with_context(prefetch_fields=True)._process_at_once(channel)
        return 200, "ok", bool(new)

    def _wake(self, env, channel):
        """The delivery is stored, whatever happens here: a wake-up that is lost is made
        up for within a minute."""
        try:
            with request_transaction(env):
                channel._wake_now("_job_intake")
        except (OperationalError, PoolError) as error:
            _logger.warning("channel %s: nobody was woken: %s", channel.id, error)

    def _form(self):
        """A form was read before we were called: its text, as far as it can be had."""
        return urlencode(request.httprequest.form).encode()

    def _busy(self):
        wait = ("Retry-After", str(RETRY_SECONDS))
        return self._answer(503, "busy: send it again", wait)

    def _answer(self, status, text, *headers):
        return request.make_response(
            text, [("Content-Type", "text/plain"), *headers], status=status
        )
