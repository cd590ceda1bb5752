# SPDX-License-Identifier: AGPL-3.0-or-later
"""Errors between a client and its channel. Adapters translate these, in one place
(``channel.adapter._translated``).

Their words are for the log and for developers, and never contain a token, a key, a
secret or a header, nor anything that would make a line of its own there. No odoo in
here.
"""

from .one_line import one_line


class ClientError(Exception):
    """Base of the tree.

    :ivar status: HTTP status, None when there was no answer
    :ivar code: the channel's own code, or ours in capitals
    :ivar request_id: what the channel's support asks for
    :ivar retry_after: seconds to wait, None if unspecified
    :ivar uncertain: the request may have been carried out
    :ivar detail: the answer as received, shortened
    """

    def __init__(
        self,
        message,
        *,
        status=None,
        code=None,
        request_id=None,
        retry_after=None,
        uncertain=False,
        detail=None,
    ):
        super().__init__(one_line(message))
        self.status = status
        self.code = one_line(code)
        self.request_id = one_line(request_id)
        self.retry_after = retry_after
        self.uncertain = uncertain
        self.detail = one_line(detail)


class Throttled(ClientError):
    """Too much, too fast; nothing was done."""


class Unavailable(ClientError):
    """Not reached, or it failed. ``uncertain`` tells whether it may have acted."""


class Unauthorized(ClientError):
    """The credentials are not accepted."""


class Forbidden(ClientError):
    """The credentials are good and lack a permission."""


class Misconfigured(ClientError):
    """Address, version or site cannot work as they are."""


class Refused(ClientError):
    """Understood, and refused for good."""


class NotFound(Refused):
    """There is no such record."""


class BurntKey(ClientError):
    """This idempotency key cannot be used for this any more."""


class Busy(ClientError):
    """An earlier request with this idempotency key is still at work."""


class Forged(ClientError):
    """A delivery that is not from this channel's account."""


class Malformed(ClientError):
    """Something received is not what the channel documents.

    :ivar path: where, such as ``lineItems[2].quantity``
    """

    def __init__(self, message, *, path="", **kwargs):
        super().__init__(f"{path}: {message}" if path else message, **kwargs)
        self.path = one_line(path)
        self.reason = one_line(message)
