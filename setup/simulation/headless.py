"""A headless shop beside the others: it has no stock and is called by nobody, but calls
the API by its document.

It is the sandbox's shop (which shares no code with the connector) and keeps a log as
the other shops do. It shows what it has read, less what it has sold and Odoo has not
answered yet: so a number that it reads overwrites no sale.
"""

import random
import threading
from collections import deque
from dataclasses import dataclass
from decimal import Decimal

import requests
import sandbox.headless as headless
from demo.headless import TOKEN, Headless
from sandbox.common.shoppers import PEOPLE
from sandbox.headless.client import Refused
from sandbox.headless.hooks import Hooks

from . import ours
from .shops import CURRENCY, Log, Shop

SECONDS_BETWEEN_LOOKS, LOOKS_BETWEEN_ROUNDS = 0.5, 8
SECONDS_HELD = 30
NOWHERE = "http://127.0.0.1:1"  # until Odoo has given it a key
# How shoppers go to the checkout, in parts of all of them; the rest holds, pays and is
# done.
WAYS = {
    "direct": 0.25,  # without a hold: by what is shown
    "later": 0.15,  # pays after a while, within its hold
    "extended": 0.08,  # asks for more time before it is over
    "renewed": 0.05,  # comes back when it is over, and has to take what is left
    "released": 0.04,  # goes away and says so
    "left": 0.04,  # goes away
}
SHORT, PAYS_AFTER = 4, {"later": 3, "extended": 3, "renewed": 6, "released": 2}
REFUSED_FOR_NOW = ("not_captured_yet", "busy", "internal", "rate_limited")


@dataclass
class Basket:
    """What somebody wants, from where, and how he goes to the checkout."""

    ref: str
    cart: dict
    place: str
    person: int
    way: str
    hold: str = ""
    holds: int = 0


class Line(requests.Session):
    """A connection on which answers are lost and requests come twice.

    :ivar rates: {lost, doubled: how often, 0 to 1}
    """

    def __init__(self, seed):
        super().__init__()
        self.trust_env = False
        self.dice, self.rates = random.Random(f"line {seed}"), {}
        self.counts = {"lost": 0, "doubled": 0}

    def request(self, method, url, **content):
        twin = None
        if method == "POST" and self._strikes("doubled"):
            twin = threading.Thread(
                target=self._send_twin, args=(method, url), kwargs=content
            )
            twin.start()
        answer = super().request(method, url, **content)
        if twin:
            twin.join()
        if self._strikes("lost"):
            raise requests.ConnectionError("the answer was lost")
        return answer

    def _send_twin(self, method, url, **content):
        """The same request at the same moment, on a connection of its own."""
        with requests.Session() as other:
            other.trust_env = False
            try:
                other.request(method, url, **content)
            except requests.RequestException:
                return  # nobody waits for it

    def _strikes(self, kind):
        struck = self.dice.random() < self.rates.get(kind, 0)
        self.counts[kind] += struck
        return struck


class Store(headless.Shop):
    """The sandbox's shop, which notes what it shows.

    :param log: Log of it
    :param places: the nodes that it sells from
    """

    def __init__(self, address, key, log, places, skus, **settings):
        super().__init__(address, key, CURRENCY, name="golf", **settings)
        self.log, self.places, self.skus = log, places, skus
        self.unheard = {}  # (SKU, place): units that it has sold and nobody has heard

    def displayed(self, sku, place):
        left = self.shown.get((sku, place), 0) - self.unheard.get((sku, place), 0)
        return max(0, left)

    def _take(self, sku, node, units):
        if node in self.places and sku in self.skus:
            before = self.displayed(sku, node)
            super()._take(sku, node, units)
            self._note(sku, node, before, "write")

    def _note(self, sku, place, before, kind):
        after = self.displayed(sku, place)
        if after != before:
            # with its own sales reckoned in: nothing that it has sold is put over
            self.log.note(place, sku, kind, after - before, after, how="difference")

    def sell(self, basket):
        """It is paid: from now on it is an order, whoever has heard of it."""
        body = self._order(basket.ref, basket.cart, PEOPLE[basket.person % len(PEOPLE)])
        body.pop("hold")
        if basket.hold:
            body["hold"] = basket.hold
        for line in body["lines"]:
            line["node"] = basket.place
        with self._lock:
            self.orders[basket.ref] = {"body": body, "told": None, "live": True}
            self._reckon(basket, 1, "sale")

    def cancelled(self, basket):
        with self._lock:
            self.orders[basket.ref]["live"] = False
            for sku, units in basket.cart.items():
                after = self.displayed(sku, basket.place)
                self.log.note(
                    basket.place, sku, "restock", units, after, number(basket.ref)
                )

    def heard(self, basket):
        """Odoo has answered: it is in its numbers from now on."""
        with self._lock:
            self._reckon(basket, -1)

    def _reckon(self, basket, sign, kind=None):
        for sku, units in basket.cart.items():
            key = sku, basket.place
            before = self.displayed(*key)
            self.unheard[key] = self.unheard.get(key, 0) + sign * units
            if kind:
                after, order = self.displayed(*key), number(basket.ref)
                self.log.note(basket.place, sku, kind, -units, after, order)
            else:
                # no number of Odoo's: what was promised is what was read before
                self._note(*key, before, "heard")


class HeadlessShop(Shop):
    """Golf: shoppers hold at the checkout, pay, and order."""

    def start(self, products, port=0):
        self.products = {each.sku: each for each in products}
        self.hooks = Hooks(self._hear)
        self.hook_url = self.hooks.listen()
        self.address, self.key_text = NOWHERE, ""
        self.log = Log(self)
        self._lock, self._over = threading.Lock(), threading.Event()
        self._woken = threading.Event()
        self.rewind()
        threading.Thread(target=self._keep_up, daemon=True).start()
        return self

    def open_for(self, address, key):
        """Odoo has given it a key."""
        self.address, self.key_text = address, key
        self.rewind()

    @property
    def url(self):
        return self.address

    @property
    def events(self):
        return self.log.events

    def stop(self):
        self._over.set()
        self._woken.set()
        self.hooks.stop()

    def rewind(self, connected=True):
        """It begins anew: without orders, and with all numbers to read."""
        with self._lock:
            self.log.events.clear()
            self.baskets, self.unanswered, self.to_cancel = {}, {}, {}
            self.heard_of = deque()
            self.counts = dict.fromkeys(("refused", "for_good", *WAYS), 0)
            self.why = []
            self._numbers, self._way = 0, "direct"
            self.line = Line(self.key)
            prices = {
                sku: Decimal(f"{each.price}.00") for sku, each in self.products.items()
            }
            self.store = Store(
                self.address,
                self.key_text,
                self.log,
                self.shop.places,
                self.products,
                prices=prices,
                session=self.line,
            )

    def save(self):
        """It has nothing but what it reads."""

    def calm(self):
        self.line.rates = {}

    def disturb(self, **rates):
        self.line.rates = rates

    # --- what it does by itself

    def _keep_up(self):
        rounds = 0
        while not self._over.is_set():
            self._woken.wait(SECONDS_BETWEEN_LOOKS)
            self._woken.clear()
            store, rounds = self.store, rounds + 1
            try:
                store.look()
                self._repeat(store)
                while self.heard_of:
                    store.on_event(self.heard_of[0])
                    self.heard_of.popleft()
                if rounds % LOOKS_BETWEEN_ROUNDS == 0:
                    store.follow()
            except (Refused, requests.RequestException):
                continue  # not now: the next round brings all of it

    def _hear(self, event):
        """Whoever tells it something does not wait for what comes of it. That numbers
        have changed is but a reason to look."""
        if event["type"] != "availability.changed":
            self.heard_of.append(event)
        self._woken.set()

    def _repeat(self, store):
        """Tell again what was not answered."""
        for basket in list(self.unanswered.values()):
            self._tell(store, basket)
        for basket in list(self.to_cancel.values()):
            self._cancel(store, basket)

    # --- its shoppers

    def pays_after(self, event):
        """Asked by the thread of its shoppers, right before one of them buys."""
        dice = random.Random(f"basket {event['number']}")
        drawn = dice.random()
        self._way = "held"
        for way, part in WAYS.items():
            if drawn < part:
                self._way = way
                break
            drawn -= part
        if self._way == "left":
            return None
        return PAYS_AFTER.get(self._way, 0)

    def buy(self, lines, person, paid):
        # who comes besides (a race for the last units) holds and pays at once
        way = self._way if paid == (self._way in ("held", "direct")) else "held"
        with self._lock:
            self._numbers += 1
            ref = f"golf-{self._numbers}"
        basket = Basket(ref, dict(lines), self._choose(lines), person, way)
        if way != "direct":
            self._hold(basket, SHORT if way in ("renewed", "left") else SECONDS_HELD)
        self.counts[way] = self.counts.get(way, 0) + 1
        self.baskets[ref] = basket
        if way in ("held", "direct"):
            self._order(basket)
        return ref

    def _choose(self, lines):
        for place in self.shop.places:
            if all(self.offered(sku, place) >= n for sku, n in lines.items()):
                return place
        raise headless.SoldOut("somebody was quicker")

    def _hold(self, basket, seconds):
        basket.holds += 1
        basket.hold = f"{basket.ref}-h{basket.holds}"
        try:
            self.store.hold(basket.hold, basket.cart, seconds, basket.place)
        except headless.SoldOut:
            self.counts["refused"] += 1
            raise
        except (Refused, requests.RequestException) as error:
            # whether it is held nobody knows: its time will be over
            self.counts["refused"] += 1
            raise headless.SoldOut(str(error)) from error

    def pay(self, ref):
        """He comes back."""
        basket = self.baskets[ref]
        client = self.store.client
        try:
            if basket.way == "released":
                client.delete(f"/holds/{basket.hold}")
                return
            if basket.way in ("extended", "renewed"):
                body = {"ttl": SECONDS_HELD}
                client.post(f"/holds/{basket.hold}/extend", body)
        except Refused as refusal:
            if refusal.code != "hold_ended":
                return  # he goes away
            try:
                self._hold(basket, SECONDS_HELD)
            except headless.SoldOut:
                return
        except requests.RequestException:
            return  # the shop is not to be reached: he goes away
        self._order(basket)

    def _order(self, basket):
        store = self.store
        store.sell(basket)
        self.unanswered[basket.ref] = basket
        try:
            self._tell(store, basket)
        except (Refused, requests.RequestException):
            return  # it is paid: the shop tells it again

    def _tell(self, store, basket):
        order = store.orders[basket.ref]
        try:
            order["told"] = store.client.post("/orders", order["body"])
        except Refused as refusal:
            if refusal.code in REFUSED_FOR_NOW or not _is_for_good(refusal):
                raise
            self.counts["for_good"] += 1
            self.why.append(f"{basket.ref}: {refusal.code} {refusal}")
        # another thread may have told it meanwhile
        if self.unanswered.pop(basket.ref, None):
            store.heard(basket)

    def cancel(self, ref):
        basket = self.baskets[ref]
        self.to_cancel[ref] = basket
        try:
            self._cancel(self.store, basket)
        except (Refused, requests.RequestException):
            return  # it is asked again

    def _cancel(self, store, basket):
        try:
            reason = {"reason": "customer"}
            store.client.post(f"/orders/{basket.ref}/cancel", reason)
        except Refused as refusal:
            if refusal.code != "already_shipped":
                raise
            self.to_cancel.pop(basket.ref, None)
            return
        if self.to_cancel.pop(basket.ref, None):
            store.cancelled(basket)

    # --- facts

    def offered(self, sku, place):
        return self.store.displayed(sku, place)

    def shown(self):
        store = self.store
        with store._lock:
            return {
                (place, sku): store.displayed(sku, place) for sku, place in store.shown
            }

    def book(self):
        return [
            {
                "id": f"{self.key}:{number(ref)}",
                "live": order["live"],
                "lines": dict(self.baskets[ref].cart),
                "told": len((order["told"] or {}).get("shipments", ())),
            }
            for ref, order in list(self.store.orders.items())
        ]

    def notes(self):
        """{words: how often}: how its shoppers fared, and what its webhooks were."""
        hooks = {f"webhooks {word}": n for word, n in self.hooks.counts.items()}
        line = {f"requests {word}": n for word, n in self.line.counts.items()}
        return {**self.counts, **line, **hooks, "why": self.why[:5]}


def start(world):
    """:return: {key: HeadlessShop} of those that take part, at work"""
    products = [world.listings[sku] for sku in sorted(world.listings)]
    return {
        each.key: HeadlessShop(each).start(products)
        for each in world.shops
        if each.type == "api"
    }


def number(ref):
    return ref.rpartition("-")[2]


def _is_for_good(refusal):
    status = refusal.problem.get("status") or 500
    return 400 <= status < 500


class ConnectedHeadless(ours.Connected, Headless):
    """As a manager connects it: he makes the listings, a key and a webhook."""

    is_live = False

    def begin(self):
        super().begin()
        self._make_webhook()

    def match(self, world):
        """Its listings were made with their products."""

    def press(self, action):
        self.is_live = self.is_live or action == "action_go_live"
        if action == "action_fetch_listings":
            self._make_listings()
        return super().press(action)

    def is_settled(self):
        """What it shows is not read: it is known once it is written."""
        return super().is_settled() if self.is_live else self._is_planned()

    def _is_planned(self):
        return self.database.value(
            """
            SELECT EXISTS (SELECT FROM channel_level WHERE channel_id = %s)
               AND NOT EXISTS (SELECT FROM channel_change)
            """,
            self.id,
        )

    def _create(self):
        channel_id = super()._create()
        self.store.open_for(self.odoo.url, self._make_key(channel_id))
        return channel_id

    def _get_settings(self):
        return {"api_offers": "made"}

    def _map_nodes(self):
        """Of Odoo's warehouses some are its nodes, and go by their codes."""
        nodes = self.odoo.find(
            "channel.node", ["channel_id", "=", self.id], fields=["external_id"]
        )
        for node in nodes:
            code = node["external_id"]
            values = {"name": code, "active": code in self.assortment.places}
            self.odoo.call("channel.node", "write", [node["id"]], values)
        super()._map_nodes()

    def _make_listings(self):
        values = [
            {
                "channel_id": self.id,
                "external_id": sku,
                "stock_ref": sku,
                "sku": sku,
                "product_id": self.company.products[self._get_product(listing)],
                "pack_qty": self._get_pack(listing),
                "state": "mapped",
            }
            for sku, listing in self.store.products.items()
        ]
        self.odoo.call("channel.listing", "create", values)

    def _get_product(self, listing):
        return next(iter(listing.parts)) if listing.kind == "pack" else listing.sku

    def _get_pack(self, listing):
        return next(iter(listing.parts.values())) if listing.kind == "pack" else 1

    def _make_webhook(self):
        hook_id = self.odoo.create(
            "channel.api.subscription",
            name="Golf",
            channel_id=self.id,
            url=self.store.hook_url,
        )
        shown = self.odoo.call(
            "channel.api.subscription", "action_new_secret", [hook_id]
        )
        self.store.hooks.secret = shown["context"][TOKEN]


# as the other shops are in there
ours.TYPES["api"] = ConnectedHeadless
