"""The records of a store. They hold state; the rules are in their own modules."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from .ids import gid
from .money import Bag, total

# on_hand is the sum of these; ``incoming`` stands apart.
ON_HAND_STATES = (
    "available",
    "committed",
    "reserved",
    "damaged",
    "safety_stock",
    "quality_control",
)
STATES = (*ON_HAND_STATES, "incoming")


class HasGid:
    @property
    def gid(self):
        return gid(type(self).__name__, self.id)


@dataclass(eq=False)
class Location(HasGid):
    id: int
    name: str
    address: dict
    created_at: datetime
    active: bool = True
    fulfills_online_orders: bool = True


@dataclass(eq=False)
class Product(HasGid):
    id: int
    title: str
    handle: str
    created_at: datetime
    updated_at: datetime
    vendor: str = ""
    product_type: str = ""
    status: str = "ACTIVE"
    tags: list = field(default_factory=list)
    variants: list = field(default_factory=list)


@dataclass(eq=False)
class InventoryItem(HasGid):
    id: int
    variant: "ProductVariant"
    tracked: bool
    created_at: datetime
    updated_at: datetime


@dataclass(eq=False)
class ProductVariant(HasGid):
    id: int
    product: Product
    sku: str
    barcode: str
    title: str
    price: Decimal
    created_at: datetime
    updated_at: datetime
    policy: str = "DENY"
    taxable: bool = True
    requires_shipping: bool = True
    item: InventoryItem = None
    # A bundle parent: pairs of (variant, units in one bundle).
    components: list = field(default_factory=list)

    @property
    def display_name(self):
        return f"{self.product.title} - {self.title}"

    @property
    def default_title(self):
        return self.title == "Default Title"


@dataclass(eq=False)
class Level:
    id: int
    item: InventoryItem
    location: Location
    created_at: datetime
    updated_at: datetime
    active: bool = True
    quantities: dict = field(default_factory=lambda: dict.fromkeys(STATES, 0))
    touched: dict = field(default_factory=dict)

    @property
    def gid(self):
        return f"{gid('InventoryLevel', self.id)}?inventory_item_id={self.item.id}"

    @property
    def on_hand(self):
        return sum(self.quantities[name] for name in ON_HAND_STATES)

    def quantity(self, name):
        return self.on_hand if name == "on_hand" else self.quantities[name]


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
        return total(item.amount for item in self.transactions)


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
    note: str = None
    source_name: str = "web"
    tags: list = field(default_factory=list)
    attributes: dict = field(default_factory=dict)
    test: bool = False
    gateway: str = "bogus"
    edited: bool = False
    cancelled_at: datetime = None
    cancel_reason: str = None
    staff_note: str = None
    closed_at: datetime = None
    original_total: Bag = None
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


@dataclass(eq=False)
class Job(HasGid):
    id: str
    done: bool = False
    errors: list = field(default_factory=list)
    order: Order = None


@dataclass(eq=False)
class Subscription:
    id: int
    topic: str  # as in the schema: ORDERS_CREATE
    uri: str
    api_version: str
    created_at: datetime
    updated_at: datetime
    include_fields: list = field(default_factory=list)
    filter: str = ""
    name: str = None
    failures: int = 0

    @property
    def gid(self):
        return gid("WebhookSubscription", self.id)


@dataclass(eq=False)
class BulkOperation(HasGid):
    id: int
    query: str
    version: str
    created_at: datetime
    group_objects: bool = False
    status: str = "CREATED"
    completed_at: datetime = None
    error_code: str = None
    objects: int = 0
    root_objects: int = 0
    lines: str = None
