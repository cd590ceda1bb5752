"""Faults of the API, switched at run time, drawn from a seed."""

import itertools
import random
import threading
from dataclasses import dataclass, field

KINDS = {
    "timeout_before_commit": "nothing happens and no answer is ever sent",
    "timeout_after_commit": "the work is done, but no answer is ever sent",
    "reset_before_commit": "the connection breaks before anything happens",
    "reset_after_commit": "the work is done, then the connection breaks",
    "http_500": "internal server error, nothing done",
    "http_502": "bad gateway, nothing done",
    "http_503": "service unavailable, nothing done",
    "http_500_after_commit": "the work is done, the answer says it failed",
    "http_429": "too many requests, with Retry-After",
    "http_430": "rejected as a security risk",
    "http_423": "shop is locked",
    "throttled": "THROTTLED in a 200 answer",
    "slow": "the answer takes ``seconds``",
    "slow_commit": "the change takes ``seconds``; its key is in progress meanwhile",
    "unauthorized": "401 as with an expired token",
    "truncated": "the JSON of the answer breaks off half way",
    "html": "an HTML page with status 200 instead of JSON",
    "stale_field_null": "stale errors do not say which entry",
    "internal_error": "INTERNAL_SERVER_ERROR in a 200 answer, nothing done",
}


@dataclass
class Fault:
    """One rule: strikes at ``rate``, or at each of the ``next`` requests.

    :ivar operation: only requests of this operation name or root field
    """

    kind: str
    rate: float = 1.0
    next: int = None
    operation: str = None
    seconds: float = 1.0
    retry_after: float = 2.0
    struck: int = 0
    id: int = field(default_factory=itertools.count(1).__next__)

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"no fault {self.kind!r}: {', '.join(KINDS)}")


class Faults:
    def __init__(self, seed=1):
        self._lock = threading.Lock()
        self.clear(seed)

    def clear(self, seed=1):
        self.rules = []
        self.random = random.Random(seed)

    def add(self, **values):
        rule = Fault(**values)
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
