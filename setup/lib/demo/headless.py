"""A headless shop: without stock and catalogue of its own, it calls Odoo's API and is
called by nobody."""

from decimal import Decimal

import requests
from sandbox.headless import Shop

from .channel import Channel

RATE = 200  # requests a second that its key allows
TOKEN = "channel_api_token"


class HeadlessStore:
    """The shop, in this process: what other stores' control interfaces offer.

    It opens when Odoo has given it a key.
    """

    state_url = ""

    def __init__(self, url):
        self.url, self.shop = url, None

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        if self.shop:
            self.shop.stop()

    def open(self, key, currency, prices):
        session = requests.Session()
        session.trust_env = False
        self.shop = Shop(self.url, key, currency, prices, session=session).start()

    def post(self, path, **values):
        shoppers = self.shop.shoppers
        {"shoppers/start": shoppers.start, "shoppers/stop": shoppers.stop}[path](
            **values
        )


class Headless(Channel):
    """Its nodes are Odoo's warehouses, by their codes."""

    type = "api"
    settings = {}
    node_key = "external_id"
    # its nodes are single warehouses, the others' are several
    shares_scarce = False

    def connect(self, wait):
        name = self.assortment.name
        self.begin()
        wait(f"the catalogue of {name} is read", self.is_catalogue_read)
        self.press("action_go_live")
        wait(f"{name} can read the first numbers", self.is_quiet)
        self.store.open(self._key, self._read_currency(), self._read_prices())

    def _create(self):
        channel_id = super()._create()
        self._key = self._make_key(channel_id)
        return channel_id

    def _make_key(self, channel_id):
        """:return: what the shop authenticates itself with"""
        wizard = self.odoo.create(
            "channel.api.key.new",
            channel_id=channel_id,
            name="The shop",
            rate=RATE,
            may_order=True,
            may_hold=True,
        )
        shown = self.odoo.call("channel.api.key.new", "action_make", [wizard])
        return shown["context"][TOKEN]

    def _map_tax(self):
        """The shop tells its prices with the taxes on them: none here."""
        values = {"charges_no_tax": True}
        self.odoo.call("channel.channel", "write", [self.id], values)

    def _read_currency(self):
        return self.database.value(
            "SELECT name FROM res_currency WHERE id = ("
            "SELECT currency_id FROM channel_channel WHERE id = %s)",
            self.id,
        )

    def _read_prices(self):
        found = self.odoo.find(
            "product.product",
            ["default_code", "!=", False],
            fields=["default_code", "lst_price"],
        )
        return {
            each["default_code"]: Decimal(f"{each['lst_price']:.2f}") for each in found
        }

    def shown(self):
        names = dict(
            self.database.rows(
                "SELECT external_id, name FROM channel_node WHERE channel_id = %s",
                self.id,
            )
        )
        return {
            (sku, names[node]): units
            for (sku, node), units in dict(self.store.shop.shown).items()
        }

    def orders(self):
        return [
            _seen(ref, order["body"], order["told"])
            for ref, order in dict(self.store.shop.orders).items()
        ]


def _seen(ref, body, told):
    state = told["state"] if told else "not told"
    return {
        "id": ref.rpartition("-")[2],
        "name": ref,
        "skus": {line["sku"] for line in body["lines"]},
        "status": state,
        "is_unpaid": state == "cancelled",
        "paid": state != "cancelled",
        "total": Decimal(body["total"]),
    }
