# SPDX-License-Identifier: AGPL-3.0-or-later
"""The states of Amazon's orders, in both of its spellings. No odoo in here.

Absence is not a state: an order without one is held, and asked for again.
"""

import re

OPEN, PENDING, CANCELLED = "open", "pending", "cancelled"

STATES = {
    "PENDINGAVAILABILITY": PENDING,
    "PENDING": PENDING,
    "UNSHIPPED": OPEN,
    "PARTIALLYSHIPPED": OPEN,
    "SHIPPED": OPEN,
    "INVOICEUNCONFIRMED": OPEN,
    "UNFULFILLABLE": OPEN,
    "CANCELLED": CANCELLED,
    "CANCELED": CANCELLED,
}
NOT_TO_SELL = ("INVOICEUNCONFIRMED", "UNFULFILLABLE")
"""Held, and not to be imported: nobody may ship them as they are."""


def spelled(word):
    """One spelling of both.

    >>> spelled("PARTIALLY_SHIPPED"), spelled("PartiallyShipped")
    ('PARTIALLYSHIPPED', 'PARTIALLYSHIPPED')
    """
    return word.replace("_", "").upper()


def keeps_units(reason):
    """Whether Amazon leaves the units off its number where this was the reason of a
    cancellation: the merchant said that there are none.

    >>> keeps_units("NoInventory"), keeps_units("NO_INVENTORY"), keeps_units("Buyer")
    (True, True, False)
    """
    return re.sub("[^a-z]", "", reason.lower()) == "noinventory"
