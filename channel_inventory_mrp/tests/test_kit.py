# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .common import KitCase


@tagged("post_install", "-at_install")
class TestKit(KitCase):
    """How many of a kit a channel may sell."""

    def test_scarcest_component_decides(self):
        kit = self.kit(10, (self.product, 2), (self.part, 1))
        self.assertEqual(self.target(kit), 5)
        self.add_stock(self.env, self.part, self.warehouse, -4)
        self.assertEqual(self.target(kit), 2)

    def test_component_that_is_nowhere_makes_none(self):
        missing = self.make_product(self.env, 3)
        kit = self.kit(10, (self.product, 1), (missing, 1))
        self.assertEqual(self.target(kit), 0)

    def test_a_third_of_a_component_is_not_lost_to_rounding(self):
        kit = self.kit(10, (self.part, 2), product_qty=3)
        self.assertEqual(self.target(kit), 9)

    def test_stock_of_the_kit_itself_means_nothing(self):
        kit = self.product_with_stock(10)
        self.assertEqual(self.target(kit), 100)
        self.make_bom(self.env, kit, [(self.part, 1)])
        self.assertEqual(self.target(kit), 6)

    def product_with_stock(self, number):
        product = self.make_product(self.env, number, 100, self.warehouse)
        self.make_listing(self.env, self.channel, product, number)
        return product

    def test_kit_that_is_no_more_is_a_product_again(self):
        kit = self.product_with_stock(10)
        self.make_bom(self.env, kit, [(self.part, 1)])
        self.assertEqual(self.target(kit), 6)
        kit.bom_ids.active = False
        self.assertEqual(self.target(kit), 100)

    def test_movement_of_a_component_replans_every_kit_with_it(self):
        inner = self.kit(10, (self.product, 2))
        outer = self.kit(11, (inner, 1), (self.part, 1))
        other = self.kit(12, (self.part, 1))
        self.assertEqual(self.target(outer), 5)
        self.env["channel.level.pending"].search([]).unlink()
        self.add_stock(self.env, self.product, self.warehouse, -4)
        self.plan()
        self.assertEqual(self.level_of(inner).target, 3)
        self.assertEqual(self.level_of(outer).target, 3)
        replanned = self.env["channel.level.pending"].search([]).level_id
        self.assertEqual(replanned.listing_id.product_id, self.product | inner | outer)
        self.assertEqual(self.level_of(other).target, 6)

    def test_component_is_sold_alone_and_in_kits(self):
        kit = self.kit(10, (self.product, 3))
        self.plan()
        self.assertEqual((self.level.target, self.level_of(kit).target), (10, 3))
        self.hold(self.product, 2)
        self.plan()
        self.assertEqual((self.level.target, self.level_of(kit).target), (8, 2))
        self.hold(kit, 1)
        self.plan()
        self.assertEqual((self.level.target, self.level_of(kit).target), (5, 1))

    def test_hold_on_a_kit_is_demand_on_its_components(self):
        inner = self.kit(10, (self.product, 2), listed=False)
        kit = self.kit(11, (inner, 1), (self.part, 3))
        self.plan()
        hold = self.hold(kit, 2)
        self.assertFalse(self.position_of(kit))
        self.assertEqual(self.position_of(self.product).held, 4)
        self.assertEqual(self.position_of(self.part).held, 6)
        self.plan()
        self.assertEqual((self.level.target, self.level_of(kit).target), (6, 0))
        hold.state = "released"
        self.plan()
        self.assertEqual((self.level.target, self.level_of(kit).target), (10, 2))

    def test_hold_on_one_kit_lowers_another_that_shares_a_component(self):
        first = self.kit(10, (self.product, 2))
        second = self.kit(11, (self.product, 5))
        self.assertEqual(self.target(second), 2)
        self.hold(first, 1)
        self.assertEqual(self.target(second), 1)

    def test_change_of_a_kit_that_is_held_moves_the_demand(self):
        kit = self.kit(10, (self.product, 2))
        self.hold(kit, 2)
        self.assertEqual(self.target(self.product), 6)
        kit.bom_ids.bom_line_ids.product_id = self.part
        self.assertEqual(self.target(self.product), 10)
        self.assertEqual(self.position_of(self.part).held, 4)

    def test_warehouses_make_kits_each_for_itself(self):
        """One component here and the other there make no kit."""
        other = self.make_warehouse(self.env, "CH2")
        self.node.warehouse_ids |= other
        kit = self.kit(10, (self.product, 1), (self.part, 2))
        self.assertEqual(self.target(kit), 3)
        self.add_stock(self.env, self.part, other, 50)
        self.assertEqual(self.target(kit), 3)
        self.add_stock(self.env, self.product, other, 4)
        self.assertEqual(self.target(kit), 7)

    def test_shortage_of_a_component_lowers_what_others_make(self):
        other = self.make_warehouse(self.env, "CH2")
        self.node.warehouse_ids |= other
        kit = self.kit(10, (self.part, 1))
        self.add_stock(self.env, self.part, other, 4)
        self.assertEqual(self.target(kit), 10)
        self.hold(self.part, 8)
        self.assertEqual(self.target(kit), 2)

    def test_packs_and_rules_apply_to_kits(self):
        kit = self.kit(10, (self.part, 1))
        self.level_of(kit)
        listing = kit.channel_listing_ids
        listing.pack_qty = 2
        self.assertEqual(self.target(kit), 3)

    def test_inbound_components_make_kits_for_a_backorder(self):
        kit = self.kit(10, (self.product, 2), (self.part, 1))
        self.rule("backorder", 100)
        self.assertEqual(self.target(kit), 5)
        self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 50,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
                "picking_type_id": self.warehouse.in_type_id.id,
            }
        )._action_confirm()
        # the other component is here six times
        self.assertEqual(self.target(kit), 6)

    def test_kit_of_another_companys_bill_stays_a_product_here(self):
        product = self.kit_of_others()
        self.assertEqual(self.target(product), 7)

    # --------------------------------------------------------- explanation
    def test_explanation_names_the_component_that_limits(self):
        kit = self.kit(10, (self.product, 1), (self.part, 4))
        self.hold(self.part, 1)
        self.plan()
        level = self.level_of(kit)
        self.assertEqual(level.target, 1)
        inputs = self.env["channel.planner"]._explain(level)[level.id]
        self.assertEqual(inputs["target"], 1)
        [place] = inputs["warehouses"]
        self.assertEqual(
            [(part["id"], part["kits"]) for part in place["components"]],
            [(self.part.id, 1), (self.product.id, 10)],
        )
        self.assertEqual(place["components"][0]["available"], 5)
        available = place["on_hand"] - place["allocated"] - place["held"]
        self.assertEqual(available, 1)
        for words in ("the first component is the limit", self.part.display_name):
            self.assertIn(words, level.why)

    def test_steps_of_a_kit_add_up(self):
        kit = self.kit(10, (self.product, 3))
        self.hold(self.product, 2)
        self.plan()
        inputs = self.level_of(kit).inputs
        self.assertEqual(
            inputs["on_hand"] - inputs.get("allocated", 0) - inputs["held"],
            inputs["available"],
        )
        self.assertEqual(inputs["available"], 2)

    # ----------------------------------------------------------- publisher
    def test_number_is_not_raised_while_a_component_waits(self):
        kit = self.kit(10, (self.product, 2))
        self.plan()
        level = self.level_of(kit)
        self.make_known(self.env, level, 0)
        self.fake.levels["item-10", "node-1"] = 0
        self.env["channel.level.pending"]._add(level)
        for cause in (
            lambda: self.add_stock(self.env, self.product, self.warehouse, -10),
            lambda: kit.bom_ids.bom_line_ids.write({"product_qty": 20}),
        ):
            cause()
            self.publish()
            self.assertEqual(self.fake.levels["item-10", "node-1"], 0)
            self.plan()
            self.assertEqual(level.target, 0)
            self.add_stock(self.env, self.product, self.warehouse, 10)
            self.plan()

    def test_component_is_not_raised_while_a_hold_on_a_kit_waits(self):
        kit = self.kit(10, (self.product, 2))
        self.go_live(0)
        self.hold(kit, 5)
        self.publish()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 0)
        self.plan()
        self.publish()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 0)

    # ------------------------------------------------------------------ UI
    def test_buttons_of_a_kit_lead_to_its_components(self):
        kit = self.kit(10, (self.product, 2))
        self.plan()
        rows = self.env["channel.kit.component"].search(
            kit.action_channel_kit_components()["domain"]
        )
        self.assertEqual(rows.component_id, self.product)
        positions = self.env["channel.position"].search(
            kit.product_tmpl_id.action_channel_positions()["domain"]
        )
        self.assertEqual(positions.product_id, self.product)
