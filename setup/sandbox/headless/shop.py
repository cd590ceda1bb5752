"""The shop: what it shows, its baskets, and what became of its orders."""

import itertools
import threading
import uuid
from decimal import Decimal

import requests

from ..common.shoppers import PEOPLE, Shoppers
from .client import Client, Refused
from .hooks import Hooks

OVER = ("shipped", "returned", "cancelled", "closed")
PRICE = Decimal("10.00")
HOLD_SECONDS = 900


class SoldOut(Exception):
    """Somebody else was quicker."""


class Shop:
    """:param prices: {sku: price}; others cost ``PRICE``
    :param taxes: what the API calls ``prices``: gross, net or taxed
    :param every: seconds between two looks at changes, beside webhooks
    """

    def __init__(
        self,
        address,
        key,
        currency="USD",
        prices=None,
        taxes="taxed",
        name="headless",
        every=1.0,
        session=None,
    ):
        self.client = Client(address, key, session)
        self.currency, self.prices, self.taxes = currency, prices or {}, taxes
        self.name, self.every = name, every
        self.shown, self.orders = {}, {}
        self._cursor, self._lock = None, threading.Lock()
        # of two looks at once the earlier answer may come last
        self._looking = threading.Lock()
        self._numbers, self._run = itertools.count(1), uuid.uuid4().hex[:6]
        self._stop = threading.Event()
        self.hooks = Hooks(self.on_event)
        self.shoppers = Shoppers(self, self._make_cart, SoldOut)

    # ------------------------------------------------------------ lifetime
    def start(self):
        threading.Thread(target=self._keep_up, daemon=True).start()
        return self

    def stop(self):
        self.shoppers.stop()
        self._stop.set()
        self.hooks.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.stop()

    def _keep_up(self):
        while not self._stop.wait(self.every):
            try:
                self.look()
                self.follow()
            except (Refused, requests.RequestException):
                # not now: the next look brings all that has changed
                continue

    # --------------------------------------------------------------- stock
    def look(self):
        """Take in what has changed since the last look."""
        with self._looking:
            self._look()

    def _look(self):
        more = True
        while more:
            query = {"since": self._cursor} if self._cursor else {}
            try:
                page = self.client.get("/availability/changes", **query)
            except Refused as refusal:
                if refusal.code != "cursor_unknown":
                    raise
                # the other side has begun to count anew: so do we
                self._cursor = None
                continue
            with self._lock:
                for each in page["changes"]:
                    self._take(each["sku"], each["node"], each["available"] or 0)
            self._cursor, more = page["cursor"], page["more"]

    def _take(self, sku, node, units):
        """A number as the API has it now."""
        self.shown[sku, node] = units

    def offered(self):
        """:return: {sku: units that a basket may have}"""
        found = {}
        with self._lock:
            for (sku, _node), units in self.shown.items():
                found[sku] = max(found.get(sku, 0), units)
        return {sku: units for sku, units in found.items() if units}

    def on_event(self, event):
        """A webhook: numbers are newer by it only if no look has brought newer ones, so
        it is but a reason to look."""
        if event["type"] == "availability.changed":
            self.look()
        elif event["data"].get("order") in self.orders:
            self._read(event["data"]["order"])

    # -------------------------------------------------------------- basket
    def checkout(self, cart, person=None, **_more):
        """Hold, let the customer pay, order.

        :param cart: {sku: units}
        :return: reference of the order
        :raise SoldOut: not all of it is there
        """
        ref = f"{self.name}-{self._run}-{next(self._numbers)}"
        self.hold(f"{ref}-h", cart)
        body = self._order(ref, cart, person or PEOPLE[0])
        self.orders[ref] = {"body": body, "told": None}
        self.orders[ref]["told"] = self.client.post("/orders", body)
        return ref

    def hold(self, ref, cart, seconds=HOLD_SECONDS, node=None):
        """Have a basket kept for a while.

        :raise SoldOut: not all of it is there
        """
        place = {"node": node} if node else {}
        lines = [
            {"sku": sku, "quantity": units, **place} for sku, units in cart.items()
        ]
        try:
            body = {"reference": ref, "ttl": seconds, "lines": lines}
            return self.client.post("/holds", body)
        except Refused as refusal:
            if refusal.code in ("insufficient", "unknown_sku"):
                raise SoldOut(str(refusal)) from refusal
            raise

    def _order(self, ref, cart, person):
        first, last, country, city, zip_code, phone = person
        name = f"{first} {last}"
        total = sum(self.prices.get(sku, PRICE) * units for sku, units in cart.items())
        return {
            "reference": ref,
            "hold": f"{ref}-h",
            "currency": self.currency,
            "prices": self.taxes,
            "total": f"{total:.2f}",
            "lines": [
                {
                    "id": f"L{number}",
                    "sku": sku,
                    "quantity": units,
                    "unit_price": f"{self.prices.get(sku, PRICE):.2f}",
                }
                for number, (sku, units) in enumerate(cart.items(), 1)
            ],
            "customer": {"name": name, "email": f"{first.lower()}@example.com"},
            "shipping": {
                "name": name,
                "street": "Main Street 1",
                "city": city,
                "zip": zip_code,
                "country_code": country,
                "phone": phone,
            },
            "payment": {"status": "paid", "gateway": "card"},
        }

    def _make_cart(self, dice):
        return {"person": dice.choice(PEOPLE)}

    # -------------------------------------------------------------- orders
    def cancel(self, ref, **_reason):
        """:return: whether it was not too late"""
        try:
            told = self.client.post(f"/orders/{ref}/cancel", {"reason": "customer"})
        except Refused as refusal:
            if refusal.code in ("already_shipped", "not_captured_yet"):
                return False
            raise
        self.orders[ref]["told"] = told
        return True

    def follow(self):
        """Ask for the orders that are not over."""
        for ref in list(self.orders):
            told = self.orders[ref]["told"]
            if not told or told["state"] not in OVER:
                self._read(ref)

    def _read(self, ref):
        try:
            self.orders[ref]["told"] = self.client.get(f"/orders/{ref}")
        except Refused as refusal:
            if refusal.code != "unknown_order":
                raise
            # its answer was lost before it was stored: tell it again
            self.orders[ref]["told"] = self.client.post(
                "/orders", self.orders[ref]["body"]
            )
