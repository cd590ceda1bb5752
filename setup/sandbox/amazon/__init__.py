"""A local Amazon seller account: the Selling Partner API, LWA and SQS, and strict.

In a test::

    from sandbox.amazon import start

    shop = start(seed={...}, compress=60)
    shop.url, shop.checkout({"SKU-1": 2}), shop.shown("SKU-1"), shop.stop()
"""

from .config import Config
from .sandbox import Sandbox
from .store import SoldOut, StoreError

__all__ = ["Config", "Sandbox", "SoldOut", "StoreError", "start"]


def start(seed=None, port=0, host="127.0.0.1", limits=None, **settings):
    """Start a seller's account and return it; ``settings`` are fields of ``Config``.

    :param seed: a dict or the path of a JSON file; None for a small default
    :param port: 0 takes a free one
    :param limits: the limits of another account, where one application serves both
    """
    return Sandbox(Config(**settings), seed, host, port, limits).start()
