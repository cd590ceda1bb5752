# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether a reading of many numbers is one to conclude from. No odoo.

A permission that was taken away, an export that breaks off or the numbers of another
place look like thousands of changes, and are none. A person who edits stock changes
few of many numbers. So a reading is refused as a whole where it is more likely that the
reading is wrong than that all those numbers are.
"""

from dataclasses import dataclass

FEW = 3
"""So many numbers may be wrong in a shop of any size."""
MISSING = 0.02
"""Part of the numbers that may be missing."""
NOTHING = 0.20
"""Part of the numbers that may be none or 0 where they should not be."""
DIFFERING, AT_LEAST = 0.02, 50
"""Part of the numbers that may differ without an explanation; of few, so many."""
JUMP, UNITS = 10, 1000
"""All numbers together may be so many times, and so many units, what they should be."""


@dataclass(frozen=True)
class Limits:
    """What a reading may be wrong by before it is refused.

    :param missing, nothing, differing: parts of the numbers, see above
    :param every: all numbers may differ where there are no more than so many
    """

    missing: float = MISSING
    nothing: float = NOTHING
    differing: float = DIFFERING
    every: int = FEW


CHANNEL = Limits()
WAREHOUSE = Limits(missing=0.10, differing=0.20, every=AT_LEAST)
"""Shelves are counted by people, and reports may tell a few products only."""


@dataclass(frozen=True)
class Reading:
    """What was read of the numbers that were expected. SOLD units.

    :param known: how many numbers above 0 were expected
    :param read: how many of those the reading has
    :param nothing: how many of those are none or 0
    :param differing: how many, of all that were read, nothing explains
    :param total: how many were read
    :param expected, shown: units of all that were read
    """

    known: int
    read: int
    nothing: int
    differing: int
    total: int
    expected: int = 0
    shown: int = 0

    @property
    def coverage(self):
        """
        >>> Reading(known=10, read=6, nothing=0, differing=0, total=6).coverage
        0.6
        >>> Reading(0, 0, 0, 0, 0).coverage
        1.0
        """
        return self.read / self.known if self.known else 1.0

    def find_fault(self, limits=CHANNEL):
        """:return: why it is not believable: ``coverage``, ``nothing``, ``jump`` or
        ``differing``; "" where it is

        >>> Reading(100, 100, 0, 3, 100, 500, 505).find_fault()
        ''
        >>> Reading(100, 60, 0, 0, 60).find_fault()
        'coverage'
        >>> Reading(1, 0, 0, 0, 0).find_fault()
        ''
        >>> Reading(1000, 1000, 0, 60, 1000).find_fault()
        'differing'
        >>> Reading(1000, 1000, 0, 60, 1000).find_fault(WAREHOUSE)
        ''
        """
        missing = self.known - self.read
        if missing > max(FEW, limits.missing * self.known) or missing == self.known > 1:
            return "coverage"
        if (
            self.nothing > max(FEW, limits.nothing * self.read)
            or self.nothing == self.read > 1
        ):
            return "nothing"
        if self.shown > JUMP * self.expected and self.shown - self.expected > UNITS:
            # one number may be a slip of the keyboard, and is a difference like others
            if self.differing > FEW or self.differing == self.total > 1:
                return "jump"
        if self.differing > max(AT_LEAST, limits.differing * self.total):
            return "differing"
        if self.differing == self.total > limits.every:
            return "differing"
        return ""


def is_list_believable(listed, counted, here, gone):
    """Whether orders that a list of a day lacks may be deleted. A list that breaks off
    and a permission that was taken away look like many that are.

    :param listed: orders in the list
    :param counted: how many the channel has counted, 0 where it has not
    :param here: orders of that day that are known here
    :param gone: how many of those the list lacks

    >>> is_list_believable(98, 98, 100, 2), is_list_believable(0, 0, 100, 100)
    (True, False)
    >>> is_list_believable(60, 100, 60, 0)
    False
    """
    if listed < counted - max(FEW, MISSING * counted):
        return False
    return gone <= max(FEW, NOTHING * here)
