# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orders, their changes and answers; invoices. No odoo in here."""

from dataclasses import dataclass
from decimal import Decimal

from .schemas_parts import (
    Allocation,
    Carrier,
    Charge,
    Dates,
    ItemId,
    Moment,
    PackFacts,
    Party,
    Price,
    Reference,
)

PURPOSES = (
    "original",
    "cancel",
    "change",
    "replace",
    "confirmation",
    "duplicate",
    "information",
)
"""Of a document; "" where its code has no meaning here."""

ORDER_TYPES = (
    "standalone",
    "new",
    "dropship",
    "release",
    "rush",
    "blanket",
    "blanket_estimate",
    "call_off",
    "consignment",
    "sample",
)
LINE_ACTIONS = (
    "add",
    "change",
    "delete",
    "increase",
    "decrease",
    "price",
    "dates",
    "none",
)
ANSWERS = (
    "accepted",
    "changed",
    "backordered",
    "rescheduled",
    "substituted",
    "rejected",
    "deleted",
    "hold",
    "shipped",
    "price",
    "partial",
    "pending",
)
"""Of a line; a quantity that is ``accepted``, ``changed``, ``backordered``,
``rescheduled``, ``substituted``, ``shipped`` or ``price`` is owed from then on."""

OWED = (
    "accepted",
    "changed",
    "backordered",
    "rescheduled",
    "substituted",
    "shipped",
    "price",
)


@dataclass(frozen=True)
class Schedule:
    """``quantity`` of ``unit`` of a line, wanted at other dates than the rest."""

    quantity: Decimal
    unit: str = ""
    dates: Dates = Dates()


@dataclass(frozen=True)
class OrderLine:
    """One line of an order.

    ``position``: 1 for the first in the document; ``number`` as the buyer wrote it (may
    be missing, may repeat). ``quantity`` is in ``unit``. ``price`` None: not told, it
    is ours. ``allocations``: which store or warehouse gets how much.
    """

    position: int
    quantity: Decimal
    unit: str = ""
    number: str = ""
    price: Price | None = None
    ids: tuple[ItemId, ...] = ()
    pack: PackFacts | None = None
    allocations: tuple[Allocation, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    dates: Dates = Dates()
    text: str = ""
    refs: tuple[Reference, ...] = ()
    parties: tuple[Party, ...] = ()
    charges: tuple[Charge, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PurchaseOrder:
    """An order: 850, ORDERS.

    ``number`` and ``release`` name it, per sender. ``placed``: the buyer's date of it.
    ``line_count``, ``hash_total``, ``total`` are what the buyer says to check against;
    None: not told.
    """

    number: str
    lines: tuple[OrderLine, ...]
    purpose: str = "original"
    purpose_code: str = ""
    type: str = "standalone"
    type_code: str = ""
    release: str = ""
    placed: Moment | None = None
    contract: str = ""
    currency: str = ""
    dates: Dates = Dates()
    parties: tuple[Party, ...] = ()
    refs: tuple[Reference, ...] = ()
    charges: tuple[Charge, ...] = ()
    carrier: Carrier | None = None
    terms: str = ""
    notes: tuple[str, ...] = ()
    line_count: int | None = None
    hash_total: Decimal | None = None
    total: Decimal | None = None

    @property
    def holds(self):
        """Whether it asks for goods: a blanket order, a copy and a confirmation of what
        was ordered before do not. One that nobody can place does, until a person has
        looked at it."""
        return self.purpose in ("original", "replace", "change", "") and (
            self.type not in ("blanket", "blanket_estimate")
        )


@dataclass(frozen=True)
class ChangeLine:
    """What becomes of one line. ``line.quantity`` is what the document says in POC03:
    the NEW total, or the difference where ``relative``. ``left``: POC04 as written (the
    quantity left to receive, or the difference: guides differ). ``code``: 670.
    """

    action: str
    line: OrderLine
    code: str = ""
    left: Decimal | None = None
    relative: bool = False
    told: tuple[str, ...] = ()
    """Which of quantity, unit, price, dates, ids, allocations stand in the document;
    what is not told stays as it was."""


@dataclass(frozen=True)
class OrderChange:
    """A change of an order by its buyer: 860, ORDCHG.

    ``purpose``: cancel (all of it), change (the lines that are named), replace (what is
    not named is not wanted any more). ``change_number``: of the change, may be missing.
    """

    number: str
    lines: tuple[ChangeLine, ...] = ()
    purpose: str = "change"
    purpose_code: str = ""
    type_code: str = ""
    release: str = ""
    change_number: str = ""
    placed: Moment | None = None
    changed: Moment | None = None
    currency: str = ""
    dates: Dates = Dates()
    parties: tuple[Party, ...] = ()
    refs: tuple[Reference, ...] = ()
    charges: tuple[Charge, ...] = ()
    notes: tuple[str, ...] = ()
    line_count: int | None = None


@dataclass(frozen=True)
class LineAnswer:
    """``quantity`` of ``unit`` of a line has this ``status`` (``ANSWERS``; ``code``:
    668 as written). ``dates``: when it ships or arrives. ``ids``: of what comes
    instead, where it is substituted; else the line's. ``reason``: a partner's code."""

    status: str
    quantity: Decimal | None = None
    unit: str = ""
    code: str = ""
    dates: Dates = Dates()
    ids: tuple[ItemId, ...] = ()
    reason: str = ""
    price: Price | None = None


@dataclass(frozen=True)
class AnswerLine:
    """``line`` as it was ordered (or as the supplier repeats it); the quantities of
    ``answers`` add up to it."""

    line: OrderLine
    answers: tuple[LineAnswer, ...] = ()


@dataclass(frozen=True)
class OrderAnswer:
    """A supplier's answer to an order or to its change: 855, 865, ORDRSP.

    ``status``: accepted (as it is), changed (read the lines), rejected, or received
    (seen, nothing said). ``order_number``: the buyer's; ``number``: the supplier's own.
    """

    order_number: str
    status: str
    lines: tuple[AnswerLine, ...] = ()
    purpose: str = "original"
    purpose_code: str = ""
    type_code: str = ""
    release: str = ""
    number: str = ""
    ordered: Moment | None = None
    answered: Moment | None = None
    change_number: str = ""
    currency: str = ""
    dates: Dates = Dates()
    parties: tuple[Party, ...] = ()
    refs: tuple[Reference, ...] = ()
    notes: tuple[str, ...] = ()
    line_count: int | None = None


@dataclass(frozen=True)
class InvoiceLine:
    """``quantity`` of ``unit`` invoiced; ``amount`` without tax and without the line's
    own ``charges``, None: price times quantity."""

    position: int
    quantity: Decimal
    unit: str = ""
    number: str = ""
    price: Price | None = None
    amount: Decimal | None = None
    ids: tuple[ItemId, ...] = ()
    text: str = ""
    refs: tuple[Reference, ...] = ()
    charges: tuple[Charge, ...] = ()


@dataclass(frozen=True)
class Tax:
    """``percent``: 19 is 19 %. ``base``: what it is on, None: not told."""

    code: str
    amount: Decimal
    percent: Decimal | None = None
    base: Decimal | None = None


@dataclass(frozen=True)
class Invoice:
    """An invoice or credit note: 810, INVOIC (out).

    All amounts are positive, also those of a credit note; ``minus``: the partner wants
    them written with a minus there. ``total``: to pay, tax and charges included;
    ``lib.invoices`` tells whether all of it adds up. ``due_days``: from its date;
    ``discount_percent`` may be taken off when it is paid within ``discount_days``.
    ``purpose``: original, or replace where the partner has another one of its number.
    """

    number: str
    date: Moment
    total: Decimal
    lines: tuple[InvoiceLine, ...]
    order_number: str = ""
    ordered: Moment | None = None
    release: str = ""
    type_code: str = "DI"
    currency: str = ""
    dates: Dates = Dates()
    parties: tuple[Party, ...] = ()
    refs: tuple[Reference, ...] = ()
    charges: tuple[Charge, ...] = ()
    taxes: tuple[Tax, ...] = ()
    due_days: int | None = None
    carrier: Carrier | None = None
    notes: tuple[str, ...] = ()
    credit: bool = False
    minus: bool = False
    purpose: str = "original"
    due: Moment | None = None
    terms: str = ""
    discount_percent: Decimal | None = None
    discount_days: int | None = None


@dataclass(frozen=True)
class AdviceItem:
    """What is said of one document, or of one thing in it.

    ``status``: accepted, errors, rejected, or "". ``subject``: the number of what it is
    about (OTI03, RFF), ``subject_kind``: its set ("856") or the kind of the number.
    ``group`` and ``document``: control numbers of ours, where they are named.
    """

    status: str
    status_code: str = ""
    subject: str = ""
    subject_kind: str = ""
    group: str = ""
    document: str = ""
    codes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    refs: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class Advice:
    """What a document says of others, beyond their syntax: 824, 864, APERAK.

    ``status``: the worst of its ``items``: rejected, errors, accepted, or "" where it
    is only a text.
    """

    status: str
    items: tuple[AdviceItem, ...] = ()
    number: str = ""
    date: Moment | None = None
    parties: tuple[Party, ...] = ()
    refs: tuple[Reference, ...] = ()
    texts: tuple[str, ...] = ()
