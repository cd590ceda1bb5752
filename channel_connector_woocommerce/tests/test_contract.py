# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_adapter import (
    AdapterContract,
    LifecycleContract,
)
from odoo.addons.channel_inventory_base.tests.common_wrong_reads import (
    WrongReadsContract,
)

from ..lib import marks
from .shop import Inbox, ShopCase


class WooContract(AdapterContract, LifecycleContract, WrongReadsContract):
    """The base's contract, against a running shop."""

    forgotten = "done"  # that no stock is managed is told, item by item

    push = AdapterContract.push

    def shop_refs(self):
        return [self.ref("SKU-2"), self.ref("S-RED"), self.ref("SKU-4")]

    def _sku(self, ref):
        return self.shop.store.products[int(ref.stock_ref.split("/")[-1])].sku

    def shop_shown(self, ref):
        return self.shop.shown(self._sku(ref))

    def shop_set(self, ref, quantity):
        self.shop.edit_stock(self._sku(ref), quantity)

    def test_orders_are_listed_by_gmt_wherever_the_shop_is(self):
        """By the shop's own time a day lacks some orders and has others' (public
        reports: woocommerce 28111, 19976; woocommerce-ios 11527)."""
        config = self.shop.store.config
        self.addCleanup(setattr, config, "utc_offset", config.utc_offset)
        for offset in (-11, 13):
            config.utc_offset = offset
            order = self.order_data(self.shop_sell(self.shop_refs()[0], 1))
            since = order.placed_at.replace(microsecond=0)
            until = since + timedelta(seconds=1)
            refs = [x.ref for page in self.placed(since, until) for x in page.refs]
            self.assertIn(order.external_id, refs)
            counted = self.adapter._count_orders(self.channel, since, until)
            self.assertEqual(counted, len(refs))
            far = timedelta(hours=20)
            self.assertFalse(self.placed(since - far, since - far / 2)[0].refs)

    def test_carts_and_the_trash_are_no_orders_of_a_day(self):
        """The shop counts carts at the checkout as orders, and trash as none."""
        ref = self.shop_refs()[0]
        kept, cart, trash = (self.shop_sell(ref, 1) for _shopper in range(3))
        placed_at = self.order_data(kept).placed_at
        orders = self.shop.store.orders
        orders[int(cart)].status = "checkout-draft"
        orders[int(trash)].status = "trash"
        bounds = placed_at - timedelta(hours=1), placed_at + timedelta(hours=1)
        refs = [x.ref for page in self.placed(*bounds) for x in page.refs]
        self.assertIn(kept, refs)
        self.assertFalse({cart, trash} & set(refs))
        counted = self.adapter._count_orders(self.channel, *bounds)
        self.assertEqual(counted, len(refs))

    def shop_forget(self, ref):
        self.shop.edit_product(self._sku(ref), manage_stock=False)

    def shop_drop(self, ref):
        self.shop.delete_product(self._sku(ref))

    def shop_sell_on(self, ref):
        record = self.shop.store.products[int(ref.stock_ref.split("/")[-1])]
        record.backorders = "notify"

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
