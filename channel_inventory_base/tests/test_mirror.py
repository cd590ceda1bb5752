# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from ..exceptions import MalformedDataError
from ..schemas import StockState
from .common import ChannelCase
from .common_wakeups import WakeUps


@tagged("post_install", "-at_install")
class TestMirror(WakeUps, ChannelCase):
    """The stock in a channel's own warehouse, as the channel tells of it."""

    def setUp(self):
        super().setUp()
        self.fake.node_stock = True
        self.store = self.make_warehouse(self.env, "FBA")
        self.store.channel_authority = "external"
        self.fba = self.env["channel.node"].create(
            {
                "channel_id": self.channel.id,
                "external_id": "AMAZON",
                "name": "Shipped by the channel",
                "publish": False,
                "fulfilled_by_channel": True,
                "warehouse_ids": [(6, 0, self.store.ids)],
            }
        )
        self.other = self.make_product(self.env, 2)
        self.case = self.make_listing(
            self.env, self.channel, self.other, 2, pack_qty=12
        )

    def tell(self, **counts):
        """The channel tells of listings by their number: units each."""
        rows = [
            StockState(name.replace("_", "-"), units) for name, units in counts.items()
        ]
        self.fake.stock_pages = [rows[:1], rows[1:]]
        self.env.flush_all()
        self.env["channel.mirror"]._run(self.channel)
        self.env.invalidate_all()

    def stock(self):
        rows = self.env["channel.external.stock"].search(
            [("warehouse_id", "=", self.store.id)]
        )
        return {row.product_id: row.on_hand for row in rows}

    def told(self):
        return self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("state", "=", "open")]
        )

    def test_count_is_in_stock_units(self):
        self.tell(item_1=7, item_2=3)
        self.assertEqual(self.stock(), {self.product: 7, self.other: 36})

    def test_nothing_is_ever_published_there(self):
        self.tell(item_1=7)
        self.plan()
        self.publish()
        nodes = self.env["channel.publication.line"].search([]).level_id.node_id
        self.assertNotIn(self.fba, nodes)

    def test_two_listings_of_one_product_are_added_up(self):
        self.make_listing(self.env, self.channel, self.product, 3)
        self.tell(item_1=7, item_3=2)
        self.assertEqual(self.stock(), {self.product: 9})

    def test_product_that_is_not_told_any_more_has_none(self):
        self.make_listing(self.env, self.channel, self.make_product(self.env, 3), 3)
        self.tell(item_1=7, item_2=3, item_3=1)
        self.tell(item_1=7, item_3=1)
        self.assertEqual(self.stock()[self.other], 0)

    def test_count_without_most_products_is_believed_the_second_time(self):
        self.tell(item_1=7, item_2=3)
        self.tell()
        self.assertEqual(self.stock(), {self.product: 7, self.other: 36})
        told = self.told()
        self.assertEqual(told._record(), self.fba)
        self.tell()
        self.assertEqual(self.stock(), {self.product: 0, self.other: 0})
        self.assertEqual(told.state, "resolved")

    def test_count_that_is_whole_again_ends_the_doubt(self):
        self.tell(item_1=7, item_2=3)
        self.tell(item_1=7, item_2=0)
        self.assertFalse(self.told(), "half of them may be sold out")
        self.tell()
        self.tell(item_1=6, item_2=2)
        self.assertEqual(self.stock(), {self.product: 6, self.other: 24})
        self.tell()
        self.assertEqual(self.stock()[self.product], 6, "doubted anew")

    def test_count_with_two_numbers_of_one_listing_changes_nothing(self):
        self.tell(item_1=7)
        self.fake.stock_pages = [[StockState("item-1", 1)], [StockState("item-1", 2)]]
        with self.assertRaises(MalformedDataError):
            self.env["channel.mirror"]._run(self.channel)
        self.assertEqual(self.stock(), {self.product: 7})

    def test_number_that_no_stock_has_is_refused(self):
        for number in (-1, 10**9):
            with self.assertRaises(MalformedDataError):
                StockState("item-1", number)

    def test_warehouse_that_odoo_counts_is_left_alone(self):
        self.store.channel_authority = "odoo"
        self.tell(item_1=7)
        self.assertFalse(self.stock())

    def test_account_without_such_a_warehouse_is_left_alone(self):
        self.tell(item_1=7)
        self.fake._iter_stock = lambda channel, node_ref: None
        self.env["channel.mirror"]._run(self.channel)
        self.assertEqual(self.stock(), {self.product: 7})

    def test_it_goes_on_by_itself_and_every_hour(self):
        self.forget_wakeups()
        self.channel._job_mirror()
        self.assertEqual(self.wanted("_job_mirror"), 3600)
        self.forget_wakeups()
        self.env["channel.channel"]._cron_look()
        self.assertEqual(self.wanted("_job_mirror"), 0)
