# SPDX-License-Identifier: AGPL-3.0-or-later
import json

from psycopg2.errors import CheckViolation

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.channel_inventory_base.models import channel_lane
from odoo.addons.channel_inventory_base.tests.test_accepted import Accepting

from ..const import FBA_NODE, MERCHANT
from ..lib.numbers import STANDS
from .shop import SELLER, AccountCase

COUNT, STOCK = 4, 50
MINUTE, HOUR = 60, 3600
ROUND = 5 * MINUTE


class FeedCase(Accepting, AccountCase):
    """Four listings of 50 pieces each, of which Amazon shows 10, 20, 30 and 40; three
    changes are a mass. Hours of Amazon's are hours."""

    def setUp(self):
        super().setUp()
        self.node.external_id = MERCHANT
        self.products = self.product
        self.listing.write({"external_id": "SKU-1", "stock_ref": "SKU-1"})
        others = [self.offer(f"SKU-{number}") for number in range(2, COUNT + 1)]
        self.products += self.env["product.product"].concat(*others)
        self.add_stock(self.env, self.product, self.warehouse, STOCK - 10)
        list(self.adapter_model._iter_listings(self.channel))
        self.channel.mass_quantity = 3
        self.plan()
        self.levels = self.env["channel.level"].search(
            [("channel_id", "=", self.channel.id)], order="listing_id"
        )
        for number, level in enumerate(self.levels, 1):
            self.make_known(self.env, level, 10 * number)
        self.env["channel.level.pending"].search([]).unlink()
        self.set_account(compress=1, feed_queue_minutes=(1, 1))
        self.set_account(feed_work_minutes=(9, 9), feed_stuck_hours=(6, 6))

    def offer(self, sku):
        """:return: a product with stock, listed as that SKU"""
        number = 100 + len(sku) + sum(map(ord, sku))
        product = self.make_product(self.env, number, STOCK, self.warehouse)
        names = {"external_id": sku, "stock_ref": sku, "sku": sku}
        self.make_listing(self.env, self.channel, product, number, **names)
        return product

    def set_account(self, **values):
        config = self.shop.config
        before = {name: getattr(config, name) for name in values}
        for name, value in values.items():
            setattr(config, name, value)
            self.addCleanup(setattr, config, name, before[name])

    # ----------------------------------------------------------------- acts
    def rise(self):
        self.env["channel.level.pending"]._add(self.levels)
        self.publish()

    def stock(self, quantity, number=1):
        """So much more or less of a product; the new number is sent."""
        product = self.products[number - 1]
        self.add_stock(self.env, product, self.warehouse, quantity)
        self.plan()
        self.publish()

    def wait(self, seconds):
        """Time passes here and there, with what the minute's jobs do at its end."""
        self.shop.pass_time(seconds)
        self.time_passes(seconds)
        self.env.cr.execute(
            """
            UPDATE channel_publication
               SET ask_at = ask_at - make_interval(secs => %(seconds)s),
                   watch_at = watch_at - make_interval(secs => %(seconds)s);
            -- our own counts of requests, and tokens of an hour
            DELETE FROM channel_shared_state
             WHERE key LIKE '%%bucket.%%' OR key = 'token'
            """,
            {"seconds": seconds},
        )
        self.env.invalidate_all()
        self.env["channel.observer"]._run(self.channel)
        self.env.invalidate_all()
        self.publish()

    # ---------------------------------------------------------------- looks
    def shown(self):
        return [self.shop.shown(f"SKU-{number}") for number in range(1, COUNT + 1)]

    def feed(self):
        return self.env["channel.publication"].search([("lane", "=", "feed")])

    def patched(self, sku="SKU-1"):
        """Quantities of the PATCHes of a SKU, oldest first."""
        found = []
        for entry in self.requests("patchListingsItem"):
            if f"/{sku}" in entry["path"]:
                [patch] = json.loads(entry["body"])["patches"]
                found.append(patch["value"][0]["quantity"])
        return found

    def fed(self):
        """SKUs of the feeds, in their order."""
        documents = [feed.document for feed in self.shop.store.feeds.values()]
        found = [json.loads(each.body)["messages"] for each in documents]
        return [message["sku"] for messages in found for message in messages]

    def told(self):
        return self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("state", "=", "open")]
        )


@tagged("post_install", "-at_install")
class TestShopFeed(FeedCase):
    """Mass changes by a feed, and what happens while it is out."""

    def test_many_that_rise_go_by_one_feed(self):
        self.rise()
        self.assertEqual(len(self.requests("createFeed")), 1)
        self.assertFalse(self.requests("patchListingsItem"))
        self.assertEqual(self.shown(), [10, 20, 30, 40])
        for _minute in range(20):
            self.wait(MINUTE)
        self.assertEqual(self.shown(), [STOCK] * COUNT)
        self.assertEqual(set(self.feed().line_ids.mapped("result")), {"acked"})
        self.assertEqual(self.feed().state, "done")
        self.assertFalse(self.requests("patchListingsItem"))
        self.assertEqual(self.violations(), {})

    def test_sku_that_sells_out_while_the_feed_is_stuck_is_at_0(self):
        """Whenever the feed puts its old number there, one round later it is gone."""
        self.shop.rules.next("feed_stuck")
        self.rise()
        self.wait(2 * MINUTE)
        self.stock(-STOCK)
        self.assertEqual(self.shop.shown("SKU-1"), 0)
        landed = False
        for _round in range(75):
            before = len(self.history("SKU-1"))
            self.wait(ROUND)
            landed = landed or STOCK in self.history("SKU-1")[before:]
            self.assertEqual(self.shop.shown("SKU-1"), 0)
        self.assertTrue(landed, "the feed has landed on the newer number")
        self.assertEqual(self.feed().state, "done")
        self.assertEqual(self.shown()[1:], [STOCK] * (COUNT - 1))
        self.assertLessEqual(len(self.patched()), 4)
        # the feed's others were not sent besides
        self.assertEqual(self.patched("SKU-2"), [])
        self.assertEqual(self.violations(), {})

    def history(self, sku):
        rows = [row for row in self.shop.store.history if row[1] == sku]
        return [number for _moment, _sku, number, _cause in rows]

    def test_late_feed_is_overwritten_when_it_ends_at_the_latest(self):
        """Also where nobody has watched."""
        self.shop.rules.next("feed_stuck")
        self.rise()
        self.wait(2 * MINUTE)
        self.stock(-STOCK)
        self.feed().watch_at = False
        self.wait(7 * HOUR)
        self.assertEqual(self.shop.shown("SKU-1"), 0)

    def test_sku_that_rises_meanwhile_is_not_sent_before_the_feed_has_ended(self):
        self.rise()
        self.stock(+7)
        self.assertEqual(self.patched(), [])
        for _minute in range(30):
            self.wait(MINUTE)
        self.assertEqual(self.shop.shown("SKU-1"), STOCK + 7)
        self.assertEqual(self.patched(), [STOCK + 7])
        self.assertEqual(self.violations(), {})

    def test_line_that_was_never_applied_is_sent_once_more(self):
        self.shop.rules.next("line_lost")
        self.rise()
        for _minute in range(60):
            self.wait(MINUTE)
        self.assertEqual(self.shown(), [STOCK] * COUNT)
        self.assertEqual(len(self.requests("patchListingsItem")), 1)
        self.assertEqual(self.violations(), {})

    def test_feed_that_is_fatal_goes_by_patches_and_is_told(self):
        self.shop.rules.next("feed_fatal")
        self.rise()
        for _minute in range(12):
            self.wait(MINUTE)
        self.assertEqual(self.shown(), [STOCK] * COUNT)
        self.assertIn("FATAL", self.told().message)
        self.assertEqual(self.violations(), {})

    def test_feeds_that_are_used_up_keep_no_number_back(self):
        now = self.shop.store.clock.time()
        self.shop.limits.drain(self.shop.config, SELLER, "createFeed", now)
        self.rise()
        self.assertEqual(self.shown(), [STOCK] * COUNT)

    def test_lost_answer_is_no_reason_to_wait(self):
        self.shop.faults.add(kind="reset_after_commit", operation="createFeed", next=1)
        self.channel._job_publish()
        self.env["channel.level.pending"]._add(self.levels)
        self.env.flush_all()
        self.channel._job_publish()
        self.env.invalidate_all()
        self.publish()
        self.assertEqual(self.shown(), [STOCK] * COUNT)
        self.assertEqual(set(self.feed().line_ids.mapped("result")), {"accepted"})

    def test_worker_killed_while_it_hands_in_a_feed_leaves_no_number_wrong(self):
        """Whether Amazon has taken it or not, and whenever it applies it then."""
        for handed_in in (False, True):
            with self.subTest(handed_in=handed_in), self.passing():
                self.die_at_a_feed(handed_in)
                self.publish()
                self.assertEqual(self.shown(), [STOCK] * COUNT)
                self.stock(-STOCK)
                for _minute in range(40):
                    self.wait(MINUTE)
                self.assertEqual(self.shown(), [0] + [STOCK] * (COUNT - 1))

    def die_at_a_feed(self, handed_in):
        self.begin()
        self.env["channel.level.pending"]._add(self.levels)
        publisher = self.env["channel.publisher"]._of(self.channel)
        publication = self.env["channel.publication"].browse(
            publisher._freeze_next(self.channel)
        )
        self.assertEqual(publication.lane, "feed")
        publication.state = "sending"
        if handed_in:
            self.adapter_model._push_levels(
                self.channel, publication.payload, publication.key, lane="feed"
            )
        self.env.flush_all()

    def test_invalid_message_is_told_and_the_others_are_applied(self):
        self.shop.edit_listing("SKU-2", product_type="LAMP")
        self.rise()
        for _minute in range(20):
            self.wait(MINUTE)
        self.assertEqual(self.shown(), [STOCK] * COUNT)
        self.assertFalse(self.told())

    def test_sku_of_another_marketplace_goes_by_a_feed_of_that(self):
        """In a feed of the seller's home a stub would be born."""
        self.offer("FR-1")
        self.plan()
        level = self.env["channel.level"].search(
            [("listing_id.stock_ref", "=", "FR-1")]
        )
        self.make_known(self.env, level, 3)
        self.levels += level
        self.rise()
        self.assertEqual(len(self.requests("createFeed")), 2)
        for _minute in range(40):
            self.wait(MINUTE)
        self.assertEqual(self.shop.shown("FR-1"), STOCK)
        self.assertEqual(self.shown(), [STOCK] * COUNT)
        self.assertFalse(self.requests("patchListingsItem"))
        self.assertEqual(self.violations(), {})

    # ------------------------------------------------------------ mass fall
    def test_mass_that_falls_is_right_even_if_the_feed_is_stuck(self):
        self.channel.mass_quantity = 1
        self.patch(channel_lane, "HEAD", 1)
        self.shop.rules.next("feed_stuck")
        for product, left in zip(self.products, (0, 9, 5, 7), strict=True):
            self.add_stock(self.env, product, self.warehouse, left - STOCK)
        self.plan()
        self.publish()
        # 0 goes before all, and then the lowest
        self.assertEqual(self.fed(), ["SKU-4", "SKU-2"])
        self.assertEqual(self.shown(), [0, 20, 5, 40])
        for _round in range(4):
            self.wait(ROUND)
        self.assertEqual(self.shown(), [0, 9, 5, 7], "the feed is late")
        for _round in range(75):
            self.wait(ROUND)
            self.assertEqual(self.shown(), [0, 9, 5, 7])
        self.assertIsNone(self.violations().get("fba_writes"))


@tagged("post_install", "-at_install")
class TestShopNeverFba(FeedCase):
    """Numbers of what Amazon ships are in no request, whatever the database says."""

    def force(self):
        """The listing that Amazon ships is published like any other."""
        self.offer("FBA-1")
        self.plan()
        level = self.env["channel.level"].search(
            [("listing_id.stock_ref", "=", "FBA-1")]
        )
        self.make_known(self.env, level, 0)
        self.levels += level
        return level

    def test_never_in_a_feed(self):
        level = self.force()
        self.rise()
        self.assertNotIn("FBA-1", self.fed())
        for _minute in range(20):
            self.wait(MINUTE)
        self.assertEqual(level.remote_state, "rejected")
        self.assertIn("FBA", self.told().message)
        self.assertEqual(self.shown(), [STOCK] * COUNT)
        self.assertEqual(self.violations(), {})

    def test_never_in_a_feed_after_amazon_has_taken_it_over(self):
        """Known as soon as anybody has looked at it."""
        listing = self.shop.store.listings["SKU-4"]
        listing.fba, listing.quantity = self.shop.store.listings["FBA-1"].fba, None
        self.adapter_model._fetch_levels(self.channel, [self.ref("SKU-4")])
        self.rise()
        self.assertEqual(self.fed(), ["SKU-1", "SKU-2", "SKU-3"])
        self.assertEqual(self.violations(), {})

    def test_never_in_a_feed_where_an_older_report_does_not_know_it(self):
        """Amazon's reports are of some hours ago: what was seen since counts."""
        listing = self.shop.store.listings["SKU-4"]
        listing.fba, listing.quantity = self.shop.store.listings["FBA-1"].fba, None
        self.adapter_model._fetch_levels(self.channel, [self.ref("SKU-4")])
        offers = {
            each.external_id: each
            for page in self.adapter_model._iter_listings(self.channel)
            for each in page
        }
        self.assertTrue(offers["SKU-4"].tracked, "the report is of before")
        self.rise()
        self.assertEqual(self.fed(), ["SKU-1", "SKU-2", "SKU-3"])
        self.assertEqual(self.violations(), {})

    def test_never_in_a_patch(self):
        level = self.force()
        self.channel.mass_quantity = 100
        self.env["channel.level.pending"]._add(level)
        self.publish()
        self.assertEqual(level.remote_state, "rejected")
        self.assertEqual(self.requests("patchListingsItem"), [])
        self.assertEqual(self.violations(), {})

    def test_database_refuses_to_publish_to_amazons_warehouses(self):
        self.env["channel.catalogue"]._fetch_nodes(self.channel)
        node = self.channel.node_ids.filtered("fulfilled_by_channel")
        self.assertEqual(node.external_id, FBA_NODE)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(CheckViolation),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(
                "UPDATE channel_node SET publish = true WHERE id = %s", [node.id]
            )

    def test_connector_refuses_where_the_database_was_told_otherwise(self):
        """Both columns by SQL: the node is like any other then."""
        self.env.cr.execute(
            "UPDATE channel_node SET external_id = %s WHERE id = %s",
            [FBA_NODE, self.node.id],
        )
        self.env.invalidate_all()
        self.rise()
        self.assertEqual(set(self.levels.mapped("remote_state")), {"rejected"})
        self.assertEqual(self.requests("createFeed"), [])
        self.env["channel.level.pending"]._add(self.levels[:2], force=True)
        self.publish()
        self.assertEqual(self.requests("patchListingsItem"), [])
        self.assertEqual(self.violations(), {})


@tagged("post_install", "-at_install")
class TestShopAccepted(FeedCase):
    """PATCHes that Amazon has accepted and applies when it pleases."""

    def setUp(self):
        super().setUp()
        self.channel.mass_quantity = 100

    def test_patch_that_is_applied_after_15_minutes_is_waited_for(self):
        self.shop.rules.set(patch_slow=1)
        self.stock(-STOCK)
        for minute in range(14):
            self.wait(MINUTE)
            self.env["channel.observer"]._look_around(self.channel)
            self.env["channel.publisher"]._requeue_missing()
            self.publish()
            self.assertEqual(self.levels[0].remote_state, "known", f"minute {minute}")
        self.assertEqual(self.shop.shown("SKU-1"), 10)
        for _minute in range(3):
            self.wait(MINUTE)
        self.assertEqual((self.patched(), self.shop.shown("SKU-1")), ([0], 0))
        self.assertEqual(self.results()[-1], "acked")
        self.assertFalse(self.told())
        self.assertEqual(self.violations(), {})

    def test_patch_that_is_never_applied_is_sent_once_more_and_then_told(self):
        self.shop.rules.set(patch_lost=1)
        self.stock(-STOCK)
        for _minute in range(25):
            self.wait(MINUTE)
        self.assertEqual(self.patched(), [0, 0])
        self.assertFalse(self.told())
        for _minute in range(25):
            self.wait(MINUTE)
        self.assertEqual(self.patched(), [0, 0])
        self.assertIn("SKU-1", self.told().message)
        self.assertEqual(self.violations(), {})

    def test_sale_right_after_a_number_was_applied_is_looked_at_and_not_sent(self):
        """It may have been overwritten, for all that is known; Amazon shows it was
        not. While another number may yet be applied, it is sent all the same."""
        self.stock(-20)
        self.wait(2 * MINUTE)
        self.assertEqual((self.results(), self.shop.shown("SKU-1")), (["acked"], 30))
        self.take_in(self.sell({"SKU-1": 4}))
        self.assertEqual((self.patched(), self.shop.shown("SKU-1")), ([30], 26))
        [line] = self.env["channel.publication.line"].search([], order="id")[1:]
        self.assertEqual((line.quantity, line.code), (26, STANDS))
        self.wait(2 * MINUTE)
        self.assertEqual(self.results(), ["acked", "acked"])
        self.assertEqual(self.violations(), {})

    def take_in(self, order):
        """Its order is captured, and what changes is sent."""
        event = self.adapter_model._fetch_order(self.channel, order.id)
        self.env["channel.inbox.event"]._store(self.channel, [event], "poll")
        while self.env["channel.intake"]._capture_next(self.channel):
            pass
        self.plan()
        self.publish()
