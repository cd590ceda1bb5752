# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta, timezone
from decimal import Decimal

from odoo import fields
from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.schemas import MessageResult

from .test_messages import MessageCase


class AnswerCase(MessageCase):
    """A channel that is answered and told as trading partners are. 10 on hand."""

    def setUp(self):
        super().setUp()
        self.fake.messages = ("acceptance", "shipment", "cancel")
        self.fake.more = {
            "answers_lines": True,
            "whole_shipments": True,
            "tells_over": True,
        }
        self.channel.send_acceptances = True

    def take(self, quantity, **values):
        """An order as it is taken in, whatever becomes of it. :return: the order"""
        self.fake.levels["item-1", "node-1"] = 100
        name = self.fake.sell(quantity, **values)
        self.capture(name)
        self.intake()
        return self.order(name)

    def answers(self, order):
        """:return: list of (status, quantity) of each answer to the order"""
        messages = order.notification_ids.filtered(
            lambda each: each.kind == "acceptance"
        ).sorted("id")
        return [
            [(line.status, line.quantity) for line in each._get_data().lines]
            for each in messages
        ]

    def lines(self, order):
        [message] = order.notification_ids.filtered(
            lambda each: each.kind == "acceptance"
        )
        return message._get_data().lines


@tagged("post_install", "-at_install")
class TestAnswers(AnswerCase):
    def test_confirmed_order_is_answered_line_by_line(self):
        order = self.take(4)
        self.assertEqual(self.answers(order), [[("accepted", 4)]])
        [line] = self.lines(order)
        self.assertEqual(line.price, Decimal("10.00"))
        self.assertEqual(line.line_ref, order.line_ids.external_id)

    def test_what_has_to_come_in_is_backordered_with_its_date(self):
        due = fields.Datetime.now().replace(microsecond=0) + timedelta(days=9)
        move = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 50,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "date": due,
            }
        )
        move._action_confirm(merge=False)
        order = self.take(14)
        self.assertEqual(self.answers(order), [[("accepted", 10), ("backordered", 4)]])
        self.assertEqual(self.lines(order)[1].date.date(), due.date())

    def test_parked_order_is_answered_when_it_is_parked_and_not_again(self):
        self.channel.short_policy = "wait"
        order = self.take(14)
        self.assertEqual(order.state, "parked")
        self.assertEqual(self.answers(order), [[("backordered", 14)]])
        self.add_stock(self.env, self.product, self.warehouse, 10)
        order.state = "captured"
        self.intake()
        self.assertEqual(order.sale_order_id.state, "sale")
        self.assertEqual(self.answers(order), [[("backordered", 14)]])

    def test_order_of_next_season_is_accepted_for_its_day(self):
        day = fields.Datetime.now().replace(
            tzinfo=timezone.utc, microsecond=0
        ) + timedelta(days=60)
        order = self.take(4, ship_from=day.isoformat())
        self.assertEqual(order.state, "parked")
        [line] = self.lines(order)
        self.assertEqual((line.status, line.quantity), ("accepted", 4))
        self.assertEqual(line.date, day)

    def test_blocked_order_is_answered_when_a_person_has_decided(self):
        order = self.take(4, total="1.00")
        self.assertEqual(order.state, "blocked")
        self.assertEqual(self.answers(order), [])
        order.action_end()
        self.assertEqual(self.answers(order), [[("refused", 4)]])

    def test_units_taken_off_before_it_was_confirmed_are_refused(self):
        self.channel.confirm_policy = "manual"
        order = self.take(4)
        self.assertEqual(self.answers(order), [])
        order.sale_order_id.order_line.product_uom_qty = 3
        order.sale_order_id.action_confirm()
        self.assertEqual(self.answers(order), [[("accepted", 3), ("refused", 1)]])

    def test_quotation_that_is_cancelled_says_no_and_blocks_nobody(self):
        self.channel.confirm_policy = "manual"
        order = self.take(4)
        order.sale_order_id._action_cancel()
        self.assertEqual(self.answers(order), [[("refused", 4)]])
        self.assertNotEqual(order.state, "blocked")

    def test_what_was_accepted_is_cancelled_and_not_refused(self):
        order = self.take(4)
        order.sale_order_id._action_cancel()
        self.assertEqual(self.answers(order), [[("accepted", 4)]])
        self.assertEqual(len(self.messages("cancel")), 1)

    def test_change_of_a_confirmed_order_is_answered_when_it_is_followed(self):
        order = self.take(4)
        self.fake.set_line(order.external_id, 3)
        self.capture(order.external_id)
        self.intake()
        self.assertEqual(order.sale_order_id.order_line.product_uom_qty, 3)
        self.assertEqual(self.answers(order), [[("accepted", 4)], [("accepted", 3)]])
        # news that change nothing are no question
        self.fake.change(order.external_id, note="ring twice")
        self.capture(order.external_id)
        self.intake()
        self.assertEqual(len(self.answers(order)), 2)

    def test_other_date_of_a_confirmed_order_is_answered(self):
        order = self.take(4)
        day = fields.Datetime.now().replace(
            tzinfo=timezone.utc, microsecond=0
        ) + timedelta(days=9)
        self.fake.change(order.external_id, ship_by=day.isoformat())
        self.capture(order.external_id)
        self.intake()
        [_first, second] = order.notification_ids.sorted("id")
        self.assertEqual(second._get_data().lines[0].date, day)

    def test_substitute_names_what_it_replaces(self):
        other = self.make_product(self.env, 7, 50, self.warehouse)
        self.product.channel_substitute_ids = other
        self.channel.short_policy = "substitute"
        order = self.take(14)
        [line] = self.lines(order)
        self.assertEqual((line.status, line.quantity), ("substituted", 14))
        self.assertEqual((line.sku, line.replaces), ("SKU-7", "SKU-1"))

    def test_units_that_are_cut_are_refused_and_the_rest_is_sold(self):
        self.fake.messages = ("acceptance", "shipment")
        self.channel.short_policy = "cancel"
        order = self.take(14)
        self.assertEqual(order.state, "imported")
        self.assertEqual(order.sale_order_id.order_line.product_uom_qty, 10)
        self.assertEqual(order.sale_order_id.amount_total, 100)
        self.assertEqual(self.answers(order), [[("accepted", 10), ("refused", 4)]])
        self.assertEqual(self.messages().summary, "10 accepted, 4 refused")
        self.assertEqual((self.position.held, self.position.allocated), (0, 10))

    def test_cut_stays_when_the_channel_tells_the_same_units_again(self):
        self.fake.messages = ("acceptance", "shipment")
        self.channel.short_policy = "cancel"
        order = self.take(14)
        self.fake.change(order.external_id, note="ring twice")
        self.capture(order.external_id)
        self.intake()
        self.assertEqual(order.state, "imported")
        self.assertEqual(order.line_ids.quantity, 10)
        self.assertEqual(self.position.held, 0)
        # what was refused is not asked for again; a change of the order is another word
        self.fake.set_line(order.external_id, 12)
        self.capture(order.external_id)
        self.assertEqual(order.line_ids.quantity, 12)
        self.assertFalse(order.cuts)

    def test_order_of_which_nothing_is_there_is_refused_and_ends(self):
        self.fake.messages = ("acceptance", "shipment")
        self.channel.short_policy = "cancel"
        self.add_stock(self.env, self.product, self.warehouse, -10)
        order = self.take(4)
        self.assertEqual((order.state, order.ending), ("closed", "refused"))
        self.assertFalse(order.sale_order_id)
        self.assertEqual(self.answers(order), [[("refused", 4)]])
        self.assertEqual(self.position.held, 0)

    def test_channel_that_is_not_answered_by_line_hears_as_before(self):
        self.fake.more = {}
        order = self.take(4)
        self.assertEqual(self.lines(order), ())

    def test_each_version_that_is_decided_anew_is_answered(self):
        self.channel.short_policy = "wait"
        order = self.take(14)
        self.fake.set_line(order.external_id, 6)
        self.capture(order.external_id)
        self.intake()
        self.assertEqual(
            self.answers(order), [[("backordered", 14)], [("accepted", 6)]]
        )


@tagged("post_install", "-at_install")
class TestWholeShipments(AnswerCase):
    def shipments(self):
        return [each._get_data() for each in self.messages("shipment")]

    def test_transfer_is_one_message_with_its_parcels(self):
        order = self.take(5)
        picking = self.ship(self.env, order.sale_order_id, 2, 3)
        [data] = self.shipments()
        self.assertEqual(data.parcel, picking.name)
        self.assertEqual([each.quantity for each in data.lines], [5])
        self.assertEqual([each.lines[0].quantity for each in data.parcels], [2, 3])
        self.assertEqual(
            [each.parcel for each in data.parcels],
            picking.move_line_ids.result_package_id.sorted("id").mapped("name"),
        )
        self.assertTrue(data.complete)
        # read back as it was written
        self.assertEqual(schemas.load(schemas.ShipmentData, schemas.dump(data)), data)

    def test_backorder_is_a_message_of_its_own(self):
        order = self.take(5)
        self.ship(self.env, order.sale_order_id, 2)
        self.ship(self.env, order.sale_order_id)
        told = [(each.lines[0].quantity, each.complete) for each in self.shipments()]
        self.assertEqual(told, [(2, False), (3, True)])

    def test_channel_is_told_when_the_truck_left_and_not_when_we_heard_of_it(self):
        order = self.take(5)
        moment = fields.Datetime.now() - timedelta(hours=5)
        picking = order.sale_order_id.picking_ids
        picking.move_ids.picked = True
        picking._post_left(moment)
        [data] = self.shipments()
        self.assertEqual(data.shipped_at, moment.replace(tzinfo=timezone.utc))

    def test_tracking_of_one_of_its_parcels_is_told_later(self):
        self.fake.messages = ("shipment", "tracking")
        numbers = {}
        self.patch(
            self.env.registry["stock.picking"],
            "_get_channel_tracking",
            lambda _picking, _channel, package: numbers.get(package.name),
        )
        order = self.take(5)
        picking = self.ship(self.env, order.sale_order_id, 2, 3)
        first, second = picking.move_line_ids.result_package_id.sorted("id")
        numbers[second.name] = schemas.TrackingData("1Z2", "UPS")
        picking._notify_tracking()
        picking._notify_tracking()
        numbers[first.name] = schemas.TrackingData("1Z1", "UPS")
        picking._notify_tracking()
        told = [each._get_data().tracking.number for each in self.messages("tracking")]
        self.assertEqual(told, ["1Z2", "1Z1"])

    def test_more_than_was_sold_is_told_where_the_channel_wants_to_know(self):
        order = self.take(2)
        self.ship(self.env, order.sale_order_id, 3)
        [data] = self.shipments()
        self.assertEqual(data.lines[0].quantity, 3)

    def test_more_than_was_sold_is_cut_for_all_others(self):
        self.fake.more = {}
        order = self.take(2)
        self.ship(self.env, order.sale_order_id, 3)
        [data] = self.shipments()
        self.assertEqual((data.lines[0].quantity, data.parcels), (2, ()))


@tagged("post_install", "-at_install")
class TestOvertaking(AnswerCase):
    """The 997 of an 855 may be a day away; the truck is not."""

    def setUp(self):
        super().setUp()
        self.sent = []

        def pend(channel, data, attempt):
            self.sent.append("acceptance")
            return MessageResult("pending", retry_after=3600)

        self.patch(self.fake, "_send_acceptance", pend)
        self.patch(self.fake, "_find_message", lambda *_args: MessageResult("pending"))

    def test_pending_answer_keeps_no_shipment_back(self):
        self.fake.more = {**self.fake.more, "overtakes": True}
        order = self.take(2)
        self.send()
        self.ship(self.env, order.sale_order_id)
        self.send()
        states = {each.kind: each.state for each in self.messages()}
        self.assertEqual(states, {"acceptance": "pending", "shipment": "done"})

    def test_channels_that_work_in_order_wait(self):
        order = self.take(2)
        self.send()
        self.ship(self.env, order.sale_order_id)
        self.send()
        states = {each.kind: each.state for each in self.messages()}
        self.assertEqual(states, {"acceptance": "pending", "shipment": "ready"})

    def test_pending_message_is_asked_for_when_its_channel_said(self):
        self.take(2)
        self.send()
        [message] = self.messages("acceptance")
        left = message.retry_at - fields.Datetime.now()
        self.assertGreater(left, timedelta(minutes=50))
