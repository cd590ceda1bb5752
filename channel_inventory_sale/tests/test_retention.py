# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.channel_inventory_base.models import channel_retention
from odoo.addons.channel_inventory_base.tests.common import ChannelCase

from .common_messages import Sold


@tagged("post_install", "-at_install")
class TestRetention(Sold, ChannelCase):
    def setUp(self):
        super().setUp()
        self.go_live(shown=10)

    def run_retention(self, **days):
        """Only the kinds that are named, each after so many days"""
        retentions = self.env["channel.retention"]
        retentions.search([]).write({"days": 0})
        for kind, number in days.items():
            retentions.search([("kind", "=", kind)]).days = number
        self.env.flush_all()
        retentions._cron_retention()
        self.env.invalidate_all()
        return retentions.search([("kind", "in", list(days))])

    def shipped(self, **values):
        """An order whose goods have left, and that nobody has touched for 100 days"""
        name = self.fake.sell(1, note="Ring twice", **values)
        self.capture(name)
        self.intake()
        order = self.order(name)
        picking = order.sale_order_id.picking_ids
        picking.move_ids.picked = True
        picking.button_validate()
        self.env["channel.messenger"]._run(self.channel)
        self.intake()
        self.age(order, 100)
        return order

    def age(self, records, days):
        self.env.flush_all()
        moment = fields.Datetime.now() - timedelta(days=days)
        column = "received_at" if "received_at" in records._fields else "write_date"
        self.env.cr.execute(
            f"UPDATE {records._table} SET {column} = %s WHERE id = ANY(%s)",
            [moment, records.ids],
        )
        self.env.invalidate_all()

    def events(self):
        return self.env["channel.inbox.event"].search(
            [("channel_id", "=", self.channel.id)]
        )

    # ---------------------------------------------------------------- bodies
    def test_old_bodies_are_blanked_and_the_fact_stays(self):
        self.shipped()
        events = self.events()
        self.age(events[:1], 91)
        key = events[:1].key
        self.run_retention(body=90)
        self.assertEqual(len(self.events()), len(events))
        blanked = self.events().filtered(lambda event: not event.body)
        self.assertEqual(blanked.mapped("key"), [key])

    def test_dead_letter_keeps_its_body_however_old(self):
        self.env["channel.inbox.event"]._store(
            self.channel, [self.fake.event(self.fake.sell(1))], "webhook"
        )
        event = self.events()
        event.state = "dead"
        self.age(event, 1000)
        self.run_retention(body=90, event=90)
        self.assertTrue(event.exists().body)

    def test_what_customers_asked_for_is_blanked_wherever_it_is(self):
        asked = [{"label": "Engraving", "value": "For Ann"}]
        order = self.shipped(line={"properties": asked})
        sold = order.sale_order_id.order_line
        self.assertIn("For Ann", sold.name)
        self.run_retention(personal=90)
        self.assertTrue(order.blanked_at)
        self.assertFalse(order.line_ids.properties)
        self.assertNotIn("For Ann", str(order.data))
        self.assertEqual(sold.name, self.product.display_name)
        self.assertNotIn("For Ann", sold.move_ids.description_picking or "")
        self.assertEqual(order._get_data().lines[0].quantity, 1)

    def test_blanked_event_is_not_taken_in_twice(self):
        order = self.shipped()
        self.age(self.events(), 100)
        self.run_retention(body=90)
        event = self.fake.event(order.external_id)
        stored = self.env["channel.inbox.event"]._store(self.channel, [event], "poll")
        self.assertEqual(stored, 0)

    def test_old_events_are_deleted_and_the_order_stays(self):
        order = self.shipped()
        self.age(self.events(), 800)
        self.run_retention(event=730)
        self.assertFalse(self.events())
        self.assertTrue(order.exists().sale_order_id)

    # ------------------------------------------------------------- personal
    def test_personal_data_of_a_finished_order_is_blanked_and_amounts_stay(self):
        order = self.shipped()
        self.assertIn("Ada", order.customer_name)
        self.run_retention(personal=90)
        data = order._get_data()
        self.assertFalse(order.customer_name)
        self.assertFalse(data.note or data.customer.email or data.shipping)
        self.assertEqual(float(data.total), order.total)
        self.assertEqual(data.lines[0].quantity, 1)
        self.assertTrue(order.blanked_at)
        self.assertFalse(any(order.event_ids.mapped("body")))
        self.assertTrue(order.notification_ids)
        for message in order.notification_ids:
            self.assertEqual(message._get_data().order_ref, order.external_id)

    # ------------------------------------------------- days of the channel's own
    def left(self, days):
        """:return: an order whose goods left so long ago, touched only now"""
        order = self.shipped()
        picking = order.sale_order_id.picking_ids
        picking.date_done = fields.Datetime.now() - timedelta(days=days)
        self.age(order, 0)
        return order

    def test_channel_has_its_customers_forgotten_by_days_after_the_shipment(self):
        """Its own days count where all others keep them for ever."""
        self.channel.personal_days = 30
        old, young = self.left(31), self.left(29)
        open_order = self.capture(self.fake.sell(1))
        self.age(open_order, 100)
        self.run_retention()
        self.assertTrue(old.blanked_at)
        self.assertFalse(old.customer_name)
        self.assertFalse(young.blanked_at or open_order.blanked_at)

    def test_goods_that_come_back_later_keep_no_customer_in_memory(self):
        self.channel.personal_days = 30
        order = self.left(31)
        back = self.take_back(self.env, order.sale_order_id.picking_ids, 1)
        self.assertGreater(back.date_done, fields.Datetime.now() - timedelta(days=1))
        self.run_retention()
        self.assertTrue(order.blanked_at)

    def test_cancelled_order_counts_from_its_last_change(self):
        self.channel.personal_days = 30
        orders = [self.capture(self.fake.sell(1)) for _number in range(2)]
        for order in orders:
            self.fake.cancel(order.external_id)
            self.capture(order.external_id)
        self.assertEqual({order.state for order in orders}, {"cancelled"})
        self.age(orders[0], 31)
        self.age(orders[1], 29)
        self.run_retention()
        self.assertEqual([bool(each.blanked_at) for each in orders], [True, False])

    def test_raw_bodies_of_the_channel_go_after_its_days_dead_ones_too(self):
        self.channel.personal_days = 30
        events = [self.fake.event(self.fake.sell(1)) for _number in range(3)]
        self.env["channel.inbox.event"]._store(self.channel, events, "webhook")
        old, dead, young = self.events().sorted("id")
        old.state, dead.state, young.state = "done", "dead", "done"
        self.age(old + dead, 31)
        self.age(young, 29)
        self.run_retention()
        self.assertEqual([bool(each.body) for each in (old, dead, young)], [0, 0, 1])
        self.assertEqual(dead.state, "dead")

    def test_channels_without_days_of_their_own_follow_the_retention_of_all(self):
        self.assertEqual(self.channel.personal_days, 0)
        order = self.left(1000)
        self.run_retention()
        self.assertFalse(order.blanked_at)
        self.age(order, 100)
        self.run_retention(personal=90)
        self.assertTrue(order.blanked_at)

    def test_type_of_the_channel_says_how_many_days_its_terms_ask_for(self):
        self.fake.more = {"personal_days": 30}
        channel = self.make_channel(self.env, "NEW", name="New")
        self.assertEqual(channel.personal_days, 30)
        channel.personal_days = 20
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(channel.personal_days, 20)

    def test_audit_trail_stays(self):
        order = self.shipped()
        domain = [("trace", "=", order.trace)]
        before = self.env["channel.audit"].search_count(domain)
        self.run_retention(personal=90, body=90, event=90, message=90, publication=90)
        self.assertEqual(self.env["channel.audit"].search_count(domain), before)
        self.assertTrue(before)

    def test_order_that_is_not_finished_keeps_its_address(self):
        name = self.fake.sell(1)
        self.capture(name)
        self.intake()
        order = self.order(name)
        self.age(order, 1000)
        self.run_retention(personal=90)
        self.assertIn("Ada", order.customer_name)
        blocked = self.capture(self.fake.sell(1, currency="XXX"))
        self.intake()
        self.age(blocked, 1000)
        self.run_retention(personal=90)
        self.assertTrue(blocked.customer_name)

    def test_replay_does_not_bring_personal_data_back(self):
        order = self.shipped()
        event = self.fake.event(order.external_id, suffix="again")
        self.run_retention(personal=90)
        self.env["channel.inbox.event"]._store(self.channel, [event], "poll")
        self.intake()
        self.assertFalse(order.customer_name)
        self.assertFalse(order._get_data().customer.email)

    def test_newer_state_of_a_blanked_order_is_followed(self):
        order = self.shipped()
        self.run_retention(personal=90)
        self.fake.change(order.external_id, payment="refunded")
        self.capture(order.external_id)
        self.assertEqual(order.payment, "refunded")
        self.assertFalse(order.blanked_at)

    def test_guest_known_by_an_email_address_is_known_by_nothing(self):
        order = self.shipped()
        binding = self.env["channel.partner"].search(
            [("partner_id", "=", order.partner_id.id)]
        )
        self.assertIn("ada@example.com", binding.external_id)
        self.age(binding, 100)
        self.run_retention(personal=90)
        self.assertNotIn("ada", binding.external_id)

    def test_exceptions_of_a_blanked_order_lose_their_words_and_stay_what_they_are(
        self,
    ):
        order = self.shipped()
        report = self.env["channel.exception"]._report
        closed, still = (
            report(self.channel, "phone", key, message="0123 Ada", record=order)
            for key in ("a", "b")
        )
        closed._close("resolved", "Called")
        self.run_retention(personal=90)
        self.assertNotIn("Ada", closed.message)
        self.assertNotIn("Ada", still.message)
        self.assertEqual((closed.state, still.state), ("resolved", "open"))

    # ---------------------------------------------------------------- bounds
    def test_backlog_is_worked_off_in_batches(self):
        for _each in range(7):
            self.capture(self.fake.sell(1))
        self.age(self.events(), 100)
        with patch.object(channel_retention, "BATCH", 3):
            [retention] = self.run_retention(body=90)
        self.assertEqual(retention.last_count, 7)
        self.assertFalse(any(self.events().mapped("body")))

    def test_run_ends_in_time_and_goes_on_the_next_day(self):
        for _each in range(7):
            self.capture(self.fake.sell(1))
        self.age(self.events(), 100)
        with (
            patch.object(channel_retention, "BATCH", 3),
            patch.object(channel_retention, "RUN_SECONDS", 0),
        ):
            [retention] = self.run_retention(body=90)
        self.assertEqual(retention.last_count, 0)
        self.assertTrue(all(self.events().mapped("body")))

    def test_zero_keeps_for_ever_and_only_managers_decide(self):
        self.shipped()
        self.age(self.events(), 5000)
        self.run_retention(body=0)
        self.assertTrue(all(self.events().mapped("body")))
        user = new_test_user(
            self.env, "keeper", groups="channel_inventory_base.group_channel_operator"
        )
        retention = self.env["channel.retention"].search([], limit=1)
        with self.assertRaises(AccessError):
            retention.with_user(user).days = 1

    def test_old_publications_are_deleted_and_what_is_shown_stays(self):
        self.add_stock(self.env, self.product, self.warehouse, -2)
        self.plan()
        self.publish()
        publication = self.env["channel.publication"].search(
            [("channel_id", "=", self.channel.id)]
        )
        self.assertTrue(publication)
        shown = self.level.expected_remote
        self.age(publication, 200)
        self.run_retention(publication=180)
        self.assertFalse(publication.exists())
        self.assertEqual(self.level.expected_remote, shown)
