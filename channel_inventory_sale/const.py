# SPDX-License-Identifier: AGPL-3.0-or-later
"""Words that several models share. No odoo in here."""

SHORT_POLICIES = [
    ("backorder", "Back-order the rest"),
    ("wait", "Ship complete only"),
    ("substitute", "Ship a substitute"),
    ("cancel", "Cancel the missing units"),
    ("ask", "Operator decides"),
]
"""What happens to an order line whose stock is not there when it is to be confirmed."""

OVERRIDABLE = (
    "duplicate",
    "risk",
    "credit",
    "phone",
    "unpaid",
    "pack",
    "price",
    "window",
    "early",
)
"""Categories of exceptions that an operator may override for one order."""
