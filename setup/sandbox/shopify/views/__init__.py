"""How the records of the store look in the API, one module for each area.

Importing it registers the views.
"""

from . import catalog, fulfillment, misc, order, parts, payments, query

__all__ = ["catalog", "fulfillment", "misc", "order", "parts", "payments", "query"]
