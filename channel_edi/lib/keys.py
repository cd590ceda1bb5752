# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a document is about, and which one it is: to tell a document that was sent again
from another one, and to keep those of one order in their order. No odoo in here.

Keys are unique per partner only, and partners use numbers again after years: whoever
compares looks at a window of time as well.
"""

from ..schemas_goods import (
    Adjustment,
    Receipt,
    ReceiptNotice,
    ShipNotice,
    ShippingAdvice,
    ShippingOrder,
    StockReport,
)
from ..schemas_orders import Invoice, OrderAnswer, OrderChange, PurchaseOrder


def _joined(kind, *parts):
    """Parts that are empty at the end do not count.

    >>> _joined("order", "4711", ""), _joined("order", "a/b", "R1")
    ('order:4711', 'order:a%2Fb/R1')
    """
    shown = [part.replace("%", "%25").replace("/", "%2F") for part in parts]
    while shown and not shown[-1]:
        shown.pop()
    return f"{kind}:" + "/".join(shown)


def _moment(at):
    return at.first.strftime("%Y%m%dT%H%M%S") if at else ""


def subject_key(value):
    """What it is about: an order, its changes and its answers share theirs; "" for what
    stands alone.

    >>> subject_key(PurchaseOrder("4711", (), release="R1"))
    'order:4711/R1'
    >>> subject_key(OrderChange("4711", release="R1", change_number="2"))
    'order:4711/R1'
    >>> subject_key(ShippingAdvice("SO77", ()))
    'depositor:SO77'
    """
    if isinstance(value, PurchaseOrder | OrderChange):
        return _joined("order", value.number, value.release)
    if isinstance(value, OrderAnswer):
        return _joined("order", value.order_number, value.release)
    if isinstance(value, ShippingOrder):
        return _joined("depositor", value.number)
    if isinstance(value, ShippingAdvice):
        return _joined("depositor", value.order_number)
    if isinstance(value, ReceiptNotice):
        return _joined("receipt", value.number)
    if isinstance(value, Receipt):
        return _joined("receipt", value.order_number) if value.order_number else ""
    return ""


def business_key(value):
    """Which document of its kind it is; "" where it has no number of its own, and only
    its content tells.

    >>> business_key(OrderChange("4711", change_number="2"))
    'change:4711//2'
    >>> business_key(ShippingAdvice("SO77", (), number="S9", sequence="001002"))
    'advice:SO77/S9//001002'
    >>> business_key(StockReport("", ()))
    ''
    """
    parts = _parts(value)
    return _joined(*parts) if parts and any(parts[1:]) else ""


def _parts(value):
    match value:
        case PurchaseOrder():
            return "order", value.number, value.release
        case OrderChange():
            return "change", value.number, value.release, value.change_number
        case OrderAnswer():
            return (
                "answer",
                value.order_number,
                value.release,
                value.change_number,
                value.number,
            )
        case ShipNotice():
            year = str(value.created.first.year) if value.created else ""
            return "shipment", value.number, year
        case ShippingOrder():
            return "shipping", value.number
        case ShippingAdvice():
            return (
                "advice",
                value.order_number,
                value.number,
                value.agent_number,
                value.sequence,
            )
        case ReceiptNotice():
            return "inbound", value.number
        case Receipt():
            return "receipt", value.number, value.order_number
        case Adjustment():
            return "adjustment", value.number
        case StockReport():
            return "stock", value.number, _moment(value.as_of)
        case Invoice():
            return "invoice", value.number
    return ()
