# SPDX-License-Identifier: AGPL-3.0-or-later
"""Numbers that a channel has taken and may not show yet, and what it shows after them.

A number may be applied after those that are sent later, unless it was seen before they
were: what a channel shows is read before each of them is sent. No odoo in here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Flight:
    """A number on its way, in sold units.

    ``base``: what the channel was believed to show when it was frozen; ``deducted``:
    what it was known to have deducted then. ``shown``: what was read just before it was
    sent, None where nothing was. ``is_taken``: the channel has accepted it. ``sold``,
    ``returned``: what has become known of its sales and cancellations since, at least.
    """

    quantity: int
    base: int
    deducted: int
    shown: int | None
    is_taken: bool
    sold: int = 0
    returned: int = 0

    def is_seen(self, shown, deducted):
        """Whether a channel that shows ``shown`` has applied it: what it has sold, or
        got back, since explains the number with it and does not without it.

        :param deducted: what it is known to have deducted now

        >>> four = Flight(4, 10, 0, 10, True)
        >>> [four.is_seen(shown, 0) for shown in (4, 10, 3)]
        [True, False, False]
        >>> [four.is_seen(4, deducted) for deducted in (5, 6)]
        [True, False]
        """
        before = self.base if self.shown is None else self.shown
        since = deducted - self.deducted
        least, most = min(0, since, -self.returned), max(0, since, self.sold)
        return (
            self.is_taken
            and least <= self.quantity - shown <= most
            and not least <= before - shown <= most
        )


def foretell(flights, target, deducted):
    """What a channel that shows ``target`` will show once all that is on its way has
    been applied: ``target``, or None where that cannot be told.

    :param flights: oldest first
    :param deducted: what it is known to have deducted now
    """
    if all(each.quantity == target for each in flights):
        # it does not matter which of them is the last
        return target
    # what a look has shown after each of them
    seen = [following.shown for following in flights[1:]] + [target]
    if all(
        shown is not None and each.is_seen(shown, deducted)
        for each, shown in zip(flights, seen, strict=True)
    ):
        return target
    return None
