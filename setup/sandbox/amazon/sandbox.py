"""One seller's account with everything around it: what ``start()`` returns."""

import threading

from ..common.faults import Faults
from ..common.requestlog import RequestLog
from ..common.rules import Rules, Violations
from ..common.shoppers import Shoppers
from . import fba, orders, reports, seed, settlements, sqs, stock
from .access import Access
from .documents import Documents
from .faults import KINDS
from .limits import Limits
from .rules import HABITS, REFUSALS, WATCHED
from .server import Server
from .shoppers import make_cart
from .store import SoldOut, Store, StoreError
from .words import Words

HOUR = 3600


class Sandbox:
    """An account that serves the API, and the hands of its seller and its shoppers.

    The methods are what happens on Amazon without the API. All are thread-safe.

    :param data: a seed (dict or path); the README has the format
    :param limits: of another account that the same application serves
    """

    def __init__(self, config, data=None, host="127.0.0.1", port=0, limits=None):
        self.config, self.data = config, data
        self.rules = Rules(REFUSALS, HABITS, config.random_seed)
        self.violations = Violations([*REFUSALS, *WATCHED])
        self.store = Store(config, self.rules, self.violations)
        self.queues = {name: sqs.Queue(self.store, name) for name in config.queues}
        self.words = self.store.words = Words(self.store, self.queues)
        self.access = Access(config, self.store.clock, self.rules, self.violations)
        self.limits = limits or Limits(config.random_seed)
        self.documents = Documents(self.store)
        self.faults = Faults(KINDS, config.random_seed)
        self.log = RequestLog()
        self.pages = {}
        self.stopping = threading.Event()
        self.shoppers = Shoppers(self, self._cart, SoldOut)
        self._ticker = None
        seed.fill(self.store, data)
        self._remember_later()
        self.server = Server(self, host, port)
        config.url = self.server.url

    @property
    def url(self):
        return self.server.url

    def start(self):
        self.server.start()
        if self.config.tick:
            self._ticker = threading.Thread(target=self._tick, daemon=True)
            self._ticker.start()
        return self

    def stop(self):
        """Stop serving; nothing of it is left running."""
        self.stopping.set()
        self.shoppers.stop()
        if self._ticker:
            self._ticker.join()
        self.server.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.stop()

    def _tick(self):
        while not self.stopping.wait(self.config.tick):
            try:
                with self.store.transaction():
                    pass
            except Exception as error:
                # a bug in here must be seen, and not end all that is still due
                self.violations.note("own_answers", f"due work: {error!r}")

    def _remember_later(self):
        """Reports and FBA inventory know what was, and catch up now and then."""
        config, store = self.config, self.store
        for module, hours in (
            (reports, config.report_cache_hours),
            (fba, config.fba_delay_hours),
        ):
            self._plan(module, config.life(store.between(*hours) * HOUR), hours)

    def _plan(self, module, seconds, hours):
        def work():
            module.remember(self.store)
            later = self.config.life(self.store.between(*hours) * HOUR)
            self._plan(module, later, hours)

        self.store.clock.after(seconds, work)

    def reset(self, data=None):
        """As new: the seed again, no orders, subscriptions, faults or logs."""
        self.shoppers.stop()
        with self.store.transaction():
            self.store.clock.reset()
            self.store.clear()
            self.words.clear()
            for queue in self.queues.values():
                queue.messages.clear()
            self.rules.clear(self.config.random_seed)
            self.violations.clear()
            self.limits.clear(self.config.random_seed)
            self.documents.clear()
            self.faults.clear(self.config.random_seed)
            self.access.clear()
            self.log.clear()
            self.pages.clear()
            seed.fill(self.store, data or self.data)
            self._remember_later()

    # The seller's own AWS account

    def queue_url(self, name):
        return f"{self.config.url}/{self.config.aws_account}/{name}"

    def queue_arn(self, name):
        return f"arn:aws:sqs:{self.config.aws_region}:{self.config.aws_account}:{name}"

    # What people do

    def seed(self, data):
        seed.fill(self.store, data)

    def checkout(self, lines, **cart):
        """A shopper buys: ``orders.checkout``.

        :raise SoldOut: more is wanted than is shown
        """
        return orders.checkout(self.store, lines, **cart)

    def pay(self, order):
        orders.pay(self.store, self.store.find_order(order))

    def cancel(self, order, by="BUYER", reason="BuyerCanceled", restock=True):
        orders.cancel(self.store, self.store.find_order(order), by, reason, restock)

    def edit_order(self, order, lines):
        orders.edit(self.store, self.store.find_order(order), lines)

    def vanish(self, order):
        orders.vanish(self.store, self.store.find_order(order))

    def wish_cancel(self, order, reason="Created by mistake"):
        orders.wish_cancel(self.store, self.store.find_order(order), reason)

    def ship_by_amazon(self, order):
        orders.ship_by_amazon(self.store, self.store.find_order(order))

    def lose_by_amazon(self, order):
        orders.lose_by_amazon(self.store, self.store.find_order(order))

    def edit_stock(self, sku, quantity):
        """The seller types a number in at Seller Central."""
        with self.store.transaction():
            stock.edit(self.store, self.store.find_listing(sku), int(quantity))

    def edit_fba(self, sku, **values):
        """Amazon's own warehouses have another number: fulfillable, inbound, ..."""
        with self.store.transaction():
            listing = self.store.find_listing(sku)
            for name, value in values.items():
                if not hasattr(listing.fba, name):
                    raise ValueError(f"FBA stock has no {name!r}")
                setattr(listing.fba, name, value)
            self.words.fba(listing)

    def edit_listing(self, sku, /, **values):
        """Change title, barcode, active, lead_time, restock_date, product_type, sku."""
        with self.store.transaction():
            listing = self.store.find_listing(sku)
            for name, value in values.items():
                if not hasattr(listing, name) or name in ("quantity", "fba"):
                    raise ValueError(f"a listing has no {name!r} to edit")
                setattr(listing, name, value)
            if "sku" in values:
                # old orders keep the old name
                self.store.listings[listing.sku] = self.store.listings.pop(sku)
            listing.updated = self.store.clock.tick()

    def delete_listing(self, sku):
        with self.store.transaction():
            self.store.find_listing(sku)
            del self.store.listings[sku]

    def pass_time(self, seconds):
        """So much time passes at once, with all that happens in it."""
        self.store.pass_time(seconds)

    def refresh_reports(self):
        """Reports and FBA inventory catch up with what is."""
        with self.store.transaction():
            reports.remember(self.store)
            fba.remember(self.store)

    def settle(self, extra=()):
        """Amazon pays out: ``settlements.settle``."""
        return settlements.settle(self, extra)

    def calm(self):
        """Nothing by chance any more, no faults of the wire."""
        self.rules.calm()
        self.faults.clear(self.config.random_seed)

    # What tests and shoppers look at

    def shown(self, sku):
        """The merchant's number on Amazon; None without a merchant offer."""
        with self.store.transaction():
            return self.store.find_listing(sku).quantity

    def offered(self):
        """{sku: units that a shopper may buy now}, of what is listed everywhere"""
        places = set(self.config.marketplaces)
        with self.store.transaction():
            units = {
                sku: listing.fba.fulfillable if listing.fba else listing.buyable
                for sku, listing in self.store.listings.items()
                if places <= set(listing.prices)
            }
        return {sku: count for sku, count in units.items() if count > 0}

    def truth(self):
        """What really is, for whoever judges an app by it."""
        with self.store.transaction():
            return {
                "skus": {
                    sku: {
                        "number": listing.quantity,
                        "sold": self.store.sold.get(sku, 0),
                        "offers": dict(listing.offers),
                        "in_flight": listing.in_flight,
                        "stub": listing.stub,
                        "lead_time": listing.lead_time,
                    }
                    for sku, listing in self.store.listings.items()
                },
                "orders": {
                    order.id: {
                        "status": order.status,
                        "merchant": order.merchant,
                        "lines": {each.sku: each.quantity for each in order.items},
                        "shipped": {each.sku: each.shipped for each in order.items},
                        "packages": len(order.packages),
                        "restocked": order.restocked,
                        "refunds": [
                            {name: str(value) for name, value in each.parts.items()}
                            for each in order.refunds
                        ],
                    }
                    for order in self.store.orders.values()
                },
                "violations": dict(self.violations.counts),
            }

    def _cart(self, dice):
        return make_cart(dice, self.config.marketplaces)


__all__ = ["Sandbox", "SoldOut", "StoreError"]
