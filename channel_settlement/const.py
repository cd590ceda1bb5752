# SPDX-License-Identifier: AGPL-3.0-or-later
"""What lines of settlements are, and what becomes of them."""

KINDS = [
    ("charge", "Charge"),
    ("refund", "Refund"),
    ("fee", "Fee"),
    ("chargeback", "Chargeback"),
    ("adjustment", "Adjustment"),
    ("reserve", "Reserve"),
    ("transfer", "Transfer to the bank"),
    ("tax", "Tax"),
    ("promotion", "Promotion"),
    ("other", "Other"),
]

# What a customer has paid, and got back: matched to the payments of an order. Tax and
# promotions are so where they name an order.
SALES = ("charge", "tax", "promotion")
OF_ORDERS = (*SALES, "refund")

MATCHES = [
    ("new", "Not matched yet"),
    ("matched", "Matched"),
    ("account", "Booked to an account"),
    ("not_needed", "Nothing to book"),
    ("no_order", "Order unknown"),
    ("no_payment", "No open payment"),
    ("amount", "Amount differs"),
    ("currency", "Other currency"),
    ("unmapped", "No account"),
    ("twice", "In another settlement"),
    ("test", "Test"),
]
# What a person has to decide, or Odoo has to get first.
ISSUES = (
    "new",
    "no_order",
    "no_payment",
    "amount",
    "currency",
    "unmapped",
    "twice",
    "test",
)

DECISIONS = [
    ("account", "Book to an account"),
    ("take", "Take the amount, the rest stays open"),
    ("difference", "Clear the payments, book the difference"),
    ("count", "Count it in this settlement"),
]

STATES = [
    ("new", "Received"),
    ("exceptions", "To check"),
    ("ready", "Ready"),
    ("proposed", "To approve"),
    ("approved", "Approved"),
    ("posted", "Posted"),
    ("void", "Failed or cancelled"),
    ("correction", "Correction waits"),
    ("replaced", "Replaced"),
]
# States in which it is still matched.
OPEN = ("new", "exceptions", "ready", "proposed")
# Those of which a channel and an id have one at a time.
CURRENT = (*OPEN, "approved", "posted", "void")
