"""Customers, orders and what belongs to them."""

from dataclasses import dataclass, field
from datetime import datetime

from .ids import gid
from .models import HasGid, Location, ProductVariant
from .money import Bag, total


@dataclass(eq=False)
class Customer(HasGid):
    id: int
    created_at: datetime
    updated_at: datetime
    email: str = None
    phone: str = None
    first_name: str = None
    last_name: str = None
    address: dict = None
    note: str = None
    tags: list = field(default_factory=list)

    @property
    def display_name(self):
        name = " ".join(filter(None, (self.first_name, self.last_name)))
        return name or self.email or self.phone or ""


@dataclass(eq=False)
class LineItem(HasGid):
    id: int
    order: "Order"
    variant: ProductVariant
    title: str
    sku: str
    quantity: int
    unit_price: Bag
    # Pairs of (index of the discount application, amount).
    allocations: list = field(default_factory=list)
    # Triples of (title, rate, amount).
    taxes: list = field(default_factory=list)
    variant_title: str = None
    vendor: str = ""
    taxable: bool = True
    requires_shipping: bool = True
    properties: dict = field(default_factory=dict)
    group: "LineItemGroup" = None
    removed: int = 0
    refunded: int = 0
    fulfilled: int = 0

    @property
    def current_quantity(self):
        return self.quantity - self.removed

    @property
    def unfulfilled(self):
        return max(self.current_quantity - self.fulfilled, 0)

    @property
    def original_total(self):
        return self.unit_price.times(self.quantity)

    @property
    def discount(self):
        return total(amount for _index, amount in self.allocations)

    @property
    def discounted_total(self):
        return self.original_total - self.discount

    @property
    def tax(self):
        return total(amount for _title, _rate, amount in self.taxes)


@dataclass(eq=False)
class LineItemGroup(HasGid):
    id: int
    variant: ProductVariant
    title: str
    quantity: int


@dataclass(eq=False)
class ShippingLine(HasGid):
    id: int
    order: "Order"
    title: str
    code: str
    price: Bag
    allocations: list = field(default_factory=list)
    taxes: list = field(default_factory=list)
    refunded: Bag = field(default_factory=Bag)
    refunded_tax: Bag = field(default_factory=Bag)

    @property
    def discount(self):
        return total(amount for _index, amount in self.allocations)

    @property
    def discounted(self):
        return self.price - self.discount

    @property
    def tax(self):
        return total(amount for _title, _rate, amount in self.taxes)


@dataclass(eq=False)
class Transaction:
    id: int
    kind: str
    status: str
    amount: Bag
    gateway: str
    created_at: datetime
    parent: "Transaction" = None

    @property
    def gid(self):
        return gid("OrderTransaction", self.id)


@dataclass(eq=False)
class RefundLine:
    id: int
    line: LineItem
    quantity: int
    restock_type: str
    restocked: bool
    location: Location
    subtotal: Bag
    tax: Bag

    @property
    def gid(self):
        return gid("RefundLineItem", self.id)


@dataclass(eq=False)
class Refund(HasGid):
    id: int
    order: "Order"
    created_at: datetime
    note: str = ""
    lines: list = field(default_factory=list)
    # Triples of (shipping line, subtotal, tax).
    shipping: list = field(default_factory=list)
    transactions: list = field(default_factory=list)

    @property
    def total(self):
        """The money that went back; what is pending, or failed, did not."""
        return total(
            item.amount for item in self.transactions if item.status == "SUCCESS"
        )


@dataclass(eq=False)
class FulfillmentOrderLineItem(HasGid):
    id: int
    line: LineItem
    quantity: int
    remaining: int


@dataclass(eq=False)
class FulfillmentHold(HasGid):
    id: int
    reason: str
    notes: str
    handle: str


@dataclass(eq=False)
class FulfillmentOrder(HasGid):
    id: int
    order: "Order"
    location: Location
    created_at: datetime
    updated_at: datetime
    status: str = "OPEN"
    lines: list = field(default_factory=list)
    holds: list = field(default_factory=list)


@dataclass(eq=False)
class Fulfillment(HasGid):
    id: int
    order: "Order"
    location: Location
    name: str
    created_at: datetime
    updated_at: datetime
    status: str = "SUCCESS"
    # Triples of (id, line item, quantity).
    lines: list = field(default_factory=list)
    fulfillment_orders: list = field(default_factory=list)
    tracking: list = field(default_factory=list)


@dataclass(eq=False)
class Order(HasGid):
    id: int
    number: int
    currency: str
    presentment_currency: str
    taxes_included: bool
    created_at: datetime
    updated_at: datetime
    email: str = None
    phone: str = None
    customer: Customer = None
    shipping_address: dict = None
    billing_address: dict = None
    risk: str = "NONE"
    note: str = None
    source_name: str = "web"
    tags: list = field(default_factory=list)
    attributes: dict = field(default_factory=dict)
    test: bool = False
    gateway: str = "bogus"
    edited: bool = False
    status_url: str = None
    cancelled_at: datetime = None
    cancel_reason: str = None
    staff_note: str = None
    closed_at: datetime = None
    original_total: Bag = None
    # What the customer has given on top; no part of any line.
    tip: Bag = field(default_factory=Bag)
    # What checkout was asked to price by: discounts, taxes, rate.
    terms: dict = field(default_factory=dict)
    lines: list = field(default_factory=list)
    shipping_lines: list = field(default_factory=list)
    transactions: list = field(default_factory=list)
    refunds: list = field(default_factory=list)
    fulfillment_orders: list = field(default_factory=list)
    fulfillments: list = field(default_factory=list)

    @property
    def name(self):
        return f"#{self.number}"
