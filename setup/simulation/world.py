"""What is sold where: products, packs, kits, warehouses, shops. The same by seed."""

import random
from dataclasses import dataclass, field, replace

# Warehouses that are one stock for every shop that sells from them.
POOLS = {"main": ("WH", "EAST", "D9"), "west": ("WEST",)}
HOUSE = "dock9"
"""A warehouse that a third party keeps, beside the shops of ``--channels``."""
COUNTER, DESK = "counter5", "desk7"
"""Tills of the main warehouse, and salespeople who make quotations, beside them."""
BESIDE = (HOUSE, COUNTER, DESK)
PACKS, KITS, SCARCE = 0.06, 0.04, 0.08
PACK_OF = (2, 6)
RENAMED = "-NEW"
"""What a shop appends to a SKU that it renames: its judges go on calling it as it was
called."""


def plain(sku):
    """
    >>> plain("SKU-0001-NEW"), plain("SKU-0001")
    ('SKU-0001', 'SKU-0001')
    """
    return sku and sku.removesuffix(RENAMED)


@dataclass(frozen=True)
class Product:
    """Something on a shelf. ``stock``: {code of a warehouse: units at the beginning}"""

    sku: str
    price: int
    weight: float
    scarce: bool
    stock: dict
    lots: bool = False


@dataclass(frozen=True)
class Listing:
    """What a shop sells. ``parts``: {SKU of a product: stock units in one sold unit}"""

    sku: str
    kind: str  # plain, pack, kit
    price: int
    weight: float
    parts: dict


@dataclass(frozen=True)
class Shop:
    """``places``: {where the shop believes stock lies: pool}"""

    key: str
    name: str
    type: str
    places: dict
    companion: bool = True

    @property
    def domain(self):
        return f"{self.key}.myshopify.com"


# In the order in which ``--channels`` adds them. The shop without its companion plugin
# and the marketplace come last: they cannot compare before they write, which their
# documentation tells.
SHOPS = (
    Shop("alpha", "Alpha Store", "shopify", {"Main": "main", "West": "west"}),
    Shop("bravo", "Bravo Shop", "woocommerce", {"The shop's stock": "main"}),
    Shop("charlie", "Charlie Store", "shopify", {"Everything": "main"}),
    Shop("delta", "Delta Shop", "woocommerce", {"The shop's stock": "main"}, False),
    Shop("echo", "Echo Seller", "amazon", {"Shipped by the merchant": "main"}),
)
# By their names only: a retailer that buys by EDI documents, and a headless shop that
# calls the API.
PARTNERS = (
    Shop("foxtrot", "BigMart", "edi", {"All that BigMart gets": "main"}),
    Shop("golf", "Golf Shop", "api", {"WH": "main", "WEST": "west"}),
)


@dataclass
class World:
    products: dict
    listings: dict
    shops: list
    seed: int = 1
    scarce: list = field(default_factory=list)
    names: tuple = ()

    def has(self, name):
        return name in self.names


def choose(channels):
    """:param channels: how many shops, or their names with commas
    :return: list of Shop"""
    text = str(channels)
    if text.isdecimal() and 1 <= int(text) <= len(SHOPS):
        return list(SHOPS[: int(text)])
    known = {each.key: each for each in (*SHOPS, *PARTNERS)}
    names = [name for name in name_all(text) if name not in BESIDE]
    if not set(names) <= set(known) or not names:
        raise ValueError(
            f"--channels: 1 to {len(SHOPS)}, or of {', '.join((*known, *BESIDE))}, not"
            f" {channels}"
        )
    return [known[name] for name in dict.fromkeys(names)]


def name_all(channels):
    """The names in ``--channels``; none where it is a number."""
    text = str(channels)
    return [] if text.isdecimal() else [name.strip() for name in text.split(",")]


def make(seed, skus, channels, orders=0):
    """:param channels: see ``choose``
    :param orders: how many shoppers come: stock is sized so that some of it ends"""
    shops = choose(channels)
    if skus < 10:
        raise ValueError("--skus: at least 10")
    dice = random.Random(f"world {seed}")
    packs, kits = int(skus * PACKS), int(skus * KITS)
    number = skus - packs - kits
    products = _products(dice, number, max(1.0, orders / number))
    listings = {
        each.sku: Listing(each.sku, "plain", each.price, each.weight, {each.sku: 1})
        for each in products.values()
    }
    names = sorted(products)
    parts_of_kits = [dice.sample(names, 2) for _kit in range(kits)]
    for sku in {sku for parts in parts_of_kits for sku in parts}:
        products[sku] = _gathered(products[sku])
    for index, sku in enumerate(dice.sample(names, packs)):
        units = PACK_OF[index % len(PACK_OF)]
        listings[f"{sku}-X{units}"] = _combined(
            f"{sku}-X{units}", "pack", products, {sku: units}
        )
    for index, skus in enumerate(parts_of_kits):
        parts = dict(zip(skus, (1, 2), strict=True))
        listings[f"KIT-{index:03d}"] = _combined(
            f"KIT-{index:03d}", "kit", products, parts
        )
    if HOUSE in name_all(channels):
        products = {sku: _kept_there(each) for sku, each in products.items()}
    scarce = [sku for sku, each in products.items() if each.scarce]
    return World(products, listings, shops, seed, scarce, tuple(name_all(channels)))


def _products(dice, number, orders_each):
    """A long tail: the n-th seller sells 1/n as much as the first; a few are scarce."""
    ranks = list(range(1, number + 1))
    dice.shuffle(ranks)
    total = sum(1 / (rank + 5) for rank in ranks)
    result = {}
    for index, rank in enumerate(ranks):
        weight = 1 / (rank + 5) / total
        wanted = 1.6 * weight * number * orders_each
        scarce = rank <= max(2, number * SCARCE)
        units = round(wanted * (dice.uniform(0.25, 0.6) if scarce else 1.2)) + 2
        sku = f"SKU-{index:04d}"
        result[sku] = Product(
            sku, 5 + index % 60, weight, scarce, _spread(dice, units, scarce)
        )
    return result


def _spread(dice, units, scarce):
    main = max(2, units - units // 5)
    east = 0 if scarce and dice.random() < 0.5 else main // 3
    west = 0 if scarce else max(1, units // 5)
    return {"WH": main - east, "EAST": east, "WEST": west}


def _kept_there(product):
    """Half of it is in the third party's warehouse, and nothing in the east. What kits
    are put together of stays where it is."""
    stock = product.stock
    kept = (stock["WH"] + stock["EAST"]) // 2 if stock["EAST"] else 0
    here = stock["WH"] + stock["EAST"] - kept
    return replace(product, stock={**stock, "WH": here, "EAST": 0, "D9": kept})


def _gathered(product):
    """Kits are put together in one warehouse: parts in two make none."""
    stock = product.stock
    together = {"WH": stock["WH"] + stock["EAST"], "EAST": 0, "WEST": stock["WEST"]}
    return replace(product, stock=together)


def _combined(sku, kind, products, parts):
    price = sum(products[each].price * units for each, units in parts.items())
    weight = min(products[each].weight for each in parts) / 3
    return Listing(sku, kind, price, weight, parts)
