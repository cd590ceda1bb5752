"""Background shoppers: they look at what is shown, and now and then they buy."""

import random
import threading

from .checkout import SoldOut

PEOPLE = (
    ("Anna", "de Vries", "NL", "Amsterdam", "1012 JS", "+31612345678"),
    ("Ben", "Schmidt", "DE", "Berlin", "10115", "+4915112345678"),
    ("Chloé", "Martin", "FR", "Lyon", "69001", "+33612345678"),
    ("Daan", "Jansen", "NL", "Utrecht", "3511 AA", "+31687654321"),
    ("Eva", "Peeters", "BE", "Gent", "9000", "+32470123456"),
)
VAT = [{"title": "VAT", "rate": 0.21}]


class Shoppers:
    """Several shoppers share one seed; what each does is repeatable by itself."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self._threads = []
        self._stop = threading.Event()
        self.counts = {"orders": 0, "sold_out": 0}

    def start(self, rate=6.0, count=2, seed=1, max_quantity=3, cancel=0.0):
        """Let ``count`` shoppers place together about ``rate`` orders a minute.

        :param cancel: the share of orders that is cancelled right away
        """
        self.stop()
        self._stop = threading.Event()
        for number in range(count):
            thread = threading.Thread(
                target=self._shop,
                args=(
                    self._stop,
                    random.Random(seed * 1000 + number),
                    60.0 * count / rate,
                    max_quantity,
                    cancel,
                ),
                daemon=True,
            )
            thread.start()
            self._threads.append(thread)

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(5)
        self._threads = []

    def summary(self):
        return {"running": len(self._threads), **self.counts}

    def _shop(self, stop, dice, pause, max_quantity, cancel):
        # An expovariate wait makes them come at random, as shoppers do.
        while not stop.wait(dice.expovariate(1 / pause)):
            order = self._buy(dice, max_quantity)
            if order and dice.random() < cancel:
                self.sandbox.cancel(order, reason="CUSTOMER")

    def _buy(self, dice, max_quantity):
        """Look first and buy then: somebody else may be quicker."""
        shown = self._shown()
        if not shown:
            return None
        skus = dice.sample(sorted(shown), min(dice.choice((1, 1, 2)), len(shown)))
        lines = {
            sku: dice.randint(1, min(max_quantity, shown[sku] or max_quantity))
            for sku in skus
        }
        try:
            order = self.sandbox.checkout(lines, **_cart(dice))
        except SoldOut:
            self.counts["sold_out"] += 1
            return None
        self.counts["orders"] += 1
        return order

    def _shown(self):
        """{sku: units shown, 0 for no limit}"""
        store = self.sandbox.store
        with store.transaction():
            units = {sku: store.shown(variant) for sku, variant in store.by_sku.items()}
        return {sku: left or 0 for sku, left in units.items() if left != 0}


def _cart(dice):
    first, last, country, city, code, phone = dice.choice(PEOPLE)
    address = {
        "first_name": first,
        "last_name": last,
        "address1": f"Example Street {dice.randint(1, 99)}",
        "city": city,
        "zip": code,
        "country_code": country,
        "phone": phone,
    }
    email = f"{first}.{last}@shopper.example".lower().replace(" ", "").replace("é", "e")
    return {
        "email": email,
        "customer": {"email": email, "first_name": first, "last_name": last},
        "shipping_address": address,
        "taxes": VAT,
        "shipping": {"title": "Standard", "price": "4.95"},
        "payment": dice.choice(("paid", "paid", "paid", "authorized", "pending")),
    }
