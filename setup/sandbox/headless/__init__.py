"""A headless shop: a web shop without stock of its own, which asks for it.

Unlike the other sandboxes it is no server that an app calls: it calls the API, as its
document describes it, and is told by webhooks. It shares no code with the connector.
"""

from .shop import Refused, Shop, SoldOut

__all__ = ["Refused", "Shop", "SoldOut", "start"]


def start(address, key, **settings):
    """A shop that is at work: it follows numbers and orders. ``with`` stops it."""
    return Shop(address, key, **settings).start()
