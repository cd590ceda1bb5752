# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields
from odoo.tests import tagged

from .common import ChannelCase
from .test_metrics import add_publication


@tagged("post_install", "-at_install")
class TestFigures(ChannelCase):
    """Each kind of figure against arithmetic by hand."""

    def figures(self, kind):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["channel.report.figure"].search(
            [("kind", "=", kind), ("channel_id", "=", self.channel.id)]
        )

    def test_held_back_with_value_and_margin(self):
        self.product.standard_price = 4
        self.rule("fixed", 3)
        self.plan()
        figure = self.figures("hidden")
        self.assertEqual((figure.units, figure.value, figure.margin), (3, 30, 18))
        self.assertEqual(figure.warehouse_id, self.warehouse)
        self.assertEqual(figure.categ_id, self.product.categ_id)
        action = figure.action_open_record()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("channel.level", self.level.id)
        )

    def test_packs_that_do_not_add_up_are_not_held_back(self):
        self.listing.pack_qty = 4
        self.rule("cap", 50)
        self.plan()
        self.assertEqual(self.level.target, 2)
        self.assertFalse(self.figures("hidden"))
        self.rule("fixed", 3, listing_id=self.listing.id)
        self.plan()
        self.assertEqual(self.figures("hidden").units, 6)

    def test_without_a_rule_nothing_is_held_back(self):
        self.plan()
        self.assertFalse(self.figures("hidden"))

    def test_prevented_is_what_a_channel_refused(self):
        self.plan()
        self.listing.pack_qty = 2
        self.env.flush_all()
        add_publication(
            self.env, self.level, fields.Datetime.now(), result="stale", count=2
        )
        add_publication(self.env, self.level, fields.Datetime.now())
        self.assertEqual(self.figures("prevented").mapped("units"), [2, 2])

    def test_not_current_is_what_waits(self):
        self.go_live(shown=4)
        figure = self.figures("differing")
        self.assertEqual(figure.units, 6)

    def test_ids_are_unique_over_all_kinds(self):
        self.rule("fixed", 3)
        self.go_live(shown=4)
        self.env.flush_all()
        figures = self.env["channel.report.figure"]
        ids = figures.search([]).ids
        self.assertEqual(len(ids), figures.search_count([]))
        self.assertEqual(len(ids), len(set(ids)))
