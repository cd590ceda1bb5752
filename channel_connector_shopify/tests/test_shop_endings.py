# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo.tests import tagged

from .shop import PLACES, ShopCase


@tagged("post_install", "-at_install")
class TestShopEndings(ShopCase):
    """Orders of a store that end in other ways than by being shipped from here."""

    def setUp(self):
        super().setUp()
        self.adapter_model._test_connection(self.channel)
        self.node.write({"external_id": self.place(PLACES[0]), "name": PLACES[0]})
        variant = self.shop.store.find_variant("SKU-1")
        self.listing.write(
            {"external_id": variant.gid, "stock_ref": self.item("SKU-1")}
        )
        self.plan()
        self.make_known(self.env, self.level, 10)

    def work(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_order SET fetch_after = NULL, "
            "create_date = create_date - interval '2 hours'"
        )
        self.env.invalidate_all()
        self.poll()
        self.intake()
        self.env.cr.precommit.run()
        self.plan()

    def test_fulfilled_before_it_is_seen_has_left_odoo(self):
        self.channel.connected_at = "2020-01-01 00:00:00"
        order = self.shop.checkout({"SKU-1": 3}, location=PLACES[0])
        self.shop.fulfill(order)
        self.work()
        self.assertEqual(self.order(order.gid).stage, "shipped")
        self.assertEqual(self.level.target, 7)

    def test_fulfilled_before_the_connection_is_history(self):
        order = self.shop.checkout({"SKU-1": 3}, location=PLACES[0])
        self.shop.fulfill(order)
        self.channel.connected_at = "2099-01-01 00:00:00"
        self.work()
        self.assertEqual(self.order(order.gid).ending, "history")
        self.assertEqual(self.level.target, 10)

    def old_order(self, **values):
        """An unpaid order that has become older than an app is shown by default."""
        self.channel.confirm_policy = "manual"
        order = self.shop.checkout({"SKU-1": 3}, location=PLACES[0], **values)
        self.work()
        known = self.order(order.gid)
        order.created_at -= timedelta(days=70)
        known.placed_at -= timedelta(days=70)
        self.assertEqual(self.level.target, 7)
        return order, known

    def test_older_than_the_app_may_see_stays_held_and_told(self):
        _order, known = self.old_order()
        known._want_fetch()
        self.work()
        self.assertFalse(known.ending)
        self.assertEqual(self.level.target, 7)
        found = self.env["channel.exception"].search(
            [("res_id", "=", known.id), ("state", "=", "open")]
        )
        self.assertIn("may hide it", found.message)

    def test_connection_test_names_the_permission_that_is_missing(self):
        warnings = self.adapter_model._test_connection(self.channel).warnings
        self.assertTrue(any("read_all_orders" in each for each in warnings))

    def test_young_order_that_is_deleted_ends(self):
        self.channel.confirm_policy = "manual"
        order = self.shop.checkout({"SKU-1": 3}, location=PLACES[0])
        self.work()
        known = self.order(order.gid)
        with self.shop.store.transaction():
            number = next(
                key for key, each in self.shop.store.orders.items() if each is order
            )
            del self.shop.store.orders[number]
        self.work()
        self.work()
        self.assertEqual((known.state, known.ending), ("gone", "deleted"))
        self.assertEqual(self.level.target, 10)

    def test_missing_are_told_from_those_that_are_there(self):
        order = self.shop.checkout({"SKU-1": 1}, location=PLACES[0])
        refs = [order.gid, "gid://shopify/Order/1"]
        self.assertEqual(self.adapter_model._find_missing(self.channel, refs), refs[1:])
