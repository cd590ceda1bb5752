"""Background shoppers: they look at what is shown, and now and then they buy."""

import random
import threading

PEOPLE = (
    ("Anna", "de Vries", "NL", "Amsterdam", "1012 JS", "+31612345678"),
    ("Ben", "Schmidt", "DE", "Berlin", "10115", "+4915112345678"),
    ("Chloé", "Martin", "FR", "Lyon", "69001", "+33612345678"),
    ("Daan", "Jansen", "NL", "Utrecht", "3511 AA", "+31687654321"),
    ("Eva", "Peeters", "BE", "Gent", "9000", "+32470123456"),
)


class Shoppers:
    """Several shoppers share one seed; what each does is repeatable by itself.

    :param sandbox: with ``checkout``, ``cancel`` and ``offered``: {sku: units that
        may be bought, 0 for no limit}
    :param make_cart: ``make_cart(dice)`` gives the rest of a cart
    :param sold_out: what ``checkout`` raises when somebody else was quicker
    """

    def __init__(self, sandbox, make_cart, sold_out):
        self.sandbox = sandbox
        self.make_cart = make_cart
        self.sold_out = sold_out
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
        shown = self.sandbox.offered()
        if not shown:
            return None
        skus = dice.sample(sorted(shown), min(dice.choice((1, 1, 2)), len(shown)))
        lines = {
            sku: dice.randint(1, min(max_quantity, shown[sku] or max_quantity))
            for sku in skus
        }
        try:
            order = self.sandbox.checkout(lines, **self.make_cart(dice))
        except self.sold_out:
            self.counts["sold_out"] += 1
            return None
        self.counts["orders"] += 1
        return order


def pick_person(dice):
    """(first name, last name, country, city, zip, phone, e-mail, street)"""
    first, last, *rest = dice.choice(PEOPLE)
    email = f"{first}.{last}@shopper.example".lower().replace(" ", "").replace("é", "e")
    return first, last, *rest, email, f"Example Street {dice.randint(1, 99)}"
