"""What can go wrong with a WooCommerce shop. The adapter translates, in one place.

Their words are for the log and for developers, and never contain a key, a secret or a
signature. No odoo in here.
"""


class WooError(Exception):
    """Base of the tree.

    :ivar status: HTTP status, None when there was no answer
    :ivar code: WooCommerce's own code, or ours in capitals
    :ivar retry_after: seconds to wait, None when nobody said
    :ivar uncertain: the request may have been carried out
    :ivar detail: the answer as received, shortened
    """

    def __init__(
        self,
        message,
        *,
        status=None,
        code=None,
        retry_after=None,
        uncertain=False,
        detail=None,
    ):
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after
        self.uncertain = uncertain
        self.detail = detail


class Throttled(WooError):
    """Too much, too fast (of a host or firewall: WooCommerce has no limits)."""


class Unavailable(WooError):
    """Not reached, or it failed. ``uncertain`` tells whether it may have acted."""


class Unauthorized(WooError):
    """The keys are not accepted."""


class Forbidden(WooError):
    """The keys are good and may not do this."""


class Misconfigured(WooError):
    """The address or the site cannot work as they are."""


class Refused(WooError):
    """Understood, and refused for good."""


class NotFound(Refused):
    """There is no such record."""


class BurntKey(WooError):
    """This idempotency key was used for something else."""


class Malformed(WooError):
    """Something received is not what the API's documentation says.

    :ivar path: where, such as ``line_items[2].quantity``
    """

    def __init__(self, message, *, path="", **kwargs):
        super().__init__(f"{path}: {message}" if path else message, **kwargs)
        self.path = path
        self.reason = message
