# SPDX-License-Identifier: AGPL-3.0-or-later
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase
from odoo.addons.channel_inventory_base.tests.common_killed import (
    at_commit,
    commits_noted,
    run_in_child,
)

from ..models import channel_cut_over_booker

PRODUCTS = 5
COUNTED = 3


@tagged("post_install", "-at_install")
class TestCutOverDeaths(CommittedCase):
    """A worker is killed at any commit of a cut-over, or of taking it back. The next
    one goes on: nothing is booked twice, and the authority changes once."""

    stocked = 10

    def setUp(self):
        super().setUp()
        few = patch.object(channel_cut_over_booker, "AT_ONCE", 2)
        few.start()
        self.addCleanup(few.stop)

    def begin(self):
        """A warehouse of its own: so many products, none of them in Odoo's quants."""
        with self.commit() as env:
            warehouse = self.make_warehouse(env, f"K{next(self.numbers)}")
            warehouse.write(
                {
                    "channel_authority": "external",
                    "channel_fresh_minutes": 6000,
                    "channel_silent_minutes": 60000,
                }
            )
            products = env["product.product"].create(
                [
                    {"name": f"Killed {number}", "is_storable": True}
                    for number in range(PRODUCTS)
                ]
            )
            env["channel.external.stock"]._report(
                warehouse,
                [{"product_id": each.id, "on_hand": COUNTED} for each in products],
                fields.Datetime.now(),
            )
            cut_over = env["channel.cut.over"].create(
                {"warehouse_id": warehouse.id, "authority": "odoo"}
            )
            cut_over.action_activate()
            self.assertEqual(cut_over.step, "booking")
            return cut_over.id

    def work(self, env):
        env["channel.cut.over.booker"]._run()

    def check(self, cut_over_id, authority, units):
        """The minute's recovery goes on, and comes to the end."""
        with self.commit() as env:
            self.work(env)
        with self.commit() as env:
            cut_over = env["channel.cut.over"].browse(cut_over_id)
            warehouse = cut_over.warehouse_id
            self.assertEqual(warehouse.channel_authority, authority)
            quants = env["stock.quant"].search(
                [("location_id", "child_of", warehouse.view_location_id.id)]
            )
            self.assertEqual(sum(quants.mapped("quantity")), units)
            self.assertEqual(
                sorted(cut_over.line_ids.mapped("units")), [COUNTED] * PRODUCTS
            )
            positions = env["channel.position"].search(
                [("warehouse_id", "=", warehouse.id)]
            )
            self.assertEqual(sum(positions.mapped("on_hand")), COUNTED * PRODUCTS)
            return cut_over.step

    def take_back(self, cut_over_id):
        with self.commit() as env:
            env["channel.cut.over"].browse(cut_over_id).action_retire()

    def test_killed_at_any_commit(self):
        cut_over_id = self.begin()
        with commits_noted() as commits, self.commit() as env:
            self.work(env)
        self.assertEqual(self.check(cut_over_id, "odoo", COUNTED * PRODUCTS), "done")
        deaths = [number for number, (_name, writes, _sent) in enumerate(commits)]
        self.assertGreaterEqual(len(deaths), 3)
        for number in deaths:
            for side in ("before", "after"):
                with self.subTest(commit=number, side=side):
                    cut_over_id = self.begin()
                    fate = at_commit(number, side)
                    run_in_child(self.registry, self.work, fate)
                    step = self.check(cut_over_id, "odoo", COUNTED * PRODUCTS)
                    self.assertEqual(step, "done")
                    self.take_back(cut_over_id)
                    run_in_child(self.registry, self.work, at_commit(number, side))
                    step = self.check(cut_over_id, "external", 0)
                    self.assertEqual(step, "returned")
