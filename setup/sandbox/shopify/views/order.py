"""Orders, their lines, refunds and transactions, and customers."""

from ...common.clock import iso
from .. import orders, totals
from ..errors import ApiError
from ..ids import gid
from ..money import Bag, total
from ..resolver import VIEWS, Record, View
from ..store import StoreError
from .customer import Customer
from .lines import LineItem, ShippingLine
from .parts import (
    address,
    attributes,
    bag,
    discount_application,
    page,
    tax_lines,
)
from .refunds import OrderTransaction, Refund


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

    def risk(self):
        values = {"assessments": [], "recommendation": self._record.risk}
        return Record("OrderRiskSummary", **values)

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

    def source_identifier(self):
        return None

    def retail_location(self):
        return None

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
        return totals.gateways(self._record)

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

    def line_items(self, **edges):
        return page(self._ctx, self._record.lines, LineItem, **edges)

    def shipping_line(self):
        records = self._record.shipping_lines
        return ShippingLine(records[0], self._ctx) if records else None

    def shipping_lines(self, **edges):
        return page(self._ctx, self._record.shipping_lines, ShippingLine, **edges)

    def discount_applications(self, **edges):
        indexes = range(len(self._record.terms["discounts"]))
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

    def transactions(self, first=None):
        records = self._record.transactions[:first]
        return [OrderTransaction((self._record, r), self._ctx) for r in records]

    def refunds(self, first=None):
        return [Refund(r, self._ctx) for r in self._record.refunds[:first]]

    def returns(self, **edges):
        return page(self._ctx, [], View, **edges)

    def suggested_refund(self, refund_line_items=None):
        order = self._record
        lines = {line.gid: line for line in order.lines}
        wanted = {}
        try:
            for entry in refund_line_items or []:
                if entry["lineItemId"] not in lines:
                    raise StoreError("Refund line items: line item does not exist")
                line = lines[entry["lineItemId"]]
                wanted[line] = wanted.get(line, 0) + entry["quantity"]
            found = orders.suggest_refund(order, wanted)
        except StoreError as error:
            raise ApiError(str(error), "BAD_REQUEST") from error
        subtotal, tax, amount, payments = found
        return Record(
            "SuggestedRefund",
            amountSet=bag(order, amount),
            maximumRefundableSet=bag(
                order, totals.received(order) - totals.refunded(order)
            ),
            subtotalSet=bag(order, subtotal),
            totalTaxSet=bag(order, tax),
            suggestedTransactions=[
                self._suggested(payment, part) for payment, part in payments
            ],
        )

    def _suggested(self, payment, part):
        order = self._record
        return Record(
            "SuggestedOrderTransaction",
            amountSet=bag(order, part),
            gateway=payment.gateway,
            kind="SUGGESTED_REFUND",
            maximumRefundableSet=bag(order, payment.amount),
            parentTransaction=OrderTransaction((order, payment), self._ctx),
        )

    def tax_lines(self):
        return tax_lines(self._record, totals.tax_lines(self._record))

    def current_tax_lines(self):
        return tax_lines(self._record, totals.tax_lines(self._record, current=True))

    # Shipping: these views build on the ones here, hence the registry

    def fulfillments(self, first=None):
        view = VIEWS["Fulfillment"]
        return [view(r, self._ctx) for r in self._record.fulfillments[:first]]

    def fulfillment_orders(self, **edges):
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

    def total_cash_rounding_adjustment(self):
        none = bag(self._record, Bag())
        return Record("CashRoundingAdjustment", paymentSet=none, refundSet=none)


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
    "total_tip_received_set": lambda order: order.tip,
    "refund_discrepancy_set": lambda order: Bag(),
}.items():
    _amount(_name, _function)
