# SPDX-License-Identifier: AGPL-3.0-or-later
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import html2plaintext

from odoo.addons.channel_inventory_base.models import channel_planner
from odoo.addons.channel_inventory_base.tests.common import ChannelCase
from odoo.addons.channel_inventory_base.tests.common_exclusive import ExclusiveEvents

from .common import KitSetup


class KitExclusiveCase(KitSetup, ExclusiveEvents, ChannelCase):
    """Two channels of one warehouse share everything exclusively; 10 of component 1 and
    10 of component 2."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.make_channel(cls.env, code="KX2")
        cls.other.node_ids.warehouse_ids = cls.warehouse
        cls.channels = cls.channel | cls.other
        cls.part = cls.make_product(cls.env, 2, 10, cls.warehouse)
        cls.group = cls.make_group(cls.env, cls.channels)
        cls.group.action_activate()

    def share(self, **terms):
        return self.rule("exclusive", 0, allocation_group_id=self.group.id, **terms)

    def kit(self, number, *parts, **values):
        return self.make_kit(self.env, number, parts, listed=False, **values)

    def sell(self, channel, product, number, **values):
        return self.make_listing(self.env, channel, product, number, **values)

    def level_of(self, listing):
        return self.env["channel.level"].search([("listing_id", "=", listing.id)])

    def start(self, *listings):
        """All levels are known to show nothing, but what is given."""
        self.plan()
        shown = dict(listings)
        for level in self.env["channel.level"].search([]):
            listing = level.listing_id
            number = shown.get(listing, 0)
            self.make_known(self.env, level, number)
            self.fake.levels[listing.stock_ref, "node-1"] = number
            self.env["channel.level.pending"]._add(level)
            self.env["channel.level"]._share_again(level.ids)
        self.plan()

    def settle(self):
        """Plan and publish until nothing moves any more."""
        quiet = 0
        for _round in range(20):
            before = dict(self.fake.levels)
            for channel in self.channels:
                self.plan()
                self.publish_on(channel)
            self.plan()
            # a round may have told no more than what had become of the last one
            quiet = quiet + 1 if self.fake.levels == before else 0
            if quiet == 2:
                return
        self.fail("it does not come to rest")

    def shown(self, listing):
        return self.fake.levels[listing.stock_ref, "node-1"]

    def taken(self, product):
        """Stock units of a component that all that is shown takes."""
        taken = 0
        for listing in self.env["channel.listing"].search([("state", "=", "mapped")]):
            parts = self.env["channel.kit.component"].search(
                [("product_id", "=", listing.product_id.id)]
            )
            per_unit = dict(
                zip(parts.component_id, parts.mapped("quantity"), strict=True)
            ) or {listing.product_id: 1}
            taken += (
                self.shown(listing) * listing.stock_factor * per_unit.get(product, 0)
            )
        return taken


@tagged("post_install", "-at_install")
class TestKitExclusive(KitExclusiveCase):
    """Goods that are sold alone and in kits are shown once."""

    def assert_shown_once(self):
        self.settle()
        for product in (self.product, self.part):
            self.assertLessEqual(self.taken(product), 10)

    def test_component_counts_what_kits_show(self):
        self.share()
        kit = self.sell(self.other, self.kit(10, (self.product, 2)), 10)
        self.start((kit, 5))
        self.assertEqual(self.level_of(self.listing).target, 0)
        self.assertEqual(self.level_of(self.listing).share_state, "waiting")
        self.publish_on(self.other)
        self.plan()
        self.assertEqual(self.shown(kit), 2)
        self.assertEqual(self.level_of(self.listing).target, 6)
        self.assert_shown_once()
        self.assertEqual((self.shown(self.listing), self.shown(kit)), (6, 2))

    def test_kit_counts_what_its_components_show(self):
        self.share()
        kit = self.sell(self.other, self.kit(10, (self.product, 2)), 10)
        self.start((self.listing, 10))
        self.assertEqual(self.level_of(kit).target, 0)
        self.publish_on(self.channel)
        self.plan()
        self.assertEqual(self.level_of(kit).target, 2)
        self.assert_shown_once()

    def test_lost_answer_of_the_kit_gives_its_component_nothing(self):
        self.share()
        kit = self.sell(self.other, self.kit(10, (self.product, 2)), 10)
        self.start((kit, 5))
        self.env["channel.level.remote"].search(
            [("level_id", "=", self.level_of(kit).id)]
        ).state = "unknown"
        self.env["channel.level"]._share_again(self.level_of(kit).ids)
        self.plan()
        self.assertEqual(self.level_of(self.listing).target, 0)

    def test_two_kits_share_a_component(self):
        self.share()
        first = self.sell(self.channel, self.kit(10, (self.part, 1)), 10)
        second = self.sell(self.other, self.kit(11, (self.part, 3)), 11)
        self.start((first, 10))
        self.assertEqual(self.level_of(second).target, 0)
        self.assert_shown_once()
        # five of ten each; the rest of a kit of three goes to the others
        self.assertEqual((self.shown(first), self.shown(second)), (7, 1))

    def test_part_that_makes_the_most_of_a_kit_is_not_lost_to_rounding(self):
        self.share()
        part = self.sell(self.channel, self.part, 11)
        four = self.sell(self.channel, self.kit(12, (self.part, 4)), 12)
        three = self.sell(self.other, self.kit(13, (self.part, 3)), 13)
        self.start()
        self.assert_shown_once()
        # parts of 2.5, 2.5 and 5: what one of three leaves makes one of four
        self.assertEqual([self.shown(each) for each in (part, four, three)], [3, 1, 1])

    def test_nested_kit_takes_of_the_innermost(self):
        self.share()
        inner = self.kit(10, (self.part, 2))
        outer = self.sell(self.other, self.kit(11, (inner, 2), (self.product, 1)), 11)
        part = self.sell(self.channel, self.part, 12)
        self.start((part, 10))
        self.assertEqual(self.level_of(outer).target, 0)
        self.assert_shown_once()
        self.assertEqual((self.shown(part), self.shown(outer)), (6, 1))
        # the other component is divided as well
        self.assertEqual(self.shown(self.listing), 9)

    def test_pack_of_a_component_and_a_kit(self):
        self.share()
        self.listing.pack_qty = 4
        kit = self.sell(self.other, self.kit(10, (self.product, 3)), 10)
        self.start((self.listing, 2))
        self.assertEqual(self.level_of(kit).target, 0)
        self.assert_shown_once()
        self.assertEqual((self.shown(self.listing), self.shown(kit)), (1, 2))

    def test_pack_of_kits(self):
        self.share()
        kit = self.sell(self.other, self.kit(10, (self.product, 2)), 10, pack_qty=2)
        self.start((self.listing, 10))
        self.assert_shown_once()
        self.assertEqual((self.shown(self.listing), self.shown(kit)), (6, 1))

    def test_what_the_scarcest_component_leaves_goes_to_the_others(self):
        self.share()
        self.add_stock(self.env, self.part, self.warehouse, -9)
        kit = self.sell(self.other, self.kit(10, (self.product, 1), (self.part, 1)), 10)
        self.start()
        self.assert_shown_once()
        self.assertEqual((self.shown(self.listing), self.shown(kit)), (9, 1))

    def test_kits_and_components_have_the_weight_of_their_channel(self):
        self.share()
        self.group.member_ids[0].weight = 4
        self.group.action_activate()
        kit = self.kit(10, (self.product, 1))
        own = self.sell(self.channel, kit, 10)
        others = self.sell(self.other, kit, 11)
        self.start()
        self.assert_shown_once()
        self.assertEqual(self.shown(self.listing), 4)
        self.assertEqual((self.shown(own), self.shown(others)), (4, 2))

    def test_kit_of_a_shared_component_is_reached_by_the_components_rule(self):
        self.share(product_id=self.product.id)
        kit = self.sell(self.other, self.kit(10, (self.product, 2)), 10)
        self.start((self.listing, 10))
        self.assertEqual(self.level_of(kit).target, 0)
        self.assert_shown_once()
        self.assertEqual((self.shown(self.listing), self.shown(kit)), (6, 2))
        self.assertIn("Exclusive share", self.level_of(kit).why)

    def test_two_rules_of_one_group_divide_one_component(self):
        self.share(product_id=self.product.id)
        kit = self.kit(10, (self.product, 2))
        self.share(product_id=kit.id)
        kit = self.sell(self.other, kit, 10)
        self.start((self.listing, 10))
        self.assert_shown_once()

    def test_component_of_another_group_is_counted_in_both(self):
        self.share(product_id=self.product.id)
        kit = self.kit(10, (self.product, 2))
        another = self.make_group(self.env, self.channels, "Two")
        another.action_activate()
        self.rule("exclusive", 0, product_id=kit.id, allocation_group_id=another.id)
        kit = self.sell(self.other, kit, 10)
        self.start((self.listing, 10))
        self.assert_shown_once()

    def test_plenty_of_a_component_is_not_divided(self):
        self.share().value = 5
        self.env["channel.rule"].search([]).action_activate()
        kit = self.sell(self.other, self.kit(10, (self.product, 1), (self.part, 3)), 10)
        own = self.sell(self.channel, kit.product_id, 11)
        part = self.sell(self.channel, self.part, 12)
        self.start()
        self.settle()
        # three kits are few, ten pieces are not: but of one of them kits are made
        self.assertEqual(self.shown(self.listing), 10)
        self.assertEqual(self.shown(own) + self.shown(kit), 2)
        self.assertEqual(self.taken(self.part), 10)
        self.assertEqual(self.shown(part), 4)

    def test_channel_outside_of_the_group_shows_all(self):
        self.share()
        third = self.make_channel(self.env, code="KX3")
        third.node_ids.warehouse_ids = self.warehouse
        kit = self.sell(third, self.kit(10, (self.product, 2)), 10)
        self.plan()
        self.assertEqual(self.level_of(kit).target, 5)
        self.assertFalse(self.level_of(kit).share_state)

    # ------------------------------------------------------ how it is planned
    def test_acknowledgement_of_one_kit_plans_another(self):
        self.share()
        first = self.sell(self.channel, self.kit(10, (self.part, 1)), 10)
        second = self.sell(self.other, self.kit(11, (self.part, 1)), 11)
        self.start((first, 10))
        self.plan()
        self.assertEqual(self.level_of(second).target, 0)
        self.publish_on(self.channel)
        self.plan()
        self.assertEqual(self.level_of(second).target, 5)

    def test_sweep_in_slices_divides_as_one_plan_does(self):
        self.share()
        kits = [
            self.kit(10, (self.product, 1), (self.part, 2)),
            self.kit(11, (self.part, 1)),
        ]
        listings = [
            self.sell(channel, kit, 20 + 2 * number + place)
            for number, channel in enumerate(self.channels)
            for place, kit in enumerate(kits)
        ]
        self.start()
        self.settle()
        targets = [self.level_of(each).target for each in listings]
        self.env.cr.execute("UPDATE channel_level SET target = 0, share_state = NULL")
        self.env.cr.execute(
            "INSERT INTO channel_change (channel_id) SELECT id FROM "
            "channel_channel WHERE active"
        )
        with patch.object(channel_planner, "SLICE", 1):
            self.plan()
        self.assertEqual([self.level_of(each).target for each in listings], targets)
        self.assertGreater(sum(targets), 4)

    def test_change_of_a_bill_takes_what_the_component_shows(self):
        self.share()
        kit = self.kit(10, (self.part, 1))
        listing = self.sell(self.other, kit, 10)
        part = self.sell(self.channel, self.part, 11)
        self.start()
        self.settle()
        self.assertEqual((self.shown(part), self.shown(listing)), (5, 5))
        self.assertEqual(self.shown(self.listing), 10)
        kit.bom_ids.bom_line_ids.product_id = self.product
        self.plan()
        self.assertEqual(self.level_of(self.listing).target, 5)
        # what it does not take any more is given back
        self.assertEqual(self.level_of(part).target, 10)
        self.assert_shown_once()

    def test_kit_that_is_not_sold_any_more_gives_its_part_back(self):
        self.share()
        listing = self.sell(self.other, self.kit(10, (self.product, 1)), 10)
        self.start()
        self.settle()
        self.assertEqual(self.shown(self.listing), 5)
        listing.state = "ignored"
        self.plan()
        self.assertEqual(self.level_of(self.listing).target, 10)

    # --------------------------------------------------------- explanation
    def test_explanation_names_the_component_that_binds_the_share(self):
        self.share()
        kit = self.sell(self.other, self.kit(10, (self.product, 2), (self.part, 1)), 10)
        self.start((self.listing, 10))
        words = self.words(kit)
        name = self.product.display_name
        self.assertIn(f"10 stock units (component: {name}), of which 1 other", words)
        self.assertIn(f"0 stock units (component: {name}) are free", words)
        words = self.words(self.listing)
        self.assertIn("10 stock units, of which 1 other", words)
        self.assertNotIn("its component", words)

    def words(self, listing):
        return " ".join(html2plaintext(self.level_of(listing).why).split())
