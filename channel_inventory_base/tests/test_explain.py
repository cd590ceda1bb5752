# SPDX-License-Identifier: AGPL-3.0-or-later
import random

from odoo.tests import tagged

from ..tools.explain import explain
from .common import ChannelCase

KINDS = ("backorder", "fixed", "percent", "threshold", "cap")


@tagged("post_install", "-at_install")
class TestExplain(ChannelCase):
    """Invariant 6: every number explains itself, in arithmetic that all can redo."""

    def shake(self, dice):
        """Random stock, pack and rules of random scope."""
        self.add_stock(self.env, self.product, self.warehouse, dice.randint(-20, 60))
        self.listing.pack_qty = dice.choice([1, 1, 2, 6, 12, 0.5, 0.1])
        self.env["channel.rule"].search([("state", "=", "active")]).action_retire()
        scopes = (
            {},
            {"channel_id": self.channel.id},
            {"node_id": self.node.id},
            {"product_id": self.product.id},
            {"listing_id": self.listing.id},
        )
        for kind in dice.choices(KINDS, k=dice.randint(0, 6)):
            self.rule(kind, dice.randint(0, 30), **dice.choice(scopes))

    def test_6_steps_arrive_at_the_number_whatever_the_rules(self):
        """Plain Python comes to what SQL came to, from stored and from fresh inputs."""
        for seed in range(60):
            self.shake(random.Random(seed))
            self.plan()
            level = self.level
            with self.subTest(seed=seed, inputs=level.inputs):
                fresh = self.env["channel.planner"]._explain(level)[level.id]
                self.assertEqual(explain(fresh)[-1].result, level.target)
                self.assertEqual(explain(level.inputs)[-1].result, level.target)

    def test_6_each_step_names_its_rule(self):
        version = self.rule("fixed", 3).active_version_id
        self.plan()
        [step] = [each for each in explain(self.level.inputs) if each.kind == "fixed"]
        self.assertEqual((step.rules, step.amount, step.result), ((version.id,), -3, 7))

    def test_6_published_number_keeps_its_steps_when_the_rule_is_gone(self):
        rule = self.rule("fixed", 3)
        self.go_live(shown=0)
        self.publish()
        rule.action_retire()
        self.plan()
        line = self.env["channel.publication.line"].search(
            [("level_id", "=", self.level.id)], order="id", limit=1
        )
        self.assertEqual(explain(line.inputs)[-1].result, 7)
        self.assertIn("7", line.why)
