# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common_position import PositionCase


@tagged("post_install", "-at_install")
class TestReportedWarehouse(PositionCase):
    """A warehouse of somebody else that reports each movement: Odoo counts, as long as
    it speaks. 10 pieces on hand."""

    def setUp(self):
        super().setUp()
        self.warehouse.write(
            {
                "channel_authority": "reported",
                "channel_fresh_minutes": 60,
                "channel_stale_percent": 20,
                "channel_silent_minutes": 600,
            }
        )

    def silence(self, minutes):
        """The last document came in so long ago; the minute's recovery looks."""
        self.env.flush_all()
        self.warehouse.channel_told_at = fields.Datetime.now() - timedelta(
            minutes=minutes
        )
        self.env.flush_all()
        self.env["stock.warehouse"]._follow_channel_silence()
        self.env.invalidate_all()

    def test_quants_count_while_the_warehouse_speaks(self):
        self.check(on_hand=10, doubted=0, available=10, confidence=100)
        self.plan()
        self.assertEqual(self.level.target, 10)

    def test_silence_of_all_documents_keeps_back_and_ends_what_is_promised(self):
        for minutes, doubted in ((61, 2), (601, 10)):
            self.silence(minutes)
            self.check(on_hand=10, doubted=doubted, available=10 - doubted)
            self.plan()
            self.assertEqual(self.level.target, 10 - doubted)

    def test_any_document_ends_the_silence(self):
        self.silence(601)
        self.plan()
        self.assertEqual(self.level.target, 0)
        self.warehouse._note_told()
        self.check(doubted=0, confidence=100)
        self.plan()
        self.assertEqual(self.level.target, 10)

    def test_late_document_is_no_news(self):
        self.silence(61)
        before = self.warehouse.channel_told_at
        self.warehouse._note_told(before - timedelta(minutes=5))
        self.assertEqual(self.warehouse.channel_told_at, before)
        self.check(doubted=2)

    def test_document_of_tomorrow_is_as_old_as_now(self):
        self.warehouse._note_told(fields.Datetime.now() + timedelta(days=1))
        self.assertLessEqual(
            self.warehouse.channel_told_at,
            fields.Datetime.now() + timedelta(seconds=5),
        )

    def test_nothing_on_its_way_is_promised_where_nobody_speaks(self):
        self.move(self.place("suppliers"), self.warehouse.lot_stock_id, 5)
        self.check(in_transit=5, dedicated=0)
        self.silence(601)
        self.check(in_transit=5, dedicated=5)

    def test_silence_begins_when_somebody_is_expected_to_speak(self):
        other = self.make_warehouse(self.env, "CHX")
        self.assertFalse(other.channel_told_at)
        other.channel_authority = "reported"
        self.assertTrue(other.channel_told_at)
        self.assertEqual(other.channel_confidence, 100)

    def test_warehouse_of_our_own_is_never_doubted(self):
        self.silence(601)
        self.warehouse.channel_authority = "odoo"
        self.check(doubted=0, available=10)
        self.plan()
        self.assertEqual(self.level.target, 10)
