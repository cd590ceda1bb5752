# SPDX-License-Identifier: AGPL-3.0-or-later
"""The documents that tell Shopify what became of an order. No odoo in here.

``fulfillmentCreate`` and ``orderCancel`` know no key: what the shop has is read before
anything is repeated (``FULFILLMENTS``, ``CANCEL_STATE``). Refunds carry a key, and our
mark in their note, by which they are found again.
"""

from .queries import load

_documents = load(__file__)
FULFILLMENT_ORDERS = _documents["ShippableOrders"]
FULFILLMENT_ORDER_LINES = _documents["ShippableLines"]
FULFILLMENTS = _documents["Fulfillments"]
FULFILLMENT_LINES = _documents["FulfillmentLines"]
FULFILL = _documents["Fulfill"]
TRACK = _documents["Track"]
TAG = _documents["Tag"]
CANCEL = _documents["Cancel"]
CANCEL_STATE = _documents["CancelState"]
CANCEL_JOB = _documents["CancelJob"]
SUGGESTED_REFUND = _documents["SuggestedRefund"]
PAYMENTS = _documents["Payments"]
REFUND = _documents["Refund"]
REFUND_NOTES = _documents["RefundNotes"]
