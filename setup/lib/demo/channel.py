"""Connect a store, through the methods that the buttons of the forms call."""

from decimal import Decimal

from . import store as demo_store
from .company import VAT, make_rule

ORDER_LAG = 2
# the sandboxes' own
CLIENT_ID, CLIENT_SECRET = "sandbox-client", "sandbox-secret"
CONSUMER_KEY, CONSUMER_SECRET = "ck_sandbox", "cs_sandbox"
PERCENT_KEPT_BACK = 10
PERSON = {"first_name": "Iris", "last_name": "Novak"}
EMAIL = "iris.novak@shopper.example"
TAXES = [{"title": "VAT", "rate": VAT / 100}]
ZERO = Decimal(0)


class Channel:
    """One store as it is connected: ``id`` in Odoo, ``store`` its control interface.

    What is here is of a Shopify store; other types overrule what they have otherwise.
    """

    type = "shopify"
    settings = {
        "shopify_client_id": CLIENT_ID,
        "shopify_client_secret": CLIENT_SECRET,
    }
    node_key = "name"
    """By which field of nodes the places of its assortment are found."""
    shares_scarce = True
    """Whether it gets its part of what is scarce, by the rule of the last five."""

    def __init__(self, odoo, database, company, store, assortment):
        self.odoo, self.database, self.company = odoo, database, company
        self.store, self.assortment = store, assortment
        self.id = None

    def connect(self, wait):
        """From an empty channel to a live one, step by step as a manager does it.

        :param wait: function(words, condition) that returns when it is true
        """
        name = self.assortment.name
        self.begin()
        wait(f"the catalogue of {name} is read", self.is_catalogue_read)
        if self.assortment.traps:
            self.match_pack()
        wait(f"what {name} shows is known", self.is_settled)
        self.press("action_go_live")
        wait(f"{name} shows the first numbers", self.is_quiet)

    def begin(self):
        """Create it and have its catalogue read."""
        self.id = self._create()
        self.press("action_test_connection")
        self.press("action_fetch_nodes")
        self._map_nodes()
        self._map_tax()
        self.press("action_prepare")
        self.press("action_fetch_listings")

    def press(self, action):
        return self.odoo.call("channel.channel", action, [self.id])

    def buy(self, sku):
        """A customer buys one of it."""
        address = {"address1": "Hoofdstraat 1", "city": "Utrecht", "zip": "3511 AA"}
        self.store.post(
            "checkout",
            lines={sku: 1},
            payment="paid",
            email=EMAIL,
            customer={"email": EMAIL, **PERSON},
            shipping_address={**PERSON, **address, "country_code": "NL"},
            taxes=TAXES,
        )

    def shown(self):
        """:return: (SKU, place) -> the number in the store, by its own record"""
        return {
            (each["sku"], each["location"]): each["available"]
            for each in self.store.get("levels")["levels"]
            if each["active"]
        }

    def orders(self):
        """:return: the store's orders by its own record: dicts of id, name, skus,
        status, paid, total"""
        return [
            {
                "id": str(order["id"]),
                "name": order["name"],
                "skus": {line["sku"] for line in order["line_items"]},
                "status": order["financial_status"],
                # what was shipped stays sold, whatever was paid back since
                "paid": order["financial_status"] in ("paid", "authorized")
                or order["fulfillment_status"] == "fulfilled",
                "total": Decimal(order["total_price"]),
            }
            for order in self.store.get("orders")["orders"]
        ]

    def _create(self):
        return self.odoo.create(
            "channel.channel",
            name=self.assortment.name,
            channel_type=self.type,
            base_url=self.store.url,
            order_lag=ORDER_LAG,
            exception_user_id=self.odoo.find_id(
                "res.users", ["login", "=", "operator"]
            ),
            **{"poll_minutes": 1, **self._get_settings()},
        )

    def _get_settings(self):
        return self.settings

    def _map_nodes(self):
        """Warehouses behind each node; at the last one some stock is kept back."""
        node_id = None
        for place, codes in self.assortment.places.items():
            node_id = self.odoo.find_id(
                "channel.node",
                ["channel_id", "=", self.id],
                [self.node_key, "=", place],
            )
            ids = [self.company.warehouses[code]["id"] for code in codes]
            values = {"warehouse_ids": [(6, 0, ids)]}
            self.odoo.call("channel.node", "write", [node_id], values)
        make_rule(self.odoo, kind="percent", value=PERCENT_KEPT_BACK, node_id=node_id)

    def _map_tax(self):
        self.odoo.create(
            "channel.tax.map",
            channel_id=self.id,
            rate=VAT,
            price_included=True,
            tax_id=self.company.tax_id,
        )

    def match_pack(self):
        listing_id = self.odoo.find_id(
            "channel.listing",
            ["channel_id", "=", self.id],
            ["sku", "=", demo_store.PACK_SKU],
        )
        product_id = self.odoo.find_id(
            "product.product", ["default_code", "=", demo_store.PACK_OF]
        )
        values = {
            "product_id": product_id,
            "pack_qty": demo_store.PACK_QTY,
            "state": "mapped",
        }
        self.odoo.call("channel.listing", "write", [listing_id], values)

    # --- conditions ---------------------------------------------------------------

    def is_catalogue_read(self):
        """Read, and no fetch under way (pages are stored one by one)."""
        return self.database.value(
            """
            SELECT EXISTS (SELECT FROM channel_listing WHERE channel_id = %s)
               AND NOT EXISTS (SELECT FROM queue_job
                                WHERE method_name = '_job_fetch_listings'
                                  AND state NOT IN ('done', 'failed', 'cancelled'))
            """,
            self.id,
        )

    def is_settled(self):
        """All numbers are computed, and it is known what the store shows."""
        return self.database.value(
            """
            SELECT EXISTS (SELECT FROM channel_level WHERE channel_id = %(id)s)
               AND NOT EXISTS (SELECT FROM channel_change)
               AND NOT EXISTS (
                    SELECT FROM channel_level level
                      LEFT JOIN channel_level_remote remote
                             ON remote.level_id = level.id
                     WHERE level.channel_id = %(id)s
                       AND COALESCE(remote.state, 'unknown') IN ('unknown', 'stale'))
            """,
            id=self.id,
        )

    def waiting(self):
        """:return: list of words: what waits anywhere between the store and Odoo"""
        rows = self.database.rows(
            """
            SELECT what, count(*) FROM (
                SELECT 'changes to plan' AS what FROM channel_change
                UNION ALL
                SELECT 'numbers ' || COALESCE(remote.state, 'unknown')
                  FROM channel_level level
                  LEFT JOIN channel_level_remote remote ON remote.level_id = level.id
                 WHERE level.channel_id = %(id)s
                   AND COALESCE(remote.state, 'unknown') IN ('unknown', 'stale')
                UNION ALL
                SELECT 'numbers to publish' FROM channel_level_pending
                 WHERE channel_id = %(id)s
                UNION ALL
                SELECT 'publications ' || state FROM channel_publication
                 WHERE channel_id = %(id)s AND state IN ('ready', 'sending')
                UNION ALL
                SELECT 'events' FROM channel_inbox_event
                 WHERE channel_id = %(id)s AND state = 'new'
                UNION ALL
                SELECT CASE WHEN state = 'captured' THEN 'orders to import'
                            WHEN NOT complete THEN 'orders to complete'
                            ELSE 'orders to fetch again' END
                  FROM channel_order
                 WHERE channel_id = %(id)s AND state <> 'announced'
                   AND (state = 'captured' OR NOT complete
                        OR wanted_version > version)
            ) found GROUP BY what ORDER BY what
            """,
            id=self.id,
        )
        return [f"{count} {what} of {self.assortment.name}" for what, count in rows]

    def is_quiet(self):
        return not self.waiting()


class Shop(Channel):
    """A WooCommerce shop: one figure a product, in one place."""

    type = "woocommerce"
    settings = {
        "woocommerce_consumer_key": CONSUMER_KEY,
        "woocommerce_consumer_secret": CONSUMER_SECRET,
    }

    def buy(self, sku):
        address = {"address_1": "Hoofdstraat 1", "city": "Utrecht", "country": "NL"}
        address |= {"postcode": "3511 AA", "email": EMAIL, **PERSON}
        self.store.post(
            "checkout", lines={sku: 1}, payment="paid", billing=address, taxes=TAXES
        )

    def shown(self):
        [place] = self.assortment.places
        return {
            (each["sku"], place): each["stock"]
            for each in self.store.get("levels")["levels"]
            if each["own"]
        }

    def orders(self):
        return [
            {
                "id": str(order["id"]),
                "name": f"#{order['number']}",
                "skus": {line["sku"] for line in order["line_items"]},
                "status": order["status"],
                "paid": order["status"] in ("processing", "completed"),
                "total": Decimal(order["total"]),
            }
            for order in self.store.get("orders")["orders"]
        ]


class Seller(Channel):
    """A seller's account at Amazon: one figure a SKU, and a queue of events."""

    type = "amazon"
    settings = {
        "amazon_region": "na",
        "amazon_seller_id": "A1SANDBOXSELLER",
        "amazon_marketplaces": "US",
        "amazon_client_id": "amzn1.application-oa2-client.sandbox",
        "amazon_client_secret": "amzn1.oa2-cs.v1.sandbox",
        "amazon_refresh_token": "Atzr|sandbox",
        "amazon_aws_key": "AKIASANDBOX",
        "amazon_aws_secret": "aws-sandbox-secret",
        # its search may be asked twenty times in a row, and then once in three minutes;
        # what it shows is known after the first that it has answered
        "poll_minutes": 1,
    }

    def _get_settings(self):
        url = f"{self.store.url}/444455556666/orders"
        return {**self.settings, "amazon_queue_url": url}

    def _map_tax(self):
        """Amazon collects and pays the taxes of its marketplace in the US."""
        values = {"charges_no_tax": True}
        self.odoo.call("channel.channel", "write", [self.id], values)

    def buy(self, sku):
        self.store.post("checkout", lines={sku: 1}, payment="paid")

    def shown(self):
        [place] = self.assortment.places
        return {
            (each["sku"], place): each["number"]
            for each in self.store.get("levels")["levels"]
            if each["number"] is not None
        }

    def orders(self):
        return [
            _seen(order)
            for order in self.store.get("orders")["orders"]
            if order["fulfillment"]["fulfilledBy"] == "MERCHANT"
        ]


def _seen(order):
    """The taxes of it are Amazon's: it collects and pays them."""
    status = order["fulfillment"]["fulfillmentStatus"]
    parts = [
        part
        for item in order["orderItems"]
        for part in item.get("proceeds", {}).get("breakdowns", ())
        if part["type"] != "TAX"
    ]
    return {
        "id": order["orderId"].rpartition("-")[2],
        "name": order["orderId"],
        "skus": {item["product"]["sellerSku"] for item in order["orderItems"]},
        "status": status,
        "is_unpaid": status.startswith("PENDING") or status == "CANCELLED",
        "paid": status in ("UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED"),
        "total": sum((Decimal(each["subtotal"]["amount"]) for each in parts), ZERO),
    }
