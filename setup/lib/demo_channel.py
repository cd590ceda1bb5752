"""Make the demo's database look like a distributor's, and connect the store.

Everything goes through the methods that the buttons of the forms call.
"""

import demo_store

ROLES = ("user", "operator", "manager", "auditor")
# What each of them may do besides, to see sale orders and stock as people in that
# position do.
ALSO = {
    "user": ("sales_team.group_sale_salesman_all_leads", "stock.group_stock_user"),
    "operator": ("sales_team.group_sale_salesman_all_leads", "stock.group_stock_user"),
    "manager": ("sales_team.group_sale_manager", "stock.group_stock_manager"),
    "auditor": (),
}
VAT = 21.0
ORDER_LAG = 2
CLIENT_ID, CLIENT_SECRET = "sandbox-client", "sandbox-secret"
IN_STORES = {"inventory_mode": True}


class Shop:
    """The demo's company in Odoo: warehouses, stock, users, and its one channel."""

    def __init__(self, odoo, database):
        self.odoo, self.database = odoo, database
        self.channel_id = None
        self.main = odoo.find(
            "stock.warehouse", ["code", "=", "WH"], fields=["id", "lot_stock_id"]
        )[0]
        self.regional = []

    # --- company ------------------------------------------------------------------

    def furnish(self, products):
        """Two more warehouses with stock, rules, a tax, and a user for each role."""
        for name, code in (("East", "EAST"), ("West", "WEST")):
            warehouse_id = self.odoo.create("stock.warehouse", name=name, code=code)
            self.regional += self.odoo.find(
                "stock.warehouse",
                ["id", "=", warehouse_id],
                fields=["id", "lot_stock_id"],
            )
        # what has a lot cannot be counted without one
        plain = [each["id"] for each in products if each["tracking"] == "none"]
        east, west = (each["lot_stock_id"][0] for each in self.regional)
        self.count({(product, east): 9 + n % 20 for n, product in enumerate(plain)})
        self.count({(product, west): 6 + n % 11 for n, product in enumerate(plain[::2])})
        self._make_users()

    def count(self, quantities):
        """Count shelves: {(product id, location id): quantity}."""
        quants = [
            {
                "product_id": product,
                "location_id": location,
                "inventory_quantity_auto_apply": quantity,
            }
            for (product, location), quantity in quantities.items()
        ]
        self.odoo.call("stock.quant", "create", quants, context=IN_STORES)

    def _make_users(self):
        for role in ROLES:
            groups = (f"channel_inventory_base.group_channel_{role}", *ALSO[role])
            self.odoo.create(
                "res.users",
                name=f"Demo {role.capitalize()}",
                login=role,
                password=role,
                group_ids=[(4, self.odoo.ref(group)) for group in groups],
            )

    def _make_rules(self):
        category = self.odoo.find(
            "product.product",
            ["default_code", "=", demo_store.PACK_OF],
            fields=["categ_id"],
        )[0]["categ_id"][0]
        regional = self._node_id(demo_store.REGIONAL)
        for values in (
            {"kind": "fixed", "value": 1},
            {"kind": "percent", "value": 10, "node_id": regional},
            {"kind": "cap", "value": 40, "channel_id": self.channel_id},
            {"kind": "threshold", "value": 1, "categ_id": category},
        ):
            self.odoo.create("channel.rule", **values)

    # --- channel ------------------------------------------------------------------

    def connect(self, store_url, wait):
        """From an empty channel to a live one, step by step as a manager does it.

        :param wait: function(words, condition) that returns when it is true
        """
        self.channel_id = self._create_channel(store_url)
        self.press("action_test_connection")
        self.press("action_fetch_nodes")
        self._map_nodes()
        self._map_tax()
        self._make_rules()
        self.press("action_prepare")
        self.press("action_fetch_listings")
        wait("the catalogue of the store is read", self._has_listings)
        self._match_pack()
        wait("what the store shows is known", self._is_settled)
        self.press("action_go_live")
        wait("the first numbers are published", self.is_quiet)

    def press(self, action):
        return self.odoo.call("channel.channel", action, [self.channel_id])

    def _create_channel(self, store_url):
        return self.odoo.create(
            "channel.channel",
            name="Demo Store",
            channel_type="shopify",
            base_url=store_url,
            order_lag=ORDER_LAG,
            poll_minutes=1,
            exception_user_id=self.odoo.find_id("res.users", ["login", "=", "operator"]),
            shopify_client_id=CLIENT_ID,
            shopify_client_secret=CLIENT_SECRET,
        )

    def _node_id(self, name):
        return self.odoo.find_id(
            "channel.node",
            ["channel_id", "=", self.channel_id],
            ["name", "=", name],
        )

    def _map_nodes(self):
        for name, warehouses in (
            (demo_store.MAIN, [self.main]),
            (demo_store.REGIONAL, self.regional),
        ):
            ids = [each["id"] for each in warehouses]
            values = {"warehouse_ids": [(6, 0, ids)]}
            self.odoo.call("channel.node", "write", [self._node_id(name)], values)

    def _map_tax(self):
        """European shoppers pay a tax that is in the price."""
        tax_id = self.odoo.create(
            "account.tax",
            name=f"VAT {VAT:g}% (in the price)",
            amount=VAT,
            amount_type="percent",
            type_tax_use="sale",
            price_include_override="tax_included",
        )
        self.odoo.create(
            "channel.tax.map",
            channel_id=self.channel_id,
            rate=VAT,
            price_included=True,
            tax_id=tax_id,
        )

    def _match_pack(self):
        [listing] = self.odoo.find(
            "channel.listing",
            ["channel_id", "=", self.channel_id],
            ["sku", "=", demo_store.PACK_SKU],
        )
        product_id = self.odoo.find_id(
            "product.product", ["default_code", "=", demo_store.PACK_OF]
        )
        self.odoo.call(
            "channel.listing",
            "write",
            [listing["id"]],
            {
                "product_id": product_id,
                "pack_qty": demo_store.PACK_QTY,
                "state": "mapped",
            },
        )

    # --- conditions ---------------------------------------------------------------

    def _has_listings(self):
        """Read, and no fetch under way (pages are stored one by one)."""
        return self.database.value(
            """
            SELECT EXISTS (SELECT FROM channel_listing WHERE sku = %s)
               AND NOT EXISTS (SELECT FROM queue_job
                                WHERE method_name = '_job_fetch_listings'
                                  AND state NOT IN ('done', 'failed', 'cancelled'))
            """,
            demo_store.PACK_SKU,
        )

    def _is_settled(self):
        return self.database.value(
            """
            SELECT EXISTS (SELECT FROM channel_level)
               AND NOT EXISTS (SELECT FROM channel_change)
               AND NOT EXISTS (
                    SELECT FROM channel_level level
                      LEFT JOIN channel_level_remote remote ON remote.level_id = level.id
                     WHERE COALESCE(remote.state, 'unknown') IN ('unknown', 'stale'))
            """
        )

    def is_quiet(self):
        """Nothing waits anywhere between the store and Odoo."""
        return self._is_settled() and self.database.value(
            """
            SELECT NOT EXISTS (SELECT FROM channel_level_pending)
               AND NOT EXISTS (SELECT FROM channel_publication
                                WHERE state IN ('ready', 'sending'))
               AND NOT EXISTS (SELECT FROM channel_inbox_event WHERE state = 'new')
               AND NOT EXISTS (SELECT FROM channel_order
                                WHERE state = 'captured' OR NOT complete
                                   OR wanted_version > version)
            """
        )
