# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import KitCase


@tagged("post_install", "-at_install")
class TestKitFlatten(KitCase):
    """What a kit is made of in the end, whoever changes it and how."""

    def test_flat_kit(self):
        kit = self.kit(10, (self.product, 2), (self.part, 1))
        self.assertEqual(self.components(kit), {self.product: 2, self.part: 1})

    def test_nested_kits_are_opened_and_shared_components_counted_once(self):
        inner = self.kit(10, (self.product, 2), (self.part, 1), listed=False)
        outer = self.kit(11, (inner, 3), (self.product, 1))
        self.assertEqual(self.components(outer), {self.product: 7, self.part: 3})
        top = self.kit(12, (outer, 1), (inner, 1))
        self.assertEqual(self.components(top), {self.product: 9, self.part: 4})

    def test_units_of_lines_and_of_the_bill_are_converted(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        kit = self.kit(10, (self.product, 1, dozen), (self.part, 6))
        self.assertEqual(self.components(kit), {self.product: 12, self.part: 6})
        bill = self.kit(
            11, (self.product, 2, dozen), product_qty=2, product_uom_id=dozen.id
        )
        self.assertEqual(self.components(bill), {self.product: 1})
        nested = self.kit(12, (bill, 1, dozen))
        self.assertEqual(self.components(nested), {self.product: 12})

    def test_component_in_another_unit_than_its_own(self):
        kilo = self.env.ref("uom.product_uom_kgm")
        gram = self.env.ref("uom.product_uom_gram")
        powder = self.make_product(self.env, 3, uom_id=kilo.id)
        kit = self.kit(10, (powder, 250, gram))
        self.assertEqual(self.components(kit), {powder: 0.25})

    def test_component_that_is_not_stocked_is_left_out(self):
        card = self.make_product(self.env, 3, is_storable=False)
        work = self.make_product(self.env, 4, type="service", is_storable=False)
        kit = self.kit(10, (self.product, 2), (card, 1), (work, 1))
        self.assertEqual(self.components(kit), {self.product: 2})
        card.is_storable = True
        self.assertEqual(self.components(kit), {self.product: 2, card: 1})

    def test_kit_of_nothing_stocked_promises_nothing(self):
        card = self.make_product(self.env, 3, is_storable=False)
        kit = self.kit(10, (card, 1))
        self.assertEqual(self.components(kit), {self.env["product.product"]: "empty"})
        self.assertEqual(self.target(kit), 0)

    def test_bill_with_the_lowest_sequence_counts_and_a_variants_own_before_it(self):
        kit = self.kit(10, (self.product, 5), sequence=2)
        self.assertEqual(self.components(kit), {self.product: 5})
        self.make_bom(self.env, kit, [(self.part, 1)], sequence=1)
        self.assertEqual(self.components(kit), {self.part: 1})
        own = self.make_bom(
            self.env, kit, [(self.product, 3)], sequence=1, product_id=kit.id
        )
        self.assertEqual(self.components(kit), {self.product: 3})
        own.active = False
        self.assertEqual(self.components(kit), {self.part: 1})

    def test_bill_of_another_company_does_not_count(self):
        company = self.env["res.company"].create({"name": "Other"})
        kit = self.kit(10, (self.product, 5), sequence=2)
        self.make_bom(
            self.env, kit, [(self.part, 1)], sequence=1, company_id=company.id
        )
        self.assertEqual(self.components(kit), {self.product: 5})
        self.env["channel.channel"].create({"name": "Theirs", "company_id": company.id})
        self.components(kit)
        theirs = self.env["channel.kit.component"].search(
            [("product_id", "=", kit.id), ("company_id", "=", company.id)]
        )
        self.assertEqual(theirs.component_id, self.part)

    def test_bill_that_makes_the_product_is_no_kit(self):
        made = self.kit(10, (self.product, 2), type="normal")
        self.assertFalse(self.components(made))
        outer = self.kit(11, (made, 2))
        self.assertEqual(self.components(outer), {made: 2})
        made.bom_ids.type = "phantom"
        self.assertEqual(self.components(outer), {self.product: 4})

    def test_lines_for_other_variants_are_left_out(self):
        red, blue = self.make_variants()
        bom = self.make_bom(self.env, red, [(self.product, 1), (self.part, 1)])
        red_value, blue_value = (
            each.product_template_attribute_value_ids for each in (red, blue)
        )
        bom.bom_line_ids[0].bom_product_template_attribute_value_ids = red_value
        bom.bom_line_ids[1].bom_product_template_attribute_value_ids = blue_value
        self.assertEqual(self.components(red), {self.product: 1})
        self.assertEqual(self.components(blue), {self.part: 1})
        # by SQL: both lines for red
        self.env.cr.execute(
            "UPDATE mrp_bom_line_product_template_attribute_value_rel "
            "SET product_template_attribute_value_id = %s WHERE mrp_bom_line_id = %s",
            (red_value.id, bom.bom_line_ids[1].id),
        )
        self.env.cr.execute(
            "DELETE FROM mrp_bom_line_product_template_attribute_value_rel "
            "WHERE mrp_bom_line_id = %s",
            (bom.bom_line_ids[0].id,),
        )
        self.env.invalidate_all()
        self.assertEqual(self.components(red), {self.product: 1, self.part: 1})
        self.assertEqual(self.components(blue), {self.product: 1})

    def test_kit_that_is_not_tracked_itself_is_counted_by_its_components(self):
        kit = self.make_product(self.env, 10, is_storable=False)
        listing = self.make_listing(self.env, self.channel, kit, 10)
        self.assertTrue(listing.uncounted)
        bom = self.make_bom(self.env, kit, [(self.product, 2)])
        self.assertFalse(listing.uncounted)
        self.assertEqual(self.target(kit), 5)
        bom.type = "normal"
        self.assertTrue(listing.uncounted)

    def test_line_is_restricted_to_variants_after_it_was_planned(self):
        """Each way of a relation: it is made, another is added, it is deleted."""
        red, blue = self.make_variants()
        bom = self.make_bom(self.env, red, [(self.product, 1), (self.part, 1)])
        red_value, blue_value = (
            each.product_template_attribute_value_ids for each in (red, blue)
        )
        everything = {self.product: 1, self.part: 1}
        self.assertEqual(self.components(blue), everything)
        for values, of_red, of_blue in (
            (red_value, everything, {self.product: 1}),
            (red_value | blue_value, everything, everything),
            (blue_value, {self.product: 1}, everything),
            (red_value.browse(), everything, everything),
        ):
            line = bom.bom_line_ids[1]
            line.bom_product_template_attribute_value_ids = values
            self.assertEqual(self.components(red), of_red)
            self.assertEqual(self.components(blue), of_blue)

    def make_variants(self):
        attribute = self.env["product.attribute"].create(
            {
                "name": "Colour",
                "value_ids": [(0, 0, {"name": "Red"}), (0, 0, {"name": "Blue"})],
            }
        )
        template = self.env["product.template"].create(
            {
                "name": "Kit",
                "is_storable": True,
                "attribute_line_ids": [
                    (
                        0,
                        0,
                        {
                            "attribute_id": attribute.id,
                            "value_ids": [(6, 0, attribute.value_ids.ids)],
                        },
                    )
                ],
            }
        )
        return template.product_variant_ids

    def test_variant_made_later_is_a_kit_too(self):
        red, _blue = self.make_variants()
        self.make_bom(self.env, red, [(self.product, 1)])
        self.components(red)
        line = red.attribute_line_ids
        green = self.env["product.attribute.value"].create(
            {"name": "Green", "attribute_id": line.attribute_id.id}
        )
        line.value_ids += green
        newest = red.product_tmpl_id.product_variant_ids[-1]
        self.assertEqual(self.components(newest), {self.product: 1})

    # -------------------------------------------------------------- changes
    def test_change_far_below_opens_all_kits_above(self):
        inner = self.kit(10, (self.product, 2), listed=False)
        outer = self.kit(11, (inner, 3))
        self.assertEqual(self.components(outer), {self.product: 6})
        inner.bom_ids.bom_line_ids.product_qty = 5
        self.assertEqual(self.components(outer), {self.product: 15})
        self.assertFalse(self.env["channel.kit.change"].search([]))

    def test_changes_by_sql_are_noticed(self):
        kit = self.kit(10, (self.product, 2), (self.part, 1))
        self.components(kit)
        first, second = kit.bom_ids.bom_line_ids
        for statement, ids, expected in (
            (
                "UPDATE mrp_bom_line SET product_qty = 4 WHERE id = %s",
                first.id,
                {self.product: 4, self.part: 1},
            ),
            (
                "UPDATE mrp_bom SET product_qty = 2 WHERE id = %s",
                kit.bom_ids.id,
                {self.product: 2, self.part: 0.5},
            ),
            (
                "DELETE FROM mrp_bom_line WHERE id = %s",
                second.id,
                {self.product: 2},
            ),
            ("DELETE FROM mrp_bom WHERE id = %s", kit.bom_ids.id, {}),
        ):
            with self.subTest(statement):
                self.env.cr.execute(statement, (ids,))
                self.env.invalidate_all()
                self.assertEqual(self.components(kit), expected)

    def test_unit_that_is_redefined_is_noticed(self):
        dozen = self.env.ref("uom.product_uom_dozen").copy({"name": "Baker's"})
        kit = self.kit(10, (self.product, 1, dozen))
        self.assertEqual(self.components(kit), {self.product: 12})
        dozen.relative_factor = 13
        self.assertEqual(self.components(kit), {self.product: 13})

    def test_odoo_refuses_a_cycle_and_one_made_by_sql_is_told_in_words(self):
        inner = self.kit(10, (self.product, 2))
        outer = self.kit(11, (inner, 1))
        with self.assertRaises(ValidationError):
            inner.bom_ids.bom_line_ids.product_id = outer
            inner.bom_ids._check_bom_cycle()
        self.env.invalidate_all()
        self.assertEqual(self.target(outer), 5)
        self.env.cr.execute(
            "UPDATE mrp_bom_line SET product_id = %s WHERE bom_id = %s",
            (outer.id, inner.bom_ids.id),
        )
        self.env.invalidate_all()
        self.assertEqual(self.components(outer), {self.env["product.product"]: "cycle"})
        self.assertEqual(self.target(outer), 0)
        told = self.env["channel.exception"].search([("category", "=", "kit")])
        self.assertEqual(len(told.filtered(lambda each: each.state == "open")), 2)
        self.assertIn("contains itself", told[0].message)
        inner.bom_ids.bom_line_ids.product_id = self.product
        self.assertEqual(self.target(outer), 5)
        self.assertEqual(set(told.mapped("state")), {"resolved"})

    def test_plan_without_a_change_writes_nothing(self):
        kit = self.kit(10, (self.product, 2))
        self.components(kit)
        self.env.cr.execute("SELECT xmin::text FROM channel_kit_component")
        before = self.env.cr.fetchall()
        kit.bom_ids.bom_line_ids.product_qty = 3
        self.env.flush_all()
        kit.bom_ids.bom_line_ids.product_qty = 2
        self.components(kit)
        self.env.cr.execute("SELECT xmin::text FROM channel_kit_component")
        self.assertEqual(self.env.cr.fetchall(), before)
