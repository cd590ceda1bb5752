# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a channel showed at a moment, from what was written down, or why that is not
known. No odoo. SOLD units."""

from dataclasses import dataclass
from datetime import datetime

# What became of a request whose quantity was not confirmed -> why nothing is known.
UNSURE = {
    "open": "unanswered",
    "accepted": "unanswered",
    "retry": "unanswered",
    "stale": "stale",
    "rejected": "rejected",
    "late": "late",
    "replaced": "late",
}


@dataclass(frozen=True)
class Sent:
    """A quantity that was sent: the last one before the moment.

    ``deducted``: what the channel was known to have sold of the level in all, when the
    quantity was computed.
    """

    quantity: int
    deducted: int
    result: str
    shown_at: datetime | None


@dataclass(frozen=True)
class Later:
    """What was known of the level the next time that it was looked at: ``expected`` on
    the channel, with ``deducted`` in all. None where it is not known."""

    expected: int | None
    deducted: int


@dataclass(frozen=True)
class Sold:
    """Orders captured between the two: units in all, and those placed by the moment."""

    total: int = 0
    before: int = 0


def judge(sent, later, sold, moment):
    """:return: (quantity, ""), or (None, why it is not known)

    >>> judge(Sent(7, 2, "acked", datetime(2026, 1, 1)), Later(6, 3), Sold(1, 1),
    ...       datetime(2026, 1, 2))
    (6, '')
    """
    if sent is None:
        return None, "never"
    if sent.result != "acked":
        return None, UNSURE[sent.result]
    if sent.shown_at is None or sent.shown_at > moment:
        return None, "unanswered"
    since = later.deducted - sent.deducted
    if later.expected is None or later.expected != sent.quantity - since:
        # it was found to be another one, nobody knows since when
        return None, "changed"
    if sold.total != since:
        return None, "sold"
    return sent.quantity - sold.before, ""
