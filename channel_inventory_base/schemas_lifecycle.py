# SPDX-License-Identifier: AGPL-3.0-or-later
"""Events of an order after its sale: notifications to the channel, and data from it.

The first part goes OUT: one object is one message, frozen before it is first sent. The
second part comes IN with an order. All of it is reached through ``schemas``, and read
and written by its ``load`` and ``dump``. Quantities are in SOLD units, money is Decimal
in the order's currency, tax included.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from .exceptions import MalformedDataError
from .schemas_codec import check_choice

KINDS = ("acceptance", "shipment", "tracking", "cancel", "refund")
"""The kinds of messages, each with a method ``_send_<kind>`` of the adapter."""

CANCEL_REASONS = ("customer", "stock", "fraud", "payment", "other")
RESTOCKS = ("none", "cancel", "return")
OUTCOMES = ("done", "pending", "wait", "refused", "retry")
ANSWERS = ("accepted", "backordered", "substituted", "refused")
"""What becomes of units of a line."""


# -------------------------------------------------------------------- out
@dataclass(frozen=True)
class UnitsData:
    """So many sold units of an order line (``OrderLineData.external_id``)."""

    line_ref: str
    quantity: int

    def __post_init__(self):
        _check_positive("quantity", self.quantity)


@dataclass(frozen=True)
class TrackingData:
    """How a parcel travels. ``carrier`` is what the CHANNEL calls the carrier."""

    number: str
    carrier: str = ""
    url: str = ""


@dataclass(frozen=True)
class ParcelData:
    """What is in one parcel of a shipment."""

    parcel: str
    lines: tuple[UnitsData, ...]
    tracking: TrackingData | None = None

    def __post_init__(self):
        _check_lines(self.lines)


@dataclass(frozen=True)
class ShipmentData:
    """One parcel that has left the house, or all of a transfer.

    ``parcels``: those of a transfer, of a channel that is told of it as a whole
    (``Capabilities.whole_shipments``); ``lines`` are their sum, ``parcel`` names the
    transfer. Empty where each parcel is told by itself.

    ``node_ref`` is where it left from ("": not known), which may not be where the
    channel believes the goods to be. ``complete``: nothing of the order is left to ship
    after this parcel. ``tracking`` None: it has no number, or not yet.
    """

    order_ref: str
    lines: tuple[UnitsData, ...]
    shipped_at: datetime
    parcel: str
    node_ref: str = ""
    tracking: TrackingData | None = None
    complete: bool = False
    parcels: tuple[ParcelData, ...] = ()

    def __post_init__(self):
        _check_lines(self.lines)


@dataclass(frozen=True)
class ParcelTrackingData:
    """The tracking of a parcel that has been told already, new or corrected.

    ``shipment_ref`` is the ``MessageResult.ref`` of its shipment, "" where the channel
    gave none. ``replaces`` is the number it had before.
    """

    order_ref: str
    shipment_ref: str
    tracking: TrackingData
    replaces: str = ""


@dataclass(frozen=True)
class CancelData:
    """Not to be delivered any more: the whole order, or units of its lines.

    ``lines`` empty means all of it. ``refund``: what was paid for it is given back, as
    the channel computes it. The units were never shipped, so the channel takes them
    back into what it may sell (the number published next is right in any case).
    """

    order_ref: str
    lines: tuple[UnitsData, ...] = ()
    reason: str = "other"
    refund: bool = True
    note: str = ""

    def __post_init__(self):
        check_choice("reason", self.reason, CANCEL_REASONS)


@dataclass(frozen=True)
class RefundLineData:
    """Units that are paid back.

    ``amount`` is what they cost the customer, tax included. ``restock``: ``none`` (the
    channel's stock stays as it is: nothing came back, or nothing that can be sold),
    ``cancel`` (never shipped) or ``return`` (came back to ``node_ref``, to be sold).

    A channel that restocks raises its own number. So goods are told to be back with
    their refund and never alone: the refund shows in the order, and what it has
    restocked is taken off the deductions. What comes back without one raises the number
    that is published next, and nothing else.
    """

    line_ref: str
    quantity: int
    amount: Decimal
    restock: str = "none"
    node_ref: str = ""

    def __post_init__(self):
        _check_positive("quantity", self.quantity)
        check_choice("restock", self.restock, RESTOCKS)


@dataclass(frozen=True)
class RefundData:
    """Money given back: exactly ``amount``, not what the channel would compute.

    ``shipping`` is the part of it that is a delivery charge. What is neither of lines
    nor of shipping (goodwill) is the rest of ``amount``.
    """

    order_ref: str
    amount: Decimal
    currency: str
    lines: tuple[RefundLineData, ...] = ()
    shipping: Decimal = Decimal(0)
    note: str = ""

    def __post_init__(self):
        if self.amount <= 0:
            raise MalformedDataError("nothing to give back", path="amount")


@dataclass(frozen=True)
class AcceptedLineData:
    """What becomes of so many sold units of an order line.

    ``status``:

    - ``accepted``: they are there, and will be shipped;
    - ``backordered``: they will be shipped when they have come in;
    - ``substituted``: ``sku`` is shipped instead of ``replaces``, the SKU ordered;
    - ``refused``: they will not be shipped.

    ``date``: when they will leave, None: not known. ``price`` of one of them, as the
    sale order has it, None: none was agreed. The quantities of a line come to what was
    ordered.
    """

    line_ref: str
    status: str
    quantity: int
    date: datetime | None = None
    price: Decimal | None = None
    sku: str = ""
    replaces: str = ""

    def __post_init__(self):
        check_choice("status", self.status, ANSWERS)
        _check_positive("quantity", self.quantity)


@dataclass(frozen=True)
class AcceptanceData:
    """The order is confirmed and reserved here.

    ``lines``: what becomes of each, of a channel that is answered line by line
    (``Capabilities.answers_lines``); one answer a version of the order, which may be
    that all of it is refused.
    """

    order_ref: str
    lines: tuple[AcceptedLineData, ...] = ()


DATA = {
    "acceptance": AcceptanceData,
    "shipment": ShipmentData,
    "tracking": ParcelTrackingData,
    "cancel": CancelData,
    "refund": RefundData,
}
"""Kind of message -> class of its data."""


@dataclass(frozen=True)
class Attempt:
    """What the base knows of a message when it asks an adapter to carry it out, or
    whether it was.

    ``key`` is unique for the message and the same in every attempt. ``ref`` is what an
    earlier answer has named (``MessageResult.ref``: a job that is still at work), ""
    before. ``known`` are the refs of the order's other messages: two parcels may have
    the same content.
    """

    key: str
    ref: str = ""
    known: frozenset[str] = frozenset()


@dataclass(frozen=True)
class MessageResult:
    """The channel's answer to one message.

    ``status``:

    - ``done``: the channel shows it, by our doing or because it did already;
    - ``pending``: taken, the outcome shows later: the base asks ``_find_message``,
      after ``retry_after`` seconds (None: a few);
    - ``wait``: not now, and nothing was done (goods are on hold there): the base tries
      again after ``retry_after`` seconds (None: 15 minutes), and a person sees
      ``message``.

    What is refused for good is no result but a ``RejectedError``. Messages that are
    sent together (``Capabilities.message_batch``) have two more, so that each has an
    outcome of its own:

    - ``refused``: for good; ``message`` says why;
    - ``retry``: nothing was done and nothing is wrong with it. It is sent again after
      ``retry_after`` seconds (None: as after a failure).

    ``ref`` is the channel's id of what was made (a fulfilment, a refund), or the ticket
    that a pending one is asked for by; ``answer`` the raw text.
    """

    status: str
    ref: str = ""
    message: str = ""
    answer: str = ""
    retry_after: int | None = None

    def __post_init__(self):
        check_choice("status", self.status, OUTCOMES)


# --------------------------------------------------------------------- in
@dataclass(frozen=True)
class OrderRefundLineData:
    """Units of a refund as the channel has it; amounts after discounts.

    ``amount`` is with or without tax as the order's ``taxes_included`` says.
    ``excess``: units that were paid back beyond those that were bought; they are in no
    other figure.
    """

    line_ref: str
    quantity: int
    amount: Decimal
    tax: Decimal = Decimal(0)
    restock: str = "none"
    node_ref: str = ""
    excess: int = 0

    def __post_init__(self):
        check_choice("restock", self.restock, RESTOCKS)


@dataclass(frozen=True)
class RefundChargeData:
    """What of a refund is a delivery charge or a fee of the order.

    ``charge_ref`` is its ``ShippingLineData.external_id``; ``amount`` is with or
    without tax as the order's ``taxes_included`` says.
    """

    charge_ref: str
    amount: Decimal
    tax: Decimal = Decimal(0)


@dataclass(frozen=True)
class OrderRefundData:
    """A refund that the channel has made, by whomever.

    ``amount`` is the money that really went back, tax included: 0 where units were
    taken off an order that had not been paid, or where other goods were taken for
    them. ``charges`` are the delivery charges and fees in it; ``shipping`` and
    ``shipping_tax`` those of a channel that does not say which.
    A line of ``quantity`` 0 is money that went back for units that stay.
    ``pending`` is what of ``amount`` is still under way: credited, and not paid yet.
    ``failed`` is in no other figure: it did not go back, and the customer is owed it.
    """

    external_id: str
    amount: Decimal
    lines: tuple[OrderRefundLineData, ...] = ()
    shipping: Decimal = Decimal(0)
    shipping_tax: Decimal = Decimal(0)
    created_at: datetime | None = None
    note: str = ""
    charges: tuple[RefundChargeData, ...] = ()
    pending: Decimal = Decimal(0)
    failed: Decimal = Decimal(0)


@dataclass(frozen=True)
class OrderShipmentData:
    """A parcel as the channel has it, by whomever it was told."""

    external_id: str
    lines: tuple[UnitsData, ...] = ()
    tracking: tuple[TrackingData, ...] = ()
    node_ref: str = ""


def _check_positive(path, value):
    if value <= 0:
        raise MalformedDataError(f"{value} is not positive", path=path)


def _check_lines(lines):
    if not lines:
        raise MalformedDataError("a parcel without anything in it", path="lines")
