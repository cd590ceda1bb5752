# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_account.tests.life import (
    LifeShop,
    Parcel,
    SeenLine,
    SeenOrder,
)
from odoo.addons.channel_inventory_account.tests.life.shop import QUANTITY

from ..const import MERCHANT

FAULTS = {
    "lost_answer": "reset_after_commit",
    "lost_request": "reset_before_commit",
    "unavailable": "http_503",
    "throttled": "http_429",
}
OPERATIONS = {
    "shipment": "confirmShipment",
    "cancel": "createFeed",
    "refund": "createFeed",
    "level": "patchListingsItem",
}
LATE = 130
"""Seconds after which the search of orders knows a change."""


class AmazonLife(LifeShop):
    """The sandbox account, as the contract of the base wants it.

    What people can do to a paid order there is to cancel it and to ship it. Refunds of
    Seller Central show in no order, so nobody makes any here.
    """

    acts = frozenset({"cancel", "ship"})

    def __init__(self, shop, as_new, ship):
        from sandbox.amazon.store import SoldOut, StoreError

        self.shop, self.as_new, self._ship = shop, as_new, ship
        self.refusals = (StoreError, SoldOut)

    def begin(self):
        self.as_new()
        # the account's clock runs ahead of ours where time passes at once
        self.shop.rules.set(ship_date=0)
        self.restock()

    def restock(self):
        for sku in self.skus:
            self.shop.edit_stock(sku, QUANTITY)

    def bind(self, env, channel):
        channel.node_ids.write({"external_id": MERCHANT})
        return {sku: {"external_id": sku, "stock_ref": sku} for sku in self.skus}

    # ----------------------------------------------------------------- acts
    def sell(self, units):
        order = self.shop.checkout(units, payment="paid")
        self.time_passes()
        return order.id

    def cancel(self, ref):
        self.shop.cancel(ref)
        self.time_passes()

    def ship(self, ref):
        if not any(item.open for item in self._order(ref).items):
            raise self.refusals[0]("nothing is left to ship")
        self._ship(ref)
        self.time_passes()

    # ---------------------------------------------------------------- looks
    def look(self, ref):
        order = self._order(ref)
        return SeenOrder(
            ref=ref,
            name=order.id,
            cancelled=order.status == "CANCELLED",
            owing=order.pending,
            lines=tuple(
                SeenLine(item.id, item.sku, item.shipped, item.open)
                for item in order.items
            ),
            parcels=tuple(
                Parcel(each.reference, sum(units for _item, units in each.items))
                for each in order.packages
            ),
            refunds={},
        )

    def shown(self, sku):
        return self.shop.shown(sku)

    def _order(self, ref):
        return self.shop.store.find_order(ref)

    # -------------------------------------------------------------- mishaps
    def fail_next(self, fault, message):
        self.shop.faults.add(kind=FAULTS[fault], next=1, operation=OPERATIONS[message])

    def calm(self):
        self.shop.faults.clear()

    def time_passes(self):
        self.shop.pass_time(LATE)
