# SPDX-License-Identifier: AGPL-3.0-or-later
import logging
from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import UserError

from .. import exceptions
from ..lib import errors

_logger = logging.getLogger(__name__)

KINDS = {
    errors.Throttled: exceptions.ThrottledError,
    errors.Unavailable: exceptions.UnavailableError,
    errors.Unauthorized: exceptions.AuthError,
    errors.Forbidden: exceptions.AuthError,
    errors.Misconfigured: exceptions.ConfigurationError,
    errors.BurntKey: exceptions.StaleKeyError,
    errors.Busy: exceptions.UncertainError,
    errors.Forged: exceptions.ForgedError,
}
"""What is not listed was understood by the channel, and refused for good."""

UNDOCUMENTED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading raises that meets another shape than the channel documents."""


class ChannelAdapterErrors(models.AbstractModel):
    """Turns a client's errors into the base's, with words for the operator. A connector
    adds its own (``_get_error_message``, ``_get_code_message``, ``_kind_of``)."""

    _name = "channel.adapter.errors"
    _description = "Errors of a Channel"

    _service_name = ""
    """What messages call the channel, such as Shopify."""

    def _service(self):
        return self._service_name or self.env._("The channel")

    @contextmanager
    def _translated(self, asks=False):
        """Wraps every request to the channel and the parsing of its response: the one
        place where a client's errors become the base's, with messages. A connector
        adds its own (``_get_error_message``, ``_get_code_message``, ``_kind_of``).

        :param asks: it speaks: where the answer makes no sense, it is open what became
            of the request
        """
        try:
            yield
        except errors.ClientError as error:
            raise self._translate(error) from error
        except UserError as error:
            # the server's encryption key is missing or another
            raise exceptions.ConfigurationError(str(error)) from error
        except UNDOCUMENTED as error:
            # with its traceback: it may as well be a mistake of ours
            _logger.exception("what a channel says is not what it documents")
            kind = exceptions.UncertainError if asks else exceptions.MalformedDataError
            raise kind(
                self.env._(
                    "The channel's response does not match its documentation "
                    "(%(kind)s: %(error)s). The raw response is in the log.",
                    kind=type(error).__name__,
                    error=str(error)[:200],
                ),
                code="UNDOCUMENTED",
            ) from error

    @api.model
    def _translate(self, error):
        """:return: the base's error, with words for the operator"""
        if isinstance(error, errors.Malformed):
            return exceptions.MalformedDataError(error.reason, path=error.path)
        kind, more = self._kind_of(error), {}
        if kind is exceptions.ThrottledError:
            more["retry_after"] = error.retry_after
        words = self._get_code_message(error).get(
            error.code
        ) or self._get_error_message(error)
        if error.uncertain:
            words = self._get_uncertain_message(error, words)
        if error.request_id:
            words = self.env._(
                "%(words)s (request %(id)s)", words=words, id=error.request_id
            )
        return kind(words, code=error.code, detail=error.detail, **more)

    @api.model
    def _kind_of(self, error):
        """:return: a class of ``exceptions``"""
        if error.uncertain:
            return exceptions.UncertainError
        known = (KINDS[each] for each in type(error).__mro__ if each in KINDS)
        return next(known, exceptions.RejectedError)

    @api.model
    def _get_code_message(self, error):
        """:return: {code: words} of an error whose code tells more than its kind"""
        words = {}
        if isinstance(error, errors.Misconfigured):
            words = {
                "TLS": self.env._("The certificate of the address is not trusted."),
                "OPTION": str(error),
                "REDIRECT": self.env._(
                    "The address redirects to %s: enter that one, as shown by the "
                    "browser when the shop is open.",
                    error,
                ),
            }
        if isinstance(error, errors.Unavailable):
            words = self._get_outage_messages(error)
        if error.code == "PRIVATE":
            words["PRIVATE"] = self._get_private_message()
        return words

    def _get_outage_messages(self, error):
        service = self._service()
        page = self.env._(
            "%s answers with a web page instead of data: maintenance, a firewall, or "
            "an error of a plugin.",
            service,
        )
        broken = self.env._(
            "The response of %s is incomplete, or is not JSON.", service
        )
        return {
            "HTML": self._get_quoting_message(page, error),
            "NOT_JSON": self._get_quoting_message(broken, error),
            "CACHED": self.env._(
                "A cache in front of %s returns outdated responses. Exclude the "
                "address from it (in a cache plugin, at the host or the CDN).",
                service,
            ),
            "FIREWALL": self.env._(
                "A firewall or security plugin in front of %s blocks this server: "
                "allow its address there.",
                service,
            ),
        }

    def _get_quoting_message(self, words, error):
        if not error.detail:
            return words
        return self.env._(
            "%(words)s It begins with: %(text)s",
            words=words,
            text=" ".join(error.detail.split())[:120],
        )

    @api.model
    def _get_uncertain_message(self, error, words):
        """:param words: what happened
        :return: words for a request that may have been carried out"""
        return self.env._("Unknown whether the request was processed. %s", words)

    def _get_private_message(self):
        return self.env._(
            "The address belongs to a private network or to this server, which is not "
            "allowed. If a shop really runs there, have the server's administrator add "
            "it to allow_private_addresses in the server configuration."
        )

    @api.model
    def _get_error_message(self, error):
        """Words for the operator: what happened, and what to do next."""
        service = self._service()
        if isinstance(error, errors.Unauthorized):
            return self.env._(
                "%(service)s does not accept the credentials (%(error)s). Enter them "
                "again.",
                service=service,
                error=error,
            )
        if isinstance(error, errors.Forbidden):
            return self.env._(
                "%(service)s denies access: %(error)s", service=service, error=error
            )
        if isinstance(error, errors.Misconfigured):
            return self.env._("Configuration error: %s", error)
        if isinstance(error, errors.Throttled):
            return self.env._(
                "%(service)s limits the request rate: %(error)s",
                service=service,
                error=error,
            )
        if isinstance(error, errors.Unavailable):
            return self.env._(
                "%(service)s is unreachable or failing: %(error)s",
                service=service,
                error=error,
            )
        return self.env._(
            "%(service)s rejected the request: %(error)s", service=service, error=error
        )
