"""The leaky bucket of one app in one shop."""

import threading
import time

# The bucket holds what is restored in so many seconds.
SECONDS = 20


class Bucket:
    def __init__(self, config, now=time.monotonic):
        self.config = config
        self._now = now
        self._lock = threading.Lock()
        self.refill()

    def refill(self):
        """Full again, and of the size that the plan has now."""
        self._level = float(self.maximum)
        self._at = self._now()

    @property
    def maximum(self):
        return self.config.restore_rate * SECONDS

    def drain(self, left=0):
        """Leave so many points (for tests and demos)."""
        with self._lock:
            self._restore()
            self._level = float(left)

    def take(self, points):
        """Take the points if they are there."""
        with self._lock:
            self._restore()
            if points > self._level:
                return False
            self._level -= points
            return True

    def give_back(self, points):
        with self._lock:
            self._restore()
            self._level = min(self._level + points, self.maximum)

    def status(self):
        with self._lock:
            self._restore()
            return {
                "maximumAvailable": float(self.maximum),
                "currentlyAvailable": int(self._level),
                "restoreRate": float(self.config.restore_rate),
            }

    def _restore(self):
        moment = self._now()
        gained = (moment - self._at) * self.config.restore_rate
        self._level = min(self._level + gained, self.maximum)
        self._at = moment
