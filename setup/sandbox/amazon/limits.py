"""Token buckets, one for each application, seller and operation."""

import random
import threading

from . import const


class Bucket:
    """Holds ``burst`` requests; one comes back every ``1 / rate`` seconds.

    It comes back a little early or late, as Amazon's do. The lateness does not add up:
    who keeps to the rate and leaves one request in the bucket is never refused.
    """

    def __init__(self, rate, burst, jitter, dice):
        self.rate, self.burst, self.jitter, self.dice = rate, burst, jitter, dice
        self.fill()

    def fill(self):
        self.left = self.burst
        self._tick = self._next = None

    def take(self, now):
        """:return: True, or False where nothing is left"""
        self._restore(now)
        if self.left < 1:
            return False
        if self.left == self.burst:
            self._tick = now
            self._plan()
        self.left -= 1
        return True

    def drain(self, now):
        self._restore(now)
        self._tick = now
        self._plan()
        self.left = 0

    def _restore(self, now):
        while self.left < self.burst and self._next <= now:
            self.left += 1
            self._plan()

    def _plan(self):
        self._tick += 1 / self.rate
        stray = self.dice.uniform(-self.jitter, self.jitter)
        self._next = self._tick + stray / self.rate


class Limits:
    """The buckets of an application. Accounts that share it share these."""

    def __init__(self, seed=1):
        self._lock = threading.Lock()
        self.clear(seed)

    def clear(self, seed=1):
        self._buckets = {}
        self._dice = random.Random(f"limits {seed}")

    def take(self, config, seller, operation, now):
        """:return: False where the seller or the application has used up its own"""
        with self._lock:
            own = self._bucket(config, seller, operation, 1)
            whole = self._bucket(config, "*", operation, config.application_factor)
            # neither pays for a refusal of the other
            if not own.take(now):
                return False
            if whole.take(now):
                return True
            own.left += 1
            return False

    def drain(self, config, seller, operation, now):
        """Nothing left: for tests and demos."""
        with self._lock:
            self._bucket(config, seller, operation, 1).drain(now)

    def left(self):
        with self._lock:
            return {
                f"{seller} {operation}": bucket.left
                for (_app, seller, operation), bucket in self._buckets.items()
                if seller != "*"
            }

    def _bucket(self, config, seller, operation, factor):
        key = config.application_id, seller, operation
        if key not in self._buckets:
            rate, burst = rate_of(operation)
            self._buckets[key] = Bucket(
                rate * factor * config.rate_factor,
                max(1, int(burst * factor)),
                config.rate_jitter,
                self._dice,
            )
        return self._buckets[key]


def rate_of(operation):
    """(requests a second, burst)"""
    return const.RATES.get(operation, const.NOTIFICATIONS_RATE)
