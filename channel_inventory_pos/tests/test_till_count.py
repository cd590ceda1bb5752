# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_pos import TillCase

CLOSE = "action_pos_session_closing_control"


class TillCountCase(TillCase):
    """Counts of the shelf that a till sells from."""

    def count(self, quantity, product=None, place=None, lot=None):
        quants = self.env["stock.quant"].with_context(inventory_mode=True)
        quant = quants.create(
            {
                "product_id": (product or self.product).id,
                "location_id": (place or self.warehouse.lot_stock_id).id,
                "lot_id": lot and lot.id,
                "inventory_quantity": quantity,
            }
        )
        quant.action_apply_inventory()

    def rows(self, state="open"):
        return self.env["channel.till.count"].search(
            [("company_id", "=", self.company.id), ("state", "=", state)]
        )

    def told(self):
        return self.exceptions("till_count").filtered(lambda each: each.state == "open")

    def on_hand(self, product=None):
        return (
            (product or self.product)
            .with_context(warehouse_id=self.warehouse.id)
            .qty_available
        )

    def close(self):
        getattr(self.session, CLOSE)()
        self.assertEqual(self.session.state, "closed")


@tagged("post_install", "-at_install")
class TestTillCount(TillCountCase):
    """A count and an open session that books later do not take the same units twice in
    silence. 10 pieces are on hand in Odoo."""

    def test_count_after_sales_is_told_and_corrected_before_the_session_closes(self):
        self.ring((self.product, 3))
        self.count(7)
        self.assertIn("3 × ", self.told().message)
        self.assertEqual(self.rows().units, 3)
        self.rows().action_add_back()
        self.assertFalse(self.told())
        self.assertEqual(self.on_hand(), 10)
        self.close()
        self.assertEqual(self.on_hand(), 7)

    def test_count_is_corrected_after_the_session_has_closed(self):
        self.ring((self.product, 3))
        self.count(7)
        self.ring((self.product, 1))
        self.close()
        self.assertEqual(self.on_hand(), 3)
        self.rows().action_add_back()
        self.assertEqual(self.on_hand(), 6)
        self.assertFalse(self.told())
        self.assertEqual(self.available(), 6)

    def test_count_of_no_difference_is_told_as_well(self):
        self.ring((self.product, 2))
        self.count(10)
        self.assertEqual(self.rows().units, 2)

    def test_count_that_has_the_units_in_it_is_kept(self):
        self.ring((self.product, 3))
        self.count(10)
        self.rows().action_keep()
        self.assertFalse(self.told())
        self.close()
        self.assertEqual(self.on_hand(), 7)

    def test_new_count_decides(self):
        self.ring((self.product, 3))
        self.count(7)
        self.close()
        self.count(7)
        self.assertFalse(self.told())
        self.assertEqual(self.on_hand(), 7)
        self.assertEqual(self.rows("recounted").units, 3)

    def test_new_count_while_it_is_open_says_what_is_sold_by_now(self):
        self.ring((self.product, 3))
        self.count(7)
        self.rows().action_add_back()
        self.ring((self.product, 1))
        self.count(6)
        self.assertEqual(self.rows().units, 4)
        self.rows().action_add_back()
        self.close()
        self.assertEqual(self.on_hand(), 6)

    def test_units_taken_back_count_against_it(self):
        sold = self.ring((self.product, 3))
        self.ring((self.product, -1, sold.lines))
        self.count(8)
        self.assertEqual(self.rows().units, 2)
        self.rows().action_add_back()
        self.close()
        self.assertEqual(self.on_hand(), 8)

    def test_more_taken_back_than_sold_is_too_much(self):
        sold = self.ring((self.product, 3))
        self.close()
        self.session = self.open_session(self.till)
        self.ring((self.product, -2, sold.lines))
        self.count(9)
        self.assertEqual(self.rows().units, -2)
        self.rows().action_add_back()
        self.close()
        self.assertEqual(self.on_hand(), 9)

    def test_nothing_is_told_where_nothing_is_booked_later(self):
        other = self.make_product(self.env, 2, 10, self.warehouse)
        self.ring((self.product, 3))
        draft = self.ring((other, 1), state="draft")
        self.count(5, product=other)
        self.assertFalse(self.rows())
        draft.action_pos_order_cancel()
        self.close()
        self.count(7)
        self.company.point_of_sale_update_stock_quantities = "real"
        self.session = self.open_session(self.till)
        self.ring((self.product, 2))
        self.count(5)
        self.assertFalse(self.rows())
        self.close()
        self.assertEqual(self.on_hand(), 5)

    def test_counts_of_one_shelf_are_one_exception(self):
        other = self.make_product(self.env, 2, 10, self.warehouse)
        self.ring((self.product, 3), (other, 1))
        self.count(7)
        self.count(9, product=other)
        self.assertEqual(len(self.told()), 1)
        self.assertIn("1 × ", self.told().message)
        found = self.env["channel.till.count"].search(
            self.told().action_open_record()["domain"]
        )
        self.assertEqual(found, self.rows())
        self.assertEqual(found.product_id, self.product | other)
        found[0].action_add_back()
        self.assertEqual(len(self.told()), 1)
        found.action_add_back()
        self.assertFalse(self.told())
        self.assertEqual((self.on_hand(), self.on_hand(other)), (10, 10))

    def test_units_are_put_back_once_where_two_parts_of_a_shelf_are_counted(self):
        parts = self.env["stock.location"].create(
            [
                {"name": name, "location_id": self.warehouse.lot_stock_id.id}
                for name in ("A", "B")
            ]
        )
        self.ring((self.product, 3))
        self.count(0)
        for part, units in zip(parts, (4, 3), strict=True):
            self.count(units, place=part)
        self.assertEqual(self.rows().location_id, parts[1])
        self.rows().action_add_back()
        self.close()
        self.assertEqual(self.on_hand(), 7)

    def test_count_elsewhere_is_none_of_the_till(self):
        other = self.env["stock.warehouse"].create({"name": "Other", "code": "OTHR"})
        self.ring((self.product, 3))
        self.count(4, place=other.lot_stock_id)
        self.assertFalse(self.rows())

    def test_goods_moved_between_shelves_are_not_counted(self):
        shelf = self.env["stock.location"].create(
            {"name": "A", "location_id": self.warehouse.lot_stock_id.id}
        )
        self.ring((self.product, 3))
        quant = self.env["stock.quant"].search(
            [
                ("product_id", "=", self.product.id),
                ("location_id", "=", self.warehouse.lot_stock_id.id),
            ]
        )
        quant.move_quants(location_dest_id=shelf, message="Moved")
        self.assertFalse(self.rows())

    def test_count_that_is_reverted_is_over(self):
        self.ring((self.product, 3))
        self.count(7)
        move = self.env["stock.move"].search(
            [("product_id", "=", self.product.id), ("is_inventory", "=", True)],
            order="id desc",
            limit=1,
        )
        move.move_line_ids.action_revert_inventory()
        self.assertFalse(self.told())
        self.close()
        self.assertEqual(self.on_hand(), 7)

    def test_products_with_lots_are_counted_again(self):
        tracked = self.make_product(self.env, 3)
        tracked.tracking = "lot"
        lot = self.env["stock.lot"].create({"name": "L1", "product_id": tracked.id})
        self.ring((tracked, 2))
        self.count(5, product=tracked, lot=lot)
        with self.assertRaises(UserError):
            self.rows().action_add_back()
        self.assertTrue(self.told())

    def test_exception_is_not_resolved_before_it_is_decided(self):
        self.ring((self.product, 3))
        self.count(7)
        with self.assertRaises(UserError):
            self.told()._close("resolved", "Counted")
        self.told()._close("ignored", "We count tonight")
        self.assertFalse(self.told())

    def test_operators_decide(self):
        self.ring((self.product, 3))
        self.count(7)
        user = self.env["res.users"].create(
            {
                "name": "Ann",
                "login": "ann-till-count",
                "group_ids": [
                    (4, self.env.ref("channel_inventory_base.group_channel_user").id)
                ],
            }
        )
        with self.assertRaises(AccessError):
            self.rows().with_user(user).action_add_back()
        user.group_ids += self.env.ref("channel_inventory_base.group_channel_operator")
        self.rows().with_user(user).action_add_back()
        self.assertEqual(self.on_hand(), 10)
