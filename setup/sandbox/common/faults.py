"""Faults of an API, switched at run time, drawn from a seed."""

import itertools
import random
import threading
from dataclasses import dataclass, field


@dataclass
class Fault:
    """One rule: strikes at ``rate``, or at each of the ``next`` requests.

    :ivar operation: only requests that have this name; the shop says which they have
    """

    kind: str
    rate: float = 1.0
    next: int = None
    operation: str = None
    seconds: float = 1.0
    retry_after: float = 2.0
    struck: int = 0
    id: int = field(default_factory=itertools.count(1).__next__)


class Faults:
    """:param kinds: {kind: what it does}, all that this shop can play"""

    def __init__(self, kinds, seed=1):
        self.kinds = kinds
        self._lock = threading.Lock()
        self.clear(seed)

    def clear(self, seed=1):
        self.rules = []
        self.random = random.Random(seed)

    def add(self, **values):
        rule = Fault(**values)
        if rule.kind not in self.kinds:
            raise ValueError(f"no fault {rule.kind!r}: {', '.join(self.kinds)}")
        with self._lock:
            self.rules.append(rule)
        return rule

    def remove(self, id):
        with self._lock:
            self.rules = [rule for rule in self.rules if rule.id != id]

    def draw(self, names, named_only=False):
        """What strikes a request with these names: {kind: rule} or nothing.

        One rule at most, the first that was added: rules for the "next" requests
        strike one after the other.
        """
        with self._lock:
            for rule in self.rules:
                if rule.operation not in names and (rule.operation or named_only):
                    continue
                if self._strikes(rule):
                    rule.struck += 1
                    return {rule.kind: rule}
        return {}

    def _strikes(self, rule):
        if rule.next is not None:
            if rule.next <= 0:
                return False
            rule.next -= 1
            return True
        return self.random.random() < rule.rate
