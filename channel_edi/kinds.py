# SPDX-License-Identifier: AGPL-3.0-or-later
"""Kinds of documents and what they say. No odoo in here."""

from . import schemas

CLASSES = {
    "850": schemas.PurchaseOrder,
    "860": schemas.OrderChange,
    "855": schemas.OrderAnswer,
    "865": schemas.OrderAnswer,
    "856": schemas.ShipNotice,
    "846": schemas.StockReport,
    "940": schemas.ShippingOrder,
    "943": schemas.ReceiptNotice,
    "944": schemas.Receipt,
    "945": schemas.ShippingAdvice,
    "947": schemas.Adjustment,
    "810": schemas.Invoice,
    "ORDERS": schemas.PurchaseOrder,
    "ORDCHG": schemas.OrderChange,
    "ORDRSP": schemas.OrderAnswer,
    "DESADV": schemas.ShipNotice,
    "INVRPT": schemas.StockReport,
    "INVOIC": schemas.Invoice,
}
"""What a document says, by its kind: of those that are stored as values."""

TABLES = {
    "order": "850",
    "stock": "846",
    "shipment": "856",
    "advice": "945",
    "shipping_order": "940",
}
"""Documents of tables (``lib.flat.layout.DOCUMENTS``), and how X12 calls them."""
