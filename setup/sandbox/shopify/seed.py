"""Fill a store from a seed: locations, products, quantities.

The format is in the README of this folder; every part has a short form, so that
a demo can write it from its own products.
"""

import re
from decimal import Decimal

from ..common.seed import load
from . import inventory
from .models import STATES, InventoryItem, Location, Product, ProductVariant

DEFAULT_SEED = {
    "locations": ["Main Warehouse", "Second Warehouse"],
    "products": [
        {
            "sku": f"SKU-{number}",
            "title": f"Product {number}",
            "barcode": f"40000000000{number:02d}",
            "price": f"{number * 5}.00",
            "quantities": {"Main Warehouse": 10 * number},
        }
        for number in range(1, 6)
    ],
}


def fill(store, source=None):
    """Add what the seed names; locations and SKUs that exist are kept."""
    seed = load(source, DEFAULT_SEED)
    with store.transaction():
        store.config.update(seed.get("shop", {}))
        for values in seed.get("locations", []):
            add_location(store, values)
        for values in seed.get("products", []):
            add_product(store, values)
        for values in seed.get("products", []):
            _add_components(store, values)


def add_location(store, values):
    values = {"name": values} if isinstance(values, str) else dict(values)
    name = values.pop("name")
    if any(location.name == name for location in store.locations.values()):
        return store.find_location(name)
    location = Location(
        store.next_id(),
        name,
        address=values.pop("address", {}),
        created_at=store.clock.tick(),
        **values,
    )
    store.locations[location.id] = location
    return location


def add_product(store, values):
    """One product; without ``variants`` it is itself its only variant."""
    variants = values.get("variants") or [{**values, "title": "Default Title"}]
    moment = store.clock.tick()
    title = values.get("title") or variants[0]["sku"]
    product = Product(
        store.next_id(),
        title,
        values.get("handle") or re.sub(r"\W+", "-", title.lower()).strip("-"),
        moment,
        moment,
        vendor=values.get("vendor", ""),
        product_type=values.get("product_type", ""),
        status=values.get("status", "ACTIVE"),
        tags=list(values.get("tags", [])),
    )
    for variant in variants:
        _add_variant(store, product, variant)
    if product.variants:
        store.products[product.id] = product
    return product


def _add_variant(store, product, values):
    sku = values.get("sku") or ""
    if sku in store.by_sku and not values.get("duplicate_sku"):
        return
    variant = ProductVariant(
        store.next_id(),
        product,
        sku,
        values.get("barcode") or None,
        values.get("title") or "Default Title",
        Decimal(str(values.get("price", "0"))),
        product.created_at,
        product.created_at,
        policy=values.get("policy", "DENY"),
        taxable=values.get("taxable", True),
        requires_shipping=values.get("requires_shipping", True),
    )
    variant.item = InventoryItem(
        store.next_id(),
        variant,
        values.get("tracked", True),
        product.created_at,
        product.created_at,
        Decimal(str(values.get("weight", "0"))),
    )
    product.variants.append(variant)
    store.variants[variant.id] = variant
    if sku:
        store.by_sku.setdefault(sku, variant)
    store.items[variant.item.id] = variant.item
    for place, quantities in (values.get("quantities") or {}).items():
        _stock(store, variant.item, place, quantities)


def _stock(store, item, place, quantities):
    """Quantities at one location: a number is what is available."""
    if not isinstance(quantities, dict):
        quantities = {"available": quantities}
    level = inventory.activate(store, item, store.find_location(place))
    deltas = {name: int(quantities.get(name, 0)) for name in STATES}
    inventory.change(store, level, deltas, "received", "seed")


def _add_components(store, values):
    for entry in values.get("variants") or [values]:
        for part in entry.get("components", []):
            pair = store.find_variant(part["sku"]), int(part.get("quantity", 1))
            store.find_variant(entry["sku"]).components.append(pair)
