# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_adapter import (
    AdapterContract,
    LifecycleContract,
)

from ..lib import marks
from .shop import Inbox, ShopCase


class WooContract(AdapterContract, LifecycleContract):
    """The base's contract, against a running shop."""

    push = AdapterContract.push

    def shop_refs(self):
        return [self.ref("SKU-2"), self.ref("S-RED"), self.ref("SKU-4")]

    def _sku(self, ref):
        return self.shop.store.products[int(ref.stock_ref.split("/")[-1])].sku

    def shop_shown(self, ref):
        return self.shop.shown(self._sku(ref))

    def shop_set(self, ref, quantity):
        self.shop.edit_stock(self._sku(ref), quantity)

    def shop_sell(self, ref, quantity):
        return str(self.shop.checkout({self._sku(ref): quantity}).id)

    def shop_lose_answer(self):
        self.shop.faults.add(
            kind="reset_after_commit", next=1, operation="POST wc-chansync/v1/stock"
        )

    def shop_break_credentials(self):
        self.channel.woocommerce_consumer_secret = "wrong"

    def shop_webhook(self, order_ref):
        inbox = Inbox()
        self.addCleanup(inbox.stop)
        self.adapter._ensure_webhooks(self.channel, f"{inbox.url}/channel/webhook/x")
        self.shop.store.clock.move(1)
        self.shop.set_status(order_ref, "on-hold")
        self.shop.cron()
        return next(
            (headers, body)
            for headers, body in inbox.signed()
            if headers["X-WC-Webhook-Topic"] == "order.updated"
        )

    # ------------------------------------------------------------ lifecycle
    def shop_shipped(self, order_ref):
        meta = self.shop.store.find_order(order_ref).meta
        return [
            (sum(each["units"].values()), each["number"])
            for each in marks.parcels({"meta_data": meta})
        ]

    def shop_state(self, order_ref):
        order = self.shop.store.find_order(order_ref)
        ended = order.status in ("cancelled", "refunded")
        return "cancelled" if ended else "open"

    def shop_paid_back(self, order_ref):
        return self.shop.store.find_order(order_ref).refunded

    def shop_lose_message(self, kind):
        route = {"shipment": "PUT orders/#", "refund": "POST orders/#/refunds"}[kind]
        self.shop.faults.add(kind="reset_after_commit", next=1, operation=route)


@tagged("post_install", "-at_install")
class TestContract(WooContract, ShopCase):
    """Without the companion: what is sent overwrites."""


@tagged("post_install", "-at_install")
class TestContractCompanion(WooContract, ShopCase):
    """With the companion: compared, and each key once."""

    companion = True
