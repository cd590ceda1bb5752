"""The supplier's records, all in pieces."""

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(eq=False)
class Good:
    """:ivar sku: the supplier's number, by which we order it (SA, VN)
    :ivar least: pieces of the smallest order
    """

    sku: str
    gtin: str
    title: str
    stock: int
    price: Decimal
    least: int = 1


@dataclass
class Wanted:
    """A line of an order as it was read.

    :ivar ids: {qualifier: number}
    """

    number: str
    ids: dict
    quantity: Decimal
    unit: str
    action: str = ""


@dataclass
class Request:
    """An order or a change, of either standard.

    :ivar ordered: the date of the order
    :ivar count: lines as the document says; None where it says nothing
    :ivar cancels: the whole order
    """

    number: str
    lines: list
    date: object
    ship_to: str
    ordered: object = None
    count: int = None
    cancels: bool = False


@dataclass(eq=False)
class PoLine:
    """:ivar promises: [(pieces, date)] of the last answer
    :ivar refused: why it will not come; empty where it will
    :ivar instead: the good that will come in its place
    """

    number: str
    good: Good
    ids: dict
    ordered: int
    unit: str
    promises: list = field(default_factory=list)
    refused: str = ""
    instead: Good = None
    despatched: int = 0

    @property
    def comes(self):
        return self.instead or self.good

    @property
    def open(self):
        return max(0, sum(pieces for pieces, _day in self.promises) - self.despatched)


@dataclass(eq=False)
class Po:
    """:ivar state: new, answered, despatched, cancelled"""

    number: str
    lines: list
    wanted: object
    ship_to: str
    ordered: object = None
    state: str = "new"
    version: int = 0
    despatches: list = field(default_factory=list)

    def line(self, key):
        """The line of this number, or else the first with this SKU; or None."""
        numbered = (each for each in self.lines if each.number == str(key))
        named = (each for each in self.lines if each.good and each.good.sku == key)
        return next(numbered, None) or next(named, None)


@dataclass(eq=False)
class Despatch:
    """:ivar cartons: [(SSCC, line, pieces)]"""

    number: str
    po: Po
    left: object
    arrives: object
    cartons: list
    told: bool = False
