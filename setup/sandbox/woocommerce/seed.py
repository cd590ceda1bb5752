"""Fill a shop from a seed: simple and variable products, quantities.

The format is in the README of this folder.
"""

from decimal import Decimal

from ..common.seed import load
from .models import Product

DEFAULT_SEED = {
    "products": [
        {
            "sku": f"SKU-{number}",
            "name": f"Product {number}",
            "barcode": f"40000000000{number:02d}",
            "price": f"{number * 5}.00",
            "stock": 10 * number,
        }
        for number in range(1, 6)
    ]
}


def fill(store, source=None):
    """Add what the seed names; SKUs that exist are kept."""
    seed = load(source, DEFAULT_SEED)
    with store.transaction():
        store.config.update(seed.get("shop", {}))
        known = {product.sku for product in store.products.values()}
        for values in seed.get("products", []):
            if not values.get("sku") or values["sku"] not in known:
                add_product(store, values)


def add_product(store, values):
    product = _record(store, values)
    for variation in values.get("variations", []):
        add_variation(store, product, variation)
    return product


def add_variation(store, parent, values):
    parent.type = "variable"
    record = _record(store, values, parent)
    parent.variations.append(record)
    return record


def _record(store, values, parent=None):
    """``stock`` None: no figure of its own (a variation may have its parent's)."""
    moment = store.clock.tick()
    variable = bool(values.get("variations"))
    stock = values.get("stock", None if variable else 0)
    record = Product(
        store.next_id(),
        values.get("name") or values.get("sku") or "Product",
        values.get("sku") or "",
        Decimal(str(values.get("price", "0"))),
        moment,
        moment,
        type="variation" if parent else "variable" if variable else "simple",
        status=values.get("status", "publish"),
        barcode=values.get("barcode") or "",
        weight=Decimal(str(values.get("weight", "0"))),
        manage_stock=stock is not None,
        stock=stock or 0,
        stock_status=values.get("stock_status", "instock"),
        backorders=bool(values.get("backorders", False)),
        virtual=bool(values.get("virtual", False)),
        parent=parent,
    )
    store.products[record.id] = record
    return record
