"""Products and their variants."""

from ...common.clock import iso
from ..ids import gid
from ..money import money_text
from ..resolver import Record, View
from .parts import page
from .stock import InventoryItem


class ProductVariant(View):
    gql_type = "ProductVariant"

    def title(self):
        return self._record.title

    def display_name(self):
        return self._record.display_name

    def sku(self):
        return self._record.sku or None

    def barcode(self):
        return self._record.barcode

    def price(self):
        return money_text(self._record.price, self._ctx.store.config.currency)

    def compare_at_price(self):
        amount = self._record.compare_at_price
        return amount and money_text(amount, self._ctx.store.config.currency)

    def taxable(self):
        return self._record.taxable

    def position(self):
        return self._record.product.variants.index(self._record) + 1

    def inventory_policy(self):
        return self._record.policy

    def inventory_item(self):
        return InventoryItem(self._record.item, self._ctx)

    def inventory_quantity(self):
        if self._record.components:
            return self._ctx.store.shown(self._record)
        levels = self._ctx.store.levels_of(self._record.item)
        return sum(level.quantities["available"] for level in levels)

    def sellable_online_quantity(self):
        if self._record.components:
            return self._ctx.store.shown(self._record) or 0
        return self._ctx.store.online_quantity(self._record)

    def available_for_sale(self):
        shown = self._ctx.store.shown(self._record)
        return shown is None or shown > 0

    def requires_components(self):
        return bool(self._record.components)

    def product_variant_components(self, **edges):
        parts = [(self._record, index) for index in range(len(self._record.components))]
        return page(self._ctx, parts, Component, key=lambda part: part[1], **edges)

    def product(self):
        return Product(self._record.product, self._ctx)

    def selected_options(self):
        return [Record("SelectedOption", name="Title", value=self._record.title)]

    def media(self, **edges):
        return page(self._ctx, [], View, **edges)

    def created_at(self):
        return iso(self._record.created_at)

    def updated_at(self):
        return iso(self._record.updated_at)


class Component(View):
    """One part of a bundle; the record is (parent variant, index)."""

    gql_type = "ProductVariantComponent"

    def id(self):
        parent, index = self._record
        return gid("ProductVariantComponent", parent.id + index)

    def quantity(self):
        parent, index = self._record
        return parent.components[index][1]

    def product_variant(self):
        parent, index = self._record
        return ProductVariant(parent.components[index][0], self._ctx)


class Product(View):
    gql_type = "Product"

    def title(self):
        return self._record.title

    def handle(self):
        return self._record.handle

    def vendor(self):
        return self._record.vendor

    def product_type(self):
        return self._record.product_type

    def status(self):
        return self._record.status

    def tags(self):
        return self._record.tags

    def is_gift_card(self):
        return False

    def tracks_inventory(self):
        return any(variant.item.tracked for variant in self._record.variants)

    def total_inventory(self):
        return sum(
            ProductVariant(variant, self._ctx).inventory_quantity() or 0
            for variant in self._record.variants
        )

    def has_only_default_variant(self):
        variants = self._record.variants
        return len(variants) == 1 and variants[0].default_title

    def description_html(self):
        return ""

    def media(self, **edges):
        return page(self._ctx, [], View, **edges)

    def collections(self, **edges):
        return page(self._ctx, [], View, **edges)

    def options(self, first=None):
        """What ``selected_options`` of variants choose from."""
        number = self._record.id
        values = [
            Record(
                "ProductOptionValue",
                id=gid("ProductOptionValue", variant.id),
                name=variant.title,
            )
            for variant in self._record.variants
        ]
        option = Record(
            "ProductOption",
            id=gid("ProductOption", number),
            name="Title",
            position=1,
            optionValues=values,
        )
        return [option][:first]

    def variants_count(self):
        return Record("Count", count=len(self._record.variants), precision="EXACT")

    def variants(self, **edges):
        return page(self._ctx, self._record.variants, ProductVariant, **edges)

    def created_at(self):
        return iso(self._record.created_at)

    def updated_at(self):
        return iso(self._record.updated_at)
