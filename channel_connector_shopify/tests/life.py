# SPDX-License-Identifier: AGPL-3.0-or-later
import itertools
import json
import time

from odoo.addons.channel_inventory_account.tests.life import (
    LifeShop,
    Parcel,
    SeenLine,
    SeenOrder,
)
from odoo.addons.channel_inventory_account.tests.life.shop import QUANTITY

from .shop import DOMAIN, PLACES
from .shop_orders import VAT

FAULTS = {
    "lost_answer": "reset_after_commit",
    "lost_request": "reset_before_commit",
    "unavailable": "http_503",
    "throttled": "throttled",
}
MUTATIONS = {
    "shipment": "fulfillmentCreate",
    "refund": "refundCreate",
    "cancel": "orderCancel",
    "level": "inventorySetQuantities",
}
RESTOCKS = {"cancel": "CANCEL", "return": "RETURN", "none": "NO_RESTOCK"}


class ShopifyLife(LifeShop):
    """The sandbox store, as the contract of the base wants it."""

    own_headers = tuple(
        f"X-Shopify-{name}"
        for name in (
            *("Hmac-Sha256", "Topic", "Shop-Domain", "Event-Id", "Webhook-Id"),
            *("Triggered-At", "API-Version"),
        )
    )

    def __init__(self, shop):
        from sandbox.shopify.checkout import SoldOut
        from sandbox.shopify.store import StoreError

        self.shop = shop
        self.refusals = (StoreError, SoldOut)
        self.taxes_included = shop.config.taxes_included
        shop.config.job_delay = 0.0
        self.numbers = itertools.count()

    def begin(self):
        self.shop.reset()
        self.restock()

    def restock(self):
        for sku in self.skus:
            self.shop.edit_stock(sku, PLACES[0], quantity=QUANTITY)
            self.shop.edit_stock(sku, PLACES[1], quantity=0)

    def bind(self, env, channel):
        place = self.shop.store.find_location(PLACES[0])
        channel.node_ids.write({"external_id": place.gid})
        variants = {sku: self.shop.store.find_variant(sku) for sku in self.skus}
        return {
            sku: {"external_id": variant.gid, "stock_ref": variant.item.gid}
            for sku, variant in variants.items()
        }

    # ----------------------------------------------------------------- acts
    def sell(self, units):
        return self.shop.checkout(units, taxes=VAT).gid

    def cancel(self, ref):
        self.shop.cancel(self._order(ref))

    def edit(self, ref, sku, units):
        self.shop.edit_order(self._order(ref), {sku: units})

    def refund(self, ref, sku, units, restock):
        order = self._order(ref)
        for line in order.lines:
            came_back = min(line.fulfilled, line.current_quantity)
            if line.sku == sku and restock == "return" and units > came_back:
                raise self.refusals[0]("nobody returns what was not shipped")
        self.shop.refund(order, {sku: units}, restock=RESTOCKS[restock])

    def discount(self, ref, sku, amount):
        self.shop.discount(self._order(ref), sku, amount)

    def give(self, ref, amount):
        self.shop.pay_back(self._order(ref), amount)

    def ship(self, ref):
        self.shop.fulfill(self._order(ref))

    # ---------------------------------------------------------------- looks
    def look(self, ref):
        from sandbox.shopify import totals

        order = self._order(ref)
        return SeenOrder(
            ref=ref,
            name=order.name,
            cancelled=bool(order.cancelled_at),
            owing=totals.outstanding(order).shop > 0,
            lines=tuple(
                SeenLine(line.gid, line.sku, line.fulfilled, line.unfulfilled)
                for line in order.lines
            ),
            parcels=tuple(
                Parcel(each.gid, sum(units for _id, _line, units in each.lines))
                for each in order.fulfillments
            ),
            refunds={each.gid: each.total.shop for each in order.refunds},
        )

    def shown(self, sku):
        return self.shop.level(sku, PLACES[0])["available"]

    def _order(self, ref):
        return next(o for o in self.shop.store.orders.values() if o.gid == ref)

    # -------------------------------------------------------------- mishaps
    def fail_next(self, fault, message):
        self.shop.faults.add(kind=FAULTS[fault], next=1, operation=MUTATIONS[message])

    def calm(self):
        self.shop.faults.clear()
        end = time.monotonic() + 5
        while not all(job.done for job in self.shop.store.jobs.values()):
            if time.monotonic() > end:
                raise TimeoutError("the store's jobs do not end")
            time.sleep(0.01)

    # ----------------------------------------------------------- deliveries
    def deliver(self):
        if not self.shop.webhooks.wait_idle():
            raise TimeoutError("the store does not deliver")

    def sign(self, headers, body):
        from sandbox.shopify.delivery import signature

        return {
            **{name.title(): value for name, value in headers.items()},
            "X-Shopify-Hmac-Sha256": signature("secret", body),
            "X-Shopify-Event-Id": f"event-{next(self.numbers)}",
        }

    def is_ours(self, body):
        try:
            content = json.loads(body)
        except (ValueError, RecursionError):
            return True
        if not isinstance(content, dict):
            return True
        store = self.shop.store
        page = f"https://{DOMAIN}/{store.shop_id}/orders/"
        return str(content.get("order_status_url") or page).startswith(page) and all(
            content.get(name, DOMAIN) == DOMAIN
            for name in ("shop_domain", "myshopify_domain")
        )
