# SPDX-License-Identifier: AGPL-3.0-or-later
"""The canonical data that crosses the seam between the base and a connector.

Frozen dataclasses without any odoo, so that mappers are tested without a database. A
connector's mapper builds plain JSON-able dictionaries of the same field names; ``load``
turns them into these classes and refuses whatever does not fit, naming the place. What
the base stores (``dump``) is read back by the same function.

Quantities are in SOLD units (what one piece on the channel is: maybe a case of 12)
unless a name says ``stock``. Money is Decimal in the order's currency.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from .exceptions import MalformedDataError
from .schemas_codec import (  # noqa: F401 (re-exported)
    MAX_NAME,
    check_choice,
    dump,
    dumps,
    load,
    time_of,
)
from .schemas_lifecycle import (  # noqa: F401 (re-exported)
    DATA,
    KINDS,
    AcceptanceData,
    AcceptedLineData,
    Attempt,
    CancelData,
    MessageResult,
    OrderRefundData,
    OrderRefundLineData,
    OrderShipmentData,
    ParcelData,
    ParcelTrackingData,
    RefundChargeData,
    RefundData,
    RefundLineData,
    ShipmentData,
    TrackingData,
    UnitsData,
)
from .schemas_settlement import (  # noqa: F401 (re-exported)
    LINE_KINDS,
    OrderTransactionData,
    SettlementData,
    SettlementDocument,
    SettlementLineData,
    SettlementPage,
    SettlementSumData,
)

MAX_QUANTITY = 10_000_000
"""More than this in one line is a mistake or an attack, never an order."""
MAX_LEVEL = 1_000_000_000
"""A channel's number beyond this, up or down, is no number of units."""
MAX_PACK = 1_000_000
"""Stock units in one sold unit."""
CHARGE_KINDS = ("shipping", "fee", "tip", "gift_card")
ORDER_STATES = ("open", "pending", "cancelled")
TAXED_BY = ("channel", "odoo", "collected", "added")
LATE = 3
BEING_SENT = "sending"
"""Status of an entry that is noted before its answer is there."""
"""So many times as long as it should take until a number counts as not applied, where a
channel says nothing else."""


@dataclass(frozen=True)
class Lane:
    """Requests that take many numbers at once and are answered much later.

    ``size``: so many numbers. ``open``: so many requests may be without an answer at a
    time; ``every``: seconds from one question for it to the next (``_ask_push``).
    ``applies``: seconds from the answer until the numbers are shown, as a rule.
    """

    name: str
    size: int
    open: int = 1
    every: int = 60
    applies: int = 60


@dataclass(frozen=True)
class Capabilities:
    """What a channel can do; the base asks before it calls.

    ``compare_and_set``: a level is written only when the channel shows the value
    that we expect. Without it whatever is sent overwrites what is shown, sales that we
    have not seen included: ``overwrites``, see ``channel_publisher_absolute``.
    ``idempotent``: a repeated key and body is carried out once. ``batch_size``: how
    many levels one request takes.

    ``orders``: they can be pulled. ``lists_orders``: by a list of ids and versions
    (``_list_orders``), of which the base then has those read that it does not know,
    ``fetch_size`` at a time (``_read_orders``); without it by pages of whole orders
    (``_fetch_orders``). ``unsorted``: nobody promises that those that changed first
    come first: before its last page a pull has got nowhere.

    ``personal_days``: so many days after an order was shipped the terms of the channel
    want to have its customer forgotten; 0: they say nothing. A setting of each account.

    ``messages``: which kinds of ``schemas_lifecycle.KINDS`` the channel is told.
    ``repeatable``: those of them that may be sent again with the same key and are
    carried out once; of the others the base asks ``_find_message`` before it repeats
    one whose outcome is unknown, not earlier than ``settle_seconds`` after it was sent:
    so long may a request that we have lost sight of still be carried out;
    ``settle_kinds``: {kind: seconds} of kinds for which that is another time.
    ``message_batch``: {kind: size} of kinds of which so many, of different orders, are
    carried out by one request (``_send_batch``), where requests are few.
    ``cancel_lines``: units of an order can be cancelled, not only all of it.
    ``find_missing``: so many orders can be asked for at once whether they are there.

    ``stream``: events come in by a queue that the channel fills (``_drain``). Then no
    orders are pulled before numbers are sent that overwrite: the queue is emptied.
    ``pull_seconds``: without a queue they are not pulled again before numbers are sent
    when the last pull began less than so long ago, where pulls are few.
    ``order_lag``: seconds after which an order, or what has become of it, is shown to
    who pulls: no number that looks wrong is judged before. A setting of each account.
    ``applies``: seconds after which the channel shows a number that it has accepted,
    as a rule (``LineResult.status``); 0: at once. ``late``: those after which it counts
    as not applied.
    ``answers_lines``: an order is answered line by line, also with a no, when it is
    decided what becomes of its lines: ``AcceptanceData.lines``.
    ``whole_shipments``: a transfer is one message with its parcels
    (``ShipmentData.parcels``), not one message a parcel.
    ``tells_over``: it is told of units that have left beyond those that were sold.
    ``overtakes``: later messages of an order are sent while an earlier one is pending,
    as with documents that are acknowledged hours later.
    ``lanes``: ways for mass changes, beside the requests that ``batch_size`` and
    ``applies`` are about. Only where ``applies`` is not 0.
    ``notes_sent``: a batch is sent by a request for each number, and it is noted which
    of them may have been (``_note_push``): where a worker dies in between, the others
    were not.
    ``connects``: there is somebody to connect to although it neither gets numbers nor
    gives orders: a warehouse, a supplier. ``sells``: it does sell; what holds only of
    those that do (a warehouse of ours must serve it) is not asked of the others.
    ``fetch``: an order can be asked for. Without it what comes in is all that there is.
    ``snapshot``: all numbers go out in one document, at times that were agreed.
    ``read_budget``: so many numbers a second may be read to find those that were
    changed on the channel; 0: as many as it answers.
    ``node_stock``: the stock of the warehouses from which the channel ships by itself
    (``NodeData.fulfils``) can be read (``_iter_stock``).
    ``reads_all``: all its numbers can be read without naming them (``_iter_levels``);
    ``committed``: with the units of its open orders beside each.
    ``stops_selling``: so many items at once can be told not to be sold below zero
    (``_stop_selling``).
    ``order_refs``: the orders that were placed within a time can be listed
    (``_iter_order_refs``); ``order_counts``: and counted (``_count_orders``).
    ``listings_by_hand``: people make listings, beside those that are fetched: what it
    sells is decided here, and not in a catalogue of its own.
    ``settlements``: what it has paid out can be had (``_fetch_settlements``), or is
    given as files that it writes (``_parse_settlement``).
    """

    push_levels: bool = False
    compare_and_set: bool = False
    idempotent: bool = False
    read_levels: bool = False
    orders: bool = False
    lists_orders: bool = False
    fetch_size: int = 1
    webhooks: bool = False
    nodes: bool = False
    batch_size: int = 1
    read_size: int = 100
    messages: tuple[str, ...] = ()
    repeatable: tuple[str, ...] = ()
    settle_seconds: int = 60
    settle_kinds: dict = field(default_factory=dict)
    message_batch: dict = field(default_factory=dict)
    cancel_lines: bool = False
    find_missing: int = 0
    stream: bool = False
    pull_seconds: int = 0
    order_lag: int = 30
    applies: int = 0
    late: int = 0
    read_budget: float = 0
    lanes: tuple[Lane, ...] = ()
    node_stock: bool = False
    reads_all: bool = False
    committed: bool = False
    stops_selling: int = 0
    order_refs: bool = False
    order_counts: bool = False
    settlements: bool = False
    answers_lines: bool = False
    whole_shipments: bool = False
    tells_over: bool = False
    listings_by_hand: bool = False
    overtakes: bool = False
    connects: bool = False
    sells: bool = True
    fetch: bool = True
    snapshot: bool = False
    personal_days: int = 0
    notes_sent: bool = False
    unsorted: bool = False

    @property
    def connectable(self):
        return self.connects or self.push_levels or self.orders

    @property
    def overwrites(self):
        return self.push_levels and not self.compare_and_set

    def settles(self, kind):
        """Seconds until a message of a kind that we have lost sight of is carried out,
        or never will be."""
        return self.settle_kinds.get(kind, self.settle_seconds)

    @property
    def patience(self):
        """Seconds after which an accepted number counts as not applied."""
        return self.late or LATE * self.applies


@dataclass(frozen=True)
class MarketData:
    """A storefront of the account, with a currency of its own.

    ``includes_taxes``: its prices include taxes that its orders do not tell.
    """

    external_id: str
    name: str
    currency: str
    includes_taxes: bool = False


@dataclass(frozen=True)
class ConnectionInfo:
    """What a connection test found: for the operator's eyes, and to fill fields.

    ``clock``: what the channel's clock showed when it answered, where it tells.
    ``markets``: the account's storefronts, its home first.
    """

    account_name: str
    account_ref: str
    currency: str
    version: str = ""
    warnings: tuple[str, ...] = ()
    clock: datetime | None = None
    markets: tuple[MarketData, ...] = ()


@dataclass(frozen=True)
class NodeData:
    """A place where the channel believes stock lies.

    ``fulfils``: a warehouse of the channel's own, from which it ships by itself. Its
    stock is read, and never written.
    """

    external_id: str
    name: str
    active: bool = True
    fulfils: bool = False


@dataclass(frozen=True)
class ListingData:
    """One thing the channel sells.

    ``external_id`` is what order lines name, ``stock_ref`` what levels name (on
    Shopify a variant and its inventory item; elsewhere often the same).
    ``tracked`` False: the channel keeps no stock for it, so nothing is published;
    ``note`` tells a person why, and what to change on the channel. ``stock_of`` names
    the listing (its ``external_id``) whose figure goes down when this one is sold,
    where several share one: it comes before them, or with them.
    ``pack``: as ``OrderLineData.pack``. ``sells_below_zero``: it goes on selling when
    its number is 0 (backorders); None where the channel does not tell.
    ``price`` of one sold unit as it is written there, not that of a sale, in the
    channel's currency; ``weight`` in kilograms: None where the channel does not tell.
    """

    external_id: str
    stock_ref: str
    sku: str = ""
    barcode: str = ""
    title: str = ""
    tracked: bool = True
    active: bool = True
    note: str = ""
    stock_of: str = ""
    pack: Decimal | None = None
    sells_below_zero: bool | None = None
    price: Decimal | None = None
    weight: Decimal | None = None

    def __post_init__(self):
        _check_pack("pack", self.pack)


@dataclass(frozen=True)
class SellingRef:
    """An item of which no more is to be sold than its number says, in the names of
    ListingData."""

    external_id: str
    stock_ref: str


@dataclass(frozen=True)
class SellingResult:
    """What became of one SellingRef: ``done`` is False where it was refused for good,
    and ``message`` says why."""

    external_id: str
    done: bool
    message: str = ""


@dataclass(frozen=True)
class LevelRef:
    """A level in the channel's names: ListingData.stock_ref, NodeData.external_id."""

    stock_ref: str
    node_ref: str


@dataclass(frozen=True)
class LevelState:
    """What the channel shows for a level. ``available`` None: not stocked there.
    ``as_of``: when it showed that, by its clock; None: when it was asked.

    A number that no stock has is taken as ``MAX_LEVEL``: it is found to be another one
    than ours like any other, and can be stored.
    """

    stock_ref: str
    node_ref: str
    available: int | None
    as_of: datetime | None = None

    def __post_init__(self):
        if self.available is not None:
            bounded = max(-MAX_LEVEL, min(MAX_LEVEL, self.available))
            object.__setattr__(self, "available", bounded)


@dataclass(frozen=True)
class LevelSnapshot:
    """What a channel tells of a number without being asked for it by name, also of
    items and places that we do not know. SOLD units.

    ``available`` None: not stocked there. ``committed``: units of orders that are open
    there, None where it tells none. ``updated_at``: when the number last changed, by
    the channel's clock. ``sells_below_zero``: it goes on selling at 0; None where it
    does not tell. ``tracked`` False: the channel keeps no number of the item.
    """

    stock_ref: str
    node_ref: str
    available: int | None
    committed: int | None = None
    updated_at: datetime | None = None
    sells_below_zero: bool | None = None
    tracked: bool = True
    sku: str = ""

    def __post_init__(self):
        for name in ("available", "committed"):
            value = getattr(self, name)
            if value is not None:
                bounded = max(-MAX_LEVEL, min(MAX_LEVEL, value))
                object.__setattr__(self, name, bounded)


@dataclass(frozen=True)
class LevelPage:
    """A part of all numbers of a channel. ``cursor``: where to go on after it; ""
    where it can only be read again from the beginning."""

    levels: tuple[LevelSnapshot, ...]
    cursor: str = ""


@dataclass(frozen=True)
class StockState:
    """What lies in a warehouse of the channel's own, and can be sold now: what is
    ordered already is no part of it. SOLD units of a listing (its ``stock_ref``).
    """

    stock_ref: str
    available: int

    def __post_init__(self):
        if not 0 <= self.available <= MAX_QUANTITY:
            raise MalformedDataError(
                f"{self.available} units of {self.stock_ref!r:.60} cannot be",
                path="available",
            )


@dataclass(frozen=True)
class LevelEntry:
    """One number to publish, in sold units.

    ``base`` is the value that we believe the channel shows (``expected_remote``),
    never one read a moment ago; None: it cannot be read and was never told one.
    ``line_id`` is ours, to find the result again; 0: of a snapshot, a number that has
    not changed, for which no result is needed. ``awaited``: ``quantity`` where
    that stays as it is if the channel shows it, whatever is on its way; None: that
    cannot be told. Where it shows this the number need not be sent (``accepted``
    without a request).
    """

    line_id: int
    stock_ref: str
    node_ref: str
    quantity: int
    base: int | None
    awaited: int | None = None


@dataclass(frozen=True)
class LineResult:
    """What became of one LevelEntry.

    ``status`` is ``acked`` (the channel shows it), ``accepted`` (it will show it
    later, see ``Capabilities.applies``), ``stale`` (it showed something else than
    ``base``, nothing written), ``rejected`` (never as it stands) or ``retry`` (nothing
    written and nothing wrong with it: another entry failed). Of one that is noted while
    its batch is sent also ``BEING_SENT``: it may have been sent. ``shown``: what the
    channel showed just before, None where it was not looked at. ``sent`` False: it
    showed the number already (``accepted``), so there was no request.
    """

    line_id: int
    status: str
    code: str = ""
    message: str = ""
    shown: int | None = None
    sent: bool = True


@dataclass(frozen=True)
class PushResult:
    """The channel's answer to one publication: a result a line, and the raw text.

    ``ticket``: it has taken the numbers of a lane and tells later what becomes of them;
    then there are no results yet.
    """

    results: tuple[LineResult, ...]
    answer: str = ""
    ticket: str = ""


@dataclass(frozen=True)
class InboundEvent:
    """One event as received, not interpreted yet.

    ``key`` is unique in its channel: the same fact received twice has it twice.
    ``kind`` says who handles it: ``order`` (body is an order or names one by
    ``ref``), ``catalogue`` (listings changed), ``level`` (quantities changed),
    ``gone`` (the channel says that we were removed; it is asked), ``privacy``,
    ``other`` (kept, nothing to do).
    ``bare``: it says that something became of the order ``ref`` and not what, as of one
    that was deleted: the same words are news again when the order has changed since.
    ``clock``: what the channel's clock showed when it gave it, of what was fetched.
    """

    key: str
    kind: str
    topic: str
    body: str
    ref: str = ""
    occurred_at: datetime | None = None
    bare: bool = False
    clock: datetime | None = None


@dataclass(frozen=True)
class ApiVersion:
    """A version of an API in use. ``ends_on``: the first day on which the channel need
    not serve it any more; None: it has named none."""

    name: str
    ends_on: date | None = None


@dataclass(frozen=True)
class EventPage:
    """A page of polled events and where to go on; ``cursor`` "" ends it."""

    events: tuple[InboundEvent, ...]
    cursor: str = ""


@dataclass(frozen=True)
class EventBatch:
    """What came in by a stream at once. ``receipts``: what the channel is told when it
    is stored. ``empty``: nothing more is there by now, as far as the channel tells."""

    events: tuple[InboundEvent, ...] = ()
    receipts: tuple[str, ...] = ()
    empty: bool = True


@dataclass(frozen=True)
class OrderHead:
    """That an order exists, and its version by the channel's clock; None where the
    channel tells something that is no time."""

    ref: str
    version: datetime | None = None

    @property
    def key(self):
        return f"{self.ref}@{self.version}"


@dataclass(frozen=True)
class HeadPage:
    """A page of listed orders and where to go on; ``cursor`` "" ends it."""

    heads: tuple[OrderHead, ...]
    cursor: str = ""


@dataclass(frozen=True)
class OrderRef:
    """That an order was placed on a channel, and what a list of them tells of it.

    ``placed_at``: as ``OrderData.placed_at``. ``version``: by the channel's clock, None
    where the list does not tell it. ``cancelled``: None where it does not tell.
    """

    ref: str
    placed_at: datetime
    version: datetime | None = None
    cancelled: bool | None = None


@dataclass(frozen=True)
class OrderRefPage:
    """A page of orders placed within a time and where to go on; "" ends it."""

    refs: tuple[OrderRef, ...]
    cursor: str = ""


@dataclass(frozen=True)
class TaxData:
    """One tax as the channel charged it. ``rate`` is a fraction: 0.19 is 19 %."""

    title: str
    rate: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Deduction:
    """Units the channel has taken off a level for an order line, net of restocks."""

    node_ref: str
    quantity: int


@dataclass(frozen=True)
class PropertyData:
    """What a customer has asked for of one line: an engraving, a date, a file."""

    label: str
    value: str


@dataclass(frozen=True)
class OrderLineData:
    """One order line.

    ``quantity`` is what the customer still buys (edits and refunds taken off),
    ``open_quantity`` what is left to ship, ``shipped_quantity`` what has been shipped,
    also where it was refunded or came back since (None: the channel does not tell).
    ``unit_price`` is before discounts, with or without tax as the order's
    ``taxes_included`` says; ``discount`` is the whole line's, order-level parts
    included. ``deductions`` None: not known yet. ``properties`` are those that people
    are meant to see; what apps keep in a line for themselves is left out.
    ``unit_size``: how much of a sold unit each unit of this line is. 1.5 metres are
    told as 1500 of the size 0.001, in quantities, price, refunds and shipments;
    deductions stay sold units.
    ``unit_price`` None: the channel tells none, and it is ours (the pricelist's); the
    order's total is ours then, too.
    ``pack``: how many STOCK units of the product one sold unit is, as the channel tells
    (a case of 12). None: it does not speak of packs, as shops do not; 0: it sells
    another unit, and how much that is nobody has said. ``barcode`` of the sold unit: a
    GTIN of a packaging tells product and pack.
    """

    external_id: str
    listing_ref: str
    quantity: int
    open_quantity: int
    sku: str = ""
    title: str = ""
    unit_price: Decimal | None = Decimal(0)
    discount: Decimal = Decimal(0)
    taxes: tuple[TaxData, ...] = ()
    deductions: tuple[Deduction, ...] | None = None
    ships: bool = True
    shipped_quantity: int | None = None
    properties: tuple[PropertyData, ...] = ()
    unit_size: Decimal = Decimal(1)
    pack: Decimal | None = None
    barcode: str = ""

    @property
    def left_quantity(self):
        """Units that have left, as far as the channel tells or lets conclude: what is
        still bought and no longer to be shipped has left, also where the channel does
        not show by whom (a fulfillment service that hides its orders from us).

        >>> OrderLineData("1", "V", 3, 1, shipped_quantity=0).left_quantity
        2
        >>> OrderLineData("1", "V", 0, 0, shipped_quantity=2).left_quantity
        2
        """
        if not self.ships:
            return self.shipped_quantity or 0
        not_open = self.quantity - min(self.open_quantity, self.quantity)
        return max(self.shipped_quantity or 0, not_open)

    @property
    def wanted_quantity(self):
        """Units that are to be delivered in all, or were, refunded or not. Never fewer
        than are still bought.

        >>> OrderLineData("1", "V", 1, 0, shipped_quantity=0).wanted_quantity
        1
        >>> OrderLineData("1", "V", 1, 1, shipped_quantity=2).wanted_quantity
        3
        """
        if self.shipped_quantity is None or not self.ships:
            return self.quantity
        return max(self.quantity, self.shipped_quantity + self.open_quantity)


@dataclass(frozen=True)
class ShippingLineData:
    """A charge for no goods: ``price`` before ``discount``, tax as in the order.

    ``external_id`` is the channel's own id, by which refunds name it; "" where it has
    none. ``discount`` greater than ``price``: a fee that is taken off.
    ``kind``: shipping, fee, tip, or gift_card: what was paid by gift card where the
    channel takes that off the order's total; its price is negative, and bears no tax.
    """

    title: str
    price: Decimal
    code: str = ""
    discount: Decimal = Decimal(0)
    taxes: tuple[TaxData, ...] = ()
    kind: str = "shipping"
    external_id: str = ""


@dataclass(frozen=True)
class AddressData:
    """``state_code`` as the channel has it, ``state_name`` where it tells that, too.

    ``ref``: a place by its code, ``qualifier:code`` (92:0123, a store by the buyer's
    number; UL:4012345000009, a GLN). The contact that people have linked to it counts
    before all the rest, which may be empty.
    """

    name: str = ""
    company: str = ""
    street: str = ""
    street2: str = ""
    city: str = ""
    zip: str = ""
    state_code: str = ""
    state_name: str = ""
    country_code: str = ""
    phone: str = ""
    ref: str = ""


@dataclass(frozen=True)
class CustomerData:
    """``company`` and ``vat`` are of a business that buys: its name, and the number it
    is registered by for taxes, as the channel tells them ("": a private customer)."""

    external_id: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    company: str = ""
    vat: str = ""


GATEWAY_SEPARATOR = " + "
"""Between the names of the gateways of one order: a gift card and a card."""


@dataclass(frozen=True)
class OrderData:
    """An order as the channel has it at ``version``.

    ``version`` is the channel's own last-change time; an older one never replaces
    a newer. ``complete`` False: only identity, version and demand are known (a
    webhook that carries less than the order); enough to hold stock, not to sell.
    ``payment``: pending, authorized, paid, refunded, voided. ``gateway``: how it is
    paid, in the channel's words; several are joined by ``GATEWAY_SEPARATOR``.
    ``state``: open, pending or cancelled. ``risk`` of fraud as the channel sees it:
    low, medium, high, or "" where it does not tell.
    ``refunds`` and ``shipments``: all that the channel has, ours among them; None where
    it does not tell. ``received``: all money that the customer has paid, whatever went
    back since; it tells what pays back an edit from what is goodwill (None: not told).
    ``transactions``: each movement of that money, by which settlements name it; None
    where the channel does not tell.

    ``state`` pending: announced. The channel has taken the units off its number and
    checks the payment; there is no price and no address yet, it can be neither sold nor
    cancelled here, and becomes open or cancelled within minutes to days. It is
    ``complete`` where this is all that the channel tells of it by now.
    ``whole`` False: a word about some lines of the order, of which the others are not
    told: it adds lines and units, and never removes any. Not ``complete`` either.

    ``market``: the storefront where it was placed, as the channel calls it ("": it has
    one). ``taxed_by``: who says which taxes are in the prices. ``channel``: by the
    ``taxes`` of the lines. ``odoo``: the channel does not tell, its prices are with
    tax, and Odoo's taxes of the products have to give the same gross (``total_tax`` is
    what the channel tells all the same, 0 where it does not). ``added``: prices and
    ``total`` are without tax, and Odoo's taxes come on top. ``collected``: the
    channel has collected the tax and pays it itself; ``collected_tax`` is in no other
    figure.

    ``fulfilled_by_channel``: it ships from the channel's own warehouse, and nothing of
    it from ours. ``ship_by``: the latest time at which it is to be handed to the
    carrier; ``ship_from`` the earliest one. ``deliver_by``: when it is wanted.
    ``cancel_after``: what has not left by then is not wanted any more.
    ``mark_for``: whom it is for in the end, where that is not where it is shipped to (a
    store, of goods for a distribution center): on labels and documents, no address of
    the delivery. ``customer_ref``: the customer's own number of it (a purchase order).
    ``origin``: the ``external_id`` of the order that this one replaces, free of charge
    as a rule.
    """

    external_id: str
    name: str
    version: datetime
    lines: tuple[OrderLineData, ...]
    complete: bool = True
    placed_at: datetime | None = None
    state: str = "open"
    payment: str = "pending"
    gateway: str = ""
    test: bool = False
    currency: str = ""
    taxes_included: bool = False
    total: Decimal = Decimal(0)
    total_tax: Decimal = Decimal(0)
    shipping_lines: tuple[ShippingLineData, ...] = ()
    customer: CustomerData = CustomerData()
    billing: AddressData | None = None
    shipping: AddressData | None = None
    note: str = ""
    risk: str = ""
    refunds: tuple[OrderRefundData, ...] | None = None
    shipments: tuple[OrderShipmentData, ...] | None = None
    received: Decimal | None = None
    whole: bool = True
    market: str = ""
    taxed_by: str = "channel"
    collected_tax: Decimal = Decimal(0)
    fulfilled_by_channel: bool = False
    ship_by: datetime | None = None
    customer_ref: str = ""
    origin: str = ""
    ship_from: datetime | None = None
    deliver_by: datetime | None = None
    cancel_after: datetime | None = None
    mark_for: AddressData | None = None
    transactions: tuple[OrderTransactionData, ...] | None = None

    def __post_init__(self):
        check_choice("state", self.state, ORDER_STATES)
        check_choice("taxed_by", self.taxed_by, TAXED_BY)
        if self.complete and not self.whole:
            raise MalformedDataError(
                "a part of an order is not all of it", path="whole"
            )
        check_choice(
            "payment",
            self.payment,
            ("pending", "authorized", "paid", "refunded", "voided"),
        )
        check_choice("risk", self.risk, ("", "low", "medium", "high"))
        for index, line in enumerate(self.shipping_lines):
            check_choice(f"shipping_lines[{index}].kind", line.kind, CHARGE_KINDS)
        for index, line in enumerate(self.lines):
            _check_quantity(f"lines[{index}].quantity", line.quantity)
            if not 0 < line.unit_size <= 1:
                raise MalformedDataError(
                    f"{line.unit_size} is no part of a unit",
                    path=f"lines[{index}].unit_size",
                )
            _check_quantity(f"lines[{index}].open_quantity", line.open_quantity)
            shipped = line.shipped_quantity or 0
            _check_quantity(f"lines[{index}].shipped_quantity", shipped)
            _check_pack(f"lines[{index}].pack", line.pack)
            for taken in line.deductions or ():
                path = f"lines[{index}].deductions"
                _check_quantity(path, abs(taken.quantity))
        ids = [line.external_id for line in self.lines]
        if len(ids) != len(set(ids)):
            raise MalformedDataError("two lines have the same id", path="lines")


def _check_quantity(path, value):
    if not 0 <= value <= MAX_QUANTITY:
        raise MalformedDataError(
            f"quantity {value} is not between 0 and {MAX_QUANTITY}", path=path
        )


def _check_pack(path, pack):
    if pack is not None and not 0 <= pack <= MAX_PACK:
        raise MalformedDataError(f"a pack of {pack} units is none", path=path)
