# SPDX-License-Identifier: AGPL-3.0-or-later
"""A leaky bucket of points (or requests) that all workers of a channel share.

Channels with quotas count what each request costs and let it come back with time; some
tell with every answer what is left. Nothing about plans is written here: until the
first answer the figures assumed are the connector's, then the answers are believed. No
odoo in here.
"""

import time
import uuid
from dataclasses import dataclass

from .errors import Throttled

# A worker that died gives its points back after so many seconds.
FORGET = 120


@dataclass(frozen=True)
class Report:
    """What a channel tells of its bucket: points, and points a second.

    ``cost``: what the request has cost; ``estimate``: what the like of it has to be
    there for. None: it does not tell. Some tell their ``rate`` only: then ``left`` and
    ``maximum`` are None, and what we have counted ourselves counts.
    """

    left: float | None
    maximum: float | None
    rate: float
    cost: float | None = None
    estimate: float | None = None


class Bucket:
    """Arithmetic on the shared dict. Points and seconds; may go into debt.

    Debt is how workers queue without meeting again: each takes its points at once
    and waits for as long as the bucket needs to come back to zero.
    """

    def __init__(self, state, now, rate=1.0, maximum=1.0):
        self.state = state
        self.now = now
        self.rate = state.get("rate", rate)
        self.maximum = state.get("maximum", maximum)
        # other workers' clocks may be ahead of ours
        passed = max(0.0, now - state.get("at", now))
        level = state.get("level", self.maximum) + passed * self.rate
        self.level = min(level, self.maximum)
        self.paused_until = state.get("paused_until", 0.0)
        # how many answers have been settled: tells whether one is the newest
        self.settled = state.get("settled", 0)
        self.taken = {
            ticket: tuple(facts)
            for ticket, facts in state.get("taken", {}).items()
            if facts[1] > now
        }

    def save(self):
        self.state.update(
            level=self.level,
            at=self.now,
            rate=self.rate,
            maximum=self.maximum,
            taken=self.taken,
            paused_until=self.paused_until,
            settled=self.settled,
        )

    def wait_for(self, cost):
        """Seconds until ``cost`` points are there."""
        # dearer than the bucket: full is as good as it gets
        missing = min(cost, self.maximum) - self.level
        return max(0.0, missing / self.rate, self.pause_left())

    def pause_left(self):
        return max(0.0, self.paused_until - self.now)

    def take(self, ticket, cost):
        self.level -= cost
        self.taken[ticket] = (cost, self.now + FORGET, None)

    def mark_sent(self, ticket):
        """Its request goes out now: remember how many answers are known by then."""
        cost, _until, _settled = self.taken.get(ticket, (0, 0, None))
        self.taken[ticket] = (cost, self.now + FORGET, self.settled)

    def give_back(self, ticket):
        """Its request was not carried out: the server has counted nothing."""
        cost, *_rest = self.taken.pop(ticket, (0, 0, None))
        self.level = min(self.level + cost, self.maximum)

    def learn(self, ticket, report):
        """Believe the server.

        Answers are settled in any order, and an older one says more than is left. So
        one is believed as it is where no other was settled since its request was sent;
        else only where it says less than we think: our own account grows as fast as
        the server's. What others have under way the server may not know yet.
        """
        reserved, _until, known = self.taken.pop(ticket, (0, 0, None))
        newest, self.settled = known == self.settled, self.settled + 1
        if not report:
            return
        if report.left is None:
            self.rate = float(report.rate)
            return
        others = sum(cost for cost, *_rest in self.taken.values())
        reported = float(report.left) - others
        mine = self.level + reserved - (report.cost or reserved)
        same_plan = self.state.get("maximum") == report.maximum and "rate" in self.state
        is_believed = newest or not same_plan
        self.level = reported if is_believed else min(mine, reported)
        self.rate, self.maximum = float(report.rate), float(report.maximum)

    def pause(self, seconds):
        """No worker sends for ``seconds``, as requested by the server."""
        self.paused_until = max(self.paused_until, self.now + seconds)

    def drain(self):
        """The server has refused what we thought was there: others use it, too."""
        self.level = min(self.level, 0.0)


class Throttle:
    """Reserves points before a request and learns from its answer.

    :param state: callable that gives a context manager on the shared dict, locked
        while it is open; nothing waits and nothing is sent inside it
    :param rate, maximum: points a second and size of the bucket as long as the channel
        has told nothing: less than any plan has
    :param max_wait: seconds that a caller may be kept waiting; more is an error
    """

    def __init__(
        self,
        state,
        *,
        rate,
        maximum,
        clock=time.time,
        sleep=time.sleep,
        max_wait=5.0,
    ):
        self._state = state
        self._first = (float(rate), float(maximum))
        self._clock = clock
        self._sleep = sleep
        self.max_wait = max_wait

    def _bucket(self, state):
        return Bucket(state, self._clock(), *self._first)

    def reserve(self, name, cost):
        """Take the points of a request, wait until they are there.

        :param name: of its kind: what that cost last time is better than
        :param cost: a first guess
        :return: a ticket for ``settle``
        :raise Throttled: the wait would be too long; nothing was taken
        """
        ticket = uuid.uuid4().hex[:12]
        with self._state() as state:
            bucket = self._bucket(state)
            cost = state.get("costs", {}).get(name, cost)
            wait = bucket.wait_for(cost)
            if wait <= self.max_wait:
                bucket.take(ticket, cost)
            bucket.save()
        if wait > self.max_wait:
            raise self._too_long(wait)
        self._wait(ticket, wait)
        return ticket

    def _wait(self, ticket, wait):
        """Wait, and look again before sending: meanwhile the server may have told
        another worker that nobody is to send."""
        waited = 0.0
        while True:
            if wait:
                self._sleep(wait)
                waited += wait
            with self._state() as state:
                bucket = self._bucket(state)
                wait = bucket.pause_left()
                too_long = wait and waited + wait > self.max_wait
                if too_long:
                    bucket.give_back(ticket)
                elif not wait:
                    bucket.mark_sent(ticket)
                bucket.save()
            if too_long:
                raise self._too_long(wait)
            if not wait:
                return

    @staticmethod
    def _too_long(wait):
        words = f"the queue for points is {wait:.0f} s long"
        return Throttled(words, code="QUEUE", retry_after=wait)

    def settle(self, ticket, name, report=None, ran=True):
        """Learn from the answer; where it tells nothing the points count as spent.

        :param report: a Report, or None
        :param ran: False: the server has certainly not carried the request out
        """
        with self._state() as state:
            bucket = self._bucket(state)
            if ran:
                bucket.learn(ticket, report)
            else:
                bucket.give_back(ticket)
            bucket.save()
            if report and report.estimate:
                state.setdefault("costs", {})[name] = report.estimate

    def pause(self, seconds):
        """Keep all workers from sending for ``seconds``."""
        with self._state() as state:
            bucket = self._bucket(state)
            bucket.pause(seconds)
            bucket.save()

    def drain(self):
        """Begin anew with an empty bucket, which fills at its rate.

        :return: seconds until a point is there again
        """
        with self._state() as state:
            bucket = self._bucket(state)
            bucket.drain()
            bucket.save()
            return bucket.wait_for(1)
