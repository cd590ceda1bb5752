# SPDX-License-Identifier: AGPL-3.0-or-later
"""Goods that move or are counted: ship notices, stock, what a warehouse is told and
tells. Quantities are in the unit beside them. No odoo in here."""

from dataclasses import dataclass
from decimal import Decimal

from .schemas_parts import (
    Carrier,
    Dates,
    ItemId,
    Moment,
    PackFacts,
    Party,
    Price,
    Reference,
    Weight,
)

STOCK_STATES = (
    "available",
    "on_hand",
    "allocated",
    "hold",
    "quality",
    "damaged",
    "in_transit",
    "expected",
    "other",
)
"""What a number of a stock report counts. ``available``: on hand and nobody's.
``other``: known, and none of ours; "" where nobody has said what the code means."""

REPORTING = ("full", "exceptions", "none", "original", "return", "simulation", "other")
"""How much a warehouse's shipping advice tells: see ``ShippingAdvice``."""

FATES = (
    "complete",
    "complete_more",
    "closed_short",
    "backordered",
    "partial",
    "backorder_shipped",
    "substituted",
    "substitutes",
    "cancelled",
    "out_of_stock",
    "damaged",
)
"""Of a line of a shipping advice (368)."""


# ------------------------------------------------------------- 856, DESADV
@dataclass(frozen=True)
class ShipItem:
    """``quantity`` of ``unit`` that has left. ``order_number``: only where the pack
    above holds goods of several orders. ``packs``: of what is packed one item a pack,
    where the notice tells packs below items."""

    quantity: Decimal
    unit: str = ""
    number: str = ""
    ids: tuple[ItemId, ...] = ()
    ordered: Decimal | None = None
    ordered_unit: str = ""
    status: str = ""
    lot: str = ""
    serials: tuple[str, ...] = ()
    expires: Moment | None = None
    pack: PackFacts | None = None
    text: str = ""
    refs: tuple[Reference, ...] = ()
    order_number: str = ""
    packs: tuple["Pack", ...] = ()


@dataclass(frozen=True)
class Pack:
    """A carton or a pallet (``level``: pack, tare) with what is in it.

    ``sscc``: 18 digits, or "". ``tracking``: the carrier's id of it. ``marks``:
    other numbers on it.
    """

    level: str = "pack"
    sscc: str = ""
    tracking: str = ""
    marks: tuple[Reference, ...] = ()
    packaging: str = ""
    weight: Weight | None = None
    facts: PackFacts | None = None
    refs: tuple[Reference, ...] = ()
    items: tuple[ShipItem, ...] = ()
    packs: tuple["Pack", ...] = ()


@dataclass(frozen=True)
class ShipOrder:
    """What is shipped of one order: loose ``items``, and ``packs``. ``number`` "": the
    notice puts its packs above the orders; then the items name theirs."""

    number: str
    release: str = ""
    ordered: Moment | None = None
    refs: tuple[Reference, ...] = ()
    parties: tuple[Party, ...] = ()
    packs: tuple[Pack, ...] = ()
    items: tuple[ShipItem, ...] = ()


@dataclass(frozen=True)
class ShipNotice:
    """A shipment with all that is in it: 856, DESADV. Made of what was packed.

    ``number`` names it, per sender and year. ``dates.shipped``, and
    ``dates.deliver_scheduled`` when it will arrive. ``structure``: "0001" (shipment,
    order, pack, item), "0002" (.. item, pack), "0004" (no packs).
    ``packages``: how many, of ``packaging``.
    """

    number: str
    orders: tuple[ShipOrder, ...]
    purpose: str = "original"
    purpose_code: str = ""
    created: Moment | None = None
    structure: str = "0001"
    bill_of_lading: str = ""
    tracking: str = ""
    dates: Dates = Dates()
    carrier: Carrier | None = None
    packages: int | None = None
    packaging: str = ""
    weight: Weight | None = None
    parties: tuple[Party, ...] = ()
    refs: tuple[Reference, ...] = ()
    notes: tuple[str, ...] = ()
    count: int | None = None
    hash_total: Decimal | None = None


# ------------------------------------------------------------- 846, INVRPT
@dataclass(frozen=True, slots=True)
class StockRow:
    """One number: ``quantity`` of ``unit`` in ``status`` (``STOCK_STATES``).

    ``qualifier``: the code that it was told by. Rows of one item with other places or
    lots add up. ``incremental``: a difference to what was told before.
    ``available``: when the next come in.
    """

    position: int
    quantity: Decimal
    unit: str = ""
    qualifier: str = ""
    status: str = ""
    ids: tuple[ItemId, ...] = ()
    number: str = ""
    place: Party | None = None
    lot: str = ""
    expires: Moment | None = None
    available: Moment | None = None
    text: str = ""
    price: Price | None = None
    incremental: bool = False


@dataclass(frozen=True)
class StockReport:
    """What there is at ``as_of``: 846, INVRPT.

    ``complete``: items that are not in it are gone (True), or unchanged (False); None:
    the document does not say, the agreement has to. ``item_count``: as its sender says.
    """

    number: str
    rows: tuple[StockRow, ...]
    as_of: Moment | None = None
    complete: bool | None = None
    purpose: str = "original"
    purpose_code: str = ""
    type_code: str = ""
    parties: tuple[Party, ...] = ()
    refs: tuple[Reference, ...] = ()
    item_count: int | None = None
    notes: tuple[str, ...] = ()


# ------------------------------------------------- 940: a warehouse is told to ship
@dataclass(frozen=True)
class ShippingLine:
    quantity: Decimal
    unit: str = ""
    number: str = ""
    ids: tuple[ItemId, ...] = ()
    lot: str = ""
    text: str = ""
    refs: tuple[Reference, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShippingOrder:
    """What a warehouse is to ship: 940. ``number``: ours, it comes back in the 945.

    ``purpose``: original, cancel, change, resubmission. ``po_number``: the customer's.
    """

    number: str
    lines: tuple[ShippingLine, ...]
    purpose: str = "original"
    po_number: str = ""
    dates: Dates = Dates()
    parties: tuple[Party, ...] = ()
    refs: tuple[Reference, ...] = ()
    carrier: Carrier | None = None
    notes: tuple[str, ...] = ()
    weight: Weight | None = None


# ---------------------------------------------------- 945: a warehouse has shipped
@dataclass(frozen=True)
class AdviceLine:
    """``shipped`` of ``unit``; ``fate``: of ``FATES``, with ``code`` (368) as written.

    ``original_ids``: what was ordered, where this was shipped instead of it. ``packs``:
    ids of the cartons it is in.
    """

    shipped: Decimal | None
    unit: str = ""
    fate: str = ""
    code: str = ""
    ordered: Decimal | None = None
    difference: Decimal | None = None
    number: str = ""
    ids: tuple[ItemId, ...] = ()
    original_ids: tuple[ItemId, ...] = ()
    lot: str = ""
    packs: tuple[Reference, ...] = ()
    refs: tuple[Reference, ...] = ()
    text: str = ""


@dataclass(frozen=True)
class ShippingAdvice:
    """What a warehouse has shipped of one of our orders: 945.

    ``reporting``: with ``none`` and ``exceptions`` the lines that are not named have
    left as they were ordered; ``simulation`` is not real. ``total_units``: what the
    sender says that the sum of ``shipped`` is. ``link`` and ``sequence``: which one of
    several advices of an order it is.
    """

    order_number: str
    lines: tuple[AdviceLine, ...]
    reporting: str = "full"
    reporting_code: str = ""
    shipped: Moment | None = None
    number: str = ""
    agent_number: str = ""
    po_number: str = ""
    link: str = ""
    sequence: str = ""
    bill_of_lading: str = ""
    tracking: tuple[str, ...] = ()
    parties: tuple[Party, ...] = ()
    refs: tuple[Reference, ...] = ()
    dates: Dates = Dates()
    carrier: Carrier | None = None
    total_units: Decimal | None = None
    weight: Weight | None = None
    notes: tuple[str, ...] = ()

    @property
    def adds_up(self):
        """Whether the lines are as many units as the sender says (W0301); where he
        says nothing, they are."""
        shipped = sum((line.shipped or 0 for line in self.lines), Decimal(0))
        return self.total_units is None or self.total_units == shipped


# --------------------------------------------- 943: goods come; 944: they have come
@dataclass(frozen=True)
class NoticeLine:
    quantity: Decimal
    unit: str = ""
    number: str = ""
    ids: tuple[ItemId, ...] = ()
    lot: str = ""
    text: str = ""
    refs: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class ReceiptNotice:
    """What a warehouse is to receive: 943. ``number``: ours, the 944 repeats it."""

    number: str
    lines: tuple[NoticeLine, ...]
    shipment_number: str = ""
    purpose: str = "original"
    date: Moment | None = None
    dates: Dates = Dates()
    parties: tuple[Party, ...] = ()
    refs: tuple[Reference, ...] = ()
    carrier: Carrier | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReceiptException:
    """``quantity`` of ``unit`` that was damaged, short, over or other (``condition``;
    ``code``: 412 as written). Damaged goods are part of what was received."""

    quantity: Decimal
    condition: str
    unit: str = ""
    code: str = ""
    reason: str = ""


@dataclass(frozen=True)
class ReceiptLine:
    received: Decimal
    unit: str = ""
    number: str = ""
    ids: tuple[ItemId, ...] = ()
    lot: str = ""
    adjusts: bool = False
    exceptions: tuple[ReceiptException, ...] = ()
    text: str = ""
    refs: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """What a warehouse has received: 944, RECADV. ``total``: as its sender says."""

    number: str
    lines: tuple[ReceiptLine, ...]
    order_number: str = ""
    shipment_number: str = ""
    reporting_code: str = ""
    received: Moment | None = None
    parties: tuple[Party, ...] = ()
    refs: tuple[Reference, ...] = ()
    dates: Dates = Dates()
    total: Decimal | None = None
    notes: tuple[str, ...] = ()

    @property
    def adds_up(self):
        """Whether the lines are as many units as the sender says (W1401); where he
        says nothing, they are."""
        received = sum((line.received for line in self.lines), Decimal(0))
        return self.total is None or self.total == received


# ------------------------------------------------------ 947: a warehouse corrects
@dataclass(frozen=True)
class AdjustmentLine:
    """``quantity`` of ``unit`` with its sign, as it was written.

    ``effect``: total (it is more or less than was known), state (from ``source`` to
    ``target``, of ``STOCK_STATES``; the quantity's sign is of no account), shipment or
    receipt (an earlier advice or receipt was wrong), "" where the reason is unknown.
    ``contradicts``: the reason says less and the sign says more, or the other way.
    """

    reason: str
    quantity: Decimal
    unit: str = ""
    effect: str = ""
    source: str = ""
    target: str = ""
    contradicts: bool = False
    number: str = ""
    ids: tuple[ItemId, ...] = ()
    lot: str = ""
    type_code: str = ""
    at: Moment | None = None
    refs: tuple[Reference, ...] = ()
    text: str = ""


@dataclass(frozen=True)
class Adjustment:
    """Corrections of a warehouse's stock: 947. ``number``: the warehouse's."""

    number: str
    lines: tuple[AdjustmentLine, ...]
    date: Moment | None = None
    depositor_number: str = ""
    parties: tuple[Party, ...] = ()
    refs: tuple[Reference, ...] = ()
    notes: tuple[str, ...] = ()
