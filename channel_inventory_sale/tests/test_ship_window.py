# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from datetime import timedelta, timezone

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common_messages import Sold
from .common_order import OrderCase


@tagged("post_install", "-at_install")
class TestShipWindow(Sold, OrderCase):
    """When an order may leave, is wanted, and is wanted no more."""

    def setUp(self):
        super().setUp()
        self.now = fields.Datetime.now().replace(tzinfo=timezone.utc, microsecond=0)

    def moment(self, days):
        return self.now + timedelta(days=days)

    def naive(self, days):
        return self.moment(days).replace(tzinfo=None)

    def watch(self):
        self.env.flush_all()
        self.env["channel.ship.window"]._report_ending()
        self.env.invalidate_all()

    def told(self, order):
        return self.env["channel.exception"].search(
            [("category", "=", "window"), ("res_id", "=", order.id)]
        )

    # ------------------------------------------------------------------- dates
    def test_dates_are_those_of_the_sale_order_and_its_transfers(self):
        order = self._import(
            self._simple(ship_by=self.moment(5), deliver_by=self.moment(8))
        )
        sale_order = self.assertImported(order, "22.00", "2.00")
        self.assertEqual(sale_order.commitment_date, self.naive(5))
        picking = sale_order.picking_ids
        self.assertEqual(picking.date_deadline, self.naive(5))

    def test_without_a_time_to_ship_it_is_when_it_is_wanted(self):
        order = self._import(self._simple(deliver_by=self.moment(8)))
        self.assertEqual(order.sale_order_id.commitment_date, self.naive(8))

    def test_other_dates_are_followed_and_those_of_a_person_stay(self):
        data = self._simple(ship_by=self.moment(5))
        order = self._import(data)
        mine = self.naive(3)
        order.sale_order_id.commitment_date = mine
        data = self._newer(data, note="ring twice")
        self.assertEqual(self._import(data).sale_order_id.commitment_date, mine)
        later = self.moment(9)
        order = self._import(self._newer(data, ship_by=later))
        self.assertEqual(order.state, "imported")
        self.assertEqual(order.sale_order_id.commitment_date, self.naive(9))
        self.assertEqual(order.sale_order_id.picking_ids.date_deadline, self.naive(9))

    # ------------------------------------------------------------- cancel after
    def test_person_is_told_once_before_and_once_after(self):
        order = self._import(self._simple(cancel_after=self.moment(1)))
        self.watch()
        [exception] = self.told(order)
        self.watch()
        self.assertEqual(exception.count, 1)
        self.assertEqual(exception.state, "open")
        order.cancel_after = self.naive(-1)
        self.env.cr.execute(
            "UPDATE channel_exception SET last_seen = last_seen - interval '2 days' "
            "WHERE id = %s",
            [exception.id],
        )
        self.env.invalidate_all()
        before = exception.message
        self.watch()
        self.watch()
        self.assertEqual(exception.count, 2)
        self.assertNotEqual(exception.message, before)

    def test_nothing_is_told_of_what_has_time_or_has_left(self):
        far = self._import(self._simple(cancel_after=self.moment(9)))
        gone = self._import(self._simple(cancel_after=self.moment(1)))
        self.ship(self.env, gone.sale_order_id)
        self.watch()
        self.assertFalse(self.told(far) | self.told(gone))

    def test_exception_ends_when_it_has_left(self):
        order = self._import(self._simple(cancel_after=self.moment(1)))
        self.watch()
        self.ship(self.env, order.sale_order_id)
        self.watch()
        self.assertEqual(self.told(order).state, "resolved")

    def test_what_is_not_wanted_any_more_does_not_leave(self):
        order = self._import(self._simple(cancel_after=self.moment(1)))
        order.cancel_after = self.naive(-1)
        self.watch()
        with self.assertRaisesRegex(UserError, "wanted until"):
            self.ship(self.env, order.sale_order_id)
        self.told(order).action_override()
        self.assertEqual(
            self.ship(self.env, order.sale_order_id).state,
            "done",
        )
        self.watch()
        self.assertNotIn("open", self.told(order).mapped("state"))

    # -------------------------------------------------------------- ship from
    def test_what_is_not_wanted_yet_does_not_leave(self):
        order = self._import(self._simple(ship_from=self.moment(2)))
        self.assertTrue(order.is_early)
        with self.assertRaisesRegex(UserError, "Allow Early Shipping"):
            self.ship(self.env, order.sale_order_id)
        order.action_allow_early()
        self.assertFalse(order.is_early)
        self.assertEqual(self.ship(self.env, order.sale_order_id).state, "done")

    def test_its_ship_window_has_begun(self):
        order = self._import(self._simple(ship_from=self.moment(2)))
        order.ship_from = self.naive(-0.1)
        self.assertEqual(self.ship(self.env, order.sale_order_id).state, "done")

    def test_shipped_early_by_policy_is_told_or_not(self):
        for policy in ("tell", "ignore"):
            self.channel.early_policy = policy
            order = self._import(self._simple(ship_from=self.moment(2)))
            self.assertEqual(self.ship(self.env, order.sale_order_id).state, "done")
            self.watch()
            told = self.env["channel.exception"].search(
                [("category", "=", "early"), ("res_id", "=", order.sale_order_id.id)]
            )
            # it has left, and its customer may charge for it all the same
            wanted = ["open"] if policy == "tell" else []
            self.assertEqual(told.mapped("state"), wanted)

    def test_goods_that_left_before_their_window_are_posted_and_told(self):
        """Told in the window, and left before it."""
        order = self._import(self._simple(ship_from=self.moment(1)))
        order.ship_from = self.naive(-0.1)
        self.assertEqual(self.leave(order.sale_order_id).state, "done")
        self.assertIn("is to be shipped from", self.late(order).message)

    # ------------------------------------------------------------------ horizon
    def test_order_of_next_season_waits_and_says_so(self):
        data = self._simple(ship_from=self.moment(60))
        order = self._import(data)
        self.assertEqual(order.state, "parked")
        self.assertFalse(order.sale_order_id)
        self.assertEqual(order.held_from, self.naive(30))
        self.assertIn(str(self.naive(30).date()), order.parked_why)
        self.assertEqual(self._position().held, 2)

    def test_its_time_has_come_whatever_stock_is_there(self):
        order = self._import(self._simple(ship_from=self.moment(60)))
        self.env["stock.quant"]._update_available_quantity(
            self.lamp.product_id, self.warehouse.lot_stock_id, -100
        )
        order.held_from = self.naive(-1)
        self.env.flush_all()
        self.env["channel.allocator"]._release_due()
        self.assertEqual(order.state, "captured")
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "22.00", "2.00")

    def test_order_that_is_to_leave_earlier_after_all_is_imported(self):
        data = self._simple(ship_from=self.moment(60))
        self._import(data)
        order = self._import(
            replace(
                data,
                version=data.version + timedelta(minutes=1),
                ship_from=self.moment(5),
            )
        )
        self.assertImported(order, "22.00", "2.00")

    # ---------------------------------------------------------------- told late
    def leave(self, sale_order):
        """A warehouse tells that it has shipped."""
        picking = sale_order.picking_ids
        picking.move_ids.picked = True
        picking._post_left(self.naive(-0.25))
        return picking

    def late(self, order):
        return self.env["channel.exception"].search(
            [
                ("category", "=", "cancelled_late"),
                ("channel_id", "=", order.channel_id.id),
            ]
        )

    def test_goods_that_have_left_are_posted_whatever_has_happened_since(self):
        data = self._simple()
        order = self._import(data)
        sale_order = order.sale_order_id
        self._capture(self._newer(data, state="cancelled"))
        with self.assertRaisesRegex(UserError, "do not ship"):
            self.ship(self.env, sale_order)
        picking = self.leave(sale_order)
        self.assertEqual(picking.state, "done")
        self.assertEqual(self._position().on_hand, 98)
        exception = self.late(order)
        self.assertEqual(exception.state, "open")
        self.assertIn("was cancelled", exception.message)
        self.assertIn(picking.name, exception.message)
        # who has cancelled it would refuse a parcel
        self.assertFalse(order.notification_ids)

    def test_goods_that_left_after_their_window_are_posted_too(self):
        order = self._import(self._simple(cancel_after=self.moment(1)))
        order.cancel_after = self.naive(-1)
        self.assertEqual(self.leave(order.sale_order_id).state, "done")
        self.assertIn("wanted until", self.late(order).message)

    def test_goods_that_left_after_their_transfer_was_cancelled_are_posted(self):
        data = self._simple()
        order = self._import(data)
        sale_order = order.sale_order_id
        cancelled = sale_order.picking_ids
        order = self._capture(self._newer(data, state="cancelled"))
        order._follow()
        self.assertEqual((order.state, cancelled.state), ("cancelled", "cancel"))
        self.assertEqual(self._position().available, 100)
        again = cancelled._revive_left()
        again.move_ids.picked = True
        again._post_left(self.naive(-0.25))
        self.assertEqual(again.state, "done")
        self.assertEqual(again.move_ids.sale_line_id, cancelled.move_ids.sale_line_id)
        self.env["channel.position"].invalidate_model()
        self.assertEqual(self._position().available, 98)
        self.assertIn("It is cancelled", self.late(order).message)
        self.assertFalse(order.notification_ids)

    def test_goods_that_left_as_wanted_raise_nothing(self):
        order = self._import(self._simple())
        picking = self.leave(order.sale_order_id)
        self.assertFalse(self.late(order))
        self.assertEqual(picking.date_done, self.naive(-0.25))

    def test_nobody_else_says_that_goods_have_left(self):
        data = self._simple()
        order = self._import(data)
        self._capture(self._newer(data, state="cancelled"))
        picking = order.sale_order_id.picking_ids
        picking.move_ids.picked = True
        with self.assertRaisesRegex(UserError, "do not ship"):
            picking.with_context(channel_left=True)._action_done()
