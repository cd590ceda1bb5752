"""BigMart's records. Quantities are in the order's unit unless pieces are named."""

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(eq=False)
class Item:
    """:ivar sku: our number, which BigMart writes as VN
    :ivar unit: EA, or CA of ``pack`` pieces
    :ivar price: None: the vendor's own
    :ivar tells: qualifiers of the numbers by which BigMart orders it
    :ivar shown: pieces of the last 846, less what was ordered since; None without one
    """

    sku: str
    buyer: str
    upc: str
    title: str
    price: Decimal
    unit: str = "EA"
    pack: int = 1
    basis: str = "PE"
    stock_unit: str = "EA"
    tells: tuple = ("UP", "IN", "VN")
    shown: int = None


@dataclass(eq=False)
class Line:
    """:ivar stores: {store: units} of an SDQ
    :ivar confirmed: units that the last 855 promises; None before one
    :ivar noticed: units of ship notices; ``received``: off trucks; ``invoiced``: of
        invoices less credit memos
    """

    number: str
    item: Item
    ordered: int
    unit: str
    price: Decimal
    stores: dict = field(default_factory=dict)
    confirmed: int = None
    noticed: int = 0
    received: int = 0
    invoiced: int = 0
    by_store: dict = field(default_factory=dict)
    # bought within what the last 846 showed
    promised: bool = False

    @property
    def pack(self):
        """Pieces of one unit."""
        return self.item.pack if self.unit == "CA" else 1


@dataclass(eq=False)
class Version:
    """:ivar units: {line number: units} of lines that are wanted"""

    units: dict
    answered: bool = False


@dataclass(eq=False)
class Order:
    """:ivar state: open, cancelled, closed (its cancel date is over), test, copy
        (of another, or a blanket order: nothing is wanted)
    :ivar address: of a consumer, instead of a place with a code
    :ivar versions: the order as it was written, and after each change
    """

    po: str
    kind: str
    created: object
    ship_to: str
    lines: list
    ship_from: object
    ship_by: object
    cancel_after: object
    state: str = "open"
    address: dict = None
    note: str = ""
    changes: int = 0
    versions: list = field(default_factory=list)

    def add_version(self):
        units = {each.number: each.ordered for each in self.lines if each.ordered}
        self.versions.append(Version({} if self.state == "cancelled" else units))

    @property
    def answered(self):
        """Whether it has been answered as it is now."""
        return self.versions[-1].answered

    def line(self, number):
        return next((each for each in self.lines if each.number == str(number)), None)

    def line_of(self, sku):
        return next((each for each in self.lines if each.item.sku == sku), None)

    @property
    def alive(self):
        return self.state in ("open", "closed")


@dataclass(eq=False)
class Notice:
    """An 856 that was taken.

    :ivar cartons: {SSCC: [(line, units, store)]}
    """

    id: str
    bol: str
    shipped: object
    cartons: dict
    at: object
    arrived: bool = False


@dataclass(eq=False)
class Bill:
    """An 810 that was taken.

    :ivar total: to pay; negative of a credit memo
    """

    number: str
    po: str
    total: Decimal
    rows: list
