# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which table reads and writes what. No odoo in here."""

from ... import schemas_goods as goods
from ... import schemas_orders as orders
from ..edifact import acks as edifact_acks
from ..x12 import acks as x12_acks
from . import (
    edifact_aperak,
    edifact_desadv,
    edifact_invoic,
    edifact_invrpt,
    edifact_ordchg,
    edifact_orders,
    edifact_ordrsp,
    edifact_recadv,
    x12_810,
    x12_824,
    x12_846,
    x12_850,
    x12_855,
    x12_856,
    x12_860,
    x12_940,
    x12_943,
    x12_944,
    x12_945,
    x12_947,
)

READERS = {
    ("x12", "824"): x12_824,
    ("x12", "846"): x12_846,
    ("x12", "850"): x12_850,
    ("x12", "855"): x12_855,
    ("x12", "856"): x12_856,
    ("x12", "860"): x12_860,
    ("x12", "864"): x12_824,
    ("x12", "865"): x12_855,
    ("x12", "944"): x12_944,
    ("x12", "945"): x12_945,
    ("x12", "947"): x12_947,
    ("x12", "997"): x12_acks,
    ("x12", "999"): x12_acks,
    ("edifact", "APERAK"): edifact_aperak,
    ("edifact", "CONTRL"): edifact_acks,
    ("edifact", "DESADV"): edifact_desadv,
    ("edifact", "INVRPT"): edifact_invrpt,
    ("edifact", "ORDCHG"): edifact_ordchg,
    ("edifact", "ORDERS"): edifact_orders,
    ("edifact", "ORDRSP"): edifact_ordrsp,
    ("edifact", "RECADV"): edifact_recadv,
}
"""By standard and kind of document: a module with ``read(document, context)``."""

WRITERS = {
    ("x12", orders.PurchaseOrder): ("850", x12_850),
    ("x12", orders.OrderChange): ("860", x12_860),
    ("x12", orders.OrderAnswer): ("855", x12_855),
    ("x12", orders.Invoice): ("810", x12_810),
    ("x12", goods.ShipNotice): ("856", x12_856),
    ("x12", goods.StockReport): ("846", x12_846),
    ("x12", goods.ShippingOrder): ("940", x12_940),
    ("x12", goods.ReceiptNotice): ("943", x12_943),
    ("edifact", orders.PurchaseOrder): ("ORDERS", edifact_orders),
    ("edifact", orders.OrderChange): ("ORDCHG", edifact_ordchg),
    ("edifact", orders.OrderAnswer): ("ORDRSP", edifact_ordrsp),
    ("edifact", orders.Invoice): ("INVOIC", edifact_invoic),
    ("edifact", goods.ShipNotice): ("DESADV", edifact_desadv),
    ("edifact", goods.StockReport): ("INVRPT", edifact_invrpt),
}
"""By standard and class: the kind that is written, and a module with ``write(value,
options)`` that gives its segments."""


def kind_of(standard, value):
    """(kind, module) that writes ``value``, or None."""
    found = WRITERS.get((standard, type(value)))
    if found and found[0] == "855" and value.change_number:
        return "865", found[1]
    return found
