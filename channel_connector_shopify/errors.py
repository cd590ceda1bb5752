"""What can go wrong with Shopify: the tree of all clients, and what only Shopify has.

No odoo in here.
"""

from ..channel_inventory_base.lib.errors import (  # noqa: F401 (the one door)
    BurntKey,
    ClientError,
    Forbidden,
    Forged,
    Malformed,
    Misconfigured,
    Refused,
    Throttled,
    Unauthorized,
    Unavailable,
)


class Busy(ClientError):
    """The first request with this idempotency key is still at work."""
