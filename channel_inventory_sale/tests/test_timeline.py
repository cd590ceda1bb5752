# SPDX-License-Identifier: AGPL-3.0-or-later
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools.translate import code_translations

from .test_messages import MessageCase


@tagged("post_install", "-at_install")
class TestTimeline(MessageCase):
    """The timeline is read by people: labels, never keys of selections."""

    def rows(self, order, kind=None, direction=None):
        self.env.flush_all()
        order.invalidate_recordset(["timeline_ids"])
        return order.timeline_ids.filtered(
            lambda row: (
                row.kind == (kind or row.kind)
                and row.direction == (direction or row.direction)
            )
        )

    def shipped(self):
        order = self.sell(2)
        self.picking = self.ship(self.env, order.sale_order_id)
        self.send()
        return order

    def test_event_is_named_by_its_source(self):
        [row] = self.rows(self.sell(), "event")
        self.assertEqual(
            (row.message, row.status), ("Order received (Webhook)", "Processed")
        )

    def test_documents_have_their_own_status_labels(self):
        order = self.shipped()
        found = {row.message: row.status for row in self.rows(order, "document")}
        self.assertEqual(found[order.sale_order_id.name], "Sales Order")
        self.assertEqual(found[self.picking.name], "Done")

    def test_notification_is_queued_sent_and_confirmed(self):
        order = self.shipped()
        text = f"Shipment: {self.messages('shipment').summary}"
        found = {
            (row.direction, row.message, row.status)
            for row in self.rows(order)
            if row.res_model == "channel.message"
        }
        self.assertEqual(
            found,
            {
                ("here", text, "Queued"),
                ("out", text, "Confirmed"),
                ("in", text, "Confirmed"),
            },
        )

    def test_attempts_and_errors_are_named(self):
        order = self.shipped()
        message = self.messages("shipment")
        message.sudo().write({"state": "dead", "attempts": 3, "error": "No such order"})
        [sent] = self.rows(order, "message", "out")
        [answer] = self.rows(order, "answer")
        self.assertTrue(sent.message.endswith("(attempt 3)"), sent.message)
        self.assertTrue(answer.message.endswith("error: No such order"), answer.message)
        self.assertEqual(answer.status, "Dead letter")

    def test_quantity_has_its_listing_and_node(self):
        order = self.sell()
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.publish()
        line = self.env["channel.publication.line"].search(
            [("level_id", "=", self.level.id)], order="id desc", limit=1
        )
        line.sudo().cause_trace = order.trace
        [row] = self.rows(order, "number")
        self.assertEqual(
            (row.message, row.status),
            (
                f"{self.listing.sku} at {self.level.node_id.name}: "
                f"{line.base} → {line.quantity}",
                "Acknowledged",
            ),
        )

    def test_refund_is_an_amount_of_its_currency(self):
        order = self.sell()
        self.env["channel.refund"].sudo().create(
            {
                "order_id": order.id,
                "external_id": "refund-1",
                "amount": 2.5,
                "currency_name": order.currency_name,
                "state": "todo",
            }
        )
        currency = order._get_currency(order.currency_name)
        [row] = self.rows(order, "document", "in")
        self.assertEqual(
            (row.message, row.status),
            (f"Refund of {currency.format(2.5)}", "Needs attention"),
        )

    def test_note_of_a_captured_order_has_no_keys(self):
        order = self.sell(payment="authorized")
        notes = self.rows(order, "note").mapped("message")
        self.assertTrue(
            any("captured: open, payment authorized" in note for note in notes), notes
        )

    def test_texts_are_translated(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        order = self.sell()
        terms = {"Order received (%s)": "Commande reçue (%s)"}
        with patch.object(
            code_translations, "get_python_translations", lambda module, lang: terms
        ):
            [row] = self.rows(order.with_context(lang="fr_FR"), "event")
            self.assertIn("Commande reçue", row.message)
