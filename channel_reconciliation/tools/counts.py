# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a count of another system differs by, and what may explain it. No odoo.

Quantities are STOCK units as of the time of the count.
"""

from dataclasses import dataclass

DIGITS = 4
MOST_DOCUMENTS = 24
"""Of so many open documents it is tried which of them explain a difference."""
MOST_SUMS = 2000
"""So many sums of them are tried: of odd weights there are millions."""


@dataclass(frozen=True)
class Count:
    """A product in a snapshot, beside what it should be.

    :param counted, damaged: what the snapshot says; counted None: it says nothing of
        the product, and that it is complete
    :param expected: the last count, or Odoo's stock, with what has moved up to then
    :param was_damaged: what was damaged before
    :param factors: stock units of the packs that the product is sold in
    """

    counted: float | None
    damaged: float
    expected: float
    was_damaged: float = 0.0
    factors: tuple[float, ...] = ()

    @property
    def difference(self):
        return round((self.counted or 0.0) - self.expected, DIGITS)


def classify(count, leaving=(), coming=()):
    """The class of a count, and the documents that explain it.

    :param leaving: quantities of deliveries that are open here, oldest first: the goods
        may have left, and that may not have been told yet
    :param coming: quantities of receipts that are open here
    :return: (class, positions of documents in ``leaving`` or ``coming``)

    >>> classify(Count(92, 0, 92))
    ('equal', ())
    >>> classify(Count(92, 0, 100), leaving=(5, 8))
    ('stock_timing', (1,))
    >>> classify(Count(90, 0, 92), leaving=())
    ('stock_lost', ())
    >>> classify(Count(10, 0, 120, factors=(12.0,)))
    ('stock_unit', ())
    >>> classify(Count(7, 3, 10))
    ('stock_damaged', ())
    >>> classify(Count(None, 0, 10))
    ('stock_absent', ())
    >>> classify(Count(13, 0, 10), coming=(1, 2, 9))
    ('stock_timing', (0, 1))
    """
    difference = count.difference
    if not difference:
        return "equal", ()
    if count.counted is None:
        return "stock_absent", ()
    if _is_other_unit(count):
        return "stock_unit", ()
    documents = find_sum(abs(difference), coming if difference > 0 else leaving)
    if documents:
        return "stock_timing", documents
    if round(difference + count.damaged - count.was_damaged, DIGITS) == 0:
        return "stock_damaged", ()
    return ("stock_found" if difference > 0 else "stock_lost"), ()


def _is_other_unit(count):
    if not count.counted or count.expected <= 0:
        return False
    return any(
        factor > 1
        and (
            round(count.counted * factor - count.expected, DIGITS) == 0
            or round(count.expected * factor - count.counted, DIGITS) == 0
        )
        for factor in count.factors
    )


def find_sum(wanted, quantities):
    """Positions of the fewest quantities that add up to ``wanted``, the first ones
    where several do; () where none do.

    >>> find_sum(8, [5, 3, 8]), find_sum(4, [5, 3])
    ((2,), ())
    """
    ways, wanted = {0.0: ()}, round(wanted, DIGITS)
    for place, quantity in enumerate(quantities[:MOST_DOCUMENTS]):
        for reached, used in list(ways.items()):
            total = round(reached + quantity, DIGITS)
            if quantity <= 0 or total > wanted:
                continue
            if len(ways) >= MOST_SUMS and total != wanted and total not in ways:
                continue
            if total not in ways or len(used) + 1 < len(ways[total]):
                ways[total] = (*used, place)
    return ways.get(wanted, ())
