"""What the sandbox stores sell: the storable demo products of Odoo, and a few traps.

The quantities they begin with are what their owner last typed in: not Odoo's, so that
the dry run has something to show.
"""

from dataclasses import dataclass

PACK_OF, PACK_SKU, PACK_QTY = "E-COM08", "E-COM08-6", 6
"""One product is sold by the piece and in a pack."""
BY_BARCODE = {"FURN_0001": "ORGANIZER-OAK"}
"""Sold under another SKU, found by its barcode: a person reviews the match."""
UNKNOWN = {"sku": "CANDLE-07", "title": "Scented Candle", "price": "12.50"}
"""Odoo does not have it: its orders become exceptions with their demand held."""
# How the sandbox of one shop is started. WooCommerce with the companion plugin, as a
# careful owner has it. At Amazon an hour is a minute, and nothing is left to chance:
# what it loses and forgets is for the simulation.
SANDBOXES = {
    "woocommerce": ("--companion",),
    "amazon": (
        *("--region", "na", "--marketplace", "ATVPDKIKX0DER"),
        *("--compress", "60", "--blind", "10", "--applies", "2"),
        *("--rule", "new_order_told=1", "--rule", "payment_takes_days=0"),
        *("--rule", "patch_invalid=0", "--rule", "late_index=0"),
        *("--rule", "word_lost=0", "--rule", "word_late=0"),
    ),
}
FIELDS = ("default_code", "barcode", "display_name", "name", "lst_price", "tracking")


@dataclass(frozen=True)
class Assortment:
    """One store: what it is called, where it believes stock lies, and what it sells.

    ``places`` maps the store's locations to codes of Odoo's warehouses. ``type`` is a
    type of channel and the sandbox that plays it.
    """

    name: str
    domain: str
    places: dict
    every: int = 1
    traps: bool = False
    type: str = "shopify"


STORES = (
    Assortment(
        "Demo Store",
        "demo-store.myshopify.com",
        {"Main Warehouse": ("WH",), "Regional Warehouses": ("EAST", "WEST")},
        traps=True,
    ),
    # The same goods once more: what one store sells the other must no longer show.
    Assortment(
        "Outlet Store",
        "outlet-store.myshopify.com",
        {"Everywhere": ("WH", "EAST", "WEST")},
        every=2,
    ),
    # Another kind of shop, which has one figure a product and no locations.
    Assortment(
        "Web Shop",
        "web-shop.example",
        {"The shop's stock": ("WH", "EAST", "WEST")},
        every=2,
        type="woocommerce",
    ),
    # A marketplace: one figure a SKU, payments that take their time, and a queue.
    Assortment(
        "Amazon Seller",
        "amazon-seller.example",
        {"Shipped by the merchant": ("WH", "EAST", "WEST")},
        every=2,
        type="amazon",
    ),
    # A shop that somebody has written: it asks Odoo for numbers and places its orders
    # there. Its places are Odoo's warehouses, by their codes.
    Assortment(
        "Headless Shop",
        "headless.example",
        {"WH": ("WH",), "EAST": ("EAST",), "WEST": ("WEST",)},
        type="api",
    ),
)


@dataclass(frozen=True)
class Cast:
    """Who takes part in a demo: stores, and whether trading partners do."""

    stores: tuple = ()
    partners: bool = False


EVERYBODY = Cast(STORES, partners=True)


def stores(*names):
    """:return: those of STORES"""
    return tuple(each for each in STORES if each.name in names)


def find_products(odoo):
    """The demo products that a shop can sell, in a stable order."""
    return odoo.find(
        "product.product",
        ["is_storable", "=", True],
        ["sale_ok", "=", True],
        ["default_code", "!=", False],
        ["company_id", "in", (False, 1)],
        fields=FIELDS,
        order="default_code, id",
    )


def make_seed(assortment, products, currency):
    """:return: the seed of a sandbox store, as its ``--seed`` reads it"""
    listed = products[:: assortment.every]
    if assortment.type == "woocommerce":
        return {"products": _shop_products(listed)}
    if assortment.type == "amazon":
        return {"products": _offers(listed)}
    listed = [
        _listing(assortment, index, product) for index, product in enumerate(listed)
    ]
    if assortment.traps:
        listed += [_pack(assortment, products), _unknown(assortment)]
    return {
        "shop": {"currency": currency, "shop_name": assortment.name},
        "locations": list(assortment.places),
        "products": listed,
    }


def _listing(assortment, index, product):
    sku = product["default_code"]
    places = list(assortment.places)
    if index % 4 == 0:
        # not stocked at the last place yet: the first number has to bring it there
        places = places[:-1]
    return {
        "sku": BY_BARCODE.get(sku, sku) if assortment.traps else sku,
        "title": product["display_name"].removeprefix(f"[{sku}] "),
        "barcode": product["barcode"] or None,
        "price": f"{product['lst_price']:.2f}",
        "quantities": {place: (index * 3) % 7 for place in places},
    }


def _offers(products):
    """At a marketplace variants are offers like all others."""
    return [
        {
            "sku": product["default_code"],
            "title": product["display_name"].partition("] ")[2],
            "barcode": product["barcode"] or None,
            "price": f"{product['lst_price']:.2f}",
            "quantity": (index * 3) % 7,
        }
        for index, product in enumerate(products)
    ]


def _shop_products(products):
    """Variants of one product as variations, everything else as simple products."""
    by_name = {}
    for index, product in enumerate(products):
        entry = {
            "sku": product["default_code"],
            "name": product["display_name"].partition("] ")[2],
            "barcode": product["barcode"] or None,
            "price": f"{product['lst_price']:.2f}",
            "stock": (index * 3) % 7,
        }
        by_name.setdefault(product["name"], []).append(entry)
    return [
        entries[0] if len(entries) == 1 else {"name": name, "variations": entries}
        for name, entries in by_name.items()
    ]


def _pack(assortment, products):
    [single] = [each for each in products if each["default_code"] == PACK_OF]
    return {
        "sku": PACK_SKU,
        "title": f"{single['name']} (pack of {PACK_QTY})",
        "price": f"{single['lst_price'] * PACK_QTY * 0.9:.2f}",
        "quantities": dict.fromkeys(assortment.places, 1),
    }


def _unknown(assortment):
    return {**UNKNOWN, "quantities": dict.fromkeys(assortment.places, 2)}
