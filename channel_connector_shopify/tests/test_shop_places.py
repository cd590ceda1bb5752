# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.models import channel_intake

from .shop import PLACES, Inbox, ShopCase


@tagged("post_install", "-at_install")
class TestShopPlaces(ShopCase):
    """Locations that close and open, and items that are not stocked everywhere."""

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
        self.shop.edit_stock("SKU-1", PLACES[0], quantity=10)

    def add(self, quantity):
        self.add_stock(self.env, self.product, self.warehouse, quantity)
        self.plan()

    def told(self, category):
        return self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("category", "=", category)]
        )

    def refuse(self, quantity):
        """The location is closed when a number is sent."""
        self.shop.edit_location(PLACES[0], active=False)
        self.add(quantity)
        self.publish()
        self.assertEqual(self.level.remote_state, "rejected")
        self.assertIn("open", self.told("level").mapped("state"))

    def test_level_refused_while_its_location_was_closed_follows_when_it_opens(self):
        for quantity, way in ((-5, "sweep"), (3, "nodes")):
            with self.subTest(way):
                self.refuse(quantity)
                if way == "nodes":
                    self.env["channel.catalogue"]._fetch_nodes(self.channel)
                    self.assertFalse(self.node.active)
                self.shop.edit_location(PLACES[0], active=True)
                if way == "nodes":
                    self.env["channel.catalogue"]._fetch_nodes(self.channel)
                    self.plan()
                else:
                    self.env.flush_all()
                    self.env["channel.publisher"]._requeue_missing()
                self.publish()
                self.assertEqual(self.shown("SKU-1"), self.level.target)
                self.assertTrue(self.level.in_sync)
                self.assertEqual(set(self.told("level").mapped("state")), {"resolved"})

    def test_listing_that_comes_back_is_tried_again(self):
        self.refuse(4)
        self.shop.edit_location(PLACES[0], active=True)
        self.env["channel.level.pending"].search([]).unlink()
        self.listing.active = False
        self.listing.active = True
        self.plan()
        self.publish()
        self.assertEqual(self.shown("SKU-1"), 14)

    def test_request_that_was_refused_as_a_whole_waits_for_a_person(self):
        self.add(1)
        self.shop.config.max_query_cost = 1
        self.publish()
        self.shop.config.max_query_cost = 1000
        dead = self.env["channel.publication"].search([("state", "=", "dead")])
        self.assertEqual(len(dead), 1)
        self.env.flush_all()
        self.env["channel.publisher"]._requeue_missing()
        self.assertFalse(self.env["channel.level.pending"].search([]))
        dead.action_retry()
        self.publish()
        self.assertEqual(self.shown("SKU-1"), 11)

    # ------------------------------------------------------------ not stocked
    def test_item_not_stocked_is_stocked_whatever_2026_10_means(self):
        """It stocks what is set, or leaves the entry out without an error."""
        self.channel.shopify_api_version = "2026-10"
        for reading, first in (("stocks", "acked"), ("drops", "retry")):
            with self.subTest(reading):
                self.shop.reset()
                self.shop.config.not_stocked = reading
                self.addCleanup(setattr, self.shop.config, "not_stocked", "stocks")
                others = self.entry(2, "SKU-1", 6, self.shown("SKU-1"))
                absent = self.entry(1, "S-1", 4, 0, PLACES[1])
                found = self.push(absent, others, key=reading)
                self.assertEqual(found, {1: first, 2: "acked"})
                if first == "retry":
                    found = self.push(absent, key="again")
                self.assertEqual(found[1], "acked")
                self.assertEqual(self.shown("S-1", PLACES[1]), 4)

    def test_number_that_is_as_it_was_needs_no_change(self):
        for reading in ("stocks", "drops"):
            self.channel.shopify_api_version = "2026-10"
            self.shop.config.not_stocked = reading
            self.addCleanup(setattr, self.shop.config, "not_stocked", "stocks")
            shown = self.shown("SKU-1")
            same = self.entry(1, "SKU-1", shown, shown)
            self.assertEqual(self.push(same, key=reading), {1: "acked"})

    def test_first_number_of_an_item_not_stocked_raises_no_alarm(self):
        """From connecting to the number shown, in both readings and all versions."""
        for version, reading in (
            ("2026-07", "stocks"),
            ("2026-10", "stocks"),
            ("2026-10", "drops"),
        ):
            with self.subTest(version=version, reading=reading):
                self.shop.reset()
                self.shop.config.not_stocked = reading
                self.addCleanup(setattr, self.shop.config, "not_stocked", "stocks")
                self.channel.shopify_api_version = version
                variant = self.shop.store.find_variant("S-1")
                self.listing.write(
                    {"external_id": variant.gid, "stock_ref": self.item("S-1")}
                )
                self.node.external_id = self.place(PLACES[1])
                self.env["channel.level.remote"].search([]).write(
                    {"base_qty": 0, "base_deducted": 0, "state": "known"}
                )
                self.env["channel.level.pending"]._add(self.level, force=True)
                for _run in range(3):
                    self.publish()
                self.assertEqual(self.shown("S-1", PLACES[1]), self.level.target)
                self.channel._job_look()
                self.env.invalidate_all()
                self.assertEqual(self.level.remote_state, "known")
                self.assertFalse(self.told("drift"))

    def test_item_that_is_stocked_no_more_is_told_from_one_that_shows_0(self):
        self.add(2)
        self.publish()
        for none in (True, False):
            if none:
                self.shop.deactivate("SKU-1", PLACES[0])
            else:
                self.shop.edit_stock("SKU-1", PLACES[0], quantity=0)
            self.channel._job_look()
            for _look in range(2):
                self.poll()
                self.observe()
                self.later(60)
            told = self.told("drift").filtered(lambda each: each.state == "open")
            self.assertEqual("no longer stocks it" in told.message, none)
            told._close("resolved", "Looked at it")
            for _run in range(3):
                self.publish()
                self.poll()
                self.observe()
                self.later(60)
            self.publish()
            self.assertEqual(self.shown("SKU-1"), 12)
            self.assertTrue(self.level.in_sync)


@tagged("post_install", "-at_install")
class TestShopHooks(ShopCase):
    """Shopify removes a subscription after deliveries that failed, and tells nobody."""

    def setUp(self):
        super().setUp()
        self.adapter_model._test_connection(self.channel)
        self.inbox = Inbox()
        self.addCleanup(self.inbox.stop)
        token = self.channel.webhook_token
        address = f"{self.inbox.url}/channel/webhook/{token}"
        self.patch(
            self.registry["channel.channel"], "_webhook_url", lambda channel: address
        )
        self.channel._job_webhooks()

    def told(self):
        return self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("category", "=", "webhooks")]
        )

    def test_first_registration_is_no_alarm(self):
        self.assertFalse(self.told())
        self.channel._job_webhooks()
        self.assertFalse(self.told())

    def test_removed_subscriptions_are_made_anew_and_told(self):
        self.poll()
        self.shop.webhooks.subscriptions.clear()
        self.patch(channel_intake, "ANNOUNCED_SECONDS", 0)
        order = self.shop.checkout({"SKU-1": 1})
        self.poll()
        self.intake()
        self.assertTrue(self.order(order.gid))
        woken = []
        cls = self.registry["channel.channel"]
        wake = cls._after_commit
        self.patch(
            cls,
            "_after_commit",
            lambda channel, number, job, seconds=0: (
                woken.append(job),
                wake(channel, number, job, seconds),
            ),
        )
        self.poll()
        self.assertIn("_job_webhooks", woken)
        self.channel._job_webhooks()
        self.assertIn("ORDERS_CREATE", self.told().message)
        self.assertTrue(self.shop.webhooks.subscriptions)
