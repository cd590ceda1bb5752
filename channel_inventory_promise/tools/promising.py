# SPDX-License-Identifier: AGPL-3.0-or-later
"""What may be promised when: of what is there and what comes in. No odoo in here."""

import math
from dataclasses import dataclass

TINY = 1e-6


@dataclass(frozen=True)
class Arrival:
    """Goods that come in: STOCK units, on a day, by a document."""

    day: object
    units: float
    reference: str = ""


@dataclass(frozen=True)
class Part:
    """What one unit takes of a product that is stocked: of a kit its components, of
    anything else itself.

    ``available`` may be negative: what is sold and not there is served first by what
    comes in.
    """

    units: float
    available: float
    arrivals: tuple = ()


def count_units(parts, until=None):
    """How many units all parts suffice for, never less than none.

    :param until: a day, with what comes in by then; None for what is there now

    >>> count_units([Part(1, 2)])
    2.0
    >>> count_units([Part(2, 9), Part(1, 3)])
    3
    >>> count_units([Part(2, 7), Part(1, 9)])
    3
    >>> count_units([Part(1, -4, (Arrival(5, 10),))], until=5)
    6.0
    >>> count_units([Part(1, -4)]), count_units([])
    (0, 0)
    >>> count_units([Part(1, 2.5)])
    2.5
    """
    if not parts:
        return 0
    found = min(_units_of(part, until) for part in parts)
    is_kit = len(parts) > 1 or parts[0].units != 1
    return max(0, math.floor(found + TINY) if is_kit else found)


def _units_of(part, until):
    there = part.available
    if until is not None:
        there += sum(each.units for each in part.arrivals if each.day <= until)
    return there / part.units


def list_splits(parts, today):
    """Which units there are when: today's, then each day on which there are more.

    :return: list of Arrival; those of stock have no reference

    >>> lamp = Part(1, 2, (Arrival(9, 20, "P2"), Arrival(5, 3, "P1")))
    >>> [(each.day, each.units, each.reference) for each in list_splits([lamp], 1)]
    [(1, 2.0, ''), (5, 3.0, 'P1'), (9, 20.0, 'P2')]

    What is owed takes of what comes first:

    >>> owed = Part(1, -4, (Arrival(5, 3, "P1"), Arrival(9, 20, "P2")))
    >>> [(each.day, each.units, each.reference) for each in list_splits([owed], 1)]
    [(9, 19.0, 'P2')]

    A kit is there when the last of its components is:

    >>> kit = [Part(1, 0, (Arrival(5, 4, "P1"),)), Part(2, 2, (Arrival(9, 6, "P2"),))]
    >>> [(each.day, each.units, each.reference) for each in list_splits(kit, 1)]
    [(5, 1, 'P1'), (9, 3, 'P2')]

    What is late is expected today, and is not there:

    >>> late = Part(1, 0, (Arrival(1, 4, "P1"),))
    >>> [(each.day, each.units, each.reference) for each in list_splits([late], 3)]
    [(3, 4.0, 'P1')]
    """
    splits = []
    before = count_units(parts)
    if before:
        splits.append(Arrival(today, before))
    days = {each.day for part in parts for each in part.arrivals}
    for day in sorted(days):
        total = count_units(parts, day)
        if total - before > TINY:
            names = {
                each.reference: None
                for part in parts
                for each in part.arrivals
                if each.day == day and each.reference
            }
            splits.append(Arrival(max(day, today), total - before, ", ".join(names)))
        before = max(before, total)
    return splits


def take(splits, quantity, until=None):
    """The first of ``splits`` that make up ``quantity``.

    >>> found = take([Arrival(1, 2), Arrival(5, 3), Arrival(9, 20)], 6)
    >>> [(each.day, each.units) for each in found]
    [(1, 2), (5, 3), (9, 1)]
    >>> [(each.day, each.units) for each in take([Arrival(1, 2), Arrival(5, 3)], 4, 1)]
    [(1, 2)]
    """
    found = []
    for each in splits:
        if quantity <= TINY or until is not None and each.day > until:
            break
        units = min(quantity, each.units)
        found.append(Arrival(each.day, units, each.reference))
        quantity -= units
    return found


def whole_down(units, like, is_kit=False):
    """Whole pieces, where ``like`` is a number of pieces or they are kits: nobody is
    offered half of a chair because half of them may be held.

    >>> whole_down(2.5, 6), whole_down(2.5, 6.25), whole_down(2.5, 6.25, is_kit=True)
    (2, 2.5, 2)
    >>> whole_down(2.9999999, 3), whole_down(-1.5, 2)
    (3, -2)
    """
    if is_kit or abs(like - round(like)) <= TINY:
        return math.floor(units + TINY)
    return round(units, 6)


def is_kit(counted, product_id):
    """Whether a product is made of others.

    >>> is_kit({7: 1.0}, 7), is_kit({7: 1.0}, 8), is_kit({7: 1.0, 9: 2.0}, 8)
    (False, True, True)
    """
    return list(counted) != [product_id]


def room_to_hold(available, quoted, percent):
    """Units that quotations may still hold.

    :param available: what is left after all holds
    :param quoted: what quotations hold already
    :param percent: how much of what is there for them and for channels they may hold

    >>> room_to_hold(10, 0, 50), room_to_hold(6, 4, 50), room_to_hold(5, 5, 50)
    (5.0, 1.0, 0)
    >>> room_to_hold(2, 8, 100), room_to_hold(-3, 4, 100)
    (2, 0)
    """
    share = (available + quoted) * percent / 100 - quoted
    return max(0, min(available, share))
