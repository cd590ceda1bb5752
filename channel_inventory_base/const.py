"""Words that several models share. No odoo in here."""

SHORT_POLICIES = [
    ("backorder", "Back-order: ship what is there, the rest later"),
    ("wait", "Wait: park the order until all of it is there"),
    ("substitute", "Substitute: ship an offered substitute"),
    ("cancel", "Cancel what is not there on the channel"),
    ("ask", "Ask a person"),
]
"""What happens to an order line whose stock is not there when it is to be confirmed."""

LET_THROUGH = ("duplicate", "risk", "credit", "phone")
"""Categories of exceptions that a person may overrule for one order."""
