"""The lines of an order: goods, bundles of goods, and shipping."""

from .. import totals
from ..money import Bag
from ..resolver import View
from .catalog import Product, ProductVariant
from .parts import allocations, attributes, bag, tax_lines


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
