# SPDX-License-Identifier: AGPL-3.0-or-later
import uuid

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .test_messages import MessageCase


class OwedCase(MessageCase):
    """What was sold and not shipped is never offered again without a word."""

    def commit(self):
        """What Odoo does right before it commits."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()

    def shown(self):
        """The number that would be published."""
        self.plan()
        return self.level.target

    def told(self):
        return self.exceptions("undelivered")

    def without_backorder(self, sale_order, quantity):
        """Validate so much of the open delivery, and refuse the rest."""
        picking = sale_order.picking_ids.filtered(
            lambda each: each.state not in ("done", "cancel")
        )
        picking.move_ids.write({"quantity": quantity, "picked": True})
        picking.with_context(
            skip_backorder=True, picking_ids_not_to_backorder=picking.ids
        ).button_validate()


@tagged("post_install", "-at_install")
class TestOwed(OwedCase):
    def test_cancelled_transfer_is_held_again_and_told(self):
        order = self.sell(3)
        self.assertEqual(self.shown(), 7)
        order.sale_order_id.picking_ids.action_cancel()
        self.commit()
        self.assertEqual(self.shown(), 7)
        self.assertEqual(order.line_ids.undelivered_quantity, 3)
        self.assertIn(f"{order.name}: sold", self.told().message)
        self.assertEqual(order.stage, "confirmed")

    def test_cancelled_by_someone_without_rights_on_channels(self):
        order = self.sell(3)
        user = self.env["res.users"].create(
            {
                "name": "Packer",
                "login": "packer",
                "group_ids": [(6, 0, self.env.ref("stock.group_stock_user").ids)],
            }
        )
        picking = order.sale_order_id.picking_ids.with_user(user)
        with self.assertRaises(AccessError):
            order.with_user(user).read(["name"])
        picking.action_cancel()
        self.commit()
        self.assertEqual(self.shown(), 7)

    def test_what_is_delivered_again_is_in_a_transfer_and_told_no_more(self):
        order = self.sell(3)
        order.sale_order_id.picking_ids.action_cancel()
        self.commit()
        order.action_deliver_again()
        self.commit()
        self.assertFalse(self.told())
        self.assertFalse(order.hold_ids.filtered(lambda hold: hold.state == "active"))
        self.assertEqual(order.stage, "reserved")
        self.assertEqual(self.shown(), 7)
        self.ship(self.env, order.sale_order_id)
        self.commit()
        self.assertEqual((order.stage, self.shown()), ("shipped", 7))

    def test_whole_order_cancelled_after_its_transfer_is_told_to_the_channel(self):
        order = self.sell(3)
        order.sale_order_id.picking_ids.action_cancel()
        self.commit()
        order.action_cancel_rest()
        self.commit()
        self.assertFalse(self.told())
        self.assertEqual(self.messages("cancel").mapped("state"), ["ready"])
        self.assertEqual((order.stage, self.shown()), ("cancelled", 10))

    def test_refused_backorder_is_partly_shipped_held_and_told(self):
        order = self.sell(3)
        self.without_backorder(order.sale_order_id, 2)
        self.commit()
        self.assertEqual(order.stage, "partly_shipped")
        self.assertEqual(order.line_ids.undelivered_quantity, 1)
        self.assertEqual(self.shown(), 7)
        self.assertTrue(self.told())

    def test_refused_backorder_is_cancelled_on_the_channel(self):
        order = self.sell(5)
        self.without_backorder(order.sale_order_id, 2)
        self.commit()
        order.action_cancel_rest()
        self.commit()
        self.assertFalse(self.told())
        [message] = self.messages("cancel")
        self.assertEqual([each.quantity for each in message._get_data().lines], [3])
        # not before the channel agrees
        self.assertEqual(self.shown(), 5)
        self.send()
        self.intake()
        self.commit()
        self.assertEqual((order.stage, self.shown()), ("shipped", 8))

    def test_refused_backorder_is_delivered_after_all(self):
        order = self.sell(5)
        self.without_backorder(order.sale_order_id, 2)
        self.commit()
        order.action_deliver_again()
        self.commit()
        self.assertFalse(self.told())
        self.assertEqual(order.stage, "partly_shipped")
        self.ship(self.env, order.sale_order_id)
        self.commit()
        self.assertEqual((order.stage, self.shown()), ("shipped", 5))

    def test_lowered_demand_of_a_move_is_held_again(self):
        order = self.sell(4)
        order.sale_order_id.picking_ids.move_ids.product_uom_qty = 1
        self.commit()
        self.assertEqual(order.line_ids.undelivered_quantity, 3)
        self.assertEqual(self.shown(), 6)
        order.sale_order_id.picking_ids.move_ids.product_uom_qty = 4
        self.commit()
        self.assertFalse(self.told())
        self.assertEqual(self.shown(), 6)

    def test_cancelling_what_is_in_no_delivery_leaves_the_deliveries(self):
        order = self.sell(5)
        move = order.sale_order_id.picking_ids.move_ids
        move.product_uom_qty = 3
        self.commit()
        order.action_cancel_rest()
        self.commit()
        self.assertEqual(order.sale_order_id.order_line.product_uom_qty, 3)
        self.assertEqual(order.sale_order_id.order_line.move_ids, move)
        self.assertEqual(move.product_uom_qty, 3)

    def test_deleted_move_is_held_again(self):
        order = self.sell(3)
        moves = order.sale_order_id.picking_ids.move_ids
        order.sale_order_id.picking_ids.action_cancel()
        self.commit()
        moves.unlink()
        self.commit()
        self.assertEqual(order.line_ids.undelivered_quantity, 3)
        self.assertEqual(self.shown(), 7)

    def test_deleted_at_once_is_held_again(self):
        order = self.sell(3)
        moves = order.sale_order_id.picking_ids.move_ids
        moves._do_unreserve()
        moves.unlink()
        self.commit()
        self.assertEqual(self.shown(), 7)

    def test_moved_line_of_another_warehouse_owes_nothing(self):
        order = self.sell(3)
        second = self.make_warehouse(self.env, "CH9")
        self.add_stock(self.env, self.product, second, 5)
        order.sale_order_id.picking_ids.action_cancel()
        order.sale_order_id.order_line.channel_warehouse_id = second
        order.sale_order_id.order_line._deliver_again()
        self.commit()
        self.assertFalse(self.told())
        self.assertEqual(self.shown(), 10)

    def test_scrapped_before_shipping_stays_off_the_number(self):
        order = self.sell(3)
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": self.product.id,
                "scrap_qty": 1,
                "location_id": self.warehouse.lot_stock_id.id,
                "picking_id": order.sale_order_id.picking_ids.id,
            }
        )
        scrap.do_scrap()
        self.commit()
        self.assertEqual(self.shown(), 6)

    def test_each_step_that_is_cancelled_is_held_again(self):
        self.warehouse.delivery_steps = "pick_pack_ship"
        for steps in range(3):
            with self.subTest(steps=steps):
                order = self.sell(2)
                before = self.shown()
                for _step in range(steps):
                    self.ship(self.env, order.sale_order_id)
                self.commit()
                self.assertFalse(self.told())
                order.sale_order_id.picking_ids.filtered(
                    lambda each: each.state not in ("done", "cancel")
                ).action_cancel()
                self.commit()
                self.assertEqual(order.line_ids.undelivered_quantity, 2)
                self.assertTrue(self.told())
                self.assertLessEqual(self.shown(), before)
                self.told()._close("ignored", "Looked at it")

    def test_refused_backorder_of_the_first_step_is_owed(self):
        self.warehouse.delivery_steps = "pick_ship"
        order = self.sell(5)
        self.without_backorder(order.sale_order_id, 3)
        self.commit()
        self.assertEqual(order.line_ids.undelivered_quantity, 2)
        self.assertEqual(self.shown(), 5)
        self.ship(self.env, order.sale_order_id)
        self.commit()
        self.assertEqual((order.stage, self.shown()), ("partly_shipped", 5))

    def test_partly_shipped_and_all_of_that_back_is_still_owed(self):
        order = self.sell(5)
        picking = self.ship(self.env, order.sale_order_id, 2)
        self.take_back(self.env, picking, 2)
        self.commit()
        self.assertEqual(order.stage, "partly_shipped")
        self.assertFalse(self.told())
        self.ship(self.env, order.sale_order_id)
        self.commit()
        self.assertEqual(order.stage, "partly_returned")

    def test_returned_goods_are_not_owed(self):
        order = self.sell(3)
        picking = self.ship(self.env, order.sale_order_id)
        self.take_back(self.env, picking, 3)
        self.commit()
        self.assertEqual((order.stage, self.shown()), ("returned", 10))
        self.assertFalse(self.told())

    def test_packs_are_owed_whole(self):
        self.listing.pack_qty = 4
        order = self.sell(2)
        self.without_backorder(order.sale_order_id, 6)
        self.commit()
        self.assertEqual(order.line_ids.undelivered_quantity, 1)
        self.assertTrue(self.told())

    def test_told_once_and_again_when_resolved_without_a_cure(self):
        order = self.sell(3)
        order.sale_order_id.picking_ids.action_cancel()
        self.commit()
        first = self.told()
        self.env["channel.order.owed"]._settle_forgotten()
        self.assertEqual((self.told(), first.count), (first, 1))
        first._close("resolved", "Looked at it")
        self.env["channel.order.owed"]._settle_forgotten()
        self.assertTrue(self.told())

    def test_found_by_the_healing_where_no_hook_saw_it(self):
        order = self.sell(3)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE stock_move SET state = 'cancel' WHERE id = ANY(%s)",
            [order.sale_order_id.picking_ids.move_ids.ids],
        )
        self.env.invalidate_all()
        self.env["channel.order.owed"]._settle_forgotten()
        self.assertEqual(order.line_ids.undelivered_quantity, 3)
        self.assertEqual(self.shown(), 7)
        self.assertTrue(self.told())

    def test_next_version_of_the_order_leaves_it_held(self):
        order = self.sell(3)
        order.sale_order_id.picking_ids.action_cancel()
        self.commit()
        self.fake.change(order.name, note="gift")
        self.capture(order.name)
        self.intake()
        self.commit()
        self.assertEqual(self.shown(), 7)
        self.assertTrue(self.told())

    def test_shipped_by_the_channel_is_not_owed_here(self):
        order = self.sell(3)
        line = dict(
            self.fake.orders[order.name]["lines"][0],
            open_quantity=0,
            shipped_quantity=3,
        )
        self.fake.change(order.name, lines=[line])
        self.capture(order.name)
        order.sale_order_id.picking_ids.action_cancel()
        self.commit()
        self.assertFalse(order.line_ids.undelivered_quantity)
        self.assertFalse(self.told())

    def test_only_operators_decide(self):
        order = self.sell(3)
        order.sale_order_id.picking_ids.action_cancel()
        self.commit()
        user = self.make_user(self.env, "user")
        for button in ("action_deliver_again", "action_cancel_rest"):
            with self.assertRaises(AccessError):
                getattr(order.with_user(user), button)()
        operator = self.make_user(self.env, "operator")
        order.with_user(operator).action_deliver_again()
        self.commit()
        self.assertFalse(self.told())


@tagged("post_install", "-at_install")
class TestOwedAtTill(OwedCase):
    """A customer takes away at a till what a channel has sold: its delivery is
    cancelled by Odoo for that, and nothing is owed any more (odoo/odoo#164753)."""

    def setUp(self):
        super().setUp()
        if "pos_order_line_ids" not in self.env["sale.order.line"]._fields:
            self.skipTest("needs sale orders at tills")
        company = self.warehouse.company_id
        company.point_of_sale_update_stock_quantities = "closing"
        self.env["stock.warehouse"]._create_missing_pos_picking_types()
        bank = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", company.id)], limit=1
        )
        card = self.env["pos.payment.method"].create(
            {"name": "Card", "journal_id": bank.id}
        )
        self.till = self.env["pos.config"].create(
            {
                "name": "Till",
                "picking_type_id": self.warehouse.pos_type_id.id,
                "payment_method_ids": [(6, 0, card.ids)],
            }
        )
        self.till.open_ui()
        self.session = self.till.current_session_id
        self.session.set_opening_control(0, None)

    def settle(self, order, quantity):
        """The order is loaded at the till, and so much of it is taken away."""
        sold = order.sale_order_id.order_line.filtered("channel_order_line_id")
        total = 10 * quantity
        line = {
            "price_unit": 10,
            "product_id": sold.product_id.id,
            "price_subtotal": total,
            "price_subtotal_incl": total,
            "qty": quantity,
            "discount": 0,
            "tax_ids": [(6, 0, [])],
            "pack_lot_ids": [],
            "uuid": str(uuid.uuid4()),
            "sale_order_origin_id": order.sale_order_id.id,
            "sale_order_line_id": sold.id,
        }
        now = fields.Datetime.to_string(fields.Datetime.now())
        payment = {
            "amount": total,
            "name": now,
            "payment_method_id": self.till.payment_method_ids.id,
        }
        data = {
            "amount_paid": total,
            "amount_return": 0,
            "amount_tax": 0,
            "amount_total": total,
            "company_id": self.till.company_id.id,
            "date_order": now,
            "fiscal_position_id": False,
            "pricelist_id": False,
            "lines": [(0, 0, line)],
            "name": "Order",
            "partner_id": False,
            "session_id": self.session.id,
            "payment_ids": [(0, 0, payment)],
            "user_id": self.env.uid,
            "uuid": str(uuid.uuid4()),
            "to_invoice": False,
            "state": "paid",
        }
        self.env["pos.order"].sync_from_ui([data])
        self.commit()

    def test_what_is_taken_away_is_not_held_again(self):
        order = self.sell(3)
        self.assertEqual(self.shown(), 7)
        self.settle(order, 3)
        self.assertEqual(
            set(order.sale_order_id.picking_ids.mapped("state")), {"cancel"}
        )
        self.assertFalse(order.line_ids.undelivered_quantity)
        self.assertFalse(self.told())
        self.session.action_pos_session_closing_control()
        self.commit()
        self.assertEqual(self.shown(), 7)
        self.assertFalse(self.env["channel.order.owed"]._find_forgotten())
        # nor is it sent as well
        order.sale_order_id.order_line._deliver_again()
        open_ones = order.sale_order_id.picking_ids.filtered(
            lambda picking: picking.state not in ("done", "cancel")
        )
        self.assertFalse(open_ones)

    def test_rest_of_what_is_taken_away_is_delivered(self):
        order = self.sell(3)
        self.settle(order, 2)
        self.assertFalse(self.told())
        [move] = order.sale_order_id.picking_ids.move_ids.filtered(
            lambda move: move.state not in ("done", "cancel")
        )
        self.assertEqual(move.product_uom_qty, 1)
        self.session.action_pos_session_closing_control()
        self.commit()
        self.assertEqual(self.shown(), 7)
        move.picking_id.action_cancel()
        self.commit()
        self.assertEqual(order.line_ids.undelivered_quantity, 1)
        self.assertEqual(self.shown(), 7)
        self.assertIn("1 × ", self.told().message)
