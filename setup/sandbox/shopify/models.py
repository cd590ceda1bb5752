"""The records of a store. They hold state; the rules are in their own modules."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from .ids import gid

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
    weight: Decimal = Decimal(0)  # in kilograms


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
    compare_at_price: Decimal = None
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
class Job(HasGid):
    id: str
    done: bool = False
    errors: list = field(default_factory=list)
    order: object = None


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
