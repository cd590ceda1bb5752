"""What ``setup/bench webhooks`` delivers: genuine deliveries of the sandbox stores.

The stores make and sign them as always. They are taken off where they would go out,
and wait in a file for the senders. The stores' clocks go back for that, so that each
order changes over as much time as its deliveries are sent in.
"""

import base64
import hashlib
import json
import random
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from sandbox.shopify import delivery as shopify_delivery
from sandbox.shopify import orders as shopify_orders
from sandbox.woocommerce import orders as woo_orders

# Of a hundred deliveries so many come a second time, by seconds later at most.
DOUBLED, LATER = 5, 3.0
PAID = 0.7


@dataclass(frozen=True)
class Delivery:
    """:ivar digest: SHA-256 of the body
    :ivar repeat: whether the store sends again what is refused
    """

    shop: str
    path: str
    headers: dict
    body: bytes
    digest: str
    repeat: bool


def make(shops, world, number, orders, rate):
    """:return: [(due, Delivery)] of ``number`` deliveries, doubled ones among them"""
    dice = random.Random(f"webhooks {number}")
    writers = [WRITERS[shop.shop.type](shop, dice) for shop in shops.values()]
    originals = number * 100 // (100 + DOUBLED)
    began = time.time() - number / rate
    made = []
    for writer in writers:
        writer.intercept(made)
    try:
        placed = 0
        while len(made) < originals:
            moment = began + len(made) / originals * number / rate
            writer = dice.choice(writers)
            writer.shop.skew(moment - time.time())
            # evenly over the first two thirds: the last ones change, too
            if placed < orders and len(made) >= placed * originals * 2 // 3 // orders:
                writer.place(world, placed)
                placed += 1
            else:
                writer.change()
    finally:
        for writer in writers:
            writer.release()
    return schedule(made[:originals], number, rate, dice)


def schedule(made, number, rate, dice):
    """Each when it is due, some once more a little later; all of them evenly."""
    step = len(made) / (number / rate)
    due = [(place / step, each) for place, each in enumerate(made)]
    again = dice.sample(due, number - len(made))
    due += [(at + dice.uniform(0, LATER), each) for at, each in again]
    due.sort(key=lambda entry: entry[0])
    return [(place / rate, each) for place, (_at, each) in enumerate(due)]


def write(path, deliveries, host):
    """The file that the senders read."""
    with open(path, "w") as file:
        for due, each in deliveries:
            request = base64.b64encode(as_request(each, host)).decode()
            line = {"due": due, "request": request, "repeat": each.repeat}
            file.write(json.dumps(line) + "\n")


def as_request(delivery, host):
    headers = {
        **delivery.headers,
        "Host": host,
        "Content-Length": len(delivery.body),
        "Connection": "close",
    }
    lines = [f"POST {delivery.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + delivery.body


class Writer:
    """Makes one store sell and change its orders.

    :ivar versions: {number of an order: its time in the store}
    """

    def __init__(self, shop, dice):
        self.shop, self.dice, self.orders = shop, dice, []

    def place(self, world, person):
        lines = {}
        while not lines:
            skus = self.dice.sample(sorted(world.products), 2)
            lines = self.shop.fit(dict.fromkeys(skus, 1))
        paid = self.dice.random() < PAID
        self.orders.append(self.shop.buy(lines, person, paid))
        self.after()

    def change(self):
        """Somebody writes a note: what happens to orders all day, and changes nothing
        that counts, as most updates."""
        if self.orders:
            store = self.shop.box.store
            with store.transaction():
                record = store.orders[self.dice.choice(self.orders)]
                self.note(record, f"note {self.dice.random()}")
            self.after()

    def after(self):
        """What the store does in a while is done now."""

    def keep(self, made, url, headers, body, repeat=False):
        made.append(
            Delivery(
                self.shop.key,
                urlsplit(url).path,
                headers,
                body,
                hashlib.sha256(body).hexdigest(),
                repeat=repeat,
            )
        )


class ShopifyWriter(Writer):
    def intercept(self, made):
        dispatcher = self.shop.box.webhooks.dispatcher
        config = dispatcher.config

        def submit(delivery):
            headers = {
                **delivery.headers,
                "X-Shopify-Hmac-Sha256": shopify_delivery.signature(
                    config.client_secret, delivery.body
                ),
                "X-Shopify-Webhook-Id": delivery.id,
                "X-Shopify-Event-Id": delivery.event_id,
                "X-Shopify-Triggered-At": delivery.triggered_at,
            }
            self.keep(made, delivery.uri, headers, delivery.body, repeat=True)

        dispatcher.submit = submit

    def release(self):
        del self.shop.box.webhooks.dispatcher.submit
        self.shop.skew(0)

    def note(self, record, text):
        record.note = text
        shopify_orders.touch(self.shop.box.store, record)


class WooWriter(Writer):
    """WordPress sends each delivery once; its events have no names, so the same content
    is the same event."""

    def intercept(self, made):
        hooks = self.shop.box.hooks
        self.post = hooks._post

        def post(hook, body, headers):
            self.keep(made, hook.url, headers, body)
            return 200

        hooks._post = post

    def release(self):
        self.shop.box.hooks._post = self.post
        self.shop.skew(0)

    def after(self):
        self.shop.box.hooks.run()

    def note(self, record, text):
        record.customer_note = text
        woo_orders.touch(self.shop.box.store, record)


WRITERS = {"shopify": ShopifyWriter, "woocommerce": WooWriter}
