# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was agreed with a partner, as far as reading and writing need it. No odoo in
here."""

from dataclasses import dataclass, fields, replace

from ..schemas_envelope import Delimiters
from ..schemas_goods import STOCK_STATES
from ..schemas_orders import ORDER_TYPES
from ..schemas_parts import Dates
from .dates import zone_of

Pairs = tuple[tuple[str, str], ...]
_CHOICES = {
    "standard": ("", "x12", "edifact"),
    "sscc_qualifier": ("GM", "AA"),
    "date_format": ("102", "203"),
    "ack_interchange": ("asked", "always", "never"),
    "ack_kind": ("997", "999"),
}
_MEANINGS = {
    "dates": frozenset(field.name for field in fields(Dates)) - {"others"},
    "states": frozenset(STOCK_STATES) | {""},
    "order_types": frozenset(ORDER_TYPES) | {""},
}


def is_meaning(name, meaning):
    """Whether a code of this option can mean that; other options take any word.

    >>> is_meaning("dates", "ship_by"), is_meaning("dates", "ship-by")
    (True, False)
    >>> is_meaning("qualifiers", "VN")
    True
    """
    return name not in _MEANINGS or meaning in _MEANINGS[name]


@dataclass(frozen=True)
class Options:
    """Plain values, each with what holds where nothing was agreed.

    A value that means nothing is refused (ValueError) when it is agreed, not when the
    first document comes in.

    :ivar standard: "x12" or "edifact" where only that is expected; "": either
    :ivar zone: IANA name of the zone of the partner's dates and times
    :ivar charset: of the partner's texts; "": what the file says and shows
    :ivar forgiven: faults that are no reason to refuse, as "list:code" ("718:4", a
        wrong count of segments), or "list:code/segment" ("0085:29/UNT", the same, and
        not a wrong count of lines)
    :ivar lengths: tell of elements that are longer or shorter than X12 has them
    :ivar qualifiers: item qualifiers of the partner to those they mean ("IN" to "BP")
    :ivar parties: role codes of the partner to roles ("Z7" to "store")
    :ivar dates: date codes of the partner to fields of ``schemas.Dates``
    :ivar states: stock qualifiers of the partner to ``STOCK_STATES`` ("33" to
        "on_hand"); they win over the standard's meaning
    :ivar state_required: stock rows of an unmapped qualifier have no state: the
        standard's meaning is not taken
    :ivar complete: what an 846 or INVRPT leaves out is gone; None: not agreed
    :ivar change_relative: a quantity of an 860 is the difference for QI and QD
    :ivar order_types: order type codes of the partner to ``ORDER_TYPES``
    :ivar sscc_qualifier: of MAN01 in what we send: "GM" (20 digits) or "AA" (18)
    :ivar date_format: of dates that we send in EDIFACT: "102" or "203"
    :ivar short_dates: of six digits; X12 before 4010 has no others
    :ivar upper: what we send is in capitals (X12 basic set, UNOA)
    :ivar ack_details: name accepted documents in a 997, too (AK2 loops)
    :ivar ack_interchange: answer with a TA1: "asked", "always", "never"
    :ivar ack_kind: of the answers to groups: "997", or "999" where that was agreed
    """

    standard: str = ""
    zone: str = "UTC"
    charset: str = ""
    forgiven: tuple[str, ...] = ()
    lengths: bool = False
    qualifiers: Pairs = ()
    parties: Pairs = ()
    dates: Pairs = ()
    states: Pairs = ()
    state_required: bool = False
    complete: bool | None = None
    change_relative: bool = False
    order_types: Pairs = ()
    sscc_qualifier: str = "GM"
    date_format: str = "102"
    short_dates: bool = False
    upper: bool = False
    ack_details: bool = True
    ack_interchange: str = "asked"
    ack_kind: str = "997"
    delimiters: Delimiters | None = None

    def __post_init__(self):
        zone_of(self.zone)
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(
                    f"{name}: {getattr(self, name)!r} is none of {choices}"
                )
        for name in _MEANINGS:
            for code, meaning in getattr(self, name):
                if not is_meaning(name, meaning):
                    raise ValueError(f"{name}: {code!r} cannot mean {meaning!r}")

    def is_forgiven(self, fault):
        key = f"{fault.code_list}:{fault.code}"
        return key in self.forgiven or f"{key}/{fault.segment_id}" in self.forgiven

    def judged(self, faults):
        """The faults as this agreement takes them: one that is forgiven is not fatal.
        A file is read before anybody knows whose it is."""
        return [
            replace(fault, fatal=False)
            if fault.fatal and self.is_forgiven(fault)
            else fault
            for fault in faults
        ]


DEFAULT = Options()
