import logging
from urllib.parse import urlencode

from odoo import http
from odoo.http import request

from .. import exceptions

_logger = logging.getLogger(__name__)

MAX_BODY = 1_000_000


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
            events = request.env["channel.inbox.event"]
            events._receive_unreadable(channel, body, error)
            return self._answer(200, "kept, and cannot be read")
        if event:
            request.env["channel.inbox.event"]._receive(channel, event)
        return self._answer(200, "ok")

    def _form(self):
        """A form was read before we were called: its text, as far as it can be had."""
        return urlencode(request.httprequest.form).encode()

    def _find_channel(self, token):
        # sudo: the sender is a machine without an Odoo user; the token in the address
        # and the signature of the body are its credentials
        channels = request.env["channel.channel"].sudo()
        return channels.search([("webhook_token", "=", token)], limit=1)

    def _answer(self, status, text):
        return request.make_response(
            text, [("Content-Type", "text/plain")], status=status
        )
