"""Locations, inventory items and their levels."""

from ...common.clock import iso
from ..ids import gid, number_of
from ..models import STATES
from ..resolver import VIEWS, Record, View
from ..search import compile_query
from .parts import page

LEVEL_FILTERS = {
    "id": ("id", lambda level: level.id),
    "inventory_item_id": ("id", lambda level: level.item.id),
    "created_at": ("time", lambda level: level.created_at),
    "updated_at": ("time", lambda level: level.updated_at),
}


class Location(View):
    gql_type = "Location"

    def name(self):
        return self._record.name

    def is_active(self):
        return self._record.active

    def fulfills_online_orders(self):
        return self._record.fulfills_online_orders

    def ships_inventory(self):
        return self._record.fulfills_online_orders

    def is_fulfillment_service(self):
        return False

    def is_primary(self):
        return self._record is next(iter(self._ctx.store.locations.values()))

    def has_active_inventory(self):
        store = self._ctx.store
        return any(
            level.active
            for level in store.levels.values()
            if level.location is self._record
        )

    def created_at(self):
        return iso(self._record.created_at)

    def updated_at(self):
        return iso(self._record.created_at)

    def address(self):
        values = self._record.address
        lines = ("address1", "address2", "zip", "city", "country_code")
        return Record(
            "LocationAddress",
            address1=values.get("address1"),
            address2=values.get("address2"),
            city=values.get("city"),
            zip=values.get("zip"),
            country=values.get("country") or values.get("country_code"),
            countryCode=values.get("country_code"),
            province=values.get("province"),
            provinceCode=values.get("province_code"),
            phone=values.get("phone"),
            formatted=[values[name] for name in lines if values.get(name)],
        )

    def inventory_level(self, inventory_item_id, include_inactive=False):
        number = number_of(inventory_item_id, "InventoryItem")
        level = self._ctx.store.levels.get((number, self._record.id))
        shown = level and (level.active or include_inactive)
        return InventoryLevel(level, self._ctx) if shown else None

    def inventory_levels(self, query=None, include_inactive=False, **edges):
        levels = [
            level
            for level in self._ctx.store.levels.values()
            if level.location is self._record
        ]
        return level_page(self._ctx, levels, query, include_inactive, edges)


def level_page(ctx, levels, query, include_inactive, edges):
    wanted = compile_query(query, LEVEL_FILTERS, "inventoryLevels")
    shown = [
        level
        for level in levels
        if (level.active or include_inactive) and wanted(level)
    ]
    return page(ctx, shown, InventoryLevel, **edges)


class InventoryLevel(View):
    gql_type = "InventoryLevel"

    def is_active(self):
        return self._record.active

    def can_deactivate(self):
        return not self._record.on_hand

    def item(self):
        return InventoryItem(self._record.item, self._ctx)

    def location(self):
        return Location(self._record.location, self._ctx)

    def created_at(self):
        return iso(self._record.created_at)

    def updated_at(self):
        return iso(self._record.updated_at)

    def quantities(self, names):
        level = self._record
        return [
            Record(
                "InventoryQuantity",
                id=gid("InventoryQuantity", f"{level.id}?name={name}"),
                name=name,
                quantity=level.quantity(name),
                updatedAt=iso(level.touched.get(name)),
            )
            for name in names
            if name in (*STATES, "on_hand")
        ]


class InventoryItem(View):
    gql_type = "InventoryItem"

    def sku(self):
        return self._record.variant.sku or None

    def tracked(self):
        return self._record.tracked

    def requires_shipping(self):
        return self._record.variant.requires_shipping

    def measurement(self):
        weight = Record("Weight", value=float(self._record.weight), unit="KILOGRAMS")
        return Record("InventoryItemMeasurement", weight=weight)

    def duplicate_sku_count(self):
        sku = self._record.variant.sku
        variants = self._ctx.store.variants.values()
        return sum(variant.sku == sku for variant in variants) - 1 if sku else 0

    def created_at(self):
        return iso(self._record.created_at)

    def updated_at(self):
        return iso(self._record.updated_at)

    def variant(self):
        return VIEWS["ProductVariant"](self._record.variant, self._ctx)

    def variants(self, **edges):
        view = VIEWS["ProductVariant"]
        return page(self._ctx, [self._record.variant], view, **edges)

    def locations_count(self):
        count = len(self._ctx.store.levels_of(self._record))
        return Record("Count", count=count, precision="EXACT")

    def inventory_level(self, location_id, include_inactive=False):
        location = self._ctx.store.locations.get(number_of(location_id, "Location"))
        level = location and self._ctx.store.level(self._record, location)
        shown = level and (level.active or include_inactive)
        return InventoryLevel(level, self._ctx) if shown else None

    def inventory_levels(self, query=None, include_inactive=False, **edges):
        store = self._ctx.store
        levels = [
            level
            for location in store.locations.values()
            if (level := store.level(self._record, location))
        ]
        return level_page(self._ctx, levels, query, include_inactive, edges)
