"""Words that several models share. No odoo in here."""

SHORT_POLICIES = [
    ("backorder", "Back-order the rest"),
    ("wait", "Wait for all of it"),
    ("substitute", "Ship a substitute"),
    ("cancel", "Cancel what is short"),
    ("ask", "Ask a person"),
]
"""What happens to an order line whose stock is not there when it is to be confirmed."""

LET_THROUGH = ("duplicate", "risk", "credit", "phone", "unpaid")
"""Categories of exceptions that a person may overrule for one order."""

MOVE = "move:"
"""How a trace begins that names a stock move, see ``db.triggers``."""
