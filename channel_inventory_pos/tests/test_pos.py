# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common_pos import TillCase


@tagged("post_install", "-at_install")
class TestTill(TillCase):
    # -------------------------------------------------------------- closing
    def test_sale_at_a_till_is_not_sold_again_before_it_is_booked(self):
        self.changed()
        self.ring((self.product, 3))
        self.assertEqual((self.available(), self.held()), (7, 3))
        self.assertIn(self.product.id, self.changed())

    def test_closing_books_and_changes_no_number(self):
        self.ring((self.product, 3))
        self.plan()
        before = self.product.channel_listing_ids.level_ids.target
        self.session.action_pos_session_closing_control()
        self.assertEqual(self.session.state, "closed")
        self.assertEqual((self.available(), self.held()), (7, 0))
        self.assertEqual(self.product.qty_available, 7)
        self.env.cr.execute("DELETE FROM channel_level_pending")
        self.plan()
        self.assertEqual(self.product.channel_listing_ids.level_ids.target, before)
        self.env.cr.execute("SELECT count(*) FROM channel_level_pending")
        self.assertEqual(self.env.cr.fetchone(), (0,))

    def test_closing_that_fails_leaves_everything_held(self):
        self.ring((self.product, 3))
        broken = patch.object(
            self.registry["pos.session"],
            "_create_account_move",
            side_effect=UserError("no journal"),
        )
        with broken, self.assertRaises(UserError), self.env.cr.savepoint():
            self.session.action_pos_session_closing_control()
        self.env.invalidate_all()
        self.assertEqual((self.available(), self.held()), (7, 3))

    def test_the_same_order_sent_twice_is_held_once(self):
        order = self.ring((self.product, 3))
        again = self.ring((self.product, 3), uuid=order.uuid)
        self.assertEqual(again, order)
        self.assertEqual(self.held(), 3)

    def test_sales_of_what_is_not_there_count_once_each(self):
        """OCA/pos#1175: what was shown fell by twice of each sale when nothing was left
        and more was expected."""
        self.move(self.place("suppliers"), self.warehouse.lot_stock_id, 5)
        self.ring((self.product, 10))
        for left in (-1, -2, -3):
            self.ring((self.product, 1))
            self.assertEqual(self.available(), left)
        self.session.action_pos_session_closing_control()
        self.assertEqual((self.available(), self.held()), (-3, 0))

    def test_orders_of_two_tills_add_up(self):
        other = self.open_session(self.make_till("Till 2"))
        self.ring((self.product, 6))
        self.ring((self.product, 5), session=other)
        self.assertEqual(self.available(), -1)

    def test_weighed_goods_and_nothing_at_all(self):
        self.ring((self.product, 1.5), (self.product, 0))
        self.assertEqual(self.available(), 8.5)

    def test_real_time_session_is_seen_by_its_transfer_alone(self):
        self.company.point_of_sale_update_stock_quantities = "real"
        session = self.open_session(self.make_till("Till 2"))
        self.changed()
        self.ring((self.product, 3), session=session)
        self.assertEqual((self.available(), self.held()), (7, 0))
        self.assertIn(self.product.id, self.changed())

    def test_sessions_keep_their_mode_when_the_company_changes_it(self):
        self.company.point_of_sale_update_stock_quantities = "real"
        self.ring((self.product, 3))
        self.assertEqual((self.available(), self.held()), (7, 3))

    def test_sale_to_be_shipped_later_is_allocated(self):
        self.till.write(
            {
                "ship_later": True,
                "warehouse_id": self.warehouse.id,
                "route_id": self.warehouse.delivery_route_id.id,
            }
        )
        partner = self.env["res.partner"].create({"name": "Later"})
        self.ring(
            (self.product, 4),
            shipping_date=fields.Date.to_string(fields.Date.today()),
            partner_id=partner.id,
        )
        position = self.position_at(self.warehouse)
        self.assertEqual((position.allocated, position.held), (4, 0))

    def test_invoiced_sale_of_an_anglo_saxon_company_counts_once(self):
        self.company.anglo_saxon_accounting = True
        partner = self.env["res.partner"].create({"name": "Invoiced"})
        order = self.ring((self.product, 3), partner_id=partner.id, to_invoice=True)
        self.assertTrue(order.account_move)
        self.assertEqual((self.available(), self.held()), (7, 0))

    def test_sale_invoiced_afterwards_leaves_the_fact_with_its_transfer(self):
        self.company.anglo_saxon_accounting = True
        order = self.ring((self.product, 3))
        self.assertEqual(self.held(), 3)
        order.partner_id = self.env["res.partner"].create({"name": "Invoiced"})
        self.changed()
        order.action_pos_order_invoice()
        self.assertEqual((self.available(), self.held()), (7, 0))
        self.assertIn(self.product.id, self.changed())

    def test_sale_invoiced_when_its_session_is_closed_leaves_once(self):
        """odoo/odoo#145473: a second transfer was made with the invoice."""
        self.company.anglo_saxon_accounting = True
        order = self.ring((self.product, 3))
        self.session.action_pos_session_closing_control()
        order.partner_id = self.env["res.partner"].create({"name": "Invoiced"})
        order.action_pos_order_invoice()
        self.assertEqual((self.available(), self.held()), (7, 0))

    def test_line_of_nothing_and_product_that_is_not_there_are_booked(self):
        """odoo/odoo#20552: the transfer stayed open."""
        other = self.make_product(self.env, 9)
        self.session.action_pos_session_closing_control()
        for mode in ("closing", "real"):
            with self.subTest(mode):
                self.company.point_of_sale_update_stock_quantities = mode
                self.session = self.open_session(self.till)
                before = self.available(), self.available(other)
                self.ring((self.product, 1), (other, 0), (self.product, 1), (other, 1))
                self.session.action_pos_session_closing_control()
                after = self.available(), self.available(other)
                self.assertEqual(
                    [b - a for b, a in zip(before, after, strict=True)], [2, 1]
                )
                self.assertEqual((self.held(), self.held(other)), (0, 0))
                self.env["channel.till.watch"]._look()
                self.assertFalse(self.exceptions("till_transfer"))

    def test_till_that_sells_elsewhere_is_planned_anew(self):
        self.ring((self.product, 3))
        other = self.env["stock.warehouse"].create({"name": "Other", "code": "OTHR"})
        self.env["stock.warehouse"]._create_missing_pos_picking_types()
        self.changed()
        self.env.cr.execute(
            "UPDATE pos_config SET picking_type_id = %s WHERE id = %s",
            [other.pos_type_id.id, self.till.id],
        )
        self.assertEqual(self.changed(), {self.product.id})
        self.assertEqual(self.position_at(other).held, 3)
        self.assertEqual(self.held(), 0)

    def make_bom(self, kit):
        """Two of the product are one of it."""
        line = (0, 0, {"product_id": self.product.id, "product_qty": 2})
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": kit.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [line],
            }
        )

    def test_kit_at_a_till_takes_its_components(self):
        if "channel.kit.component" not in self.env:
            self.skipTest("kits are not installed")
        kit = self.make_product(self.env, 8)
        self.make_listing(self.env, self.channel, kit, 8)
        self.make_bom(kit)
        self.plan()
        self.changed()
        self.ring((kit, 1))
        self.assertIn(self.product.id, self.changed())
        self.assertEqual(self.available(), 8)
        self.env["channel.change"]._set_trace("")
        self.env.cr.execute(
            "INSERT INTO channel_change (product_id) VALUES (%s)", [self.product.id]
        )
        self.plan()
        self.assertEqual(kit.channel_listing_ids.level_ids.target, 4)
        self.session.action_pos_session_closing_control()
        self.assertEqual(self.available(), 8)

    def test_component_is_sold_alone_and_in_a_kit_at_one_till(self):
        """frappe/erpnext#49021: what is in bundles was not counted, or twice."""
        if "channel.kit.component" not in self.env:
            self.skipTest("kits are not installed")
        kit = self.make_product(self.env, 8)
        self.make_listing(self.env, self.channel, kit, 8)
        self.make_bom(kit)
        self.ring((kit, 2), (self.product, 1))
        self.ring((kit, 1))
        self.plan()
        self.assertEqual((self.held(), self.available()), (7, 3))
        self.assertEqual(kit.channel_listing_ids.level_ids.target, 1)

    # -------------------------------------------------------------- refunds
    def test_refund_to_the_shelf_frees_what_the_session_has_sold(self):
        order = self.ring((self.product, 3))
        self.ring((self.product, -1, order.lines))
        self.assertEqual(self.available(), 8)

    def test_refund_of_damaged_goods_frees_nothing(self):
        scrap = self.env["stock.location"].create(
            {
                "name": "Broken",
                "location_id": self.warehouse.view_location_id.id,
                "own_stock_state": "damaged",
            }
        )
        back = self.warehouse.pos_type_id.return_picking_type_id
        if not back:
            back = self.warehouse.pos_type_id.copy({"code": "incoming"})
            self.warehouse.pos_type_id.return_picking_type_id = back
        back.default_location_dest_id = scrap
        order = self.ring((self.product, 3))
        refund = self.ring((self.product, -1, order.lines))
        self.assertEqual(refund.lines.refunded_orderline_id, order.lines)
        self.assertEqual(self.available(), 7)

    def test_refund_of_an_older_sale_waits_until_it_is_booked(self):
        order = self.ring((self.product, 3))
        self.session.action_pos_session_closing_control()
        session = self.open_session(self.till)
        self.ring((self.product, -1, order.lines), session=session)
        self.assertEqual((self.available(), self.held()), (7, 0))
        session.action_pos_session_closing_control()
        self.assertEqual(self.available(), 8)

    def test_money_back_for_nothing_frees_nothing(self):
        self.ring((self.product, 3))
        self.ring((self.product, -2))
        self.assertEqual(self.available(), 7)

    # --------------------------------------------------------------- drafts
    def test_open_order_is_held_by_policy_and_for_its_time(self):
        self.ring((self.product, 2), state="draft")
        self.assertEqual(self.held(), 0)
        self.till.channel_draft_policy = "all"
        order = self.ring((self.product, 2), state="draft")
        self.assertEqual(self.held(), 2)
        self.changed()
        self.env.cr.execute(
            "UPDATE pos_order SET channel_held_until = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(minutes=1), order.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self.held(), 0)
        self.changed()
        self.env["pos.order"]._release_channel_drafts()
        self.assertEqual(self.changed(), {self.product.id})
        self.env["pos.order"]._release_channel_drafts()
        self.assertFalse(self.changed())

    def test_open_order_that_was_sent_to_the_kitchen_is_held(self):
        self.till.channel_draft_policy = "sent"
        self.ring((self.product, 2), state="draft")
        self.assertEqual(self.held(), 0)
        sent = '{"lines": {"a - ": {"quantity": 1}}, "sittingMode": 0}'
        self.ring((self.product, 1), state="draft", last_order_preparation_change=sent)
        self.assertEqual(self.held(), 1)

    def test_open_order_that_is_paid_is_held_once(self):
        self.till.channel_draft_policy = "all"
        order = self.ring((self.product, 2), state="draft")
        self.assertTrue(order.channel_held_until)
        order.write(
            {
                "payment_ids": [
                    (
                        0,
                        0,
                        {
                            "amount": 20,
                            "payment_method_id": self.till.payment_method_ids[0].id,
                        },
                    )
                ],
                "amount_paid": 20,
            }
        )
        order.action_pos_order_paid()
        self.assertFalse(order.channel_held_until)
        self.assertEqual(self.held(), 2)

    def test_till_does_not_say_how_long_it_holds(self):
        self.till.channel_draft_policy = "all"
        order = self.ring(
            (self.product, 2), state="draft", channel_held_until="2099-01-01 00:00:00"
        )
        self.assertLess(
            order.channel_held_until, fields.Datetime.now() + timedelta(minutes=61)
        )

    def test_cancelled_order_is_let_go(self):
        self.till.channel_draft_policy = "all"
        order = self.ring((self.product, 2), state="draft")
        self.changed()
        order.action_pos_order_cancel()
        self.assertEqual(self.held(), 0)
        self.assertIn(self.product.id, self.changed())

    def test_line_changed_by_sql_is_noticed(self):
        order = self.ring((self.product, 2))
        self.changed()
        self.env.cr.execute(
            "UPDATE pos_order_line SET qty = 5 WHERE id = %s", [order.lines.id]
        )
        self.assertEqual(self.changed(), {self.product.id})
        self.env.invalidate_all()
        self.assertEqual(self.held(), 5)

    # ----------------------------------------------------------------- told
    def test_transfer_that_cannot_be_booked_is_told_until_it_is(self):
        self.company.point_of_sale_update_stock_quantities = "real"
        session = self.open_session(self.make_till("Till 2"))
        serial = self.make_product(self.env, 7, tracking="serial")
        order = self.ring((serial, 1), session=session)
        self.assertTrue(order.failed_pickings)
        watch = self.env["channel.till.watch"]
        watch._look()
        watch._look()
        told = self.exceptions("till_transfer")
        self.assertEqual((len(told), told.res_id), (1, order.picking_ids.id))
        self.assertEqual(told.count, 1)
        picking = order.picking_ids
        lot = self.env["stock.lot"].create({"name": "S1", "product_id": serial.id})
        self.env["stock.move.line"].create(
            {
                **picking.move_ids._prepare_move_line_vals(quantity=1),
                "lot_id": lot.id,
                "picked": True,
            }
        )
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        watch._look()
        self.assertEqual(told.state, "resolved")

    def test_transfer_that_a_person_ignores_is_not_told_again(self):
        self.company.point_of_sale_update_stock_quantities = "real"
        session = self.open_session(self.make_till("Till 2"))
        self.ring(
            (self.make_product(self.env, 7, tracking="serial"), 1), session=session
        )
        watch = self.env["channel.till.watch"]
        watch._look()
        told = self.exceptions("till_transfer")
        told._close("ignored", "The goods are at the repair shop")
        watch._look()
        self.assertEqual(self.exceptions("till_transfer"), told)
        self.assertEqual(told.state, "ignored")

    def test_till_that_was_offline_is_told_until_it_is_on_time(self):
        self.ring((self.product, 1), minutes_ago=120)
        self.assertEqual(self.held(), 1)
        watch = self.env["channel.till.watch"]
        watch._look()
        watch._look()
        told = self.exceptions("till_late")
        self.assertEqual((len(told), told.count), (1, 1))
        self.assertRegex(told.message, "1[12][0-9] minutes later")
        self.env.cr.execute(
            "UPDATE pos_order SET create_date = create_date - interval '1 minute'"
        )
        self.ring((self.product, 1))
        watch._look()
        self.assertEqual(told.state, "resolved")

    def test_order_of_a_closed_session_counts_from_when_it_arrives(self):
        closed = self.session
        closed.action_pos_session_closing_control()
        session = self.open_session(self.till)
        order = self.ring((self.product, 2), session=closed, minutes_ago=120)
        self.assertEqual(order.session_id, session)
        self.assertEqual(self.available(), 8)

    # ---------------------------------------------------------------- shown
    def test_till_shows_what_is_sellable_and_what_is_held(self):
        self.env["channel.hold"].create(
            {
                "product_id": self.product.id,
                "warehouse_id": self.warehouse.id,
                "stock_quantity": 8,
            }
        )
        told = self.tell(self.product)
        self.assertEqual(told["free_qty"], 10)
        self.assertEqual(told["channel_sellable"], 2)
        self.assertEqual(told["channel_held"], 8)

    def tell(self, product):
        """What the till says of a product in its warehouse."""
        self.env.flush_all()
        self.env["channel.position"].invalidate_model()
        info = product.product_tmpl_id.get_product_info_pos(
            10, 1, self.till.id, product_variant_id=product.id
        )
        [told] = [
            each for each in info["warehouses"] if each["id"] == self.warehouse.id
        ]
        return told

    def test_till_shows_as_many_of_a_kit_as_are_left_of_its_components(self):
        """It has no stock of its own, and is not sold out by that."""
        if "channel.kit.component" not in self.env:
            self.skipTest("kits are not installed")
        kit = self.make_product(self.env, 8)
        self.make_listing(self.env, self.channel, kit, 8)
        self.make_bom(kit)
        self.plan()
        self.assertEqual(self.tell(kit)["channel_sellable"], 5)
        self.ring((self.product, 3))
        told = self.tell(kit)
        self.assertEqual((told["channel_sellable"], told["channel_held"]), (3, 2))

    def test_till_says_nothing_of_what_is_not_stocked(self):
        service = self.env["product.product"].create(
            {"name": "Gift wrapping", "type": "service"}
        )
        self.assertNotIn("channel_sellable", self.tell(service))

    def test_lines_behind_a_held_figure_are_shown(self):
        order = self.ring((self.product, 3))
        action = self.position_at(self.warehouse).action_show_till_sales()
        found = self.env["pos.order.line"].search(action["domain"])
        self.assertEqual(found, order.lines)

    # ----------------------------------------------------------------- rate
    def rate(self, product=None):
        self.env["channel.sales.rate"]._measure()
        return (
            self.env["channel.sales.rate"]
            .search(
                [
                    ("product_id", "=", (product or self.product).id),
                    ("channel_id", "=", False),
                ]
            )
            .per_day
        )

    def test_sales_at_tills_are_in_the_rate_once(self):
        self.ring((self.product, 7))
        self.assertEqual(self.rate(), 0.25)
        self.session.action_pos_session_closing_control()
        self.assertEqual(self.rate(), 0.25)

    def test_open_orders_and_goods_taken_back_are_no_sales(self):
        self.ring((self.product, 7), state="draft")
        self.assertEqual(self.rate(), 0)
        order = self.ring((self.product, 7))
        self.ring((self.product, -1, order.lines))
        self.assertEqual(self.rate(), 0.25)

    def test_tills_that_are_late_widen_the_risk_buffer_by_their_part(self):
        if self.env["channel.sales.rate"]._counts_transfers():
            self.skipTest("sales are not installed")
        self.assertEqual(self.channel._get_unseen_seconds(), 0)
        self.ring((self.product, 7), minutes_ago=120)
        self.rate()
        late = self.channel._get_till_seconds()
        self.assertAlmostEqual(late, 7200, delta=300)
        share = self.channel._get_till_share()
        self.assertTrue(0 < share <= 1)
        self.assertAlmostEqual(self.channel._get_unseen_seconds(), late * share)
        # others sell much more
        self.env["channel.sales.rate"].create(
            {
                "product_id": self.make_product(self.env, 9).id,
                "company_id": self.company.id,
                "per_day": 1000000,
                "measured_at": fields.Datetime.now(),
            }
        )
        self.env.flush_all()
        self.assertLess(self.channel._get_unseen_seconds(), late * share / 100)
        other = self.env["stock.warehouse"].create({"name": "Other", "code": "OTHR"})
        self.channel.node_ids.warehouse_ids = other
        self.env.flush_all()
        self.assertEqual(self.channel._get_unseen_seconds(), 0)
