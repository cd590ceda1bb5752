"""Orders, their lines, refunds and transactions, and customers."""

from .. import totals
from ..clock import iso
from ..ids import gid
from ..money import Bag, total
from ..resolver import VIEWS, Record, View
from .catalog import Location, Product, ProductVariant
from .parts import (
    address,
    allocations,
    attributes,
    bag,
    discount_application,
    edges_of,
    money,
    page,
    tax_lines,
)


class Order(View):
    gql_type = "Order"

    # Head

    def name(self):
        return self._record.name

    def number(self):
        return self._record.number

    def confirmation_number(self):
        return f"SB{self._record.number}X"

    def email(self):
        return self._record.email

    def phone(self):
        return self._record.phone

    def note(self):
        return self._record.note

    def tags(self):
        return self._record.tags

    def test(self):
        return self._record.test

    def edited(self):
        return self._record.edited

    def confirmed(self):
        return True

    def source_name(self):
        return self._record.source_name

    def custom_attributes(self):
        return attributes(self._record.attributes)

    def created_at(self):
        return iso(self._record.created_at)

    def processed_at(self):
        return iso(self._record.created_at)

    def updated_at(self):
        return iso(self._record.updated_at)

    def closed(self):
        return self._record.closed_at is not None

    def closed_at(self):
        return iso(self._record.closed_at)

    def cancelled_at(self):
        return iso(self._record.cancelled_at)

    def cancel_reason(self):
        return self._record.cancel_reason

    def cancellation(self):
        if not self._record.cancelled_at:
            return None
        return Record("OrderCancellation", staffNote=self._record.staff_note)

    def app(self):
        return Record("OrderApp", id=gid("App", 580111), name="Online Store")

    def return_status(self):
        return "NO_RETURN"

    # States

    def display_financial_status(self):
        return totals.financial_status(self._record)

    def display_fulfillment_status(self):
        return totals.fulfillment_status(self._record)

    def fully_paid(self):
        return totals.outstanding(self._record).shop <= 0

    def unpaid(self):
        return not totals.received(self._record)

    def capturable(self):
        return bool(totals.capturable(self._record))

    def fulfillable(self):
        return any(line.unfulfilled for line in self._record.lines)

    def refundable(self):
        return totals.received(self._record).shop > totals.refunded(self._record).shop

    def restockable(self):
        return self.fulfillable()

    def requires_shipping(self):
        return any(line.requires_shipping for line in self._record.lines)

    def payment_gateway_names(self):
        return [self._record.gateway]

    # People

    def customer(self):
        record = self._record.customer
        return Customer(record, self._ctx) if record else None

    def shipping_address(self):
        record = self._record
        return address(record.id, record.shipping_address, self._ctx)

    def billing_address(self):
        record = self._record
        return address(record.id + 1, record.billing_address, self._ctx)

    def billing_address_matches_shipping_address(self):
        return self._record.billing_address == self._record.shipping_address

    # Lists

    def line_items(self, first=None, last=None, after=None, before=None, reverse=False):
        edges = edges_of(first, last, after, before, reverse)
        return page(self._ctx, self._record.lines, LineItem, **edges)

    def shipping_line(self):
        records = self._record.shipping_lines
        return ShippingLine(records[0], self._ctx) if records else None

    def shipping_lines(
        self,
        include_removals=False,
        first=None,
        last=None,
        after=None,
        before=None,
        reverse=False,
    ):
        edges = edges_of(first, last, after, before, reverse)
        return page(self._ctx, self._record.shipping_lines, ShippingLine, **edges)

    def discount_applications(
        self, first=None, last=None, after=None, before=None, reverse=False
    ):
        indexes = range(len(self._record.terms["discounts"]))
        edges = edges_of(first, last, after, before, reverse)
        return page(self._ctx, indexes, self._application, key=lambda i: i, **edges)

    def _application(self, index, ctx):
        return discount_application(self._record, index, ctx)

    def discount_codes(self):
        return [
            entry["code"]
            for entry in self._record.terms["discounts"]
            if entry.get("code")
        ]

    def discount_code(self):
        return next(iter(self.discount_codes()), None)

    def transactions(self, first=None, capturable=None, manually_resolvable=None):
        records = self._record.transactions[:first]
        return [OrderTransaction((self._record, r), self._ctx) for r in records]

    def refunds(self, first=None):
        return [Refund(r, self._ctx) for r in self._record.refunds[:first]]

    def tax_lines(self):
        return tax_lines(self._record, totals.tax_lines(self._record))

    def current_tax_lines(self):
        return tax_lines(self._record, totals.tax_lines(self._record, current=True))

    # Shipping: these views build on the ones here, hence the registry

    def fulfillments(self, first=None):
        view = VIEWS["Fulfillment"]
        return [view(r, self._ctx) for r in self._record.fulfillments[:first]]

    def fulfillment_orders(
        self,
        displayable=False,
        first=None,
        last=None,
        after=None,
        before=None,
        reverse=False,
    ):
        edges = edges_of(first, last, after, before, reverse)
        records = self._record.fulfillment_orders
        return page(self._ctx, records, VIEWS["FulfillmentOrder"], **edges)

    # Amounts

    def currency_code(self):
        return self._record.currency

    def presentment_currency_code(self):
        return self._record.presentment_currency

    def taxes_included(self):
        return self._record.taxes_included

    def tax_exempt(self):
        return False

    def duties_included(self):
        return False

    def estimated_taxes(self):
        return False

    def subtotal_line_items_quantity(self):
        return sum(line.quantity for line in self._record.lines)

    def current_subtotal_line_items_quantity(self):
        return sum(line.current_quantity for line in self._record.lines)

    def original_total_price_set(self):
        return bag(self._record, self._record.original_total)


def _amount(name, function):
    """Add the MoneyBag field ``name`` to orders."""

    def amount(self):
        return bag(self._record, function(self._record))

    setattr(Order, name, amount)


for _name, _function in {
    "subtotal_price_set": totals.subtotal,
    "total_price_set": totals.grand_total,
    "total_tax_set": totals.tax,
    "total_discounts_set": totals.discounts,
    "total_shipping_price_set": totals.shipping,
    "current_subtotal_price_set": totals.current_subtotal,
    "current_total_price_set": totals.current_total,
    "current_total_tax_set": totals.current_tax,
    "current_total_discounts_set": totals.current_discounts,
    "current_shipping_price_set": totals.current_shipping,
    "total_received_set": totals.received,
    "total_refunded_set": totals.refunded,
    "total_outstanding_set": totals.outstanding,
    "total_capturable_set": totals.capturable,
    "net_payment_set": lambda order: totals.received(order) - totals.refunded(order),
    "total_refunded_shipping_set": lambda order: total(
        line.refunded for line in order.shipping_lines
    ),
    "total_tip_received_set": lambda order: Bag(),
    "refund_discrepancy_set": lambda order: Bag(),
}.items():
    _amount(_name, _function)


class LineItem(View):
    gql_type = "LineItem"

    def _bag(self, value):
        return bag(self._record.order, value)

    def title(self):
        return self._record.title

    def name(self):
        parts = (self._record.title, self._record.variant_title)
        return " - ".join(filter(None, parts))

    def sku(self):
        return self._record.sku

    def vendor(self):
        return self._record.vendor or None

    def variant_title(self):
        return self._record.variant_title

    def variant(self):
        record = self._record.variant
        return ProductVariant(record, self._ctx) if record else None

    def product(self):
        record = self._record.variant
        return Product(record.product, self._ctx) if record else None

    def line_item_group(self):
        record = self._record.group
        return LineItemGroup(record, self._ctx) if record else None

    def quantity(self):
        return self._record.quantity

    def current_quantity(self):
        return self._record.current_quantity

    def unfulfilled_quantity(self):
        return self._record.unfulfilled

    def refundable_quantity(self):
        return self._record.current_quantity

    def non_fulfillable_quantity(self):
        return self._record.removed

    def requires_shipping(self):
        return self._record.requires_shipping

    def taxable(self):
        return self._record.taxable

    def restockable(self):
        return bool(self._record.unfulfilled)

    def is_gift_card(self):
        return False

    def custom_attributes(self):
        return attributes(self._record.properties)

    def original_unit_price_set(self):
        return self._bag(self._record.unit_price)

    def original_total_set(self):
        return self._bag(self._record.original_total)

    def total_discount_set(self):
        return self._bag(totals.own_discount(self._record))

    def discounted_total_set(self, with_code_discounts=False):
        off = totals.own_discount(self._record, with_codes=with_code_discounts)
        return self._bag(self._record.original_total - off)

    def discounted_unit_price_set(self):
        off = totals.own_discount(self._record, with_codes=False)
        return self._bag(self._unit(self._record.original_total - off))

    def discounted_unit_price_after_all_discounts_set(self):
        return self._bag(self._unit(self._record.discounted_total))

    def _unit(self, value):
        count = self._record.quantity
        return Bag(value.shop / count, value.presentment / count)

    def discount_allocations(self):
        record = self._record
        return allocations(record.order, record.allocations, self._ctx)

    def tax_lines(self, first=None):
        return tax_lines(self._record.order, self._record.taxes[:first])


class LineItemGroup(View):
    gql_type = "LineItemGroup"

    def title(self):
        return self._record.title

    def quantity(self):
        return self._record.quantity

    def variant_id(self):
        return self._record.variant.gid

    def variant_sku(self):
        return self._record.variant.sku

    def product_id(self):
        return self._record.variant.product.gid


class ShippingLine(View):
    gql_type = "ShippingLine"

    def __init__(self, record, ctx):
        super().__init__(record, ctx)
        self._order = record.order

    def title(self):
        return self._record.title

    def code(self):
        return self._record.code

    def source(self):
        return "shopify"

    def custom(self):
        return False

    def is_removed(self):
        return False

    def phone(self):
        return None

    def carrier_identifier(self):
        return None

    def delivery_category(self):
        return None

    def original_price_set(self):
        return bag(self._order, self._record.price)

    def discounted_price_set(self):
        return bag(self._order, self._record.discounted)

    def current_discounted_price_set(self):
        return bag(self._order, self._record.discounted - self._record.refunded)

    def discount_allocations(self):
        return allocations(self._order, self._record.allocations, self._ctx)

    def tax_lines(self):
        return tax_lines(self._order, self._record.taxes)


class OrderTransaction(View):
    """The record is (order, transaction)."""

    gql_type = "OrderTransaction"

    def __init__(self, record, ctx):
        self._order, record = record
        super().__init__(record, ctx)

    def kind(self):
        return self._record.kind

    def status(self):
        return self._record.status

    def gateway(self):
        return self._record.gateway

    def formatted_gateway(self):
        return self._record.gateway.title()

    def test(self):
        return self._order.test

    def amount_set(self):
        return bag(self._order, self._record.amount)

    def parent_transaction(self):
        record = self._record.parent
        return OrderTransaction((self._order, record), self._ctx) if record else None

    def created_at(self):
        return iso(self._record.created_at)

    def processed_at(self):
        return iso(self._record.created_at)


class Refund(View):
    gql_type = "Refund"

    def note(self):
        return self._record.note

    def order(self):
        return Order(self._record.order, self._ctx)

    def created_at(self):
        return iso(self._record.created_at)

    def processed_at(self):
        return iso(self._record.created_at)

    def updated_at(self):
        return iso(self._record.created_at)

    def total_refunded_set(self):
        return bag(self._record.order, self._record.total)

    def refund_line_items(
        self, first=None, last=None, after=None, before=None, reverse=False
    ):
        edges = edges_of(first, last, after, before, reverse)
        return page(self._ctx, self._record.lines, RefundLineItem, **edges)

    def refund_shipping_lines(
        self, first=None, last=None, after=None, before=None, reverse=False
    ):
        edges = edges_of(first, last, after, before, reverse)
        entries = self._record.shipping
        return page(
            self._ctx, entries, RefundShippingLine, key=lambda e: e[0].id, **edges
        )

    def transactions(
        self, first=None, last=None, after=None, before=None, reverse=False
    ):
        order = self._record.order
        pairs = [(order, entry) for entry in self._record.transactions]
        edges = edges_of(first, last, after, before, reverse)
        return page(
            self._ctx, pairs, OrderTransaction, key=lambda pair: pair[1].id, **edges
        )


class RefundLineItem(View):
    gql_type = "RefundLineItem"

    def _bag(self, value):
        return bag(self._record.line.order, value)

    def line_item(self):
        return LineItem(self._record.line, self._ctx)

    def quantity(self):
        return self._record.quantity

    def restock_type(self):
        return self._record.restock_type

    def restocked(self):
        return self._record.restocked

    def location(self):
        record = self._record.location
        return Location(record, self._ctx) if record else None

    def subtotal_set(self):
        return self._bag(self._record.subtotal)

    def total_tax_set(self):
        return self._bag(self._record.tax)

    def price_set(self):
        return self._bag(self._record.line.unit_price)


class RefundShippingLine(View):
    """The record is (shipping line, subtotal, tax)."""

    gql_type = "RefundShippingLine"

    def id(self):
        return gid("RefundShippingLine", self._record[0].id)

    def shipping_line(self):
        return ShippingLine(self._record[0], self._ctx)

    def subtotal_amount_set(self):
        return bag(self._record[0].order, self._record[1])

    def tax_amount_set(self):
        return bag(self._record[0].order, self._record[2])


class Customer(View):
    gql_type = "Customer"

    def _orders(self):
        return [
            order
            for order in self._ctx.store.orders.values()
            if order.customer is self._record
        ]

    def first_name(self):
        return self._record.first_name

    def last_name(self):
        return self._record.last_name

    def display_name(self):
        return self._record.display_name

    def email(self):
        return self._record.email

    def phone(self):
        return self._record.phone

    def note(self):
        return self._record.note

    def tags(self):
        return self._record.tags

    def state(self):
        return "DISABLED"

    def tax_exempt(self):
        return False

    def locale(self):
        return "en"

    def verified_email(self):
        return True

    def default_email_address(self):
        if not self._record.email:
            return None
        return Record(
            "CustomerEmailAddress",
            emailAddress=self._record.email,
            marketingState="NOT_SUBSCRIBED",
            validFormat=True,
        )

    def default_phone_number(self):
        if not self._record.phone:
            return None
        return Record("CustomerPhoneNumber", phoneNumber=self._record.phone)

    def default_address(self):
        return address(self._record.id, self._record.address, self._ctx)

    def addresses(self, first=None):
        return [self.default_address()] if self._record.address else []

    def number_of_orders(self):
        return str(len(self._orders()))

    def amount_spent(self):
        spent = total(totals.received(order) for order in self._orders())
        return money(spent.shop, self._ctx.store.config.currency)

    def created_at(self):
        return iso(self._record.created_at)

    def updated_at(self):
        return iso(self._record.updated_at)
