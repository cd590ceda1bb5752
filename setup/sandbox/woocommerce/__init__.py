"""A local WooCommerce shop, as strict and as unhelpful as a real one.

In a test::

    from sandbox.woocommerce import start

    shop = start(seed={...}, companion=True)
    shop.url, shop.checkout({"SKU-1": 2}), shop.shown("SKU-1"), shop.stop()
"""

from .config import Config
from .sandbox import Sandbox
from .store import SoldOut, StoreError

__all__ = ["Config", "Sandbox", "SoldOut", "StoreError", "start"]


def start(seed=None, port=0, host="127.0.0.1", **settings):
    """Start a shop and return it; ``settings`` are the fields of ``Config``.

    :param seed: a dict or the path of a JSON file; None for a small default
    :param port: 0 takes a free one
    """
    return Sandbox(Config(**settings), seed, host, port).start()
