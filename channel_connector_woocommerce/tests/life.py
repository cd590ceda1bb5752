# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from decimal import Decimal

from odoo.addons.channel_inventory_account.tests.life import (
    LifeShop,
    Parcel,
    SeenLine,
    SeenOrder,
)
from odoo.addons.channel_inventory_account.tests.life.shop import QUANTITY
from odoo.addons.channel_inventory_base.lib import strict_json
from odoo.addons.channel_inventory_base.lib.errors import Malformed

from ..const import NODE
from ..lib.events import order_event
from ..lib.marks import name_of
from ..mapper import stock_ref

VAT = [{"title": "VAT", "rate": 0.19}]
FAULTS = {
    "lost_answer": "reset_after_commit",
    "lost_request": "reset_before_commit",
    "unavailable": "http_503",
    "throttled": "http_429",
}
ROUTES = {
    "shipment": "PUT orders/#",
    "cancel": "PUT orders/#",
    "refund": "POST orders/#/refunds",
}


class WooLife(LifeShop):
    """The sandbox shop, as the contract of the base wants it.

    People there never do two things to an order within one second: times are all the
    shop tells of what was first, and they count seconds.
    """

    # a refund puts its units back into the shop's figure, or it does not
    restocks = ("cancel", "none")
    own_headers = tuple(
        f"X-WC-Webhook-{name}"
        for name in (
            *("Signature", "Topic", "Resource", "Event", "Source", "ID"),
            "Delivery-ID",
        )
    )

    def __init__(self, shop, as_new):
        from sandbox.woocommerce.store import StoreError

        self.shop = shop
        self.as_new = as_new
        self.refusals = (StoreError,)
        self.seconds = 0

    def begin(self):
        self.as_new()
        self.seconds = 0
        self.restock()

    def restock(self):
        for sku in self.skus:
            self.shop.edit_stock(sku, QUANTITY)

    def bind(self, env, channel):
        channel.node_ids.write({"external_id": NODE})
        channel._adapter()._discover(channel)
        numbers = {sku: self.shop.store.find_product(sku).id for sku in self.skus}
        return {
            sku: {"external_id": str(number), "stock_ref": stock_ref(number)}
            for sku, number in numbers.items()
        }

    # ----------------------------------------------------------------- acts
    def sell(self, units):
        order = self.shop.checkout(units, taxes=VAT, prices_include_tax=True)
        self.time_passes()
        return str(order.id)

    def cancel(self, ref):
        if self._order(ref).status in ("completed", "refunded"):
            raise self.refusals[0]("nobody cancels what is finished")
        self.shop.cancel(ref)
        self.time_passes()

    def edit(self, ref, sku, units):
        order = self._order(ref)
        if order.status not in ("pending", "on-hold", "processing"):
            raise self.refusals[0]("WooCommerce lets nobody edit it any more")
        for line in order.lines:
            if line.sku == sku and units < order.refunded_units(line):
                raise self.refusals[0]("what was paid back is a dead letter without it")
        self.shop.edit_order(order, {sku: units})
        self.time_passes()

    def refund(self, ref, sku, units, restock):
        order = self._order(ref)
        line = next((each for each in order.lines if each.sku == sku), None)
        if not line or units > line.quantity - order.refunded_units(line):
            raise self.refusals[0]("WooCommerce's form offers what is left")
        self.shop.refund(order, {sku: units}, restock=restock != "none")
        self.time_passes()

    def discount(self, ref, sku, amount):
        order = self._order(ref)
        if order.status not in ("pending", "on-hold", "processing") or order.refunds:
            raise self.refusals[0]("nobody recalculates what is paid back or done")
        line = next((each for each in order.lines if each.sku == sku), None)
        if not line or not line.quantity:
            raise self.refusals[0]("there is no such line")
        price = (line.total + line.tax) / line.quantity - Decimal(amount)
        if price <= 0:
            raise self.refusals[0]("nothing is left of the price")
        price = price.quantize(Decimal("0.01"))
        self.shop.reprice(order, prices={sku: str(price)})
        self.time_passes()

    def give(self, ref, amount):
        self.shop.refund(self._order(ref), amount=amount, restock=False)
        self.time_passes()

    def ship(self, ref):
        if self._order(ref).status != "processing":
            raise self.refusals[0]("nobody ships what is not paid")
        self.shop.set_status(ref, "completed")
        self.time_passes()

    # ---------------------------------------------------------------- looks
    def look(self, ref):
        order = self._order(ref)
        parcels = list(self._parcels(order))
        return SeenOrder(
            ref=ref,
            name=f"#{order.id}",
            cancelled=not order.completed and order.status in ("cancelled", "refunded"),
            owing=order.status in ("pending", "on-hold"),
            lines=tuple(self._line(order, each, parcels) for each in order.lines),
            parcels=tuple(
                Parcel(f"{ref}/{each['parcel']}", sum(each["units"].values()))
                for each in parcels
            ),
            refunds={str(each.id): each.amount for each in order.refunds},
        )

    def _line(self, order, line, parcels):
        """Completed means that all of it has left that was not paid back by then."""
        shipped = sum(each["units"].get(str(line.id), 0) for each in parcels)
        early = sum(
            entry.quantity
            for refund in order.refunds
            for entry in refund.lines
            if entry.line is line
            and order.completed
            and refund.created < order.completed
        )
        left = line.quantity - order.refunded_units(line) - shipped
        if order.completed:
            shipped, left = max(shipped, line.quantity - early), 0
        elif order.status in ("cancelled", "refunded"):
            left = 0
        return SeenLine(str(line.id), line.sku, shipped, max(0, left))

    def _parcels(self, order):
        mark = name_of("shipment", "")
        for entry in order.meta:
            if entry["key"].startswith(mark):
                yield json.loads(entry["value"])

    def shown(self, sku):
        return self.shop.shown(sku)

    def _order(self, ref):
        return self.shop.store.find_order(ref)

    # -------------------------------------------------------------- mishaps
    def fail_next(self, fault, message):
        route = ROUTES.get(message)
        if message == "level":
            companion = self.shop.config.companion
            route = "POST wc-chansync/v1/stock" if companion else "POST products/batch"
        self.shop.faults.add(kind=FAULTS[fault], next=1, operation=route)

    def calm(self):
        self.shop.faults.clear()

    def time_passes(self):
        self.seconds += 1
        self.shop.store.clock.move(self.seconds)

    # ----------------------------------------------------------- deliveries
    def deliver(self):
        self.shop.cron()

    def sign(self, headers, body):
        from sandbox.woocommerce.hooks import signature

        headers = {name.title(): value for name, value in headers.items()}
        secret = next(
            hook.secret
            for hook in self.shop.store.webhooks.values()
            if hook.topic == headers["X-Wc-Webhook-Topic"]
        )
        return {**headers, "X-Wc-Webhook-Signature": signature(secret, body)}

    def is_known(self, env, channel, body):
        """The same content is the same event, however it was written down."""
        if super().is_known(env, channel, body):
            return True
        try:
            key = order_event(strict_json.loads(body, parse_float=str), "")["key"]
        except (Malformed, ValueError, AttributeError):
            return False
        domain = [("channel_id", "=", channel.id), ("key", "=", key)]
        return bool(env["channel.inbox.event"].search_count(domain))
