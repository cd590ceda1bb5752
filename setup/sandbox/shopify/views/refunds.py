"""Payments and refunds."""

from ...common.clock import iso
from ..ids import gid
from ..resolver import VIEWS, View
from .lines import LineItem, ShippingLine
from .parts import bag, page
from .stock import Location


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
        return VIEWS["Order"](self._record.order, self._ctx)

    def created_at(self):
        return iso(self._record.created_at)

    def processed_at(self):
        return iso(self._record.created_at)

    def updated_at(self):
        return iso(self._record.created_at)

    def total_refunded_set(self):
        return bag(self._record.order, self._record.total)

    def refund_line_items(self, **edges):
        return page(self._ctx, self._record.lines, RefundLineItem, **edges)

    def refund_shipping_lines(self, **edges):
        entries = self._record.shipping
        return page(
            self._ctx, entries, RefundShippingLine, key=lambda e: e[0].id, **edges
        )

    def order_adjustments(self, **edges):
        return page(self._ctx, [], View, **edges)

    def transactions(self, **edges):
        order = self._record.order
        pairs = [(order, entry) for entry in self._record.transactions]
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
