"""Who keeps a shop: refunds of money and of goods, edits, parcels entered by hand."""

import random
import time
from decimal import Decimal

import sandbox.shopify.store as shopify_store
import sandbox.woocommerce.store as woocommerce_store
from sandbox.shopify import orders as shopify_orders
from sandbox.shopify import totals
from sandbox.shopify.money import Bag
from sandbox.woocommerce import orders as woocommerce_orders

from .world import plain

REFUSALS = (shopify_store.StoreError, woocommerce_store.StoreError)
AMOUNTS = ("1.00", "0.37", "2.50")
CENT = Decimal("0.01")
# An order to be edited must not be so new that its shopper is at it still.
LATEST = 25


class Storekeeper:
    """Acts on one of the latest orders of a shop, drawn by the act's own dice."""

    RATES = {
        "pay_back": 0.03,
        "refund_units": 0.03,
        "refund_without_money": 0.01,
        "refund_other_amount": 0.01,
        "refund_delivery": 0.02,
        "discount": 0.02,
        "change_lines": 0.03,
        "ship_by_hand": 0.01,
        "rename": 0.01,
    }

    def __init__(self, run):
        self.run = run
        self.keepers = [
            KEEPERS[shop.shop.type](shop, run)
            for shop in run.shops.values()
            if shop.shop.type in KEEPERS
        ]

    def act(self, event):
        """:return: dict of the order and when, None: nothing to do it to"""
        dice = random.Random(event["dice"])
        if event["act"] == "rename":
            return self._rename(dice)
        for keeper in dice.sample(self.keepers, len(self.keepers)):
            for order in keeper.latest(dice):
                began = time.time()
                try:
                    with keeper.box.store.transaction():
                        done = getattr(keeper, event["act"])(order, dice)
                except REFUSALS:
                    continue
                if done:
                    words = "" if done is True else done
                    name = f"{keeper.shop.key}:{order.id}"
                    return {"t": began, "order": name, "what": words}
        return None

    def _rename(self, dice):
        """Of a listing that stays what it is, another SKU."""
        shop = dice.choice(self.keepers).shop if self.keepers else None
        left = sorted(set(self.run.world.listings) - set(shop.renamed if shop else ()))
        if not shop or not left:
            return None
        sku = dice.choice(left)
        began = time.time()
        shop.rename(sku)
        return {"t": began, "what": f"{shop.key}: {sku}"}


class _Keeper:
    def __init__(self, shop, run):
        self.shop, self.run, self.box = shop, run, shop.box

    def latest(self, dice):
        with self.box.store.transaction():
            found = list(self.box.store.orders.values())[-LATEST:]
        return dice.sample(found, len(found))

    def _plenty(self, dice):
        """A SKU of which nobody has to go without."""
        world = self.run.world
        return dice.choice([s for s, each in world.products.items() if not each.scarce])

    def _keep_on_shelf(self, place, sku, units):
        """Goods that a shop does not put on sale again lie on the shelf all the same:
        nobody wants them any more."""
        pool = self.shop.shop.places[place]
        for part, each in self.run.parts(plain(sku)).items():
            self.run.company.ledger.add(time.time(), pool, part, -units * each, "sell")


class ShopifyKeeper(_Keeper):
    def pay_back(self, order, dice):
        amount = Decimal(dice.choice(AMOUNTS))
        left = totals.received(order) - totals.refunded(order)
        if order.cancelled_at or left.shop <= amount:
            return None
        self.box.pay_back(order, amount)
        return f"{amount} for nothing"

    def refund_units(self, order, dice, amount=None):
        lines = [each for each in order.lines if each.variant and each.unfulfilled]
        if order.cancelled_at or not lines or not totals.received(order).shop:
            return None
        line, kind = dice.choice(lines), dice.choice(("CANCEL", "CANCEL", "NO_RESTOCK"))
        place = order.fulfillment_orders[0].location
        entry = {"line": line, "quantity": 1, "type": kind, "location": place}
        shopify_orders.refund(self.box.store, order, [entry], amount=amount)
        if kind == "NO_RESTOCK":
            self._keep_on_shelf(place.name, line.sku, 1)
        return f"1 of {line.sku} by {kind}"

    def refund_without_money(self, order, dice):
        return self.refund_units(order, dice, amount=Bag())

    def refund_other_amount(self, order, dice):
        """A unit is taken back, and a cent for it: the amount is what counts."""
        return self.refund_units(order, dice, amount=Bag(CENT, CENT))

    def refund_delivery(self, order, dice):
        """A dollar of it, or all."""
        lines = [line for line in order.shipping_lines if line.discounted.shop > 1]
        left = totals.received(order) - totals.refunded(order)
        if order.cancelled_at or not lines or left.shop < lines[0].discounted.shop:
            return None
        one = Bag(Decimal(1), Decimal(1))
        part = True if dice.random() < 0.5 or lines[0].refunded else one
        shopify_orders.refund(self.box.store, order, [], shipping=part)
        return "all of it" if part is True else "1.00 of it"

    def discount(self, order, dice):
        lines = [
            each
            for each in order.lines
            if each.variant
            and each.current_quantity
            and totals.line_value(order, each, each.current_quantity).shop > 2
        ]
        if order.cancelled_at or not lines:
            return None
        sku, amount = dice.choice(lines).sku, dice.choice(AMOUNTS[:2])
        self.box.discount(order, sku, amount)
        return f"{amount} off {sku}"

    def change_lines(self, order, dice):
        lines = [each for each in order.lines if each.variant and each.unfulfilled]
        if order.cancelled_at or not lines:
            return None
        how = dice.choice(("less", "more", "other", "exchange"))
        line = dice.choice(lines)
        parts = self.run.parts(plain(line.sku))
        change = {}
        if how in ("less", "exchange"):
            change = {line.sku: line.current_quantity - 1}
        elif how == "more" and not set(parts) & set(self.run.world.scarce):
            change = {line.sku: line.current_quantity + 1}
        if how == "exchange" or not change:
            other = self._plenty(dice)
            if other in {plain(each.sku) for each in order.lines}:
                return None
            change[other] = 1
        self.box.edit_order(order, change)
        return f"{how}: {change}"

    def ship_by_hand(self, order, dice):
        """Somebody presses the shop's own button for a parcel that Odoo is to send."""
        paid = totals.financial_status(order) == "PAID"
        if order.cancelled_at or order.test or order.fulfillments or not paid:
            return None
        self.box.fulfill(order)
        return "all of it"


class WooKeeper(_Keeper):
    def _is_editable(self, order):
        return order.status == "processing" and order.paid and not order.gift_cards

    def pay_back(self, order, dice):
        amount = Decimal(dice.choice(AMOUNTS))
        if not self._is_editable(order) or order.total - order.refunded <= amount:
            return None
        self.box.refund(order, amount=amount)
        return f"{amount} for nothing"

    def refund_units(self, order, dice, with_money=True, amount=None):
        lines = [
            line
            for line in order.lines
            if line.reduced and line.quantity > order.refunded_units(line)
        ]
        if not self._is_editable(order) or not lines:
            return None
        line = dice.choice(lines)
        sums = (None, None) if with_money else (Decimal(0), Decimal(0))
        woocommerce_orders.refund(self.box.store, order, [(line, 1, *sums)], amount)
        return f"1 of {line.sku}"

    def refund_without_money(self, order, dice):
        return self.refund_units(order, dice, with_money=False)

    def refund_other_amount(self, order, dice):
        return self.refund_units(order, dice, amount=CENT)

    def refund_delivery(self, order, dice):
        """A half of a delivery or fee, with its tax, or all."""
        charges = [each for each in (*order.shipping, *order.fees) if each.total]
        if not self._is_editable(order) or order.refunds or not charges:
            return None
        charge, share = dice.choice(charges), dice.choice((1, 2))
        net, tax = (
            (each / share).quantize(CENT) for each in (charge.total, charge.tax)
        )
        woocommerce_orders.refund(self.box.store, order, [(charge, 0, net, tax)])
        return f"{net} + {tax} of {charge.title}"

    def discount(self, order, dice):
        lines = [line for line in order.lines if line.total > 2]
        if not self._is_editable(order) or order.refunds or not lines:
            return None
        line = dice.choice(lines)
        price = (line.product.price - Decimal("0.37")).quantize(Decimal("0.01"))
        self.box.reprice(order, prices={line.sku: price})
        return f"{line.sku} for {price}"

    def ship_by_hand(self, order, dice):
        """It does not say what left in which parcel: nothing to compare."""
        return None

    def change_lines(self, order, dice):
        lines = [line for line in order.lines if line.reduced]
        if not self._is_editable(order) or order.refunds or not lines:
            return None
        line = dice.choice(lines)
        if line.quantity < 2 and len(order.lines) < 2:
            return None
        self.box.edit_order(order, {line.sku: line.quantity - 1})
        return f"1 of {line.sku} less"


KEEPERS = {"shopify": ShopifyKeeper, "woocommerce": WooKeeper}
