# SPDX-License-Identifier: AGPL-3.0-or-later
import random
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..models import channel_planner
from .common import ChannelCase
from .common_exclusive import ExclusiveEvents


class ExclusiveCase(ExclusiveEvents, ChannelCase):
    """Three channels of one warehouse share product 1 exclusively; 10 in stock."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channels = cls.channel
        cls.listings = cls.listing
        for number in (2, 3):
            channel = cls.make_channel(cls.env, code=f"EX{number}")
            channel.node_ids.warehouse_ids = cls.warehouse
            cls.channels |= channel
            cls.listings |= cls.make_listing(cls.env, channel, cls.product, number)
        cls.group = cls.make_group(cls.env, cls.channels)
        cls.group.action_activate()
        cls.exclusive = cls.make_rule(
            cls.env,
            "exclusive",
            0,
            product_id=cls.product.id,
            allocation_group_id=cls.group.id,
        )

    def setUp(self):
        super().setUp()
        self.fake.levels = {(f"item-{n}", "node-1"): 0 for n in (1, 2, 3)}

    @property
    def levels(self):
        found = self.env["channel.level"].search(
            [("listing_id", "in", self.listings.ids)]
        )
        return found.sorted(lambda each: self.listings.ids.index(each.listing_id.id))

    def targets(self):
        self.plan()
        return self.levels.mapped(lambda each: each.target)

    def start(self, *shown):
        """All channels are known to show this."""
        self.plan()
        for level, number in zip(self.levels, shown, strict=True):
            self.make_known(self.env, level, number)
            self.fake.levels[level.listing_id.stock_ref, "node-1"] = number
            self.env["channel.level"]._share_again(level.ids)
            self.env["channel.level.pending"]._add(level)

    def weigh(self, *weights):
        for member, weight in zip(self.group.member_ids, weights, strict=True):
            member.weight = weight
        self.group.filtered(lambda each: each.state == "draft").action_activate()

    def shown(self):
        return [self.fake.levels[f"item-{n}", "node-1"] for n in (1, 2, 3)]


@tagged("post_install", "-at_install")
class TestExclusiveShares(ExclusiveCase):
    """What each channel is entitled to."""

    def entitled(self):
        self.plan()
        return [level.inputs.get("entitled") for level in self.levels]

    def test_divided_by_weight_and_nothing_is_left_over(self):
        self.weigh(5, 3, 2)
        self.assertEqual(self.entitled(), [5, 3, 2])
        self.weigh(1, 1, 1)
        self.assertEqual(sum(self.entitled()), 10)
        self.assertEqual(sorted(self.entitled()), [3, 3, 4])

    def test_last_unit_goes_to_the_heaviest_alone(self):
        self.weigh(1, 3, 2)
        self.add_stock(self.env, self.product, self.warehouse, -9)
        self.assertEqual(self.entitled(), [0, 1, 0])

    def test_what_a_cap_leaves_goes_to_the_others(self):
        self.weigh(5, 3, 2)
        self.rule("cap", 2, channel_id=self.channels[0].id)
        self.assertEqual(self.entitled()[0], 2)
        self.assertEqual(sum(self.entitled()), 10)

    def test_sweep_of_one_channel_leaves_the_others_their_part(self):
        self.weigh(3, 1, 1)
        self.assertEqual(self.targets(), [6, 2, 2])
        self.rule("cap", 5, channel_id=self.channels[0].id)
        self.assertEqual(self.targets(), [5, 3, 2])

    def test_change_of_one_listing_leaves_the_others_their_part(self):
        self.assertEqual(self.targets(), [4, 3, 3])
        self.listings[0].pack_qty = 2
        self.assertEqual(self.targets(), [2, 3, 3])

    def test_division_does_not_depend_on_how_changes_are_cut(self):
        self.targets()
        self.weigh(3, 1, 1)
        self.env.cr.execute("DELETE FROM channel_change")
        self.env.cr.execute(
            "INSERT INTO channel_change (product_id) VALUES (%s)", [self.product.id]
        )
        with patch.object(channel_planner, "LISTINGS", 1):
            self.assertEqual(self.targets(), [6, 2, 2])

    def test_packs_are_whole_and_do_not_exceed_the_stock(self):
        self.listings[0].pack_qty = 4
        self.listings[1].pack_qty = 3
        entitled = self.entitled()
        used = 4 * entitled[0] + 3 * entitled[1] + entitled[2]
        self.assertLessEqual(used, 10)
        self.assertGreaterEqual(used, 8)

    def test_divided_by_recent_sales(self):
        self.group.basis = "sales"
        self.group.action_activate()
        for channel, rate in zip(self.channels, (8, 2, 0), strict=True):
            self.env["channel.sales.rate"].create(
                {
                    "product_id": self.product.id,
                    "company_id": self.env.company.id,
                    "channel_id": channel.id,
                    "per_day": rate,
                    "measured_at": "2026-01-01",
                }
            )
        self.assertEqual(self.entitled(), [8, 2, 0])

    def test_buffers_of_all_are_kept_back_once(self):
        self.rule("fixed", 4)
        self.assertEqual(sum(self.entitled()), 6)

    def test_channel_that_is_being_set_up_takes_no_part(self):
        self.channels[2].state = "draft"
        self.assertEqual(sum(self.entitled()[:2]), 10)

    def test_plenty_is_shared_where_the_rule_is_for_scarce_stock(self):
        self.exclusive.value = 5
        self.exclusive.action_activate()
        self.assertEqual(self.targets(), [10, 10, 10])
        self.add_stock(self.env, self.product, self.warehouse, -5)
        self.plan()
        self.assertEqual(sum(level.inputs["entitled"] for level in self.levels), 5)

    def test_nodes_with_some_warehouses_in_common_cannot_share(self):
        other = self.make_warehouse(self.env, "EX9")
        with self.assertRaisesRegex(ValidationError, "same warehouses"):
            self.channels[1].node_ids.warehouse_ids |= other

    def test_rule_that_is_not_for_all_members_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "for products"):
            self.rule(
                "exclusive",
                0,
                allocation_group_id=self.group.id,
                channel_id=self.channel.id,
            )


@tagged("post_install", "-at_install")
class TestExclusiveHandover(ExclusiveCase):
    """Units move only after the giving channel has acknowledged its lower number."""

    def test_raised_only_when_the_giver_has_acknowledged(self):
        self.weigh(1, 1, 0)
        self.start(10, 0, 0)
        self.assertEqual(self.targets(), [5, 0, 0])
        waiting = self.levels[1]
        self.assertEqual(waiting.share_state, "waiting")
        self.assertIn("acknowledge", waiting.why)
        self.publish_on(self.channels[1])
        self.assertEqual(self.shown(), [10, 0, 0])
        self.publish_on(self.channels[0])
        self.assertEqual(self.targets(), [5, 5, 0])
        self.publish_on(self.channels[1])
        self.assertEqual(self.shown(), [5, 5, 0])

    def test_lost_answer_of_the_giver_gives_nothing(self):
        self.weigh(1, 1, 0)
        self.start(10, 0, 0)
        self.plan()
        self.publish_unanswered(self.channels[0])
        self.assertEqual(self.shown(), [5, 0, 0])
        self.assertEqual(self.targets(), [5, 0, 0])
        self.publish_on(self.channels[0])
        self.assertEqual(self.targets(), [5, 5, 0])

    def test_channel_that_was_not_seen_yet_keeps_the_others_down(self):
        self.plan()
        for level in self.levels[:2]:
            self.make_known(self.env, level, 0)
        self.env["channel.level"]._share_again(self.levels.ids)
        self.assertEqual(self.targets()[:2], [0, 0])

    def test_sale_is_divided_anew(self):
        self.weigh(1, 1, 0)
        self.start(5, 5, 0)
        self.assertEqual(self.targets(), [5, 5, 0])
        name = self.fake.sell(4, "item-1")
        self.capture(name)
        # six are left, three each; the second has to give two first
        self.assertEqual(self.targets(), [1, 3, 0])
        self.publish_on(self.channels[1])
        self.assertEqual(self.targets(), [3, 3, 0])

    def test_never_sold_twice_whatever_happens_in_which_order(self):
        """Random sales, lost answers, plans, publications: what all channels show
        together is there, at every moment."""
        for seed in range(5):
            with self.subTest(seed=seed):
                self.play(random.Random(seed), steps=25)

    def play(self, dice, steps):
        savepoint = self.env.cr.savepoint()
        self.weigh(dice.randint(1, 5), dice.randint(1, 5), dice.randint(0, 5))
        self.listings[2].pack_qty = dice.choice([1, 2])
        self.start(0, 0, 0)
        self.stock, self.unseen = 10, []
        for step in range(steps):
            event = dice.choice(
                (
                    self.buy,
                    self.buy,
                    self.see,
                    self.plan_,
                    self.send,
                    self.send,
                    self.lose,
                    self.receive,
                    self.look,
                    self.switch,
                )
            )
            event(dice)
            factors = self.listings.mapped("stock_factor")
            shown = sum(
                number * factor
                for number, factor in zip(self.shown(), factors, strict=True)
            )
            self.assertLessEqual(shown, self.stock, f"after step {step}: {event}")
        savepoint.close(rollback=True)
        self.env.invalidate_all(flush=False)
        self.fake.__init__()

    # ------------------------------------------------------------- events
    def buy(self, dice):
        index = dice.randrange(3)
        shown = self.shown()[index]
        if shown:
            quantity = dice.randint(1, shown)
            name = self.fake.sell(quantity, f"item-{index + 1}")
            self.stock -= quantity * self.listings[index].stock_factor
            self.unseen.append((self.channels[index], name))

    def switch(self, dice):
        """Another version of the group takes effect."""
        self.weigh(dice.randint(1, 5), dice.randint(0, 5), dice.randint(0, 5))

    def receive(self, dice):
        quantity = dice.randint(1, 5)
        self.add_stock(self.env, self.product, self.warehouse, quantity)
        self.stock += quantity
