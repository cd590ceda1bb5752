# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from datetime import timedelta, timezone
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.exceptions import MalformedDataError
from odoo.addons.channel_inventory_base.models.channel_order_ending import ENDINGS
from odoo.addons.channel_inventory_base.tests.fake_channel import FakeChannel

from .test_owed import OwedCase


class EndingCase(OwedCase):
    def take(self, name):
        """Capture, import, and what Odoo does before it commits."""
        self.env.flush_all()
        order = self.capture(name)
        self.intake()
        self.commit()
        return order

    def fetch(self, order):
        """Have the order fetched, and what comes of it taken in."""
        self.age(order)
        order._want_fetch()
        self.intake()
        self.commit()

    def age(self, orders):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_order SET create_date = create_date - interval '2 hours' "
            "WHERE id = ANY(%s)",
            [orders.ids],
        )
        self.env.invalidate_all()

    def active(self, order):
        holds = order.hold_ids.filtered(lambda hold: hold.state == "active")
        return sum(holds.mapped("quantity"))

    def open_of(self, order):
        return self.env["channel.exception"].search(
            [
                ("res_model", "=", "channel.order"),
                ("res_id", "=", order.id),
                ("state", "=", "open"),
            ]
        )

    def connect(self, hours):
        """The channel was connected so many hours after its orders of now."""
        moment = self.fake.clock.astimezone(timezone.utc).replace(tzinfo=None)
        self.channel.connected_at = moment + timedelta(hours=hours)


@tagged("post_install", "-at_install")
class TestShippedThere(EndingCase):
    """Orders that had been shipped when they were first seen."""

    gone = {"open_quantity": 0, "shipped_quantity": 2}

    def test_what_had_left_leaves_odoo_as_well(self):
        self.connect(-1)
        order = self.take(self.fake.sell(2, line=self.gone))
        self.assertEqual((order.state, order.stage), ("imported", "shipped"))
        self.assertEqual(self.position.on_hand, 8)
        self.assertEqual(self.shown(), 8)
        self.assertFalse(self.messages("shipment"))
        self.assertFalse(self.open_of(order))

    def test_held_from_the_moment_it_is_known(self):
        self.connect(-1)
        self.listing.state = "unmapped"
        order = self.take(self.fake.sell(2, line=self.gone))
        self.assertEqual(order.state, "blocked")
        self.assertEqual(self.active(order), 2)

    def test_shipped_by_hand_while_it_was_blocked_stays_held(self):
        self.connect(1)
        self.listing.state = "unmapped"
        order = self.take(self.fake.sell(2))
        line = dict(self.fake.orders[order.name]["lines"][0], **self.gone)
        self.fake.change(order.name, lines=[line])
        self.take(order.name)
        self.assertEqual(order.state, "blocked")
        self.assertEqual(self.active(order), 2)
        self.listing.state = "mapped"
        order.action_retry()
        self.intake()
        self.assertEqual(self.position.on_hand, 8)
        self.assertEqual(self.shown(), 8)

    def test_unpaid_and_shipped_there_is_held_and_told(self):
        self.connect(-1)
        order = self.take(self.fake.sell(2, line=self.gone, payment="pending"))
        self.assertEqual(order.sale_order_id.state, "draft")
        self.assertEqual(self.shown(), 8)
        self.assertIn("shipped_elsewhere", self.open_of(order).mapped("category"))

    def test_serial_numbers_are_a_persons_to_tell(self):
        self.connect(-1)
        self.product.tracking = "lot"
        order = self.take(self.fake.sell(2, line=self.gone))
        self.assertEqual(self.shown(), 8)
        self.assertIn("shipped_elsewhere", self.open_of(order).mapped("category"))

    def test_more_than_there_is_stays_open_and_told(self):
        self.connect(-1)
        self.add_stock(self.env, self.product, self.warehouse, -9)
        order = self.take(self.fake.sell(2, line=self.gone))
        self.assertEqual(self.position.available, -1)
        self.assertIn("shipped_elsewhere", self.open_of(order).mapped("category"))

    def test_each_step_of_the_warehouse_is_done(self):
        self.connect(-1)
        self.warehouse.delivery_steps = "pick_pack_ship"
        order = self.take(self.fake.sell(2, line=self.gone))
        self.assertEqual(order.stage, "shipped")
        self.assertEqual(self.shown(), 8)

    def test_part_that_had_left_is_held_with_the_rest(self):
        self.connect(-1)
        line = {"open_quantity": 1, "shipped_quantity": 2}
        name = self.fake.sell(3, line=line)
        order = self.capture(name)
        self.assertEqual(self.active(order), 3)
        self.intake()
        self.assertEqual(self.shown(), 7)
        self.assertIn("shipped_elsewhere", self.open_of(order).mapped("category"))

    def test_history_stays_closed_and_says_so(self):
        self.connect(1)
        order = self.take(self.fake.sell(2, line=self.gone))
        self.assertEqual((order.state, order.ending), ("closed", "history"))
        self.assertFalse(order.sale_order_id or self.active(order))
        self.fake.change(order.name, note="looked at again")
        self.take(order.name)
        self.assertEqual((order.state, order.ending), ("closed", "history"))

    def test_history_is_told_by_the_channels_own_clock(self):
        self.channel.connected_at = False
        self.channel.state = "draft"
        ahead = self.fake.clock + timedelta(minutes=10)
        self.channel._remember_clock(ahead)
        self.channel.action_prepare()
        self.fake.clock = ahead - timedelta(minutes=2)
        before = self.take(self.fake.sell(2, line=self.gone))
        self.fake.clock = ahead + timedelta(minutes=2)
        after = self.take(self.fake.sell(2, line=self.gone))
        self.assertEqual((before.ending, after.ending), ("history", False))

    def test_shipped_from_a_place_without_stock_here(self):
        self.connect(-1)
        self.env["channel.node"].create(
            {
                "channel_id": self.channel.id,
                "name": "Partner",
                "external_id": "partner",
            }
        )
        self.fake.levels["item-1", "partner"] = 9
        name = self.fake.sell(2, node_ref="partner", line=self.gone)
        order = self.take(name)
        self.assertEqual((order.state, order.ending), ("closed", "elsewhere"))
        self.assertEqual(self.shown(), 10)


@tagged("post_install", "-at_install")
class TestDeleted(EndingCase):
    def remove(self, order):
        self.kept = self.fake.orders.pop(order.name)
        self.fetch(order)

    def test_quotation_ends_and_gives_its_stock_back(self):
        order = self.take(self.fake.sell(3, payment="pending"))
        self.assertEqual(self.shown(), 7)
        self.remove(order)
        self.assertEqual((order.state, order.ending), ("gone", "deleted"))
        self.assertEqual(order.sale_order_id.state, "cancel")
        self.assertEqual(self.shown(), 10)
        self.assertFalse(self.messages("cancel"))

    def test_restored_quotation_is_sold(self):
        order = self.take(self.fake.sell(3, payment="pending"))
        self.remove(order)
        self.fake.orders[order.name] = self.kept
        self.fake.change(order.name, payment="paid")
        order = self.capture(order.name)
        self.assertEqual(self.active(order), 3)
        self.intake()
        self.assertEqual((order.state, order.stage), ("imported", "reserved"))
        self.assertEqual((order.ending, self.shown()), (False, 7))

    def test_restored_as_it_was_is_sold_again(self):
        """Within the second of its version, nothing but its place has changed: what
        the channel says of it has all been said before."""
        for way in ("webhook", "poll"):
            with self.subTest(way=way):
                order = self.take(self.fake.sell(3, payment="pending"))
                self.remove(order)
                self.assertEqual((order.state, self.shown()), ("gone", 10))
                self.fake.orders[order.name] = self.kept
                if way == "poll":
                    self.poll()
                else:
                    events = [self.fake.event(order.name)]
                    stored = self.env["channel.inbox.event"]._store(
                        self.channel, events, "webhook"
                    )
                    self.assertFalse(stored)
                self.intake()
                self.commit()
                self.assertEqual((order.state, order.stage), ("imported", "quotation"))
                self.assertEqual((order.ending, self.shown()), (False, 7))
                self.remove(order)
                self.assertEqual((order.state, self.shown()), ("gone", 10))

    def test_late_delivery_of_a_deleted_order_does_not_bring_it_back(self):
        order = self.take(self.fake.sell(3, payment="pending"))
        late = self.fake.event(order.name)
        self.remove(order)
        self.env["channel.inbox.event"]._store(self.channel, [late], "webhook")
        self.intake()
        self.commit()
        self.assertEqual((order.state, self.shown()), ("gone", 10))

    def test_restored_and_only_named_is_fetched(self):
        order = self.take(self.fake.sell(3, payment="pending"))
        self.remove(order)
        self.fake.orders[order.name] = self.kept
        self.fake.change(order.name)
        full = self.fake.orders[order.name]
        self.fake.orders[order.name] = dict(full, complete=False, lines=[])
        self.capture(order.name)
        self.fake.orders[order.name] = full
        self.fake.change(order.name, payment="paid")
        order.fetch_after = False
        self.intake()
        self.assertEqual((order.state, self.shown()), ("imported", 7))

    def test_open_delivery_is_told_and_ends_with_its_cancellation(self):
        order = self.take(self.fake.sell(3))
        self.remove(order)
        self.assertEqual(order.state, "blocked")
        transfer = order.sale_order_id.picking_ids.name
        self.assertIn(transfer, self.open_of(order).message)
        self.assertEqual(self.shown(), 7)
        order.sale_order_id._action_cancel()
        self.commit()
        self.assertEqual((order.state, order.ending), ("gone", "deleted"))
        # of its delivery; what became of the money is for the books to ask
        self.assertEqual(set(self.open_of(order).mapped("category")) - {"books"}, set())
        self.assertFalse(self.messages("cancel"))
        self.assertEqual(self.shown(), 10)

    def test_open_delivery_is_told_until_it_is_cancelled_or_shipped(self):
        """Neither *Retry* nor *Resolve* makes a deleted order one to be shipped."""
        for cure in ("cancel", "ship"):
            with self.subTest(cure), self.passing():
                order = self.take(self.fake.sell(3))
                self.remove(order)
                found = self.open_of(order)
                for _again in range(2):
                    found.action_retry()
                    self.intake()
                    self.commit()
                    self.assertEqual(self.open_of(order), found)
                    self.assertEqual(
                        (order.state, order.ending), ("blocked", "deleted")
                    )
                transfer = order.sale_order_id.picking_ids.name
                with self.assertRaisesRegex(UserError, transfer):
                    found._close("resolved", "I say so")
                if cure == "cancel":
                    order.sale_order_id.picking_ids.action_cancel()
                else:
                    self.ship(self.env, order.sale_order_id)
                self.commit()
                self.assertEqual((order.state, found.state), ("gone", "resolved"))

    def test_retry_cancels_what_is_not_under_way_any_more(self):
        order = self.take(self.fake.sell(3))
        self.remove(order)
        self.env.cr.execute(
            "UPDATE stock_move SET state = 'cancel' WHERE id = ANY(%s)",
            [order.sale_order_id.order_line.move_ids.ids],
        )
        self.env.invalidate_all()
        order.action_retry()
        self.intake()
        self.commit()
        self.assertEqual((order.state, order.sale_order_id.state), ("gone", "cancel"))
        self.assertEqual(self.shown(), 10)

    def test_open_delivery_that_is_cancelled_by_itself_is_not_owed(self):
        order = self.take(self.fake.sell(3))
        self.remove(order)
        order.sale_order_id.picking_ids.action_cancel()
        self.commit()
        self.assertEqual((order.state, order.ending), ("gone", "deleted"))
        self.assertEqual(order.sale_order_id.state, "cancel")
        self.assertEqual(set(self.open_of(order).mapped("category")) - {"books"}, set())
        self.assertEqual(self.shown(), 10)

    def test_open_delivery_that_is_shipped_after_all(self):
        order = self.take(self.fake.sell(3))
        self.remove(order)
        self.ship(self.env, order.sale_order_id)
        self.commit()
        self.assertEqual((order.state, order.stage), ("gone", "shipped"))
        self.assertFalse(self.open_of(order) or self.messages("shipment"))

    def test_shipped_order_that_is_deleted_stays_shipped(self):
        order = self.take(self.fake.sell(3))
        self.ship(self.env, order.sale_order_id)
        self.remove(order)
        self.assertEqual((order.state, order.stage), ("gone", "shipped"))

    def test_deletion_that_nobody_told_is_found(self):
        order = self.take(self.fake.sell(3, payment="pending"))
        other = self.take(self.fake.sell(1))
        self.age(order | other)
        del self.fake.orders[order.name]
        self.poll()
        self.intake()
        self.assertEqual((order.state, self.shown()), ("gone", 9))
        self.assertEqual(other.state, "imported")
        self.assertEqual(len(self.fake.asked), 1)
        self.poll()
        self.assertEqual(len(self.fake.asked), 1)

    def test_what_is_hidden_stays_held_and_told(self):
        for values in ({"payment": "pending"}, {}):
            with self.subTest(**values):
                order = self.take(self.fake.sell(3, **values))
                before = self.shown()
                self.fake.hidden.add(order.name)
                self.remove(order)
                self.assertEqual(self.shown(), before)
                self.assertIn("may hide it", self.open_of(order).message)
                self.assertFalse(order.ending)

    def test_what_is_hidden_and_shown_again_goes_on(self):
        self.listing.state = "unmapped"
        order = self.take(self.fake.sell(3))
        self.fake.hidden.add(order.name)
        self.remove(order)
        self.assertEqual((order.state, self.active(order)), ("blocked", 3))
        self.listing.state = "mapped"
        self.fake.orders[order.name] = self.kept
        self.fake.change(order.name)
        self.take(order.name)
        self.assertEqual(order.state, "imported")
        self.assertFalse(self.open_of(order))


@tagged("post_install", "-at_install")
class TestEndedByPerson(EndingCase):
    def hidden(self, units=3):
        self.listing.state = "unmapped"
        order = self.take(self.fake.sell(units))
        self.listing.state = "mapped"
        return order

    def test_person_says_that_nothing_is_owed(self):
        order = self.hidden()
        operator = self.make_user(self.env, "operator")
        order.with_user(operator).action_end()
        self.assertEqual((order.state, order.ending), ("closed", "person"))
        self.assertFalse(self.active(order) or self.open_of(order))
        trail = self.env["channel.audit"].search([("trace", "=", order.trace)])
        self.assertTrue(
            any("holds released: 3 × SKU-1" in m for m in trail.mapped("message"))
        )

    def test_versions_that_ask_for_no_more_leave_it_ended(self):
        order = self.hidden()
        order.action_end()
        self.fake.change(order.name, note="once more")
        self.take(order.name)
        self.assertEqual((order.state, self.active(order)), ("closed", 0))
        line = dict(
            self.fake.orders[order.name]["lines"][0], quantity=4, open_quantity=4
        )
        self.fake.change(order.name, lines=[line], total="40")
        self.take(order.name)
        self.assertEqual((order.state, order.ending), ("imported", False))

    def test_not_by_anybody_and_not_what_is_sold(self):
        order = self.hidden()
        user = self.make_user(self.env, "user")
        with self.assertRaises(AccessError):
            order.with_user(user).action_end()
        sold = self.take(self.fake.sell(1))
        with self.assertRaises(UserError):
            sold.action_end()

    def test_each_ending_has_a_state_that_says_so(self):
        for ending, _words in ENDINGS:
            with self.subTest(ending=ending), self.passing():
                order = self.hidden(1)
                self.assertTrue(order._end(ending))
                self.assertIn(order.state, ("cancelled", "gone", "closed"))
                self.assertEqual((order.ending, self.active(order)), (ending, 0))


@tagged("post_install", "-at_install")
class TestTestOrders(EndingCase):
    def test_test_order_holds_nothing(self):
        order = self.take(self.fake.sell(3, test=True))
        self.assertEqual((order.state, self.active(order)), ("blocked", 0))
        self.assertEqual(self.shown(), 10)

    def test_test_order_of_a_test_channel_is_held_and_sold(self):
        self.channel.environment = "test"
        self.env.flush_all()
        order = self.capture(self.fake.sell(3, test=True))
        self.assertEqual(self.active(order), 3)
        self.intake()
        self.assertEqual((order.state, self.shown()), ("imported", 7))


@tagged("post_install", "-at_install")
class TestClockSetRight(EndingCase):
    """The shop's clock ran ahead and was set right: later changes have older times."""

    def setUp(self):
        super().setUp()
        self.now = self.fake.clock
        self.fake.clock = self.now + timedelta(minutes=10)

    def changed(self, **values):
        """An order of the fast clock, changed when it was right again."""
        order = self.take(self.fake.sell(3, payment="pending"))
        self.fake.clock = self.now
        self.fake.change(order.name, **values)
        return order

    def test_cancelled_after_it_is_released(self):
        order = self.changed(state="cancelled")
        self.capture(order.name)
        self.poll()
        self.intake()
        self.assertEqual((order.state, self.shown()), ("cancelled", 10))

    def test_paid_after_it_is_sold_where_only_the_poll_tells(self):
        order = self.changed(payment="paid")
        self.poll()
        self.intake()
        self.assertEqual(order.sale_order_id.state, "sale")
        self.assertFalse(order.has_false_time)

    def test_late_webhook_of_an_earlier_state_changes_nothing(self):
        self.fake.clock = self.now
        name = self.fake.sell(3, payment="pending")
        early = self.fake.event(name)
        self.fake.change(name, payment="paid")
        order = self.take(name)
        self.env["channel.inbox.event"]._store(self.channel, [early], "poll")
        self.intake()
        self.assertEqual(order.sale_order_id.state, "sale")
        self.assertEqual(order.payment, "paid")

    def test_shop_whose_clock_is_known_to_be_ahead_is_believed(self):
        self.channel._remember_clock(self.fake.clock)
        order = self.take(self.fake.sell(3))
        self.assertFalse(order.has_false_time)


@tagged("post_install", "-at_install")
class TestUnreadable(EndingCase):
    """What can be read of an order is held, whatever cannot."""

    def spoil(self, quantity, *more, **line):
        name = self.fake.sell(1)
        first = self.fake.orders[name]["lines"][0]
        odd = dict(first, quantity=quantity, open_quantity=quantity, **line)
        self.fake.change(name, lines=[odd, *more])
        return name

    def other(self, units):
        line = dict(next(iter(self.fake.orders.values()))["lines"][0])
        return dict(line, external_id="other", quantity=units, open_quantity=units)

    def test_fraction_of_a_unit_is_held_as_a_whole_one(self):
        order = self.take(self.spoil("1.5"))
        self.assertEqual((order.state, self.active(order)), ("blocked", 2))
        self.assertEqual(self.shown(), 8)
        self.assertIn(f"{order.name} cannot be read", self.open_of(order).message)

    def test_other_lines_of_an_odd_order_are_held(self):
        name = self.fake.sell(1)
        odd = dict(self.fake.orders[name]["lines"][0], quantity="many")
        self.fake.change(name, lines=[odd, self.other(4)])
        order = self.take(name)
        self.assertEqual((order.state, self.active(order)), ("blocked", 4))

    def test_next_version_that_can_be_read_heals_it(self):
        order = self.take(self.spoil("1.5"))
        line = dict(self.fake.orders[order.name]["lines"][0], quantity=1)
        self.fake.change(order.name, lines=[dict(line, open_quantity=1)])
        self.take(order.name)
        self.assertEqual((order.state, self.shown()), ("imported", 9))
        self.assertFalse(self.open_of(order))

    def test_retried_without_a_cure_it_is_told_again(self):
        order = self.take(self.spoil("1.5"))
        self.open_of(order).action_retry()
        self.intake()
        self.assertEqual((order.state, self.active(order)), ("blocked", 2))
        self.assertTrue(self.open_of(order))

    def test_odd_version_of_a_sold_order_holds_what_is_more(self):
        order = self.take(self.fake.sell(2))
        line = dict(self.fake.orders[order.name]["lines"][0])
        self.fake.change(
            order.name, lines=[dict(line, quantity="4.5", open_quantity="4.5")]
        )
        self.take(order.name)
        self.assertEqual((order.state, self.shown()), ("blocked", 5))

    def test_older_than_what_is_known_changes_nothing(self):
        order = self.take(self.fake.sell(2))
        line = dict(self.fake.orders[order.name]["lines"][0], quantity="4.5")
        self.fake.change(order.name, lines=[line])
        odd = self.fake.event(order.name)
        self.fake.change(order.name, lines=[dict(line, quantity=2)])
        self.take(order.name)
        self.env["channel.inbox.event"]._store(self.channel, [odd], "webhook")
        self.intake()
        self.assertEqual((order.state, self.shown()), ("imported", 8))

    def test_order_that_was_cancelled_and_is_open_again_is_held(self):
        order = self.take(self.fake.sell(3, currency="XTS"))
        self.fake.change(order.name, state="cancelled")
        self.take(order.name)
        self.assertEqual((order.state, self.active(order)), ("cancelled", 0))
        line = dict(self.fake.orders[order.name]["lines"][0], quantity="2.5")
        line["open_quantity"] = "2.5"
        self.fake.change(order.name, lines=[line], state="open")
        self.take(order.name)
        self.assertEqual((order.state, self.active(order)), ("blocked", 3))
        self.assertFalse(order.ending)

    def test_what_left_there_stays_held_where_its_line_cannot_be_read(self):
        order = self.take(self.fake.sell(3, payment="pending"))
        line = dict(self.fake.orders[order.name]["lines"][0], open_quantity=0)
        self.fake.change(order.name, lines=[line])
        self.take(order.name)
        self.assertEqual(self.active(order), 3)
        self.fake.change(order.name, lines=[dict(line, quantity="many")])
        self.take(order.name)
        self.assertEqual((order.state, self.active(order)), ("blocked", 3))

    def test_order_that_was_never_read_is_routed_anew(self):
        order = self.take(self.spoil("1.5"))
        order.action_reroute()
        self.assertEqual(self.active(order), 2)

    def test_event_that_is_read_at_last_is_told_no_more(self):
        name = self.fake.sell(1, currency="XTS")
        with patch.object(
            FakeChannel, "_parse_order", side_effect=MalformedDataError("odd")
        ):
            order = self.take(name)
        self.assertEqual(self.exceptions("malformed").res_id, order.id)
        order.event_ids.action_retry()
        self.intake()
        self.assertEqual(order.event_ids.mapped("state"), ["done"])
        self.assertEqual(order.state, "blocked")
        self.assertFalse(self.open_of(order))
        self.assertEqual(self.exceptions("currency").order_ids, order)

    def test_nothing_readable_is_a_dead_letter_as_ever(self):
        event = self.fake.event(self.fake.sell(1))
        event = replace(event, body="{}", key="odd")
        self.env["channel.inbox.event"]._store(self.channel, [event], "webhook")
        self.intake()
        self.assertEqual(self.exceptions("malformed").res_model, "channel.inbox.event")
