"""The shops: the sandboxes, in this process, with a log that misses nothing.

The shops' own histories keep whole seconds and forget. What is recorded here has the
machine's clock, and is written under the shop's own lock: the order in it is the order
in which things happened in that shop.
"""

import copy
import random
import threading
import time

import sandbox.amazon as amazon
import sandbox.shopify as shopify
import sandbox.woocommerce as woocommerce
import sandbox.woocommerce.stock as woo_stock
from sandbox.shopify import totals
from sandbox.shopify.config import DEFAULT_SCOPES
from sandbox.shopify.mutations.batch import Batch
from sandbox.woocommerce import hooks as woo_hooks

from .world import RENAMED, plain

CURRENCY = "USD"  # of Odoo's demo company
MARKETPLACE = "ATVPDKIKX0DER"  # Amazon collects the taxes there
VAT = [{"title": "VAT", "rate": 0.21}]
SECONDS_TO_PAY = 6
# Of a marketplace's orders: so many are pending while a payment is verified, and so
# many of those for days.
PENDING, DAYS = 0.2, 0.25
SECONDS_TO_END = 90
SOLD_OUT = (shopify.SoldOut, woocommerce.SoldOut, amazon.SoldOut)


class Log(list):
    """Takes the place of a shop's history; ``events`` is the common form of it.

    An event: t, shop, place, sku, kind (write, sale, restock, edit), delta and after in
    sold units, for a sale the order, and how a write was made: ``set`` puts a number
    in the place of what was there, ``difference`` adds to it or takes from it.
    """

    def __init__(self, shop):
        super().__init__()
        self.shop, self.events = shop, []
        # called with the kind of each event, while the shop is still at it
        self.hook = None

    def note(self, place, sku, kind, delta, after, order=None, how="set"):
        self.events.append(
            {
                "t": time.time(),
                "shop": self.shop.key,
                "place": place,
                "sku": plain(sku),
                "kind": kind,
                "delta": delta,
                "after": after,
                "order": order and f"{self.shop.key}:{order}",
                "how": how,
            }
        )
        if self.hook:
            self.hook(kind)


class ShopifyLog(Log):
    def append(self, entry):
        if entry["name"] != "available":
            return
        actor, delta = entry["actor"], entry["delta"]
        kind, order = "write", None
        if actor.startswith("order"):
            kind = "sale" if delta < 0 else "restock"
            order = entry["referenceDocumentUri"].rpartition("/")[2]
        elif actor == "store admin":
            kind = "edit"
        after = entry["quantityAfterChange"]
        self.note(entry["location"], entry["sku"], kind, delta, after, order)


def _apply(batch, pair, deltas, original=Batch.apply):
    """A write that repeats the number leaves no trace in the shop's history."""
    original(batch, pair, deltas)
    item, location = pair
    log = batch.store.history
    if isinstance(log, Log) and deltas.get("available") == 0:
        after = batch.store.level(item, location).quantities["available"]
        log.note(location.name, item.variant.sku, "write", 0, after)


Batch.apply = _apply


class WooLog(Log):
    def __init__(self, shop):
        super().__init__(shop)
        [self.place] = shop.places
        self.shown = {}

    def append(self, entry):
        _moment, sku, stock, cause = entry
        sku = plain(sku)
        delta = stock - self.shown.get(sku, 0)
        if cause == "rename":
            return
        self.shown[sku] = stock
        kind, order = "write", None
        if cause.startswith(("order ", "edit of ", "refund of ")):
            kind, order = "sale" if delta < 0 else "restock", cause.split()[-1]
        elif cause == "admin":
            kind = "edit"
        # the companion plugin changes by a difference, in one step with the shop's own
        how = "difference" if cause == "companion" else "set"
        self.note(self.place, sku, kind, delta, stock, order, how)


class AmazonLog(Log):
    def __init__(self, shop):
        super().__init__(shop)
        [self.place] = shop.places
        self.shown = {}

    def append(self, entry):
        _moment, sku, number, cause = entry
        after = number or 0
        delta = after - self.shown.get(sku, 0)
        self.shown[sku] = after
        kind, order = "write", None
        if cause.startswith("order "):
            kind = "sale" if delta < 0 else "restock"
            order = cause.rpartition("-")[2]
        elif cause == "admin":
            kind = "edit"
        self.note(self.place, sku, kind, delta, after, order)


class Shop:
    """One shop as its customers and its owner use it."""

    def __init__(self, shop):
        self.shop, self.key = shop, shop.key
        self.box = None
        self._saved = None
        # {SKU as the judges call it: as the shop calls it since}
        self.renamed = {}

    @property
    def url(self):
        return self.box.url

    @property
    def events(self):
        return self.box.store.history.events

    def stop(self):
        self.box.stop()

    def buy(self, lines, person, paid):
        """:return: id of the order
        :raise SOLD_OUT: somebody was quicker"""
        return self.box.checkout(lines, **self.cart(person, paid)).id

    def pays_after(self, event):
        """Seconds until an order is paid: 0 at once; None: not while anybody looks."""
        return 0 if event["paid"] else SECONDS_TO_PAY

    def pay(self, order):
        self.box.pay(str(order))

    def cancel(self, order):
        self.box.cancel(str(order))

    def fit(self, lines):
        """What of ``lines`` a shopper can have, all of it sent from one place."""
        carts = [
            {
                sku: min(units, offered)
                for sku, units in lines.items()
                if (offered := self.offered(sku, place)) > 0
            }
            for place in self.shop.places
        ]
        return max(carts, key=lambda cart: sum(cart.values()))

    def offered(self, sku, place):
        """Units that a shopper may buy now of what is shown in one place."""
        raise NotImplementedError

    def shown(self):
        """{(place, SKU): the number shown}"""
        raise NotImplementedError

    def book(self):
        """The shop's own orders: dicts of id, live, lines {SKU: units}, told; left
        {SKU: units} without what was taken back, where that can be; and pending: its
        units are gone, and nobody may ship it yet."""
        raise NotImplementedError

    def open(self):
        """The doors open: what was written before does not count."""

    def violations(self):
        """{rule of the shop: how often it was broken}, and ``written``: how many
        numbers it was sent; None where nobody counts."""
        return None


class ShopifyShop(Shop):
    def rename(self, sku):
        """An editor gives a variant another SKU."""
        with self.box.store.transaction():
            self.box.edit_variant(sku, sku=sku + RENAMED)
            self.renamed[sku] = sku + RENAMED
            self._know_as_before()

    def _know_as_before(self):
        """Shoppers look at pictures: they find what was renamed."""
        store = self.box.store
        for sku, name in self.renamed.items():
            store.by_sku[sku] = store.by_sku[name]

    def start(self, products, port=0, **settings):
        seed = {
            "shop": {"currency": CURRENCY, "shop_name": self.shop.name},
            "locations": list(self.shop.places),
            "products": [
                {
                    "sku": each.sku,
                    "title": each.sku,
                    "price": f"{each.price}.00",
                    "quantities": dict.fromkeys(self.shop.places, 0),
                }
                for each in products
            ],
        }
        self.box = shopify.start(
            seed,
            port,
            shop=self.shop.domain,
            currency=CURRENCY,
            plan="plus",
            webhook_retry_window=60.0,
            hang=4.0,
            # an app that may also switch off what is sold below zero
            **{"scopes": (*DEFAULT_SCOPES, "write_products"), **settings},
        )
        return self

    def cart(self, person, paid):
        first, last = f"Shopper{person}", self.shop.name.split()[0]
        email = f"shopper{person}@{self.key}.example"
        address = {
            "first_name": first,
            "last_name": last,
            "address1": f"Example Street {person}",
            "city": "Utrecht",
            "zip": "3511 AA",
            "country_code": "NL",
        }
        return {
            "email": email,
            "customer": {"email": email, "first_name": first, "last_name": last},
            "shipping_address": address,
            "taxes": VAT,
            "payment": "paid" if paid else "pending",
        }

    def edit(self, sku, place, delta):
        self.box.edit_stock(sku, place, delta=delta)

    def offered(self, sku, place):
        level = self.box.level(sku, place)
        return level["available"] if level else 0

    def shown(self):
        store = self.box.store
        with store.transaction():
            return {
                (level.location.name, plain(level.item.variant.sku)): level.quantities[
                    "available"
                ]
                for level in store.levels.values()
                if level.active
            }

    def book(self):
        with self.box.store.transaction():
            return [
                {
                    "id": f"{self.key}:{order.id}",
                    "live": not order.cancelled_at and not order.test,
                    "test": order.test,
                    # after an edit: it is not sold before that is paid
                    "owed": totals.financial_status(order) == "PARTIALLY_PAID",
                    "lines": _sum(
                        (line.sku, line.quantity) for line in order.lines if line.sku
                    ),
                    "left": _sum(
                        (line.sku, line.current_quantity)
                        for line in order.lines
                        if line.sku
                    ),
                    "told": sum(
                        each.status == "SUCCESS" for each in order.fulfillments
                    ),
                }
                for order in self.box.store.orders.values()
            ]

    def calm(self):
        """No faults of the network, no disturbed clock, no webhook on its way."""
        self.box.faults.clear()
        self.box.webhooks.dispatcher.mishaps.set()
        self.box.store.clock.move(0)

    def disturb_webhooks(self, seed, rates):
        self.box.webhooks.dispatcher.mishaps.set(seed=seed, **rates)

    def skew(self, seconds):
        self.box.store.clock.move(seconds)

    def expire_tokens(self):
        self.box.tokens.expire()

    def save(self):
        store = self.box.store
        self._saved = (
            {key: dict(level.quantities) for key, level in store.levels.items()},
            {k: copy.copy(v) for k, v in self.box.webhooks.subscriptions.items()},
        )

    def rewind(self, connected=True):
        """As it was when it was saved, without its orders."""
        levels, subscriptions = self._saved
        box, store = self.box, self.box.store
        self.calm()
        box.webhooks.dispatcher.clear()
        box.webhooks.wait_idle(6)
        with store.transaction():
            store.clock.reset()
            for variant in store.variants.values():
                variant.sku = plain(variant.sku)
            self.renamed.clear()
            store.index_skus()
            for records in (
                store.orders,
                store.customers,
                store.fulfillment_orders,
                store.fulfillments,
                store.jobs,
                store.bulk_operations,
                box.idempotency.attempts,
            ):
                records.clear()
            for key, level in list(store.levels.items()):
                if key in levels:
                    level.quantities.update(levels[key])
                else:
                    del store.levels[key]
            box.webhooks.log.clear()
            box.webhooks.subscriptions.clear()
            if connected:
                copies = {k: copy.copy(v) for k, v in subscriptions.items()}
                box.webhooks.subscriptions.update(copies)
            box.bucket.refill()
            box.log.clear()
            store.history = ShopifyLog(self.shop)


class WooShop(Shop):
    def rename(self, sku):
        store = self.box.store
        with store.transaction():
            self.renamed[sku] = sku + RENAMED
            product = store.find_product(sku)
            product.sku = sku + RENAMED
            woo_stock.touched(store, product, "rename")

    def _know_as_before(self):
        """Shoppers look at pictures: they find what was renamed."""
        store = self.box.store
        find = type(store).find_product.__get__(store)

        def find_product(name):
            new = self.renamed.get(str(name))
            try:
                return find(new or name)
            except woocommerce.StoreError:
                return find(name)

        store.find_product = find_product

    def start(self, products, port=0):
        seed = {
            "products": [
                {
                    "sku": each.sku,
                    "name": each.sku,
                    "price": f"{each.price}.00",
                    "stock": 0,
                }
                for each in products
            ]
        }
        self.box = woocommerce.start(
            seed,
            port,
            shop_name=self.shop.name,
            currency=CURRENCY,
            companion=self.shop.companion,
            write_window=0.02,
            cron_interval=0.5,
            hang=4.0,
        )
        self.mishaps = Mishaps(self.box.hooks)
        self._know_as_before()
        return self

    def cart(self, person, paid):
        address = {
            "first_name": f"Shopper{person}",
            "last_name": self.shop.name.split()[0],
            "address_1": f"Example Street {person}",
            "city": "Utrecht",
            "postcode": "3511 AA",
            "country": "NL",
            "email": f"shopper{person}@{self.key}.example",
        }
        payment = "paid" if paid else "on-hold"
        return {"billing": address, "taxes": VAT, "payment": payment}

    def edit(self, sku, place, delta):
        with self.box.store.transaction():
            self.box.edit_stock(sku, self.box.shown(sku) + delta)

    def offered(self, sku, place):
        return self.box.left(sku)

    def shown(self):
        [place] = self.shop.places
        store = self.box.store
        with store.transaction():
            return {
                (place, plain(product.sku)): product.stock
                for product in store.products.values()
            }

    def book(self):
        with self.box.store.transaction():
            return [
                {
                    "id": f"{self.key}:{order.id}",
                    "live": order.status not in ("cancelled", "failed"),
                    "lines": _sum((line.sku, line.quantity) for line in order.lines),
                    "left": _sum(
                        (line.sku, _left(order, line)) for line in order.lines
                    ),
                    "told": sum(
                        str(_key(entry)).startswith("_channel_sync_shipment_")
                        for entry in order.meta
                    ),
                }
                for order in self.box.store.orders.values()
            ]

    def calm(self):
        self.box.faults.clear()
        self.mishaps.set()
        self.box.store.clock.move(0)

    def disturb_webhooks(self, seed, rates):
        self.mishaps.set(random.Random(seed), **rates)

    def skew(self, seconds):
        self.box.store.clock.move(seconds)

    def expire_tokens(self):
        """Keys of this shop do not expire."""

    def save(self):
        store = self.box.store
        self._saved = (
            {number: product.stock for number, product in store.products.items()},
            {number: copy.copy(hook) for number, hook in store.webhooks.items()},
        )

    def rewind(self, connected=True):
        stocks, webhooks = self._saved
        box, store = self.box, self.box.store
        self.calm()
        box.hooks.clear()
        with store.transaction():
            store.clock.reset()
            store.orders.clear()
            store.holds = []
            for number, units in stocks.items():
                store.products[number].stock = units
                store.products[number].sku = plain(store.products[number].sku)
            self.renamed.clear()
            store.webhooks = {}
            if connected:
                store.webhooks = {k: copy.copy(v) for k, v in webhooks.items()}
            box.companion_keys.clear()
            box.log.clear()
            store.history = WooLog(self.shop)
            store.history.shown = {
                product.sku: product.stock for product in store.products.values()
            }


class AmazonShop(Shop):
    """A seller's account. An hour of Amazon's own work is a minute, and requests are
    ten times as many as it allows; what is promised by the second stays so.

    Some SKUs besides are shipped by Amazon: nobody may ever write their number.
    """

    FBA = 5

    def start(self, products, port=0):
        seed = {
            "products": [
                {
                    "sku": each.sku,
                    "title": each.sku,
                    "price": f"{each.price}.00",
                    "quantity": 0,
                }
                for each in products
            ]
            + [
                {"sku": sku, "title": sku, "price": "9.00", "fba": 10}
                for sku in self.fba()
            ]
        }
        self.box = amazon.start(
            seed,
            port,
            shop_name=self.shop.name,
            region="na",
            marketplaces=(MARKETPLACE,),
            compress=60,
            rate_factor=10,
            blind_seconds=10,
            apply_seconds=(0.2, 3),
            feed_stuck_hours=(2, 4),
            decide_payments=False,
            hang=4.0,
        )
        self.box.rules.set(patch_invalid=0, late_index=0)
        return self

    def pays_after(self, event):
        """A payment takes an hour of Amazon's to be verified, sometimes days."""
        dice = random.Random(f"payment {event['number']}")
        if dice.random() >= PENDING:
            return 0
        return None if dice.random() < DAYS else dice.uniform(5, 30)

    def fba(self):
        return [f"FBA-{number}" for number in range(1, self.FBA + 1)]

    def cart(self, person, paid):
        name = f"Shopper{person} {self.shop.name.split()[0]}"
        address = {
            "name": name,
            "addressLine1": f"Example Street {person}",
            "city": "Springfield",
            "stateOrRegion": "IL",
            "postalCode": "62701",
            "countryCode": "US",
        }
        email = f"shopper{person}@{self.key}.example"
        return {
            "address": address,
            "buyer": {"buyerName": name, "buyerEmail": email},
            "payment": "paid" if paid else "pending",
        }

    def edit(self, sku, place, delta):
        with self.box.store.transaction():
            self.box.edit_stock(sku, self.box.shown(sku) + delta)

    def offered(self, sku, place):
        return self.box.offered().get(sku, 0)

    def shown(self):
        [place] = self.shop.places
        store = self.box.store
        with store.transaction():
            return {
                (place, sku): listing.quantity
                for sku, listing in store.listings.items()
                if listing.quantity is not None
            }

    def book(self):
        with self.box.store.transaction():
            return [
                {
                    "id": f"{self.key}:{order.id.rpartition('-')[2]}",
                    "live": order.status != "CANCELLED",
                    "pending": order.pending,
                    "lines": _sum((item.sku, item.quantity) for item in order.items),
                    "told": len(order.packages),
                }
                for order in self.box.store.orders.values()
            ]

    def violations(self):
        with self.box.store.transaction():
            written = self.box.store.written
        return {**self.box.violations.counts, "written": written}

    def open(self):
        """From now on it counts how it is written to."""
        self.box.violations.clear()
        self.box.store.written = 0

    def stick_feed(self):
        """The next feed stays for hours, and lands meanwhile."""
        self.box.rules.next("feed_stuck")

    def calm(self):
        self.box.faults.clear()
        self.disturb_webhooks(0, {})

    def disturb_webhooks(self, seed, rates):
        self.box.rules.set(
            word_lost=rates.get("drop", 0),
            word_twice=rates.get("duplicate", 0),
            word_late=rates.get("delay", 0),
        )

    def skew(self, seconds):
        """Ahead only, and never set back: its own work goes by the same clock, and
        would stand still."""
        self.box.store.clock.move(abs(seconds))

    def expire_tokens(self):
        self.box.access.expire()

    def save(self):
        words, store = self.box.words, self.box.store
        # what is still on its way would land in the first strategy
        end = time.monotonic() + SECONDS_TO_END
        while self._is_busy() and time.monotonic() < end:
            time.sleep(0.2)
        self._saved = (
            {sku: listing.quantity for sku, listing in store.listings.items()},
            copy.deepcopy(words.subscriptions),
            copy.deepcopy(words.destinations),
            # what became of its first feeds Odoo may not have asked yet
            dict(store.feeds),
        )

    def _is_busy(self):
        store = self.box.store
        with store.transaction():
            return any(
                each.status in ("IN_QUEUE", "IN_PROGRESS")
                for each in store.feeds.values()
            ) or any(each.in_flight for each in store.listings.values())

    def rewind(self, connected=True):
        numbers, subscriptions, destinations, feeds = self._saved
        box, store = self.box, self.box.store
        self.calm()
        with store.transaction():
            store.clock.move(0, backwards=True)
            for records in (store.orders, store.index, store.sold):
                records.clear()
            store.feeds = dict(feeds)
            for sku, number in numbers.items():
                store.listings[sku].quantity = number
            box.words.clear()
            for queue in box.queues.values():
                queue.messages.clear()
            if connected:
                box.words.subscriptions.update(copy.deepcopy(subscriptions))
                box.words.destinations.update(copy.deepcopy(destinations))
            box.log.clear()
            self.open()
            box.limits.clear(1)
            store.history = AmazonLog(self.shop)
            store.history.shown = {sku: number or 0 for sku, number in numbers.items()}


class Mishaps:
    """WordPress sends each webhook once; what is lost on its way is lost."""

    def __init__(self, hooks):
        self._send = woo_hooks.Hooks._post.__get__(hooks)
        hooks._post = self.post
        self.set()

    def set(self, dice=None, delay_seconds=2.0, **rates):
        self.dice, self.rates, self.delay = dice, rates, delay_seconds

    def _strikes(self, kind):
        rate = self.rates.get(kind, 0)
        return rate and self.dice.random() < rate

    def post(self, hook, body, headers):
        if self._strikes("drop"):
            return 200  # a proxy said so
        if self._strikes("delay") or self._strikes("reorder"):
            timer = threading.Timer(self.delay, self._send, (hook, body, headers))
            timer.daemon = True
            timer.start()
            return 200
        if self._strikes("duplicate"):
            self._send(hook, body, headers)
        return self._send(hook, body, headers)


def _key(entry):
    return entry.get("key") if isinstance(entry, dict) else getattr(entry, "key", "")


def _left(order, line):
    """Units of a line of WooCommerce that are still to be had."""
    if order.status == "refunded":
        # all of its money went back, with the goods or without: it is over
        return 0
    return line.quantity - order.refunded_units(line)


def _sum(pairs):
    result = {}
    for sku, units in pairs:
        sku = plain(sku)
        result[sku] = result.get(sku, 0) + units
    return result


TYPES = {"shopify": ShopifyShop, "woocommerce": WooShop, "amazon": AmazonShop}


def start(world, **settings):
    """:param settings: of each type of shop that has any: {setting: value}
    :return: {key: Shop}, which listen"""
    products = [world.listings[sku] for sku in sorted(world.listings)]
    return {
        each.key: TYPES[each.type](each).start(products, **settings.get(each.type, {}))
        for each in world.shops
        if each.type in TYPES
    }
