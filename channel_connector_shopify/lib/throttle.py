"""A leaky bucket of points that all workers of a channel share.

Shopify counts points for each app and shop and tells after every request what is
left (``extensions.cost.throttleStatus``,
https://shopify.dev/docs/api/usage/limits). Nothing about plans is written here:
until the first answer a small bucket is assumed, then the answers are believed.
"""

import time
import uuid

from ..errors import Throttled

# Before the first answer: less than any plan has.
FIRST_RATE = 50.0
FIRST_MAXIMUM = 1000.0
# A worker that died gives its points back after so many seconds.
FORGET = 120


class Bucket:
    """Arithmetic on the shared dict. Points and seconds; may go into debt.

    Debt is how workers queue without meeting again: each takes its points at once
    and waits for as long as the bucket needs to come back to zero.
    """

    def __init__(self, state, now):
        self.state = state
        self.now = now
        self.rate = state.get("rate", FIRST_RATE)
        self.maximum = state.get("maximum", FIRST_MAXIMUM)
        # other workers' clocks may be ahead of ours
        passed = max(0.0, now - state.get("at", now))
        level = state.get("level", self.maximum) + passed * self.rate
        self.level = min(level, self.maximum)
        self.taken = {
            ticket: (cost, until)
            for ticket, (cost, until) in state.get("taken", {}).items()
            if until > now
        }

    def save(self):
        self.state.update(
            level=self.level,
            at=self.now,
            rate=self.rate,
            maximum=self.maximum,
            taken=self.taken,
        )

    def wait_for(self, cost):
        """Seconds until ``cost`` points are there."""
        # dearer than the bucket: full is as good as it gets
        missing = min(cost, self.maximum) - self.level
        return max(0.0, missing / self.rate)

    def take(self, ticket, cost):
        self.level -= cost
        self.taken[ticket] = (cost, self.now + FORGET)

    def learn(self, ticket, report):
        """Believe the server where it says less than we think.

        Answers are settled in any order, and an older one says more than is left. Our
        own account never does; it grows as fast as the server's, so being too low
        costs no throughput. What others have under way the server may not know yet.
        """
        reserved, _until = self.taken.pop(ticket, (0, 0))
        if not report:
            return
        status = report["throttleStatus"]
        maximum = float(status["maximumAvailable"]) or self.maximum
        others = sum(cost for cost, _until in self.taken.values())
        reported = float(status["currentlyAvailable"]) - others
        mine = self.level + reserved - (report.get("actualQueryCost") or reserved)
        same_plan = self.state.get("maximum") == maximum and "rate" in self.state
        self.level = min(mine, reported) if same_plan else reported
        self.rate = float(status["restoreRate"]) or self.rate
        self.maximum = maximum

    def pause(self, seconds):
        """Nobody sends for ``seconds``: the server said so."""
        self.level = min(self.level, -self.rate * seconds)


class Throttle:
    """Reserves points before a request and learns from its answer.

    :param state: callable that gives a context manager on the shared dict, locked
        while it is open; nothing waits and nothing is sent inside it
    :param max_wait: seconds that a caller may be kept waiting; more is an error
    """

    def __init__(self, state, *, clock=time.time, sleep=time.sleep, max_wait=20.0):
        self._state = state
        self._clock = clock
        self._sleep = sleep
        self.max_wait = max_wait

    def reserve(self, name, cost):
        """Take the points of a document, wait until they are there.

        :param cost: a first guess; what the document cost last time is better
        :return: a ticket for ``settle``
        :raise Throttled: the wait would be too long; nothing was taken
        """
        ticket = uuid.uuid4().hex[:12]
        with self._state() as state:
            bucket = Bucket(state, self._clock())
            cost = state.get("costs", {}).get(name, cost)
            wait = bucket.wait_for(cost)
            if wait <= self.max_wait:
                bucket.take(ticket, cost)
            bucket.save()
        if wait > self.max_wait:
            raise Throttled(
                f"the queue for points is {wait:.0f} s long",
                code="QUEUE",
                retry_after=wait,
            )
        if wait:
            self._sleep(wait)
        return ticket

    def settle(self, ticket, name, report=None):
        """Learn from ``extensions.cost``; without it the points count as spent."""
        with self._state() as state:
            bucket = Bucket(state, self._clock())
            bucket.learn(ticket, report)
            bucket.save()
            if report and report.get("requestedQueryCost"):
                state.setdefault("costs", {})[name] = report["requestedQueryCost"]

    def pause(self, seconds):
        """Keep all workers from sending for ``seconds``."""
        with self._state() as state:
            bucket = Bucket(state, self._clock())
            bucket.pause(seconds)
            bucket.save()
