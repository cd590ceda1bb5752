"""One store with everything around it: what ``start()`` returns."""

import threading
from decimal import Decimal

from ..common.faults import Faults
from ..common.requestlog import RequestLog
from ..common.shoppers import Shoppers
from . import (
    checkout,
    dump,
    fulfillment,
    inventory,
    orders,
    payments,
    schema,
    seed,
    totals,
)
from .engine import Context
from .faults import KINDS
from .idempotency import IdempotencyKeys
from .mutations import Mutation  # noqa: F401 (registers the root)
from .oauth import Tokens
from .payload_parts import product_payload
from .server import Server
from .shoppers import make_cart
from .store import Store, StoreError
from .throttle import Bucket
from .webhooks import Webhooks


class Sandbox:
    """A shop that serves the Admin API, and the hand of its owner.

    The methods are what happens in a shop without the API: shoppers buy, people
    edit stock, orders are paid, shipped, cancelled. All are thread-safe.

    :param data: a seed (dict or path); the README has the format
    """

    def __init__(self, config, data=None, host="127.0.0.1", port=0):
        # fails early and clearly
        schema.versions(config.schemas, config.oldest_version)
        self.config = config
        self.data = data
        self.store = Store(config)
        self.tokens = Tokens(config, self.store.clock)
        self.idempotency = IdempotencyKeys(self.store)
        self.bucket = Bucket(config)
        self.faults = Faults(KINDS, config.random_seed)
        self.webhooks = Webhooks(self.store, config)
        self.store.publish = self.webhooks.publish
        self.store.wanted = self.webhooks.wanted
        self.log = RequestLog()
        self.shoppers = Shoppers(self, make_cart, checkout.SoldOut)
        self.stopping = threading.Event()
        seed.fill(self.store, data)
        self.server = Server(self, host, port)

    @property
    def url(self):
        return self.server.url

    def start(self):
        self.webhooks.dispatcher.start()
        self.server.start()
        return self

    def stop(self):
        """Stop serving; nothing of it is left running."""
        self.stopping.set()
        self.shoppers.stop()
        self.webhooks.dispatcher.stop()
        self.server.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.stop()

    def reset(self, data=None):
        """As new: the seed again, no orders, subscriptions, faults or logs."""
        self.shoppers.stop()
        with self.store.transaction():
            self.store.clock.reset()
            self.store.clear()
            self.idempotency.attempts.clear()
            self.webhooks.clear()
            self.webhooks.dispatcher.mishaps.set()
            self.faults.clear(self.config.random_seed)
            self.tokens.clear()
            self.bucket.refill()
            self.log.clear()
            seed.fill(self.store, data or self.data)

    def context(self, version, scopes):
        """The context of a request of this version with these scopes."""
        return Context(self, schema.load(self.config.schemas, version), scopes)

    def bulk_url(self, record):
        return f"{self.url}/_bulk/{record.id}.jsonl"

    # What people do

    def seed(self, data):
        seed.fill(self.store, data)

    def checkout(self, lines, **cart):
        """A shopper buys: ``lines`` is {sku: quantity} or a list of lines.

        :raise SoldOut: more is wanted than is shown
        """
        if isinstance(lines, dict):
            lines = [{"sku": sku, "quantity": lines[sku]} for sku in lines]
        return checkout.checkout(self.store, {"lines": lines, **cart})

    def pay(self, order):
        orders.pay(self.store, self._order(order))

    def cancel(self, order, **values):
        orders.cancel(self.store, self._order(order), **values)

    def refund(self, order, lines, restock="RETURN", location=None, **values):
        """Refund ``{sku: quantity}`` with one restock type."""
        record = self._order(order)
        place = location and self.store.find_location(location)
        entries = []
        for line in record.lines:
            if lines.get(line.sku):
                entries.append(
                    {
                        "line": line,
                        "quantity": int(lines[line.sku]),
                        "type": restock,
                        "location": place or self._home(record),
                    }
                )
        return orders.refund(self.store, record, entries, **values)

    def settle_refund(self, record, status="SUCCESS"):
        """What its gateway has kept pending is paid back, or fails: FAILURE."""
        orders.settle_refund(self.store, record, status)

    def _home(self, order):
        return order.fulfillment_orders[0].location

    def edit_order(self, order, lines):
        """Set the quantities of an order: ``{sku: quantity}``."""
        changes = [{"sku": sku, "quantity": lines[sku]} for sku in lines]
        orders.edit(self.store, self._order(order), changes)

    def discount(self, order, sku, amount):
        """Take an amount off a line by an order edit; its units stay."""
        orders.discount(self.store, self._order(order), sku, amount)

    def pay_back(self, order, amount):
        """Give money back for no line of the order."""
        record = self._order(order)
        amount = checkout.price_bag(record, Decimal(str(amount)))
        left = totals.received(record) - totals.refunded(record)
        if amount.shop > left.shop:
            raise StoreError("Cannot refund more than was paid")
        return orders.refund(self.store, record, [], amount=amount)

    def pay_out(self, status="PAID"):
        """Shopify Payments pays out what is available. :return: the payout"""
        with self.store.transaction():
            return payments.pay_out(self.store, status)

    def set_payout(self, payout, status):
        """A payout moves on: PAID, FAILED, CANCELED."""
        number = getattr(payout, "id", payout)
        with self.store.transaction():
            return payments.set_status(self.store, number, status)

    def add_balance(self, type, amount, fee=0, order=None, reason=None):
        """A dispute, a reserve, an adjustment: what no order's transaction is."""
        record = order and self._order(order)
        with self.store.transaction():
            return payments.add(
                self.store, type, amount, fee, order=record, reason=reason
            )

    def fulfill(self, order, lines=None, tracking=()):
        record = self._order(order)
        return fulfillment.fulfill_order(self.store, record, tracking, lines)

    def edit_stock(self, sku, location, **values):
        """Someone in the store admin sets a quantity, or adds a ``delta``."""
        with self.store.transaction():
            return inventory.edit_by_hand(self.store, sku, location, **values)

    def deactivate(self, sku, location):
        """Someone in the store admin no longer stocks an item at a location."""
        with self.store.transaction():
            item = self.store.find_variant(sku).item
            place = self.store.find_location(location)
            inventory.deactivate(self.store, item, place)

    def edit_location(self, location, **values):
        """Change name, active, fulfills_online_orders or address of a location."""
        with self.store.transaction():
            place = self.store.find_location(location)
            for name, value in values.items():
                if name not in ("name", "active", "fulfills_online_orders", "address"):
                    raise ValueError(f"a location has no {name!r} to edit")
                setattr(place, name, value)

    def delete_variant(self, sku):
        """Lines that were sold as it keep its SKU and title, and name no variant."""
        with self.store.transaction():
            variant = self.store.find_variant(sku)
            for order in self.store.orders.values():
                for line in order.lines:
                    if line.variant is variant:
                        line.variant = None
                        order.updated_at = self.store.clock.tick()
            variant.product.variants.remove(variant)
            del self.store.variants[variant.id]
            self.store.index_skus()

    def edit_variant(self, sku, /, **values):
        """Change sku, barcode, title, price, policy or tracked of a variant."""
        with self.store.transaction():
            variant = self.store.find_variant(sku)
            if "tracked" in values:
                variant.item.tracked = bool(values.pop("tracked"))
            for name, value in values.items():
                if name not in ("sku", "barcode", "title", "price", "policy"):
                    raise ValueError(f"a variant has no {name!r} to edit")
                setattr(variant, name, Decimal(value) if name == "price" else value)
            if "sku" in values:
                self.store.index_skus()
            moment = self.store.clock.tick()
            variant.updated_at = variant.item.updated_at = moment
            variant.product.updated_at = moment
            self.store.emit("products/update", product_payload, variant.product)
            return variant

    def uninstall(self):
        """The merchant removes the app: tokens die, one last webhook goes out."""
        with self.store.transaction():
            self.store.emit("app/uninstalled", dump.shop, self)
        self.store.installed = False
        self.tokens.revoke()

    def _order(self, order):
        return order if hasattr(order, "lines") else self.store.find_order(order)

    # What tests look at

    def shown(self, sku):
        """Units that a shopper may buy now, or None without a limit."""
        with self.store.transaction():
            return self.store.shown(self.store.find_variant(sku))

    def offered(self):
        """{sku: units that a shopper may buy now, 0 for no limit}"""
        store = self.store
        with store.transaction():
            units = {sku: store.shown(variant) for sku, variant in store.by_sku.items()}
        return {sku: left or 0 for sku, left in units.items() if left != 0}

    def level(self, sku, location):
        """The quantities of a level by name, on_hand included, or None."""
        with self.store.transaction():
            item = self.store.find_variant(sku).item
            level = self.store.level(item, self.store.find_location(location))
            if level is None:
                return None
            return {**level.quantities, "on_hand": level.on_hand}
