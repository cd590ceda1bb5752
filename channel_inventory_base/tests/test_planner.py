# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime

from odoo.tests import tagged
from odoo.tools import SQL

from .common import ChannelCase


@tagged("post_install", "-at_install")
class TestPlanner(ChannelCase):
    def target(self):
        self.plan()
        return self.level.target

    def test_target_is_what_is_available(self):
        self.assertEqual(self.target(), 10)
        self.assertEqual(self.level.inputs["available"], 10)

    def test_second_plan_without_change_writes_nothing(self):
        self.plan()
        before = self.level.planned_at
        self.env["channel.level.pending"].search([]).unlink()
        self.product.name = "Other"
        self.plan()
        self.assertEqual(self.level.planned_at, before)
        self.assertFalse(self.env["channel.level.pending"].search([]))

    def test_packs_are_rounded_down(self):
        self.listing.pack_qty = 4
        self.assertEqual(self.target(), 2)

    def test_unit_conversion_is_exact(self):
        self.listing.write({"uom_id": self.env.ref("uom.product_uom_dozen").id})
        self.add_stock(self.env, self.product, self.warehouse, 13.9)
        self.assertEqual(self.target(), 1)
        self.add_stock(self.env, self.product, self.warehouse, 0.1)
        self.assertEqual(self.target(), 2)

    def test_rules_apply_in_their_order(self):
        self.rule("fixed", 2)
        self.rule("percent", 25)
        self.assertEqual(self.target(), 6)
        self.rule("cap", 4)
        self.assertEqual(self.target(), 4)
        self.rule("threshold", 6)
        self.assertEqual(self.target(), 0)

    def test_frozen_number_is_shown_whatever_is_there(self):
        self.rule("cap", 4)
        frozen = {"reason": "count", "valid_until": datetime(2099, 1, 1)}
        self.rule("freeze", 7, **frozen)
        self.assertEqual(self.target(), 7)

    def test_frozen_number_of_another_listing_does_not_count(self):
        other = self.make_listing(self.env, self.channel, self.product, 2)
        frozen = {"reason": "count", "valid_until": datetime(2099, 1, 1)}
        self.rule("freeze", 7, listing_id=other.id, **frozen)
        self.assertEqual(self.target(), 10)

    def test_narrowest_rule_of_a_kind_counts(self):
        self.product.categ_id = self.env["product.category"].create({"name": "A"})
        self.rule("fixed", 1)
        self.rule("fixed", 2, channel_id=self.channel.id)
        self.assertEqual(self.target(), 8)
        self.rule("fixed", 3, categ_id=self.product.categ_id.id)
        self.assertEqual(self.target(), 7)
        self.rule("fixed", 4, product_tmpl_id=self.product.product_tmpl_id.id)
        self.assertEqual(self.target(), 6)
        listing_rule = self.rule("fixed", 0, listing_id=self.listing.id)
        self.assertEqual(self.target(), 10)
        listing_rule.action_retire()
        self.assertEqual(self.target(), 6)

    def test_deeper_category_beats_its_parent(self):
        parent = self.env["product.category"].create({"name": "A"})
        child = self.env["product.category"].create(
            {"name": "B", "parent_id": parent.id}
        )
        self.product.categ_id = child
        self.rule("fixed", 5, categ_id=child.id)
        self.rule("fixed", 1, categ_id=parent.id)
        self.assertEqual(self.target(), 5)

    def test_rule_of_another_channel_does_not_count(self):
        other = self.channel.copy({"name": "Other"})
        self.rule("fixed", 2, channel_id=other.id)
        self.assertEqual(self.target(), 10)

    def test_moving_a_product_to_a_category_with_a_rule_is_noticed(self):
        category = self.env["product.category"].create({"name": "A"})
        self.rule("fixed", 5, categ_id=category.id)
        self.assertEqual(self.target(), 10)
        self.product.categ_id = category
        self.assertEqual(self.target(), 5)

    def test_node_sums_its_warehouses(self):
        other = self.make_warehouse(self.env, "CH2")
        self.add_stock(self.env, self.product, other, 5)
        self.assertEqual(self.target(), 10)
        self.node.warehouse_ids |= other
        self.assertEqual(self.target(), 15)

    def test_target_is_never_negative(self):
        self.env["channel.hold"].create(
            {
                "company_id": self.env.company.id,
                "product_id": self.product.id,
                "warehouse_id": self.warehouse.id,
                "stock_quantity": 25,
            }
        )
        self.assertEqual(self.target(), 0)

    def test_backorder_promises_dated_inbound_up_to_its_value(self):
        self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 50,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
                "picking_type_id": self.warehouse.in_type_id.id,
            }
        )._action_confirm()
        self.assertEqual(self.target(), 10)
        self.rule("backorder", 20)
        self.assertEqual(self.target(), 30)

    def test_explanation_arrives_at_the_target(self):
        self.listing.pack_qty = 3
        self.rule("fixed", 1)
        self.rule("percent", 10)
        self.rule("cap", 2)
        self.plan()
        self.assertEqual(self.level.target, 2)
        why = self.level.why
        for words in ("Fixed buffer", "Percent buffer", "Cap", self.warehouse.name):
            self.assertIn(words, why)

    def test_work_of_one_change_does_not_grow_with_the_catalogue(self):
        """One product's change plans its own levels, whatever else is listed."""
        for number in range(2, 22):
            product = self.make_product(self.env, number, 5, self.warehouse)
            self.make_listing(self.env, self.channel, product, number)
        self.plan()
        self.env["channel.level.pending"].search([]).unlink()
        self.add_stock(self.env, self.product, self.warehouse, 1)
        self.plan()
        pending = self.env["channel.level.pending"].search([])
        self.assertEqual(pending.level_id, self.level)

    def test_rules_are_never_compared_with_each_listing_or_position(self):
        """PostgreSQL guesses that few rules fit: what it joins them with by a loop is
        read as often as there are listings."""
        self.rule("fixed", 3, warehouse_id=self.warehouse.id)
        self.rule("percent", 3, product_id=self.product.id)
        planner = self.env["channel.planner"]
        planner._tune()
        scope = planner._scope_of([self.listing.id], [self.product.id], False)
        query = planner._numbers_query(planner._use(), scope)
        rows = self.env.execute_query(SQL("EXPLAIN %s", query))
        joins = [row for [row] in rows if "Full Join" in row]
        self.assertEqual(["Hash" in join for join in joins], [True, True, True])
