# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.tests.common_dated import DatedSetup
from odoo.addons.channel_inventory_base.tools.explain import explain

from .common import KitCase


@tagged("post_install", "-at_install")
class TestKitDated(DatedSetup, KitCase):
    """A dated backorder rule promises the kits that what comes in time makes.

    There are 10 of the product, 6 of the part.
    """

    def dated(self, value=100, **terms):
        return self.rule("backorder", value, **{"horizon_days": 7, **terms})

    def test_only_what_is_due_within_the_horizon_makes_kits(self):
        kit = self.kit(10, (self.product, 1), (self.part, 2))
        self.receive_in(3, 8, self.part)
        self.receive_in(30, 100, self.part)
        self.assertEqual(self.target(kit), 3)
        self.dated()
        self.assertEqual(self.target(kit), 7)

    def test_component_due_later_limits(self):
        kit = self.kit(10, (self.product, 2), (self.part, 1))
        soon = self.receive_in(3, 50, self.part)
        late = self.receive_in(8, 50, self.product)
        self.dated()
        self.assertEqual(self.target(kit), 5)
        late.date = soon.date
        self.assertEqual(self.target(kit), 30)

    def test_components_that_come_together_make_kits_together(self):
        parts = [self.make_product(self.env, number) for number in (3, 4)]
        kit = self.kit(10, *((part, 1) for part in parts))
        self.receive_in(1, 5, parts[0])
        self.dated()
        self.assertEqual(self.target(kit), 0)
        self.receive_in(2, 4, parts[1])
        self.assertEqual(self.target(kit), 4)

    def test_days_until_it_can_be_shipped_count_within_the_horizon(self):
        kit = self.kit(10, (self.part, 2))
        self.receive_in(3, 20, self.part)
        self.receive_in(6, 40, self.part)
        self.dated(lead_days=3)
        self.assertEqual(self.target(kit), 13)

    def test_value_of_the_rule_is_the_most_kits(self):
        kit = self.kit(10, (self.part, 2))
        self.receive_in(3, 20, self.part)
        self.dated(4)
        self.assertEqual(self.target(kit), 7)

    def test_suppliers_stock_makes_kits_where_they_deliver_in_time(self):
        kit = self.kit(10, (self.product, 1), (self.part, 2))
        self.supply_in(2, 5, self.part)
        self.supply_in(20, 50, self.part)
        self.dated()
        self.assertEqual(self.target(kit), 3)
        self.dated(supplier_stock=True, sequence=1)
        self.assertEqual(self.target(kit), 5)

    def test_suppliers_stock_of_what_no_warehouse_has_seen(self):
        unseen = self.make_product(self.env, 3)
        kit = self.kit(10, (self.product, 2), (unseen, 1))
        self.supply_in(2, 9, unseen)
        self.dated(supplier_stock=True)
        self.assertEqual(self.target(kit), 5)

    def test_suppliers_deliver_to_one_warehouse(self):
        """Three kits could be made here and four there, of seven."""
        other = self.make_warehouse(self.env, "CH2")
        self.node.warehouse_ids |= other
        screw = self.make_product(self.env, 3)
        self.add_stock(self.env, self.product, other, 4)
        self.add_stock(self.env, self.product, self.warehouse, -7)
        kit = self.kit(10, (self.product, 1), (screw, 1))
        self.supply_in(2, 7, screw)
        self.dated(supplier_stock=True)
        self.assertEqual(self.target(kit), 4)

    def test_warehouses_make_kits_of_what_comes_to_them(self):
        other = self.make_warehouse(self.env, "CH2")
        self.node.warehouse_ids |= other
        kit = self.kit(10, (self.product, 1), (self.part, 2))
        self.receive_in(3, 40, self.part, other)
        self.dated()
        self.assertEqual(self.target(kit), 3)
        self.receive_in(3, 6, self.product, other)
        self.assertEqual(self.target(kit), 9)

    def test_nested_kits_count_a_shared_component_once(self):
        inner = self.kit(10, (self.product, 1), (self.part, 1))
        kit = self.kit(11, (inner, 2), (self.part, 1))
        self.receive_in(3, 12, self.part)
        self.dated()
        # three of the part in each, of 18; two of the product, of 10
        self.assertEqual(self.target(kit), 5)
        self.assertEqual(self.level_of(inner).target, 10)

    def test_component_is_promised_alone_and_in_kits(self):
        kit = self.kit(10, (self.product, 3))
        self.receive_in(3, 11)
        self.dated()
        self.plan()
        self.assertEqual((self.level.target, self.level_of(kit).target), (21, 7))
        self.hold(kit, 2)
        self.plan()
        self.assertEqual((self.level.target, self.level_of(kit).target), (15, 5))

    def test_shortage_takes_what_is_due_first(self):
        kit = self.kit(10, (self.product, 1), (self.part, 2))
        self.hold(self.part, 13)
        self.receive_in(3, 6, self.part)
        self.dated()
        # seven short, six due
        self.assertEqual(self.target(kit), 0)
        self.receive_in(4, 6, self.part)
        self.assertEqual(self.target(kit), 2)

    def test_rule_without_dates_beside_one_with(self):
        kit = self.kit(10, (self.part, 2))
        self.receive_in(30, 10, self.part)
        self.dated()
        self.rule("backorder", 100, product_id=kit.id)
        self.assertEqual(self.target(kit), 8)
        other = self.kit(11, (self.part, 1))
        self.assertEqual(self.target(other), 6)

    def test_what_comes_of_the_kit_itself_means_nothing(self):
        kit = self.kit(10, (self.part, 1))
        self.dated(supplier_stock=True)
        self.receive_in(3, 20, self.part)
        self.supply_in(3, 40, kit)
        self.assertEqual(self.target(kit), 26)

    def test_kit_of_another_companys_bill_stays_a_product_here(self):
        product = self.kit_of_others()
        self.receive_in(3, 5, product)
        self.receive_in(3, 90, self.part)
        self.dated()
        self.assertEqual(self.target(product), 12)
        self.assertTrue(
            self.env["channel.kit.component"].search([("product_id", "=", product.id)])
        )

    # ------------------------------------------------------------- changes
    def test_suppliers_word_on_a_component_replans_its_kits(self):
        kit = self.kit(10, (self.part, 2))
        self.supply_in(2, 5, self.part)
        self.dated(supplier_stock=True)
        self.assertEqual(self.target(kit), 5)
        self.env.cr.execute("UPDATE channel_supplier_stock SET quantity = 2")
        self.assertEqual(self.target(kit), 4)

    def test_preview_of_a_dated_rule(self):
        kit = self.kit(10, (self.part, 2))
        self.receive_in(3, 8, self.part)
        self.plan()
        draft = self.env["channel.rule"].create(
            {"kind": "backorder", "value": 100, "horizon_days": 7}
        )
        _totals, lines = self.env["channel.planner"]._preview(draft)
        told = {line["listing_id"]: (line["old"], line["new"]) for line in lines}
        self.assertEqual(told[kit.channel_listing_ids.id], (3, 7))

    # --------------------------------------------------------- explanation
    def test_explanation_says_what_is_promised(self):
        kit = self.kit(10, (self.part, 2))
        self.receive_in(3, 8, self.part)
        rule = self.dated(3)
        self.plan()
        level = self.level_of(kit)
        inputs = self.env["channel.planner"]._explain(level)[level.id]
        self.assertEqual((inputs["inbound"], inputs["backorder"]), (4, 3))
        for steps in (explain(inputs), explain(level.inputs)):
            self.assertEqual(steps[-1].result, level.target)
            [step] = [step for step in steps if step.kind == "backorder"]
            self.assertEqual((step.amount, step.result), (3, 6))
            self.assertEqual(step.rules, (rule.active_version_id.id,))

    # ----------------------------------------------------------- statement
    def test_statement_speaks_of_dated_kits_only_where_there_are_any(self):
        planner = self.env["channel.planner"]
        kit = self.kit(10, (self.part, 2))
        self.plan()
        scope = planner._scope_of(kit.channel_listing_ids.ids, kit.ids, exclusive=False)
        statement = planner._numbers_query(planner._use(), scope).code
        self.assertNotIn("dated_term", statement)
        self.dated()
        statement = planner._numbers_query(planner._use(), scope).code
        self.assertIn("dated_term", statement)
        plain = planner._dated_queries(SQL("= %s", self.product.id))
        self.assertNotIn("channel_kit_component", SQL(" ").join(plain).code)
