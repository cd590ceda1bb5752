# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import date, datetime, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_quote import QuoteCase


@tagged("post_install", "-at_install")
class TestPromiseHold(QuoteCase):
    """What a quotation holds, no channel sells; and it holds nothing for ever."""

    def levels_published(self):
        return self.env["channel.publication.line"].search_count(
            [("level_id", "=", self.level.id)]
        )

    # ------------------------------------------------------------ how much
    def test_hold_takes_its_units_from_the_channel(self):
        self.go_live(shown=10)
        order = self.held_quote(4)
        self.plan()
        self.assertEqual(self.level.target, 6)
        [hold] = self.holds(order)
        self.assertEqual((hold.cause, hold.stock_quantity), ("quotation", 4))
        self.assertEqual(hold.sale_line_id, order.order_line)
        self.assertEqual(hold.quote_value, 40)
        self.assertEqual(order.channel_hold_state, "held")
        self.assertIn("4 Units", order.channel_hold_words)
        self.assertIn("Held until", self.audit(order).message)

    def test_hold_6_while_2_available_holds_2(self):
        self.web_order(8)
        order = self.held_quote(6)
        self.assertEqual(self.units(order), 2)
        self.assertEqual(self.position.available, 0)
        self.assertEqual(order.channel_hold_state, "partly")
        self.assertIn("2 of 6", self.notes(order))

    def test_what_odoo_has_reserved_twice_is_there_once(self):
        """odoo/odoo#268942, #272560: two reservations of one moment leave a quant with
        nothing in it and a reservation, or one with more reserved than it has."""
        self.env["stock.quant"].sudo().create(
            {
                "product_id": self.product.id,
                "location_id": self.warehouse.lot_stock_id.id,
                "quantity": 0,
                "reserved_quantity": 4,
            }
        )
        order = self.held_quote(10)
        self.assertEqual(self.units(order), 10)

    def test_hold_of_a_part_ends_when_its_time_is_over(self):
        """OCA/stock-logistics-warehouse#883: of what was reserved in part the validity
        was never looked at, and it stayed reserved."""
        self.held_quote(8, user=self.rival)
        order = self.held_quote(6)
        self.assertEqual(self.units(order), 2)
        self.pass_hours(49)
        self.heal()
        self.assertFalse(self.holds(order))
        self.assertEqual(self.holds(order, "released").end_reason, "expired")
        fresh = self.held_quote(10)
        self.assertEqual(self.units(fresh), 10)

    def test_hold_6_while_2_available_is_refused_by_policy(self):
        self.company.channel_quote_short = "refuse"
        self.web_order(8)
        order = self.quote(6)
        with self.passing(), self.assertRaisesRegex(UserError, "2 of 6"):
            order.action_channel_hold()
        self.assertFalse(self.holds(order))
        self.assertEqual(self.position.available, 2)

    def test_nothing_left_holds_nothing(self):
        self.web_order(10)
        order = self.held_quote(3)
        self.assertFalse(self.holds(order))
        self.assertEqual(self.position.available, 0)
        self.assertIn("0 of 3", self.notes(order))

    def test_cap_leaves_the_shops_their_share(self):
        self.company.channel_quote_percent = 50
        first, second = self.held_quote(4), self.held_quote(4, user=self.rival)
        self.assertEqual((self.units(first), self.units(second)), (4, 1))
        self.assertEqual(self.position.available, 5)
        self.assertEqual(self.units(self.held_quote(1)), 0)

    def test_half_of_five_pieces_are_two_and_of_five_kilos_two_and_a_half(self):
        self.company.channel_quote_percent = 50
        self.add_stock(self.env, self.product, self.warehouse, -5)
        self.assertEqual(self.units(self.held_quote(4)), 2)
        kilos = self.make_product(
            self.env,
            3,
            5,
            self.warehouse,
            uom_id=self.env.ref("uom.product_uom_kgm").id,
        )
        order = self.held_quote(4.25, product=kilos)
        self.assertEqual(self.units(order), 2.5)

    def test_line_added_to_a_held_quotation_is_seen_and_not_held(self):
        """lightward/mechanic-tasks 310: what was added to a held draft was not held,
        and nobody saw it."""
        order = self.held_quote(4)
        order.order_line.copy({"order_id": order.id})
        self.env.invalidate_all()
        self.assertEqual(order.channel_hold_state, "partly")
        self.assertTrue(order.channel_can_hold)
        order.action_channel_hold()
        self.assertEqual(order.channel_hold_state, "held")
        self.assertFalse(order.channel_can_hold)

    def test_lines_of_one_quotation_share_what_is_there(self):
        order = self.quote(7)
        order.order_line.copy({"order_id": order.id})
        order.action_channel_hold()
        self.assertEqual(self.holds(order).mapped("stock_quantity"), [3, 7])
        self.assertEqual(self.position.available, 0)

    def test_dozens_are_held_in_stock_units(self):
        order = self.quote(1)
        order.order_line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        order.action_channel_hold()
        self.assertEqual(self.holds(order).asked_quantity, 12)
        self.assertEqual(self.units(order), 10)

    def test_hold_pressed_twice_holds_once(self):
        order = self.held_quote(4)
        order.action_channel_hold()
        self.assertEqual(len(self.holds(order)), 1)
        self.assertEqual(self.position.held, 4)

    def test_what_takes_no_stock_is_not_held(self):
        service = self.env["product.product"].create(
            {"name": "Service", "type": "service"}
        )
        order = self.quote(2, product=service)
        with self.assertRaisesRegex(UserError, "no line with a product in stock"):
            order.action_channel_hold()

    def test_bought_for_the_order_is_not_held(self):
        route = self.env.ref("stock.route_warehouse0_mto")
        route.active = True
        self.product.route_ids = [Command.link(route.id)]
        order = self.quote(2)
        with self.assertRaisesRegex(UserError, "no line with a product in stock"):
            order.action_channel_hold()

    def test_company_that_holds_never(self):
        self.company.channel_quote_policy = "never"
        order = self.quote(2)
        self.assertFalse(order.channel_can_hold)
        with self.assertRaisesRegex(UserError, "hold no stock"):
            order.action_channel_hold()

    def test_held_when_it_is_sent_by_policy(self):
        self.company.channel_quote_policy = "sent"
        self.web_order(8)
        order = self.quote(6)
        order.action_quotation_sent()
        self.assertEqual(self.units(order), 2)
        self.assertIn("2 of 6", self.notes(order))

    def test_expired_quotation_is_sent_and_holds_nothing(self):
        self.company.channel_quote_policy = "sent"
        order = self.quote(1, validity_date=date(2020, 1, 1))
        order.action_quotation_sent()
        self.assertEqual(order.state, "sent")
        self.assertFalse(self.holds(order))
        self.assertIn("has expired", self.notes(order))

    # ----------------------------------------------------------- how long
    def test_held_to_the_end_of_the_validity_where_the_company_is(self):
        with freeze_time("2026-12-01 12:00:00"):
            order = self.held_quote(1, validity_date=date(2026, 12, 1))
            other = self.held_quote(1, validity_date=date(2026, 12, 20))
        # New York is five hours behind
        self.assertEqual(self.holds(order).expires_at, datetime(2026, 12, 2, 4, 59, 59))
        self.assertEqual(self.holds(other).expires_at, datetime(2026, 12, 3, 12))

    def test_validity_that_is_over_holds_nothing(self):
        order = self.quote(1, validity_date=fields.Date.today() - timedelta(days=2))
        with self.assertRaisesRegex(UserError, "has expired"):
            order.action_channel_hold()

    def test_earlier_validity_shortens_and_a_later_one_does_not_extend(self):
        order = self.held_quote(1)
        before = self.holds(order).expires_at
        order.validity_date = fields.Date.today() + timedelta(days=90)
        self.assertEqual(self.holds(order).expires_at, before)
        order.validity_date = fields.Date.today()
        self.assertLess(self.holds(order).expires_at, before)
        order.validity_date = fields.Date.today() - timedelta(days=3)
        self.assertFalse(self.holds(order))

    def test_hold_expires_at_12_and_healing_raises_the_number_once(self):
        self.go_live(shown=10)
        order = self.held_quote(4)
        self.plan()
        self.publish()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 6)
        published = self.levels_published()
        self.pass_hours(49)
        # a minute may pass before the sweep: it counts no longer all the same
        self.assertEqual(self.position.available, 10)
        self.assertEqual(order.channel_hold_state, "ended")
        for _minute in range(3):
            self.heal()
            self.plan()
            self.publish()
        self.assertFalse(self.holds(order))
        self.assertEqual(self.holds(order, "released").end_reason, "expired")
        self.assertEqual(self.fake.levels["item-1", "node-1"], 10)
        self.assertEqual(self.levels_published(), published + 1)
        self.assertEqual(self.notes(order).count("No longer held"), 1)
        self.assertIn("no longer held", order.channel_hold_words)
        # it confirms at 12:02 like any other
        self.web_order(8)
        with self.assertRaisesRegex(UserError, "2 there"):
            order.action_confirm()

    def test_line_added_later_ends_with_the_others(self):
        order = self.held_quote(1)
        self.pass_hours(47)
        order.order_line.copy({"order_id": order.id})
        order.action_channel_hold()
        self.assertEqual(len(set(self.holds(order).mapped("expires_at"))), 1)

    def test_only_a_manager_extends(self):
        order = self.held_quote(1)
        self.pass_hours(40)
        before = self.holds(order).expires_at
        self.assertFalse(order.channel_may_extend)
        with self.passing(), self.assertRaises(AccessError):
            order.action_channel_extend()
        boss = self.make_salesperson(self.env, "boss", "sales_team.group_sale_manager")
        order.with_user(boss).action_channel_extend()
        self.assertGreaterEqual(
            self.holds(order).expires_at, before + timedelta(hours=39)
        )

    def test_what_holds_nothing_is_not_extended(self):
        with self.assertRaisesRegex(UserError, "holds nothing"):
            self.quote(1).sudo().action_channel_extend()

    # ----------------------------------------------------- follows its line
    def test_line_4_to_7_while_2_more_are_free_and_4_to_1(self):
        self.web_order(4)
        order = self.held_quote(4)
        order.order_line.product_uom_qty = 7
        self.assertEqual(self.units(order), 6)
        self.assertEqual(self.position.available, 0)
        self.assertIn("6 of 7", self.notes(order))
        order.order_line.product_uom_qty = 1
        self.assertEqual(self.units(order), 1)
        self.assertEqual(self.position.available, 5)
        self.assertEqual(len(self.holds(order)), 1)

    def test_other_product_other_warehouse_and_nothing(self):
        other = self.make_product(self.env, 2, 3, self.warehouse)
        order = self.held_quote(4)
        order.order_line.product_id = other
        self.assertEqual(self.units(order), 3)
        self.assertEqual(self.holds(order).product_id, other)
        self.assertEqual(self.position.available, 10)
        house = self.make_warehouse(self.env, "OTH")
        order.warehouse_id = house
        self.assertFalse(self.holds(order))
        self.add_stock(self.env, other, house, 9)
        order.action_channel_hold()
        self.assertEqual(self.holds(order).warehouse_id, house)
        order.order_line.product_uom_qty = 0
        self.assertFalse(self.holds(order))

    def test_price_follows_without_a_word(self):
        order = self.held_quote(4)
        notes = len(order.message_ids)
        order.order_line.price_unit = 20
        self.assertEqual(self.holds(order).quote_value, 80)
        self.assertEqual(len(order.message_ids), notes)

    # ---------------------------------------------------------------- ends
    def test_hold_4_and_confirm_is_one_change(self):
        self.go_live(shown=10)
        order = self.held_quote(4)
        self.plan()
        self.publish()
        published = self.levels_published()
        order.action_confirm()
        position = self.position
        self.assertEqual(
            (position.held, position.allocated, position.available), (0, 4, 6)
        )
        self.assertEqual(self.holds(order, "released").end_reason, "confirmed")
        self.assertEqual(sum(order.order_line.move_ids.mapped("quantity")), 4)
        self.plan()
        self.publish()
        self.assertEqual(self.level.target, 6)
        self.assertEqual(self.levels_published(), published)

    def test_confirmation_that_fails_holds_on(self):
        order = self.held_quote(4)

        class Crash(Exception):
            pass

        def crash(lines, **_kwargs):
            raise Crash

        self.patch(type(order.order_line), "_action_launch_stock_rule", crash)
        with self.passing(), self.assertRaises(Crash):
            order.action_confirm()
        self.assertEqual(self.units(order), 4)
        self.assertEqual(self.position.available, 6)

    def test_cancelled_released_deleted(self):
        for reason, end in (
            ("cancelled", lambda order: order._action_cancel()),
            ("released", lambda order: order.action_channel_release()),
            ("deleted", lambda order: order.order_line.unlink()),
        ):
            order = self.held_quote(4)
            end(order)
            with self.subTest(reason):
                self.assertEqual(self.position.available, 10)
                self.assertEqual(self.holds(order, "released").end_reason, reason)

    def test_deleted_quotation_leaves_its_trace(self):
        order = self.held_quote(4)
        [hold] = self.holds(order)
        order.sudo().unlink()
        self.env.invalidate_all()
        self.assertEqual((hold.state, hold.end_reason), ("released", "deleted"))
        self.assertEqual(self.position.available, 10)

    def test_what_sql_deletes_ends_within_a_minute(self):
        order, other = self.held_quote(3), self.held_quote(4)
        self.env.flush_all()
        self.env.cr.execute(
            "DELETE FROM sale_order_line WHERE order_id = %s", (order.id,)
        )
        self.env.cr.execute(
            "UPDATE sale_order SET state = 'cancel' WHERE id = %s", (other.id,)
        )
        self.env.invalidate_all()
        self.heal()
        self.assertEqual(self.position.available, 10)
        self.assertEqual(self.holds(order, "released").end_reason, "deleted")
        self.assertEqual(self.holds(other, "released").end_reason, "cancelled")

    def test_operator_releases_and_its_salesperson_is_told(self):
        order = self.held_quote(4)
        operator = self.make_user(self.env, "operator")
        hold = self.holds(order).with_user(operator)
        with self.passing(), self.assertRaisesRegex(AccessError, "quotation only"):
            hold.stock_quantity = 9
        hold.action_release()
        self.assertEqual(self.position.available, 10)
        self.heal()
        self.assertIn("No longer held", self.notes(order))

    # ----------------------------------------------------- a sale goes first
    def test_web_order_takes_what_the_youngest_quotation_holds(self):
        old, young = self.held_quote(4), self.held_quote(4, user=self.rival)
        self.web_order(5)
        self.assertEqual(self.position.available, -3)
        self.plan()
        self.assertEqual((self.units(old), self.units(young)), (4, 1))
        self.assertEqual(self.position.available, 0)
        self.heal()
        self.heal()
        [activity] = young.sudo().activity_ids
        self.assertEqual(activity.user_id, self.rival)
        self.assertIn("3 of", activity.note)
        self.assertFalse(old.sudo().activity_ids)
        self.web_order(5)
        self.plan()
        self.assertEqual((self.units(old), self.units(young)), (0, 0))
        self.assertEqual(self.position.available, 0)
        self.assertEqual(self.holds(old, "released").end_reason, "taken")
        self.heal()
        self.assertEqual(len(old.sudo().activity_ids), 1)

    def test_web_order_is_not_short_of_what_a_quotation_holds(self):
        """It is imported before the next plan takes its units from the quotation."""
        self.channel.short_policy = "ask"
        self.held_quote(8)
        self.fake.levels["item-1", "node-1"] = 14
        for units, is_short in ((5, False), (9, True)):
            name = self.fake.sell(units)
            event = self.fake.event(name)
            self.env["channel.inbox.event"]._store(self.channel, [event], "webhook")
            self.intake()
            with self.subTest(units):
                self.assertEqual(not self.order(name).sale_order_id, is_short)

    def test_salesperson_who_has_left_and_one_quotation_that_cannot_be_told(self):
        order, other = self.held_quote(4), self.held_quote(4, user=self.rival)
        self.web_order(10)
        self.plan()
        self.rival.active = False
        self.company.channel_exception_user_id = self.make_user(self.env, "manager")
        tell = type(self.env["channel.hold"])._tell

        def fail_once(holds, quotation):
            if quotation == order:
                raise ValueError("no mail today")
            return tell(holds, quotation)

        with mute_logger("odoo.addons.channel_inventory_promise.models.channel_hold"):
            self.patch(type(self.env["channel.hold"]), "_tell", fail_once)
            self.heal()
        [activity] = other.sudo().activity_ids
        self.assertEqual(activity.user_id, self.company.channel_exception_user_id)
        self.assertFalse(order.sudo().activity_ids)
        self.patch(type(self.env["channel.hold"]), "_tell", tell)
        self.heal()
        self.assertEqual(len(order.sudo().activity_ids), 1)
        self.assertEqual(len(other.sudo().activity_ids), 1)

    def test_recount_takes_of_quotations_what_is_gone(self):
        order = self.held_quote(8)
        self.add_stock(self.env, self.product, self.warehouse, -5)
        self.plan()
        self.assertEqual(self.units(order), 5)
        self.assertEqual(self.position.available, 0)

    def test_lost_wake_up_is_made_up_for_within_a_minute(self):
        order = self.held_quote(8)
        self.web_order(5)
        self.env.cr.execute("DELETE FROM channel_change")
        self.heal()
        self.assertEqual(self.units(order), 5)

    def test_doubt_about_a_count_takes_nothing(self):
        order = self.held_quote(8)
        self.env.cr.execute(
            """
            UPDATE stock_warehouse
               SET channel_authority = 'reported', channel_confidence = 10
             WHERE id = %s
            """,
            (self.warehouse.id,),
        )
        self.env["channel.hold"]._give_way(self.product.ids)
        self.assertEqual(self.position.available, -7)
        self.assertEqual(self.units(order), 8)

    # -------------------------------------------------------------- reports
    def test_report_tells_salespeople_what_is_held_and_confirmed(self):
        won, lost, mine = self.held_quote(2), self.held_quote(1), self.held_quote(3)
        won.action_confirm()
        lost._action_cancel()
        self.held_quote(1, user=self.rival)
        self.env.flush_all()
        report = self.env["channel.quote.hold"].with_user(self.seller)
        rows = report.search([])
        self.assertEqual(rows.sale_order_id, won | lost | mine)
        [(_user, value, confirmed)] = report._read_group(
            [], ["user_id"], ["value:sum", "conversion:avg"]
        )
        self.assertEqual((value, confirmed), (60, 50))
        action = rows[0].action_open_quotation()
        self.assertEqual(action["res_model"], "sale.order")

    # ------------------------------------------------- what others met before
    def test_several_lines_are_released_and_confirmed_at_once(self):
        """OCA/stock-logistics-warehouse 50: more than one reserved line failed."""
        other = self.make_product(self.env, 2, 5, self.warehouse)
        order = self.quote(4)
        order.order_line.copy({"order_id": order.id, "product_id": other.id})
        order.action_channel_hold()
        order.action_channel_release()
        self.assertFalse(self.holds(order))
        order.action_channel_hold()
        self.assertEqual(len(self.holds(order)), 2)
        order.action_confirm()
        self.assertFalse(self.holds(order))

    def test_copy_of_a_quotation_holds_nothing(self):
        order = self.held_quote(4)
        copy = order.copy()
        self.assertFalse(self.holds(copy))
        self.assertEqual(self.units(order), 4)

    def test_section_and_note_are_no_goods(self):
        order = self.quote(4)
        order.write(
            {
                "order_line": [
                    Command.create({"display_type": "line_section", "name": "Goods"}),
                    Command.create({"display_type": "line_note", "name": "Thanks"}),
                ]
            }
        )
        order.action_channel_hold()
        self.assertEqual(self.units(order), 4)
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_line_replaced_in_the_form(self):
        """A form deletes one line and adds another in the same request."""
        order = self.held_quote(4)
        order.write(
            {
                "order_line": [
                    Command.delete(order.order_line.id),
                    Command.create(
                        {"product_id": self.product.id, "product_uom_qty": 3}
                    ),
                ]
            }
        )
        self.assertFalse(self.holds(order))
        self.assertEqual(self.position.available, 10)
        order.action_channel_hold()
        self.assertEqual(self.units(order), 3)

    def test_cancelled_and_quoted_again_begins_anew(self):
        order = self.held_quote(4)
        order._action_cancel()
        order.action_draft()
        self.assertEqual(order.channel_hold_state, "none")
        order.action_channel_hold()
        self.assertEqual(self.units(order), 4)

    def test_receipt_that_is_sent_back_takes_of_quotations(self):
        """frappe/erpnext 37754: what was reserved went with its receipt."""
        order = self.held_quote(10)
        move = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 7,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_suppliers").id,
                "picking_type_id": self.warehouse.out_type_id.id,
            }
        )
        move._action_confirm()
        self.plan()
        self.assertEqual(self.units(order), 3)
        self.assertEqual(self.position.available, 0)
