"""What can go wrong with a WooCommerce shop: what can with any. No odoo in here."""

from ..channel_inventory_base.lib.errors import (  # noqa: F401 (the one door)
    BurntKey,
    ClientError,
    Forbidden,
    Forged,
    Malformed,
    Misconfigured,
    NotFound,
    Refused,
    Throttled,
    Unauthorized,
    Unavailable,
)
