"""A local Shopify store, as strict as the real one.

In a test::

    from sandbox.shopify import start

    shop = start(seed={...}, port=0, shop="demo.myshopify.com")
    shop.url, shop.store, shop.checkout({"SKU-1": 2}), shop.stop()
"""

from .checkout import SoldOut
from .config import Config
from .sandbox import Sandbox
from .store import StoreError

__all__ = ["Config", "Sandbox", "SoldOut", "StoreError", "start"]


def start(seed=None, port=0, host="127.0.0.1", **settings):
    """Start a store and return it; ``settings`` are the fields of ``Config``.

    :param seed: a dict or the path of a JSON file; None for a small default
    :param port: 0 takes a free one
    """
    return Sandbox(Config(**settings), seed, host, port).start()
