# SPDX-License-Identifier: AGPL-3.0-or-later
"""An answer that is good for some seconds. No odoo in here."""

import threading
import time


class Recent:
    """Answers by key, each made once in so many seconds, however many ask at once.

    Of a process: another one makes its own, from the same database.

    >>> now = [0.0]
    >>> recent = Recent(5, clock=lambda: now[0])
    >>> made = []
    >>> make = lambda: made.append(1) or len(made)
    >>> [recent.get("a", make), recent.get("a", make), recent.get("b", make)]
    [1, 1, 2]
    >>> now[0] = 5.0
    >>> recent.get("a", make)
    3
    """

    def __init__(self, seconds, clock=time.monotonic):
        self._seconds = seconds
        self._clock = clock
        self._answers = {}
        self._lock = threading.Lock()

    def get(self, key, make):
        """What ``make`` returned; an error is nobody's but the caller's."""
        with self._lock:
            made_at, answer = self._answers.get(key, (None, None))
            if made_at is None or self._clock() - made_at >= self._seconds:
                answer = make()
                self._answers[key] = self._clock(), answer
            return answer

    def forget(self):
        with self._lock:
            self._answers.clear()
