"""The physical stock of the warehouse, and what its system believes. All in pieces."""

from collections import Counter
from dataclasses import dataclass, field

from ..partner import PartnerError


@dataclass(eq=False)
class Article:
    """:ivar lots: {lot: pieces that are really there and good}
    :ivar unnoticed: {lot: pieces that the system believes in and nobody has}
    :ivar hold, damaged: pieces that are there and not for sale
    """

    sku: str
    upc: str
    title: str
    pack: int = 1
    lots: Counter = field(default_factory=Counter)
    unnoticed: Counter = field(default_factory=Counter)
    hold: int = 0
    damaged: int = 0

    @property
    def good(self):
        return sum(self.lots.values())

    @property
    def book(self):
        """What the system believes to be good."""
        return self.good + sum(self.unnoticed.values())

    def book_lots(self):
        lots = Counter(self.lots)
        for lot, pieces in self.unnoticed.items():
            lots[lot] += pieces
        return {lot: pieces for lot, pieces in lots.items() if pieces}

    def put(self, pieces, lot=""):
        self.lots[lot] += pieces

    def take(self, pieces, lot=None):
        """Take goods from the shelf, the oldest lot first. :return: {lot: pieces}

        :raise PartnerError: there are fewer
        """
        there = self.there(lot)
        if pieces > there:
            raise PartnerError(f"{self.sku}: {pieces} wanted, {there} there")
        taken = {}
        for each in self._lots(lot):
            part = min(pieces, self.lots[each])
            if part > 0:
                taken[each] = part
                self.lots[each] -= part
                pieces -= part
        return taken

    def _lots(self, lot):
        return [each for each in self.lots if lot is None or each == lot]

    def there(self, lot=None):
        """Good pieces of a lot, or of all."""
        return sum(self.lots[each] for each in self._lots(lot))

    def lose(self, pieces, lot=None):
        """They are gone and the system does not know."""
        for each, part in self.take(pieces, lot).items():
            self.unnoticed[each] += part

    def count(self):
        """The system learns what is there. :return: {lot: difference of its belief}"""
        found = {lot: -part for lot, part in self.unnoticed.items() if part}
        self.unnoticed.clear()
        return found
