"""Fulfillment orders and fulfillments."""

from ...common.clock import iso
from ..fulfillment import OPEN_STATES
from ..ids import gid
from ..resolver import Record, View
from .catalog import ProductVariant
from .lines import LineItem
from .order import Order
from .parts import Address, bag, page
from .stock import Location


class FulfillmentOrder(View):
    gql_type = "FulfillmentOrder"

    def status(self):
        return self._record.status

    def request_status(self):
        return "UNSUBMITTED"

    def order(self):
        return Order(self._record.order, self._ctx)

    def order_id(self):
        return self._record.order.gid

    def order_name(self):
        return self._record.order.name

    def order_processed_at(self):
        return iso(self._record.order.created_at)

    def created_at(self):
        return iso(self._record.created_at)

    def updated_at(self):
        return iso(self._record.updated_at)

    def fulfill_at(self):
        return iso(self._record.created_at)

    def fulfill_by(self):
        return None

    def assigned_location(self):
        return AssignedLocation(self._record.location, self._ctx)

    def destination(self):
        order = self._record.order
        if not order.shipping_address:
            return None
        return Destination((self._record, order), self._ctx)

    def supported_actions(self):
        return [
            Record("FulfillmentOrderSupportedAction", action=action, externalUrl=None)
            for action in _actions(self._record)
            # older versions know fewer of them
            if action in self._ctx.schema.type_map["FulfillmentOrderAction"].values
        ]

    def fulfillment_holds(self):
        return [FulfillmentHold(record, self._ctx) for record in self._record.holds]

    def line_items(self, **edges):
        return page(self._ctx, self._record.lines, FulfillmentOrderLine, **edges)

    def fulfillments(self, **edges):
        records = [
            record
            for record in self._record.order.fulfillments
            if self._record in record.fulfillment_orders
        ]
        return page(self._ctx, records, Fulfillment, **edges)


def _actions(record):
    if record.status == "ON_HOLD":
        return ["RELEASE_HOLD", "HOLD", "MOVE"]
    if record.status == "OPEN":
        return ["CREATE_FULFILLMENT", "REPORT_PROGRESS", "MOVE", "HOLD", "SPLIT"]
    if record.status in OPEN_STATES:
        return ["CREATE_FULFILLMENT", "MARK_AS_OPEN", "MOVE"]
    return []


class AssignedLocation(Address, View):
    gql_type = "FulfillmentOrderAssignedLocation"

    def _value(self, name):
        return self._record.address.get(name)

    def location(self):
        return Location(self._record, self._ctx)

    def name(self):
        return self._record.name

    def country_code(self):
        return self._value("country_code") or self._ctx.store.config.country


class Destination(Address, View):
    """The record is (fulfillment order, order)."""

    gql_type = "FulfillmentOrderDestination"

    def id(self):
        return gid("FulfillmentOrderDestination", self._record[0].id)

    def _value(self, name):
        return self._record[1].shipping_address.get(name)

    def email(self):
        return self._record[1].email

    def country_code(self):
        return self._value("country_code")


class FulfillmentHold(View):
    gql_type = "FulfillmentHold"

    def reason(self):
        return self._record.reason

    def reason_notes(self):
        return self._record.notes

    def handle(self):
        return self._record.handle

    def display_reason(self):
        return self._record.reason.replace("_", " ").capitalize()

    def held_by_requesting_app(self):
        return True


class FulfillmentOrderLine(View):
    gql_type = "FulfillmentOrderLineItem"

    def line_item(self):
        return LineItem(self._record.line, self._ctx)

    def sku(self):
        return self._record.line.sku

    def product_title(self):
        return self._record.line.title

    def variant_title(self):
        return self._record.line.variant_title

    def vendor(self):
        return self._record.line.vendor

    def variant(self):
        variant = self._record.line.variant
        return ProductVariant(variant, self._ctx) if variant else None

    def inventory_item_id(self):
        variant = self._record.line.variant
        return variant.item.gid if variant else None

    def requires_shipping(self):
        return self._record.line.requires_shipping

    def total_quantity(self):
        return self._record.quantity

    def remaining_quantity(self):
        return self._record.remaining


class Fulfillment(View):
    gql_type = "Fulfillment"

    def name(self):
        return self._record.name

    def status(self):
        return self._record.status

    def display_status(self):
        return "FULFILLED"

    def order(self):
        return Order(self._record.order, self._ctx)

    def location(self):
        return Location(self._record.location, self._ctx)

    def requires_shipping(self):
        return True

    def total_quantity(self):
        return sum(quantity for _id, _line, quantity in self._record.lines)

    def created_at(self):
        return iso(self._record.created_at)

    def updated_at(self):
        return iso(self._record.updated_at)

    def tracking_info(self, first=None):
        return [
            Record(
                "FulfillmentTrackingInfo",
                company=entry.get("company"),
                number=entry.get("number"),
                url=entry.get("url"),
            )
            for entry in self._record.tracking[:first]
        ]

    def fulfillment_line_items(self, **edges):
        return page(
            self._ctx,
            self._record.lines,
            FulfillmentLine,
            key=lambda entry: entry[0],
            **edges,
        )

    def fulfillment_orders(self, **edges):
        records = self._record.fulfillment_orders
        return page(self._ctx, records, FulfillmentOrder, **edges)


class FulfillmentLine(View):
    """The record is (id, line item, quantity)."""

    gql_type = "FulfillmentLineItem"

    def id(self):
        return gid("FulfillmentLineItem", self._record[0])

    def line_item(self):
        return LineItem(self._record[1], self._ctx)

    def quantity(self):
        return self._record[2]

    def original_total_set(self):
        _id, line, quantity = self._record
        return bag(line.order, line.unit_price.times(quantity))
