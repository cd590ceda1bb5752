# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions

from .common import FR
from .shop import AccountCase

ROLE = "Amazon Fulfillment"


@tagged("post_install", "-at_install")
class TestShopFba(AccountCase):
    """Stock in Amazon's own warehouses, mirrored from a running account."""

    def setUp(self):
        super().setUp()
        self.env["channel.catalogue"]._fetch_nodes(self.channel)
        self.fba = self.channel.node_ids.filtered("fulfilled_by_channel")
        self.store = self.make_warehouse(self.env, "FBA")
        self.store.channel_authority = "external"
        self.fba.warehouse_ids = self.store
        self.offer("FBA-1", self.product)

    def offer(self, sku, product):
        names = {"external_id": sku, "stock_ref": sku, "sku": sku}
        self.make_listing(self.env, self.channel, product, sku, **names)

    def set_account(self, **values):
        config = self.shop.config
        before = {name: getattr(config, name) for name in values}
        self.addCleanup(config.update, before)
        config.update(values)

    def mirror(self):
        self.env.flush_all()
        self.env["channel.mirror"]._run(self.channel)
        self.env.invalidate_all()

    def counted(self):
        rows = self.env["channel.external.stock"].search(
            [("warehouse_id", "=", self.store.id)]
        )
        return {row.product_id: row.on_hand for row in rows}

    def test_stock_is_mirrored_and_nothing_is_written(self):
        self.mirror()
        self.assertEqual(self.counted(), {self.product: 7})
        self.assertEqual(self.requests("patchListingsItem"), [])
        self.assertEqual(self.violations(), {})

    def test_pending_orders_are_off_it_already(self):
        self.shop.checkout({"FBA-1": 2}, payment="pending")
        self.shop.refresh_reports()
        self.mirror()
        self.assertEqual(self.counted(), {self.product: 5})

    def test_pool_that_is_shown_in_several_marketplaces_counts_once(self):
        self.assertEqual(len(self.adapter_model._marketplace_ids(self.channel)), 3)
        self.mirror()
        self.assertEqual(self.counted(), {self.product: 7})
        asked = [entry["query"] for entry in self.requests("getInventorySummaries")]
        self.assertEqual(len(asked), 3)

    def test_sku_of_another_marketplace_only_counts_too(self):
        other = self.make_product(self.env, 2)
        row = {"sku": "FBA-2", "price": {FR: "8.00"}, "fba": 4}
        self.shop.seed({"products": [row]})
        self.shop.refresh_reports()
        self.offer("FBA-2", other)
        self.mirror()
        self.assertEqual(self.counted(), {self.product: 7, other: 4})

    def test_all_pages_are_read_while_their_token_lives(self):
        rows = [{"sku": f"F-{n}", "price": "5.00", "fba": n} for n in range(1, 121)]
        self.shop.seed({"products": rows})
        self.shop.refresh_reports()
        products = {}
        for number in (1, 60, 120):
            products[number] = self.make_product(self.env, 100 + number)
            self.offer(f"F-{number}", products[number])
        self.mirror()
        found = {number: self.counted()[each] for number, each in products.items()}
        self.assertEqual(found, {1: 1, 60: 60, 120: 120})
        self.assertEqual(self.violations(), {})

    def test_rows_of_other_marketplaces_do_not_count_twice(self):
        self.shop.rules.set(fba_leak=1)
        self.mirror()
        self.assertEqual(self.counted(), {self.product: 7})

    def test_account_without_fba_is_left_alone(self):
        self.set_account(has_fba=False)
        self.mirror()
        self.assertEqual(self.counted(), {})
        self.assertEqual(self.channel.connection_state, "ok")

    def test_missing_role_is_told_and_stops_nothing(self):
        roles = [each for each in self.shop.config.roles if each != ROLE]
        self.set_account(roles=tuple(roles))
        with self.assertRaisesRegex(exceptions.RejectedError, ROLE):
            self.env["channel.mirror"]._run(self.channel)
        self.channel._job_mirror()
        self.assertEqual(self.channel.connection_state, "ok")
