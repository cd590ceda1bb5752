# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.tests.common import ChannelCase
from odoo.addons.channel_inventory_base.tests.common_adapter import AdapterContract

from .common_api import ApiSetup


@tagged("post_install", "-at_install")
class TestContract(AdapterContract, ApiSetup, ChannelCase):
    """The contract of the base. The shop is the table that the API answers from, which
    the test reads and changes behind the adapter's back."""

    use_fake = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["channel.listing"].search([]).write({"sku": False})
        cls.channel = cls.make_api_channel(cls.env, "APC")
        cls.key, _token = cls.make_key(cls.env, cls.channel)
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        for number, ref in enumerate(self.shop_refs(), 1):
            self.push((ref, number, None))

    def shop_refs(self):
        return [schemas.LevelRef(f"SKU-{number}", "node-1") for number in (1, 2, 3)]

    def row(self, ref):
        self.env["channel.api.level"].invalidate_model()
        return self.env["channel.api.level"].search(
            [
                ("listing_id.stock_ref", "=", ref.stock_ref),
                ("channel_id", "=", self.channel.id),
            ]
        )

    def shop_shown(self, ref):
        return self.row(ref).available

    def shop_set(self, ref, quantity):
        self.row(ref).write({"available": quantity})
        self.env.flush_all()

    def shop_sell(self, ref, quantity):
        """Nothing of the API takes anything off a number but the publisher: here it is
        somebody with access to the database."""
        self.shop_set(ref, self.shop_shown(ref) - quantity)

    def shop_lose_answer(self):
        """An answer is a commit of this database: there is no way to lose it. What is
        repeated all the same is carried out once (the next test)."""

    def shop_unknown_ref(self, known):
        return "SKU-404"

    def shop_break_credentials(self):
        self.key.action_revoke()
        self.env.flush_all()

    def test_publication_is_dated_when_the_number_changes(self):
        ref = self.shop_refs()[0]
        before = self.row(ref).changed_at
        self.env.cr.execute(
            "UPDATE channel_api_level SET changed_at = changed_at - interval '1 hour'"
        )
        self.env.invalidate_all()
        self.push((ref, 1, 1))
        self.assertLess(self.row(ref).changed_at, before)
        self.push((ref, 9, 1))
        self.assertGreaterEqual(self.row(ref).changed_at, before)

    def test_numbers_that_nobody_can_read_are_not_confirmed(self):
        self.key.action_revoke()
        self.env.flush_all()
        with self.assertRaises(Exception) as caught:
            self.adapter._test_connection(self.channel)
        self.assertIn("New Key", str(caught.exception))

    def test_listings_are_the_goods_that_are_sold(self):
        warehouse = self.channel.node_ids.warehouse_ids
        new = self.make_product(self.env, 77, 1, warehouse)
        self.make_product(self.env, 78, sale_ok=False)
        self.make_product(self.env, 79, default_code=False)
        found = [
            each.external_id
            for page in self.adapter._iter_listings(self.channel)
            for each in page
        ]
        self.assertIn("SKU-77", found)
        self.assertNotIn("SKU-78", found)
        self.assertEqual(len(found), len(set(found)))
        self.channel.api_offers = "made"
        self.env.flush_all()
        found = [
            each.external_id
            for page in self.adapter._iter_listings(self.channel)
            for each in page
        ]
        self.assertEqual(sorted(found), ["SKU-1", "SKU-2", "SKU-3"])
        self.channel.api_offers = "all"
        self.env["channel.catalogue"]._fetch(self.channel)
        made = self.channel.listing_ids.filtered(lambda x: x.external_id == "SKU-77")
        self.assertEqual((made.product_id, made.state), (new, "mapped"))

    def test_manager_makes_a_listing_of_a_case_by_hand(self):
        """What is offered is decided here: the other side has no catalogue to read."""
        product = self.channel.listing_ids[0].product_id
        manager = self.make_user(self.env, "manager")
        values = {
            "channel_id": self.channel.id,
            "external_id": "CASE-12",
            "stock_ref": "CASE-12",
            "sku": "CASE-12",
            "product_id": product.id,
            "pack_qty": 12,
            "state": "mapped",
        }
        made = self.env["channel.listing"].with_user(manager).create(values)
        self.assertEqual(made._get_stock_factor(), 12)
        # orders find it by its name from now on
        with self.assertRaises(AccessError):
            made.external_id = "CASE-13"
        offered = {
            each.external_id
            for page in self.adapter._iter_listings(self.channel)
            for each in page
        }
        self.assertIn("CASE-12", offered)

    def test_seq_grows_with_each_write(self):
        first, second, _third = self.shop_refs()
        before = self.row(first).seq
        self.push((second, 5, 2), (first, 6, 1))
        self.assertLess(before, self.row(second).seq)
        self.assertLess(self.row(second).seq, self.row(first).seq)
