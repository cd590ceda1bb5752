# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .common import ChannelCase


@tagged("post_install", "-at_install")
class TestSweep(ChannelCase):
    """A change of a whole channel is planned in slices, between smaller changes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.products = cls.product
        for number in range(2, 6):
            product = cls.make_product(cls.env, number, 10 * number, cls.warehouse)
            cls.make_listing(cls.env, cls.channel, product, number)
            cls.products |= product

    def slice_of(self, listings):
        self.env.flush_all()
        self.env["channel.planner"]._plan_batch()
        return self.env["channel.sweep"]._next_slice(listings)

    def test_slices_cover_every_product_once(self):
        self.plan()
        self.rule("fixed", 1, channel_id=self.channel.id)
        covered = []
        part = self.slice_of(2)
        while part:
            inside = self.products.filtered(
                lambda each, part=part: part.first <= each.id <= part.last
            )
            covered += inside.ids
            part = self.env["channel.sweep"]._next_slice(2)
        self.assertEqual(covered, sorted(self.products.ids))
        self.assertFalse(self.env["channel.sweep"].search([]))

    def test_new_change_begins_the_sweep_anew(self):
        self.plan()
        self.rule("fixed", 1, channel_id=self.channel.id)
        first = self.slice_of(2)
        self.rule("cap", 5, channel_id=self.channel.id)
        again = self.slice_of(2)
        self.assertEqual((again.first, again.last), (1, first.last))

    def test_channels_at_the_same_place_go_on_together(self):
        other = self.make_channel(self.env, code="SW2")
        other.node_ids.warehouse_ids = self.warehouse
        self.make_listing(self.env, other, self.product, 20)
        self.plan()
        self.rule("fixed", 2)
        part = self.slice_of(100)
        self.assertLessEqual({self.channel.id, other.id}, set(part.channels))

    def test_number_is_not_raised_before_its_slice_is_planned(self):
        rule = self.rule("fixed", 4)
        self.go_live(shown=0)
        self.publish()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 6)
        self.env["channel.sweep"].create(
            {
                "channel_id": self.channel.id,
                "product_id": self.product.id - 1,
                "since": "2026-01-01",
            }
        )
        self.env.cr.execute(
            "UPDATE channel_level SET target = 9 WHERE id = %s", [self.level.id]
        )
        self.env["channel.level.pending"]._add(self.level)
        self.publish()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 6)
        rule.action_retire()
        self.plan()
        self.publish()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 10)

    def test_daily_plan_finds_what_no_trigger_has_told(self):
        self.plan()
        self.env.cr.execute("UPDATE channel_level SET target = 77")
        self.plan()
        self.assertEqual(self.level.target, 77)
        self.env["channel.planner"]._cron_sweep_all()
        self.plan()
        self.assertEqual(self.level.target, 10)
