"""The clock of the shop, which may differ from the clock of its clients."""

from datetime import datetime, timedelta, timezone


class Clock:
    """Shop time in whole seconds, as Shopify and WooCommerce keep and show it.

    Whole seconds are a trap worth keeping: two orders often share one
    ``updated_at``, so a client that asks for "later than" loses one of them.
    """

    def __init__(self):
        self.skew = 0.0
        self._last = None

    def now(self):
        moment = datetime.now(timezone.utc) + timedelta(seconds=self.skew)
        return moment.replace(microsecond=0)

    def tick(self):
        """A time for a change: it never runs backwards, whatever the skew does."""
        moment = self.now()
        if self._last is not None and moment < self._last:
            moment = self._last
        self._last = moment
        return moment

    def move(self, seconds, backwards=False):
        """:param backwards: somebody set it right: what changes from now on may bear
        earlier times than what changed before"""
        self.skew = float(seconds)
        if backwards:
            self._last = None

    def reset(self):
        self.skew = 0.0
        self._last = None


def iso(moment):
    """``2026-11-23T19:54:00Z``, or None."""
    return moment and moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_offset(moment):
    """The form of webhook bodies: ``2026-11-23T19:54:00+00:00``."""
    return moment and moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def parse_time(text):
    """Read an ISO date or time; what has no zone is taken as UTC."""
    moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment
