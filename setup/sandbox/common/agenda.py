"""The time of a shop, and what is to happen in it."""

import heapq
import itertools
import time
from datetime import datetime, timezone

from .clock import Clock


class Agenda(Clock):
    """A clock with fractions of seconds, and the work that falls due by it.

    Work runs under the store's lock, in the order of its time, and each piece sees the
    time at which it was due: jumping ahead plays what would have happened meanwhile.

    :param start: a moment at which it stands still until it is moved; None: it runs
    """

    def __init__(self, start=None):
        super().__init__()
        self.start = start
        self._due = []
        self._number = itertools.count()
        self._moment = None

    def time(self):
        """Seconds since the epoch, by the shop's clock."""
        if self._moment is not None:
            return self._moment
        base = time.time() if self.start is None else self.start.timestamp()
        return base + self.skew

    def now(self):
        moment = datetime.fromtimestamp(self.time(), timezone.utc)
        return moment.replace(microsecond=0)

    def after(self, seconds, function, *arguments):
        """Call the function so much later."""
        entry = (self.time() + seconds, next(self._number), function, arguments)
        heapq.heappush(self._due, entry)

    def run(self):
        """Do what is due. Only under the store's lock."""
        if self._moment is not None:
            return
        now = self.time()
        try:
            while self._due and self._due[0][0] <= now:
                self._moment, _number, function, arguments = heapq.heappop(self._due)
                function(*arguments)
        finally:
            self._moment = None

    def reset(self):
        super().reset()
        self._due = []

    def waiting(self):
        return len(self._due)


def iso_ms(moment):
    """The time form of notifications: ``2026-11-23T19:54:00.123Z``."""
    stamp = datetime.fromtimestamp(moment, timezone.utc)
    return stamp.strftime("%Y-%m-%dT%H:%M:%S.") + f"{stamp.microsecond // 1000:03}Z"
