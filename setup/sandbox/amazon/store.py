"""The state of one seller's account, its lock and its time."""

import contextlib
import itertools
import threading

from ..common.agenda import Agenda


class StoreError(Exception):
    """A rule of the shop forbids this; the text is for a person."""


class SoldOut(StoreError):
    """The shopper wanted more than Amazon shows."""

    def __init__(self, listing, wanted, left):
        super().__init__(f"{listing.sku}: {wanted} wanted, {left} left")
        self.listing, self.wanted, self.left = listing, wanted, left


class Store:
    """Everything the account knows, guarded by ONE lock.

    :ivar clock: its time, and the work that falls due by it
    :ivar words: ``Words``: who is told of what happens
    """

    def __init__(self, config, rules, violations):
        self.config, self.rules, self.violations = config, rules, violations
        self.clock = Agenda()
        self.words = None
        self._lock = threading.RLock()
        self.clear()

    def clear(self):
        """Forget everything but the settings."""
        self.number = itertools.count(1).__next__
        self.listings = {}
        self.orders = {}
        # {order id: the version that the search knows}
        self.index = {}
        # (moment, sku, number after it, cause), as other shops keep it
        self.history = []
        self.documents = {}
        self.feeds = {}
        self.reports = {}
        # items of orders and refunds that are in a settlement
        self.settled = set()
        # {SKU: rows}, as reports and FBA inventory know them: from some hours ago
        self.catalogue = []
        self.fba_shown = {}
        self.sold = {}
        # how many numbers were submitted, by PATCHes and feeds
        self.written = 0

    @contextlib.contextmanager
    def transaction(self):
        """Hold the lock, with everything done that is due by now."""
        with self._lock:
            self.clock.run()
            yield self

    def pass_time(self, seconds):
        """Let so much time pass at once, with all that happens in it."""
        with self._lock:
            self.clock.move(self.clock.skew + seconds)
            self.clock.run()

    def between(self, low, high):
        return self.rules.between(low, high)

    # Look-ups

    def find_listing(self, sku):
        if listing := self.listings.get(str(sku)):
            return listing
        raise StoreError(f"no SKU {sku!r}")

    def find_order(self, order):
        if found := self.orders.get(getattr(order, "id", order)):
            return found
        raise StoreError(f"no order {order!r}")

    # Identifiers, as long as the real ones

    def order_id(self):
        number = self.number()
        return f"{302 + number % 2:03}-{1000000 + number:07}-{2000000 + number * 7:07}"

    def item_id(self):
        return f"{40000000000000 + self.number():014}"

    def document_id(self):
        return f"amzn1.tortuga.4.{self.config.region}.{self.number():012x}.T1"
