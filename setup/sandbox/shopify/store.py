"""The state of one shop, its lock, and the events its changes give off."""

import contextlib
import random
import threading
import uuid
from collections import deque

from ..common.clock import Clock
from .ids import Sequence


class StoreError(Exception):
    """A rule of the shop forbids this; the text is for a person."""


class Store:
    """Everything a shop knows, guarded by ONE lock.

    Every reader and writer goes through ``with store.transaction():``. Rules
    check first and change afterwards, so a refused action leaves no trace.
    """

    def __init__(self, config):
        self.config = config
        self.clock = Clock()
        # A condition, because a slow commit must be able to let others in.
        self._lock = threading.Condition(threading.RLock())
        self._depth = 0
        self._outbox = []
        # Called with (topic, payload, event id) once a change is complete.
        self.publish = None
        # Whether anybody listens to a topic: building bodies takes time.
        self.wanted = lambda topic: False
        self.clear()

    def clear(self):
        """Forget everything but the settings."""
        self.random = random.Random(self.config.random_seed)
        self.next_id = Sequence()
        self.shop_id = self.next_id()
        self.created_at = self.clock.tick()
        self.locations = {}
        self.products = {}
        self.variants = {}
        self.by_sku = {}
        self.items = {}
        self.levels = {}  # by (item id, location id)
        self.customers = {}
        self.orders = {}
        self.fulfillment_orders = {}
        self.fulfillments = {}
        self.balance = {}
        self.payouts = {}
        self.jobs = {}
        self.bulk_operations = {}
        self.history = deque(maxlen=100_000)
        self.order_number = 1000
        self.installed = True

    @contextlib.contextmanager
    def transaction(self):
        """Hold the lock; what the block emits goes out when it has ended well."""
        with self._lock:
            self._depth += 1
            if self._depth == 1:
                self.event_id = str(uuid.uuid4())
                self._outbox = []
            try:
                yield self
            except BaseException:
                if self._depth == 1:
                    self._outbox = []
                raise
            finally:
                self._depth -= 1
                if not self._depth:
                    self._flush()

    def pause(self, seconds):
        """Wait inside a transaction while others may work: a slow commit."""
        if seconds <= 0:
            return
        depth, self._depth = self._depth, 0
        outbox, event_id = self._outbox, self.event_id
        self._lock.wait(seconds)
        self._depth, self._outbox, self.event_id = depth, outbox, event_id

    def _flush(self):
        outbox, self._outbox = self._outbox, []
        if self.publish and self.installed:
            for topic, payload in outbox:
                self.publish(topic, payload, self.event_id)

    def emit(self, topic, build, *records):
        """Note an event; it goes out when the change is done.

        Its body is built now, so that it shows what is true now.
        """
        if self.wanted(topic):
            self._outbox.append((topic, build(*records)))

    # Look-ups

    def find_location(self, name):
        """By name, number or global id."""
        for location in self.locations.values():
            if str(name) in (location.name, str(location.id), location.gid):
                return location
        raise StoreError(f"no location {name!r}")

    def find_variant(self, sku):
        """By SKU (the first that has it), number or global id."""
        variant = self.by_sku.get(sku)
        if variant is None:
            number = str(sku).rpartition("/")[2]
            variant = number.isdigit() and self.variants.get(int(number))
        if not variant:
            raise StoreError(f"no variant {sku!r}")
        return variant

    def index_skus(self):
        """After SKUs changed: the first variant with a SKU is the one found."""
        self.by_sku = {}
        for variant in self.variants.values():
            if variant.sku:
                self.by_sku.setdefault(variant.sku, variant)

    @property
    def refunds(self):
        return {
            refund.id: refund
            for order in self.orders.values()
            for refund in order.refunds
        }

    def find_order(self, name):
        """By name with or without #, number or global id."""
        wanted = str(name).lstrip("#")
        for order in self.orders.values():
            if wanted in (str(order.number), str(order.id), order.gid):
                return order
        raise StoreError(f"no order {name!r}")

    def level(self, item, location):
        return self.levels.get((item.id, location.id))

    def find_level(self, gid):
        """By global id, which names the item as well."""
        head, _mark, item = str(gid).partition("?inventory_item_id=")
        for location in self.locations:
            level = item.isdigit() and self.levels.get((int(item), location))
            if level and head.endswith(f"/{level.id}"):
                return level
        return None

    def levels_of(self, item):
        return [
            level
            for location in self.locations.values()
            if (level := self.level(item, location)) and level.active
        ]

    def shown(self, variant):
        """What a shopper may buy now: None without a limit."""
        if variant.product.status != "ACTIVE":
            return 0
        if variant.components:
            return min(
                (
                    shown // units
                    for part, units in variant.components
                    if (shown := self.shown(part)) is not None
                ),
                default=None,
            )
        if not variant.item.tracked or variant.policy == "CONTINUE":
            return None
        return max(self.online_quantity(variant), 0)

    def online_quantity(self, variant):
        return sum(
            level.quantities["available"]
            for level in self.levels_of(variant.item)
            if level.location.active and level.location.fulfills_online_orders
        )
