# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from pathlib import Path

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.tests.common import ChannelCase
from odoo.addons.channel_inventory_sale.tests.common_marks import (
    LEFT,
    MARK,
    Erased,
    find_marks,
    marked,
)
from odoo.addons.channel_inventory_sale.tests.common_messages import Sold


@tagged("post_install", "-at_install")
class TestErasure(Erased, Sold, ChannelCase):
    """What a customer wrote is nowhere in the database when its time is over."""

    def setUp(self):
        super().setUp()
        # as the server works: mails are sent, changes are tracked
        self.env = self.env(context=dict(self.env.context, tracking_disable=False))
        self.channel = self.channel.with_env(self.env)
        self.channel.exception_user_id = self.make_user(self.env, "operator")
        self.channel.post_credit_notes = True
        self.go_live(shown=10)

    # ------------------------------------------------------------- a long life
    def sell_marked(self, **values):
        """An order with a mark in every text, taken in. :return: the order"""
        name = self.fake.sell(2)
        data = marked(dict(self.fake.orders[name], **values))
        data["customer"]["email"] = f"{MARK}@example.com"
        self.fake.orders[name] = data
        self.capture(name)
        self.intake()
        return self.order(name)

    def shipped(self):
        order = self.sell_marked(
            shipping_lines=[{"title": "Standard", "price": "0"}],
        )
        self.assertEqual(order.state, "imported", self.words(order))
        picking = self.ship(self.env, order.sale_order_id)
        self.send()
        self.fake.change(
            order.external_id,
            payment="refunded",
            refunds=[self.refund(order)],
            shipments=[
                {
                    "external_id": "S1",
                    "lines": [{"line_ref": f"{order.name}/1", "quantity": 2}],
                    "tracking": [{"number": f"{MARK}.parcel", "url": f"{MARK}.url"}],
                }
            ],
        )
        self.capture(order.external_id)
        self.intake()
        self.assertTrue(order.refund_ids)
        self.say_more(order, picking)
        return order

    def refund(self, order):
        return {
            "external_id": "R1",
            "amount": "5",
            "note": f"{MARK} refund, IBAN NL00",
            "lines": [],
        }

    def send(self):
        self.env.flush_all()
        self.env["channel.messenger"]._run(self.channel)
        self.intake()

    def words(self, order):
        exceptions = self.env["channel.exception"].search([])
        return exceptions.filtered(lambda each: each.res_id == order.id).mapped(
            "message"
        )

    def say_more(self, order, picking):
        """Whatever else people and channels say about an order."""
        report = self.env["channel.exception"]._report
        for key, record in (
            ("open", order),
            ("closed", order),
            ("refund", order.refund_ids),
            ("told", order.notification_ids[:1]),
            ("event", order.event_ids[:1]),
            ("sale", order.sale_order_id),
        ):
            exception = report(
                self.channel,
                "phone",
                f"erase:{key}",
                message=f"{MARK} message {key}",
                suggestion=f"{MARK} suggestion",
                record=record,
            )
            if key == "closed":
                exception._close("resolved", f"{MARK} resolution")
            self.chat(exception)
        self.chat(order)
        message = order.notification_ids[:1]
        message.write(
            {
                "answer": f"{MARK} answer",
                "error": f"{MARK} error",
                "discard_reason": f"{MARK} discarded",
                "summary": f"{MARK} summary",
            }
        )
        tracking = schemas.ParcelTrackingData(
            order.external_id,
            "",
            schemas.TrackingData(f"{MARK}.new", url=f"{MARK}.url"),
            replaces=f"{MARK}.old",
        )
        told = self.env["channel.message"]._queue(order, "tracking", "mark", tracking)
        told.state = "done"
        order.event_ids[:1].error = f"{MARK} error"

    def chat(self, record):
        record.message_post(
            body=f"{MARK} said",
            subject=f"{MARK} subject",
            attachments=[(f"{MARK}.txt", f"{MARK} attached".encode())],
        )
        record.message_notify(
            body=f"{MARK} mailed",
            subject=f"{MARK} subject",
            partner_ids=self.channel.exception_user_id.partner_id.ids,
        )
        if hasattr(record, "activity_schedule"):
            record.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=f"{MARK} to do",
                note=f"{MARK} note",
                user_id=self.env.uid,
            )
        self.env["ir.attachment"].create(
            {
                "name": f"{MARK}.pdf",
                "raw": f"{MARK} file".encode(),
                "res_model": record._name,
                "res_id": record.id,
            }
        )

    def dead_event(self):
        body = json.dumps({"customer": f"{MARK} dead"})
        self.env["channel.inbox.event"]._receive_unreadable(
            self.channel, body.encode(), f"{MARK!r} is not a number"
        )
        return self.env["channel.inbox.event"].search([("state", "=", "dead")], limit=1)

    # ----------------------------------------------------------------- rules
    def test_nothing_that_a_customer_wrote_is_left_in_any_table(self):
        order = self.shipped()
        self.dead_event()
        # the test would see it: the marks are there, in places of each kind
        places = set(find_marks(self.env))
        for place in (
            "channel_order.data",
            "channel_refund.note",
            "channel_refund.data",
            "channel_message.payload",
            "channel_message.summary",
            "channel_exception.message",
            "channel_exception.resolution",
            "channel_inbox_event.body",
            "channel_inbox_event.error",
            "channel_partner.external_id",
            "mail_message:channel.order.body",
            "mail_message:channel.exception.subject",
            "mail_mail.body_html",
            "mail_activity.note",
            "mail_tracking_value.new_value_char",
            "ir_attachment.name",
            "res_partner.name",
            "sale_order.note",
        ):
            self.assertIn(place, places)
        self.elapse()
        self.retain()
        self.assertTrue(order.blanked_at)
        self.assertErased()

    def test_custom_line_of_a_cancelled_order_is_blanked(self):
        name = self.fake.sell(1)
        lines = [
            *self.fake.orders[name]["lines"],
            {
                "external_id": "custom",
                "listing_ref": "",
                "title": f"{MARK} engraving: for Anna",
                "quantity": 1,
                "open_quantity": 1,
            },
        ]
        self.fake.orders[name]["lines"] = lines
        order = self.capture(name)
        self.intake()
        self.assertEqual(order.state, "blocked")
        self.fake.change(name, state="cancelled")
        self.capture(name)
        self.intake()
        self.assertEqual(order.state, "cancelled")
        self.assertIn("channel_order_line.title", find_marks(self.env))
        self.elapse()
        self.retain()
        self.assertErased()
        # the other lines, and all amounts, are what they were
        data = order._get_data()
        self.assertEqual([line.external_id for line in data.lines][1], "custom")
        self.assertEqual(data.lines[0].sku, "SKU-1")

    def test_blanked_order_still_reads_as_an_order(self):
        order = self.shipped()
        before = order._get_data()
        self.elapse()
        self.retain()
        after = order._get_data()
        for name in ("total", "version", "payment", "currency"):
            self.assertEqual(getattr(after, name), getattr(before, name))
        self.assertEqual(after.refunds[0].amount, before.refunds[0].amount)
        self.assertEqual(after.shipments[0].lines, before.shipments[0].lines)
        self.assertEqual(order.refund_ids._get_data().amount, before.refunds[0].amount)
        for message in order.notification_ids:
            self.assertEqual(message._get_data().order_ref, order.external_id)

    def test_what_is_not_due_keeps_every_word(self):
        self.shipped()
        self.dead_event()
        before = find_marks(self.env)
        self.elapse(100)
        self.retain(days=365)
        self.assertEqual(find_marks(self.env), before)

    def test_blanked_dead_letter_says_that_it_cannot_be_retried(self):
        event = self.dead_event()
        self.elapse()
        self.retain()
        self.assertEqual(event.state, "dead")
        self.assertIn("blanked", event.error)
        with self.assertRaisesRegex(UserError, "cannot be retried"):
            event.action_retry()
        event.action_discard()
        self.assertEqual(event.state, "ignored")
        self.assertErased()

    def test_closed_exception_of_no_order_is_blanked_and_an_open_one_kept(self):
        report = self.env["channel.exception"]._report
        closed, still = (
            report(self.channel, "job", f"erase:{key}", message=f"{MARK} {key}")
            for key in ("closed", "open")
        )
        closed._close("resolved", f"{MARK} resolution")
        self.elapse()
        self.retain()
        self.assertNotIn(MARK, closed.message)
        self.assertIn(MARK, still.message)

    def test_traceback_of_a_failed_job_is_blanked(self):
        for state in ("failed", "pending"):
            self.env.cr.execute(
                "INSERT INTO queue_job (uuid, model_name, state, exc_info, exc_message,"
                " date_created) VALUES (gen_random_uuid(), 'channel.channel', %s, %s,"
                " %s, now())",
                (state, f"{MARK} trace", f"{MARK} message"),
            )
        self.env.cr.execute("DELETE FROM queue_job WHERE state = 'pending'")
        self.elapse()
        self.retain()
        self.assertErased()

    def test_mail_that_was_never_sent_is_not_sent_empty(self):
        order = self.shipped()
        self.env.flush_all()
        self.env.cr.execute("UPDATE mail_mail SET state = 'outgoing'")
        self.elapse()
        self.retain()
        mails = self.env["mail.mail"].search([("model", "=", order._name)])
        self.assertTrue(mails)
        self.assertEqual(set(mails.mapped("state")), {"cancel"})

    def test_guest_is_known_by_nothing_that_an_address_can_be_tried_against(self):
        order = self.shipped()
        binding = self.env["channel.partner"].search(
            [("partner_id", "=", order.partner_id.id)]
        )
        self.elapse()
        self.retain()
        self.assertEqual(binding.external_id, f"blanked:{binding.id}")

    def test_every_place_that_is_left_is_documented(self):
        document = Path(__file__).parents[2] / "docs" / "security.md"
        if not document.exists():
            self.skipTest("installed without the documentation")
        text = document.read_text()
        for place in LEFT:
            model = place.rpartition(":")[2].replace("_", ".")
            self.assertIn(f"`{model}`", text)
