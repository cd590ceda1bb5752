"""What the sandbox store sells: the storable demo products of Odoo, and a few traps.

The quantities it begins with are what its owner last typed in: not Odoo's, so that
the dry run has something to show.
"""

MAIN, REGIONAL = "Main Warehouse", "Regional Warehouses"
PACK_OF, PACK_SKU, PACK_QTY = "E-COM08", "E-COM08-6", 6
"""One product is sold by the piece and in a pack."""
BY_BARCODE = {"FURN_0001": "ORGANIZER-OAK"}
"""Sold under another SKU, found by its barcode: a person reviews the match."""
UNKNOWN = {"sku": "CANDLE-07", "title": "Scented Candle", "price": "12.50"}
"""Odoo does not have it: its orders become exceptions with their demand held."""
FIELDS = ("id", "default_code", "barcode", "display_name", "name", "lst_price", "type")


def find_products(odoo):
    """The demo products that a shop can sell, in a stable order."""
    return odoo.find(
        "product.product",
        ["is_storable", "=", True],
        ["sale_ok", "=", True],
        ["default_code", "!=", False],
        ["company_id", "in", (False, 1)],
        fields=[*FIELDS, "qty_available", "tracking", "product_template_variant_value_ids"],
        order="default_code, id",
    )


def make_seed(products, currency):
    """:return: the seed of the sandbox store, as its ``--seed`` reads it"""
    listed = [_listing(index, product) for index, product in enumerate(products)]
    [pack] = [each for each in products if each["default_code"] == PACK_OF]
    listed.append(
        {
            "sku": PACK_SKU,
            "title": f"{pack['name']} (pack of {PACK_QTY})",
            "price": f"{pack['lst_price'] * PACK_QTY * 0.9:.2f}",
            "quantities": {MAIN: 1, REGIONAL: 1},
        }
    )
    listed.append({**UNKNOWN, "quantities": {MAIN: 3, REGIONAL: 0}})
    return {
        "shop": {"currency": currency, "shop_name": "Demo Store"},
        "locations": [MAIN, REGIONAL],
        "products": listed,
    }


def _listing(index, product):
    sku = product["default_code"]
    quantities = {MAIN: index % 7, REGIONAL: (index * 3) % 5}
    if index % 4 == 0:
        # not stocked there yet: the first number has to bring it there
        del quantities[REGIONAL]
    return {
        "sku": BY_BARCODE.get(sku, sku),
        "title": product["display_name"].removeprefix(f"[{sku}] "),
        "barcode": product["barcode"] or None,
        "price": f"{product['lst_price']:.2f}",
        "quantities": quantities,
    }
