"""Switches of what a shop refuses and does, and counts of what an app did wrong."""

import random
import threading
from collections import Counter, deque


class Rules:
    """The switches of all rules. A rate of 0 never strikes, 1 always does.

    :param refusals: {name: what is refused}: certain unless it is switched off
    :param habits: {name: (rate, what happens)}: what the shop does by itself
    """

    def __init__(self, refusals, habits, seed=1):
        self._lock = threading.Lock()
        self._refusals, self._habits = refusals, habits
        self.clear(seed)

    def clear(self, seed=1):
        self.dice = random.Random(f"rules {seed}")
        self.rates = dict.fromkeys(self._refusals, 1.0)
        self.rates.update({name: rate for name, (rate, _what) in self._habits.items()})
        self._next = Counter()

    def set(self, **rates):
        """:raise ValueError: no such rule"""
        self._check(rates)
        with self._lock:
            self.rates.update(rates)

    def next(self, name, times=1):
        """Let it strike at each of the next times, whatever its rate."""
        self._check([name])
        with self._lock:
            self._next[name] += int(times)

    def calm(self):
        """Nothing by chance: habits that are not certain stop, refusals stay."""
        with self._lock:
            for name in self._habits:
                if self.rates[name] < 1:
                    self.rates[name] = 0.0

    def strikes(self, name):
        with self._lock:
            if self._next[name] > 0:
                self._next[name] -= 1
                return True
            rate = self.rates[name]
            return rate >= 1 or (rate > 0 and self.dice.random() < rate)

    def between(self, low, high):
        with self._lock:
            return self.dice.uniform(low, high)

    def _check(self, names):
        if unknown := sorted(set(names) - set(self.rates)):
            raise ValueError(f"no rule {', '.join(unknown)}")


class Violations:
    """What an app did wrong: counts by rule, and the last ones word by word.

    :param names: the rules by which may be counted
    """

    def __init__(self, names, size=1000):
        self.names = frozenset(names)
        self._lock = threading.Lock()
        self._last = deque(maxlen=size)
        self.counts = Counter()

    def clear(self):
        with self._lock:
            self._last.clear()
            self.counts.clear()

    def note(self, rule, detail=""):
        if rule not in self.names:
            raise KeyError(rule)
        with self._lock:
            self.counts[rule] += 1
            self._last.append({"rule": rule, "detail": detail})

    def summary(self):
        with self._lock:
            return {"counts": dict(self.counts), "last": list(self._last)}
