# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import HttpCase, tagged

from odoo.addons.channel_inventory_base.tests.common import ChannelSetup, fake_adapter
from odoo.addons.channel_inventory_base.tests.fake_channel import FakeChannel


@tagged("post_install", "-at_install")
class TestToursReconciliation(ChannelSetup, HttpCase):
    """The worklist of differences, with the least rights that it needs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.channel = cls.make_channel(cls.env, name="Tour Channel")
        cls.warehouse = cls.channel.node_ids.warehouse_ids
        cls.product = cls.make_product(cls.env, 1, 10, cls.warehouse)
        cls.make_listing(cls.env, cls.channel, cls.product)
        cls.make_listing(cls.env, cls.channel, cls.product, 2)
        cls.env.flush_all()
        cls.env["channel.planner"]._run()
        cls.env.invalidate_all()

    def setUp(self):
        super().setUp()
        context = fake_adapter(FakeChannel())
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def test_operator_publishes_ours_for_two_differences(self):
        differences = self.env["channel.reconcile.difference"]
        found = differences.browse()
        for level in self.env["channel.level"].search(
            [("channel_id", "=", self.channel.id)]
        ):
            found += self.env["channel.reconcile.recorder"]._record(
                {
                    "company_id": self.channel.company_id.id,
                    "channel_id": self.channel.id,
                    "kind": "edited",
                    "state": "proposed",
                    "level_id": level.id,
                    "listing_id": level.listing_id.id,
                    "node_id": level.node_id.id,
                    "product_id": self.product.id,
                    "stock_ref": level.listing_id.stock_ref,
                    "node_ref": "node-1",
                    "sku": level.listing_id.sku,
                    "shown": 3,
                    "expected": 10,
                    "target": 10,
                    "units": -7,
                    "trace": "reconcile:tour",
                }
            )
        self.env["channel.level.pending"].search([]).unlink()
        self.env.flush_all()
        self.make_user(self.env, "operator")
        self.start_tour(
            "/odoo/channels", "channel_reconcile_worklist", login="channel_operator"
        )
        self.env.invalidate_all()
        self.assertEqual(set(found.mapped("state")), {"repaired"})
        pending = self.env["channel.level.pending"].search([])
        self.assertEqual(pending.level_id, found.level_id)
        self.assertEqual(set(pending.mapped("trace")), {"reconcile:tour"})
