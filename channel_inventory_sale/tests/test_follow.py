# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas

from .common_messages import Sold
from .common_order import NOON, OrderCase, tax

RATE = (10, "1.00")


class FollowCase(Sold, OrderCase):
    """An order of 2 lamps at 10.00 plus 10 %, confirmed, and what becomes of it."""

    @property
    def channel_id(self):
        return self.channel.id

    def setUp(self):
        super().setUp()
        self.version = 0
        self.order = self._import(self.data(2))
        self.sale_order = self.order.sale_order_id
        self.assertEqual(self.sale_order.state, "sale")

    def data(self, quantity, *more, ref="L", refunds=None, shipped=0, **values):
        """The order with so many lamps; ``more`` are further lines."""
        self.version += 1
        line = self._line(
            self.lamp,
            quantity,
            "10.00",
            tax(10, f"{quantity}.00"),
            ref=ref,
            open_quantity=values.pop("open_quantity", max(0, quantity - shipped)),
            shipped_quantity=shipped,
        )
        total = Decimal(11 * quantity) + values.pop("plus", 0)
        return self._data(
            line,
            *more,
            external_id="7",
            name="#7",
            version=NOON.replace(minute=self.version),
            total=values.pop("total", total),
            total_tax=values.pop("total_tax", quantity),
            refunds=refunds,
            **values,
        )

    def change(self, *args, **values):
        """The channel's next version of the order, captured and taken in."""
        self._capture(self.data(*args, **values))
        if self.order.state == "captured":
            self.order._follow()
        self.env.flush_all()

    def refund(self, amount, *lines, ref="R1", **values):
        return schemas.OrderRefundData(ref, Decimal(amount), lines, **values)

    def refund_line(self, units, restock="none"):
        return schemas.OrderRefundLineData(
            "L", units, Decimal(10 * units), Decimal(units), restock, "main"
        )

    def assertBlocked(self, category):
        self.assertEqual(self.order.state, "blocked")
        self.assertIn(category, self._exceptions(self.order).mapped("category"))

    def open_demand(self):
        return sum(
            move.product_uom_qty
            for move in self.sale_order.order_line.move_ids
            if move.state not in ("done", "cancel")
        )

    def invoice(self):
        invoice = self.sale_order._create_invoices()
        invoice.action_post()
        return invoice


@tagged("post_install", "-at_install")
class TestEdits(FollowCase):
    def test_fewer_units_follow(self):
        self.change(1)
        self.assertImported(self.order, "11.00", "1.00")
        self.assertEqual(self.open_demand(), 1)
        self.assertEqual(self._position().available, 99)

    def returns(self):
        moves = self.sale_order.order_line.move_ids
        return moves.filtered(lambda move: move.location_id.usage == "customer")

    def test_units_taken_off_a_printed_delivery_are_not_shipped_and_told(self):
        """odoo/odoo#272343: they would be shipped, and expected back."""
        self.sale_order.picking_ids.printed = True
        self.change(1)
        self.assertImported(self.order, "11.00", "1.00")
        move = self.sale_order.order_line.move_ids
        self.assertEqual((move.product_uom_qty, move.quantity), (1, 1))
        self.assertEqual(self._position().available, 99)
        told = self.env["channel.exception"].search(
            [("res_model", "=", "stock.picking"), ("state", "=", "open")]
        )
        self.assertIn("To be shipped now: 1 × [LAMP] Lamp", told.message)

    def test_line_taken_off_a_printed_delivery_is_cancelled(self):
        mug = self._line(self.mug, 3, "4.00", tax(10, "1.20"), ref="M")
        self.change(2, mug, plus=Decimal("13.20"), total_tax=Decimal("3.20"))
        self.sale_order.picking_ids.printed = True
        self.change(2)
        self.assertFalse(self.returns())
        self.assertEqual(self.open_demand(), 2)

    def test_person_who_lowers_a_printed_delivery_ships_less(self):
        self.sale_order.picking_ids.printed = True
        self.sale_order.order_line.product_uom_qty = 1
        self.assertFalse(self.returns())
        self.assertEqual(self.open_demand(), 1)

    def test_units_are_taken_off_what_is_not_printed_first(self):
        self.sale_order.picking_ids.printed = True
        self.change(5)
        self.change(3)
        printed = self.sale_order.picking_ids.filtered("printed")
        self.assertEqual(printed.move_ids.product_uom_qty, 2)
        self.assertEqual(self.open_demand(), 3)
        self.change(1)
        self.assertFalse(self.returns())
        self.assertEqual((printed.move_ids.product_uom_qty, self.open_demand()), (1, 1))

    def test_delivery_with_a_date_of_its_own_is_lowered_all_the_same(self):
        """Odoo lowers a move of the same deadline only."""
        self.sale_order.picking_ids.move_ids.date_deadline = "2030-05-06 07:08:09"
        self.change(1)
        self.assertFalse(self.returns())
        self.assertEqual(self.open_demand(), 1)

    def test_goods_put_back_from_the_first_step_are_not_shipped_once_taken_off(self):
        """odoo/odoo#97159: Odoo takes the transfer back for a return of the sale."""
        self.warehouse.delivery_steps = "pick_ship"
        data = replace(self.data(6), external_id="8", name="#8")
        order = self._import(data)
        self.sale_order = order.sale_order_id
        pick = self.sale_order.picking_ids
        pick.move_ids.picked = True
        pick._action_done()
        self.take_back(self.env, pick, 4)
        self._capture(replace(self.data(3), external_id="8", name="#8"))
        # all of it was in hand once: a person says that it is put back
        if order.state == "captured":
            order._follow()
        self.assertEqual(order.sale_order_id.order_line.product_uom_qty, 3)
        ship = self.sale_order.picking_ids.filtered(
            lambda each: each.picking_type_code == "outgoing"
        )
        self.assertEqual(ship.move_ids.product_uom_qty, 3)
        self.assertFalse(self.returns())

    def test_unit_that_came_back_is_not_sent_again_when_the_rest_is_lowered(self):
        self.change(4)
        picking = self.ship(self.env, self.sale_order, 2)
        self.take_back(self.env, picking, 1)
        self.change(3)
        self.assertEqual(self.open_demand(), 1)

    def test_order_that_is_confirmed_again_needs_no_cancelling_there(self):
        self.channel.send_cancels = False
        self.sale_order._action_cancel()
        self.assertBlocked("changed")
        self.sale_order.action_draft()
        self.sale_order.action_confirm()
        self.order._follow()
        self.assertImported(self.order, "22.00", "2.00")
        self.assertFalse(self._exceptions(self.order))
        self.assertEqual(self.order.stage, "reserved")

    def test_trying_again_does_not_end_what_is_open_there_alone(self):
        """What nobody ships and nobody cancels is not forgotten by a button."""
        self.channel.send_cancels = False
        self.sale_order._action_cancel()
        for _time in range(2):
            self._exceptions(self.order).action_retry()
            self.order._follow()
            self.assertBlocked("changed")
        self.change(2, state="cancelled")
        self.assertEqual(self.order.state, "cancelled")
        self.assertNotIn("changed", self._exceptions(self.order).mapped("category"))

    def test_nothing_of_a_cancelled_order_is_open_once_all_was_taken_back(self):
        self.channel.send_cancels = False
        self.sale_order._action_cancel()
        back = self.refund("22.00", self.refund_line(2, "cancel"))
        self.change(0, refunds=(back,))
        self._exceptions(self.order).action_retry()
        self.order._follow()
        self.assertEqual(self.order.state, "imported")
        self.assertFalse(self._exceptions(self.order))

    def test_more_units_follow_and_are_reserved(self):
        self.change(5)
        self.assertImported(self.order, "55.00", "5.00")
        moves = self.sale_order.order_line.move_ids
        self.assertEqual(sum(moves.mapped("quantity")), 5)
        self.assertFalse(self.order.hold_ids.filtered(lambda h: h.state == "active"))

    def test_added_line_follows(self):
        mug = self._line(self.mug, 1, "4.00", tax(10, "0.40"), ref="M")
        self.change(2, mug, plus=Decimal("4.40"), total_tax=Decimal("2.40"))
        self.assertImported(self.order, "26.40", "2.40")
        self.assertEqual(self.open_demand(), 3)

    def test_removed_line_follows(self):
        mug = self._line(self.mug, 1, "4.00", tax(10, "0.40"), ref="M")
        self.change(2, mug, plus=Decimal("4.40"), total_tax=Decimal("2.40"))
        self.change(2)
        self.assertImported(self.order, "22.00", "2.00")
        self.assertEqual(self.open_demand(), 2)

    def test_changed_discount_and_shipping_follow_with_the_units(self):
        data = self.data(
            3,
            shipping_lines=(self._shipping("5.00"),),
            total=Decimal("38.00"),
            total_tax=Decimal("3.00"),
        )
        self._capture(data)
        self.order._follow()
        self.assertImported(self.order, "38.00", "3.00")

    def test_new_address_follows_to_the_open_delivery(self):
        self.change(
            2,
            shipping=schemas.AddressData(
                name="Erika",
                street="New 1",
                city="Bonn",
                zip="53111",
                country_code="DE",
            ),
        )
        self.assertEqual(self.sale_order.partner_shipping_id.street, "New 1")
        self.assertEqual(self.sale_order.picking_ids.partner_id.street, "New 1")
        self.assertEqual(self.order.state, "imported")

    def test_address_that_a_person_changed_here_stays(self):
        other = self.env["res.partner"].create({"name": "Neighbour"})
        self.sale_order.partner_shipping_id = other
        self.change(1)
        self.assertEqual(self.sale_order.partner_shipping_id, other)

    def test_added_units_of_a_picked_order_are_a_persons_to_decide(self):
        self.sale_order.picking_ids.move_ids.picked = True
        self.change(5)
        self.assertBlocked("changed")
        self.assertEqual(self.open_demand(), 2)
        active = self.order.hold_ids.filtered(lambda hold: hold.state == "active")
        self.assertEqual(sum(active.mapped("quantity")), 3)

    def test_units_taken_away_that_are_picked_are_a_persons_to_decide(self):
        self.sale_order.picking_ids.move_ids.picked = True
        self.change(1)
        self.assertBlocked("cancelled_late")

    def test_rest_of_a_partly_shipped_order_may_be_taken_away(self):
        self.ship(self.env, self.sale_order, 1)
        self.change(1, shipped=1)
        self.assertImported(self.order, "11.00", "1.00")
        self.assertEqual(self.open_demand(), 0)

    def test_shipped_units_taken_away_are_a_persons_to_decide(self):
        self.ship(self.env, self.sale_order)
        self.change(1)
        self.assertBlocked("cancelled_late")

    def test_figures_that_do_not_add_up_change_nothing(self):
        self.change(5, total=Decimal("55.01"))
        self.assertBlocked("total_mismatch")
        self.assertEqual(self.sale_order.amount_total, 22)
        self.assertEqual(self.open_demand(), 2)

    def test_locked_sale_order_is_a_persons_to_decide(self):
        self.sale_order.action_lock()
        self.change(1)
        self.assertBlocked("changed")

    def test_changed_order_follows_after_retry(self):
        self.sale_order.picking_ids.move_ids.picked = True
        self.change(5)
        self.sale_order.picking_ids.move_ids.picked = False
        self.order.action_retry()
        self.order._follow()
        self.assertImported(self.order, "55.00", "5.00")
        self.assertFalse(self._exceptions(self.order))

    def test_older_version_changes_nothing(self):
        old = self.data(1)
        self.change(3)
        self._capture(old)
        self.assertEqual(self.order.state, "imported")
        self.assertEqual(self.sale_order.amount_total, 33)

    def test_cancelled_after_the_first_step_of_three_is_cancelled(self):
        self.warehouse.delivery_steps = "pick_pack_ship"
        self.order = self._import(
            self.data(2).__class__(
                **{**vars(self.data(2)), "external_id": "8", "name": "#8"}
            )
        )
        sale_order = self.order.sale_order_id
        pick = sale_order.picking_ids
        pick.move_ids.picked = True
        pick.button_validate()
        data = self.order._get_data()
        self._capture(
            data.__class__(
                **{
                    **vars(data),
                    "state": "cancelled",
                    "version": NOON.replace(minute=59),
                }
            )
        )
        self.order._follow()
        self.assertEqual(self.order.state, "cancelled")
        self.assertEqual(self._position().available, 98)

    def test_parcels_of_somebody_else_are_reported(self):
        self.change(2, shipped=2)
        self.assertEqual(self.order.state, "imported")
        self.assertIn(
            "shipped_elsewhere", self._exceptions(self.order).mapped("category")
        )
        self.ship(self.env, self.sale_order)
        self.change(2, shipped=2)
        self.assertFalse(self._exceptions(self.order))

    def test_shipped_elsewhere_is_told_also_when_something_else_follows(self):
        self.change(1, shipped=1)
        self.assertImported(self.order, "11.00", "1.00")
        categories = self._exceptions(self.order).mapped("category")
        self.assertEqual(categories, ["shipped_elsewhere"])


@tagged("post_install", "-at_install")
class TestRefunds(FollowCase):
    def credit_notes(self):
        return self.order.refund_ids.move_id

    def test_refund_of_a_returned_unit_is_a_credit_note(self):
        self.ship(self.env, self.sale_order)
        invoice = self.invoice()
        back = self.refund("11.00", self.refund_line(1, "return"))
        self.change(1, shipped=2, open_quantity=0, refunds=(back,))
        [note] = self.credit_notes()
        self.assertEqual((note.amount_total, note.amount_tax), (11, 1))
        self.assertEqual((note.state, note.reversed_entry_id), ("posted", invoice))
        self.assertEqual(self.sale_order.amount_total, 22)
        self.assertEqual(self.order.state, "imported")

    def test_refund_that_crosses_our_parcel_is_credited_once_both_are_known(self):
        """The channel pays back what it believes on the shelf, and has left."""
        self.ship(self.env, self.sale_order)
        back = self.refund("11.00", self.refund_line(1, "cancel"))
        self.change(1, refunds=(back,))
        self.assertBlocked("cancelled_late")
        self.assertFalse(self.credit_notes())
        for _time in range(2):
            self.change(1, shipped=2, open_quantity=0, refunds=(back,))
            self.assertEqual(self.credit_notes().amount_total, 11)
            self.assertEqual(self.order.refund_ids.state, "credited")
            self.assertEqual(self.sale_order.amount_total, 22)
            self.assertEqual(self.order.state, "imported")

    def test_refund_of_an_order_that_only_we_have_cancelled_is_known(self):
        self.sale_order._action_cancel()
        self.order.notification_ids.state = "dead"
        back = self.refund("11.00", self.refund_line(1, "cancel"))
        self.change(1, refunds=(back,))
        self.assertBlocked("changed")
        self.assertEqual(self.order.refund_ids.amount, 11)

    def test_refund_comes_in_once(self):
        self.ship(self.env, self.sale_order)
        back = self.refund("11.00", self.refund_line(1, "return"))
        for _time in range(3):
            self.change(1, shipped=2, open_quantity=0, refunds=(back,))
        self.assertEqual(len(self.credit_notes()), 1)

    def test_units_cancelled_before_they_are_invoiced_need_no_credit(self):
        back = self.refund("11.00", self.refund_line(1, "cancel"))
        self.change(1, refunds=(back,))
        self.assertImported(self.order, "11.00", "1.00")
        self.assertEqual(self.order.refund_ids.state, "nothing")
        self.assertFalse(self.credit_notes())

    def test_units_cancelled_after_they_were_invoiced_are_credited(self):
        self.invoice()
        back = self.refund("11.00", self.refund_line(1, "cancel"))
        self.change(1, refunds=(back,))
        self.assertEqual(self.credit_notes().amount_total, 11)
        self.assertEqual(self.sale_order.order_line.qty_invoiced, 1)
        self.assertEqual(self.sale_order.invoice_status, "invoiced")

    def test_goodwill_is_credited_to_the_cent(self):
        self.invoice()
        self.change(2, refunds=(self.refund("3.33"),))
        self.assertEqual(self.credit_notes().amount_total, 3.33)
        self.assertEqual(self.sale_order.amount_total, 22)

    def test_part_of_a_returned_unit_is_credited_to_the_cent(self):
        """A restocking fee is kept: less goes back than the unit was."""
        self.ship(self.env, self.sale_order)
        back = self.refund("8.47", self.refund_line(1, "return"))
        self.change(1, shipped=2, open_quantity=0, refunds=(back,))
        self.assertEqual(self.credit_notes().amount_total, 8.47)

    def test_shipped_and_cancelled_units_in_one_refund(self):
        self.ship(self.env, self.sale_order, 1)
        back = self.refund("22.00", self.refund_line(2))
        self.change(0, shipped=1, open_quantity=0, refunds=(back,))
        self.assertImported(self.order, "11.00", "1.00")
        self.assertEqual(self.credit_notes().amount_total, 11)
        self.assertEqual(self.open_demand(), 0)

    def test_edit_after_a_refund_still_adds_up(self):
        self.change(4)
        self.ship(self.env, self.sale_order, 1)
        back = self.refund("11.00", self.refund_line(1, "return"))
        self.change(3, shipped=1, open_quantity=3, refunds=(back,))
        self.change(1, shipped=1, open_quantity=1, refunds=(back,))
        self.assertImported(self.order, "22.00", "2.00")
        self.assertEqual(self.open_demand(), 1)

    def test_deleted_refund_of_a_shipped_unit_ships_none_and_is_told(self):
        """woocommerce/woocommerce#26532: a refund that was entered by mistake is
        deleted, and its unit was sold once only."""
        self.ship(self.env, self.sale_order)
        self.invoice()
        back = self.refund("11.00", self.refund_line(1))
        self.change(1, shipped=2, refunds=(back,))
        note = self.order.refund_ids.move_id
        self.change(2, shipped=2, refunds=())
        self.assertImported(self.order, "22.00", "2.00")
        self.assertEqual((self.open_demand(), self.order.stage), (0, "shipped"))
        self.assertFalse(self.order.refund_ids)
        self.assertEqual(note.state, "posted")
        [told] = self.env["channel.exception"].search(
            [("res_model", "=", "channel.refund"), ("state", "=", "open")]
        )
        self.assertIn("the refund of 11.00 USD was deleted", told.message)
        self.assertIn(note.name, told.message)
        # entered again it is the same one
        self.change(1, shipped=2, refunds=(back,))
        self.assertEqual(self.order.refund_ids.move_id, note)
        self.assertEqual((told.state, self.open_demand()), ("resolved", 0))

    def test_deleted_goodwill_is_told(self):
        self.ship(self.env, self.sale_order)
        self.invoice()
        self.change(2, shipped=2, refunds=(self.refund("3.00"),))
        self.change(2, shipped=2, refunds=())
        [told] = self.env["channel.exception"].search(
            [("res_model", "=", "channel.refund"), ("state", "=", "open")]
        )
        self.assertIn("the refund of 3.00 USD was deleted", told.message)

    def test_deleted_refund_of_what_had_not_left_sells_it_again(self):
        self.change(1, refunds=(self.refund("11.00", self.refund_line(1)),))
        self.change(2, refunds=())
        self.assertImported(self.order, "22.00", "2.00")
        self.assertEqual(self.open_demand(), 2)
        self.assertFalse(self._exceptions(self.order))

    def test_refund_before_we_knew_the_order_is_in_its_figures(self):
        data = self.data(
            1,
            shipped=1,
            open_quantity=1,
            refunds=(self.refund("11.00", self.refund_line(1)),),
        )
        data = data.__class__(**{**vars(data), "external_id": "9", "name": "#9"})
        order = self._import(data)
        self.assertImported(order, "11.00", "1.00")
        self.assertEqual(order.refund_ids.state, "included")
        self.assertFalse(order.refund_ids.move_id)

    def test_refund_larger_than_paid_is_a_persons_to_look_at(self):
        self.invoice()
        self.change(2, refunds=(self.refund("22.01"),))
        self.assertEqual(self.order.refund_ids.state, "todo")
        self.assertFalse(self.credit_notes())
        found = self.env["channel.exception"].search(
            [("category", "=", "refund"), ("channel_id", "=", self.channel.id)]
        )
        self.assertIn("22.01 was refunded in total, the order was 22.00", found.message)
        self.assertEqual(found._record(), self.order.refund_ids)

    def test_cancelled_order_that_was_invoiced_is_credited(self):
        self.invoice()
        back = self.refund("22.00", self.refund_line(2, "cancel"))
        self.change(0, state="cancelled", refunds=(back,))
        self.assertEqual(self.order.state, "cancelled")
        self.assertEqual(self.credit_notes().amount_total, 22)

    def test_draft_credit_notes_where_an_accountant_posts(self):
        self.channel.post_credit_notes = False
        self.ship(self.env, self.sale_order)
        back = self.refund("11.00", self.refund_line(1, "return"))
        self.change(1, shipped=2, open_quantity=0, refunds=(back,))
        self.assertEqual(self.credit_notes().state, "draft")
        self.credit_notes().action_post()

    def test_zero_decimal_currency_is_credited_in_whole_units(self):
        yen = self.env.ref("base.JPY")
        yen.active = True
        self.channel.currency_id = yen
        line = self._line(self.lamp, 2, "1000", tax(10, "200"), ref="L")
        data = self._data(
            line,
            external_id="8",
            name="#8",
            total="2200",
            total_tax="200",
            currency="JPY",
            version=NOON,
        )
        order = self._import(data)
        order.sale_order_id._create_invoices().action_post()
        back = schemas.OrderRefundData("R", Decimal(333))
        self._capture(
            data.__class__(
                **{**vars(data), "refunds": (back,), "version": NOON.replace(minute=9)}
            )
        )
        order._follow()
        self.assertEqual(order.refund_ids.move_id.amount_total, 333)
        self.assertEqual(order.refund_ids.move_id.currency_id, yen)


@tagged("post_install", "-at_install")
class TestShippingCheck(FollowCase):
    def test_ship_and_cancel_of_units_in_between(self):
        self._capture(self.data(1))
        self.assertEqual(self.order.state, "captured")
        with (
            self.assertRaisesRegex(UserError, "is now 1"),
            self.env.cr.savepoint(),
        ):
            self.ship(self.env, self.sale_order)
        self.env.invalidate_all()
        self.order._follow()
        self.ship(self.env, self.sale_order)
        self.assertEqual(self.order.line_ids._shipped_here(), 1)
