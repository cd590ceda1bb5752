# SPDX-License-Identifier: AGPL-3.0-or-later
from contextlib import suppress

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.exceptions import (
    RejectedError,
    ThrottledError,
    UncertainError,
)
from odoo.addons.channel_inventory_base.tests.common import ChannelCase

from .common_messages import Sold


class MessageCase(Sold, ChannelCase):
    def setUp(self):
        super().setUp()
        self.go_live(shown=10)

    def sell(self, quantity=1, **values):
        """An order of the channel, imported and confirmed. :return: the order"""
        name = self.fake.sell(quantity, **values)
        event = self.fake.event(name)
        self.env["channel.inbox.event"]._store(self.channel, [event], "webhook")
        self.intake()
        order = self.order(name)
        self.assertEqual(order.sale_order_id.state, "sale")
        return order

    def send(self):
        self.env.flush_all()
        try:
            self.env["channel.messenger"]._run(self.channel)
        finally:
            self.env.invalidate_all()

    def messages(self, kind=None):
        domain = [("channel_id", "=", self.channel.id)]
        if kind:
            domain.append(("kind", "=", kind))
        return self.env["channel.message"].search(domain, order="id")

    def exceptions(self, category):
        return self.env["channel.exception"].search(
            [
                ("channel_id", "=", self.channel.id),
                ("category", "=", category),
                ("state", "=", "open"),
            ]
        )


@tagged("post_install", "-at_install")
class TestShipmentMessages(MessageCase):
    def test_each_parcel_is_told_once(self):
        order = self.sell(5)
        self.ship(self.env, order.sale_order_id, 2, 3)
        self.send()
        self.send()
        told = [parcel["lines"][0]["quantity"] for parcel in self.fake.parcels]
        self.assertEqual(told, [2, 3])
        self.assertEqual(set(self.messages().mapped("state")), {"done"})
        self.assertEqual(self.messages().mapped("ref"), ["parcel-1", "parcel-2"])
        self.assertEqual(
            [each["complete"] for each in self.fake.parcels], [False, True]
        )

    def test_parcels_name_where_they_left_from(self):
        self.ship(self.env, self.sell().sale_order_id)
        self.send()
        [parcel] = self.fake.parcels
        self.assertEqual(parcel["node_ref"], "node-1")

    def test_backorder_is_told_when_it_leaves(self):
        sale_order = self.sell(5).sale_order_id
        self.ship(self.env, sale_order, 2)
        self.send()
        self.assertEqual(len(self.fake.parcels), 1)
        self.ship(self.env, sale_order)
        self.send()
        told = [parcel["lines"][0]["quantity"] for parcel in self.fake.parcels]
        self.assertEqual(told, [2, 3])
        self.assertTrue(self.fake.parcels[1]["complete"])

    def test_packs_are_told_when_their_last_piece_has_left(self):
        self.listing.pack_qty = 4
        sale_order = self.sell(2).sale_order_id
        self.ship(self.env, sale_order, 3, 2)
        self.ship(self.env, sale_order, 3)
        self.send()
        told = [parcel["lines"][0]["quantity"] for parcel in self.fake.parcels]
        self.assertEqual(told, [1, 1])

    def test_delivery_that_is_rolled_back_was_never_told(self):
        sale_order = self.sell().sale_order_id
        with suppress(ZeroDivisionError), self.env.cr.savepoint():
            self.ship(self.env, sale_order)
            raise ZeroDivisionError("the carrier does not answer")
        self.assertFalse(self.messages())

    def test_more_than_was_bought_is_not_told(self):
        sale_order = self.sell(2).sale_order_id
        self.ship(self.env, sale_order, 3)
        self.send()
        self.assertEqual(self.fake.parcels[0]["lines"][0]["quantity"], 2)
        self.assertEqual(self.messages().state, "done")

    def test_line_that_the_channel_does_not_know_is_not_told(self):
        sale_order = self.sell().sale_order_id
        other = self.make_product(self.env, 2, 5, self.warehouse)
        sale_order.write({"order_line": [(0, 0, {"product_id": other.id})]})
        self.ship(self.env, sale_order)
        self.send()
        [parcel] = self.fake.parcels
        self.assertEqual(len(parcel["lines"]), 1)

    def test_channel_that_is_not_to_hear_of_it_does_not(self):
        self.channel.send_shipments = False
        self.ship(self.env, self.sell().sale_order_id)
        self.assertFalse(self.messages())

    def test_replacement_of_what_came_back_is_not_told_again(self):
        sale_order = self.sell(2).sale_order_id
        picking = self.ship(self.env, sale_order)
        self.send()
        back = self.take_back(self.env, picking, 1)
        self.take_back(self.env, back, 1)
        self.send()
        self.assertEqual(len(self.fake.parcels), 1)

    def unship(self, order, units):
        """A person in the shop cancels the fulfillment of so many units."""
        [line] = self.fake.orders[order.external_id]["lines"]
        line = dict(
            line,
            open_quantity=line["open_quantity"] + units,
            shipped_quantity=line["shipped_quantity"] - units,
        )
        self.fake.change(order.external_id, lines=[line])
        self.capture(order.external_id)
        self.intake()

    def test_fulfillment_that_is_cancelled_there_is_told(self):
        """frappe/ecommerce_integrations#225: the parcel is on its way, or comes back,
        and the customer waits for it."""
        order = self.sell(4)
        self.ship(self.env, order.sale_order_id, 3)
        self.send()
        self.intake()
        self.assertFalse(self.exceptions("changed"))
        self.unship(order, 2)
        told = self.exceptions("changed")
        self.assertIn("to be shipped again according to the channel: 2 ×", told.message)
        # more are sold: it stays as it is
        self.fake.set_line(order.external_id, 5)
        self.capture(order.external_id)
        self.intake()
        self.assertEqual((order.state, told.state), ("imported", "open"))
        self.unship(order, -2)
        self.assertEqual(told.state, "resolved")

    def test_units_added_before_the_channel_knows_of_the_parcel_are_no_doubt(self):
        order = self.sell(3)
        self.ship(self.env, order.sale_order_id, 3)
        self.fake.set_line(order.external_id, 5)
        self.capture(order.external_id)
        self.intake()
        found = self.exceptions("changed").filtered(
            lambda each: each.res_model == "sale.order"
        )
        self.assertFalse(found)

    # ------------------------------------------------------------ outcomes
    def test_lost_answer_is_asked_for_and_not_repeated(self):
        self.ship(self.env, self.sell().sale_order_id)
        self.fake.faults = [("answer", UncertainError("gone"))]
        with suppress(UncertainError):
            self.send()
        self.assertEqual(self.messages().state, "sending")
        self.send()
        self.assertEqual(self.messages().state, "done")
        self.assertEqual(self.messages().ref, "parcel-1")
        self.assertEqual(len(self.fake.parcels), 1)
        self.assertEqual(self.messages().attempts, 1)

    def test_lost_request_is_sent_again(self):
        self.ship(self.env, self.sell().sale_order_id)
        self.fake.faults = [("send", UncertainError("gone"))]
        with suppress(UncertainError):
            self.send()
        self.send()
        self.assertEqual(self.messages().state, "done")
        self.assertEqual(len(self.fake.parcels), 1)

    def test_unknown_outcome_is_left_alone_until_it_has_settled(self):
        self.fake.settle_seconds = 60
        self.ship(self.env, self.sell().sale_order_id)
        self.fake.faults = [("answer", UncertainError("gone"))]
        with suppress(UncertainError):
            self.send()
        self.send()
        self.assertEqual(self.messages().state, "sending")
        self.messages().retry_at = "2020-01-01"
        self.send()
        self.assertEqual(self.messages().state, "done")

    def test_equal_parcels_are_told_apart_after_a_lost_answer(self):
        self.ship(self.env, self.sell(4).sale_order_id, 2, 2)
        self.fake.faults = [("answer", UncertainError("gone"))]
        for _run in range(3):
            with suppress(UncertainError):
                self.send()
        self.assertEqual(self.messages().mapped("ref"), ["parcel-1", "parcel-2"])
        self.assertEqual(len(self.fake.parcels), 2)

    def test_second_parcel_waits_for_the_outcome_of_the_first(self):
        self.fake.settle_seconds = 60
        self.ship(self.env, self.sell(4).sale_order_id, 1, 3)
        self.fake.faults = [("answer", UncertainError("gone"))]
        for _run in range(2):
            with suppress(UncertainError):
                self.send()
        self.assertEqual(self.messages().mapped("state"), ["sending", "ready"])
        self.assertEqual(len(self.fake.parcels), 1)

    def test_throttled_message_is_as_before_only_later(self):
        self.ship(self.env, self.sell().sale_order_id)
        self.fake.faults = [("send", ThrottledError("slow down"))]
        with suppress(ThrottledError):
            self.send()
        self.assertEqual(self.messages().state, "ready")
        self.messages().retry_at = False
        self.send()
        self.assertEqual(self.messages().state, "done")

    def test_refusal_is_a_dead_letter_and_the_others_go_on(self):
        first, second = self.sell(), self.sell()
        self.fake.cancel(first.external_id)
        self.ship(self.env, first.sale_order_id)
        self.ship(self.env, second.sale_order_id)
        self.send()
        self.assertEqual(self.messages().mapped("state"), ["dead", "done"])
        self.assertIn("cancelled", self.exceptions("message").message)

    def test_refusal_makes_us_look_at_what_the_channel_has(self):
        order = self.sell()
        self.fake.cancel(order.external_id)
        self.ship(self.env, order.sale_order_id)
        self.send()
        self.intake()
        self.assertEqual(order.state, "blocked")
        self.assertTrue(self.exceptions("cancelled_late"))

    def test_bug_in_a_connector_buries_one_message_only(self):
        first, second = self.sell(), self.sell()
        self.ship(self.env, first.sale_order_id)
        self.ship(self.env, second.sale_order_id)
        self.fake.faults = [("send", ZeroDivisionError("oops"))]
        with self.assertLogs("odoo.addons.channel_inventory_sale", "ERROR"):
            self.send()
        self.assertEqual(self.messages().mapped("state"), ["dead", "done"])

    def test_dead_letter_is_sent_again_with_its_key(self):
        self.ship(self.env, self.sell().sale_order_id)
        key, payload = self.messages().key, self.messages().payload
        self.fake.faults = [("send", RejectedError("no"))]
        self.send()
        found = self.exceptions("message")
        self.messages().action_retry()
        # it is not over before the channel has taken it
        self.assertEqual(self.exceptions("message"), found)
        self.send()
        self.assertEqual(self.messages().state, "done")
        self.assertEqual(found.state, "resolved")
        self.assertEqual((self.messages().key, self.messages().payload), (key, payload))
        self.assertEqual(self.fake.told, [("shipment", key)])

    def test_unknown_outcome_cannot_be_discarded(self):
        self.ship(self.env, self.sell().sale_order_id)
        self.messages().state = "sending"
        with self.assertRaises(UserError):
            self.messages().action_discard()

    def test_goods_on_hold_wait_and_a_person_knows(self):
        order = self.sell()
        self.fake.held.add(order.external_id)
        self.ship(self.env, order.sale_order_id)
        self.send()
        self.assertEqual(self.messages().state, "wait")
        self.assertIn("on hold", self.exceptions("message").message)
        self.fake.held.clear()
        self.messages().retry_at = False
        self.send()
        self.assertEqual(self.messages().state, "done")
        self.assertFalse(self.exceptions("message"))

    def test_message_that_nobody_sends_is_noticed(self):
        self.ship(self.env, self.sell().sale_order_id)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_message SET create_date = now() - interval '1 hour'"
        )
        self.env.invalidate_all()
        self.assertEqual(self.channel.health, "bad")
        self.assertIn("Stalled: oldest task", self.channel.health_text)

    def test_payload_of_another_version_is_a_dead_letter(self):
        self.ship(self.env, self.sell().sale_order_id)
        self.messages().payload = '{"what": 1}'
        self.send()
        self.assertEqual(self.messages().state, "dead")


@tagged("post_install", "-at_install")
class TestAcceptance(MessageCase):
    def test_confirmed_order_is_accepted_where_the_channel_wants_to_know(self):
        self.fake.messages += ("acceptance",)
        self.channel.send_acceptances = True
        order = self.sell(3)
        self.send()
        [message] = self.messages("acceptance")
        self.assertEqual(message.state, "done")
        self.assertEqual(message._get_data().order_ref, order.external_id)

    def test_every_kind_of_message_has_a_sender(self):
        """A kind that no connector sends would be a promise that nobody keeps."""
        if "channel.adapter.shopify" not in self.env:
            self.skipTest("no connector is installed")
        adapters = [
            self.env[name]
            for name, model in self.env.registry.items()
            if name.startswith("channel.adapter.") and hasattr(model, "_capabilities")
        ]
        for kind in schemas.KINDS:
            self.assertTrue(
                any(kind in each._capabilities().messages for each in adapters), kind
            )

    def test_channel_that_does_not_ask_is_not_told(self):
        self.sell(3)
        self.assertFalse(self.messages())


@tagged("post_install", "-at_install")
class TestCancelMessages(MessageCase):
    def test_cancelled_here_is_cancelled_there(self):
        order = self.sell(3)
        order.sale_order_id._action_cancel()
        self.send()
        self.assertEqual(self.fake.orders[order.external_id]["state"], "cancelled")
        self.intake()
        self.assertEqual(order.state, "cancelled")
        self.assertFalse(order.hold_ids.filtered(lambda hold: hold.state == "active"))
        self.assertFalse(self.exceptions("changed"))
        self.assertEqual(self.position.available, 10)

    def test_what_a_channel_leaves_to_a_person_reaches_one(self):
        """Done, but for the money: the message is, and somebody has to pay it back."""
        self.fake.cancel_words = "the money was not paid back"
        order = self.sell(3)
        order.sale_order_id._action_cancel()
        self.send()
        message = self.messages()
        self.assertEqual(message.state, "done")
        found = self.exceptions("message")
        self.assertIn("the money was not paid back", found.message)
        self.assertEqual(found._record(), message)
        self.intake()
        self.assertEqual(found.state, "open")
        order.env["channel.refunder"]._on_money_back(order)
        self.assertEqual(found.state, "resolved")

    def test_cancellation_that_is_undone_before_it_was_told_is_not_told(self):
        """odoo/odoo#20156: reset to a quotation and confirmed again, the order goes
        on. It was cancelled on the channel and paid back all the same."""
        order = self.sell(3)
        sale_order = order.sale_order_id
        sale_order._action_cancel()
        sale_order.action_draft()
        sale_order.action_confirm()
        self.send()
        self.intake()
        self.assertEqual(self.messages("cancel").state, "void")
        self.assertNotEqual(
            self.fake.orders[order.external_id].get("state"), "cancelled"
        )
        self.assertEqual((order.state, order.stage), ("imported", "reserved"))
        # another one is told
        sale_order._action_cancel()
        self.send()
        self.intake()
        self.assertEqual(self.messages("cancel").mapped("state"), ["void", "done"])
        self.assertEqual(order.state, "cancelled")

    def test_cancellation_under_way_is_not_undone(self):
        order = self.sell(3)
        order.sale_order_id._action_cancel()
        self.fake.faults.append(("answer", UncertainError("no answer")))
        with suppress(UncertainError):
            self.send()
        order.sale_order_id.action_draft()
        order.sale_order_id.action_confirm()
        self.assertEqual(self.messages("cancel").state, "sending")
        self.send()
        self.intake()
        self.assertEqual((order.state, order.stage), ("cancelled", "cancelled"))

    def test_cancelled_there_is_not_told_back(self):
        order = self.sell()
        self.fake.cancel(order.external_id)
        self.capture(order.external_id)
        self.intake()
        self.assertEqual(order.sale_order_id.state, "cancel")
        self.assertFalse(self.messages())

    def test_channel_at_work_is_asked_again(self):
        self.fake.slow_cancels = True
        order = self.sell()
        order.sale_order_id._action_cancel()
        self.send()
        self.assertEqual(self.messages().state, "pending")
        self.messages().retry_at = False
        self.send()
        self.assertEqual(self.messages().state, "pending")
        self.fake.finish_cancels()
        self.messages().retry_at = False
        self.send()
        self.assertEqual(self.messages().state, "done")
        self.assertEqual(self.messages().attempts, 1)

    def test_cancellation_that_comes_too_late_is_a_persons_to_decide(self):
        order = self.sell()
        attempt = schemas.Attempt("by hand")
        self.fake._send_shipment(self.channel, self.parcel_of(order), attempt)
        order.sale_order_id._action_cancel()
        self.send()
        self.assertEqual(self.messages().state, "dead")
        self.assertIn("shipped", self.exceptions("message").message)

    def parcel_of(self, order):
        line = order.line_ids
        return schemas.ShipmentData(
            order.external_id,
            (schemas.UnitsData(line.external_id, line.quantity),),
            order.placed_at,
            "by hand",
        )

    def test_fewer_units_here_are_fewer_there(self):
        order = self.sell(5)
        order.sale_order_id.order_line.product_uom_qty = 3
        order.sale_order_id.order_line.product_uom_qty = 2
        self.send()
        line = self.fake.orders[order.external_id]["lines"][0]
        self.assertEqual(line["quantity"], 2)
        self.intake()
        self.assertEqual(order.state, "imported")
        self.assertFalse(self.exceptions("changed"))

    def test_more_units_here_are_a_persons_to_explain(self):
        order = self.sell(1)
        order.sale_order_id.order_line.product_uom_qty = 3
        self.assertFalse(self.messages())
        self.assertTrue(self.exceptions("changed"))

    def test_rest_of_a_shipped_order_is_cancelled(self):
        order = self.sell(5)
        self.ship(self.env, order.sale_order_id, 2)
        order.sale_order_id._action_cancel()
        self.send()
        self.assertEqual(set(self.messages().mapped("state")), {"done"})
        line = self.fake.orders[order.external_id]["lines"][0]
        self.assertEqual((line["quantity"], line["open_quantity"]), (2, 0))

    def test_order_cancelled_a_moment_ago_is_not_shipped(self):
        order = self.sell()
        self.fake.cancel(order.external_id)
        self.capture(order.external_id)
        with self.assertRaisesRegex(UserError, "was cancelled on"):
            self.ship(self.env, order.sale_order_id)

    def test_units_cancelled_a_moment_ago_are_not_shipped(self):
        order = self.sell(4)
        self.fake.set_line(order.external_id, 1)
        self.capture(order.external_id)
        order.state = "captured"
        with self.assertRaisesRegex(UserError, "is now 1"):
            self.ship(self.env, order.sale_order_id)


@tagged("post_install", "-at_install")
class TestRefundMessages(MessageCase):
    def setUp(self):
        super().setUp()
        self.found = self.sell(2)
        self.sale_order = self.found.sale_order_id

    def invoice(self):
        invoice = self.sale_order._create_invoices()
        invoice.action_post()
        return invoice

    def credit(self, invoice, quantity=None, price=None):
        """A credit note of an invoice, as an accountant makes it, posted."""
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        move = self.env["account.move"].browse(wizard.refund_moves()["res_id"])
        line = move.invoice_line_ids
        if quantity:
            line.quantity = quantity
        if price:
            line.price_unit = price
        move.action_post()
        return move

    def payload(self):
        return self.messages("refund")._get_data()

    def ship_and_invoice(self):
        picking = self.ship(self.env, self.sale_order)
        self.send()
        return picking, self.invoice()

    def test_credit_note_is_paid_back_by_the_channel(self):
        _picking, invoice = self.ship_and_invoice()
        move = self.credit(invoice, 1)
        self.assertEqual(self.payload().amount, 10)
        self.send()
        self.assertEqual(self.messages("refund").state, "done")
        self.assertEqual(self.payload().note, move.name)

    def test_refund_of_ours_is_not_credited_again(self):
        _picking, invoice = self.ship_and_invoice()
        move = self.credit(invoice, 1)
        self.send()
        self.intake()
        self.assertEqual(self.found.refund_ids.state, "ours")
        self.assertEqual(self.found.refund_ids.move_id, move)
        notes = [
            ("move_type", "=", "out_refund"),
            ("partner_id", "=", self.sale_order.partner_invoice_id.id),
        ]
        self.assertEqual(self.env["account.move"].search(notes), move)

    def test_refund_that_comes_in_before_its_answer_is_known_to_be_ours(self):
        _picking, invoice = self.ship_and_invoice()
        self.credit(invoice, 1)
        self.fake.faults = [("answer", UncertainError("gone"))]
        with suppress(UncertainError):
            self.send()
        self.poll()
        self.intake()
        self.assertFalse(self.found.refund_ids)
        self.send()
        self.intake()
        self.assertEqual(self.found.refund_ids.state, "ours")

    def test_refund_is_paid_once_though_its_answer_was_lost(self):
        _picking, invoice = self.ship_and_invoice()
        self.credit(invoice, 1)
        self.fake.faults = [("answer", UncertainError("gone"))]
        for _time in range(2):
            with suppress(UncertainError):
                self.send()
        self.assertEqual(len(self.fake.refunds), 1)
        self.assertEqual(self.messages("refund").state, "done")

    def test_refund_larger_than_paid_is_refused_in_words(self):
        _picking, invoice = self.ship_and_invoice()
        self.credit(invoice, price=11)
        self.send()
        self.assertEqual(self.messages("refund").state, "dead")
        self.assertIn("more than the 20 paid", self.exceptions("message").message)

    def test_goods_that_came_back_are_restocked_there(self):
        picking, invoice = self.ship_and_invoice()
        self.take_back(self.env, picking, 1)
        self.credit(invoice, 2)
        lines = [(each.quantity, each.restock) for each in self.payload().lines]
        self.assertEqual(lines, [(1, "return"), (1, "none")])
        self.assertEqual(self.payload().lines[0].node_ref, "node-1")

    def test_goods_in_quarantine_are_not_restocked(self):
        quarantine = self.env["stock.location"].create(
            {
                "name": "Quarantine",
                "location_id": self.warehouse.view_location_id.id,
                "own_stock_state": "damaged",
            }
        )
        picking, invoice = self.ship_and_invoice()
        self.take_back(self.env, picking, 1, quarantine)
        self.credit(invoice, 1)
        [line] = self.payload().lines
        self.assertEqual((line.quantity, line.restock), (1, "none"))
        self.plan()
        self.assertEqual(self.level.target, 8)

    def test_goods_of_an_unshipped_order_are_cancelled(self):
        invoice = self.invoice()
        self.credit(invoice, 1)
        [line] = self.payload().lines
        self.assertEqual((line.quantity, line.restock), (1, "cancel"))

    def test_lower_price_is_money_and_no_unit(self):
        _picking, invoice = self.ship_and_invoice()
        self.credit(invoice, 1, price=3)
        self.assertEqual(self.payload().amount, 3)
        self.assertFalse(self.payload().lines)

    def test_refund_without_return_leaves_the_stock(self):
        _picking, invoice = self.ship_and_invoice()
        self.credit(invoice, 1)
        self.send()
        self.assertEqual(self.position.available, 8)

    def test_return_without_refund_can_be_sold_again(self):
        """The number says so and nothing else, or the channel would count it twice."""
        picking, _invoice = self.ship_and_invoice()
        told = self.messages()
        self.take_back(self.env, picking, 1)
        self.plan()
        self.assertEqual(self.level.target, 9)
        self.assertEqual(self.messages(), told)

    def test_switched_off_a_person_pays_back(self):
        self.channel.send_refunds = False
        _picking, invoice = self.ship_and_invoice()
        self.credit(invoice, 1)
        self.assertFalse(self.messages("refund"))
        self.assertIn("not refunded", self.exceptions("refund").message)
