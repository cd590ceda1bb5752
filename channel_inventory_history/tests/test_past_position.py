# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_position import PositionCase


@tagged("post_install", "-at_install")
class TestPastPosition(PositionCase):
    """10 pieces an hour ago; what happened since is taken back, by what was reported
    wrong of stock at a date elsewhere."""

    def setUp(self):
        super().setUp()
        self.stock = self.warehouse.lot_stock_id
        self.moment = fields.Datetime.now() - timedelta(hours=1)

    def past(self, product=None, warehouse=None, **context):
        self.env.flush_all()
        self.env.invalidate_all()
        positions = self.env["channel.position.past"].with_context(
            as_of=fields.Datetime.to_string(self.moment), **context
        )
        return positions.search(
            [
                ("product_id", "=", (product or self.product).id),
                ("warehouse_id", "=", (warehouse or self.warehouse).id),
            ]
        )

    def test_todays_stock_is_not_that_of_then(self):
        self.move_done(self.move(self.place("suppliers"), self.stock, 5))
        self.assertEqual(self.position.on_hand, 15)
        self.assertEqual(self.past().on_hand, "10")

    def test_quantity_done_counts_and_not_the_demand(self):
        self.move_done(self.move(self.place("suppliers"), self.stock, 20), 7)
        self.assertEqual(self.past().on_hand, "10")

    def test_goods_put_on_a_shelf_below(self):
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.stock.id}
        )
        move = self.move(self.place("suppliers"), self.stock, 5)
        move._action_assign()
        move.quantity = 5
        move.move_line_ids.location_dest_id = shelf
        move.picked = True
        move._action_done()
        self.assertEqual(self.position.on_hand, 15)
        self.assertEqual(self.past().on_hand, "10")

    def test_move_in_another_unit(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        move = self.move(self.place("suppliers"), self.stock, 2, product_uom=dozen.id)
        self.move_done(move)
        self.assertEqual(self.position.on_hand, 34)
        self.assertEqual(self.past().on_hand, "10")

    def test_product_that_is_sold_out_now(self):
        self.move_done(self.move(self.stock, self.place("customers"), 10))
        self.env["stock.quant"]._unlink_zero_quants()
        self.assertEqual(self.past().on_hand, "10")

    def test_archived_product(self):
        self.move_done(self.move(self.stock, self.place("customers"), 3))
        self.product.active = False
        self.assertEqual(self.past().on_hand, "10")

    def test_goods_of_another_owner(self):
        owner = self.env["res.partner"].create({"name": "Owner"})
        self.env["stock.quant"]._update_available_quantity(
            self.product, self.stock, 4, owner_id=owner
        )
        move = self.move(self.place("suppliers"), self.stock, 4)
        move._action_assign()
        move.quantity = 4
        move.move_line_ids.owner_id = owner
        move.picked = True
        move._action_done()
        self.assertEqual(self.past().on_hand, "10")

    def test_backdated_move_counts_as_of_its_time(self):
        move = self.move_done(self.move(self.stock, self.place("customers"), 3))
        self.assertEqual(self.past().on_hand, "10")
        two_hours_ago = self.moment - timedelta(hours=1)
        move.move_line_ids.date = two_hours_ago
        self.assertEqual(self.past().on_hand, "7")

    def test_transfer_between_warehouses(self):
        other = self.make_warehouse(self.env, "PP2")
        self.move_done(self.move(self.stock, other.lot_stock_id, 4))
        self.assertEqual(self.past().on_hand, "10")
        self.assertEqual(self.past(warehouse=other).on_hand, "0")

    def test_move_inside_the_warehouse_changes_nothing(self):
        self.move_done(self.move(self.stock, self.warehouse.wh_output_stock_loc_id, 4))
        self.assertEqual(self.past().on_hand, "10")

    def test_stock_of_another_company_is_its_own(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        place = self.env["stock.warehouse"].search([("company_id", "=", company.id)])
        self.add_stock(self.env, self.product, place, 50)
        self.assertEqual(self.past().on_hand, "10")
        user = self.make_user(self.env, "user", "past_user")
        positions = self.env["channel.position.past"].with_user(user)
        found = positions.search([("product_id", "=", self.product.id)])
        self.assertEqual(found.warehouse_id, self.warehouse)

    def test_daylight_saving_moves_no_stock(self):
        """Moments are UTC in the database, whatever the reader's clock says."""
        self.move_done(self.move(self.stock, self.place("customers"), 3))
        for zone in ("Pacific/Auckland", "America/Los_Angeles", "UTC"):
            self.assertEqual(self.past(tz=zone).on_hand, "10")

    def test_allocated_is_known_while_no_transfer_has_changed(self):
        picking = self.sell(4).picking_ids
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE stock_move SET create_date = %(at)s, write_date = %(at)s",
            {"at": self.moment - timedelta(hours=1)},
        )
        past = self.past()
        self.assertEqual((past.allocated, past.available, past.reason), ("4", "6", ""))
        self.done(picking, 1)
        past = self.past()
        self.assertEqual(
            (past.on_hand, past.allocated, past.available),
            ("10", "not known", "not known"),
        )
        self.assertIn("Transfers have changed", past.reason)

    def test_hold_that_has_ended_since(self):
        self.fake.levels["item-1", "node-1"] = 10
        order = self.capture(self.fake.sell(2))
        hold = order.line_ids.hold_ids
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_hold SET create_date = %(at)s, write_date = %(at)s",
            {"at": self.moment - timedelta(hours=1)},
        )
        self.assertEqual(self.past().held, "2")
        hold.write({"state": "released"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_hold SET write_date = now() AT TIME ZONE 'UTC'"
        )
        self.assertEqual(self.past().held, "2")

    def test_manual_hold_that_was_changed_since(self):
        hold = self.env["channel.hold"].create(
            {
                "product_id": self.product.id,
                "warehouse_id": self.warehouse.id,
                "stock_quantity": 3,
            }
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_hold SET create_date = %s WHERE id = %s",
            (self.moment - timedelta(hours=1), hold.id),
        )
        past = self.past()
        self.assertEqual((past.held, past.available), ("not known", "not known"))

    def test_stock_that_another_system_counts(self):
        self.warehouse.write(
            {"channel_authority": "external", "channel_fresh_minutes": 1440}
        )
        self.env["channel.external.stock"]._report(
            self.warehouse,
            [{"product": "SKU-1", "on_hand": 10}],
            fields.Datetime.now(),
        )
        past = self.past()
        self.assertEqual(past.on_hand, "not known")
        self.assertIn("Another system", past.reason)
