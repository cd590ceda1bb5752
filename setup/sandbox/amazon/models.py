"""The records of an account. Quantities are sold units, money is Decimal."""

from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal(0)
MERCHANT = "DEFAULT"


@dataclass(eq=False)
class FbaStock:
    """What Amazon's own warehouses have of a SKU: one pool for all marketplaces."""

    fnsku: str
    code: str
    fulfillable: int = 0
    # of pending customer orders; not in ``fulfillable`` any more
    reserved: int = 0
    inbound: int = 0
    unfulfillable: int = 0


@dataclass(eq=False)
class Listing:
    """A SKU of the seller.

    :ivar quantity: the merchant's number, ONE for all marketplaces; None without a
        merchant offer
    :ivar prices: {marketplace: price}: where it is listed at all
    :ivar submitted: the fulfilment that was sent last, applied or not
    """

    sku: str
    asin: str
    title: str
    created: object
    prices: dict
    quantity: int = None
    barcode: str = ""
    product_type: str = "PRODUCT"
    lead_time: int = None
    restock_date: str = None
    fba: FbaStock = None
    active: bool = True
    # Born of a submission for a SKU that did not exist.
    stub: bool = False
    submitted: list = field(default_factory=list)
    attributes: dict = field(default_factory=dict)
    updated: object = None
    # Submissions that have not landed, and whether the last one was alone on its way.
    in_flight: int = 0
    settled: bool = True

    @property
    def offers(self):
        """[(channel code, live quantity)]: two where somebody wrote on an FBA SKU."""
        rows = [(self.fba.code, self.fba.fulfillable)] if self.fba else []
        if self.quantity is not None:
            rows.append((MERCHANT, self.quantity))
        return rows

    @property
    def buyable(self):
        """Units of the merchant's that a shopper may buy now."""
        return (self.quantity or 0) if self.active and not self.stub else 0


@dataclass(eq=False)
class Item:
    """An item of an order; amounts are of the whole item, as Amazon tells them.

    :ivar restockable: units that go back on Amazon's number if they are cancelled
    """

    id: str
    sku: str
    asin: str
    title: str
    quantity: int
    unit_price: Decimal
    shipping: Decimal = ZERO
    gift_wrap: Decimal = ZERO
    gift_message: str = ""
    cod_fee: Decimal = ZERO
    # not negative: what is taken off
    discount: Decimal = ZERO
    promotion: str = ""
    tax: Decimal = ZERO
    shipped: int = 0
    cancelled: int = 0
    wish: str = ""  # the buyer's reason to want it cancelled
    cancelled_by: str = ""
    cancel_reason: str = ""

    @property
    def open(self):
        return self.quantity - self.shipped - self.cancelled

    @property
    def price(self):
        return self.unit_price * self.quantity

    def paid(self, part):
        """What was paid for a part, by its name in refunds; None: no such part."""
        return {
            "item-price": self.price - self.discount,
            "item-tax": self.tax,
            "shipping-price": self.shipping,
            "shipping-tax": ZERO,
            "gift-wrap-price": self.gift_wrap,
            "gift-wrap-tax": ZERO,
        }.get(part)


@dataclass(eq=False)
class Package:
    reference: str
    carrier: str
    service: str
    tracking: str
    shipped: object
    created: object
    # (item id, quantity)
    items: list = field(default_factory=list)


@dataclass(eq=False)
class Refund:
    item: Item
    reason: str
    at: object
    # {part: amount}
    parts: dict
    cancelled: int = 0


@dataclass(eq=False)
class Order:
    """:ivar merchant: shipped by the seller; else by Amazon"""

    id: str
    marketplace: str
    currency: str
    created: object
    updated: object
    merchant: bool
    items: list
    status: str = "PENDING"
    packages: list = field(default_factory=list)
    refunds: list = field(default_factory=list)
    buyer: dict = field(default_factory=dict)
    address: dict = field(default_factory=dict)
    tax_number: str = ""
    alias: str = ""
    replaces: str = ""
    programs: list = field(default_factory=list)
    service: str = "STANDARD"
    payment: str = "STANDARD"
    # Whether the units of what is cancelled have come back on Amazon's number.
    restocked: int = 0

    @property
    def pending(self):
        return self.status in ("PENDING", "PENDING_AVAILABILITY")

    @property
    def live(self):
        return self.status != "CANCELLED"

    def item(self, number):
        return next((each for each in self.items if each.id == str(number)), None)
