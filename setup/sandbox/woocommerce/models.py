"""The records of a shop. Quantities are sold units, money is Decimal."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
CENT = Decimal("0.01")


@dataclass(eq=False)
class Product:
    """A product or, with a parent, a variation: both are WordPress posts."""

    id: int
    name: str
    sku: str
    price: Decimal
    created: object
    modified: object
    type: str = "simple"
    status: str = "publish"
    barcode: str = ""
    weight: Decimal = Decimal(0)
    manage_stock: bool = True
    stock: int = 0
    # For products without a stock figure: somebody sets it by hand.
    stock_status: str = "instock"
    backorders: bool = False
    virtual: bool = False
    parent: object = None
    variations: list = field(default_factory=list)

    @property
    def holder(self):
        """Whose stock figure counts: its own, its parent's, or nobody's."""
        if self.manage_stock:
            return self
        if self.parent and self.parent.manage_stock:
            return self.parent
        return None

    @property
    def title(self):
        return f"{self.parent.name} - {self.name}" if self.parent else self.name

    def in_stock(self):
        if self.holder is None:
            return self.stock_status == "instock"
        return self.holder.stock > 0 or self.holder.backorders


@dataclass(eq=False)
class Line:
    """A line of an order; amounts are before tax, whatever prices include."""

    id: int
    product: object
    name: str
    sku: str
    quantity: int
    subtotal: Decimal
    total: Decimal
    # (rate id, tax of the subtotal, tax of the total)
    taxes: list = field(default_factory=list)
    # Meta ``_reduced_stock``: what the shop has taken off for it; None: nothing yet.
    reduced: int = None
    # What the customer has asked for, and what addons keep there: (key, value)
    properties: list = field(default_factory=list)

    @property
    def tax(self):
        return sum((tax for _rate, _before, tax in self.taxes), ZERO)

    @property
    def subtotal_tax(self):
        return sum((tax for _rate, tax, _after in self.taxes), ZERO)


@dataclass(eq=False)
class Charge:
    """A delivery or a fee."""

    id: int
    title: str
    total: Decimal
    taxes: list = field(default_factory=list)
    method: str = ""

    tax = Line.tax


@dataclass(eq=False)
class RefundLine:
    id: int
    line: object  # a Line or a Charge of the order
    quantity: int
    total: Decimal
    taxes: list = field(default_factory=list)

    tax = Line.tax


@dataclass(eq=False)
class Refund:
    id: int
    amount: Decimal
    reason: str
    created: object
    lines: list = field(default_factory=list)
    by_gateway: bool = False
    meta: list = field(default_factory=list)


@dataclass(eq=False)
class Order:
    id: int
    status: str
    currency: str
    prices_include_tax: bool
    created: object
    modified: object
    lines: list = field(default_factory=list)
    shipping: list = field(default_factory=list)
    fees: list = field(default_factory=list)
    coupons: list = field(default_factory=list)
    # rate id -> (label, rate as a fraction)
    rates: dict = field(default_factory=dict)
    refunds: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    meta: list = field(default_factory=list)
    # What the gift cards addon has taken off the total: (code, amount); no card, no
    # field in the answer, as without the addon.
    gift_cards: list = field(default_factory=list)
    billing: dict = field(default_factory=dict)
    delivery: dict = field(default_factory=dict)
    customer_id: int = 0
    customer_note: str = ""
    gateway: str = "bacs"
    transaction_id: str = ""
    created_via: str = "checkout"
    paid: object = None
    completed: object = None
    # The shop's own mark that stock was reduced (``_order_stock_reduced``).
    stock_reduced: bool = False
    # status before it went to the trash
    trashed_from: str = ""
    # Taxes have all their digits and are rounded in the sum only.
    rounded_once: bool = False
    rates_lost: bool = False

    @property
    def charges(self):
        return [*self.lines, *self.shipping, *self.fees]

    @property
    def total(self):
        paid_by_card = sum((amount for _code, amount in self.gift_cards), ZERO)
        net = sum((each.total for each in self.charges), ZERO) - paid_by_card
        if self.rounded_once and self.prices_include_tax:
            taxes = sum((each.tax for each in self.charges), ZERO)
            return (net + taxes).quantize(CENT, ROUND_HALF_UP)
        return net + self.total_tax

    @property
    def total_tax(self):
        taxes = sum((each.tax for each in self.charges), ZERO)
        return taxes.quantize(CENT, ROUND_HALF_UP) if self.rounded_once else taxes

    @property
    def refunded(self):
        return sum((refund.amount for refund in self.refunds), ZERO)

    def refunded_units(self, line):
        return sum(
            entry.quantity
            for refund in self.refunds
            for entry in refund.lines
            if entry.line is line
        )


@dataclass(eq=False)
class Webhook:
    id: int
    name: str
    topic: str
    url: str
    secret: str
    created: object
    modified: object
    status: str = "active"
    failures: int = 0

    @property
    def resource(self):
        return self.topic.partition(".")[0]

    @property
    def event(self):
        return self.topic.partition(".")[2]
