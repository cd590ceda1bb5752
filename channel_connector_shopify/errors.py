"""What can go wrong with Shopify. The adapter translates these, in one place.

Their words are for the log and for developers, and never contain a token, a secret
or a header. No odoo in here.
"""


class ShopifyError(Exception):
    """Base of the tree.

    :ivar status: HTTP status, None when there was no answer
    :ivar code: Shopify's own code, or ours in capitals
    :ivar request_id: what Shopify support asks for
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
        request_id=None,
        retry_after=None,
        uncertain=False,
        detail=None,
    ):
        super().__init__(message)
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after
        self.uncertain = uncertain
        self.detail = detail


class Throttled(ShopifyError):
    """Too much, too fast; nothing was done."""


class Unavailable(ShopifyError):
    """Not reached, or it failed. ``uncertain`` tells whether it may have acted."""


class Unauthorized(ShopifyError):
    """The token or the app's credentials are not accepted."""


class Forbidden(ShopifyError):
    """The token is good and lacks a permission."""


class Misconfigured(ShopifyError):
    """Address, version or shop cannot work as they are."""


class Refused(ShopifyError):
    """Understood, and refused for good."""


class Busy(ShopifyError):
    """The first request with this idempotency key is still at work."""


class BurntKey(ShopifyError):
    """This idempotency key cannot be used for this any more."""


class Malformed(ShopifyError):
    """Something received is not what the schema says.

    :ivar path: where, such as ``lineItems[2].quantity``
    """

    def __init__(self, message, *, path="", **kwargs):
        super().__init__(f"{path}: {message}" if path else message, **kwargs)
        self.path = path
        self.reason = message
