"""An audit: shops are changed behind Odoo's back, and what it finds is judged.

It comes when all is at rest, so that what differs is known exactly: numbers typed in,
goods sold below zero, packs confused with pieces, orders of which nobody was told, and
meanwhile shoppers of whom Odoo hears late. What was changed here is what has to be
found, by its class, and nothing else.
"""

import contextlib
import random
import time
from datetime import timedelta

from sandbox.woocommerce import stock as woocommerce_stock

from . import causes, oracle, timeline
from .world import plain

DAYS_AGO = timedelta(days=2)
SECONDS = 240
EXAMPLES = 8
INFINITE = float("inf")
# What a sale looks like of which nobody has told yet: its number is lower, and once the
# order is in, it is explained.
SOLD_UNTOLD = frozenset({"edited", "unseen_sale"})
OF_DIFFERENCES = ("proposal", "sells_below_zero", "reconcile", "drift")
NEW = """
    SELECT channel_id, kind, state, COALESCE(sku, stock_ref), stock_ref, id
      FROM channel_reconcile_difference WHERE id > %s ORDER BY id
"""
UNDER_WAY = """
    SELECT (SELECT count(*) FROM channel_reconcile_run WHERE state = 'running')
         + (SELECT count(*) FROM channel_reconcile_difference
             WHERE state = 'checking' AND id > %s)
"""


class Auditor:
    def __init__(self, run, keys):
        self.run, self.keys = run, keys
        self.ids = {key: id for id, key in keys.items()}
        self.odoo = run.server.rpc()
        self.dice = random.Random(f"audit {run.world.seed}")
        # {(shop, SKU): the classes that are right}; orders by name
        self.injected, self.dropped = {}, []
        self.shops = [
            CHANGERS[shop.shop.type](shop)
            for key, shop in sorted(run.shops.items())
            if shop.shop.type in CHANGERS and key in self.ids
        ]

    def go(self):
        """:return: facts of the audit; the run's own facts are to be read again"""
        [[last]] = self.run.sql.rows(
            "SELECT COALESCE(max(id), 0) FROM channel_reconcile_difference"
        )
        self._ask_for_proposals()
        for shop in self.shops:
            self._change(shop)
        for shop in self.shops:
            self.odoo.call("channel.channel", "action_reconcile", [self.ids[shop.key]])
        time.sleep(1)
        for shop in self.shops:
            self._sell_on(shop)
        end = time.monotonic() + SECONDS
        while self._is_under_way(last) and time.monotonic() < end:
            time.sleep(1)
        found = self.run.sql.rows(NEW, last)
        self._decide(found)
        return {
            "injected": {
                f"{shop} {sku}": sorted(kinds)
                for (shop, sku), kinds in self.injected.items()
            },
            "dropped": self.dropped,
            "found": [
                [self.keys[channel], kind, state, plain(sku), ref.rpartition("/")[2]]
                for channel, kind, state, sku, ref, _id in found
                # what Odoo finds in its own tables is another judge's: see ``told``
                if channel
            ],
            "unfinished": self._is_under_way(last),
            "still_selling": [
                f"{shop.key} {sku}"
                for shop in self.shops
                for sku in self._await_stop(shop, end + SECONDS)
            ],
        }

    def _ask_for_proposals(self):
        """A company that has people decide about numbers that were typed in."""
        policy_id = self.odoo.create(
            "channel.reconcile.policy", name="Ask a person", edited="propose"
        )
        self.odoo.call("channel.reconcile.policy", "action_activate", [policy_id])

    def _change(self, shop):
        world = self.run.world
        shown = {
            (place, sku): units
            for (place, sku), units in sorted(shop.shown().items())
            if units > 0 and sku in world.listings
        }
        plain = [
            key
            for key, units in shown.items()
            if units >= 3 and world.listings[key[1]].kind == "plain"
        ]
        packs = [key for key in shown if world.listings[key[1]].kind == "pack"]
        used = set()

        def take(keys):
            free = [key for key in keys if not self._shares(key[1], used)]
            key = self.dice.choice(free)
            used.update(self.run.parts(key[1]))
            return key

        if packs:
            # first, while their products are free
            place, sku = take(packs)
            [pieces] = self.run.parts(sku).values()
            shop.edit(sku, place, shown[place, sku] * (pieces - 1))
            self._expect(shop, sku, "wrong_unit")
        for delta in (-2, 3):
            place, sku = take(plain)
            shop.edit(sku, place, delta)
            self._expect(shop, sku, "edited")
        _place, sku = take(plain)
        shop.sell_below_zero(sku)
        self._expect(shop, sku, "sells_below_zero")
        _place, sku = take(plain)
        with shop.deaf():
            order = shop.buy_long_ago(sku)
        self.dropped.append(f"{shop.key}:{order}")
        self._expect(shop, sku, *SOLD_UNTOLD)

    def _shares(self, sku, used):
        return used & set(self.run.parts(sku))

    def _expect(self, shop, sku, *kinds):
        self.injected[shop.key, sku] = set(kinds)

    def _sell_on(self, shop):
        """Shoppers come while numbers are compared, and no webhook tells of them."""
        taken = {sku for key, sku in self.injected if key == shop.key}
        taken = {part for sku in taken for part in self.run.parts(sku)}
        free = [
            sku
            for (_place, sku), units in sorted(shop.shown().items())
            if units >= 3 and sku in self.run.world.products and sku not in taken
        ]
        with shop.deaf():
            for sku in self.dice.sample(free, min(2, len(free))):
                shop.shop.buy({sku: 1}, 1, True)
                time.sleep(0.5)

    def _is_under_way(self, last):
        return bool(self.run.sql.value(UNDER_WAY, last)) or bool(
            self.run.strategy.waiting()
        )

    def _decide(self, found):
        """A person goes through the list, and has ours published."""
        ids = [row[-1] for row in found if row[2] == "proposed"]
        model = "channel.reconcile.difference"
        if ids:
            self.odoo.call(model, "action_publish_ours", ids)
        ids = [row[-1] for row in found if row[1:3] == ("sells_below_zero", "open")]
        if ids:
            self.odoo.call(model, "action_stop_selling", ids)

    def _await_stop(self, shop, end):
        """Look again, which ends what people are told of it.

        :return: SKUs that are still sold below zero when it is too late
        """
        while (left := shop.selling_below_zero()) and time.monotonic() < end:
            time.sleep(1)
        self.odoo.call("channel.channel", "action_reconcile", [self.ids[shop.key]])
        return left


def judge(facts):
    """:return: figures of the audit; none where there was none"""
    audit = facts.get("audit")
    if not audit:
        return {}
    after = facts["after"]
    stocks = timeline.read(after)
    short = {sku for (_pool, sku), stock in stocks.items() if stock.left(INFINITE) < 0}
    found = {}
    missing = set()
    for shop, kind, state, sku, ref in audit["found"]:
        if kind == "order_missing":
            missing.add(f"{shop}:{ref}")
        elif state != "explained" and not (kind == "units_short" and sku in short):
            found.setdefault(f"{shop} {sku}", []).append(kind)
    wanted = {key: set(kinds) for key, kinds in audit["injected"].items()}
    missed = [
        f"{key}: {', '.join(sorted(kinds))} changed, {sorted(found.get(key, ()))} found"
        for key, kinds in wanted.items()
        # a sale that was explained in time is nobody's difference
        if not kinds & set(found.get(key, ())) and kinds != SOLD_UNTOLD
    ]
    imagined = [
        f"{key}: {kind}"
        for key, kinds in found.items()
        for kind in _surplus(kinds, wanted.get(key, set()))
    ]
    lost = sorted(set(audit["dropped"]) - missing)
    return {
        "differences_injected": len(wanted),
        "differences_missed": len(missed),
        "differences_imagined": len(imagined),
        "orders_dropped": len(audit["dropped"]),
        "orders_dropped_missed": len(lost),
        "selling_below_zero": len(audit["still_selling"]),
        "audit_overwritten": _count_overwritten(after) - _count_overwritten(facts),
        "audit_drift": len(oracle.drift(after, stocks)),
        "audit_lost": len(oracle.lost(after)),
        "audit_endless": len(left := _left_open(after)),
        "audit_examples": {
            "missed": missed[:EXAMPLES],
            "imagined": imagined[:EXAMPLES],
            "lost": lost[:EXAMPLES],
            "drift": oracle.drift(after, stocks)[:EXAMPLES],
            "endless": left[:EXAMPLES],
        },
    }


def _surplus(found, wanted):
    """Classes that were found and are not right, or were found more than once."""
    return [
        kind
        for place, kind in enumerate(sorted(found))
        if kind not in wanted or kind in sorted(found)[:place]
    ]


def _left_open(facts):
    """What people are still told of differences that all were decided."""
    return [
        f"{each['category']}: {each['message']}"
        for each in (facts.get("exceptions") or {}).get("open", ())
        if each["category"] in OF_DIFFERENCES
    ]


def _count_overwritten(facts):
    return len(causes.overwritten(facts, causes.levels(facts)))


class _Changer:
    def __init__(self, shop):
        self.shop, self.key, self.box = shop, shop.key, shop.box

    def shown(self):
        return self.shop.shown()

    def edit(self, sku, place, delta):
        self.shop.edit(sku, place, delta)


class ShopifyChanger(_Changer):
    @contextlib.contextmanager
    def deaf(self):
        """Nobody is told of what happens meanwhile."""
        subscriptions = self.box.webhooks.subscriptions
        kept = dict(subscriptions)
        subscriptions.clear()
        try:
            yield
        finally:
            subscriptions.update(kept)

    def sell_below_zero(self, sku):
        self.box.edit_variant(sku, policy="CONTINUE")

    def selling_below_zero(self):
        with self.box.store.transaction():
            variants = self.box.store.by_sku.values()
            return [each.sku for each in variants if each.policy == "CONTINUE"]

    def buy_long_ago(self, sku):
        store = self.box.store
        with store.transaction():
            order = self.box.checkout({sku: 1}, **self.shop.cart(1, True))
            for name in ("created_at", "updated_at"):
                setattr(order, name, getattr(order, name) - DAYS_AGO)
        return order.id


class WooChanger(_Changer):
    @contextlib.contextmanager
    def deaf(self):
        store = self.box.store
        kept, store.webhooks = store.webhooks, {}
        try:
            yield
        finally:
            store.webhooks = kept

    def sell_below_zero(self, sku):
        with self.box.store.transaction():
            product = self.box.store.find_product(sku)
            product.backorders = True
            woocommerce_stock.touched(self.box.store, product, "admin")

    def selling_below_zero(self):
        with self.box.store.transaction():
            products = self.box.store.products.values()
            return [each.sku for each in products if each.backorders]

    def buy_long_ago(self, sku):
        store = self.box.store
        with store.transaction():
            order = self.box.checkout({sku: 1}, **self.shop.cart(1, True))
            for name in ("created", "modified"):
                setattr(order, name, getattr(order, name) - DAYS_AGO)
        return order.id


CHANGERS = {"shopify": ShopifyChanger, "woocommerce": WooChanger}
