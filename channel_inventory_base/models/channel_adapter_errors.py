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
    errors.Forged: exceptions.ForgedError,
}
"""What is not listed was understood by the channel, and refused for good."""

UNDOCUMENTED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading raises that meets another shape than the channel documents."""


class ChannelAdapter(models.AbstractModel):
    """The one place where what goes wrong in a client becomes the base's, with words.

    A connector adds its words (``_words_for``, ``_words_by_code``), and the kinds that
    no other channel has (``_kind_of``).
    """

    _inherit = "channel.adapter"

    @contextmanager
    def _translated(self, asks=False):
        """Around everything that speaks to the channel or reads what it said.

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
                    "What the channel says is not what it documents (%(kind)s: "
                    "%(error)s). Its raw words are in the log.",
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
        words = self._words_by_code(error).get(error.code) or self._words_for(error)
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
        return KINDS.get(type(error), exceptions.RejectedError)

    @api.model
    def _words_by_code(self, error):
        """:return: {code: words} of an error whose code tells more than its kind"""
        if isinstance(error, errors.Misconfigured):
            return {
                "TLS": self.env._("The certificate of the address is not trusted."),
                "PRIVATE": self._words_for_private(),
                "OPTION": str(error),
            }
        if error.code == "PRIVATE":
            return {"PRIVATE": self._words_for_private()}
        return {}

    def _words_for_private(self):
        return self.env._(
            "The address is of a private network or of this server itself, which is "
            "not asked. If a shop is really there, have the server's administrator "
            "name it as allow_private_addresses in the server configuration."
        )

    @api.model
    def _words_for(self, error):
        """Words for the operator: what happened, and what to do next."""
        if isinstance(error, errors.Unauthorized):
            return self.env._(
                "The channel does not accept the credentials (%s). Enter them again.",
                error,
            )
        if isinstance(error, errors.Forbidden):
            return self.env._("The channel denies access: %s", error)
        if isinstance(error, errors.Misconfigured):
            return self.env._("The settings do not work: %s", error)
        if isinstance(error, errors.Throttled):
            return self.env._("The channel asks us to slow down: %s", error)
        if isinstance(error, errors.Unavailable):
            return self.env._("The channel cannot be reached or fails: %s", error)
        return self.env._("The channel refuses: %s", error)
