import logging
from urllib.parse import urlencode

from psycopg2 import OperationalError
from psycopg2.pool import PoolError

from odoo import http
from odoo.http import request

from .. import exceptions

_logger = logging.getLogger(__name__)

MAX_BODY = 1_000_000
RETRY_SECONDS = 5


class ChannelWebhook(http.Controller):
    """The one door for all channels' webhooks: verify, store, answer.

    Nothing is interpreted here: the answer must be quick, and what was accepted must
    be durable before it is given.
    """

    @http.route(
        "/channel/webhook/<string:token>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def receive(self, token):
        channel = self._find_channel(token)
        if not channel or not channel._capabilities().webhooks:
            return self._answer(404, "unknown address")
        length = request.httprequest.content_length
        if length is None or length > MAX_BODY:
            return self._answer(413, "body too large, or of unknown length")
        body = request.httprequest.get_data() or self._form()
        events = request.env["channel.inbox.event"]
        try:
            event = channel._adapter()._verify_webhook(
                channel, request.httprequest.headers, body
            )
        except exceptions.ForgedError:
            channel._count_refused_webhook(channel.id)
            _logger.warning("channel %s: forged webhook refused", channel.id)
            return self._answer(401, "signature does not fit")
        except exceptions.MalformedDataError as error:
            _logger.warning("channel %s: unreadable webhook: %s", channel.id, error)
            words = "kept, and cannot be read"
            return self._keep(words, events._receive_unreadable, channel, body, error)
        if not event:
            return self._answer(200, "ok")
        return self._keep("ok", events._receive, channel, event)

    def _keep(self, text, store, *what):
        """Say yes only to what is stored. Without a connection to the database the
        sender still has it: it is told to come again."""
        try:
            store(*what)
        except (OperationalError, PoolError) as error:
            _logger.warning("webhook could not be stored, refused for now: %s", error)
            return self._answer(
                503, "busy: send it again", ("Retry-After", str(RETRY_SECONDS))
            )
        return self._answer(200, text)

    def _form(self):
        """A form was read before we were called: its text, as far as it can be had."""
        return urlencode(request.httprequest.form).encode()

    def _find_channel(self, token):
        # sudo: the sender is a machine without an Odoo user; the token in the address
        # and the signature of the body are its credentials
        channels = request.env["channel.channel"].sudo()
        return channels.search([("webhook_token", "=", token)], limit=1)

    def _answer(self, status, text, *headers):
        return request.make_response(
            text, [("Content-Type", "text/plain"), *headers], status=status
        )
