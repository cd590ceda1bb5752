# SPDX-License-Identifier: AGPL-3.0-or-later
"""Work that a request may do beside what it was sent for, if nobody waits for it."""

import threading
import time


class Turns:
    """One at a time in this process, and for no more than a share of the time.

    >>> now = [0.0]
    >>> turns = Turns(share=0.25, clock=lambda: now[0])
    >>> turns.begin(), turns.begin()
    (True, False)
    >>> now[0] = 1.0
    >>> turns.end()

    It has taken a second: three others are for the others.

    >>> now[0] = 3.9
    >>> turns.begin()
    False
    >>> now[0] = 4.0
    >>> turns.begin()
    True
    """

    def __init__(self, share, clock=time.monotonic):
        self._rest = 1 / share - 1
        self._clock = clock
        self._lock = threading.Lock()
        self._began = self._next = clock()

    def begin(self):
        """:return: whether the caller has the turn, which it must ``end``"""
        if self._clock() < self._next or not self._lock.acquire(blocking=False):
            return False
        self._began = self._clock()
        return True

    def end(self):
        now = self._clock()
        self._next = now + (now - self._began) * self._rest
        self._lock.release()
