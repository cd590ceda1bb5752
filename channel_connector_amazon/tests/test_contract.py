# SPDX-License-Identifier: AGPL-3.0-or-later
import uuid
from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_adapter import (
    AdapterContract,
    LifecycleContract,
    SettlementContract,
)
from odoo.addons.channel_inventory_base.tests.common_wrong_reads import (
    WrongReadsContract,
)

from .shop import AccountCase

OPERATIONS = {"shipment": "confirmShipment", "refund": "createFeed"}


@tagged("post_install", "-at_install")
class TestContract(
    AdapterContract,
    LifecycleContract,
    SettlementContract,
    WrongReadsContract,
    AccountCase,
):
    """The base's contract, against a running account."""

    def setUp(self):
        super().setUp()
        # the account's clock runs ahead of ours where time passes at once
        self.shop.rules.set(ship_date=0)

    def shop_apply(self):
        self.shop.pass_time(60)

    def shop_refs(self):
        return [self.ref(f"SKU-{number}") for number in (2, 3, 4)]

    def shop_shown(self, ref):
        return self.shop.shown(ref.stock_ref)

    def shop_set(self, ref, quantity):
        self.shop.edit_stock(ref.stock_ref, quantity)

    def shop_forget(self, ref):
        self.shop.store.listings[ref.stock_ref].quantity = None

    def shop_drop(self, ref):
        self.shop.delete_listing(ref.stock_ref)

    def test_contract_wrong_read_a_part_is_missing(self):
        """Nor does a number that is sent for it make half a listing."""
        result = super().test_contract_wrong_read_a_part_is_missing()
        self.assertNotIn("SKU-2", self.shop.store.listings)
        self.assertFalse(self.violations().get("stubs"))
        return result

    def shop_pass(self, seconds):
        self.shop.pass_time(seconds)

    def shop_sell(self, ref, quantity):
        return self.sell({ref.stock_ref: quantity}).id

    def shop_break_credentials(self):
        self.shop.access.revoke()

    # ----------------------------------------------------------- settlements
    def shop_pay_out(self):
        for sku in ("SKU-3", "SKU-4"):
            self.ship(self.sell({sku: 1}).id)
        [(ref, total)] = self.shop.settle().values()
        return ref, total

    # ------------------------------------------------------------ lifecycle
    def tell(self, kind, data, key=None):
        key = key or str(uuid.uuid4())
        if kind == "refund" and not self.shop_shipped(data.order_ref):
            # Amazon pays back nothing before something has left
            self.ship(data.order_ref)
        return self.finish(kind, data, key, super().tell(kind, data, key))

    def find(self, kind, data, key, known=()):
        return self.finish(kind, data, key, super().find(kind, data, key, known))

    def shop_shipped(self, order_ref):
        return [
            (sum(units for _item, units in package.items), package.tracking)
            for package in self.shop.store.find_order(order_ref).packages
        ]

    def shop_state(self, order_ref):
        status = self.shop.store.find_order(order_ref).status
        return "cancelled" if status == "CANCELLED" else "open"

    def shop_paid_back(self, order_ref):
        refunds = self.shop.store.find_order(order_ref).refunds
        return sum((sum(each.parts.values()) for each in refunds), Decimal(0))

    def shop_lose_message(self, kind):
        self.shop.faults.add(
            kind="reset_after_commit", next=1, operation=OPERATIONS[kind]
        )

    def test_contract_parcel_of_another_message_is_not_taken_for_ours(self):
        """Amazon takes none without a number, and two may have the same."""
        order_ref = self.shop_sell(self.shop_refs()[0], 2)
        first = self.tell("shipment", self.parcel(order_ref, 1, "1Z1"))
        again = self.parcel(order_ref, 1, "1Z1")
        self.assertFalse(self.find("shipment", again, "other", [first.ref]))
