"""Fill an account from a seed. The format is in the README of this folder's parent."""

from decimal import Decimal

from ..common.seed import load
from . import const, fba, reports
from .models import FbaStock, Listing

DEFAULT_SEED = {
    "products": [
        {
            "sku": f"SKU-{number}",
            "title": f"Product {number}",
            "barcode": f"40000000000{number:02d}",
            "price": f"{number * 5}.00",
            "quantity": 10 * number,
        }
        for number in range(1, 6)
    ]
}


def fill(store, source=None):
    """Add what the seed names; SKUs that exist are kept."""
    seed = load(source, DEFAULT_SEED)
    with store.transaction():
        store.config.update(seed.get("account", {}))
        for values in seed.get("products", []):
            if values["sku"] not in store.listings:
                add_listing(store, **values)
        reports.remember(store)
        fba.remember(store)


def add_listing(
    store, sku, title=None, price="0", quantity=None, marketplaces=None, **values
):
    """:param price: for all marketplaces, or {marketplace: price}
    :param values: asin, barcode, product_type, lead_time, restock_date, active, and
        fba: units, or a dict of fulfillable, inbound, unfulfillable"""
    number = store.number()
    places = marketplaces or store.config.marketplaces
    prices = price if isinstance(price, dict) else dict.fromkeys(places, price)
    units = values.pop("fba", None)
    stock = None
    if units is not None:
        units = units if isinstance(units, dict) else {"fulfillable": units}
        code = const.FBA_CODES[store.config.region]
        stock = FbaStock(f"X{number:09}", code, **units)
    elif quantity is None:
        quantity = 0
    listing = Listing(
        sku,
        values.pop("asin", f"B{number:09}"),
        title or sku,
        store.clock.tick(),
        {place: Decimal(str(value)) for place, value in prices.items()},
        quantity,
        fba=stock,
        **values,
    )
    store.listings[sku] = listing
    return listing
