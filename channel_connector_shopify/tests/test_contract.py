# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.tests.common_adapter import (
    AdapterContract,
    LifecycleContract,
    SettlementContract,
)
from odoo.addons.channel_inventory_base.tests.common_wrong_reads import (
    WrongReadsContract,
)

from .shop import PLACES, Inbox, ShopCase


@tagged("post_install", "-at_install")
class TestContract(
    AdapterContract,
    LifecycleContract,
    SettlementContract,
    WrongReadsContract,
    ShopCase,
):
    """The base's contract, against a running store."""

    push = AdapterContract.push

    def shop_refs(self):
        return [self.ref(f"SKU-{number}") for number in (2, 3, 4)]

    def _sku(self, ref):
        items = self.shop.store.items.values()
        return next(each.variant.sku for each in items if each.gid == ref.stock_ref)

    def shop_shown(self, ref):
        return self.shown(self._sku(ref))

    def shop_set(self, ref, quantity):
        self.shop.edit_stock(self._sku(ref), PLACES[0], quantity=quantity)

    def shop_forget(self, ref):
        self.shop.deactivate(self._sku(ref), PLACES[0])

    def shop_drop(self, ref):
        self.shop.delete_variant(self._sku(ref))

    def shop_move(self, ref, quantity):
        self.shop.edit_stock(self._sku(ref), PLACES[1], quantity=quantity)
        self.shop_forget(ref)

    def shop_sell_on(self, ref):
        config = self.shop.config
        if "write_products" not in config.scopes:
            self.addCleanup(setattr, config, "scopes", config.scopes)
            config.scopes = (*config.scopes, "write_products")
        self.shop.edit_variant(self._sku(ref), policy="CONTINUE")

    def test_without_the_permission_nothing_is_stopped_and_it_says_so(self):
        ref = self.shop_refs()[0]
        self.shop.edit_variant(self._sku(ref), policy="CONTINUE")
        listing, _level = self.selling(ref)
        asked = schemas.SellingRef(listing.external_id, listing.stock_ref)
        [result] = self.adapter._stop_selling(self.channel, [asked])
        self.assertFalse(result.done)
        self.assertIn("write_products", result.message)
        self.assertTrue(self.selling(ref)[1].sells_below_zero)

    def shop_sell(self, ref, quantity):
        return self.shop.checkout({self._sku(ref): quantity}).gid

    def shop_lose_answer(self):
        self.shop.faults.add(
            kind="reset_after_commit", next=1, operation="inventorySetQuantities"
        )

    def shop_break_credentials(self):
        self.shop.tokens.revoke()
        self.channel.shopify_client_secret = "wrong"

    def shop_webhook(self, order_ref):
        self.adapter._test_connection(self.channel)
        inbox = Inbox()
        self.addCleanup(inbox.stop)
        self.adapter._ensure_webhooks(self.channel, f"{inbox.url}/channel/webhook/x")
        order = next(o for o in self.shop.store.orders.values() if o.gid == order_ref)
        self.shop.edit_order(order.name, {order.lines[0].sku: order.lines[0].quantity})
        self.assertTrue(self.shop.webhooks.wait_idle())
        return next(
            (headers, body)
            for headers, body in inbox.deliveries
            if headers["X-Shopify-Topic"] == "orders/updated"
        )

    # ----------------------------------------------------------- settlements
    def shop_pay_out(self):
        for sku in ("SKU-3", "SKU-4"):
            self.shop.checkout({sku: 1}, gateway="shopify_payments")
        payout = self.shop.pay_out()
        return str(payout.id), payout.net

    # ------------------------------------------------------------ lifecycle
    def shop_order(self, order_ref):
        return next(o for o in self.shop.store.orders.values() if o.gid == order_ref)

    def shop_shipped(self, order_ref):
        return [
            (
                sum(quantity for _id, _line, quantity in parcel.lines),
                parcel.tracking[0]["number"] if parcel.tracking else "",
            )
            for parcel in self.shop_order(order_ref).fulfillments
        ]

    def shop_state(self, order_ref):
        jobs = self.shop.store.jobs.values()
        self.wait_for(lambda: all(job.done for job in jobs))
        return "cancelled" if self.shop_order(order_ref).cancelled_at else "open"

    def shop_paid_back(self, order_ref):
        return sum(refund.total.shop for refund in self.shop_order(order_ref).refunds)

    def shop_lose_message(self, kind):
        mutation = {"shipment": "fulfillmentCreate", "refund": "refundCreate"}[kind]
        self.shop.faults.add(kind="reset_after_commit", next=1, operation=mutation)
