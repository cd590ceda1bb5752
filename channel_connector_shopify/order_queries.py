# SPDX-License-Identifier: AGPL-3.0-or-later
"""The documents that read orders. No odoo in here.

A page holds a few orders with the first of everything in them, which is all of an
ordinary order. Where it is not, ``lib.completion`` reads on with the documents below:
nothing is ever cut off in silence.
"""

from .queries import load

REFUNDS_IN_PAGE, REFUNDS_IN_ORDER, MAX_REFUNDS = 2, 4, 250
"""So many refunds ``ORDERS``, ``ORDER`` and ``ORDER_REFUNDS`` ask for: a plain list."""
ORDERS_IN_READ = 4

_documents = load(__file__)
ORDERS = _documents["Orders"]
ORDER_HEADS = _documents["OrderHeads"]
ORDER_REFS = _documents["OrderRefs"]
ORDER_COUNT = _documents["OrderCount"]
ORDERS_BY_ID = _documents["OrdersById"]
ORDER = _documents["Order"]
# the following pages of one connection, with the age of what they belong to
ORDER_LINES = _documents["OrderLines"]
ORDER_SHIPPING_LINES = _documents["OrderShippingLines"]
ORDER_FULFILLMENT_ORDERS = _documents["OrderFulfillmentOrders"]
FULFILLMENT_ORDER_LINES = _documents["FulfillmentOrderLines"]
REFUND_LINES = _documents["RefundLines"]
REFUND_SHIPPING_LINES = _documents["RefundShippingLines"]
ORDER_REFUNDS = _documents["OrderRefunds"]
KNOWN = _documents["KnownOrders"]
"""Which of these orders the shop shows."""
SCOPES = _documents["Scopes"]
"""What the app may read."""
