"""Orders and receipts of the warehouse. Quantities are in the unit of the line."""

from dataclasses import dataclass, field


@dataclass(eq=False)
class OrderLine:
    """:ivar pack: pieces of one unit
    :ivar lot: the lot that was asked for, or nothing
    """

    number: str
    article: object
    ordered: int
    unit: str
    pack: int
    lot: str = ""
    shipped: int = 0
    closed: bool = False

    @property
    def open(self):
        return 0 if self.closed else max(0, self.ordered - self.shipped)


@dataclass(eq=False)
class WarehouseOrder:
    """:ivar number: the depositor's order number
    :ivar state: open, shipped (nothing is open any more), cancelled
    :ivar shipments: its 945s
    """

    number: str
    po: str
    ship_to: str
    carrier: str
    lines: list
    state: str = "open"
    shipments: list = field(default_factory=list)

    def line_of(self, sku):
        return next((each for each in self.lines if each.article.sku == sku), None)


@dataclass
class Loaded:
    """What was loaded for a line.

    :ivar units: in the line's unit
    :ivar lots: {lot: pieces}
    :ivar instead: the article that was loaded in its place, or None
    """

    line: OrderLine
    units: int
    lots: dict
    cartons: dict
    instead: object = None


@dataclass(eq=False)
class Shipment:
    """:ivar left: when the truck left, which may be long before its 945
    :ivar habits: by which its 945 is late, or says less than it might
    """

    number: str
    order: WarehouseOrder
    left: object
    loaded: list
    bol: str
    tracking: str
    habits: list = field(default_factory=list)

    @property
    def first(self):
        """The first line of which something was loaded; None for an empty truck."""
        return next((each for each in self.loaded if each.units), None)
