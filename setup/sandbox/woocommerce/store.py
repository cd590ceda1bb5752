"""The state of one shop, its lock, and the events its changes give off."""

import contextlib
import itertools
import threading

from ..common.clock import Clock


class StoreError(Exception):
    """A rule of the shop forbids this; the text is for a person."""


class SoldOut(StoreError):
    """The shopper wanted more than the shop has, less what others have reserved."""

    def __init__(self, product, wanted, left):
        super().__init__(f"{product.sku}: {wanted} wanted, {left} left")
        self.product, self.wanted, self.left = product, wanted, left


class Store:
    """Everything a shop knows, guarded by ONE lock.

    The lock is what a single SQL statement is in the real shop. REST writes take it
    twice, to read and to write, and others come in between: see ``stock.write``.
    """

    def __init__(self, config):
        self.config = config
        self.clock = Clock()
        self._lock = threading.RLock()
        self._depth = 0
        self._outbox = []
        # Called with (topic, resource id) once a change is complete.
        self.publish = None
        self.clear()

    def clear(self):
        """Forget everything but the settings."""
        # posts of all kinds share one sequence, products and orders as well
        self.next_id = itertools.count(11).__next__
        self.products = {}
        self.orders = {}
        self.holds = []  # stock.Hold
        self.webhooks = {}
        self.history = []

    @contextlib.contextmanager
    def transaction(self):
        """Hold the lock; what the block emits goes out when it has ended well."""
        with self._lock:
            self._depth += 1
            try:
                yield self
            except BaseException:
                if self._depth == 1:
                    self._outbox = []
                raise
            finally:
                self._depth -= 1
                if not self._depth:
                    outbox, self._outbox = self._outbox, []
                    for topic, number in outbox:
                        self.publish(topic, number)

    def emit(self, topic, number):
        if self.publish:
            self._outbox.append((topic, number))

    # Look-ups

    def find_product(self, name):
        """By SKU or number."""
        for product in self.products.values():
            if product.sku and product.sku == str(name):
                return product
        if str(name).isdigit() and int(name) in self.products:
            return self.products[int(name)]
        raise StoreError(f"no product {name!r}")

    def find_order(self, name):
        """By number, with or without #."""
        wanted = str(name).lstrip("#")
        if wanted.isdigit() and int(wanted) in self.orders:
            return self.orders[int(wanted)]
        raise StoreError(f"no order {name!r}")
