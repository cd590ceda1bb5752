"""One shop with everything around it: what ``start()`` returns."""

import threading
from decimal import Decimal

from ..common.faults import Faults
from ..common.requestlog import RequestLog
from ..common.shoppers import Shoppers
from . import checkout, orders, seed, stock
from .access import Access
from .faults import KINDS
from .hooks import Hooks
from .server import Server
from .shoppers import make_cart
from .store import SoldOut, Store, StoreError


class Sandbox:
    """A shop that serves the REST API, and the hand of its owner.

    The methods are what happens in a shop without the API: shoppers buy, people edit
    stock and orders. All are thread-safe.

    :param data: a seed (dict or path); the README has the format
    """

    def __init__(self, config, data=None, host="127.0.0.1", port=0):
        self.config = config
        self.data = data
        self.store = Store(config)
        self.access = Access(config)
        self.companion_keys = {}
        self.faults = Faults(KINDS, config.random_seed)
        self.hooks = Hooks(self.store, config)
        self.store.publish = self.hooks.publish
        self.log = RequestLog()
        self.shoppers = Shoppers(self, make_cart, SoldOut)
        self.stopping = threading.Event()
        seed.fill(self.store, data)
        self.server = Server(self, host, port)
        config.url = self.server.url

    @property
    def url(self):
        return self.server.url

    @property
    def certificate(self):
        """PEM of the https server, for clients that are to trust it."""
        return self.server.certificate

    def start(self):
        self.hooks.start()
        self.server.start()
        return self

    def stop(self):
        """Stop serving; nothing of it is left running."""
        self.stopping.set()
        self.shoppers.stop()
        self.hooks.stop()
        self.server.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.stop()

    def reset(self, data=None):
        """As new: the seed again, no orders, webhooks, faults or logs."""
        self.shoppers.stop()
        with self.store.transaction():
            self.store.clock.reset()
            self.store.clear()
            self.companion_keys.clear()
            self.hooks.clear()
            self.faults.clear(self.config.random_seed)
            self.access.clear()
            self.log.clear()
            seed.fill(self.store, data or self.data)

    # What people do

    def seed(self, data):
        seed.fill(self.store, data)

    def checkout(self, lines, **cart):
        """A shopper buys: ``lines`` is {sku: quantity} or a list of lines.

        :raise SoldOut: more is wanted than is there
        """
        if isinstance(lines, dict):
            lines = [{"sku": sku, "quantity": lines[sku]} for sku in lines]
        return checkout.checkout(self.store, {"lines": lines, **cart})

    def set_status(self, order, status):
        orders.set_status(self.store, self._order(order), status)

    def pay(self, order):
        self.set_status(order, "processing")

    def cancel(self, order, reason=None):
        self.set_status(order, "cancelled")

    def refund(self, order, lines=None, amount=None, restock=True, money=None):
        """Pay back ``{sku: quantity}``, or an amount without lines.

        :param money: ``{sku or title of a charge: [before tax, tax]}``: without units
        """
        record = self._order(order)
        entries = [
            (line, int(lines[line.sku]), None, None)
            for line in record.lines
            if (lines or {}).get(line.sku)
        ]
        for charge in record.charges:
            name = getattr(charge, "sku", None) or charge.title
            if name in (money or {}):
                net, tax = (Decimal(str(each)) for each in money[name])
                entries.append((charge, 0, net, tax))
        amount = None if amount is None else Decimal(str(amount))
        return orders.refund(self.store, record, entries, amount, restock=restock)

    def edit_order(self, order, lines):
        """Set the quantities of an order: ``{sku: quantity}``."""
        record = self._order(order)
        for line in list(record.lines):
            if line.sku in lines:
                orders.edit_line(self.store, record, line, int(lines[line.sku]))

    def exchange_line(self, order, sku, other):
        """Another product in a line, as an addon writes it by REST: what was taken off
        the first product's figure stays off, and nothing is taken off the other's."""
        with self.store.transaction():
            record = self._order(order)
            [line] = [each for each in record.lines if each.sku == sku]
            line.product = self.store.find_product(other)
            line.name, line.sku = line.product.title, line.product.sku
            orders.touch(self.store, record)

    def reprice(self, order, **values):
        """Other prices, delivery and fees with the same units: ``checkout.reprice``."""
        record = self._order(order)
        with self.store.transaction():
            checkout.reprice(self.store, record, **values)
            orders.touch(self.store, record)

    def trash(self, order, force=False):
        orders.trash(self.store, self._order(order), force)

    def untrash(self, order):
        orders.untrash(self.store, self._order(order))

    def edit_stock(self, sku, quantity):
        """Someone in the shop's admin types a number in."""
        with self.store.transaction():
            product = self.store.find_product(sku)
            product.stock = int(quantity)
            stock.touched(self.store, product, "admin")

    def edit_product(self, sku, /, **values):
        """Change sku, name, price, status, manage_stock, stock or stock_status."""
        with self.store.transaction():
            product = self.store.find_product(sku)
            for name, value in values.items():
                if not hasattr(product, name) or name in ("id", "parent"):
                    raise ValueError(f"a product has no {name!r} to edit")
                setattr(product, name, Decimal(value) if name == "price" else value)
            stock.touched(self.store, product, "admin")

    def make_variable(self, sku, variations):
        """A simple product becomes a variable one, as an editor of the shop can."""
        with self.store.transaction():
            product = self.store.find_product(sku)
            for values in variations:
                seed.add_variation(self.store, product, values)
            stock.touched(self.store, product, "admin")
            return product

    def delete_product(self, sku):
        """Its lines in orders stay and name nothing any more."""
        with self.store.transaction():
            product = self.store.find_product(sku)
            for each in [product, *product.variations]:
                self.store.products.pop(each.id, None)
                for order in self.store.orders.values():
                    for line in order.lines:
                        if line.product is each:
                            line.product = None
            if product.parent:
                product.parent.variations.remove(product)
            self.store.emit("product.deleted", product.id)

    def _order(self, order):
        return order if hasattr(order, "lines") else self.store.find_order(order)

    def cron(self):
        """WP-Cron comes by now."""
        self.hooks.run()

    # What tests look at

    def shown(self, sku):
        """The stock figure, whatever is reserved; None without one."""
        with self.store.transaction():
            holder = self.store.find_product(sku).holder
            return holder.stock if holder else None

    def left(self, sku):
        """Units that a shopper may buy now, or None without a limit."""
        with self.store.transaction():
            return stock.left(self.store, self.store.find_product(sku))

    def offered(self):
        """{sku: units that a shopper may buy now, 0 for no limit}"""
        with self.store.transaction():
            units = {
                product.sku: stock.left(self.store, product)
                for product in self.store.products.values()
                if product.sku and product.type != "variable"
            }
        return {sku: left or 0 for sku, left in units.items() if left != 0}


__all__ = ["Sandbox", "SoldOut", "StoreError"]
