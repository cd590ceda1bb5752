# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..models.channel_intake import ChannelIntake
from .common import ChannelCase


class BlindCase(ChannelCase):
    """Partners that are written to and never read."""

    def setUp(self):
        super().setUp()
        self.fake.absolute = True
        self.fake.read_levels = False

    def remote(self, level=None):
        level = level or self.level
        return self.env["channel.level.remote"].search([("level_id", "=", level.id)])

    def pending(self):
        return self.env["channel.level.pending"].search([])


@tagged("post_install", "-at_install")
class TestPublisherBlind(BlindCase):
    def test_what_was_never_told_is_sent(self):
        """It is not waited for a look that nobody can take."""
        self.plan()
        self.env["channel.level.pending"]._add(self.level, force=True)
        self.observe()
        self.publish()
        self.assertEqual(len(self.fake.requests), 1)
        self.assertEqual(self.fake.levels["item-1", "node-1"], 10)
        self.assertEqual(self.remote().state, "known")
        self.assertFalse(self.pending())

    def test_what_is_planned_while_the_publisher_is_at_work_is_told(self):
        """The run has looked for what was never told, then the planner commits."""
        self.plan()
        publisher = self.registry["channel.publisher"]
        with patch.object(publisher, "_queue_unknown", lambda _self, _channel: None):
            self.publish()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 10)
        self.assertEqual(self.remote().state, "known")
        self.assertEqual(self.env["channel.publication.line"].search([]).base, 0)
        self.publish()
        self.assertEqual(len(self.fake.requests), 1)

    def test_what_is_known_is_sent_when_it_has_changed(self):
        self.plan()
        self.publish()
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.publish()
        self.publish()
        self.assertEqual(len(self.fake.requests), 2)
        self.assertEqual(self.fake.levels["item-1", "node-1"], 15)

    def test_refused_number_is_tried_again_by_the_sweep(self):
        self.fake.rejected["item-1"] = "no such item"
        self.plan()
        self.publish()
        self.assertEqual(self.remote().state, "rejected")
        del self.fake.rejected["item-1"]
        self.env["channel.publisher"]._requeue_missing()
        self.publish()
        self.assertEqual(self.remote().state, "known")

    # --------------------------------------------------------------- health
    def unsent(self):
        """The exception after a minute's recovery."""
        self.env.flush_all()
        self.channel._watch_health()
        return self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("key", "=", "unsent")]
        )

    def age(self, hours):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_level SET planned_at = planned_at - %s * interval '1 hour'",
            [hours],
        )
        self.env.invalidate_all()

    def never_known(self):
        """As where a quantity cannot be read, and is in no queue either."""
        self.channel.connection_state = "ok"
        self.plan()
        self.env["channel.observer"]._make_missing_now(self.channel)
        self.env["channel.level.pending"].search([]).unlink()

    def test_quantity_that_nobody_can_send_is_told_after_an_hour(self):
        self.never_known()
        self.assertFalse(self.unsent())
        self.age(2)
        self.assertIn("not sent for", self.unsent().message)
        self.assertEqual(self.channel.health, "bad")
        self.publish()
        self.assertEqual(self.unsent().state, "resolved")

    def test_quantity_that_was_just_sent_is_not_unsent(self):
        self.never_known()
        self.publish()
        self.remote().state = "stale"
        self.age(2)
        self.assertFalse(self.unsent())

    def test_channel_that_is_not_live_sends_nothing_on_purpose(self):
        self.never_known()
        self.age(2)
        self.channel.state = "paused"
        self.assertFalse(self.unsent())

    def test_no_order_is_asked_for(self):
        self.fake.more = {"fetch": False}
        self.env["channel.order"].search([])._want_fetch()
        self.channel._job_fetch()
        self.assertFalse(self.fake.asked)


@tagged("post_install", "-at_install")
class TestConnectable(ChannelCase):
    """A warehouse or a supplier is a partner that neither sells nor is told numbers."""

    def setUp(self):
        super().setUp()
        self.more = {"push_levels": False, "orders": False, "connects": True}

    def test_partner_without_levels_is_connected(self):
        with patch.object(type(self.fake), "_capabilities", self.can(**self.more)):
            self.channel.invalidate_recordset()
            self.channel.action_test_connection()
            self.assertTrue(self.channel.is_connectable)
            self.assertEqual(self.channel.connection_state, "ok")

    def test_neither_node_nor_listing_is_asked_of_it(self):
        self.channel.exception_user_id = self.env.ref("base.user_admin")
        self.listing.state = "unmapped"
        with patch.object(type(self.fake), "_capabilities", self.can(**self.more)):
            self.channel._check_go_live()
        with self.assertRaises(UserError):
            self.channel._check_go_live()

    def can(self, **more):
        before = type(self.fake)._capabilities

        def capabilities(fake):
            return replace(before(fake), **more)

        return capabilities


@tagged("post_install", "-at_install")
class TestPublisherSnapshot(BlindCase):
    """All numbers in one document, at times that were agreed."""

    def setUp(self):
        super().setUp()
        self.fake.more = {"snapshot": True}
        self.second = self.make_listing(
            self.env, self.channel, self.make_product(self.env, 2), 2
        )
        self.moment = datetime.now(timezone.utc)
        clock = patch.object(ChannelIntake, "_database_time", lambda _self: self.moment)
        clock.start()
        self.addCleanup(clock.stop)

    def documents(self):
        """:return: list of {stock_ref: quantity}"""
        return [
            {ref: quantity for _id, ref, _node, quantity, _base in json.loads(payload)}
            for _key, payload in self.fake.requests
        ]

    def lines(self):
        return self.env["channel.publication.line"].search([], order="id")

    def pass_minutes(self, minutes):
        self.moment += timedelta(minutes=minutes)

    def test_every_level_is_in_it(self):
        """Zeros, too; lines are written for what has changed."""
        self.plan()
        self.publish()
        self.assertEqual(self.documents(), [{"item-1": 10, "item-2": 0}])
        self.assertEqual(len(self.lines()), 2)
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.publish()
        self.assertEqual(self.documents()[1], {"item-1": 15, "item-2": 0})
        self.assertEqual(len(self.lines()), 3)

    def test_nothing_has_changed(self):
        self.plan()
        self.publish()
        self.publish()
        self.assertEqual(len(self.documents()), 1)

    def test_window(self):
        """Not before it is due; then in any case, also where nothing has changed."""
        self.channel.publish_minutes = 60
        self.plan()
        self.publish()
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.pass_minutes(59)
        self.publish()
        self.assertEqual(len(self.documents()), 1)
        self.assertTrue(self.pending(), "what waits stays queued")
        self.pass_minutes(1)
        self.publish()
        self.assertEqual(self.documents()[1], {"item-1": 15, "item-2": 0})
        self.pass_minutes(60)
        self.publish()
        self.assertEqual(self.documents()[2], {"item-1": 15, "item-2": 0})
        self.assertEqual(len(self.lines()), 3)

    def test_times_of_day_are_those_of_the_company(self):
        """18:30 in Berlin is 17:30 UTC in December."""
        self.env.company.partner_id.tz = "Europe/Berlin"
        self.channel.write({"publish_times": "06:00, 18:30", "publish_minutes": 1})
        self.moment = datetime(2026, 12, 1, 17, 0, tzinfo=timezone.utc)
        self.plan()
        self.publish()
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        for minutes, count in ((29, 1), (1, 2), (11 * 60 + 29, 2), (1, 3)):
            self.pass_minutes(minutes)
            self.publish()
            self.assertEqual(len(self.documents()), count, self.moment)
        self.assertEqual(self.documents()[1], {"item-1": 15, "item-2": 0})

    def test_times_that_are_none_are_refused(self):
        for text in ("25:00", "6", "06:00 18:00", "noon"):
            with self.assertRaisesRegex(ValidationError, "no time of day"):
                self.channel.publish_times = text

    def test_document_and_its_time_are_one(self):
        """A worker that dies after the document has not to send a second one."""
        self.channel.publish_minutes = 60
        self.plan()
        publisher = self.env["channel.publisher.snapshot"]
        publisher._freeze(self.channel)
        self.assertEqual(publisher._seconds_until_due(self.channel), 3600)

    def test_waiting_for_the_window_is_not_late(self):
        self.channel.publish_minutes = 60
        self.plan()
        self.publish()
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.env.cr.execute(
            "UPDATE channel_level_pending SET since = since - interval '30 minutes'"
        )
        self.env.invalidate_all()
        self.assertNotEqual(self.channel.health, "bad")

    def test_change_that_nobody_has_planned_yet(self):
        """A sale stored a moment before the document is in it."""
        self.plan()
        self.publish()
        self.env["channel.hold"].create(
            {
                "company_id": self.env.company.id,
                "product_id": self.product.id,
                "warehouse_id": self.warehouse.id,
                "stock_quantity": 4,
            }
        )
        self.publish()
        self.assertEqual(self.documents()[1]["item-1"], 6)

    def test_listing_that_ends_is_sent_once_more(self):
        self.plan()
        self.publish()
        self.listing.active = False
        self.plan()
        self.env["channel.level.pending"]._add(self.second.level_ids, force=True)
        self.publish()
        self.assertEqual(self.documents()[1], {"item-1": 0, "item-2": 0})
        self.env["channel.level.pending"]._add(self.second.level_ids, force=True)
        self.publish()
        self.assertEqual(self.documents()[2], {"item-2": 0})

    def test_document_that_was_refused_is_made_anew(self):
        self.channel.publish_minutes = 60
        self.plan()
        self.publish()
        self.env["channel.publisher.snapshot"]._forget(self.channel)
        self.assertEqual(self.remote().state, "unknown")
        self.publish()
        self.assertEqual(self.documents()[1], {"item-1": 10, "item-2": 0})
        self.assertEqual(self.remote().state, "known")

    def test_paused(self):
        self.plan()
        self.channel.action_pause()
        self.publish()
        self.assertFalse(self.documents())
