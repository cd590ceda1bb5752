# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common_edi import change, functional_ack, po, x12
from .test_edi_answers import AnswerCase


@tagged("post_install", "-at_install")
class TestRetention(AnswerCase):
    """Old content goes; nothing that is open does, and what tells duplicates stays as
    long as it is needed."""

    def age(self, days):
        """All of it was received and written so long ago."""
        self.env.flush_all()
        for table, column in (
            ("channel_edi_file", "received_at"),
            ("channel_edi_interchange", "create_date"),
            ("channel_edi_document", "create_date"),
            ("channel_edi_document", "received_at"),
        ):
            self.env.cr.execute(
                f"UPDATE {table} SET {column} = {column} - make_interval(days => %s)",
                [days],
            )
        self.env.invalidate_all()

    def keep(self, kind, days):
        """Run one kind of retention."""
        retention = self.env["channel.retention"].search([("kind", "=", kind)])
        retention.days = days
        self.env.flush_all()
        self.env["channel.retention"]._cron_retention()
        self.env.invalidate_all()
        return retention

    def shipped(self):
        """:return: (document of an order that is shipped and told, its answer)"""
        order = self.order((4, "EA", "5.00", "SKU-1"))
        self.tell()
        self.ship(order)
        self.tell()
        documents = self.env["channel.edi.document"].search([])
        out = documents.filtered(lambda each: each.direction == "out")
        out.ack_state = "accepted"
        return documents - out, out

    def test_bytes_are_deleted_and_documents_stay(self):
        came, out = self.shipped()
        self.age(181)
        retention = self.keep("edi_content", 180)
        self.assertGreaterEqual(retention.last_count, 3)
        self.assertEqual(came.interchange_id._bytes(), b"")
        self.assertEqual(came.interchange_id.file_id._bytes(), b"")
        self.assertTrue(came.payload and came.digest)
        self.assertEqual(set(out.mapped("raw")), {""})
        with self.assertRaisesRegex(UserError, "deleted by retention"):
            out.interchange_id[:1].action_send_again()

    def test_young_bytes_stay(self):
        came, _out = self.shipped()
        self.age(100)
        self.keep("edi_content", 180)
        self.assertTrue(came.interchange_id._bytes())

    def test_what_is_open_stays(self):
        """Not acknowledged, held, parked, or with an exception: all of it is there."""
        _came, out = self.shipped()
        out.ack_state = "awaiting"
        parked = self.receive(
            x12(change("4799", 1, (1, "QI", 14, "EA", "5.00", "SKU-1")), number=5)
        )
        held = self.receive(x12(po("4711", (9, "EA", "5.00", "SKU-1")), number=6))
        self.assertEqual((parked.state, held.state), ("parked", "held"))
        self.age(3000)
        self.keep("edi_content", 1)
        self.keep("edi_document", 1)
        self.assertTrue(all(each._bytes() for each in out.interchange_id))
        self.assertTrue(parked.exists() and parked.interchange_id._bytes())
        self.assertTrue(held.exists() and held.interchange_id.file_id._bytes())
        self.assertTrue(all(out.mapped("payload")))

    def test_documents_of_open_orders_stay(self):
        order = self.order((4, "EA", "5.00", "SKU-1"))
        came = self.env["channel.edi.document"].search([("kind", "=", "850")])
        self.age(3000)
        self.keep("edi_document", 1)
        self.assertTrue(came.exists() and came.payload)
        # it is shipped and told after all these years
        self.ship(order)
        self.assertIn("856", self.tell())

    def test_the_same_file_is_no_order_within_the_days_of_its_number(self):
        came, _out = self.shipped()
        bytes_ = came.interchange_id._bytes()
        self.age(399)
        self.keep("edi_content", 1)
        self.keep("edi_document", 1)
        self.assertTrue(came.exists())
        self.receive(bytes_)
        again = self.env["channel.edi.interchange"].search([], limit=2)
        self.assertIn("duplicate", again.mapped("state"))
        self.assertEqual(
            len(self.env["channel.order"].search([("name", "=", "4711")])), 1
        )

    def test_after_that_received_documents_are_deleted_and_keys_stay(self):
        came, out = self.shipped()
        interchange, sent = came.interchange_id, out.mapped("source")
        numbers = {
            each.level: each.value for each in self.agreement.counter_ids if each.value
        }
        self.age(500)
        self.keep("edi_content", 1)
        for _day in range(2):
            # what acknowledges goes first
            self.keep("edi_document", 1)
        self.assertFalse(came.exists())
        self.assertFalse(interchange.exists())
        # what was sent is never sent again, under whatever numbers
        self.assertEqual(out.mapped("source"), sent)
        self.assertFalse(any(out.mapped("payload")))
        self.agreement.invalidate_recordset()
        self.assertEqual(
            {
                each.level: each.value
                for each in self.agreement.counter_ids
                if each.value
            },
            numbers,
        )

    def test_an_acknowledgement_that_comes_late_finds_its_document(self):
        _came, out = self.shipped()
        answer = out.filtered(lambda each: each.kind == "855")
        answer.ack_state = "awaiting"
        self.age(500)
        self.keep("edi_content", 1)
        self.keep("edi_document", 1)
        ack = functional_ack(answer.group_number, ("855", answer.number, "A"))
        self.receive(x12(ack, number=9, functional="FA"))
        self.assertEqual(answer.ack_state, "accepted")
