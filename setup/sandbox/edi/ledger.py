"""A partner's ledger: all that was refused or charged, each with its number."""

from dataclasses import asdict, dataclass
from decimal import Decimal

from ..common.rules import Violations


@dataclass(frozen=True)
class Entry:
    """:ivar document: kind and reference, such as ``856 S-17``
    :ivar amount: what is charged, in the partner's currency; 0 for a mere refusal
    """

    number: int
    at: object
    rule: str
    document: str
    reason: str
    amount: Decimal


class Ledger(Violations):
    def __init__(self, names, clock):
        super().__init__(names)
        self.clock = clock
        self.entries = []

    def clear(self):
        super().clear()
        self.entries = []

    def add(self, rule, document, reason, amount=Decimal(0)):
        """:raise KeyError: no such rule"""
        self.note(rule, f"{document}: {reason}")
        at = self.clock.now()
        entry = Entry(len(self.entries) + 1, at, rule, document, reason, amount)
        self.entries.append(entry)
        return entry

    def of(self, rule):
        return [each for each in self.entries if each.rule == rule]

    @property
    def total(self):
        return sum((each.amount for each in self.entries), Decimal(0))

    def rows(self):
        """As plain values, for the control API."""
        return [asdict(each) for each in self.entries]
