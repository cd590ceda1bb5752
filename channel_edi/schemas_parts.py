# SPDX-License-Identifier: AGPL-3.0-or-later
"""What documents of all kinds are made of: parties, item ids, times, prices.

Codes of a standard are kept beside what they mean, so that an agreement can map what
its partner uses against the meaning. Quantities are in the unit that stands beside them
(a code of X12 355 or of Recommendation 20), never in stock units: what a case is, only
the product knows. No odoo in here.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class Moment:
    """A time as exactly as it was told: a day, a minute or a week from ``first`` to
    ``last``, both in UTC and both part of it. "Not before" means ``first``, "no later
    than" means ``last``. ``written``: as it stands in the document."""

    first: datetime
    last: datetime
    written: str = ""


@dataclass(frozen=True, slots=True)
class ItemId:
    """An id of an item. ``qualifier``: whose, in codes of X12 235 ("UP", "VN", "BP"
    ..); those of EDIFACT are translated ("SA" is "VN", "EN" stays)."""

    qualifier: str
    value: str


@dataclass(frozen=True)
class Reference:
    """A number that a document refers to: ``qualifier`` as written ("DP", "ON")."""

    qualifier: str
    value: str
    text: str = ""


@dataclass(frozen=True)
class Contact:
    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class Party:
    """Who, or where: told by a code, by an address, or by both.

    ``role``: ship_to, buyer, store (mark for), bill_to, supplier, ship_from, warehouse,
    carrier, or "" with ``role_code`` as written. ``qualifier`` and ``code``: whose
    numbering ("92" assigned by the buyer, "91" by the seller, "UL" GLN, "9" DUNS+4).
    """

    role: str
    role_code: str = ""
    qualifier: str = ""
    code: str = ""
    name: str = ""
    name2: str = ""
    street: str = ""
    street2: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = ""
    contact: Contact | None = None
    refs: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class Price:
    """``amount`` for ``per`` units of ``unit`` ("": the unit of the quantity).

    X12 PE: per 1 EA; CA: per 1 case; HP: per 100 EA. ``basis``: the code as written.
    ``net``: allowances are taken off already (EDIFACT AAA).
    """

    amount: Decimal
    per: Decimal = Decimal(1)
    unit: str = ""
    basis: str = ""
    net: bool = True


@dataclass(frozen=True)
class Charge:
    """An allowance (negative ``amount``) or a charge, in the document's currency.

    ``amount`` None: only ``rate`` (per unit) or ``percent`` (5 is 5 %) is told.
    """

    code: str = ""
    amount: Decimal | None = None
    rate: Decimal | None = None
    percent: Decimal | None = None
    text: str = ""
    method: str = ""


@dataclass(frozen=True)
class PackFacts:
    """What PO4 or PAC says: the ordered unit holds ``packs`` inner packs of ``size``
    ``size_unit``, each with ``inner`` pieces. None: not told."""

    packs: Decimal | None = None
    size: Decimal | None = None
    size_unit: str = ""
    inner: Decimal | None = None
    packaging: str = ""


@dataclass(frozen=True)
class Allocation:
    """So much of a line is for this place (SDQ, LOC). ``quantity`` in ``unit``."""

    code: str
    quantity: Decimal
    unit: str = ""
    qualifier: str = ""


@dataclass(frozen=True)
class Dates:
    """Times by what they mean, whatever code stands in the document.

    ``cancel_after``: what has not left (or come) by then is not wanted any more.
    ``ship_not_before``, ``ship_by``: a window of leaving. ``deliver_not_before``,
    ``deliver_by``: of arriving. ``ship_requested``, ``deliver_requested``: wishes.
    ``ship_scheduled``, ``deliver_scheduled``: what the supplier promises. ``shipped``,
    ``delivered``: what has happened. ``available``: next in stock. ``expires``: best
    before, or expiry. ``others``: codes without a meaning here.
    """

    cancel_after: Moment | None = None
    ship_not_before: Moment | None = None
    ship_by: Moment | None = None
    ship_requested: Moment | None = None
    ship_scheduled: Moment | None = None
    shipped: Moment | None = None
    deliver_not_before: Moment | None = None
    deliver_by: Moment | None = None
    deliver_requested: Moment | None = None
    deliver_scheduled: Moment | None = None
    delivered: Moment | None = None
    pickup: Moment | None = None
    available: Moment | None = None
    expires: Moment | None = None
    produced: Moment | None = None
    issued: Moment | None = None
    as_of: Moment | None = None
    others: tuple["OtherDate", ...] = ()


@dataclass(frozen=True)
class OtherDate:
    code: str
    at: Moment


@dataclass(frozen=True)
class Carrier:
    """``code``: SCAC, or what the agreement calls the carrier. ``mode``: "M" motor, "U"
    parcel .. as written. ``payment``: who pays ("PP", "CC")."""

    code: str = ""
    name: str = ""
    mode: str = ""
    service: str = ""
    payment: str = ""
    equipment: str = ""


@dataclass(frozen=True)
class Weight:
    value: Decimal
    unit: str = ""
