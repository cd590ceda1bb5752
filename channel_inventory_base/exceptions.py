# SPDX-License-Identifier: AGPL-3.0-or-later
"""Errors between Odoo and a channel, as one small tree.

Adapters raise these and nothing else. ``ChannelChannel._on_channel_error`` is the
only place that turns them into "retry", "pause" or "give up". Their words end up in
logs, exceptions and the audit trail: on one line, whatever a channel has put into them.
No odoo in here.
"""

from .lib.one_line import one_line


class ChannelError(Exception):
    """Base of the tree.

    :param code: the channel's own error code, for the operator and the audit
    :param detail: the channel's answer as received, shortened by the caller
    """

    def __init__(self, message, *, code=None, detail=None):
        super().__init__(one_line(message))
        self.code = one_line(code)
        self.detail = one_line(detail)


class ThrottledError(ChannelError):
    """The channel asks us to slow down; nothing was done.

    :param retry_after: seconds the server asked for, None when it did not say
    """

    def __init__(self, message, *, retry_after=None, **kwargs):
        super().__init__(message, **kwargs)
        self.retry_after = retry_after


class UnavailableError(ChannelError):
    """The channel could not be reached or failed; nothing was done as far as known."""


class UncertainError(UnavailableError):
    """The request may have been carried out: the answer was lost.

    A publication that meets this repeats its key and its body, never a new one.
    """


class AuthError(ChannelError):
    """The channel refused our credentials: a person has to act."""


class ConfigurationError(ChannelError):
    """The channel's settings cannot work as they are: a person has to act."""


class RejectedError(ChannelError):
    """The channel understood the request and refused it for good."""


class StaleKeyError(RejectedError):
    """This idempotency key cannot be used again: the quantities need a new one."""


class MalformedDataError(ChannelError):
    """Something received is not what its contract says.

    :param path: where in the data, such as ``lines[3].quantity``
    """

    def __init__(self, message, *, path=None, **kwargs):
        super().__init__(f"{path}: {message}" if path else message, **kwargs)
        self.path = one_line(path)


class ForgedError(ChannelError):
    """A webhook whose signature does not fit: refused and counted."""
