# SPDX-License-Identifier: AGPL-3.0-or-later
import doctest
import random

from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common import ChannelCase

from ..lib import past, terms
from ..lib.terms import Terms, divide

KINDS = ("backorder", "fixed", "percent", "threshold", "cap", "share")


@tagged("post_install", "-at_install")
class TestTerms(ChannelCase):
    """A number played again is the number that the planner would come to."""

    def test_examples_in_docstrings_are_true(self):
        for module in (terms, past):
            self.assertEqual(doctest.testmod(module).failed, 0)

    def test_terms_come_to_the_number_for_any_stock(self):
        """Computed from the inputs of one stock, for another one."""
        for seed in range(30):
            dice = random.Random(seed)
            self.env["channel.rule"].search([("state", "=", "active")]).action_retire()
            for kind in dice.sample(KINDS, k=dice.randint(0, 5)):
                self.rule(kind, dice.randint(0, 30))
            self.listing.pack_qty = dice.choice([1, 1, 2, 6, 0.5])
            self.plan()
            found = Terms.of(self.numbers()[0])
            more = dice.choice([-20, -7, 1, 13, 60])
            self.add_stock(self.env, self.product, self.warehouse, more)
            [inputs] = self.numbers()
            with self.subTest(seed=seed, inputs=inputs):
                self.assertEqual(found.number(inputs["available"]), inputs["target"])

    def test_division_is_that_of_the_plan(self):
        for number in (2, 3):
            channel = self.make_channel(self.env, code=f"DV{number}")
            channel.node_ids.warehouse_ids = self.warehouse
            self.make_listing(self.env, channel, self.product, number)
        channels = (
            self.env["channel.listing"]
            .search([("product_id", "=", self.product.id)])
            .channel_id
        )
        for seed in range(20):
            dice = random.Random(seed)
            self.env["channel.rule"].search([("state", "=", "active")]).action_retire()
            group = self.make_group(self.env, channels, name=f"Group {seed}")
            for member in group.member_ids:
                member.weight = dice.choice([0.5, 1, 1, 2, 3])
            group.action_activate()
            self.rule("exclusive", 0, allocation_group_id=group.id)
            if dice.random() < 0.5:
                self.rule("cap", dice.randint(1, 4), channel_id=self.channel.id)
            more = dice.choice([-5, -1, 1, 4, 9])
            self.add_stock(self.env, self.product, self.warehouse, more)
            self.plan()
            inputs = self.numbers()
            members = [Terms.of(each) for each in inputs]
            with self.subTest(seed=seed, inputs=inputs):
                self.assertEqual(
                    divide(members, inputs[0]["available"]),
                    [each["entitled"] for each in inputs],
                )

    def numbers(self):
        """The inputs of all numbers of the product, in the order of their listings."""
        listed = self.env["channel.listing"]._search(
            [("product_id", "=", self.product.id)]
        )
        planner = self.env["channel.planner"]
        query = planner._drafted_query(self.env["channel.rule"], listed.select())
        rows = self.env.execute_query(query)
        names = [column.name for column in self.env.cr.description]
        found = [dict(zip(names, row, strict=True)) for row in rows]
        found.sort(key=lambda each: (each["listing_id"], each["node_id"]))
        return [each["inputs"] for each in found]
