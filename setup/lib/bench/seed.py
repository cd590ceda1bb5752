"""A distributor to measure with: few records by the ORM, the many by SQL.

Everything is drawn by hashing numbers, so the same size is always the same data.
"""

import hashlib
from pathlib import Path

from . import rules as bench_rules
from . import seed_sql as bulk

WAREHOUSES = (
    {"name": "Bench North", "code": "BN", "delivery_steps": "ship_only"},
    {
        "name": "Bench West",
        "code": "BW",
        "delivery_steps": "pick_ship",
        "reception_steps": "two_steps",
    },
    {"name": "Bench South", "code": "BS", "delivery_steps": "pick_pack_ship"},
)
BINS = 4  # a warehouse; one more is for damaged goods
# A node is the sum of these warehouses, by the number of its channel.
SERVED = ((0, 1, 2), (0, 1), (1, 2), (0, 2))
BRANCHES, LEAVES = 4, 5  # of the category tree
TAGS = ("Bench Fragile", "Bench Bulky", "Bench Clearance")


def seeded_database(session, products, channels, rules="common"):
    """Name of a cached database of that size, made when it is missing.

    :param rules: see ``rules.make_rules``
    """
    files = (Path(__file__), Path(bulk.__file__), Path(bench_rules.__file__))
    content = "".join([session.template, *(file.read_text() for file in files)])
    key = hashlib.sha256(content.encode()).hexdigest()[:12]

    def seed(session, name):
        session.log(f"seed  {products:,} products, {channels} channels")
        _seed(session, name, products, channels, rules)

    label = f"{products}x{channels}_{rules}"
    return session.seeded(f"channel_seed_{key}_{label}", seed)


def _seed(session, name, products, channels, rules):
    with session.odoo(name) as env:
        places = _make_places(env)
        shops = _make_channels(env, channels)
    with session.sql(name) as cursor:
        bulk.insert_products(cursor, products, places)
        bulk.insert_stock(cursor, places)
        bulk.insert_listings(cursor, places, shops)
    with session.odoo(name) as env:
        bench_rules.make_rules(env, rules)
    with session.sql(name) as cursor:
        bulk.finish(cursor)


def _make_places(env):
    """Warehouses with bins, categories and tags; what the bulk refers to, by id."""
    warehouses = env["stock.warehouse"].create([dict(each) for each in WAREHOUSES])
    bins, damaged = [], []
    for warehouse in warehouses:
        stock = warehouse.lot_stock_id
        names = [f"Bin {number}" for number in range(1, BINS + 1)]
        bins += _make_locations(env, stock, names).ids
        quarantine = _make_locations(env, stock, ["Damaged"])
        quarantine.own_stock_state = "damaged"
        damaged += quarantine.ids
    categories = _make_categories(env)
    tags = env["product.tag"].create([{"name": name} for name in TAGS])
    owner = env["res.partner"].create({"name": "Bench Consignor"})
    return {
        "company": env.company.id,
        "unit": env.ref("uom.product_uom_unit").id,
        "customers": env.ref("stock.stock_location_customers").id,
        "suppliers": env.ref("stock.stock_location_suppliers").id,
        "warehouses": warehouses.ids,
        "stocks": warehouses.lot_stock_id.ids,
        "inputs": warehouses.wh_input_stock_loc_id.ids,
        "packings": warehouses.wh_pack_stock_loc_id.ids,
        "outputs": warehouses.wh_output_stock_loc_id.ids,
        "delivery_types": warehouses.out_type_id.ids,
        "pick_types": warehouses.pick_type_id.ids,
        "receipt_types": warehouses.in_type_id.ids,
        # damaged goods are found in one of five bins, and there is less of them
        "bins": bins + damaged,
        "categories": categories.ids,
        "tags": tags.ids,
        "owner": owner.id,
    }


def _make_locations(env, parent, names):
    return env["stock.location"].create(
        [{"name": name, "location_id": parent.id} for name in names]
    )


def _make_categories(env):
    """:return: the leaves, in which products are"""
    root = env["product.category"].create({"name": "Bench"})
    branches = env["product.category"].create(
        [
            {"name": f"Bench {number}", "parent_id": root.id}
            for number in range(BRANCHES)
        ]
    )
    return env["product.category"].create(
        [
            {"name": f"{branch.name}.{number}", "parent_id": branch.id}
            for branch in branches
            for number in range(LEAVES)
        ]
    )


def _make_channels(env, count):
    """Live channels with a node each. They are of no type that could be reached."""
    codes = [each["code"] for each in WAREHOUSES]
    warehouses = env["stock.warehouse"].search([("code", "in", codes)], order="id")
    channels = env["channel.channel"]
    for number in range(count):
        served = warehouses.browse(
            warehouses[place].id for place in SERVED[number % len(SERVED)]
        )
        node = {
            "name": f"Node {number}",
            "external_id": "node",
            "warehouse_ids": [(6, 0, served.ids)],
        }
        channels += channels.create(
            {
                "name": f"Bench {number}",
                "state": "live",
                "connection_state": "ok",
                "home_database": channels._database_name(),
                "node_ids": [(0, 0, node)],
            }
        )
    return channels.ids


def chart_of_sizes(cursor):
    """How much there is, for the record of a run."""
    tables = (
        "stock_quant",
        "stock_move",
        "channel_hold",
        "channel_listing",
        "channel_rule",
    )
    sizes = {}
    for table in tables:
        cursor.execute(f"SELECT count(*) FROM {table}")
        sizes[table] = cursor.fetchone()[0]
    cursor.execute(
        "SELECT count(*) FROM stock_move WHERE state IN"
        " ('waiting', 'confirmed', 'partially_available', 'assigned')"
    )
    sizes["open_moves"] = cursor.fetchone()[0]
    cursor.execute("SELECT pg_database_size(current_database())")
    sizes["database_mb"] = round(cursor.fetchone()[0] / 1e6)
    return sizes
